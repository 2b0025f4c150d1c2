"""Where each table lies when a PostgreSQL with Citus spreads the schema over several machines: the plan, and its doing.

    by book          rows of one member, side by side with the member's book: one machine has all of them
    by its own key   what is looked up before a member is known: each row where the hash of its key says
    on every node    what every machine reads and people change: a whole copy on each of them
    coordinator      what cities and operators do, and how members are known: as it was

A distributed table is unique only by keys that have the column by which it is distributed, so `TABLES` of the schema say
that column themselves (`shard_key`). Every other table stands in one of the two lists here; a new one is named by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table

import core_ledger
import migrations
from gateway.errors import GatewayError
from migrations import SchemaState
from migrations.targets import METADATAS

DEFAULT_SHARDS: Final = 32
MAX_SHARDS: Final = 1_024
_LOCK: Final = 0x73707264  # "sprd"
_FIRST: Final = "books"
"""The table beside which all others by book are laid."""


class Kind(StrEnum):
    """How a table lies."""

    BOOK = "by book"
    OWN_KEY = "by its own key"
    REFERENCE = "on every node"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Of one table: `column` is what it is distributed by, None where it is not."""

    table: str
    kind: Kind
    column: str | None
    why: str

    @property
    def words(self) -> str:
        """How it lies, for people."""
        match self.kind:
            case Kind.BOOK | Kind.OWN_KEY:
                return f"by {self.column}"
            case Kind.REFERENCE:
                return "on every node"
            case Kind.COORDINATOR:
                return "on the coordinator"


ON_EVERY_NODE: Final = {
    "read with a member's rows, changed by a city or an operator": (
        "point_services", "point_rules", "point_service_issuers", "support_events", "partner_controls", "maintenance_windows", "shops",
    ),
    "read by every request, changed by an operator": ("client_keys", "webhook_keys"),
}  # fmt: skip

ON_THE_COORDINATOR: Final = {
    "how members are known: unique by several keys, and read together": (
        "members", "member_proofs", "member_passkeys", "member_restorations", "member_mail", "retired_mykey_ids", "mykey_id_choices",
        "sessions", "representations", "representative_acts",
    ),
    "single use, gone within minutes or days": (
        "sign_in_misses", "card_challenges", "passkey_challenges", "oidc_requests", "oidc_arrivals", "seen_nonces", "seen_pushes",
        "staff_challenges",
    ),
    "read and written by what runs in the background": (
        "member_events", "member_notice_marks", "mail_notices", "outbox", "compared_days", "closed_differences",
    ),
    "a chain over all, or a note about the database itself": (
        "audit_heads", "audit_lines", "audit_seals", "daily_digests", "journal_ends", "journal_marks", "journal_checkpoint",
        "commit_probes", "schema_marker",
    ),
    "a city's own work": (
        "announcements", "privacy_texts", "staff", "staff_passkeys", "staff_sessions", "staff_changes", "first_passwords",
        "staff_grant_days", "tills", "till_tokens", "till_pins", "deed_rules", "proposals", "proposal_decisions",
        "grant_projects", "project_limits", "venue_limits", "grant_files", "grant_lines",
        "carry_ins", "carry_in_lines", "carried_numbers",
        "companies", "company_shops", "company_readers", "company_workers", "shop_terms", "shop_applications", "shop_account_changes", "account_notices",
        "shop_debts", "city_banks", "pay_card_limits",
        "settlements", "settlement_lines", "settlement_settings", "settlement_accounts", "cycle_rules", "bank_results",
        "transfer_files", "transfer_file_contents", "payouts",
        "daily_figures", "day_totals", "month_figures", "issue_figures",
    ),
}  # fmt: skip


def tables() -> list[Table]:
    """Every table of this release's schema, the ledger's first."""
    return [table for metadata in METADATAS for table in metadata.sorted_tables]


def shard_key(table: Table) -> str | None:
    """The column by which a table says that it is distributed; None: by none."""
    if table.metadata is core_ledger.metadata:
        return "book_id"
    key: str | None = table.info["shard_key"]
    return key


def placement_of(table: Table) -> Placement:
    """Where a table lies. Raises LookupError for one that nobody has placed, or that was placed twice."""
    found = [
        Placement(table=table.name, kind=kind, column=None, why=why)
        for kind, reasons in ((Kind.REFERENCE, ON_EVERY_NODE), (Kind.COORDINATOR, ON_THE_COORDINATOR))
        for why, names in reasons.items()
        if table.name in names
    ]
    if key := shard_key(table):
        kind = Kind.BOOK if key == "book_id" else Kind.OWN_KEY
        why = "a member's rows, beside the book" if kind is Kind.BOOK else "looked up by it, for any member"
        found.append(Placement(table=table.name, kind=kind, column=key, why=why))
    if len(found) != 1:
        raise LookupError(
            f"{table.name} is placed {len(found)} times: give it a shard_key, or name it once in {__name__}"
        )
    return found[0]


def plan() -> list[Placement]:
    """Where every table lies: books first, beside which the others are laid, what stays as it is last."""
    order = list(Kind)
    return sorted(
        map(placement_of, tables()),
        key=lambda each: (order.index(each.kind), each.table != _FIRST, each.table),
    )


def may_refer(source: Placement, target: Placement, columns: Sequence[str], targets: Sequence[str]) -> bool:
    """Whether Citus can hold a foreign key from `columns` of the one to `targets` of the other."""
    if target.kind is Kind.REFERENCE:
        return True
    if source.kind is Kind.BOOK and target.kind is Kind.BOOK:
        return ("book_id", "book_id") in zip(columns, targets, strict=True)
    return source.kind is Kind.COORDINATOR and target.kind is Kind.COORDINATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTable:
    """A line of the plan; `done`: the table lies so already."""

    placement: Placement
    done: bool


def look(conn: Connection) -> list[PlacedTable]:
    """The plan beside how the tables lie now. Raises GatewayError, saying what to do, where it cannot be carried out."""
    _require_citus(conn)
    state = migrations.read_status(conn)
    if state.state is not SchemaState.CURRENT:
        raise GatewayError(f"nothing was changed: {state.sentence}")
    lying = _lying(conn)
    placed = [PlacedTable(placement=each, done=_lies_so(each, lying)) for each in plan()]
    by_name = {each.placement.table: each.placement for each in placed}
    require_unique_keys(conn, by_name)
    require_foreign_keys(conn, by_name)
    return placed


def distribute(conn: Connection, shards: int, report: Callable[[Placement], None]) -> int:
    """Carry the plan out, each table in a transaction of its own, and give how many were moved; `conn` commits by itself.

    What was done already is left, so that it can be cut off at any moment and run again. `shards` counts when books are
    distributed for the first time. Raises GatewayError as `look`.
    """
    if not 1 <= shards <= MAX_SHARDS:
        raise GatewayError(f"there are 1 to {MAX_SHARDS} shards, not {shards}")
    if not conn.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
        raise GatewayError("nothing was changed: another `db distribute` is under way; wait for its end")
    try:
        todo = [each.placement for each in look(conn) if not each.done]
        conn.exec_driver_sql(f"SET citus.shard_count = {shards:d}")
        conn.exec_driver_sql("SET citus.shard_replication_factor = 1")
        for placement in todo:
            _place(conn, placement)
            report(placement)
        for placement in plan():
            _drop_what_was_left(conn, placement)
        conn.exec_driver_sql("ANALYZE")
    finally:
        conn.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    return len(todo)


def _place(conn: Connection, placement: Placement) -> None:
    values = {"table": _named(placement.table), "column": placement.column}
    match placement.kind:
        case Kind.BOOK if placement.table == _FIRST:
            query = "SELECT create_distributed_table(:table, :column, colocate_with => 'none')"
        case Kind.BOOK:
            query = f"SELECT create_distributed_table(:table, :column, colocate_with => '{_FIRST}')"
        case Kind.OWN_KEY:
            query = "SELECT create_distributed_table(:table, :column, colocate_with => 'none')"
        case _:
            query, values = "SELECT create_reference_table(:table)", {"table": values["table"]}
    conn.execute(sa.text(query), values)


def _drop_what_was_left(conn: Connection, placement: Placement) -> None:
    """Citus leaves the rows that it has copied where they were, unseen; a run that was cut off may have left some."""
    if placement.kind is Kind.COORDINATOR:
        return
    table = {"table": _named(placement.table)}
    if conn.scalar(sa.text("SELECT pg_relation_size(CAST(:table AS regclass))"), table):
        conn.execute(sa.text("SELECT truncate_local_data_after_distributing_table(:table)"), table)


def _require_citus(conn: Connection) -> None:
    if conn.dialect.name != "postgresql":
        raise GatewayError(
            "an embedded database is one file; `point-gateway db copy` brings it to PostgreSQL first"
        )
    if not conn.scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")):
        raise GatewayError(
            "this PostgreSQL has no Citus: on it and on each worker put citus into shared_preload_libraries and run"
            " CREATE EXTENSION citus, then name the workers with citus_add_node"
        )
    if not conn.scalar(sa.text("SELECT citus_is_coordinator()")):
        raise GatewayError("this is a worker of Citus; name the coordinator in [database] url")
    if not conn.scalar(sa.text("SELECT count(*) FROM citus_get_active_worker_nodes()")):
        raise GatewayError("the coordinator knows no worker; name each with citus_add_node")


_Lying = dict[str, tuple[str, str | None, bool]]
"""By table: how it is spread ("h" by hash, "n" copied), by which column, and whether with the books."""


def _lying(conn: Connection) -> _Lying:
    query = sa.text(
        "SELECT c.relname, p.partmethod::text, p.partkey IS NOT NULL, column_to_column_name(p.logicalrelid, p.partkey::text),"
        " p.colocationid = (SELECT b.colocationid FROM pg_dist_partition b WHERE b.logicalrelid = to_regclass('books'))"
        " FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND (p.partmethod = 'h' OR p.repmodel = 't')"
    )
    return {
        name: (how, column if has_key else None, bool(beside))
        for name, how, has_key, column, beside in conn.execute(query)
    }


def _lies_so(placement: Placement, lying: _Lying) -> bool:
    """Whether a table lies as planned already. Raises GatewayError where it lies otherwise."""
    how = lying.get(placement.table)
    wanted = {
        Kind.BOOK: ("h", placement.column, True),
        Kind.OWN_KEY: ("h", placement.column, False),
        Kind.REFERENCE: ("n", None, False),
        Kind.COORDINATOR: None,
    }[placement.kind]
    if how == wanted:
        return True
    if how is None:
        return False
    spread = f"by {how[1]}" if how[1] else "on every node"
    raise GatewayError(
        f"nothing was changed: {placement.table} lies {spread}, and belongs {placement.words};"
        f" take it back with SELECT undistribute_table('{placement.table}') and run this again"
    )


def require_unique_keys(conn: Connection, placements: dict[str, Placement]) -> None:
    """A distributed table is unique only within a shard: each unique key must have the column that names the shard."""
    query = sa.text(
        "SELECT t.relname, i.relname, array_agg(a.attname::text) FROM pg_index x"
        " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
        " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (x.indkey)"
        " WHERE x.indisunique AND t.relnamespace = current_schema()::regnamespace GROUP BY 1, 2 ORDER BY 1, 2"
    )
    for table, index, columns in conn.execute(query):
        placement = placements.get(table)
        if placement is not None and placement.column is not None and placement.column not in columns:
            raise GatewayError(
                f"nothing was changed: {table} is to lie by {placement.column}, and its unique index {index} has no such"
                " column, so that nobody could hold it over several machines; drop the index, or make it without UNIQUE"
            )


def require_foreign_keys(conn: Connection, placements: dict[str, Placement]) -> None:
    for name, source, target, columns, targets in _foreign_keys(conn):
        ours = placements.get(source), placements.get(target)
        if ours[0] is None and ours[1] is None:
            continue
        if ours[0] is None or ours[1] is None or not may_refer(ours[0], ours[1], columns, targets):
            raise GatewayError(
                f"nothing was changed: the foreign key {name} of {source} refers to {target}, which will lie elsewhere;"
                f" drop it: ALTER TABLE {source} DROP CONSTRAINT {name}"
            )


def _foreign_keys(conn: Connection) -> Iterator[tuple[str, str, str, list[str], list[str]]]:
    query = sa.text(
        "SELECT k.conname, s.relname, t.relname,"
        " ARRAY (SELECT a.attname::text FROM unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum = n),"
        " ARRAY (SELECT a.attname::text FROM unnest(k.confkey) n JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n)"
        " FROM pg_constraint k JOIN pg_class s ON s.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid"
        " WHERE k.contype = 'f' AND s.relnamespace = current_schema()::regnamespace ORDER BY 2, 1"
    )
    row: Any
    for row in conn.execute(query):
        yield tuple(row)


def _named(table: str) -> str:
    return f'"{table}"'
