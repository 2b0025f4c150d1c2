"""A visit of staff: the rules of every page are pagekit's; here stands what these pages add to them."""

from __future__ import annotations

from typing import Final, TypeAlias

from municipal.sealed import Session
from municipal.settings import Settings
from pagekit import visits

Visit: TypeAlias = visits.Visit[Settings, Session]
Pages: TypeAlias = visits.Pages[Settings, Session]
Cloud: TypeAlias = visits.Site[Settings, Session]

HOME: Final = "/"


def own_path(text: str) -> str:
    """`text` when it is a path of this site and nothing more, else the first page: no open redirect."""
    return visits.own_path(text, HOME)
