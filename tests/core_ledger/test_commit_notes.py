"""What a transaction notes is handed on once it is committed; what was undone is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import Store, add_notes
from core_ledger.batch import Around, Outcome, Work, write_batch
from core_ledger.futures import answer


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store.open(f"sqlite:///{tmp_path / 'notes.db'}")
    opened.run_now(lambda conn: conn.execute(sa.text("CREATE TABLE words (word text PRIMARY KEY)")))
    yield opened
    opened.close_now()


def write(word: str, fault: Exception | None = None) -> Work:
    def job(conn: sa.Connection) -> None:
        conn.execute(sa.text("INSERT INTO words VALUES (:word)"), {"word": word})
        add_notes(conn, [word])
        if fault is not None:
            raise fault

    return Work(job, None, None, Future())


def words(store: Store) -> list[str]:
    return store.read_now(lambda conn: list(conn.scalars(sa.text("SELECT word FROM words ORDER BY word"))))


def test_a_job_that_fails_among_others_leaves_no_note(store: Store) -> None:
    noted: list[str] = []
    batch = [write("one"), write("two", ValueError("undone")), write("three")]
    outcomes = write_batch(store.engine, batch, Around(after=noted.extend))
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert noted == ["one", "three"]
    assert words(store) == ["one", "three"]


def test_what_the_commit_refuses_is_not_handed_on(store: Store) -> None:
    noted: list[str] = []

    def refuse(_conn: sa.Connection) -> None:
        raise RuntimeError("the disk is gone")

    sa.event.listen(store.engine, "commit", refuse)
    (outcome,) = write_batch(store.engine, [write("one")], Around(after=noted.extend))
    sa.event.remove(store.engine, "commit", refuse)
    assert outcome.error is not None
    assert noted == []


def test_notes_of_one_transaction_are_handed_on_together_and_end_with_it(store: Store) -> None:
    calls: list[list[str]] = []
    around = Around(after=lambda notes: calls.append(list(notes)))
    write_batch(store.engine, [write("one"), write("two")], around)
    write_batch(store.engine, [write("three")])
    write_batch(store.engine, [write("four")], around)
    assert calls == [["one", "two"], ["four"]]


class TestBeforeACommit:
    """What a store's owner adds to each transaction is in it, whole or not at all."""

    def add(self, conn: sa.Connection) -> None:
        count = conn.scalar(sa.text("SELECT count(*) FROM words"))
        conn.execute(sa.text("INSERT INTO words VALUES (:word)"), {"word": f"after {count}"})
        add_notes(conn, ["added"])

    def test_it_is_the_last_of_the_transaction_and_may_note_too(self, store: Store) -> None:
        noted: list[str] = []
        write_batch(store.engine, [write("one"), write("two")], Around(self.add, noted.extend))
        assert words(store) == ["after 2", "one", "two"]
        assert noted == ["one", "two", "added"]

    def test_it_is_done_again_with_the_batch_when_a_job_fails(self, store: Store) -> None:
        noted: list[str] = []
        batch = [write("one"), write("two", ValueError("undone"))]
        write_batch(store.engine, batch, Around(self.add, noted.extend))
        assert words(store) == ["after 1", "one"]
        assert noted == ["one", "added"]

    def test_where_it_fails_nothing_is_written_and_everybody_hears_it(self, store: Store) -> None:
        def fail(_conn: sa.Connection) -> None:
            raise RuntimeError("no room")

        outcomes = write_batch(store.engine, [write("one"), write("two")], Around(fail))
        assert [
            str(outcome.error) for outcome in outcomes if "Nothing was written" in str(outcome.error)
        ] == [str(outcomes[0].error)] * 2
        assert words(store) == []


async def test_each_caller_is_told_of_its_own_commit_after_it(tmp_path: Path) -> None:
    told: list[tuple[int, int, int, bool]] = []
    async with Store.open(f"sqlite:///{tmp_path / 'observed.db'}") as store:
        store.observe = lambda: lambda *commit: told.append(commit)
        await store.run(lambda conn: conn.execute(sa.text("CREATE TABLE words (word text PRIMARY KEY)")))
        with pytest.raises(ZeroDivisionError):
            await store.run(lambda _conn: 1 // 0)
    assert [is_written for *_, is_written in told] == [True, False]
    assert all(0 < began_ns <= ended_ns and size == 1 for began_ns, ended_ns, size, _ in told)


async def test_a_commit_has_ended_before_its_caller_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next step of a caller who is fast begins, in the trace, before the commit is over."""
    answered_ns: list[int] = []
    ends_ns: list[int] = []

    def note_and_answer(outcomes: Sequence[Outcome]) -> None:
        answered_ns.append(time.time_ns())
        answer(outcomes)

    monkeypatch.setattr("core_ledger.store.answer", note_and_answer)
    async with Store.open(f"sqlite:///{tmp_path / 'observed.db'}") as store:
        store.observe = lambda: lambda _began_ns, ended_ns, *_rest: ends_ns.append(ended_ns)
        await store.run(lambda conn: conn.execute(sa.text("CREATE TABLE words (word text PRIMARY KEY)")))
    assert len(ends_ns) == len(answered_ns) == 1
    assert ends_ns[0] <= answered_ns[0]


async def test_an_observer_that_fails_keeps_nobody_waiting(tmp_path: Path) -> None:
    def fail(*_commit: object) -> None:
        raise RuntimeError("the collector is gone")

    async with Store.open(f"sqlite:///{tmp_path / 'observed.db'}") as store:
        store.observe = lambda: fail
        await store.run(lambda conn: conn.execute(sa.text("CREATE TABLE words (word text PRIMARY KEY)")))
        for word in ("one", "two"):
            insert = sa.text("INSERT INTO words VALUES (:word)").bindparams(word=word)
            async with asyncio.timeout(30):
                await store.run(lambda conn, insert=insert: conn.execute(insert))
        assert words(store) == ["one", "two"]
