"""Group commit keeps its promises: neighbours never suffer, every caller is answered, and only after the commit."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from core_ledger import (
    Balance,
    Busy,
    CommitFailed,
    Damaged,
    NotEnoughPoints,
    Receipt,
    Store,
    StoreClosed,
    Transfer,
    chart,
    create_schema,
    ledger,
    transfer_many,
    verify,
)
from tests.core_ledger.samples import BOOK, RESERVE, allocate, earn


async def held_up(store: Store, gate: threading.Event) -> "asyncio.Task[None]":
    """Occupy every writer until the gate opens, so that what comes now waits together."""
    started = [threading.Event() for _ in store._writers]

    def wait(event: threading.Event) -> Callable[[Connection], None]:
        def job(_conn: Connection) -> None:
            event.set()
            gate.wait(10)

        return job

    tasks = []
    for event in started:
        tasks.append(asyncio.create_task(store.run(wait(event))))
        await asyncio.to_thread(event.wait, 10)

    async def all_done() -> None:
        await asyncio.gather(*tasks)

    return asyncio.create_task(all_done())


async def test_callers_that_wait_are_written_together_and_each_gets_its_own_answer(store: Store) -> None:
    gate = threading.Event()
    held = await held_up(store, gate)
    good = [asyncio.create_task(store.apply(earn(10))) for _ in range(20)]
    bad = asyncio.create_task(store.apply(allocate(1_000_000)))
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*good)
    with pytest.raises(NotEnoughPoints):
        await bad
    await held
    assert sorted(receipt.seq for (receipt,) in answers) == list(range(1, 21))
    assert max(store.batch_sizes) == 21


async def test_a_job_that_fails_fails_alone(store: Store) -> None:
    gate = threading.Event()
    held = await held_up(store, gate)

    def broken(conn: Connection) -> None:
        ledger.transfer(conn, earn(5))
        conn.execute(sa.text("SELECT * FROM no_such_table"))

    def forgetful(conn: Connection) -> None:
        ledger.transfer(conn, earn(7))
        raise KeyError("a mistake of the job's own")

    before = asyncio.create_task(store.run(lambda conn: ledger.transfer(conn, earn(100))))
    mistakes = [asyncio.create_task(store.run(broken)), asyncio.create_task(store.run(forgetful))]
    after = asyncio.create_task(store.run(lambda conn: ledger.transfer(conn, earn(10))))
    await asyncio.sleep(0)
    gate.set()
    await held
    first, last = await before, await after
    assert isinstance(first, Receipt)
    assert isinstance(last, Receipt)
    answers = await asyncio.gather(*mistakes, return_exceptions=True)
    assert [type(answer).__mro__[1].__name__ for answer in answers][1] == "LookupError"
    assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=110)
    assert (await store.read(verify)).ok


async def test_a_job_that_raises_what_no_future_can_carry_is_answered_too(store: Store) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(store.run(lambda _conn: next(iter(()))), 10)


async def test_more_than_may_wait_is_told_busy_at_once(url: str) -> None:
    async with Store.open(url, max_waiting=3) as store:
        create_schema(store.engine)
        gate = threading.Event()
        held = await held_up(store, gate)
        waiting = [asyncio.create_task(store.apply(earn(1))) for _ in range(3)]
        await asyncio.sleep(0)
        assert store.waiting == 3
        with pytest.raises(Busy, match="nothing was written"):
            await store.apply(earn(1))
        gate.set()
        await asyncio.gather(*waiting, held)


async def test_closing_finishes_what_waits_and_takes_no_more(url: str) -> None:
    store = Store.open(url)
    create_schema(store.engine)
    waiting = [asyncio.create_task(store.apply(earn(1))) for _ in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*waiting)) == 50
    with pytest.raises(StoreClosed):
        await store.apply(earn(1))
    with pytest.raises(StoreClosed):
        await store.read(lambda _conn: None)
    async with Store.open(url) as again:
        assert await again.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=50)


async def test_a_caller_that_went_away_does_not_hurt_its_neighbours(store: Store) -> None:
    gate = threading.Event()
    held = await held_up(store, gate)
    leaving, staying = asyncio.create_task(store.apply(earn(1))), asyncio.create_task(store.apply(earn(2)))
    await asyncio.sleep(0)
    leaving.cancel()
    gate.set()
    (receipt,) = await staying
    assert receipt.points == 2
    await held
    assert leaving.cancelled()


async def test_an_answer_for_a_closed_loop_is_dropped_in_peace(store: Store) -> None:
    gate = threading.Event()
    held = await held_up(store, gate)

    def leave_early() -> None:
        async def ask() -> None:
            asyncio.ensure_future(store.apply(earn(3)))  # noqa: RUF006 - abandoned on purpose
            await asyncio.sleep(0)

        asyncio.run(ask())

    await asyncio.to_thread(leave_early)
    gate.set()
    await held
    (receipt,) = await store.apply(earn(4))
    assert receipt.points == 4


async def test_a_job_that_refuses_before_its_first_row_makes_nobody_do_their_work_again(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite counts the rows that were written")
    ran: list[str] = []

    def counts(name: str) -> Callable[[Connection], None]:
        def job(conn: Connection) -> None:
            ran.append(name)
            ledger.transfer(conn, earn(1))

        return job

    def refuses(conn: Connection) -> None:
        ran.append("refuses")
        if conn.execute(sa.text("SELECT count(*) FROM moves")).scalar() is not None:
            raise LookupError("not today")

    gate = threading.Event()
    held = await held_up(store, gate)
    tasks = [asyncio.create_task(store.run(job)) for job in (counts("a"), refuses, counts("b"))]
    await asyncio.sleep(0)
    gate.set()
    faults = await asyncio.gather(*tasks, return_exceptions=True)
    await held
    assert ran == ["a", "refuses", "b"]
    assert isinstance(faults[1], LookupError)
    assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=2)


async def test_when_the_commit_fails_every_caller_of_the_batch_hears_of_it(store: Store) -> None:
    def refuse(_conn: Connection) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk on fire"))

    gate = threading.Event()
    held = await held_up(store, gate)
    moves = [earn(10) for _ in range(5)]
    tasks = [asyncio.create_task(store.apply(move)) for move in moves]
    await asyncio.sleep(0)
    sa.event.listen(store.engine, "commit", refuse)
    gate.set()
    answers = await asyncio.gather(*tasks, held, return_exceptions=True)
    assert {type(answer) for answer in answers} == {CommitFailed}
    assert "disk on fire" in str(answers[0])
    sa.event.remove(store.engine, "commit", refuse)
    receipts = [(await store.apply(move))[0] for move in moves]
    assert [receipt.replayed for receipt in receipts] == [False] * 5


async def test_a_lost_connection_is_told_and_asking_again_is_safe(store: Store, url: str) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("an embedded database has no connection to lose")
    move = earn(10)

    def cut(conn: Connection) -> None:
        ledger.transfer(conn, move)
        other = sa.create_engine(url, poolclass=sa.NullPool)
        with other.connect() as beside:
            pid = conn.scalar(sa.text("SELECT pg_backend_pid()"))
            beside.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        conn.execute(sa.text("SELECT 1"))

    with pytest.raises(CommitFailed):
        await store.run(cut)
    (receipt,) = await store.apply(move)
    assert not receipt.replayed


async def test_a_job_that_hides_a_failed_statement_takes_nobodys_write_with_it(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("an embedded database goes on after a failed statement")

    def hides(conn: Connection) -> str:
        with contextlib.suppress(sa.exc.DBAPIError):
            conn.execute(sa.text("SELECT 1 FROM nowhere_at_all"))
        return "fine"

    gate = threading.Event()
    held = await held_up(store, gate)
    good = [asyncio.create_task(store.run(lambda conn: ledger.transfer(conn, earn(1)))) for _ in range(5)]
    bad = asyncio.create_task(store.run(hides))
    await asyncio.sleep(0)
    gate.set()
    await held
    assert await asyncio.gather(*good)
    with pytest.raises(Exception, match=r"failed|aborted"):
        await bad
    assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=5)
    with pytest.raises(RuntimeError, match="had failed"):
        await store.run(hides)


async def test_a_job_that_hides_a_full_disk_takes_nobodys_write_with_it(tmp_path: Path) -> None:
    def hides(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
        with contextlib.suppress(sqlite3.OperationalError):
            ledger.transfer(conn, earn(1, details={f"note {n}": "x" * 4_000 for n in range(9)}))
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")

    async with Store.open(f"sqlite:///{tmp_path / 'ledger.db'}") as store:
        create_schema(store.engine)
        gate = threading.Event()
        held = await held_up(store, gate)
        good = [asyncio.create_task(store.run(lambda conn: ledger.transfer(conn, earn(1)))) for _ in range(5)]
        bad = asyncio.create_task(store.run(hides))
        await asyncio.sleep(0)
        gate.set()
        await held
        assert await asyncio.gather(*good)
        with pytest.raises(RuntimeError, match="had failed"):
            await bad
        assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=5)


async def test_two_processes_worth_of_stores_may_write_the_same_books_at_once(url: str) -> None:
    async with Store.open(url) as one, Store.open(url) as two:
        create_schema(one.engine)
        moves = [earn(1, member=f"m{number % 7}") for number in range(200)]
        answers = await asyncio.gather(
            *(store.apply(move) for move in moves for store in (one, two)), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {tuple}
        report = await one.read(verify)
        assert report.ok, report.faults
        assert (report.books, report.moves) == (7, 200)


async def test_jobs_that_lock_in_opposite_order_both_get_through(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("an embedded database has one writer at a time; nothing can be locked crosswise")
    meeting = threading.Barrier(2)
    tries = []

    def job(first: str, second: str) -> Callable[[Connection], int]:
        def both(conn: Connection) -> int:
            tries.append(first)
            ledger.transfer(conn, earn(1, member=first))
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(5 if len(tries) <= 2 else 0)
            return ledger.transfer(conn, earn(1, member=second)).points

        return both

    async with Store.open(url) as store, Store.open(url) as two:
        create_schema(store.engine)
        await store.apply(earn(1, member="m1"))
        await store.apply(earn(1, member="m2"))
        assert await asyncio.gather(store.run(job("m1", "m2")), two.run(job("m2", "m1"))) == [1, 1]
        assert len(tries) > 2
        assert (await store.read(verify)).moves == 6


@pytest.mark.parametrize("key", ["books_pkey", "books_pkey_102008"], ids=["of the table", "of a shard"])
async def test_two_gateways_that_make_the_same_new_book_both_get_through(url: str, key: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("an embedded database has one writer at a time")
    made = threading.Event()

    def make_first(conn: Connection) -> None:
        ledger.transfer(conn, earn(1))
        made.set()
        waiting = 0
        while not waiting:  # for the other, who has seen no book, until it meets this one's
            waiting = conn.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0

    async with Store.open(url) as store, Store.open(url) as two:
        create_schema(store.engine)
        if key != "books_pkey":
            await store.run(lambda conn: conn.execute(sa.text(f"ALTER INDEX books_pkey RENAME TO {key}")))
        first = asyncio.create_task(store.run(make_first))
        assert await asyncio.to_thread(made.wait, 30)
        await two.apply(earn(1))
        await first
        assert (await store.read(verify)).moves == 2


async def test_a_writer_that_never_lets_go_is_told_as_busy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core_ledger.engines.LOCK_WAIT_S", 0.01)
    monkeypatch.setattr("core_ledger.batch.ATTEMPTS", 2)
    async with Store.open(url) as store, Store.open(url) as two:
        create_schema(store.engine)
        await store.apply(earn(1))
        gate, inside = threading.Event(), threading.Event()

        def keep(conn: Connection) -> None:
            ledger.transfer(conn, earn(1))
            inside.set()
            gate.wait(10)

        keeping = asyncio.create_task(store.run(keep))
        await asyncio.to_thread(inside.wait, 10)
        with pytest.raises(Busy, match="nothing was written"):
            await two.apply(earn(1))
        gate.set()
        await keeping


async def test_a_ledger_in_memory_works_the_same() -> None:
    async with Store.open("sqlite://") as store:
        create_schema(store.engine)
        await store.apply(earn(900))
        assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=900)
        assert store.read_now(lambda conn: ledger.total(conn, RESERVE)) == 900


def test_a_command_line_needs_no_event_loop(url: str) -> None:
    store = Store.open(url)
    create_schema(store.engine)
    assert store.run_now(lambda conn: ledger.transfer(conn, earn(900))).seq == 1
    with pytest.raises(NotEnoughPoints):
        store.run_now(lambda conn: ledger.transfer(conn, allocate(901)))
    assert store.read_now(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=900)
    store.close_now()


async def test_a_bulk_of_new_members_goes_through_in_one_job(store: Store) -> None:
    moves = [
        Transfer(
            id=f"grant-{number}",
            book=chart.member_book(f"m{number}"),
            source=chart.granted("082163"),
            target=chart.municipal(f"m{number}", "082163", "kasama"),
            points=1000,
            at=earn().at,
            kind="grant",
            issued_on=earn().issued_on,
        )
        for number in range(2_500)
    ]
    steps: list[tuple[int, int]] = []
    results = await store.run(lambda conn: transfer_many(conn, moves, lambda *step: steps.append(step)))
    assert {type(result) for result in results} == {Receipt}
    assert steps == [(2000, 2500), (2500, 2500)]
    assert await store.read(lambda conn: ledger.total(conn, chart.granted("082163"))) == -2_500_000
    assert (await store.read(verify)).ok


async def test_a_damaged_book_does_not_hold_up_its_neighbours(store: Store) -> None:
    await store.apply(earn(900))
    await store.run(lambda conn: conn.execute(sa.text("UPDATE accounts SET heaps = '{' WHERE heaps <> '{}'")))
    gate = threading.Event()
    held = await held_up(store, gate)
    damaged = asyncio.create_task(store.apply(allocate(1)))
    sound = [asyncio.create_task(store.apply(earn(1, member=f"m{number}"))) for number in range(5)]
    await asyncio.sleep(0)
    gate.set()
    assert len(await asyncio.gather(*sound)) == 5
    with pytest.raises(Damaged, match=f"the heaps of {RESERVE}"):
        await damaged
    await held


async def test_the_text_of_a_database_error_holds_no_value_of_its_statement(store: Store) -> None:
    def job(conn: Connection) -> None:
        conn.execute(sa.text("SELECT * FROM no_such_table WHERE name = :secret"), {"secret": "sesame"})

    for ask in (store.run, store.read):
        with pytest.raises(sa.exc.DBAPIError) as fault:
            await ask(job)
        assert "no_such_table" in str(fault.value)
        assert "sesame" not in str(fault.value)
