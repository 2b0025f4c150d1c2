"""What makes no sense is refused by name before any database is asked."""

from dataclasses import FrozenInstanceError, replace
from datetime import datetime

import pytest
from sqlalchemy import Connection

from core_ledger import BadMove, Balance, Lot, Move, Store, chart, ledger, transfer_many
from core_ledger.plan import MAX_BALANCE
from core_ledger.transfers import MAX_POINTS, check
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
    hold_in,
    hold_out,
    posted,
    voided,
)


def test_names_are_made_as_the_chart_says() -> None:
    assert chart.member_book("a1") == "member:a1"
    assert chart.municipality_book("082163") == "municipality:082163"
    assert chart.partner_book("saison") == "partner:saison"
    assert chart.reserve("a1") == "member:a1:reserve"
    assert chart.municipal("a1", "082163", "s") == "member:a1:municipality:082163:s"
    assert chart.event_share("a1", "e1") == "member:a1:event:e1"
    assert chart.event("e1") == "event:e1"
    assert chart.partner_due("saison") == "partner:saison:due"
    assert chart.funder("saison", "2018-07") == "funder:saison:2018-07"
    assert chart.granted("082163") == "municipality:082163:granted"
    assert chart.shop("082163", "s1") == "shop:082163:s1"
    assert chart.expired("reserve") == "expired:reserve"


def test_an_account_belongs_to_the_book_whose_name_it_continues() -> None:
    assert chart.owned("member:a1", "member:a1:reserve")
    assert not chart.owned("member:a1", "member:a10:reserve")
    assert not chart.owned("member:a1", "member:a1")


@pytest.mark.parametrize("text", ["", "a:b", "a\x00b", "a\nb", "a\x1fb", "\ud800", "x" * 301, None, 7])
def test_an_id_that_cannot_be_part_of_a_name_is_refused(text: object) -> None:
    with pytest.raises((BadMove, TypeError)):
        chart.member_book(text)


GOOD = [earn(), allocate(1), hold_in(), hold_out(1), posted(hold_in()), voided(hold_in())]


@pytest.mark.parametrize("move", GOOD, ids=lambda move: type(move).__name__)
def test_good_moves_pass_and_cannot_be_changed(move: Move) -> None:
    check(move)
    with pytest.raises((FrozenInstanceError, AttributeError)):
        move.id = "other"


@pytest.mark.parametrize(
    ("move", "field"),
    [
        ("not a move", "move"),
        (earn(id=""), "id"),
        (earn(id=7), "id"),
        (earn(id="a\x1fb"), "id"),
        (earn(book=""), "book"),
        (earn(source=""), "source"),
        (earn(target=None), "target"),
        (earn(kind=""), "kind"),
        (earn(at=datetime(2018, 7, 31)), "at"),
        (earn(at="2018-07-31"), "at"),
        (earn(0), "points"),
        (earn(-1), "points"),
        (earn(1.0), "points"),  # type: ignore[arg-type]
        (earn(True), "points"),
        (earn("1"), "points"),  # type: ignore[arg-type]
        (earn(MAX_POINTS + 1), "points"),
        (earn(target=SAISON), "target"),
        (earn(target=SHOP), "book"),
        (earn(issued_on=None), "issued_on"),  # type: ignore[arg-type]
        (earn(issued_on=NOW), "issued_on"),
        (earn(issued_from=DAY), "issued_from"),
        (earn(issued_until=DAY), "issued_from"),
        (allocate(1, issued_on=DAY), "issued_on"),
        (hold_out(1, issued_on=DAY), "issued_on"),
        (earn(reference="x" * 4001), "reference"),
        (earn(reference="\x00"), "reference"),
        (earn(reference="\x1f"), "reference"),
        (earn(reference="笠\udfff"), "reference"),
        (earn(reference=None), "reference"),
        (earn(details={"": "x"}), "details"),
        (earn(details={"k": 1}), "details[k]"),
        (replace(posted(hold_in()), hold=""), "hold"),
        (posted(hold_in(), reference="\x00"), "reference"),
        (voided(hold_in(), reason="\x00"), "reason"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_field(move: Move, field: str) -> None:
    with pytest.raises(BadMove, match=r"Nothing was written\.$") as refusal:
        check(move)
    assert refusal.value.field == field


async def test_a_bad_move_among_good_ones_is_refused_alone_in_a_bulk_and_with_all_in_a_call(
    store: Store,
) -> None:
    results = await store.run(lambda conn: transfer_many(conn, [earn(5), earn(0), earn(6)]))
    assert [type(result).__name__ for result in results] == ["Receipt", "BadMove", "Receipt"]
    with pytest.raises(BadMove):
        await store.apply(earn(5), earn(0))
    assert await store.read(lambda conn: ledger.balance(conn, BOOK, RESERVE)) == Balance(posted=11)
    assert await store.apply() == ()
    assert await store.run(lambda conn: ledger.apply(conn, [])) == []


async def test_an_account_never_leaves_the_range_of_whole_numbers(store: Store) -> None:
    full = [earn(MAX_POINTS) for _ in range(MAX_BALANCE // MAX_POINTS)]
    results = await store.run(lambda conn: transfer_many(conn, full))
    assert sum(result.points for result in results) == MAX_BALANCE
    with pytest.raises(BadMove, match="would pass"):
        await store.apply(earn(1))


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE moves; --", '"', "\\", "%", "笠間 🏯", "{a,b}", "NULL", "null"]
)
async def test_any_printable_text_comes_back_as_it_went_in(store: Store, text: str) -> None:
    book = f"member:{text}"
    move = replace(
        earn(5), id=text, book=book, target=f"{book}:reserve", kind=text, reference=text, details={text: text}
    )
    (receipt,) = await store.apply(move)
    (again,) = await store.apply(move)
    assert again == replace(receipt, replayed=True)
    from core_ledger import entries

    (line,) = await store.read(lambda conn: entries(conn, book, f"{book}:reserve"))
    assert (line.transfer_id, line.kind, line.reference, line.details) == (text, text, text, {text: text})


async def test_the_four_verbs_do_one_move_each(store: Store) -> None:
    hold, dropped = hold_in(10), hold_in(20)

    def job(conn: Connection) -> list[int]:
        return [
            ledger.transfer(conn, earn(5)).seq,
            ledger.hold(conn, hold).seq,
            ledger.hold(conn, dropped).seq,
            ledger.post(conn, posted(hold, reference="r", details={"a": "b"})).seq,
            ledger.void(conn, voided(dropped, reason="no")).seq,
        ]

    assert await store.run(job) == [1, 2, 3, 4, 5]
    assert await store.read(lambda conn: ledger.balances(conn, BOOK, f"{BOOK}:")) == {
        RESERVE: Balance(posted=15)
    }
    assert await store.read(lambda conn: ledger.lots(conn, BOOK, KASAMA)) == ()
    assert Lot(issued_on=DAY, points=5, held=2).available == 3
