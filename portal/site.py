"""A member's visit: the rules of every page are pagekit's; here stands what the portal adds to them."""

from __future__ import annotations

from typing import Final, TypeAlias

from pagekit import pages
from portal.session import Session
from portal.settings import Settings

Visit: TypeAlias = pages.PageRequest[Settings, Session]
Pages: TypeAlias = pages.Pages[Settings, Session]
Portal: TypeAlias = pages.Site[Settings, Session]

HOME: Final = "/mypage"
CARD_PAGES: Final = frozenset(
    {
        "/login",
        "/card/login",
        "/register",
        "/relink",
        "/settings/card",
        "/settings/card-password",
        "/phone/join",
        "/phone/join/card",
        "/phone/register",
    }
)  # fmt: skip
CAMERA_PAGES: Final = frozenset({"/scan"})
FORM_LIMIT: Final = 48 * 1024
"""A card's answer with its certificate fits; nothing else comes near."""


def own_path(text: str) -> str:
    """`text` when it is a path of this site and nothing more, else the member's page: no open redirect."""
    return pages.own_path(text, HOME)
