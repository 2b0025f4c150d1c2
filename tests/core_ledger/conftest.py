"""One ledger for each test, on every database that is here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core_ledger import Store, create_schema


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Name a database of the test's own."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Open a store with an empty schema."""
    async with Store.open(url) as opened:
        create_schema(opened.engine)
        yield opened
