"""The journal: lines appended to files outside the database, durable before what they stand for is done.

A folder holds it, best on another disk, and a marker says that the folder is the journal's: a disk that is not mounted
is no empty journal. Each process writes segments of its own, so that no process waits for another. Each line carries an
HMAC over the one before it and itself; a segment begins with the ends of the segments before it. Lines of one moment
share one fsync. `gateway.platform.journal_reader` reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core_ledger import ChainKeys
from gateway.errors import GatewayError
from gateway.platform.encryption import derive_key
from gateway.plugin_interfaces import Clock

MAX_SEGMENT_BYTES: Final = 64 * 1024 * 1024
MAX_WAITING: Final = 10_000
APPEND_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 10.0
SUFFIX: Final = ".journal"
MARKER: Final = "point-gateway-journal"
START: Final = bytes(32)


_Done = Callable[["JournalFailed | None"], None]


class JournalFailed(GatewayError):
    """The line is not in the journal for sure: what it stands for must not be done."""


class JournalMissing(GatewayError):
    """The folder is not a journal's: its disk is not there, or it was never begun."""


def begin_journal(folder: Path) -> None:
    """Make the folder and its marker; nothing is changed where they are there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(folder / MARKER, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
    make_durable(folder)


def require_journal(folder: Path) -> None:
    """Raise JournalMissing unless the folder is a journal's. Segments alone show it too: older releases made no marker."""
    try:
        if (folder / MARKER).exists() or any(folder.glob(f"*{SUFFIX}")):
            return
    except OSError as fault:
        raise JournalMissing(
            f"{folder}: the journal cannot be read ({fault.strerror}); see [journal] path"
        ) from None
    raise JournalMissing(
        f"{folder}: is not a journal's folder; mount its disk, or where there never was a journal run"
        " `point-gateway journal begin` once"
    )


class Journal:
    """Appends lines; opened once by each process. `append` returns when the line is on the disk.

    `ends` names the segments before this process, each with its last HMAC: a line cut from an end is then missed.
    """

    def __init__(
        self,
        folder: Path,
        keys: ChainKeys,
        clock: Clock,
        *,
        max_bytes: int = MAX_SEGMENT_BYTES,
        ends: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._folder: Final = folder
        self._key: Final = journal_keys(keys)[0]
        self._clock: Final = clock
        self._max_bytes: Final = max_bytes
        self._ends: list[tuple[str, str]] = list(ends)
        self._waiting: list[tuple[bytes, _Done]] = []
        self._awake: Final = threading.Condition()
        self._closing = False
        self._segment: _Segment | None = None
        self._durable_end: tuple[str, int] | None = None
        self._writer: Final = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    @property
    def durable_end(self) -> tuple[str, int] | None:
        """The newest segment, and how many of its lines are on the disk for sure; None before the first line."""
        return self._durable_end

    async def append(
        self, kind: str, content: Mapping[str, Any], *, within_s: float = APPEND_TIMEOUT_S
    ) -> None:
        """Append one line. Raises JournalFailed where it may not be durable, `within_s` at the latest."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def answer(fault: JournalFailed | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(_answer, done, fault)

        self._enqueue([(kind, content)], answer)
        try:
            async with asyncio.timeout(within_s):
                await done
        except TimeoutError:
            raise self._too_slow(within_s) from None

    def append_now(self, lines: Sequence[tuple[str, Mapping[str, Any]]], *, within_s: float) -> None:
        """Append lines of any kinds with one fsync, for callers without an event loop. Raises as `append`."""
        ended = threading.Event()
        faults: list[JournalFailed] = []

        def answer(fault: JournalFailed | None) -> None:
            faults.extend([fault] if fault is not None else [])
            ended.set()

        self._enqueue(lines, answer)
        if not ended.wait(within_s):
            raise self._too_slow(within_s)
        if faults:
            raise faults[0]

    def _enqueue(self, lines: Sequence[tuple[str, Mapping[str, Any]]], answer: _Done) -> None:
        """Have lines written together; `answer` is called once, when the last of them is written or has failed."""
        at = self._clock().isoformat()
        texts = [_text({"kind": kind, "at": at, **content}).encode() for kind, content in lines]
        with self._awake:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                raise JournalFailed("the journal takes no more lines now")
            self._waiting += [(text, _nobody) for text in texts[:-1]] + [(texts[-1], answer)]
            self._awake.notify()

    def _too_slow(self, within_s: float) -> JournalFailed:
        return JournalFailed(f"{self._folder}: the journal took longer than {within_s:g} seconds")

    def close(self) -> None:
        """Write what waits, then let go of the segment. A disk that hangs is waited for no longer than 10 seconds."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        self._writer.join(CLOSE_TIMEOUT_S)

    def _write(self) -> None:
        while True:
            with self._awake:
                while not self._waiting and not self._closing:
                    self._awake.wait()
                batch, self._waiting = self._waiting, []
            if not batch:
                break
            fault: JournalFailed | None = None
            try:
                self._write_batch([line for line, _ in batch])
            except JournalMissing as missing:
                fault = JournalFailed(str(missing))
            except Exception as error:  # noqa: BLE001  whatever it is, the writer goes on and nobody waits for ever
                why = getattr(error, "strerror", None) or type(error).__name__
                fault = JournalFailed(f"{self._folder}: the journal cannot be written ({why})")
            if fault is not None:
                # What the file holds after a failed write nobody knows: the next lines go to a new one.
                self._let_go()
            for _, answer in batch:
                answer(fault)
        self._let_go()

    def _write_batch(self, lines: Sequence[bytes]) -> None:
        if self._segment is not None and self._segment.size >= self._max_bytes:
            self._let_go()
        if self._segment is None:
            require_journal(self._folder)
            name = f"{self._clock():%Y%m%dT%H%M%S}-{os.getpid()}-{os.urandom(3).hex()}{SUFFIX}"
            self._segment = _Segment(self._folder / name, self._key, self._ends)
            self._ends = []
        self._segment.append(lines)
        self._durable_end = self._segment.name, self._segment.line_count

    def _let_go(self) -> None:
        """Close the segment. The next one names its end: the last line that was acknowledged."""
        if self._segment is None:
            return
        self._ends.append(self._segment.end)
        segment, self._segment = self._segment, None
        with contextlib.suppress(OSError):
            segment.close()


class _Segment:
    """One file, open for appending. One whose first line cannot be written is not left behind."""

    def __init__(self, path: Path, key: bytes, ends: Sequence[tuple[str, str]]) -> None:
        self._key = key
        self._mac = START
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        self.size = 0
        self.line_count = 0
        try:
            self.append([_text({"kind": "segment", "after": [list(end) for end in ends]}).encode()])
            make_durable(path.parent)
        except BaseException:
            self.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def end(self) -> tuple[str, str]:
        return self._path.name, self._mac.hex()

    def append(self, lines: Sequence[bytes]) -> None:
        parts: list[bytes] = []
        mac = self._mac
        for line in lines:
            mac = line_mac(self._key, mac, line)
            parts += (mac.hex().encode(), b" ", line, b"\n")
        text = b"".join(parts)
        written = 0
        while written < len(text):
            written += os.write(self._file, text[written:])
        os.fdatasync(self._file)
        self._mac = mac
        self.size += len(text)
        self.line_count += len(lines)

    def close(self) -> None:
        os.close(self._file)


def line_mac(key: bytes, before: bytes, line: bytes) -> bytes:
    """The HMAC of a line, which covers the one before it."""
    return hmac.digest(key, before + line, "sha256")


def journal_keys(keys: ChainKeys) -> list[bytes]:
    """The keys that sign the journal, the newest first."""
    return [derive_key(key, "journal") for key in keys.keys]


def make_durable(folder: Path) -> None:
    """Have a folder's own entries on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _nobody(_fault: JournalFailed | None) -> None:
    """Whoever waits is answered with the last line."""


def _answer(done: asyncio.Future[None], fault: JournalFailed | None) -> None:
    if done.done():
        return
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(fault)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
