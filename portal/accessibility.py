"""アクセシビリティについて: what is aimed at, what was tested and how, what is not, and whom to tell.

The table is what the tests of the pages measured (`make accessibility`); nothing is claimed beyond it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from portal.site import Pages, Visit

pages = Pages()
RESULTS: Final = Path(__file__).parent / "accessibility_results.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedPage:
    """One page of the site: how many rules of axe-core applied to it, and how many of them it broke."""

    title: str
    rules: int
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessibilityResults:
    """What was tested on one day, with one release of axe-core."""

    axe: str
    tested_on: date
    pages: tuple[TestedPage, ...]


@pages.get("/accessibility", public=True)
async def statement(visit: Visit) -> web.Response:
    return visit.render("accessibility.html", results=stored_results())


@cache
def stored_results() -> AccessibilityResults:
    values = json.loads(RESULTS.read_text("utf-8"))
    return AccessibilityResults(
        axe=values["axe"],
        tested_on=date.fromisoformat(values["tested_on"]),
        pages=tuple(TestedPage(**page) for page in values["pages"]),
    )
