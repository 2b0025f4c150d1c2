"""PgBouncer for real: by session it is like none; by transaction it is refused, or gets no prepared statement."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine.url import make_url

import migrations
from core_ledger import Store, TransactionPooler, create_schema, metadata, refuse_transaction_pooler

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
Pooler = Callable[..., str]


@pytest.fixture
def pooled(postgres: str, tmp_path: Path) -> Iterator[Pooler]:
    """Start PgBouncer in the wanted mode before the test's server; gives its URL."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer here")
    server = make_url(postgres)
    folder = Path(str(server.query["host"]))
    owner = folder.stat()
    running: list[subprocess.Popen[bytes]] = []

    def start(mode: str, pool_size: int = 3, more: str = "") -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = tmp_path / f"{mode}-{pool_size}.ini"
        settings.write_text(
            f"[databases]\n* = host={folder} user={server.username}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
            f"default_pool_size = {pool_size}\nmax_client_conn = 100\n{more}\n",
            "utf-8",
        )
        for path in (settings, *list(settings.parents)[:2]):
            path.chmod(0o755)
        as_owner: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if os.getuid() == 0 else {}
        copied = folder.parent / settings.name
        shutil.copy(settings, copied)
        running.append(subprocess.Popen([program, "-q", str(copied)], **as_owner))
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                assert running[-1].poll() is None
                time.sleep(0.05)
            else:
                return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    yield start
    for process in running:
        process.terminate()
        process.wait()


@pytest.fixture
def empty(postgres: str) -> str:
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    metadata.create_all(engine)
    return postgres


def test_a_server_and_a_pooler_by_session_are_taken(empty: str, pooled: Pooler) -> None:
    refuse_transaction_pooler(empty)
    refuse_transaction_pooler(pooled("session"))
    refuse_transaction_pooler("sqlite://")


@pytest.mark.parametrize("pool_size", [1, 2, 20])
def test_a_pooler_by_transaction_is_refused_in_one_sentence(
    empty: str, pooled: Pooler, pool_size: int
) -> None:
    url = pooled("transaction", pool_size)
    with pytest.raises(TransactionPooler, match="pool_mode = session"):
        refuse_transaction_pooler(url)
    with pytest.raises(migrations.SchemaRefused, match="needs a session of its own"):
        migrations.upgrade(url)


@pytest.mark.parametrize("idle", [1, 2, 3, 8])
def test_a_pooler_that_hands_its_sessions_out_in_turn_is_refused(
    empty: str, pooled: Pooler, idle: int
) -> None:
    url = pooled("transaction", 20, "server_round_robin = 1")
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None})
    with contextlib.ExitStack() as stack:  # so many sessions are open, and then idle
        for _ in range(idle):
            stack.enter_context(engine.connect()).execute(sa.text("SELECT 1"))
    engine.dispose()
    with pytest.raises(TransactionPooler, match="pool_mode = session"):
        refuse_transaction_pooler(url)


@pytest.mark.parametrize(("mode", "prepared"), [("session", True), ("transaction", False)])
async def test_answers_are_each_callers_own(empty: str, pooled: Pooler, mode: str, prepared: bool) -> None:
    """Statements of equal types and other texts, on more connections than the pooler has sessions."""
    url = pooled(mode, 20 if mode == "session" else 2)
    async with Store.open(url, prepared=prepared) as store:
        create_schema(store.engine)

        def asks(number: int):
            return lambda conn: conn.exec_driver_sql(f"SELECT %s::text || 'of-{number}'", ("x",)).scalar()

        for _ in range(10):
            for number in range(12):
                assert await store.read(asks(number)) == f"xof-{number}"
                assert await store.run(asks(number)) == f"xof-{number}"


async def test_a_reader_can_write_nothing_and_a_standbys_address_connects(empty: str) -> None:
    async with Store.open(f"{empty}&target_session_attrs=read-write") as store:
        assert (
            await store.read(lambda conn: conn.exec_driver_sql("SHOW transaction_read_only").scalar()) == "on"
        )
        with pytest.raises(sa.exc.DBAPIError, match="read-only transaction"):
            await store.read(lambda conn: conn.exec_driver_sql("CREATE TABLE x (y int)"))
        assert (
            await store.run(lambda conn: conn.exec_driver_sql("SHOW transaction_read_only").scalar()) == "off"
        )
