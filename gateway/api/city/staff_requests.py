"""What the API takes from staff about themselves and each other."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gateway.api.requests import PasswordTyped
from gateway.http.inputs import Strict, Words
from gateway.platform.invisible_chars import ONE_LINE

Login = Annotated[str, StringConstraints(min_length=1, max_length=130, pattern=r"^[^\x00-\x1F\x7F]+$")]
StaffId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ShopId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Token = Annotated[str, StringConstraints(pattern=r"^pgh_[A-Za-z0-9_-]{43}$")]
TotpCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3} ?[0-9]{3}$")]
Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8192}$")]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=ONE_LINE)]
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


class StaffWanted(Strict):
    login: Login
    display_name: Words
    role: Literal["viewer", "operator", "approver", "administrator"]


class ShopStaffWanted(Strict):
    login: Login
    display_name: Words


class RoleWanted(Strict):
    role: Literal["viewer", "operator", "approver", "administrator"]
    reason: Reason


class ReasonGiven(Strict):
    reason: Reason


class StaffPath(Strict):
    staff_id: StaffId


class AuditQuery(Strict):
    before: Annotated[int, Field(ge=1, le=10**15)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
