"""What an operator watches: a real Prometheus scrapes a gateway under load, things are broken, and alerts and dashboard say so."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import yaml

from bench.exchange import portal_of
from bench.exchange_load import Portal, exchange
from bench.exchange_town import Town, gateway, make_town, program
from tests.stories.test_proxies import free_ports
from tools.draw_dashboard import Drawn, page, read_dashboard

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
PATIENCE_S = 120.0
LOAD_S = 15.0

pytestmark = pytest.mark.timeout(600)


def prometheus_program() -> str:
    path = shutil.which("prometheus")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus is not here; tools/system-packages installs it")
        pytest.skip("needs apt package prometheus")
    return path


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[str]:
    """The real one, with the shipped rules, that looks each second; gives its address."""
    (port,) = free_ports(1)
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "point-gateway", "static_configs": [{"targets": [target]}]}],
    }
    folder.mkdir()  # noqa: ASYNC240
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings), "utf-8")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            prometheus_program(), f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


async def ask(address: str, expression: str) -> list[dict[str, str]]:
    """The labels of what an expression finds now; an alert's is true where it finds anything."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}") as answer,
    ):
        found = json.loads(await answer.text())
    assert found["status"] == "success", found
    return [each["metric"] for each in found["data"]["result"]]


async def until_true(address: str, expression: str, keep_on: Callable[[], object] = lambda: None) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        keep_on()
        with suppress(aiohttp.ClientError):
            if await ask(address, expression):
                return
        await asyncio.sleep(0.5)
    pytest.fail(f"{expression} finds nothing")


async def play(portal: Portal, town: Town, seconds: float) -> None:
    """Members exchange, one after another; what fails is no matter."""
    until = time.monotonic() + seconds

    async def member(token: str) -> None:
        while time.monotonic() < until:
            with suppress(RuntimeError, aiohttp.ClientError):
                await exchange(portal, token)
            await asyncio.sleep(0.05)

    await asyncio.gather(*(member(token) for token in town.tokens))


async def sign_in_wrongly(portal: Portal, token: str) -> None:
    with pytest.raises(RuntimeError, match="401"):
        await portal.call(
            "POST", "/v1/sessions", "", token, {"mykey_id": "ABCD2345", "password": "not the password"}
        )


def by_title(drawn: list[Drawn]) -> dict[str, Drawn]:
    return {each.title: each for each in drawn}


async def test_alerts_and_dashboard_say_what_was_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    rules = {
        rule["alert"]: rule["expr"] for rule in yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]
    }
    (admin,) = free_ports(1)
    start = time.time()
    async with AsyncExitStack() as stack, AsyncExitStack() as partner_stack:
        partner, _ = await partner_stack.enter_async_context(program("exchange_partner"))
        town = await make_town(tmp_path / "town", partner, 4, None, journal=True)
        text = town.settings_file.read_text("utf-8")
        town.settings_file.write_text(
            text.replace("[server]\n", f'[server]\nadmin = "127.0.0.1:{admin}"\n'), "utf-8"
        )
        address = await stack.enter_async_context(prometheus(tmp_path / "prometheus", f"127.0.0.1:{admin}"))
        gateway_stack = await stack.enter_async_context(AsyncExitStack())
        await gateway_stack.enter_async_context(gateway(town))
        portal = await stack.enter_async_context(portal_of(town.url, town))

        await play(portal, town, LOAD_S)
        await sign_in_wrongly(portal, town.tokens[0])
        await until_true(address, 'point_gateway_sign_ins_total{outcome="wrong"}')
        assert [name for name, expression in rules.items() if await ask(address, expression)] == []
        await play(portal, town, 5)

        await partner_stack.aclose()
        playing = asyncio.create_task(play(portal, town, PATIENCE_S))
        await until_true(address, rules["PartnerLeftAlone"])
        await asyncio.sleep(3)
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
        # A partner that is away is no fault of ours.
        assert await ask(address, rules["FaultsOfOurs"]) == []
        end = time.time()
        drawn = await asyncio.to_thread(read_dashboard, address, start, end)
        _keep(tmp_path, page(drawn, start, end))
        assert [each.title for each in drawn if not each.series] == []
        assert {each.title for each in drawn if each.panel["type"] == "stat" and each.colour != "green"} == {
            "Partners left alone"
        }

        await gateway_stack.aclose()
        await until_true(address, rules["GatewayAway"])
        drawn = await asyncio.to_thread(read_dashboard, address, start, time.time())
        away = by_title(drawn)["Processes away"]
        assert (away.shown, away.colour) == ("1", "red")


def _keep(folder: Path, text: str) -> None:
    """Where POINT_GATEWAY_TEST_PICTURES names a folder, for a person to look at; else beside the test."""
    kept = Path(os.environ.get("POINT_GATEWAY_TEST_PICTURES", folder))
    kept.joinpath("dashboard.html").write_text(text, "utf-8")
