"""Members: sign-in by MyKey ID and password, sessions, settings, the MyKey ID itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from gateway.api.fields import (
    Devices,
    MunicipalityCode,
    MykeyIdTyped,
    PasswordTyped,
    PointServiceId,
    Source,
    View,
)
from gateway.api.member_request import MemberRequest
from gateway.http.authentication import ActingRight, AuthLevel, bearer_token
from gateway.http.client_scopes import Scope
from gateway.http.dispatch import note_browser
from gateway.http.inputs import Id, Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.members import Member
from gateway.members.mykey_ids import IdSuggestion
from gateway.members.sessions import Session
from gateway.members.sign_in import SignedIn
from gateway.services import Services

api = Api()

LanguageTag = Literal["ja", "en", "ja-easy"]

MEMBER_REFUSALS = ("sign-in-locked", "busy")


class SignIn(Strict):
    """`source` names the browser's network as the site saw it; `devices` are what the browser was given before."""

    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]
    shared_terminal: bool = False
    source: Source = ""
    devices: Devices


class DefaultMunicipality(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class LanguageChosen(Strict):
    language: LanguageTag


class PasswordChange(Strict):
    current: Annotated[PasswordTyped, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


class MykeyIdWanted(Strict):
    mykey_id: MykeyIdTyped


class MykeyIdChange(Strict):
    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]


class Revocation(Strict):
    password: Annotated[PasswordTyped, Field(repr=False)]


class SessionPath(Strict):
    session_id: Id


class MemberView(View):
    """The member as the member's own pages show it; `member_id` stays with us."""

    mykey_id: str
    display_name: str
    language: str
    default_municipality: str | None
    default_point_service: str | None
    has_password: bool
    has_card: bool

    @classmethod
    def of(cls, member: Member) -> MemberView:
        return cls(
            mykey_id=member.mykey_id,
            display_name=member.display_name,
            language=member.language,
            default_municipality=member.default_municipality,
            default_point_service=member.default_point_service,
            has_password=member.has_password,
            has_card=member.has_card,
        )


class SessionView(View):
    session_id: str
    created_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    current: bool

    @classmethod
    def of(cls, session: Session, *, current: bool) -> SessionView:
        return cls(
            session_id=session.session_id,
            created_at=session.created_at,
            seen_at=session.seen_at,
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            current=current,
        )


class SessionStarted(View):
    """The token is shown once; send it as Authorization: Bearer. It ends by itself and on sign-out.

    `device` is for the browser to keep and to send at the next sign-in: others' misses do not lock it out.
    `missed_elsewhere` is how often others had a wrong password for this MyKey ID since the last sign-in; tell the member.
    """

    token: str
    session: SessionView
    member: MemberView
    device: str | None = None
    missed_elsewhere: int = 0

    @classmethod
    def of(cls, signed_in: SignedIn) -> SessionStarted:
        return cls(
            token=signed_in.token.reveal(),
            session=SessionView.of(signed_in.session, current=True),
            member=MemberView.of(signed_in.member),
            device=signed_in.device.reveal() if signed_in.device is not None else None,
            missed_elsewhere=signed_in.missed_elsewhere,
        )


class Sessions(View):
    sessions: list[SessionView]


class SessionsEnded(View):
    ended: int


class ChoiceView(View):
    """Whether the wanted MyKey ID is free; `generated` is offered once three wanted ones were taken.

    `offered` are all that were generated within the day; each of them may be chosen.
    """

    wanted: str
    available: bool
    generated: str | None
    tries_left: int
    offered: list[str]

    @classmethod
    def of(cls, choice: IdSuggestion) -> ChoiceView:
        return cls(
            wanted=choice.wanted,
            available=choice.available,
            generated=choice.generated,
            tries_left=choice.tries_left,
            offered=list(choice.offered),
        )


@api.post(
    "/v1/sessions",
    tag="sessions",
    caller=AuthLevel.CLIENT,
    scopes=frozenset({Scope.PORTAL}),
    body=SignIn,
    returns={201: SessionStarted},
    refuses=("sign-in-refused", *MEMBER_REFUSALS),
)
async def sign_in(call: TypedRequest[SignIn, Services]) -> TypedResponse:
    """Sign a member in by MyKey ID and password.

    The words of a refusal are the same whichever half was wrong. `shared_terminal` (at a library) shortens the
    idle limit to two minutes.
    """
    note_browser(call.request, call.body.source, call.services.source_names.name)
    signed_in = await call.services.members.sign_in(
        call.body.mykey_id,
        call.body.password,
        client_id=call.client_id,
        shared_terminal=call.body.shared_terminal,
        source=call.body.source,
        devices=call.body.devices,
    )
    return TypedResponse(201, SessionStarted.of(signed_in))


@api.delete(
    "/v1/sessions/current",
    tag="sessions",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SIGN_OUT,
    returns={204: None},
)
async def sign_out(call: MemberRequest) -> TypedResponse:
    """Sign out: the token is worthless from now on."""
    await call.services.members.sign_out(bearer_token(call.request), client_id=call.client_id)
    return TypedResponse(204)


@api.get("/v1/sessions", tag="sessions", caller=AuthLevel.MEMBER, returns={200: Sessions})
async def list_sessions(call: MemberRequest) -> TypedResponse:
    """All places where the member is signed in, the one used last first."""
    own: Session = call.member
    sessions = await call.services.members.sessions(own.member_id)
    return TypedResponse(
        200,
        Sessions(
            sessions=[
                SessionView.of(session, current=session.session_id == own.session_id) for session in sessions
            ]
        ),
    )


@api.delete("/v1/sessions", tag="sessions", caller=AuthLevel.MEMBER, returns={200: SessionsEnded})
async def end_other_sessions(call: MemberRequest) -> TypedResponse:
    """Sign out everywhere else."""
    own: Session = call.member
    ended = await call.services.members.end_other_sessions(own.member_id, keep=own.session_id)
    return TypedResponse(200, SessionsEnded(ended=ended))


@api.delete(
    "/v1/sessions/{session_id}",
    tag="sessions",
    caller=AuthLevel.MEMBER,
    path=SessionPath,
    returns={204: None},
    refuses=("unknown-session",),
)
async def end_session(call: MemberRequest[None, None, SessionPath]) -> TypedResponse:
    """Sign out in one other place."""
    await call.services.members.end_session(call.member.member_id, call.path.session_id)
    return TypedResponse(204)


@api.get("/v1/me", tag="member", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: MemberView})
async def me(call: MemberRequest) -> TypedResponse:
    """The member who is signed in."""
    return TypedResponse(200, MemberView.of(await call.services.members.profile(call.member.member_id)))


@api.put(
    "/v1/me/default-municipality",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=DefaultMunicipality,
    returns={200: MemberView},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def set_default_municipality(
    call: MemberRequest[DefaultMunicipality],
) -> TypedResponse:
    """Choose the 基本自治体: where reserve points go by themselves after 14 days."""
    member = await call.services.members.set_default_municipality(
        call.member.member_id, call.body.municipality, call.body.point_service
    )
    return TypedResponse(200, MemberView.of(member))


@api.put(
    "/v1/me/language",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=LanguageChosen,
    returns={200: MemberView},
)
async def set_language(call: MemberRequest[LanguageChosen]) -> TypedResponse:
    """Choose the language of pages and messages."""
    member = await call.services.members.set_language(call.member.member_id, call.body.language)
    return TypedResponse(200, MemberView.of(member))


@api.put(
    "/v1/me/password",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=PasswordChange,
    returns={200: SessionsEnded},
    refuses=("password-unfit", "password-not-set", "current-password-wrong", *MEMBER_REFUSALS),
)
async def change_password(call: MemberRequest[PasswordChange]) -> TypedResponse:
    """Change the password. All other sessions of the member end."""
    own: Session = call.member
    ended = await call.services.members.change_password(
        own.member_id, call.body.current, call.body.new, keep=own.session_id
    )
    return TypedResponse(200, SessionsEnded(ended=ended))


@api.post(
    "/v1/me/mykey-id/check",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=MykeyIdWanted,
    returns={200: ChoiceView},
    refuses=("mykey-id-unfit", "mykey-id-only-generated"),
)
async def check_mykey_id(call: MemberRequest[MykeyIdWanted]) -> TypedResponse:
    """Is this MyKey ID free (重複チェック)? After three taken ones a generated one is offered."""
    choice = await call.services.members.check_mykey_id(call.member.member_id, call.body.mykey_id)
    return TypedResponse(200, ChoiceView.of(choice))


@api.post(
    "/v1/me/mykey-id/generate",
    tag="member",
    caller=AuthLevel.MEMBER,
    returns={200: ChoiceView},
    refuses=("mykey-id-generated-enough",),
)
async def generate_mykey_id(call: MemberRequest) -> TypedResponse:
    """Draw a free MyKey ID (自動生成), up to three times a day."""
    return TypedResponse(
        200, ChoiceView.of(await call.services.members.generate_mykey_id(call.member.member_id))
    )


@api.put(
    "/v1/me/mykey-id",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=MykeyIdChange,
    returns={200: ChoiceView},
    refuses=(
        "mykey-id-unfit",
        "mykey-id-only-generated",
        "mykey-id-changed-enough",
        "current-password-wrong",
        "password-not-set",
        *MEMBER_REFUSALS,
    ),
)
async def change_mykey_id(call: MemberRequest[MykeyIdChange]) -> TypedResponse:
    """Take a MyKey ID if it is free; the answer says so, or what is offered instead.

    The password is asked for again: an open session alone would take the account away from its owner.
    """
    await call.services.members.confirm_password(call.member.member_id, call.body.password)
    choice = await call.services.members.change_mykey_id(call.member.member_id, call.body.mykey_id)
    return TypedResponse(200, ChoiceView.of(choice))


@api.post(
    "/v1/me/revocation",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=Revocation,
    returns={204: None},
    refuses=("current-password-wrong", "password-not-set", *MEMBER_REFUSALS),
)
async def revoke_mykey_id(call: MemberRequest[Revocation]) -> TypedResponse:
    """Revoke the MyKey ID (失効). It cannot be undone; the password is asked for again."""
    members, member_id = call.services.members, call.member.member_id
    await members.confirm_password(member_id, call.body.password)
    await members.revoke(member_id)
    return TypedResponse(204)
