"""Exchanges over all cities, for the platform's staff: which wait, the whole story, ask now, propose how one ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Line, Reason
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PartnerId, Units, Uuid, View
from gateway.exchanges import exchange_report, exchange_rows
from gateway.exchanges.states import HELD, State
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
MAX_LISTED: Final = 200
Typed = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,36}$")]
"""An id, or a reference of 8 characters as people read it out."""
Account = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z0-9:_-]*$")]


class ExchangesQuery(Strict):
    """Without `state`: all that wait for an answer or for a person, the longest waiting first."""

    state: Literal["sending", "open", "needs_a_person", "settled", "declined", "not_sent"] | None = None
    partner_id: PartnerId | None = None


class ShownPath(Strict):
    exchange: Typed


class ExchangePath(Strict):
    exchange: Uuid


class ReversalPath(Strict):
    exchange: Uuid
    reversal_id: Uuid


class OutcomeWanted(Strict):
    """`reference` is the partner's own name for the debit."""

    debited: bool
    reference: Line = ""
    reason: Reason


class ReversalWanted(Strict):
    """`units` (口) null: all that is left. `by_hand`: it was arranged with the partner, under its `reference`.

    `taken_from` names another of the member's accounts that gives the points; empty: where the exchange put them.
    """

    reversal_id: Uuid
    units: Units | None = None
    by_hand: bool = False
    reference: Line = ""
    taken_from: Account = ""
    reason: Reason


class ReversalOutcomeWanted(Strict):
    was_reversed: bool
    reason: Reason


class WaitingExchange(View):
    """`state_reason`: why it waits for a person, or how it ended."""

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    state_reason: str
    points: int
    reversed_points: int
    reference: str
    attempts: int
    started_at: datetime
    sent_at: datetime | None
    asked_at: datetime | None
    ask_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, exchange: exchange_rows.Exchange) -> WaitingExchange:
        return cls(
            exchange_id=exchange.exchange_id,
            short_reference=exchange.short_reference,
            partner_id=exchange.partner_id,
            state=exchange.state.value,
            state_reason=exchange.reason or "",
            points=exchange.points or 0,
            reversed_points=exchange.reversed_points,
            reference=exchange.reference or "",
            attempts=exchange.attempts,
            started_at=exchange.started_at,
            sent_at=exchange.sent_at,
            asked_at=exchange.asked_at,
            ask_at=exchange.ask_at,
            ended_at=exchange.ended_at,
        )


class WaitingExchanges(View):
    """`more`: there are others that are not listed."""

    exchanges: list[WaitingExchange]
    more: bool


class PartnerRequestView(View):
    """One HTTP request of a call, without its query, headers and body. `ended`: its status, or what broke."""

    method: str
    url: str
    ended: str
    ms: int


class PartnerCallView(View):
    hook: str
    outcome: str
    text: str
    ms: int
    requests: list[PartnerRequestView]


class StepView(View):
    """One step of the story: the state that it led to, what happened, what was written down, the calls to the partner."""

    step: int
    at: datetime
    state: str
    what: str
    facts: dict[str, str] = Field(examples=[{"by": "佐藤", "because": "phone call"}])
    calls: list[PartnerCallView]


class MoveView(View):
    """One move of points in the member's book."""

    seq: int
    action: str
    source: str
    target: str
    points: int
    kind: str
    at: datetime


class ReversalView(View):
    reversal_id: str
    state: str
    points: int
    taken_from: str
    by_hand: bool
    reason: str
    operator: str
    reference: str
    started_at: datetime
    ended_at: datetime | None


class QuotedLineView(View):
    """What was ordered of a wallet: `units` (口) for `amount` of the partner's points, which brought `points`."""

    wallet: str
    units: int
    amount: int
    points: int
    campaign_points: int


class ExchangeStory(View):
    exchange: WaitingExchange
    lines: list[QuotedLineView]
    steps: list[StepView]
    moves: list[MoveView]
    reversals: list[ReversalView]


@api.get(
    "/v1/platform/exchanges",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    query=ExchangesQuery,
    returns={200: WaitingExchanges},
)
async def platform_exchanges(call: StaffRequest[None, ExchangesQuery]) -> TypedResponse:
    """Exchanges of all members, the longest waiting first; those that need a person before all others."""
    query = call.query
    states = [State(query.state)] if query.state else [State.NEEDS_A_PERSON, State.OPEN, State.SENDING]
    found = await call.services.store.read(
        lambda conn: [
            exchange
            for state in states
            for exchange in exchange_rows.list_by(
                conn, states=[state], partner_id=query.partner_id, limit=MAX_LISTED + 1
            )
        ]
    )
    listed = [WaitingExchange.of(exchange) for exchange in found[:MAX_LISTED]]
    return TypedResponse(200, WaitingExchanges(exchanges=listed, more=len(found) > MAX_LISTED))


@api.get(
    "/v1/platform/exchanges/{exchange}",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    path=ShownPath,
    returns={200: ExchangeStory},
    refuses=("unknown-exchange",),
)
async def platform_exchange(call: StaffRequest[None, None, ShownPath]) -> TypedResponse:
    """The whole story of an exchange: each state, each call to the partner, each move of points. No name, no secret."""
    return await _story(call, call.path.exchange)


@api.post(
    "/v1/platform/exchanges/{exchange}/question",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    path=ExchangePath,
    returns={200: ExchangeStory},
    refuses=("unknown-exchange", "unknown-partner"),
)
async def ask_about_exchange(call: StaffRequest[None, None, ExchangePath]) -> TypedResponse:
    """Ask the partner now, and give the story with its answer. Of one that has ended nothing is changed by it."""
    services = call.services
    exchange = await services.store.read(lambda conn: exchange_report.find(conn, call.path.exchange))
    if exchange.state in HELD:
        await services.settler.ask(exchange.book_id, exchange.exchange_id)
    else:
        await services.settler.check(exchange.book_id, exchange.exchange_id)
    return await _story(call, call.path.exchange)


@api.post(
    "/v1/platform/exchanges/{exchange}/outcome",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_EXCHANGES,
    path=ExchangePath,
    body=OutcomeWanted,
    returns={202: ProposalView},
    refuses=("unknown-exchange", "exchange-state", "reason-missing", *PROPOSING),
)
async def propose_outcome(call: StaffRequest[OutcomeWanted, None, ExchangePath]) -> TypedResponse:
    """Propose how an exchange ends that asking has not settled. The partner is asked once more at the decision."""
    body = call.body
    proposal = await call.services.city.platform.resolve_exchange(
        call.staff, call.path.exchange, debited=body.debited, reason=body.reason, reference=body.reference
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/exchanges/{exchange}/reversals",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_EXCHANGES,
    path=ExchangePath,
    body=ReversalWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-exchange", "exchange-state", "reversal-by-hand", "more-than-is-left", "not-the-members",
        "points-already-spent", "id-reused", "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def propose_reversal(call: StaffRequest[ReversalWanted, None, ExchangePath]) -> TypedResponse:
    """Propose to take a settled exchange back, wholly or in part (取消・返還), by an id that the caller made."""
    body = call.body
    proposal = await call.services.city.platform.reverse_exchange(
        call.staff, call.path.exchange, body.reversal_id, units=body.units, by_hand=body.by_hand,
        reference=body.reference, taken_from=body.taken_from, reason=body.reason,
    )  # fmt: skip
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/exchanges/{exchange}/reversals/{reversal_id}/outcome",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_EXCHANGES,
    path=ReversalPath,
    body=ReversalOutcomeWanted,
    returns={202: ProposalView},
    refuses=("unknown-exchange", "unknown-reversal", "reversal-ended", "reason-missing", *PROPOSING),
)
async def propose_reversal_outcome(
    call: StaffRequest[ReversalOutcomeWanted, None, ReversalPath],
) -> TypedResponse:
    """Propose how a reversal ends that asking has not settled."""
    proposal = await call.services.city.platform.resolve_reversal(
        call.staff, call.path.exchange, call.path.reversal_id,
        was_reversed=call.body.was_reversed, reason=call.body.reason,
    )  # fmt: skip
    return TypedResponse(202, ProposalView.of(proposal))


async def _story(call: StaffRequest[Any, Any, Any], typed: str) -> TypedResponse:
    exchange, report = await call.services.store.read(
        lambda conn: (exchange_report.find(conn, typed), exchange_report.report(conn, typed))
    )
    quote = exchange.quote
    return TypedResponse(
        200,
        ExchangeStory(
            exchange=WaitingExchange.of(exchange),
            lines=[
                QuotedLineView(
                    wallet=line.wallet, units=line.units, amount=line.amount, points=line.points,
                    campaign_points=line.campaign_points,
                )
                for line in (quote.lines if quote is not None else ())
            ],
            steps=[_step(step) for step in report["story"]],
            moves=[MoveView.model_validate(_known(MoveView, move)) for move in report["moves"]],
            reversals=[
                ReversalView.model_validate(
                    _known(ReversalView, reversal) | {"reference": reversal["reference"] or ""}
                )
                for reversal in report["reversals"]
            ],
        ),
    )  # fmt: skip


def _known(view: type[View], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in view.model_fields if name in values}


def _step(step: Mapping[str, Any]) -> StepView:
    facts = dict(step["facts"])
    calls = facts.pop("calls", [])
    return StepView(
        step=step["step"],
        at=step["at"],
        state=step["state"],
        what=step["what"],
        facts={name: _text(value) for name, value in facts.items()},
        calls=[
            PartnerCallView(
                hook=call["hook"],
                outcome=call["outcome"],
                text=call["text"],
                ms=call["ms"],
                requests=[
                    PartnerRequestView(
                        method=request["method"],
                        url=request["url"],
                        ended=str(request["status"] if request["status"] is not None else request["error"]),
                        ms=request["ms"],
                    )
                    for request in call["requests"]
                ],
            )
            for call in calls
        ],
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
