"""Daily anchors: one short digest a day that stands for every book, and proofs of one book against it.

Each day the heads of the books that changed become the leaves of a Merkle tree; its root, chained to the
day before, is the digest that can be published. A member who is handed a Proof can check with `verify_proof`,
which needs no database, that their history is part of what was published. Hashing is SHA-256 with leaves and
nodes told apart by their first byte, as in RFC 9162, section 2.1.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger.errors import BadMove
from core_ledger.hash_chain import GENESIS, Record, content
from core_ledger.tables import anchors, books, moves

# The ledger as a whole has the one name that no book can have.
ANCHORS_LOCK = 0x6C656467657201
LEDGER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What may be published for one day: `digest` (hex) over `books` changed heads and all days before."""

    day: date
    books: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One book's history up to an anchor, and the way from its head to the published digest. Hashes in hex.

    `contents` are the canonical contents of moves 1 to n; `path` lists, from leaf to root, the hash beside
    and whether it stands left or right.
    """

    book: str
    day: str
    contents: tuple[str, ...]
    path: tuple[tuple[str, str], ...]
    previous: str
    digest: str

    def to_json(self) -> str:
        """Write the proof as one JSON object, to be handed out."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Proof":
        """Read what to_json wrote."""
        read = json.loads(text)
        read["contents"] = tuple(read["contents"])
        read["path"] = tuple((side, beside) for side, beside in read["path"])
        return cls(**read)


def daily_digest(conn: Connection, day: date) -> Digest:
    """Anchor the heads of all books that changed since the last anchor, and return the day's digest.

    A day that has its digest keeps it: asked again, or twice at once, the same is returned. Days only go forward.
    """
    text = day.isoformat()
    row = anchors.c
    # SQLite has one writer; here two would chain to the same day before. A lock of the table would need the right to
    # change its rows, which a gateway's role has not.
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ANCHORS_LOCK})")
    stored = conn.execute(sa.select(anchors).where(row.book_id == LEDGER, row.day == text)).first()
    if stored is not None:
        return Digest(day=day, books=stored.seq, digest=stored.head.hex())
    last = conn.execute(
        sa.select(anchors).where(row.book_id == LEDGER).order_by(row.day.desc()).limit(1)
    ).first()
    if last is not None and last.day > text:
        raise BadMove("day", f"{last.day} is anchored already; give that day or a later one")
    known = anchors.alias()
    anchored = sa.select(sa.func.max(known.c.seq)).where(known.c.book_id == books.c.book_id).scalar_subquery()
    changed = sa.select(books.c.book_id, sa.literal(text), books.c.seq, books.c.head).where(
        books.c.seq > sa.func.coalesce(anchored, 0)
    )
    conn.execute(anchors.insert().from_select(["book_id", "day", "seq", "head"], changed))
    leaves = _leaves(conn, text)
    digest = chained(
        last.head if last is not None else GENESIS, text, merkle_root([found for _, found in leaves])
    )
    conn.execute(anchors.insert().values(book_id=LEDGER, day=text, seq=len(leaves), head=digest))
    return Digest(day=day, books=len(leaves), digest=digest.hex())


def digest_of(conn: Connection, day: date) -> Digest | None:
    """The digest that `day` was given, or None."""
    query = sa.select(anchors).where(anchors.c.book_id == LEDGER, anchors.c.day == day.isoformat())
    stored = conn.execute(query).first()
    return None if stored is None else Digest(day=day, books=stored.seq, digest=stored.head.hex())


def count_moves(conn: Connection) -> int:
    """How many moves there are by the books' own rows, without reading the moves."""
    return int(conn.scalar(sa.select(sa.func.coalesce(sa.func.sum(books.c.seq), 0))) or 0)


def proof(conn: Connection, book: str, day: date | None = None) -> Proof | None:
    """Make the proof of a book's history as anchored on `day`, or at its last anchor; None: never anchored."""
    row = anchors.c
    query = sa.select(anchors).where(row.book_id == book).order_by(row.day.desc()).limit(1)
    if day is not None:
        query = query.where(row.day <= day.isoformat())
    anchor = conn.execute(query).first()
    if anchor is None:
        return None
    records = conn.execute(
        sa.select(moves).where(moves.c.book_id == book, moves.c.seq <= anchor.seq).order_by(moves.c.seq)
    )
    leaves = _leaves(conn, anchor.day)
    place = [name for name, _ in leaves].index(book)
    digests = conn.execute(
        sa.select(row.day, row.head)
        .where(row.book_id == LEDGER, row.day <= anchor.day)
        .order_by(row.day.desc())
        .limit(2)
    ).all()
    return Proof(
        book=book,
        day=anchor.day,
        contents=tuple(content(Record._make(record)).decode() for record in records),
        path=tuple(merkle_path([found for _, found in leaves], place)),
        previous=(digests[1].head if len(digests) > 1 else GENESIS).hex(),
        digest=digests[0].head.hex(),
    )


def verify_proof(given: Proof, published: str) -> bool:
    """Say whether a proof leads to the digest that was `published` (hex). Pure: needs no database.

    True means: these very moves, in this order and no others, were this book's history on that day.
    """
    head = GENESIS
    for text in given.contents:
        columns = json.loads(text)
        if columns[0] != given.book:
            return False
        head = hashlib.sha256(head + text.encode()).digest()
    found = leaf(given.book, len(given.contents), head)
    for side, beside in given.path:
        pair = (bytes.fromhex(beside), found) if side == "left" else (found, bytes.fromhex(beside))
        found = _node(*pair)
    return chained(bytes.fromhex(given.previous), given.day, found).hex() == given.digest == published


def leaf(book: str, seq: int, head: bytes) -> bytes:
    """Hash one book's head into a leaf."""
    return hashlib.sha256(b"\x00" + json.dumps([book, seq, head.hex()], ensure_ascii=False).encode()).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Hash leaves pairwise up to one root; the last of an odd row moves up as it is; no leaves: all zeros."""
    row = list(leaves)
    while len(row) > 1:
        row = _row_above(row)
    return row[0] if row else GENESIS


def merkle_path(leaves: Sequence[bytes], place: int) -> list[tuple[str, str]]:
    """List the hashes beside the way from leaf `place` to the root."""
    row, path = list(leaves), []
    while len(row) > 1:
        beside = place ^ 1
        if beside < len(row):
            path.append(("left" if beside < place else "right", row[beside].hex()))
        row, place = _row_above(row), place // 2
    return path


def chained(previous: bytes, day: str, root: bytes) -> bytes:
    """Chain a day's root to the digest of the day before it."""
    return hashlib.sha256(previous + day.encode() + root).digest()


def _row_above(row: Sequence[bytes]) -> list[bytes]:
    above = [_node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
    return above if len(row) % 2 == 0 else [*above, row[-1]]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _leaves(conn: Connection, day: str) -> list[tuple[str, bytes]]:
    rows = conn.execute(
        sa.select(anchors)
        .where(anchors.c.day == day, anchors.c.book_id != LEDGER)
        .order_by(anchors.c.book_id)
    )
    return [(row.book_id, leaf(row.book_id, row.seq, row.head)) for row in rows]
