"""Linked partner accounts (移行用のサービスID): one partner account belongs to one member, never to two.

Sync functions of a Connection. Tokens go in and come out sealed; this file never opens them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_into, insert_new

_l = tables.linked_accounts
_o = tables.link_owners
_FIND: Final = CompiledStatement(
    select(_l).where(_l.c.book_id == bindparam("book"), _l.c.partner_id == bindparam("partner"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of a member's links; `token_sealed` is the plugin's secret, encrypted."""

    book_id: str
    partner_id: str
    service_id: str
    shown_as: str
    linked_at: datetime
    token_sealed: bytes | None = field(default=None, repr=False)


def find(conn: Connection, book_id: str, partner_id: str) -> Link | None:
    row = _FIND.first(conn, {"book": book_id, "partner": partner_id})
    return from_row(row) if row is not None else None


def list_by_member(conn: Connection, book_id: str) -> Sequence[Link]:
    query = select(_l).where(_l.c.book_id == book_id).order_by(_l.c.linked_at, _l.c.partner_id)
    return [from_row(row._asdict()) for row in conn.execute(query)]


def find_owner(conn: Connection, partner_id: str, key: str) -> str | None:
    """The book of the member who linked this account of the partner, or None. `key` is its `account_key`."""
    query = select(_o.c.book_id).where(_o.c.partner_id == partner_id, _o.c.service_id == key)
    return conn.execute(query).scalar()


def save(conn: Connection, link: Link, key: str | None = None) -> None:
    """Save or replace a member's link to a partner. `key` is the `account_key`, where it is not the service id.

    Raises ProblemError when the partner account is another member's; nothing is told about that member.
    """
    # This row first: whoever links another account of the partner for the same member waits here, and replaces it.
    saved = insert_into(conn, _l).values(
        book_id=link.book_id,
        partner_id=link.partner_id,
        service_id=link.service_id,
        shown_as=link.shown_as,
        token=link.token_sealed,
        linked_at=link.linked_at,
    )
    again = {name: saved.excluded[name] for name in ("service_id", "shown_as", "token", "linked_at")}
    conn.execute(saved.on_conflict_do_update(index_elements=[_l.c.book_id, _l.c.partner_id], set_=again))
    key = link.service_id if key is None else key
    new = insert_new(conn, _o, partner_id=link.partner_id, service_id=key, book_id=link.book_id)
    if not new and find_owner(conn, link.partner_id, key) != link.book_id:
        raise ProblemError(
            "account-linked-elsewhere",
            "this partner account is already linked to another member; if it is yours, unlink it there first"
            " or ask the service desk",
        )
    mine = (_o.c.partner_id == link.partner_id, _o.c.book_id == link.book_id)
    conn.execute(delete(_o).where(*mine, _o.c.service_id != key))


def remove(conn: Connection, book_id: str, partner_id: str, *, only: Link | None = None) -> bool:
    """Unlink; what was exchanged stays. Returns whether there was a link, or still the link of `only`."""
    which = delete(_l).where(_l.c.book_id == book_id, _l.c.partner_id == partner_id)
    if only is not None:
        which = which.where(
            _l.c.service_id == only.service_id,
            _l.c.linked_at == only.linked_at,
            _l.c.token.is_not_distinct_from(only.token_sealed),
        )
    gone = conn.execute(which).rowcount > 0
    if gone or only is None:
        conn.execute(delete(_o).where(_o.c.partner_id == partner_id, _o.c.book_id == book_id))
    return gone


def remove_all(conn: Connection, book_id: str) -> int:
    """Unlink everything of a member, with the tokens; whoever has these accounts may link them anew. Returns how many."""
    removed = conn.execute(delete(_l).where(_l.c.book_id == book_id)).rowcount
    conn.execute(delete(_o).where(_o.c.book_id == book_id))
    return removed


def hand_over(conn: Connection, link: Link, book_id: str, token_sealed: bytes | None) -> None:
    """Give a link to the book of the same person's other member, which has none to this partner.

    `token_sealed` is the secret, sealed for its new row.
    """
    # Taken out and put in anew: the book says on which machine a row lies, and no update carries it to another.
    this = (_l.c.book_id == link.book_id, _l.c.partner_id == link.partner_id)
    row = conn.execute(select(_l).where(*this).with_for_update()).one()
    conn.execute(delete(_l).where(*this))
    conn.execute(insert(_l), {**row._asdict(), "book_id": book_id, "token": token_sealed})
    mine = (_o.c.partner_id == link.partner_id, _o.c.book_id == link.book_id)
    conn.execute(update(_o).where(*mine).values(book_id=book_id))


def from_row(row: Mapping[str, Any]) -> Link:
    """A whole row, by column name."""
    return Link(
        book_id=row["book_id"],
        partner_id=row["partner_id"],
        service_id=row["service_id"],
        shown_as=row["shown_as"],
        linked_at=row["linked_at"],
        token_sealed=row["token"],
    )
