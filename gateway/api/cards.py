"""Signing in with a My Number card (マイナンバーカード): challenge, sign-in, registration, a renewed certificate.

The page gets a challenge, the card agent has the card sign it, and the three fields of its answer come here
unchanged. `browser` is the client program's own opaque name for the browser, the same in both requests: a response
that was made for another browser is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.fields import MykeyIdTyped, OpaqueCode, PasswordTyped, View
from gateway.api.member_request import MemberRequest
from gateway.api.members import LanguageTag, MemberView, SessionsEnded, SessionStarted
from gateway.http.authentication import AuthLevel
from gateway.http.client_scopes import Scope
from gateway.http.inputs import Strict
from gateway.http.problem_types import CARDS
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.card_sign_in import Purpose
from gateway.members.sessions import Session
from gateway.members.sign_in import SignedIn
from gateway.platform.invisible_chars import ONE_LINE
from gateway.services import Services

api = Api()
PORTAL_KEYS: Final = frozenset({Scope.PORTAL})

# Longer than any card's answer: what is too large is refused with the card's own word.
Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=40_000)]

DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]

NOT_CONFIGURED: Final = "card-login-not-configured"

CARD_REFUSALS: Final = (NOT_CONFIGURED, *(problem_type.word for problem_type in CARDS))

PURPOSES: Final = {"login": Purpose.LOGIN, "register": Purpose.REGISTER, "relink": Purpose.RELINK}


class CardAnswer(Strict):
    """The card agent's answer as it came: bytes in base64url without padding."""

    client_data: Base64Url
    certificate: Base64Url
    signature: Base64Url


class ChallengeWanted(Strict):
    purpose: Literal["login", "register", "relink"]
    browser: OpaqueCode


class CardSignIn(Strict):
    browser: OpaqueCode
    card: Annotated[CardAnswer, Field(repr=False)]
    shared_terminal: bool = False


class CardRegistration(Strict):
    browser: OpaqueCode
    card: Annotated[CardAnswer, Field(repr=False)]
    display_name: DisplayName
    password: Annotated[PasswordTyped | None, Field(repr=False)] = None
    language: LanguageTag = "ja"
    shared_terminal: bool = False


class CardRelink(Strict):
    browser: OpaqueCode
    card: Annotated[CardAnswer, Field(repr=False)]
    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]
    shared_terminal: bool = False


class CardLink(Strict):
    browser: OpaqueCode
    card: Annotated[CardAnswer, Field(repr=False)]
    password: Annotated[PasswordTyped, Field(repr=False)]


class PasswordByCard(Strict):
    browser: OpaqueCode
    card: Annotated[CardAnswer, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


class CardStanding(View):
    """Whether cards are taken here; `only_tests` where just the cards of a demonstration are believed."""

    open: bool
    only_tests: bool


class ChallengeView(View):
    """`purpose` and `value` are what the page hands to the card agent's POST /v1/sign."""

    value: str
    purpose: str
    expires_at: datetime


@api.get("/v1/card", tag="card", caller=AuthLevel.CLIENT, returns={200: CardStanding})
async def card_standing(call: TypedRequest[None, Services]) -> TypedResponse:
    """Whether members can come with their card."""
    rules = call.services.cards.rules
    return TypedResponse(
        200, CardStanding(open=rules is not None, only_tests=rules is not None and rules.only_tests)
    )


@api.post(
    "/v1/card/challenges",
    tag="card",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=ChallengeWanted,
    returns={201: ChallengeView},
    refuses=(NOT_CONFIGURED,),
)
async def ask_card(call: TypedRequest[ChallengeWanted, Services]) -> TypedResponse:
    """Make a challenge for a card to sign: good once, for two minutes, for this browser and purpose alone."""
    challenge = await call.services.cards.challenge(
        PURPOSES[call.body.purpose], client_id=call.client_id, browser=call.body.browser
    )
    return TypedResponse(
        201,
        ChallengeView(
            value=challenge.value, purpose=challenge.purpose.value, expires_at=challenge.expires_at
        ),
    )


@api.post(
    "/v1/card/sessions",
    tag="card",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=CardSignIn,
    returns={201: SessionStarted},
    refuses=("card-unknown", "sign-in-refused", *CARD_REFUSALS),
)
async def sign_in_by_card(call: TypedRequest[CardSignIn, Services]) -> TypedResponse:
    """Sign a member in by card (purpose `login`). A lock-out from wrong passwords does not close this door."""
    signed_in = await call.services.cards.sign_in(
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
        shared_terminal=call.body.shared_terminal,
    )
    return started_response(signed_in)


@api.post(
    "/v1/card/registrations",
    tag="card",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=CardRegistration,
    returns={201: SessionStarted},
    refuses=(
        "card-registered", "card-unknown", "sign-in-refused", "password-unfit", "bad-display-name", *CARD_REFUSALS,
    ),
)  # fmt: skip
async def register_by_card(call: TypedRequest[CardRegistration, Services]) -> TypedResponse:
    """Make a MyKey ID (マイキーID) with a card (purpose `register`): one per certificate, drawn at random.

    The answer signs the new member in and tells the MyKey ID. A password can be given at once or set later.
    """
    signed_in = await call.services.cards.register(
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
        display_name=call.body.display_name,
        password=call.body.password,
        language=call.body.language,
        shared_terminal=call.body.shared_terminal,
    )
    return started_response(signed_in)


@api.post(
    "/v1/card/relinks",
    tag="card",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=CardRelink,
    returns={201: SessionStarted},
    refuses=(
        "card-registered", "sign-in-refused", "sign-in-locked", "unknown-member", *CARD_REFUSALS,
    ),
)  # fmt: skip
async def relink_card(call: TypedRequest[CardRelink, Services]) -> TypedResponse:
    """Give an old MyKey ID a renewed certificate (purpose `relink`), after its password; signs the member in."""
    signed_in = await call.services.cards.relink(
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
        mykey_id=call.body.mykey_id,
        password=call.body.password,
        shared_terminal=call.body.shared_terminal,
    )
    return started_response(signed_in)


@api.post(
    "/v1/me/card",
    tag="card",
    caller=AuthLevel.MEMBER,
    body=CardLink,
    returns={200: MemberView},
    refuses=(
        "card-registered", "current-password-wrong", "password-not-set", "sign-in-locked", "unknown-member",
        *CARD_REFUSALS,
    ),
)  # fmt: skip
async def link_card(call: MemberRequest[CardLink]) -> TypedResponse:
    """Link a card, or the renewed one (purpose `relink`), to the member who is signed in. Asks for the password."""
    member = await call.services.cards.link(
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
        member_id=call.member.member_id,
        password=call.body.password,
    )
    return TypedResponse(200, MemberView.of(member))


@api.put(
    "/v1/me/card/password",
    tag="card",
    caller=AuthLevel.MEMBER,
    body=PasswordByCard,
    returns={200: SessionsEnded},
    refuses=("card-unknown", "password-unfit", "unknown-member", *CARD_REFUSALS),
)
async def set_password_by_card(call: MemberRequest[PasswordByCard]) -> TypedResponse:
    """Set a first or forgotten password with the card in hand (purpose `login`). All other sessions end."""
    own: Session = call.member
    ended = await call.services.cards.set_password(
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
        member_id=own.member_id,
        new=call.body.new,
        keep=own.session_id,
    )
    return TypedResponse(200, SessionsEnded(ended=ended))


def started_response(signed_in: SignedIn) -> TypedResponse:
    return TypedResponse(201, SessionStarted.of(signed_in))
