"""Typed, signed calls to a point gateway.

`calls` makes calls, a client sends them, `models` are the answers, `problems` the refusals as classes.
"""

from msgspec import UNSET, UnsetType

from point_gateway_client.call import Call, File, RawAnswer
from point_gateway_client.client import AsyncClient, AsyncSignedIn, Client, SignedIn
from point_gateway_client.errors import (
    ConnectionLost,
    GatewayError,
    InputError,
    Problem,
    UnexpectedAnswer,
    Unreachable,
    WrongKey,
)
from point_gateway_client.generated import calls, models, problems
from point_gateway_client.messages import Message
from point_gateway_client.transport import AsyncTransport, SignedRequest, Transport

__all__ = [
    "UNSET",
    "AsyncClient",
    "AsyncSignedIn",
    "AsyncTransport",
    "Call",
    "Client",
    "ConnectionLost",
    "File",
    "GatewayError",
    "InputError",
    "Message",
    "Problem",
    "RawAnswer",
    "SignedIn",
    "SignedRequest",
    "Transport",
    "UnexpectedAnswer",
    "Unreachable",
    "UnsetType",
    "WrongKey",
    "calls",
    "models",
    "problems",
]
