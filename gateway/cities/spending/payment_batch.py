"""Payments that come at the same moment, decided together: a hall full of shops is one transaction.

Decided one after the other, each payment asks some fifteen questions, and the last of 32 waits for all of them. A
set asks each of those questions once, about all of its payments. It makes only what is plain: an unknown payment at
an open shop, a fresh code, points that are there, none of them expired, no other payment of the same member beside
it. Whatever is not plain is left, and decided alone by `gateway.cities.spending.spending`, which has the words for it. So
the rules are not written twice: here it is only found out that none of them stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection

from core_ledger import LedgerError, LockedBooks, Transfer
from gateway.cities import daily_limits
from gateway.cities.shops import shop_rows
from gateway.cities.spending import pay_codes
from gateway.cities.spending import spend_rows as records
from gateway.cities.spending.spend_rows import Payment, PaymentRequest, PaymentResult
from gateway.errors import ProblemError
from gateway.members import step_up
from gateway.platform.clock import day_of
from gateway.points import directory, expiry, rules
from gateway.points.rules import PointRule, RuleVersion

MAX_BATCH: Final = 64


class BatchConflict(Exception):
    """Something that was looked at turned out otherwise; nothing of the set is written."""


def pay_all(conn: Connection, wishes: Sequence[PaymentRequest]) -> list[PaymentResult | None]:
    """Make what is plain of a set, in the caller's transaction; None for what has to be decided alone.

    Raises NotTogether: then all of them have to be.
    """
    batch_lookup = _BatchLookup(conn, wishes)
    plain = _within_limits(
        conn,
        [candidate for candidate in batch_lookup.asked if batch_lookup.is_plain(candidate)],
        batch_lookup,
    )
    made: dict[int, PaymentResult] = {}  # by wish: two of them may have one id
    for asked, receipt in zip(
        plain, batch_lookup.books.apply([candidate.move for candidate in plain]), strict=True
    ):
        if isinstance(receipt, LedgerError) or receipt.replayed:
            raise BatchConflict
        wish = asked.payment.wish
        made[id(wish)] = PaymentResult(
            spend=asked.payment.result(receipt.lot_movements, batch_lookup.rule(asked).unit_value_yen),
            shop_name=batch_lookup.shops[wish.municipality, wish.shop_id],
            left=batch_lookup.available(asked),
            replayed=False,
        )
    payment_requests = [candidate.payment.wish for candidate in plain]
    pay_codes.mark_used(
        conn,
        {
            payment_request.code_hash: payment_request.spend_id
            for payment_request in payment_requests
            if payment_request.code_hash
        },
    )
    records.add_spends(conn, [paid.spend for paid in made.values()])
    return [made.get(id(wish)) for wish in wishes]


class _Candidate(NamedTuple):
    """A payment, the move that it would be, and its day."""

    payment: Payment
    move: Transfer
    today: date


class _BatchLookup:
    """What the database says about all wishes of a set, each question asked once."""

    def __init__(self, conn: Connection, wishes: Sequence[PaymentRequest]) -> None:
        self._conn = conn
        records.lock_ids(conn, [wish.spend_id for wish in wishes])
        self._known = records.existing_ids(conn, [wish.spend_id for wish in wishes])
        unproven = [wish.member_id for wish in wishes if wish.member_id and not wish.is_proven]
        self._sums = step_up.find_above_of(conn, unproven) if unproven else {}
        self._codes = pay_codes.unused(conn, [wish.code_hash for wish in wishes if wish.code_hash])
        self.shops: dict[tuple[str, str], str] = {}  # those that are open, with their names
        for city, payment_requests in _by(
            wishes, lambda payment_request: payment_request.municipality
        ).items():
            ids = sorted({payment_request.shop_id for payment_request in payment_requests})
            names = shop_rows.open_shop_names(conn, city, ids)
            self.shops |= {(city, shop_id): name for shop_id, name in names.items()}
        payments = _first_of_each(self._payment(wish) for wish in wishes)
        self.asked = [_Candidate(payment, payment.move(), day_of(payment.wish.at)) for payment in payments]
        self._rules: dict[tuple[str, str], list[RuleVersion]] = {}
        self._rule_of: dict[tuple[str, str, date], PointRule] = {}
        self._expired: dict[tuple[str, str, date, date], bool] = {}
        for service in sorted({(payment.wish.municipality, payment.point_service) for payment in payments}):
            self._rules[service] = rules.versions(conn, *service)
        self.books = LockedBooks(conn, [candidate.move for candidate in self.asked])

    def is_plain(self, asked: _Candidate) -> bool:
        """Whether nothing stands in the way of a payment but a limit of the day."""
        move = asked.move
        return self.available(asked) >= move.points and not any(
            self._is_expired(asked, issued_on) for issued_on in self.books.days(move.book, move.source)
        )

    def available(self, asked: _Candidate) -> int:
        """What the member has, or has left once it is paid."""
        return self.books.available(asked.move.book, asked.move.source)

    def rule(self, asked: _Candidate) -> PointRule:
        """The rule of the day."""
        service = (asked.payment.wish.municipality, asked.payment.point_service, asked.today)
        rule = self._rule_of.get(service)
        if rule is None:
            rule = self._rule_of[service] = rules.in_force(self._rules[service[:2]], service[2])
        return rule

    def _is_expired(self, asked: _Candidate, issued_on: date) -> bool:
        service = (asked.payment.wish.municipality, asked.payment.point_service)
        key = (*service, asked.today, issued_on)
        expired = self._expired.get(key)
        if expired is None:
            expired = self._expired[key] = expiry.is_expired(self._rules[service], issued_on, asked.today)
        return expired

    def _payment(self, wish: PaymentRequest) -> Payment | None:
        if wish.spend_id in self._known or (wish.municipality, wish.shop_id) not in self.shops:
            return None
        if not wish.code_hash:
            if not wish.is_proven and wish.points > self._sums.get(wish.member_id, wish.points):
                return None
            try:
                directory.require_known_service(self._conn, wish.municipality, wish.point_service)
            except ProblemError:
                return None
            return wish.of(wish.member_id, wish.point_service)
        code = self._codes.get(wish.code_hash)
        if code is None or code.municipality != wish.municipality or wish.at >= code.ends_at:
            return None
        if not code.pays(wish.points):
            return None
        return wish.of(code.book_id.removeprefix("member:"), code.point_service)


def _first_of_each(payments: Iterable[Payment | None]) -> list[Payment]:
    """One of each id and of each member: what a second one may draw, the first decides."""
    ids: set[str] = set()
    members: set[str] = set()
    first = []
    for payment in payments:
        if payment is not None and payment.wish.spend_id not in ids and payment.member_id not in members:
            ids.add(payment.wish.spend_id)
            members.add(payment.member_id)
            first.append(payment)
    return first


def _within_limits(conn: Connection, plain: list[_Candidate], found: _BatchLookup) -> list[_Candidate]:
    """Count those that a limit of the day concerns, and leave out those that it does not allow."""
    limited = [candidate for candidate in plain if found.rule(candidate).most_spent_a_day is not None]
    beyond: set[str] = set()
    days = _by(
        limited,
        lambda candidate: (
            candidate.payment.wish.municipality,
            candidate.payment.point_service,
            candidate.today,
        ),
    )
    for (city, service, day), candidates in days.items():
        most = found.rule(candidates[0]).most_spent_a_day or 0
        wanted = {candidate.move.book: candidate.move.points for candidate in candidates}
        over = daily_limits.lock_beyond(conn, city, service, day, "spent", wanted, most)
        within = {book: points for book, points in wanted.items() if book not in over}
        daily_limits.count_many(conn, city, service, day, "spent", within)
        beyond |= over
    return [candidate for candidate in plain if candidate.move.book not in beyond]


_T = TypeVar("_T")
_K = TypeVar("_K")


def _by(all_of_them: Iterable[_T], key: Callable[[_T], _K]) -> Mapping[_K, list[_T]]:
    found: dict[_K, list[_T]] = {}
    for one in all_of_them:
        found.setdefault(key(one), []).append(one)
    return found
