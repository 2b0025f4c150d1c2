"""A ledger spread over the workers of a Citus coordinator, whose address POINT_GATEWAY_TEST_CITUS has.

The coordinator has its workers already, and the database may be emptied: all of its ledger's tables are made anew.
"""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from core_ledger import create_schema, metadata

SHARDS = 8


@pytest.fixture
def citus() -> Iterator[str]:
    """Give the coordinator's URL, the ledger's tables spread by book over eight shards."""
    url = os.environ.get("POINT_GATEWAY_TEST_CITUS")
    if not url:
        pytest.skip("POINT_GATEWAY_TEST_CITUS names no Citus coordinator")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    metadata.drop_all(engine)
    create_schema(engine)
    with engine.connect() as conn:
        assert conn.scalar(sa.text("SELECT count(*) FROM citus_get_active_worker_nodes()")) >= 2
        conn.exec_driver_sql(f"SET citus.shard_count = {SHARDS}")
        conn.exec_driver_sql("SET citus.shard_replication_factor = 1")
        conn.exec_driver_sql("SELECT create_distributed_table('books', 'book_id')")
        for name in metadata.tables.keys() - {"books"}:
            conn.exec_driver_sql(
                f"SELECT create_distributed_table('{name}', 'book_id', colocate_with => 'books')"
            )
    yield url
    metadata.drop_all(engine)
    engine.dispose()
