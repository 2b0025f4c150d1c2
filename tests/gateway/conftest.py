"""What tests of the gateway share: a small partner plugin, a server that misbehaves byte by byte, a log to read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway import (
    JST,
    Balances,
    Debited,
    DebitLine,
    DebitOrder,
    Destination,
    DestinationKind,
    ExchangeId,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    Label,
    LinkedAccount,
    LinkKind,
    NoRecord,
    PartnerKind,
    PartnerProfile,
    Rate,
    RateTable,
    Secret,
    Wallet,
    WalletId,
    hookimpl,
)
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner

POINTS = WalletId("points")
NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)


@dataclass
class ListLog:
    """A log that keeps its lines, to be read by a test."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append(("debug", event, values))

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(("error", event, values))

    def named(self, event: str) -> list[dict[str, Any]]:
        return [values for _, name, values in self.lines if name == event]


def a_rate(**changes: Any) -> Rate:
    values: dict[str, Any] = {
        "wallet": POINTS,
        "destinations": frozenset({DestinationKind.RESERVE}),
        "cost_per_unit": 100,
        "points_per_unit": 450,
        "source": "the guide of 2018",
        "sample": False,
    }
    return Rate(**(values | changes))


def a_profile(**changes: Any) -> PartnerProfile:
    values: dict[str, Any] = {
        "id": "acorn",
        "name": Label("どんぐり", "Acorn"),
        "kind": PartnerKind.OTHER,
        "link": LinkKind.ACCOUNT,
        "points_name": Label("どんぐりポイント", "Acorn points"),
        "wallets": (
            Wallet(id=POINTS, name=Label("ポイント", "points")),
            Wallet(id=WalletId("cash"), name=Label("ウォレット", "wallet")),
        ),
        "hosts": ("127.0.0.1:1", "acorn.example"),
        "arrives_within": timedelta(days=1),
        "debits_may_hide_for": timedelta(minutes=5),
        "terms": Label("規約", "terms"),
        "deadline_s": 5.0,
    }
    return PartnerProfile(**(values | changes))


class Acorn:
    """An account-link partner that answers from memory. A test puts its own coroutine in place of one."""

    def __init__(self, profile: PartnerProfile) -> None:
        self.profile = profile
        self.calls: list[str] = []

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self.profile

    @hookimpl
    async def check_connection(self) -> None:
        self.calls.append("check_connection")

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:
        return RateTable(rates=(a_rate(),))

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        return Handoff(url="https://acorn.example/login", keep={"order": "1"})

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        return LinkedAccount(service_id="A1", shown_as="サイトウ　様", token=Secret("tok"))

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        return Balances(available={POINTS: 10_000}, as_of=NOON)

    @hookimpl
    async def debit(self, order: DebitOrder) -> Any:
        self.calls.append("debit")
        return Debited(exchange_id=order.exchange_id, reference="R-1", at=order.at)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> Any:
        return NoRecord(exchange_id=exchange_id)


@dataclass
class Stage:
    """One partner, the plugin behind it, the log both write and the seconds that the partner believes in."""

    partner: Partner
    plugin: Any
    log: ListLog
    now_s: list[float]


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture(scope="session")
def rate() -> Callable[..., Rate]:
    return a_rate


@pytest.fixture(scope="session")
def profile() -> Callable[..., PartnerProfile]:
    return a_profile


@pytest.fixture(scope="session")
def acorn() -> type[Acorn]:
    return Acorn


@pytest.fixture
def order() -> DebitOrder:
    return DebitOrder(
        exchange_id=ExchangeId("x-1"),
        lines=(DebitLine(wallet=POINTS, units=2, amount=200),),
        points=900,
        destination=Destination.reserve(),
        at=NOON,
        account=LinkedAccount(service_id="A1", shown_as="サイトウ　様", token=Secret("tok-sesame")),
    )


@pytest.fixture
async def stage(log: ListLog) -> AsyncIterator[Callable[..., Stage]]:
    """`stage(debit=…, deadline_s=…)`: a partner whose plugin has these coroutine functions in place of its own."""
    partners: list[Partner] = []

    def build(
        *, http: GuardedHttp | None = None, profile: PartnerProfile | None = None, **replaced: Any
    ) -> Stage:
        own = {name: hookimpl(method) for name, method in replaced.items()}
        plugin = type("Acorn", (Acorn,), own)(profile or a_profile())
        now_s = [0.0]
        partner = Partner(plugin, log=log, http=http, seconds=lambda: now_s[0])
        partners.append(partner)
        return Stage(partner, plugin, log, now_s)

    yield build
    for partner in partners:
        await partner.aclose()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def raw_server() -> AsyncIterator[Callable[[Serve], Awaitable[str]]]:
    """`await raw_server(serve)`: `127.0.0.1:<port>` of a TCP server whose every connection `serve` plays."""
    servers: list[asyncio.Server] = []

    async def start(serve: Serve) -> str:
        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the client has gone, which is what some tests are about
            finally:
                writer.close()

        server = await asyncio.start_server(connection, "127.0.0.1", 0)
        servers.append(server)
        host, port = server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()
