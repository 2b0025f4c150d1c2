"""The seed's two steps with nothing left out: a card in a reader, pcscd, the agent and its window, a browser, the
portal, the gateway. Registration first (マイキーIDの作成・登録), then the login with the same card.
"""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from desk import Agent, in_background, type_into_window
from playwright.async_api import expect

from gateway.demo.card import PIN, card_settings, furnish_card, sample_card
from gateway.demo.environment import STARTS_AT, open_town

PASSWORD = "correct-horse-battery"
TOOL = Path(__file__).parents[2] / "tools" / "demo-card"

pytestmark = pytest.mark.xdist_group("card-story")


@pytest.fixture(scope="module")
def town(tmp_path_factory, unused_tcp_port_factory):
    """One town for the module, on a loop of its own; its portal looks for the agent on a port of ours."""
    agent_port = unused_tcp_port_factory()
    opening = open_town(
        tmp_path_factory.mktemp("card-town"),
        portal_port=unused_tcp_port_factory(),
        card_agent_url=f"http://127.0.0.1:{agent_port}",
    )
    with asyncio.Runner() as runner:
        opened = runner.run(opening.__aenter__())
        yield opened, agent_port
        runner.run(opening.__aexit__(None, None, None))


async def press(page, button):
    """Press the button that reads the card, and type the PIN into the window that opens."""
    typing = in_background(type_into_window, PIN, "Return")
    await page.click(button)
    typing.join()


async def sign_in(page, opened):
    """By card, with registering first where nobody has yet."""
    await page.goto(opened.portal_url + "/login")
    await press(page, "form[data-card=login] button")
    await page.wait_for_url(lambda url: urlsplit(url).path != "/login")
    if not page.url.endswith("/mypage"):
        await page.goto(opened.portal_url + "/register")
        await page.fill("#display_name", "見本桜子")
        await press(page, "form[data-card=register] button")
        await page.wait_for_url("**/settings?done=registered")


async def test_a_card_makes_a_mykey_id_and_then_opens_the_door(pcsc, display, chromium, town):
    opened, agent_port = town
    fake = sample_card(opened.folder)
    pcsc.insert(fake)
    agent = Agent(agent_port, opened.portal_url)
    try:
        page = await chromium.new_page(locale="ja-JP")
        await page.goto(opened.portal_url + "/login")
        await press(page, "form[data-card=login] button")
        await expect(page.locator("#card-trouble")).to_contain_text("このカードは登録されていません")

        await page.goto(opened.portal_url + "/register")
        await page.fill("#display_name", "見本桜子")
        await press(page, "form[data-card=register] button")
        await page.wait_for_url("**/settings?done=registered")
        mykey_id = await page.text_content("dd.code")
        assert len(mykey_id) == 8
        await page.context.clear_cookies()

        await page.goto(opened.portal_url + "/login")
        await press(page, "form[data-card=login] button")
        await page.wait_for_url("**/mypage")
        await page.goto(opened.portal_url + "/settings")
        assert await page.text_content("dd.code") == mykey_id

        await page.context.clear_cookies()
        await page.goto(opened.portal_url + "/register")
        await page.fill("#display_name", "見本桜子")
        await press(page, "form[data-card=register] button")
        await expect(page.locator("#trouble")).to_contain_text("このカードは登録済みです")
    finally:
        _, said = agent.stop()
    assert PIN not in said
    assert not fake.auth_pin.verified
    with contextlib.closing(sqlite3.connect(opened.folder / "gateway.db")) as database:
        (open_challenges,) = database.execute("SELECT count(*) FROM card_challenges").fetchone()
    assert open_challenges == 0, "each challenge was used up by its answer"


async def test_the_card_sets_a_password_and_the_password_links_a_card(pcsc, display, chromium, town):
    opened, agent_port = town
    pcsc.insert(sample_card(opened.folder))
    agent = Agent(agent_port, opened.portal_url)
    try:
        page = await chromium.new_page(locale="ja-JP")
        await sign_in(page, opened)
        await page.goto(opened.portal_url + "/settings")
        mykey_id = await page.text_content("dd.code")

        await page.goto(opened.portal_url + "/settings/card")
        assert await page.locator("form[data-card]").count() == 0, "without a password no card is linked"
        await page.click("a[href='/settings/card-password']")
        for password, ends in (("short", None), (PASSWORD, "**/settings?done=card-password")):
            await page.fill("#new", password)
            await page.fill("#again", password)
            await press(page, "form[data-card] button")
            if ends is None:
                await expect(page.locator("#trouble")).to_contain_text("このパスワードは使えません")
            else:
                await page.wait_for_url(ends)

        await page.goto(opened.portal_url + "/settings/card")
        await page.fill("#password", "not-the-password")
        await press(page, "form[data-card] button")
        await expect(page.locator("#trouble")).to_contain_text("現在のパスワードが違います")
        await page.fill("#password", PASSWORD)
        await press(page, "form[data-card] button")
        await page.wait_for_url("**/settings?done=card")

        await page.context.clear_cookies()
        await page.goto(opened.portal_url + "/relink")
        await page.fill("#mykey_id", mykey_id)
        await page.fill("#password", PASSWORD)
        await press(page, "form[data-card] button")
        await page.wait_for_url("**/settings?done=card")
        assert await page.text_content("dd.code") == mykey_id
    finally:
        _, said = agent.stop()
    assert PASSWORD not in said


async def test_a_desk_without_the_agent_is_told_in_words(chromium, town):
    opened, _ = town
    page = await chromium.new_page(locale="ja-JP")
    await page.goto(opened.portal_url + "/login")
    await page.click("form[data-card=login] button")
    await expect(page.locator("form[data-card=login] .card-state")).to_contain_text(
        "準備ソフトが動いていません"
    )


def test_the_demonstrations_card_is_put_into_a_reader_by_one_command(pcsc, tmp_path):
    furnish_card(tmp_path, STARTS_AT)
    (tmp_path / "gateway.toml").write_text(card_settings("http://127.0.0.1:7777"))
    argv = pcsc.command(sys.executable, str(TOOL), str(tmp_path))
    for _ in range(5):  # the reader sometimes leaves a card waiting at its door; see PcscStack.insert
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
            try:
                assert running.stdout.readline() == f"the card is in the reader; its PIN is {PIN}\n"
                assert running.stdout.readline().endswith("--origin http://127.0.0.1:7777\n")
                noticed = pcsc.notices_cards(1)
            finally:
                running.send_signal(signal.SIGINT)
        assert running.returncode == 0
        pcsc.wait_for_none()
        if noticed:
            return
    pytest.fail("pcscd never noticed the card")


def test_the_command_says_what_is_missing(tmp_path):
    done = subprocess.run(
        [sys.executable, str(TOOL), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "point-gateway demo" in done.stdout
