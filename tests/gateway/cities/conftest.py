"""A city on a real database: two municipalities, staff of every role, members, a clock that can be set."""

from __future__ import annotations

import secrets
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from core_ledger import Store, Transfer, chart, ledger
from gateway.app import make_app
from gateway.cities.city import City
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import transfer_files
from gateway.cities.shops import shop_rows
from gateway.cities.shops.bank_accounts import BankAccount, encrypt_account
from gateway.cities.spending import spend_rows
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.client import SignedClient, new_key_pair
from gateway.http.client_keys import register_key
from gateway.http.routing import pop_undeclared
from gateway.members.member_rows import create_member
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.platform.encryption import Vault
from gateway.platform.roles import PLATFORM, Role
from gateway.platform.tasks import Tasks
from gateway.points import directory
from gateway.services import open_services
from gateway.settings import Settings
from httpkit.clock import FileClock, set_file_clock
from tests.databases import empty_database, upgraded_database

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
KASAMA, MITO = "082163", "082015"
OUEN = "kasama-ouen"
SITE = "https://city.example"
PORTAL = "https://portal.example.jp/back"
"""Where partners may send a browser back to."""
PASSWORD = "botan-nabe-3-kilo"


def new_id() -> str:
    return str(uuid.uuid4())


class SettableClock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def quick_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_kib=8, threads=1)


def furnish(conn: Any, at: datetime) -> None:
    for code, service, name in (
        (KASAMA, OUEN, "笠間応援ポイント"),
        (MITO, "mito-ouen", "水戸応援ポイント"),
    ):
        directory.register_service(conn, code, service, name=name, open_for_direct_exchange=True, at=at)


@dataclass
class Town:
    """The use cases without HTTP. `who` gives a session of a role, without signing in."""

    store: Store
    clock: SettableClock
    city: City
    sessions: dict[tuple[str, str], StaffSession] = field(default_factory=dict)

    async def who(
        self, role: str, municipality: str = KASAMA, shop_id: str | None = None, name: str = ""
    ) -> Any:
        key = (role + name + (shop_id or ""), municipality)
        if key not in self.sessions:
            self.sessions[key] = await self._hire(Role(role), municipality, shop_id, name)
        return self.sessions[key]

    async def _hire(self, role: Role, municipality: str, shop_id: str | None, name: str) -> StaffSession:
        staff_id, now = uuid.uuid4().hex, self.clock()

        def job(conn: Any) -> StaffSession:
            staff_rows.add(
                conn,
                staff_id=staff_id,
                municipality=municipality,
                login=f"{role}-{staff_id[:8]}",
                display_name=name or f"見本 {role}",
                role=role,
                password_hash="x",
                at=now,
                shop_id=shop_id,
                password_is_first=False,
            )
            token = staff_rows.start_session(conn, staff_id, client_id="city", strong=True, at=now)
            return staff_rows.find_session(conn, token.reveal(), client_id="city", now=now)

        return await self.store.run(job)

    async def decided(self, proposal: Any, role: str = "approver", name: str = "") -> Any:
        """Somebody else says yes to what was proposed; gives the decision."""
        assert isinstance(proposal, Proposal), proposal
        who = await self.who(role, proposal.municipality, name=name)
        return await self.city.proposals.approve(who, proposal.proposal_id, proposal.digest, "確認済み")

    async def add_project(self, plan: Any) -> Any:
        """Planned by an operator, decided by an approver."""
        await self.who("approver")
        await self.decided(await self.city.projects.add(await self.who("operator"), plan))
        return await self.city.projects.get(KASAMA, plan.project_id)

    async def approve_file(self, file_id: str, role: str = "approver", name: str = "") -> Any:
        """Somebody else says yes to a checked file."""
        proposal_id = await self.city.files.proposal_of(KASAMA, file_id)
        assert proposal_id is not None
        who = await self.who(role, name=name)
        seen = await self.city.proposals.get(who, proposal_id)
        return await self.city.proposals.approve(who, proposal_id, seen.proposal.digest, "確認済み")

    async def close_cycle(self, starts_on: Any) -> Any:
        """Proposed by an approver, decided by an administrator; gives the closed cycle."""
        await self.who("administrator")
        proposal = await self.city.settlements.close(await self.who("approver"), starts_on, "締め")
        await self.decided(proposal, "administrator")
        return await self.city.settlements.get(KASAMA, starts_on)

    async def transfer_file(self, starts_on: Any, transfer_on: Any = None, *, again: bool = False) -> bytes:
        """Made by the same two persons; gives the bytes."""
        await self.who("administrator")
        who = await self.who("approver")
        proposal = await self.city.settlements.make_transfer_file(who, starts_on, transfer_on, again=again)
        await self.decided(proposal, "administrator")
        files = await self.store.read(lambda conn: transfer_files.list_made(conn, KASAMA, starts_on))
        return await self.city.settlements.transfer_file(who, starts_on, len(files))

    async def refund(self, spend: Any, points: int, reason: str = "誤り") -> Any:
        """By an operator; decided by an approver where it has to be. Gives the refund."""
        await self.who("approver")
        who, refund_id = await self.who("operator"), new_id()
        done = await self.city.spending.refund_by_city(who, refund_id, spend.spend_id, points, reason)
        if isinstance(done, Proposal):
            await self.decided(done)
        return await self.store.read(lambda conn: spend_rows.find_refund(conn, spend.book_id, refund_id))

    async def announce(self, rule: Any, on: Any, *, accepted: bool = True) -> Any:
        """A version of the rules, announced by an administrator, decided by an approver; gives the version."""
        boss = await self.who("administrator")
        await self.who("approver")
        proposal = await self.city.rules.announce(
            boss, OUEN, rule, on, worse_accepted=accepted, reason="条例の改正"
        )
        await self.decided(proposal)
        return (await self.city.rules.versions(KASAMA, OUEN))[-1]

    async def set_account(self, shop_id: str, number: str = "1234567", municipality: str = KASAMA) -> None:
        """Where a shop is paid, as if two persons had decided it long ago."""
        account = BankAccount(
            bank_code="9999", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number=number,
            holder="ミホン シヨウテン",
        )  # fmt: skip
        sealed = encrypt_account(self.city.context.vault, municipality, shop_id, account)
        await self.store.run(lambda conn: shop_rows.write(conn, municipality, shop_id, bank_sealed=sealed))

    async def member(self, points: int = 0, issued_on: Any = None) -> Any:
        member_id, now = uuid.uuid4().hex, self.clock()

        def job(conn: Any) -> Any:
            member = create_member(
                conn, member_id=member_id, display_name="山田 花子", at=now, password_hash="x"
            )
            if points:
                give(conn, member_id, points, issued_on or now.date(), now)
            return member

        return await self.store.run(job)

    async def give(self, member_id: str, points: int, issued_on: Any) -> None:
        await self.store.run(lambda conn: give(conn, member_id, points, issued_on, self.clock()))

    async def balance(self, member_id: str, code: str = KASAMA, service: str = OUEN) -> int:
        account = chart.municipal(member_id, code, service)
        found = await self.store.read(
            lambda conn: ledger.balance(conn, chart.member_book(member_id), account)
        )
        return found.posted

    async def total(self, account: str) -> int:
        return await self.store.read(lambda conn: ledger.total(conn, account))


def give(conn: Any, member_id: str, points: int, issued_on: Any, at: datetime) -> None:
    """Points as a partner brings them: directly into the city's point service."""
    ledger.transfer(
        conn,
        Transfer(
            id=new_id(),
            book=chart.member_book(member_id),
            source=chart.partner_due("saison"),
            target=chart.municipal(member_id, KASAMA, OUEN),
            points=points,
            at=at,
            kind="exchange",
            issued_on=issued_on,
            details={"partner_id": "saison"},
        ),
    )


@asynccontextmanager
async def another_town(folder: Path, url: str = "", **options: Any) -> AsyncIterator[Town]:
    """A town in a new SQLite file, or on the emptied database at `url`; `options` are the store's."""
    folder = folder / uuid.uuid4().hex[:8]
    folder.mkdir()
    url = url or f"sqlite:///{folder / 'city.db'}"
    empty_database(url)
    store, clock, tasks, hasher = Store.open(url, **options), SettableClock(NOON), Tasks(), quick_hasher()
    await store.run(lambda conn: furnish(conn, NOON))
    city = City.open(
        store=store,
        vault=Vault([b"s" * 32], b"l" * 32),
        clock=clock,
        tasks=tasks,
        hasher=hasher,
        site=SITE,
    )
    yield Town(store=store, clock=clock, city=city)
    await tasks.close()
    hasher.close()
    await store.close()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with another_town(tmp_path) as opened:
        yield opened


# --- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def town_on_each_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A town on SQLite, and one on PostgreSQL with four writers that share no transaction."""
    options = {}
    if request.param == "postgres":
        options = {"url": request.getfixturevalue("postgres"), "writers": 4, "max_batch": 1}
    async with another_town(tmp_path, **options) as opened:
        yield opened


@dataclass
class Site:
    """The whole gateway behind a port, with signed clients for its callers."""

    services: Any
    url: str
    key_id: str
    private_pem: bytes
    clock: Any
    folder: Path

    def client(self) -> SignedClient:
        return SignedClient(self.url, self.key_id, self.private_pem, clock=self.clock)

    async def call(
        self, method: str, path: str, token: str = "", json: Any = None, **options: Any
    ) -> tuple[int, Any]:
        """Status and what was answered: JSON where it is JSON, else bytes."""
        async with self.client() as client:
            if json is not None:
                options["json"] = json
            answer = await client.request(method, path, session_token=token or None, **options)
            if answer.content_type.endswith("json"):
                return answer.status, await answer.json()
            return answer.status, await answer.read()

    async def decided(self, path: str, token: str, json: Any, method: str = "POST") -> tuple[int, Any]:
        """Propose with this call, and let a new approver say yes; gives the answer to the yes."""
        approver = await self.staff_token("approver")
        status, proposal = await self.call(method, path, token, json=json)
        assert status == 202, (status, proposal)
        where = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
        return await self.call("POST", where, approver, json={"digest": proposal["digest"]})

    async def staff_token(self, role: str, municipality: str = KASAMA, shop_id: str | None = None) -> str:
        """A strong session of a new person with this role."""
        staff_id, now = uuid.uuid4().hex, self.clock()

        def job(conn: Any) -> str:
            staff_rows.add(
                conn,
                staff_id=staff_id,
                municipality=municipality,
                login=f"{role}-{staff_id[:8]}",
                display_name=f"見本 {role}",
                role=Role(role),
                password_hash="x",
                at=now,
                shop_id=shop_id,
                password_is_first=False,
            )
            return staff_rows.start_session(conn, staff_id, client_id="city", strong=True, at=now).reveal()

        return await self.services.store.run(job)

    async def hire(self, role: str, login: str, municipality: str = KASAMA) -> str:
        """Somebody with a password of their own, to sign in for real. Gives the staff id."""
        staff_id, now = uuid.uuid4().hex, self.clock()
        hashed = await self.services.city.context.hasher.hash(PASSWORD)
        await self.services.store.run(
            lambda conn: staff_rows.add(
                conn,
                staff_id=staff_id,
                municipality=municipality,
                login=login,
                display_name="見本 太郎",
                role=Role(role),
                password_hash=hashed,
                at=now,
                password_is_first=False,
            )
        )
        return staff_id

    async def member_token(self) -> tuple[Any, str]:
        """A new member and the token of a session."""
        member = await self.services.members.create(display_name="山田 花子", password=PASSWORD)
        status, begun = await self.call(
            "POST", "/v1/sessions", json={"mykey_id": member.mykey_id, "password": PASSWORD}
        )
        assert status == 201, begun
        return member, begun["token"]

    def set_clock(self, now: datetime) -> None:
        set_file_clock(self.folder / "clock", now)


@pytest.fixture
def settings_more() -> str:
    """More lines of the settings, for a class of tests that needs them."""
    return ""


@asynccontextmanager
async def another_site(folder: Path, settings_more: str = "", database_url: str = "") -> AsyncIterator[Site]:
    """A whole gateway on a new SQLite file in `folder`, or on the PostgreSQL at `database_url`, which it finds empty."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    set_file_clock(folder / "clock", NOON)
    for name in ("sealing", "lookup", "account_key"):
        (folder / name).write_text(secrets.token_urlsafe(48))
    (folder / "database").write_text(database_url)
    database = '[database]\nurl = { file = "database" }' if database_url else ""
    (folder / "gateway.toml").write_text(
        f"""
[server]
port = {port}
public_url = "http://127.0.0.1:{port}"
portal_return_urls = ["{PORTAL}"]
[municipal]
public_url = "{SITE}"
[clock]
file = "clock"
[security]
sealing = {{ file = "sealing" }}
lookup = {{ file = "lookup" }}
account_key = {{ file = "account_key" }}
{database}
{settings_more}"""
    )
    settings = Settings.load(folder / "gateway.toml", env={})
    upgraded_database(settings.database_url)
    clock, pair = FileClock(folder / "clock"), new_key_pair()
    pop_undeclared()
    async with open_services(settings) as services:
        await services.store.run(lambda conn: furnish(conn, NOON))
        await services.store.run(
            lambda conn: register_key(conn, "city", pair.key_id, pair.public_raw, clock())
        )
        app = await make_app(services, CollectorRegistry())
        async with TestServer(app, port=port):
            yield Site(services, f"http://127.0.0.1:{port}", pair.key_id, pair.private_pem, clock, folder)
    assert pop_undeclared() == []


@pytest.fixture
async def site(tmp_path: Path, settings_more: str) -> AsyncIterator[Site]:
    async with another_site(tmp_path, settings_more) as opened:
        yield opened


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def site_on_each_database(
    request: pytest.FixtureRequest, tmp_path: Path, settings_more: str
) -> AsyncIterator[Site]:
    """The whole gateway on SQLite, and on PostgreSQL."""
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    async with another_site(tmp_path, settings_more, url) as opened:
        yield opened


def totp_at(seed: str, at: datetime) -> str:
    return pyotp.TOTP(seed).at(int(at.timestamp()))


__all__ = ["KASAMA", "MITO", "NOON", "OUEN", "PASSWORD", "PLATFORM", "SITE"]
