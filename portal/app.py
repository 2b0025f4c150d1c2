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
from point_gateway_client import calls
from portal import (
    accessibility,
    account,
    allocate,
    card_settings,
    cards,
    carry_in,
    exchanges,
    history,
    mail,
    manual,
    municipality_search,
    mypage,
    notices,
    offline,
    passkeys,
    pay_code,
    phones,
    proofs,
    record,
    representatives,
    restore,
    scan,
    sign_in,
    step_up,
    support_events,
)
from portal.error_messages import TROUBLES
from portal.i18n import WORDS, other_side, wallet_name
from portal.prefecture_names import prefecture_in_list, prefecture_name
from portal.session import members_seal
from portal.settings import Settings
from portal.shop_kinds import kind_name
from portal.site import CAMERA_PAGES, CARD_PAGES, FORM_LIMIT, HOME, Portal

HERE: Final = Path(__file__).parent
FILES: Final = Files(HERE / "static")
PARTS: Final = (
    sign_in,
    cards,
    card_settings,
    phones,
    passkeys,
    restore,
    mypage,
    notices,
    offline,
    pay_code,
    scan,
    exchanges,
    allocate,
    history,
    mail,
    support_events,
    municipality_search,
    account,
    record,
    representatives,
    proofs,
    step_up,
    carry_in,
    accessibility,
    manual,
)


def make_app(settings: Settings) -> web.Application:
    portal: Portal = Site(
        name="portal",
        home=HOME,
        end_session=calls.sign_out,
        settings=settings,
        gateway=Gateway(settings),
        seal=members_seal(settings.seal_secret),
        words=WORDS,
        troubles=TROUBLES,
        templates=templates(),
        patience=LoginThrottle(burst=settings.tries_at_once),
        form_limit=FORM_LIMIT,
        personal_cookies=(
            allocate.MOVED_COOKIE,
            cards.BROWSER_COOKIE,
            *phones.COOKIES,
            passkeys.BROWSER_COOKIE,
        ),
        headers={
            path: {"Content-Security-Policy": policy(connect_src=settings.card_agent_url)}
            for path in CARD_PAGES
        }
        | dict.fromkeys(CAMERA_PAGES, CAMERA),
    )
    return site_app(portal, [part.pages for part in PARTS], FILES)


def templates() -> jinja2.Environment:
    jinja = environment(HERE / "templates", FILES)
    jinja.globals |= {
        "BRINGS_POINTS": exchanges.BRINGS_POINTS,
        "fresh_id": fresh_id,
        "kind_name": kind_name,
        "other_side": other_side,
        "prefecture_in_list": prefecture_in_list,
        "prefecture_name": prefecture_name,
        "wallet_name": wallet_name,
    }
    return jinja
