"""The states of an exchange and its legal moves, as one table.

    awaiting_return ──► ready ──► quoted ──► sending ──► settled
          │               │         │           ├──────► declined
          └► refused      └────┬────┘           ├──────► not_sent
                               ▼                ├──────► needs_a_person
                     expired | cancelled        └► open ──► settled | declined | needs_a_person

Until `sending` no point has moved anywhere. From `sending` on, a hold stands in the ledger until the outcome
is known: `settled` posts it, `declined` and `not_sent` void it, `open` and `needs_a_person` leave it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    AWAITING_RETURN = "awaiting_return"
    """The member is on the way to the partner's site, or there."""
    READY = "ready"
    """We know whose points they are; nothing is chosen yet."""
    QUOTED = "quoted"
    """The member has been shown the numbers; they hold for ten minutes."""
    SENDING = "sending"
    """Confirmed: the hold stands and the debit is on its way. Found after a crash, it is `open`."""
    OPEN = "open"
    """The partner's answer is not known; it is asked again and again."""
    SETTLED = "settled"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    """Provably nothing left our machine."""
    NEEDS_A_PERSON = "needs_a_person"
    """Asking has not settled it, or the partner showed another debit; the hold stays and nothing is guessed."""
    REFUSED = "refused"
    """The member did not consent at the partner's site."""
    EXPIRED = "expired"
    """Left alone before confirming."""
    CANCELLED = "cancelled"
    """Given up by the member before confirming."""


LEGAL: Final[dict[State, frozenset[State]]] = {
    State.AWAITING_RETURN: frozenset({State.READY, State.REFUSED, State.EXPIRED, State.CANCELLED}),
    State.READY: frozenset({State.QUOTED, State.EXPIRED, State.CANCELLED}),
    State.QUOTED: frozenset({State.QUOTED, State.SENDING, State.EXPIRED, State.CANCELLED}),
    State.SENDING: frozenset(
        {State.SETTLED, State.DECLINED, State.NOT_SENT, State.OPEN, State.NEEDS_A_PERSON}
    ),
    State.OPEN: frozenset({State.OPEN, State.SETTLED, State.DECLINED, State.NEEDS_A_PERSON}),
    State.NEEDS_A_PERSON: frozenset({State.SETTLED, State.DECLINED}),
    State.SETTLED: frozenset(),
    State.DECLINED: frozenset(),
    State.NOT_SENT: frozenset(),
    State.REFUSED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}

HELD: Final = frozenset({State.SENDING, State.OPEN, State.NEEDS_A_PERSON})
"""The states in which a hold stands in the ledger."""

BEFORE_SENDING: Final = frozenset({State.AWAITING_RETURN, State.READY, State.QUOTED})

ENDED: Final = frozenset(state for state, moves in LEGAL.items() if not moves)
