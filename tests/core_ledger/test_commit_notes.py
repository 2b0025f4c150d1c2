"""What a transaction notes is handed on once it is committed; what was undone is not."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import Store, add_notes
from core_ledger.batch import Work, write_batch


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
    outcomes = write_batch(store.engine, batch, noted.extend)
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert noted == ["one", "three"]
    assert words(store) == ["one", "three"]


def test_what_the_commit_refuses_is_not_handed_on(store: Store) -> None:
    noted: list[str] = []

    def refuse(_conn: sa.Connection) -> None:
        raise RuntimeError("the disk is gone")

    sa.event.listen(store.engine, "commit", refuse)
    (outcome,) = write_batch(store.engine, [write("one")], noted.extend)
    sa.event.remove(store.engine, "commit", refuse)
    assert outcome.error is not None
    assert noted == []


def test_notes_of_one_transaction_are_handed_on_together_and_end_with_it(store: Store) -> None:
    calls: list[list[str]] = []
    write_batch(store.engine, [write("one"), write("two")], lambda notes: calls.append(list(notes)))
    write_batch(store.engine, [write("three")])
    write_batch(store.engine, [write("four")], lambda notes: calls.append(list(notes)))
    assert calls == [["one", "two"], ["four"]]
