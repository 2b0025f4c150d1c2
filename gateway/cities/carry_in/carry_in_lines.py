"""Carrying in an approved file: some hundred lines a transaction, each number whole, each move under an id of its own.

A lot's move is named after the predecessor's number and the lot, so that no second file, no restore and no repetition
makes it twice in a book; a number's row (`carried_numbers`) keeps it out of every other book. A lot that the ledger refuses
stops its file, with nothing of its number carried in. A number without a MyKey ID
waits in its row until its person takes it over (`claims`): until then its points are in no book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, select, update

from core_ledger import LedgerError, Transfer, chart, ledger
from core_ledger.read_model import moves
from gateway.cities import tables
from gateway.cities.carry_in.carry_in_rows import CarryIn, next_lines, require, write
from gateway.cities.grants.grant_file_rows import FileState, batches
from gateway.members import member_rows
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_all_new

APPLY_BATCH_SIZE: Final = 250
"""Lines in a transaction; more where one number has more."""
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
    rows, is_last = next_lines(conn, file_id, through, APPLY_BATCH_SIZE)
    if rows:
        _carry_numbers(conn, file, rows, at)
        write(conn, file, applied_through=rows[-1].number)
    if is_last:
        write(conn, file, state=FileState.APPLIED, ended_at=at)
        audit_log.write(
            conn, code, at=at, actor="system", actor_name="", action=AuditAction.CARRY_IN_APPLIED, subject=file_id,
            facts={"lines": file.lines, "points": file.points},
        )  # fmt: skip
    return require(conn, code, file_id)


def move_id(code: str, number: str, service: str, issued_on: date, origin: str) -> str:
    """The name of a lot's move: whatever carries this lot in, it is this move."""
    return f"carry_in:{code}:{number}:{service}:{issued_on.isoformat()}:{origin}"


def lot_move_id(code: str, row: Row[Any]) -> str:
    """`move_id` of a line."""
    return move_id(code, row.number, row.point_service, date.fromisoformat(row.issued_on), row.origin)


def _carry_numbers(conn: Connection, file: CarryIn, rows: Sequence[Row[Any]], at: datetime) -> None:
    code, by = file.municipality, file.approved_by or ""
    groups = {number: list(lots) for number, lots in groupby(rows, key=lambda row: row.number)}
    active = member_rows.lock_active(conn, [row.member_id for row in rows if row.member_id])
    refused = {
        number: NOT_CARRIED for number, (row, *_) in groups.items() if row.member_id not in {*active, None}
    }
    new = _add_numbers(conn, file, [row for number, (row, *_) in groups.items() if number not in refused], at)
    lots_to_carry = [row for number in new for row in groups[number] if row.member_id is not None]
    _carry_lots(conn, code, {row.line: row.member_id for row in lots_to_carry}, lots_to_carry, at, by)
    missing: list[int] = []
    for number in sorted(groups.keys() - refused.keys() - new):
        number_row = conn.execute(
            select(_numbers).where(_numbers.c.municipality == code, _numbers.c.number == number)
        ).one()
        if number_row.file_id != file.file_id:
            refused[number] = CARRIED_BEFORE
        elif number_row.member_id is not None:  # a restore brought it back: perhaps not all of it
            missing += carry_missing_lots(conn, code, number_row.member_id, groups[number], at, by=by)
    faults = {row.line: why for number, why in refused.items() for row in groups[number]}
    faults |= dict.fromkeys(missing, NOT_CARRIED)
    for line, why in faults.items():
        conn.execute(
            update(_lines).where(_lines.c.file_id == file.file_id, _lines.c.line == line).values(fault=why)
        )


def _add_numbers(conn: Connection, file: CarryIn, rows: Sequence[Row[Any]], at: datetime) -> set[str]:
    """Keep the numbers of these rows for this file; those that were free. Others are another file's, or came back."""
    if not rows:
        return set()
    values = [
        {
            "municipality": file.municipality, "number": row.number, "file_id": file.file_id,
            "member_id": row.member_id, "code_hash": None if row.member_id else row.code_hash,
            "carried_at": at if row.member_id else None,
        }
        for row in rows
    ]  # fmt: skip
    return {number for _, number in insert_all_new(conn, _numbers, values)}


def carry_missing_lots(
    conn: Connection, code: str, member_id: str, rows: Sequence[Row[Any]], at: datetime, *, by: str
) -> list[int]:
    """Carry those lots of one number in that its member's book does not have, all of them or none.

    Gives the lines that cannot come any more, because their member is no longer active. Raises RuntimeError where the
    ledger refuses a lot.
    """
    ids = {lot_move_id(code, row): row for row in rows}
    book = chart.member_book(member_id)
    here: set[str] = set()
    for part in batches(sorted(ids)):
        here.update(conn.scalars(select(moves.c.id).where(moves.c.id.in_(part), moves.c.book_id == book)))
    missing = [row for move, row in ids.items() if move not in here]
    if missing and not member_rows.lock_active(conn, [member_id]):
        return [row.line for row in missing]
    _carry_lots(conn, code, dict.fromkeys((row.line for row in missing), member_id), missing, at, by)
    return []


def _carry_lots(
    conn: Connection, code: str, owners: Mapping[int, str], lots: Sequence[Row[Any]], at: datetime, by: str
) -> None:
    """Make the moves of these lines, each into the book of its line's owner.

    Raises RuntimeError where the ledger refuses one: a number is carried in whole or not at all.
    """
    transfers = [
        Transfer(
            id=lot_move_id(code, row),
            book=chart.member_book(owners[row.line]),
            source=chart.carried_in(code, row.origin),
            target=chart.municipal(owners[row.line], code, row.point_service),
            points=row.points,
            at=at,
            kind=KIND,
            issued_on=date.fromisoformat(row.issued_on),
            details={"number": row.number, "file": row.file_id, "approved_by": by},
        )
        for row in lots
    ]
    for row, outcome in zip(lots, ledger.transfer_many(conn, transfers), strict=True):
        if isinstance(outcome, LedgerError):
            _log.error("carry-in refused", file=row.file_id, line=row.line, text=str(outcome))
            raise RuntimeError(f"carry-in of file {row.file_id}: line {row.line} was refused") from outcome  # noqa: TRY004
