"""Which records of the journal's second stream a database has forgotten. How they come back is not known here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from core_ledger.read_model import moves
from gateway.platform import tables
from gateway.platform.record_stream import (
    DEED,
    KINDS,
    MEMBER_ERASED,
    MEMBER_REVOKED,
    MOVE,
    PROOF_ENDED,
)
from gateway.platform.states import MemberState

RECORDS_SETTLED: Final = "records left"
"""The kind of a line that says: a person has dealt with these records otherwise, they are not missing any more."""

_PASSWORD: Final = "password"  # noqa: S105  a kind of proof
_PAGE: Final = 400

Line = Mapping[str, Any]


def record_id(line: Line) -> str:
    """What a record is called where people name it: the same for the same record, however often it is in the journal."""
    match line["kind"]:
        case "move":
            text = f"{line['book']} {line['id']} {line['target']} {line['points']}"
        case "deed":
            text = str(line["hash"])
        case "proof ended":
            text = f"{line['member']} {line['way']} {line['proof']}"
        case _:
            text = f"{line['member']} {line['into']}" if line.get("into") else str(line["member"])
    return hashlib.sha256(f"{line['kind']} {text}".encode()).hexdigest()[:20]


def list_forgotten_records(conn: Connection, lines: Iterable[Line]) -> list[Line]:
    """Those records that this database does not have and nobody has left, in the order of the journal."""
    records: dict[str, Line] = {}
    left: set[str] = set()
    for line in lines:
        if line["kind"] in KINDS:
            records.setdefault(record_id(line), line)
        elif line["kind"] == RECORDS_SETTLED:
            left |= set(line["records"])
    waiting = {name: line for name, line in records.items() if name not in left}
    known: set[str] = set()
    for kind, find in (
        (MOVE, _known_moves),
        (DEED, _known_deeds),
        (MEMBER_REVOKED, _known_revocations),
        (MEMBER_ERASED, _known_erasures),
        (PROOF_ENDED, _known_proof_ends),
    ):
        names = [name for name, line in waiting.items() if line["kind"] == kind]
        for start in range(0, len(names), _PAGE):
            known |= find(conn, {name: waiting[name] for name in names[start : start + _PAGE]})
    return [line for name, line in waiting.items() if name not in known]


def _known_moves(conn: Connection, page: Mapping[str, Line]) -> set[str]:
    m = moves.c
    query = select(m.book_id, m.id, m.target, m.points).where(
        m.book_id.in_({line["book"] for line in page.values()}),
        m.id.in_({line["id"] for line in page.values()}),
    )
    # An id that stands for other points since is another move: this one is missing.
    present = {(row.book_id, row.id, row.target, row.points) for row in conn.execute(query)}
    return {
        name
        for name, line in page.items()
        if (line["book"], line["id"], line["target"], line["points"]) in present
    }


def _known_deeds(conn: Connection, page: Mapping[str, Line]) -> set[str]:
    a = tables.audit_lines.c
    query = select(a.municipality, a.hash).where(
        a.municipality.in_({line["municipality"] for line in page.values()}),
        a.seq.in_({line["seq"] for line in page.values()}),
    )
    present = {(row.municipality, row.hash.hex()) for row in conn.execute(query)}
    return {name for name, line in page.items() if (line["municipality"], line["hash"]) in present}


def _known_revocations(conn: Connection, page: Mapping[str, Line]) -> set[str]:
    """Members who are revoked here, or whom the database does not know at all: nobody signs in as them.

    A merged one is known when it says as well whom the same person is.
    """
    m = tables.members.c
    members = {line["member"] for line in page.values()}
    rows = {
        row.member_id: row
        for row in conn.execute(select(m.member_id, m.state, m.merged_into).where(m.member_id.in_(members)))
    }
    return {
        name
        for name, line in page.items()
        if (row := rows.get(line["member"])) is None
        or (row.state == MemberState.REVOKED and (not line.get("into") or row.merged_into is not None))
    }


def _known_erasures(conn: Connection, page: Mapping[str, Line]) -> set[str]:
    """Members of whom nothing is kept here any more, or whom the database does not know at all."""
    m = tables.members.c
    members = {line["member"] for line in page.values()}
    query = select(m.member_id).where(m.member_id.in_(members), m.erased_at.is_(None))
    kept = set(conn.execute(query).scalars())
    return {name for name, line in page.items() if line["member"] not in kept}


def _known_proof_ends(conn: Connection, page: Mapping[str, Line]) -> set[str]:
    """Proofs by which nobody signs in here.

    A password has no row before somebody has come in by it, and one without a moment where it came with a list: each that
    took another's place has a row and a moment.
    """
    p, m = tables.member_proofs.c, tables.members.c
    ids = {line["proof"] for line in page.values()}
    members = {line["member"] for line in page.values() if line["way"] == _PASSWORD}
    living = set(conn.execute(select(p.proof_id).where(p.proof_id.in_(ids))).scalars())
    have_password = set(
        conn.execute(
            select(m.member_id).where(m.member_id.in_(members), m.password_hash.is_not(None))
        ).scalars()
    )
    replaced = set(
        conn.execute(
            select(p.member_id).where(p.member_id.in_(members), p.kind == _PASSWORD, p.added_at.is_not(None))
        ).scalars()
    )
    return {
        name
        for name, line in page.items()
        if line["proof"] not in living
        and (line["way"] != _PASSWORD or line["member"] not in have_password - replaced)
    }
