"""The rules around every page, where no browser is needed to see them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from gateway.demo.environment import MEMBERS, DemoEnvironment
from pagekit.settings import BadSettings
from portal.app import FILES, HERE, make_app
from portal.settings import Settings
from portal.site import own_path
from tests.portal.conftest import Loop

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(
    "text",
    ["", "mypage", "//x.example", "/\\x.example", "https://x.example", "/a\nb", "/" + "a" * 9_000, "/笠間"],
)
def test_what_is_no_path_of_ours_leads_to_the_members_page(text: str) -> None:
    assert own_path(text) == "/mypage"


@pytest.mark.parametrize("text", ["/settings", "/exchanges/back?exchange=1&return_code=2", "/"])
def test_a_path_of_ours_is_followed(text: str) -> None:
    assert own_path(text) == text


def test_settings_say_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "portal.toml"
    with pytest.raises(BadSettings, match=r"portal\.toml: is not there; put the file there"):
        Settings.load(file)
    file.write_text('seal_file = "seal"\n')
    (tmp_path / "seal").write_text("short")
    with pytest.raises(BadSettings, match="fewer than 32 characters"):
        Settings.load(file)


def test_the_secrets_of_the_settings_do_not_print(town: DemoEnvironment) -> None:
    settings = Settings.load(town.folder / "portal.toml")
    assert settings.seal_secret.decode() not in repr(settings)
    assert "private_key" not in repr(settings)


def test_every_form_that_posts_carries_the_token_or_is_for_strangers() -> None:
    """Read from the templates: what moves anything for a member has the session's token in it."""
    public = {
        "/login", "/language", "/card/login", "/register", "/relink", "/mail/{{ link }}",
        "/passkey", "/phone/join", "/phone/join/card", "/phone/register", "/restore",
    }  # fmt: skip
    without = []
    for path in sorted((HERE / "templates").glob("*.html")):
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text("utf-8"), re.DOTALL):
            action = re.search(r'action="([^"]+)"', form)
            assert action
            if action[1] not in public and "token(session)" not in form and "form_token()" not in form:
                without.append((path.name, action[1]))
    assert without == []


def test_every_page_for_members_is_one_that_asks_for_a_session(town: DemoEnvironment) -> None:
    """All routes but the public ones: asked without a cookie, none answers with anything but the way to the login."""
    app = make_app(Settings.load(town.folder / "portal.toml"))
    public = {
        "/",
        "/login",
        "/signed-out",
        "/help",
        "/manual",
        "/manual/{chapter}",
        "/accessibility",
        "/mail/confirm",
        "/mail/stop",
        "/offline",
        "/offline-worker.js",
        "/navi",
        "/register",
        "/relink",
        "/restore",
        "/passkey",
        "/phone",
        "/phone/join",
        "/phone/return/{provider}",
        "/health",
        "/health/ready",
        "/events",
    }
    paths = {
        resource.canonical
        for resource in app.router.resources()
        for route in resource
        if route.method == "GET" and resource.canonical not in public
    }
    members = {path for path in paths if not path.startswith(("/static", "/navi/", "/events/"))}
    assert len(members) > 30
    filled = {
        "exchange": "00000000-0000-4000-8000-000000000000",
        "partner": "saison",
        "code": "082163",
        "service": "kasama-ouen",
        "event": "x",
        "seq": "1",
        "token": "A" * 60,
        "spend": "00000000-0000-4000-8000-000000000000",
        "representation": "0" * 32,
        "announcement": "00000000-0000-4000-8000-000000000000",
    }

    async def ask(loop_paths: set[str]) -> dict[str, str]:
        wrong: dict[str, str] = {}
        async with aiohttp.ClientSession() as http:
            for path in sorted(loop_paths):
                url = town.portal_url + path.format(**filled)
                async with http.get(url, allow_redirects=False) as answer:
                    if answer.status != 303 or not answer.headers["Location"].startswith("/login"):
                        wrong[path] = f"{answer.status}"
        return wrong

    loop = Loop()
    try:
        assert loop.run(ask(members)) == {}
    finally:
        loop.close()


def test_a_file_of_ours_is_kept_for_ever_and_nothing_else_is_served(
    town: DemoEnvironment, loop: Loop
) -> None:
    async def ask(path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.get(town.portal_url + path) as answer:
            return answer.status, answer.headers["Cache-Control"]

    address = FILES.address("portal.css")
    assert loop.run(ask(address)) == (200, "public, max-age=31536000, immutable")
    for path in (
        address.replace("portal.css", "idle.js"),
        "/static/x/portal.css",
        "/static/x/..%2Fapp.py",
        "/static/x/../../app.py",
    ):
        assert loop.run(ask(path)) == (404, "no-store")


def test_the_manifest_names_the_icons_as_they_are_served() -> None:
    manifest = json.loads((HERE / "static" / "manifest.webmanifest").read_bytes())
    for icon in manifest["icons"]:
        name = icon["src"].rpartition("/")[2]
        assert icon["src"] == FILES.address(name)
        with Image.open(HERE / "static" / name) as picture:
            assert picture.size == tuple(map(int, icon["sizes"].split("x")))


def test_a_page_that_updates_itself_keeps_no_session_alive(town: DemoEnvironment, loop: Loop) -> None:
    async def ask() -> tuple[bool, bool]:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            form = {"mykey_id": town.mykey_ids[MEMBERS[2].name], "password": MEMBERS[2].password}
            async with http.post(f"{town.portal_url}/login", data=form, headers={"Origin": town.portal_url}):
                pass
            unknown = "/exchanges/00000000-0000-4000-8000-000000000000"
            async with (
                http.get(town.portal_url + unknown + "/live", headers={"HX-Request": "true"}) as polled,
                http.get(town.portal_url + unknown) as seen,
            ):
                return "Set-Cookie" in polled.headers, "Set-Cookie" in seen.headers

    assert loop.run(ask()) == (False, True)
