"""What was granted in a project, as a list: who, what, when, by whom, and what was taken back of it.

The ledger's own moves are the list; what each member was granted in the project says in which books to look.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from sqlalchemy import Connection, Select, select, tuple_

from core_ledger import chart
from core_ledger.read_model import moment, moves, read_lots
from gateway.cities import tables
from gateway.cities.grants import grant_projects
from gateway.cities.grants.grant_cancellations import Cancelled, list_by_moves
from gateway.errors import ProblemError
from gateway.members import member_rows, mykey_ids
from gateway.platform.tables import members
from httpkit.clock import day_of

_members: Final = tables.project_members
PAGE_SIZE: Final = 100
CORRECTED: Final = "balance_corrected:"
"""Begins the id of a move that corrects a balance: it comes from the city as a grant does, and no project has granted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """One grant. `way`: one (by staff), file or venue; `granted_by` is a staff id, or "member" at a venue.

    `taken_back` came back of it; `owed` had been used before and is owed by the member.
    """

    grant: str
    mykey_id: str
    points: int
    at: datetime
    way: str
    granted_by: str
    note: str
    taken_back: int
    owed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantMove:
    """A grant as the ledger has it: its points, and the day on which they were issued."""

    points: int
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedPage:
    """The grants to some members, who was granted last comes first; `next_after` is where the next page begins."""

    grants: tuple[Granted, ...]
    next_after: str | None


def list_by_project(
    conn: Connection,
    code: str,
    project_id: str,
    *,
    mykey_id: str | None = None,
    since: date | None = None,
    until: date | None = None,
    after: str | None = None,
    limit: int = PAGE_SIZE,
) -> GrantedPage:
    """The grants to at most `limit` members, or to one; of the days from `since` to `until`, both included.

    Raises ProblemError: `unknown-project`, `unknown-member` (404).
    """
    grant_projects.require(conn, code, project_id)
    query = _granted_books(code, project_id, since, until)
    if mykey_id is not None:
        query = query.where(_members.c.book_id == _book_of(conn, mykey_id))
    if after is not None:
        book = _book_of(conn, after)
        last_on = conn.execute(
            select(_members.c.last_on).where(
                _members.c.book_id == book,
                _members.c.municipality == code,
                _members.c.project_id == project_id,
            )
        ).scalar_one_or_none()
        query = query.where(tuple_(_members.c.last_on, _members.c.book_id) < (last_on or "", book))
    books = list(conn.execute(query.limit(limit)).scalars())
    ids = _mykey_ids(conn, books)
    grants = list_by_books(conn, code, project_id, books, since=since, until=until)
    more = ids[books[-1]] if len(books) == limit and mykey_id is None else None
    return GrantedPage(grants=tuple(grants), next_after=more or None)


def read_books(
    conn: Connection, code: str, project_id: str, *, since: date | None, until: date | None
) -> BytesIO:
    """Whose grants `list_by_project` gives, in its order: a book a line, some 40 bytes each, for `list_by_books` later.

    Whoever is granted more meanwhile goes to the top of that order, and a page by page list would miss them. Raises
    ProblemError `unknown-project` (404).
    """
    grant_projects.require(conn, code, project_id)
    books = BytesIO()
    books.writelines(
        f"{book}\n".encode()
        for book in conn.execute(_granted_books(code, project_id, since, until)).scalars()
    )
    books.seek(0)
    return books


def list_by_books(
    conn: Connection,
    code: str,
    project_id: str,
    books: Sequence[str],
    *,
    since: date | None,
    until: date | None,
) -> list[Granted]:
    """The project's grants to these members in their order, of the days from `since` to `until`, both included."""
    granted = _grants(conn, code, project_id, books, _mykey_ids(conn, books))
    return [
        grant
        for book in books
        for grant in granted[book]
        if (since is None or day_of(grant.at) >= since) and (until is None or day_of(grant.at) <= until)
    ]


def _granted_books(code: str, project_id: str, since: date | None, until: date | None) -> Select[str]:
    """Who was granted last comes first."""
    query = select(_members.c.book_id).where(
        _members.c.municipality == code, _members.c.project_id == project_id
    )
    if since is not None:
        query = query.where(_members.c.last_on >= since.isoformat())
    if until is not None:
        query = query.where(_members.c.first_on <= until.isoformat())
    return query.order_by(_members.c.last_on.desc(), _members.c.book_id.desc())


def _grants(
    conn: Connection, code: str, project_id: str, books: Sequence[str], ids: dict[str, str]
) -> dict[str, list[Granted]]:
    rows = conn.execute(
        select(moves.c.book_id, moves.c.id, moves.c.points, moves.c.at, moves.c.reference, moves.c.details)
        .where(moves.c.book_id.in_(books), moves.c.source == chart.granted(code), moves.c.kind == "grant")
        .order_by(moves.c.book_id, moves.c.seq.desc())
    ).all()
    prefix, found = f"grant:{code}:{project_id}:", defaultdict[str, list[Granted]](list)
    rows = [row for row in rows if row.id.startswith(prefix)]
    taken = list_by_moves(conn, code, [row.id for row in rows])
    for row in rows:
        cancelled = taken.get((row.book_id, row.id), Cancelled())
        found[row.book_id].append(_granted(row, prefix, ids[row.book_id], cancelled))
    return found


def _granted(row: Any, prefix: str, mykey_id: str, cancelled: Cancelled) -> Granted:
    key = row.id.removeprefix(prefix)
    way = "venue" if key == "venue" else "one" if key.startswith("one:") else "file"
    return Granted(
        grant=row.id,
        mykey_id=mykey_id,
        points=row.points,
        at=moment(row.at),
        way=way,
        granted_by=json.loads(row.details).get("granted_by", "") if row.details else "",
        note=row.reference,
        taken_back=cancelled.taken,
        owed=cancelled.owed,
    )


def _book_of(conn: Connection, mykey_id: str) -> str:
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    had = None if member is not None or not known else mykey_ids.retired_from(conn, known)
    if member is None and had is None:
        raise member_rows.unknown_member()
    return chart.member_book(member.member_id if member is not None else str(had))


def _mykey_ids(conn: Connection, books: Sequence[str]) -> dict[str, str]:
    """The MyKey IDs behind these books; "" for a member who has none any more."""
    wanted = [book.removeprefix("member:") for book in books]
    rows = conn.execute(
        select(members.c.member_id, members.c.mykey_id).where(members.c.member_id.in_(wanted))
    )
    ids = {chart.member_book(row.member_id): row.mykey_id or "" for row in rows}
    return {book: ids.get(book, "") for book in books}


def require_grant(conn: Connection, code: str, project_id: str, book: str, grant: str) -> GrantMove:
    """One grant of a project to one member. Raises ProblemError `unknown-grant` (404)."""
    row = conn.execute(
        select(moves.c.id, moves.c.points, moves.c.lots).where(
            moves.c.book_id == book, moves.c.id == grant, moves.c.source == chart.granted(code)
        )
    ).one_or_none()
    if row is None or not row.id.startswith(f"grant:{code}:{project_id}:"):
        raise ProblemError(
            "unknown-grant", "There is no such grant in this project; choose one from its list."
        )
    return GrantMove(points=row.points, issued_on=date.fromisoformat(read_lots(row.lots)[0][0]))
