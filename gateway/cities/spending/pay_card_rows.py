"""Cards for members without a phone, as rows: whose a card is, which one is valid, the PIN and the day. Sync functions of a Connection.

A holder is a member in one city. The holder's row names the one card that is valid, so there are never two; it is locked
before the member's book by whoever pays with the card, stops it, or sets the PIN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from gateway.cities import tables
from gateway.cities.drawn_from import version_of
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_into, insert_new

DEFAULT_NO_PIN_POINTS: Final = 1_000
DEFAULT_POINTS_A_DAY: Final = 5_000
DEFAULT_CARDS_A_DAY: Final = 30
MAX_CARDS_SHOWN: Final = 20

_cards, _holders, _limits = tables.pay_cards, tables.pay_card_holders, tables.pay_card_limits
_FIND: Final = CompiledStatement(select(_cards).where(_cards.c.card_hash == bindparam("hashed")))
_OF_A_HOLDER: Final = select(_holders).where(
    _holders.c.book_id == bindparam("of_book"), _holders.c.municipality == bindparam("of_city")
)
_HOLDER: Final = CompiledStatement(_OF_A_HOLDER)
_HOLDER_LOCKED: Final = CompiledStatement(_OF_A_HOLDER.with_for_update())


@dataclass(frozen=True, slots=True, kw_only=True)
class PayCard:
    """One card. `last_digits` are the four that staff tell cards apart by; the number itself is nowhere."""

    card_hash: str
    last_digits: str
    issue_id: str
    municipality: str
    book_id: str
    point_service: str
    issued_by: str
    issued_at: datetime
    stopped_by: str | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHolder:
    """`card_hash` is the valid card's, None for none. `pin_misses` are those in a row; `paid_points` those of `paid_on`."""

    book_id: str
    municipality: str
    card_hash: str | None
    pin_hash: str | None
    pin_misses: int
    paid_on: str
    paid_points: int

    def paid_in(self, day: date) -> int:
        """What was paid by card on a day, refunds of that day taken off."""
        return self.paid_points if self.paid_on == day.isoformat() else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLimits:
    """A city's own: up to `no_pin_points` one payment needs no PIN; `points_a_day` for all payments of a holder by card.

    `cards_a_day` is how many cards one person of staff issues in a day.
    """

    no_pin_points: int = DEFAULT_NO_PIN_POINTS
    points_a_day: int = DEFAULT_POINTS_A_DAY
    cards_a_day: int = DEFAULT_CARDS_A_DAY

    @property
    def version(self) -> str:
        return version_of(self.no_pin_points, self.points_a_day, self.cards_a_day)


def find_limits(conn: Connection, code: str) -> CardLimits:
    """The city's, or the defaults where it has set none."""
    row = conn.execute(
        select(_limits.c.no_pin_points, _limits.c.points_a_day, _limits.c.cards_a_day).where(
            _limits.c.municipality == code
        )
    ).one_or_none()
    return CardLimits(**row._asdict()) if row else CardLimits()


def save_limits(conn: Connection, code: str, limits: CardLimits) -> None:
    values = asdict(limits)
    conn.execute(
        insert_into(conn, _limits)
        .values(municipality=code, **values)
        .on_conflict_do_update(index_elements=[_limits.c.municipality], set_=values)
    )


def add_card(conn: Connection, card: PayCard, reason: str) -> bool:
    """Add a card; False where its number is taken already."""
    return insert_new(
        conn, _cards,
        card_hash=card.card_hash, last_digits=card.last_digits, issue_id=card.issue_id,
        municipality=card.municipality, book_id=card.book_id, point_service=card.point_service,
        issued_by=card.issued_by, issued_at=card.issued_at, reason=reason,
    )  # fmt: skip


def find_card(conn: Connection, card_hash: str) -> PayCard | None:
    row = _FIND.first(conn, {"hashed": card_hash})
    return None if row is None else _card(row)


def list_cards(conn: Connection, book: str, code: str) -> list[PayCard]:
    """A holder's cards, the one that is valid and then the newest first."""
    query = (
        select(_cards)
        .where(_cards.c.book_id == book, _cards.c.municipality == code)
        .order_by(_cards.c.stopped_at.is_(None).desc(), _cards.c.issued_at.desc())
        .limit(MAX_CARDS_SHOWN)
    )
    return [_card(row) for row in conn.execute(query).mappings()]


def count_issued(conn: Connection, staff_id: str, since: datetime) -> int:
    """How many cards a person of staff has issued since; the person's row is locked, so that they are counted in turn."""
    staff = tables.staff
    conn.execute(select(staff.c.staff_id).where(staff.c.staff_id == staff_id).with_for_update())
    query = (
        select(func.count())
        .select_from(_cards)
        .where(_cards.c.issued_by == staff_id, _cards.c.issued_at >= since)
    )
    return int(conn.execute(query).scalar_one())


def record_stop(conn: Connection, card_hash: str, by: str, at: datetime) -> None:
    conn.execute(update(_cards).where(_cards.c.card_hash == card_hash).values(stopped_by=by, stopped_at=at))


def find_holder(conn: Connection, book: str, code: str) -> CardHolder | None:
    row = _HOLDER.first(conn, {"of_book": book, "of_city": code})
    return None if row is None else CardHolder(**row)


def lock_holder(conn: Connection, book: str, code: str) -> CardHolder:
    """The holder's row, made where there is none, locked until the transaction ends."""
    row = _HOLDER_LOCKED.first(conn, {"of_book": book, "of_city": code})
    if row is None:
        insert_new(
            conn, _holders,
            book_id=book, municipality=code, card_hash=None, pin_hash=None, pin_misses=0, paid_on="", paid_points=0,
        )  # fmt: skip
        row = _HOLDER_LOCKED.first(conn, {"of_book": book, "of_city": code})
    assert row is not None
    return CardHolder(**row)


def lock_holders(conn: Connection, book: str) -> list[CardHolder]:
    """A member's rows of all cities in which a card is valid, held until the transaction ends."""
    query = select(_holders).where(_holders.c.book_id == book, _holders.c.card_hash.is_not(None))
    rows = conn.execute(query.order_by(_holders.c.municipality).with_for_update()).mappings()
    return [CardHolder(**row) for row in rows]


def update_holder(conn: Connection, holder: CardHolder, **values: Any) -> None:
    """Change a row that the caller has locked."""
    conn.execute(
        update(_holders)
        .where(_holders.c.book_id == holder.book_id, _holders.c.municipality == holder.municipality)
        .values(**values)
    )


def count_paid(conn: Connection, holder: CardHolder, day: date, points: int) -> None:
    """Count a payment into its day, or with a negative sum what was given back of it on the same day."""
    paid = max(0, holder.paid_in(day) + points)
    update_holder(conn, holder, paid_on=day.isoformat(), paid_points=paid)


def _card(row: Mapping[Any, Any]) -> PayCard:
    return PayCard(**{name: row[name] for name in PayCard.__dataclass_fields__})
