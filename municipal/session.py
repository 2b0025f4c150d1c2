"""A session of staff, and half a sign-in: both sealed into cookies, nothing of them kept here.

What a role may do (`actions`) is carried along so that each page shows only that; the gateway asks its own table at
every call, so that a cookie decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pagekit import session_cookie
from pagekit.session_cookie import begun
from point_gateway_client import models

IDLE_LIMIT: Final = timedelta(minutes=15)
"""The gateway's own; ours counts only what a person did, not a page that updates itself."""
SHOP_ROLES: Final = frozenset({"shop", "till", "bookkeeper"})
"""A shop's people; their password is enough."""
TILL_LIMIT: Final = timedelta(hours=24)
"""Of a bound till, after which the device shows its secret again; the gateway's own."""
AT_TILL: Final = "@till"
"""Stands after what a page needs that a bound till opens, too: taking payments, and today's list."""
CHOOSES: Final = "choose_shop"
"""Stands among the actions of who works at several shops of a company."""
CHOOSE_SHOP: Final = "/shop/choose"
HALF_LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(session_cookie.Session):
    """Who is signed in here. `shop_id` is empty for a city's staff; `municipality` is `platform` for the platform's."""

    staff_id: str
    login: str
    name: str
    role: str
    municipality: str
    municipality_name: str
    shop_id: str
    actions: str
    """What the role may do, with spaces between."""
    strong: bool
    first_password: bool
    missed_elsewhere: int = 0
    """How often somebody else had a wrong password for this login before this sign-in."""
    till: str = ""
    """The name of the bound till whose session it is; empty for a person's."""
    shop_name: str = ""
    """The shop that somebody who works at several has chosen; empty until then, and for everybody else."""

    @property
    def idle_limit(self) -> timedelta:
        return TILL_LIMIT if self.till else IDLE_LIMIT

    @property
    def stays(self) -> bool:
        """Whether nobody is signed out for doing nothing."""
        return bool(self.till)

    @property
    def is_shop(self) -> bool:
        return self.role in SHOP_ROLES

    @property
    def unfinished(self) -> bool:
        """Something of one's own is to be set up before anything else opens."""
        return not self.till and (self.first_password or not (self.strong or self.is_shop))

    @property
    def first(self) -> str:
        if self.till:
            return "/login?why=till"
        if self.unfinished:
            return "/setup"
        return CHOOSE_SHOP if self.is_to_choose else ""

    @property
    def is_to_choose(self) -> bool:
        """Whether this person works at several shops and has not said at which one now."""
        return not self.till and not self.shop_name and CHOOSES in self.actions.split()

    @property
    def form_owner(self) -> str:
        # A form of one shop must not come back at another.
        return "" if CHOOSES in self.actions.split() else f"staff:{self.staff_id}"

    def may(self, need: str) -> bool:
        """Whether the role has this action (as the gateway calls it), and everything of one's own is set up."""
        if self.till:
            return need.endswith(AT_TILL)
        if self.is_to_choose and need != CHOOSES:
            return False
        return need.removesuffix(AT_TILL) in self.actions.split() and not self.unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfSignIn:
    """The password was right; the second factor is asked for. `passkey_options` is empty where there is no passkey."""

    token: str = field(repr=False)
    by_totp: bool
    passkey_options: Mapping[str, Any]
    next: str
    ends_at: int
    missed_elsewhere: int = 0

    def alive(self, now: datetime) -> bool:
        return now.timestamp() < self.ends_at


def session_of(
    view: models.StaffSessionView,
    token: str,
    now: datetime,
    missed_elsewhere: int = 0,
    till: str = "",
    shop_name: str = "",
) -> Session:
    """From the gateway's view of a session; `till` is the name of the bound till whose it is, `shop_name` of the shop chosen."""
    return Session(
        missed_elsewhere=missed_elsewhere, till=till, shop_name=shop_name, **begun(token, now), **_shown(view)
    )


def renewed(session: Session, view: models.StaffSessionView) -> Session:
    """The same session with what has changed at the gateway."""
    values = {
        name: getattr(session, name)
        for name in ("token", "form_secret", "used_at", "missed_elsewhere", "till", "shop_name")
    }
    return Session(**values, **_shown(view))


def _shown(view: models.StaffSessionView) -> dict[str, Any]:
    return {
        "staff_id": view.staff_id,
        "login": view.login,
        "name": view.display_name,
        "role": view.role,
        "municipality": view.municipality,
        "municipality_name": view.municipality_name,
        "shop_id": view.shop_id or "",
        "actions": " ".join([*view.actions, CHOOSES] if view.chooses_shop else view.actions),
        "strong": view.strong,
        "first_password": view.first_password,
    }


def staff_seal(secret: bytes) -> session_cookie.SessionCipher[Session]:
    return session_cookie.SessionCipher(secret, "point-gateway municipal session v1", Session)


def half_seal(secret: bytes) -> session_cookie.SessionCipher[HalfSignIn]:
    return session_cookie.SessionCipher(secret, "point-gateway municipal half sign-in v1", HalfSignIn)
