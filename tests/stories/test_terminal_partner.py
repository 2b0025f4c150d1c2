"""The third way to connect, end to end: the account is linked once, then the partner calls with a signed order.

The gateway is the whole one, with its HTTP door; the plugin and the terminal's program are those of the example;
the partner's site is a small one of this test, over real HTTP.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from yarl import URL

import migrations
from core_ledger import chart, ledger
from gateway.app import make_app
from gateway.members.member_rows import create_member
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.webhooks import keys as webhook_keys

EXAMPLE = Path(__file__).parents[2] / "examples" / "terminal_partner"
MEMBER = "member-1"


def terminal_program() -> Any:
    spec = importlib.util.spec_from_file_location("terminal_order_program", EXAMPLE / "order.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Site:
    """The partner: its members' points, its orders, and what it answers."""

    points: dict[str, int] = field(default_factory=lambda: {"card-1": 5_000})
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: bool = True

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/links", self._link)
        app.router.add_post("/v1/balances", self._balances)
        app.router.add_post("/v1/orders/{id}/take", self._take)
        app.router.add_get("/v1/orders/{id}", self._find)
        return app

    async def _link(self, request: web.Request) -> web.Response:
        asked = await request.json()
        values = {"result": "linked", "visit": asked["visit"], "member": "card-1", "shown_as": "**** 1001"}
        return web.json_response(values if asked["code"] == "agreed" else {"result": "refused"})

    async def _balances(self, request: web.Request) -> web.Response:
        member = (await request.json())["member"]
        values = {"member": member, "points": self.points[member], "at": "2026-04-01T12:00:00+09:00"}
        return web.json_response({"result": "ok", **values})

    async def _take(self, request: web.Request) -> web.Response:
        asked, order = await request.json(), request.match_info["id"]
        if order not in self.orders:
            self.points[asked["member"]] -= asked["points"]
            told = {"reference": f"T{len(self.orders) + 1}", "at": "2026-04-01T12:00:00+09:00"}
            self.orders[order] = {"result": "taken", "order": order, **asked, **told}
        elif (asked["member"], asked["points"]) != tuple(
            self.orders[order][it] for it in ("member", "points")
        ):
            return web.json_response({"result": "other_order", "order": order}, status=409)
        return web.json_response(self.orders[order]) if self.answers else web.Response(status=500)

    async def _find(self, request: web.Request) -> web.Response:
        order = request.match_info["id"]
        return web.json_response(self.orders.get(order, {"result": "not_taken", "order": order}))


@dataclass
class Town:
    site: Site
    services: Services
    url: str
    secret: str
    program: Any

    async def orders(self, order_id: str, units: int, secret: str = "") -> tuple[int, dict[str, Any]]:
        """As the terminal's program sends it."""
        at = int(time.time())
        body = self.program.message(order_id, "card-1", units, at)
        headers = self.program.signed(secret or self.secret, body, f"order-{order_id}", at)
        json_type = {"Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as terminal,
            terminal.post(f"{self.url}/orders/terminal", data=body, headers=headers | json_type) as answer,
        ):
            return answer.status, json.loads(await answer.read())

    async def reserve(self) -> int:
        book = chart.member_book(MEMBER)
        balance = await self.services.store.read(
            lambda conn: ledger.balance(conn, book, chart.reserve(MEMBER))
        )
        return balance.available


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    site = Site()
    async with TestServer(site.app()) as partner:
        config = tmp_path / "gateway.toml"
        config.write_text(
            f"""
[database]
url = "sqlite:///{tmp_path / "gateway.db"}"
[security]
sealing = {{ env = "KEY" }}
lookup = {{ env = "KEY" }}
account_key = {{ env = "KEY" }}
[plugins]
dir = "{EXAMPLE / "plugins"}"
[partners.terminal]
base_url = "http://127.0.0.1:{partner.port}"
api_key = {{ env = "KEY" }}
terminal_orders = true
""",
            "utf-8",
        )
        settings = Settings.load(config, env={"KEY": "k" * 48})
        await asyncio.to_thread(migrations.upgrade, settings.database_url)
        async with open_services(settings) as services:
            assert not services.registry.refused

            def lay_out(conn: Any) -> str:
                now = services.clock()
                create_member(conn, member_id=MEMBER, display_name="山田", at=now, password_hash="none")
                return webhook_keys.add_partner(conn, services.context.vault, "terminal", now)[1].reveal()

            secret = await services.store.run(lay_out)
            app = await make_app(services, CollectorRegistry())
            async with TestServer(app) as gateway:
                town = Town(site, services, f"http://127.0.0.1:{gateway.port}", secret, terminal_program())
                await _link(town)
                yield town


async def _link(town: Town) -> None:
    """移行用のサービスID設定: once, by way of the partner's site."""
    exchange_id = str(uuid.uuid4())
    openings = town.services.openings
    started, _ = await openings.start(
        MEMBER, exchange_id, "terminal", return_url="https://portal.example/back"
    )
    assert started.redirect_url is not None
    state = URL(URL(started.redirect_url).query["return_url"]).query["state"]
    goes_to = await openings.arrive("terminal", {"state": state, "code": "agreed"})
    await openings.complete(MEMBER, exchange_id, goes_to.partition("return_code=")[2])


async def test_three_units_ordered_at_a_terminal_are_in_the_reserve(town: Town) -> None:
    order_id = str(uuid.uuid4())
    status, values = await town.orders(order_id, 3)
    assert (status, values) == (200, {"exchange_id": order_id, "state": "settled", "points": 3_000})
    assert (await town.reserve(), town.site.points["card-1"]) == (3_000, 2_000)


async def test_an_order_sent_again_is_one_order(town: Town) -> None:
    order_id = str(uuid.uuid4())
    answers = [await town.orders(order_id, 1) for _ in range(3)]
    assert [values["state"] for _, values in answers] == ["settled"] * 3
    assert (await town.reserve(), len(town.site.orders)) == (1_000, 1)


async def test_a_lost_answer_is_open_until_the_partner_is_asked_and_never_two_debits(town: Town) -> None:
    town.site.answers = False
    order_id = str(uuid.uuid4())
    assert (await town.orders(order_id, 1))[1]["state"] == "open"
    assert await town.reserve() == 0
    town.site.answers = True
    assert (await town.services.settler.get_and_refresh(MEMBER, order_id)).state == "settled"
    assert (await town.reserve(), town.site.points["card-1"]) == (1_000, 4_000)


async def test_a_forged_order_moves_nothing(town: Town) -> None:
    status, values = await town.orders(str(uuid.uuid4()), 1, secret="whsec_" + "A" * 32)
    assert (status, values["type"].rpartition("/")[2]) == (401, "push-not-believed")
    assert (await town.reserve(), town.site.points["card-1"]) == (0, 5_000)


async def test_more_than_the_card_holds_is_told_and_moves_nothing(town: Town) -> None:
    status, values = await town.orders(str(uuid.uuid4()), 6)
    assert (status, values["type"].rpartition("/")[2]) == (409, "not-enough")
    assert (await town.reserve(), town.site.orders) == (0, {})
