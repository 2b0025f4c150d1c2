"""Where partners tell us by themselves that something has become of a debit."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from gateway.services import Services
from gateway.web import asked
from gateway.web.callers import Caller
from gateway.web.inputs import Strict, Words
from gateway.web.routing import Api, Call, Reply

api = Api()

Moment = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$"),
]


class PushData(Strict):
    exchange_id: asked.Uuid


class Push(Strict):
    """A message of Standard Webhooks. Only the exchange id is used; what became of it, we ask."""

    type: Words
    timestamp: Moment
    data: PushData


@api.post(
    "/pushes/{partner_id}",
    tag="webhooks",
    caller=Caller.PUBLIC,
    path=asked.PartnerPath,
    body=Push,
    returns={204: None},
    refuses=("unknown-partner", "push-not-believed"),
)
async def take_push(call: Call[Push, Services, None, asked.PartnerPath]) -> Reply:
    """A partner says that something has become of a debit. It is signed as Standard Webhooks asks.

    Whatever the message says, the gateway only asks the partner (`find_debit`) and believes that answer. So
    messages may come in any order and any number of times.
    """
    body = await call.request.read()
    await call.services.pushes.take(
        call.path.partner_id, call.request.headers, body, call.body.data.exchange_id
    )
    return Reply(204)
