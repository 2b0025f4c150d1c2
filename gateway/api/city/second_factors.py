"""Second factors of one's own: passkeys and the authenticator app, each begun with the password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PasswordTyped, View
from gateway.cities.staff.second_factor import Challenge, Passkey
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()

PASSWORD_AGAIN = ("current-password-wrong", "sign-in-locked", "second-factor-missing", "unknown-staff")
Token = Annotated[str, StringConstraints(pattern=r"^pgh_[A-Za-z0-9_-]{43}$")]
TotpCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3} ?[0-9]{3}$")]

Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8192}$")]
Small = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


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


class PasskeyMade(Strict):
    token: Annotated[Token, Field(repr=False)]
    credential: Credential
    name: Words


class TotpConfirmed(Strict):
    code: Annotated[TotpCode, Field(repr=False)]


class StaffPasswordAgain(Strict):
    """What lets somebody in later wants the password again, also from an open session."""

    password: Annotated[PasswordTyped, Field(repr=False)]


class PasskeyRemoval(StaffPasswordAgain):
    credential_id: Base64Url


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


@api.post(
    "/v1/staff/me/passkeys/begin",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=StaffPasswordAgain,
    returns={200: PasskeyBegun},
    refuses=PASSWORD_AGAIN,
)
async def staff_begin_passkey(call: StaffRequest[StaffPasswordAgain]) -> TypedResponse:
    """Begin to make a passkey: give `options` to `navigator.credentials.create`.

    The password is asked for again: an open session alone would make a second way in that lasts.
    """
    begun = await call.services.city.staff.begin_passkey(call.staff, call.body.password)
    return TypedResponse(200, PasskeyBegun.of(begun))


@api.post(
    "/v1/staff/me/passkeys",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=PasskeyMade,
    returns={201: PasskeyView},
    refuses=("sign-in-ended", "second-factor-wrong", "second-factor-missing", "unknown-staff"),
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
    body=StaffPasswordAgain,
    returns={200: TotpBegun},
    refuses=("second-factor-exists", *PASSWORD_AGAIN),
)
async def staff_begin_totp(call: StaffRequest[StaffPasswordAgain]) -> TypedResponse:
    """Make a seed for an authenticator app; it counts once a code has confirmed it. The password is asked for again."""
    seed, address = await call.services.city.staff.begin_totp(call.staff, call.body.password)
    return TypedResponse(200, TotpBegun(seed=seed.reveal(), address=address))


@api.post(
    "/v1/staff/me/totp",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=TotpConfirmed,
    returns={204: None},
    refuses=(
        "second-factor-exists",
        "second-factor-wrong",
        "second-factor-missing",
        "sign-in-locked",
        "unknown-staff",
    ),
)
async def staff_confirm_totp(call: StaffRequest[TotpConfirmed]) -> TypedResponse:
    """Show by a code that the app was set up; from now on codes are asked for at sign-in."""
    await call.services.city.staff.confirm_totp(call.staff, call.body.code)
    return TypedResponse(204)


@api.post(
    "/v1/staff/me/passkeys/removal",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=PasskeyRemoval,
    returns={204: None},
    refuses=("unknown-passkey", "second-factor-last", *PASSWORD_AGAIN),
)
async def staff_remove_passkey(call: StaffRequest[PasskeyRemoval]) -> TypedResponse:
    """Take one of one's own passkeys away. Another second factor stays; all other sessions end."""
    await call.services.city.staff.remove_passkey(call.staff, call.body.password, call.body.credential_id)
    return TypedResponse(204)


@api.post(
    "/v1/staff/me/totp/removal",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=StaffPasswordAgain,
    returns={204: None},
    refuses=("second-factor-last", *PASSWORD_AGAIN),
)
async def staff_remove_totp(call: StaffRequest[StaffPasswordAgain]) -> TypedResponse:
    """Take one's own authenticator app away. A passkey stays; all other sessions end."""
    await call.services.city.staff.remove_totp(call.staff, call.body.password)
    return TypedResponse(204)
