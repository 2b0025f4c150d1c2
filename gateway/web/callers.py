"""Who may call a route, and what is known about a caller once admitted.

PUBLIC   anybody: health, documentation, returns from a partner
CLIENT   a registered client program, by a signature over the request
MEMBER   a client program on behalf of a member who is signed in: signature and session token
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from aiohttp import web

from gateway.web.problems import refuse


class Caller(StrEnum):
    PUBLIC = "public"
    CLIENT = "client"
    MEMBER = "member"


class MemberSession(Protocol):
    """What the kernel needs to know of a session; the finder may return any richer value."""

    @property
    def member_id(self) -> str: ...


FindSession = Callable[[str, str], Awaitable[Any]]
"""`(token, client_id)` to a live `MemberSession`; raises the refusal `session-ended` for any other token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A caller who was let in. `client_id` is empty for PUBLIC, `member` None except for MEMBER."""

    client_id: str = ""
    member: Any = None


NOBODY = Admitted()


class VerifiesSignatures(Protocol):
    async def verify(self, request: web.BaseRequest, body: bytes) -> str:
        """The id of the client program that signed `request` with `body`, or a 401 refusal."""
        ...


class Gate:
    """Lets a request in at a level, or refuses it with the word that says what is missing."""

    def __init__(self, signatures: VerifiesSignatures, find_session: FindSession) -> None:
        self._signatures = signatures
        self._find_session = find_session

    async def admit(self, request: web.BaseRequest, body: bytes, level: Caller) -> Admitted:
        if level is Caller.PUBLIC:
            return NOBODY
        client_id = await self._signatures.verify(request, body)
        if level is Caller.CLIENT:
            return Admitted(client_id=client_id)
        return Admitted(
            client_id=client_id, member=await self._find_session(bearer_token(request), client_id)
        )


def bearer_token(request: web.BaseRequest) -> str:
    """The token of `Authorization: Bearer …`; raises the refusal `session-missing` for none or more than one."""
    fields = request.headers.getall("Authorization", [])
    if len(fields) != 1:
        raise refuse("session-missing")
    scheme, _, token = fields[0].partition(" ")
    if (
        scheme.lower() != "bearer"
        or not 0 < len(token) <= 200
        or not token.isascii()
        or not token.isprintable()
    ):
        raise refuse("session-missing")
    return token
