"""What goes out of a list's lines once it has ended: whatever it says of members who were erased while it waited.

`erasure` leaves such a list whole, since its approver has seen it. An ended list is tidied at once, and in the night where
that was cut off. Its points, its faults and the count of its lines stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, or_, select, update

from gateway.cities import tables
from gateway.cities.grants.grant_file_rows import FileState, require, write
from gateway.cities.member_data.erasure import EMPTY_GRANT_LINE, is_of_erased

TIDY_BATCH_SIZE: Final = 1_000
"""Lines in a transaction."""
ENDED: Final = frozenset({FileState.SENT_BACK, FileState.CANCELLED, FileState.APPLIED})
_files, _lines = tables.grant_files, tables.grant_lines


def list_untidied(conn: Connection, uploaded_before: datetime) -> list[tuple[str, str]]:
    """City and id of lists to tidy: those that ended, and those of before `uploaded_before` that nobody decides on."""
    is_left = and_(
        _files.c.uploaded_at < uploaded_before, _files.c.state.in_((FileState.CHECKING, FileState.FAULTY))
    )
    query = select(_files.c.municipality, _files.c.file_id).where(
        _files.c.tidied_at.is_(None), or_(_files.c.state.in_(ENDED), is_left)
    )
    return [(code, file_id) for code, file_id in conn.execute(query)]


def tidy_next_lines(conn: Connection, code: str, file_id: str, after: int, at: datetime) -> int | None:
    """Tidy the lines after line `after`; the last of them, or None when the list is done or somebody decides on it."""
    file = require(conn, code, file_id, lock=True)
    if file.state in {FileState.CHECKED, FileState.APPROVED}:
        return None
    query = select(_lines.c.line).where(_lines.c.file_id == file_id, _lines.c.line > after)
    numbers = conn.scalars(query.order_by(_lines.c.line).limit(TIDY_BATCH_SIZE)).all()
    if numbers:
        these = and_(_lines.c.file_id == file_id, _lines.c.line > after, _lines.c.line <= numbers[-1])
        theirs = and_(these, _lines.c.mykey_id != "", is_of_erased(_lines))
        conn.execute(update(_lines).where(theirs).values(EMPTY_GRANT_LINE))
    if len(numbers) == TIDY_BATCH_SIZE:
        return int(numbers[-1])
    write(conn, file, tidied_at=at)
    return None
