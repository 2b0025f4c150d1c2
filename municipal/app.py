"""Puts the municipal cloud's pages together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

from municipal import (
    account,
    announcements,
    applications,
    apply,
    audit,
    bank_results,
    carry_ins,
    companies,
    counter,
    events,
    exchanges,
    figures,
    grant_files,
    grants,
    half_year,
    home,
    manual,
    partners,
    pay_cards,
    platform_keys,
    platform_members,
    platform_partners,
    privacy_text,
    projects,
    proposals,
    representatives,
    services,
    settlement_settings,
    settlements,
    shop_day,
    shop_debts,
    shop_documents,
    shop_lists,
    shops,
    sign_in,
    staff,
    support,
    tills,
)
from municipal.error_messages import TROUBLES
from municipal.i18n import WORDS
from municipal.labels import EXPIRIES, FAULTS, FIGURES, FILE_STATES, ROLES, WORSE
from municipal.menu import current, entries_for
from municipal.session import staff_seal
from municipal.settings import Settings
from municipal.site import HOME, Cloud
from municipal.till_device import reopen
from pagekit.api import Gateway
from pagekit.files import Files
from pagekit.pages import CAMERA, Site
from pagekit.site import environment, site_app
from pagekit.throttle import LoginThrottle
from point_gateway_client import calls

HERE: Final = Path(__file__).parent
FILES: Final = Files(HERE / "static")
PARTS: Final = (
    sign_in,
    account,
    home,
    manual,
    half_year,
    figures,
    services,
    projects,
    proposals,
    grants,
    grant_files,
    carry_ins,
    support,
    pay_cards,
    representatives,
    events,
    shop_lists,
    shops,
    applications,
    apply,
    companies,
    announcements,
    shop_debts,
    settlement_settings,
    settlements,
    bank_results,
    privacy_text,
    staff,
    audit,
    exchanges,
    platform_partners,
    platform_members,
    platform_keys,
    partners,
    counter,
    shop_day,
    tills,
    shop_documents,
)
HEADERS: Final = dict.fromkeys(("/shop/take/scan", "/shop/take/check"), CAMERA)
"""The camera is open to the page that scans, also where it is shown again, and to no other."""


def make_app(settings: Settings) -> web.Application:
    cloud: Cloud = Site(
        name="municipal",
        home=HOME,
        end_session=calls.staff_sign_out,
        settings=settings,
        gateway=Gateway(settings),
        seal=staff_seal(settings.seal_secret),
        words=WORDS,
        troubles=TROUBLES,
        templates=templates(),
        patience=LoginThrottle(burst=settings.tries_at_once),
        headers=HEADERS,
        detours={
            "second-factor-missing": "/setup",
            "password-to-change": "/setup",
            "till-only": "/login?why=till",
        },
        reopen=reopen,
    )
    return site_app(cloud, [part.pages for part in PARTS], FILES)


def templates() -> jinja2.Environment:
    made = environment(HERE / "templates", FILES)
    made.globals |= {
        "entries_for": entries_for, "is_current": current, "ROLES": ROLES, "FIGURES": FIGURES,
        "FILE_STATES": FILE_STATES, "EXPIRIES": EXPIRIES, "WORSE": WORSE, "FAULTS": FAULTS,
    }  # fmt: skip
    made.filters["n"] = lambda number: f"{number:,}"
    made.filters["zip_with"] = lambda one, other: list(zip(one, other, strict=True))
    made.filters["labelled"] = lambda pairs, say: [(value, say(name)) for value, name in pairs]
    return made
