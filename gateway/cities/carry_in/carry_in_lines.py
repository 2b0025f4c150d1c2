"""Carrying in an approved file: some hundred numbers a transaction, each number whole, each move under an id of its own.

A lot's move is named after the predecessor's number and the lot, so that no second file, no restore and no repetition
makes it twice in a book; a number's row (`carried_numbers`) keeps it out of every other book. A number without a MyKey ID
waits in its row until its person takes it over (`claim_number`): until then its points are in no book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, select, update

from core_ledger import LedgerError, Transfer, chart, ledger
from gateway.cities import tables
from gateway.cities.carry_in.carry_in_rows import CarryIn, in_parts, require, write
from gateway.cities.grants.grant_file_rows import FileState
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new
from gateway.platform.states import MemberState
from gateway.platform.tables import members

APPLY_BATCH_SIZE: Final = 500
"""Numbers in a transaction."""
KIND: Final = "carry_in"
NOT_CARRIED: Final = "not-carried"
CARRIED_BEFORE: Final = "carried-before"

_files, _lines, _numbers = tables.carry_ins, tables.carry_in_lines, tables.carried_numbers
_log = structlog.get_logger()


def carry_next_numbers(conn: Connection, code: str, file_id: str, at: datetime) -> CarryIn:
    """Carry in the next numbers of an approved file; the last set ends it."""
    file = require(conn, code, file_id, lock=True)
    if file.state is not FileState.APPROVED:
        return file
    query = select(_files.c.applied_through).where(_files.c.municipality == code, _files.c.file_id == file_id)
    through = conn.execute(query).scalar_one()
    numbers = conn.scalars(
        select(_lines.c.number)
        .where(_lines.c.file_id == file_id, _lines.c.number > through)
        .group_by(_lines.c.number)
        .order_by(_lines.c.number)
        .limit(APPLY_BATCH_SIZE)
    ).all()
    if numbers:
        rows = conn.execute(
            select(_lines)
            .where(_lines.c.file_id == file_id, _lines.c.number > through, _lines.c.number <= numbers[-1])
            .order_by(_lines.c.number, _lines.c.line)
        ).all()
        _carry_numbers(conn, file, rows, at)
        write(conn, file, applied_through=numbers[-1])
    if len(numbers) < APPLY_BATCH_SIZE:
        write(conn, file, state=FileState.APPLIED, ended_at=at)
        audit_log.write(
            conn, code, at=at, actor="system", actor_name="", action=AuditAction.CARRY_IN_APPLIED, subject=file_id,
            facts={"lines": file.lines, "points": file.points},
        )  # fmt: skip
    return require(conn, code, file_id)


def move_id(code: str, number: str, service: str, issued_on: date, origin: str) -> str:
    """The name of a lot's move: whatever carries this lot in, it is this move."""
    return f"carry_in:{code}:{number}:{service}:{issued_on.isoformat()}:{origin}"


def _carry_numbers(conn: Connection, file: CarryIn, rows: Sequence[Row[Any]], at: datetime) -> None:
    code = file.municipality
    active = _active_members(conn, [row.member_id for row in rows if row.member_id])
    lots_to_carry: list[Row[Any]] = []
    refused: dict[int, str] = {}
    for _, group in groupby(rows, key=lambda row: row.number):
        lots = list(group)
        member_id = lots[0].member_id
        if member_id is not None and member_id not in active:
            refused.update((row.line, NOT_CARRIED) for row in lots)
        elif _take(conn, file, lots[0], at):
            lots_to_carry += lots if member_id is not None else ()
        elif not _is_ours(conn, file, lots[0].number):
            refused.update((row.line, CARRIED_BEFORE) for row in lots)
    refused |= carry_lots(conn, code, lots_to_carry, at, by=file.approved_by or "")
    for line, why in refused.items():
        conn.execute(
            update(_lines).where(_lines.c.file_id == file.file_id, _lines.c.line == line).values(fault=why)
        )


def _take(conn: Connection, file: CarryIn, row: Row[Any], at: datetime) -> bool:
    """Take a number for this file; False where it is taken: by another file, or by this one before a restore."""
    member_id = row.member_id
    return insert_new(
        conn, _numbers, municipality=file.municipality, number=row.number, file_id=file.file_id, member_id=member_id,
        code_hash=None if member_id else row.code_hash, carried_at=at if member_id else None,
    )  # fmt: skip


def _is_ours(conn: Connection, file: CarryIn, number: str) -> bool:
    query = select(_numbers.c.file_id).where(
        _numbers.c.municipality == file.municipality, _numbers.c.number == number
    )
    return bool(conn.execute(query).scalar_one() == file.file_id)


def carry_lots(
    conn: Connection, code: str, rows: Iterable[Row[Any]], at: datetime, *, by: str, member_id: str = ""
) -> dict[int, str]:
    """Make the moves of these lines; gives those that the ledger refused, by line, each with its fault."""
    lots = list(rows)
    moves = [
        Transfer(
            id=move_id(code, row.number, row.point_service, date.fromisoformat(row.issued_on), row.origin),
            book=chart.member_book(member_id or row.member_id),
            source=chart.carried_in(code, row.origin),
            target=chart.municipal(member_id or row.member_id, code, row.point_service),
            points=row.points,
            at=at,
            kind=KIND,
            issued_on=date.fromisoformat(row.issued_on),
            details={"number": row.number, "file": row.file_id, "approved_by": by},
        )
        for row in lots
    ]
    refused = {}
    for row, outcome in zip(lots, ledger.transfer_many(conn, moves), strict=True):
        if isinstance(outcome, LedgerError):
            _log.error("carry-in refused", file=row.file_id, line=row.line, text=str(outcome))
            refused[row.line] = NOT_CARRIED
    return refused


def _active_members(conn: Connection, member_ids: Sequence[str]) -> set[str]:
    active: set[str] = set()
    for part in in_parts(sorted(set(member_ids))):
        query = select(members.c.member_id).where(
            members.c.member_id.in_(part), members.c.state == MemberState.ACTIVE
        )
        active.update(conn.scalars(query))
    return active
