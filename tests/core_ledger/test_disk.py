"""A disk that fills up, and a disk that flips bits."""

import asyncio
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import CommitFailed, Move, Store, create_schema, daily_digest, verify
from core_ledger.tables import moves
from tests.core_ledger.samples import earn, hold_out, posted

FLIPS = 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 3 MB; where that is not permitted the test is skipped by name."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_on_a_full_disk_callers_hear_of_it_and_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk / 'ledger.db'}"
    acknowledged: list[str] = []
    refused: list[Move] = []
    async with Store.open(url) as store:
        create_schema(store.engine)
        while not refused:
            batch = [earn(1, member=f"m{number}", reference="x" * 500) for number in range(50)]
            answers = await asyncio.gather(*map(store.apply, batch), return_exceptions=True)
            for move, answer in zip(batch, answers, strict=True):
                if isinstance(answer, tuple):
                    acknowledged.append(move.id)
                else:
                    assert isinstance(answer, CommitFailed), answer
                    assert "full" in str(answer)
                    refused.append(move)
    assert acknowledged
    make_room(small_disk)
    async with Store.open(url) as store:
        report = await store.read(verify)
        assert report.ok, report.faults
        written = await store.read(lambda conn: set(conn.scalars(sa.select(moves.c.id))))
        assert set(acknowledged) <= written
        for late in refused:
            await store.apply(late)
        assert (await store.read(verify)).ok


def make_room(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=30m", str(disk)], check=True)


async def test_flipped_bits_are_found_by_verification(tmp_path: Path) -> None:
    """Each of 200 single flipped bits either is named, or provably changed nothing that the ledger means."""
    sound = tmp_path / "sound.db"
    async with Store.open(f"sqlite:///{sound}") as store:
        create_schema(store.engine)
        for number in range(60):
            hold = hold_out(1)
            await store.apply(earn(900), earn(7, member=f"m{number}", details={"地": "笠間"}), hold)
            await store.apply(posted(hold))
        await store.run(lambda conn: daily_digest(conn, earn().at.date()))
    meaning = contents(sound)
    content = sound.read_bytes()
    chance = random.Random(20180731)
    found = harmless = 0
    missed = []
    for _ in range(FLIPS):
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        copy = tmp_path / "flipped.db"
        copy.write_bytes(flipped)
        if await faults_of(copy):
            found += 1
        elif contents(copy) == meaning:
            harmless += 1
        else:
            missed.append((place, bit))
        remove(tmp_path)
    print(f"bit flips: {found} of {FLIPS} named, {harmless} in unused bytes, {len(missed)} missed")  # noqa: T201
    assert missed == []
    assert found > FLIPS // 3


def remove(folder: Path) -> None:
    for leftover in folder.glob("flipped.db*"):
        leftover.unlink()


async def faults_of(path: Path) -> bool:
    try:
        async with Store.open(f"sqlite:///{path}") as store:
            return not (await store.read(verify)).ok
    except sa.exc.DatabaseError:
        return True


def contents(path: Path) -> list[tuple[object, ...]] | None:
    """Read every row of every table, or None where that is impossible."""
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    try:
        with engine.connect() as conn:
            names = ("anchors", "accounts", "books", "moves")
            return [
                tuple(row)
                for name in names
                for row in conn.execute(sa.text(f"SELECT * FROM {name} ORDER BY 1, 2"))
            ]
    except sa.exc.DBAPIError:
        return None
    finally:
        engine.dispose()
