"""The schema spread over the workers of a Citus coordinator, whose address POINT_GATEWAY_TEST_CITUS has.

The coordinator has its workers already, and the database may be emptied: all tables are made anew, by the steps of the
schema and by `db distribute`, as an operator does.
"""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

import migrations
from gateway import database_distribution as distribution

SHARDS = 8
_OURS = sa.text(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND relname !~ '_[0-9]{6,}$'"
)
_FUNCTIONS = sa.text(
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(ledger|gateway)_'"
)


@pytest.fixture
def coordinator() -> Iterator[str]:
    """Give the coordinator's URL: a database with the newest schema and no row, nothing of it spread."""
    url = os.environ.get("POINT_GATEWAY_TEST_CITUS")
    if not url:
        pytest.skip("POINT_GATEWAY_TEST_CITUS names no Citus coordinator")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        assert conn.scalar(sa.text("SELECT count(*) FROM citus_get_active_worker_nodes()")) >= 2
        for table in list(conn.scalars(_OURS)):  # not the schema: Citus has views in it, and would go with it
            conn.exec_driver_sql(f'DROP TABLE "{table}" CASCADE')
        for function in list(conn.scalars(_FUNCTIONS)):
            conn.exec_driver_sql(f"DROP FUNCTION {function}")
    migrations.upgrade(url)
    yield url
    engine.dispose()


@pytest.fixture
def citus(coordinator: str) -> str:
    """Give the coordinator's URL, every table laid out over eight shards."""
    engine = sa.create_engine(coordinator, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        distribution.distribute(conn, SHARDS, lambda _: None)
    engine.dispose()
    return coordinator
