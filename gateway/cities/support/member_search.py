"""A member by what a caller has at hand: the number of a payment or an exchange, or the sum and day of a payment.

Only this city's: a payment at one of its shops, an exchange into its points. Anything else does not exist here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities.spending import spend_rows
from gateway.cities.spending.spend_rows import Spend
from gateway.exchanges import exchange_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.members import member_rows
from gateway.members.member_rows import Member
from gateway.model import JST
from gateway.platform.short_reference import tail_of, unknown_reference
from gateway.platform.typed_text import without_separators

MAX_MATCHES: Final = 50
_UUID: Final = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A payment or an exchange that fits, and whose it is."""

    member: Member
    spend: Spend | None = None
    exchange: Exchange | None = None


def by_reference(conn: Connection, code: str, typed: str, now: datetime) -> list[Match]:
    """By the 8 characters or the whole number of a payment or an exchange.

    Raises ProblemError `unknown-reference` (404) where nothing of this city has it.
    """
    whole = _UUID.fullmatch(without_separators(typed).lower())
    if whole:
        uuid = "-".join(whole.groups())
        spends, ids = spend_rows.list_by_id(conn, code, uuid), [uuid]
    else:
        tail = tail_of(typed)
        spends = spend_rows.list_by_reference(conn, tail, code=code, since=now - spend_rows.REFERENCE_PERIOD)
        ids = list(exchange_rows.ids_by_reference(conn, tail))
    matches = [*_spend_matches(conn, spends), *_exchange_matches(conn, code, ids)]
    if not matches:
        raise unknown_reference()
    return matches


def by_payment(conn: Connection, code: str, points: int, day: date, shop_id: str | None) -> list[Match]:
    """Payments of exactly so many points on a day in Japan, at any of the city's shops or at one; newest first."""
    spends = spend_rows.list_by_sum(
        conn,
        code,
        points,
        shop_id=shop_id,
        since=datetime.combine(day, time(), JST),
        until=datetime.combine(day + timedelta(days=1), time(), JST),
        limit=MAX_MATCHES,
    )
    return _spend_matches(conn, spends)


def _spend_matches(conn: Connection, spends: Iterable[Spend]) -> list[Match]:
    return [Match(member=_member(conn, spend.book_id), spend=spend) for spend in spends]


def _exchange_matches(conn: Connection, code: str, ids: Iterable[str]) -> list[Match]:
    matches = []
    for exchange_id in ids:
        book = exchange_rows.find_owner(conn, exchange_id)
        exchange = exchange_rows.find(conn, book, exchange_id) if book else None
        if exchange is not None and is_into(exchange, code):
            matches.append(Match(member=_member(conn, exchange.book_id), exchange=exchange))
    return matches


def is_into(exchange: Exchange, code: str) -> bool:
    """Whether an exchange brings points of this city: one without a quote has no destination yet."""
    return exchange.quote is not None and exchange.quote.destination.municipality == code


def _member(conn: Connection, book: str) -> Member:
    """Also one who has given the MyKey ID up: histories need them."""
    member = member_rows.find_member(conn, book.removeprefix("member:"))
    if member is None:
        raise member_rows.unknown_member()
    return member
