"""A partner's own book: what it takes, what it refuses, what it still knows after a restart."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import JST
from gateway.testkit.sandbox import Book, BookBroken, EntryState, OrderIdReused, debits

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)


@pytest.fixture
def book(tmp_path):
    opened = Book(tmp_path / "book.sqlite")
    opened.submit(lambda db: debits.put_balance(db, "taro", "points", 1_000)).result()
    yield opened
    opened.close()


async def test_a_debit_is_taken_once_and_answered_the_same_again(book):
    first = await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 300}, NOON))
    again = await book.run(
        lambda db: debits.debit(db, "x-1", "taro", {"points": 300}, NOON + timedelta(days=1))
    )
    assert first == again
    assert await book.run(lambda db: debits.balances(db, "taro")) == {"points": 700}


@pytest.mark.parametrize(("holder", "points"), [("taro", 301), ("hanako", 300)])
async def test_an_order_id_with_another_content_is_an_error(book, holder, points):
    await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 300}, NOON))
    with pytest.raises(OrderIdReused):
        await book.run(lambda db: debits.debit(db, "x-1", holder, {"points": points}, NOON))
    assert await book.run(lambda db: debits.balances(db, "taro")) == {"points": 700}


async def test_a_refusal_stays_a_refusal_when_points_come_in(book):
    refused = await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 1_001}, NOON))
    await book.run(lambda db: debits.put_balance(db, "taro", "points", 5_000))
    again = await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 1_001}, NOON))
    assert (refused.state, refused.reason, again) == (EntryState.REFUSED, "not_enough", refused)


@pytest.mark.parametrize("lines", [{}, {"points": 0}, {"points": -1}, {"points": 1.0}, {"points": True}])
async def test_what_is_not_a_whole_positive_number_is_not_taken(book, lines):
    with pytest.raises(ValueError, match="whole, positive"):
        await book.run(lambda db: debits.debit(db, "x-1", "taro", lines, NOON))
    assert await book.run(lambda db: debits.find(db, "x-1")) is None


async def test_a_job_that_fails_leaves_its_neighbours_in_the_batch_alone(book):
    def half_done(db):
        debits.put_balance(db, "taro", "points", 7)
        raise LookupError("the job's own error")

    answers = await asyncio.gather(
        *(
            book.run(lambda db, n=n: debits.debit(db, f"x-{n}", "taro", {"points": 10}, NOON))
            for n in range(20)
        ),
        book.run(half_done),
        *(
            book.run(lambda db, n=n: debits.debit(db, f"y-{n}", "taro", {"points": 10}, NOON))
            for n in range(20)
        ),
        return_exceptions=True,
    )
    assert [type(it) for it in answers if isinstance(it, BaseException)] == [LookupError]
    assert await book.run(lambda db: debits.balances(db, "taro")) == {"points": 600}


async def test_a_batch_that_cannot_be_committed_answers_everybody_and_writes_nothing(book, tmp_path):
    other = sqlite3.connect(tmp_path / "book.sqlite", isolation_level=None)
    await book.run(lambda db: db.execute("SELECT 1"))
    book._db.execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    answers = await asyncio.gather(
        *(
            book.run(lambda db, n=n: debits.debit(db, f"x-{n}", "taro", {"points": 10}, NOON))
            for n in range(3)
        ),
        return_exceptions=True,
    )
    other.execute("ROLLBACK")
    other.close()
    assert [type(it) for it in answers] == [BookBroken] * 3
    assert await book.run(debits.every_debit) == []


async def test_what_was_answered_is_there_after_a_restart(tmp_path):
    path = tmp_path / "again.sqlite"
    book = Book(path)
    await book.run(lambda db: debits.put_balance(db, "taro", "points", 500))
    done = await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 200}, NOON))
    waits = await book.run(lambda db: debits.debit(db, "x-2", "taro", {"points": 200}, NOON, later=True))
    book.close()
    book.close()
    with pytest.raises(BookBroken):
        await book.run(debits.every_debit)
    again = Book(path)
    assert await again.run(debits.every_debit) == [done, waits]
    assert await again.run(lambda db: debits.finish(db, "x-2").state) is EntryState.DONE
    assert await again.run(lambda db: debits.balances(db, "taro")) == {"points": 100}
    again.close()


async def test_a_reversal_is_given_once_and_never_in_sum_more_than_was_taken(book):
    await book.run(lambda db: debits.debit(db, "x-1", "taro", {"points": 300}, NOON))
    first = await book.run(lambda db: debits.give_back(db, "r-1", "x-1", {"points": 200}, NOON))
    assert await book.run(lambda db: debits.give_back(db, "r-1", "x-1", {"points": 200}, NOON)) == first
    with pytest.raises(OrderIdReused):
        await book.run(lambda db: debits.give_back(db, "r-1", "x-1", {"points": 100}, NOON))
    refused = await book.run(lambda db: debits.give_back(db, "r-2", "x-1", {"points": 101}, NOON))
    assert refused.reason == "more_than_was_taken"
    unknown = await book.run(lambda db: debits.give_back(db, "r-3", "x-9", {"points": 1}, NOON))
    assert unknown.reason == "unknown_order"
    assert await book.run(lambda db: debits.balances(db, "taro")) == {"points": 900}


async def test_a_day_is_a_day_in_japan(book):
    midnight = datetime(2018, 8, 1, tzinfo=JST)
    for name, at in (("x-1", midnight - timedelta(microseconds=1)), ("x-2", midnight)):
        await book.run(lambda db, name=name, at=at: debits.debit(db, name, "taro", {"points": 1}, at))
    july = await book.run(lambda db: debits.debits_of(db, date(2018, 7, 31)))
    august = await book.run(lambda db: debits.debits_of(db, date(2018, 8, 1)))
    assert ([it.order_id for it in july], [it.order_id for it in august]) == (["x-1"], ["x-2"])
    assert july[0].at == midnight - timedelta(microseconds=1)


steps = st.lists(
    st.tuples(
        st.sampled_from(["debit", "late", "finish", "give_back"]),
        st.integers(1, 6),
        st.integers(1, 6),
        st.integers(1, 400),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_whatever_is_asked_points_are_neither_made_nor_lost(asked):
    book = Book(None)
    book.submit(lambda db: debits.put_balance(db, "taro", "points", 1_000)).result()

    def play(db, step):
        what, order, reversal, points = step
        match what:
            case "debit" | "late":
                debits.debit(db, f"x-{order}", "taro", {"points": points}, NOON, later=what == "late")
            case "finish":
                debits.finish(db, f"x-{order}")
            case "give_back":
                debits.give_back(db, f"r-{reversal}", f"x-{order}", {"points": points}, NOON)

    for step in asked:
        try:
            book.submit(lambda db, step=step: play(db, step)).result()
        except (OrderIdReused, LookupError):
            continue
    held = book.submit(lambda db: debits.balances(db, "taro")).result()["points"]
    entries = book.submit(debits.every_debit).result()
    book.close()
    taken = sum(sum(it.lines.values()) for it in entries if it.state is EntryState.DONE)
    back = sum(sum(it.given_back.values()) for it in entries)
    assert held == 1_000 - taken + back
    assert held >= 0
    assert all(sum(it.given_back.values()) <= sum(it.lines.values()) for it in entries)
