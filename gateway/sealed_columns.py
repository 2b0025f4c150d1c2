"""Every column of the database that is encrypted, and how far its values are from the first sealing key.

A key is turned over by a new first line, `secrets reseal`, and, when `secrets status` says that nothing is left under
the old one, by taking that away. Each value is bound to its row; it is sealed anew for the same row, and what has
changed meanwhile is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select, tuple_, update

from core_ledger import Store
from gateway.cities import tables as city
from gateway.exchanges.exchange_context import link_row
from gateway.platform import tables
from gateway.platform.encryption import Unreadable, Vault

RESEAL_BATCH_SIZE: Final = 500

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`bound_to` names the row that a value is sealed for, out of the columns in `names`."""

    column: Column[Any]
    purpose: str
    names: tuple[str, ...]
    bound_to: Callable[[Values], str]

    @property
    def table(self) -> Table:
        table: Table = self.column.table
        return table


def _joined(*names: str) -> tuple[tuple[str, ...], Callable[[Values], str]]:
    return names, lambda row: "/".join(row[name] for name in names)


SEALED_COLUMNS: Final = (
    SealedColumn(
        tables.linked_accounts.c.token,
        "link",
        ("book_id", "partner_id"),
        lambda row: link_row(row["book_id"], row["partner_id"]),
    ),
    SealedColumn(tables.exchanges.c.handoff_sealed, "handoff", *_joined("exchange_id")),
    SealedColumn(tables.exchanges.c.coupon_sealed, "coupon", *_joined("exchange_id")),
    SealedColumn(tables.member_mail.c.address_sealed, "mail", *_joined("member_id")),
    SealedColumn(tables.webhook_keys.c.secret_sealed, "webhook", *_joined("key_id")),
    SealedColumn(city.staff.c.totp_sealed, "totp", *_joined("staff_id")),
    SealedColumn(
        city.carry_in_lines.c.code_sealed,
        "carry-in-code",
        ("file_id", "line"),
        lambda row: f"{row['file_id']}/{row['line']}",
    ),
    SealedColumn(city.shops.c.bank_sealed, "bank", *_joined("municipality", "shop_id")),
    SealedColumn(city.shop_account_changes.c.account_sealed, "bank", *_joined("municipality", "shop_id")),
    SealedColumn(city.settlement_accounts.c.account_sealed, "bank", *_joined("municipality", "shop_id")),
    SealedColumn(city.city_banks.c.payer_sealed, "payer", *_joined("municipality")),
    SealedColumn(city.proposals.c.command_sealed, "proposal", *_joined("municipality", "proposal_id")),
    SealedColumn(city.shop_applications.c.entry_sealed, "shop-application", *_joined("number")),
    SealedColumn(city.shop_applications.c.account_sealed, "application-account", *_joined("number")),
    SealedColumn(
        city.transfer_file_contents.c.file_sealed,
        "transfer-file",
        ("municipality", "starts_on", "number"),
        lambda row: f"{row['municipality']}/{row['starts_on']}/{row['number']}",
    ),
    SealedColumn(
        city.bank_results.c.file_sealed,
        "bank-result",
        ("municipality", "starts_on", "number"),
        lambda row: f"{row['municipality']}/{row['starts_on']}/{row['number']}",
    ),
)


@dataclass(slots=True)
class SealedCount:
    """How many values of a column each key opens, the first key first; `unreadable` are opened by none."""

    column: str
    by_age: Counter[int] = field(default_factory=Counter)
    unreadable: int = 0


def count_sealed(store: Store, vault: Vault) -> list[SealedCount]:
    """Open every value once."""
    counts = []
    for sealed in SEALED_COLUMNS:
        count = SealedCount(f"{sealed.table.name}.{sealed.column.name}")
        for row in (row for rows in _pages(store, sealed) for row in rows):
            age = vault.age_of(row["sealed"], purpose=sealed.purpose, bound_to=sealed.bound_to(row))
            if age is None:
                count.unreadable += 1
            else:
                count.by_age[age] += 1
        counts.append(count)
    return counts


def reseal(store: Store, vault: Vault) -> int:
    """Seal under the first key what is under another; how many values. Safe to repeat, and beside running gateways.

    What no key opens is left as it is.
    """
    changed = 0
    for sealed in SEALED_COLUMNS:
        for rows in _pages(store, sealed):
            changed += store.run_now(partial(_reseal, sealed=sealed, rows=rows, vault=vault))
    return changed


def _pages(store: Store, sealed: SealedColumn) -> Iterator[list[dict[str, Any]]]:
    after: tuple[Any, ...] | None = None
    while True:
        rows: list[dict[str, Any]] = store.read_now(partial(_page, sealed=sealed, after=after))
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][column.name] for column in sealed.table.primary_key.columns)


def _page(conn: Connection, sealed: SealedColumn, after: tuple[Any, ...] | None) -> list[dict[str, Any]]:
    key = list(sealed.table.primary_key.columns)
    names = {column.name for column in key} | set(sealed.names)
    query = select(*(sealed.table.c[name] for name in sorted(names)), sealed.column.label("sealed"))
    query = query.where(sealed.column.is_not(None)).order_by(*key).limit(RESEAL_BATCH_SIZE)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return [dict(row) for row in conn.execute(query).mappings()]


def _reseal(conn: Connection, sealed: SealedColumn, rows: list[dict[str, Any]], vault: Vault) -> int:
    changed = 0
    key = list(sealed.table.primary_key.columns)
    for row in rows:
        about = {"purpose": sealed.purpose, "bound_to": sealed.bound_to(row)}
        if vault.age_of(row["sealed"], **about) == 0:
            continue
        try:
            anew = vault.reencrypt(row["sealed"], **about)
        except Unreadable:
            continue
        this = [column == row[column.name] for column in key]
        # Changed by somebody else meanwhile, it is under the first key already, or comes with the next run.
        statement = update(sealed.table).where(*this, sealed.column == row["sealed"])
        changed += conn.execute(statement.values({sealed.column: anew})).rowcount
    return changed
