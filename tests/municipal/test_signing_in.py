"""How staff come in, and how nobody else does."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest

from gateway.demo.environment import DemoEnvironment
from municipal.app import HERE, make_app
from municipal.settings import Settings
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.portal.conftest import Loop

pytestmark = pytest.mark.xdist_group("browser")


def test_who_is_added_changes_the_first_password_sets_up_a_passkey_and_signs_in_with_it(at: At) -> None:
    boss = at("kanri").to("/staff/new")
    boss.fill(display_name="福祉課 新人", login="shinjin")
    boss.page.select_option("#role", "operator")
    boss.fill(reason="異動").press("登録する")
    assert "別の職員が承認するまで、何も行われません" in boss.text()
    chief = at("kacho").to(boss.path().partition("?")[0]).press("承認する").picture("first-password")
    first = chief.text("#first-password").strip()
    # It is shown once: no address holds it, so neither the history nor a copied link shows it again.
    assert "form=" not in chief.page.url
    with chief.page.context.expect_page() as opened:
        chief.page.evaluate("open(location.href)")
    assert first not in opened.value.inner_text("body")
    opened.value.close()
    assert first not in boss.to("/staff").text()

    new = at("shinjin", signed_in=False)
    new.password = first
    new.give_password().picture("setup")
    assert new.path() == "/setup"
    for closed in ("/", "/projects", "/members", "/figures"):
        assert new.to(closed).path() == "/setup"
    new.to("/account/password").fill(current=first, new="tsubaki-no-hana-7", again="tsubaki-no-hana-7")
    new.press("変更する")
    assert new.path() == "/setup?done=password"
    new.add_authenticator()
    new.press("パスキーを登録する").fill(password="not the password").press("登録に進む")
    assert "現在のパスワードが違います" in new.text()
    new.fill(password="tsubaki-no-hana-7").press("登録に進む").press("パスキーを登録する")
    new.page.wait_for_url("**/account?done=passkey")
    assert "このパソコン" in new.picture("account").text()
    assert "職員の登録" in new.text("#staff-changes")  # and by whom, for who is concerned
    assert faults(new.page) == []
    new.page.click("header >> text=ログアウト")

    new.password = "tsubaki-no-hana-7"
    new.give_password().picture("proof")
    assert new.path() == "/login/proof"
    assert new.to("/projects").path().startswith("/login")
    new.to("/login/proof").press("パスキーを使う")
    new.page.wait_for_url(new.town.municipal_url + "/")
    assert "福祉課 新人" in new.text()


def test_a_person_sees_and_ends_sessions_and_removes_a_passkey_but_not_the_last_factor(at: At) -> None:
    first, second = at("shimin"), at("shimin", signed_in=False)
    second.sign_in()
    first.to("/account").press("確認する・ログアウトさせる").picture("sessions")
    assert "ほかの端末" in first.text()
    first.press("ほかの端末をすべてログアウトさせる")
    assert "ほかの端末でログアウトしました" in first.text()
    assert second.to("/figures").path().startswith("/login")
    first.to("/account/totp/remove").fill(password=first.password).press("外す")
    assert "最後の二要素認証は外せません" in first.text()
    first.add_authenticator()
    first.to("/account/passkey").fill(password=first.password).press("登録に進む").press("パスキーを登録する")
    first.page.wait_for_url("**/account?done=passkey")
    first.to("/account").press("外す").fill(password="not the password").press("外す")
    assert "現在のパスワードが違います" in first.text()
    first.fill(password=first.password).press("外す")
    assert "パスキーを外しました" in first.text()
    assert "このパソコン" not in first.text()


def test_a_code_of_the_app_opens_once_and_a_wrong_one_never(at: At) -> None:
    person = at("shimin")
    person.page.click("header >> text=ログアウト")
    person.give_password()
    person.fill(code="000000").press("確認する")
    assert "確認できませんでした" in person.text()
    code = person.code()
    person.fill(code=code).press("確認する")
    assert person.path() == "/"
    person.page.click("header >> text=ログアウト")
    person.give_password().fill(code=code).press("確認する")
    assert "確認できませんでした" in person.text()


def test_a_wrong_login_does_not_say_which_half_was_wrong(at: At) -> None:
    told = []
    for login, password in (("kanri", "not the password"), ("nobody", "not the password")):
        person = at(login, signed_in=False)
        person.password = password
        told.append(person.give_password().text())
    assert told[0] == told[1]
    assert "ログインできませんでした" in told[0]


def test_half_a_sign_in_opens_nothing(at: At) -> None:
    at("shimin")
    person = at("shimin", signed_in=False).give_password()
    assert person.path() == "/login/proof"
    for path in ("/", "/projects", "/account", "/setup"):
        assert person.to(path).path().startswith("/login")


def test_a_session_ends_after_fifteen_idle_minutes_and_shows_nothing_more(at: At) -> None:
    person = at("shimin").to("/figures")
    person.town.set_clock(person.town.clock() + timedelta(minutes=15))
    assert person.to("/figures").path() == "/login?next=%2Ffigures&why=idle"
    assert "未使用" not in person.text("body")


UNSENT = {"name": "書きかけの事業", "project_id": "kakikake", "points_each": "700", "budget": "9000"}


def typed_into(person: Staffer) -> dict[str, str]:
    return {name: person.page.input_value(f"[name={name}]") for name in UNSENT}


def test_a_form_that_was_sent_after_the_session_had_ended_comes_back_to_the_same_person_alone(at: At) -> None:
    person = at("fukushi").to("/projects/new").fill(**UNSENT, starts_on="2018-07-01", ends_on="2018-12-31")
    person.town.set_clock(person.town.clock() + timedelta(minutes=15))
    person.press("登録する")
    assert person.path().startswith("/login")
    address = person.page.url
    person.fill(login="fukushi", password=person.password)
    person.page.click("form[action='/login'] button")
    person.page.wait_for_load_state()
    person.fill(code=person.code())
    person.page.click("form[action='/login/proof/code'] button")
    person.page.wait_for_load_state()
    assert "まだ送信されていません" in person.text()
    assert typed_into(person) == UNSENT
    kept = person.path()
    assert kept.startswith("/projects/new?form=")
    assert person.to("/projects").text().count("書きかけの事業") == 0
    other = at("kanri").to(kept)
    assert "書きかけの事業" not in other.page.content()
    assert "書きかけの事業" not in address


def test_a_page_that_clears_itself_keeps_what_was_typed_for_the_same_person(at: At) -> None:
    person = at("fukushi")
    person.page.clock.install()
    person.to("/projects/new").fill(**UNSENT)
    person.page.clock.run_for(60_000)
    person.town.set_clock(person.town.clock() + timedelta(minutes=15))
    person.page.clock.fast_forward(15 * 60_000)
    person.page.wait_for_url("**/signed-out?why=idle*")
    assert "書きかけの事業" not in person.page.content()
    person.page.click("main a.button")
    person.page.wait_for_load_state()
    person.fill(login="fukushi", password=person.password)
    person.page.click("form[action='/login'] button")
    person.page.wait_for_load_state()
    person.fill(code=person.code())
    person.page.click("form[action='/login/proof/code'] button")
    person.page.wait_for_load_state()
    assert "まだ送信されていません" in person.text()
    assert typed_into(person) == UNSENT


def test_who_signs_out_cannot_come_back_by_an_old_cookie(at: At) -> None:
    person = at("shimin")
    cookies = person.page.context.cookies()
    person.page.click("header >> text=ログアウト")
    person.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    assert person.to("/figures").path().startswith("/login")


# --- where no browser is needed ----------------------------------------------------------------------------------


def routes(town: DemoEnvironment, method: str) -> set[str]:
    app = make_app(Settings.load(town.folder / "municipal.toml"))
    return {
        resource.canonical
        for resource in app.router.resources()
        for route in resource
        if route.method == method
    }


FILLED = {
    "event": "x", "file": "0" * 32, "person": "0" * 32, "project": "x", "service": "kasama-ouen", "version": "1",
    "shop": "shop-01", "cycle": "2018-07-01", "spend": "00000000-0000-4000-8000-000000000000", "deed": "show",
    "proposal": "0" * 32, "number": "1", "notice": "0" * 32, "partner": "saison", "day": "2018-07-31",
    "exchange": "00000000-0000-4000-8000-000000000000", "reversal": "00000000-0000-4000-8000-000000000000",
    "kind": "client-keys", "key": "key_1", "representation": "0" * 32, "announcement": "00000000-0000-4000-8000-000000000000",
    "application": "00000001", "company": "mihon",
}  # fmt: skip
PUBLIC = {
    "/login", "/login/proof", "/signed-out", "/help", "/manual", "/manual/{chapter}", "/health", "/health/ready",
    "/apply/{city}", "/application",
}  # fmt: skip


def test_a_strangers_every_page_is_the_login_and_never_data(filled: DemoEnvironment, loop: Loop) -> None:
    paths = {path for path in routes(filled, "GET") - PUBLIC if not path.startswith("/static")}
    assert len(paths) > 45

    async def ask() -> dict[str, tuple[int, str]]:
        wrong = {}
        async with aiohttp.ClientSession() as http:
            for path in sorted(paths):
                url = filled.municipal_url + path.format_map(_Any(FILLED))
                async with http.get(url, allow_redirects=False) as answer:
                    where = answer.headers.get("Location", "")
                    if answer.status != 303 or not where.startswith("/login") or await answer.text():
                        wrong[path] = (answer.status, where)
        return wrong

    assert loop.run(ask()) == {}


def test_a_form_from_elsewhere_or_without_the_token_does_nothing(at: At) -> None:
    person = at("kanri").to("/staff/new")
    url = person.town.municipal_url + "/staff/new"
    form = {"login": "intruder", "display_name": "x", "role": "administrator"}
    token = person.page.get_attribute("main [name=form_token]", "value") or ""
    ours = {"Origin": person.town.municipal_url}
    for headers, given in (
        (ours, ""),
        (ours, "0" * 32),
        ({"Origin": "http://elsewhere.example"}, token),
        ({}, token),
        (ours | {"Sec-Fetch-Site": "cross-site"}, token),
    ):
        answer = person.page.request.post(url, form={**form, "form_token": given}, headers=headers)
        assert answer.status == 403
    assert "intruder" not in person.to("/staff").text()


def test_every_form_that_posts_carries_the_token_or_is_for_strangers() -> None:
    public = {
        "/login", "/login/proof/passkey", "/login/proof/code", "/apply/{{ terms.municipality }}", "/application",
        "/application/resubmission", "/application/withdrawal",
    }  # fmt: skip
    without = []
    for path in sorted((HERE / "templates").glob("*.html")):
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text("utf-8"), re.DOTALL):
            action = re.search(r'action="([^"]+)"', form)
            assert action
            if action[1] not in public and "token(session)" not in form:
                without.append((path.name, action[1]))
    assert without == []


def test_an_address_that_leads_elsewhere_is_not_followed_after_signing_in(at: At) -> None:
    at("shimin")
    person = at("shimin", signed_in=False)
    person.to("/login?next=//elsewhere.example/").fill(login="shimin", password=person.password)
    person.page.click("form[action='/login'] button")
    person.fill(code=person.code()).press("確認する")
    assert person.page.url == person.town.municipal_url + "/"


class _Any(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "x"
