"""A planned stop stands on every page of a site, for strangers too, in their language, until it is over."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from aiohttp.test_utils import TestServer

from httpkit.clock import system_clock
from pagekit.planned_stops import PlannedStops
from pagekit.site import STOPS
from portal.app import make_app
from tests.pagekit.test_site import House, house, saying

__all__ = ["house"]


def stop_in(hours: int, lasting: int = 4) -> dict[str, object]:
    begins = system_clock() + timedelta(hours=hours)
    return {
        "announcement_id": "01a22e1e-6dfe-7340-9874-bf708f74a6bb",
        "title": {"ja": "機器の更新", "en": "New machines", "easy": "機械を新しくします"},
        "text": {"ja": "支払いができません。", "en": "You cannot pay.", "easy": "おかねを払えません。"},
        "stops_from": begins.isoformat(), "stops_until": (begins + timedelta(hours=lasting)).isoformat(),
    }  # fmt: skip


async def page_of(house: House, answers: list[object], language: str = "ja") -> list[str]:
    """The login page after each of these answers of the gateway to the question for stops."""
    app = make_app(house.settings())
    pages = []
    async with TestServer(app, port=0) as site, aiohttp.ClientSession() as http:
        for answer in answers:
            house.answer = saying(*answer) if isinstance(answer, tuple) else saying(answer)
            await app[STOPS].ask()
            async with http.get(site.make_url("/login"), headers={"Accept-Language": language}) as page:
                pages.append(await page.text())
    return pages


async def test_it_is_shown_to_strangers_in_their_language_and_no_longer_than_it_lasts(house: House) -> None:
    assert isinstance(make_app(house.settings())[STOPS], PlannedStops)
    (page,) = await page_of(house, [{"stops": [stop_in(24), stop_in(-5)]}], "en")
    assert page.count("planned-stop") == 1
    assert "You cannot pay." in page
    assert "This service will be down from" in page


async def test_what_was_told_last_stays_while_the_gateway_cannot_be_asked(house: House) -> None:
    told = {"stops": [stop_in(24)]}
    pages = await page_of(house, [told, ({"type": "/docs/problems/busy"}, 503), {"stops": []}])
    assert ["planned-stop" in page for page in pages] == [True, True, False]
