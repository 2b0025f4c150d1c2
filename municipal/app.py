"""Puts the municipal cloud's pages together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

from municipal import account, counter, sign_in, start
from municipal.menu import current, entries_for
from municipal.sealed import staff_seal
from municipal.settings import Settings
from municipal.trouble import TROUBLES
from municipal.visits import HOME, Cloud
from municipal.words import WORDS
from pagekit.api import Gateway
from pagekit.files import Files
from pagekit.patience import Patience
from pagekit.site import environment, site_app
from pagekit.visits import Site

HERE: Final = Path(__file__).parent
FILES: Final = Files(HERE / "static")
PARTS: Final = (sign_in, account, start, counter)
HEADERS: Final[dict[str, dict[str, str]]] = {}
"""More headers for some pages, such as the camera for the one that scans."""


def make_app(settings: Settings) -> web.Application:
    cloud: Cloud = Site(
        name="municipal",
        home=HOME,
        session_path="/v1/staff/sessions/current",
        settings=settings,
        gateway=Gateway(settings),
        seal=staff_seal(settings.seal_secret),
        words=WORDS,
        troubles=TROUBLES,
        templates=templates(),
        patience=Patience(burst=settings.tries_at_once),
        headers=HEADERS,
        detours={"second-factor-missing": "/setup", "password-to-change": "/setup"},
    )
    return site_app(cloud, [part.pages for part in PARTS], FILES)


def templates() -> jinja2.Environment:
    made = environment(HERE / "templates", FILES)
    made.globals |= {"entries_for": entries_for, "is_current": current, "ROLES": ROLES}
    return made


ROLES: Final = {
    "viewer": "閲覧者",
    "operator": "担当者",
    "approver": "承認者",
    "administrator": "管理者",
    "shop": "加盟店",
    "platform": "プラットフォーム",
}
