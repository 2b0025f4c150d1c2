"""What a partner's answer does to an exchange and to the ledger: one transaction for state, effect and story.

    Debited     the hold is posted, the member has the points          settled
    Declined    the hold is voided                                     declined
    NotSent     the hold is voided, nothing ever left this machine     not_sent
    NotProcessed   the same: the partner has not looked at it          not_sent
    IdReused    the hold stands, no later answer is believed           needs_a_person
    InProgress, OutcomeUnknown                                         open: asked again later
    OperatorDecision     a person has found out which of the first two it is    settled | declined

A yes that shows another amount or account arrives here as `IdReused`: `Partner` has compared it with the order.
An answer that contradicts one recorded before changes nothing; it is written into the story and logged, and
the nightly comparison shows both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, insert

from core_ledger import Hold, Move, Moving, Post, Transfer, Void, chart, standing_holds
from gateway.errors import ProblemError
from gateway.exchanges import coupon_claims
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.quotes import Quote
from gateway.exchanges.states import HELD, State
from gateway.model import (
    JST,
    Debited,
    DebitLine,
    Declined,
    DestinationKind,
    IdReused,
    InProgress,
    LinkKind,
    NoRecord,
    NotProcessed,
    amounts_by_wallet,
)
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.points.expiry import is_expired_in

ASK_AFTER: Final = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600))
"""After a first unknown answer; the last step repeats."""

CONTRADICTION: Final = "contradiction"
"""The reason of an exchange that waits for a person because the partner showed another debit under its id."""

HELD_OTHERWISE: Final = "held_otherwise"
"""The reason of one that waits for a person because the ledger holds other points than its quote promises."""

FOR_A_PERSON_ALONE: Final = frozenset({CONTRADICTION, HELD_OTHERWISE})
"""Reasons with which no answer of the partner ends an exchange any more, so that it is not asked."""

DECIDES_WITHIN: Final = timedelta(days=7)
"""What a profile says unless it says otherwise."""

MAX_RETRY_AFTER: Final = timedelta(days=31)
"""A member is not told to come back later than next month, whatever the partner asks for."""

_ADD_DEBIT: Final = CompiledStatement(insert(tables.partner_debits))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NeverSent:
    """Provably nothing left this machine."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The partner may or may not have it. `believed_in`: how long until its word that there is none counts."""

    why: str
    believed_in: timedelta | None = None

    def wait(self, usual: timedelta) -> timedelta:
        """How long to wait before asking again: what can be believed sooner than usual is asked then.

        Waits grow with every try, and a process that has just started believes nothing yet: an hour would be lost.
        """
        return usual if self.believed_in is None else min(usual, max(self.believed_in, ASK_AFTER[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDecision:
    """A person has found out what the partner did, and answers for it with name and reason.

    `heard` is what the partner answered just before: a decision for a debit cannot stand against what it shows.
    """

    debited: bool
    reason: str
    operator: str
    reference: str = ""
    heard: Debited | Declined | InProgress | IdReused | NoRecord | Unknown | None = None


Outcome = (
    Debited
    | Declined
    | InProgress
    | IdReused
    | NotProcessed
    | NoRecord
    | NeverSent
    | Unknown
    | OperatorDecision
)


def holds_for(exchange: Exchange, quote: Quote, at: datetime) -> list[Hold]:
    """The holds of an exchange: the partner's part, and each campaign's part from its own funder."""
    member = exchange.book_id.removeprefix("member:")
    destination = quote.destination
    if destination.kind is DestinationKind.RESERVE:
        target = chart.reserve(member)
    else:
        target = chart.municipal(member, destination.municipality, destination.point_service)
    details = {"exchange_id": exchange.exchange_id, "partner_id": exchange.partner_id}
    parts = [("partner", chart.partner_due(exchange.partner_id), quote.partner_points, "exchange", details)]
    for number, ((funder, campaign), points) in enumerate(sorted(quote.campaigns.items()), 1):
        paid_by = details | {"funder": funder, "campaign": campaign}
        parts.append((f"campaign-{number}", chart.funder(funder, campaign), points, "campaign", paid_by))
    return [
        Hold(
            id=f"{exchange.exchange_id}:{part}",
            book=exchange.book_id,
            source=source,
            target=target,
            points=points,
            at=at,
            kind=kind,
            issued_on=at.astimezone(JST).date(),
            details=facts,
        )
        for part, source, points, kind, facts in parts
        if points
    ]


def record(
    conn: Connection,
    exchange_key: tuple[str, str],
    outcome: Outcome,
    at: datetime,
    calls: Sequence[Mapping[str, Any]],
    claim: datetime | None = None,
    link: Link | None = None,
    decides_within: timedelta = DECIDES_WITHIN,
) -> Moving[Exchange]:
    """Write what the partner answered, as a job that yields its moves.

    `calls` is the scrubbed account of what was sent for it. `decides_within` is the profile's: after it a person is told.
    `claim` is the end of the lease under which it was asked. A yes or a no is a fact whenever it arrives; but "not known"
    from a claim that somebody else has taken over since says less than what the other will hear.
    """
    exchange = records.get_locked(conn, *exchange_key, link=link)
    facts = _facts(outcome) | ({"calls": calls} if calls else {})
    if isinstance(outcome, IdReused):
        facts |= _both_sides(exchange, outcome)
    if exchange.state not in HELD:
        return _contradicted_or_repeated(conn, exchange, outcome, at, facts)
    if exchange.reason in FOR_A_PERSON_ALONE and not isinstance(outcome, OperatorDecision):
        records.add_step(conn, exchange, at, "a person decides", facts)
        records.update_columns(conn, exchange, leased_until=None)
        return exchange
    if exchange.reason == CONTRADICTION and isinstance(outcome, OperatorDecision):
        _require_decidable(conn, exchange, outcome)
    match outcome:
        case Debited():
            return (yield from _settle(conn, exchange, outcome.reference, outcome.at, at, facts))
        case OperatorDecision(debited=True):
            assert exchange.sent_at is not None
            return (
                yield from _settle(
                    conn, exchange, outcome.reference, exchange.sent_at, at, facts, decided=True
                )
            )
        case OperatorDecision():
            return (yield from _give_back(conn, exchange, State.DECLINED, "resolved_by_a_person", at, facts))
        case Declined():
            return (yield from _give_back(conn, exchange, State.DECLINED, outcome.reason, at, facts))
        case IdReused():
            return _contradicted(conn, exchange, outcome, at, facts)
        case NeverSent() if exchange.state is State.SENDING:
            return (yield from _give_back(conn, exchange, State.NOT_SENT, "not_sent", at, facts))
        case NotProcessed() if exchange.state is State.SENDING:
            retry_at = _retry_at(outcome, at)
            return (
                yield from _give_back(
                    conn, exchange, State.NOT_SENT, "not_processed", at, facts, retry_at=retry_at
                )
            )
        case NoRecord():
            # Only asked for when the partner's promise says a debit can no longer be hiding.
            return (yield from _give_back(conn, exchange, State.DECLINED, "no_record", at, facts))
        case _ if claim is not None and exchange.leased_until is not None and exchange.leased_until > claim:
            records.add_step(conn, exchange, at, "heard too late", facts)
            return exchange
        case _:
            return _ask_later(conn, exchange, outcome, at, facts, decides_within)


def _settle(
    conn: Connection,
    exchange: Exchange,
    reference: str,
    partner_at: datetime,
    at: datetime,
    facts: Mapping[str, Any],
    *,
    decided: bool = False,
) -> Moving[Exchange]:
    holds = standing_holds(conn, exchange.book_id, exchange.exchange_id)
    if exchange.quote is None or sum(hold.points for hold in holds) != exchange.quote.points:
        return _held_otherwise(conn, exchange, holds, at, facts, decided=decided)
    yield _arriving(conn, holds, reference, at)
    _ADD_DEBIT.all(
        conn,
        {
            "partner_id": exchange.partner_id,
            "day": partner_at.astimezone(JST).date().isoformat(),
            "exchange_id": exchange.exchange_id,
            "book_id": exchange.book_id,
        },
    )
    return records.transition(
        conn,
        exchange,
        State.SETTLED,
        at,
        "debited",
        facts,
        reference=reference,
        ended_at=at,
        ask_at=None,
        leased_until=None,
    )


def _held_otherwise(
    conn: Connection,
    exchange: Exchange,
    holds: Sequence[Hold],
    at: datetime,
    facts: Mapping[str, Any],
    *,
    decided: bool,
) -> Exchange:
    """What the ledger holds for it is not what the quote promises: nothing is posted, and a person looks at it.

    Only a person's own "debited" is refused; a partner's yes is written down, whoever made us ask.
    """
    held = sum(hold.points for hold in holds)
    promised = exchange.quote.points if exchange.quote is not None else 0
    _log.error(
        "held otherwise",
        exchange_id=exchange.exchange_id,
        partner=exchange.partner_id,
        held=held,
        promised=promised,
    )
    if decided:
        raise ProblemError(
            "exchange-state",
            f"the ledger holds {held:,} points for this exchange and its quote promises {promised:,};"
            " see `point-gateway ledger verify`, resolve it as declined, and give the points by `reconcile close`",
            state=exchange.state,
        )
    facts = dict(facts) | {"held": held, "promised": promised}
    return _leave_to_a_person(conn, exchange, HELD_OTHERWISE, at, "held otherwise", facts)


def _leave_to_a_person(
    conn: Connection, exchange: Exchange, reason: str, at: datetime, what: str, facts: Mapping[str, Any]
) -> Exchange:
    """The hold stands, and only a person ends it."""
    if exchange.state is not State.NEEDS_A_PERSON:
        return records.transition(
            conn, exchange, State.NEEDS_A_PERSON, at, what, facts,
            reason=reason, ask_at=None, leased_until=None,
        )  # fmt: skip
    records.add_step(conn, exchange, at, what, facts)
    records.update_columns(conn, exchange, reason=reason, leased_until=None)
    return records.get(conn, exchange.book_id, exchange.exchange_id)


def _arriving(conn: Connection, holds: Sequence[Hold], reference: str, at: datetime) -> list[Move]:
    """The posts of `holds`. Points that would come expired are issued on the day on which they come instead."""
    today = at.astimezone(JST).date()
    if any(
        hold.issued_on is not None
        and hold.issued_on != today
        and is_expired_in(conn, hold.target, hold.issued_on, today)
        for hold in holds
    ):
        return [
            move
            for hold in holds
            for move in (
                Void(
                    id=f"{hold.id}:void",
                    book=hold.book,
                    hold=hold.id,
                    at=at,
                    reason="came too late for its day",
                ),
                Transfer(
                    id=f"{hold.id}:late",
                    book=hold.book,
                    source=hold.source,
                    target=hold.target,
                    points=hold.points,
                    at=at,
                    kind=hold.kind,
                    issued_on=today,
                    reference=reference,
                    details=hold.details,
                ),
            )
        ]
    return [
        Post(
            id=f"{hold.id}:post",
            book=hold.book,
            hold=hold.id,
            at=at,
            reference=reference,
            details=hold.details,
        )
        for hold in holds
    ]


def _give_back(
    conn: Connection,
    exchange: Exchange,
    new: State,
    reason: str,
    at: datetime,
    facts: Mapping[str, Any],
    **values: Any,
) -> Moving[Exchange]:
    voids: list[Move] = [
        Void(id=f"{hold.id}:void", book=hold.book, hold=hold.id, at=at, reason=reason)
        for hold in standing_holds(conn, exchange.book_id, exchange.exchange_id)
    ]
    yield voids
    if exchange.kind is LinkKind.COUPON:
        coupon_claims.release(conn, exchange)
    return records.transition(
        conn, exchange, new, at, new.value, facts,
        reason=reason, ended_at=at, ask_at=None, leased_until=None, **values,
    )  # fmt: skip


def _retry_at(answer: NotProcessed, at: datetime) -> datetime | None:
    """From when on the member may try again, where the partner says so."""
    return at + min(answer.retry_after, MAX_RETRY_AFTER) if answer.retry_after is not None else None


def _ask_later(
    conn: Connection,
    exchange: Exchange,
    outcome: Outcome,
    at: datetime,
    facts: Mapping[str, Any],
    decides_within: timedelta,
) -> Exchange:
    if exchange.state is State.NEEDS_A_PERSON:
        records.add_step(conn, exchange, at, "still unknown", facts)
        records.update_columns(conn, exchange, leased_until=None)
        return exchange
    if exchange.sent_at is not None and at - exchange.sent_at >= decides_within:
        return records.transition(
            conn,
            exchange,
            State.NEEDS_A_PERSON,
            at,
            f"asked for {_span_words(decides_within)}",
            facts,
            reason="unknown",
            ask_at=None,
            leased_until=None,
        )
    wait = ASK_AFTER[min(exchange.attempts, len(ASK_AFTER) - 1)]
    if isinstance(outcome, Unknown):
        wait = outcome.wait(wait)
    if isinstance(outcome, InProgress) and outcome.ask_after is not None:
        wait = max(wait, min(outcome.ask_after, ASK_AFTER[-1]))
    return records.transition(
        conn,
        exchange,
        State.OPEN,
        at,
        "outcome unknown",
        facts,
        attempts=exchange.attempts + 1,
        ask_at=at + wait,
        leased_until=None,
    )


def _contradicted(
    conn: Connection, exchange: Exchange, answer: IdReused, at: datetime, facts: Mapping[str, Any]
) -> Exchange:
    """The partner shows another debit under this id."""
    _log_contradiction(exchange, answer)
    return _leave_to_a_person(conn, exchange, CONTRADICTION, at, "contradiction", facts)


def _require_decidable(conn: Connection, exchange: Exchange, decision: OperatorDecision) -> None:
    """A person may end a contradiction with a no; with a yes only where the partner now shows this very debit.

    A bare yes shows nothing: the amount must be told, and the account where the contradiction was about one.
    """
    if not decision.debited:
        return
    heard = decision.heard
    shows_amount = isinstance(heard, Debited) and heard.lines is not None
    shows_account = isinstance(heard, Debited) and heard.service_id is not None
    if shows_amount and (shows_account or not _showed_an_account(conn, exchange)):
        return
    shown = f"; it shows {_words(heard)}" if isinstance(heard, IdReused | Debited) else ""
    raise ProblemError(
        "exchange-state",
        f"the partner does not show this debit: the order is {_words(_order_of(exchange))}{shown}."
        " Decide that it was not debited and close the difference, or let the partner correct its book first",
        state=exchange.state,
    )


def _showed_an_account(conn: Connection, exchange: Exchange) -> bool:
    """Has the partner named an account in what contradicted the order?"""
    steps = records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    return any("service_id" in step.facts.get("theirs", {}) for step in steps if step.what == "contradiction")


def _contradicted_or_repeated(
    conn: Connection, exchange: Exchange, outcome: Outcome, at: datetime, facts: Mapping[str, Any]
) -> Exchange:
    if isinstance(outcome, OperatorDecision):
        raise ProblemError(
            "exchange-state",
            f"the exchange is {exchange.state} already; a correction is a reversal or the closing of a difference",
            state=exchange.state,
        )
    same = (exchange.state is State.SETTLED and isinstance(outcome, Debited)) or (
        exchange.state in (State.DECLINED, State.NOT_SENT) and isinstance(outcome, Declined | NoRecord)
    )
    silent = isinstance(outcome, InProgress | Unknown | NeverSent | NotProcessed)
    if not same and not silent:
        _log_contradiction(exchange, outcome)
        records.add_step(conn, exchange, at, "contradiction", facts)
    return exchange


def _order_of(exchange: Exchange) -> IdReused:
    """Our side in the form of the partner's, so that both are told in the same words."""
    lines = exchange.quote.debit_lines if exchange.quote is not None else None
    return IdReused(exchange_id=exchange.exchange_id, lines=lines, service_id=exchange.service_id)


def _both_sides(exchange: Exchange, answer: IdReused) -> dict[str, Any]:
    return {"ours": _shown(_order_of(exchange)), "theirs": _shown(answer)}


def _shown(debit: Debited | IdReused) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if debit.lines is not None:
        shown["amounts"] = amounts_by_wallet(debit.lines)
    if debit.service_id is not None:
        shown["service_id"] = debit.service_id
    return shown


def _words(debit: Debited | IdReused) -> str:
    """For operators: amounts, and the account as far as it takes to see a difference."""
    amounts = _amount_words(debit.lines) if debit.lines is not None else "an amount that is not told"
    return amounts + (f" of account {_end_of(debit.service_id)}" if debit.service_id is not None else "")


def _amount_words(lines: Sequence[DebitLine]) -> str:
    return ", ".join(f"{amount:,} {wallet}" for wallet, amount in sorted(amounts_by_wallet(lines).items()))


def _end_of(service_id: str) -> str:
    """The last characters: logs name no member of a partner."""
    return f"…{service_id[-4:] if len(service_id) > 8 else service_id[-2:]}"


def _log_contradiction(exchange: Exchange, outcome: Outcome) -> None:
    sides = (
        {"ours": _words(_order_of(exchange)), "theirs": _words(outcome)}
        if isinstance(outcome, IdReused)
        else {}
    )
    _log.error(
        "contradiction",
        exchange_id=exchange.exchange_id,
        partner=exchange.partner_id,
        state=exchange.state,
        answer=type(outcome).__name__,
        **sides,
    )


def _span_words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{span.days} days" if hours % 24 == 0 else f"{hours:g} hours"


def _facts(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Debited():
            told = {"answer": "debited", "reference": outcome.reference, "partner_at": outcome.at.isoformat()}
            return told | _shown(outcome)
        case IdReused():
            told = {"answer": "shows another debit"}
            return told | ({"reference": outcome.reference} if outcome.reference else {})
        case NotProcessed(retry_after=retry_after):
            waits = {"retry_after_s": round(retry_after.total_seconds())} if retry_after is not None else {}
            return {"answer": "not processed"} | waits
        case Declined():
            return {"answer": "declined", "reason": outcome.reason.value}
        case OperatorDecision():
            said = "debited" if outcome.debited else "declined"
            decision = {"answer": said, "by": outcome.operator, "because": outcome.reason}
            return decision | ({"reference": outcome.reference} if outcome.reference else {})
        case InProgress():
            return {"answer": "in progress"}
        case NoRecord():
            return {"answer": "no record"}
        case NeverSent() | Unknown():
            return {"answer": "not sent" if isinstance(outcome, NeverSent) else "unknown", "why": outcome.why}
