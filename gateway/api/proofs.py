"""By what a member signs in (本人確認の手段): the list of proofs, and one taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gateway.api.fields import PasswordTyped, View
from gateway.api.member_request import MemberRequest
from gateway.api.members import MEMBER_REFUSALS, SessionsEnded
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Id, Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members.proofs import Proof, ProofKind
from gateway.members.sessions import Session

api = Api()


class ProofView(View):
    """`added_at` is null where it was added before that was kept, `used_at` where nobody has come in by it since.

    `issuer` names who vouches for it: `jpki` for a card, the provider's own address for a phone, the site for a passkey,
    nobody for a password. `name` is what the member calls it.
    """

    proof_id: str
    kind: ProofKind
    issuer: str
    name: str
    added_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, proof: Proof) -> ProofView:
        return cls(**{name: getattr(proof, name) for name in cls.model_fields})


class Proofs(View):
    proofs: list[ProofView]


class ProofRemoval(Strict):
    proof_id: Id
    password: Annotated[PasswordTyped, Field(repr=False)]


@api.get("/v1/me/proofs", tag="member", caller=AuthLevel.MEMBER, returns={200: Proofs})
async def list_proofs(call: MemberRequest) -> TypedResponse:
    """By what the member can sign in: since when, and when it was last used."""
    proofs = await call.services.members.proofs(call.member.member_id)
    return TypedResponse(200, Proofs(proofs=[ProofView.of(proof) for proof in proofs]))


@api.post(
    "/v1/me/proofs/removal",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=ProofRemoval,
    returns={200: SessionsEnded},
    refuses=(
        "unknown-proof",
        "proof-last",
        "proof-guards-payments",
        "current-password-wrong",
        "password-not-set",
        *MEMBER_REFUSALS,
    ),
)
async def remove_proof(call: MemberRequest[ProofRemoval]) -> TypedResponse:
    """Take one proof away, never the last. The password is asked for again; all other sessions end."""
    own: Session = call.member
    await call.services.members.confirm_password(own.member_id, call.body.password)
    ended = await call.services.members.remove_proof(own.member_id, call.body.proof_id, keep=own.session_id)
    return TypedResponse(200, SessionsEnded(ended=ended))
