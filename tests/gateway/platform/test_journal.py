"""Lines that are acknowledged are on the disk, in their order, and a line that was changed is named."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core_ledger import ChainKeys
from gateway.model import JST
from gateway.platform.journal import MARKER, Journal, JournalFailed, JournalMissing, begin_journal
from gateway.platform.journal_reader import JournalReader, read_journal

KEYS = ChainKeys.of([b"c" * 32])
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


async def write(folder: Path, count: int = 5, *, keys: ChainKeys = KEYS, max_bytes: int = 10_000) -> None:
    now = NOON

    def clock() -> datetime:
        nonlocal now
        now += timedelta(seconds=1)
        return now

    begin_journal(folder)
    journal = Journal(folder, keys, clock, max_bytes=max_bytes)
    await asyncio.gather(*(journal.append("confirmed", {"number": number}) for number in range(count)))
    await asyncio.to_thread(journal.close)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


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
    begin_journal(tmp_path)
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
    begin_journal(tmp_path)
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


async def test_the_lines_after_a_fault_are_read(tmp_path: Path) -> None:
    await write(tmp_path)
    (segment,) = segments(tmp_path)
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"number":1', b'"number":9')
    segment.write_bytes(b"".join(lines))
    assert numbers(tmp_path) == [0, 2, 3, 4]


@pytest.mark.parametrize("count", [1, 2])
async def test_last_lines_that_were_cut_off_are_missed(tmp_path: Path, count: int) -> None:
    """What has a segment after it has ended: the one after it names its last line."""
    begin_journal(tmp_path)
    now = NOON
    first = Journal(tmp_path, KEYS, lambda: now)
    for number in range(3):
        await first.append("confirmed", {"number": number})
    await asyncio.to_thread(first.close)
    reader = JournalReader(tmp_path, KEYS)
    assert len(reader.read_all()) == 3
    now += timedelta(minutes=1)
    second = Journal(tmp_path, KEYS, lambda: now, ends=reader.ends)
    await second.append("confirmed", {"number": 3})
    await asyncio.to_thread(second.close)
    assert read_journal(tmp_path, KEYS).faults == ()
    segment = segments(tmp_path)[0]
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-count]))
    (fault,) = read_journal(tmp_path, KEYS).faults
    assert "the last lines of the segment before it" in fault.text
    # Also to a reader that had read them.
    assert reader.read_all()
    assert any("lines that were read here are gone" in fault.text for fault in reader.faults)


async def test_a_reader_gives_each_line_once_and_then_what_is_new(tmp_path: Path) -> None:
    begin_journal(tmp_path)
    journal = Journal(tmp_path, KEYS, lambda: NOON)
    reader = JournalReader(tmp_path, KEYS)
    for number in range(5):
        await journal.append("confirmed", {"number": number})
        assert [line["number"] for line in reader.read_batch()] == [number]
    await asyncio.to_thread(journal.close)
    await write(tmp_path, 10, max_bytes=1)
    assert sorted(line["number"] for line in reader.read_all()) == [*range(10)]
    assert (reader.read_batch(), reader.faults) == ([], [])
    assert [len(batch) for batch in _batches(tmp_path, 4)] == [4, 4, 4, 3]


def _batches(folder: Path, limit: int) -> list[list[dict[str, object]]]:
    reader, batches = JournalReader(folder, KEYS), []
    while batch := reader.read_batch(limit):
        batches.append(batch)
    return batches


@pytest.mark.parametrize("step", ["first line", "later line"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("any other")])
async def test_a_failed_write_leaves_no_open_file_and_no_file_without_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    begin_journal(tmp_path)
    journal = Journal(tmp_path, KEYS, lambda: NOON)
    if step == "later line":
        await journal.append("confirmed", {"number": 1})
    before = open_files()

    def broken(_: int) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        for _ in range(20):
            with pytest.raises(JournalFailed):
                await journal.append("confirmed", {"number": 2})
    assert open_files() <= before
    assert len(segments(tmp_path)) == (1 if step == "later line" else 0)
    await journal.append("confirmed", {"number": 3})
    await asyncio.to_thread(journal.close)
    assert 3 in numbers(tmp_path)
    assert read_journal(tmp_path, KEYS).faults == ()


async def test_a_disk_that_hangs_is_waited_for_no_longer_than_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_journal(tmp_path)
    hangs = threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda _: hangs.wait(30))
    journal = Journal(tmp_path, KEYS, lambda: NOON)
    with pytest.raises(JournalFailed, match=r"took longer than 0\.05 seconds"):
        await journal.append("confirmed", {"number": 1}, within_s=0.05)
    hangs.set()
    await asyncio.to_thread(journal.close)


@pytest.mark.parametrize("folder", ["absent", "empty"])
async def test_a_folder_that_was_never_begun_is_no_empty_journal(tmp_path: Path, folder: str) -> None:
    """The disk is not mounted: lines would go to the disk that the journal is kept apart from."""
    place = tmp_path / "journal"
    if folder == "empty":
        place.mkdir()
    journal = Journal(place, KEYS, lambda: NOON)
    with pytest.raises(JournalFailed, match="mount its disk, or"):
        await journal.append("confirmed", {"number": 1})
    with pytest.raises(JournalMissing, match="journal begin"):
        read_journal(place, KEYS)
    begin_journal(place)
    await journal.append("confirmed", {"number": 2})
    await asyncio.to_thread(journal.close)
    assert numbers(place) == [2]


async def test_a_folder_of_a_release_without_the_marker_is_a_journal(tmp_path: Path) -> None:
    await write(tmp_path, 2)
    (tmp_path / MARKER).unlink()
    assert numbers(tmp_path) == [0, 1]
