"""Who answers questions stands on every page, also where something went wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from pagekit import settings
from pagekit.settings import BadSettings, Office
from portal.app import make_app
from tests.pagekit.test_site import House, house

__all__ = ["house"]

OFFICE = Office(
    name={"ja": "見本市 窓口", "en": "Sample desk"},
    hours={"ja": "平日", "en": "weekdays"},
    phone="000-000-0000",
    form_url="https://city.example/form",
)


async def test_the_office_stands_in_the_footer_and_on_an_error_page(house: House) -> None:
    app = make_app(replace(house.settings(), office=OFFICE))
    async with TestServer(app) as site, aiohttp.ClientSession() as http:
        for path in ("/help", "/nothing-here"):
            async with http.get(site.make_url(path)) as answer:
                page = await answer.text()
            assert page.count("tel:000-000-0000") == 2, path
            assert "https://city.example/form" in page


def test_an_office_without_a_way_to_reach_it_is_refused() -> None:
    with pytest.raises(BadSettings, match="needs a phone or a form_url"):
        settings._office(Path("portal.toml"), {"name": "窓口"})
    with pytest.raises(BadSettings, match="must begin with https"):
        settings._office(Path("portal.toml"), {"name": "窓口", "form_url": "javascript:alert(1)"})
    with pytest.raises(BadSettings, match="needs a name"):
        settings._office(Path("portal.toml"), {"phone": "0"})
    office = settings._office(Path("portal.toml"), {"name": "窓口", "phone": "0"})
    assert office
    assert office.name["en"] == "窓口"
