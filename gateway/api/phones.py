"""Signing in with a phone (OpenID Connect): there and back, registration, an old MyKey ID that gets a phone.

The site sends the browser to `url` and hands over unchanged what it brings back. `browser` is the client program's own opaque name
for the browser, the same in all requests of one sign-in: a return into another browser is refused. Who is not known yet gets an
`arrival`, which serves once, for ten minutes: ask whether there is a MyKey ID, and join or register.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.cards import CARD_REFUSALS, PORTAL_KEYS, CardAnswer, DisplayName, started_response
from gateway.api.fields import Devices, LabelView, MykeyIdTyped, OpaqueCode, PasswordTyped, Source, View
from gateway.api.member_request import MemberRequest
from gateway.api.members import MEMBER_REFUSALS, LanguageTag, MemberView, SessionsEnded, SessionStarted
from gateway.http.authentication import AuthLevel
from gateway.http.dispatch import note_browser
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.oidc_rows import Purpose
from gateway.members.oidc_sign_in import Return
from gateway.members.sessions import Session
from gateway.services import Services

api = Api()

ProviderId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
PurposeName = Literal["login", "link", "password"]
Returned = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7E]{1,2048}$")]
Arrival = Annotated[str, StringConstraints(pattern=r"^pgo_[A-Za-z0-9_-]{43}$")]
RETURN_REFUSALS: Final = (
    "oidc-request-unknown", "oidc-request-expired", "oidc-other-browser", "oidc-wrong-provider", "oidc-declined",
    "oidc-sign-in-failed", "oidc-code-refused", "oidc-token-refused", "oidc-unavailable", "oidc-unknown-provider",
    "proof-unknown", "sign-in-refused",
)  # fmt: skip


class ProviderView(View):
    provider_id: str
    name: LabelView


class Providers(View):
    providers: list[ProviderView]


class OidcBegin(Strict):
    provider: ProviderId
    purpose: PurposeName
    browser: OpaqueCode
    shared_terminal: bool = False


class RedirectView(View):
    """Send the browser to `url`; it serves once, until `expires_at`."""

    url: str
    expires_at: datetime


class OidcReturn(Strict):
    """The query of the return, unchanged: `code` and `state`, or `error` and `state`; `iss` where there is one."""

    provider: ProviderId
    browser: OpaqueCode
    state: Annotated[Returned, Field(repr=False)]
    code: Annotated[Returned | None, Field(repr=False)] = None
    error: Returned | None = None
    iss: Returned | None = None


class OidcArrived(View):
    """`started` where the phone was known and a sign-in was asked for; else `arrival`, for what was begun."""

    purpose: PurposeName
    started: SessionStarted | None
    arrival: str | None
    expires_at: datetime | None


class OidcRegistration(Strict):
    browser: OpaqueCode
    arrival: Annotated[Arrival, Field(repr=False)]
    display_name: DisplayName
    language: LanguageTag = "ja"


class OidcJoin(Strict):
    """`source` names the browser's network as the site saw it; `devices` are what the browser was given before."""

    browser: OpaqueCode
    arrival: Annotated[Arrival, Field(repr=False)]
    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]
    source: Source = ""
    devices: Devices


class OidcCardJoin(Strict):
    """`card` answers a challenge of purpose `login` that was asked for under the same `browser`."""

    browser: OpaqueCode
    arrival: Annotated[Arrival, Field(repr=False)]
    card: Annotated[CardAnswer, Field(repr=False)]


class OidcLink(Strict):
    browser: OpaqueCode
    arrival: Annotated[Arrival, Field(repr=False)]
    password: Annotated[PasswordTyped, Field(repr=False)]


class PasswordByPhone(Strict):
    browser: OpaqueCode
    arrival: Annotated[Arrival, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


@api.get("/v1/oidc", tag="phone", caller=AuthLevel.CLIENT, returns={200: Providers})
async def list_providers(call: TypedRequest[None, Services]) -> TypedResponse:
    """By which services members can sign in with their phone; empty where none is set up."""
    settings = [provider.settings for provider in call.services.phones.providers.values()]
    views = [
        ProviderView(provider_id=each.id, name=LabelView(ja=each.name, en=each.name_en or each.name))
        for each in settings
    ]
    return TypedResponse(200, Providers(providers=views))


@api.post(
    "/v1/oidc/requests",
    tag="phone",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=OidcBegin,
    returns={201: RedirectView},
    refuses=("oidc-unknown-provider", "oidc-unavailable"),
)
async def begin_oidc(call: TypedRequest[OidcBegin, Services]) -> TypedResponse:
    """Begin a sign-in (`login`), or read the phone of who is signed in (`link`, `password`)."""
    redirect = await call.services.phones.begin(
        call.body.provider,
        Purpose(call.body.purpose),
        client_id=call.client_id,
        browser=call.body.browser,
        shared_terminal=call.body.shared_terminal,
    )
    return TypedResponse(201, RedirectView(url=redirect.url, expires_at=redirect.expires_at))


@api.post(
    "/v1/oidc/returns",
    tag="phone",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=OidcReturn,
    returns={201: OidcArrived},
    refuses=RETURN_REFUSALS,
)
async def return_from_oidc(call: TypedRequest[OidcReturn, Services]) -> TypedResponse:
    """Hand over what the browser brought back. A phone that is known signs its member in."""
    returned = Return(
        provider=call.body.provider,
        state=call.body.state,
        code=call.body.code,
        error=call.body.error,
        issuer=call.body.iss,
    )
    arrived = await call.services.phones.arrive(returned, client_id=call.client_id, browser=call.body.browser)
    return TypedResponse(
        201,
        OidcArrived(
            purpose=arrived.purpose.value,
            started=None if arrived.signed_in is None else SessionStarted.of(arrived.signed_in),
            arrival=None if arrived.token is None else arrived.token.reveal(),
            expires_at=arrived.expires_at,
        ),
    )


@api.post(
    "/v1/oidc/registrations",
    tag="phone",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=OidcRegistration,
    returns={201: SessionStarted},
    refuses=(
        "oidc-arrival-unknown",
        "bad-display-name",
        "proof-registered",
        "proof-unknown",
        "sign-in-refused",
    ),
)
async def register_by_phone(call: TypedRequest[OidcRegistration, Services]) -> TypedResponse:
    """Make a MyKey ID (マイキーID) for a phone that leads to none; signs the new member in.

    Only for who has said that there is no MyKey ID yet: a person with two gets neither joined to the other by itself.
    """
    signed_in = await call.services.phones.register(
        call.body.arrival,
        client_id=call.client_id,
        browser=call.body.browser,
        display_name=call.body.display_name,
        language=call.body.language,
    )
    return started_response(signed_in)


@api.post(
    "/v1/oidc/joins",
    tag="phone",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=OidcJoin,
    returns={201: SessionStarted},
    refuses=(
        "oidc-arrival-unknown",
        "proof-registered",
        "sign-in-refused",
        "unknown-member",
        *MEMBER_REFUSALS,
    ),
)
async def join_phone(call: TypedRequest[OidcJoin, Services]) -> TypedResponse:
    """Give the phone to an old MyKey ID, after its password, in place of the one before; signs the member in."""
    note_browser(call.request, call.body.source, call.services.source_names.name)
    signed_in = await call.services.phones.join(
        call.body.arrival,
        client_id=call.client_id,
        browser=call.body.browser,
        mykey_id=call.body.mykey_id,
        password=call.body.password,
        source=call.body.source,
        devices=call.body.devices,
    )
    return started_response(signed_in)


@api.post(
    "/v1/oidc/card-joins",
    tag="phone",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=OidcCardJoin,
    returns={201: SessionStarted},
    refuses=(
        "oidc-arrival-unknown", "proof-registered", "card-unknown", "sign-in-refused", "unknown-member",
        *CARD_REFUSALS,
    ),
)  # fmt: skip
async def join_phone_by_card(call: TypedRequest[OidcCardJoin, Services]) -> TypedResponse:
    """Give the phone to the MyKey ID whose card answers, in place of the one before; signs the member in.

    For who has a card reader and no password. A card that is nobody's joins nothing.
    """
    signed_in = await call.services.phones.join_by_card(
        call.body.arrival,
        call.body.card.model_dump(),
        client_id=call.client_id,
        browser=call.body.browser,
    )
    return started_response(signed_in)


@api.post(
    "/v1/me/oidc",
    tag="phone",
    caller=AuthLevel.MEMBER,
    body=OidcLink,
    returns={200: MemberView},
    refuses=(
        "oidc-arrival-unknown", "proof-registered", "current-password-wrong", "password-not-set", *MEMBER_REFUSALS,
    ),
)  # fmt: skip
async def link_phone(call: MemberRequest[OidcLink]) -> TypedResponse:
    """Link the phone that was read (purpose `link`) to the member who is signed in. Asks for the password."""
    member = await call.services.phones.link(
        call.body.arrival,
        client_id=call.client_id,
        browser=call.body.browser,
        member_id=call.member.member_id,
        password=call.body.password,
    )
    return TypedResponse(200, MemberView.of(member))


@api.put(
    "/v1/me/oidc/password",
    tag="phone",
    caller=AuthLevel.MEMBER,
    body=PasswordByPhone,
    returns={200: SessionsEnded},
    refuses=("oidc-arrival-unknown", "proof-unknown", "password-unfit", "busy"),
)
async def set_password_by_phone(call: MemberRequest[PasswordByPhone]) -> TypedResponse:
    """Set a first or forgotten password with the phone in hand (purpose `password`). All other sessions end."""
    own: Session = call.member
    ended = await call.services.phones.set_password(
        call.body.arrival,
        client_id=call.client_id,
        browser=call.body.browser,
        member_id=own.member_id,
        new=call.body.new,
        keep=own.session_id,
    )
    return TypedResponse(200, SessionsEnded(ended=ended))
