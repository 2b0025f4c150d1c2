"""What the other side of a history line is called: the shop that was paid, the project that granted.

The ledger knows accounts alone; names stand in the city's registers, closed shops' too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Connection, Table, select, tuple_

from core_ledger import Entry
from gateway.cities import tables

Key = tuple[str, str]


def parties(conn: Connection, entries: Iterable[Entry]) -> Mapping[int, str]:
    """Names by the lines' places in their book; lines with no shop and no project have none."""
    shops, projects = dict[int, Key](), dict[int, Key]()
    for entry in entries:
        match entry.counterparty.split(":"):
            case ["shop", code, shop_id]:
                shops[entry.seq] = (code, shop_id)
            case ["municipality", code, "granted"] if "project_id" in entry.details:
                projects[entry.seq] = (code, str(entry.details["project_id"]))
            case _:
                pass
    register, plans = tables.shops, tables.grant_projects
    called = _names(conn, register, register.c.shop_id, shops.values())
    granted = _names(conn, plans, plans.c.project_id, projects.values())
    return {seq: called[key] for seq, key in shops.items() if key in called} | {
        seq: granted[key] for seq, key in projects.items() if key in granted
    }


def _names(conn: Connection, table: Table, key: Column[str], wanted: Iterable[Key]) -> dict[Key, str]:
    keys = sorted(set(wanted))
    if not keys:
        return {}
    query = select(table.c.municipality, key, table.c.name).where(tuple_(table.c.municipality, key).in_(keys))
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}
