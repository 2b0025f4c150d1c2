"""One timeline of a member in one city: what happened to the points, to exchanges on their way, and to the account.

Few indexed reads whatever the history's length: each account's own chain in the ledger gives the newest lines, and what
is no move of points is read for the time between a page's first line and its last. Other cities' points, the reserve
and exchanges to elsewhere are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, select

from core_ledger import Entry, chart, entries
from core_ledger.read_model import Position, moment, moves
from gateway.cities.grants import grant_cancellations
from gateway.cities.spending import pay_cards
from gateway.cities.spending.pay_cards import HolderState
from gateway.cities.statistics.counterparty_names import parties
from gateway.cities.support.member_search import is_into
from gateway.exchanges import exchange_rows, link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.states import State
from gateway.members import lockout, member_events, proofs
from gateway.members.member_events import MemberEvent
from gateway.members.member_rows import Member
from gateway.members.proofs import Proof
from gateway.points import account_positions
from gateway.points import rules as point_rules
from gateway.points.expiry import ExpiryDue, last_days
from httpkit.clock import day_of

MAX_OTHERS: Final = 200
"""Exchanges and events of the account that stand beside one page of moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a move of points (`entry`), an exchange that has brought none (`exchange`), or an event of the account.

    `party` is what the shop or the project on the other side is called; `cancellable` what can still be taken back of a grant.
    """

    at: datetime
    entry: Entry | None = None
    point_service: str = ""
    party: str | None = None
    cancellable: int = 0
    exchange: Exchange | None = None
    event: MemberEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBalance:
    """A member's points of one point service: what can be used, and what ends when."""

    point_service: str
    points: int
    held: int
    due: tuple[ExpiryDue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the member signs in: what the desk needs to help. `locked_until` is the longest lock that stands."""

    proofs: tuple[Proof, ...]
    language: str
    registered_at: datetime
    locked_until: datetime | None
    notices_read_until: datetime | None
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`next_before` is where the next page begins, None at the end; `owed` of grants that were taken back."""

    member: Member
    balances: tuple[ServiceBalance, ...]
    owed: int
    access: Access | None
    pay_cards: HolderState | None
    lines: tuple[Line, ...]
    next_before: int | None


def read(
    conn: Connection,
    code: str,
    member: Member,
    now: datetime,
    *,
    login_hash: str | None,
    before: int | None = None,
    limit: int,
) -> Timeline:
    """The newest `limit` moves in this city, or those before the move `before`, with what else happened among them.

    Without `login_hash` neither the account's events and links nor its cards are read: not everybody is shown them.
    """
    book, today = chart.member_book(member.member_id), day_of(now)
    prefix = f"{book}:municipality:{code}:"
    held = {
        account.removeprefix(prefix): position
        for account, position in account_positions.of_book(conn, book).items()
        if account.startswith(prefix)
    }
    newest = sorted(
        (
            (service, entry)
            for service in held
            for entry in entries(conn, book, prefix + service, before=before, limit=limit)
        ),
        key=lambda pair: pair[1].seq,
        reverse=True,
    )[:limit]
    more = len(newest) == limit
    since = newest[-1][1].at if more else None
    until = None if before is None else _at_of(conn, book, before)
    lines = [
        *_moves(conn, code, book, newest),
        *_exchanges(conn, code, book, since, until),
        *(_events(conn, member, since, until) if login_hash is not None else ()),
    ]
    return Timeline(
        member=member,
        balances=tuple(_balances(conn, code, held, today)),
        owed=grant_cancellations.owed_by(conn, code, book),
        access=None if login_hash is None else _access(conn, member, book, login_hash, now),
        pay_cards=None if login_hash is None else pay_cards.state_of(conn, book, code, now),
        lines=tuple(sorted(lines, key=lambda line: line.at, reverse=True)),
        next_before=newest[-1][1].seq if more else None,
    )


def _balances(
    conn: Connection, code: str, held: Mapping[str, Position], today: date
) -> Iterable[ServiceBalance]:
    for service, position in sorted(held.items()):
        due = [
            each
            for each in last_days(point_rules.versions(conn, code, service), position.lots)
            if each.last_day is None or each.last_day >= today
        ]
        yield ServiceBalance(
            point_service=service,
            points=sum(each.points for each in due),
            held=position.balance.held,
            due=tuple(due),
        )


def _moves(conn: Connection, code: str, book: str, newest: list[tuple[str, Entry]]) -> Iterable[Line]:
    names = parties(conn, [entry for _, entry in newest])
    grants = [entry.transfer_id for _, entry in newest if entry.kind == "grant"]
    taken = grant_cancellations.list_by_moves(conn, code, grants) if grants else {}
    for service, entry in newest:
        before = taken.get((book, entry.transfer_id))
        left = entry.points - (before.taken + before.owed if before else 0)
        yield Line(
            at=entry.at,
            entry=entry,
            point_service=service,
            party=names.get(entry.seq),
            cancellable=left if entry.kind == "grant" else 0,
        )


def _exchanges(
    conn: Connection, code: str, book: str, since: datetime | None, until: datetime | None
) -> Iterable[Line]:
    """What is settled is a move of points already."""
    for exchange in exchange_rows.list_in_period(conn, book, since=since, until=until, limit=MAX_OTHERS):
        if exchange.state is not State.SETTLED and is_into(exchange, code):
            yield Line(at=exchange.started_at, exchange=exchange)


def _events(
    conn: Connection, member: Member, since: datetime | None, until: datetime | None
) -> Iterable[Line]:
    for event in member_events.list_by_member(conn, member.member_id, since or member.created_at, until):
        yield Line(at=event.at, event=event)


def _access(conn: Connection, member: Member, book: str, login_hash: str, now: datetime) -> Access:
    return Access(
        proofs=tuple(proofs.list_by_member(conn, member.member_id)),
        language=member.language,
        registered_at=member.created_at,
        locked_until=lockout.locked_until(conn, login_hash, now),
        notices_read_until=member_events.find_read_until(conn, member.member_id),
        links=tuple(link_rows.list_by_member(conn, book)),
    )


def _at_of(conn: Connection, book: str, seq: int) -> datetime | None:
    """When a move was made; None for a number that the book does not have."""
    at = conn.execute(select(moves.c.at).where(moves.c.book_id == book, moves.c.seq == seq)).scalar()
    return None if at is None else moment(at)
