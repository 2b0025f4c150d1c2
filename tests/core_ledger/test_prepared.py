"""Statements that are prepared once on a connection: what they give, and that they outlive a rollback."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core_ledger.driver_errors import as_dbapi_error
from core_ledger.engines import open_engines
from core_ledger.prepared import ask

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]

PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1"
DOUBLE = "SELECT $1::bigint * 2"


@pytest.fixture
def engines(postgres: str) -> Iterator[tuple[Engine, Engine]]:
    writing, reading = open_engines(postgres, 1)
    assert reading is not None
    yield writing, reading
    writing.dispose()
    reading.dispose()


def prepared_by_the_driver(conn: Connection) -> None:
    """Something that psycopg has prepared itself: only then does it give up all after a rollback."""
    for _ in range(3):
        conn.exec_driver_sql("SELECT 'by the driver'")


def test_values_come_back_as_they_went_in(engines: tuple[Engine, Engine]) -> None:
    sql = "SELECT $1::text, $2::bytea, $3::bigint, $4::boolean, $5::text"
    row = ("見本 \\ ' %s", b"\x00\xff\\", -(2**40), True, None)
    with engines[0].begin() as conn:
        assert ask(conn, sql, row) == [row]
        assert ask(conn, sql, (None, None, 1, False, "")) == [(None, None, 1, False, "")]
        assert ask(conn, "SELECT 1 WHERE $1::bigint = 2", (1,)) == []


def test_a_statement_is_prepared_once_and_kept_over_commits(engines: tuple[Engine, Engine]) -> None:
    for number in range(3):
        with engines[0].begin() as conn:
            assert ask(conn, DOUBLE, (number,)) == [(number * 2,)]
            assert ask(conn, DOUBLE, (2**40,)) == [(2**41,)]
            assert ask(conn, PREPARED, (DOUBLE,)) == [(1,)]


def test_after_a_rollback_it_is_prepared_anew(engines: tuple[Engine, Engine]) -> None:
    with engines[0].connect() as conn:
        for _ in range(3):
            with conn.begin() as transaction:
                prepared_by_the_driver(conn)
                assert ask(conn, DOUBLE, (3,)) == [(6,)]
                assert ask(conn, PREPARED, (DOUBLE,)) == [(1,)]
                transaction.rollback()


def test_after_a_part_of_a_transaction_is_undone_too(engines: tuple[Engine, Engine]) -> None:
    with engines[0].begin() as conn:
        prepared_by_the_driver(conn)
        assert ask(conn, DOUBLE, (3,)) == [(6,)]
        with pytest.raises(psycopg.errors.DivisionByZero), conn.begin_nested():
            ask(conn, "SELECT 1 / $1::bigint", (0,))
        assert ask(conn, DOUBLE, (4,)) == [(8,)]


def test_and_after_a_connection_came_back_to_its_pool_in_mid_transaction(
    engines: tuple[Engine, Engine],
) -> None:
    with engines[0].begin() as conn:
        prepared_by_the_driver(conn)
    for _ in range(2):
        with engines[0].connect() as conn:  # of whose transaction the library knows nothing
            assert ask(conn, DOUBLE, (3,)) == [(6,)]


def test_a_transaction_begins_as_its_engine_says(engines: tuple[Engine, Engine]) -> None:
    writing, reading = engines
    show = "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
    with reading.begin() as conn:
        conn.exec_driver_sql("SET default_transaction_read_only = off")
    with reading.begin() as conn:
        assert ask(conn, show, ()) == [("repeatable read", "on")]
    with writing.begin() as conn:
        assert ask(conn, show, ()) == [("read committed", "off")]


def test_behind_a_pooler_nothing_is_prepared(postgres: str) -> None:
    writing, _ = open_engines(postgres, 1, prepared=False)
    with writing.begin() as conn:
        assert ask(conn, DOUBLE, (3,)) == [(6,)]
        assert ask(conn, "SELECT count(*) FROM pg_prepared_statements", ()) == [(0,)]
    writing.dispose()


def test_a_lost_connection_is_told_as_one(engines: tuple[Engine, Engine]) -> None:
    writing, _ = engines
    with writing.connect() as conn:
        ((session,),) = ask(conn, "SELECT pg_backend_pid()", ())
        with writing.begin() as other:
            ask(other, "SELECT pg_terminate_backend($1::bigint::int, 5000)", (session,))
        for _ in range(2):  # when it is found out, and once it is known
            with pytest.raises(psycopg.OperationalError) as lost:
                ask(conn, DOUBLE, (3,))
        fault = as_dbapi_error(conn, DOUBLE, lost.value)
        assert isinstance(fault, sa.exc.OperationalError)
        assert fault.connection_invalidated
