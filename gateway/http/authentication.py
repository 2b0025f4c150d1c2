"""Who may call a route, and what is known about a caller once admitted.

PUBLIC   anybody: health, documentation, returns from a partner
CLIENT   a registered client program, by a signature over the request
MEMBER   a client program on behalf of a member who is signed in: signature and session token
STAFF    a client program on behalf of a city's or shop's staff: signature, staff session, and a role that may do it
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from aiohttp import web

from gateway.errors import ProblemError
from gateway.http.client_scopes import SHOP_OF_KEY, Scope
from gateway.platform.roles import ALLOWED, Action, Role, may


class AuthLevel(StrEnum):
    PUBLIC = "public"
    CLIENT = "client"
    MEMBER = "member"
    STAFF = "staff"


class ActingRight(StrEnum):
    """What somebody may do who acts for a member (代理). A route that names none of them is the member's alone."""

    SEE = "see"
    EXCHANGE = "exchange"
    PAY = "pay"
    SIGN_OUT = "sign_out"


class WorkingSession(Protocol):
    """What the dispatcher needs to know of a staff session."""

    @property
    def staff_id(self) -> str: ...
    @property
    def municipality(self) -> str: ...
    @property
    def shop_id(self) -> str | None: ...
    @property
    def role(self) -> Role: ...
    @property
    def strong(self) -> bool: ...
    @property
    def first_password(self) -> bool: ...
    @property
    def till_id(self) -> str | None: ...


FindSession = Callable[[str, str], Awaitable[WorkingSession]]
"""`(token, client_id)` to a live staff session; raises the refusal `session-ended` for any other token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A caller who was let in. `client_id` is empty for PUBLIC, `member` and `staff` None except at their levels."""

    client_id: str = ""
    member: Any = None
    staff: WorkingSession | None = None


NOBODY = Admitted()


class SignatureVerifierProtocol(Protocol):
    async def verify(self, request: web.BaseRequest, *, scopes: frozenset[Scope], has_body: bool) -> str:
        """The id of the client program that signed the head of `request`, or a 401 refusal.

        A key that has none of `scopes` is refused with 403.
        """
        ...

    async def verify_and_find(
        self, request: web.BaseRequest, key: str, *, scopes: frozenset[Scope], has_body: bool
    ) -> tuple[str, Any]:
        """The same, and what is kept under `key`."""
        ...


class SessionLookup(Protocol):
    """Members' sessions, found in the same step in which a request's nonce is used up."""

    def key_of(self, token: str) -> str | None:
        """Under which the session of a token is kept; None for what cannot be one."""
        ...

    async def living(self, found: Any, token: str, *, client_id: str) -> Any:
        """The session, if what was found is one that lives; raises the refusal `session-ended` for anything else."""
        ...


class Authenticator:
    """Lets a request in at a level, or refuses it with the word that says what is missing."""

    def __init__(
        self,
        signatures: SignatureVerifierProtocol,
        members: SessionLookup,
        find_staff: FindSession | None = None,
    ) -> None:
        self._signatures = signatures
        self._members = members
        self._find_staff = find_staff

    async def admit(
        self,
        request: web.BaseRequest,
        level: AuthLevel,
        action: Action | None = None,
        *,
        scopes: frozenset[Scope],
        has_body: bool,
        acting: ActingRight | None = None,
        at_till: bool = False,
    ) -> Admitted:
        """Decide from the head alone, so that no byte of a stranger's body is read.

        `scopes` are those of keys that may call this operation at all, whoever is signed in. `at_till`: it is open to
        a bound till as well.
        """
        if level is AuthLevel.PUBLIC:
            return NOBODY
        if level is AuthLevel.MEMBER:
            admitted = await self._admit_member(request, scopes=scopes, has_body=has_body)
            rights = admitted.member.acting_rights
            if rights is not None and acting not in rights | {ActingRight.SIGN_OUT}:
                raise ProblemError("not-for-a-representative")
            return admitted
        client_id = await self._signatures.verify(request, scopes=scopes, has_body=has_body)
        if level is AuthLevel.CLIENT:
            return Admitted(client_id=client_id)
        return await self._admit_staff(request, client_id, action, at_till=at_till)

    async def _admit_member(
        self, request: web.BaseRequest, *, scopes: frozenset[Scope], has_body: bool
    ) -> Admitted:
        token = _bearer_token(request)
        # Whatever is wrong with the token, a wrong signature is told first; and for no key nothing is found.
        key = self._members.key_of(token) if token is not None else None
        client_id, found = await self._signatures.verify_and_find(
            request, key or "", scopes=scopes, has_body=has_body
        )
        if token is None:
            raise ProblemError("session-missing")
        return Admitted(
            client_id=client_id, member=await self._members.living(found, token, client_id=client_id)
        )

    async def _admit_staff(
        self, request: web.BaseRequest, client_id: str, action: Action | None, *, at_till: bool
    ) -> Admitted:
        token = bearer_token(request)
        if self._find_staff is None or action is None:
            raise ProblemError("session-ended")
        staff: WorkingSession = await self._find_staff(token, client_id)
        shop = request.get(SHOP_OF_KEY)
        if shop is not None and shop != f"{staff.municipality}/{staff.shop_id}":
            raise ProblemError("key-scope", shop=shop)
        if staff.till_id is not None and not at_till:
            raise ProblemError("till-only")
        if action not in ALLOWED[staff.role]:
            raise ProblemError("role-not-allowed", role=staff.role.value)
        if not may(staff.role, action, strong=staff.strong, first_password=staff.first_password):
            raise ProblemError("password-to-change" if staff.first_password else "second-factor-missing")
        return Admitted(client_id=client_id, staff=staff)


def bearer_token(request: web.BaseRequest) -> str:
    """The token of `Authorization: Bearer …`; raises the refusal `session-missing` for none or more than one."""
    token = _bearer_token(request)
    if token is None:
        raise ProblemError("session-missing")
    return token


def _bearer_token(request: web.BaseRequest) -> str | None:
    fields = request.headers.getall("Authorization", [])
    if len(fields) != 1:
        return None
    scheme, _, token = fields[0].partition(" ")
    sound = scheme.lower() == "bearer" and 0 < len(token) <= 200 and token.isascii() and token.isprintable()
    return token if sound else None
