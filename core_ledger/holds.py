"""The holds of a book that nothing has posted or voided yet, as the ledger has them.

A hold that was made by another release is found as well: its parts and figures are read, never computed anew.
"""

from sqlalchemy.engine import Connection

from core_ledger.hash_chain import lots, moment, read_details
from core_ledger.prepared import ask
from core_ledger.transfers import Hold

# Found by the index of ids, which begins with the id; ";" follows ":" in the order of both databases' text.
_STANDING = (
    "SELECT h.id, h.source, h.target, h.points, h.at, h.kind, h.reference, h.details, h.lots FROM moves h"
    " WHERE h.book_id = {0} AND h.id > {1} AND h.id < {2} AND h.action = 'hold' AND NOT EXISTS"
    " (SELECT 1 FROM moves r WHERE r.book_id = {0} AND r.hold = h.id AND r.hold IS NOT NULL) ORDER BY h.seq"
)
_ON_SQLITE, _ON_POSTGRES = _STANDING.format("?1", "?2", "?3"), _STANDING.format("$1", "$2", "$3")


def standing_holds(conn: Connection, book: str, owner: str) -> list[Hold]:
    """List the holds of `book` that stand and whose ids are `<owner>:<part>`, in the order they were made.

    `issued_on` is set where all points of a hold are of one day, as they are for points that come from outside.
    """
    if not conn.in_transaction():
        conn.begin()
    values = (book, f"{owner}:", f"{owner};")
    if conn.dialect.name == "postgresql":
        rows = ask(conn, _ON_POSTGRES, values)
    else:
        rows = conn.connection.cursor().execute(_ON_SQLITE, values).fetchall()
    holds = []
    for hold_id, source, target, points, at, kind, reference, details, lots_text in rows:
        days = {lot.issued_on for lot in lots(lots_text)}
        holds.append(
            Hold(
                id=hold_id,
                book=book,
                source=source,
                target=target,
                points=points,
                at=moment(at),
                kind=kind,
                issued_on=days.pop() if len(days) == 1 else None,
                reference=reference,
                details=read_details(details),
            )
        )
    return holds
