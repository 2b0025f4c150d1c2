"""One ledger for each test, on every database that is here: SQLite always, PostgreSQL where it starts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import Store, create_schema, metadata


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
