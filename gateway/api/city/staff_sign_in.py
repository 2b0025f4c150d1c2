"""Staff's own account: sign-in with a second factor, password, passkeys, authenticator app."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Login
from gateway.api.city.second_factors import Credential, PasskeyView, Token, TotpCode
from gateway.api.city.staff import name_of_municipality
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import Devices, PasswordTyped, Source, View
from gateway.cities.staff.staff import ProofWanted, StaffSignedIn
from gateway.cities.staff.staff_rows import StaffSession
from gateway.http.authentication import AuthLevel, bearer_token
from gateway.http.client_scopes import Scope
from gateway.http.dispatch import note_browser
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import ALLOWED, Action
from gateway.services import Services

api = Api()


STAFF_KEYS: Final = frozenset({Scope.MUNICIPAL, Scope.POS})


class StaffSessionStarted(View):
    """Either a session with its `token`, or half a sign-in: complete it at /v1/staff/sessions/passkey or /totp.

    `device` is for the browser to keep and to send at the next sign-in; `missed_elsewhere` counts others' wrong passwords.
    """

    token: str | None
    session: StaffSessionView | None
    sign_in_token: str | None
    by_passkey: bool
    by_totp: bool
    passkey_options: dict[str, Any] | None
    device: str | None
    missed_elsewhere: int

    @classmethod
    def of(cls, found: StaffSignedIn | ProofWanted) -> StaffSessionStarted:
        if isinstance(found, StaffSignedIn):
            return cls(
                token=found.token.reveal(),
                session=StaffSessionView.of(found.session),
                sign_in_token=None,
                by_passkey=False,
                by_totp=False,
                passkey_options=None,
                device=found.device.reveal() if found.device is not None else None,
                missed_elsewhere=found.missed_elsewhere,
            )
        options = found.challenge.options
        return cls(
            token=None,
            session=None,
            sign_in_token=found.challenge.token.reveal(),
            by_passkey=found.by_passkey,
            by_totp=found.by_totp,
            passkey_options=dict(options) if options is not None else None,
            device=None,
            missed_elsewhere=found.missed_elsewhere,
        )


STARTED = {201: StaffSessionStarted}


class StaffSignIn(Strict):
    """`source` names the browser's network as the site saw it; `devices` are what the browser was given before."""

    login: Login
    password: Annotated[PasswordTyped, Field(repr=False)]
    source: Source = ""
    devices: Devices


class TotpProof(Strict):
    sign_in_token: Annotated[Token, Field(repr=False)]
    code: Annotated[TotpCode, Field(repr=False)]


class PasskeyProof(Strict):
    sign_in_token: Annotated[Token, Field(repr=False)]
    credential: Credential


class StaffSessionPath(Strict):
    session_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]


class StaffPasswordChange(Strict):
    current: Annotated[PasswordTyped, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


class StaffSessionView(View):
    """`actions` is what this role may do; a weak session (`strong` false) may only set up a second factor.

    With `till_id` it is a bound till's session: it calls what has `x-at-till`, whatever the role. `chooses_shop`: it may go to
    another shop of its company; `shop_id` is the one where it is.
    """

    staff_id: str
    municipality: str
    municipality_name: str
    display_name: str
    login: str
    role: str
    shop_id: str | None
    strong: bool
    first_password: bool
    actions: list[str]
    idle_ends_at: datetime
    ends_at: datetime
    till_id: str | None
    chooses_shop: bool

    @classmethod
    def of(cls, session: StaffSession) -> StaffSessionView:
        return cls(
            staff_id=session.staff_id,
            municipality=session.municipality,
            municipality_name=name_of_municipality(session.municipality),
            display_name=session.display_name,
            login=session.login,
            role=session.role,
            shop_id=session.shop_id,
            strong=session.strong,
            first_password=session.first_password,
            actions=sorted(ALLOWED[session.role]),
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            till_id=session.till_id,
            chooses_shop=session.chooses_shop,
        )


class StaffSessionListed(View):
    """One place where this person is signed in."""

    session_id: str
    created_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    strong: bool
    current: bool

    @classmethod
    def of(cls, session: StaffSession, *, current: bool) -> StaffSessionListed:
        return cls(
            session_id=session.session_id,
            created_at=session.created_at,
            seen_at=session.seen_at,
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            strong=session.strong,
            current=current,
        )


class StaffSessions(View):
    sessions: list[StaffSessionListed]


class StaffSessionsEnded(View):
    ended: int


class StaffMe(View):
    session: StaffSessionView
    has_totp: bool
    passkeys: list[PasskeyView]


@api.post(
    "/v1/staff/sessions",
    tag="staff",
    caller=AuthLevel.CLIENT,
    scopes=STAFF_KEYS,
    body=StaffSignIn,
    returns=STARTED,
    refuses=("sign-in-refused", "sign-in-locked"),
)
async def staff_sign_in(call: TypedRequest[StaffSignIn, Services]) -> TypedResponse:
    """Sign staff in by login and password; where a second factor is set up, this is half of it."""
    note_browser(call.request, call.body.source, call.services.source_names.name)
    signed_in = await call.services.city.staff.sign_in(
        call.body.login,
        call.body.password,
        client_id=call.client_id,
        source=call.body.source,
        devices=call.body.devices,
    )
    return TypedResponse(201, StaffSessionStarted.of(signed_in))


@api.post(
    "/v1/staff/sessions/passkey",
    tag="staff",
    caller=AuthLevel.CLIENT,
    scopes=STAFF_KEYS,
    body=PasskeyProof,
    returns=STARTED,
    refuses=("sign-in-ended", "second-factor-wrong"),
)
async def staff_prove_by_passkey(call: TypedRequest[PasskeyProof, Services]) -> TypedResponse:
    """Complete a sign-in with what `navigator.credentials.get` gave for `passkey_options`."""
    signed_in = await call.services.city.staff.prove_by_passkey(
        call.body.sign_in_token, call.body.credential.plain(), client_id=call.client_id
    )
    return TypedResponse(201, StaffSessionStarted.of(signed_in))


@api.post(
    "/v1/staff/sessions/totp",
    tag="staff",
    caller=AuthLevel.CLIENT,
    scopes=STAFF_KEYS,
    body=TotpProof,
    returns=STARTED,
    refuses=("sign-in-ended", "second-factor-wrong", "sign-in-locked"),
)
async def staff_prove_by_totp(call: TypedRequest[TotpProof, Services]) -> TypedResponse:
    """Complete a sign-in with the six digits of the authenticator app."""
    signed_in = await call.services.city.staff.prove_by_totp(
        call.body.sign_in_token, call.body.code, client_id=call.client_id
    )
    return TypedResponse(201, StaffSessionStarted.of(signed_in))


@api.delete(
    "/v1/staff/sessions/current",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    at_till=True,
    returns={204: None},
)
async def staff_sign_out(call: StaffRequest) -> TypedResponse:
    """Sign out: the token is worthless from now on."""
    await call.services.city.staff.sign_out(bearer_token(call.request), client_id=call.client_id)
    return TypedResponse(204)


@api.get(
    "/v1/staff/me",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    returns={200: StaffMe},
    refuses=("unknown-staff",),
)
async def staff_me(call: StaffRequest) -> TypedResponse:
    """Who is signed in, what this role may do, and which second factors are set up."""
    person, passkeys = await call.services.city.staff.profile(call.staff)
    return TypedResponse(
        200,
        StaffMe(
            session=StaffSessionView.of(call.staff),
            has_totp=person.has_totp,
            passkeys=[PasskeyView.of(passkey) for passkey in passkeys],
        ),
    )


@api.put(
    "/v1/staff/me/password",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    body=StaffPasswordChange,
    returns={204: None},
    refuses=("current-password-wrong", "password-unfit", "sign-in-locked"),
)
async def staff_change_password(call: StaffRequest[StaffPasswordChange]) -> TypedResponse:
    """Change one's own password. All other sessions end."""
    await call.services.city.staff.change_password(call.staff, call.body.current, call.body.new)
    return TypedResponse(204)


@api.get(
    "/v1/staff/me/sessions",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    returns={200: StaffSessions},
)
async def staff_list_sessions(call: StaffRequest) -> TypedResponse:
    """All places where this person is signed in, the one used last first."""
    sessions = await call.services.city.staff.sessions(call.staff)
    listed = [
        StaffSessionListed.of(session, current=session.session_id == call.staff.session_id)
        for session in sessions
    ]
    return TypedResponse(200, StaffSessions(sessions=listed))


@api.delete(
    "/v1/staff/me/sessions",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    returns={200: StaffSessionsEnded},
)
async def staff_end_other_sessions(call: StaffRequest) -> TypedResponse:
    """Sign out everywhere else."""
    return TypedResponse(
        200, StaffSessionsEnded(ended=await call.services.city.staff.end_other_sessions(call.staff))
    )


@api.delete(
    "/v1/staff/me/sessions/{session_id}",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    path=StaffSessionPath,
    returns={204: None},
    refuses=("unknown-session",),
)
async def staff_end_session(call: StaffRequest[None, None, StaffSessionPath]) -> TypedResponse:
    """Sign out in one place."""
    await call.services.city.staff.end_session(call.staff, call.path.session_id)
    return TypedResponse(204)
