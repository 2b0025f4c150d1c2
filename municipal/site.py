"""A visit of staff: the rules of every page are pagekit's; here stands what these pages add to them."""

from __future__ import annotations

from typing import Final, TypeAlias

from municipal.session import Session
from municipal.settings import Settings
from pagekit import pages

Visit: TypeAlias = pages.PageRequest[Settings, Session]
Pages: TypeAlias = pages.Pages[Settings, Session]
Cloud: TypeAlias = pages.Site[Settings, Session]

HOME: Final = "/"


def own_path(text: str) -> str:
    """`text` when it is a path of this site and nothing more, else the first page: no open redirect."""
    return pages.own_path(text, HOME)
