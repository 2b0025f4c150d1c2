"""PostgreSQL asked by statements that a connection prepares once, in one call of libpq each.

    rows = ask(conn, "SELECT name FROM members WHERE member_id = $1", ["m-1"])

psycopg's cursor carries a statement out in steps, and lets go of the interpreter in each of them; where the other threads are
busy it waits for it as often, which costs more than the statement. Here it is let go once. How values are written and
read is psycopg's own; errors are psycopg's as well.

After a rollback psycopg may give up all of its connection's prepared statements, these with them. So whoever
rolls back says it by `doubt_statements`: each is then prepared anew before its next use.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

_KEPT = "core_ledger.prepared"
"""Where a connection's own are, in what SQLAlchemy keeps with it."""
# libpq's words: no transaction is open; the connection stands; a statement was carried out, without rows and with them.
_IDLE = 0
_CONNECTED = 0
_DONE = (1, 2)


def ask(conn: Connection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Carry out a statement whose parameters are $1, $2, … and give all its rows. Raises psycopg.Error.

    In a transaction, which begins with the first statement, where the connection does not commit each by itself.
    """
    kept = conn.info
    statements = kept.get(_KEPT)
    if statements is None:
        statements = kept[_KEPT] = _PreparedStatements(conn.connection.driver_connection)
    rows: list[tuple[Any, ...]] = statements.ask(sql, values)
    return rows


def doubt_statements(conn: Connection) -> None:
    """Say that a transaction, or a part of it, was rolled back."""
    _doubt(conn.info)


def _doubt(info: dict[Any, Any]) -> None:
    if (statements := info.get(_KEPT)) is not None:
        statements.doubtful.update(statements.names)


def _doubt_where_undone(driver: Any, record: Any, _state: Any) -> None:
    """A connection that comes back to its pool is rolled back where a transaction is open on it."""
    if _KEPT in record.info and driver.pgconn.transaction_status != _IDLE:
        _doubt(record.info)


# The library's own rollbacks, on whatever engine; at a DROP psycopg gives its statements up as well.
sa.event.listen(Engine, "rollback", doubt_statements)
sa.event.listen(Engine, "rollback_savepoint", lambda conn, _name, _context: doubt_statements(conn))
sa.event.listen(sa.Pool, "reset", _doubt_where_undone)
sa.event.listen(sa.MetaData, "after_drop", lambda _metadata, conn, **_: doubt_statements(conn))


class _PreparedStatements:
    """Those of one connection, which one thread uses at a time."""

    def __init__(self, driver: Any) -> None:
        from psycopg.adapt import PyFormat, Transformer  # only PostgreSQL needs its driver

        self.names: dict[str, bytes] = {}
        self.doubtful: set[str] = set()
        self._driver = driver
        self._libpq = driver.pgconn
        self._adapt = Transformer(driver)
        # Of a text the server takes the type from the statement; in binary a number has a form for each size.
        self._format = PyFormat.TEXT
        self._numbers = count(1)

    def ask(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        libpq = self._libpq
        if libpq.status != _CONNECTED:
            self._fail(None)
        if libpq.transaction_status == _IDLE and not self._driver.autocommit:
            self._checked(libpq.exec_(_begin(self._driver)))
        texts = self._adapt.dump_sequence(values, [self._format] * len(values))
        if self._driver.prepare_threshold is None:  # a pooler stands between; see core_ledger.poolers
            result = libpq.exec_params(sql.encode(), texts)
        else:
            name = self.names.get(sql)
            if name is None or sql in self.doubtful:
                name = self._prepare(sql)
            result = libpq.exec_prepared(name, texts)
        self._adapt.set_pgresult(self._checked(result))
        rows: list[tuple[Any, ...]] = self._adapt.load_rows(0, result.ntuples, tuple)
        return rows

    def _prepare(self, sql: str) -> bytes:
        known = self.names.get(sql)
        if known is not None and hasattr(self._libpq, "close_prepared"):
            self._checked(self._libpq.close_prepared(known))  # no fault where it is gone
        name = f"ledger_{next(self._numbers)}".encode()
        self._checked(self._libpq.prepare(name, sql.encode()))
        self.names[sql] = name
        self.doubtful.discard(sql)
        return name

    def _checked(self, result: Any) -> Any:
        if result.status not in _DONE:
            self._fail(result)
        return result

    def _fail(self, result: Any) -> NoReturn:
        from psycopg.errors import OperationalError, error_from_result

        if result is None or self._libpq.status != _CONNECTED:
            raise OperationalError("the connection to the database is lost")
        raise error_from_result(result)


def _begin(driver: Any) -> bytes:
    """BEGIN, with what the engine has set for the connection."""
    words = ["BEGIN"]
    if driver.isolation_level is not None:
        words.append(f"ISOLATION LEVEL {driver.isolation_level.name.replace('_', ' ')}")
    if driver.read_only is not None:
        words.append("READ ONLY" if driver.read_only else "READ WRITE")
    return " ".join(words).encode()
