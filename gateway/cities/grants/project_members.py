"""What each member was granted in a project, over single grants, files and the venue, and the most it gives each.

お一人N回/N点まで: counted in the transaction of the grant itself. The counts also say who of a file was granted before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, case, func, insert, select, update

from core_ledger import chart
from core_ledger.read_model import lock_books
from gateway.cities import tables
from gateway.cities.grants.grant_file_rows import FileState
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into, insert_new

_members: Final = tables.project_members
_limits: Final = tables.project_limits
_lines: Final = tables.grant_lines
_files: Final = tables.grant_files
_WAITING: Final = (FileState.CHECKED, FileState.APPROVED)
_QUERY_BATCH_SIZE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLimits:
    """The most that a project gives each member; None is no limit."""

    most_grants_each: int | None = None
    most_points_each: int | None = None

    def allow(self, grants: int, points: int) -> bool:
        """Whether a member may have had so many grants and points in all."""
        fits = self.most_grants_each is None or grants <= self.most_grants_each
        return fits and (self.most_points_each is None or points <= self.most_points_each)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedBefore:
    """A line of a file whose member was granted in the project before: how often, how much, from when to when."""

    line: int
    mykey_id: str
    points: int
    grants_before: int
    points_before: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFile:
    """Another file of the project that is not applied yet: how many members of this one are in it too, and its points for them."""

    file_id: str
    name: str
    members: int
    points: int


def limits_of(conn: Connection, code: str, project_id: str) -> ProjectLimits:
    row = conn.execute(
        select(_limits).where(_limits.c.municipality == code, _limits.c.project_id == project_id)
    ).one_or_none()
    if row is None:
        return ProjectLimits()
    return ProjectLimits(most_grants_each=row.most_grants_each, most_points_each=row.most_points_each)


def save_limits(conn: Connection, code: str, project_id: str, limits: ProjectLimits) -> None:
    if limits == ProjectLimits():
        return
    conn.execute(
        insert(_limits).values(
            municipality=code,
            project_id=project_id,
            most_grants_each=limits.most_grants_each,
            most_points_each=limits.most_points_each,
        )
    )


def count(conn: Connection, code: str, project_id: str, book: str, day: date, points: int) -> None:
    """Count one grant. Raises ProblemError `limit-of-the-project` (409) with what the member has got."""
    limits, key = limits_of(conn, code, project_id), _key(code, project_id, book)
    insert_new(
        conn, _members, book_id=book, municipality=code, project_id=project_id, grants=0, points=0,
        first_on=day.isoformat(), last_on=day.isoformat(),
    )  # fmt: skip
    within = []
    if limits.most_grants_each is not None:
        within.append(_members.c.grants + 1 <= limits.most_grants_each)
    if limits.most_points_each is not None:
        within.append(_members.c.points + points <= limits.most_points_each)
    # One statement decides and counts, so that two grants of one moment are two to it too.
    counted = conn.execute(
        update(_members)
        .where(*key, *within)
        .values(grants=_members.c.grants + 1, points=_members.c.points + points, last_on=day.isoformat())
    )
    if counted.rowcount == 0:
        row = conn.execute(select(_members).where(*key)).one()
        raise ProblemError(
            "limit-of-the-project",
            f"This member was granted {row.points:,} points in {row.grants} grants of this project already.",
            granted=row.points,
            grants=row.grants,
        )


def take_back(
    conn: Connection, code: str, project_id: str, book: str, points: int, *, is_whole: bool
) -> None:
    """Count points that were taken back of a grant; `is_whole`: all of it, so that the member may be granted once more."""
    conn.execute(
        update(_members)
        .where(*_key(code, project_id, book))
        .values(points=_members.c.points - points, grants=_members.c.grants - int(is_whole))
    )


def lock_beyond(conn: Connection, code: str, project_id: str, points: Mapping[str, int]) -> set[str]:
    """Lock these books and give those that the project's limits do not allow one grant of so many points more."""
    limits, beyond = limits_of(conn, code, project_id), set[str]()
    for part in _parts(sorted(points)):
        # As with a single grant, the book's row is held first: whoever grants to the same member waits.
        lock_books(conn, part)
        before = _before(conn, code, project_id, part)
        for book in part:
            grants, total = (before[book].grants, before[book].points) if book in before else (0, 0)
            if not limits.allow(grants + 1, total + points[book]):
                beyond.add(book)
    return beyond


def count_many(conn: Connection, code: str, project_id: str, day: date, points: Mapping[str, int]) -> None:
    """Count what was granted, one grant for each of these books, which the caller has locked."""
    for part in _parts(sorted(points)):
        _upsert(conn, code, project_id, day, {book: points[book] for book in part})


def beyond_limits(conn: Connection, code: str, project_id: str, points: Mapping[str, int]) -> set[str]:
    """The members of these, by id, to whom the project's limits do not allow so many points more."""
    limits = limits_of(conn, code, project_id)
    if limits == ProjectLimits():
        return set()
    book_ids = set[str]()
    by_book = {chart.member_book(member_id): member_id for member_id in points}
    for part in _parts(sorted(by_book)):
        before = _before(conn, code, project_id, part)
        for book in part:
            grants, total = (before[book].grants, before[book].points) if book in before else (0, 0)
            if not limits.allow(grants + 1, total + points[by_book[book]]):
                book_ids.add(by_book[book])
    return book_ids


def list_granted_before(
    conn: Connection, code: str, project_id: str, file_id: str, *, limit: int
) -> list[GrantedBefore]:
    """The lines of a file whose members were granted in this project before, in the order of the lines."""
    query = (
        select(_lines.c.line, _lines.c.mykey_id, _lines.c.points.label("wanted"), _members)
        .join(_members, _members.c.book_id == "member:" + _lines.c.member_id)
        .where(_lines.c.file_id == file_id, _members.c.municipality == code)
        .where(_members.c.project_id == project_id, _members.c.grants > 0)
        .order_by(_lines.c.line)
        .limit(limit)
    )
    return [
        GrantedBefore(
            line=row.line,
            mykey_id=row.mykey_id,
            points=row.wanted,
            grants_before=row.grants,
            points_before=row.points,
            first_on=date.fromisoformat(row.first_on),
            last_on=date.fromisoformat(row.last_on),
        )
        for row in conn.execute(query)
    ]


def sum_granted_before(conn: Connection, code: str, project_id: str, file_id: str) -> tuple[int, int]:
    """How many members of a file were granted in this project before, and how many points in all."""
    query = (
        select(func.count(), func.coalesce(func.sum(_members.c.points), 0))
        .select_from(_lines)
        .join(_members, _members.c.book_id == "member:" + _lines.c.member_id)
        .where(_lines.c.file_id == file_id, _members.c.municipality == code)
        .where(_members.c.project_id == project_id, _members.c.grants > 0)
    )
    members, points = conn.execute(query).one()
    return int(members), int(points)


def list_waiting_elsewhere(conn: Connection, code: str, project_id: str, file_id: str) -> list[WaitingFile]:
    """Files of the project that wait for an approval or are being applied, and hold members of this file too."""
    ours, theirs = _lines.alias("ours"), _lines.alias("theirs")
    query = (
        select(_files.c.file_id, _files.c.name, func.count(), func.sum(theirs.c.points))
        .join(theirs, theirs.c.file_id == _files.c.file_id)
        .join(ours, ours.c.member_id == theirs.c.member_id)
        .where(_files.c.municipality == code, _files.c.project_id == project_id, _files.c.file_id != file_id)
        .where(_files.c.state.in_(_WAITING), ours.c.file_id == file_id)
        .where(theirs.c.line > _files.c.applied_through)
        .group_by(_files.c.file_id, _files.c.name, _files.c.uploaded_at)
        .order_by(_files.c.uploaded_at)
    )
    return [
        WaitingFile(file_id=file, name=name, members=int(members), points=int(points))
        for file, name, members, points in conn.execute(query)
    ]


def add_counts(conn: Connection, from_book: str, to_book: str) -> None:
    """Count for the second book what the first was granted too: both are one person's. The caller has locked both.

    The first keeps its rows, by which its grants are found.
    """
    rows = conn.execute(select(_members).where(_members.c.book_id == from_book)).mappings().all()
    if not rows:
        return
    insertion = insert_into(conn, _members)
    added = insertion.excluded
    conn.execute(
        insertion.on_conflict_do_update(
            index_elements=[_members.c.book_id, _members.c.municipality, _members.c.project_id],
            set_={
                "grants": _members.c.grants + added.grants,
                "points": _members.c.points + added.points,
                "first_on": case(
                    (added.first_on < _members.c.first_on, added.first_on), else_=_members.c.first_on
                ),
                "last_on": case(
                    (added.last_on > _members.c.last_on, added.last_on), else_=_members.c.last_on
                ),
            },
        ),
        [dict(row) | {"book_id": to_book} for row in rows],
    )


def _before(conn: Connection, code: str, project_id: str, part: Sequence[str]) -> dict[str, Row[Any]]:
    query = select(_members).where(
        _members.c.book_id.in_(part), _members.c.municipality == code, _members.c.project_id == project_id
    )
    return {row.book_id: row for row in conn.execute(query)}


def _upsert(conn: Connection, code: str, project_id: str, day: date, points: Mapping[str, int]) -> None:
    insertion = insert_into(conn, _members)
    conn.execute(
        insertion.on_conflict_do_update(
            index_elements=[_members.c.book_id, _members.c.municipality, _members.c.project_id],
            set_={
                "grants": _members.c.grants + 1,
                "points": _members.c.points + insertion.excluded.points,
                "last_on": insertion.excluded.last_on,
            },
        ),
        [
            {
                "book_id": book, "municipality": code, "project_id": project_id, "grants": 1, "points": sum_,
                "first_on": day.isoformat(), "last_on": day.isoformat(),
            }
            for book, sum_ in points.items()
        ],
    )  # fmt: skip


def _key(code: str, project_id: str, book: str) -> tuple[Any, Any, Any]:
    return (_members.c.book_id == book, _members.c.municipality == code, _members.c.project_id == project_id)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _QUERY_BATCH_SIZE):
        yield names[start : start + _QUERY_BATCH_SIZE]
