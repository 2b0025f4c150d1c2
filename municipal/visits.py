"""A visit of staff: the rules of every page are pagekit's; here stands what these pages add to them."""

from __future__ import annotations

import re
import uuid
from typing import Final, TypeAlias

from municipal.sealed import Session
from municipal.settings import Settings
from pagekit import visits

Visit: TypeAlias = visits.Visit[Settings, Session]
Pages: TypeAlias = visits.Pages[Settings, Session]
Cloud: TypeAlias = visits.Site[Settings, Session]

HOME: Final = "/"
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def own_path(text: str) -> str:
    """`text` when it is a path of this site and nothing more, else the first page: no open redirect."""
    return visits.own_path(text, HOME)


def fresh_id() -> str:
    """The id under which the gateway will know what a form asks for; made when the form is drawn, so that a double
    click, a reload or the back button repeats nothing.
    """
    return str(uuid.uuid4())
