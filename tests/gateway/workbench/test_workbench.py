"""The workbench over real HTTP: an exchange is clicked through, broken on purpose, asked about, and kept as a test."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway import LinkKind, scaffold
from gateway.errors import ProblemError
from gateway.testkit.sandbox.browser import Browser
from gateway.workbench.call_recorder import CallFault
from gateway.workbench.run import Opened, opened


@dataclass
class Visitor:
    """A browser on the page: presses buttons, follows where they lead, reads what is shown."""

    session: aiohttp.ClientSession
    origin: str

    async def presses(self, step: str, **what: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.origin}/do/{step}", json=what) as answer:
            values: dict[str, Any] = await answer.json()
            return values

    async def sees(self, after: int = 0) -> dict[str, Any]:
        async with self.session.get(f"{self.origin}/events", params={"after": after}) as answer:
            values: dict[str, Any] = await answer.json()
            return values

    async def links(self, member: str = "taro") -> None:
        """Go to the partner's site, agree, and come back."""
        goes_to = (await self.presses("start"))["goes_to"]
        async with Browser() as browser:
            back = (await browser.submit(await browser.get(goes_to), "", member=member)).location
        async with self.session.get(back) as answer:
            assert answer.status == 200


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`written(LinkKind.COUPON)` gives a freshly written plugin's class and folder."""

    def write(link: LinkKind) -> tuple[type, Path]:
        folder = scaffold.write("acme", link, tmp_path)
        monkeypatch.syspath_prepend(str(folder))
        return importlib.import_module("gateway_acme").Acme, folder

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "gateway_acme"]:
        del sys.modules[name]


@asynccontextmanager
async def visiting(plugin: type) -> AsyncIterator[tuple[Opened, Visitor]]:
    async with (
        opened("acme", plugin=plugin) as bench,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        async with session.get(bench.url) as page:
            assert "Workbench" in await page.text()
        yield bench, Visitor(session, bench.url.partition("/?")[0])


async def test_an_exchange_is_clicked_through_and_its_points_are_in_the_ledger(written: Any) -> None:
    async with visiting(written(LinkKind.ACCOUNT)[0]) as (_, visitor):
        await visitor.links()
        await visitor.presses("quote", units="3", destination="reserve")
        await visitor.presses("confirm")
        now = (await visitor.sees())["now"]
        assert (now["state"], now["points"], now["reserve"]) == ("settled", 300, "300")


async def test_each_call_and_each_request_is_shown_without_its_secrets(written: Any) -> None:
    async with visiting(written(LinkKind.ACCOUNT)[0]) as (bench, visitor):
        await visitor.links()
        await visitor.presses("quote", units="1", destination="municipality")
        await visitor.presses("confirm")
        events = (await visitor.sees())["events"]
        calls = [event["hook"] for event in events if event["kind"] == "call"]
        assert calls == ["begin_handoff", "complete_handoff", "balances", "rate_table", "debit"]
        sent = next(event for event in events if event["kind"] == "request" and "/v1/debits" in event["url"])
        assert '"points": 100' in sent["body"]
        assert '"debited"' in sent["answer"]
        assert bench.bench.watch.secrets
        assert not [secret for secret in bench.bench.watch.secrets if secret in str(events)]


async def test_a_pulled_cable_leaves_the_exchange_open_until_the_partner_is_asked(written: Any) -> None:
    async with visiting(written(LinkKind.ACCOUNT)[0]) as (_, visitor):
        await visitor.links()
        await visitor.presses("quote", units="2", destination="reserve")
        await visitor.presses("trouble", kind="cable")
        await visitor.presses("confirm")
        now = (await visitor.sees())["now"]
        assert (now["state"], now["reserve"]) == ("open", "0")
        await visitor.presses("ask")
        now = (await visitor.sees())["now"]
        assert (now["state"], now["reserve"]) == ("settled", "200")


@pytest.mark.parametrize("trouble", [CallFault.RUBBISH, CallFault.CABLE])
async def test_trouble_at_the_debit_is_neither_yes_nor_no(written: Any, trouble: CallFault) -> None:
    async with visiting(written(LinkKind.COUPON)[0]) as (_, visitor):
        await visitor.presses("start", coupon="ACME-1000-SAMPLE")
        await visitor.presses("quote", destination="reserve")
        await visitor.presses("trouble", kind=trouble.value)
        await visitor.presses("confirm")
        values = await visitor.sees()
        assert values["now"]["state"] == "open"
        assert values["order"] == ""


async def test_an_answer_that_comes_twice_is_not_taken_for_the_next_one(written: Any) -> None:
    async with visiting(written(LinkKind.ACCOUNT)[0]) as (_, visitor):
        await visitor.links()
        await visitor.presses("quote", units="2", destination="reserve")
        await visitor.presses("trouble", kind="twice")
        await visitor.presses("confirm")
        refused = await visitor.presses("check")
        assert "refused" in refused
        assert (await visitor.sees())["now"]["state"] == "settled"


async def test_an_answer_after_the_deadline_is_unknown(written: Any) -> None:
    async with visiting(written(LinkKind.COUPON)[0]) as (bench, visitor):
        guard = bench.bench.partner._guard
        guard._deadline_s = 0.05  # the profile's ten seconds are too long for a test
        await visitor.presses("start", coupon="ACME-1000-SAMPLE")
        await visitor.presses("quote", destination="reserve")
        await visitor.presses("trouble", kind="late")
        await visitor.presses("confirm")
        assert (await visitor.sees())["now"]["state"] == "open"


async def test_what_happened_is_kept_as_a_test_that_passes_and_notices_a_change(
    written: Any, tmp_path: Path
) -> None:
    plugin, folder = written(LinkKind.ACCOUNT)
    async with visiting(plugin) as (bench, visitor):
        await visitor.links()
        await visitor.presses("quote", units="2", destination="reserve")
        await visitor.presses("trouble", kind="cable")
        await visitor.presses("confirm")
        await visitor.presses("ask")
        async with visitor.session.get(f"{visitor.origin}/export") as answer:
            text = await answer.text()
        assert not [secret for secret in bench.bench.watch.secrets if secret in text]
    kept = folder / "tests" / "test_workbench_acme.py"
    kept.write_text(text, "utf-8")
    assert _runs(folder, kept).returncode == 0

    source = folder / "gateway_acme" / "plugin.py"
    # Of another length: compiled code of the same second and size would be taken for this one's.
    source.write_text(source.read_text("utf-8").replace('"/v1/debits",', '"/v11/debits",'), "utf-8")
    ran = _runs(folder, kept)
    assert ran.returncode == 1
    assert "debit() asked what was not recorded" in ran.stdout


def _runs(folder: Path, test: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: it for name, it in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_asyncio.plugin", str(test)]
    return subprocess.run(command, cwd=folder, env=kept | plain, capture_output=True, text=True, check=False)


async def test_nobody_without_the_key_and_no_other_site_gets_in(written: Any) -> None:
    async with visiting(written(LinkKind.COUPON)[0]) as (_, visitor), aiohttp.ClientSession() as stranger:
        for path in ("/", "/events", "/export"):
            async with stranger.get(visitor.origin + path) as answer:
                assert answer.status == 403
        async with visitor.session.post(
            f"{visitor.origin}/do/check", json={}, headers={"Origin": "https://evil.example"}
        ) as answer:
            assert answer.status == 403
        async with visitor.session.get(f"{visitor.origin}/", headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403


async def test_a_step_out_of_turn_is_told_and_the_bench_goes_on(written: Any) -> None:
    async with visiting(written(LinkKind.COUPON)[0]) as (_, visitor):
        for step in ("quote", "confirm", "ask"):
            assert (
                "start an exchange first" in (await visitor.presses(step, destination="reserve"))["refused"]
            ), step
        assert "refused" in await visitor.presses("trouble", kind="earthquake")
        assert "refused" in await visitor.presses("dance")
        assert await visitor.presses("check") == {"goes_to": ""}


async def test_a_plugin_that_is_not_installed_is_named() -> None:
    with pytest.raises(ProblemError, match="no plugin called nobody is installed"):
        async with opened("nobody"):
            pass


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = Path("gateway/workbench/page")
    for file in page.iterdir():
        assert not re.search(r"(?:src|href|url\()\W{0,2}https?:", file.read_text("utf-8"))


@pytest.mark.asyncio
async def test_a_setting_that_the_sandbox_is_not_given_is_named(written: Any) -> None:
    kind, _ = written(LinkKind.ACCOUNT)

    class Other(kind):  # type: ignore[misc, valid-type]
        __module__ = kind.__module__

        def __init__(self, setup: Any) -> None:
            super().__init__(setup)
            setup.settings.text("auth_url")

    with pytest.raises(
        ProblemError, match=r"acme asks for the setting 'auth_url'.*or name all settings with --config"
    ):
        async with opened("acme", plugin=Other):
            pass


class TestAPartnerOfSeveralRequests:
    """Before each request comes one for an access token that ends at once; before a debit the member is checked."""

    CLIENT = (
        (
            "        answer = await self._http.request(method, self.base_url + path, headers=headers, json=body)\n",
            (
                '        form = {"grant_type": "client_credentials", "client_secret": self._api_key.reveal()}\n'
                '        got = await self._http.post(self.base_url + "/oauth/token", form=form)\n'
                '        access = JsonAnswer.read(got, partner="acme", asked="/oauth/token").text("access_token")\n'
                '        headers["X-Access"] = access\n'
                "        answer = await self._http.request(method, self.base_url + path, headers=headers, json=body)\n"
                '        if not answer.headers.get("content-type", "").startswith("application/json; charset=euc-jp"):\n'
                '            raise PartnerUnavailable("acme answered with something else")\n'
                '        answer = HttpAnswer(status=answer.status, headers=answer.headers, body=answer.body.decode("euc-jp").encode())\n'
            ),
        ),
        ("from gateway import JsonAnswer", "from gateway import HttpAnswer, JsonAnswer"),
    )
    PLUGIN = (
        (
            '        answer = await self._client.send(\n            "POST",\n            "/v1/debits",\n',
            (
                '        await self._client.send("POST", "/v1/members", {"token": order.account.token.reveal()})\n'
                '        answer = await self._client.send(\n            "POST",\n            "/v1/debits",\n'
            ),
        ),
    )
    SANDBOX = (
        (
            '            web.get("/v1/hello", self.hello),\n',
            (
                '            web.get("/v1/hello", self.hello),\n'
                '            web.post("/oauth/token", self.access),\n'
                '            web.post("/v1/members", self.hello),\n'
            ),
        ),
        (
            '    @operation("hello")\n',
            (
                "    async def access(self, _request):\n"
                "        self.handed_out = [*getattr(self, 'handed_out', []), secrets.token_urlsafe(24)]\n"
                '        return web.json_response({"access_token": self.handed_out[-1], "expires_in": 0})\n\n'
                '    @operation("hello")\n'
            ),
        ),
        (
            "        return answer\n\n    # --- the member",
            (
                '        if request.path.startswith("/v1/"):\n'
                '            answer = web.Response(status=answer.status, body=answer.text.encode("euc-jp"), headers={"content-type": "application/json; charset=euc-jp"})\n'
                "        return answer\n\n    # --- the member"
            ),
        ),
        ('"shown_as": f"{member} 様"', '"shown_as": f"見本 {member} 様"'),
        (
            'return web.json_response({"result": "linked", **told})',
            'return web.json_response({"result": "linked", **told}, dumps=lambda it: json.dumps(it, ensure_ascii=False))',
        ),
    )

    @pytest.fixture
    def other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type, Path]]:
        folder = scaffold.write("acme", LinkKind.ACCOUNT, tmp_path)
        for name, changes in (("client", self.CLIENT), ("plugin", self.PLUGIN), ("sandbox", self.SANDBOX)):
            file = folder / "gateway_acme" / f"{name}.py"
            text = file.read_text("utf-8")
            for old, new in changes:
                assert text.count(old) == 1, old
                text = text.replace(old, new)
            file.write_text(text, "utf-8")
        monkeypatch.syspath_prepend(str(folder))
        yield importlib.import_module("gateway_acme").Acme, folder
        for name in [name for name in sys.modules if name.partition(".")[0] == "gateway_acme"]:
            del sys.modules[name]

    async def test_the_cable_is_pulled_at_the_order_and_not_at_what_is_asked_before_it(
        self, other: Any
    ) -> None:
        async with visiting(other[0]) as (_, visitor):
            await visitor.links()
            for _ in range(2):  # the second time it is known which request carries the order
                await visitor.presses("trouble", kind="cable")
                await visitor.presses("quote", units="2", destination="reserve")
                await visitor.presses("confirm")
                values = await visitor.sees()
                met = [event["url"] for event in values["events"] if event.get("trouble")]
                assert met
                assert all(url.endswith("/v1/debits") for url in met)
                assert values["now"]["state"] == "open"
                await visitor.presses("ask")
                assert (await visitor.sees())["now"]["state"] == "settled"
                await visitor.presses("start")  # the account stays linked

    async def test_the_export_holds_no_token_and_replays_in_the_partners_charset(self, other: Any) -> None:
        plugin, folder = other
        async with visiting(plugin) as (bench, visitor):
            await visitor.links()
            await visitor.presses("quote", units="2", destination="reserve")
            await visitor.presses("confirm")
            await visitor.presses("check")
            async with visitor.session.get(f"{visitor.origin}/export") as answer:
                text = await answer.text()
            tokens = set(re.findall(r'"access_token": "([^"]+)"', text))
            assert tokens
            assert all(token.startswith("recorded-secret-") for token in tokens)
            assert not [secret for secret in bench.bench.watch.secrets if secret in text]
            answers = [
                it.content.decode()
                for call in bench.bench.watch.calls
                for it in call.requests
                if "oauth" in it.url
            ]
            live = re.findall(r'"access_token": "([^"]+)"', " ".join(answers))
            assert live
            assert not [token for token in live if token in text]
        assert "gateway.Debited(" in text
        assert "charset='euc-jp'" in text
        assert "見本 taro 様" in text
        kept = folder / "tests" / "test_workbench_acme.py"
        kept.write_text(text, "utf-8")
        ran = _runs(folder, kept)
        assert ran.returncode == 0, ran.stdout
