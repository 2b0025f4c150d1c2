"""Files of carried-in balances as rows, and the numbers that were carried in. Sync functions of a Connection.

A file goes the way of a grant file, by the same table of states (`grant_file_rows.LEGAL`).
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, tuple_, update

from gateway.cities import tables
from gateway.cities.carry_in.carry_in_list import COLUMNS
from gateway.cities.grants.grant_file_rows import LEGAL, WAITING, FileState, batches
from gateway.errors import ProblemError
from gateway.platform.sql import insert_new
from gateway.platform.transitions import require_legal

MAX_SUMS: Final = 500
"""What a clerk types in and a body of 64 kB holds: services times last days, months or years."""
CODE_PURPOSE: Final = "carry-in-code"
FORGET_BATCH_SIZE: Final = 500
NOTHING_TYPED: Final = json.dumps([""] * len(COLUMNS))
"""Stands for the cells of a wrong line when they are forgotten: that it was wrong stays."""
_files, _lines, _numbers = tables.carry_ins, tables.carry_in_lines, tables.carried_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryIn:
    """A file as it stands. What members have got of it is `reconciliation`'s to say, from the ledger."""

    municipality: str
    file_id: str
    name: str
    state: FileState
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LotTotal:
    """Points of one point service and one last day; None: they never expire.

    Of a sum by month or year, `last_day` is the last day of that month or year.
    """

    point_service: str
    last_day: date | None
    points: int


class Grain(StrEnum):
    """What the last days of a sum have in common."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def last_of(self, last_day: date | None) -> date | None:
        """The last day of the day, month or year in which `last_day` is."""
        if last_day is None or self is Grain.DAY:
            return last_day
        month = last_day.month if self is Grain.MONTH else 12
        return last_day.replace(month=month, day=monthrange(last_day.year, month)[1])

    def text(self, last_day: date | None) -> str:
        """`last_day` for people: 2027-03-31, 2027-03, 2027, or ∞."""
        return "∞" if last_day is None else last_day.isoformat()[: {"day": 10, "month": 7, "year": 4}[self]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTotals:
    """A file's sums, at most `MAX_SUMS` of them where years are few enough; the soonest of a service first."""

    by: Grain
    sums: Sequence[LotTotal]


def require(conn: Connection, code: str, file_id: str, *, lock: bool = False) -> CarryIn:
    """Give a file of this city. Raises ProblemError `unknown-file` (404)."""
    query = select(_files).where(_files.c.municipality == code, _files.c.file_id == file_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ProblemError("unknown-file", "This city has no such file.")
    return file_of(row)


def file_of(row: Row[Any]) -> CarryIn:
    """The file of a row of `carry_ins`."""
    return CarryIn(
        municipality=row.municipality,
        file_id=row.file_id,
        name=row.name,
        state=FileState(row.state),
        lines=row.lines,
        faults=row.faults,
        points=row.points,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
    )


def content_hash(conn: Connection, code: str, file_id: str) -> str:
    """What the file says, as a hash over all its lines."""
    query = select(_files.c.content_hash).where(_files.c.municipality == code, _files.c.file_id == file_id)
    return str(conn.execute(query).scalar_one())


def write(conn: Connection, file: CarryIn, **to: Any) -> None:
    """Change a file's row; a state only along `LEGAL`."""
    if "state" in to:
        require_legal(LEGAL, file.state, to["state"])
        to = {"tidied_at": None, **to}
    conn.execute(
        update(_files)
        .where(_files.c.municipality == file.municipality, _files.c.file_id == file.file_id)
        .values(**to)
    )


def wrong_state(file: CarryIn) -> ProblemError:
    return ProblemError("file-state", f"The file is {file.state}; look at it again.", state=file.state)


def totals(conn: Connection, file_id: str) -> FileTotals:
    """What the file's lines come to, by point service and last day; the soonest first, what never expires last.

    A list with more than `MAX_SUMS` of them, such as one whose points expire each day, is summed up by month, then by year.
    """
    rows = conn.execute(
        select(_lines.c.point_service, _lines.c.last_day, func.sum(_lines.c.points))
        .where(
            _lines.c.file_id == file_id, _lines.c.typed.is_(None)
        )  # without those that were wrong when checked
        .group_by(_lines.c.point_service, _lines.c.last_day)
    )
    by_day = {(service, day_or_never(last_day)): int(points) for service, last_day, points in rows}
    by, sums = Grain.DAY, by_day
    for by in Grain:
        if len(sums := _summed_up(by_day, by)) <= MAX_SUMS:
            break
    totals_of_file = [
        LotTotal(point_service=service, last_day=last_day, points=points)
        for (service, last_day), points in sums.items()
    ]
    totals_of_file.sort(key=lambda each: (each.point_service, each.last_day or date.max))
    return FileTotals(by=by, sums=totals_of_file)


def _summed_up(
    by_day: Mapping[tuple[str, date | None], int], by: Grain
) -> dict[tuple[str, date | None], int]:
    sums = Counter[tuple[str, date | None]]()
    for (service, last_day), points in by_day.items():
        sums[service, by.last_of(last_day)] += points
    return dict(sums)


def next_lines(conn: Connection, file_id: str, through: str, limit: int) -> tuple[Sequence[Row[Any]], bool]:
    """The lines of the numbers after `through`, each number whole, and whether they are the last.

    `limit` lines at most, more only where one number has more.
    """
    lines = select(_lines).where(_lines.c.file_id == file_id).order_by(_lines.c.number, _lines.c.line)
    rows = conn.execute(lines.where(_lines.c.number > through).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, True
    cut = rows[-1].number
    whole = [row for row in rows if row.number != cut]
    return whole or conn.execute(lines.where(_lines.c.number == cut)).all(), False


def services(conn: Connection, file_id: str) -> list[str]:
    """The point services that the file has lines for."""
    query = select(_lines.c.point_service).where(_lines.c.file_id == file_id).distinct()
    return sorted(conn.scalars(query))


def count_numbers(conn: Connection, file_id: str) -> int:
    """How many of the predecessor's numbers a file has."""
    query = select(func.count(func.distinct(_lines.c.number))).where(_lines.c.file_id == file_id)
    return int(conn.execute(query).scalar_one())


def list_carried(conn: Connection, code: str, numbers: Collection[str]) -> dict[str, str]:
    """Which of these numbers were carried in before, with their files."""
    carried: dict[str, str] = {}
    for part in batches(sorted(set(numbers))):
        query = select(_numbers.c.number, _numbers.c.file_id).where(
            _numbers.c.municipality == code, _numbers.c.number.in_(part)
        )
        carried.update((row.number, row.file_id) for row in conn.execute(query))
    return carried


def add_number(conn: Connection, code: str, number: str, file_id: str, member_id: str, at: datetime) -> bool:
    """Take a number for one member of one file for good; False where it is another file's or another member's."""
    values = {"file_id": file_id, "member_id": member_id, "code_hash": None, "carried_at": at}
    if insert_new(conn, _numbers, municipality=code, number=number, **values):
        return True
    this = (_numbers.c.municipality == code) & (_numbers.c.number == number) & (_numbers.c.file_id == file_id)
    conn.execute(update(_numbers).where(this, _numbers.c.member_id.is_(None)).values(**values))
    return conn.scalar(select(_numbers.c.member_id).where(this)) == member_id


def forget_texts(conn: Connection, uploaded_before: datetime) -> int:
    """Empty the wrong cells of old files, `FORGET_BATCH_SIZE` lines at most; returns how many. Fewer: there are no more."""
    old = select(_files.c.file_id).where(
        _files.c.uploaded_at < uploaded_before, _files.c.state.not_in(WAITING)
    )
    is_typed = _lines.c.typed.is_not(None) & (_lines.c.typed != NOTHING_TYPED)
    query = select(_lines.c.file_id, _lines.c.line).where(_lines.c.file_id.in_(old), is_typed)
    keys = [tuple(row) for row in conn.execute(query.limit(FORGET_BATCH_SIZE))]
    if keys:
        these = tuple_(_lines.c.file_id, _lines.c.line).in_(keys)
        conn.execute(update(_lines).where(these).values(typed=NOTHING_TYPED))
    return len(keys)


def day_or_never(text: str) -> date | None:
    """A last day as it is stored: "" is never."""
    return date.fromisoformat(text) if text else None
