"""Without a network a page says so, where the portal was put on a home screen; nothing of a member's is ever kept for it."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from gateway.demo.environment import MEMBERS, DemoEnvironment
from tests.axe import faults
from tests.portal.conftest import Loop
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

PHONE: ViewportSize = {"width": 390, "height": 844}


class Line:
    """The way to the portal, which can be cut: another port of this machine, so that the browser's cookies go along."""

    def __init__(self, portal: str) -> None:
        self.to = urlsplit(portal)
        self.address = ""
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    async def cut(self) -> None:
        self.server.close()
        for writer in self._writers:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        there, back = await asyncio.open_connection(self.to.hostname, self.to.port)

        async def pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65_536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(pour(reader, back), pour(there, writer))


@pytest.fixture
def line(town: DemoEnvironment, loop: Loop) -> Iterator[Line]:
    opened = Line(town.portal_url)
    loop.run(opened.open())
    yield opened
    loop.run(opened.cut())


@pytest.fixture
def page(chromium: Browser, town: DemoEnvironment) -> Iterator[Page]:
    """A member's phone that has the portal on its home screen."""
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    page = context.new_page()
    Walk(page, town, pictures="offline").sign_in()
    # A browser without a window manager has no home screen; only what it says of its window is made up.
    page.add_init_script(
        "const asked = window.matchMedia.bind(window);"
        "window.matchMedia = (query) => query === '(display-mode: standalone)' ? { matches: true } : asked(query);"
    )
    yield page
    context.close()


def wait_for_worker(page: Page) -> None:
    """Until the worker carries the page; a page of ours lets no test evaluate text again and again."""
    page.evaluate(
        """() => new Promise((done, late) => {
          setTimeout(() => late(new Error("no worker")), 20_000);
          const { serviceWorker } = navigator;
          if (serviceWorker.controller) done();
          serviceWorker.addEventListener("controllerchange", () => done());
        })"""
    )


def kept(page: Page) -> dict[str, str]:
    """All that the browser keeps for the portal, by its path."""
    found: dict[str, str] = page.evaluate(
        """async () => {
          const all = {};
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) all[new URL(request.url).pathname] = await (await cache.match(request)).text();
          }
          return all;
        }"""
    )
    return found


def test_a_page_says_that_there_is_no_network_and_the_next_try_goes_on(
    page: Page, line: Line, loop: Loop
) -> None:
    page.goto(line.address + "/mypage")
    wait_for_worker(page)
    page.goto(line.address + "/notices")  # the worker carries it, and the page is the member's own
    assert page.title().startswith("お知らせ")
    loop.run(line.cut())
    for path in ("/mypage", "/pay", "/nothing-here"):
        page.goto(line.address + path)
        assert page.title().startswith("ネットワークにつながっていません")
        assert page.url == line.address + path
        text = page.inner_text("main")
        assert "No network" in text
        assert MEMBERS[0].name not in text
    assert page.evaluate("getComputedStyle(document.querySelector('main a')).minHeight") == "44px"
    assert faults(page) == []


def test_nothing_is_kept_but_the_page_that_says_so(page: Page, line: Line) -> None:
    page.goto(line.address + "/mypage")
    wait_for_worker(page)
    for path in ("/mypage", "/pay", "/notices", "/settings"):
        page.goto(line.address + path)
    paths = kept(page)
    assert sorted(path.split("/")[-1] for path in paths) == ["offline", "offline.css"]
    assert len("".join(paths.values()).encode()) < 10_000
    assert MEMBERS[0].name not in "".join(paths.values())


def test_a_form_is_never_answered_by_the_worker(page: Page, line: Line, loop: Loop) -> None:
    page.goto(line.address + "/settings/mail")
    wait_for_worker(page)
    page.goto(line.address + "/settings/mail")
    loop.run(line.cut())
    outcome = page.evaluate(
        "fetch('/settings/mail', { method: 'POST', body: new URLSearchParams({ address: 'a@example.jp' }) })"
        ".then(() => 'answered', () => 'failed')"
    )
    assert outcome == "failed"


def test_in_an_ordinary_window_there_is_no_worker(chromium: Browser, town: DemoEnvironment) -> None:
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    page = context.new_page()
    page.goto(town.portal_url + "/")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    context.close()


@pytest.mark.parametrize("path", ["/offline", "/offline-worker.js"])
def test_what_is_kept_is_drawn_from_no_session_and_asked_for_anew(
    page: Page, town: DemoEnvironment, path: str
) -> None:
    signed_in = page.request.get(town.portal_url + path)
    with urllib.request.urlopen(town.portal_url + path) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "Set-Cookie" not in answer.headers
        assert answer.read() == signed_in.body()
        assert len(signed_in.body()) < 10_000
