"""One seed, one run: members exchange points through gateways that crash, with a partner that is hard to reach.

Everything that decides about points is the real code: exchanges, settler, allocations, the wrapper around the
plugin with its deadline and breaker, the ledger. Simulated are time, network, partner, threads and death. After a
run the partner's book and ours are compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from core_ledger import StoreError, audit, chart, ledger
from core_ledger.read_model import books
from gateway.errors import GatewayError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.link_rows import Link
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.reconciliation import DIFFERENCES, Reconciliation, Report
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.exchanges.states import HELD, State
from gateway.members.member_rows import create_member
from gateway.model import JST, Destination
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.tasks import Tasks
from gateway.points import directory
from gateway.points.allocation import Allocations
from gateway.testkit.stubs import ListLog
from tests.simulation.partner import COST, POINTS, SimulatedPlugin, World
from tests.simulation.same_thread_store import Database, SameThreadStore
from tests.simulation.time_loop import TimeLoop

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
RESERVE = Destination.reserve()
_vault = Vault([b"s" * 32], b"l" * 32)
_process: ContextVar[Process | None] = ContextVar("process", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`wrongs` is empty when everything held; `trace` is what happened at the partner, line by line.

    `history` is one number over all that the gateway wrote: every step of every story, and the ledger's own chains.
    """

    seed: int
    exchanges: int
    faults: int
    crashes: int
    plugin_deaths: int
    restores: int
    by_state: dict[str, int]
    wrongs: tuple[str, ...]
    trace: tuple[str, ...]
    history: str


class Process:
    """One gateway: its own store handle, partners, tasks. `die` takes all of it away at once."""

    def __init__(self, town: Town, name: str) -> None:
        self.name, self._town = name, town
        self.store = SameThreadStore(town.database, town.chance, busy=0.01)
        self.running: dict[asyncio.Task[Any], None] = {}
        self.tasks = Tasks()
        log = ListLog()
        self.plugin = SimulatedPlugin(town.world, town.calendar)
        partner = Partner(self.plugin, log=log, seconds=town.loop.time)
        context = ExchangeContext(
            store=self.store,  # type: ignore[arg-type]
            partners={"cards": partner},
            vault=_vault,
            clock=town.calendar,
            tasks=self.tasks,
            public_url="https://gateway.example",
        )
        self.openings, self.exchanges = ExchangeStarter(context), QuoteConfirm(context)
        self.settler = OutcomePoller(self.exchanges, seconds=town.loop.time)
        self.reversals = Reversals(context, seconds=town.loop.time)
        self.reconciliation = Reconciliation(context)
        self.allocations = Allocations(store=self.store, clock=town.calendar)  # type: ignore[arg-type]

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Run `work` and all that it starts as a part of this process."""
        token = _process.set(self)
        try:
            return self._town.loop.create_task(work)
        finally:
            _process.reset(token)

    def die(self) -> None:
        """The gateway's process; the plugin's dies with it, and whoever waited is gone."""
        self.store.dead = True
        for task in list(self.running):
            task.cancel()


@dataclass(slots=True)
class Town:
    database: Database
    chance: random.Random
    loop: TimeLoop
    world: World
    trace: list[str]
    busy: bool = True
    jumped: timedelta = timedelta(0)
    crashes: int = 0
    plugin_deaths: int = 0
    processes: list[Process] = field(default_factory=list)
    exchange_ids: list[tuple[str, str]] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def calendar(self) -> datetime:
        return NOON + timedelta(microseconds=round(self.loop.time() * 1e6)) + self.jumped

    def tell(self, line: str) -> None:
        self.trace.append(f"{self.loop.time():12.6f} {line}")

    def any_process(self) -> Process:
        return self.chance.choice(self.processes)


def run_seed(seed: int, database: Database, *, members: int = 20, each: int = 3) -> Result:
    """Play one seed from an empty database to the end of all exchanges, and compare the books."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with database.seed(members):
        return _played(seed, database, members, each)


def _played(seed: int, database: Database, members: int, each: int) -> Result:
    chance, loop, trace = random.Random(seed), TimeLoop(), []

    def tell(line: str) -> None:
        trace.append(f"{loop.time():12.6f} {line}")

    world = World(chance=chance, loop=loop, tell=tell, trouble=chance.choice([0.1, 0.4, 0.8]))
    town = Town(database=database, chance=chance, loop=loop, world=world, trace=trace)
    world.calendar = town.calendar
    loop.set_task_factory(_tagged)
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        loop.run_until_complete(_play(town, members, each))
    finally:
        _end(loop)
    return Result(
        seed=seed,
        exchanges=len(town.exchange_ids),
        faults=sum(1 for line in trace if " unknown " in line),
        crashes=town.crashes,
        plugin_deaths=town.plugin_deaths,
        restores=world.restores,
        by_state=database.read(_states),
        wrongs=tuple(world.wrongs) + tuple(database.read(lambda conn: _wrongs(conn, town))),
        trace=tuple(trace),
        history=database.read(_history),
    )


def _tagged(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
    process = _process.get()
    if process is not None:
        process.running[task] = None
        task.add_done_callback(lambda ended: process.running.pop(ended, None))
        if process.store.dead:
            task.cancel()
    return task


def _end(loop: TimeLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


async def _play(town: Town, members: int, each: int) -> None:
    town.processes = [Process(town, "A"), Process(town, "B")]
    settling = [process.spawn(_settle(town, process)) for process in town.processes]
    people = [
        asyncio.ensure_future(_person(town, name, each))
        for name in (f"m{number}" for number in range(members))
    ]
    trouble = asyncio.ensure_future(_trouble(town))
    await asyncio.gather(*people)
    trouble.cancel()
    town.busy = False
    await _until_ended(town)
    town.world.wrongs += await _compare(town)
    for task in settling:
        task.cancel()


async def _person(town: Town, member: str, each: int) -> None:
    """Exchanges points, comes back when the page broke, looks, allocates, and is impatient."""
    chance = town.chance
    for _ in range(each):
        id_ = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        if town.lost and chance.random() < 0.7:
            # A page that is still open has an id that the database has forgotten; or a stranger has it.
            id_ = chance.choice(sorted(town.lost))
        town.exchange_ids.append((member, id_))
        await asyncio.sleep(chance.expovariate(1 / 40))
        for _try in range(3):
            process = town.any_process()
            if await _alive(process, _exchange(process, member, id_, chance.choice([1, 2, 3]))):
                break
            await asyncio.sleep(chance.uniform(0.1, 20))
        if chance.random() < 0.3:
            process = town.any_process()
            await _alive(process, process.settler.get_and_refresh(member, id_))
        if chance.random() < 0.2:
            # An operator who does not know what happened to the first command gives it again.
            process, reversal = town.any_process(), str(uuid.UUID(int=chance.getrandbits(128), version=4))
            for _try in range(2):
                work = process.reversals.reverse(id_, reversal, units=1, reason="r", operator="o")
                if await _alive(process, work):
                    break
                process = town.any_process()
        if chance.random() < 0.3:
            process = town.any_process()
            move = str(uuid.UUID(int=chance.getrandbits(128), version=4))
            await _alive(process, process.allocations.allocate(member, move, 100, "082163", "kasama-ouen"))


async def _exchange(process: Process, member: str, id_: str, units: int) -> None:
    exchange, _ = await process.openings.start(member, id_, "cards")
    if exchange.state in (State.READY, State.QUOTED):
        exchange = await process.exchanges.quote(member, id_, RESERVE, units)
    if exchange.state is State.QUOTED:
        assert exchange.quote is not None
        # Two impatient presses of one button.
        presses = [process.exchanges.confirm(member, id_, exchange.quote.quote_id) for _ in range(2)]
        await asyncio.gather(*presses)


async def _alive(process: Process, work: Any) -> bool:
    """False when the process died under the request, or refused it."""
    try:
        await process.spawn(work)
    except asyncio.CancelledError:
        if not process.store.dead:
            raise
        return False
    except (GatewayError, StoreError):
        return False
    return True


async def _settle(town: Town, process: Process) -> None:
    while True:
        with contextlib.suppress(GatewayError, StoreError):
            await process.settler.poll_once()
            await process.reversals.poll_once()
        # When everybody has gone home, time is passed in steps by `_until_ended`.
        await asyncio.sleep(town.chance.uniform(2, 30) if town.busy else 86_400)


async def _trouble(town: Town) -> None:
    """Crashes, of a gateway or of its plugin's own process, and a calendar that jumps a day."""
    chance = town.chance
    crashing = chance.random() < 0.7
    jumping = chance.random() < 0.3
    plugins_dying = chance.random() < 0.5
    restoring = not jumping and chance.random() < 0.5
    while True:
        await asyncio.sleep(chance.expovariate(1 / (6 if restoring else 15)))
        if restoring and chance.random() < 0.5:
            if chance.random() < 0.5 or not _restore(town):
                town.database.back_up()
        elif plugins_dying and chance.random() < 0.4:
            town.any_process().plugin.process_dies()
            town.plugin_deaths += 1
        elif crashing and chance.random() < 0.7:
            _crash(town, chance.randrange(len(town.processes)))
        elif jumping:
            by = chance.choice([timedelta(days=1), timedelta(days=-1), timedelta(hours=3)])
            town.jumped += by
            town.world.jumps += 1
            town.tell(f"the calendar jumps by {by}")


def _crash(town: Town, place: int) -> None:
    town.processes[place].die()
    town.crashes += 1
    town.tell(f"process {town.processes[place].name} dies")
    fresh = Process(town, f"{'AB'[place]}{town.crashes}")
    town.processes[place] = fresh
    fresh.spawn(_settle(town, fresh))


def _restore(town: Town) -> bool:
    """Every process dies and the database is as it was at the backup; what was written since is lost."""
    before = town.database.read(_rows)
    if not town.database.restore():
        return False
    after = town.database.read(_rows)
    lost = {id_ for id_, row in before.items() if after.get(id_) != row}
    town.lost |= lost
    town.world.restores += 1
    town.tell(f"the database is restored, {len(lost)} exchanges are not what they were")
    for place in range(len(town.processes)):
        _crash(town, place)
    return True


def _rows(conn: Any) -> dict[str, tuple[Any, ...]]:
    x = tables.exchanges.c
    query = sa.select(x.exchange_id, x.book_id, x.state, x.steps, x.reversed_points)
    return {row.exchange_id: tuple(row) for row in conn.execute(query)}


async def _compare(town: Town) -> list[str]:
    """What the comparison of each of the partner's days misses, or calls different though it is not."""
    if town.world.jumps or not town.world.restores:
        return []  # calendars that are days apart, or nothing to be found
    wrongs, process = [], town.any_process()
    for day in sorted({order.at.date() for order in town.world.orders.values()}):
        for line in (await _compared(process, day)).lines:
            if (
                agreed := town.database.read(lambda conn, line=line: _agree(conn, town, line.exchange_id))
            ) is None:
                continue
            if agreed is not (line.verdict not in DIFFERENCES):
                wrongs.append(f"{line.exchange_id[:8]}: the comparison of {day} says {line.verdict}")
    return wrongs


async def _compared(process: Process, day: date) -> Report:
    while True:
        with contextlib.suppress(GatewayError, StoreError):
            return await process.spawn(process.reconciliation.compare("cards", day))
        await asyncio.sleep(60)  # a breaker that is open closes again


def _agree(conn: Any, town: Town, exchange_id: str) -> bool | None:
    """Have both sides the same of an exchange? None while it is not known."""
    order, book = town.world.orders.get(exchange_id), records.find_owner(conn, exchange_id)
    there = order.kept if order is not None else 0
    if book is None:
        return not there
    exchange = records.get(conn, book, exchange_id)
    if exchange.state in HELD or town.database.read(lambda conn: _reversal_waits(conn, exchange_id)):
        return None
    if exchange.state is not State.SETTLED:
        return not there
    here = ((exchange.points or 0) - exchange.reversed_points) // POINTS * COST
    own = order is not None and order.holder == f"svc-{book.removeprefix('member:')}"
    return here == there and (own or not there)


def _reversal_waits(conn: Any, exchange_id: str) -> bool:
    r = tables.reversals.c
    query = sa.select(sa.func.count()).where(
        r.exchange_id == exchange_id, r.state.in_([State.SENDING, State.OPEN, State.NEEDS_A_PERSON])
    )
    return bool(conn.scalar(query))


async def _until_ended(town: Town) -> None:
    """Let time pass until nothing is held any more but by a person's decision; at most three weeks.

    A person is told after seven days of the calendar, which may have jumped back by as many.
    """
    until = town.loop.time() + 21 * 86_400
    while town.loop.time() < until:
        held, first = town.database.read(_next_question)
        if not held:
            return
        wait = max(1.0, (first - town.calendar()).total_seconds()) if first is not None else 60.0
        await asyncio.sleep(min(wait, 3_600.0) + town.chance.uniform(0, 30))
        process = town.any_process()
        await _alive(process, process.settler.poll_once())
        await _alive(process, process.reversals.poll_once())


def move_in(conn: Any, number: int) -> None:
    """One more inhabitant, whose account is linked; with the first comes the city's point service."""
    name = f"m{number}"
    if number == 0:
        directory.register_service(
            conn, "082163", "kasama-ouen", name="笠間応援ポイント", open_for_direct_exchange=True, at=NOON
        )
    create_member(conn, member_id=name, display_name=name, at=NOON, password_hash="x")
    link_rows.save(
        conn,
        Link(
            book_id=chart.member_book(name),
            partner_id="cards",
            service_id=f"svc-{name}",
            shown_as=name,
            token_sealed=None,
            linked_at=NOON,
        ),
    )


def _next_question(conn: Any) -> tuple[int, datetime | None]:
    """How many exchanges and reversals are still asked about, and when the first of them is next."""
    count, first = 0, None
    for table in (tables.exchanges, tables.reversals):
        query = sa.select(sa.func.count(), sa.func.min(table.c.ask_at)).where(
            table.c.state.in_([State.SENDING, State.OPEN])
        )
        waiting, next_at = conn.execute(query).one()
        count += waiting
        first = min((at for at in (first, next_at) if at is not None), default=None)
    return count, first


def _states(conn: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for exchange in records.list_by(conn, states=list(State), limit=100_000):
        found[exchange.state.value] = found.get(exchange.state.value, 0) + 1
    return found


def _history(conn: Any) -> str:
    """Quote ids and the like are random on purpose; when what happened, in which order, is not."""
    s, b = tables.exchange_steps.c, books.c
    steps = sa.select(s.book_id, s.exchange_id, s.step, s.at, s.state, s.what)
    told = hashlib.sha256()
    for query in (
        steps.order_by(s.book_id, s.exchange_id, s.step),
        sa.select(b.book_id, b.head).order_by(b.book_id),
    ):
        for row in conn.execute(query):
            told.update(repr(tuple(row)).encode())
    return told.hexdigest()


def _wrongs(conn: Any, town: Town) -> list[str]:
    """What must hold after every seed."""
    wrongs = []
    given = 0
    for one in records.list_by(conn, states=list(State), limit=100_000):
        order = town.world.orders.get(one.exchange_id)
        taken = order.kept if order is not None else 0
        member = one.book_id.removeprefix("member:")
        name = f"{one.exchange_id[:8]} ({one.state})"
        settled = one.state is State.SETTLED
        if settled:
            given += (one.points or 0) - one.reversed_points
        if one.state in HELD:
            if one.state is not State.NEEDS_A_PERSON:
                wrongs.append(f"{name} has not ended")
            elif not one.reason:
                wrongs.append(f"{name} waits for a person without a reason")
            continue
        should = ((one.points or 0) - one.reversed_points) // POINTS * COST if settled else 0
        if settled and order is not None and order.holder != f"svc-{member}":
            wrongs.append(f"{name}: {member} has points for a debit of {order.holder}")
        if settled and order is not None and order.amount != (one.points or 0) // POINTS * COST:
            wrongs.append(f"{name}: points were given for another amount than was taken")
        # Of what a restored database has forgotten the comparison tells.
        if taken != should and one.exchange_id not in town.lost:
            wrongs.append(f"{name}: the partner took {taken}, we gave points for {should}")
    known = {exchange.exchange_id for exchange in records.list_by(conn, states=list(State), limit=100_000)}
    for id_, order in town.world.orders.items():
        if id_ not in known and order.kept and id_ not in town.lost:
            wrongs.append(f"{id_[:8]}: the partner took {order.kept} for an exchange that nobody knows")
        if order.given_back > order.taken:
            wrongs.append(f"{id_[:8]}: the partner gave back {order.given_back} of {order.taken}")
        if order.given_back and len(order.keys) * COST != order.given_back:
            wrongs.append(f"{id_[:8]}: one reversal was given back twice")
    if (total := -ledger.total(conn, chart.partner_due("cards"))) != given:
        wrongs.append(f"the ledger says {total} came from the partner, the exchanges say {given}")
    wrongs += [str(fault) for fault in audit.verify(conn).faults]
    return wrongs
