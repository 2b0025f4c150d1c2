"""An empty PostgreSQL database for tests of the steps; other tests use the same server."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa


def _make_empty(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    _make_empty(postgres)
    yield postgres
    _make_empty(postgres)
