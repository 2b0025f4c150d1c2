"""Granting an approved file: a thousand lines a transaction, each move under an id of its own, the last line remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, select, update

from core_ledger import LedgerError, Transfer, chart, ledger
from gateway.cities import daily_limits, tables
from gateway.cities.grants import grant_projects, project_members
from gateway.cities.grants.grant_file_rows import FileState, GrantFile, require, write
from gateway.cities.grants.grant_projects import GrantProject
from gateway.cities.grants.grants import transfer_of
from gateway.members import member_rows
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.points import rules
from httpkit.clock import day_of

APPLY_BATCH_SIZE: Final = 1_000

_files = tables.grant_files
_lines = tables.grant_lines
_log = structlog.get_logger()


def grant_next_lines(conn: Connection, code: str, file_id: str, at: datetime) -> GrantFile:
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
            action=AuditAction.GRANT_FILE_APPLIED,
            subject=file_id,
            facts=facts,
        )
    write(conn, file, **changed)
    return require(conn, code, file_id)


def _grant_lines(
    conn: Connection, file: GrantFile, project: GrantProject, rows: Sequence[Row[Any]], at: datetime
) -> set[int]:
    """Make the moves of these lines; gives the numbers of those that could not be granted any more."""
    alive = member_rows.lock_active(conn, [row.member_id for row in rows])
    refused = {row.line: "not-granted" for row in rows if row.member_id not in alive}
    _refuse_beyond_limits(conn, project, [row for row in rows if row.line not in refused], at, refused)
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
    _count(conn, project, [row for row in granted if row.line not in refused], at)
    for line, why in refused.items():
        conn.execute(
            update(_lines).where(_lines.c.file_id == file.file_id, _lines.c.line == line).values(fault=why)
        )
    return set(refused)


def _refuse_beyond_limits(
    conn: Connection, project: GrantProject, rows: Sequence[Row[Any]], at: datetime, refused: dict[int, str]
) -> None:
    """Name the lines that the project's limits or the day's do not allow; nothing is counted before it is granted."""
    code, plan, today, points = project.municipality, project.plan, day_of(at), _points_by_book(rows)
    beyond = dict.fromkeys(
        project_members.lock_beyond(conn, code, plan.project_id, points), "limit-of-the-project"
    )
    most = _most_a_day(conn, project, at)
    if most is not None:
        service = plan.point_service
        over = daily_limits.lock_beyond(conn, code, service, today, "granted", points, most)
        beyond = dict.fromkeys(over, "limit-of-the-day") | beyond
    books = {row.line: chart.member_book(row.member_id) for row in rows}
    refused.update((line, beyond[book]) for line, book in books.items() if book in beyond)


def _count(conn: Connection, project: GrantProject, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Count what was granted against the limits of the project and of the day."""
    code, plan, today, points = project.municipality, project.plan, day_of(at), _points_by_book(rows)
    project_members.count_many(conn, code, plan.project_id, today, points)
    if _most_a_day(conn, project, at) is not None:
        daily_limits.count_many(conn, code, plan.point_service, today, "granted", points)


def _points_by_book(rows: Sequence[Row[Any]]) -> dict[str, int]:
    return {chart.member_book(row.member_id): row.points for row in rows}  # a member stands once in a file


def _most_a_day(conn: Connection, project: GrantProject, at: datetime) -> int | None:
    versions = rules.versions(conn, project.municipality, project.plan.point_service)
    return rules.in_force(versions, day_of(at)).most_granted_a_day
