"""Staff's own account: sign-in with a second factor, password, passkeys, authenticator app."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Login
from gateway.api.city.staff import _name
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PasswordTyped, View
from gateway.cities.staff.second_factor import Challenge, Passkey
from gateway.cities.staff.staff import ProofWanted, StaffSignedIn
from gateway.cities.staff.staff_rows import StaffSession
from gateway.http.authentication import AuthLevel, bearer_token
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import ALLOWED, Action
from gateway.services import Services

api = Api()


class StaffSessionStarted(View):
    """Either a session with its `token`, or half a sign-in: complete it at /v1/staff/sessions/passkey or /totp."""

    token: str | None
    session: StaffSessionView | None
    sign_in_token: str | None
    by_passkey: bool
    by_totp: bool
    passkey_options: dict[str, Any] | None

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
            )
        options = found.challenge.options
        return cls(
            token=None,
            session=None,
            sign_in_token=found.challenge.token.reveal(),
            by_passkey=found.by_passkey,
            by_totp=found.by_totp,
            passkey_options=dict(options) if options is not None else None,
        )


STARTED = {201: StaffSessionStarted}

Token = Annotated[str, StringConstraints(pattern=r"^pgh_[A-Za-z0-9_-]{43}$")]

TotpCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3} ?[0-9]{3}$")]

Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8192}$")]

Small = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class StaffSignIn(Strict):
    login: Login
    password: Annotated[PasswordTyped, Field(repr=False)]


class TotpProof(Strict):
    sign_in_token: Annotated[Token, Field(repr=False)]
    code: Annotated[TotpCode, Field(repr=False)]


class CredentialResponse(Strict):
    """The `response` of a PublicKeyCredential as its own `toJSON()` writes it."""

    clientDataJSON: Base64Url  # noqa: N815  the browser's own name
    attestationObject: Base64Url | None = None  # noqa: N815
    authenticatorData: Base64Url | None = None  # noqa: N815
    signature: Base64Url | None = None
    userHandle: Base64Url | None = None  # noqa: N815
    publicKey: Base64Url | None = None  # noqa: N815
    publicKeyAlgorithm: Annotated[int, Field(ge=-100_000, le=100_000)] | None = None  # noqa: N815
    transports: Annotated[list[Small], Field(max_length=10)] | None = None


class Credential(Strict):
    """A PublicKeyCredential as its own `toJSON()` writes it."""

    id: Base64Url
    rawId: Base64Url  # noqa: N815  the browser's own name
    type: Literal["public-key"]
    response: CredentialResponse
    authenticatorAttachment: Literal["platform", "cross-platform"] | None = None  # noqa: N815
    clientExtensionResults: dict[str, Any] | None = None  # noqa: N815

    def plain(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class PasskeyProof(Strict):
    sign_in_token: Annotated[Token, Field(repr=False)]
    credential: Credential


class PasskeyMade(Strict):
    token: Annotated[Token, Field(repr=False)]
    credential: Credential
    name: Words


class TotpConfirmed(Strict):
    code: Annotated[TotpCode, Field(repr=False)]


class StaffPasswordChange(Strict):
    current: Annotated[PasswordTyped, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


class StaffSessionView(View):
    """`actions` is what this role may do; a weak session (`strong` false) may only set up a second factor."""

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

    @classmethod
    def of(cls, session: StaffSession) -> StaffSessionView:
        return cls(
            staff_id=session.staff_id,
            municipality=session.municipality,
            municipality_name=_name(session.municipality),
            display_name=session.display_name,
            login=session.login,
            role=session.role,
            shop_id=session.shop_id,
            strong=session.strong,
            first_password=session.first_password,
            actions=sorted(ALLOWED[session.role]),
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
        )


class PasskeyView(View):
    credential_id: str
    name: str
    created_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, passkey: Passkey) -> PasskeyView:
        return cls(
            credential_id=passkey.credential_id,
            name=passkey.name,
            created_at=passkey.created_at,
            used_at=passkey.used_at,
        )


class PasskeyBegun(View):
    token: str
    options: dict[str, Any]
    ends_at: datetime

    @classmethod
    def of(cls, challenge: Challenge) -> PasskeyBegun:
        return cls(
            token=challenge.token.reveal(), options=dict(challenge.options or {}), ends_at=challenge.ends_at
        )


class TotpBegun(View):
    """`address` is what the authenticator app's camera reads as a QR; `seed` is for typing."""

    seed: str
    address: str


class StaffMe(View):
    session: StaffSessionView
    has_totp: bool
    passkeys: list[PasskeyView]


@api.post(
    "/v1/staff/sessions",
    tag="staff",
    caller=AuthLevel.CLIENT,
    body=StaffSignIn,
    returns=STARTED,
    refuses=("sign-in-refused", "sign-in-locked"),
)
async def staff_sign_in(call: TypedRequest[StaffSignIn, Services]) -> TypedResponse:
    """Sign staff in by login and password; where a second factor is set up, this is half of it."""
    found = await call.services.city.staff.sign_in(
        call.body.login, call.body.password, client_id=call.client_id
    )
    return TypedResponse(201, StaffSessionStarted.of(found))


@api.post(
    "/v1/staff/sessions/passkey",
    tag="staff",
    caller=AuthLevel.CLIENT,
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


@api.post(
    "/v1/staff/me/passkeys/begin",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    returns={200: PasskeyBegun},
    refuses=("unknown-staff",),
)
async def staff_begin_passkey(call: StaffRequest) -> TypedResponse:
    """Begin to make a passkey: give `options` to `navigator.credentials.create`."""
    return TypedResponse(200, PasskeyBegun.of(await call.services.city.staff.begin_passkey(call.staff)))


@api.post(
    "/v1/staff/me/passkeys",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=PasskeyMade,
    returns={201: PasskeyView},
    refuses=("sign-in-ended", "second-factor-wrong", "unknown-staff"),
)
async def staff_add_passkey(call: StaffRequest[PasskeyMade]) -> TypedResponse:
    """Keep the passkey that the browser made; from now on it is asked for at sign-in."""
    passkey = await call.services.city.staff.add_passkey(
        call.staff, call.body.token, call.body.credential.plain(), call.body.name
    )
    return TypedResponse(201, PasskeyView.of(passkey))


@api.post(
    "/v1/staff/me/totp/begin",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    returns={200: TotpBegun},
    refuses=("second-factor-exists", "unknown-staff"),
)
async def staff_begin_totp(call: StaffRequest) -> TypedResponse:
    """Make a seed for an authenticator app; it counts once a code has confirmed it."""
    seed, address = await call.services.city.staff.begin_totp(call.staff)
    return TypedResponse(200, TotpBegun(seed=seed.reveal(), address=address))


@api.post(
    "/v1/staff/me/totp",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=TotpConfirmed,
    returns={204: None},
    refuses=("second-factor-exists", "second-factor-wrong", "sign-in-locked", "unknown-staff"),
)
async def staff_confirm_totp(call: StaffRequest[TotpConfirmed]) -> TypedResponse:
    """Show by a code that the app was set up; from now on codes are asked for at sign-in."""
    await call.services.city.staff.confirm_totp(call.staff, call.body.code)
    return TypedResponse(204)
