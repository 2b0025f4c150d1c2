"""Starting an exchange, and the return from the partner's site."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from gateway.api.exchanges import PARTNER_CLOSED, PARTNER_REFUSALS, ExchangePath, ExchangeView, _view
from gateway.api.fields import CouponCode, OpaqueCode, PartnerId, PartnerPath, Url, Uuid
from gateway.api.member_request import MemberRequest
from gateway.errors import ProblemError
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.services import Services

api = Api()


class ExchangeStart(Strict):
    exchange_id: Uuid
    partner_id: PartnerId
    coupon_code: CouponCode | None = None
    return_url: Url | None = None
    language: Literal["ja", "en"] = "ja"


class ReturnCode(Strict):
    return_code: OpaqueCode


@api.post(
    "/v1/exchanges",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    body=ExchangeStart,
    returns={201: ExchangeView, 200: ExchangeView},
    refuses=(
        "unknown-partner",
        "exchange-id-reused",
        "coupon-missing",
        "coupon-not-taken",
        "coupon-refused",
        "coupon-already-used",
        "return-url-missing",
        "return-url-not-allowed",
        "partner-unavailable",
        *PARTNER_CLOSED,
    ),
)
async def start_exchange(call: MemberRequest[ExchangeStart]) -> TypedResponse:
    """Begin an exchange under an id that you made and stored first.

    The same id with the same body is the same exchange (200), with another body it is refused. With an account
    link that is not saved yet the state is `awaiting_return`: send the browser to `redirect_url`; it comes back
    to `return_url` with `exchange` and `return_code`.
    """
    exchange_start = call.body
    if (
        exchange_start.return_url is not None
        and exchange_start.return_url not in call.services.settings.server.portal_return_urls
    ):
        raise ProblemError(
            "return-url-not-allowed",
            "return_url is not one of the addresses listed in [server] portal_return_urls; ask the operator",
        )
    exchange, new = await call.services.openings.start(
        call.member.member_id,
        exchange_start.exchange_id,
        exchange_start.partner_id,
        coupon_code=exchange_start.coupon_code,
        return_url=exchange_start.return_url,
        language=exchange_start.language,
    )
    return TypedResponse(201 if new else 200, await _view(call.services, exchange))


@api.get(
    "/returns/{partner_id}",
    tag="exchanges",
    caller=AuthLevel.PUBLIC,
    path=PartnerPath,
    any_query=True,
    returns={303: None},
    refuses=("state-invalid", "state-expired", "state-used", "unknown-exchange"),
)
async def come_back(call: TypedRequest[None, Services, None, PartnerPath]) -> web.StreamResponse:
    """Where a partner's site sends the browser back to. Goes on to the `return_url` of the exchange."""
    goes_to = await call.services.openings.arrive(call.path.partner_id, dict(call.request.query))
    raise web.HTTPSeeOther(goes_to)


@api.post(
    "/v1/exchanges/{exchange_id}/return",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=ExchangePath,
    body=ReturnCode,
    returns={200: ExchangeView},
    refuses=("not-returned", "return-code-wrong", "account-linked-elsewhere", *PARTNER_REFUSALS),
)
async def complete_return(
    call: MemberRequest[ReturnCode, None, ExchangePath],
) -> TypedResponse:
    """Finish the link, with the code that the returning browser brought. Safe to repeat.

    Afterwards the exchange is `ready`, and `link.shown_as` is how the partner knows the member: show it and ask.
    Or `refused`, when the member did not consent.
    """
    exchange = await call.services.openings.complete(
        call.member.member_id, call.path.exchange_id, call.body.return_code
    )
    return TypedResponse(200, await _view(call.services, exchange))
