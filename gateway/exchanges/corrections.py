"""A person closes a difference found by the comparison: what the partner has decides, and a transfer makes it so.

    the partner took more than we gave for     the member is given the points that are missing
    the partner took less, or nothing          the member's surplus goes back to whoever paid it
    it took from another account               the same: for this exchange it took nothing
    `leave`                                    nothing moves: both sides have agreed otherwise, and say how

The exchange and its transfers stay as they are; the correction is a transfer of its own, with the reason. One that
nobody has confirmed here (a database that was restored forgets) is ended with its difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from core_ledger import Move, NotEnoughPoints, Transfer, chart, ledger
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows, reconciliation_days
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quotes import QuoteLine
from gateway.exchanges.reconciliation import DIFFERENCES, Line, Reconciliation, Verdict, closings, has_moved
from gateway.exchanges.reversal_rows import units_given_back
from gateway.exchanges.reversals import account_of
from gateway.exchanges.states import BEFORE_SENDING, HELD, State
from gateway.model import JST, PartnerProfile
from gateway.partners.calls.debit_proof import account_key
from gateway.platform import tables
from gateway.platform.sql import insert_new
from gateway.points.expiry import expire_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionResult:
    """`points` is signed: given to the member, or taken back."""

    exchange_id: str
    partner_id: str
    day: date
    verdict: str
    points: int


@dataclass(frozen=True, slots=True)
class CorrectionService:
    context: ExchangeContext

    async def close(
        self, partner_id: str, day: date, exchange_id: str, *, reason: str, operator: str, leave: bool = False
    ) -> CorrectionResult:
        """Compare again, then make our side what the partner's is.

        Raises ProblemError: no difference there (any more), points already spent (with what is left), amounts that
        are no whole units, or an id that is none of ours (both can only be left, with the reason); and where a
        reversal has come in between, of which the partner's amounts say nothing yet.
        """
        if not reason.strip() or not operator.strip():
            raise ProblemError("reason-missing", "a difference is closed with a reason and a name")
        line = await self.difference(partner_id, day, exchange_id)
        return await self.context.store.run(
            lambda conn: self.close_in(
                conn, partner_id, day, line, reason=reason, operator=operator, leave=leave
            )
        )

    async def difference(self, partner_id: str, day: date, exchange_id: str) -> Line:
        """Compare the day again; gives the line of the difference as it is now. Raises ProblemError as `close`."""
        report = await Reconciliation(self.context).compare(partner_id, day)
        line = next((each for each in report.lines if each.exchange_id == exchange_id), None)
        if line is None or line.verdict not in DIFFERENCES:
            state = line.verdict.value if line is not None else "not there"
            raise ProblemError("no-difference", f"there is no difference to close; it is {state}")
        if line.our_state in HELD:
            raise ProblemError(
                "exchange-state",
                "the exchange still waits for its outcome: end it first (exchanges resolve), then close the difference",
                state=line.our_state,
            )
        return line

    def points_to_move(self, conn: Connection, partner_id: str, line: Line) -> int:
        """What closing this difference would give the member, or take back below zero. Raises ProblemError as `close`."""
        units = self._units_to_move(conn, partner_id, line)
        return _signed_points(_moves(units, "", 1, self.context.clock()))

    def close_in(
        self,
        conn: Connection,
        partner_id: str,
        day: date,
        line: Line,
        *,
        reason: str,
        operator: str,
        leave: bool = False,
    ) -> CorrectionResult:
        """Close the difference of a line that was compared just now, in the caller's transaction.

        Raises ProblemError as `close`.
        """
        exchange_id = line.exchange_id
        book, now = records.find_owner(conn, exchange_id), self.context.clock()
        if book is not None and has_moved(conn, records.get_locked(conn, book, exchange_id), line):
            raise ProblemError(
                "exchange-state", "the exchange has moved on since it was compared; close it again"
            )
        before = closings(conn, partner_id, [exchange_id]).get(exchange_id)
        if book is None and before is not None and before.theirs == line.their_amounts:
            raise _closed_a_moment_ago()
        closing = before.number + 1 if before is not None else 1
        units = None if leave else self._units_to_move(conn, partner_id, line)
        moves = [] if units is None else _moves(units, reason, closing, now)
        points = _signed_points(moves)
        new = insert_new(
            conn, tables.closed_differences, partner_id=partner_id, exchange_id=exchange_id, closing=closing,
            day=day.isoformat(), kind=line.verdict.value, theirs=json.dumps(line.their_amounts), points=points,
            reason=reason, operator=operator, closed_at=now,
            moved=json.dumps(units.amounts if units is not None else {}),
        )  # fmt: skip
        if not new:
            raise _closed_a_moment_ago()
        reconciliation_days.close_one(conn, partner_id, day)
        _apply(conn, [move for _, move in moves])
        if book is not None:
            _end_unconfirmed(conn, book, exchange_id, now)
            values = {"difference": line.verdict.value, "points": points, "by": operator, "because": reason}
            exchange = records.get_locked(conn, book, exchange_id)
            records.add_step(conn, exchange, now, "difference closed", values)
        return CorrectionResult(
            exchange_id=exchange_id, partner_id=partner_id, day=day, verdict=line.verdict.value, points=points
        )

    def _units_to_move(self, conn: Connection, partner_id: str, line: Line) -> _UnitsToMove:
        before = closings(conn, partner_id, [line.exchange_id]).get(line.exchange_id)
        closing = before.number + 1 if before is not None else 1
        return _units_to_move(conn, line, closing, self.context.partner(partner_id).profile)


def _closed_a_moment_ago() -> ProblemError:
    return ProblemError("no-difference", "this difference was closed a moment ago")


@dataclass(frozen=True, slots=True)
class _UnitsToMove:
    """By how many units of each line of its quote our side of an exchange changes; signed."""

    exchange: Exchange
    units: tuple[int, ...]

    @property
    def lines(self) -> Iterator[tuple[QuoteLine, int]]:
        assert self.exchange.quote is not None
        return (
            (line, units) for line, units in zip(self.exchange.quote.lines, self.units, strict=True) if units
        )

    @property
    def amounts(self) -> dict[str, int]:
        """The same in the partner's points, by wallet."""
        amounts: dict[str, int] = {}
        for line, units in self.lines:
            amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount // line.units * units
        return amounts


def _units_to_move(conn: Connection, line: Line, closing: int, profile: PartnerProfile) -> _UnitsToMove:
    """What one side has of the member's account and the other has not."""
    book = records.find_owner(conn, line.exchange_id)
    if book is None:
        raise ProblemError(
            "not-ours",
            "no exchange here has this id, so no member is known; let the partner give the points back,"
            " then close it with --leave",
        )
    exchange = records.get_locked(conn, book, line.exchange_id)
    if exchange.quote is None:
        raise ProblemError(
            "no-whole-units",
            "nothing was quoted for this exchange, so no rate is known; let the partner give the points back,"
            " then close it with --leave",
        )
    ours = _our_units(conn, exchange) if closing == 1 else _units(exchange, line.our_amounts)
    _require_own_account(conn, exchange, line, ours, profile)
    # What was taken from another account gives this exchange's member nothing.
    theirs = _units(exchange, {} if line.verdict is Verdict.ACCOUNT_DIFFERS else line.their_amounts)
    return _UnitsToMove(exchange, tuple(there - here for there, here in zip(theirs, ours, strict=True)))


def _moves(to_move: _UnitsToMove, reason: str, closing: int, now: datetime) -> list[tuple[str, Transfer]]:
    """(the member's account, transfer) for every unit that one side has and the other has not."""
    exchange, account = to_move.exchange, account_of(to_move.exchange)
    moves: dict[tuple[str, str], int] = {}
    for line, units in to_move.lines:
        due = chart.partner_due(exchange.partner_id)
        _add(moves, due, account, (line.points - line.campaign_points) // line.units * units)
        if line.campaign_points:
            funder = chart.funder(line.funder, line.campaign)
            _add(moves, funder, account, line.campaign_points // line.units * units)
    return [
        (
            account,
            Transfer(
                id=f"{exchange.exchange_id}:correction:{number}" + (f":{closing}" if closing > 1 else ""),
                book=exchange.book_id,
                source=source,
                target=target,
                points=points,
                at=now,
                kind="correction",
                reference=f"closing {closing}" if closing > 1 else "",
                issued_on=now.astimezone(JST).date() if target == account else None,
                details={"exchange_id": exchange.exchange_id, "reason": reason[:200]},
            ),
        )
        for number, ((source, target), points) in enumerate(sorted(moves.items()))
        if points
    ]


def _signed_points(moves: Sequence[tuple[str, Transfer]]) -> int:
    """Given to the member, or taken back below zero."""
    return sum(move.points if move.target == account else -move.points for account, move in moves)


def _require_own_account(
    conn: Connection, exchange: Exchange, line: Line, ours: Sequence[int], profile: PartnerProfile
) -> None:
    """Points are given for a debit of the member's own account, as far as the partner tells whose it was."""
    if line.verdict is Verdict.ACCOUNT_DIFFERS:
        others = not any(ours)
    else:
        # What was never sent names no account: the one that the partner tells must be linked by this member.
        unsent = exchange.service_id is None and exchange.state is not State.SETTLED
        others = unsent and bool(line.their_account)
        key = account_key(line.their_account, profile)
        others = others and link_rows.find_owner(conn, exchange.partner_id, key) != exchange.book_id
    if others:
        raise ProblemError(
            "not-the-members",
            "the partner took these points from another account than this member's; let it give them back,"
            " then close the difference with --leave",
        )


def _our_units(conn: Connection, exchange: Exchange) -> list[int]:
    """What we have given for of each line of our quote, less what was given back."""
    assert exchange.quote is not None
    if exchange.state is not State.SETTLED:
        return [0] * len(exchange.quote.lines)
    given_back = units_given_back(conn, exchange)
    return [line.units - given_back.get(number, 0) for number, line in enumerate(exchange.quote.lines)]


def _end_unconfirmed(conn: Connection, book: str, exchange_id: str, at: datetime) -> None:
    """What the partner has taken already is not confirmed once more: by its id that would be the same debit."""
    exchange = records.get_locked(conn, book, exchange_id)
    if exchange.state in BEFORE_SENDING:
        records.transition(
            conn, exchange, State.EXPIRED, at, "ended with its difference", ended_at=at, handoff_sealed=None
        )


def _add(moves: dict[tuple[str, str], int], payer: str, account: str, points: int) -> None:
    """Positive points go to the member, negative ones come back."""
    key = (payer, account) if points > 0 else (account, payer)
    moves[key] = moves.get(key, 0) + abs(points)


def _units(exchange: Exchange, amounts: Mapping[str, int]) -> list[int]:
    """The partner's amounts as units of each line of our quote."""
    assert exchange.quote is not None
    left, units = dict(amounts), []
    lines: tuple[QuoteLine, ...] = exchange.quote.lines
    for number, line in enumerate(lines):
        cost = line.amount // line.units
        last_of_wallet = all(later.wallet != line.wallet for later in lines[number + 1 :])
        have = left.get(line.wallet, 0) // cost
        take = have if last_of_wallet else min(have, line.units)
        units.append(take)
        left[line.wallet] = left.get(line.wallet, 0) - take * cost
    if any(left.values()):
        raise ProblemError(
            "no-whole-units",
            "the partner's amounts are no whole units of this exchange's rates; agree with it, then use --leave",
        )
    return units


def _apply(conn: Connection, moves: list[Transfer]) -> None:
    todo: list[Move] = [*moves]
    for move in moves:
        if chart.owned(move.book, move.source):
            expire_in(conn, move.source, move.at)
    try:
        ledger.apply(conn, todo)
    except NotEnoughPoints as short:
        raise ProblemError(
            "points-already-spent",
            f"the member has {short.available:,} of the points left; agree with the partner, then use --leave",
            available=short.available,
        ) from None
