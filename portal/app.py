"""Puts the portal together: its pages, its templates and files, and what its pages for cards may call."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

from pagekit.api import Gateway
from pagekit.files import Files
from pagekit.ids import fresh_id
from pagekit.pages import CAMERA, Site, policy
from pagekit.site import environment, site_app
from pagekit.throttle import LoginThrottle
from portal import (
    account,
    allocate,
    card_settings,
    cards,
    exchanges,
    history,
    municipality_search,
    mypage,
    pay_code,
    scan,
    sign_in,
    support_events,
)
from portal.error_messages import TROUBLES
from portal.i18n import WORDS, in_japanese, other_side, wallet_name
from portal.prefecture_names import prefecture_name
from portal.session import members_seal
from portal.settings import Settings
from portal.site import CAMERA_PAGES, CARD_PAGES, FORM_LIMIT, HOME, Portal

HERE: Final = Path(__file__).parent
FILES: Final = Files(HERE / "static")
PARTS: Final = (
    sign_in,
    cards,
    card_settings,
    mypage,
    pay_code,
    scan,
    exchanges,
    allocate,
    history,
    support_events,
    municipality_search,
    account,
)


def make_app(settings: Settings) -> web.Application:
    portal: Portal = Site(
        name="portal",
        home=HOME,
        session_path="/v1/sessions/current",
        settings=settings,
        gateway=Gateway(settings),
        seal=members_seal(settings.seal_secret),
        words=WORDS,
        troubles=TROUBLES,
        templates=templates(),
        patience=LoginThrottle(burst=settings.tries_at_once),
        form_limit=FORM_LIMIT,
        headers={
            path: {"Content-Security-Policy": policy(connect_src=settings.card_agent_url)}
            for path in CARD_PAGES
        }
        | dict.fromkeys(CAMERA_PAGES, CAMERA),
    )
    return site_app(portal, [part.pages for part in PARTS], FILES)


def templates() -> jinja2.Environment:
    made = environment(HERE / "templates", FILES)
    made.globals |= {
        "fresh_id": fresh_id,
        "other_side": other_side,
        "prefecture_name": prefecture_name,
        "wallet_name": wallet_name,
    }
    made.filters["in_japanese"] = in_japanese
    return made
