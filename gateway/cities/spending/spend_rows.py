"""Spends and refunds as rows: who paid what where. Sync functions of a Connection; the ledger moves the points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, insert, select, text

from core_ledger import LotMovement, Transfer, chart, references
from gateway.cities import tables
from gateway.errors import ProblemError
from gateway.members.sessions import Acting
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.short_reference import ends_with, short_reference, tail_in, tail_of_id

REPRESENTATIVE: Final = "representative:"
"""Before the representation's id, in place of who took a payment."""
_spends = tables.spends
_REFUND_MOVE: Final = "refund:"
_refunds = tables.refunds
# Whose city and shop it is, is looked at afterwards: SQLite keeps no statistics, and would rather read all payments of a
# city by their day than the one or two of an id.
_ONE: Final = select(_spends).where(_spends.c.spend_id == bindparam("of_spend"))
_FIND: Final = CompiledStatement(_ONE)
_SAME_REFERENCE: Final = CompiledStatement(
    select(_spends).where(tail_in(_spends.c.spend_id) == bindparam("of_tail"))
)
REFERENCE_PERIOD: Final = timedelta(days=400)
"""As far back as a payment is found by its short reference, which no other of its shop has meanwhile; by its whole number it is
found for ever."""
# A database that is spread by book locks no row whose book is not said: a payment is found first, then locked.
_LOCKED: Final = CompiledStatement(_ONE.where(_spends.c.book_id == bindparam("of_book")).with_for_update())
_ADD: Final = CompiledStatement(insert(_spends))
_LOCK_ID: Final = text("SELECT pg_advisory_xact_lock(:key)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """One payment. `way` is shop_scans, member_pays or card; `yen` is what the shop is owed for it."""

    book_id: str
    spend_id: str
    municipality: str
    point_service: str
    shop_id: str
    points: int
    yen: int
    lots: tuple[LotMovement, ...]
    way: str
    taken_by: str
    at: datetime
    refunded_points: int

    @property
    def short_reference(self) -> str:
        return short_reference(self.spend_id)

    @property
    def by_representative(self) -> bool:
        """Whether somebody paid who acts for the member."""
        return self.taken_by.startswith(REPRESENTATIVE)

    @property
    def refundable(self) -> int:
        return self.points - self.refunded_points


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """What is asked for at a counter: by a code or a card of the member's, known by its hash, or by the member, who is known.

    `spend_id` is the caller's own and makes asking again safe. `pin_hash` is the one that a card's typed PIN has fitted.
    """

    municipality: str
    shop_id: str
    spend_id: str
    points: int
    at: datetime
    way: str
    taken_by: str
    code_hash: str = ""
    card_hash: str = ""
    pin_hash: str = field(default="", repr=False)
    member_id: str = ""
    point_service: str = ""
    is_proven: bool = False
    """The member who pays has just shown a card, phone or passkey."""
    acting: Acting | None = None
    """Who pays for the member; None: the member."""

    def of(self, member_id: str, point_service: str) -> Payment:
        """The payment, once the member and the point service are known."""
        return Payment(wish=self, member_id=member_id, point_service=point_service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What is to be paid: the wish of a counter, and whose points of which point service fulfil it."""

    wish: PaymentRequest
    member_id: str
    point_service: str

    @property
    def book(self) -> str:
        return chart.member_book(self.member_id)

    @property
    def account(self) -> str:
        return chart.municipal(self.member_id, self.wish.municipality, self.point_service)

    def move(self) -> Transfer:
        """The move of the points, the oldest first."""
        return Transfer(
            id=f"spend:{self.wish.spend_id}",
            book=self.book,
            source=self.account,
            target=chart.shop(self.wish.municipality, self.wish.shop_id),
            points=self.wish.points,
            at=self.wish.at,
            kind="spend",
            reference=self.wish.spend_id,
            details={"shop_id": self.wish.shop_id, "way": self.wish.way, "taken_by": self.wish.taken_by},
        )

    def result(self, lots: tuple[LotMovement, ...], unit_value_yen: int) -> Spend:
        """The payment as it is kept, once these lots have moved."""
        return Spend(
            book_id=self.book,
            spend_id=self.wish.spend_id,
            municipality=self.wish.municipality,
            point_service=self.point_service,
            shop_id=self.wish.shop_id,
            points=self.wish.points,
            yen=self.wish.points * unit_value_yen,
            lots=lots,
            way=self.wish.way,
            taken_by=self.wish.taken_by,
            at=self.wish.at,
            refunded_points=0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentResult:
    """`replayed`: this very payment was made before, and nothing was taken now. `left` is the member's balance."""

    spend: Spend
    shop_name: str
    left: int
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    book_id: str
    refund_id: str
    spend_id: str
    municipality: str
    shop_id: str
    points: int
    yen: int
    reason: str
    made_by: str
    at: datetime


def add_spend(conn: Connection, spend: Spend) -> None:
    _ADD.all(conn, spend_columns(spend))


def lock_id(conn: Connection, spend_id: str) -> None:
    """Lock an id, and with it all that have its reference, until the transaction ends, whether or not it stands for a payment yet.

    So two requests of one id take turns, and the second finds what the first has made, be it from another member.
    On SQLite the transaction is the only one that writes.
    """
    if conn.dialect.name == "postgresql":
        key = int.from_bytes(sha256(tail_of_id(spend_id).encode()).digest()[:8], signed=True)
        conn.execute(_LOCK_ID, {"key": key})


def is_known(conn: Connection, spend_id: str) -> bool:
    """Whether an id stands for a payment already, in any city."""
    return _FIND.first(conn, {"of_spend": spend_id}) is not None


def list_with_same_reference(conn: Connection, spend_id: str) -> list[Spend]:
    """Payments of all shops and times that have this id or its reference: nearly always none."""
    return [spend_of(row) for row in _SAME_REFERENCE.all(conn, {"of_tail": tail_of_id(spend_id)})]


def spend_columns(spend: Spend) -> dict[str, Any]:
    """A row as it is written, for one or for many at once."""
    return {
        "book_id": spend.book_id, "spend_id": spend.spend_id, "municipality": spend.municipality,
        "point_service": spend.point_service, "shop_id": spend.shop_id, "points": spend.points,
        "yen": spend.yen, "way": spend.way, "taken_by": spend.taken_by, "at": spend.at,
        "lots": lots_text(spend.lots),
        "refunded_points": spend.refunded_points,
    }  # fmt: skip


def find_spend(conn: Connection, book: str, spend_id: str) -> Spend | None:
    row = conn.execute(select(_spends).where(_spends.c.book_id == book, _spends.c.spend_id == spend_id))
    found = row.mappings().one_or_none()
    return None if found is None else spend_of(found)


def require_of_city(
    conn: Connection, code: str, spend_id: str, *, shop_id: str | None = None, lock: bool = False
) -> Spend:
    """Give a spend of this city, or of one shop. Raises ProblemError `unknown-spend` (404)."""
    rows = _FIND.all(conn, {"of_spend": spend_id})
    rows = [row for row in rows if row["municipality"] == code and shop_id in (None, row["shop_id"])]
    if len(rows) != 1:  # an id is unique in its member's book; of two members' it would name neither
        raise unknown_spend()
    if lock:
        rows = _LOCKED.all(conn, {"of_spend": spend_id, "of_book": rows[0]["book_id"]})
    return spend_of(rows[0])


def unknown_spend() -> ProblemError:
    return ProblemError("unknown-spend", "There is no such payment here.")


def list_by_shop(
    conn: Connection, code: str, shop_id: str, *, since: datetime, until: datetime, limit: int = 200
) -> list[Spend]:
    """A shop's payments from `since` (inclusive) to `until` (exclusive), newest first."""
    query = (
        select(_spends)
        .where(*_at_shop(code, shop_id, since, until))
        .order_by(_spends.c.at.desc(), _spends.c.spend_id.desc())
        .limit(limit)
    )
    return _all(conn, query)


def sum_by_shop(
    conn: Connection, code: str, shop_id: str, *, since: datetime, until: datetime
) -> tuple[int, int]:
    """(points, of them given back) of all payments that `list_by_shop` would list without a limit."""
    sums = (func.coalesce(func.sum(column), 0) for column in (_spends.c.points, _spends.c.refunded_points))
    points, refunded = conn.execute(select(*sums).where(*_at_shop(code, shop_id, since, until))).one()
    return int(points), int(refunded)


def _at_shop(code: str, shop_id: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    s = _spends.c
    return (s.municipality == code, s.shop_id == shop_id, s.at >= since, s.at < until)


def list_by_member(conn: Connection, book: str, limit: int = 50) -> list[Spend]:
    """A member's payments, newest first, as the member's own book names them."""
    ids = references(conn, book, kind="spend", limit=limit)
    query = select(_spends).where(_spends.c.spend_id.in_(ids), _spends.c.book_id == book)
    return _all(conn, query.order_by(_spends.c.at.desc()))


def list_by_reference(
    conn: Connection,
    tail: str,
    *,
    book: str = "",
    code: str = "",
    shop_id: str = "",
    since: datetime | None = None,
) -> list[Spend]:
    """Payments whose id ends so, newest first: of a member's book, of a city since some day, or of one of its shops."""
    # All else is looked at afterwards, for the reason above: a handful of payments have a reference.
    query = select(_spends).where(ends_with(_spends.c.spend_id, tail)).order_by(_spends.c.at.desc())
    if book:
        query = query.where(_spends.c.book_id == book)  # the shard
    return [
        spend
        for spend in _all(conn, query)
        if code in ("", spend.municipality)
        and shop_id in ("", spend.shop_id)
        and (since is None or spend.at >= since)
    ]


def list_by_id(conn: Connection, code: str, spend_id: str) -> list[Spend]:
    """The payment of this id in a city; none, or nearly always one: an id is unique in its member's book."""
    rows = _FIND.all(conn, {"of_spend": spend_id})
    return [spend_of(row) for row in rows if row["municipality"] == code]


def list_by_sum(
    conn: Connection,
    code: str,
    points: int,
    *,
    shop_id: str | None,
    since: datetime,
    until: datetime,
    limit: int,
) -> list[Spend]:
    """A city's payments of exactly so many points, newest first, by the index of days; at one shop or at all."""
    s = _spends.c
    query = select(_spends).where(s.municipality == code, s.at >= since, s.at < until, s.points == points)
    if shop_id is not None:
        query = query.where(s.shop_id == shop_id)
    return _all(conn, query.order_by(s.at.desc(), s.spend_id.desc()).limit(limit))


def find_refund(conn: Connection, book: str, refund_id: str) -> Refund | None:
    row = conn.execute(
        select(_refunds).where(_refunds.c.book_id == book, _refunds.c.refund_id == refund_id)
    ).one_or_none()
    return None if row is None else refund_of(row)


def refunds_of(conn: Connection, book: str, spend_id: str) -> list[Refund]:
    query = (
        select(_refunds)
        .where(_refunds.c.book_id == book, _refunds.c.spend_id == spend_id)
        .order_by(_refunds.c.at)
    )
    return [refund_of(row) for row in conn.execute(query)]


def refund_move_id(refund_id: str, issued_on: date) -> str:
    """The ledger's id of what a refund brings back of one day of issue."""
    return f"{_REFUND_MOVE}{refund_id}:{issued_on.isoformat()}"


def refund_id_of(move_id: str) -> str | None:
    """The refund that a move of the ledger belongs to; None for a move of another kind."""
    if not move_id.startswith(_REFUND_MOVE):
        return None
    return move_id.removeprefix(_REFUND_MOVE).rpartition(":")[0]


def add_refund(conn: Connection, refund: Refund) -> None:
    conn.execute(
        insert(_refunds).values(
            book_id=refund.book_id,
            refund_id=refund.refund_id,
            spend_id=refund.spend_id,
            municipality=refund.municipality,
            shop_id=refund.shop_id,
            points=refund.points,
            yen=refund.yen,
            reason=refund.reason,
            made_by=refund.made_by,
            at=refund.at,
        )
    )


def _all(conn: Connection, query: Select[Any]) -> list[Spend]:
    return [spend_of(row) for row in conn.execute(query).mappings()]


def spend_of(row: Mapping[Any, Any]) -> Spend:
    values = dict(row)
    values.pop("settled_in")
    return Spend(**values | {"lots": lots_of(values["lots"])})


def lots_text(lots: Sequence[LotMovement]) -> str:
    """Lots as they are stored: JSON by hand, as the ledger writes it."""
    return "[" + ",".join([f'["{lot.issued_on.isoformat()}",{lot.points}]' for lot in lots]) + "]"


def lots_of(stored: str) -> tuple[LotMovement, ...]:
    pairs: Sequence[Any] = json.loads(stored)
    return tuple(LotMovement(date.fromisoformat(day), points) for day, points in pairs)


def refund_of(row: Row[Any]) -> Refund:
    return Refund(
        book_id=row.book_id,
        refund_id=row.refund_id,
        spend_id=row.spend_id,
        municipality=row.municipality,
        shop_id=row.shop_id,
        points=row.points,
        yen=row.yen,
        reason=row.reason,
        made_by=row.made_by,
        at=row.at,
    )
