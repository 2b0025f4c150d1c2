"""Moves for tests, in the words of the trade: Saison's points come in, a reserve is allocated, a shop is paid."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from core_ledger import Hold, Post, Transfer, Void, chart

NOW = datetime(2018, 7, 31, 14, 59, tzinfo=UTC)
DAY = date(2018, 7, 31)
ALICE = "a0000001"
BOOK = chart.member_book(ALICE)
RESERVE = chart.reserve(ALICE)
KASAMA = chart.municipal(ALICE, "082163", "kasama-ouen")
SAISON = chart.partner_due("saison")
SHOP = chart.shop("082163", "s1")
_ids = count(1)


def fresh_id() -> str:
    """Make an id that no other move of this run has."""
    return f"t{next(_ids):06d}"


def earn(points: int = 900, *, member: str = ALICE, issued_on: date = DAY, **changes: Any) -> Transfer:
    """Bring points from Saison into a member's reserve."""
    transfer = Transfer(
        id=fresh_id(),
        book=chart.member_book(member),
        source=SAISON,
        target=chart.reserve(member),
        points=points,
        at=NOW,
        kind="exchange",
        issued_on=issued_on,
    )
    return replace(transfer, **changes)


def allocate(points: int, **changes: Any) -> Transfer:
    """Move points from the reserve to Kasama."""
    transfer = Transfer(
        id=fresh_id(), book=BOOK, source=RESERVE, target=KASAMA, points=points, at=NOW, kind="allocate"
    )
    return replace(transfer, **changes)


def hold_in(points: int = 900, **changes: Any) -> Hold:
    """Promise points from Saison to the reserve."""
    hold = Hold(
        id=fresh_id(),
        book=BOOK,
        source=SAISON,
        target=RESERVE,
        points=points,
        at=NOW,
        kind="exchange",
        issued_on=DAY,
    )
    return replace(hold, **changes)


def hold_out(points: int, **changes: Any) -> Hold:
    """Set points of the reserve aside for Kasama."""
    hold = Hold(
        id=fresh_id(), book=BOOK, source=RESERVE, target=KASAMA, points=points, at=NOW, kind="allocate"
    )
    return replace(hold, **changes)


def posted(hold: Hold, **changes: Any) -> Post:
    """Post a hold a second later."""
    return replace(
        Post(id=fresh_id(), book=hold.book, hold=hold.id, at=NOW + timedelta(seconds=1)), **changes
    )


def voided(hold: Hold, **changes: Any) -> Void:
    """Void a hold a second later."""
    return replace(
        Void(id=fresh_id(), book=hold.book, hold=hold.id, at=NOW + timedelta(seconds=1)), **changes
    )
