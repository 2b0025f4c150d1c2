"""Restored mode (復旧中): a database that has forgotten confirmed orders is read and asked, and confirms nothing.

Looked for at the start and every half minute: the lines of the journal that were not read before against the database,
and the newest of those that it had. A database that has lost one of these was rolled back under us, so then the journal
is read from its beginning. A journal that cannot be read, or of which a part is missing, says nothing about what was
forgotten: the mode is on until somebody has looked. Where all that was read is in the database, the database keeps up to
where that was (`gateway.platform.journal_checkpoint`), and the next start reads on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from core_ledger import ChainKeys, Store
from gateway.errors import ProblemError
from gateway.exchanges.recovery import CONFIRMED, DEALT_WITH, list_forgotten
from gateway.exchanges.reversal_recovery import list_forgotten_reversals
from gateway.exchanges.reversal_rows import REVERSAL
from gateway.platform import audit_log, daily_digest, journal_checkpoint, journal_ends
from gateway.platform.audit_actions import AuditAction
from gateway.platform.forgotten_records import RECORDS_SETTLED, list_forgotten_records, record_id
from gateway.platform.journal import JournalMissing
from gateway.platform.journal_reader import JournalFault, JournalReader
from gateway.platform.metrics import RESTORED
from gateway.platform.record_stream import KINDS, MOVE
from gateway.platform.roles import PLATFORM
from gateway.plugin_interfaces import Clock

CHECK_INTERVAL_S: Final = 30.0
NEWEST_KNOWN: Final = 500
CHECKPOINT_LINES: Final = 2_000
"""After so many lines more, up to where all was found is written down."""
_LOOKED_FOR: Final = frozenset({CONFIRMED, REVERSAL, *KINDS})
_log = structlog.get_logger()

"""Lines of the platform's audit log: from the first to the second nothing is confirmed."""

Line = Mapping[str, Any]


def is_begun(conn: Connection) -> bool:
    """Whether somebody has written down that the database was restored, and nobody that it is complete."""
    return [
        line.action
        for line in audit_log.page(
            conn, PLATFORM, actions=(AuditAction.DATABASE_RESTORED, AuditAction.DATABASE_COMPLETED), limit=1
        )
    ] == [AuditAction.DATABASE_RESTORED]


def write_restore(conn: Connection, action: AuditAction, *, operator: str, reason: str, at: datetime) -> None:
    """Write down that it was restored, or that all of it is back."""
    audit_log.write(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=action, reason=reason
    )


@dataclass(slots=True)
class RestoredMode:
    """`folder` is the journal's; without one only a restore that was written down is known. `close_gaps` takes away again
    what forgotten records have taken away from somebody, before anybody is served. `digest_file` has the days that the
    database had: where one is lost, it was rolled back, and a failover without a journal is known as well. With `clock`
    it keeps in the database how far the journal was, so that lines that are cut from its end are missed.

    `forgotten` counts what the database lacks; `unknown` says why that is not known; `begun` that a restore was written
    down and not completed.
    """

    store: Store
    keys: ChainKeys
    folder: Path | None
    digest_file: Path | None = None
    clock: Clock | None = None
    close_gaps: Callable[[Connection, Sequence[Line]], int] = lambda _conn, _lines: 0
    forgotten: int = 0
    unknown: str = ""
    begun: bool = False
    checkpoint_lines: int = CHECKPOINT_LINES
    _checkpoint_id: str | None = None
    _has_checkpoints: bool = False
    _read_since: int = 0
    _reader: JournalReader | None = None
    _waiting: list[Line] = field(default_factory=list)
    _left: list[Line] = field(default_factory=list)
    _newest: list[Line] = field(default_factory=list)
    _line_counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether something is forgotten, or may be, so that nothing may be confirmed."""
        return self.forgotten > 0 or bool(self.unknown) or self.begun

    @property
    def journal_ends(self) -> list[tuple[str, str]]:
        """Where the segments end that were read: the next segment names them."""
        return self._reader.ends if self._reader is not None else []

    async def check(self) -> None:
        """Look again. What cannot be read counts as forgotten."""
        was_on = self.is_on
        self.begun = await self.store.read(is_begun)
        self.unknown = ""
        if self.folder is not None:
            await self._check_journal(self.folder)
        if self.digest_file is not None and not self.unknown:
            documents = await self.store.read(daily_digest.list_documents)
            day = await asyncio.to_thread(daily_digest.find_lost_day, self.digest_file, self.keys, documents)
            if day is not None:
                self.unknown = (
                    f"{self.digest_file}: has the digest of {day}, which this database has lost; bring back what came after"
                    " it, then say `point-gateway restore end`"
                )
        RESTORED.set(1 if self.is_on else 0)
        if self.is_on and not was_on:
            _log.error(
                "restored mode",
                forgotten=self.forgotten,
                unknown=self.unknown,
                begun=self.begun,
                remedy="run `point-gateway journal check` and `restore check`, then `restore recover`",
            )
        elif was_on and not self.is_on:
            _log.info("restored mode is over")

    async def _check_journal(self, folder: Path) -> None:
        try:
            # Another checkpoint than ours: another process has saved one, or the database was rolled back to an older one.
            moved = await self.store.read(journal_checkpoint.read_id) != self._checkpoint_id
            if self._reader is None or moved or await self._lacks_any(self._newest):
                await self._begin(folder)
            stored = await self._expect_known_ends()
            await self._read_on()
            faults = await self._faults(stored)
            self.unknown = f"the journal is damaged: {faults[0]}" if faults else ""
            if self._read_since >= self.checkpoint_lines:
                await self._save_checkpoint()
        except JournalMissing as missing:
            self._reader, self.unknown = None, str(missing)
        self.forgotten = len(self._waiting)
        gaps = [line for line in self._waiting if line["kind"] in KINDS and line["kind"] != MOVE]
        if gaps and (count := await self.store.run(lambda conn: self.close_gaps(conn, gaps))):
            _log.warning("revoked and stopped again what the database had forgotten", count=count)

    async def save_journal_ends(self) -> None:
        """Write down how far the journal is now: what this process wrote last is missed as well when it is cut."""
        if self.folder is None or self._reader is None:
            return
        try:
            stored = await self._expect_known_ends()
            await self._read_on()
            self._line_counts = self._reader.line_counts
            if not await self._faults(stored):
                await self._save_checkpoint()
        except Exception as fault:  # noqa: BLE001  the process ends all the same
            _log.error("end of the journal not kept", error=type(fault).__name__, text=str(fault))

    async def _expect_known_ends(self) -> dict[str, int]:
        """Have the reader miss what was cut; gives how far each segment was as the database knows it.

        Asked before the journal is read: each commit marks lines that are on the disk, and those that it marks meanwhile would
        seem to be cut.
        """
        assert self._reader is not None
        stored = await self.store.read(journal_ends.list_ends)
        elsewhere = (
            await asyncio.to_thread(daily_digest.read_journal_ends, self.digest_file, self.keys)
            if self.digest_file is not None
            else {}
        )
        names = {*stored, *elsewhere}
        self._reader.expected = {name: max(stored.get(name, 0), elsewhere.get(name, 0)) for name in names}
        return stored

    async def _faults(self, stored: Mapping[str, int]) -> list[JournalFault]:
        """What is wrong with the journal. Where nothing is, how far it was is kept.

        What is kept is what the round before has read: by then it is on the disk for sure.
        """
        assert self._reader is not None
        faults = self._reader.faults
        present = self._reader.line_counts
        if not faults and self.clock is not None:
            further = {
                name: count for name, count in self._line_counts.items() if stored.get(name, 0) < count
            }
            gone, at = [name for name in stored if name not in present], self.clock()
            if further or gone:
                await self.store.run(lambda conn: journal_ends.save_ends(conn, further, gone, at))
        self._line_counts = present
        return faults

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                await self.check()
            except Exception as fault:  # noqa: BLE001  the database may restart, the rounds go on
                _log.error("restored mode unknown", error=type(fault).__name__, text=str(fault))

    def require_off(self) -> None:
        """Raise ProblemError while something is forgotten."""
        if self.is_on:
            raise ProblemError(
                "restored",
                "the database was restored and is being completed; nothing is confirmed until then",
            )

    async def _begin(self, folder: Path) -> None:
        """Begin where everything before was found in this database, else at the beginning."""
        self._has_checkpoints = await self.store.read(journal_ends.commits_on_one_node)
        self._checkpoint_id, checkpoint = await self.store.read(self._read_checkpoint)
        if checkpoint is None:
            self._reader, self._left = JournalReader(folder, self.keys), []
        else:
            self._reader = await asyncio.to_thread(JournalReader.resume, folder, self.keys, checkpoint.reader)
            self._left = list(checkpoint.left)
        self._waiting, self._newest, self._read_since = [], [], 0

    def _read_checkpoint(self, conn: Connection) -> tuple[str | None, journal_checkpoint.Checkpoint | None]:
        id_ = journal_checkpoint.read_id(conn)
        return id_, journal_checkpoint.read_usable(conn, self.keys)

    async def _save_checkpoint(self) -> None:
        """Write down that everything that was read is here, in a transaction that still has the newest of it."""
        assert self._reader is not None
        clock, everything = self.clock, not self._waiting and not self.begun and not self.unknown
        if clock is None or not self._has_checkpoints or not self._read_since or not everything:
            return
        state, newest = self._reader.state, [*self._newest, *self._left]

        def save(conn: Connection) -> str | None:
            if journal_checkpoint.read_id(conn) != self._checkpoint_id or _missing(conn, newest):
                return None
            return journal_checkpoint.save(conn, self.keys, state, self._left, clock())

        if (saved := await self.store.run(save)) is not None:
            self._checkpoint_id, self._read_since = saved, 0

    async def _read_on(self) -> None:
        assert self._reader is not None
        self._waiting = await self._lacking(self._waiting)
        while lines := await asyncio.to_thread(self._reader.read_batch):
            self._read_since += len(lines)
            self._left += [line for line in lines if line["kind"] in (DEALT_WITH, RECORDS_SETTLED)]
            orders = [line for line in lines if line["kind"] in _LOOKED_FOR]
            self._waiting = await self._lacking([*self._waiting, *orders])
            self._newest = sorted([*self._newest, *orders], key=_moment)[-NEWEST_KNOWN:]
        if self._left:
            self._waiting = await self._lacking(self._waiting)

    async def _lacks_any(self, lines: Sequence[Line]) -> bool:
        waiting = {_key(line) for line in self._waiting}
        return any(_key(line) not in waiting for line in await self._lacking(lines))

    async def _lacking(self, lines: Sequence[Line]) -> list[Line]:
        """Those of the lines that the database has not."""
        if not lines:
            return []
        everything = [*lines, *self._left]
        missing = await self.store.read(lambda conn: _missing(conn, everything))
        return [line for line in lines if _key(line) in missing]


def _missing(conn: Connection, lines: Sequence[Line]) -> set[tuple[str, str]]:
    """What the database has not of what the lines name, but for what other lines say is settled."""
    missing = {("", order.exchange_id) for order in list_forgotten(conn, lines)}
    missing |= {("record", record_id(line)) for line in list_forgotten_records(conn, lines)}
    return missing | {
        (reversal.book, reversal.reversal_id) for reversal in list_forgotten_reversals(conn, lines)
    }


def _key(line: Line) -> tuple[str, str]:
    if line["kind"] in KINDS:
        return "record", record_id(line)
    return ("", line["exchange_id"]) if line["kind"] == CONFIRMED else (line["book"], line["reversal_id"])


def _moment(line: Line) -> str:
    return str(line["at"])
