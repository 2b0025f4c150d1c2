"""Real use cases on a real database, with a partner whose every answer the test decides."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from core_ledger import ChainKeys, Store, chart, ledger
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.hookspecs import hookimpl
from gateway.members.member_rows import create_member
from gateway.model import (
    JST,
    Balances,
    Campaign,
    CouponValue,
    Debited,
    Destination,
    DestinationKind,
    Handoff,
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
)
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.tasks import Tasks
from gateway.points import directory, support_events
from gateway.points.allocation import Allocations
from gateway.points.support_events import SupportEvent
from tests.databases import empty_database

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
KASAMA = Destination.to_municipality("082163", "kasama-ouen")
RESERVE = Destination.reserve()
CARDS, MILES = "cards", "miles"
PORTAL = "https://portal.example/back"


def text(words: str) -> Label:
    return Label(words, words)


def new_id() -> str:
    return str(uuid.uuid4())


class SettableClock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Script:
    """What the partner will say next: a value, an exception to raise, or a function of the argument."""

    clock: SettableClock
    balances: Any = field(default_factory=lambda: {"eikyu": 10_000, "wallet": 0})
    debit: Any = None
    find: Any = None
    handoff: Any = None
    link: Any = None
    coupon: Any = None
    orders: list[Any] = field(default_factory=list)
    handoffs: list[Any] = field(default_factory=list)
    returns: list[Any] = field(default_factory=list)
    campaign: bool = True

    async def say(self, wanted: Any, argument: Any, otherwise: Callable[[Any], Any]) -> Any:
        answer = wanted if wanted is not None else otherwise
        if isinstance(answer, BaseException):
            raise answer
        answer = answer(argument) if callable(answer) else answer
        return await answer if hasattr(answer, "__await__") else answer


def debited(order: Any) -> Debited:
    return Debited(exchange_id=order.exchange_id, reference=f"REF-{order.exchange_id[:8]}", at=NOON)


class Scripted:
    def __init__(self, script: Script, id_: str, link: LinkKind, wallets: tuple[str, ...]) -> None:
        self.script, self.id, self.link, self.wallets = script, id_, link, wallets

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return PartnerProfile(
            id=self.id,
            name=text(self.id),
            kind=PartnerKind.OTHER,
            link=self.link,
            points_name=text("points"),
            wallets=tuple(Wallet(id=WalletId(w), name=text(w)) for w in self.wallets),
            hosts=("partner.example",),
            arrives_within=timedelta(hours=1),
            debits_may_hide_for=timedelta(minutes=15),
            terms=text("terms"),
        )

    @hookimpl
    def wallet_priority(self) -> tuple[WalletId, ...]:
        return tuple(WalletId(w) for w in reversed(self.wallets))

    @hookimpl
    async def check_connection(self) -> None:
        return None

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:
        both = frozenset(DestinationKind)
        if self.id == MILES:
            rate = Rate(
                wallet=WalletId("miles"),
                destinations=both,
                cost_per_unit=1_000,
                points_per_unit=1_000,
                source="test",
                sample=True,
            )
            return RateTable(rates=(rate,))
        ends = NOON.replace(hour=0) + timedelta(days=1)
        rates = [
            Rate(
                wallet=WalletId(w),
                destinations=both,
                cost_per_unit=cost,
                points_per_unit=450,
                source="t",
                sample=True,
            )
            for w, cost in (("eikyu", 100), ("wallet", 450))
        ]
        if self.script.campaign:
            campaign = Campaign(id="summer", name=text("s"), funder="fund", extra_points_per_unit=100)
            rates.append(
                Rate(
                    wallet=WalletId("eikyu"),
                    destinations=frozenset({DestinationKind.MUNICIPALITY}),
                    cost_per_unit=100,
                    points_per_unit=550,
                    source="t",
                    sample=True,
                    ends_at=ends,
                    campaign=campaign,
                )
            )
        return RateTable(rates=tuple(rates))

    @hookimpl
    async def begin_handoff(self, request: Any) -> Handoff:
        self.script.handoffs.append(request)
        usual = Handoff(url="https://partner.example/consent", keep={"token": "t-1"})
        return await self.script.say(self.script.handoff, request, lambda _: usual)

    @hookimpl
    async def complete_handoff(self, returned: Any) -> LinkedAccount:
        self.script.returns.append(returned)
        usual = LinkedAccount(service_id="svc-1", shown_as="サイトウ 様", token=Secret("partner-token"))
        return await self.script.say(self.script.link, returned, lambda _: usual)

    @hookimpl
    async def balances(self, account: Any) -> Balances:
        held = await self.script.say(self.script.balances, account, lambda _: {})
        if isinstance(held, Balances):
            return held
        return Balances(available=held, as_of=self.script.clock())

    @hookimpl
    async def coupon_value(self, coupon: Any) -> CouponValue:
        usual = CouponValue(wallet=WalletId("miles"), amount=3_000)
        return await self.script.say(self.script.coupon, coupon, lambda _: usual)

    @hookimpl
    async def debit(self, order: Any) -> Any:
        self.script.orders.append(order)
        return await self.script.say(self.script.debit, order, debited)

    @hookimpl
    async def find_debit(self, exchange_id: Any) -> Any:
        return await self.script.say(self.script.find, exchange_id, lambda x: NoRecord(exchange_id=x))


@dataclass
class World:
    store: Store
    clock: SettableClock
    script: Script
    context: ExchangeContext
    openings: ExchangeStarter
    exchanges: QuoteConfirm
    allocations: Allocations

    async def member(self, default: bool = False) -> str:
        member_id = uuid.uuid4().hex

        def job(conn: Any) -> None:
            create_member(conn, member_id=member_id, display_name="山田", at=self.clock(), password_hash="x")
            if default:
                conn.execute(
                    tables.members.update()
                    .where(tables.members.c.member_id == member_id)
                    .values(default_municipality="082163", default_point_service="kasama-ouen")
                )

        await self.store.run(job)
        return member_id

    async def linked(self, member: str, exchange_id: str | None = None) -> Exchange:
        """Go through the partner's site and come back."""
        exchange_id = exchange_id or new_id()
        await self.openings.start(member, exchange_id, CARDS, return_url=PORTAL)
        code = await self.come_back()
        return await self.openings.complete(member, exchange_id, code)

    async def come_back(self, **query: str) -> str:
        url = self.script.handoffs[-1].return_url
        state = url.partition("state=")[2]
        goes_to = await self.openings.arrive(CARDS, {"state": state, **query})
        return goes_to.partition("return_code=")[2]

    async def quoted(
        self, member: str, destination: Destination = RESERVE, units: int | None = 2
    ) -> Exchange:
        exchange = await self.linked(member)
        return await self.exchanges.quote(member, exchange.exchange_id, destination, units)

    async def settled(
        self, member: str, destination: Destination = RESERVE, units: int | None = 2
    ) -> Exchange:
        exchange = await self.quoted(member, destination, units)
        assert exchange.quote is not None
        return await self.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)

    async def balance(self, member: str, destination: Destination = RESERVE) -> Any:
        account = (
            chart.reserve(member)
            if destination.kind is DestinationKind.RESERVE
            else chart.municipal(member, destination.municipality, destination.point_service)
        )
        return await self.store.read(lambda conn: ledger.balance(conn, chart.member_book(member), account))

    async def total(self, account: str) -> int:
        return await self.store.read(lambda conn: ledger.total(conn, account))


@asynccontextmanager
async def world_on(url: str, chain_keys: ChainKeys | None = None) -> AsyncIterator[World]:
    """The use cases on a database that is there."""
    store = Store.open(url, chain_keys=chain_keys)
    clock = SettableClock(NOON)
    script = Script(clock)
    log = structlog.get_logger()
    tasks = Tasks()
    context = ExchangeContext(
        store=store,
        partners={
            CARDS: Partner(Scripted(script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet")), log=log),
            MILES: Partner(Scripted(script, MILES, LinkKind.COUPON, ("miles",)), log=log),
        },
        vault=Vault([b"s" * 32], b"l" * 32),
        clock=clock,
        tasks=tasks,
        public_url="https://gateway.example",
    )
    yield World(
        store=store,
        clock=clock,
        script=script,
        context=context,
        openings=ExchangeStarter(context),
        exchanges=QuoteConfirm(context),
        allocations=Allocations(store=store, clock=clock),
    )
    await tasks.close()
    await store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def world(request: pytest.FixtureRequest, tmp_path: Any):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
    else:
        url = request.getfixturevalue("postgres")
    empty_database(url)
    async with world_on(url) as world:
        with world.store.engine.begin() as conn:
            directory.register_service(
                conn, "082163", "kasama-ouen", name="笠間応援ポイント", open_for_direct_exchange=True, at=NOON
            )
            directory.register_service(
                conn, "082015", "mito-ouen", name="水戸応援ポイント", open_for_direct_exchange=False, at=NOON
            )
            support_events.register(
                conn,
                SupportEvent(
                    event_id="himatsuri", name="陶炎祭", starts_at=NOON, ends_at=NOON + timedelta(days=30)
                ),
            )
        yield world
