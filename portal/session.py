"""A member's session: masked names for the screen, and how long it may lie idle, which a shared terminal shortens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pagekit import session_cookie
from pagekit.session_cookie import begun

IDLE_LIMIT: Final = timedelta(minutes=10)
SHARED_TERMINAL_IDLE_LIMIT: Final = timedelta(minutes=2)
"""Both from the gateway's own limits; the portal's count only what a person did, not a page that updates itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(session_cookie.Session):
    """Who is signed in here. `shown_name` and `shown_id` are masked already.

    `missed_elsewhere`: how often somebody else had a wrong password for this MyKey ID before this sign-in.
    """

    shown_name: str
    shown_id: str
    shared_terminal: bool
    missed_elsewhere: int = 0
    actor: str = ""
    """Who acts for the member, masked; empty where it is the member."""
    owner: str = ""
    """A digest of the MyKey ID, by which a form that came too late finds the same person again; empty for who acts."""

    @property
    def idle_limit(self) -> timedelta:
        return SHARED_TERMINAL_IDLE_LIMIT if self.shared_terminal else IDLE_LIMIT

    @property
    def form_owner(self) -> str:
        return "" if self.shared_terminal or not self.owner else f"member:{self.owner}"


def new_session(
    token: str,
    display_name: str,
    mykey_id: str,
    *,
    shared_terminal: bool,
    now: datetime,
    missed_elsewhere: int = 0,
) -> Session:
    return Session(
        missed_elsewhere=missed_elsewhere,
        shown_name=mask_name(display_name),
        shown_id=mask_id(mykey_id),
        shared_terminal=shared_terminal,
        owner=hashlib.sha256(mykey_id.encode()).hexdigest()[:32],
        **begun(token, now),
    )


def acting_session(token: str, name: str, *, actor: str, shared_terminal: bool, now: datetime) -> Session:
    """Somebody acts for `name`; `actor` is masked already. No MyKey ID is shown: it is not the actor's."""
    return Session(
        shown_name=mask_name(name),
        shown_id="",
        shared_terminal=shared_terminal,
        actor=actor,
        **begun(token, now),
    )


def members_seal(secret: bytes) -> session_cookie.SessionCipher[Session]:
    return session_cookie.SessionCipher(secret, "point-gateway portal session v1", Session)


def mask_name(name: str) -> str:
    """`見本太郎` becomes `見＊＊郎`: enough to see whose page it is, too little for who looks over a shoulder."""
    if len(name) <= 2:
        return name[:1] + "＊" * max(1, len(name) - 1)
    return name[0] + "＊" * (len(name) - 2) + name[-1]


def mask_id(mykey_id: str) -> str:
    return mykey_id[:2] + "＊" * max(0, len(mykey_id) - 4) + mykey_id[-2:]
