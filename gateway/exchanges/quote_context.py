"""What an offer and a quote stand on, in one question: the exchange, its member's link, the point service to credit."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam, select

from gateway.exchanges import exchange_rows, link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.model import Destination
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.points.directory import PointService

_x, _l, _s = tables.exchanges, tables.linked_accounts, tables.point_services


def _labels(table: Table, prefix: str) -> dict[str, str]:
    """By column: two tables may have one of the same name."""
    return {column.name: prefix + column.name for column in table.c}


_LINK: Final = _labels(_l, "link_")
_SERVICE: Final = _labels(_s, "service_")
_EXCHANGE: Final = tuple(column.name for column in _x.c)
_FIND: Final = CompiledStatement(
    select(
        *_x.c,
        *(_l.c[name].label(label) for name, label in _LINK.items()),
        *(_s.c[name].label(label) for name, label in _SERVICE.items()),
    )
    .select_from(
        _x.outerjoin(_l, and_(_l.c.book_id == _x.c.book_id, _l.c.partner_id == _x.c.partner_id)).outerjoin(
            _s, and_(_s.c.municipality == bindparam("code"), _s.c.point_service == bindparam("service"))
        )
    )
    .where(_x.c.book_id == bindparam("of_book"), _x.c.exchange_id == bindparam("of_exchange"))
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
    service = {name: row[label] for name, label in _SERVICE.items()}
    link = None
    if exchange["coupon_hash"] is None and row["link_book_id"] is not None:
        link = link_rows.from_row({name: row[label] for name, label in _LINK.items()})
    return QuoteContext(
        exchange=exchange_rows.from_row(exchange, link=link),
        service=PointService(**service) if service["municipality"] is not None else None,
    )
