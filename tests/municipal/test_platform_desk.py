"""The platform's Monday morning: what waits, asked, proposed by one person and decided by another, in two browsers."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from rich.console import Console

from gateway.client import new_key_pair
from gateway.demo.environment import DemoEnvironment
from gateway.demo.scenario import (
    HANAKO,
    TO_KASAMA,
    Narrator,
    exchange_at,
    link_at,
    sign_in_as,
    start_at,
)
from gateway.model import JST
from tests.axe import faults
from tests.forms_walked import faults_of
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.portal.conftest import Loop

pytestmark = pytest.mark.xdist_group("browser")


def order_fault(town: DemoEnvironment, **fault: object) -> None:
    """What セゾン's sandbox does wrong at its next calls; nothing any more without a fault."""
    content = json.dumps(fault).encode() if fault else None
    request = urllib.request.Request(
        town.saison_control_url + "/faults", data=content, method="POST" if fault else "DELETE",
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10):  # the sandbox on this machine
        pass


async def hanakos_exchanges(town: DemoEnvironment) -> tuple[str, str]:
    """One that settled, and one whose answer was lost and that nobody answers for; gives both ids."""
    tell = Narrator(Console(quiet=True))
    async with town.portal() as portal:
        hanako = await sign_in_as(town, portal, HANAKO)
        settled = await exchange_at(hanako, await link_at(hanako, HANAKO, tell), TO_KASAMA, 2)
        order_fault(town, operation="capture", kind="reset", done=False, times=1)
        order_fault(town, operation="find", kind="unavailable", times=1_000)
        lost = await exchange_at(hanako, await start_at(hanako), TO_KASAMA, 1)
    assert (settled["state"], lost["state"]) == ("settled", "open")
    return settled["exchange_id"], lost["exchange_id"]


@pytest.fixture(scope="module")
def exchanges(filled: DemoEnvironment, loop: Loop) -> tuple[str, str]:
    settled, lost = loop.run(hanakos_exchanges(filled))
    return settled, lost


def decided(at: At, author: Staffer, words: str) -> Staffer:
    """The other person finds the proposal on the start page, and says yes."""
    assert "別の職員が承認するまで、何も行われません" in author.text()
    assert "提案した本人は承認できません" in author.text()
    assert author.page.locator("button:text-is('承認する')").count() == 0
    assert faults(author.page) == []
    other = at("platform-2").to("/")
    other.page.click(f"main li a:has-text('承認待ちの提案'):has-text('{words}')")
    assert faults(other.page) == []
    other.press("承認する")
    assert "承認しました" in other.text()
    return other


def day_of(town: DemoEnvironment, exchange: str) -> str:
    """The day in Japan on which it was sent to the partner."""
    with closing(sqlite3.connect(town.folder / "gateway.db")) as book:
        (sent_at,) = book.execute(
            "SELECT sent_at FROM exchanges WHERE exchange_id = ?", (exchange,)
        ).fetchone()
    return datetime.fromtimestamp(sent_at / 1_000_000, JST).date().isoformat()


def points_of(town: DemoEnvironment, exchange: str) -> tuple[str, int]:
    with closing(sqlite3.connect(town.folder / "gateway.db")) as book:
        return book.execute(
            "SELECT state, reversed_points FROM exchanges WHERE exchange_id = ?", (exchange,)
        ).fetchone()


def test_a_lost_answer_is_looked_at_asked_about_and_ended_by_two(
    at: At, filled: DemoEnvironment, exchanges: tuple[str, str]
) -> None:
    _, lost = exchanges
    one = at("platform").to("/")
    one.page.click("nav.doors a[href='/platform/exchanges']")
    one.page.click(f"a[href='/platform/exchanges/{lost}']")
    assert "協力会社の回答待ち" in one.picture("platform-exchange").text()
    assert "outcome unknown" in one.text()
    one.press("今すぐ照会する")
    assert "協力会社に照会しました" in one.text()
    assert faults(one.page) == []
    one.page.select_option("#outcome", "declined")
    one.page.fill("#outcome-reason", "担当者に電話で確認")
    one.page.locator("form[action$='/outcome'] button").click()
    decided(at, one, "移行の結果の確定")
    assert points_of(filled, lost) == ("declined", 0)
    order_fault(filled)


def test_an_exchange_is_found_by_its_reference_and_taken_back_by_two(
    at: At, filled: DemoEnvironment, exchanges: tuple[str, str]
) -> None:
    settled, _ = exchanges
    one = at("platform").to("/platform/exchanges").fill(exchange="ZZZZZZZZ").press("探す")
    assert "この番号の移行はありません" in one.text()
    one.fill(exchange=settled).press("探す")
    assert one.path() == f"/platform/exchanges/{settled}"
    one.page.fill("#reverse-units", "九")
    one.page.fill("#reverse-reason", "自治体の選び間違い")
    one.page.locator("form[action$='/reverse'] button").click()
    assert "数字を読み取れません" in one.text()
    assert one.page.input_value("#reverse-reason") == "自治体の選び間違い"
    one.page.fill("#reverse-units", "１")
    one.page.locator("form[action$='/reverse'] button").click()
    address = one.path().partition("?")[0]
    decided(at, one, "移行の取消・返還")
    assert "承認済み" in one.to(address).text()
    state, reversed_points = points_of(filled, settled)
    assert (state, reversed_points > 0) == ("settled", True)
    assert "取消済み" in one.to(f"/platform/exchanges/{settled}").picture("platform-reversed").text()


def test_both_sides_of_a_difference_are_seen_and_it_is_closed_by_two(
    at: At, filled: DemoEnvironment, exchanges: tuple[str, str]
) -> None:
    settled, _ = exchanges
    with closing(sqlite3.connect(filled.folder / "saison.db")) as book, book:
        changed = book.execute(
            "UPDATE debit_lines SET points = points + 100 WHERE order_id = ? AND wallet ="
            " (SELECT min(wallet) FROM debit_lines WHERE order_id = ?)",
            (settled, settled),
        )
        assert changed.rowcount == 1
    day = day_of(filled, settled)
    one = at("platform").to("/platform/differences")
    one.page.select_option("#partner", "saison")
    one.fill(day=day).press("突合する")
    assert one.path() == f"/platform/differences/saison/{day}"
    assert "ポイントが違います" in one.picture("platform-difference").text()
    assert faults(one.page) == []
    assert "処理していない差異" in one.to("/").text()
    one.page.click("main li a:has-text('処理していない差異')")
    card = one.page.locator(f"section.card:has(a:text-is('{settled}'))")
    card.locator("[name=reason]").fill("先方の記録が正しい")
    card.locator("form button").click()
    assert "動くポイント" in one.text()
    decided(at, one, "突合の差異の処理")
    assert settled not in one.to(f"/platform/differences/saison/{day}").text()


def test_the_forms_of_the_desk_forgive(at: At, filled: DemoEnvironment, exchanges: tuple[str, str]) -> None:
    request = at("platform").page.context.request
    for path in (
        f"/platform/exchanges/{exchanges[0]}",
        "/platform/partners/saison",
        "/platform/members",
        "/platform/keys/new",
        "/platform/keys/new-webhook",
        "/platform/members/erase",
        "/platform/members/rectify",
        "/staff/new",
        "/platform/stops/new",
    ):
        wrong = list(faults_of(request, filled.municipal_url, path, frozenset()))
        assert not wrong, "\n".join(wrong)


def test_one_person_stops_a_partner_and_two_let_it_go_on(at: At) -> None:
    one = at("platform").to("/platform/partners")
    assert faults(one.page) == []
    one.page.click("a[href='/platform/partners/airline_miles']")
    one.page.locator("form[action$='/pause'] [name=reason]").fill("二重の回答")
    one.press("停止する")
    assert "停止しました" in one.picture("platform-partners").text()
    assert "停止中の協力会社" in one.to("/").text()
    one.page.click("main li a:has-text('停止中の協力会社')")
    assert faults(one.page) == []
    one.page.locator("form[action$='/resume'] [name=reason]").fill("先方が直した")
    one.page.locator("form[action$='/resume'] button").click()
    decided(at, one, "協力会社の再開")
    assert "停止する" in one.to("/platform/partners/airline_miles").text()


def registered(town: DemoEnvironment) -> str:
    """A new member, whom nobody else of these tests knows; gives the MyKey ID."""
    command = [
        sys.executable,
        "-m",
        "gateway",
        "members",
        "add",
        "見本 梅子",
        "--config",
        str(town.folder / "gateway.toml"),
    ]
    done = subprocess.run(command, input="kasama-no-kuri-5\n", capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout.splitlines()[-1])["mykey_id"])


def test_two_mykey_ids_of_one_person_become_one_by_two_persons(at: At, filled: DemoEnvironment) -> None:
    old, new = registered(filled), registered(filled)
    one = at("platform").to("/")
    one.page.click("nav.doors a[href='/platform/members']")
    assert faults(one.page) == []
    one.fill(from_mykey_id=old, mykey_id="やまだ", reason="旅券で確認").press("提案する")
    assert "利用者はありません" in one.picture("platform-members-refused").text()
    assert one.page.input_value("#from_mykey_id") == old
    one.fill(mykey_id=new).picture("platform-members").press("提案する")
    address = one.path().partition("?")[0]
    assert "見● 梅●" in one.text()
    decided(at, one, "利用者の統合")
    one.to(address).picture("platform-members-merged")
    one.to("/platform/members").fill(from_mykey_id=new, mykey_id=old, reason="逆").press("提案する")
    assert f"同じ方の今のマイキーIDは {new} です" in one.text()
    desk = at("kanri").to("/members")
    assert desk.page.request.get(filled.municipal_url + "/platform/members").status == 403


def test_a_window_is_announced_by_one_and_taken_back_by_two(at: At, filled: DemoEnvironment) -> None:
    one = at("platform").to("/platform/partners/airline_miles")
    begins = (datetime.now(JST) + timedelta(days=400)).strftime("%Y-%m-%dT02:00")
    one.fill(starts_at=begins, ends_at=begins[:-5] + "01:00", maintenance_reason="点検").press("登録する")
    assert "終了は開始より後に" in one.text()
    assert one.page.input_value("#maintenance_reason") == "点検"
    one.fill(starts_at=begins, ends_at=begins[:-5] + "04:00", maintenance_reason="点検").press("登録する")
    assert "メンテナンスを登録しました" in one.text()
    one.to("/platform/partners/airline_miles").picture("platform-partner")
    assert faults(one.page) == []
    one.fill(withdrawal_reason="延期")
    one.page.locator("form[action$='/withdraw'] button").click()
    decided(at, one, "メンテナンスの短縮・取り下げ")
    assert one.to("/platform/partners/airline_miles").page.locator("form[action$='/withdraw']").count() == 0


def test_a_pace_is_lowered_by_one_and_raised_by_two(at: At) -> None:
    one = at("platform").to("/platform/partners/airline_miles")
    one.fill(pace="百", pace_reason="混雑").press("変更する")
    assert "数字を読み取れません" in one.text()
    one.fill(pace="１００", pace_reason="混雑").press("変更する")
    assert "呼び出しの上限を変更しました" in one.text()
    one.to("/platform/partners/airline_miles").fill(pace="", pace_reason="回復").press("変更する")
    decided(at, one, "呼び出しの上限の引き上げ")
    assert "なし" in one.to("/platform/partners/airline_miles").text()


def test_a_key_is_proposed_approved_by_another_and_revoked_by_one(at: At) -> None:
    one = at("platform").to("/platform/keys")
    assert faults(one.page) == []
    one.page.click("a[href='/platform/keys/new']")
    assert faults(one.page) == []
    one.fill(client="till-7", public_key="これは鍵ではありません" * 5, reason="レジの入れ替え").press(
        "提案する"
    )
    assert one.page.input_value("#client") == "till-7"
    public_key = base64.b64encode(new_key_pair().public_raw).decode()
    one.page.select_option("#scope", "pos")
    one.fill(public_key=public_key).picture("platform-key-new").press("提案する")
    assert "お店の受付" in one.text()
    decided(at, one, "クライアントの鍵の登録")
    one.to("/platform/keys").picture("platform-keys")
    row = one.page.locator("tr:has(td:text-is('till-7'))")
    assert "使用中" in row.inner_text()
    row.locator("a").click()
    assert faults(one.page) == []
    one.fill(reason="レジの紛失").press("失効させる")
    assert "失効させました" in one.text()
    assert "失効" in one.page.locator("tr:has(td:text-is('till-7'))").inner_text()


def test_a_webhooks_secret_is_on_the_page_of_who_approves_it_and_nowhere_else(at: At) -> None:
    one = at("platform").to("/platform/keys/new-webhook")
    assert faults(one.page) == []
    one.fill(party="archive", url="http://keeper.example/", reason="保管").press("提案する")
    assert "https://host/path" in one.text()
    one.page.select_option("#direction", "digests")
    one.fill(url="https://keeper.example/digests").press("提案する")
    address = one.path().partition("?")[0]
    assert "https://keeper.example/digests" in one.text()
    other = at("platform-2").to(address)
    other.press("承認する")
    secret = other.page.locator("#new-secret").inner_text()
    assert secret.startswith("whsec_")
    assert faults(other.page) == []
    assert secret not in one.to(address).page.content()
    assert secret not in one.to("/platform/keys").page.content()


def test_a_record_is_put_right_and_erased_by_two_persons(at: At, filled: DemoEnvironment) -> None:
    mykey = registered(filled)
    one = at("platform").to("/platform/members").press("記録を訂正する")
    assert faults(one.page) == []
    one.fill(mykey_id=mykey, display_name="見本 桜子", reason="戸籍で確認").picture("platform-rectify")
    one.press("提案する")
    assert "見本 梅子" in one.text()
    decided(at, one, "利用者の記録の訂正")
    one.to("/platform/members").press("記録を消去する")
    assert faults(one.page) == []
    one.fill(mykey_id=mykey, gives_up="五", reason="請求 14").press("提案する")
    assert "数字を読み取れません" in one.text()
    one.fill(gives_up="5").press("提案する")
    assert "残りは 0 ポイントです" in one.picture("platform-erase").text()
    one.fill(gives_up="").press("提案する")
    assert "桜子" not in one.text()
    decided(at, one, "利用者の記録の消去")


def test_a_colleague_is_added_by_two_and_the_city_is_not_theirs(at: At) -> None:
    one = at("platform").to("/staff/new")
    assert one.page.locator("#role option").all_inner_texts() == ["プラットフォーム"]
    one.fill(display_name="運営 三人目", login="platform-3", reason="増員").press("登録する")
    assert "別の職員が承認するまで" in one.text()
    other = at("platform-2").to(one.path().partition("?")[0])
    other.press("承認する")
    assert other.page.locator("#first-password").is_visible()
    for path in ("/shops", "/projects", "/settlements", "/members", "/deeds/grant"):
        assert other.page.request.get(other.town.municipal_url + path).status == 403, path
    boss = at("kanri")
    for path in ("/platform/exchanges", "/platform/partners", "/platform/differences"):
        assert boss.page.request.get(boss.town.municipal_url + path).status == 403, path
