"""Mail to a member that there is something to read: the address, its confirmation, and the one click that stops it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.http.authentication import AuthLevel
from gateway.http.client_scopes import Scope
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.mail_addresses import MAX_ADDRESS, MailAddress, MailState
from gateway.services import Services

api = Api()


class MailWanted(Strict):
    address: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_ADDRESS + 20, pattern=r"^[ -~]+$"),
        Field(repr=False),
    ]


class MailToken(Strict):
    """What stands behind `t=` in a mail's link."""

    token: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}\.[0-9a-f]{64}$"), Field(repr=False)]


class MailView(View):
    """`offered`: this gateway sends mail. `address` is masked, empty for none. `stopped_because` is set where it is stopped."""

    offered: bool
    state: MailState
    address: str
    stopped_because: str

    @classmethod
    def of(cls, mail: MailAddress, *, offered: bool) -> MailView:
        return cls(
            offered=offered, state=mail.state, address=mail.masked, stopped_because=mail.stopped_because
        )


@api.get("/v1/me/mail", tag="member", caller=AuthLevel.MEMBER, returns={200: MailView})
async def mail_address(call: MemberRequest) -> TypedResponse:
    """Where the member hears of notices by mail."""
    addresses = call.services.mail_addresses
    shown = await addresses.get(call.member.member_id)
    return TypedResponse(200, MailView.of(shown, offered=addresses.is_offered))


@api.put(
    "/v1/me/mail",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=MailWanted,
    returns={200: MailView},
    refuses=("mail-not-offered", "bad-mail-address", "mail-changed-enough", "unknown-member"),
)
async def set_mail_address(call: MemberRequest[MailWanted]) -> TypedResponse:
    """Set the address; a link in the mail to it confirms it within a day. The answer is the same for every address."""
    shown = await call.services.mail_addresses.set_address(call.member.member_id, call.body.address)
    return TypedResponse(200, MailView.of(shown, offered=True))


@api.delete(
    "/v1/me/mail", tag="member", caller=AuthLevel.MEMBER, returns={204: None}, refuses=("unknown-member",)
)
async def remove_mail_address(call: MemberRequest) -> TypedResponse:
    """Forget the address; nothing more is sent."""
    await call.services.mail_addresses.remove(call.member.member_id)
    return TypedResponse(204)


@api.post(
    "/v1/mail/confirmation",
    tag="member",
    caller=AuthLevel.CLIENT,
    scopes=frozenset({Scope.PORTAL}),
    body=MailToken,
    returns={204: None},
    refuses=("mail-link-over",),
)
async def confirm_mail_address(call: TypedRequest[MailToken, Services]) -> TypedResponse:
    """The reader of the address has opened the link of the confirming mail. Needs no session."""
    await call.services.mail_addresses.confirm(call.body.token)
    return TypedResponse(204)


@api.post(
    "/v1/mail/stop",
    tag="member",
    caller=AuthLevel.CLIENT,
    scopes=frozenset({Scope.PORTAL}),
    body=MailToken,
    returns={204: None},
    refuses=("mail-link-over",),
)
async def stop_mail(call: TypedRequest[MailToken, Services]) -> TypedResponse:
    """Send nothing more to the address (RFC 8058). Needs no session; a second time is the same answer."""
    await call.services.mail_addresses.stop(call.body.token)
    return TypedResponse(204)
