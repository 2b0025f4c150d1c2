"""Every fault at every step, over real HTTP against the Saison sandbox: what is seen, and how it ends.

`python -m tests.faults.matrix` prints the whole table. A cell passes when, after the partner is well again, the
exchange has ended, the member has exactly the points that the partner's own book accounts for, and both books
agree to the point.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from gateway_saison.sandbox import OPERATIONS

from gateway.errors import GatewayError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.reconciliation import Reconciliation
from gateway.exchanges.states import HELD, State
from gateway.model import JST
from gateway.testkit.sandbox import Fault, FaultKind
from gateway.testkit.sandbox.faults import ONLY_SOME
from tests.faults.dying_process import Death, dying_partner
from tests.faults.house import HASTY_S, House, Person, open_house, tls_of_a_stranger

HOOKS = {
    "begin": "begin_handoff",
    "return": "complete_handoff",
    "balances": "balances",
    "debit": "debit",
    "find": "find_debit",
    "reverse": "reverse_debit",
    "day": "debits_on",
}
STEPS = {
    "begin": "authorize",
    "return": "return",
    "balances": "balances",
    "debit": "capture",
    "find": "find",
    "reverse": "cancel",
    "day": "list",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A name in the table and the sandbox's fault; none is one that no sandbox can play.

    `dies`: the plugin's own process is killed before its request leaves, or when it has been answered.
    """

    name: str
    kind: FaultKind | None
    dies: Death | None = None
    done: bool = False
    seconds: float | None = None


TROUBLES = (
    Trouble("refused connection", FaultKind.REFUSE),
    Trouble("reset before", FaultKind.RESET),
    Trouble("reset after", FaultKind.RESET, done=True),
    Trouble("no answer", FaultKind.NO_ANSWER),
    Trouble("no answer, but done", FaultKind.NO_ANSWER, done=True),
    Trouble("slow beyond the deadline", FaultKind.SLOW, seconds=3600),
    Trouble("half an answer", FaultKind.HALF),
    Trouble("500", FaultKind.SERVER_ERROR),
    Trouble("500, but done", FaultKind.SERVER_ERROR, done=True),
    Trouble("503 + Retry-After", FaultKind.UNAVAILABLE),
    Trouble("302", FaultKind.REDIRECT),
    Trouble("HTML", FaultKind.HTML),
    Trouble("{}", FaultKind.EMPTY_JSON),
    Trouble("{}, but done", FaultKind.EMPTY_JSON, done=True),
    Trouble("wrong id", FaultKind.WRONG_ID),
    Trouble("duplicate answer", FaultKind.DUPLICATE),
    Trouble("late", FaultKind.LATE),
    Trouble("contradiction", FaultKind.CONTRADICTION),
    Trouble("TLS failure", None),
    Trouble("process dies before", None, Death.BEFORE),
    Trouble("process dies after", None, Death.AFTER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`seen` is what the step answered under the fault, `end` the exchange's last state."""

    step: str
    trouble: str
    seen: str
    end: str
    points: int
    closed: int
    passed: bool


def possible(step: str, trouble: Trouble) -> bool:
    """Some faults have a meaning at some steps only."""
    return trouble.kind not in ONLY_SOME or trouble.kind in OPERATIONS[STEPS[step]]


async def play(house: House, step: str, trouble: Trouble) -> Cell:
    """One cell, with a person of its own; afterwards the house is well again."""
    person = await house.person()
    async with AsyncExitStack() as stack:
        breaking = Breaking(house, stack, step, trouble)
        seen, exchange = await _STEPS[step](house, person, breaking)
    await house.heal()
    if exchange.state not in HELD and exchange.state is not State.SETTLED:
        exchange = await _go_on(house, person, exchange)
    left = await house.until_all_have_ended()
    closed = await house.close_differences()
    end = await house.store.read(lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id))
    points = await person.points()
    return Cell(
        step=step,
        trouble=trouble.name,
        seen=seen,
        end=end.state.value,
        points=points,
        closed=closed,
        passed=not left and points == await _owed(house, person) and await house.books_agree(),
    )


@dataclass(slots=True)
class Breaking:
    """The fault of one cell: `begins()` where the step wants it, `ends()` where it wants the partner well."""

    house: House
    stack: AsyncExitStack
    step: str
    trouble: Trouble

    async def begins(self) -> None:
        house, trouble = self.house, self.trouble
        if trouble.dies is not None:
            dying = dying_partner(house, HOOKS[self.step], trouble.dies)
            self.stack.enter_context(house.other_partner(await self.stack.enter_async_context(dying)))
        elif trouble.kind is None:
            url = await self.stack.enter_async_context(tls_of_a_stranger())
            self.stack.enter_context(house.other_partner(house.partner(url)))
        elif trouble.kind is FaultKind.REFUSE:
            await house.site.refuse()
        else:
            if trouble.kind in (FaultKind.NO_ANSWER, FaultKind.SLOW):
                self.stack.enter_context(house.other_partner(house.partner(house.site.url, HASTY_S)))
            fault = Fault(
                operation=STEPS[self.step], kind=trouble.kind, done=trouble.done, seconds=trouble.seconds
            )
            house.site.order(fault)

    async def ends(self) -> None:
        await self.stack.aclose()
        await self.house.heal()


async def _tried(work: Awaitable[object]) -> str:
    try:
        answer = await work
    except GatewayError as fault:
        return type(fault).__name__
    return str(getattr(answer, "state", "answered"))


async def _begin(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    id_ = str(uuid.uuid4())
    await fault.begins()
    seen = await _tried(person.begin(id_))
    await fault.ends()
    return seen, await house.exchanges.get(person.member, id_)


async def _return(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.begin(str(uuid.uuid4()))
    code = await person.visit(exchange)
    await fault.begins()
    seen = await _tried(house.openings.complete(person.member, exchange.exchange_id, code))
    await fault.ends()
    return seen, await house.openings.complete(person.member, exchange.exchange_id, code)


async def _balances(_house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.linked()
    await fault.begins()
    return await _tried(person.quoted(exchange)), exchange


async def _debit(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.quoted()
    await fault.begins()
    seen = await _tried(person.confirmed(exchange))
    return seen, await house.exchanges.get(person.member, exchange.exchange_id)


async def _find(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.quoted()
    house.site.order(Fault(operation="capture", kind=FaultKind.RESET, done=True))
    await person.confirmed(exchange)
    await fault.begins()
    seen = await _tried(house.settler.ask(exchange.book_id, exchange.exchange_id))
    return seen, await house.exchanges.get(person.member, exchange.exchange_id)


async def _reverse(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.confirmed()
    await fault.begins()
    work = house.reversals.reverse(
        exchange.exchange_id, str(uuid.uuid4()), units=None, reason="誤り", operator="test"
    )
    return await _tried(work), exchange


async def _day(house: House, person: Person, fault: Breaking) -> tuple[str, Exchange]:
    exchange = await person.confirmed()
    day = house.clocks.calendar().astimezone(JST).date()
    await fault.begins()
    return await _tried(Reconciliation(house.context).compare("saison", day)), exchange


_STEPS: dict[str, Callable[[House, Person, Breaking], Awaitable[tuple[str, Exchange]]]] = {
    "begin": _begin,
    "return": _return,
    "balances": _balances,
    "debit": _debit,
    "find": _find,
    "reverse": _reverse,
    "day": _day,
}


async def _go_on(house: House, person: Person, exchange: Exchange) -> Exchange:
    """What a person does who wants the points: go on with this exchange, or begin another."""
    if exchange.state is State.AWAITING_RETURN:
        exchange = await person.begin(exchange.exchange_id)
        code = await person.visit(exchange)
        exchange = await house.openings.complete(person.member, exchange.exchange_id, code)
    if exchange.state not in (State.READY, State.QUOTED):
        if exchange.state is not State.REFUSED:
            return exchange
        exchange = await person.linked()
    return await person.confirmed(await person.quoted(exchange))


async def _owed(house: House, person: Person) -> int:
    """What the partner's own book says that this person should have."""
    return sum(
        (amount - entry.given_back.get(wallet, 0)) // 100 * 450
        for entry in await house.site.entries()
        if entry.holder == person.number and entry.state == "done"
        for wallet, amount in entry.lines.items()
    )


async def whole(tell: Callable[[Cell], None]) -> list[Cell]:
    """Every cell there is."""
    cells = []
    with tempfile.TemporaryDirectory(prefix="point-gateway-faults-") as name:
        async with open_house(Path(name)) as house:
            for step in STEPS:
                for trouble in TROUBLES:
                    if possible(step, trouble):
                        cells.append(await play(house, step, trouble))
                        tell(cells[-1])
    return cells


def main() -> int:
    """Print the table; exit code 1 when a cell does not hold."""

    def tell(cell: Cell) -> None:
        closed = f"{cell.closed} difference closed" if cell.closed else ""
        mark = "ok" if cell.passed else "BROKEN"
        line = (
            f"{cell.step:9} {cell.trouble:25} {cell.seen:19} {cell.end:9} {cell.points:>5,}  {mark}  {closed}"
        )
        sys.stdout.write(line.rstrip() + "\n")
        sys.stdout.flush()

    began = time.monotonic()
    sys.stdout.write(f"{'step':9} {'fault':25} {'seen':19} {'end':9} points\n")
    cells = asyncio.run(whole(tell))
    broken = sum(not cell.passed for cell in cells)
    sys.stdout.write(f"{len(cells)} cells in {time.monotonic() - began:.0f} s, {broken} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
