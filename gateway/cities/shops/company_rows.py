"""Companies with several shops as rows: which shops are one company's, and whose log-ins read the books of all of them.

A company is of one city, and a shop of at most one company. The three tables are written together, as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select

from gateway.cities import tables
from gateway.cities.drawn_from import version_of

_companies: Final = tables.companies
_shops: Final = tables.company_shops
_readers: Final = tables.company_readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """`shop_ids` and `readers` (log-ins, by staff id) in their order."""

    company_id: str
    name: str
    shop_ids: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def version(self) -> str:
        return version_of(self.name, self.shop_ids, self.readers)


def list_by_city(conn: Connection, code: str) -> list[Company]:
    """All of a city's companies, in order of id."""
    names = conn.execute(
        select(_companies.c.company_id, _companies.c.name)
        .where(_companies.c.municipality == code)
        .order_by(_companies.c.company_id)
    ).all()
    shops: dict[str, list[str]] = {}
    query = select(_shops.c.company_id, _shops.c.shop_id).where(_shops.c.municipality == code)
    for row in conn.execute(query.order_by(_shops.c.shop_id)):
        shops.setdefault(row.company_id, []).append(row.shop_id)
    readers: dict[str, list[str]] = {}
    query = select(_readers.c.company_id, _readers.c.staff_id).where(_readers.c.municipality == code)
    for row in conn.execute(query.order_by(_readers.c.staff_id)):
        readers.setdefault(row.company_id, []).append(row.staff_id)
    return [
        Company(
            company_id=row.company_id, name=row.name, shop_ids=tuple(shops.get(row.company_id, ())),
            readers=tuple(readers.get(row.company_id, ())),
        )
        for row in names
    ]  # fmt: skip


def find(conn: Connection, code: str, company_id: str) -> Company | None:
    return next((each for each in list_by_city(conn, code) if each.company_id == company_id), None)


def find_read_by(conn: Connection, code: str, staff_id: str, shop_id: str) -> Company | None:
    """The company whose books a log-in of this shop reads; None for a log-in, or a shop, that is of none."""
    company_id = conn.execute(
        select(_readers.c.company_id)
        .join(
            _shops,
            (_shops.c.municipality == _readers.c.municipality)
            & (_shops.c.company_id == _readers.c.company_id),
        )
        .where(_readers.c.municipality == code, _readers.c.staff_id == staff_id, _shops.c.shop_id == shop_id)
    ).scalar_one_or_none()
    return None if company_id is None else find(conn, code, company_id)


def write(conn: Connection, code: str, company: Company, at: datetime) -> None:
    """Write a company as it shall be; one without shops is gone."""
    for table in (_readers, _shops, _companies):
        conn.execute(
            delete(table).where(table.c.municipality == code, table.c.company_id == company.company_id)
        )
    if not company.shop_ids:
        return
    key = {"municipality": code, "company_id": company.company_id}
    conn.execute(insert(_companies).values(**key, name=company.name, changed_at=at))
    _insert(conn, _shops, [key | {"shop_id": shop_id} for shop_id in company.shop_ids])
    _insert(conn, _readers, [key | {"staff_id": staff_id} for staff_id in company.readers])


def remove_readers(conn: Connection, code: str, company_id: str) -> int:
    """Nobody reads this company's books; how many log-ins did."""
    gone = delete(_readers).where(_readers.c.municipality == code, _readers.c.company_id == company_id)
    return conn.execute(gone).rowcount


def _insert(conn: Connection, table: Table, rows: Sequence[dict[str, str]]) -> None:
    if rows:
        conn.execute(insert(table), list(rows))
