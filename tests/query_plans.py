"""Which of the sent questions read a table that grows with use from one end to the other, by the database's own plans.

Asked of databases with few rows: SQLite plans by the indexes that there are, and PostgreSQL is forbidden to scan where it
need not. On SQLite a search by nothing but a city, a state or the like counts as a scan, since one city may have nearly all
rows; it does not where the index has the order and a limit ends it. PostgreSQL, which has statistics in service and none
here, may choose such a search on an empty table: there only a scan is one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core_ledger import prepared
from migrations.targets import METADATAS

OF_FEW_ROWS: Final = frozenset(
    {
        "alembic_version", "anchors", "announcements", "audit_heads", "audit_seals", "city_banks", "client_keys",
        "commit_probes", "compared_days", "deed_rules", "grant_projects", "journal_checkpoint", "journal_ends", "journal_marks",
        "maintenance_windows", "partner_controls", "pay_card_limits", "point_rules", "point_services",
        "privacy_texts", "schema_marker", "settlement_settings", "settlements", "shops", "staff", "staff_passkeys",
        "support_events", "webhook_keys",
    }
)  # fmt: skip
"""Tables that a few persons write, or that have a row a city, a shop or a day."""

OF_FEW_VALUES: Final = frozenset(
    {"municipality", "point_service", "partner_id", "state", "kind", "settled_in", "party", "deed", "action"}
)
"""Columns by which nearly all rows may be alike."""

OF_WHAT_WAITS: Final = ("exchanges_to_ask", "reversals_to_ask", "spends_to_settle", "refunds_to_settle")
"""Indexes that begin with a state which rows leave: what is read by them is what waits."""

_TABLES: Final = {table.name for metadata in METADATAS for table in metadata.tables.values()}
_ALIAS: Final = re.compile(r"\b(\w+) AS (\w+)")
_STEP: Final = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING .*?(?:\((.*)\))?)?(?: LEFT-JOIN)?$")
_EQUAL: Final = re.compile(r"([\w.<>]+)\s*(=|>|<)")


@dataclass
class Questions:
    """What was asked, with the values of its first time."""

    asked: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def taken_down(self) -> Iterator[None]:
        """Take down what connections ask that are made meanwhile."""
        asked = self.asked

        class PostgresCursor(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
                asked.setdefault(str(query), params)
                return super().execute(query, params, **options)

        class SqliteCursor(sqlite3.Cursor):
            def execute(self, query: str, params: Any = ()) -> Any:
                asked.setdefault(query, params)
                return super().execute(query, params)

        class SqliteConnection(sqlite3.Connection):
            def cursor(self, _factory: Any = None) -> Any:
                return super().cursor(SqliteCursor)

            def execute(self, query: str, params: Any = ()) -> sqlite3.Cursor:
                cursor: sqlite3.Cursor = self.cursor().execute(query, params)
                return cursor

        def before(dialect: Any, _record: object, _arguments: object, options: dict[str, Any]) -> None:
            if dialect.name == "sqlite":
                options["factory"] = SqliteConnection
            else:
                options["cursor_factory"] = PostgresCursor

        def ask(statements: Any, sql: str, values: Sequence[Any]) -> Any:
            asked.setdefault(sql, list(values))
            return ask_prepared(statements, sql, values)

        ask_prepared = prepared._PreparedStatements.ask
        sa.event.listen(Engine, "do_connect", before)
        try:
            with patch.object(prepared._PreparedStatements, "ask", ask):
                yield
        finally:
            sa.event.remove(Engine, "do_connect", before)

    def whole_reads(self, conn: Connection) -> dict[str, set[str]]:
        """The tables that grow and are read whole, each with the plan's words and the question's beginning."""
        plans = _whole_on_postgres if conn.dialect.name == "postgresql" else _whole_on_sqlite
        found: dict[str, set[str]] = {}
        for statement, values in list(self.asked.items()):
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                for table, step in plans(conn, statement, values):
                    if table in _TABLES - OF_FEW_ROWS:
                        found.setdefault(table, set()).add(f"{step}: {' '.join(statement.split())[:400]}")
        return found


def _is_ended_by_a_limit(statement: str, is_sorted: bool) -> bool:
    return " LIMIT " in " ".join(statement.split()).upper() and not is_sorted


def _whole_on_sqlite(conn: Connection, statement: str, values: Any) -> Iterator[tuple[str, str]]:
    driver: Any = conn.connection.driver_connection
    steps = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    aliases = {alias: name for name, alias in _ALIAS.findall(statement)}
    ends_early = _is_ended_by_a_limit(statement, any("TEMP B-TREE" in step for step in steps))
    for step in steps:
        named = _STEP.match(step)
        waits = any(f" {index} " in step for index in OF_WHAT_WAITS)
        if named is not None and not waits and _reads_all(named[1], named[3], ends_early):
            yield aliases.get(named[2], named[2]), step


def _reads_all(kind: str, condition: str | None, ends_early: bool) -> bool:
    if kind == "SCAN":
        return not ends_early
    compared: dict[str, set[str]] = {}
    for column, how in _EQUAL.findall(condition or ""):
        compared.setdefault(column, set()).add(how)
    narrow = [
        column
        for column, hows in compared.items()
        if column not in OF_FEW_VALUES and ("=" in hows or ">" in hows)
    ]
    return not narrow and not ends_early


def _whole_on_postgres(conn: Connection, statement: str, values: Any) -> Iterator[tuple[str, str]]:
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor:
        # A test's table is one page, read in any way at one price: each row counts as much as a page of a large table.
        asked_for = {"enable_seqscan": "off", "cpu_tuple_cost": "4", "cpu_index_tuple_cost": "4"}
        for setting, value in asked_for.items():
            cursor.execute(f"SET {setting} = {value}")
        asking: Any = psycopg.RawCursor(driver) if isinstance(values, list) else cursor  # by $1, or by names
        plan = asking.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchone()[0]
        for setting in asked_for:
            cursor.execute(f"RESET {setting}")
    steps = list(_steps(plan))
    ends_early = _is_ended_by_a_limit(statement, any(step["Node Type"].endswith("Sort") for step in steps))
    for step in steps:
        is_search = "Index Cond" in step or "Recheck Cond" in step
        if "Relation Name" in step and not is_search and not ends_early:
            yield step["Relation Name"], step["Node Type"]


def _steps(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        for part in plan:
            yield from _steps(part)
    elif isinstance(plan, dict):
        if "Node Type" in plan:
            yield plan
        for part in plan.values():
            yield from _steps(part)
