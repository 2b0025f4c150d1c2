"""The support desk: a member by what a caller has at hand, and what happened to them in this city.

By POST, so that neither a MyKey ID nor a reason stands in an address. Each call is a line of the audit log, with its reason.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field

from gateway.api.city.fields import CodeText, Day, Reason, ShopId
from gateway.api.city.pay_cards import PayCardsView
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.spends import ShopSpendView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, Points, View
from gateway.api.points import LotView
from gateway.api.proofs import ProofView
from gateway.cities.support.masks import name_for
from gateway.cities.support.member_search import Match
from gateway.cities.support.timeline import Access, Line, ServiceBalance, Timeline
from gateway.exchanges.exchange_rows import Exchange
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action, Role
from gateway.platform.short_reference import short_reference

api = Api()
STAFF: Final = AuthLevel.STAFF


class ReferenceSearch(Strict):
    """The number of a payment or an exchange as a person types it: its 8 characters, or the whole UUID."""

    reference: CodeText
    reason: Reason


class PaymentSearch(Strict):
    """Exactly so many points on a day in Japan; `shop_id` where the caller knows the shop."""

    points: Points
    day: Day
    shop_id: ShopId | None = None
    reason: Reason


class TimelineWanted(Strict):
    """`before` is the `next_before` of the page before."""

    mykey_id: MykeyIdTyped
    reason: Reason
    before: Annotated[int, Field(ge=1, le=10**15)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class UnlockWanted(Strict):
    mykey_id: MykeyIdTyped
    reason: Reason


class SupportExchangeView(View):
    """An exchange as the city's desk sees it: no account at the partner."""

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    points: int | None
    reason: str | None
    started_at: datetime
    asked_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, exchange: Exchange) -> SupportExchangeView:
        return cls(**{name: getattr(exchange, name) for name in cls.model_fields})


class MatchView(View):
    """Whose payment or exchange it is. The name is masked for roles that help nobody at the desk."""

    mykey_id: str
    display_name: str
    shop_id: str | None
    spend: ShopSpendView | None
    exchange: SupportExchangeView | None

    @classmethod
    def of(cls, match: Match, role: Role) -> MatchView:
        return cls(
            mykey_id=match.member.mykey_id,
            display_name=name_for(role, match.member.display_name),
            shop_id=match.spend.shop_id if match.spend else None,
            spend=ShopSpendView.of(match.spend) if match.spend else None,
            exchange=SupportExchangeView.of(match.exchange) if match.exchange else None,
        )


class Matches(View):
    """At most 50, newest first."""

    matches: list[MatchView]


class DueView(View):
    issued_on: date
    last_day: date | None
    points: int


class SupportBalanceView(View):
    """`points` can still be used, of which `held` are promised away; `due` says what ends when, the soonest first."""

    point_service: str
    points: int
    held: int
    due: list[DueView]

    @classmethod
    def of(cls, balance: ServiceBalance) -> SupportBalanceView:
        return cls(
            point_service=balance.point_service,
            points=balance.points,
            held=balance.held,
            due=[
                DueView(issued_on=each.issued_on, last_day=each.last_day, points=each.points)
                for each in balance.due
            ],
        )


class SupportLinkView(View):
    partner_id: str
    linked_at: datetime


class AccessView(View):
    """How the member signs in. `locked_until` is the longest lock that stands after wrong passwords, null for none."""

    proofs: list[ProofView]
    language: str
    registered_at: datetime
    locked_until: datetime | None
    notices_read_until: datetime | None
    links: list[SupportLinkView]

    @classmethod
    def of(cls, access: Access) -> AccessView:
        plain = {name: getattr(access, name) for name in cls.model_fields if name not in ("links", "proofs")}
        links = [
            SupportLinkView(partner_id=link.partner_id, linked_at=link.linked_at) for link in access.links
        ]
        return cls(**plain, links=links, proofs=[ProofView.of(proof) for proof in access.proofs])


class TimelineLine(View):
    """One line. `kind` is the ledger's for a move of points (`points` signed, `balance` after it), `exchange` with the
    exchange's `state` where it has brought nothing yet, or the kind of an event of the account.

    `party` is what the shop or project is called; `reason` why it was done; `made_by` a staff id. A payment or refund names its
    `spend_id` (a payment its `way`, `card` for one by card), a grant its `project_id` and its own `grant`, of which `cancellable` points can still be taken back.
    """

    at: datetime
    kind: str
    point_service: str | None = None
    points: int | None = None
    balance: int | None = None
    party: str | None = None
    partner_id: str | None = None
    issued: list[LotView] = Field(default=[])
    reason: str | None = None
    made_by: str | None = None
    short_reference: str | None = None
    spend_id: str | None = None
    way: str | None = None
    project_id: str | None = None
    grant: str | None = None
    cancellable: int = 0
    exchange: SupportExchangeView | None = None

    @classmethod
    def of(cls, line: Line) -> TimelineLine:
        if line.exchange is not None:
            exchange = SupportExchangeView.of(line.exchange)
            return cls(at=line.at, kind="exchange", partner_id=exchange.partner_id, exchange=exchange)
        if line.event is not None:
            return cls(at=line.at, kind=line.event.kind.value)
        return cls._line_of_move(line)

    @classmethod
    def _line_of_move(cls, line: Line) -> TimelineLine:
        entry = line.entry
        assert entry is not None
        is_payment = entry.kind in ("spend", "refund")
        named = entry.reference if is_payment else entry.details.get("exchange_id")
        said = entry.details.get("reason") if is_payment else entry.reference
        return cls(
            at=entry.at,
            kind=entry.kind,
            point_service=line.point_service,
            points=entry.points,
            balance=entry.balance,
            party=line.party,
            partner_id=entry.details.get("partner_id"),
            issued=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in entry.lots],
            reason=said or None,
            made_by=entry.details.get("made_by") or entry.details.get("granted_by"),
            short_reference=short_reference(named) if named else None,
            spend_id=entry.reference if is_payment else None,
            way=entry.details.get("way"),
            project_id=entry.details.get("project_id"),
            grant=entry.transfer_id if entry.kind == "grant" else None,
            cancellable=line.cancellable,
        )


class TimelineView(View):
    """Newest first. `access` and `pay_cards` are null for roles that help nobody at the desk; `owed` is owed of grants that were taken back."""

    mykey_id: str
    display_name: str
    balances: list[SupportBalanceView]
    owed: int
    access: AccessView | None
    pay_cards: PayCardsView | None
    lines: list[TimelineLine]
    next_before: int | None

    @classmethod
    def of(cls, timeline: Timeline, role: Role) -> TimelineView:
        return cls(
            mykey_id=timeline.member.mykey_id,
            display_name=name_for(role, timeline.member.display_name),
            balances=[SupportBalanceView.of(balance) for balance in timeline.balances],
            owed=timeline.owed,
            access=AccessView.of(timeline.access) if timeline.access else None,
            pay_cards=PayCardsView.of(timeline.pay_cards) if timeline.pay_cards else None,
            lines=[TimelineLine.of(line) for line in timeline.lines],
            next_before=timeline.next_before,
        )


@api.post(
    "/v1/city/support/references",
    tag="support",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    body=ReferenceSearch,
    returns={200: Matches},
    refuses=("unknown-reference", "reason-missing"),
)
async def search_by_reference(call: StaffRequest[ReferenceSearch]) -> TypedResponse:
    """Whose payment or exchange has this number. Short numbers of payments are found for 400 days."""
    found = await call.services.city.support.search_by_reference(
        call.staff, call.body.reference, call.body.reason
    )
    return TypedResponse(200, Matches(matches=[MatchView.of(match, call.staff.role) for match in found]))


@api.post(
    "/v1/city/support/payments",
    tag="support",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    body=PaymentSearch,
    returns={200: Matches},
    refuses=("reason-missing",),
)
async def search_by_payment(call: StaffRequest[PaymentSearch]) -> TypedResponse:
    """Payments of exactly this sum on this day, with whose they are."""
    body = call.body
    found = await call.services.city.support.search_by_payment(
        call.staff, body.points, body.day, body.shop_id, body.reason
    )
    return TypedResponse(200, Matches(matches=[MatchView.of(match, call.staff.role) for match in found]))


@api.post(
    "/v1/city/support/timelines",
    tag="support",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    body=TimelineWanted,
    returns={200: TimelineView},
    refuses=("unknown-member", "member-merged", "reason-missing"),
)
async def member_timeline(call: StaffRequest[TimelineWanted]) -> TypedResponse:
    """What happened to a member in this city, newest first: points, exchanges, the account; and what ends when."""
    body = call.body
    found = await call.services.city.support.timeline(
        call.staff, body.mykey_id, body.reason, before=body.before, limit=body.limit
    )
    return TypedResponse(200, TimelineView.of(found, call.staff.role))


@api.post(
    "/v1/city/support/unlocking",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=UnlockWanted,
    returns={204: None},
    refuses=("unknown-member", "member-merged", "reason-missing"),
)
async def unlock_member(call: StaffRequest[UnlockWanted]) -> TypedResponse:
    """Open the locks that wrong passwords have closed, after the clerk has seen who it is."""
    await call.services.city.support.unlock(call.staff, call.body.mykey_id, call.body.reason)
    return TypedResponse(204)


@api.post(
    "/v1/city/support/access",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=UnlockWanted,
    returns={202: ProposalView},
    refuses=("unknown-member", "member-merged", "reason-missing", *PROPOSING),
)
async def propose_member_access(call: StaffRequest[UnlockWanted]) -> TypedResponse:
    """Propose a code for a member who has lost every way in, after the clerk has seen who it is.

    Another person decides, is shown the code once, and gives it to the member, who chooses a new password with it.
    """
    proposal = await call.services.city.support.propose_access(
        call.staff, call.body.mykey_id, call.body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))
