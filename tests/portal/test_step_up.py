"""Above the member's own sum: the settings, the code page, the shop's QR, and the way to the proof and back."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext

from core_ledger import Store
from gateway.demo.environment import DemoEnvironment
from gateway.members import member_rows, proofs
from gateway.members.proofs import card_proof
from gateway.platform import tables
from gateway.settings import Settings
from tests.portal.city_hall import Answered, CityHall
from tests.portal.conftest import Loop
from tests.portal.walk import PASSWORDS, Walk

pytestmark = pytest.mark.xdist_group("browser")


async def write(town: DemoEnvironment, walk_name: str, *, is_proven: bool) -> None:
    """Give the member a card, or let the open session have begun with it: no reader stands beside this browser."""
    store = Store.open(Settings.load(town.settings_file, env={}).database_url)

    def job(conn: sa.Connection) -> None:
        member = member_rows.find_by_mykey_id(conn, town.mykey_ids[walk_name])
        assert member is not None
        if is_proven:
            mine = tables.sessions.c.member_id == member.member_id
            conn.execute(sa.update(tables.sessions).where(mine).values(proved_by="card"))
        else:
            proofs.add(conn, member.member_id, card_proof(f"card of {walk_name}"), town.clock())

    try:
        await store.run(job)
    finally:
        await store.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", java_script_enabled=request.param
    )
    yield browser_context
    browser_context.close()


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment, payer: str, loop: Loop) -> Walk:
    loop.run(write(town, payer, is_proven=False))
    walk = Walk(context.new_page(), town, name=payer, pictures="step-up").sign_in()
    walk.to("/settings/step-up").page.fill("#above", "３００")
    walk.page.click("form[action='/settings/step-up'] button.primary")
    walk.page.wait_for_url("**/settings?done=step-up")
    return walk


def again_proven(walk: Walk, loop: Loop, *, at: str) -> None:
    """Signed in anew, as by card, and back at what the login page was to lead to."""
    following = parse_qs(urlsplit(walk.page.url).query)["next"][0]
    assert following.startswith(at)
    walk.to("/login?next=/mypage").page.fill("#mykey_id", walk.town.mykey_ids[walk.name])
    walk.page.fill("#password", PASSWORDS[walk.name])
    walk.page.click("form[action='/login'] button")
    walk.page.wait_for_url("**/mypage")
    loop.run(write(walk.town, walk.name, is_proven=True))
    walk.to(following)


def test_a_payment_above_the_sum_leads_to_the_proof_and_back_and_is_made_once(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    walk.to(f"/pay/shop?code={loop.run(city.shop_code('soba'))}").page.fill("#points", "301")
    walk.page.click("form[action='/pay/shop/confirm'] button.primary")
    walk.page.click("form[action='/pay/shop'] button.primary")
    walk.page.wait_for_url("**/prove?**")
    walk.picture("prove")
    walk.page.click("form[action='/prove'] button.primary")
    walk.page.wait_for_url("**/login?**")
    walk.picture("login")
    assert walk.page.locator("#password").count() == 0
    assert "本人確認のため" in walk.page.inner_text("#prove")
    again_proven(walk, loop, at="/pay/shop/confirm?")
    assert "301 ポイントを支払います" in walk.page.inner_text(".sentence")
    walk.page.click("form[action='/pay/shop'] button.primary")
    walk.page.wait_for_url("**/pay/done/**")
    assert walk.to("/mypage").points(".tile.municipal") == 699


def test_the_code_says_what_it_pays_at_most_and_a_shop_takes_no_more(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    walk.to("/pay").page.click("button.service")
    walk.page.wait_for_selector("#pay-code svg")
    assert "300 ポイントまで" in walk.page.inner_text("#most")
    walk.picture("code")
    digits = walk.page.inner_text(".digits").replace(" ", "")
    with pytest.raises(Answered, match="pay-code-unproven"):
        loop.run(city.take("soba", digits, 301))
    walk.page.click("#most a")
    walk.page.click("form[action='/prove'] button.primary")
    walk.page.wait_for_url("**/login?**")
    again_proven(walk, loop, at="/pay")
    walk.page.click("button.service")
    walk.page.wait_for_selector("#pay-code svg")
    assert walk.page.locator("#most").count() == 0
    loop.run(city.take("soba", walk.page.inner_text(".digits").replace(" ", ""), 301))


def test_the_sum_is_lowered_at_once_and_raised_or_taken_away_after_a_proof(walk: Walk, loop: Loop) -> None:
    walk.to("/settings/step-up").page.fill("#above", "100")
    walk.page.click("form[action='/settings/step-up'] button.primary")
    assert "100 ポイントより多いとき" in walk.to("/settings/step-up").page.inner_text("#now")
    walk.picture("settings")
    for press in ("#above", "off"):
        walk.to("/settings/step-up")
        if press == "off":
            walk.page.click("button[value=off]")
        else:
            walk.page.fill("#above", "101")
            walk.page.click("form[action='/settings/step-up'] button.primary")
        walk.page.wait_for_url("**/prove?**")
    walk.page.click("form[action='/prove'] button.primary")
    walk.page.wait_for_url("**/login?**")
    again_proven(walk, loop, at="/settings/step-up")
    walk.page.click("button[value=off]")
    walk.page.wait_for_url("**/settings?done=step-up")
    assert "いつも確認しません" in walk.to("/settings/step-up").page.inner_text("#now")


@pytest.mark.parametrize("text", ["", "三百", "-1", "1.5"])
def test_what_is_no_number_is_told_and_kept(walk: Walk, text: str) -> None:
    walk.to("/settings/step-up")
    walk.page.fill("#above", text or " ")
    walk.page.click("form[action='/settings/step-up'] button.primary")
    walk.page.wait_for_selector("#trouble")
    assert walk.page.input_value("#above").strip() == text
    assert "300" in walk.page.inner_text("#now")
