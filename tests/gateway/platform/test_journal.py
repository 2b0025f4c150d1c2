"""Lines that are acknowledged are on the disk, in their order, and a line that was changed is named."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core_ledger import ChainKeys
from gateway.model import JST
from gateway.platform.journal import Journal, JournalFailed, newest_lines, read_journal

KEYS = ChainKeys.of([b"c" * 32])
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


async def write(folder: Path, count: int = 5, *, keys: ChainKeys = KEYS, max_bytes: int = 10_000) -> None:
    now = NOON

    def clock() -> datetime:
        nonlocal now
        now += timedelta(seconds=1)
        return now

    journal = Journal(folder, keys, clock, max_bytes=max_bytes)
    await asyncio.gather(*(journal.append("confirmed", {"number": number}) for number in range(count)))
    await asyncio.to_thread(journal.close)


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def numbers(folder: Path, keys: ChainKeys = KEYS) -> list[int]:
    return [line["number"] for line in read_journal(folder, keys).lines]


async def test_lines_are_read_in_the_order_of_time_also_over_segments(tmp_path: Path) -> None:
    for _ in range(3):
        await write(tmp_path, 40, max_bytes=1)
    assert numbers(tmp_path).count(39) == 3
    assert sorted(numbers(tmp_path)) == sorted([*range(40)] * 3)
    assert read_journal(tmp_path, KEYS).faults == ()
    assert len(newest_lines(tmp_path, KEYS, limit=7)) == 7


async def test_lines_of_one_moment_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    monkeypatch.setattr(os, "fdatasync", syncs.append)
    await write(tmp_path, 500)
    assert sorted(numbers(tmp_path)) == [*range(500)]
    assert len(syncs) < 100


async def test_a_torn_last_line_is_what_a_crash_leaves(tmp_path: Path) -> None:
    await write(tmp_path)
    (segment,) = segments(tmp_path)
    segment.write_bytes(segment.read_bytes()[:-7])
    contents = read_journal(tmp_path, KEYS)
    assert ([line["number"] for line in contents.lines], contents.faults) == ([0, 1, 2, 3], ())


@pytest.mark.parametrize("change", ["changed", "dropped", "another key"])
async def test_a_line_that_is_not_what_was_written_is_named(tmp_path: Path, change: str) -> None:
    await write(tmp_path)
    (segment,) = segments(tmp_path)
    lines = segment.read_bytes().splitlines(keepends=True)
    if change == "changed":
        lines[2] = lines[2].replace(b'"number":1', b'"number":9')
    elif change == "dropped":
        del lines[2]
    segment.write_bytes(b"".join(lines))
    keys = ChainKeys.of([b"other" * 8]) if change == "another key" else KEYS
    contents = read_journal(tmp_path, keys)
    assert [fault.line for fault in contents.faults] == [1 if change == "another key" else 3]
    assert len(contents.lines) < 5


async def test_a_segment_that_is_gone_is_missed(tmp_path: Path) -> None:
    now = NOON
    journal = Journal(tmp_path, KEYS, lambda: now, max_bytes=1)
    for number in range(2):
        now += timedelta(minutes=1)
        await journal.append("confirmed", {"number": number})
    await asyncio.to_thread(journal.close)
    first, _ = segments(tmp_path)
    first.unlink()
    (fault,) = read_journal(tmp_path, KEYS).faults
    assert f"the segment before it, {first.name}, is gone" in str(fault)


async def test_an_older_key_still_reads_what_it_signed(tmp_path: Path) -> None:
    await write(tmp_path, 2)
    newer = ChainKeys.of([b"n" * 32, b"c" * 32])
    await write(tmp_path, 3, keys=newer)
    assert len(numbers(tmp_path, newer)) == 5


async def test_what_cannot_be_written_is_not_acknowledged_and_the_next_lines_go_to_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, KEYS, lambda: NOON)
    await journal.append("confirmed", {"number": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", full)
        with pytest.raises(JournalFailed, match="No space left on device"):
            await journal.append("confirmed", {"number": 2})
    await journal.append("confirmed", {"number": 3})
    await asyncio.to_thread(journal.close)
    assert {1, 3} <= set(numbers(tmp_path))
    assert len(segments(tmp_path)) == 2
    with pytest.raises(JournalFailed):
        await journal.append("confirmed", {"number": 4})
