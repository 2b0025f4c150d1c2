"""A database is restored to before: ids that the partner knows are used again, and no point moves wrongly.

The services are the whole ones on a file, which is copied and put back as an operator does; the partner is the
reference sandbox over real HTTP, whose book nobody restores.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gateway_saison.sandbox import SandboxOptions, make_server
from yarl import URL

import migrations
from core_ledger import audit, chart, ledger
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.reconciliation import Verdict
from gateway.exchanges.states import State
from gateway.members.member_rows import create_member
from gateway.model import JST, Destination, Secret
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox import Fault, FaultKind, SandboxServer
from gateway.testkit.sandbox.browser import Browser
from httpkit.clock import FileClock, set_file_clock, system_clock

KEY = "k" * 48
TARO, HANAKO = "taro", "hanako"
ACCOUNTS = {TARO: ("1001-0001", "sample-taro"), HANAKO: ("1001-0002", "sample-hanako")}
RESERVE = Destination.reserve()


@dataclass
class Office:
    """The gateway of one operator, at the times before and after the restore."""

    site: SandboxServer
    folder: Path
    settings: Settings

    async def open(self, work: Callable[[Services], Awaitable[Any]]) -> Any:
        async with open_services(self.settings) as services:
            assert not services.registry.refused
            return await work(services)

    @property
    def database(self) -> Path:
        return self.folder / "gateway.db"

    def back_up(self) -> None:
        with sqlite3.connect(self.database) as live, sqlite3.connect(self.folder / "backup.db") as copy:
            live.backup(copy)
        live.close()
        copy.close()

    def restore(self) -> None:
        for ending in ("-wal", "-shm"):
            self.database.with_name(self.database.name + ending).unlink(missing_ok=True)
        shutil.copy(self.folder / "backup.db", self.database)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    # At noon: the day that is compared is that of all debits, whenever the test runs.
    set_file_clock(tmp_path / "clock", system_clock().astimezone(JST).replace(hour=12))
    options = SandboxOptions(
        book=tmp_path / "partner.sqlite",
        key=Secret(KEY),
        clock=FileClock(tmp_path / "clock"),
        merchant_id="point-gateway",
        control=True,
    )
    async with make_server(options) as site:
        config = tmp_path / "gateway.toml"
        config.write_text(
            f"""
[clock]
file = "clock"
[database]
url = "sqlite:///{tmp_path / "gateway.db"}"
[security]
sealing = {{ env = "KEY" }}
lookup = {{ env = "KEY" }}
account_key = {{ env = "KEY" }}
[partners.saison]
base_url = "{site.url}"
merchant_id = "point-gateway"
api_key = {{ env = "KEY" }}
""",
            "utf-8",
        )
        settings = Settings.load(config, env={"KEY": KEY})
        await asyncio.to_thread(migrations.upgrade, settings.database_url)
        yield Office(site, tmp_path, settings)


async def link(services: Services, member: str) -> None:
    """By way of the partner's site, with its password."""
    number, password = ACCOUNTS[member]

    def moves_in(conn: Any) -> None:
        create_member(conn, member_id=member, display_name=member, at=services.clock(), password_hash="none")

    await services.store.run(moves_in)
    exchange_id = str(uuid.uuid4())
    started, _ = await services.openings.start(
        member, exchange_id, "saison", return_url="https://portal.example/back"
    )
    assert started.redirect_url is not None
    async with Browser() as browser:
        page = await browser.get(started.redirect_url)
        page = await browser.submit(page, "/login", number=number, password=password)
        page = await browser.submit(await browser.follow(page), "/consent", decision="agree")
        query = dict(URL(page.location).query)
    goes_to = await services.openings.arrive("saison", query)
    await services.openings.complete(member, exchange_id, goes_to.partition("return_code=")[2])


async def order(services: Services, member: str, exchange_id: str, units: int) -> Exchange:
    """As the portal does, from a page that has its id."""
    await services.openings.start(member, exchange_id, "saison")
    quoted = await services.exchanges.quote(member, exchange_id, RESERVE, units)
    assert quoted.quote is not None
    return await services.exchanges.confirm(member, exchange_id, quoted.quote.quote_id)


async def reserve(services: Services, member: str) -> tuple[int, int]:
    """What the member has, and what is still to come."""
    book = chart.member_book(member)
    balance = await services.store.read(lambda conn: ledger.balance(conn, book, chart.reserve(member)))
    return balance.posted, balance.coming


async def taken(site: SandboxServer) -> dict[str, int]:
    return {entry.order_id: sum(entry.lines.values()) for entry in await site.entries()}


async def test_no_point_moves_wrongly_and_the_comparison_finds_what_was_lost(office: Office) -> None:
    ids = {name: str(uuid.uuid4()) for name in ("units", "stranger", "same", "found", "gone")}

    async def before(services: Services) -> None:
        await link(services, TARO)
        await link(services, HANAKO)

    async def lost(services: Services) -> None:
        for exchange_id in ids.values():
            assert (await order(services, TARO, exchange_id, 1)).state is State.SETTLED
        assert await reserve(services, TARO) == (5 * 450, 0)

    async def after(services: Services) -> None:
        assert await reserve(services, TARO) == (0, 0)
        # A page that is still open is sent again as it was: one debit, and the points for it.
        same = await order(services, TARO, ids["same"], 1)
        assert (same.state, await reserve(services, TARO)) == (State.SETTLED, (450, 0))
        # The same id with other units.
        units = await order(services, TARO, ids["units"], 5)
        assert (units.state, units.reason) == (State.NEEDS_A_PERSON, "contradiction")
        # The same id by another member.
        stranger = await order(services, HANAKO, ids["stranger"], 1)
        assert (stranger.state, stranger.reason) == (State.NEEDS_A_PERSON, "contradiction")
        # Another member again, and the partner's 409 is lost on the way: found out by asking.
        office.site.order(Fault(operation="capture", kind=FaultKind.RESET, done=True))
        exchange = await order(services, HANAKO, ids["found"], 1)
        assert exchange.state is State.OPEN
        exchange = await services.settler.get_and_refresh(HANAKO, ids["found"])
        assert (exchange.state, exchange.reason) == (State.NEEDS_A_PERSON, "contradiction")
        assert await reserve(services, TARO) == (450, 5 * 450)
        assert await reserve(services, HANAKO) == (0, 2 * 450)
        assert set((await taken(office.site)).values()) == {100}
        await _people_decide(services)

    async def _people_decide(services: Services) -> None:
        today = services.clock().astimezone(JST).date()
        report = await services.reconciliation.compare("saison", today)
        assert {line.exchange_id: line.verdict for line in report.lines} == {
            ids["same"]: Verdict.MATCHED,
            ids["units"]: Verdict.AMOUNT_DIFFERS,
            ids["stranger"]: Verdict.ACCOUNT_DIFFERS,
            ids["found"]: Verdict.ACCOUNT_DIFFERS,
            ids["gone"]: Verdict.THEIRS_ONLY,
        }
        for name in ("units", "stranger", "found"):
            with pytest.raises(ProblemError, match="does not show this debit"):
                await services.settler.resolve(ids[name], debited=True, reason="確認", operator="sato")
            await services.settler.resolve(ids[name], debited=False, reason="確認", operator="sato")
        close = services.corrections.close
        correction_result = await close("saison", today, ids["units"], reason="確認", operator="sato")
        assert correction_result.points == 450
        for name in ("stranger", "found"):
            with pytest.raises(ProblemError, match="another account than this member's"):
                await close("saison", today, ids[name], reason="確認", operator="sato")
        assert await reserve(services, TARO) == (2 * 450, 0)
        assert await reserve(services, HANAKO) == (0, 0)
        assert (await services.store.read(audit.verify)).ok
        story = await services.store.read(
            lambda conn: exchange_rows.list_steps(conn, chart.member_book(TARO), ids["units"])
        )
        (values,) = [step.facts for step in story if step.what == "contradiction"]
        assert values["ours"]["amounts"] == {"eikyu": 500}

    await office.open(before)
    office.back_up()
    await office.open(lost)
    office.restore()
    await office.open(after)
