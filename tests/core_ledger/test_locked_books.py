"""Books that are looked into and then moved in, as one thing, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from core_ledger import BadMove, IdReused, LockedBooks, NotEnoughPoints, Store, ledger
from core_ledger.chart import member_book, reserve
from core_ledger.transfers import Hold
from tests.core_ledger.samples import BOOK, DAY, KASAMA, NOW, RESERVE, allocate, earn, fresh_id

BOB = "b0000001"


async def test_what_is_seen_is_what_the_moves_meet_and_what_they_leave(store: Store) -> None:
    yesterday = DAY - timedelta(days=1)
    await store.apply(earn(500), earn(400, issued_on=yesterday), earn(300, member=BOB))
    transfers = [allocate(600), allocate(200, book=member_book(BOB), source=reserve(BOB))]

    def job(conn):
        books = LockedBooks(conn, transfers)
        seen = books.available(BOOK, RESERVE), sorted(books.days(BOOK, RESERVE))
        answers = books.apply(transfers[:1])
        return seen, answers, books.available(BOOK, RESERVE), books.available(member_book(BOB), reserve(BOB))

    seen, (receipt,), left, bobs = await store.run(job)
    assert seen == (900, [yesterday, DAY])
    assert [(lot.issued_on, lot.points) for lot in receipt.lot_movements] == [(yesterday, 400), (DAY, 200)]
    assert (left, bobs) == (300, 300)
    assert await store.read(lambda conn: ledger.balance(conn, BOOK, KASAMA)) == ledger.Balance(posted=600)
    assert (await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE))).posted == 300


async def test_points_on_hold_are_not_available_and_an_account_that_never_was_has_none(store: Store) -> None:
    hold = Hold(id=fresh_id(), book=BOOK, source=RESERVE, target=KASAMA, points=900, at=NOW, kind="k")
    await store.apply(earn(900), hold)
    transfer = allocate(1)

    def job(conn):
        books = LockedBooks(conn, [transfer])
        return [(books.available(BOOK, name), books.days(BOOK, name)) for name in (RESERVE, KASAMA)]

    assert await store.run(job) == [(0, []), (0, [])]


async def test_each_move_is_refused_alone_and_one_that_is_known_is_answered_again(store: Store) -> None:
    done = allocate(100)
    await store.apply(earn(900), done)
    transfers = [done, allocate(5_000), allocate(101, id=done.id), allocate(300)]
    again, too_much, reused, made = await store.run(
        lambda conn: LockedBooks(conn, transfers).apply(transfers)
    )
    assert again.replayed
    assert isinstance(too_much, NotEnoughPoints)
    assert isinstance(reused, IdReused)
    assert (made.points, made.replayed) == (300, False)
    assert (await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE))).posted == 500


async def test_a_move_that_makes_no_sense_opens_no_book(store: Store) -> None:
    with pytest.raises(BadMove):
        await store.run(lambda conn: LockedBooks(conn, [allocate(0)]))


async def test_an_open_book_is_held_so_that_two_who_saw_the_same_cannot_both_take_it(store: Store) -> None:
    await store.apply(earn(900))

    def take(conn):
        transfers = [allocate(900)]
        books = LockedBooks(conn, transfers)
        return isinstance(books.apply(transfers)[0], NotEnoughPoints), books.available(BOOK, RESERVE)

    found = await asyncio.gather(*(store.run(take) for _ in range(8)))
    assert sorted(found) == [(False, 0)] + [(True, 0)] * 7
