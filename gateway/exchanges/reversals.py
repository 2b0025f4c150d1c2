"""Taking an exchange back (取消・返還), wholly or in part: by an operator, with a reason, never more than was exchanged.

    reverse ──► sending ──► reversed        both sides have their points back
                   │  ├───► declined        the partner said no; the member keeps the points
                   │  ├───► not_sent        nothing left this machine; the member keeps the points
                   │  └───► open            sent again under the same id while the partner keeps it, then asked
                   │                        about with find_reversal, else left to a person
                   └ by hand ► reversed     the plugin cannot: a person has arranged it with the partner

First the member's points are held, so that they cannot be spent meanwhile; then, with no transaction open, the
partner is asked; then the hold becomes a transfer of its own, back to whoever paid. The exchange itself stays
as it was: a reversal is a new record.

A key has a life (`keys_kept_for`): sent again after it, the partner would give back a second time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Connection

from core_ledger import Hold, Move, NotEnoughPoints, Post, Void, chart, ledger, standing_holds
from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges import reversal_rows as kept
from gateway.exchanges.exchange_context import ExchangeContext, longest_debit, longest_question
from gateway.exchanges.exchange_rows import MAX_WAIT, Exchange
from gateway.exchanges.known_since import MAX_REMEMBERED, KnownSince
from gateway.exchanges.outcome import ASK_AFTER, NeverSent, Unknown
from gateway.exchanges.reversal_rows import GivenBackLine, ReversalRecord, ReversalState
from gateway.exchanges.states import State
from gateway.model import (
    Debited,
    DebitLine,
    Declined,
    DestinationKind,
    FindReversalAnswer,
    NoRecord,
    NotProcessed,
    Reversal,
    ReverseAnswer,
    Reversed,
    WalletId,
)
from gateway.partners.calls.call_log import record_calls
from gateway.partners.calls.result_checks import FoundReversalDiffers, ReversalDiffers
from gateway.partners.partner import Partner
from gateway.platform.journal import APPEND_TIMEOUT_S, JournalFailed
from gateway.points import support_events
from gateway.points.expiry import expire_in
from gateway.webhooks import outbox

if TYPE_CHECKING:
    from gateway.exchanges.restored_mode import RestoredMode

REVERSAL_CONCURRENCY: Final = 8
PAUSE_S: Final = 2.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDecision:
    """What a person says about a reversal whose outcome is not known."""

    reversed: bool
    reason: str
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalPreview:
    """What a reversal would give back: `units` (口), the member's `points`, and the account that they come from."""

    units: int
    points: int
    taken_from: str


@dataclass(frozen=True, slots=True)
class GaveBackOtherwise:
    """The partner shows another amount than it was asked to give back, of each wallet."""

    theirs: Mapping[WalletId, int]


Outcome = ReverseAnswer | FindReversalAnswer | NeverSent | Unknown | GaveBackOtherwise | OperatorDecision


@dataclass(frozen=True, slots=True)
class Reversals:
    """Start one with `reverse`; `run` asks again about those whose outcome is not known.

    None is started while `restored` is on: what was given back already may be forgotten too. `seconds` only goes forward: a calendar that is set back makes no key younger.
    """

    context: ExchangeContext
    seconds: Callable[[], float] = time.monotonic
    restored: RestoredMode | None = None
    _first_seen: dict[tuple[str, str], tuple[float, timedelta]] = field(default_factory=dict, repr=False)
    _known_to_have_ended: KnownSince = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known_to_have_ended", KnownSince(self.seconds))

    async def reverse(
        self,
        exchange_id: str,
        reversal_id: str,
        *,
        units: int | None,
        reason: str,
        operator: str,
        by_hand: bool = False,
        reference: str = "",
        taken_from: str | None = None,
    ) -> ReversalRecord:
        """Give `units` (口; None: all that is left) of a settled exchange back to the partner.

        `reversal_id` is the caller's: the same id with the same content is the same reversal (None and as many as
        were left then mean the same). The points are taken from where the exchange put them, or from another of
        the member's accounts named in `taken_from`.
        `by_hand` says that the partner has been told by other means, with its `reference`.
        Raises ProblemError: not settled, more than is left, points already spent (with what is left), a plugin that
        cannot do it (then it is done by hand), or restored mode.
        """
        if not reason.strip() or not operator.strip():
            raise ProblemError("reason-missing", "a reversal has a reason and a name")
        reverse_exchange = kept.ReverseExchange(
            exchange_id=exchange_id,
            reversal_id=reversal_id,
            units=units,
            reason=reason,
            operator=operator,
            by_hand=by_hand,
            reference=reference,
            taken_from=taken_from,
        )
        begun, ours = await self.context.store.run(lambda conn: self.begin(conn, reverse_exchange))
        return await self.carry_on(begun) if ours else begun

    async def carry_on(self, begun: ReversalRecord) -> ReversalRecord:
        """Ask the partner for a reversal that was begun just now and is committed; `run` does it after a crash."""
        if begun.by_hand:
            await self._journal(begun)
        if begun.state is not ReversalState.SENDING:
            return begun
        task = self.context.tasks.spawn(self._send(begun), name=f"reversal {begun.reversal_id}")
        return await asyncio.shield(task)

    async def resolve(
        self, exchange_id: str, reversal_id: str, *, was_reversed: bool, reason: str, operator: str
    ) -> ReversalRecord:
        """End a reversal as a person decides, when asking has not. Raises ProblemError while the partner is being asked."""
        if not reason.strip() or not operator.strip():
            raise ProblemError("reason-missing", "a decision has a reason and a name")
        decision = OperatorDecision(reversed=was_reversed, reason=reason, operator=operator)
        return await self.context.store.run(
            lambda conn: self.decide_in(conn, exchange_id, reversal_id, decision)
        )

    def decide_in(
        self, conn: Connection, exchange_id: str, reversal_id: str, decision: OperatorDecision
    ) -> ReversalRecord:
        """End a reversal in the caller's transaction. Raises ProblemError as `resolve`."""
        reversal = self._record(conn, kept.of(conn, exchange_id, reversal_id), decision, [])
        _log.info(
            "reversal", reversal_id=reversal.reversal_id, partner=reversal.partner_id, state=reversal.state
        )
        return reversal

    async def run(self) -> None:
        """Ask again about what is due, for ever."""
        while True:
            try:
                await self.poll_once()
            except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), the rounds go on
                _log.error("reversals round failed", error=type(fault).__name__, text=str(fault))
            await asyncio.sleep(PAUSE_S)

    async def poll_once(self) -> int:
        """Ask once about each reversal that is due. Returns how many there were."""
        now = self.context.clock()
        due = await self.context.store.read(
            lambda conn: kept.due(conn, now, REVERSAL_CONCURRENCY, self.context.partners.keys())
        )
        answers = await asyncio.gather(*(self._again(reversal) for reversal in due), return_exceptions=True)
        for reversal, answer in zip(due, answers, strict=True):
            if isinstance(answer, BaseException):
                _log.error(
                    "reversing failed",
                    reversal_id=reversal.reversal_id,
                    exchange_id=reversal.exchange_id,
                    error=type(answer).__name__,
                    text=str(answer),
                )
        return len(due)

    async def ask(self, reversal: ReversalRecord) -> ReversalRecord:
        """Ask the partner about one reversal that waits; how it stands then."""
        if reversal.state not in kept.ENDED:
            await self._again(reversal)
        return await self.context.store.read(
            lambda conn: kept.get(conn, reversal.book_id, reversal.reversal_id)
        )

    async def _again(self, reversal: ReversalRecord) -> None:
        partner, now = self.context.partner(reversal.partner_id), self.context.clock()
        sends = self._key_is_kept(partner, reversal)
        until = now + (longest_debit(partner) if sends else longest_question(partner))
        ends = None if sends else now
        claimed = await self.context.store.run(lambda conn: kept.lease(conn, reversal, now, until, ends))
        if claimed is None:
            return
        if claimed.key_ended_at is None:
            await self._send(claimed)
        elif partner.can("find_reversal"):
            await self._find(partner, claimed)
        else:
            await self._write(claimed, Unknown("its key is too old to be sent again"), [])

    def _key_is_kept(self, partner: Partner, reversal: ReversalRecord) -> bool:
        """Will the partner still know the reversal's id when a request that is sent now arrives there?

        Where the calendar contradicts itself the key counts as too old. It is so for ever, and for all gateways.
        """
        if reversal.key_ended_at is not None:
            return False
        now = self.context.clock()
        if reversal.ask_at is not None and reversal.ask_at - now > MAX_WAIT:
            return False  # the calendar was set back since it was asked last
        known, key = self._first_seen, (reversal.book_id, reversal.reversal_id)
        if key not in known and len(known) >= MAX_REMEMBERED:
            del known[next(iter(known))]
        seconds, age = self.seconds(), now - reversal.started_at
        since_s, then = known.setdefault(key, (seconds, age))
        age = max(age, then + timedelta(seconds=seconds - since_s))
        # A calendar that stands before the start says nothing about the age.
        return -longest_debit(partner) <= age < partner.profile.keys_kept_for - longest_debit(partner)

    def _no_record_is_believed_in(self, partner: Partner, reversal: ReversalRecord) -> timedelta:
        """Until when what was sent last, when its key was about to end, could be on its way or not yet to be seen.

        By the calendar, and by this process's own clock since it knows that nobody sends it again: a calendar that
        jumps ahead ends keys too early, and must not end this wait as well. Zero: "no record" is believed.
        """
        hides = partner.profile.debits_may_hide_for + longest_debit(partner)
        waited_s = self._known_to_have_ended.seconds_since((reversal.book_id, reversal.reversal_id))
        assert reversal.key_ended_at is not None  # one whose key is kept is sent again, not asked about
        by_calendar = hides - (self.context.clock() - reversal.key_ended_at)
        return max(by_calendar, hides - timedelta(seconds=waited_s), timedelta())

    def begin(self, conn: Connection, wish: kept.ReverseExchange) -> tuple[ReversalRecord, bool]:
        """Hold the member's points in the caller's transaction; whether it was begun now. Raises ProblemError as `reverse`."""
        if self.restored is not None:
            self.restored.require_off()
        book = records.find_owner(conn, wish.exchange_id)
        if book is None:
            raise ProblemError("unknown-exchange", "there is no exchange with this id")
        exchange, now = records.get_locked(conn, book, wish.exchange_id), self.context.clock()
        known = kept.find(conn, book, wish.reversal_id)
        if known is not None:
            if not _was_asked_for(conn, exchange, known, wish):
                raise kept.id_reused()
            return known, False
        lines, account = self._lines_and_account(conn, exchange, wish)
        partner = self.context.partners.get(exchange.partner_id)
        patience = longest_debit(partner) if partner is not None else timedelta(0)
        reversal = kept.add(
            conn,
            exchange,
            wish,
            lines=lines,
            taken_from=account,
            at=now,
            ask_at=None if wish.by_hand else now + patience,
        )
        _hold(conn, reversal, now)
        values = {
            "reversal": wish.reversal_id,
            "points": reversal.points,
            "by": wish.operator,
            "because": wish.reason,
        }
        records.add_step(conn, exchange, now, "reversal", values)
        if wish.by_hand:
            return _finish(conn, exchange, reversal, wish.reference, now, {"by hand": wish.operator}), True
        return reversal, True

    def preview(self, conn: Connection, wish: kept.ReverseExchange) -> ReversalPreview:
        """What would go back now; nothing is written. Raises ProblemError as `reverse`."""
        if self.restored is not None:
            self.restored.require_off()
        book = records.find_owner(conn, wish.exchange_id)
        if book is None:
            raise ProblemError("unknown-exchange", "there is no exchange with this id")
        exchange = records.get(conn, book, wish.exchange_id)
        if kept.find(conn, book, wish.reversal_id) is not None:
            raise kept.id_reused()
        lines, account = self._lines_and_account(conn, exchange, wish)
        points, left = sum(line.points for line in lines), ledger.balance(conn, book, account).available
        if points > left:
            raise _too_few(points, left)
        return ReversalPreview(units=sum(line.units for line in lines), points=points, taken_from=account)

    def _lines_and_account(
        self, conn: Connection, exchange: Exchange, wish: kept.ReverseExchange
    ) -> tuple[list[GivenBackLine], str]:
        if exchange.state is not State.SETTLED:
            raise ProblemError(
                "exchange-state",
                f"only a settled exchange can be reversed; this one is {exchange.state}",
                state=exchange.state,
            )
        if kept.corrected(conn, exchange):
            raise ProblemError(
                "exchange-state", "a comparison has corrected this exchange; nothing is left to reverse"
            )
        partner = self.context.partners.get(exchange.partner_id)
        if not wish.by_hand and (partner is None or not partner.can("reverse_debit")):
            raise ProblemError(
                "reversal-by-hand",
                "this partner's plugin cannot reverse; arrange it with the partner and record it by hand",
            )
        lines = _lines_to_give_back(exchange, kept.units_given_back(conn, exchange), wish.units)
        account = wish.taken_from or account_of(exchange)
        if not chart.owned(exchange.book_id, account):
            raise ProblemError("not-the-members", "the points come from an account of the same member")
        return lines, account

    async def _send(self, reversal: ReversalRecord) -> ReversalRecord:
        """Ask the partner; the same id however often, which by contract is one reversal while it keeps the id."""
        partner = self.context.partner(reversal.partner_id)
        request = await self._request_of(reversal)
        assert reversal.leased_until is not None
        claimed_at = reversal.leased_until - longest_debit(partner)
        outcome: Outcome
        with (
            structlog.contextvars.bound_contextvars(exchange_id=reversal.exchange_id),
            record_calls() as calls,
        ):
            try:
                await self._journal(reversal, within_s=partner.profile.deadline_s)
                # A process that was frozen in between must not ask for what a person may have ended by now.
                if abs(self.context.clock() - claimed_at) > timedelta(seconds=partner.profile.deadline_s):
                    raise NotSent("the moment to ask for it had passed")
                outcome = await partner.reverse_debit(request)
            except (NotSent, JournalFailed) as never:
                outcome = NeverSent(str(never))
            except ReversalDiffers as differs:
                outcome = GaveBackOtherwise(differs.theirs)
            except OutcomeUnknown as unknown:
                outcome = Unknown(str(unknown))
        return await self._write(reversal, outcome, [call.plain() for call in calls])

    async def _journal(self, reversal: ReversalRecord, *, within_s: float = APPEND_TIMEOUT_S) -> None:
        """A restore forgets a reversal, and the member would have points that went back: the journal names it."""
        if self.context.journal is not None:
            await self.context.journal.append(kept.REVERSAL, reversal.journal_line(), within_s=within_s)

    async def _find(self, partner: Partner, reversal: ReversalRecord) -> ReversalRecord:
        """Ask what became of it; "no record" is believed when nothing that was sent can be hiding any more."""
        request = await self._request_of(reversal)
        # Judged by the moment of asking: a later one would lend an old answer a meaning that it had not.
        believed_in = self._no_record_is_believed_in(partner, reversal)
        outcome: Outcome
        with (
            structlog.contextvars.bound_contextvars(exchange_id=reversal.exchange_id),
            record_calls() as calls,
        ):
            try:
                outcome = await partner.find_reversal(request)
            except FoundReversalDiffers as differs:
                outcome = GaveBackOtherwise(differs.theirs)
            except PartnerUnavailable as fault:
                outcome = Unknown(str(fault))
        if isinstance(outcome, NoRecord) and believed_in:
            outcome = Unknown("the partner has no record of it, which is not believed yet", believed_in)
        return await self._write(reversal, outcome, [call.plain() for call in calls])

    async def _request_of(self, reversal: ReversalRecord) -> Reversal:
        """What the plugin is given, the same each time."""

        def read(conn: Connection) -> tuple[Exchange, link_rows.Link | None]:
            exchange = records.get(conn, reversal.book_id, reversal.exchange_id)
            return exchange, link_rows.find(conn, reversal.book_id, reversal.partner_id)

        exchange, link = await self.context.store.read(read)
        assert exchange.sent_at is not None
        assert exchange.quote is not None
        return Reversal(
            reversal_id=reversal.reversal_id,
            exchange_id=exchange.exchange_id,
            debit=Debited(
                exchange_id=exchange.exchange_id,
                reference=exchange.reference or "",
                at=exchange.sent_at,
                lines=exchange.quote.debit_lines,
                service_id=exchange.service_id,
            ),
            lines=tuple(
                DebitLine(wallet=WalletId(line.wallet), units=line.units, amount=line.amount)
                for line in reversal.lines
            ),
            at=reversal.started_at,
            # One that was linked since may be another account, which never paid.
            account=self.context.account(link)
            if link and link.linked_at <= exchange.sent_at and self.context.can_open(link)
            else None,
        )

    async def _write(
        self, reversal: ReversalRecord, outcome: Outcome, calls: Sequence[Mapping[str, Any]]
    ) -> ReversalRecord:
        done = await self.context.store.run(lambda conn: self._record(conn, reversal, outcome, calls))
        _log.info("reversal", reversal_id=done.reversal_id, partner=done.partner_id, state=done.state)
        return done

    def _record(
        self,
        conn: Connection,
        known: ReversalRecord,
        outcome: Outcome,
        calls: Sequence[Mapping[str, Any]],
    ) -> ReversalRecord:
        exchange, now = records.get_locked(conn, known.book_id, known.exchange_id), self.context.clock()
        reversal = kept.get(conn, known.book_id, known.reversal_id)
        facts = {"reversal": reversal.reversal_id} | ({"calls": list(calls)} if calls else {})
        if reversal.state in kept.ENDED:
            if isinstance(outcome, OperatorDecision):
                kept.require_waiting(reversal)
            return reversal
        if isinstance(outcome, OperatorDecision):
            _refuse_while_asked(conn, reversal, now)
        match outcome:
            case Reversed() | OperatorDecision(reversed=True) if not _holds_its_points(conn, reversal):
                return _held_otherwise(conn, exchange, reversal, outcome, now, facts)
            case Reversed():
                return _finish(conn, exchange, reversal, outcome.reference, now, facts)
            case OperatorDecision(reversed=True):
                told = facts | {"by": outcome.operator, "because": outcome.reason}
                return _finish(conn, exchange, reversal, "", now, told)
            case OperatorDecision():
                told = facts | {"by": outcome.operator, "because": outcome.reason}
                return _save(conn, exchange, reversal, ReversalState.DECLINED, now, told)
            case Declined():
                return _save(conn, exchange, reversal, ReversalState.DECLINED, now, facts)
            case NoRecord():
                told = facts | {"answer": "no record"}
                return _save(conn, exchange, reversal, ReversalState.DECLINED, now, told)
            case NeverSent() if reversal.attempts == 0:
                return _save(conn, exchange, reversal, ReversalState.NOT_SENT, now, facts)
            case GaveBackOtherwise():
                return _contradicted(conn, exchange, reversal, outcome, now, facts)
        claim, theirs = known.leased_until, reversal.leased_until
        if claim is not None and theirs is not None and theirs > claim:
            # "Not known" from a claim that somebody else has taken over says less than what the other will hear.
            records.add_step(conn, exchange, now, "reversal: heard too late", facts)
            return reversal
        if self._nobody_can_be_asked(reversal, now):
            records.add_step(conn, exchange, now, "reversal needs a person", facts)
            return kept.change(conn, reversal, ReversalState.NEEDS_A_PERSON, ask_at=None, leased_until=None)
        records.add_step(conn, exchange, now, "reversal: outcome unknown", facts)
        tries = max(reversal.attempts, 1)  # each claim counts; the first try had none
        wait = ASK_AFTER[min(tries, len(ASK_AFTER)) - 1]
        if isinstance(outcome, Unknown):
            wait = outcome.wait(wait)
        if isinstance(outcome, NotProcessed) and outcome.retry_after is not None:
            # Nothing was looked at, and the id is the same: it is sent again when the partner wants it.
            wait = max(wait, min(outcome.retry_after, ASK_AFTER[-1]))
        return kept.change(
            conn,
            reversal,
            ReversalState.OPEN,
            attempts=tries,
            ask_at=now + wait,
            leased_until=None,
        )

    def _nobody_can_be_asked(self, reversal: ReversalRecord, now: datetime) -> bool:
        """Has asking gone on for as long as the partner takes, or can it not go on?"""
        partner = self.context.partner(reversal.partner_id)
        if now - reversal.started_at >= partner.profile.decides_within:
            return True
        return not (self._key_is_kept(partner, reversal) or partner.can("find_reversal"))


def _refuse_while_asked(conn: Connection, reversal: ReversalRecord, now: datetime) -> None:
    """Take the claim on asking, so that no answer is under way, or will be, that says otherwise than the decision."""
    if reversal.state is not ReversalState.NEEDS_A_PERSON and kept.lease(conn, reversal, now, now) is None:
        raise ProblemError(
            "exchange-state",
            "the partner is being asked at this moment; decide a minute later",
            state=reversal.state,
        )


def _was_asked_for(
    conn: Connection, exchange: Exchange, known: ReversalRecord, wish: kept.ReverseExchange
) -> bool:
    """Was `known` asked for by this wish, as it was understood then: how many units, from which account?"""
    if known.exchange_id != exchange.exchange_id:
        return False
    assert exchange.quote is not None
    total = sum(line.units for line in exchange.quote.lines)
    units = total - kept.units_given_back_before(conn, known) if wish.units is None else wish.units
    return known.is_what(replace(wish, units=units, taken_from=wish.taken_from or account_of(exchange)))


def _lines_to_give_back(
    exchange: Exchange, given_back: Mapping[int, int], units: int | None
) -> list[GivenBackLine]:
    """Whole units, those drawn last first; never more of a line than is left of it."""
    assert exchange.quote is not None
    left = {n: line.units - given_back.get(n, 0) for n, line in enumerate(exchange.quote.lines)}
    wanted = sum(left.values()) if units is None else units
    if wanted < 1 or wanted > sum(left.values()):
        raise ProblemError(
            "more-than-is-left",
            f"{sum(left.values())} units of this exchange can still be reversed",
            units_left=sum(left.values()),
        )
    chosen: list[GivenBackLine] = []
    for number, line in reversed(list(enumerate(exchange.quote.lines))):
        take = min(wanted, left[number])
        if take:
            chosen.append(
                GivenBackLine(
                    line=number,
                    wallet=line.wallet,
                    units=take,
                    amount=line.amount // line.units * take,
                    points=line.points // line.units * take,
                    campaign_points=line.campaign_points // line.units * take,
                    funder=line.funder,
                    campaign=line.campaign,
                )
            )
            wanted -= take
    return chosen


def account_of(exchange: Exchange) -> str:
    """The member's account that the exchange put its points on."""
    assert exchange.quote is not None
    member, destination = exchange.book_id.removeprefix("member:"), exchange.quote.destination
    if destination.kind is DestinationKind.RESERVE:
        return chart.reserve(member)
    return chart.municipal(member, destination.municipality, destination.point_service)


def _parts(reversal: ReversalRecord) -> list[tuple[str, str, int]]:
    """(move id, who gets points back, points): the partner, and each campaign's funder."""
    paid: dict[str, int] = {}
    for line in reversal.lines:
        due = chart.partner_due(reversal.partner_id)
        paid[due] = paid.get(due, 0) + line.points - line.campaign_points
        if line.campaign_points:
            funder = chart.funder(line.funder, line.campaign)
            paid[funder] = paid.get(funder, 0) + line.campaign_points
    return [
        (f"{_hold_owner(reversal)}:{n}", account, points)
        for n, (account, points) in enumerate(sorted(paid.items()))
        if points
    ]


def _hold_owner(reversal: ReversalRecord) -> str:
    """What the ids of its holds begin with."""
    return f"{reversal.exchange_id}:reversal:{reversal.reversal_id}"


def _holds_its_points(conn: Connection, reversal: ReversalRecord) -> bool:
    holds = standing_holds(conn, reversal.book_id, _hold_owner(reversal))
    return sum(hold.points for hold in holds) == reversal.points


def _contradicted(
    conn: Connection,
    exchange: Exchange,
    reversal: ReversalRecord,
    outcome: GaveBackOtherwise,
    now: datetime,
    facts: Mapping[str, Any],
) -> ReversalRecord:
    """The partner gave back another amount: asking again would show the same, so a person is told both sides at once."""
    ours: dict[str, int] = {}
    for line in reversal.lines:
        ours[line.wallet] = ours.get(line.wallet, 0) + line.amount
    theirs = {str(wallet): amount for wallet, amount in outcome.theirs.items()}
    _log.error(
        "reversal differs",
        reversal_id=reversal.reversal_id,
        exchange_id=exchange.exchange_id,
        partner=reversal.partner_id,
        ours=ours,
        theirs=theirs,
    )
    records.add_step(
        conn, exchange, now, "reversal: contradiction", dict(facts) | {"ours": ours, "theirs": theirs}
    )
    return kept.change(conn, reversal, ReversalState.NEEDS_A_PERSON, ask_at=None, leased_until=None)


def _held_otherwise(
    conn: Connection,
    exchange: Exchange,
    reversal: ReversalRecord,
    outcome: Outcome,
    now: datetime,
    facts: Mapping[str, Any],
) -> ReversalRecord:
    """What the ledger holds for it is not what it gives back: nothing is posted, and a person looks at it."""
    _log.error("held otherwise", reversal_id=reversal.reversal_id, exchange_id=exchange.exchange_id)
    if isinstance(outcome, OperatorDecision):
        raise ProblemError(
            "exchange-state",
            f"the ledger does not hold the {reversal.points:,} points of this reversal; see `point-gateway ledger"
            " verify`, resolve it as declined, and take the points back by `reconcile close`",
            state=reversal.state,
        )
    records.add_step(conn, exchange, now, "reversal held otherwise", facts)
    return kept.change(conn, reversal, ReversalState.NEEDS_A_PERSON, ask_at=None, leased_until=None)


def _hold(conn: Connection, reversal: ReversalRecord, now: datetime) -> None:
    holds: list[Move] = [
        Hold(
            id=move_id,
            book=reversal.book_id,
            source=reversal.taken_from,
            target=account,
            points=points,
            at=now,
            kind="reversal",
            details={"exchange_id": reversal.exchange_id, "reversal_id": reversal.reversal_id},
        )
        for move_id, account, points in _parts(reversal)
    ]
    expire_in(conn, reversal.taken_from, now)
    try:
        ledger.apply(conn, holds)
    except NotEnoughPoints:
        left = ledger.balance(conn, reversal.book_id, reversal.taken_from).available
        raise _too_few(reversal.points, left) from None


def _too_few(points: int, left: int) -> ProblemError:
    return ProblemError(
        "points-already-spent",
        f"{points:,} points would go back and {left:,} are left on this account; reverse fewer units,"
        " or name another account of the member",
        available=left,
    )


def _finish(
    conn: Connection,
    exchange: Exchange,
    reversal: ReversalRecord,
    reference: str,
    now: datetime,
    facts: Mapping[str, Any],
) -> ReversalRecord:
    posts: list[Move] = [
        Post(id=f"{hold.id}:post", book=hold.book, hold=hold.id, at=now, reference=reference)
        for hold in standing_holds(conn, reversal.book_id, _hold_owner(reversal))
    ]
    ledger.apply(conn, posts)
    match reversal.taken_from.split(":"):
        case ["member", _, "event", event_id]:  # what has gone back does not help to reach its goal
            support_events.count_gift(conn, reversal.book_id, event_id, -reversal.points)
    records.update_columns(conn, exchange, reversed_points=exchange.reversed_points + reversal.points)
    records.add_step(conn, exchange, now, "reversed", facts)
    news = {
        "exchange_id": exchange.exchange_id,
        "partner_id": exchange.partner_id,
        "reversal_id": reversal.reversal_id,
        "points": reversal.points,
        "reversed_points": exchange.reversed_points + reversal.points,
    }
    outbox.enqueue(
        conn, f"{exchange.exchange_id}-reversed-{reversal.reversal_id}", "exchange.reversed", news, now
    )
    return kept.change(
        conn,
        reversal,
        ReversalState.REVERSED,
        reference=reference,
        ended_at=now,
        ask_at=None,
        leased_until=None,
    )


def _save(
    conn: Connection,
    exchange: Exchange,
    reversal: ReversalRecord,
    state: ReversalState,
    now: datetime,
    facts: Mapping[str, Any],
) -> ReversalRecord:
    voids: list[Move] = [
        Void(id=f"{hold.id}:void", book=hold.book, hold=hold.id, at=now, reason=state.value)
        for hold in standing_holds(conn, reversal.book_id, _hold_owner(reversal))
    ]
    ledger.apply(conn, voids)
    records.add_step(conn, exchange, now, f"reversal {state.value}", facts)
    return kept.change(conn, reversal, state, ended_at=now, ask_at=None, leased_until=None)


def recover(
    conn: Connection,
    exchange: Exchange,
    wish: kept.ReverseExchange,
    *,
    lines: Sequence[GivenBackLine],
    taken_from: str,
    started_at: datetime,
    at: datetime,
    facts: Mapping[str, Any],
) -> ReversalRecord:
    """Make a reversal that the database has forgotten again: its hold, then the question, as after any crash.

    It keeps the time at which it was begun, so that an old key is not sent once more. Raises ProblemError.
    """
    reversal = kept.add(
        conn,
        exchange,
        wish,
        lines=lines,
        taken_from=taken_from,
        at=started_at,
        ask_at=None if wish.by_hand else at,
    )
    _hold(conn, reversal, at)
    records.add_step(conn, exchange, at, "reversal recovered", facts)
    if wish.by_hand:
        return _finish(conn, exchange, reversal, wish.reference, at, {"by hand": wish.operator} | dict(facts))
    return reversal
