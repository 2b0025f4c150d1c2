"""A backup of the database: taken while gateways serve, of one moment, whole or absent, and signed.

A folder of its own holds it: `database.sqlite` or `database.dump`, and `manifest.json`, which is written last. The
manifest says of which moment and schema it is, what the ledger had, and how far journal and partners were.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, func, select
from sqlalchemy.engine.url import URL, make_url

import gateway
from core_ledger import ChainKeys, audit, count_moves
from gateway.cities.spending.payments_check import payment_faults
from gateway.errors import GatewayError
from gateway.platform import audit_log, tables
from gateway.platform.age_files import SUFFIX, decrypt_file, encrypt_file
from gateway.platform.encryption import derive_key
from gateway.platform.journal import SUFFIX as JOURNAL_SUFFIX
from migrations import read_status

PREFIX: Final = "point-gateway-"
MANIFEST: Final = "manifest.json"
_FILES: Final = {"sqlite": "database.sqlite", "postgresql": "database.dump"}


class BackupFailed(GatewayError):
    """No backup was made or put back; the sentence says what to do."""


def make_backup(
    url: str,
    keys: ChainKeys,
    folder: Path,
    *,
    at: datetime,
    journal: Path | None,
    recipients: Sequence[str] = (),
) -> Path:
    """Make a backup in a folder of its own below `folder`, and return it.

    With `recipients` (public keys of age) the database is encrypted to them, and stands open nowhere but, while it is being
    made, beside the database itself (SQLite) or in the system's folder for such files.
    """
    parsed = make_url(url)
    made = folder / f"{PREFIX}{at:%Y%m%dT%H%M%S}"
    partial = folder / f".{made.name}.partial"
    if made.exists():
        raise BackupFailed(f"{made}: there is a backup of this second already; repeat the command")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    with _locked(partial):
        _fill(partial, parsed, keys, at, journal, recipients)
        partial.rename(made)
    _make_durable(folder)
    return made


def _fill(
    partial: Path, parsed: URL, keys: ChainKeys, at: datetime, journal: Path | None, recipients: Sequence[str]
) -> None:
    name = _FILES[parsed.get_backend_name()]
    # What the journal has before the copy is in the database, and so in the copy.
    position = _journal_position(journal)
    copy = _copy_sqlite if name == _FILES["sqlite"] else _dump
    if recipients:
        beside = Path(str(parsed.database)).absolute().parent if copy is _copy_sqlite else None
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=beside) as open_folder:
            facts = copy(parsed, Path(open_folder) / name)
            encrypt_file(Path(open_folder) / name, partial / (name + SUFFIX), recipients)
        name += SUFFIX
    else:
        facts = copy(parsed, partial / name)
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


@contextlib.contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """Held while a backup is being made, and let go of by whatever ends its process."""
    opened = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _is_being_made(partial: Path) -> bool:
    opened = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False


def prune_backups(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups, and what backups that were cut off have left."""
    for partial in folder.glob(f".{PREFIX}*.partial"):
        if not _is_being_made(partial):
            shutil.rmtree(partial)
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


def put_back(backup: Path, keys: ChainKeys, url: str, identity: Path | None = None) -> dict[str, Any]:
    """Put a backup into an empty database; returns its manifest. `identity` is the private key's file of an encrypted one.

    Raises BackupFailed where there is anything in the database, and AgeFailed where the backup cannot be decrypted.
    """
    content = read_manifest(backup, keys)
    parsed = make_url(url)
    if _FILES[parsed.get_backend_name()] != content["file"].removesuffix(SUFFIX):
        raise BackupFailed(f"{backup}: is of the other kind of database; name one of its kind")
    if parsed.get_backend_name() == "sqlite":
        target = Path(str(parsed.database))
        # What is left beside a file is taken for its own: a -wal of another database would be written into this one.
        beside = [target.with_name(f"{target.name}{ending}") for ending in ("-wal", "-shm", "-journal")]
        present = [
            path for path in (target, *beside) if path.exists() and (path != target or path.stat().st_size)
        ]
        if present:
            raise BackupFailed(
                f"{present[0]}: is there already; stop what uses it, move it away with all that begins with"
                f" {target.name}, and repeat this"
            )
        partial = target.with_name(f"{target.name}.partial")
        if content["file"].endswith(SUFFIX):
            decrypt_file(backup / content["file"], partial, identity)
        else:
            shutil.copyfile(backup / content["file"], partial)
            partial.chmod(0o600)
        _make_durable(partial)
        partial.replace(target)
        return content
    engine = sa.create_engine(parsed, poolclass=sa.NullPool, hide_parameters=True)
    with engine.connect() as conn:
        if sa.inspect(conn).get_table_names():
            raise BackupFailed("the database has tables already; name an empty one in [database] url")
    with _opened(backup / content["file"], identity) as dump:
        _run("pg_restore", parsed, "--no-owner", "--exit-on-error", "--single-transaction", str(dump))
    return content


@contextlib.contextmanager
def _opened(file: Path, identity: Path | None) -> Iterator[Path]:
    """The file itself, or what it holds where it is encrypted, as long as it is needed."""
    if not file.name.endswith(SUFFIX):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="backup-") as folder:
        plain = Path(folder) / file.name.removesuffix(SUFFIX)
        decrypt_file(file, plain, identity)
        yield plain


def check_database(conn: Connection, manifest: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a database that the backup was put back into."""
    faults = [str(fault) for fault in audit.verify(conn).faults] + payment_faults(conn)
    faults += [f"{fault.municipality} line {fault.seq}: {fault.text}" for fault in audit_log.verify(conn)]
    if (moves := count_moves(conn)) != manifest["moves"]:
        faults.append(f"it has {moves:,} moves, and the manifest says {manifest['moves']:,}")
    return faults


def _facts(conn: Connection) -> dict[str, Any]:
    """What the database is at that moment. A schema of before an upgrade does not have every table yet."""
    debits, digests = tables.partner_debits, tables.daily_digests
    present = set(sa.inspect(conn).get_table_names())
    newest = conn.scalar(sa.text("SELECT max(at) FROM moves")) if "moves" in present else None
    day = conn.scalar(select(func.max(digests.c.day))) if digests.name in present else None
    by_partner = select(debits.c.partner_id, func.max(debits.c.day)).group_by(debits.c.partner_id)
    last = conn.execute(by_partner).all() if debits.name in present else []
    return {
        "schema": read_status(conn).revision,
        "moves": count_moves(conn) if "books" in present else 0,
        "newest_move_us": newest,
        "newest_digest": day,
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
    env = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password is not None else {})
    ended = subprocess.run(  # noqa: S603  a program by its path, and no shell
        [found, f"--dbname={_conninfo(url)}", *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise BackupFailed(
            f"{program}: {ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else 'failed'}"
        )


def _conninfo(url: URL) -> str:
    """What PostgreSQL's own programs are given: several hosts stand in it as they want them."""
    from psycopg.conninfo import make_conninfo

    _, parameters = url.get_dialect()().create_connect_args(url)
    # A password among the arguments of a process is read by every user of the machine.
    return make_conninfo("", **{name: value for name, value in parameters.items() if name != "password"})


def _journal_position(folder: Path | None) -> list[dict[str, Any]]:
    if folder is None:
        return []
    return [
        {"segment": path.name, "bytes": path.stat().st_size}
        for path in sorted(folder.glob(f"*{JOURNAL_SUFFIX}"))
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
