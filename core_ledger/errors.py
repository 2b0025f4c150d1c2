"""What can go wrong, in one vocabulary; each says what it means for the points and what to do next.

LedgerError
├── BadMove               the move itself makes no sense; nothing was written
├── MoveRejected          the move is well formed, but the book says no; nothing was written
│   ├── NotEnoughPoints
│   ├── IdReused
│   ├── UnknownHold
│   └── HoldAlreadyResolved
├── Damaged               what is stored contradicts itself; nothing was written
└── StoreError
    ├── Busy              not taken on; nothing was written
    ├── StoreClosed       not taken on; nothing was written
    └── CommitFailed      perhaps written, perhaps not; the same id asked again tells
"""


class LedgerError(Exception):
    """Anything that the ledger refuses or cannot do."""


class BadMove(LedgerError):
    """A field of a move is unusable. Nothing was written; mend the field, then ask again with the same id."""

    def __init__(self, field: str, remedy: str) -> None:
        """Keep `field`, the move's field at fault, and `remedy`, what to write there instead."""
        super().__init__(f"{field}: {remedy}. Nothing was written.")
        self.field = field
        self.remedy = remedy


class MoveRejected(LedgerError):
    """The book does not allow this move. Nothing was written."""


class NotEnoughPoints(MoveRejected):
    """The account has fewer free points than the move wants. Ask for less, or add points first."""

    def __init__(self, account: str, wanted: int, available: int) -> None:
        """Keep the account, the points wanted and the points that were free to be drawn."""
        super().__init__(
            f"{account} has {available} points that may be drawn, {wanted} are wanted."
            f" Nothing moved; ask for at most {available}."
        )
        self.account = account
        self.wanted = wanted
        self.available = available


class IdReused(MoveRejected):
    """The id already names a move with other content. The first one stands; a new move needs a new id."""

    def __init__(self, move_id: str, book: str) -> None:
        """Keep the id and the book in which it is taken."""
        super().__init__(
            f"The id {move_id} already names another move in {book}. That one stands, this one was not"
            " written; give a new move a new id, and ask again with the very same content to repeat one."
        )
        self.move_id = move_id
        self.book = book


class UnknownHold(MoveRejected):
    """No hold of that id in that book. Nothing moved; look up the id under which the hold was made."""

    def __init__(self, hold: str, book: str) -> None:
        """Keep the hold's id and the book searched."""
        super().__init__(
            f"There is no hold {hold} in {book}. Nothing moved; check the hold's id and its book."
        )
        self.hold = hold
        self.book = book


class HoldAlreadyResolved(MoveRejected):
    """The hold was posted or voided before. The first answer stands; correct it with a new transfer."""

    def __init__(self, hold: str, resolved_by: str, how: str) -> None:
        """Keep the hold's id, the id of the move that resolved it, and `how`: "post" or "void"."""
        super().__init__(
            f"The hold {hold} was resolved by the {how} {resolved_by}. That stands and nothing moved now;"
            " to correct it, make a new transfer."
        )
        self.hold = hold
        self.resolved_by = resolved_by
        self.how = how


class Damaged(LedgerError):
    """A stored row cannot be what this library wrote. Nothing was written; run a full verification."""


class StoreError(LedgerError):
    """The store could not do the work; each kind says whether anything may have been written."""


class Busy(StoreError):
    """Too much is waiting, or other writers never let go. Nothing was written; ask again a little later."""


class StoreClosed(StoreError):
    """The store is closed or closing. Nothing was written; open a store and ask again."""


class CommitFailed(StoreError):
    """The database broke off while writing, so it is unknown whether the work is in it.

    Ask again with the same ids: a move that is in is answered as before, one that is not is written.
    """
