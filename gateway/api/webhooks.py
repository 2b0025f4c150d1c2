"""Where partners call us: something has become of a debit, or a member gave an order at their terminal."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from gateway.api.fields import PartnerPath, Units, Uuid, View
from gateway.exchanges.terminal_orders import TerminalOrder
from gateway.http.authentication import AuthLevel
from gateway.http.dispatch import json_body
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.services import Services

api = Api()

Moment = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$"),
]


class PushData(Strict):
    exchange_id: Uuid


class Push(Strict):
    """A message of Standard Webhooks. Only the exchange id is used; what became of it, we ask."""

    type: Words
    timestamp: Moment
    data: PushData


class OrderData(Strict):
    exchange_id: Uuid
    service_id: Words
    units: Units


class Order(Strict):
    """A message of Standard Webhooks. `exchange_id` is the partner's own order id and the idempotency key."""

    type: Words
    timestamp: Moment
    data: OrderData


class OrderTaken(View):
    """What became of it. `state` is `settled`, `declined`, `not_sent`, or `open` while nobody knows yet."""

    exchange_id: str
    state: str
    points: int | None


@api.post(
    "/pushes/{partner_id}",
    tag="webhooks",
    caller=AuthLevel.PUBLIC,
    path=PartnerPath,
    body=Push,
    any_body=True,
    returns={204: None},
    refuses=("unknown-partner", "push-not-believed", "partner-unavailable"),
)
async def take_push(call: TypedRequest[bytes, Services, None, PartnerPath]) -> TypedResponse:
    """A partner says that something has become of a debit. It is signed as Standard Webhooks asks.

    A partner whose plugin has the hook `read_push` sends its own format, of whatever media type.
    Whatever the message says, the gateway only asks the partner (`find_debit`) and believes that answer. So
    messages may come in any order and any number of times.
    """
    pushes, partner_id = call.services.pushes, call.path.partner_id
    if pushes.is_read_by_plugin(partner_id):
        await pushes.accept_own(partner_id, call.request.headers.items(), call.body)
    else:
        push = json_body(call.request, call.body, Push)
        await pushes.accept(partner_id, call.request.headers, call.body, push.data.exchange_id)
    return TypedResponse(204)


@api.post(
    "/orders/{partner_id}",
    tag="webhooks",
    caller=AuthLevel.PUBLIC,
    path=PartnerPath,
    body=Order,
    returns={200: OrderTaken},
    refuses=(
        "unknown-partner",
        "push-not-believed",
        "link-missing",
        "exchange-id-reused",
        "unknown-exchange",
        "exchange-state",
        "not-returned",
        "not-quoted",
        "quote-replaced",
        "quote-expired",
        "units-not-allowed",
        "not-enough",
        "no-rate",
        "coupon-missing",
        "return-url-missing",
        "partner-unavailable",
        "partner-paused",
        "partner-in-maintenance",
    ),
)
async def take_order(call: TypedRequest[Order, Services, None, PartnerPath]) -> TypedResponse:
    """A member gave an order at the partner's terminal, for an account that was linked before.

    Signed as Standard Webhooks asks. The points go to the reserve, by the partner's `debit` as always. Send the
    same order again when the answer was lost: it is the same exchange.
    """
    body = await call.request.read()
    data = call.body.data
    order = TerminalOrder(exchange_id=data.exchange_id, service_id=data.service_id, units=data.units)
    done = await call.services.terminal.accept(call.path.partner_id, call.request.headers, body, order)
    return TypedResponse(200, OrderTaken(exchange_id=done.exchange_id, state=done.state, points=done.points))
