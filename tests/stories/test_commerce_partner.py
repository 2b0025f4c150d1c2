"""The loyalty-commerce API of `examples/`, over real HTTP: signed bytes, orders that hide, reversals of a part."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

import migrations
from core_ledger import audit, chart, ledger
from gateway.errors import PartnerUnavailable
from gateway.exchanges.reconciliation import Verdict
from gateway.exchanges.reversal_rows import ReversalState
from gateway.exchanges.states import State
from gateway.members.member_rows import create_member
from gateway.model import JST, Destination
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox.browser import Browser
from httpkit.clock import FileClock

EXAMPLE = Path(__file__).parents[2] / "examples" / "commerce_partner"
KEY = "k" * 48
TARO = "taro"
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=JST)


def fake_site() -> Any:
    spec = importlib.util.spec_from_file_location("commerce_partner_site", EXAMPLE / "site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def write_clock(file: Path, moment: datetime) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{moment.isoformat()} @ {time.time()}", "utf-8")
    fresh.replace(file)


@dataclass
class Scene:
    site: Any
    services: Services
    clock_file: Path

    def forward(self, **span: float) -> None:
        write_clock(self.clock_file, self.services.clock() + timedelta(**span))

    async def order(self, units: int) -> str:
        exchange_id = str(uuid.uuid4())
        await self.services.openings.start(TARO, exchange_id, "commerce")
        quoted = await self.services.exchanges.quote(TARO, exchange_id, Destination.reserve(), units)
        assert quoted.quote is not None
        await self.services.exchanges.confirm(TARO, exchange_id, quoted.quote.quote_id)
        return exchange_id

    async def state(self, exchange_id: str) -> State:
        return (await self.services.exchanges.get(TARO, exchange_id)).state

    async def reserve(self) -> int:
        book = chart.member_book(TARO)
        balance = await self.services.store.read(lambda conn: ledger.balance(conn, book, chart.reserve(TARO)))
        return balance.posted


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock_file = tmp_path / "clock"
    write_clock(clock_file, NOON)
    site = fake_site().Site(KEY, clock=FileClock(clock_file))
    async with TestServer(site.app()) as partner:
        config = tmp_path / "gateway.toml"
        config.write_text(
            f"""
[database]
url = "sqlite:///{tmp_path / "gateway.db"}"
[clock]
file = "{clock_file}"
[security]
sealing = {{ env = "KEY" }}
lookup = {{ env = "KEY" }}
account_key = {{ env = "KEY" }}
[plugins]
dir = "{EXAMPLE / "plugins"}"
[partners.commerce]
base_url = "http://127.0.0.1:{partner.port}"
key_id = "sample"
mac_key = {{ env = "KEY" }}
""",
            "utf-8",
        )
        settings = Settings.load(config, env={"KEY": KEY})
        await asyncio.to_thread(migrations.upgrade, settings.database_url)
        async with open_services(settings) as services:
            assert services.registry.refused == ()
            assert services.registry.notes == ()
            scene = Scene(site, services, clock_file)
            await link(scene)
            yield scene


async def link(scene: Scene) -> None:
    services = scene.services

    def moves_in(conn: Any) -> None:
        create_member(conn, member_id=TARO, display_name=TARO, at=services.clock(), password_hash="none")

    await services.store.run(moves_in)
    exchange_id = str(uuid.uuid4())
    started, _ = await services.openings.start(
        TARO, exchange_id, "commerce", return_url="https://portal.example/back"
    )
    assert started.redirect_url is not None
    async with Browser() as browser:
        page = await browser.get(started.redirect_url)
        page = await browser.submit(page, "", member="mem-taro")
        query = dict(URL(page.location).query)
    goes_to = await services.openings.arrive("commerce", query)
    await services.openings.complete(TARO, exchange_id, goes_to.partition("return_code=")[2])


async def test_an_order_whose_reply_was_lost_is_not_given_up_while_it_may_hide(scene: Scene) -> None:
    scene.site.lose_next_reply = "/v1/orders"
    exchange_id = await scene.order(5)
    assert scene.site.points["mem-taro"] == 9_000
    scene.forward(seconds=30)
    await scene.services.settler.poll_once()
    assert (await scene.state(exchange_id), await scene.reserve()) == (State.OPEN, 0)
    scene.forward(minutes=10)
    await scene.services.settler.poll_once()
    assert (await scene.state(exchange_id), await scene.reserve()) == (State.SETTLED, 500)
    assert len(scene.site.orders) == 1


async def test_a_lost_validation_has_ordered_nothing(scene: Scene) -> None:
    scene.site.lose_next_reply = "/v1/members/validate"
    exchange_id = await scene.order(5)
    assert (scene.site.orders, scene.site.points["mem-taro"]) == ({}, 10_000)
    assert await scene.state(exchange_id) is State.OPEN


async def test_a_part_goes_back_and_the_days_pages_tell_it(scene: Scene) -> None:
    first, *_ = [await scene.order(units) for units in (5, 1, 2, 1, 1)]
    reversal = await scene.services.reversals.reverse(
        first, str(uuid.uuid4()), units=2, reason="誤操作", operator="sato"
    )
    assert reversal.state is ReversalState.REVERSED
    assert (scene.site.points["mem-taro"], await scene.reserve()) == (8_400, 800)
    report = await scene.services.reconciliation.compare("commerce", NOON.date())
    assert [line.verdict for line in report.lines] == [Verdict.MATCHED] * 5
    assert (await scene.services.store.read(audit.verify)).ok


async def test_a_busy_partner_has_looked_at_nothing_and_the_points_are_free_at_once(scene: Scene) -> None:
    scene.site.throttled = "/v1/orders"
    exchange_id = await scene.order(1)
    exchange = await scene.services.exchanges.get(TARO, exchange_id)
    assert (exchange.state, exchange.reason) == (State.NOT_SENT, "not_processed")
    assert exchange.retry_at is not None
    scene.site.throttled = ""
    assert await scene.state(await scene.order(1)) is State.SETTLED
    assert (len(scene.site.orders), await scene.reserve()) == (1, 100)


async def test_bytes_that_were_changed_on_the_way_are_refused_by_the_partner(scene: Scene) -> None:
    scene.site.mac_key = "another key"
    with pytest.raises(PartnerUnavailable, match="status 401"):
        await scene.services.context.partner("commerce").check_connection()


async def test_points_are_drawn_group_by_group_and_the_member_sees_which(scene: Scene) -> None:
    """150 of the 10,000 end with this year; an order of 2 units takes those first."""
    exchange_id = await scene.order(2)
    exchange = await scene.services.exchanges.get(TARO, exchange_id)
    assert exchange.quote is not None
    (line,) = exchange.quote.lines
    assert [(lot.amount, lot.last_day) for lot in line.lots] == [(150, "2026-12-31"), (250, None)]
    assert scene.site.ending["mem-taro"] == 0
    later = await scene.services.exchanges.get(TARO, await scene.order(1))
    assert later.quote is not None
    assert [(lot.amount, lot.last_day) for lot in later.quote.lines[0].lots] == [(200, None)]
