"""The moves by which points pass from one member's book to that of the same person, each lot by a pair.

one member's book           merge:<id>           the other member's book
a lot of an account ───────────────────────────► the same account, with the same day of issue
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from core_ledger import Transfer, chart

MERGE: Final = "merge"
"""The kind of both halves."""


def pass_lot(
    merge_id: str, number: int, from_book: str, to_book: str, account: str, issued_on: date, points: int, at: datetime,
    *, reference: str = "",
) -> list[Transfer]:  # fmt: skip
    """Both halves for one lot, the `number`th of its merge. `account` is the name within the books."""
    passing, move_id = chart.merge(merge_id), f"merge:{merge_id}:{number}"
    return [
        Transfer(
            id=move_id, book=from_book, source=f"{from_book}:{account}", target=passing, points=points, at=at,
            kind=MERGE, issued_from=issued_on, issued_until=issued_on, reference=reference,
        ),
        Transfer(
            id=move_id, book=to_book, source=passing, target=f"{to_book}:{account}", points=points, at=at, kind=MERGE,
            issued_on=issued_on, reference=reference,
        ),
    ]  # fmt: skip
