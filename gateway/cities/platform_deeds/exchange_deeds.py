"""Ending, reversing and correcting exchanges: the commands of the platform, their ground and what each does.

    resolve     the partner is asked once more, with no transaction open; then the decision ends the exchange
    reverse     the decision holds the points and writes the reversal; the partner is asked after the commit
    close       the day is compared once more; then the decision makes our side what the partner's is

The ground is the exchange as its proposer saw it. Where the partner's answer, another reversal or another closing has
moved it, nothing is decided. A crash after the commit leaves a reversal that the poller of reversals finds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Facts, Ground
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows, reconciliation, reversal_rows
from gateway.exchanges import outcome as exchange_outcome
from gateway.exchanges import reversals as reversal_outcome
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.reconciliation import Line
from gateway.exchanges.reversals import ReversalPreview
from gateway.exchanges.states import HELD, State
from gateway.platform.audit_actions import AuditAction

MAX_EXCHANGE_ID: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveExchange:
    """A person has found out what the partner did. `reference` is the partner's own name for the debit."""

    exchange_id: str
    debited: bool
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeExchangeBack:
    """`units` (口) of a settled exchange; `taken_from` is the member's account that gives the points.

    Both are exact in what is proposed; None stands for all that is left, and for where the exchange put them.
    """

    exchange_id: str
    reversal_id: str
    units: int | None
    by_hand: bool
    reference: str
    taken_from: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveReversal:
    """A person has found out whether the partner gave back."""

    exchange_id: str
    reversal_id: str
    was_reversed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDifference:
    """`seen` is the hash of both sides as they were compared; `points` (signed) is what closing would move."""

    partner_id: str
    day: date
    exchange_id: str
    leave: bool
    seen: str
    points: int


# --- the ground -----------------------------------------------------------------------------------------------------


def exchange_ground(
    context: CityContext,  # noqa: ARG001  as every ground
    conn: Connection,
    _code: str,
    command: ResolveExchange | TakeExchangeBack | ResolveReversal | CloseDifference,
) -> Ground:
    """The exchange as its proposer saw it: state, points, reversals, closings. What the partner lists may be none of ours."""
    book = exchange_rows.find_owner(conn, command.exchange_id)
    if book is None:
        return {"state": "not_ours"}
    exchange = exchange_rows.get_locked(conn, book, command.exchange_id)
    reversals = [
        [each.reversal_id, each.state.value, each.points]
        for each in reversal_rows.list_by_exchange(conn, book, exchange.exchange_id)
    ]
    closings = reconciliation.closings(conn, exchange.partner_id, [exchange.exchange_id])
    closing = closings.get(exchange.exchange_id)
    return {
        "state": exchange.state.value,
        "reason": exchange.reason,
        "points": exchange.points,
        "reversed_points": exchange.reversed_points,
        "sent_at": exchange.sent_at.isoformat() if exchange.sent_at is not None else None,
        "quote": _hash(exchange.quote.to_json() if exchange.quote is not None else ""),
        "reversals": _hash(json.dumps(reversals)),
        "closing": closing.number if closing is not None else 0,
    }


def line_hash(line: Line) -> str:
    """Of all that was seen of both sides, but for the note that is made of it."""
    values = asdict(line)
    values.pop("note")
    return _hash(json.dumps(values, sort_keys=True, ensure_ascii=False))


# --- what people read -----------------------------------------------------------------------------------------------


def exchange_facts(exchange: Exchange) -> dict[str, str | int]:
    """What every proposal about an exchange says of it."""
    shown: dict[str, str | int] = {
        "exchange_id": exchange.exchange_id,
        "partner": exchange.partner_id,
        "exchange_state": exchange.state.value,
        "state_reason": exchange.reason or "",
        "exchange_points": exchange.points or 0,
        "points_back": exchange.reversed_points,
        "sent_at": exchange.sent_at.isoformat() if exchange.sent_at is not None else "",
    }
    return shown


def amounts_text(amounts: Mapping[str, int]) -> str:
    """The partner's points by wallet."""
    return ", ".join(f"{wallet} {points:,}" for wallet, points in sorted(amounts.items())) or "0"


def line_facts(command: CloseDifference, line: Line) -> Facts:
    """Both sides of a difference, and what closing it would move."""
    shown: dict[str, str | int] = {
        "exchange_id": line.exchange_id,
        "partner": command.partner_id,
        "day": command.day.isoformat(),
        "verdict": line.verdict.value,
        "ours": amounts_text(line.our_amounts),
        "theirs": amounts_text(line.their_amounts),
        "our_reference": line.our_reference,
        "their_reference": line.their_reference,
        "leave": "yes" if command.leave else "no",
        "moved_points": command.points,
    }
    return shown


# --- carrying it out ------------------------------------------------------------------------------------------------


async def ask_the_partner(context: CityContext, command: ResolveExchange) -> Any:
    """The partner's own answer wins: where it ends the exchange, the ground has moved."""
    return await context.exchange_services.poller.ask_before_deciding(command.exchange_id)


def resolve_exchange(
    context: CityContext, conn: Connection, who: StaffActor, command: ResolveExchange, why: str, by: str, heard: Any
) -> None:  # fmt: skip
    """Carry it out. Raises ProblemError as `OutcomePoller.resolve`."""
    decision = exchange_outcome.OperatorDecision(
        debited=command.debited, reason=why, operator=by, reference=command.reference, heard=heard
    )
    exchange = context.exchange_services.poller.decide_in(conn, command.exchange_id, decision)
    _write(context, conn, who, AuditAction.EXCHANGE_RESOLVED, exchange.exchange_id, why, {
        "outcome": exchange.state.value, "points": exchange.points or 0, "partner": exchange.partner_id,
    })  # fmt: skip


def reverse_exchange(
    context: CityContext, conn: Connection, who: StaffActor, command: TakeExchangeBack, why: str, by: str
) -> None:
    """Hold the points and write the reversal down. Raises ProblemError as `Reversals.reverse`."""
    reversal, _ = context.exchange_services.reversals.begin(conn, _reversal_wanted(command, why, by))
    _write(context, conn, who, AuditAction.EXCHANGE_REVERSED, command.exchange_id, why, {
        "reversal": reversal.reversal_id, "points": reversal.points, "partner": reversal.partner_id,
    })  # fmt: skip


async def ask_to_reverse(context: CityContext, command: TakeExchangeBack) -> None:
    """After the commit: ask the partner."""
    reversal = await context.store.read(
        lambda conn: reversal_rows.of(conn, command.exchange_id, command.reversal_id)
    )
    await context.exchange_services.reversals.carry_on(reversal)


def resolve_reversal(
    context: CityContext, conn: Connection, who: StaffActor, command: ResolveReversal, why: str, by: str
) -> None:
    """Carry it out. Raises ProblemError as `Reversals.resolve`."""
    decision = reversal_outcome.OperatorDecision(reversed=command.was_reversed, reason=why, operator=by)
    reversal = context.exchange_services.reversals.decide_in(
        conn, command.exchange_id, command.reversal_id, decision
    )
    _write(context, conn, who, AuditAction.REVERSAL_RESOLVED, command.exchange_id, why, {
        "reversal": reversal.reversal_id, "outcome": reversal.state.value, "points": reversal.points,
        "partner": reversal.partner_id,
    })  # fmt: skip


async def compare_again(context: CityContext, command: CloseDifference) -> Line:
    """Both sides as they are now. Raises ProblemError where there is no difference any more."""
    return await context.exchange_services.corrections.difference(
        command.partner_id, command.day, command.exchange_id
    )


def close_difference(
    context: CityContext, conn: Connection, who: StaffActor, command: CloseDifference, why: str, by: str, line: Line
) -> None:  # fmt: skip
    """Carry it out. Raises ProblemError as `CorrectionService.close`, `proposal-outdated` (409)."""
    if line_hash(line) != command.seen:
        raise _outdated()
    closed = context.exchange_services.corrections.close_in(
        conn, command.partner_id, command.day, line, reason=why, operator=by, leave=command.leave
    )
    if closed.points != command.points:
        raise _outdated()
    _write(context, conn, who, AuditAction.DIFFERENCE_CLOSED, command.exchange_id, why, {
        "verdict": closed.verdict, "points": closed.points, "partner": command.partner_id,
        "day": command.day.isoformat(),
    })  # fmt: skip


# --- before it is proposed ------------------------------------------------------------------------------------------


def require_waiting(conn: Connection, exchange_id: str) -> Exchange:
    """An exchange that a person may end. Raises ProblemError: `unknown-exchange` (404), `exchange-state` (409)."""
    exchange = require_ours(conn, exchange_id)
    if exchange.state not in HELD or exchange.state is State.SENDING:
        raise ProblemError(
            "exchange-state", f"there is nothing to decide: it is {exchange.state}", state=exchange.state
        )
    return exchange


def require_ours(conn: Connection, exchange_id: str) -> Exchange:
    """Raises ProblemError `unknown-exchange` (404)."""
    book = exchange_rows.find_owner(conn, exchange_id)
    if book is None:
        raise ProblemError("unknown-exchange", "there is no exchange with this id")
    return exchange_rows.get_locked(conn, book, exchange_id)


def reversal_preview(
    context: CityContext, conn: Connection, command: TakeExchangeBack, why: str, by: str
) -> ReversalPreview:
    """What the reversal would be now; nothing is written. Raises ProblemError as `Reversals.reverse`."""
    return context.exchange_services.reversals.preview(conn, _reversal_wanted(command, why, by))


def _reversal_wanted(command: TakeExchangeBack, why: str, by: str) -> reversal_rows.ReverseExchange:
    return reversal_rows.ReverseExchange(
        exchange_id=command.exchange_id,
        reversal_id=command.reversal_id,
        units=command.units,
        reason=why,
        operator=by,
        by_hand=command.by_hand,
        reference=command.reference,
        taken_from=command.taken_from,
    )


def names_of(author: str, deciders: Sequence[str]) -> str:
    """Whose decision it was, for the story of the exchange."""
    return f"{author} / {', '.join(deciders)}"


def _write(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    action: AuditAction,
    subject: str,
    why: str,
    facts: dict[str, str | int],
) -> None:
    at: datetime = context.clock()
    write_audit(conn, who, at, action, subject, why, facts)


def _outdated() -> ProblemError:
    return ProblemError(
        "proposal-outdated", "Both sides were others when it was proposed; send it back and propose it anew."
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
