"""A gateway to be measured, as it is run in service: its settings, secrets, database, members, links, processes."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import migrations
from bench.exchange_load import MUNICIPALITY, POINT_SERVICE
from core_ledger import Store, chart
from gateway.configured import vault_of
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_context import link_row
from gateway.exchanges.link_rows import Link
from gateway.http.client_keys import register_key
from gateway.members import sessions
from gateway.members.member_rows import create_member
from gateway.members.members import new_member_id
from gateway.platform.journal import begin_journal
from gateway.points import directory
from gateway.settings import Settings
from httpkit.clock import system_clock

KEY_ID = "pgk_bench"
PATIENCE_S = 60.0
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    settings_file: Path
    url: str
    key: Ed25519PrivateKey
    tokens: tuple[str, ...]


async def make_town(
    folder: Path,
    partner_url: str,
    members: int,
    database_url: str | None,
    *,
    plugin_inside: bool = False,
    journal: bool = False,
) -> Town:
    """Settings and a database with so many members, signed in and linked to セゾン. None: an embedded database.

    `journal`: orders are kept in a journal beside it, as in service.
    """
    settings_file = _write_settings(
        folder, partner_url, database_url, plugin_inside=plugin_inside, journal=journal
    )
    settings = Settings.load(settings_file, env={})
    if settings.journal_folder is not None:
        begin_journal(settings.journal_folder)
    if database_url is not None:
        _empty(database_url)
    migrations.upgrade(settings.database_url)
    vault, now, key = vault_of(settings), system_clock(), Ed25519PrivateKey.generate()

    def furnish(conn: sa.Connection) -> list[str]:
        register_key(conn, "portal", KEY_ID, key.public_key().public_bytes_raw(), now)
        directory.register_service(
            conn, MUNICIPALITY, POINT_SERVICE, name="笠間応援ポイント", open_for_direct_exchange=True, at=now
        )
        tokens = []
        for number in range(members):
            member_id, token = new_member_id(now), sessions.new_token()
            book = chart.member_book(member_id)
            create_member(conn, member_id=member_id, display_name="見本", at=now, password_hash="none")
            sessions.start(conn, token, member_id=member_id, client_id="portal", at=now)
            # The partner of these measurements answers with the token as the service id.
            sealed = vault.encrypt(f"svc-{number}", purpose="link", bound_to=link_row(book, "saison"))
            link_rows.save(
                conn,
                Link(
                    book_id=book,
                    partner_id="saison",
                    service_id=f"svc-{number}",
                    shown_as="見本 様",
                    token_sealed=sealed,
                    linked_at=now,
                ),
            )
            tokens.append(token.reveal())
        return tokens

    async with Store.open(settings.database_url) as store:
        tokens = await store.run(furnish)
    return Town(settings_file=settings_file, url=settings.server.origin, key=key, tokens=tuple(tokens))


def _write_settings(
    folder: Path, partner_url: str, database_url: str | None, *, plugin_inside: bool, journal: bool
) -> Path:
    folder.mkdir(parents=True)
    port, settings_file = _free_port(), folder / "gateway.toml"
    kept = {name: secrets.token_urlsafe(48) for name in ("sealing", "lookup", "account_key", "saison")}
    if database_url is not None:
        kept["database"] = database_url
    for name, secret in kept.items():
        path = folder / f"{name}.secret"
        path.touch(mode=0o600)
        path.write_text(secret + "\n", "utf-8")
    database = '[database]\nurl = { file = "database.secret" }\n' if database_url is not None else ""
    settings_file.write_text(
        f"""[server]
port = {port}
public_url = "http://127.0.0.1:{port}"

{database}
{"[journal]" + chr(10) + 'path = "journal"' if journal else ""}
[security]
sealing = {{ file = "sealing.secret" }}
lookup = {{ file = "lookup.secret" }}
account_key = {{ file = "account_key.secret" }}

[partners.saison]
base_url = "{partner_url}"
merchant_id = "point-gateway"
api_key = {{ file = "saison.secret" }}
{"trusted = true" if plugin_inside else ""}
""",
        "utf-8",
    )
    return settings_file


def _empty(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@asynccontextmanager
async def gateway(town: Town, processes: int = 1) -> AsyncIterator[list[int]]:
    """Run the gateway as an operator does; gives the process ids."""
    arguments = [sys.executable, "-m", "gateway", "serve", "--strict", "--config", str(town.settings_file)]
    running = []
    try:
        for number in range(processes):
            log = town.settings_file.with_name(f"gateway-{number}.log")
            shared = ["--reuse-port"] if processes > 1 else []
            with log.open("wb") as out:
                process = await asyncio.create_subprocess_exec(
                    *arguments, *shared, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=out
                )
            running.append(process)
            await _line(process, log)
        yield [process.pid for process in running]
    finally:
        for process in running:
            await _end(process)


@asynccontextmanager
async def program(name: str, *arguments: str) -> AsyncIterator[tuple[str, int]]:
    """Run one of the programs beside this file; gives the address that it prints, and its process id."""
    command = [sys.executable, "-m", f"bench.{name}", *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        yield await _line(process, None), process.pid
    finally:
        await _end(process)


async def _line(process: asyncio.subprocess.Process, log: Path | None) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    if not line:
        raise RuntimeError("it did not start" + (f"; see {log}" if log is not None else ""))
    return line.decode().strip()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def floors(town: Town, partner_url: str, database_url: str, processes: int) -> AsyncIterator[list[int]]:
    """Run the floor on PostgreSQL in the gateway's place: on its port, in as many processes."""
    _empty(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TABLE written (book text, id text, body text NOT NULL, PRIMARY KEY (book, id))"
        )
    engine.dispose()
    plain_url, port = database_url.replace("+psycopg", ""), town.url.rpartition(":")[2]
    arguments = ("--partner", partner_url, "--database", plain_url, "--port", port)
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(program("exchange_floor", *arguments)) for _ in range(processes)
        ]
        yield [pid for _, pid in running]


def family_cpu_s(pid: int) -> float:
    """CPU seconds so far of a process and of all it has started, such as a database server; those that ended count."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        children = [
            child
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    except FileNotFoundError:
        return 0.0  # it has ended since its parent was asked
    ticks = sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(family_cpu_s(int(child)) for child in children)


def cpu_s(pids: Sequence[int]) -> tuple[float, float]:
    """CPU seconds so far of the processes' main threads and of all their other threads (which do the database's work)."""
    main = others = 0.0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            fields = (thread / "stat").read_text().rpartition(") ")[2].split()
            spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            if int(thread.name) == pid:
                main += spent
            else:
                others += spent
    return main, others


def memory_mb(pids: Sequence[int]) -> float:
    """The most memory that each process has had, summed."""
    most = 0.0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                most += int(line.split()[1]) / 1024
    return most
