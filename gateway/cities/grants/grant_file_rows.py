"""Grant files as rows: where each stands and how it may go on. Sync functions of a Connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, tuple_, update

from gateway.cities import tables
from gateway.errors import ProblemError
from gateway.platform.transitions import LegalMoves, require_legal

_QUERY_BATCH_SIZE: Final = 500
FORGET_BATCH_SIZE: Final = 500
_files, _lines = tables.grant_files, tables.grant_lines


class FileState(StrEnum):
    CHECKING = "checking"
    FAULTY = "faulty"
    CHECKED = "checked"
    APPROVED = "approved"
    APPLIED = "applied"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


LEGAL: Final[LegalMoves[FileState]] = {
    FileState.CHECKING: frozenset(
        {FileState.CHECKING, FileState.FAULTY, FileState.CHECKED, FileState.CANCELLED}
    ),
    FileState.FAULTY: frozenset({FileState.CHECKING, FileState.CANCELLED}),
    FileState.CHECKED: frozenset(
        {FileState.APPROVED, FileState.SENT_BACK, FileState.CANCELLED, FileState.CHECKING}
    ),
    FileState.SENT_BACK: frozenset({FileState.CHECKING}),
    FileState.APPROVED: frozenset({FileState.APPLIED}),
    FileState.CANCELLED: frozenset({FileState.CHECKING}),
    FileState.APPLIED: frozenset(),
}
"""The same file may be sent again until it is approved. From then on its points are set aside, and it is applied."""
WAITING: Final = (FileState.CHECKING, FileState.CHECKED, FileState.APPROVED)
"""Somebody still goes on with it: the check, an approver, or the work in the background."""


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
    kept_columns: tuple[str, ...] = ()
    dropped_columns: tuple[str, ...] = ()


def columns_text(kept: Iterable[str], dropped: Iterable[str]) -> str:
    """The names of a list's other columns, as they are stored."""
    return json.dumps({"kept": list(kept), "dropped": list(dropped)}, ensure_ascii=False)


def require(conn: Connection, code: str, file_id: str, *, lock: bool = False) -> GrantFile:
    """Give a file of this city. Raises ProblemError `unknown-file` (404)."""
    query = select(_files).where(_files.c.municipality == code, _files.c.file_id == file_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ProblemError("unknown-file", "This city has no such file.")
    return file_of(row)


def content_hash(conn: Connection, code: str, file_id: str) -> str:
    """What the file says, as a hash."""
    query = select(_files.c.content_hash).where(_files.c.municipality == code, _files.c.file_id == file_id)
    return str(conn.execute(query).scalar_one())


def write(conn: Connection, file: GrantFile, **to: Any) -> None:
    """Change a file's row; a state only along `LEGAL`."""
    if "state" in to:
        require_legal(LEGAL, file.state, to["state"])
        to = {"tidied_at": None, **to}
    conn.execute(
        update(_files)
        .where(_files.c.municipality == file.municipality, _files.c.file_id == file.file_id)
        .values(**to)
    )


def wrong_state(file: GrantFile) -> ProblemError:
    return ProblemError("file-state", f"The file is {file.state}; look at it again.", state=file.state)


def file_of(row: Row[Any]) -> GrantFile:
    columns = json.loads(row.columns) if row.columns else {"kept": (), "dropped": ()}
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
        kept_columns=tuple(columns["kept"]),
        dropped_columns=tuple(columns["dropped"]),
    )


def forget_texts(conn: Connection, uploaded_before: datetime) -> int:
    """Empty notes, faulty cells and kept columns of old lists, `FORGET_BATCH_SIZE` lines at most; what was granted stays.

    Lists that still wait for somebody are left alone. Returns how many lines; fewer means that there are no more.
    """
    old = select(_files.c.file_id).where(
        _files.c.uploaded_at < uploaded_before, _files.c.state.not_in(WAITING)
    )
    filled = or_(_lines.c.note != "", _lines.c.typed.is_not(None), _lines.c.kept.is_not(None))
    query = select(_lines.c.file_id, _lines.c.line).where(_lines.c.file_id.in_(old), filled)
    keys = [tuple(row) for row in conn.execute(query.limit(FORGET_BATCH_SIZE))]
    if keys:
        these = tuple_(_lines.c.file_id, _lines.c.line).in_(keys)
        conn.execute(update(_lines).where(these).values(note="", typed=None, kept=None))
    return len(keys)


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """`values` in parts that one statement takes."""
    for start in range(0, len(values), _QUERY_BATCH_SIZE):
        yield values[start : start + _QUERY_BATCH_SIZE]
