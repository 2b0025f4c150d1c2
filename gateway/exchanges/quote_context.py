"""What the steps of an exchange stand on, each in one question.

get            offer, quote: the exchange, its member's link, the point service to credit
require_open   start, confirm: the link, the point service, whether the partner takes anything new

Both name the book beside every table that has one, so that each asks the part where the member's rows lie.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Connection, Table, and_, bindparam, literal_column, select

from gateway.exchanges import exchange_rows, link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.model import Destination, DestinationKind, LinkKind
from gateway.partners import availability
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.points import directory
from gateway.points.directory import PointService

_x, _l, _s = tables.exchanges, tables.linked_accounts, tables.point_services


def _labels(table: Table, prefix: str) -> dict[str, str]:
    """By column: two tables may have one of the same name."""
    return {column.name: prefix + column.name for column in table.c}


_LINK: Final = _labels(_l, "link_")
_SERVICE: Final = _labels(_s, "service_")
_EXCHANGE: Final = tuple(column.name for column in _x.c)
_BOOK: Final[BindParameter[Any]] = bindparam("of_book")
_ITS_SERVICE: Final = and_(_s.c.municipality == bindparam("code"), _s.c.point_service == bindparam("service"))
_LINK_AND_SERVICE: Final = (
    *(_l.c[name].label(label) for name, label in _LINK.items()),
    *(_s.c[name].label(label) for name, label in _SERVICE.items()),
)
_FIND: Final = CompiledStatement(
    select(*_x.c, *_LINK_AND_SERVICE)
    .select_from(
        # The book by its name on both sides: a join alone does not say where the link lies.
        _x.outerjoin(_l, and_(_l.c.book_id == _BOOK, _l.c.partner_id == _x.c.partner_id)).outerjoin(
            _s, _ITS_SERVICE
        )
    )
    .where(_x.c.book_id == _BOOK, _x.c.exchange_id == bindparam("of_exchange"))
)
_always: Final = select(literal_column("1").label("row")).subquery("always")
_OPEN: Final = CompiledStatement(
    select(*_LINK_AND_SERVICE, *availability.CLOSED_COLUMNS).select_from(
        _always.outerjoin(_l, and_(_l.c.book_id == _BOOK, _l.c.partner_id == bindparam("partner"))).outerjoin(
            _s, _ITS_SERVICE
        )
    )
)


class QuoteContext(NamedTuple):
    """`service` is None where there is none of this name, or where the points go to the reserve."""

    exchange: Exchange
    service: PointService | None


def get(conn: Connection, book_id: str, exchange_id: str, destination: Destination) -> QuoteContext:
    """The exchange with its member's link. Raises ProblemError (404) for an unknown id and for another member's alike."""
    row = _FIND.first(
        conn,
        {
            "of_book": book_id,
            "of_exchange": exchange_id,
            "code": destination.municipality,
            "service": destination.point_service,
        },
    )
    if row is None:
        raise exchange_rows.unknown()
    exchange = {name: row[name] for name in _EXCHANGE}
    link = _link(row) if exchange["kind"] == LinkKind.ACCOUNT else None
    return QuoteContext(exchange=exchange_rows.from_row(exchange, link=link), service=_service(row))


def require_open(
    conn: Connection, book_id: str, partner_id: str, destination: Destination | None, now: datetime
) -> Link | None:
    """Give the member's link to the partner, where a new exchange may go this way.

    Raises ProblemError for a point service that takes no points (as `directory.require_open`) and for a partner that is
    closed (as `availability.require_open`). A start has no destination yet.
    """
    where = destination if destination is not None else Destination.reserve()
    values = {
        "of_book": book_id,
        "partner": partner_id,
        "code": where.municipality,
        "service": where.point_service,
        "now": now,
    }
    (row,) = _OPEN.all(conn, values)
    if where.kind is DestinationKind.MUNICIPALITY:
        directory.require_open(where.municipality, where.point_service, _service(row))
    availability.refuse_closed(now, row["maintenance_until"], row["paused"])
    return _link(row)


def _link(row: dict[str, Any]) -> Link | None:
    if row["link_book_id"] is None:
        return None
    return link_rows.from_row({name: row[label] for name, label in _LINK.items()})


def _service(row: dict[str, Any]) -> PointService | None:
    if row["service_municipality"] is None:
        return None
    return PointService(**{name: row[label] for name, label in _SERVICE.items()})
