"""Statements of the hot path: written with SQLAlchemy, compiled once, then handed to the driver as they are.

The library still writes the SQL of each database and knows the types. What it does besides at every execution
(keys of its cache, contexts, result objects) costs ten times what the database takes for one row by its key.
Errors are the library's own, so that whoever tries again after a deadlock need not know the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    sql: str
    order: tuple[str, ...] | None  # of the parameters where they have places and not names
    fixed: Mapping[str, Any]  # what the statement itself says, already as the driver wants it
    into: tuple[tuple[str, _Convert], ...]
    columns: tuple[str, ...]
    out_of: tuple[tuple[str, _Convert], ...]


class Hot:
    """One statement. Its parameters are its `bindparam`s and, for INSERT and UPDATE, columns by name; no lists."""

    def __init__(self, statement: Any) -> None:
        self._statement: Final = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def all(self, conn: Connection, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every row that it gives, by column name."""
        given = values or {}
        key = (conn.dialect.name, *given)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = _compile(self._statement, conn.dialect, tuple(given))
        if not conn.in_transaction():
            conn.begin()
        return _rows(compiled, _run(conn, compiled, given))

    def first(self, conn: Connection, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = self.all(conn, values)
        return rows[0] if rows else None


def _run(conn: Connection, compiled: _Compiled, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    values = {**compiled.fixed, **given}
    for name, convert in compiled.into:
        values[name] = convert(values[name])
    parameters = values if compiled.order is None else [values[name] for name in compiled.order]
    driver: Any = conn.connection.driver_connection
    dbapi: Any = conn.dialect.loaded_dbapi
    try:
        cursor = driver.execute(compiled.sql, parameters)
        return cursor.fetchall() if compiled.columns else []
    except dbapi.Error as fault:
        lost = conn.dialect.is_disconnect(fault, driver, None)
        if lost:
            conn.invalidate(fault)
        raise DBAPIError.instance(
            compiled.sql,
            None,  # values may be members' own, and errors are logged
            fault,
            dbapi.Error,
            connection_invalidated=lost,
            dialect=conn.dialect,
        ) from fault


def _rows(compiled: _Compiled, found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    rows = []
    for values in found:
        row = dict(zip(compiled.columns, values, strict=True))
        for name, convert in compiled.out_of:
            if (value := row[name]) is not None:
                row[name] = convert(value)
        rows.append(row)
    return rows


def _compile(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Compiled:
    made = statement.compile(dialect=dialect, column_keys=names)
    into = {
        name: convert
        for name, bind in made.binds.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {
        name: into[name](value) if name in into else value
        for name, value in made.params.items()
        if name not in names
    }
    columns = getattr(statement, "exported_columns", ())
    return _Compiled(
        sql=str(made),
        order=tuple(made.positiontup) if made.positional else None,
        fixed=fixed,
        into=tuple((name, convert) for name, convert in into.items() if name in names),
        columns=tuple(column.key for column in columns),
        out_of=tuple(
            (column.key, convert)
            for column in columns
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ),
    )
