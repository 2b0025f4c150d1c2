"""The moves that a caller hands in and the values that the ledger hands back: frozen, plain data.

Points are positive whole numbers, times are aware datetimes, days of issue are dates. `check` refuses
what makes no sense before any database is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core_ledger.chart import name, owned
from core_ledger.errors import BadMove

MAX_POINTS = 10**15
MAX_NOTE_LENGTH = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """`points` go from `source` to `target`, now and for good.

    `id` is the caller's, unique in `book`, and makes asking again safe. `issued_on` is required when
    points come in from outside the book, and forbidden when they leave one of its own accounts: their
    days of issue travel along, oldest first. `issued_from` and `issued_until`, both inclusive, restrict
    which heaps of the source may be drawn.
    """

    id: str
    book: str
    source: str
    target: str
    points: int
    at: datetime
    kind: str
    issued_on: date | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    reference: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`points` are set aside (仮押さえ) on their way from `source` to `target`; fields as in Transfer.

    Out of one of the book's own accounts its heaps are unavailable at once; from outside it is only a
    promise. It ends with one Post or one Void.
    """

    id: str
    book: str
    source: str
    target: str
    points: int
    at: datetime
    kind: str
    issued_on: date | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    reference: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Make the transfer that the hold `hold` promised. An empty reference keeps the hold's."""

    id: str
    book: str
    hold: str
    at: datetime
    reference: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """Give back what the hold `hold` set aside; `reason` is kept with it."""

    id: str
    book: str
    hold: str
    at: datetime
    reason: str = ""


Move = Transfer | Hold | Post | Void
# isinstance asks a tuple several times quicker than a union.
_MOVES = (Transfer, Hold, Post, Void)
_GIVES = (Transfer, Hold)


@dataclass(frozen=True, slots=True)
class LotMovement:
    """Some points of a move that were issued on one day."""

    issued_on: date
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that a move is in the book: its place `seq` and the `hash` (hex) that seals it there.

    `replayed` is true when the move was in the book already and nothing was written now.
    """

    move_id: str
    book: str
    seq: int
    hash: str
    points: int
    lot_movements: tuple[LotMovement, ...]
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """`posted` points are there; `held` of them are promised away; `coming` are promised to it."""

    posted: int = 0
    held: int = 0
    coming: int = 0

    @property
    def available(self) -> int:
        """Points that may be drawn now."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """The points of one account that were issued on one day, and how many of them are held."""

    issued_on: date
    points: int
    held: int

    @property
    def available(self) -> int:
        """Points of this heap that may be drawn now."""
        return self.points - self.held


def check(move: Move) -> None:
    """Raise BadMove, naming the field and the remedy, when a move makes no sense by itself."""
    given: object = move
    if not isinstance(given, _MOVES):
        raise BadMove("move", f"{type(given).__name__} is not a move; use Transfer, Hold, Post or Void")
    name(move.id, "id")
    name(move.book, "book")
    at: object = move.at
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise BadMove("at", "give a datetime with its time zone")
    if isinstance(move, _GIVES):
        _check_transfer(move)
    else:
        name(move.hold, "hold")
    if isinstance(move, Void):
        _check_note(move.reason, "reason")
        return
    _check_note(move.reference, "reference")
    if move.details:
        for key, value in move.details.items():
            name(key, "details")
            _check_note(value, f"details[{key}]")


def objection(moves: Iterable[Move]) -> BadMove | None:
    """Say what makes no sense in some moves by themselves, if anything."""
    try:
        for move in moves:
            check(move)
    except BadMove as objection:
        return objection
    return None


def _check_transfer(move: Transfer | Hold) -> None:
    name(move.source, "source")
    name(move.target, "target")
    name(move.kind, "kind")
    points = move.points
    if type(points) is not int or not 0 < points <= MAX_POINTS:
        raise BadMove("points", f"give a whole number from 1 to {MAX_POINTS}")
    if move.source == move.target:
        raise BadMove("target", f"{move.target} is also the source; points must go somewhere else")
    if owned(move.book, move.source):
        if move.issued_on is not None:
            raise BadMove("issued_on", "leave it out: points that leave an own account keep their days")
        return
    if not owned(move.book, move.target):
        raise BadMove("book", f"neither {move.source} nor {move.target} belongs to {move.book}; one must")
    if type(move.issued_on) is not date:
        raise BadMove("issued_on", "give the day of issue: points that come in need one")
    if move.issued_from is not None or move.issued_until is not None:
        raise BadMove("issued_from", "leave issued_from and issued_until out: no heap is drawn here")


def _check_note(text: object, field_name: str) -> None:
    if text == "":
        return
    if not isinstance(text, str) or len(text) > MAX_NOTE_LENGTH or "\x00" in text or "\x1f" in text:
        raise BadMove(
            field_name, f"give a text of at most {MAX_NOTE_LENGTH} characters without control characters"
        )
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadMove(field_name, "it contains half of a surrogate pair; give whole characters") from None
