"""A gateway and the Saison sandbox joined by real sockets, with both clocks in the test's hand.

The gateway's parts are the real ones: exchanges, settler, reversals, comparison, the plugin and its HTTP client.
The sandbox keeps a book of its own in its own file, which shares no code with our ledger; at the end the two
are compared.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gateway_saison import Saison
from gateway_saison.sandbox import SandboxOptions, make_server

from core_ledger import ChainKeys, Store, audit, chart, ledger
from gateway import PartnerSetup, Secret
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.reconciliation import DIFFERENCES, Reconciliation
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.exchanges.states import HELD
from gateway.members.member_rows import create_member
from gateway.model import Destination
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.journal import Journal, begin_journal
from gateway.platform.tasks import Tasks
from gateway.points import directory
from gateway.testkit.sandbox import EntryState, SandboxServer
from gateway.testkit.sandbox.browser import Browser
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings
from httpkit.clock import FileClock, set_file_clock
from tests.databases import empty_database

CHAIN_KEYS = ChainKeys.of([b"c" * 32])
KEY = Secret("a key that both sides know")
PATIENT_S = 10.0
HASTY_S = 0.25
"""Only while the partner is silent on purpose: a busy machine must not look like a broken partner."""
PORTAL = "https://portal.example/back"
POINTS_PER = {"eikyu": (100, 450), "wallet": (450, 450)}


class Calendar(Protocol):
    def __call__(self) -> dt.datetime: ...
    def forward(self, by: dt.timedelta) -> None: ...


@dataclass(slots=True)
class FileCalendar:
    """A calendar that several processes share, in a file."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.exists():
            set_file_clock(self.path, HandClock().now)

    def __call__(self) -> dt.datetime:
        return FileClock(self.path)()

    def forward(self, by: dt.timedelta) -> None:
        set_file_clock(self.path, self() + by)


@dataclass(slots=True)
class Both:
    """The calendar, and seconds that only go forward; moved together unless the calendar jumps."""

    calendar: Calendar = field(default_factory=HandClock)
    seconds_now: float = 0.0

    def seconds(self) -> float:
        return self.seconds_now + time.monotonic()

    def forward(self, by: dt.timedelta) -> None:
        self.calendar.forward(by)
        self.seconds_now += by.total_seconds()


@dataclass(slots=True)
class House:
    """`await house.person()` is somebody new at both ends; see the matrix for what is done with them."""

    context: ExchangeContext
    site: SandboxServer
    clocks: Both
    openings: ExchangeStarter
    exchanges: QuoteConfirm
    settler: OutcomePoller
    reversals: Reversals
    made: list[Partner]
    key: Secret = KEY
    persons: int = 0

    @property
    def store(self) -> Store:
        return self.context.store

    async def person(self) -> Person:
        self.persons += 1
        member, number = uuid.uuid4().hex, f"2000-{self.persons:04}"
        at = self.clocks.calendar()
        await self.store.run(
            lambda conn: create_member(conn, member_id=member, display_name="見本", at=at, password_hash="x")
        )
        return Person(house=self, member=member, number=number)

    def partner(self, base_url: str, deadline_s: float = PATIENT_S) -> Partner:
        """Make a partner as the registry does, with our own seconds for its breaker."""
        log = ListLog()
        http = GuardedHttp("saison", log)
        settings = PlainSettings({"base_url": base_url, "merchant_id": "point-gateway"}, {"api_key": KEY})
        plugin = Saison(PartnerSetup(settings=settings, http=http, clock=self.clocks.calendar, log=log))
        plugin._profile = replace(plugin.partner_profile(), deadline_s=deadline_s)
        self.made.append(Partner(plugin, log=log, http=http, seconds=self.clocks.seconds))
        return self.made[-1]

    @contextmanager
    def other_partner(self, partner: Partner) -> Iterator[None]:
        """Let `partner` stand in for a while."""
        partners: Any = self.context.partners
        usual = partners["saison"]
        partners["saison"] = partner
        try:
            yield
        finally:
            partners["saison"] = usual

    async def heal(self) -> None:
        """The partner is well again, and the breaker's pause is over."""
        await self.site.clear()
        self.clocks.forward(dt.timedelta(seconds=100))

    async def until_all_have_ended(self) -> list[Exchange]:
        """Let time pass, hour by hour, until nothing waits; what is left waits for a person."""
        for _ in range(200):
            await self.settler.poll_once()
            await self.reversals.poll_once()
            left = await self.store.read(lambda conn: records.list_by(conn, states=list(HELD)))
            waiting = await self.store.read(_reversals_waiting)
            if not left and not waiting:
                return []
            await self.site.finish()
            self.clocks.forward(dt.timedelta(hours=1))
        return left

    async def close_differences(self) -> int:
        """Compare every day there was, and close each difference as an operator would."""
        closed = 0
        days = {entry.at.date() for entry in await self.site.entries()}
        rows = await self.store.read(lambda conn: conn.execute(tables.partner_debits.select()).all())
        days |= {dt.date.fromisoformat(row.day) for row in rows}
        for day in sorted(days):
            report = await Reconciliation(self.context).compare("saison", day)
            for line in report.lines:
                if line.verdict in DIFFERENCES:
                    await CorrectionService(self.context).close(
                        "saison", day, line.exchange_id, reason="照合の結果", operator="test"
                    )
                    closed += 1
        return closed

    async def books_agree(self) -> bool:
        """The partner's own book and our ledger, to the point; and our ledger with itself."""
        theirs = 0
        for entry in await self.site.entries():
            if entry.state is EntryState.DONE:
                for wallet, amount in entry.lines.items():
                    cost, points = POINTS_PER[wallet]
                    theirs += (amount - entry.given_back.get(wallet, 0)) // cost * points
        ours = -await self.store.read(lambda conn: ledger.total(conn, chart.partner_due("saison")))
        report = await self.store.read(audit.verify)
        return theirs == ours and report.ok


@dataclass(slots=True)
class Person:
    house: House
    member: str
    number: str

    async def begin(self, exchange_id: str) -> Exchange:
        started, _ = await self.house.openings.start(self.member, exchange_id, "saison", return_url=PORTAL)
        return started

    async def visit(self, exchange: Exchange) -> str:
        """Log in at the partner's site and consent; the code with which the browser comes back."""
        assert exchange.redirect_url is not None
        async with Browser() as browser:
            page = await browser.get(exchange.redirect_url)
            page = await browser.submit(page, "/login", number=self.number, password="sample-crowd")
            page = await browser.follow(page)
            page = await browser.submit(page, "/consent", decision="agree")
        query = dict(part.split("=", 1) for part in page.location.partition("?")[2].split("&"))
        goes_to = await self.house.openings.arrive("saison", query)
        return goes_to.partition("return_code=")[2]

    async def linked(self) -> Exchange:
        exchange = await self.begin(str(uuid.uuid4()))
        code = await self.visit(exchange)
        return await self.house.openings.complete(self.member, exchange.exchange_id, code)

    async def quoted(self, exchange: Exchange | None = None) -> Exchange:
        exchange = exchange or await self.linked()
        return await self.house.exchanges.quote(self.member, exchange.exchange_id, Destination.reserve(), 2)

    async def confirmed(self, exchange: Exchange | None = None) -> Exchange:
        exchange = exchange or await self.quoted()
        assert exchange.quote is not None
        return await self.house.exchanges.confirm(self.member, exchange.exchange_id, exchange.quote.quote_id)

    async def points(self) -> int:
        book = chart.member_book(self.member)
        balance = await self.house.store.read(
            lambda conn: ledger.balance(conn, book, chart.reserve(self.member))
        )
        return balance.posted


def _reversals_waiting(conn: Any) -> int:
    r = tables.reversals
    return len(conn.execute(r.select().where(r.c.state.in_(["sending", "open"]))).all())


@asynccontextmanager
async def open_gateway(
    url: str, site_url: str, clocks: Both, site: SandboxServer | None = None, journal: Path | None = None
) -> AsyncIterator[House]:
    """The gateway's parts alone, on a database that has its tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    tasks, partners = Tasks(), dict[str, Partner]()
    if journal is not None:
        begin_journal(journal)
    store = Store.open(url)
    context = ExchangeContext(
        store=store,
        partners=partners,
        vault=Vault([b"s" * 32], b"l" * 32),
        clock=clocks.calendar,
        tasks=tasks,
        public_url="https://gateway.example",
        journal=Journal(journal, CHAIN_KEYS, clocks.calendar) if journal is not None else None,
    )
    house = House(
        context=context,
        site=site,  # type: ignore[arg-type]
        clocks=clocks,
        openings=ExchangeStarter(context),
        exchanges=QuoteConfirm(context),
        settler=OutcomePoller(QuoteConfirm(context), seconds=clocks.seconds),
        reversals=Reversals(context),
        made=[],
    )
    partners["saison"] = house.partner(site_url)
    try:
        yield house
    finally:
        if site is not None:
            await site.clear()
        await tasks.close()
        if context.journal is not None:
            context.journal.close()
        for partner in house.made:
            await partner.aclose()
        await store.close()


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    persons: int = 200,
    url: str = "",
    calendar: Calendar | None = None,
    journal: Path | None = None,
) -> AsyncIterator[House]:
    """Everything open on loopback, the ledger and the partner's book each in a file of its own."""
    clocks = Both(calendar or HandClock())
    options = SandboxOptions(
        book=folder / "saison.db",
        key=KEY,
        clock=clocks.calendar,
        merchant_id="point-gateway",
        control=True,
        crowd=persons,
    )
    url = url or f"sqlite:///{folder / 'gateway.db'}"
    _make_tables(url, clocks.calendar())
    async with make_server(options) as site, open_gateway(url, site.url, clocks, site, journal) as house:
        yield house


def _make_tables(url: str, at: dt.datetime) -> None:
    empty_database(url)
    store = Store.open(url)
    try:
        store.run_now(
            lambda conn: directory.register_service(
                conn, "082163", "kasama-ouen", name="笠間応援ポイント", open_for_direct_exchange=True, at=at
            )
        )
    finally:
        store.close_now()


@asynccontextmanager
async def tls_of_a_stranger() -> AsyncIterator[str]:
    """A server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _pem_file(key, certificate) as path:
        context.load_cert_chain(path)

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextmanager
def _pem_file(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> Iterator[str]:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        yield file.name
