"""Accounts that were decided on and are paid to from the next closing on: rows, sync functions of a Connection.

The closing fixes each shop's account as it stands (`settlement_accounts`), then brings what was decided into effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, bindparam, delete, insert, select, update

from gateway.cities import tables
from gateway.platform.sql import insert_into

_changes: Final = tables.shop_account_changes
_fixed: Final = tables.settlement_accounts
_shops: Final = tables.shops


def save(conn: Connection, code: str, shop_id: str, sealed: bytes, at: datetime) -> None:
    """Save a shop's next account; a newer decision replaces one that has not taken effect."""
    values = {"account_sealed": sealed, "decided_at": at}
    conn.execute(
        insert_into(conn, _changes)
        .values(municipality=code, shop_id=shop_id, **values)
        .on_conflict_do_update(index_elements=[_changes.c.municipality, _changes.c.shop_id], set_=values)
    )


def find_encrypted(conn: Connection, code: str, shop_id: str) -> bytes | None:
    """A shop's next account, sealed; None where no change is to take effect."""
    query = select(_changes.c.account_sealed).where(
        _changes.c.municipality == code, _changes.c.shop_id == shop_id
    )
    return conn.execute(query).scalar_one_or_none()


def list_waiting(conn: Connection, code: str) -> dict[str, bytes]:
    """The next accounts of the city's shops, sealed, by shop."""
    query = select(_changes.c.shop_id, _changes.c.account_sealed).where(_changes.c.municipality == code)
    return {row.shop_id: row.account_sealed for row in conn.execute(query)}


def list_current(conn: Connection, code: str) -> dict[str, bytes]:
    """Where the city's shops are paid now, sealed, by shop; a shop without an account is not in it."""
    query = select(_shops.c.shop_id, _shops.c.bank_sealed).where(
        _shops.c.municipality == code, _shops.c.bank_sealed.is_not(None)
    )
    return {row.shop_id: row.bank_sealed for row in conn.execute(query)}


def fix_for_cycle(conn: Connection, code: str, starts_on: str, accounts: Mapping[str, bytes]) -> None:
    """Fix where these shops are paid for a cycle that is being closed: the accounts that it was drawn up with."""
    rows = [
        {"municipality": code, "starts_on": starts_on, "shop_id": shop_id, "account_sealed": sealed}
        for shop_id, sealed in accounts.items()
    ]
    if rows:
        conn.execute(insert(_fixed), rows)


def fix_closed(conn: Connection, code: str, shop_id: str, sealed: bytes) -> None:
    """Fix a shop's first account for cycles that were closed to pay it and know no account of it.

    Only cycles from before accounts were fixed have such a line: since then a shop without one is paid nothing.
    """
    lines = tables.settlement_lines
    paid = (
        select(
            lines.c.municipality, lines.c.starts_on, lines.c.shop_id, bindparam("sealed", sealed, LargeBinary)
        )
        .where(lines.c.municipality == code, lines.c.shop_id == shop_id, lines.c.paid_yen > 0)
        .where(
            ~select(_fixed.c.shop_id)
            .where(_fixed.c.municipality == code, _fixed.c.shop_id == shop_id)
            .where(_fixed.c.starts_on == lines.c.starts_on)
            .exists()
        )
    )
    columns = ["municipality", "starts_on", "shop_id", "account_sealed"]
    conn.execute(insert(_fixed).from_select(columns, paid))


def take_effect(conn: Connection, code: str) -> None:
    """Bring what was decided before this closing into effect, for the next one."""
    # Deleted and read in one statement: a change that is committed after it waits for the closing after this one.
    rows = conn.execute(delete(_changes).where(_changes.c.municipality == code).returning(_changes)).all()
    for row in rows:
        conn.execute(
            update(_shops)
            .where(_shops.c.municipality == code, _shops.c.shop_id == row.shop_id)
            .values(bank_sealed=row.account_sealed)
        )


def list_fixed(conn: Connection, code: str, starts_on: str) -> dict[str, bytes]:
    """Where the shops of a closed cycle are paid, sealed, by shop."""
    query = select(_fixed.c.shop_id, _fixed.c.account_sealed).where(
        _fixed.c.municipality == code, _fixed.c.starts_on == starts_on
    )
    return {row.shop_id: row.account_sealed for row in conn.execute(query)}
