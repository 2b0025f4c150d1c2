"""Balances from a predecessor's system (引継ぎ): a file is checked whole, its sums compared, decided by another, carried in.

    checking ──► faulty                          some lines cannot be carried in: mend the file, send it again
             └─► checked ──► approved ──► applied
                         ├─► sent back           by who could have approved it, with a reason
                         └─► cancelled

A checked file is proposed once the sums that the predecessor's system reports are typed in and are the file's own.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from gateway.cities import tables
from gateway.cities.carry_in import carry_in_approval, carry_in_list, carry_in_rows, carry_in_tidying
from gateway.cities.carry_in.carry_in_approval import FileContent
from gateway.cities.carry_in.carry_in_lines import CARRIED_BEFORE, carry_next_numbers
from gateway.cities.carry_in.carry_in_list import COLUMNS, CarryInLine
from gateway.cities.carry_in.carry_in_rows import (
    CODE_PURPOSE,
    CarryIn,
    FileTotals,
    LotTotal,
    day_or_never,
    file_of,
    require,
    write,
    wrong_state,
)
from gateway.cities.carry_in.reconciliation import Reconciliation, reconcile
from gateway.cities.city_context import CityContext, write_audit
from gateway.cities.grants.faults_first import checked_meanwhile, report_pages
from gateway.cities.grants.grant_file_rows import LEGAL, FileState
from gateway.cities.grants.grant_files import members_of
from gateway.cities.proposals import file_proposals
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.encryption import Vault
from gateway.platform.job_steps import run_each
from gateway.platform.sql import insert_new
from gateway.points import directory, rules
from gateway.points.rules import RuleVersion

CHECK_BATCH_SIZE: Final = 500
"""Lines in a transaction."""
HAS_CODES: Final = frozenset({FileState.CHECKING, FileState.FAULTY, FileState.CHECKED})
_files, _lines = tables.carry_ins, tables.carry_in_lines

Progress = Callable[[int, int], None]
"""`(lines done, lines in all)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A line as it is kept. `typed` stands beside a fault, by the names of `COLUMNS`; `last_day` is that of our rules.

    `code` is there while the file is checked or waits, for the report that is sent again.
    """

    line: int
    number: str
    mykey_id: str
    point_service: str
    points: int
    issued_on: date | None
    last_day: date | None
    origin: str
    code: str
    fault: str | None
    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CarryIns:
    """The use cases around files of balances."""

    context: CityContext

    async def upload(
        self, who: StaffSession, name: str, raw: bytes, progress: Progress | None = None
    ) -> tuple[CarryIn, bool]:
        """Check a file whole. The second value is False where its content is known already.

        Raises ProblemError: `csv-unreadable`, `csv-columns`, `csv-too-long` (422), `nobody-to-decide`, `file-state` (409).
        """
        today = self.context.today
        raw = await asyncio.to_thread(carry_in_list.as_text, raw)  # it is read twice
        content = await asyncio.to_thread(carry_in_list.digest, raw, today)
        file, is_new = await self.context.store.run(lambda conn: self._begin(conn, who, name, content.digest))
        if not is_new:
            return file, False
        while await self.context.store.run(partial(_delete_lines, file)):
            pass
        rest, done = await asyncio.to_thread(carry_in_list.lines, raw, today), 0
        while part := await asyncio.to_thread(lambda: list(islice(rest, CHECK_BATCH_SIZE))):
            rows = await self.context.store.read(partial(_checked_rows, self.context, file, part))
            await self.context.store.run(partial(_add_rows, file, rows))
            done += len(part)
            if progress is not None:
                progress(done, content.lines)
        now = self.context.clock()

        def finish(conn: Connection) -> CarryIn:
            _require_own_check(conn, file)
            faults, points = conn.execute(
                select(func.count(_lines.c.fault), func.coalesce(func.sum(_lines.c.points), 0)).where(
                    _lines.c.file_id == file.file_id
                )
            ).one()
            state = FileState.FAULTY if faults or not content.lines else FileState.CHECKED
            write(conn, file, state=state, lines=content.lines, faults=faults, points=int(points))
            facts: dict[str, str | int] = {"lines": content.lines, "faults": faults}
            write_audit(conn, who, now, AuditAction.CARRY_IN_CHECKED, file.file_id, name, facts)
            return require(conn, who.municipality, file.file_id)

        return await self.context.store.run(finish), True

    async def propose(
        self, who: StaffSession, file_id: str, totals: Sequence[LotTotal], reason: str = ""
    ) -> Proposal:
        """Propose a checked file. `totals` are what the predecessor's system reports, as `totals` sums the file up.

        Raises ProblemError: `unknown-file` (404), `file-state`, `totals-differ` (409, with the first that does), and as
        `propose`.
        """
        now = self.context.clock()

        def read(conn: Connection) -> tuple[CarryIn, FileContent]:
            return require(conn, who.municipality, file_id), carry_in_approval.read_content(conn, file_id)

        seen, content = await self.context.store.read(read)

        def job(conn: Connection) -> Proposal:
            file = require(conn, who.municipality, file_id, lock=True)
            if file.state is not FileState.CHECKED:
                raise wrong_state(file)
            if file.uploaded_at != seen.uploaded_at:
                raise checked_meanwhile(file)
            require_same(content.totals, totals)
            return carry_in_approval.propose_file(self.context, conn, who, file, content, reason, now)

        return await self.context.store.run(job)

    async def cancel(self, who: StaffSession, file_id: str, reason: str) -> CarryIn:
        """Take back a file that nobody has approved, and with it its proposal, which only its author does.

        Raises ProblemError: `unknown-file` (404), `file-state`, `proposal-of-another` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> CarryIn:
            require(conn, code, file_id)
            file_proposals.withdraw(conn, who, Deed.CARRY_IN, file_id, reason, now)
            file = require(conn, code, file_id, lock=True)
            if FileState.CANCELLED not in LEGAL[file.state]:
                raise wrong_state(file)
            write(conn, file, state=FileState.CANCELLED, ended_at=now)
            write_audit(conn, who, now, AuditAction.CARRY_IN_CANCELLED, file_id, reason)
            return require(conn, code, file_id)

        file = await self.context.store.run(job)
        self.tidy_later(code, file_id)
        return file

    async def apply(self, code: str, file_id: str) -> CarryIn:
        """Carry in what is left of an approved file. Safe to repeat, to interrupt and to run in two processes."""
        while True:
            file = await self.context.store.run(
                lambda conn: carry_next_numbers(conn, code, file_id, self.context.clock())
            )
            if file.state is not FileState.APPROVED:
                await self.tidy(code, file_id)
                return file

    def tidy_later(self, code: str, file_id: str) -> None:
        """Tidy an ended file in the background; the night does what is cut off."""
        self.context.tasks.spawn(self.tidy(code, file_id), f"carry-in {file_id}")

    async def tidy(self, code: str, file_id: str) -> None:
        """Take out of a file's lines what nobody needs any more. Safe to repeat and to interrupt."""
        after: int | None = 0
        while after is not None:
            now = self.context.clock()
            after = await self.context.store.run(
                partial(carry_in_tidying.tidy_next_lines, code=code, file_id=file_id, after=after, at=now)
            )

    async def tidy_all(self, left_for: timedelta) -> int:
        """Tidy every file that ended, and those that nobody has gone on with for `left_for`. Returns how many."""
        uploaded_before = self.context.clock() - left_for
        files = await self.context.store.read(
            partial(carry_in_tidying.list_untidied, uploaded_before=uploaded_before)
        )
        await run_each(files, lambda file: self.tidy(*file), "carry-in")
        return len(files)

    async def resume(self) -> int:
        """Go on with every approved file that is not done: at the start and each night. Returns how many."""
        query = select(_files.c.municipality, _files.c.file_id).where(_files.c.state == FileState.APPROVED)
        rows = await self.context.store.read(lambda conn: conn.execute(query).all())
        await run_each([(row.municipality, row.file_id) for row in rows], self._apply_one, "carry-in")
        return len(rows)

    async def _apply_one(self, file: tuple[str, str]) -> None:
        await self.apply(*file)

    async def list_by_city(self, code: str) -> list[CarryIn]:
        """The city's newest 200 files."""
        query = select(_files).where(_files.c.municipality == code).order_by(_files.c.uploaded_at.desc())
        return await self.context.store.read(
            lambda conn: [file_of(row) for row in conn.execute(query.limit(200))]
        )

    async def get(self, code: str, file_id: str) -> CarryIn:
        """Raises ProblemError `unknown-file` (404)."""
        return await self.context.store.read(lambda conn: require(conn, code, file_id))

    async def totals(self, code: str, file_id: str) -> FileTotals:
        """What the file comes to, by point service and last day, month or year. Raises ProblemError `unknown-file` (404)."""

        def job(conn: Connection) -> FileTotals:
            require(conn, code, file_id)
            return carry_in_rows.totals(conn, file_id)

        return await self.context.store.read(job)

    async def proposal_of(self, code: str, file_id: str) -> str | None:
        """The proposal in which a file waits for its approval."""
        now = self.context.clock()

        def job(conn: Connection) -> str | None:
            proposal = file_proposals.find_proposal(conn, code, Deed.CARRY_IN, file_id, now)
            return None if proposal is None else proposal.proposal_id

        return await self.context.store.read(job)

    async def reconcile(self, code: str, file_id: str) -> Reconciliation:
        """The file held against the ledger. Raises ProblemError `unknown-file` (404)."""
        return await self.context.store.read(lambda conn: reconcile(conn, code, file_id))

    async def report(
        self, code: str, file_id: str, *, faults_only: bool, after: int = 0, limit: int = 200
    ) -> list[FileLine]:
        """The file's lines in their order, all or those with a fault; pass the last `line` as `after`."""
        query = select(_lines).where(_lines.c.file_id == file_id, _lines.c.line > after)
        if faults_only:
            query = query.where(_lines.c.fault.is_not(None))

        def job(conn: Connection) -> list[FileLine]:
            has_codes = require(conn, code, file_id).state in HAS_CODES
            rows = conn.execute(query.order_by(_lines.c.line).limit(limit)).all()
            return [_file_line(self.context.vault, row, has_codes=has_codes) for row in rows]

        return await self.context.store.read(job)

    def report_pages(self, code: str, file_id: str, page_size: int) -> AsyncGenerator[list[FileLine], None]:
        """All lines of a file, those with a fault first, each page read by itself.

        Raises ProblemError: `unknown-file` (404) at the first page; `file-state` (409) at a later one.
        """
        vault = self.context.vault
        return report_pages(
            self.context, _lines, file_id, page_size,
            require=lambda conn: require(conn, code, file_id),
            line_of=lambda file, row: _file_line(vault, row, has_codes=file.state in HAS_CODES),
        )  # fmt: skip

    def _begin(self, conn: Connection, who: StaffSession, name: str, digest: str) -> tuple[CarryIn, bool]:
        code, now = who.municipality, self.context.clock()
        file_proposals.require_deciders(conn, who, Deed.CARRY_IN, now)
        known = select(_files).where(_files.c.municipality == code, _files.c.content_hash == digest)
        row = conn.execute(known.with_for_update()).one_or_none()
        values: dict[str, Any] = {
            "name": name, "uploaded_by": who.staff_id, "uploaded_at": now, "ended_at": None,
        }  # fmt: skip
        file_id = uuid.uuid4().hex
        if row is None:
            if insert_new(
                conn, _files, municipality=code, file_id=file_id, content_hash=digest, state=FileState.CHECKING,
                lines=0, faults=0, points=0, applied_through="", **values,
            ):  # fmt: skip
                return require(conn, code, file_id), True
            row = conn.execute(known.with_for_update()).one()  # uploaded twice at one moment
        file = file_of(row)
        waits = file_proposals.find_proposal(conn, code, Deed.CARRY_IN, file.file_id, now)
        if FileState.CHECKING not in LEGAL[file.state] or waits is not None:
            return file, False
        # Checked anew; the time of the upload tells this check from one that may still be running.
        values["uploaded_at"] = max(now, file.uploaded_at + timedelta(microseconds=1))
        write(conn, file, state=FileState.CHECKING, **values)
        return require(conn, code, file.file_id), True


def require_same(own: FileTotals, typed: Sequence[LotTotal]) -> None:
    """Raise ProblemError `totals-differ` (409) unless what was typed is the file's sums and no others.

    Any day of a month or year stands for it where the file is summed up so.
    """
    ours = {(each.point_service, each.last_day): each.points for each in own.sums}
    theirs = Counter[tuple[str, date | None]]()
    for each in typed:
        theirs[each.point_service, own.by.last_of(each.last_day)] += each.points
    for service, last_day in sorted(
        ours.keys() | theirs.keys(), key=lambda key: (key[0], key[1] or date.max)
    ):
        mine, other = ours.get((service, last_day)), theirs.get((service, last_day))
        if mine != other:
            raise ProblemError(
                "totals-differ",
                f"{service}, last {own.by.value} {own.by.text(last_day)}: the file has {mine or 0:,} points and the predecessor"
                f" reports {other or 0:,}. Nothing was proposed; find the lines that are missing or too many.",
                point_service=service,
                last_day=last_day.isoformat() if last_day else "",
                file_points=mine or 0,
                reported_points=other or 0,
            )


def _file_line(vault: Vault, row: Any, *, has_codes: bool) -> FileLine:
    code = ""
    if has_codes and row.code_sealed is not None:
        code = vault.decrypt(row.code_sealed, purpose=CODE_PURPOSE, bound_to=f"{row.file_id}/{row.line}")
    return FileLine(
        line=row.line,
        number=row.number,
        mykey_id=row.mykey_id,
        point_service=row.point_service,
        points=row.points,
        issued_on=day_or_never(row.issued_on),
        last_day=day_or_never(row.last_day),
        origin=row.origin,
        code=code,
        fault=row.fault,
        typed=dict(zip(COLUMNS, json.loads(row.typed), strict=True)) if row.typed else {},
    )


def _delete_lines(file: CarryIn, conn: Connection) -> int:
    """Delete the next lines of an earlier check of a file; how many, 0: there are no more."""
    _require_own_check(conn, file)
    query = select(_lines.c.line).where(_lines.c.file_id == file.file_id).order_by(_lines.c.line)
    numbers = conn.scalars(query.limit(CHECK_BATCH_SIZE)).all()
    if numbers:
        conn.execute(delete(_lines).where(_lines.c.file_id == file.file_id, _lines.c.line <= numbers[-1]))
    return len(numbers)


def _add_rows(file: CarryIn, rows: Sequence[Mapping[str, Any]], conn: Connection) -> None:
    _require_own_check(conn, file)
    conn.execute(insert(_lines), list(rows))
    write(conn, file, lines=rows[-1]["line"])


def _checked_rows(
    context: CityContext, file: CarryIn, part: Sequence[CarryInLine], conn: Connection
) -> list[dict[str, Any]]:
    """Look up members, services and numbers of these lines: the lines as rows, with what is wrong with them.

    Read beside the writer, and encrypted there. What changes before the rows are written shows when the file is carried in.
    """
    code = file.municipality
    open_services = {each.point_service for each in directory.list_services(conn, municipality_code=code)}
    versions = {service: rules.versions(conn, code, service) for service in open_services}
    known = members_of(conn, [line.mykey_id for line in part if line.mykey_id and not line.fault])
    carried = carry_in_rows.list_carried(conn, code, [line.number for line in part if not line.fault])
    last_days: dict[tuple[str, date | None], date | None] = {}
    for line in part:  # lots of one day of issue have one last day: a list names few days
        lot = (line.service, line.issued_on)
        if line.issued_on is not None and line.service in versions and lot not in last_days:
            last_days[lot] = rules.last_day(versions[line.service], line.issued_on)
    rows = []
    for line in part:
        last_day = last_days.get((line.service, line.issued_on))
        fault = line.fault or _fault(line, versions, last_day, known, carried)
        rows.append(
            {
                "file_id": file.file_id,
                "line": line.line,
                "number": line.number,
                "member_id": known.get(line.mykey_id),
                "mykey_id": line.mykey_id,
                "code_hash": None
                if line.mykey_id or fault
                else context.vault.keyed_hash(line.code, purpose=CODE_PURPOSE),
                "code_sealed": context.vault.encrypt(
                    line.code, purpose=CODE_PURPOSE, bound_to=f"{file.file_id}/{line.line}"
                )
                if line.code
                else None,
                "point_service": line.service,
                "points": line.points,
                "issued_on": line.issued_on.isoformat() if line.issued_on else "",
                "last_day": last_day.isoformat() if last_day else "",
                "origin": line.origin,
                "fault": fault or None,
                "typed": json.dumps(line.typed, ensure_ascii=False) if fault else None,
            }
        )
    return rows


def _fault(
    line: CarryInLine,
    versions: Mapping[str, Sequence[RuleVersion]],
    last_day: date | None,
    known: Mapping[str, str],
    carried: Mapping[str, str],
) -> str:
    if line.service not in versions:
        return "service"
    if last_day != line.last_day:
        return "last-day-differs"
    if line.mykey_id and line.mykey_id not in known:
        return "unknown-member"
    return CARRIED_BEFORE if line.number in carried else ""


def _require_own_check(conn: Connection, file: CarryIn) -> None:
    """Hold the file's row while this check writes. Raises ProblemError `file-state` where it is no longer this check's."""
    now = require(conn, file.municipality, file.file_id, lock=True)
    if now.state is not FileState.CHECKING or now.uploaded_at != file.uploaded_at:
        raise checked_meanwhile(now)
