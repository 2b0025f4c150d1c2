"""An energy company over real HTTP: Shift_JIS, tokens that end, result codes, a cap, a file of the day."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

import migrations
from core_ledger import chart, ledger
from gateway.errors import PartnerUnavailable
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.reconciliation import Verdict
from gateway.exchanges.states import State
from gateway.members.member_rows import create_member
from gateway.model import JST, Destination
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox.browser import Browser

EXAMPLE = Path(__file__).parents[2] / "examples" / "energy_partner"
KEY = "k" * 48
SAITO = "saito"
RESERVE = Destination.reserve()


@dataclass
class Scene:
    site: Any
    services: Services

    async def order(self, units: int, exchange_id: str = "") -> Exchange:
        exchange_id = exchange_id or str(uuid.uuid4())
        await self.services.openings.start(SAITO, exchange_id, "energy")
        quoted = await self.services.exchanges.quote(SAITO, exchange_id, RESERVE, units)
        assert quoted.quote is not None
        return await self.services.exchanges.confirm(SAITO, exchange_id, quoted.quote.quote_id)

    async def reserve(self) -> int:
        book = chart.member_book(SAITO)
        balance = await self.services.store.read(
            lambda conn: ledger.balance(conn, book, chart.reserve(SAITO))
        )
        return balance.posted


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    spec = importlib.util.spec_from_file_location("energy_partner_site", EXAMPLE / "site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    site = module.Site(KEY)
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
[partners.energy]
base_url = "http://127.0.0.1:{partner.port}"
client_id = "point-gateway"
client_secret = {{ env = "KEY" }}
""",
            "utf-8",
        )
        settings = Settings.load(config, env={"KEY": KEY})
        await asyncio.to_thread(migrations.upgrade, settings.database_url)
        async with open_services(settings) as services:
            assert (services.registry.refused, services.registry.notes) == ((), ())
            scene = Scene(site, services)
            await link(scene)
            yield scene


async def link(scene: Scene) -> None:
    services = scene.services

    def moves_in(conn: Any) -> None:
        create_member(conn, member_id=SAITO, display_name=SAITO, at=services.clock(), password_hash="none")

    await services.store.run(moves_in)
    exchange_id = str(uuid.uuid4())
    started, _ = await services.openings.start(
        SAITO, exchange_id, "energy", return_url="https://portal.example/back"
    )
    assert started.redirect_url is not None
    async with Browser() as browser:
        page = await browser.get(started.redirect_url)
        page = await browser.submit(page, "", customer="C-0001")
        query = dict(URL(page.location).query)
    goes_to = await services.openings.arrive("energy", query)
    linked = await services.openings.complete(SAITO, exchange_id, goes_to.partition("return_code=")[2])
    assert linked.link is None or linked.link.shown_as == "齋藤　髙志 様"


async def test_points_are_exchanged_and_the_file_of_the_day_says_the_same(scene: Scene) -> None:
    done = await scene.order(2)
    assert (done.state, await scene.reserve(), scene.site.points["C-0001"]) == (State.SETTLED, 1_000, 149_000)
    (order,) = scene.site.orders.values()
    day = (
        datetime.strptime(order["takenAt"], "%Y%m%d%H%M%S").replace(tzinfo=JST).date()
    )  # of the partner, at midnight too
    (line,) = (await scene.services.reconciliation.compare("energy", day)).lines
    assert (line.verdict, line.their_account) == (Verdict.MATCHED, "C-0001")
    scene.site.half_file = True
    with pytest.raises(PartnerUnavailable, match=r"not whole|a row that is not documented"):
        await scene.services.reconciliation.compare("energy", day)


@pytest.mark.parametrize("state", ["取消", "", "確定 "])
async def test_a_row_in_a_state_that_is_not_documented_makes_no_smaller_day(
    scene: Scene, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await scene.order(2)
    monkeypatch.setattr(scene.site, "state_of_a_row", lambda _: state)
    assert done.ended_at is not None
    with pytest.raises(PartnerUnavailable, match="a row that is not documented"):
        await scene.services.reconciliation.compare("energy", done.ended_at.astimezone(JST).date())


async def test_a_code_that_is_not_documented_is_unknown_and_found_out_by_asking(scene: Scene) -> None:
    scene.site.next_code = "E999"
    done = await scene.order(1)
    assert (done.state, await scene.reserve()) == (State.OPEN, 0)
    exchange = await scene.services.settler.get_and_refresh(SAITO, done.exchange_id)
    assert (exchange.state, await scene.reserve()) == (State.SETTLED, 500)


async def test_an_order_that_is_decided_later_is_open_until_then(scene: Scene) -> None:
    scene.site.later = True
    done = await scene.order(1)
    assert done.state is State.OPEN
    scene.site.decide(done.exchange_id)
    exchange = await scene.services.settler.get_and_refresh(SAITO, done.exchange_id)
    assert (exchange.state, await scene.reserve()) == (State.SETTLED, 500)


async def test_one_token_serves_until_a_minute_before_its_end(scene: Scene) -> None:
    for _ in range(2):
        assert (await scene.order(1)).state is State.SETTLED
    assert len(scene.site.tokens) == 1
    scene.site.tokens.clear()
    with pytest.raises(PartnerUnavailable):
        await scene.order(1)  # a token that the partner does not take any more is no yes and no no
    assert len(scene.site.orders) == 2


async def test_over_the_monthly_cap_the_member_reads_why(scene: Scene) -> None:
    scene.site.used["C-0001"] = 99_600
    exchange_id = str(uuid.uuid4())
    await scene.services.openings.start(SAITO, exchange_id, "energy")
    offer = await scene.services.exchanges.offer(SAITO, exchange_id, RESERVE)
    assert offer.most_units == 0
    assert any(note.en == "99,600 of this month's 100,000 are exchanged" for note in offer.notes)


async def test_an_id_that_stands_for_another_order_there_ends_with_a_person(scene: Scene) -> None:
    exchange_id = str(uuid.uuid4())
    scene.site.orders[exchange_id] = {
        "code": "0000",
        "customer": "C-0002",
        "points": "500",
        "number": "D000001",
        "takenAt": "20261101120000",
    }
    done = await scene.order(1, exchange_id)
    assert (done.state, done.reason) == (State.NEEDS_A_PERSON, "contradiction")
    assert (await scene.reserve(), scene.site.points["C-0001"]) == (0, 150_000)
