"""A shop applies on its telephone, reads why it was sent back, mends it; two persons accept it, and it signs in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.forms_walked import faults_of
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")

APPLY = "/apply/082163"
ENTRY = {
    "name": "パンの見本", "name_kana": "ぱんのみほん", "category": "パン", "address": "笠間市1-2", "phone": "０２９６－００－０００１",
    "contact": "見本 花", "mail": "pan@example.jp",
}  # fmt: skip
BANK = {
    "bank_code": "0001", "branch_code": "001", "number": "１２３４５６７", "number_again": "1234567",
    "holder": "ミホン ハナ",
}  # fmt: skip


@pytest.fixture
def applicant(chromium: Browser, filled: DemoEnvironment):
    """Somebody without an account, at a telephone."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    yield Staffer(context.new_page(), filled, "nobody", {})
    context.close()


def opened(person: Staffer, number: str, secret: str) -> Staffer:
    return (
        person.to("/application").fill(application_number=number, application_secret=secret).press("照会する")
    )


def applied(person: Staffer, **more: str) -> tuple[str, str]:
    person.to(APPLY).fill(**ENTRY | BANK | more)
    person.page.check("#accepts")
    person.press("申請する")
    assert "申請を受け付けました" in person.text(), person.text()
    return person.text("#application-number"), person.text("#application-secret")


def fits(person: Staffer) -> None:
    """Accessible, and no wider than the telephone."""
    assert faults(person.page) == []
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_form_to_the_first_sign_in(applicant: Staffer, at: At) -> None:
    fits(applicant.to(APPLY).picture("apply"))
    assert "ポイントを現金に換えません" in applicant.text()
    number, secret = applied(applicant)
    fits(applicant.picture("applied"))
    assert secret not in applicant.page.url

    clerk = at("fukushi").to("/applications")
    assert faults(clerk.picture("applications").page) == []
    clerk.page.click("main .lines a:has-text('パンの見本')")
    where = clerk.path().partition("?")[0]
    assert "****567" in clerk.text()
    clerk.press("差し戻す")
    clerk.fill(reason="住所が登記と違います").press("差し戻す")
    assert "差し戻しました" in clerk.text()

    opened(applicant, number, secret.lower().replace("-", ""))
    assert "住所が登記と違います" in applicant.text()
    fits(applicant.picture("application-own"))
    applicant.press("申請の内容を直す")
    assert applicant.page.input_value("#name") == "パンの見本"
    applicant.fill(address="笠間市3-4", phone="12").press("もう一度提出する")
    applicant.page.check("#accepts")
    applicant.press("もう一度提出する")
    assert "電話番号の形式が違います" in applicant.text()
    assert applicant.page.input_value("#address") == "笠間市3-4"
    assert applicant.page.locator("#trouble:focus").count() == 1
    fits(applicant.picture("application-resubmit"))
    applicant.fill(phone="0296-00-0002").press("もう一度提出する")
    assert "もう一度提出しました" in applicant.text()
    assert "****567" in applicant.text()

    clerk.to(where)
    assert "笠間市3-4" in clerk.text()
    assert faults(clerk.picture("application").page) == []
    clerk.press("承認を提案する")
    assert faults(clerk.page) == []
    clerk.fill(shop_id="pan-mihon", login="pan-mihon").picture("application-acceptance").press("提案する")
    assert "別の職員が承認するまで、何も行われません" in clerk.text()
    chief = at("kacho").to(clerk.path().partition("?")[0])
    assert "1234567" in chief.picture("application-proposal").text()  # compared with the paper
    assert faults(chief.page) == []
    chief.press("承認する")
    password = chief.text("#first-password")
    assert "これまでのパスキー" not in chief.text()
    assert clerk.to("/shops/pan-mihon").page.locator("h1").inner_text() == "パンの見本"
    opened(applicant, number, secret)
    assert "承認（加盟店になりました）" in applicant.text()
    assert applicant.page.locator("button:text-is('申請を取り下げる')").count() == 0
    shop = Staffer(applicant.page, applicant.town, "pan-mihon", {}, password.strip()).give_password()
    assert shop.path() in ("/setup", "/account/password"), shop.text()


def test_what_says_the_same_is_named_to_the_clerk_and_a_refusal_to_the_applicant(
    applicant: Staffer, at: At
) -> None:
    number, secret = applied(
        applicant, name="カフェ 見本1", phone="0296-11-0001", number="7654321", number_again="7654321"
    )
    clerk = at("fukushi").to(f"/applications/{re.sub(r'[^0-9]', '', number)}")
    assert "カフェ 見本1" in clerk.text("#duplicates")
    assert "同じ店名" in clerk.text("#duplicates")
    assert faults(clerk.picture("application-duplicates").page) == []
    clerk.press("却下する")
    clerk.fill(reason="すでに登録されています").press("却下する")
    assert "申請を却下しました" in clerk.text()
    opened(applicant, number, secret)
    assert "すでに登録されています" in applicant.text()
    assert "を過ぎると消去されます" in applicant.text()


def test_a_wrong_number_or_secret_opens_nothing_and_says_no_more(applicant: Staffer) -> None:
    number, secret = applied(applicant, name="照会の見本", number="1111111", number_again="1111111")
    opened(applicant, number, "AAAA-AAAA-AAAA-AAAA")
    assert "申請が見つかりません" in applicant.text()
    wrong = applicant.text()
    assert applicant.page.input_value("#application_number") == number
    assert applicant.page.input_value("#application_secret") == ""
    assert "AAAA" not in applicant.page.content()
    fits(applicant.picture("application-look"))
    opened(applicant, "00000000", secret)
    assert applicant.text() == wrong


@pytest.mark.parametrize("button", ["承認を提案する", "差し戻す", "却下する"])
def test_only_what_was_examined_is_decided(applicant: Staffer, at: At, button: str) -> None:
    """The applicant mends it between the clerk's reading and the clerk's click, before the form is even opened."""
    name = f"審査中の見本 {button}"
    digits = {"承認を提案する": "3333331", "差し戻す": "3333332", "却下する": "3333333"}[button]
    number, secret = applied(applicant, name=name, number=digits, number_again=digits)
    clerk = at("fukushi").to(f"/applications/{re.sub(r'[^0-9]', '', number)}")
    opened(applicant, number, secret).press("申請の内容を直す")
    applicant.fill(address="笠間市9-9")
    applicant.page.check("#accepts")
    applicant.press("もう一度提出する")
    clerk.press(button)
    fields = {"login": f"shop-{digits}"} if button == "承認を提案する" else {"reason": "見本の理由"}
    do = "提案する" if button == "承認を提案する" else button
    clerk.fill(**fields).press(do)
    assert "ほかの職員が先に変更しました" in clerk.text()
    assert "笠間市9-9" in clerk.text()
    assert faults(clerk.page) == []
    assert "審査待ち" in opened(applicant, number, secret).text()
    clerk.press(do)
    assert "先に変更しました" not in clerk.text()


def test_withdrawing_is_asked_once_more(applicant: Staffer) -> None:
    number, secret = applied(applicant, name="取り下げの見本", number="2222222", number_again="2222222")
    opened(applicant, number, secret).press("申請を取り下げる")
    fits(applicant)
    applicant.press("やめる")
    assert "審査待ち" in applicant.text()
    applicant.press("申請を取り下げる").press("取り下げる")
    assert "申請を取り下げました" in applicant.text()
    assert "取り下げ" in opened(applicant, number, secret).text()


def test_what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_stays(applicant: Staffer) -> None:
    applicant.to(APPLY).fill(**ENTRY | BANK | {"name_kana": "見本屋", "mail": "pan@example.jp"})
    applicant.page.check("#accepts")
    applicant.press("申請する")
    assert "店名（カナ）を、かなで入力してください" in applicant.text("#name_kana-error")
    assert applicant.page.input_value("#number") == "１２３４５６７"
    assert applicant.page.is_checked("#accepts")
    assert applicant.page.locator("#trouble:focus").count() == 1
    fits(applicant.picture("apply-wrong"))
    applicant.fill(name_kana="みほんや", number_again="7654321").press("申請する")
    assert "口座番号が一致しません" in applicant.text("#number_again-error")
    applicant.fill(number_again="1234567", bank_code="9998").press("申請する")
    assert applicant.page.locator("[name=unlisted]").count() == 1
    applicant.fill(bank_code="", branch_code="", number="", number_again="", holder="").press("申請する")
    assert "申請を受け付けました" in applicant.text(), applicant.text()


def test_the_terms_have_to_be_accepted_and_those_that_were_read(applicant: Staffer, at: At) -> None:
    applicant.to(APPLY).fill(**ENTRY)
    applicant.page.evaluate("document.querySelector('#accepts').required = false")
    applicant.press("申請する")
    assert "規約に同意していません" in applicant.text("#accepts-error")
    applicant.page.check("#accepts")
    boss = at("kanri").to("/shop-terms")
    before = boss.page.input_value("#text")
    assert faults(boss.picture("shop-terms").page) == []
    boss.fill(text=f"{before}\n第4条　新しい条", reason="改正").press("登録する")
    assert "規約を登録しました" in boss.text()
    applicant.press("申請する")
    assert "規約が変わりました" in applicant.text()
    assert "第4条" in applicant.text()
    assert not applicant.page.is_checked("#accepts")
    assert applicant.page.input_value("#name") == "パンの見本"
    boss.to("/shop-terms").fill(text=before, reason="見本に戻す").press("登録する")


def test_the_forms_of_an_applicant_forgive(applicant: Staffer, filled: DemoEnvironment) -> None:
    request = applicant.page.context.request
    wrong = list(faults_of(request, filled.municipal_url, APPLY, frozenset()))
    assert not wrong, "\n".join(wrong)


def test_a_city_without_terms_has_no_such_page(applicant: Staffer) -> None:
    answer = applicant.page.goto(f"{applicant.town.municipal_url}/apply/082015")
    assert answer is not None
    assert answer.status == 404
    assert "ウェブでの申請は受け付けていません" in applicant.text()


def test_english_is_as_whole(applicant: Staffer) -> None:
    choose_language(applicant.to(APPLY).page, "English")
    fits(applicant.to(APPLY))
    assert applicant.page.get_attribute("html", "lang") == "en"
    assert "I have read the terms" in applicant.text()
