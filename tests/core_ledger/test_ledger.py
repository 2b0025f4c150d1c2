"""What the ledger does with points: transfers, holds, heaps, and what it refuses."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from core_ledger import (
    BadMove,
    Balance,
    Entry,
    HoldAlreadyResolved,
    IdReused,
    Lot,
    LotMovement,
    NotEnoughPoints,
    Store,
    Transfer,
    UnknownHold,
    entries,
    ledger,
    references,
    transfer_many,
)
from core_ledger.transfers import check
from tests.core_ledger.samples import (
    BOOK,
    DAY,
    KASAMA,
    NOW,
    RESERVE,
    SAISON,
    SHOP,
    allocate,
    earn,
    fresh_id,
    hold_in,
    hold_out,
    posted,
    voided,
)


async def balance(store: Store, account: str) -> Balance:
    return await store.read(lambda conn: ledger.balance(conn, BOOK, account))


async def test_points_that_come_in_are_there_with_their_day(store: Store) -> None:
    (receipt,) = await store.apply(earn(900))
    assert (receipt.seq, receipt.points, receipt.lot_movements, receipt.replayed) == (
        1,
        900,
        (LotMovement(DAY, 900),),
        False,
    )
    assert await balance(store, RESERVE) == Balance(posted=900)
    assert await balance(store, SAISON) == Balance(posted=-900)
    assert await store.read(lambda conn: ledger.lots(conn, BOOK, RESERVE)) == (
        Lot(issued_on=DAY, points=900, held=0),
    )


async def test_the_same_id_and_content_is_answered_as_the_first_time_even_later(store: Store) -> None:
    move = earn(900)
    (first,) = await store.apply(move)
    (again,) = await store.apply(replace(move, at=NOW + timedelta(hours=1)))
    assert again == replace(first, replayed=True)
    assert await balance(store, RESERVE) == Balance(posted=900)


async def test_the_same_id_with_other_content_is_an_error(store: Store) -> None:
    move = earn(900)
    await store.apply(move)
    with pytest.raises(IdReused, match=move.id):
        await store.apply(replace(move, points=901))
    assert await balance(store, RESERVE) == Balance(posted=900)


async def test_heaps_are_drawn_oldest_first_and_keep_their_days(store: Store) -> None:
    later = DAY + timedelta(days=3)
    await store.apply(earn(300, issued_on=later), earn(200))
    (receipt,) = await store.apply(allocate(250))
    assert receipt.lot_movements == (LotMovement(DAY, 200), LotMovement(later, 50))
    assert await store.read(lambda conn: ledger.lots(conn, BOOK, RESERVE)) == (
        Lot(issued_on=later, points=250, held=0),
    )
    assert await store.read(lambda conn: ledger.lots(conn, BOOK, KASAMA)) == (
        Lot(issued_on=DAY, points=200, held=0),
        Lot(issued_on=later, points=50, held=0),
    )


async def test_a_move_may_be_restricted_to_some_days_of_issue(store: Store) -> None:
    await store.apply(earn(100, issued_on=date(2018, 1, 1)), earn(100, issued_on=date(2018, 2, 1)), earn(100))
    transfer = allocate(100, issued_from=date(2018, 1, 2), issued_until=date(2018, 2, 1))
    (receipt,) = await store.apply(transfer)
    assert receipt.lot_movements == (LotMovement(date(2018, 2, 1), 100),)
    with pytest.raises(NotEnoughPoints) as refusal:
        await store.apply(replace(transfer, id=fresh_id()))
    assert refusal.value.available == 0


async def test_an_overdraft_is_refused_and_names_what_is_there(store: Store) -> None:
    await store.apply(earn(900))
    with pytest.raises(NotEnoughPoints, match=f"{RESERVE} has 900 .* 901 are wanted") as refusal:
        await store.apply(allocate(901))
    assert (refusal.value.wanted, refusal.value.available) == (901, 900)
    assert await balance(store, KASAMA) == Balance()


async def test_moves_of_one_call_are_written_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(NotEnoughPoints):
        await store.apply(earn(900), allocate(500), allocate(500))
    assert await balance(store, RESERVE) == Balance()
    receipts = await store.apply(earn(900), allocate(500), allocate(400))
    assert [receipt.seq for receipt in receipts] == [1, 2, 3]


async def test_a_hold_from_outside_is_a_promise_until_it_is_posted(store: Store) -> None:
    hold = hold_in(900, reference="order-1", details={"rate": "450"})
    await store.apply(hold)
    assert await balance(store, RESERVE) == Balance(coming=900)
    with pytest.raises(NotEnoughPoints):
        await store.apply(allocate(1))
    (receipt,) = await store.apply(posted(hold))
    assert receipt.lot_movements == (LotMovement(DAY, 900),)
    assert await balance(store, RESERVE) == Balance(posted=900)


async def test_a_hold_out_of_an_own_account_takes_its_heaps_at_once_and_void_gives_them_back(
    store: Store,
) -> None:
    hold = hold_out(500)
    await store.apply(earn(900), hold)
    assert await balance(store, RESERVE) == Balance(posted=900, held=500)
    assert (await balance(store, RESERVE)).available == 400
    with pytest.raises(NotEnoughPoints) as refusal:
        await store.apply(allocate(401))
    assert refusal.value.available == 400
    await store.apply(voided(hold, reason="declined"))
    assert await balance(store, RESERVE) == Balance(posted=900)
    assert await balance(store, KASAMA) == Balance()


async def test_posting_a_hold_moves_the_very_heaps_it_took(store: Store) -> None:
    hold = hold_out(500)
    await store.apply(earn(500), hold, earn(100, issued_on=DAY - timedelta(days=9)))
    (receipt,) = await store.apply(posted(hold))
    assert receipt.lot_movements == (LotMovement(DAY, 500),)
    assert await balance(store, KASAMA) == Balance(posted=500)


async def test_a_hold_is_resolved_once(store: Store) -> None:
    hold = hold_in()
    post = posted(hold)
    await store.apply(hold)
    (first,) = await store.apply(post)
    assert (await store.apply(post)) == (replace(first, replayed=True),)
    with pytest.raises(HoldAlreadyResolved, match=f"{hold.id} was resolved by the post {post.id}"):
        await store.apply(voided(hold))
    with pytest.raises(HoldAlreadyResolved):
        await store.apply(posted(hold))
    assert await balance(store, RESERVE) == Balance(posted=900)


async def test_a_hold_that_is_not_there_cannot_be_posted(store: Store) -> None:
    move = earn()
    await store.apply(move)
    with pytest.raises(UnknownHold):
        await store.apply(posted(hold_in()))
    with pytest.raises(UnknownHold):
        await store.apply(posted(hold_in(id=move.id)))


async def test_a_job_writes_its_own_state_and_moves_in_one_transaction(store: Store) -> None:
    def job(conn: Connection) -> None:
        ledger.transfer(conn, earn(900))
        ledger.transfer(conn, allocate(901))

    with pytest.raises(NotEnoughPoints):
        await store.run(job)
    assert await balance(store, RESERVE) == Balance()


async def test_one_bulk_gives_each_move_its_own_result(store: Store) -> None:
    good, bad, late = earn(100), allocate(101), allocate(100)
    seen: list[tuple[int, int]] = []
    results = await store.run(
        lambda conn: transfer_many(
            conn, [good, bad, late, replace(good, points=7)], lambda done, of: seen.append((done, of))
        )
    )
    assert [type(result).__name__ for result in results] == [
        "Receipt",
        "NotEnoughPoints",
        "Receipt",
        "IdReused",
    ]
    assert seen == [(4, 4)]


async def test_the_other_side_is_summed_over_books(store: Store) -> None:
    await store.apply(earn(900))
    await store.apply(earn(450, member="b0000002"))
    assert await store.read(lambda conn: ledger.total(conn, SAISON)) == -1350
    assert await store.read(lambda conn: ledger.total(conn, SHOP)) == 0


async def test_history_lists_one_line_per_transfer_newest_first_with_running_balance(store: Store) -> None:
    hold = hold_out(200, reference="allocation-1", details={"to": "笠間市"})
    await store.apply(earn(900, reference="order-1"), hold)
    await store.apply(posted(hold))
    lines = await store.read(lambda conn: ledger_entries(conn, RESERVE))
    assert [(line.points, line.balance, line.counterparty, line.reference) for line in lines] == [
        (-200, 700, KASAMA, "allocation-1"),
        (900, 900, SAISON, "order-1"),
    ]
    assert lines[0].hold == hold.id
    assert lines[0].details == {"to": "笠間市"}
    assert [line.points for line in await store.read(lambda conn: ledger_entries(conn, KASAMA))] == [200]


async def test_history_is_paged_by_the_last_line_seen(store: Store) -> None:
    await store.apply(earn(900))
    for _ in range(9):
        await store.apply(allocate(10))

    def job(conn: Connection) -> list[list[int]]:
        pages, before = [], None
        while page := ledger_entries(conn, RESERVE, before=before, limit=4):
            pages.append([line.seq for line in page])
            before = page[-1].seq
        return pages

    pages = await store.read(job)
    assert pages == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]


async def test_a_book_tells_what_its_newest_moves_of_a_kind_refer_to(store: Store) -> None:
    await store.apply(earn(900, reference="e1"), allocate(10, reference="a1"), earn(5, reference="e2"))
    await store.apply(earn(7, member="b0000002", reference="not Alice's"), allocate(20, reference="a2"))
    for kind, limit, found in (("exchange", 9, ["e2", "e1"]), ("allocate", 1, ["a2"]), ("spend", 9, [])):
        listed = await store.read(partial(references, book=BOOK, kind=kind, limit=limit))
        assert listed == found


def ledger_entries(conn: Connection, account: str, **filters: Any) -> list[Entry]:
    return entries(conn, BOOK, account, **filters)


async def test_a_sweep_finds_what_is_old_enough_page_by_page(store: Store) -> None:
    old = DAY - timedelta(days=14)
    for number in range(5):
        member = f"m{number}"
        await store.apply(earn(100 + number, member=member, issued_on=old), earn(7, member=member))
    lot_dues = await store.read(
        lambda conn: list(ledger.each_lot_due(conn, "member:*:reserve", old, limit=2))
    )
    assert [(due.book, due.points, due.issued_on) for due in lot_dues] == [
        (f"member:m{number}", 100 + number, old) for number in range(5)
    ]


async def test_a_balance_can_be_asked_for_a_past_moment(store: Store) -> None:
    hold = hold_out(200)
    await store.apply(earn(900), replace(hold, at=NOW + timedelta(minutes=1)))
    await store.apply(posted(hold, at=NOW + timedelta(minutes=2)))

    async def at(minutes: float) -> tuple[Balance, Balance]:
        moment = NOW + timedelta(minutes=minutes)
        return await store.read(
            lambda conn: (
                ledger.balance(conn, BOOK, RESERVE, moment),
                ledger.balance(conn, BOOK, KASAMA, moment),
            )
        )

    assert await at(-1) == (Balance(), Balance())
    assert await at(0) == (Balance(posted=900), Balance())
    assert await at(1.5) == (Balance(posted=900, held=200), Balance(coming=200))
    assert await at(2) == (Balance(posted=700), Balance(posted=200))


def test_a_transfer_must_touch_the_book() -> None:
    with pytest.raises(BadMove, match="neither"):
        check(
            Transfer(id="x", book=BOOK, source=SAISON, target=SHOP, points=1, at=NOW, kind="k", issued_on=DAY)
        )
