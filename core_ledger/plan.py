"""Decide, without any database, what a batch of moves does to the books that were loaded for it.

The whole law of the ledger is here, as one pure class over plain values: floors of zero, heaps drawn oldest
first, holds resolved once, ids as idempotency keys. Moves come in groups; a group is written whole or not
at all, and a group that is refused leaves no trace for the groups after it. `shelf` loads what this needs
and saves what it made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from core_ledger.chain_keys import ChainKeys
from core_ledger.chart import owned
from core_ledger.errors import (
    BadMove,
    HoldAlreadyResolved,
    IdReused,
    LedgerError,
    NotEnoughPoints,
    UnknownHold,
)
from core_ledger.hash_chain import (
    GENESIS,
    Record,
    content_digest,
    details_text,
    link,
    lots_text,
    microseconds,
    read_details,
    read_lots,
    receipt,
    signed_part,
)
from core_ledger.transfers import Hold, Move, Post, Receipt, Transfer, Void

# Far below what 64 bits hold, far above all points there will ever be.
MAX_BALANCE = 10**18
Key = tuple[str, str]


@dataclass(slots=True)
class Account:
    """What is true of one account of one book now; `heaps` maps a day of issue to [points, held].

    `stored` says that the account has a row already, which decides between inserting and updating.
    """

    posted: int = 0
    held: int = 0
    coming: int = 0
    last_seq: int = 0
    heaps: dict[str, list[int]] = field(default_factory=dict)
    stored: bool = False

    def copy(self) -> "Account":
        """Copy the account with its heaps, so that a refused group can be undone."""
        heaps = {day: heap[:] for day, heap in self.heaps.items()}
        return Account(self.posted, self.held, self.coming, self.last_seq, heaps, self.stored)

    def oldest_on(self) -> str | None:
        """Name the oldest day of issue that has free points."""
        return min((day for day, heap in self.heaps.items() if heap[0] > heap[1]), default=None)

    def draw(self, wanted: int, first: date | None, last: date | None) -> list[tuple[str, int]] | int:
        """Choose heaps for `wanted` points, oldest first, issued from `first` to `last` inclusive.

        Returns the lots, or the number of points that may be drawn when that is too few.
        """
        if len(self.heaps) == 1 and first is None and last is None:
            ((day, (points, held)),) = self.heaps.items()
            return [(day, wanted)] if points - held >= wanted else points - held
        low, high = first.isoformat() if first else "", last.isoformat() if last else "9999-12-31"
        lots, missing = [], wanted
        for day in sorted(self.heaps):
            points, held = self.heaps[day]
            if points == held or not low <= day <= high:
                continue
            taken = min(points - held, missing)
            lots.append((day, taken))
            missing -= taken
            if not missing:
                return lots
        return wanted - missing


@dataclass(slots=True)
class Plan:
    """What was loaded, and what the moves so far have made of it. `written` is what must be saved."""

    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    accounts: dict[Key, Account] = field(default_factory=dict)
    known: dict[Key, Record] = field(default_factory=dict)
    resolved: dict[Key, Record] = field(default_factory=dict)
    written: list[Record] = field(default_factory=list)
    keys: ChainKeys | None = None
    touched: set[Key] = field(default_factory=set)
    _undo: dict[Key, Account | None] | None = None

    def apply_group(self, group: Sequence[Move]) -> list[Receipt] | LedgerError:
        """Do every move of the group, or none: the first refusal is returned and undoes the others.

        A single move needs no undo: it is decided in full before anything is changed.
        """
        if len(group) == 1:
            try:
                return [self._do(group[0])]
            except LedgerError as refusal:
                return refusal
        start, heads, touched = len(self.written), {}, set(self.touched)
        for move in group:
            heads[move.book] = self.heads.get(move.book)
        self._undo = {}
        try:
            return [self._do(move) for move in group]
        except LedgerError as refusal:
            self._roll_back(start, heads)
            self.touched = touched
            return refusal
        finally:
            self._undo = None

    def _roll_back(self, start: int, heads: dict[str, tuple[int, bytes] | None]) -> None:
        for record in self.written[start:]:
            del self.known[record.book_id, record.id]
            if record.hold is not None:
                del self.resolved[record.book_id, record.hold]
        del self.written[start:]
        for book, head in heads.items():
            if head is None:
                self.heads.pop(book, None)
            else:
                self.heads[book] = head
        for key, before in (self._undo or {}).items():
            if before is None:
                self.accounts.pop(key, None)
            else:
                self.accounts[key] = before

    def _do(self, move: Move) -> Receipt:
        digest = content_digest(move)
        stored = self.known.get((move.book, move.id))
        if stored is not None:
            if stored.asked != digest:
                raise IdReused(move.id, move.book)
            return receipt(stored, replayed=True)
        if isinstance(move, Transfer):
            record = self._transfer(move, digest)
        elif isinstance(move, Hold):
            record = self._hold(move, digest)
        else:
            record = self._resolve(move, digest)
        return receipt(record, replayed=False)

    def _transfer(self, move: Transfer, digest: bytes) -> Record:
        lots = self._lots(move)
        self._room(move)
        source, target = self._account(move.book, move.source), self._account(move.book, move.target)
        self._pay(move.book, move.source, source, move.target, target, lots, move.points)
        return self._write(move, digest, "transfer", source, target, lots)

    def _hold(self, move: Hold, digest: bytes) -> Record:
        lots = self._lots(move)
        self._room(move)
        source, target = self._account(move.book, move.source), self._account(move.book, move.target)
        if owned(move.book, move.source):
            for day, points in lots:
                source.heaps[day][1] += points
        source.held += move.points
        target.coming += move.points
        return self._write(move, digest, "hold", source, target, lots)

    def _resolve(self, move: Post | Void, digest: bytes) -> Record:
        hold = self.known.get((move.book, move.hold))
        if hold is None or hold.action != "hold":
            raise UnknownHold(move.hold, move.book)
        before = self.resolved.get((move.book, move.hold))
        if before is not None:
            raise HoldAlreadyResolved(move.hold, before.id, before.action)
        source, target = self._account(move.book, hold.source), self._account(move.book, hold.target)
        lots = read_lots(hold.lots)
        if owned(move.book, hold.source):
            for day, points in lots:
                source.heaps[day][1] -= points
        source.held -= hold.points
        target.coming -= hold.points
        if isinstance(move, Post):
            self._pay(move.book, hold.source, source, hold.target, target, lots, hold.points)
        return self._write(
            move, digest, "post" if isinstance(move, Post) else "void", source, target, lots, hold
        )

    def _lots(self, move: Transfer | Hold) -> list[tuple[str, int]]:
        """Find the days that the points of a move carry; draws on the heaps of an own account."""
        if move.issued_on is not None:
            return [(move.issued_on.isoformat(), move.points)]
        account = self.accounts.get((move.book, move.source)) or Account()
        lots = account.draw(move.points, move.issued_from, move.issued_until)
        if isinstance(lots, int):
            raise NotEnoughPoints(move.source, move.points, lots)
        return lots

    def _room(self, move: Transfer | Hold) -> None:
        """Refuse what would leave the range of whole numbers that a database keeps exactly."""
        for account in (move.source, move.target):
            now = self.accounts.get((move.book, account))
            if now and abs(now.posted) + now.held + now.coming + move.points > MAX_BALANCE:
                raise BadMove("points", f"{account} would pass {MAX_BALANCE} points; use less")

    def _account(self, book: str, account: str) -> Account:
        """Fetch an account that is about to change, keeping a copy while a group may still be undone."""
        key = (book, account)
        now = self.accounts.get(key)
        if self._undo is not None and key not in self._undo:
            self._undo[key] = now.copy() if now else None
        if now is None:
            now = self.accounts[key] = Account()
        self.touched.add(key)
        return now

    @staticmethod
    def _pay(
        book: str,
        source_name: str,
        source: Account,
        target_name: str,
        target: Account,
        lots: list[tuple[str, int]],
        points: int,
    ) -> None:
        source.posted -= points
        target.posted += points
        if owned(book, source_name):
            for day, count in lots:
                heap = source.heaps[day]
                heap[0] -= count
                if not heap[0]:
                    del source.heaps[day]
        if owned(book, target_name):
            for day, count in lots:
                target.heaps.setdefault(day, [0, 0])[0] += count

    def _write(
        self,
        move: Move,
        digest: bytes,
        action: str,
        source: Account,
        target: Account,
        lots: list[tuple[str, int]],
        hold: Record | None = None,
    ) -> Record:
        seq, head = self.heads.get(move.book, (0, GENESIS))
        seq += 1
        terms = hold if hold is not None else move
        assert isinstance(terms, Record | Transfer | Hold)
        if isinstance(move, Void):
            reference, details = move.reason, ""
        elif hold is not None and isinstance(move, Post):
            reference = move.reference or hold.reference
            details = (
                details_text({**read_details(hold.details), **move.details}) if move.details else hold.details
            )
        else:
            assert isinstance(move, Transfer | Hold)
            reference, details = move.reference, details_text(move.details)
        posts = action in {"transfer", "post"}
        row = (
            move.book,
            seq,
            move.id,
            action,
            terms.source,
            terms.target,
            terms.points,
            microseconds(move.at),
            terms.kind,
            reference,
            details,
            hold.id if hold else None,
            lots_text(lots),
            source.posted,
            target.posted,
            source.last_seq,
            target.last_seq,
            digest,
        )
        head = link(head, row)
        record = Record(*row, head, self.keys.sign(signed_part(head)) if self.keys is not None else None)
        if posts:
            source.last_seq = target.last_seq = seq
        self.heads[move.book] = (seq, head)
        self.known[move.book, move.id] = record
        if hold is not None:
            self.resolved[move.book, hold.id] = record
        self.written.append(record)
        return record
