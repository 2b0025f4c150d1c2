"""What goes out of a file's lines when nobody needs it any more: the codes, and the MyKey IDs of who was erased meanwhile.

An ended file is tidied at once, and in the night where that was cut off. So are the codes of one that nobody goes on with.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, or_, select, update

from gateway.cities import tables
from gateway.cities.carry_in.carry_in_rows import NOTHING_TYPED, require, write
from gateway.cities.grants.grant_file_rows import FileState
from gateway.cities.member_data.erasure import is_of_erased

TIDY_BATCH_SIZE: Final = 1_000
"""Lines in a transaction."""
ENDED: Final = frozenset({FileState.SENT_BACK, FileState.CANCELLED, FileState.APPLIED})
_files, _lines = tables.carry_ins, tables.carry_in_lines


def list_untidied(conn: Connection, uploaded_before: datetime) -> list[tuple[str, str]]:
    """City and id of files to tidy: those that ended, and those of before `uploaded_before` that are not carried in."""
    is_left = and_(_files.c.uploaded_at < uploaded_before, _files.c.state != FileState.APPROVED)
    query = select(_files.c.municipality, _files.c.file_id).where(
        _files.c.tidied_at.is_(None), or_(_files.c.state.in_(ENDED), is_left)
    )
    return [(code, file_id) for code, file_id in conn.execute(query)]


def tidy_next_lines(conn: Connection, code: str, file_id: str, after: int, at: datetime) -> int | None:
    """Tidy the lines after line `after`; the last of them, or None when the file is done or is carried in just now.

    Members who were erased while the file waited are still named in it (`erasure` leaves such files whole).
    """
    file = require(conn, code, file_id, lock=True)
    if file.state is FileState.APPROVED:
        return None
    query = select(_lines.c.line).where(_lines.c.file_id == file_id, _lines.c.line > after)
    numbers = conn.scalars(query.order_by(_lines.c.line).limit(TIDY_BATCH_SIZE)).all()
    if numbers:
        these = and_(_lines.c.file_id == file_id, _lines.c.line > after, _lines.c.line <= numbers[-1])
        conn.execute(update(_lines).where(these, _lines.c.code_sealed.is_not(None)).values(code_sealed=None))
        if file.state in ENDED:
            theirs = and_(these, _lines.c.mykey_id != "", is_of_erased(_lines))
            conn.execute(
                update(_lines).where(theirs, _lines.c.typed.is_not(None)).values(typed=NOTHING_TYPED)
            )
            conn.execute(update(_lines).where(theirs).values(mykey_id=""))
    if len(numbers) == TIDY_BATCH_SIZE:
        return int(numbers[-1])
    write(conn, file, tidied_at=at)
    return None
