"""Grants by file: up to 100,000 lines, checked whole, approved by a second person, applied in sets, resumable.

    checking ──► faulty                          some lines cannot be granted: mend the file, send it again
             └─► checked ──► approved ──► applied
                         └─► cancelled

Approval sets the points aside in the budget. Applying goes a thousand lines a transaction and remembers the last;
whatever stops it, it goes on from there, and each line's move has an id of its own. What a file says makes its
identity: the same content again is the same file, in whatever encoding.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core_ledger import LedgerError, Transfer, chart, ledger
from gateway.cities import daily_limits, tables
from gateway.cities.city_context import CityContext, write_audit
from gateway.cities.grants import grant_csv, grant_projects, project_members
from gateway.cities.grants.grant_csv import ContentDigest, CsvLine
from gateway.cities.grants.grant_projects import GrantProject
from gateway.cities.grants.grants import transfer_of
from gateway.cities.grants.project_members import GrantedBefore
from gateway.cities.proposals import staff_ties
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.clock import day_of
from gateway.platform.job_steps import run_each
from gateway.platform.sql import insert_new
from gateway.platform.tables import members
from gateway.platform.transitions import LegalMoves, require_legal
from gateway.points import rules

CHECK_BATCH_SIZE: Final = 2_000
APPLY_BATCH_SIZE: Final = 1_000
_QUERY_BATCH_SIZE: Final = 500

_files = tables.grant_files
_lines = tables.grant_lines
_log = structlog.get_logger()


class FileState(StrEnum):
    CHECKING = "checking"
    FAULTY = "faulty"
    CHECKED = "checked"
    APPROVED = "approved"
    APPLIED = "applied"
    CANCELLED = "cancelled"


LEGAL: Final[LegalMoves[FileState]] = {
    FileState.CHECKING: frozenset(
        {FileState.CHECKING, FileState.FAULTY, FileState.CHECKED, FileState.CANCELLED}
    ),
    FileState.FAULTY: frozenset({FileState.CHECKING, FileState.CANCELLED}),
    FileState.CHECKED: frozenset({FileState.APPROVED, FileState.CANCELLED}),
    FileState.APPROVED: frozenset({FileState.APPLIED}),
    FileState.CANCELLED: frozenset({FileState.CHECKING}),
    FileState.APPLIED: frozenset(),
}
"""The same file may be sent again until it is approved. From then on its points are set aside, and it is applied."""

Progress = Callable[[int, int], None]
"""`(lines done, lines in all)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFile:
    """A file as it stands. `granted_*` is what members have got of its `lines` and `points`."""

    municipality: str
    file_id: str
    project_id: str
    name: str
    state: FileState
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    granted_lines: int
    granted_points: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOverlap:
    """How many members of a file were granted in its project before, and how much; `lines` names the first of them."""

    members: int
    points: int
    lines: tuple[GrantedBefore, ...]


@dataclass(frozen=True, slots=True)
class GrantFiles:
    """The use cases around files."""

    context: CityContext

    async def upload(
        self, who: StaffSession, project_id: str, name: str, raw: bytes, progress: Progress | None = None
    ) -> tuple[GrantFile, bool]:
        """Check a file whole. The second value is False where its content is known already; nothing is granted.

        Raises ProblemError: `unknown-project` (404), `csv-unreadable`, `csv-columns`, `csv-too-long` (422), `file-state`
        (409) where it was uploaded or taken back again meanwhile.
        """
        code = who.municipality
        content = await asyncio.to_thread(grant_csv.digest, raw)
        count = content.lines
        file, new = await self.context.store.run(
            lambda conn: self._begin(conn, who, project_id, name, content)
        )
        if not new:
            return file, False
        rest, done = grant_csv.lines(raw), 0
        while part := await asyncio.to_thread(lambda: list(islice(rest, CHECK_BATCH_SIZE))):
            await self.context.store.run(partial(_check_set, file, part, self.context.today))
            done += len(part)
            if progress is not None:
                progress(done, count)
        now = self.context.clock()

        def finish(conn: Connection) -> GrantFile:
            _require_own_check(conn, file)
            faults, points = conn.execute(
                select(func.count(_lines.c.fault), func.coalesce(func.sum(_lines.c.points), 0)).where(
                    _lines.c.file_id == file.file_id
                )
            ).one()
            state = FileState.FAULTY if faults or not count else FileState.CHECKED
            _write(conn, file, state=state, lines=count, faults=faults, points=int(points))
            write_audit(
                conn, who, now, "grant file checked", file.file_id, name, {"lines": count, "faults": faults}
            )
            return require(conn, code, file.file_id)

        return await self.context.store.run(finish), True

    async def approve(self, who: StaffSession, file_id: str, reason: str) -> GrantFile:
        """A second person says yes: the points are set aside and granted in the background.

        Raises ProblemError: `unknown-file` (404), `file-state`, `second-person-missing`, `project-not-open`,
        `budget-exceeded` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantFile:
            file = require(conn, code, file_id, lock=True)
            if FileState.APPROVED not in LEGAL[file.state]:
                raise _wrong_state(file)
            tied = staff_ties.tied_to(conn, file.uploaded_by, file.uploaded_at)
            if who.staff_id in tied | {file.uploaded_by}:
                raise ProblemError(
                    "second-person-missing",
                    "Somebody else approves: not who uploaded it, nor whose access that person made or changed.",
                )
            grant_projects.require_granting(conn, code, file.project_id, day_of(now))
            grant_projects.take_from_budget(conn, code, file.project_id, file.points)
            _write(conn, file, state=FileState.APPROVED, approved_by=who.staff_id, approved_at=now)
            write_audit(conn, who, now, "grant file approved", file_id, reason, {"points": file.points})
            return require(conn, code, file_id)

        file = await self.context.store.run(job)
        self.context.tasks.spawn(self.apply(code, file_id), f"grant file {file_id}")
        return file

    async def cancel(self, who: StaffSession, file_id: str, reason: str) -> GrantFile:
        """Take back a file that nobody has approved. Raises ProblemError: `unknown-file` (404), `file-state` (409)."""
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantFile:
            file = require(conn, code, file_id, lock=True)
            if FileState.CANCELLED not in LEGAL[file.state]:
                raise _wrong_state(file)
            _write(conn, file, state=FileState.CANCELLED, ended_at=now)
            write_audit(conn, who, now, "grant file cancelled", file_id, reason)
            return require(conn, code, file_id)

        return await self.context.store.run(job)

    async def apply(self, code: str, file_id: str, progress: Progress | None = None) -> GrantFile:
        """Grant what is left of an approved file. Safe to repeat, to interrupt and to run in two processes."""
        while True:
            file = await self.context.store.run(
                lambda conn: _apply_set(conn, code, file_id, self.context.clock())
            )
            if progress is not None:
                progress(file.granted_lines, file.lines)
            if file.state is not FileState.APPROVED:
                return file

    async def resume(self) -> int:
        """Go on with every approved file that is not done: at the start and each night. Returns how many.

        What one file raises is raised when the others are done.
        """
        query = select(_files.c.municipality, _files.c.file_id).where(_files.c.state == FileState.APPROVED)
        rows = await self.context.store.read(lambda conn: conn.execute(query).all())
        await run_each([(row.municipality, row.file_id) for row in rows], self._apply_one, "grant file")
        return len(rows)

    async def _apply_one(self, file: tuple[str, str]) -> None:
        await self.apply(*file)

    async def listed(self, code: str, project_id: str | None = None) -> list[GrantFile]:
        query = select(_files).where(_files.c.municipality == code).order_by(_files.c.uploaded_at.desc())
        if project_id is not None:
            query = query.where(_files.c.project_id == project_id)
        return await self.context.store.read(
            lambda conn: [_file(row) for row in conn.execute(query.limit(200))]
        )

    async def get(self, code: str, file_id: str) -> GrantFile:
        return await self.context.store.read(lambda conn: require(conn, code, file_id))

    async def granted_before(self, code: str, file_id: str, limit: int) -> FileOverlap:
        """Who of a file was granted in its project before, with sums and dates. Raises ProblemError `unknown-file`."""

        def job(conn: Connection) -> FileOverlap:
            file = require(conn, code, file_id)
            members, points = project_members.sum_granted_before(conn, code, file.project_id, file_id)
            lines = project_members.list_granted_before(conn, code, file.project_id, file_id, limit=limit)
            return FileOverlap(members=members, points=points, lines=tuple(lines))

        return await self.context.store.read(job)

    async def report(
        self, code: str, file_id: str, *, faults_only: bool, after: int = 0, limit: int = 200
    ) -> list[FileLine]:
        """The file's lines in their order, all or those with a fault; pass the last `line` as `after`."""
        query = select(_lines).where(_lines.c.file_id == file_id, _lines.c.line > after)
        if faults_only:
            query = query.where(_lines.c.fault.is_not(None))

        def job(conn: Connection) -> list[FileLine]:
            require(conn, code, file_id)
            return [
                FileLine(line=r.line, mykey_id=r.mykey_id, points=r.points, note=r.note, fault=r.fault)
                for r in conn.execute(query.order_by(_lines.c.line).limit(limit))
            ]

        return await self.context.store.read(job)

    def _begin(
        self, conn: Connection, who: StaffSession, project_id: str, name: str, content: ContentDigest
    ) -> tuple[GrantFile, bool]:
        code = who.municipality
        grant_projects.require(conn, code, project_id)
        known = (
            select(_files)
            .where(
                _files.c.municipality == code,
                _files.c.project_id == project_id,
                _files.c.content_hash.in_((content.digest, content.as_typed)),
            )
            .order_by(_files.c.uploaded_at)
            .limit(1)
        )
        row = conn.execute(known.with_for_update()).one_or_none()
        values: dict[str, Any] = {
            "name": name,
            "uploaded_by": who.staff_id,
            "uploaded_at": self.context.clock(),
            "ended_at": None,
        }
        file_id = uuid.uuid4().hex
        if row is None:
            if insert_new(
                conn, _files, municipality=code, file_id=file_id, project_id=project_id,
                content_hash=content.digest, state=FileState.CHECKING, lines=0, faults=0, points=0,
                applied_through=0,
                granted_lines=0, granted_points=0, **values,
            ):  # fmt: skip
                return require(conn, code, file_id), True
            row = conn.execute(known.with_for_update()).one_or_none()  # uploaded twice at one moment
            assert row is not None
        file = _file(row)
        if FileState.CHECKING not in LEGAL[file.state]:
            return file, False
        # Broken off, taken back, or faulty for members who may have registered since: checked anew. The time of
        # the upload tells this check from one that may still be running.
        values["uploaded_at"] = max(values["uploaded_at"], file.uploaded_at + timedelta(microseconds=1))
        conn.execute(delete(_lines).where(_lines.c.file_id == file.file_id))
        _write(conn, file, state=FileState.CHECKING, **values)
        return require(conn, code, file.file_id), True


def require(conn: Connection, code: str, file_id: str, *, lock: bool = False) -> GrantFile:
    """Give a file of this city. Raises ProblemError `unknown-file` (404)."""
    query = select(_files).where(_files.c.municipality == code, _files.c.file_id == file_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ProblemError("unknown-file", "This city has no such file.")
    return _file(row)


def _check_set(file: GrantFile, part: Sequence[CsvLine], today: Any, conn: Connection) -> None:
    """Look the members of these lines up and keep the lines with what is wrong with them."""
    _require_own_check(conn, file)
    project = grant_projects.require(conn, file.municipality, file.project_id)
    rule_versions = rules.versions(conn, file.municipality, project.plan.point_service)
    most = rules.in_force(rule_versions, today).most_granted_a_day
    known = _members_of(conn, [line.mykey_id for line in part if not line.fault])
    points = {known[line.mykey_id]: line.points for line in part if not line.fault and line.mykey_id in known}
    beyond = project_members.beyond_limits(conn, file.municipality, file.project_id, points)
    rows = []
    for line in part:
        member_id = known.get(line.mykey_id) if not line.fault else None
        fault = line.fault or ("unknown-member" if member_id is None else "")
        if not fault and most is not None and line.points > most:
            fault = "limit-of-the-day"
        if not fault and member_id in beyond:
            fault = "limit-of-the-project"
        rows.append(
            {
                "file_id": file.file_id,
                "line": line.line,
                "member_id": member_id,
                "mykey_id": line.mykey_id,
                "points": line.points,
                "note": line.note,
                "fault": fault or None,
            }
        )
    conn.execute(insert(_lines), rows)
    _write(conn, file, lines=part[-1].line)


def _require_own_check(conn: Connection, file: GrantFile) -> None:
    """Hold the file's row while this check writes. Raises ProblemError `file-state` where it is no longer this check's."""
    now = require(conn, file.municipality, file.file_id, lock=True)
    if now.state is not FileState.CHECKING or now.uploaded_at != file.uploaded_at:
        raise ProblemError(
            "file-state",
            "The same file was uploaded or taken back again while it was being checked; look at it again.",
            state=now.state,
        )


def _members_of(conn: Connection, mykey_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _sets(mykey_ids):
        rows = conn.execute(
            select(members.c.mykey_id, members.c.member_id).where(
                members.c.mykey_id.in_(part), members.c.state == "active"
            )
        )
        found.update((row.mykey_id, row.member_id) for row in rows)
    return found


def _apply_set(conn: Connection, code: str, file_id: str, at: datetime) -> GrantFile:
    """Grant the next thousand lines of an approved file; the last set ends it."""
    file = require(conn, code, file_id, lock=True)
    if file.state is not FileState.APPROVED:
        return file
    through = conn.execute(select(_files.c.applied_through).where(_files.c.file_id == file_id)).scalar_one()
    rows = conn.execute(
        select(_lines)
        .where(_lines.c.file_id == file_id, _lines.c.line > through)
        .order_by(_lines.c.line)
        .limit(APPLY_BATCH_SIZE)
    ).all()
    project = grant_projects.require(conn, code, file.project_id)
    refused = _grant_lines(conn, file, project, rows, at)
    granted = [row for row in rows if row.line not in refused]
    changed: dict[str, Any] = {
        "granted_lines": file.granted_lines + len(granted),
        "granted_points": file.granted_points + sum(row.points for row in granted),
    }
    back = sum(row.points for row in rows if row.line in refused)
    if back:
        grant_projects.give_back_to_budget(conn, code, file.project_id, back)
    if rows:
        changed["applied_through"] = rows[-1].line
    if len(rows) < APPLY_BATCH_SIZE:
        changed |= {"state": FileState.APPLIED, "ended_at": at}
        facts: dict[str, str | int] = {
            "granted_lines": changed["granted_lines"],
            "granted_points": changed["granted_points"],
        }
        audit_log.write(
            conn,
            code,
            at=at,
            actor="system",
            actor_name="",
            action="grant file applied",
            subject=file_id,
            facts=facts,
        )
    _write(conn, file, **changed)
    return require(conn, code, file_id)


def _grant_lines(
    conn: Connection, file: GrantFile, project: GrantProject, rows: Sequence[Row[Any]], at: datetime
) -> set[int]:
    """Make the moves of these lines; gives the numbers of those that could not be granted any more."""
    alive: set[str] = set()
    for part in _sets([row.member_id for row in rows]):
        alive.update(
            conn.execute(
                select(members.c.member_id).where(members.c.member_id.in_(part), members.c.state == "active")
            ).scalars()
        )
    refused = {row.line: "not-granted" for row in rows if row.member_id not in alive}
    _count_project_limits(conn, project, [row for row in rows if row.line not in refused], at, refused)
    _count_limits(conn, project, [row for row in rows if row.line not in refused], at, refused)
    by = file.approved_by or ""
    granted = [row for row in rows if row.line not in refused]
    moves: list[Transfer] = [
        transfer_of(
            project, row.member_id, f"{file.file_id}:{row.line}", row.points, at, by=by, note=row.note
        )
        for row in granted
    ]
    for row, outcome in zip(granted, ledger.transfer_many(conn, moves), strict=True):
        if isinstance(outcome, LedgerError):
            _log.error("grant refused", file=file.file_id, line=row.line, text=str(outcome))
            refused[row.line] = "not-granted"
    for line, why in refused.items():
        conn.execute(
            update(_lines).where(_lines.c.file_id == file.file_id, _lines.c.line == line).values(fault=why)
        )
    return set(refused)


def _count_project_limits(
    conn: Connection, project: GrantProject, rows: Sequence[Row[Any]], at: datetime, refused: dict[int, str]
) -> None:
    points = {chart.member_book(row.member_id): row.points for row in rows}  # a member stands once in a file
    beyond = project_members.count_many(
        conn, project.municipality, project.plan.project_id, day_of(at), points
    )
    refused.update(
        (row.line, "limit-of-the-project") for row in rows if chart.member_book(row.member_id) in beyond
    )


def _count_limits(
    conn: Connection, project: GrantProject, rows: Sequence[Row[Any]], at: datetime, refused: dict[int, str]
) -> None:
    code, service, today = project.municipality, project.plan.point_service, day_of(at)
    most = rules.in_force(rules.versions(conn, code, service), today).most_granted_a_day
    if most is None:
        return
    values = {chart.member_book(row.member_id): row.points for row in rows}  # a member stands once in a file
    beyond = daily_limits.count_many(conn, code, service, today, "granted", values, most)
    refused.update(
        (row.line, "limit-of-the-day") for row in rows if chart.member_book(row.member_id) in beyond
    )


def _sets(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _QUERY_BATCH_SIZE):
        yield values[start : start + _QUERY_BATCH_SIZE]


def _write(conn: Connection, file: GrantFile, **to: Any) -> None:
    if "state" in to:
        require_legal(LEGAL, file.state, to["state"])
    conn.execute(
        update(_files)
        .where(_files.c.municipality == file.municipality, _files.c.file_id == file.file_id)
        .values(**to)
    )


def _wrong_state(file: GrantFile) -> ProblemError:
    return ProblemError("file-state", f"The file is {file.state}; look at it again.", state=file.state)


def _file(row: Row[Any]) -> GrantFile:
    return GrantFile(
        municipality=row.municipality,
        file_id=row.file_id,
        project_id=row.project_id,
        name=row.name,
        state=FileState(row.state),
        lines=row.lines,
        faults=row.faults,
        points=row.points,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        granted_lines=row.granted_lines,
        granted_points=row.granted_points,
        ended_at=row.ended_at,
    )
