"""An upgrade that is killed, or runs out of disk, or is started twice, leaves every row in sight and can be run again."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrations
from tests.migrations.cutter import contents

PAYMENTS = 2_000
RUN = (sys.executable, "-c", "import sys, migrations; migrations.upgrade(sys.argv[1])")


def make_old_database(file: Path, payments: int = PAYMENTS) -> Path:
    """A database of step 0008 with payments at a shop and a difference that was closed."""
    migrations.upgrade(f"sqlite:///{file}", "0008_grant_ids")
    with closing(sqlite3.connect(file)) as conn, conn:
        conn.executemany(
            "INSERT INTO spends VALUES (?,?,'082163','kasama','shop-1',300,300,'[]','code','shop',1,0,NULL)",
            [(f"member:{n % 7}", f"spend-{n:06}") for n in range(payments)],
        )
        conn.execute(
            "INSERT INTO closed_differences VALUES ('saison','x','2018-07-31','ours_only',-900,'why','sato',7)"
        )
    return file


def cut_upgrade(source: str, folder: Path, every: int) -> int:
    """Cut it at every so-many-th statement; how many statements it has."""
    cutting = subprocess.run(
        [sys.executable, "-m", "tests.migrations.cutter", source, str(folder), str(every)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert cutting.returncode == 0, cutting.stdout[-500:] + cutting.stderr[-2_000:]
    *cuts, whole = cutting.stdout.splitlines()
    statements = int(whole.removeprefix("whole "))
    expected = sorted({*range(1, statements + 1, every), statements})
    assert cuts == [f"cut {number}" for number in expected]
    return statements


def count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


class TestKilled:
    def test_at_a_statement_it_is_undone_and_the_next_run_ends_it(self, tmp_path: Path) -> None:
        """Every 20th of a new file's and of an old one's, and each of the newest step; by night each of all."""
        assert cut_upgrade("-", tmp_path, 20) > 113
        assert cut_upgrade(str(make_old_database(tmp_path / "old.db", payments=20)), tmp_path, 20) > 30
        newest = tmp_path / "newest.db"
        migrations.upgrade(f"sqlite:///{newest}", migrations.known_revisions()[-2])
        assert cut_upgrade(str(newest), tmp_path, 1) > 0

    @pytest.mark.nightly
    @pytest.mark.timeout(1_200)
    @pytest.mark.parametrize("old", [False, True], ids=["a new file", "a file with payments"])
    def test_at_each_statement_it_is_undone_and_the_next_run_ends_it(self, tmp_path: Path, old: bool) -> None:
        source = str(make_old_database(tmp_path / "old.db", payments=20)) if old else "-"
        assert cut_upgrade(source, tmp_path, 1) > (30 if old else 113)

    def test_by_the_system_at_any_moment_it_can_be_run_again(self, tmp_path: Path) -> None:
        file = make_old_database(tmp_path / "gateway.db")
        url = f"sqlite:///{file}"
        moments = random.Random(18)
        for _ in range(6):
            running = subprocess.Popen([*RUN, url])
            time.sleep(moments.uniform(0.2, 0.9))
            running.send_signal(signal.SIGKILL)
            running.wait()
            assert count(file, "spends") == PAYMENTS
        migrations.upgrade(url)
        assert migrations.status(url).state is migrations.SchemaState.CURRENT
        assert (count(file, "spends"), count(file, "closed_differences")) == (PAYMENTS, 1)


class TestDiskFull:
    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "small"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
        if (
            shutil.which("mount") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("mounting a small tmpfs is not permitted here")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)

    @pytest.mark.parametrize("room_kb", range(0, 700, 60))
    def test_nothing_is_changed_and_with_room_again_it_ends(self, small_disk: Path, room_kb: int) -> None:
        file = make_old_database(small_disk / "gateway.db")
        before = contents(file)
        ballast = small_disk / "ballast"
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(b"\0" * max(0, free - room_kb * 1024))
        url = f"sqlite:///{file}"
        refusal = ""
        try:
            migrations.upgrade(url, copy=False)
        except migrations.SchemaRefused as refused:
            refusal = str(refused)
        if room_kb < 300:
            assert "the disk is full; nothing was changed" in refusal
        if refusal:
            assert contents(file) == before
            ballast.unlink()
            migrations.upgrade(url, copy=False)
        assert count(file, "spends") == PAYMENTS

    def test_without_room_for_the_copy_nothing_is_begun(self, small_disk: Path) -> None:
        file = make_old_database(small_disk / "gateway.db")
        before = contents(file)
        (small_disk / "ballast").write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 64 * 1024))
        with pytest.raises(migrations.SchemaRefused, match=r"cannot be copied before its upgrade.*--no-copy"):
            migrations.upgrade(f"sqlite:///{file}")
        assert contents(file) == before
        assert sorted(path.name for path in small_disk.iterdir()) == ["ballast", "gateway.db"]


class TestTheCopy:
    def test_is_the_database_as_it_was_and_its_owners_alone(self, tmp_path: Path) -> None:
        file = make_old_database(tmp_path / "gateway.db")
        before = contents(file)
        copied = migrations.upgrade(f"sqlite:///{file}")
        assert copied is not None
        assert contents(copied) == before
        assert copied.stat().st_mode & 0o777 == 0o600

    def test_holds_what_is_still_in_the_log_beside_the_file(self, tmp_path: Path) -> None:
        file = make_old_database(tmp_path / "gateway.db")
        writer = sqlite3.connect(file)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("DELETE FROM spends WHERE spend_id >= 'spend-000005'")
        writer.commit()
        copied = migrations.upgrade(f"sqlite:///{file}")
        writer.close()
        assert copied is not None
        assert count(copied, "spends") == 5

    def test_is_not_made_of_an_empty_database_or_where_nothing_changes(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        assert migrations.upgrade(url) is None
        assert migrations.upgrade(url) is None
        assert [path.name for path in tmp_path.iterdir()] == ["gateway.db"]


class TestTwoAtOnce:
    def test_both_end_well_on_sqlite(self, tmp_path: Path) -> None:
        both_end_well(f"sqlite:///{make_old_database(tmp_path / 'gateway.db')}")

    def test_both_end_well_on_a_new_file(self, tmp_path: Path) -> None:
        both_end_well(f"sqlite:///{tmp_path / 'gateway.db'}")

    @pytest.mark.postgres
    @pytest.mark.xdist_group("postgres")
    def test_both_end_well_on_postgresql(self, empty_postgres: str) -> None:
        both_end_well(empty_postgres)


def both_end_well(url: str) -> None:
    running = [
        subprocess.Popen([*RUN, url], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=90)[1], process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert migrations.status(url).state is migrations.SchemaState.CURRENT


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestPostgresql:
    def test_a_table_that_stays_locked_is_waited_for_seconds_and_the_refusal_says_so(
        self, empty_postgres: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from migrations import upgrading

        monkeypatch.setattr(upgrading, "LOCK_TIMEOUT_S", 1)
        monkeypatch.setattr(upgrading, "MAX_LOCK_TRIES", 2)
        monkeypatch.setattr(upgrading, "LOCK_RETRY_INTERVAL_S", 0.1)
        migrations.upgrade(empty_postgres, "0008_grant_ids")
        engine = sa.create_engine(empty_postgres)
        with engine.begin() as conn:
            conn.exec_driver_sql("LOCK TABLE spends IN ACCESS SHARE MODE")
            with pytest.raises(migrations.SchemaRefused, match="run `point-gateway db upgrade` again"):
                migrations.upgrade(empty_postgres)
        assert migrations.status(empty_postgres).revision == "0008_grant_ids"
        migrations.upgrade(empty_postgres)
        assert migrations.status(empty_postgres).state is migrations.SchemaState.CURRENT
        engine.dispose()
