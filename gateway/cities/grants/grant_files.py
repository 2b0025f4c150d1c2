"""Grants by file: up to 100,000 lines, checked whole, proposed, approved by a second person, applied in sets, resumable.

    checking ──► faulty                          some lines cannot be granted: mend the file, send it again
             └─► checked ──► approved ──► applied
                         ├─► sent back           by who could have approved it, with a reason
                         └─► cancelled

A checked file is a proposal (`grant_file_approval`). Its approval sets the points aside in the budget. What a file
says makes its identity: the same content again is the same file, in whatever encoding.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from gateway.cities import tables
from gateway.cities.city_context import CityContext, write_audit
from gateway.cities.grants import (
    grant_file_approval,
    grant_file_tidying,
    grant_list,
    grant_projects,
    project_members,
)
from gateway.cities.grants.faults_first import checked_meanwhile, report_pages
from gateway.cities.grants.grant_file_lines import grant_next_lines
from gateway.cities.grants.grant_file_rows import (
    LEGAL,
    FileState,
    GrantFile,
    batches,
    columns_text,
    file_of,
    require,
    write,
    wrong_state,
)
from gateway.cities.grants.grant_list import (
    DEFAULT_COLUMNS,
    ContentDigest,
    GrantLine,
    ListColumns,
    TypedCells,
)
from gateway.cities.grants.project_members import GrantedBefore, WaitingFile
from gateway.cities.proposals import file_proposals
from gateway.cities.proposals.deeds import Deed
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.job_steps import run_each
from gateway.platform.sql import insert_new
from gateway.platform.states import MemberState
from gateway.platform.tables import members
from gateway.points import rules

CHECK_BATCH_SIZE: Final = 2_000

_files = tables.grant_files
_lines = tables.grant_lines

Progress = Callable[[int, int], None]
"""`(lines done, lines in all)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None
    typed: TypedCells | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOverlap:
    """How many members of a file were granted in its project before, and how much; `lines` names the first of them.

    `waiting` are other files of the project that are not applied yet and hold some of the same members.
    """

    members: int
    points: int
    lines: tuple[GrantedBefore, ...]
    waiting: tuple[WaitingFile, ...]


@dataclass(frozen=True, slots=True)
class GrantFiles:
    """The use cases around files."""

    context: CityContext

    async def upload(
        self,
        who: StaffSession,
        project_id: str,
        name: str,
        raw: bytes,
        progress: Progress | None = None,
        columns: ListColumns = DEFAULT_COLUMNS,
    ) -> tuple[GrantFile, bool]:
        """Check a file whole and propose it. The second value is False where its content is known already.

        Raises ProblemError: `unknown-project` (404), `csv-unreadable`, `csv-columns`, `csv-too-long` (422),
        `budget-exceeded`, `nobody-to-decide`, `file-state` (409) where it was uploaded or taken back again meanwhile.
        """
        code = who.municipality
        raw = await asyncio.to_thread(grant_list.as_text, raw, columns)  # it is read twice
        content = await asyncio.to_thread(grant_list.digest, raw, columns)
        count = content.lines
        file, new = await self.context.store.run(
            lambda conn: self._begin(conn, who, project_id, name, content)
        )
        if not new:
            return file, False
        rest, done = await asyncio.to_thread(grant_list.lines, raw, columns), 0
        while part := await asyncio.to_thread(lambda: list(islice(rest, CHECK_BATCH_SIZE))):
            await self.context.store.run(partial(_check_set, file, part, self.context.today))
            done += len(part)
            if progress is not None:
                progress(done, count)
        now = self.context.clock()

        def finish(conn: Connection) -> GrantFile | ProblemError:
            _require_own_check(conn, file)
            faults, points = conn.execute(
                select(func.count(_lines.c.fault), func.coalesce(func.sum(_lines.c.points), 0)).where(
                    _lines.c.file_id == file.file_id
                )
            ).one()
            state = FileState.FAULTY if faults or not count else FileState.CHECKED
            write(conn, file, state=state, lines=count, faults=faults, points=int(points))
            write_audit(
                conn,
                who,
                now,
                AuditAction.GRANT_FILE_CHECKED,
                file.file_id,
                name,
                {"lines": count, "faults": faults},
            )
            checked = require(conn, code, file.file_id)
            project = grant_projects.require(conn, code, project_id)
            if checked.state is FileState.CHECKED and checked.points > project.left:
                write(conn, checked, state=FileState.CANCELLED, ended_at=now)
                return grant_projects.over_budget(project.left)
            if checked.state is FileState.CHECKED:
                grant_file_approval.propose_file(self.context, conn, who, checked, content.digest, now)
            return checked

        checked = await self.context.store.run(finish)
        if isinstance(checked, ProblemError):
            raise checked
        return checked, True

    async def cancel(self, who: StaffSession, file_id: str, reason: str) -> GrantFile:
        """Take back a file that nobody has approved, and with it its proposal, which only its author does.

        Raises ProblemError: `unknown-file` (404), `file-state`, `proposal-of-another` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantFile:
            require(conn, code, file_id)
            file_proposals.withdraw(conn, who, Deed.GRANT_FILE, file_id, reason, now)
            file = require(conn, code, file_id, lock=True)
            if FileState.CANCELLED not in LEGAL[file.state]:
                raise wrong_state(file)
            write(conn, file, state=FileState.CANCELLED, ended_at=now)
            write_audit(conn, who, now, AuditAction.GRANT_FILE_CANCELLED, file_id, reason)
            return require(conn, code, file_id)

        file = await self.context.store.run(job)
        self.tidy_later(code, file_id)
        return file

    async def apply(self, code: str, file_id: str, progress: Progress | None = None) -> GrantFile:
        """Grant what is left of an approved file. Safe to repeat, to interrupt and to run in two processes."""
        while True:
            file = await self.context.store.run(
                lambda conn: grant_next_lines(conn, code, file_id, self.context.clock())
            )
            if progress is not None:
                progress(file.granted_lines, file.lines)
            if file.state is not FileState.APPROVED:
                await self.tidy(code, file_id)
                return file

    def tidy_later(self, code: str, file_id: str) -> None:
        """Tidy an ended list in the background; the night does what is cut off."""
        self.context.tasks.spawn(self.tidy(code, file_id), f"grant file {file_id}")

    async def tidy(self, code: str, file_id: str) -> None:
        """Take out of a list's lines who was erased while it waited. Safe to repeat and to interrupt."""
        after: int | None = 0
        while after is not None:
            now = self.context.clock()
            after = await self.context.store.run(
                partial(grant_file_tidying.tidy_next_lines, code=code, file_id=file_id, after=after, at=now)
            )

    async def tidy_all(self, left_for: timedelta) -> int:
        """Tidy every list that ended, and those that nobody has gone on with for `left_for`. Returns how many."""
        uploaded_before = self.context.clock() - left_for
        files = await self.context.store.read(
            partial(grant_file_tidying.list_untidied, uploaded_before=uploaded_before)
        )
        await run_each(files, lambda file: self.tidy(*file), "grant file")
        return len(files)

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
            lambda conn: [file_of(row) for row in conn.execute(query.limit(200))]
        )

    async def get(self, code: str, file_id: str) -> GrantFile:
        return await self.context.store.read(lambda conn: require(conn, code, file_id))

    async def proposal_of(self, code: str, file_id: str) -> str | None:
        """The proposal in which a file waits for its approval."""
        now = self.context.clock()

        def job(conn: Connection) -> str | None:
            proposal = file_proposals.find_proposal(conn, code, Deed.GRANT_FILE, file_id, now)
            return None if proposal is None else proposal.proposal_id

        return await self.context.store.read(job)

    async def granted_before(self, code: str, file_id: str, limit: int) -> FileOverlap:
        """Who of a file was granted in its project before, with sums and dates. Raises ProblemError `unknown-file`."""

        def job(conn: Connection) -> FileOverlap:
            file = require(conn, code, file_id)
            members, points = project_members.sum_granted_before(conn, code, file.project_id, file_id)
            lines = project_members.list_granted_before(conn, code, file.project_id, file_id, limit=limit)
            waiting = project_members.list_waiting_elsewhere(conn, code, file.project_id, file_id)
            return FileOverlap(members=members, points=points, lines=tuple(lines), waiting=tuple(waiting))

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
            return [_file_line(row) for row in conn.execute(query.order_by(_lines.c.line).limit(limit))]

        return await self.context.store.read(job)

    def report_pages(self, code: str, file_id: str, page_size: int) -> AsyncGenerator[list[FileLine], None]:
        """All lines of a file, those with a fault first, each page read by itself.

        Raises ProblemError: `unknown-file` (404) at the first page; `file-state` (409) at a later one.
        """
        return report_pages(
            self.context, _lines, file_id, page_size,
            require=lambda conn: require(conn, code, file_id),
            line_of=lambda _, row: _file_line(row),
        )  # fmt: skip

    def _begin(
        self, conn: Connection, who: StaffSession, project_id: str, name: str, content: ContentDigest
    ) -> tuple[GrantFile, bool]:
        code = who.municipality
        grant_projects.require(conn, code, project_id)
        file_proposals.require_deciders(conn, who, Deed.GRANT_FILE, self.context.clock())
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
            "columns": columns_text(content.layout.kept, content.layout.dropped),
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
        file = file_of(row)
        waits = file_proposals.find_proposal(conn, code, Deed.GRANT_FILE, file.file_id, self.context.clock())
        if FileState.CHECKING not in LEGAL[file.state] or waits is not None:
            return file, False
        # Broken off, taken back, or faulty for members who may have registered since: checked anew. The time of
        # the upload tells this check from one that may still be running.
        values["uploaded_at"] = max(values["uploaded_at"], file.uploaded_at + timedelta(microseconds=1))
        conn.execute(delete(_lines).where(_lines.c.file_id == file.file_id))
        write(conn, file, state=FileState.CHECKING, **values)
        return require(conn, code, file.file_id), True


def _file_line(row: Row[Any]) -> FileLine:
    return FileLine(
        line=row.line,
        mykey_id=row.mykey_id,
        points=row.points,
        note=row.note,
        fault=row.fault,
        typed=TypedCells(**json.loads(row.typed)) if row.typed else None,
        kept=json.loads(row.kept) if row.kept else {},
    )


def _check_set(file: GrantFile, part: Sequence[GrantLine], today: Any, conn: Connection) -> None:
    """Look the members of these lines up and keep the lines with what is wrong with them."""
    _require_own_check(conn, file)
    project = grant_projects.require(conn, file.municipality, file.project_id)
    rule_versions = rules.versions(conn, file.municipality, project.plan.point_service)
    most = rules.in_force(rule_versions, today).most_granted_a_day
    known = members_of(conn, [line.mykey_id for line in part if not line.fault])
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
                "typed": json.dumps(asdict(line.typed), ensure_ascii=False) if fault and line.typed else None,
                "kept": None if line.kept is None else json.dumps(line.kept, ensure_ascii=False),
            }
        )
    conn.execute(insert(_lines), rows)
    write(conn, file, lines=part[-1].line)


def _require_own_check(conn: Connection, file: GrantFile) -> None:
    """Hold the file's row while this check writes. Raises ProblemError `file-state` where it is no longer this check's."""
    now = require(conn, file.municipality, file.file_id, lock=True)
    if now.state is not FileState.CHECKING or now.uploaded_at != file.uploaded_at:
        raise checked_meanwhile(now)


def members_of(conn: Connection, mykey_ids: Sequence[str]) -> dict[str, str]:
    """The active members behind these MyKey IDs, by MyKey ID."""
    found: dict[str, str] = {}
    for part in batches(mykey_ids):
        rows = conn.execute(
            select(members.c.mykey_id, members.c.member_id).where(
                members.c.mykey_id.in_(part), members.c.state == MemberState.ACTIVE
            )
        )
        found.update((row.mykey_id, row.member_id) for row in rows)
    return found
