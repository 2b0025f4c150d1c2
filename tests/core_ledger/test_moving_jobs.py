"""Jobs that yield their moves: made together with everybody's, and for each job as if it had run alone."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger import (
    BadMove,
    Balance,
    Hold,
    Moving,
    NotEnoughPoints,
    Receipt,
    Store,
    Transfer,
    chart,
    create_schema,
    ledger,
    verify,
)
from core_ledger.moving_jobs import MovingJob, waves
from tests.core_ledger.samples import earn, hold_in, posted

notes = sa.Table("notes", sa.MetaData(), sa.Column("note", sa.Text))
A, B, C = "a0000001", "b0000002", "c0000003"


@pytest.fixture
async def alone(url: str) -> AsyncIterator[Store]:
    """A store with one writer, and a table of notes beside the ledger."""
    async with Store.open(url, writers=1) as store:
        create_schema(store.engine)
        notes.drop(store.engine, checkfirst=True)
        notes.create(store.engine)
        yield store
        notes.drop(store.engine)


def spend(member: str, points: int) -> Transfer:
    given = earn(points, member=member)
    return Transfer(
        id=given.id, book=given.book, source=given.target, target=chart.shop("082163", "s1"), points=points,
        at=given.at, kind="spend",
    )  # fmt: skip


async def together(store: Store, *jobs: tuple[str, MovingJob[object]]) -> list[object]:
    """Hand jobs in while the writer is held up, so that they wait for each other; what each answers or raises."""
    gate, there = threading.Event(), threading.Event()

    def wait(_conn: Connection) -> None:
        there.set()
        gate.wait(10)

    held = asyncio.create_task(store.run(wait))
    await asyncio.to_thread(there.wait, 10)
    waiting: list[Awaitable[object]] = [
        asyncio.ensure_future(store.run_moving(job, book=chart.member_book(member))) for member, job in jobs
    ]
    await asyncio.sleep(0)
    gate.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


def note(conn: Connection, text: str) -> None:
    conn.execute(notes.insert().values(note=text))


async def noted(store: Store) -> list[str]:
    return await store.read(lambda conn: sorted(conn.execute(sa.select(notes.c.note)).scalars()))


async def balance(store: Store, member: str) -> Balance:
    book, account = chart.member_book(member), chart.reserve(member)
    return await store.read(lambda conn: ledger.balance(conn, book, account))


class Story:
    """Jobs that tell in which order their halves ran."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def earning(self, member: str, name: str) -> tuple[str, MovingJob[object]]:
        def job(conn: Connection) -> Moving[object]:
            self.told.append(f"{name} begins")
            note(conn, name)
            receipts = yield [earn(10, member=member)]
            self.told.append(f"{name} ends")
            note(conn, f"{name} too")
            return receipts[0].seq

        return member, job


class TestSideBySide:
    async def test_jobs_about_different_books_make_their_moves_together(self, alone: Store) -> None:
        story = Story()
        answers = await together(alone, story.earning(A, "a"), story.earning(B, "b"), story.earning(C, "c"))
        assert answers == [1, 1, 1]
        assert story.told == ["a begins", "b begins", "c begins", "a ends", "b ends", "c ends"]
        assert await noted(alone) == ["a", "a too", "b", "b too", "c", "c too"]
        assert await balance(alone, A) == Balance(posted=10)

    async def test_the_second_job_about_a_book_begins_when_the_first_has_ended(self, alone: Store) -> None:
        story = Story()
        answers = await together(
            alone, story.earning(A, "first"), story.earning(B, "b"), story.earning(A, "second")
        )
        assert answers == [1, 1, 2]
        assert story.told.index("first ends") < story.told.index("second begins")
        assert story.told.index("b begins") < story.told.index("first ends")

    def test_each_book_is_once_in_a_wave_and_keeps_its_order(self) -> None:
        assert list(waves(["a", "b", "a", "c", "a", "b"])) == [[0, 1, 3], [2, 5], [4]]
        assert list(waves([])) == []


class TestOneJob:
    async def test_it_may_yield_several_times_or_never(self, alone: Store) -> None:
        def twice(conn: Connection) -> Moving[object]:
            first = yield [earn(10, member=A), earn(5, member=A)]
            second = yield [spend(A, 15)]
            return [receipt.seq for receipt in (*first, *second)]

        def never(conn: Connection) -> Moving[object]:
            yield from ()
            note(conn, "looked")
            return "nothing to move"

        assert await together(alone, (A, twice), (B, never)) == [[1, 2, 3], "nothing to move"]
        assert await balance(alone, A) == Balance()
        assert await noted(alone) == ["looked"]

    async def test_a_refusal_is_raised_where_the_moves_were_yielded(self, alone: Store) -> None:
        def careful(conn: Connection) -> Moving[object]:
            try:
                yield [spend(A, 1)]
            except NotEnoughPoints as refusal:
                note(conn, "refused")
                return str(refusal)
            raise AssertionError("points from nowhere")

        (answer,) = await together(alone, (A, careful))
        assert "has 0 points" in str(answer)
        assert await noted(alone) == ["refused"]

    async def test_it_runs_alone_as_it_runs_in_company(self, alone: Store) -> None:
        receipts: list[Receipt] = await alone.run_moving(one_earning, book=chart.member_book(A))
        assert [receipt.seq for receipt in receipts] == [1]


async def test_two_gateways_that_are_asked_twice_for_everything_write_it_once(url: str) -> None:
    async with Store.open(url) as one, Store.open(url) as other:
        create_schema(one.engine)
        members = [f"m{number:07d}" for number in range(8)]
        holds = [
            replace(
                hold_in(10),
                id=f"h{member}-{turn}",
                book=chart.member_book(member),
                target=chart.reserve(member),
            )
            for member in members
            for turn in range(6)
        ]

        def promise(hold: Hold) -> MovingJob[int]:
            def job(_conn: Connection) -> Moving[int]:
                return (yield [hold])[0].seq

            return job

        def keep(hold: Hold) -> MovingJob[int]:
            def job(_conn: Connection) -> Moving[int]:
                return (yield [posted(hold, id=f"p{hold.id}")])[0].seq

            return job

        for step in (promise, keep):
            asked = [
                store.run_moving(step(hold), book=hold.book) for hold in holds for store in (one, other, one)
            ]
            answers = await asyncio.gather(*asked)
            assert answers[0::3] == answers[1::3] == answers[2::3]
        report = await one.read(verify)
        assert report.ok, report.faults
        assert report.moves == 2 * len(holds)


def one_earning(_conn: Connection) -> Moving[list[Receipt]]:
    return (yield [earn(1, member=A)])


class TestAJobThatFails:
    @pytest.mark.parametrize(
        "fault", ["before its moves", "by its moves", "by a move that cannot be", "after its moves"]
    )
    async def test_fails_alone_and_leaves_nothing(self, alone: Store, fault: str) -> None:
        def fails(conn: Connection) -> Moving[object]:
            note(conn, "never seen")
            if fault == "before its moves":
                raise LookupError(fault)
            if fault == "by its moves":
                yield [earn(3, member=B), spend(B, 4)]
            if fault == "by a move that cannot be":
                yield [earn(0, member=B)]
            yield [earn(3, member=B)]
            raise LookupError(fault)

        story = Story()
        first, failed, last = await together(alone, story.earning(A, "a"), (B, fails), story.earning(C, "c"))
        assert (first, last) == (1, 1)
        kinds = {"by its moves": NotEnoughPoints, "by a move that cannot be": BadMove}
        assert isinstance(failed, kinds.get(fault, LookupError))
        assert await noted(alone) == ["a", "a too", "c", "c too"]
        assert await balance(alone, B) == Balance()
        assert not (await alone.read(verify)).faults

    async def test_does_not_pass_for_a_success_after_a_statement_failed(self, alone: Store) -> None:
        def goes_on(conn: Connection) -> Moving[object]:
            with contextlib.suppress(sa.exc.DBAPIError):
                conn.exec_driver_sql("SELECT 1 FROM nowhere_at_all")
            receipts = yield [earn(3, member=B)]
            return receipts[0].seq

        story = Story()
        first, answer = await together(alone, story.earning(A, "a"), (B, goes_on))
        assert first == 1
        # SQLite goes on after a failed statement; PostgreSQL gives the transaction up, and nothing of the job stays.
        assert (await balance(alone, B) == Balance(posted=3)) is (answer == 1)
