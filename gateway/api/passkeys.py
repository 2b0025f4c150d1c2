"""Members' passkeys: signing in with one, and making one after a sign-in by card or phone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from gateway.api.cards import PORTAL_KEYS, started_response
from gateway.api.city.second_factors import Credential
from gateway.api.fields import OpaqueCode, View
from gateway.api.member_request import MemberRequest
from gateway.api.members import SessionStarted
from gateway.api.proofs import ProofView
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.passkeys import PasskeyChallenge
from gateway.services import Services

api = Api()

PasskeyToken = Annotated[str, StringConstraints(pattern=r"^pgk_[A-Za-z0-9_-]{43}$")]
NOT_CONFIGURED: Final = "passkeys-not-configured"


class PasskeySupport(View):
    """Whether members' passkeys are taken here."""

    open: bool


class PasskeyAsked(Strict):
    """`browser` is the client program's own opaque name for the browser, the same in the answer."""

    browser: OpaqueCode


class PasskeyChallengeView(View):
    """Give `options` to `navigator.credentials`, and `token` back with what the browser gives."""

    token: str
    options: dict[str, Any]
    expires_at: datetime

    @classmethod
    def of(cls, challenge: PasskeyChallenge) -> PasskeyChallengeView:
        return cls(
            token=challenge.token.reveal(), options=dict(challenge.options), expires_at=challenge.expires_at
        )


class PasskeySignIn(Strict):
    browser: OpaqueCode
    token: Annotated[PasskeyToken, Field(repr=False)]
    credential: Credential
    shared_terminal: bool = False


class MemberPasskeyMade(Strict):
    token: Annotated[PasskeyToken, Field(repr=False)]
    credential: Credential
    name: Words


@api.get("/v1/passkeys", tag="passkeys", caller=AuthLevel.CLIENT, returns={200: PasskeySupport})
async def passkey_support(call: TypedRequest[None, Services]) -> TypedResponse:
    """Whether members can sign in with a passkey."""
    return TypedResponse(200, PasskeySupport(open=call.services.passkeys.is_open))


@api.post(
    "/v1/passkeys/challenges",
    tag="passkeys",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=PasskeyAsked,
    returns={201: PasskeyChallengeView},
    refuses=(NOT_CONFIGURED,),
)
async def ask_passkey(call: TypedRequest[PasskeyAsked, Services]) -> TypedResponse:
    """Make a challenge for any passkey of this site: good once, for five minutes, for this browser alone."""
    challenge = await call.services.passkeys.begin_sign_in(
        client_id=call.client_id, browser=call.body.browser
    )
    return TypedResponse(201, PasskeyChallengeView.of(challenge))


@api.post(
    "/v1/passkeys/sessions",
    tag="passkeys",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=PasskeySignIn,
    returns={201: SessionStarted},
    refuses=("passkey-ended", "passkey-refused", "proof-unknown", "sign-in-refused", NOT_CONFIGURED),
)
async def sign_in_by_passkey(call: TypedRequest[PasskeySignIn, Services]) -> TypedResponse:
    """Sign a member in by a passkey, with user verification. A lock-out from wrong passwords does not close this door."""
    signed_in = await call.services.passkeys.sign_in(
        call.body.token,
        call.body.credential.plain(),
        client_id=call.client_id,
        browser=call.body.browser,
        shared_terminal=call.body.shared_terminal,
    )
    return started_response(signed_in)


@api.post(
    "/v1/me/passkeys/challenges",
    tag="passkeys",
    caller=AuthLevel.MEMBER,
    returns={201: PasskeyChallengeView},
    refuses=("strong-sign-in-needed", "shared-terminal", "passkeys-enough", NOT_CONFIGURED),
)
async def begin_member_passkey(call: MemberRequest) -> TypedResponse:
    """Begin to make a passkey, within ten minutes of a sign-in by card or phone."""
    return TypedResponse(201, PasskeyChallengeView.of(await call.services.passkeys.begin_making(call.member)))


@api.post(
    "/v1/me/passkeys",
    tag="passkeys",
    caller=AuthLevel.MEMBER,
    body=MemberPasskeyMade,
    returns={201: ProofView},
    refuses=("passkey-ended", "passkey-refused", "proof-registered", NOT_CONFIGURED),
)
async def add_member_passkey(call: MemberRequest[MemberPasskeyMade]) -> TypedResponse:
    """Keep the passkey that the browser made; from now on it signs the member in."""
    proof = await call.services.passkeys.add(
        call.member, call.body.token, call.body.credential.plain(), call.body.name
    )
    return TypedResponse(201, ProofView.of(proof))
