"""Replay one book from its moves alone, and say where what is stored is not what must be there.

Knows nothing of databases: rows go in, sentences about faults come out. It follows the law of the ledger
anew rather than trusting the code that wrote the rows.
"""

from dataclasses import dataclass, field
from datetime import date

from core_ledger.chain_keys import ChainKeys, KeyOrder
from core_ledger.chart import owned
from core_ledger.hash_chain import GENESIS, Record, link, read_lots, signed_part
from core_ledger.plan import Account

ACTIONS = {"transfer", "hold", "post", "void"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is broken: in which book, at which move or account, and what it is."""

    book: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.book} {self.place}: {self.what}"


@dataclass(slots=True)
class Recomputation:
    """The state of a book after the moves so far, and the faults met on the way."""

    book: str
    keys: ChainKeys | None = None
    sealed: tuple[int, bytes] = (0, GENESIS)
    newest_at: int = 0
    seq: int = 0
    head: bytes = GENESIS
    accounts: dict[str, Account] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    hashes: dict[int, bytes] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _holds: dict[str, Record] = field(default_factory=dict)
    _resolved: set[str] = field(default_factory=set)
    _key_order: KeyOrder = field(default_factory=KeyOrder)

    def apply(self, record: Record) -> None:
        """Check one move against all before it, and carry it out."""
        try:
            self._apply(record)
        except (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError) as error:
            self._fault(record, f"the row cannot be read ({type(error).__name__}: {error})")
            self.seq += 1
            stored: object = record.hash
            self.head = stored if isinstance(stored, bytes) else b""

    def finish(
        self, stored_head: tuple[int, bytes] | None, stored: dict[str, tuple[Account, str | None]]
    ) -> None:
        """Compare what came out with the book's stored row and its stored accounts."""
        if stored_head is None:
            self._add_fault("head", "the book's row is missing")
        elif stored_head != (self.seq, self.head):
            self._add_fault(
                "head",
                f"the book's row names move {stored_head[0]}; the chain ends at {self.seq}, or otherwise",
            )
        for name in sorted(self.accounts.keys() | stored.keys()):
            mine = self.accounts.get(name, Account())
            theirs, oldest = stored.get(name, (None, None))
            if theirs is None:
                self._add_fault(name, "the account's row is missing")
                continue
            for what in ("posted", "held", "coming", "last_seq", "heaps"):
                if getattr(mine, what) != getattr(theirs, what):
                    self._add_fault(
                        name, f"{what} is {getattr(theirs, what)}, the moves make {getattr(mine, what)}"
                    )
            if oldest != mine.oldest_on():
                self._add_fault(name, f"oldest_on is {oldest}, the moves make {mine.oldest_on()}")
        if self.keys is not None and self.sealed[0] > self.seq:
            self._add_fault(
                "head", f"it had {self.sealed[0]} moves when it was signed and has {self.seq} now"
            )
        if sum(account.posted for account in self.accounts.values()):
            self._add_fault("sum", "the entries do not sum to zero")

    def _apply(self, record: Record) -> None:
        # A damaged file can hold anything; what the types say is a hope here.
        seq: object = record.seq
        if not isinstance(seq, int):
            raise TypeError("its number is not a number")
        if record.seq != self.seq + 1:
            self._fault(record, f"move {self.seq + 1} should come here; moves are missing or doubled")
        if link(self.head, record) != record.hash:
            self._fault(record, "the hash does not seal this content behind the move before it")
        if self.keys is not None:
            self._check_signature(record, self.keys)
        self.newest_at = max(self.newest_at, record.at)
        self.seq, self.head = record.seq, record.hash
        self.hashes[record.seq] = record.hash
        if record.id in self._ids:
            self._fault(record, f"the id {record.id} is in the book twice")
        self._ids.add(record.id)
        lots = self._lots(record)
        source = self.accounts.setdefault(record.source, Account())
        target = self.accounts.setdefault(record.target, Account())
        self._prev(record, source, target)
        if record.action == "hold":
            self._hold(record, source, target, lots)
        elif record.action == "transfer" or (
            self._release(record, source, target, lots) and record.action == "post"
        ):
            self._pay(record, source, target, lots)
        if record.source_balance != source.posted or record.target_balance != target.posted:
            self._fault(record, "the running balances are not what the moves make")

    def _check_signature(self, record: Record, keys: ChainKeys) -> None:
        sealed_seq, sealed_head = self.sealed
        if record.seq == sealed_seq and record.hash != sealed_head:
            self._fault(record, "the book was signed here when the keys came, and its moves are others now")
        age = keys.age_of(signed_part(record.hash), record.mac) if record.mac is not None else None
        if age is None:
            if record.seq > sealed_seq or record.mac is not None:
                self._fault(
                    record,
                    f"{record.id}, {record.points:,} points, is signed with no key of this gateway: it was not written "
                    "by it",
                )
            return
        if not self._key_order.allows(age, record.at):
            self._fault(record, "it is signed with an older key than a move before it")

    def _lots(self, record: Record) -> list[tuple[str, int]]:
        if record.action not in ACTIONS:
            self._fault(record, f"there is no action {record.action!r}")
        lots = read_lots(record.lots)
        for day, points in lots:
            date.fromisoformat(day)
            if points <= 0:
                self._fault(record, "a lot without points")
        if sum(points for _, points in lots) != record.points or record.points <= 0:
            self._fault(record, "the lots do not add up to its points")
        if owned(self.book, record.source) is owned(self.book, record.target) is False:
            self._fault(record, "neither side belongs to the book")
        return lots

    def _prev(self, record: Record, source: Account, target: Account) -> None:
        if (record.source_prev, record.target_prev) != (source.last_seq, target.last_seq):
            self._fault(record, "its links to the moves before it in its accounts are wrong")

    def _hold(self, record: Record, source: Account, target: Account, lots: list[tuple[str, int]]) -> None:
        self._holds[record.id] = record
        source.held += record.points
        target.coming += record.points
        if owned(self.book, record.source):
            for day, points in lots:
                heap = source.heaps.get(day)
                if heap is None or heap[0] - heap[1] < points:
                    self._fault(record, f"{record.source} has no {points} free points of {day} to hold")
                    heap = source.heaps.setdefault(day, [0, 0])
                heap[1] += points

    def _release(self, record: Record, source: Account, target: Account, lots: list[tuple[str, int]]) -> bool:
        hold = self._holds.get(record.hold or "")
        if hold is None:
            self._fault(record, f"it resolves the hold {record.hold}, which is not in the book")
            return False
        if hold.id in self._resolved:
            self._fault(record, f"the hold {hold.id} is resolved twice")
            return False
        self._resolved.add(hold.id)
        if (hold.source, hold.target, hold.points, hold.lots) != (*record[4:7], record.lots):
            self._fault(record, f"it is not what the hold {hold.id} promised")
        source.held -= record.points
        target.coming -= record.points
        if owned(self.book, record.source):
            for day, points in lots:
                source.heaps[day][1] -= points
        return True

    def _pay(self, record: Record, source: Account, target: Account, lots: list[tuple[str, int]]) -> None:
        source.posted -= record.points
        target.posted += record.points
        source.last_seq = target.last_seq = record.seq
        if owned(self.book, record.source):
            for day, points in lots:
                heap = source.heaps.get(day)
                if heap is None or heap[0] - heap[1] < points:
                    self._fault(record, f"{record.source} has no {points} free points of {day}")
                    heap = source.heaps.setdefault(day, [0, 0])
                heap[0] -= points
                if heap == [0, 0]:
                    del source.heaps[day]
        if owned(self.book, record.target):
            for day, points in lots:
                target.heaps.setdefault(day, [0, 0])[0] += points

    def _fault(self, record: Record, what: str) -> None:
        self._add_fault(f"move {record.seq}", what)

    def _add_fault(self, place: str, what: str) -> None:
        self.faults.append(Fault(self.book, place, what))
