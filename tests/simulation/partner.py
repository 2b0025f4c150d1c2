"""A partner with a book of its own and a network in between that loses, delays and breaks things.

The partner is naive on purpose: it takes points each time a debit arrives, so that a debit sent twice is seen in
its book. Only of ids that a restored database has forgotten it knows that they were used. It keeps the keys of
reversals for a day and gives back again when one comes later. What has left the gateway goes on by itself, whether or
not the process that sent it still lives.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.hookspecs import hookimpl
from gateway.model import (
    Balances,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    DestinationKind,
    IdReused,
    InProgress,
    Label,
    LinkKind,
    NoRecord,
    NotProcessed,
    PartnerKind,
    PartnerProfile,
    Rate,
    RateTable,
    Reversal,
    Reversed,
    Wallet,
    WalletId,
)
from gateway.partners.isolation import process

EIKYU = WalletId("eikyu")
DEADLINE_S = 10.0
HIDES_FOR = timedelta(minutes=10)
LATEST_S = 9 * 60.0
KEYS_KEPT_FOR = timedelta(hours=24)
COST, POINTS = 100, 450

_PROFILE = PartnerProfile(
    id="cards",
    name=Label("見本", "Sample"),
    kind=PartnerKind.OTHER,
    link=LinkKind.ACCOUNT,
    points_name=Label("p", "p"),
    wallets=(Wallet(id=EIKYU, name=Label("p", "p")),),
    hosts=("partner.example",),
    arrives_within=timedelta(hours=1),
    debits_may_hide_for=HIDES_FOR,
    terms=Label("t", "t"),
    deadline_s=DEADLINE_S,
    proves={"amount", "account"},
    keys_kept_for=KEYS_KEPT_FOR,
)
_RATES = RateTable(
    rates=(
        Rate(
            wallet=EIKYU,
            destinations=frozenset(DestinationKind),
            cost_per_unit=COST,
            points_per_unit=POINTS,
            source="simulation",
            sample=True,
        ),
    )
)


@dataclass(slots=True)
class Order:
    """What the partner knows of one order; `decided` None means that it will say "in progress"."""

    amount: int
    decided: bool | None
    holder: str
    at: datetime
    restores: int
    taken: int = 0
    given_back: int = 0
    keys: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return self.taken - self.given_back

    def is_another(self, order: DebitOrder) -> bool:
        assert order.account is not None
        return (self.amount, self.holder) != (sum(order.amounts.values()), order.account.service_id)


@dataclass(slots=True)
class World:
    """The partner's book, and what the simulation watches: who asks about what at the same time."""

    chance: random.Random
    loop: asyncio.AbstractEventLoop
    tell: Callable[[str], None]
    trouble: float
    calendar: Callable[[], datetime] = datetime.now
    restores: int = 0
    no_reversals_until: float = 0.0
    orders: dict[str, Order] = field(default_factory=dict)
    asking: dict[str, int] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    jumps: int = 0

    def arrives(self, order: DebitOrder, decision: bool | None) -> None:
        """A debit reaches the partner, which takes the points each time that it says yes."""
        assert order.account is not None
        fresh = Order(
            amount=sum(order.amounts.values()),
            decided=decision,
            holder=order.account.service_id,
            at=self.calendar(),
            restores=self.restores,
        )
        known = self.orders.setdefault(order.exchange_id, fresh)
        if known.restores < self.restores:
            self.tell(f"partner has had {order.exchange_id[:8]} before the restore")
            return
        if known.decided:
            known.taken += known.amount
        self.tell(f"partner decides {order.exchange_id[:8]} {known.decided} taken={known.taken}")

    def decide(self, exchange_id: str, yes: bool) -> None:
        order = self.orders[exchange_id]
        if order.decided is None:
            order.decided = yes
            order.taken += order.amount if yes else 0
            self.tell(f"partner decides later {exchange_id[:8]} {yes}")


@dataclass(slots=True)
class SimulatedPlugin:
    """One process's plugin for the partner of `world`."""

    world: World
    calendar: Callable[[], datetime]
    calls: set[_Running] = field(default_factory=set)

    def process_dies(self) -> None:
        """The plugin's own process ends, and with it all its calls at once, each by the gateway's own law."""
        self.world.tell(f"a plugin's process dies with {len(self.calls)} debits")
        for call in tuple(self.calls):
            call.died = True
            call.task.cancel()

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return _PROFILE

    @hookimpl
    async def check_connection(self) -> None:
        await self._travel()

    @hookimpl
    async def rate_table(self) -> RateTable:
        return _RATES

    @hookimpl
    async def begin_handoff(self) -> Any:
        raise AssertionError

    @hookimpl
    async def complete_handoff(self) -> Any:
        raise AssertionError

    @hookimpl
    async def balances(self) -> Balances:
        await self._travel()
        return Balances(available={EIKYU: 1_000_000}, as_of=self.calendar())

    @hookimpl
    async def debit(self, order: DebitOrder) -> Any:
        world, chance = self.world, self.world.chance
        with _Asking(world, order.exchange_id), _Running.of(self.calls, "debit") as call:
            await self._travel()
            call.has_left = True
            kind, decision = chance.random() / max(world.trouble, 1e-9), self._decision()
            if kind < 0.05:
                raise NotSent("connection refused")
            if kind < 0.1:  # a documented 429: the request is not looked at
                return NotProcessed(exchange_id=order.exchange_id)
            if kind < 0.3:  # the request is lost; nothing arrives
                await self._lost()
            if kind < 0.5:  # it arrives, the answer is lost
                world.arrives(order, decision)
                await self._lost()
            if kind < 0.75:  # it arrives long after we stopped waiting
                late = chance.uniform(0.5, LATEST_S)
                world.loop.call_later(late, world.arrives, order, decision)
                await self._lost()
            if kind < 1.0:  # taken down, decided later (or never)
                world.arrives(order, None)
                if chance.random() < 0.97:
                    world.loop.call_later(
                        chance.uniform(1, 7_200), world.decide, order.exchange_id, chance.random() < 0.7
                    )
                return InProgress(exchange_id=order.exchange_id)
            world.arrives(order, decision)
            if world.orders[order.exchange_id].is_another(order) and chance.random() < 0.5:
                return IdReused(exchange_id=order.exchange_id)
            return self._answer(order.exchange_id)

    @hookimpl
    async def find_debit(self, exchange_id: Any) -> Any:
        world, chance = self.world, self.world.chance
        with _Asking(world, exchange_id):
            await self._travel()
            if chance.random() < world.trouble / 2:
                if chance.random() < 0.5:
                    await asyncio.sleep(DEADLINE_S * 2)
                raise PartnerUnavailable("out of order")
            answer = self._answer(exchange_id)
            await self._travel()
            return answer

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> Any:
        with _Running.of(self.calls, "reverse_debit") as call:
            return await self._reverse(reversal, call)

    async def _reverse(self, reversal: Reversal, call: _Running) -> Any:
        world, chance = self.world, self.world.chance
        await self._travel()
        call.has_left = True
        kind = chance.random() / max(world.trouble, 1e-9)
        if kind < 0.1:
            raise NotSent("connection refused")
        if kind < 0.4:
            await self._lost()
        now = world.loop.time()
        if now < world.no_reversals_until:
            raise OutcomeUnknown("out of order")
        order = world.orders[reversal.exchange_id]
        # The same id is one reversal for as long as its key is kept.
        first, amount = order.keys.get(reversal.reversal_id), sum(line.amount for line in reversal.lines)
        if first is None and amount > order.kept:
            return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)
        if first is None or now - first >= KEYS_KEPT_FOR.total_seconds():
            order.keys[reversal.reversal_id] = now
            order.given_back += amount
        world.tell(f"partner gives back {reversal.exchange_id[:8]} kept={order.kept}")
        if kind < 0.7:
            if chance.random() < 0.3:  # what took the answer away is out of order for long
                world.no_reversals_until = now + chance.uniform(1, 48) * 3_600
            await self._lost()
        return Reversed(reversal_id=reversal.reversal_id, reference="B", at=self.calendar())

    @hookimpl
    async def find_reversal(self, reversal: Reversal) -> Any:
        await self._travel()
        if self.world.chance.random() < self.world.trouble / 2:
            raise PartnerUnavailable("out of order")
        order = self.world.orders[reversal.exchange_id]
        if reversal.reversal_id in order.keys:
            return Reversed(reversal_id=reversal.reversal_id, reference="B", at=self.calendar())
        return NoRecord(exchange_id=reversal.exchange_id)

    @hookimpl
    async def debits_on(self, day: date) -> list[DebitRecord]:
        return [
            DebitRecord(
                exchange_id=id_,  # type: ignore[arg-type]
                reference=f"R-{id_[:8]}",
                lines=_lines(order.taken),
                at=order.at,
                given_back=_lines(min(order.given_back, order.taken)),
                service_id=order.holder,
            )
            for id_, order in self.world.orders.items()
            if order.taken and order.at.date() == day
        ]

    def _decision(self) -> bool:
        return self.world.chance.random() < 0.85

    def _answer(self, exchange_id: Any) -> Any:
        order = self.world.orders.get(exchange_id)
        if order is None:
            return NoRecord(exchange_id=exchange_id)
        if order.decided is None:
            return InProgress(exchange_id=exchange_id)
        if order.decided:
            return Debited(
                exchange_id=exchange_id,
                reference=f"R-{exchange_id[:8]}",
                at=order.at,
                lines=_lines(order.amount),
                service_id=order.holder,
            )
        return Declined(exchange_id=exchange_id, reason=DeclineReason.REFUSED)

    async def _travel(self) -> None:
        chance = self.world.chance
        await asyncio.sleep(chance.expovariate(10) if chance.random() < 0.95 else chance.uniform(1, 15))

    async def _lost(self) -> None:
        """A time-out, or a broken connection."""
        if self.world.chance.random() < 0.5:
            await asyncio.sleep(DEADLINE_S * 2)
        raise OutcomeUnknown("the connection broke")


def _lines(amount: int) -> tuple[DebitLine, ...]:
    return (DebitLine(wallet=EIKYU, amount=amount),) if amount else ()


@dataclass(eq=False, slots=True)
class _Running:
    """A call in the plugin's own process. What has left goes on at the partner when the process dies."""

    hook: str
    task: asyncio.Task[Any]
    calls: set[_Running]
    has_left: bool = False
    died: bool = False

    @classmethod
    def of(cls, calls: set[_Running], hook: str) -> _Running:
        task = asyncio.current_task()
        assert task is not None
        return cls(hook, task, calls)

    def __enter__(self) -> Self:
        self.calls.add(self)
        return self

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        self.calls.discard(self)
        if self.died and isinstance(fault, asyncio.CancelledError):
            self.task.uncancel()
            raise process.fault_of_ended_call(
                self.hook, "killed", sealed=True, may_have_left=self.has_left
            ) from None


class _Asking:
    """Notices two living processes that ask about one exchange at the same time."""

    def __init__(self, world: World, exchange_id: str) -> None:
        self._world, self._id = world, exchange_id

    def __enter__(self) -> None:
        asking = self._world.asking
        asking[self._id] = asking.get(self._id, 0) + 1
        # A calendar that jumps ends claims early; then asking twice is expected, and harmless.
        if asking[self._id] > 1 and not self._world.jumps:
            self._world.wrongs.append(f"{self._id[:8]} was asked about twice at the same time")

    def __exit__(self, *_: object) -> None:
        self._world.asking[self._id] -= 1
