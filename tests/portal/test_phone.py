"""The way in with a phone in Chromium: a town of its own with a certified provider (npm oidc-provider) beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from card.client_data import ClientData, Purpose
from gateway.demo.card import furnish_card
from gateway.demo.environment import MEMBERS, DemoEnvironment, open_town
from gateway.model import JST
from httpkit.clock import set_file_clock
from tests.axe import faults
from tests.forms_walked import FormWalk
from tests.gateway.members.conftest import signed
from tests.portal.conftest import Loop
from tests.portal.test_every_form import FORMS_OF_PHONES, ROUTES
from tests.portal.walk import PASSWORDS

pytestmark = pytest.mark.xdist_group("browser")
BROWSER_TESTS = Path(__file__).parents[1] / "browser"
CLIENT_ID = "RP00000001"


@dataclass
class PhoneTown:
    town: DemoEnvironment
    chromium: Browser

    def visit(self) -> Resident:
        return Resident(
            self.town, self.chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
        )


@dataclass
class Resident:
    town: DemoEnvironment
    context: BrowserContext
    at: Page | None = None

    @property
    def page(self) -> Page:
        if self.at is None:
            self.at = self.context.new_page()
        return self.at

    def cookies(self) -> httpx.Cookies:
        """What the browser keeps, for a client that is none."""
        return httpx.Cookies({each["name"]: each["value"] for each in self.context.cookies()})

    def to(self, path: str) -> None:
        self.page.goto(self.town.portal_url + path)

    def leave(self) -> None:
        """From the login page to the provider's."""
        self.to("/login")
        self.page.get_by_role("button", name="マイナアプリでログイン").click()
        self.page.get_by_role("link", name="マイナアプリへ進む").click()

    def identify(self, who: str, *, has_consented: bool = False) -> None:
        """What the provider's own pages ask: a login, and whether the site may know."""
        self.page.fill("[name=login]", who)
        self.page.fill("[name=password]", "any")
        self.page.get_by_role("button", name="Sign-in").click()
        if not has_consented:
            self.page.get_by_role("button", name="Continue").click()

    def come(self, who: str) -> None:
        self.leave()
        self.identify(who)

    def is_good(self) -> None:
        assert faults(self.page) == []


@pytest.fixture(scope="module")
def phone_town(
    tmp_path_factory: pytest.TempPathFactory, loop: Loop, chromium: Browser
) -> Iterator[PhoneTown]:
    node = shutil.which("node")
    assert node, "needs node"
    folder = tmp_path_factory.mktemp("phone-town")
    key = ECKey.generate_key("P-256", {"kid": "ours-1", "use": "sig"})
    (folder / "phone.pem").write_bytes(key.as_pem(private=True))
    (folder / "phone.pem").chmod(0o600)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{probe.getsockname()[1]}"
    now = datetime.now(JST)
    set_file_clock(folder / "clock", now)  # the provider's clock is the machine's
    furnish_card(folder, now)

    def table(portal_url: str) -> str:
        return (
            f'\n[oidc.myna]\nname = "マイナアプリ"\nname_en = "Myna App"\nissuer = "{issuer}"\nclient_id = "{CLIENT_ID}"\n'
            f'redirect_uri = "{portal_url}/phone/return/myna"\nkey = {{ file = "phone.pem" }}\nkey_id = "ours-1"\n'
            f'[portal]\npublic_url = "{portal_url}"\n'
            f'[mail]\nhost = "localhost"\nsender = "noreply@example.jp"\nportal_url = "{portal_url}"\n'
        )

    opened = open_town(folder, portal_host="localhost", more_settings=table)
    town: DemoEnvironment = loop.run(opened.__aenter__())
    client = {
        "client_id": CLIENT_ID,
        "redirect_uri": f"{town.portal_url}/phone/return/myna",
        "jwk": key.as_dict(private=False),
    }
    arguments = [node, "oidc_provider.mjs", issuer, json.dumps(client)]
    with (folder / "provider.log").open("wb") as log:
        provider = subprocess.Popen(arguments, cwd=BROWSER_TESTS, stdout=log, stderr=subprocess.STDOUT)
        try:
            loop.run(_until_listening(issuer))
            yield PhoneTown(town, chromium)
        finally:
            provider.kill()
            provider.wait()
            loop.run(opened.__aexit__(None, None, None))


async def _until_listening(issuer: str) -> None:
    host, _, port = issuer.removeprefix("http://").partition(":")
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise AssertionError("the provider does not listen")


def test_a_resident_without_a_mykey_id_makes_one_with_the_phone_and_comes_back_with_it(
    phone_town: PhoneTown,
) -> None:
    resident = phone_town.visit()
    resident.come("hanako")
    expect(resident.page.get_by_role("heading", name="マイキーIDをお持ちですか")).to_be_visible()
    resident.is_good()
    resident.page.fill("#display_name", "見本花子")
    resident.page.get_by_role("button", name="マイキーIDを新しく作る").click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("マイキーIDを作成しました")
    mykey_id = resident.page.locator("dd.code").inner_text()
    resident.to("/settings/proofs")
    expect(resident.page.get_by_role("listitem").filter(has_text="スマートフォン").first).to_be_visible()
    resident.is_good()

    again = phone_town.visit()
    again.come("hanako")
    again.page.wait_for_url("**/mypage")
    again.to("/settings")
    assert again.page.locator("dd.code").inner_text() == mykey_id


def test_a_resident_of_before_joins_the_phone_to_the_old_mykey_id(phone_town: PhoneTown) -> None:
    town, name = phone_town.town, MEMBERS[0].name
    resident = phone_town.visit()
    resident.come("taro")
    resident.page.fill("#mykey_id", town.mykey_ids[name])
    resident.page.fill("#password", "wrong-horse-battery")
    resident.page.get_by_role("button", name="スマートフォンを登録してログイン").click()
    expect(resident.page.get_by_role("alert")).to_contain_text("ログインできませんでした")
    assert resident.page.input_value("#mykey_id") == town.mykey_ids[name]
    resident.page.fill("#password", PASSWORDS[name])
    resident.page.get_by_role("button", name="スマートフォンを登録してログイン").click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("スマートフォンを登録しました")
    again = phone_town.visit()
    again.come("taro")
    again.page.wait_for_url("**/mypage")


def test_a_resident_without_a_password_joins_the_phone_by_the_card(phone_town: PhoneTown) -> None:
    """The card is read by a program at the desk; here the demonstration's card signs what the page asks for."""
    resident = phone_town.visit()
    folder = phone_town.town.folder / "card"
    key = load_pem_private_key((folder / "member.key").read_bytes(), password=None)
    asked: list[str] = []

    def agent(route: Route) -> None:
        wanted = json.loads(route.request.post_data or "")
        asked.append(wanted["purpose"])
        data = ClientData(Purpose(wanted["purpose"]), wanted["challenge"], phone_town.town.portal_url)
        answer = signed(data.to_bytes(), (folder / "member.der").read_bytes(), key)
        headers = {"Access-Control-Allow-Origin": phone_town.town.portal_url}
        route.fulfill(body=answer.to_json(), content_type="application/json", headers=headers)

    resident.context.route("http://127.0.0.1:37650/v1/sign", agent)
    resident.come("shiro")
    read = resident.page.get_by_role("button", name="カードで確かめてスマートフォンを登録")
    resident.is_good()
    read.click()
    expect(resident.page.get_by_role("alert")).to_contain_text("このカード")
    resident.is_good()

    first = phone_town.visit()
    first.context.route("http://127.0.0.1:37650/v1/sign", agent)
    first.to("/register")
    first.page.fill("#display_name", "見本四郎")
    first.page.get_by_role("button", name="カードを読み取って登録する").click()
    first.page.wait_for_url("**/settings?done=registered")
    mykey_id = first.page.locator("dd.code").inner_text()

    read.click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("スマートフォンを登録しました")
    again = phone_town.visit()
    again.come("shiro")
    again.page.wait_for_url("**/mypage")
    again.to("/settings")
    assert again.page.locator("dd.code").inner_text() == mykey_id
    assert asked == ["point-gateway.login", "point-gateway.register", "point-gateway.login"]


def test_a_return_into_another_browser_is_told_in_words_and_begins_again(phone_town: PhoneTown) -> None:
    """The app on the phone opens its default browser, which is not the one in which it was begun."""
    resident, other = phone_town.visit(), phone_town.visit()
    resident.to("/login")
    resident.page.get_by_role("button", name="マイナアプリでログイン").click()
    other.page.goto(resident.page.get_by_role("link", name="マイナアプリへ進む").get_attribute("href") or "")
    other.identify("jiro")
    expect(other.page.get_by_role("heading", level=1)).to_have_text("別のブラウザーに戻りました")
    other.is_good()
    other.page.reload()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("このログインは続けられません")
    other.page.get_by_role("link", name="はじめからやり直す").click()
    other.page.wait_for_url("**/login")


def test_who_is_signed_in_adds_the_phone_and_removes_it(phone_town: PhoneTown) -> None:
    town, name = phone_town.town, MEMBERS[1].name
    resident = phone_town.visit()
    resident.to("/login")
    resident.page.fill("#mykey_id", town.mykey_ids[name])
    resident.page.fill("#password", PASSWORDS[name])
    resident.page.click("form[action='/login'] button")
    resident.to("/settings/phone")
    resident.page.get_by_role("link", name="スマートフォンを登録する").click()
    resident.page.get_by_role("link", name="マイナアプリへ進む").click()
    resident.identify("saburo")
    resident.is_good()
    resident.page.fill("#password", PASSWORDS[name])
    resident.page.get_by_role("button", name="スマートフォンを登録する").click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("スマートフォンを登録しました")
    resident.page.locator("li", has_text="スマートフォン").get_by_role("link", name="外す").click()
    resident.page.fill("#password", PASSWORDS[name])
    resident.page.get_by_role("button", name="外す").click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("ログインの方法を1つ外しました")
    expect(resident.page.locator("ul.lines li")).to_have_count(1)


def walked(resident: Resident, *paths: str) -> FormWalk:
    """The forms of these pages in the resident's browser, each sent with bad input."""
    walk = FormWalk(resident.town.portal_url, ROUTES, {}, resident.cookies())
    with walk.http:
        for path in paths:
            walk.try_forms_of(path)
    return walk


def test_every_form_of_the_way_in_with_a_phone_forgives(phone_town: PhoneTown) -> None:
    stranger, owner, member = phone_town.visit(), phone_town.visit(), phone_town.visit()
    stranger.come("yuko")
    expect(stranger.page.get_by_role("heading", name="マイキーIDをお持ちですか")).to_be_visible()
    walks = [walked(stranger, "/passkey", "/phone/join")]

    owner.come("nana")
    owner.page.fill("#display_name", "見本七子")
    owner.page.get_by_role("button", name="マイキーIDを新しく作る").click()
    walks.append(walked(owner, "/settings/passkey", "/settings/mail"))
    owner.to("/settings/phone")
    owner.page.get_by_role("link", name="スマートフォンでパスワードを設定").click()
    owner.page.get_by_role("link", name="マイナアプリへ進む").click()
    owner.identify("nana", has_consented=True)
    walks.append(walked(owner, "/settings/phone/password"))

    member.to("/login")
    member.page.fill("#mykey_id", phone_town.town.mykey_ids[MEMBERS[2].name])
    member.page.fill("#password", PASSWORDS[MEMBERS[2].name])
    member.page.click("form[action='/login'] button")
    member.to("/settings/phone")
    member.page.get_by_role("link", name="スマートフォンを登録する").click()
    member.page.get_by_role("link", name="マイナアプリへ進む").click()
    member.identify("rokuro")
    walks.append(walked(member, "/settings/phone/link"))

    wrong = [fault for walk in walks for fault in walk.faults]
    assert not wrong, "\n".join(wrong)
    assert {page for walk in walks for page in walk.met} == FORMS_OF_PHONES
    passed = {each for walk in walks for each in walk.accepted}
    assert passed == {"/phone/register markup"}  # a name may be any text


def test_who_stops_at_the_provider_is_told_so(phone_town: PhoneTown) -> None:
    resident = phone_town.visit()
    resident.leave()
    resident.page.get_by_role("link", name="[ Cancel ]").click()
    expect(resident.page.get_by_role("heading", level=1)).to_have_text("本人確認が取りやめられました")


def test_a_passkey_is_made_after_the_phone_and_signs_in_alone(phone_town: PhoneTown) -> None:
    resident = phone_town.visit()
    session = resident.context.new_cdp_session(resident.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    resident.come("goro")
    resident.page.fill("#display_name", "見本五郎")
    resident.page.get_by_role("button", name="マイキーIDを新しく作る").click()
    mykey_id = resident.page.locator("dd.code").inner_text()
    resident.to("/settings/passkey")
    resident.is_good()
    resident.page.fill("#name", "私の電話")
    resident.page.get_by_role("button", name="パスキーを登録する").click()
    expect(resident.page.locator(".notice[role=status]")).to_contain_text("パスキーを登録しました")
    expect(resident.page.locator("ul.lines li", has_text="私の電話")).to_have_count(1)

    resident.context.clear_cookies()
    resident.to("/login")
    resident.is_good()
    resident.page.get_by_role("link", name="パスキーでログイン").click()
    resident.is_good()
    resident.page.get_by_role("button", name="パスキーでログインする").click()
    resident.page.wait_for_url("**/mypage")
    resident.to("/settings")
    assert resident.page.locator("dd.code").inner_text() == mykey_id
    resident.to("/settings/passkey")  # a sign-in by passkey makes no other passkey
    expect(resident.page.get_by_text("カードかスマートフォンでログインしてください")).to_be_visible()
