"""All that is kept of one member, as one document (本人開示): what it is, since when, why, how long, and every row.

Encrypted and hashed values stay inside: they open nothing for the member, and something for whoever finds the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, or_, select, tuple_

from core_ledger import chart
from core_ledger.read_model import moment, moves
from gateway.cities import tables as city
from gateway.cities.member_data.personal_data import PERSONAL_DATA, PersonalData, retention_days
from gateway.members import member_rows
from gateway.members.mail_addresses import address_of
from gateway.members.member_rows import Member
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.retention import Retention
from gateway.points import account_positions

Value = str | int | None
Row = Mapping[str, Value]

_members = tables.members
_MOVES_BATCH_SIZE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of data. `since` is the oldest row's moment; `days` after how many days a row goes, None: see `about.retention`."""

    about: PersonalData
    days: int | None
    since: datetime | None
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """The whole record of one member."""

    made_at: datetime
    mykey_id: str
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of:
    """Whose data, and where they are read. `member_ids` are of the member and of all who were merged into it."""

    conn: Connection
    vault: Vault
    member: Member
    member_ids: Sequence[str]

    @property
    def books(self) -> list[str]:
        return [chart.member_book(member_id) for member_id in self.member_ids]

    def mykey_ids(self) -> list[str]:
        retired = tables.retired_mykey_ids
        now = self.conn.execute(select(_members.c.mykey_id).where(_members.c.member_id.in_(self.member_ids)))
        before = self.conn.execute(select(retired.c.mykey_id).where(retired.c.member_id.in_(self.member_ids)))
        return sorted({*now.scalars(), *before.scalars()})


def read_record(
    conn: Connection, vault: Vault, member: Member, retention: Retention, now: datetime
) -> MemberRecord:
    """Read all of it as one moment of the database sees it."""
    merged = member_rows.list_merged_into(conn, member.member_id)
    of = _Of(conn=conn, vault=vault, member=member, member_ids=[member.member_id, *merged])
    sections = []
    for about in PERSONAL_DATA:
        rows = list(_READERS[about.name](of))
        times = [value for row in rows for name, value in row.items() if name in _TIMES and value]
        sections.append(
            Section(
                about=about,
                days=retention_days(about.retention, retention),
                since=min((datetime.fromisoformat(str(value)) for value in times), default=None),
                rows=rows,
            )
        )
    return MemberRecord(made_at=now, mykey_id=member.mykey_id, sections=sections)


_TIMES: Final = frozenset(
    {
        "registered_at", "added_at", "retired_at", "set_at", "started_at", "at", "linked_at", "uploaded_at", "settled_at",
        "issued_at",
    }
)  # fmt: skip


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _rows(of: _Of, table: Any, column: Any, values: Sequence[str], **names: str) -> Iterable[Row]:
    """The rows of a table of these values, each column under the name that is given for it, in the key's order."""
    query = select(table).where(column.in_(values)).order_by(*table.primary_key.columns)
    for row in of.conn.execute(query).mappings():
        yield {name: _value(row[source]) for name, source in names.items()}


def _value(value: Any) -> Value:
    return _moment(value) if isinstance(value, datetime) else value


def _person(of: _Of) -> Iterable[Row]:
    member = of.member
    yield {
        "mykey_id": member.mykey_id, "display_name": member.display_name, "language": member.language,
        "default_municipality": member.default_municipality, "default_point_service": member.default_point_service,
        "state": member.state.value, "registered_at": _moment(member.created_at),
    }  # fmt: skip


def _proofs(of: _Of) -> Iterable[Row]:
    proofs = tables.member_proofs
    return _rows(
        of, proofs, proofs.c.member_id, of.member_ids, kind="kind", issuer="issuer", name="name", added_at="added_at",
        used_at="used_at",
    )  # fmt: skip


def _former_mykey_ids(of: _Of) -> Iterable[Row]:
    retired = tables.retired_mykey_ids
    return _rows(
        of, retired, retired.c.member_id, of.member_ids, mykey_id="mykey_id", retired_at="retired_at"
    )


def _sessions(of: _Of) -> Iterable[Row]:
    sessions = tables.sessions
    return _rows(
        of, sessions, sessions.c.member_id, of.member_ids, client="client_id", started_at="created_at",
        last_seen_at="seen_at", ends_at="ends_at",
    )  # fmt: skip


def _account_events(of: _Of) -> Iterable[Row]:
    events = tables.member_events
    return _rows(of, events, events.c.member_id, of.member_ids, kind="kind", at="at")


def _representatives(of: _Of) -> Iterable[Row]:
    appointed = tables.representations
    return _rows(
        of, appointed, appointed.c.member_id, of.member_ids, municipality="municipality", representative="actor_id",
        kind="kind", starts_on="starts_on", ends_on="ends_on", reason="reason", appointed_at="appointed_at",
        ended_at="ended_at",
    )  # fmt: skip


def _mail(of: _Of) -> Iterable[Row]:
    mail = tables.member_mail
    query = select(mail).where(mail.c.member_id.in_(of.member_ids), mail.c.address_sealed.is_not(None))
    for row in of.conn.execute(query):
        yield {
            "address": address_of(of.vault, row), "set_at": _moment(row.set_at),
            "confirmed_at": _moment(row.confirmed_at), "stopped_at": _moment(row.stopped_at),
        }  # fmt: skip


def _partner_links(of: _Of) -> Iterable[Row]:
    links = tables.linked_accounts
    return _rows(
        of, links, links.c.book_id, of.books, partner="partner_id", account="service_id", shown_as="shown_as",
        linked_at="linked_at",
    )  # fmt: skip


def _exchanges(of: _Of) -> Iterable[Row]:
    exchanges = tables.exchanges
    return _rows(
        of, exchanges, exchanges.c.book_id, of.books, exchange_id="exchange_id", partner="partner_id", state="state",
        points="points", account="service_id", reference="reference", reason="reason", started_at="started_at",
        sent_at="sent_at", ended_at="ended_at", reversed_points="reversed_points",
    )  # fmt: skip


def _moves(of: _Of) -> Iterable[Row]:
    for book in of.books:
        query = select(moves).where(moves.c.book_id == book).order_by(moves.c.seq)
        for row in of.conn.execute(query.execution_options(yield_per=_MOVES_BATCH_SIZE)):
            yield {
                "seq": row.seq, "at": moment(row.at).astimezone(JST).isoformat(), "kind": row.kind,
                "action": row.action, "from": _plain_account(book, row.source), "to": _plain_account(book, row.target),
                "points": row.points, "issued": ", ".join(day for day, _ in json.loads(row.lots)),
                "reference": row.reference or None, "details": row.details or None,
            }  # fmt: skip


def _balances(of: _Of) -> Iterable[Row]:
    for book in of.books:
        for account, position in account_positions.of_book(of.conn, book).items():
            balance = position.balance
            if balance.posted:
                name = _plain_account(book, account)
                yield {"account": name, "points": balance.posted, "held": balance.held}


def _plain_account(book: str, account: str) -> str:
    """An account without the number of its book, which means nothing to anybody."""
    return account.removeprefix(f"{book}:")


def _payments(of: _Of) -> Iterable[Row]:
    """Found by the member's own book, which names them: payments have no index by member (decision 023)."""
    spends = city.spends
    named = select(moves.c.reference).where(moves.c.book_id.in_(of.books), moves.c.kind == "spend")
    query = (
        select(spends)
        .where(spends.c.spend_id.in_(named), spends.c.book_id.in_(of.books))
        .order_by(*spends.primary_key.columns)
    )
    for row in of.conn.execute(query):
        yield {
            "payment_id": row.spend_id, "municipality": row.municipality, "point_service": row.point_service,
            "shop": row.shop_id, "points": row.points, "yen": row.yen, "at": _moment(row.at),
            "refunded_points": row.refunded_points,
        }  # fmt: skip


def _point_cards(of: _Of) -> Iterable[Row]:
    cards = city.pay_cards
    return _rows(
        of, cards, cards.c.book_id, of.books, municipality="municipality", point_service="point_service",
        last_digits="last_digits", issued_at="issued_at", stopped_at="stopped_at",
    )  # fmt: skip


def _grants(of: _Of) -> Iterable[Row]:
    granted = city.project_members
    return _rows(
        of, granted, granted.c.book_id, of.books, municipality="municipality", project="project_id", grants="grants",
        points="points", first_on="first_on", last_on="last_on",
    )  # fmt: skip


def _grant_lists(of: _Of) -> Iterable[Row]:
    lines, files = city.grant_lines, city.grant_files
    query = (
        select(lines, files.c.municipality, files.c.project_id, files.c.name, files.c.uploaded_at)
        .join(files, files.c.file_id == lines.c.file_id)
        .where(or_(lines.c.member_id.in_(of.member_ids), lines.c.mykey_id.in_(of.mykey_ids())))
        .order_by(files.c.uploaded_at, lines.c.file_id, lines.c.line)
    )
    for row in of.conn.execute(query):
        yield {
            "municipality": row.municipality, "project": row.project_id, "file": row.name, "mykey_id": row.mykey_id,
            "points": row.points, "note": row.note, "columns": row.kept, "uploaded_at": _moment(row.uploaded_at),
        }  # fmt: skip


def _carried_in(of: _Of) -> Iterable[Row]:
    """Lines of files with the member's MyKey ID, those of numbers taken over by code, and numbers whose file is lost."""
    lines, files, numbers = city.carry_in_lines, city.carry_ins, city.carried_numbers
    own = {
        (row.file_id, row.number): row
        for row in of.conn.execute(select(numbers).where(numbers.c.member_id.in_(of.member_ids)))
    }
    # Asked for one by one and without a join: else SQLite reads all lines of all files.
    conditions = [or_(lines.c.member_id.in_(of.member_ids), lines.c.mykey_id.in_(of.mykey_ids()))]
    if own:
        conditions.append(tuple_(lines.c.file_id, lines.c.number).in_(list(own)))
    found = {
        (row.file_id, row.line): row
        for condition in conditions
        for row in of.conn.execute(select(lines).where(condition))
    }
    file_ids = {file_id for file_id, _ in found}
    file_of = {
        row.file_id: row for row in of.conn.execute(select(files).where(files.c.file_id.in_(file_ids)))
    }
    for row in sorted(
        found.values(), key=lambda row: (file_of[row.file_id].uploaded_at, row.file_id, row.line)
    ):
        file = file_of[row.file_id]
        own.pop((row.file_id, row.number), None)
        yield {
            "municipality": file.municipality, "number": row.number, "mykey_id": row.mykey_id,
            "point_service": row.point_service, "points": row.points, "issued_on": row.issued_on, "file": file.name,
            "uploaded_at": _moment(file.uploaded_at),
        }  # fmt: skip
    for row in own.values():  # came back from the journal without its file
        yield {
            "municipality": row.municipality, "number": row.number, "mykey_id": "", "point_service": None,
            "points": None, "issued_on": None, "file": "", "uploaded_at": _moment(row.carried_at),
        }  # fmt: skip


def _event_gifts(of: _Of) -> Iterable[Row]:
    gifts = tables.event_gifts
    return _rows(
        of, gifts, gifts.c.book_id, of.books, event="event_id", points="points", settled_at="settled_at"
    )


def _daily_sums(of: _Of) -> Iterable[Row]:
    days = city.member_days
    return _rows(
        of, days, days.c.book_id, of.books, municipality="municipality", point_service="point_service", day="day",
        spent="spent", granted="granted",
    )  # fmt: skip


def _looks(of: _Of) -> Iterable[Row]:
    """Lines about the member in every log; not by whom, which is another person's datum, but of which city."""
    lines = tables.audit_lines
    about = [*of.mykey_ids(), *of.member_ids]
    query = (
        select(lines.c.at, lines.c.municipality, lines.c.action)
        .where(lines.c.subject.in_(about))
        .order_by(lines.c.at, lines.c.municipality, lines.c.seq)
    )
    for row in of.conn.execute(query):
        yield {"at": _moment(row.at), "where": row.municipality, "what": row.action}


def _nothing(_: _Of) -> Iterable[Row]:
    """What is gone within minutes is named, and not listed."""
    return ()


_READERS: Final[Mapping[str, Callable[[_Of], Iterable[Row]]]] = {
    "person": _person,
    "proofs": _proofs,
    "former_mykey_ids": _former_mykey_ids,
    "sessions": _sessions,
    "account_events": _account_events,
    "representatives": _representatives,
    "mail": _mail,
    "partner_links": _partner_links,
    "exchanges": _exchanges,
    "moves": _moves,
    "balances": _balances,
    "payments": _payments,
    "point_cards": _point_cards,
    "grants": _grants,
    "grant_lists": _grant_lists,
    "carried_in": _carried_in,
    "event_gifts": _event_gifts,
    "daily_sums": _daily_sums,
    "looks": _looks,
    "for_minutes": _nothing,
}
