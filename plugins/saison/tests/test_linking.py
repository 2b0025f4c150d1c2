"""A member goes to the partner's site, signs in, agrees, and comes back: over real HTTP, with real pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from gateway_saison.rates import EIKYU, WALLET

from gateway import ExchangeId, HandoffRefused, HandoffRequest, LinkEnded
from gateway.testkit.stubs import handoff_return


async def test_a_member_signs_in_agrees_and_is_linked_under_a_pseudonym(member):
    account = await member.links("1001-0001", "sample-taro")
    assert account.service_id.startswith("SZ")
    assert account.shown_as == "見本　＊郎 様 (**** 0001)"
    assert account.token is not None


async def test_the_same_account_has_the_same_service_id_at_every_link(member):
    first = await member.links("1001-0001", "sample-taro", exchange_id="visit-1")
    second = await member.links("1001-0001", "sample-taro", exchange_id="visit-2")
    assert first.service_id == second.service_id
    assert first.token != second.token


async def test_our_state_comes_back_unchanged(member):
    url = await member.visits("1001-0001", "sample-taro")
    assert url.startswith("https://gateway.example/returns/saison?state=abc.DEF-123%2B%3D&")


async def test_the_link_shows_what_the_member_could_exchange(member, saison):
    account = await member.links("1001-0003", "sample-jiro")
    balances = await saison.balances(account)
    assert balances.available == {EIKYU: 10_000, WALLET: 449}


async def test_a_member_who_declines_is_not_linked(member):
    url = await member.visits("1001-0001", "sample-taro", decision="decline")
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(url)
    assert refused.value.reason == "member_declined"


async def test_a_return_is_good_once(member):
    url = await member.visits("1001-0001", "sample-taro")
    await member.comes_back(url)
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(url)
    assert refused.value.reason == "code_used"


async def test_a_return_of_another_exchange_is_refused(member):
    url = await member.visits("1001-0001", "sample-taro", exchange_id="visit-1")
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(url, "visit-2")
    assert refused.value.reason == "other_exchange"


async def test_a_code_moved_to_another_exchange_is_refused(member):
    await member.visits("1001-0002", "sample-hanako", exchange_id="visit-2")
    url = await member.visits("1001-0001", "sample-taro", exchange_id="visit-1")
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(url.replace("visit-1", "visit-2"), "visit-2")
    assert refused.value.reason == "unknown_code"


async def test_an_agreement_that_the_browser_made_up_is_refused(member, saison, clock):
    url = await member.visits("1001-0001", "sample-taro", decision="decline")
    forged = url.replace("declined", "agreed") + "&code=made-up"
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(forged)
    assert refused.value.reason == "unknown_code"


@pytest.mark.parametrize("query", ["", "status=ok", "status=agreed", "status=agreed&orderId=visit-1"])
async def test_a_return_without_an_agreement_is_refused(saison, clock, query):
    returned = handoff_return(
        f"https://gateway.example/r?{query}", "visit-1", clock(), {"order_id": "visit-1"}
    )
    with pytest.raises(HandoffRefused):
        await saison.complete_handoff(returned)


async def test_an_agreement_is_good_for_fifteen_minutes(member, clock):
    url = await member.visits("1001-0001", "sample-taro")
    clock.forward(timedelta(minutes=15))
    with pytest.raises(HandoffRefused) as refused:
        await member.comes_back(url)
    assert refused.value.reason == "expired"


async def test_a_wrong_password_is_told_without_saying_which_half(member, saison, clock):
    request = HandoffRequest(
        exchange_id=ExchangeId("visit-1"), return_url="https://gateway.example/r", at=clock()
    )
    page = await member.browser.get((await saison.begin_handoff(request)).url)
    wrong = [
        await member.browser.submit(page, "/login", number=number, password=password)
        for number, password in (("1001-0001", "wrong"), ("no-such", "sample-taro"))
    ]
    assert [it.status for it in wrong] == [401, 401]
    assert wrong[0].text == wrong[1].text
    assert "会員番号またはパスワードが違います" in wrong[0].text


async def test_a_form_from_another_site_is_not_taken(member, saison, clock):
    request = HandoffRequest(
        exchange_id=ExchangeId("visit-1"), return_url="https://gateway.example/r", at=clock()
    )
    page = await member.browser.get((await saison.begin_handoff(request)).url)
    answer = await member.browser.submit(
        page, "/login", number="1001-0001", password="sample-taro", form_token="guessed"
    )
    assert answer.status == 403


async def test_after_consent_nobody_is_signed_in_on_that_browser(member, site):
    await member.visits("1001-0001", "sample-taro")
    page = await member.browser.get(site.url + "/")
    assert "見本　太郎" not in page.text
    assert page.form("/login")


async def test_an_old_page_of_a_finished_visit_is_gone(member, saison, clock):
    request = HandoffRequest(
        exchange_id=ExchangeId("visit-1"), return_url="https://gateway.example/r", at=clock()
    )
    url = (await saison.begin_handoff(request)).url
    await saison.begin_handoff(replace(request, return_url="https://gateway.example/r?state=second"))
    assert (await member.browser.get(url)).status == 410


async def test_a_link_ended_at_the_partner_is_told_as_ended(member, saison, site, taro):
    page = await member.browser.get(site.url + "/")
    page = await member.browser.submit(page, "/login", number="1001-0001", password="sample-taro")
    page = await member.browser.follow(page)
    assert (await member.browser.submit(page, "/unlink")).status == 303
    with pytest.raises(LinkEnded):
        await saison.balances(taro)


async def test_pages_allow_no_script_and_no_third_party(member, site):
    page = await member.browser.get(site.url + "/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page.text
    assert (await member.browser.get(site.url + "/style.css")).status == 200
