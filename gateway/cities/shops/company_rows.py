"""Companies with several shops as rows: which shops are one company's, whose log-ins read the books of all of them, and whose work at all of them.

A company is of one city, and a shop of at most one company. The four tables are written together, as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from gateway.cities import tables
from gateway.cities.drawn_from import version_of

_companies: Final = tables.companies
_shops: Final = tables.company_shops
_readers: Final = tables.company_readers
_workers: Final = tables.company_workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """`shop_ids`, `readers` and `workers` (log-ins, by staff id) in their order."""

    company_id: str
    name: str
    shop_ids: tuple[str, ...]
    readers: tuple[str, ...]
    workers: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        # One without workers has the version that a release from before them gives it.
        return version_of(self.name, self.shop_ids, self.readers, *([self.workers] if self.workers else []))


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
    readers, workers = _people(conn, code, _readers), _people(conn, code, _workers)
    return [
        Company(
            company_id=row.company_id, name=row.name, shop_ids=tuple(shops.get(row.company_id, ())),
            readers=tuple(readers.get(row.company_id, ())), workers=tuple(workers.get(row.company_id, ())),
        )
        for row in names
    ]  # fmt: skip


def find(conn: Connection, code: str, company_id: str) -> Company | None:
    return next((each for each in list_by_city(conn, code) if each.company_id == company_id), None)


def find_read_by(conn: Connection, code: str, staff_id: str, shop_id: str) -> Company | None:
    """The company whose books a log-in of this shop reads, or at whose shops it works; None for a log-in, or a shop, of none."""
    for people in (_readers, _workers):
        company_id = _company_of(conn, code, people, staff_id, [shop_id])
        if company_id is not None:
            return find(conn, code, company_id)
    return None


def find_worked_at(conn: Connection, code: str, staff_id: str, shop_ids: Collection[str]) -> Company | None:
    """The company at whose shops a log-in works, if all of these are among them: the log-in's own, and the one it is at."""
    company_id = _company_of(conn, code, _workers, staff_id, shop_ids)
    return None if company_id is None else find(conn, code, company_id)


def works_at(conn: Connection, code: str, staff_id: str, shop_ids: Collection[str]) -> bool:
    """Whether a log-in works at all of these shops, as one of their company."""
    return _company_of(conn, code, _workers, staff_id, shop_ids) is not None


def list_workers_at(conn: Connection, code: str, shop_id: str) -> dict[str, datetime]:
    """Whose log-ins work at the shop as one of their company's, by staff id, and since when."""
    company = select(_shops.c.company_id).where(_shops.c.municipality == code, _shops.c.shop_id == shop_id)
    query = select(_workers.c.staff_id, _workers.c.added_at).where(
        _workers.c.municipality == code, _workers.c.company_id == company.scalar_subquery()
    )
    return {row.staff_id: row.added_at for row in conn.execute(query)}


def write(conn: Connection, code: str, company: Company, at: datetime) -> None:
    """Write a company as it shall be; one without shops is gone."""
    since = {
        row.staff_id: row.added_at
        for row in conn.execute(
            select(_workers.c.staff_id, _workers.c.added_at).where(
                _workers.c.municipality == code, _workers.c.company_id == company.company_id
            )
        )
    }
    for table in (_readers, _workers, _shops, _companies):
        conn.execute(
            delete(table).where(table.c.municipality == code, table.c.company_id == company.company_id)
        )
    if not company.shop_ids:
        return
    key = {"municipality": code, "company_id": company.company_id}
    conn.execute(insert(_companies).values(**key, name=company.name, changed_at=at))
    _insert(conn, _shops, [key | {"shop_id": shop_id} for shop_id in company.shop_ids])
    _insert(conn, _readers, [key | {"staff_id": staff_id} for staff_id in company.readers])
    # Who was left over by a release that knows no workers is of the company that is written now, or of none.
    conn.execute(
        delete(_workers).where(_workers.c.municipality == code, _workers.c.staff_id.in_(company.workers))
    )
    _insert(
        conn,
        _workers,
        [key | {"staff_id": staff_id, "added_at": since.get(staff_id, at)} for staff_id in company.workers],
    )


def remove_people(conn: Connection, code: str, company_id: str) -> int:
    """Nobody reads this company's books or works at all of its shops; how many log-ins did."""
    return sum(
        conn.execute(
            delete(people).where(people.c.municipality == code, people.c.company_id == company_id)
        ).rowcount
        for people in (_readers, _workers)
    )


def _people(conn: Connection, code: str, people: Table) -> dict[str, list[str]]:
    """Log-ins by company, in order of staff id."""
    listed: dict[str, list[str]] = {}
    query = select(people.c.company_id, people.c.staff_id).where(people.c.municipality == code)
    for row in conn.execute(query.order_by(people.c.staff_id)):
        listed.setdefault(row.company_id, []).append(row.staff_id)
    return listed


def _company_of(
    conn: Connection, code: str, people: Table, staff_id: str, shop_ids: Collection[str]
) -> str | None:
    """The company of which a log-in is one of the `people`, if all of the shops are the company's."""
    query = (
        select(people.c.company_id)
        .join(_shops, _is_of_its_company(people))
        .where(people.c.municipality == code, people.c.staff_id == staff_id, _shops.c.shop_id.in_(shop_ids))
    )
    found = conn.execute(query).scalars().all()
    return found[0] if found and len(found) == len(set(shop_ids)) else None


def _is_of_its_company(people: Table) -> ColumnElement[bool]:
    return (_shops.c.municipality == people.c.municipality) & (_shops.c.company_id == people.c.company_id)


def _insert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), list(rows))
