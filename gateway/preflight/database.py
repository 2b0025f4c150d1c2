"""The database: it answers, takes commits from this role, has this release's schema, no pooler in between, and our time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core_ledger import TransactionPooler, refuse_transaction_pooler
from gateway.platform.database_faults import database_sentence
from gateway.preflight.client_keys import check_client_keys
from gateway.preflight.finding import Finding, State, ok, refused, warning
from gateway.settings import Settings
from migrations import read_status

CONNECT_TIMEOUT_S: Final = 5
OLDEST_POSTGRES: Final = 130_000
CONNECTIONS_A_PROCESS: Final = 14
CLOCK_REFUSED: Final = timedelta(seconds=60)
"""As far apart as a signature may be old: beyond it no portal is believed."""
CLOCK_WARNED: Final = timedelta(seconds=5)


def check_database(
    settings: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Finding]:
    """Ask the database all that can be asked without writing. Never raises for what it says."""
    url = settings.database_url
    file = settings.database_file
    if file is not None and not file.exists():
        return [
            refused(
                "database",
                f"the database is empty: {file} does not exist; see that [database] url names the right one, then run"
                " `point-gateway db upgrade`",
            )
        ]
    try:
        parsed = sa.make_url(url)
        postgres = parsed.get_backend_name() == "postgresql"
        arguments = {"connect_timeout": CONNECT_TIMEOUT_S, "prepare_threshold": None} if postgres else {}
        engine = sa.create_engine(parsed, poolclass=sa.NullPool, connect_args=arguments, hide_parameters=True)
        try:
            with engine.connect() as conn:
                findings = [ok("database", "the database answers"), *_schema(conn)]
                if not any(finding.state is State.REFUSED for finding in findings):
                    findings += check_client_keys(conn, now())
                if postgres:
                    findings += [*_server(conn), *_role(conn), *_durability(conn), *_clock(conn, now)]
        finally:
            engine.dispose()
        if postgres:
            findings += _pooler(settings)
    except SQLAlchemyError as fault:
        return [refused("database", database_sentence(fault, url))]
    return findings


def _schema(conn: Connection) -> Iterator[Finding]:
    status = read_status(conn)
    yield (ok if status.usable else refused)("schema", status.sentence)


def _server(conn: Connection) -> Iterator[Finding]:
    version = int(_setting(conn, "server_version_num"))
    if version < OLDEST_POSTGRES:
        yield refused(
            "server", f"the server is PostgreSQL {_setting(conn, 'server_version')}; use 13 or newer"
        )
    encoding = _setting(conn, "server_encoding")
    if encoding != "UTF8":
        yield refused(
            "server",
            f"the database is in {encoding}, which has not every name; make one with CREATE DATABASE … ENCODING 'UTF8'"
            " TEMPLATE template0",
        )
    most = int(_setting(conn, "max_connections")) - int(_setting(conn, "superuser_reserved_connections"))
    if most < 2 * CONNECTIONS_A_PROCESS:
        yield warning(
            "server",
            f"the server takes {most} connections and each gateway keeps up to {CONNECTIONS_A_PROCESS};"
            " raise max_connections",
        )
    yield ok("server", f"PostgreSQL {_setting(conn, 'server_version')}")


def _role(conn: Connection) -> Iterator[Finding]:
    role, is_superuser, is_standby, is_read_only = conn.execute(
        sa.text(
            "SELECT current_user, rolsuper, pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if is_standby:
        yield refused(
            "role",
            "the database is a standby and takes no writes; name the primary, or several hosts with"
            " target_session_attrs=read-write in [database] url",
        )
        return
    if is_read_only:
        yield refused(
            "role",
            f"sessions of {role} are read-only; run ALTER ROLE {role} RESET default_transaction_read_only",
        )
    if is_superuser:
        yield warning(
            "role",
            f"{role} is a superuser, so whoever takes the gateway over has the whole server; make a role that owns"
            " this database and nothing else",
        )
    if _has_table(conn, "moves") and _may_update(conn, "moves"):
        yield warning(
            "role",
            f"{role} may change moves of points that were written; make it a member of `serve` of `point-gateway db roles`, and"
            " let another user run `db upgrade`",
        )
    missing = [name for name in _TABLES_WRITTEN if _has_table(conn, name) and not _may_insert(conn, name)]
    if missing:
        yield refused(
            "role",
            f"{role} may not write {', '.join(missing)}; grant it SELECT, INSERT, UPDATE and DELETE on all tables of the gateway's schema",
        )
    else:
        yield ok("role", f"{role} may write")


_TABLES_WRITTEN: Final = ("moves", "exchanges", "audit_lines", "seen_nonces")


def _has_table(conn: Connection, name: str) -> bool:
    return conn.scalar(sa.text("SELECT to_regclass(:name)"), {"name": name}) is not None


def _may_insert(conn: Connection, name: str) -> bool:
    return bool(conn.scalar(sa.text("SELECT has_table_privilege(:name, 'INSERT')"), {"name": name}))


def _may_update(conn: Connection, name: str) -> bool:
    return bool(conn.scalar(sa.text("SELECT has_table_privilege(:name, 'UPDATE')"), {"name": name}))


def _durability(conn: Connection) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes"):
        if _setting(conn, name) == "off":
            yield warning(
                "durability",
                f"the server runs with {name} = off: a loss of power may destroy the database; set it to on",
            )
    committing = _setting(conn, "synchronous_commit")
    if committing == "off":
        yield warning(
            "durability",
            "synchronous_commit = off: what was acknowledged may be lost at a crash; set it to on",
        )
    standbys = _setting(conn, "synchronous_standby_names")
    if not standbys:
        yield warning(
            "replication",
            "no synchronous standby: a failover may lose what was acknowledged last; see docs/running.md",
        )
        return
    in_step = conn.scalar(
        sa.text("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')")
    )
    if in_step:
        yield ok("replication", f"synchronous standbys that follow: {in_step}")
    else:
        yield warning(
            "replication",
            f"synchronous_standby_names is {standbys!r} and this role sees none that follows: every commit waits for one;"
            " see pg_stat_replication",
        )


def _clock(conn: Connection, now: Callable[[], datetime]) -> Iterator[Finding]:
    before = now()
    database = conn.scalar(sa.text("SELECT clock_timestamp()"))
    assert isinstance(database, datetime)
    middle = before + (now() - before) / 2
    apart = abs(database - middle)
    sentence = (
        f"this machine's clock is {apart.total_seconds():.0f} s {'behind' if database > middle else 'before'} the"
        " database's; let both follow the same time server (chrony)"
    )
    if apart >= CLOCK_REFUSED:
        yield refused("clock", sentence)
    elif apart >= CLOCK_WARNED:
        yield warning("clock", sentence)
    else:
        yield ok("clock", "this machine and the database have one time")


def _pooler(settings: Settings) -> list[Finding]:
    try:
        refuse_transaction_pooler(settings.database_url)
    except TransactionPooler as fault:
        if settings.database_prepared:
            return [refused("pooler", str(fault))]
        return [ok("pooler", "a pooler by transaction, and no prepared statements are used")]
    return [ok("pooler", "each session is the gateway's own")]


def _setting(conn: Connection, name: str) -> Any:
    return conn.scalar(sa.text("SELECT current_setting(:name)"), {"name": name})
