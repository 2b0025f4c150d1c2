"""The demonstration's provider of phones: a person without a MyKey ID makes one, comes again, or says no."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.demo.browser import Browser, Page
from gateway.demo.environment import DemoEnvironment

NOWHERE = "http://127.0.0.1:9/"


async def at_the_provider(town: DemoEnvironment, browser: Browser) -> Page:
    """From the portal's page by its link to the provider's."""
    page = await browser.open(f"{town.portal_url}/phone")
    (link,) = re.findall(r'href="(http://127\.0\.0\.1:\d+/auth\?[^"]+)"', page.text)
    return await browser.open(link.replace("&amp;", "&"))


async def choose(browser: Browser, page: Page, person: str) -> Page:
    return await browser.submit(page, page.form_with("person"), person=person)


async def test_a_new_person_makes_a_mykey_id_and_is_known_the_next_time(town: DemoEnvironment) -> None:
    async with Browser(NOWHERE) as browser:
        asked = await choose(browser, await at_the_provider(town, browser), "見本四郎")
        assert urlsplit(asked.url).path == "/phone/join"
        assert (await choose_to_register(browser, asked)).url.startswith(town.portal_url)
    async with Browser(NOWHERE) as later:
        known = await choose(later, await at_the_provider(town, later), "見本四郎")
        assert urlsplit(known.url).path == "/mypage"
        assert "見本四郎" in (await later.open(f"{town.portal_url}/settings")).text


async def choose_to_register(browser: Browser, page: Page) -> Page:
    return await browser.submit(page, page.form_with("display_name"), display_name="見本四郎")


@pytest.mark.parametrize("person", ["", "見本五郎"])
async def test_who_says_no_or_is_not_on_the_list_comes_back_signed_out(
    town: DemoEnvironment, person: str
) -> None:
    async with Browser(NOWHERE) as browser:
        back = await choose(browser, await at_the_provider(town, browser), person)
        assert urlsplit(back.url).path == "/phone/return/demo"
        assert "はじめからやり直す" in back.text
        assert urlsplit((await browser.open(f"{town.portal_url}/mypage")).url).path != "/mypage"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uri", "https://elsewhere.example/phone/return/demo"),
        ("client_id", "RP-OTHER"),
        ("response_type", "token"),
        ("code_challenge_method", "plain"),
        ("scope", "openid email"),
        ("state", "short"),
        ("nonce", ""),
    ],
)
async def test_a_request_that_is_not_as_registered_goes_nowhere(
    town: DemoEnvironment, name: str, value: str
) -> None:
    async with Browser(NOWHERE) as browser:
        url = (await at_the_provider(town, browser)).url
        changed = re.sub(rf"(?<=[?&]){name}=[^&]*", f"{name}={value}", url)
        refused = await browser.open(changed)
        assert (refused.status, name in refused.text) == (400, True)


async def test_a_code_without_the_clients_proof_is_worth_nothing(town: DemoEnvironment) -> None:
    async with Browser(NOWHERE) as browser:
        page = await at_the_provider(town, browser)
    issuer = page.url.partition("/auth")[0]
    form = {"grant_type": "authorization_code", "code": "guessed", "client_assertion": "a.b.c"}
    async with aiohttp.ClientSession() as session, session.post(f"{issuer}/token", data=form) as answer:
        assert (answer.status, (await answer.json())["error"]) == (401, "invalid_client")
