"""A payments API over real HTTP: keys that live for 24 hours, a partial reversal, a long outage, decimals, 429.

The services are the whole ones; plugin and fake site are those of the example; the clock is a file that time goes on in.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from yarl import URL

import migrations
from core_ledger import audit, chart, ledger
from gateway.app import make_app
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows, reversal_rows
from gateway.exchanges.reconciliation import Verdict
from gateway.exchanges.reversal_rows import ReversalRecord, ReversalState
from gateway.exchanges.states import State
from gateway.members.member_rows import create_member
from gateway.model import JST, Destination
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox.browser import Browser
from httpkit.clock import FileClock

EXAMPLE = Path(__file__).parents[2] / "examples" / "payments_partner"
KEY = "k" * 48
TARO = "taro"
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=JST)


def fake_site() -> Any:
    spec = importlib.util.spec_from_file_location("payments_partner_site", EXAMPLE / "site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


@dataclass
class Scene:
    site: Any
    services: Services
    clock_file: Path

    def forward(self, **span: float) -> None:
        write_clock(self.clock_file, self.services.clock() + timedelta(**span))

    async def order(self, units: int) -> str:
        exchange_id = str(uuid.uuid4())
        await self.services.openings.start(TARO, exchange_id, "payments")
        quoted = await self.services.exchanges.quote(TARO, exchange_id, Destination.reserve(), units)
        assert quoted.quote is not None
        await self.services.exchanges.confirm(TARO, exchange_id, quoted.quote.quote_id)
        return exchange_id

    async def state(self, exchange_id: str) -> State:
        return (await self.services.exchanges.get(TARO, exchange_id)).state

    async def reversal(self, record: ReversalRecord) -> ReversalState:
        reversal_record = await self.services.store.read(
            lambda conn: reversal_rows.get(conn, record.book_id, record.reversal_id)
        )
        return reversal_record.state

    async def reserve(self) -> int:
        book = chart.member_book(TARO)
        balance = await self.services.store.read(lambda conn: ledger.balance(conn, book, chart.reserve(TARO)))
        return balance.posted

    async def reverse(self, exchange_id: str, units: int) -> ReversalRecord:
        return await self.services.reversals.reverse(
            exchange_id, str(uuid.uuid4()), units=units, reason="誤操作", operator="sato"
        )


def write_clock(file: Path, moment: datetime) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{moment.isoformat()} @ {time.time()}", "utf-8")
    fresh.replace(file)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock_file = tmp_path / "clock"
    write_clock(clock_file, NOON)
    site = fake_site().Site(KEY, push_secret=KEY, clock=FileClock(clock_file))
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
[partners.payments]
base_url = "http://127.0.0.1:{partner.port}"
secret_key = {{ env = "KEY" }}
push_secret = {{ env = "KEY" }}
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
        TARO, exchange_id, "payments", return_url="https://portal.example/back"
    )
    assert started.redirect_url is not None
    async with Browser() as browser:
        page = await browser.get(started.redirect_url)
        page = await browser.submit(page, "", customer="cus_Taro")
        query = dict(URL(page.location).query)
    goes_to = await services.openings.arrive("payments", query)
    await services.openings.complete(TARO, exchange_id, goes_to.partition("return_code=")[2])


async def test_a_part_is_given_back_once_though_the_partner_was_out_of_order_for_longer_than_its_keys_live(
    scene: Scene,
) -> None:
    exchange_id = await scene.order(5)
    assert await scene.reserve() == 500
    assert scene.site.points["cus_Taro"] == Decimal("11845.75")
    scene.site.lose_next_reply = True
    reversal = await scene.reverse(exchange_id, 2)
    assert reversal.state is ReversalState.OPEN
    assert scene.site.points["cus_Taro"] == Decimal("12045.75")
    scene.site.down = True
    for _ in range(2):  # so few that the breaker, which counts real seconds, stays closed
        scene.forward(hours=12.5)
        await scene.services.reversals.poll_once()
    scene.site.down = False
    scene.forward(hours=1)
    await scene.services.reversals.poll_once()
    assert await scene.reversal(reversal) is ReversalState.REVERSED
    assert scene.site.points["cus_Taro"] == Decimal("12045.75")
    assert (len(scene.site.refunds), await scene.reserve()) == (1, 300)
    (line,) = (await scene.services.reconciliation.compare("payments", NOON.date())).lines
    assert line.verdict is Verdict.MATCHED
    assert (await scene.services.store.read(audit.verify)).ok


async def test_a_reversal_that_never_arrived_is_sent_again_while_its_key_lives(scene: Scene) -> None:
    exchange_id = await scene.order(5)
    scene.site.down = True
    reversal = await scene.reverse(exchange_id, 2)
    scene.site.down = False
    scene.forward(hours=20)
    await scene.services.reversals.poll_once()
    assert await scene.reversal(reversal) is ReversalState.REVERSED
    assert (len(scene.site.refunds), await scene.reserve()) == (1, 300)


async def test_points_behind_the_decimal_point_are_not_exchanged(scene: Scene) -> None:
    exchange_id = str(uuid.uuid4())
    await scene.services.openings.start(TARO, exchange_id, "payments")
    offer = await scene.services.exchanges.offer(TARO, exchange_id, Destination.reserve())
    assert (offer.available, offer.most_units) == ({"points": 12_345}, 123)


async def test_a_busy_partner_has_looked_at_nothing_and_the_points_are_free_at_once(scene: Scene) -> None:
    exchange_id = str(uuid.uuid4())
    await scene.services.openings.start(TARO, exchange_id, "payments")
    quoted = await scene.services.exchanges.quote(TARO, exchange_id, Destination.reserve(), 1)
    assert quoted.quote is not None
    scene.site.busy = True
    done = await scene.services.exchanges.confirm(TARO, exchange_id, quoted.quote.quote_id)
    assert (done.state, done.reason) == (State.NOT_SENT, "not_processed")
    scene.site.busy = False
    assert await scene.state(await scene.order(1)) is State.SETTLED
    assert (len(scene.site.charges), await scene.reserve()) == (1, 100)


class TestAPushInThePartnersOwnFormat:
    """Signed as payments APIs sign, read by the plugin; the charge id in it finds what the index does not have yet."""

    async def test_the_charge_is_found_by_the_number_that_the_push_told(self, scene: Scene) -> None:
        scene.site.lose_next_reply = True
        exchange_id = await scene.order(5)
        scene.site.index_lags = True
        scene.forward(minutes=1)
        await scene.services.settler.poll_once()
        assert await scene.state(exchange_id) is State.OPEN
        (charge_id,) = scene.site.charges
        headers, body = scene.site.push(charge_id)
        await scene.services.pushes.accept_own("payments", headers.items(), body)
        assert await scene.services.settler.poll_once() == 1
        assert (await scene.state(exchange_id), await scene.reserve()) == (State.SETTLED, 500)
        steps = await scene.services.store.read(
            lambda conn: exchange_rows.list_steps(conn, chart.member_book(TARO), exchange_id)
        )
        assert [step.facts["reference"] for step in steps if step.what == exchange_rows.PUSHED] == [charge_id]

    async def test_a_push_that_somebody_else_signed_does_nothing(self, scene: Scene) -> None:
        scene.site.lose_next_reply = True
        exchange_id = await scene.order(5)
        headers, body = scene.site.push(next(iter(scene.site.charges)))
        forged = headers | {"Payments-Signature": headers["Payments-Signature"].replace("v1=", "v1=0")}
        for wrong in (forged, {}):
            with pytest.raises(ProblemError) as caught:
                await scene.services.pushes.accept_own("payments", wrong.items(), body)
            assert caught.value.type == "push-not-believed"
        assert await scene.services.settler.poll_once() == 0
        assert await scene.state(exchange_id) is State.OPEN

    async def test_it_comes_over_http_in_whatever_media_type_the_partner_sends(self, scene: Scene) -> None:
        scene.site.lose_next_reply = True
        exchange_id = await scene.order(5)
        headers, body = scene.site.push(next(iter(scene.site.charges)))
        app = await make_app(scene.services, CollectorRegistry())
        async with TestServer(app) as gateway, ClientSession() as partner:
            url = gateway.make_url("/pushes/payments")
            for sent, media_type, status in (
                (body + b" ", "application/json", 401),
                (b"\xff" * 70_000, "application/octet-stream", 413),
                (body, "application/vnd.payments+json; charset=utf-8", 204),
            ):
                answer = await partner.post(url, data=sent, headers=headers | {"Content-Type": media_type})
                assert answer.status == status
            unknown = await partner.post(gateway.make_url("/pushes/nobody"), data=body, headers=headers)
            assert unknown.status == 404
            deadline = time.monotonic() + 20
            while await scene.state(exchange_id) is not State.SETTLED and time.monotonic() < deadline:  # noqa: ASYNC110  another process may settle it
                await asyncio.sleep(0.05)
        assert await scene.state(exchange_id) is State.SETTLED

    async def test_a_storm_of_forged_pushes_keeps_no_exchange_from_its_way(self, scene: Scene) -> None:
        storm = [scene.services.pushes.accept_own("payments", [], b"x") for _ in range(60)]
        exchange_id, *refused = await asyncio.gather(scene.order(1), *storm, return_exceptions=True)
        assert all(isinstance(it, ProblemError) for it in refused)
        assert await scene.state(str(exchange_id)) is State.SETTLED
