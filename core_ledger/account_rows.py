"""An account's state as a row of the table, and back."""

import json
from collections.abc import Sequence
from typing import Any

from core_ledger.errors import Damaged
from core_ledger.plan import Account, Key

# book_id, account, posted, held, coming, last_seq, oldest_on, heaps
AccountRow = tuple[str, str, int, int, int, int, str | None, str]


def account(row: Sequence[Any]) -> Account:
    """Read an account's state from its row: book_id, account, posted, held, coming, last_seq, heaps."""
    try:
        heaps = json.loads(row[6]) if row[6] != "{}" else {}
    except ValueError:
        raise Damaged(f"the heaps of {row[1]} in {row[0]} cannot be read: {row[6][:80]!r}") from None
    return Account(row[2], row[3], row[4], row[5], heaps, stored=True)


def account_row(key: Key, state: Account) -> AccountRow:
    """Write an account's state as the row that goes into the table."""
    heaps = state.heaps
    if not heaps:
        text, oldest = "{}", None
    else:
        text = "{" + ",".join(f'"{day}":[{heaps[day][0]},{heaps[day][1]}]' for day in sorted(heaps)) + "}"
        oldest = state.oldest_on()
    return (*key, state.posted, state.held, state.coming, state.last_seq, oldest, text)
