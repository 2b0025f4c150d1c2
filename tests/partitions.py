"""A database in eight parts by book, on plain PostgreSQL: which statements ask one part, and which ask all of them.

A server that is spread over machines sends a statement where its books lie only when the statement says so by a
constant beside every table. PostgreSQL's own planner leaves out partitions by the same rule, and its plan tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core_ledger import postgres_functions, prepared
from core_ledger.hash_chain import Record

PARTS = 8
_PART = re.compile(r"_part_(\d)$")
_FUNCTION = re.compile(r"ledger_(open|save|open_book|save_book)\(")
_INSIDE = {
    "open": (
        ("book_names", "id_books", "id_names", "hold_books", "hold_names", "account_books", "account_names"),
        ("LOCK_BOOKS", "FIND_MOVES", "FIND_RESOLVED", "FIND_ACCOUNTS_OF_HOLDS", "FIND_ACCOUNTS"),
    ),
    "save": (
        ("book_names", "new_books", "old_books", "new_accounts", "old_accounts", "new_moves"),
        ("ADD_BOOKS", "CHANGE_BOOKS", "ADD_ACCOUNTS", "CHANGE_ACCOUNTS", "ADD_MOVES"),
    ),
    "open_book": (
        ("this_book", "move_ids", "hold_ids", "account_names"),
        (
            "LOCK_BOOK",
            "FIND_MOVES_OF_BOOK",
            "FIND_RESOLVED_OF_BOOK",
            "FIND_ACCOUNTS_OF_HOLDS_OF_BOOK",
            "FIND_ACCOUNTS_OF_BOOK",
        ),
    ),
    "save_book": (
        ("this_book", "new_seq", "new_head", "is_new", "new_accounts", "old_accounts", "new_moves"),
        ("ADD_BOOK", "CHANGE_BOOK", "ADD_ACCOUNTS", "CHANGE_ACCOUNTS_OF_BOOK", "ADD_MOVES"),
    ),
}
_COLUMNS = {
    "new_books": 3,
    "old_books": 3,
    "new_accounts": 8,
    "old_accounts": 8,
    "new_moves": len(Record._fields),
}
_KINDS = {"new_seq": "bigint", "is_new": "boolean"}
Values = Mapping[str, Any] | Sequence[Any] | None


@contextmanager
def in_eight_parts(*described: sa.MetaData, but_not: Iterable[str] = ()) -> Iterator[set[str]]:
    """Tables that are made meanwhile lie in eight parts by book; gives their names."""
    tables = [
        table
        for metadata in described
        for table in metadata.tables.values()
        if "book_id" in table.primary_key.columns and table.name not in but_not
    ]

    def add_parts(table: sa.Table, conn: Connection, **_details: object) -> None:
        for part in range(PARTS):
            conn.exec_driver_sql(
                f"CREATE TABLE {table.name}_part_{part} PARTITION OF {table.name}"
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )

    for table in tables:
        table.dialect_options["postgresql"]["partition_by"] = "HASH (book_id)"
        sa.event.listen(table, "after_create", add_parts)
    try:
        yield {table.name for table in tables}
    finally:
        for table in tables:
            table.dialect_options["postgresql"]["partition_by"] = None
            sa.event.remove(table, "after_create", add_parts)


@dataclass
class Statements:
    """What was sent to the database, each text once with the values of its first time."""

    sent: dict[str, Values] = field(default_factory=dict)

    @contextmanager
    def of(self, *engines: Engine | None) -> Iterator[None]:
        """Take down what these engines send, also past SQLAlchemy."""
        sent = self.sent

        class TakenDown(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
                sent.setdefault(str(query), params)
                return super().execute(query, params, **options)

            def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
                rows = list(params_seq)
                sent.setdefault(str(query), rows[0])
                return super().executemany(query, rows, **options)

        def ask(statements: Any, sql: str, values: Sequence[Any]) -> Any:
            sent.setdefault(sql, list(values))
            return ask_prepared(statements, sql, values)

        def take_down(connection: Any, *_rest: object) -> None:
            connection.cursor_factory = TakenDown

        ask_prepared = prepared._PreparedStatements.ask
        for engine in filter(None, engines):
            sa.event.listen(engine, "checkout", take_down)
        try:
            with patch.object(prepared._PreparedStatements, "ask", ask):
                yield
        finally:
            for engine in filter(None, engines):
                sa.event.remove(engine, "checkout", take_down)

    def about(self, tables: Iterable[str]) -> Iterator[tuple[str, Values]]:
        """Every statement that names one of these tables; of the ledger's functions, those inside."""
        named = re.compile(rf"\b({'|'.join(tables)})\b")
        for sent, values in self.sent.items():
            for statement, its_values in _inside(sent, values):
                if named.search(statement):
                    yield statement, its_values


def parts_asked(conn: psycopg.Connection[Any], statement: str, values: Values) -> set[int]:
    """The parts that PostgreSQL would look into. None of them: it only adds rows, each where its book lies."""
    asked = f"EXPLAIN (FORMAT JSON) {statement}".encode()
    row = cursor_for(conn, values).execute(asked, values).fetchone()
    assert row is not None
    return set(_parts(row[0]))


def cursor_for(conn: psycopg.Connection[Any], values: Values) -> psycopg.Cursor[Any]:
    """One that knows parameters as $1, $2, … where values have places and not names."""
    return psycopg.RawCursor(conn) if isinstance(values, list) else conn.cursor()


def books_of_one_part(conn: psycopg.Connection[Any], count: int) -> list[str]:
    """Names of members' books that lie together."""
    query = (
        "SELECT 'member:m' || n FROM generate_series(1, 1000) n"
        " WHERE satisfies_hash_partition('books'::regclass, 8, 3, 'member:m' || n) LIMIT %s"
    )
    return [row[0] for row in conn.execute(query, [count])]


def _parts(plan: Any) -> Iterator[int]:
    if isinstance(plan, list):
        for part in plan:
            yield from _parts(part)
    elif isinstance(plan, dict):
        found = _PART.search(plan.get("Relation Name", ""))
        if found:
            yield int(found.group(1))
        for part in plan.values():
            yield from _parts(part)


def _inside(sent: str, values: Values) -> Iterator[tuple[str, Values]]:
    called = _FUNCTION.search(sent)
    if called is None:
        yield sent, values
        return
    names, statements = _INSIDE[called.group(1)]
    assert isinstance(values, Sequence)
    named = dict(zip(names, _arguments(sent, values), strict=True))
    for name, value in named.items():  # the functions leave out what has no rows; a plan needs some
        if not value and name in _COLUMNS:
            named[name] = [""] * _COLUMNS[name]
        elif value == "":
            named[name] = "-"
    for statement in statements:
        text: str = getattr(postgres_functions, statement)
        for name in names:
            kind = "text[]" if name in _COLUMNS else _KINDS.get(name, "text")
            text = re.sub(rf"\b{name}\b", f"(%({name})s::{kind})", text)
        yield text, named


def _arguments(call: str, values: Sequence[Any]) -> Iterator[Any]:
    """Those of a function's call: a value for $3, a list of values for ARRAY[$4, $5]."""
    for array, place in re.findall(r"ARRAY\[([^\]]*)\]|\$(\d+)", call):
        if place:
            yield values[int(place) - 1]
        else:
            yield [values[int(it) - 1] for it in re.findall(r"\$(\d+)", array)]
