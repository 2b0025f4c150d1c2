"""What an offer and a quote stand on, in one question: the exchange, its member's link, the point service to credit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Table, and_, bindparam, select

from gateway import tables
from gateway.base.hot import Hot
from gateway.directory import PointService
from gateway.model import Destination
from gateway.records import exchanges, links
from gateway.records.exchanges import Exchange
from gateway.records.links import Link

_x, _l, _s = tables.exchanges, tables.linked_accounts, tables.point_services


def _labels(table: Table, prefix: str) -> dict[str, str]:
    """By column: two tables may have one of the same name."""
    return {column.name: prefix + column.name for column in table.c}


_LINK: Final = _labels(_l, "link_")
_SERVICE: Final = _labels(_s, "service_")
_EXCHANGE: Final = tuple(column.name for column in _x.c)
_FIND: Final = Hot(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`service` is None where there is none of this name, or where the points go to the reserve."""

    exchange: Exchange
    link: Link | None
    service: PointService | None


def get(conn: Connection, book_id: str, exchange_id: str, destination: Destination) -> Ground:
    """Raises Refused (404) for an unknown exchange id and for another member's alike."""
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
        raise exchanges.unknown()
    link = {name: row[label] for name, label in _LINK.items()}
    service = {name: row[label] for name, label in _SERVICE.items()}
    return Ground(
        exchange=exchanges.from_row({name: row[name] for name in _EXCHANGE}),
        link=links.from_row(link) if link["book_id"] is not None else None,
        service=PointService(**service) if service["municipality"] is not None else None,
    )
