"""Statements of the hot path: written with SQLAlchemy, compiled once, then handed to the driver as they are.

The library still writes the SQL of each database and knows the types. What it does besides at every execution
(keys of its cache, contexts, result objects) costs ten times what the database takes for one row by its key.
Errors are the library's own, so that whoever tries again after a deadlock need not know the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect

from core_ledger.driver_errors import as_dbapi_error
from core_ledger.prepared import ask

_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    sql: str
    order: tuple[str, ...]  # of the parameters
    fixed: Mapping[str, Any]  # what the statement itself says, already as the driver wants it
    into: tuple[tuple[str, _Convert], ...]
    columns: tuple[str, ...]
    out_of: tuple[tuple[str, _Convert], ...]


class CompiledStatement:
    """One statement. Its parameters are its `bindparam`s and, for INSERT and UPDATE, columns by name; no lists."""

    def __init__(self, statement: Any) -> None:
        self._statement: Final = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def all(self, conn: Connection, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every row that it gives, by column name."""
        parameters = values or {}
        compiled = self._made_for(conn, parameters)
        try:
            return _rows(compiled, _ask(conn, compiled, _parameters(compiled, parameters)))
        except conn.dialect.loaded_dbapi.Error as fault:
            raise as_dbapi_error(conn, compiled.sql, fault) from fault

    def _made_for(self, conn: Connection, given: Mapping[str, Any]) -> _Compiled:
        key = (conn.dialect.name, *given)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = _compile(self._statement, conn.dialect, tuple(given))
        if not conn.in_transaction():
            conn.begin()
        return compiled

    def first(self, conn: Connection, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = self.all(conn, values)
        return rows[0] if rows else None


class CompiledInStatement:
    """A statement about a list, of values or of rows.

    A list has no place in a statement that is made once. So one is made for each power of two, and the last of the
    list fills up what is left. What it gives is in no order.
    """

    def __init__(self, about: Callable[[list[Any]], Any], *, width: int = 0) -> None:
        """`about` gives the statement for so many values: `select(…).where(column.in_(values))`.

        With a `width` it is given tuples of so many values, and so must `all`.
        """

        def of_size(size: int) -> CompiledStatement:
            if not width:
                return CompiledStatement(about([bindparam(f"value_{n}") for n in range(size)]))
            return CompiledStatement(
                about([tuple(bindparam(f"value_{n}_{w}") for w in range(width)) for n in range(size)])
            )

        self._width: Final = width
        self._of_size: Final = cache(of_size)

    def all(
        self, conn: Connection, listed: Sequence[Any], values: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Every row that it gives; `values` are its other parameters. For some hundreds of `listed` at most."""
        if not listed:
            return []
        size = 1 << (len(listed) - 1).bit_length()
        named = dict(values or {})
        for n, value in enumerate([*listed, *[listed[-1]] * (size - len(listed))]):
            if self._width:
                named.update({f"value_{n}_{w}": part for w, part in enumerate(value)})
            else:
                named[f"value_{n}"] = value
        return self._of_size(size).all(conn, named)


def _driver(conn: Connection) -> Any:
    return conn.connection.driver_connection


def _ask(conn: Connection, compiled: _Compiled, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    if conn.dialect.name == "postgresql":
        return ask(conn, compiled.sql, values)
    found: list[tuple[Any, ...]] = _driver(conn).execute(compiled.sql, values).fetchall()
    return found


def _parameters(compiled: _Compiled, given: Mapping[str, Any]) -> list[Any]:
    values = {**compiled.fixed, **given}
    for name, convert in compiled.into:
        values[name] = convert(values[name])
    return [values[name] for name in compiled.order]


def _rows(compiled: _Compiled, found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    rows = []
    for values in found:
        row = dict(zip(compiled.columns, values, strict=True))
        for name, convert in compiled.out_of:
            if (value := row[name]) is not None:
                row[name] = convert(value)
        rows.append(row)
    return rows


@cache
def _numbered() -> Dialect:
    """PostgreSQL's, with parameters as the server itself knows them: $1, $2, …"""
    return PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def _compile(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    if dialect.name == "postgresql":
        dialect = _numbered()
    compiled = statement.compile(dialect=dialect, column_keys=names)
    into = {
        name: convert
        for name, bind in compiled.binds.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {
        name: into[name](value) if name in into else value
        for name, value in compiled.params.items()
        if name not in names
    }
    columns = getattr(statement, "exported_columns", ())
    return _Compiled(
        sql=str(compiled),
        order=tuple(compiled.positiontup),
        fixed=fixed,
        into=tuple((name, convert) for name, convert in into.items() if name in names),
        columns=tuple(column.key for column in columns),
        out_of=tuple(
            (column.key, convert)
            for column in columns
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ),
    )
