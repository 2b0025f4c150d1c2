"""Cards for members without a phone: issued, printed, stopped and given a PIN at the desk; the city's limits.

By POST, so that neither a MyKey ID nor a number stands in an address. Each deed is a line of the audit log, with its reason.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from gateway.api.city.fields import PDF, CardPin, Reason, Version, attachment
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, PointServiceId, Uuid, View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.spending import pay_card_numbers
from gateway.cities.spending.pay_card_rows import CardLimits, PayCard
from gateway.cities.spending.pay_card_sheet import PrintedCard, card_sheets
from gateway.cities.spending.pay_cards import MAX_CARDS_AT_ONCE, HolderState, Issue, IssuedCard
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.model import JST
from gateway.platform.invisible_chars import ONE_LINE
from gateway.platform.roles import Action
from gateway.points import directory

api = Api()
STAFF: Final = AuthLevel.STAFF

IdOfAList = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ONE_LINE)]
"""A MyKey ID as it was typed into a list: it is told back where nobody has it."""

CardNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}( ?[0-9]{4}){3}$")]

LimitPoints = Annotated[int, Field(ge=0, le=1_000_000_000)]


class CardsWanted(Strict):
    """`issue_id` is made by the caller; what it has issued it never issues again. `replace` stops a card that is valid."""

    issue_id: Uuid
    point_service: PointServiceId
    mykey_ids: Annotated[list[IdOfAList], Field(min_length=1, max_length=MAX_CARDS_AT_ONCE)]
    replace: bool = False
    reason: Reason


class SheetsWanted(Strict):
    """Numbers as they were told when the cards were issued."""

    numbers: Annotated[list[CardNumber], Field(min_length=1, max_length=MAX_CARDS_AT_ONCE, repr=False)]


class CardStopWanted(Strict):
    mykey_id: MykeyIdTyped
    reason: Reason


class CardPinWanted(Strict):
    """`pin` has four digits, typed by the member."""

    mykey_id: MykeyIdTyped
    pin: Annotated[CardPin, Field(repr=False)]
    reason: Reason


class CardLimitsWanted(Strict):
    """`seen` is the version that the form was drawn from."""

    no_pin_points: LimitPoints
    points_a_day: LimitPoints
    cards_a_day: Annotated[int, Field(ge=0, le=10_000)]
    reason: Reason
    seen: Version | None = None


class IssuedCardView(View):
    """`number` and `qr` are told this once; keep them until the card is printed. `replaces` are the last digits of the old one."""

    mykey_id: str
    display_name: str
    number: str
    qr: str
    last_digits: str
    replaces: str | None

    @classmethod
    def of(cls, issued: IssuedCard) -> IssuedCardView:
        return cls(
            mykey_id=issued.member.mykey_id,
            display_name=issued.member.display_name,
            number=pay_card_numbers.printed(issued.number),
            qr=issued.qr,
            last_digits=issued.card.last_digits,
            replaces=issued.replaces,
        )


class NotIssuedView(View):
    """`pay-card-valid`: there is a valid card, and none was to be replaced. `issued-before`: by this very `issue_id`."""

    mykey_id: str
    why: Literal["unknown-member", "pay-card-valid", "issued-before"]


class IssueView(View):
    cards: list[IssuedCardView]
    left_out: list[NotIssuedView]

    @classmethod
    def of(cls, issue: Issue) -> IssueView:
        return cls.model_validate(
            {
                "cards": [IssuedCardView.of(issued) for issued in issue.cards],
                "left_out": [{"mykey_id": member.mykey_id, "why": member.why} for member in issue.left_out],
            }
        )


class PayCardView(View):
    """A card as the desk sees it, without its number."""

    last_digits: str
    point_service: str
    issued_by: str
    issued_at: datetime
    stopped_by: str | None
    stopped_at: datetime | None
    is_valid: bool

    @classmethod
    def of(cls, card: PayCard, valid: str | None) -> PayCardView:
        plain = {name: getattr(card, name) for name in cls.model_fields if name != "is_valid"}
        return cls(**plain, is_valid=card.card_hash == valid)


class PayCardsView(View):
    """The newest first. A locked PIN pays nothing above the city's sum until a new one is set."""

    cards: list[PayCardView]
    has_pin: bool
    is_pin_locked: bool
    paid_today: int

    @classmethod
    def of(cls, state: HolderState) -> PayCardsView:
        return cls(
            cards=[PayCardView.of(card, state.valid) for card in state.cards],
            has_pin=state.has_pin,
            is_pin_locked=state.is_pin_locked,
            paid_today=state.paid_today,
        )


class CardLimitsView(View):
    """Up to `no_pin_points` a payment by card needs no PIN; `points_a_day` is what a member's card pays in a day, 0 for nothing.

    `cards_a_day` is how many cards one person of staff issues in a day.
    """

    no_pin_points: int
    points_a_day: int
    cards_a_day: int
    version: str

    @classmethod
    def of(cls, limits: CardLimits) -> CardLimitsView:
        return cls(**{name: getattr(limits, name) for name in cls.model_fields})


@api.post(
    "/v1/city/pay-cards",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=CardsWanted,
    returns={201: IssueView},
    refuses=("unknown-municipality", "unknown-point-service", "pay-card-too-many", "reason-missing"),
)
async def issue_pay_cards(call: StaffRequest[CardsWanted]) -> TypedResponse:
    """Issue a card to each of these members, or replace it. Members who get none stand in `left_out`; the others get theirs."""
    body = call.body
    issue = await call.services.city.cards.issue(
        call.staff, body.issue_id, body.point_service, body.mykey_ids, body.reason, replace=body.replace
    )
    return TypedResponse(201, IssueView.of(issue), {"Cache-Control": "no-store"})


@api.post(
    "/v1/city/pay-cards/sheets",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=SheetsWanted,
    returns={200: PDF},
    refuses=("pay-card-unknown", "pay-card-stopped"),
)
async def print_pay_cards(call: StaffRequest[SheetsWanted]) -> TypedResponse:
    """Cards to print and cut, five on a page of A4, each with a stub that says whose it is."""
    code = call.staff.municipality
    issued_cards = await call.services.city.cards.printable(call.staff, call.body.numbers)

    def names(conn: Connection) -> dict[str, str]:
        return {
            service.point_service: service.name
            for service in directory.list_services(conn, municipality_code=code, closed=True)
        }

    services = await call.services.store.read(names)
    cards = [
        PrintedCard(
            service_name=services.get(issued.card.point_service, ""),
            number=pay_card_numbers.printed(issued.number),
            qr=issued.qr,
            holder_name=issued.member.display_name,
            issued_on=issued.card.issued_at.astimezone(JST).date(),
        )
        for issued in issued_cards
    ]
    data = await asyncio.to_thread(card_sheets, cards, directory.require_municipality(code).name)
    return TypedResponse(200, Content(data, PDF), attachment("point-cards.pdf"))


@api.post(
    "/v1/city/pay-cards/stopping",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=CardStopWanted,
    returns={204: None},
    refuses=("unknown-member", "member-merged", "pay-card-none", "reason-missing"),
)
async def stop_pay_card(call: StaffRequest[CardStopWanted]) -> TypedResponse:
    """Stop a member's card. From this moment on no shop takes points with it."""
    await call.services.city.cards.stop(call.staff, call.body.mykey_id, call.body.reason)
    return TypedResponse(204)


@api.post(
    "/v1/city/pay-cards/pins",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=CardPinWanted,
    returns={204: None},
    refuses=("unknown-member", "member-merged", "pay-card-none", "pay-card-pin-unfit", "reason-missing"),
)
async def set_pay_card_pin(call: StaffRequest[CardPinWanted]) -> TypedResponse:
    """Set the PIN that the member types at the desk; one that was locked is open again."""
    await call.services.city.cards.set_pin(call.staff, call.body.mykey_id, call.body.pin, call.body.reason)
    return TypedResponse(204)


@api.get(
    "/v1/city/pay-cards/limits",
    tag="support",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CardLimitsView},
)
async def get_pay_card_limits(call: StaffRequest) -> TypedResponse:
    """The city's limits; where it has decided nothing, 1,000 points without a PIN, 5,000 a day, 30 cards a person and day."""
    return TypedResponse(
        200, CardLimitsView.of(await call.services.city.cards.limits(call.staff.municipality))
    )


@api.put(
    "/v1/city/pay-cards/limits",
    tag="support",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    body=CardLimitsWanted,
    returns={200: CardLimitsView, 202: ProposalView},
    refuses=("changed-meanwhile", "pay-card-limits-unfit", "reason-missing", *PROPOSING),
)
async def change_pay_card_limits(call: StaffRequest[CardLimitsWanted]) -> TypedResponse:
    """Lower the city's limits, from this moment on; to raise any of them waits for a second person (202)."""
    body = call.body
    limits = CardLimits(
        no_pin_points=body.no_pin_points, points_a_day=body.points_a_day, cards_a_day=body.cards_a_day
    )
    changed = await call.services.city.cards.change_limits(call.staff, limits, body.reason, seen=body.seen)
    if isinstance(changed, Proposal):
        return TypedResponse(202, ProposalView.of(changed))
    return TypedResponse(200, CardLimitsView.of(changed))
