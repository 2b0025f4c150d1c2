"""A backup of the database: taken while gateways serve, of one moment, whole or absent, and signed.

A folder of its own holds it: `database.sqlite` or `database.dump`, and `manifest.json`, which is written last. The
manifest says of which moment and schema it is, what the ledger had, and how far journal and partners were.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, func, select
from sqlalchemy.engine.url import URL, make_url

import gateway
from core_ledger import ChainKeys, audit, count_moves
from gateway.errors import GatewayError
from gateway.platform import audit_log, tables
from gateway.platform.encryption import derive_key
from gateway.platform.journal import SUFFIX
from migrations import read_status

PREFIX: Final = "point-gateway-"
MANIFEST: Final = "manifest.json"
_FILES: Final = {"sqlite": "database.sqlite", "postgresql": "database.dump"}


class BackupFailed(GatewayError):
    """No backup was made or put back; the sentence says what to do."""


def make_backup(url: str, keys: ChainKeys, folder: Path, *, at: datetime, journal: Path | None) -> Path:
    """Make a backup in a folder of its own below `folder`, and return it."""
    parsed = make_url(url)
    made = folder / f"{PREFIX}{at:%Y%m%dT%H%M%S}"
    partial = folder / f".{made.name}.partial"
    if made.exists():
        raise BackupFailed(f"{made}: there is a backup of this second already; repeat the command")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    name = _FILES[parsed.get_backend_name()]
    # What the journal has before the copy is in the database, and so in the copy.
    position = _journal_position(journal)
    facts = (
        _copy_sqlite(parsed, partial / name) if name == _FILES["sqlite"] else _dump(parsed, partial / name)
    )
    content = {
        "release": gateway.__version__,
        "made_at": at.isoformat(),
        "file": name,
        "sha256": _sha256(partial / name),
        "journal": position,
        **facts,
    }
    document = json.dumps(content | {"mac": _mac(keys, 0, content)}, ensure_ascii=False, indent=2)
    (partial / MANIFEST).write_text(document, "utf-8")
    for path in (partial / name, partial / MANIFEST, partial):
        _make_durable(path)
    partial.rename(made)
    _make_durable(folder)
    return made


def prune_backups(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups."""
    whole = sorted(path.parent for path in folder.glob(f"{PREFIX}*/{MANIFEST}"))
    for old in whole[:-keep]:
        shutil.rmtree(old)
    return whole[:-keep]


def read_manifest(backup: Path, keys: ChainKeys) -> dict[str, Any]:
    """Read and check a backup's manifest and its file. Raises BackupFailed."""
    try:
        content: dict[str, Any] = json.loads((backup / MANIFEST).read_text("utf-8"))
        signature = content.pop("mac")
        file = backup / str(content["file"])
        digest = _sha256(file)
    except (OSError, ValueError, KeyError) as fault:
        raise BackupFailed(
            f"{backup}: is no whole backup ({type(fault).__name__}); take another one"
        ) from None
    if not any(hmac.compare_digest(signature, _mac(keys, age, content)) for age in range(len(keys.keys))):
        raise BackupFailed(f"{backup}: its manifest is signed with no key of this gateway; take another one")
    if digest != content["sha256"]:
        raise BackupFailed(f"{file}: is not the file that was written; take another backup")
    return content


def put_back(backup: Path, keys: ChainKeys, url: str) -> dict[str, Any]:
    """Put a backup into an empty database. Raises BackupFailed where there is anything in it; returns its manifest."""
    content = read_manifest(backup, keys)
    parsed = make_url(url)
    if _FILES[parsed.get_backend_name()] != content["file"]:
        raise BackupFailed(f"{backup}: is of the other kind of database; name one of its kind")
    if parsed.get_backend_name() == "sqlite":
        target = Path(str(parsed.database))
        if target.exists() and target.stat().st_size:
            raise BackupFailed(
                f"{target}: is there already; move it away, with its -wal and -shm files, and repeat this"
            )
        partial = target.with_name(f"{target.name}.partial")
        shutil.copyfile(backup / content["file"], partial)
        partial.chmod(0o600)
        _make_durable(partial)
        partial.replace(target)
        return content
    engine = sa.create_engine(parsed, poolclass=sa.NullPool, hide_parameters=True)
    with engine.connect() as conn:
        if sa.inspect(conn).get_table_names():
            raise BackupFailed("the database has tables already; name an empty one in [database] url")
    _run(
        "pg_restore",
        parsed,
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        str(backup / content["file"]),
    )
    return content


def check_database(conn: Connection, manifest: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a database that the backup was put back into."""
    faults = [str(fault) for fault in audit.verify(conn).faults]
    faults += [f"{fault.municipality} line {fault.seq}: {fault.text}" for fault in audit_log.verify(conn)]
    if (moves := count_moves(conn)) != manifest["moves"]:
        faults.append(f"it has {moves:,} moves, and the manifest says {manifest['moves']:,}")
    return faults


def _facts(conn: Connection) -> dict[str, Any]:
    debits, digests = tables.partner_debits.c, tables.daily_digests.c
    newest = conn.scalar(sa.text("SELECT max(at) FROM moves"))
    last = conn.execute(select(debits.partner_id, func.max(debits.day)).group_by(debits.partner_id))
    return {
        "schema": read_status(conn).revision,
        "moves": count_moves(conn),
        "newest_move_us": newest,
        "newest_digest": conn.scalar(select(func.max(digests.day))),
        "partners": {row[0]: row[1] for row in last},
    }


def _copy_sqlite(url: URL, target: Path) -> dict[str, Any]:
    source = Path(str(url.database))
    if not source.exists():
        raise BackupFailed(f"{source}: there is no database; see [database] url")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        contextlib.closing(sqlite3.connect(source)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE").fetchall()
    engine = sa.create_engine(f"sqlite:///{target}", poolclass=sa.NullPool)
    with engine.connect() as conn:
        return _facts(conn)


def _dump(url: URL, target: Path) -> dict[str, Any]:
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ", hide_parameters=True
    )
    with engine.connect() as conn:
        # The dump sees what this transaction sees, so the manifest is of the same moment.
        snapshot = str(conn.scalar(sa.text("SELECT pg_export_snapshot()")))
        facts = _facts(conn)
        _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
    target.chmod(0o600)
    return facts


def _run(program: str, url: URL, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(
            f"{program} is not installed; install PostgreSQL's client programs, of the server's release"
        )
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    env = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password is not None else {})
    ended = subprocess.run(  # noqa: S603  a program by its path, and no shell
        [found, f"--dbname={plain}", *arguments], env=env, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise BackupFailed(
            f"{program}: {ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else 'failed'}"
        )


def _journal_position(folder: Path | None) -> list[dict[str, Any]]:
    if folder is None:
        return []
    return [
        {"segment": path.name, "bytes": path.stat().st_size} for path in sorted(folder.glob(f"*{SUFFIX}"))
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mac(keys: ChainKeys, age: int, content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(derive_key(keys.keys[age], "backup"), text.encode(), "sha256").hex()


def _make_durable(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
