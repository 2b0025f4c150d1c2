"""Reads the journal: every line once, in each segment from where it was read to, and what is wrong with it.

A last line without an end is what a crash leaves: it was acknowledged to nobody, and is read when it is whole. Lines that
are not what was written are faults and are left out; the lines after them are read, as each carries its own HMAC.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core_ledger import ChainKeys
from gateway.platform.journal import START as _START
from gateway.platform.journal import SUFFIX, JournalMissing, journal_keys, line_mac, require_journal
from gateway.platform.journal_ends import Ends

READ_BATCH_SIZE: Final = 2_000
ACCEPTED: Final = "journal accepted"
"""A person has looked at faults of the journal, or removed old segments of it: the line names them."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalFault:
    """A place where a segment is not what was written."""

    segment: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.segment} line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class JournalContents:
    """What a folder of segments holds, in the order of time, and what is wrong with it."""

    lines: tuple[Line, ...]
    faults: tuple[JournalFault, ...]


@dataclass(slots=True)
class _Place:
    """How far a segment was read; `last_at` is where the last line begins, `mac_before` the HMAC of the one before it."""

    offset: int = 0
    last_at: int = 0
    mac_before: bytes = _START
    number: int = 0
    mac: bytes = _START
    key: bytes | None = None
    is_broken: bool = False


@dataclass(slots=True)
class JournalReader:
    """`read_batch` again and again gives every line once; what is appended meanwhile comes with the next."""

    folder: Path
    keys: ChainKeys
    expected: Ends = field(default_factory=dict)
    """How far each segment was known to be: what ends before that was cut."""
    _places: dict[str, _Place] = field(default_factory=dict)
    _before: list[tuple[str, str, str]] = field(default_factory=list)
    _faults: dict[str, JournalFault] = field(default_factory=dict)
    _accepted: set[str] = field(default_factory=set)

    @classmethod
    def resume(cls, folder: Path, keys: ChainKeys, state: Mapping[str, Any]) -> JournalReader:
        """Read on from where another reader was (`state`), a segment from its beginning where its last line is another.

        What comes before is not read again: `point-gateway journal check` does that.
        """
        reader = cls(folder, keys)
        by_name = {_key_name(key): key for key in journal_keys(keys)}
        for name, place in state["places"].items():
            macs = {field: bytes.fromhex(place[field]) for field in ("mac_before", "mac")}
            found = _Place(**{**place, **macs, "key": by_name.get(place["key"])})
            if found.is_broken or _ends_as_read(folder / name, found):
                reader._places[name] = found
        reader._before = [
            (after, before, end) for after, before, end in state["before"] if after in reader._places
        ]
        reader._accepted = set(state["accepted"])
        return reader

    @property
    def state(self) -> dict[str, Any]:
        """Where this reader is, as JSON for `resume`; for a moment without faults."""
        faults = [*self._faults.values(), *self._segments_gone(), *self._cut()]
        return {
            "places": {
                name: {
                    "offset": place.offset,
                    "last_at": place.last_at,
                    "number": place.number,
                    "mac_before": place.mac_before.hex(),
                    "mac": place.mac.hex(),
                    "key": _key_name(place.key) if place.key is not None else "",
                    "is_broken": place.is_broken,
                }
                for name, place in sorted(self._places.items())
                if place.offset and (self.folder / name).exists()
            },
            "before": [list(named) for named in self._before if (self.folder / named[0]).exists()],
            "accepted": sorted({str(fault) for fault in faults} & self._accepted),
        }

    def read_batch(self, limit: int = READ_BATCH_SIZE) -> list[Line]:
        """The next lines, at most so many; none when all are read. Raises JournalMissing."""
        require_journal(self.folder)
        lines: list[Line] = []
        try:
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                if not self._places.setdefault(path.name, _Place()).is_broken:
                    lines += self._read_segment(path, limit - len(lines))
                if len(lines) >= limit:
                    break
        except OSError as fault:
            raise JournalMissing(
                f"{self.folder}: the journal cannot be read ({fault.strerror}); see that its disk is there"
            ) from None
        return lines

    def read_all(self) -> list[Line]:
        """Every line that was not read yet."""
        lines: list[Line] = []
        while batch := self.read_batch():
            lines += batch
        return lines

    @property
    def faults(self) -> list[JournalFault]:
        """What is wrong with what was read, and nobody has accepted."""
        faults = [*self._faults.values(), *self._segments_gone(), *self._cut()]
        return [fault for fault in faults if str(fault) not in self._accepted]

    @property
    def line_counts(self) -> dict[str, int]:
        """How many whole lines were read of each segment."""
        return {name: place.number for name, place in self._places.items() if (self.folder / name).exists()}

    @property
    def ends(self) -> list[tuple[str, str]]:
        """The last HMAC that was read of each segment that none names as before it."""
        named = {before for _, before, _ in self._before}
        return [
            (name, place.mac.hex())
            for name, place in sorted(self._places.items())
            if name not in named and place.offset
        ]

    def gone_after(self, removed: Iterable[str]) -> list[str]:
        """The faults that there will be when these segments are removed, to be accepted together with it."""
        names = set(removed)
        return [
            *(str(_gone(after, before)) for after, before, _ in self._before if before in names),
            *(str(_gone_itself(name)) for name in names),
        ]

    def _segments_gone(self) -> list[JournalFault]:
        gone = [
            _gone(after, before)
            for after, before, _ in self._before
            if not (self.folder / before).exists() and after in self._places
        ]
        named = {before for _, before, _ in self._before}
        return gone + [
            _gone_itself(name)
            for name in self._places
            if name not in named and not (self.folder / name).exists()
        ]

    def _cut(self) -> list[JournalFault]:
        """Segments that were longer. One that is gone is named once, whoever misses it."""
        named = {before for _, before, _ in self._before} | set(self._places)
        faults = [
            _gone_itself(name)
            for name in self.expected
            if name not in named and not (self.folder / name).exists()
        ]
        for name, count in self.expected.items():
            place = self._places.get(name)
            if place is not None and place.number < count and not place.is_broken:
                text = f"its end is gone: {count:,} lines were here, and there are {place.number:,}"
                faults.append(JournalFault(name, place.number, text))
        return faults

    def _read_segment(self, path: Path, limit: int) -> list[Line]:
        place = self._places[path.name]
        size = path.stat().st_size
        if size == place.offset:
            return []
        if size < place.offset:
            self._add_fault(path, place.number, "lines that were read here are gone")
            place.is_broken = True
            return []
        lines: list[Line] = []
        with path.open("rb") as file:
            file.seek(place.offset)
            for raw in file:
                if not raw.endswith(b"\n") or len(lines) >= limit:
                    break
                place.last_at = place.offset
                place.offset += len(raw)
                place.number += 1
                content = self._checked(path, place, raw[:-1])
                if content is not None:
                    lines.append(content)
                if place.is_broken:
                    break
        return lines

    def _checked(self, path: Path, place: _Place, raw: bytes) -> Line | None:
        """A line as it was written; None for a segment's own line, and for one that is at fault."""
        signature, _, line = raw.partition(b" ")
        if place.key is None:
            keys = journal_keys(self.keys)
            place.key = next((key for key in keys if _is_signed(key, _START, line, signature)), None)
            if place.key is None:
                self._add_fault(path, place.number, "it is not the line that was written here")
                place.is_broken = True
                return None
        is_signed = _is_signed(place.key, place.mac, line, signature)
        place.mac_before = place.mac
        try:
            place.mac = bytes.fromhex(signature.decode())
        except ValueError:
            place.is_broken = True
        if not is_signed:
            self._add_fault(path, place.number, "it is not the line that was written here")
            return None
        content: Line = json.loads(line)
        if content["kind"] == ACCEPTED:
            self._accepted |= set(content["faults"])
        if content["kind"] != "segment":
            return content
        for name, end in _ends_of(content["after"]):
            self._before.append((path.name, name, end))
            before = self.folder / name
            if before.exists() and not _has_line(before, end):
                text = f"the last lines of the segment before it, {name}, are gone"
                self._add_fault(path, place.number, text)
        return None

    def _add_fault(self, path: Path, line: int, text: str) -> None:
        fault = JournalFault(path.name, line, text)
        self._faults[str(fault)] = fault


def read_journal(
    folder: Path, keys: ChainKeys, *, since: datetime | None = None, resume: Mapping[str, Any] | None = None
) -> JournalContents:
    """Read every segment, or those lines that are not before `since`, in the order of time. Raises JournalMissing.

    `resume`: only what comes after this state of a reader.
    """
    reader = JournalReader(folder, keys) if resume is None else JournalReader.resume(folder, keys, resume)
    lines = [
        content
        for content in reader.read_all()
        if since is None or datetime.fromisoformat(content["at"]) >= since
    ]
    lines.sort(key=lambda content: datetime.fromisoformat(content["at"]))
    return JournalContents(tuple(lines), tuple(reader.faults))


def last_line_at(path: Path) -> datetime | None:
    """When the last whole line of a segment was written; None where there is none."""
    at = None
    with path.open("rb") as file:
        for raw in file:
            text = json.loads(raw.partition(b" ")[2]).get("at") if raw.endswith(b"\n") else None
            at = datetime.fromisoformat(text) if text is not None else at
    return at


def _ends_of(after: Any) -> list[tuple[str, str]]:
    """The segments before one; older releases named one at most."""
    if not after:
        return []
    pairs = [after] if isinstance(after[0], str) else after
    return [(str(name), str(end)) for name, end in pairs]


def _has_line(path: Path, end: str) -> bool:
    """Whether a segment has the line with this HMAC. The chain of its lines is checked where they are read."""
    if end == _START.hex():
        return True
    start = end.encode()
    with path.open("rb") as file:
        return any(raw.startswith(start) for raw in file)


def _ends_as_read(path: Path, place: _Place) -> bool:
    """Whether the last line that was read is where it was. It has an HMAC over all before it."""
    try:
        with path.open("rb") as file:
            file.seek(place.last_at)
            raw = file.read(place.offset - place.last_at)
    except OSError:
        return False
    signature, _, line = raw.removesuffix(b"\n").partition(b" ")
    return (
        place.key is not None
        and raw.endswith(b"\n")
        and signature == place.mac.hex().encode()
        and _is_signed(place.key, place.mac_before, line, signature)
    )


def _key_name(key: bytes) -> str:
    """A name for a key that does not give it away."""
    return hmac.digest(key, b"name of a journal's key", "sha256").hex()[:16]


def _gone(after: str, before: str) -> JournalFault:
    return JournalFault(after, 1, f"the segment before it, {before}, is gone")


def _gone_itself(name: str) -> JournalFault:
    return JournalFault(name, 0, "the segment is gone")


def _is_signed(key: bytes, before: bytes, line: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(line_mac(key, before, line).hex().encode(), signature)
