"""Payments that come at the same moment, decided together: a hall full of shops is one transaction.

Decided one after the other, each payment asks some fifteen questions, and the last of 32 waits for all of them. A
set asks each of those questions once, about all of its payments. It makes only what is plain: an unknown payment at
an open shop, a fresh code, points that are there, none of them expired, no other payment of the same member beside
it. Whatever is not plain is left, and decided alone by `gateway.municipal.spending`, which has the words for it. So
the rules are not written twice: here it is only found out that none of them stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import Connection

from core_ledger import LedgerError, ledger
from gateway import directory
from gateway.errors import Refused
from gateway.municipal import expiry, member_days, pay_codes, point_rules, shop_records
from gateway.municipal import spend_records as records
from gateway.municipal.city_desk import day_of
from gateway.municipal.point_rules import PointRule, RuleVersion
from gateway.municipal.spend_records import Paid, Payment, Wish
from gateway.records import standing
from gateway.records.standing import Standing

MOST_AT_ONCE: Final = 64


class NotTogether(Exception):
    """Something that was looked at turned out otherwise; nothing of the set is written."""


def pay_all(conn: Connection, wishes: Sequence[Wish]) -> list[Paid | None]:
    """Make what is plain of a set, in the caller's transaction; None for what has to be decided alone.

    Raises NotTogether: then all of them have to be.
    """
    found = _Found(conn, wishes)
    plain = [(wish, payment) for wish in wishes if (payment := found.plain(wish)) is not None]
    plain = _within_limits(conn, plain, found)
    answers = ledger.apply_groups(conn, [[payment.move()] for _, payment in plain])
    made: dict[int, Paid] = {}  # by wish: two of them may have one id
    for (wish, payment), receipts in zip(plain, answers, strict=True):
        if isinstance(receipts, LedgerError) or receipts[0].replayed:
            raise NotTogether
        rule = found.rule(payment)
        made[id(wish)] = Paid(
            spend=payment.made(receipts[0].lots, rule.unit_value_yen),
            shop_name=found.shops[wish.municipality, wish.shop_id],
            left=found.standing(payment).balance.available - payment.wish.points,
            replayed=False,
        )
    pay_codes.use_up(conn, {wish.code_hash: wish.spend_id for wish, _ in plain if wish.code_hash})
    records.add_spends(conn, [paid.spend for paid in made.values()])
    return [made.get(id(wish)) for wish in wishes]


class _Found:
    """What the database says about all wishes of a set, each question asked once."""

    def __init__(self, conn: Connection, wishes: Sequence[Wish]) -> None:
        self._conn = conn
        self._known = records.known_ids(conn, [wish.spend_id for wish in wishes])
        self._codes = pay_codes.fresh_ones(conn, [wish.code_hash for wish in wishes if wish.code_hash])
        self.shops: dict[tuple[str, str], str] = {}  # those that are open, with their names
        for city, those in _by(wishes, lambda wish: wish.municipality).items():
            ids = sorted({wish.shop_id for wish in those})
            names = shop_records.names_of_open(conn, city, ids)
            self.shops |= {(city, shop_id): name for shop_id, name in names.items()}
        self._payments = _first_of_each((wish, self._payment(wish)) for wish in wishes)
        self._rules: dict[tuple[str, str], list[RuleVersion]] = {}
        self._rule_of: dict[tuple[str, str, date], PointRule] = {}
        self._expired: dict[tuple[str, str, date, date], bool] = {}
        payments = [payment for _, payment in self._payments.values()]
        for service in sorted({(one.wish.municipality, one.point_service) for one in payments}):
            self._rules[service] = point_rules.versions(conn, *service)
        # Held before they are looked at, in one order for everybody: what is drawn afterwards is what is seen here.
        expiry.hold_books(conn, [one.book for one in payments])
        self._standings = standing.of_accounts(conn, [(one.book, one.account) for one in payments])

    def plain(self, wish: Wish) -> Payment | None:
        """The payment, where nothing stands in its way but a limit of the day."""
        first, payment = self._payments.get(wish.spend_id, (None, None))
        if payment is None or first is not wish:
            return None
        there = self.standing(payment)
        if there.balance.available < payment.wish.points or any(
            heap.available and self._is_expired(payment, heap.issued_on) for heap in there.heaps
        ):
            return None
        return payment

    def rule(self, payment: Payment) -> PointRule:
        """The rule of the day."""
        service = (payment.wish.municipality, payment.point_service, day_of(payment.wish.at))
        rule = self._rule_of.get(service)
        if rule is None:
            rule = self._rule_of[service] = point_rules.in_force(self._rules[service[:2]], service[2])
        return rule

    def _is_expired(self, payment: Payment, issued_on: date) -> bool:
        service = (payment.wish.municipality, payment.point_service)
        asked = (*service, day_of(payment.wish.at), issued_on)
        expired = self._expired.get(asked)
        if expired is None:
            expired = self._expired[asked] = expiry.is_expired(self._rules[service], issued_on, asked[2])
        return expired

    def standing(self, payment: Payment) -> Standing:
        return self._standings[payment.book, payment.account]

    def _payment(self, wish: Wish) -> Payment | None:
        if wish.spend_id in self._known or (wish.municipality, wish.shop_id) not in self.shops:
            return None
        if not wish.code_hash:
            try:
                directory.require_known_service(self._conn, wish.municipality, wish.point_service)
            except Refused:
                return None
            return wish.of(wish.member_id, wish.point_service)
        code = self._codes.get(wish.code_hash)
        if code is None or code.municipality != wish.municipality or wish.at >= code.ends_at:
            return None
        return wish.of(code.book_id.removeprefix("member:"), code.point_service)


def _first_of_each(payments: Iterable[tuple[Wish, Payment | None]]) -> dict[str, tuple[Wish, Payment]]:
    """By id, one of each member: what a second one may draw, the first decides."""
    members: set[str] = set()
    first: dict[str, tuple[Wish, Payment]] = {}
    for wish, payment in payments:
        if payment is not None and wish.spend_id not in first and payment.member_id not in members:
            members.add(payment.member_id)
            first[wish.spend_id] = (wish, payment)
    return first


def _within_limits(
    conn: Connection, plain: list[tuple[Wish, Payment]], found: _Found
) -> list[tuple[Wish, Payment]]:
    """Count those that a limit of the day concerns, and leave out those that it does not allow."""
    limited = [payment for _, payment in plain if found.rule(payment).most_spent_a_day is not None]
    beyond: set[str] = set()
    days = _by(limited, lambda one: (one.wish.municipality, one.point_service, day_of(one.wish.at)))
    for (city, service, day), those in days.items():
        most = found.rule(those[0]).most_spent_a_day or 0
        wanted = {payment.book: payment.wish.points for payment in those}
        beyond |= member_days.count_many(conn, city, service, day, "spent", wanted, most)
    return [(wish, payment) for wish, payment in plain if payment.book not in beyond]


_T = TypeVar("_T")
_K = TypeVar("_K")


def _by(all_of_them: Iterable[_T], key: Callable[[_T], _K]) -> Mapping[_K, list[_T]]:
    found: dict[_K, list[_T]] = {}
    for one in all_of_them:
        found.setdefault(key(one), []).append(one)
    return found
