"""The journal of confirmed orders: lines appended to files outside the database, durable before a debit leaves.

A folder holds it, best on another disk. Each process writes segments of its own, so that no process waits for another.
Each line carries an HMAC over the one before it and itself, and a segment begins with the last HMAC of the segment
before it: a line that was changed, dropped or slipped in is named. Lines of one moment share one fsync.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core_ledger import ChainKeys
from gateway.errors import GatewayError
from gateway.platform.encryption import derive_key
from gateway.plugin_interfaces import Clock

MAX_SEGMENT_BYTES: Final = 64 * 1024 * 1024
MAX_WAITING: Final = 10_000
SUFFIX: Final = ".journal"
_START: Final = bytes(32)


class JournalFailed(GatewayError):
    """The line is not in the journal for sure: what it stands for must not be done."""


@dataclass(frozen=True, slots=True)
class JournalFault:
    """A place where a segment is not what was written."""

    segment: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.segment} line {self.line}: {self.text}"


class Journal:
    """Appends lines; opened once by each process. `append` returns when the line is on the disk."""

    def __init__(
        self, folder: Path, keys: ChainKeys, clock: Clock, *, max_bytes: int = MAX_SEGMENT_BYTES
    ) -> None:
        self._folder: Final = folder
        self._key: Final = _keys(keys)[0]
        self._clock: Final = clock
        self._max_bytes: Final = max_bytes
        self._waiting: list[tuple[bytes, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._awake: Final = threading.Condition()
        self._closing = False
        self._segment: _Segment | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer: Final = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    async def append(self, kind: str, content: Mapping[str, Any]) -> None:
        """Append one line. Raises JournalFailed where it may not be durable."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        line = _text({"kind": kind, "at": self._clock().isoformat(), **content}).encode()
        with self._awake:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                raise JournalFailed("the journal takes no more lines now")
            self._waiting.append((line, loop, done))
            self._awake.notify()
        await done

    def close(self) -> None:
        """Write what waits, then let go of the segment."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        self._writer.join()

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
                self._write_batch([line for line, _, _ in batch])
            except OSError as error:
                # What the file holds after a failed write nobody knows: the next lines go to a new one.
                self._segment = None
                fault = JournalFailed(f"{self._folder}: the journal cannot be written ({error.strerror})")
            for _, loop, done in batch:
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                    loop.call_soon_threadsafe(_answer, done, fault)
        if self._segment is not None:
            self._segment.close()

    def _write_batch(self, lines: Sequence[bytes]) -> None:
        if self._segment is None or self._segment.size >= self._max_bytes:
            before = self._segment
            name = f"{self._clock():%Y%m%dT%H%M%S}-{os.getpid()}-{os.urandom(3).hex()}{SUFFIX}"
            self._segment = _Segment(self._folder / name, self._key, before)
            if before is not None:
                before.close()
        self._segment.append(lines)


class _Segment:
    """One file, open for appending."""

    def __init__(self, path: Path, key: bytes, before: _Segment | None) -> None:
        self._key = key
        self._mac = _START
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        self.size = 0
        head = {"kind": "segment", "after": before.end if before is not None else None}
        self.append([_text(head).encode()])
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @property
    def end(self) -> list[str]:
        return [self._path.name, self._mac.hex()]

    def append(self, lines: Sequence[bytes]) -> None:
        parts: list[bytes] = []
        for line in lines:
            self._mac = _mac(self._key, self._mac, line)
            parts += (self._mac.hex().encode(), b" ", line, b"\n")
        text = b"".join(parts)
        written = 0
        while written < len(text):
            written += os.write(self._file, text[written:])
        os.fdatasync(self._file)
        self.size += len(text)

    def close(self) -> None:
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class JournalContents:
    """What a folder of segments holds, in the order of time, and what is wrong with it."""

    lines: tuple[dict[str, Any], ...]
    faults: tuple[JournalFault, ...]


def read_journal(folder: Path, keys: ChainKeys, *, since: datetime | None = None) -> JournalContents:
    """Read every segment, or those lines that are not before `since`.

    A last line without an end is what a crash leaves: it was acknowledged to nobody, and is left out. Lines that are
    signed with none of the keys are faults, and are left out as well.
    """
    lines: list[dict[str, Any]] = []
    faults: list[JournalFault] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        lines += [
            content
            for content in _segment_lines(path, keys, faults)
            if since is None or datetime.fromisoformat(content["at"]) >= since
        ]
    lines.sort(key=lambda content: datetime.fromisoformat(content["at"]))
    return JournalContents(tuple(lines), tuple(faults))


def newest_lines(
    folder: Path, keys: ChainKeys, *, limit: int, max_segments: int = 32
) -> list[dict[str, Any]]:
    """The last lines of the newest segments: a database that lost commits lacks some of these."""
    lines: list[dict[str, Any]] = []
    for path in sorted(folder.glob(f"*{SUFFIX}"))[-max_segments:]:
        lines += [*_segment_lines(path, keys, [])][-limit:]
    lines.sort(key=lambda content: datetime.fromisoformat(content["at"]))
    return lines[-limit:]


def _segment_lines(path: Path, keys: ChainKeys, faults: list[JournalFault]) -> Iterator[dict[str, Any]]:
    mac, key = _START, None
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return
            signature, _, line = raw[:-1].partition(b" ")
            if key is None:
                key = next((one for one in _keys(keys) if _is_signed(one, _START, line, signature)), None)
            if key is None or not _is_signed(key, mac, line, signature):
                faults.append(JournalFault(path.name, number, "it is not the line that was written here"))
                return
            mac = bytes.fromhex(signature.decode())
            content = json.loads(line)
            if content["kind"] != "segment":
                yield content
            elif content["after"] is not None and not (path.parent / content["after"][0]).exists():
                faults.append(
                    JournalFault(path.name, number, f"the segment before it, {content['after'][0]}, is gone")
                )


def _is_signed(key: bytes, before: bytes, line: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(_mac(key, before, line).hex().encode(), signature)


def _mac(key: bytes, before: bytes, line: bytes) -> bytes:
    return hmac.digest(key, before + line, "sha256")


def _keys(keys: ChainKeys) -> list[bytes]:
    return [derive_key(key, "journal") for key in keys.keys]


def _answer(done: asyncio.Future[None], fault: JournalFailed | None) -> None:
    if done.done():
        return
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(fault)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
