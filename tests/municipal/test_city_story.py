"""A city at work, with two people at two browsers: one prepares, the other says yes."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from gateway.cities.shops import shop_numbers
from gateway.demo.city import PASSWORD
from gateway.demo.environment import DemoEnvironment
from gateway.demo.scenario import one_exchange
from gateway.model import JST
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.portal.conftest import Loop
from tests.portal.test_every_page import watched
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")


def members_of(town: DemoEnvironment, count: int) -> list[str]:
    """MyKey IDs as a welfare office has them in its own list."""
    with sqlite3.connect(town.folder / "gateway.db") as book:
        found = book.execute(
            "SELECT mykey_id FROM members ORDER BY display_name LIMIT ?", (count,)
        ).fetchall()
    return [row[0] for row in found]


def decide(at: At, proposed: Staffer, login: str = "kacho") -> Staffer:
    """Somebody else looks at what the person has proposed, and says yes; gives that colleague."""
    assert "別の職員が承認するまで、何も行われません" in proposed.text()
    colleague = at(login).to(proposed.path().partition("?")[0])
    colleague.press("承認する")
    return colleague


def plan_project(at: At, person: Staffer, project_id: str, budget: str, *, venue: bool = False) -> None:
    person.to("/projects/new").fill(
        name=f"{project_id} の給付", project_id=project_id, starts_on="2018-07-01", ends_on="2018-12-31",
        points_each="500", budget=budget,
    )  # fmt: skip
    if venue:
        person.page.check("[name=venue]")
    person.press("登録する")
    decide(at, person)
    assert f"{project_id} の給付" in person.to(f"/projects/{project_id}").text()


def send_file(person: Staffer, project_id: str, path: Path) -> Staffer:
    person.to(f"/projects/{project_id}/file").page.set_input_files("#file", path)
    return person.press("送って確認する")


def test_a_file_is_checked_by_one_approved_by_another_and_granted_before_their_eyes(
    at: At, filled: DemoEnvironment, tmp_path: Path
) -> None:
    operator, approver = at("fukushi"), at("kacho")
    plan_project(at, operator, "kosodate", "2,000,000")
    ids = members_of(filled, 1_500)
    path = tmp_path / "kosodate.csv"

    path.write_text("マイキーID,ポイント,摘要\n" + f"{ids[0]},500,\nZZZZ9999,500,\n{ids[0]},500,\n", "utf-8")
    send_file(operator, "kosodate", path).picture("file-faulty")
    assert "誤りのある行が 2 行あります。何も給付されていません。" in operator.text()
    operator.press("誤りのある行を見る").picture("file-lines")
    assert "このマイキーIDの利用者はありません" in operator.text()
    assert "同じマイキーIDが前の行にあります" in operator.text()

    path.write_text("マイキーID,ポイント,摘要\n" + "".join(f"{id_},500,\n" for id_ in ids), "shift_jis")
    send_file(operator, "kosodate", path).picture("file-checked")
    address = operator.path().partition("?")[0]
    assert "まだ何も給付されていません" in operator.text()
    assert "送った本人は承認できません" in operator.text()
    assert "承認へ進む" not in operator.text()
    assert "差し戻す" not in operator.press("提案を見る").text()

    approver.to("/")
    assert "ファイルによる給付" in approver.picture("start-approver").text()
    approver.to(address).press("承認へ進む").picture("file-approve")
    assert "750,000" in approver.text()
    assert "kosodate.csv" in approver.text()
    approver.page.fill("#why-yes", "課内で確認済み")
    approver.press("承認する")
    operator.to(address)
    operator.page.wait_for_selector(".badge.settled", timeout=30_000)
    assert "1,500 / 1,500 行" in operator.picture("file-applied").text()
    assert "750,000" in operator.to("/projects/kosodate").picture("project").text()

    send_file(operator, "kosodate", path)
    assert "同じ内容のファイルは受け付け済みです" in operator.text()
    assert "750,000 / 2,000,000" in operator.to("/projects/kosodate").text()


def test_a_grant_to_one_member_is_confirmed_in_words_and_done_once(at: At, filled: DemoEnvironment) -> None:
    operator = at("fukushi")
    plan_project(at, operator, "madoguchi", "10000")
    operator.to("/projects/madoguchi/grant").fill(mykey_id="nobody00", points="５００")
    operator.press("確認する")
    assert operator.page.locator("#trouble").is_visible()
    operator.fill(mykey_id=members_of(filled, 1)[0].lower())
    operator.press("確認する").picture("grant-confirm")
    assert "見本 0001 さんに 500 ポイントを給付します。" in operator.text(".sentence")
    form = operator.page.locator("main form")
    sent = form.evaluate("form => Object.fromEntries(new FormData(form))")
    operator.page.dblclick("form button.primary")
    operator.page.wait_for_url("**/projects/madoguchi?done=granted")
    assert "500 / 10,000" in operator.text()
    url = filled.municipal_url + "/projects/madoguchi/grant"  # as the back button or a second window sends it
    again = operator.page.request.post(
        url, form=sent, headers={"Origin": filled.municipal_url}, max_redirects=0
    )
    assert again.headers["location"] == "/projects/madoguchi?done=again"
    assert "500 / 10,000" in operator.to("/projects/madoguchi").text()


def test_a_grant_is_found_in_the_list_and_taken_back_by_two(at: At, filled: DemoEnvironment) -> None:
    operator, member = at("fukushi"), members_of(filled, 1)[0]
    plan_project(at, operator, "torikeshi", "10000")
    operator.to("/projects/torikeshi/grant").fill(mykey_id=member, points="500")
    operator.press("確認する").press("給付する")
    operator.to("/projects/torikeshi/grants").fill(mykey_id=member).press("絞り込む")
    assert member in operator.text("table")
    operator.page.locator("table form button").click()
    operator.fill(reason="窓口での入力誤り").press("提案する")
    proposal = operator.path().partition("?")[0]
    assert "まだ使われていない分 500" in " ".join(operator.text().split())
    at("kanri").to(proposal).press("承認する")
    assert "0 / 10,000" in operator.to("/projects/torikeshi").text()
    row = " ".join(operator.to("/projects/torikeshi/grants").text("tbody").split())
    assert "500" in row.rpartition("窓口")[2]  # in the column of what was taken back
    assert not operator.page.locator("table form button").count()


def test_a_caller_is_found_by_a_payment_and_the_history_leads_to_its_refund(
    at: At, filled: DemoEnvironment
) -> None:
    with sqlite3.connect(filled.folder / "gateway.db") as book:
        spend_id, points, moment, book_id = book.execute(
            "SELECT spend_id, points, at, book_id FROM spends WHERE shop_id = 'shop-02' ORDER BY at DESC"
        ).fetchone()
        (mykey_id,) = book.execute(
            "SELECT mykey_id FROM members WHERE member_id = ?", (book_id.removeprefix("member:"),)
        ).fetchone()
    day = datetime.fromtimestamp(moment / 1e6, JST).date().isoformat()
    clerk = at("fukushi").to("/support").fill(points=str(points), day=day)
    clerk.page.select_option("#shop_id", "shop-02")
    clerk.fill(reason="加盟店からの電話").press("照会する")
    assert mykey_id in clerk.text()
    seen = watched(clerk.page, filled.municipal_url)
    card = clerk.page.locator("main .card", has_text=mykey_id).first
    card.locator("button:text-is('履歴を見る')").click()
    clerk.page.wait_for_load_state()
    assert mykey_id in clerk.text("#who ~ .facts")
    assert faults(seen.page) == []
    clerk.picture("support-timeline")
    clerk.page.locator(f"a[href='/spends/{spend_id}']").first.click()
    clerk.page.wait_for_load_state()
    assert clerk.path() == f"/spends/{spend_id}"
    boss = at("kacho").to("/audit?action=history+looked+at")
    assert "加盟店からの電話" in boss.text()


@pytest.mark.parametrize(
    ("path", "typed", "field", "says"),
    [
        ("/projects/new", {"ends_on": "2018-06-30"}, "ends_on", "終了日が開始日より前です"),
        ("/projects/new", {"points_each": "千"}, "points_each", "数字を読み取れません"),
        ("/projects/new", {"points_each": "20000000"}, "points_each", "数字を読み取れません"),
        ("/projects/new", {"most_points_each": "x"}, "most_points_each", "数字を読み取れません"),
        ("/events/new", {"ends_on": "2018-06-30"}, "ends_on", "終了日が開始日より前です"),
        ("/events/new", {"goal_points": "x"}, "goal_points", "数字を読み取れません"),
    ],
)
def test_a_form_says_beside_which_field_it_does_not_fit(
    at: At, path: str, typed: dict[str, str], field: str, says: str
) -> None:
    good = {"name": "見本", "starts_on": "2018-07-01", "ends_on": "2018-12-31"}
    numbers = {"points_each": "500", "budget": "9000"} if path == "/projects/new" else {}
    person = at("fukushi").to(path).fill(**good | numbers | typed)
    if path == "/events/new":
        person.page.check("[name=givers][value=everybody]")
        person.page.check("[name=on_failure][value=keep]")
    person.press("登録する")
    assert person.text(f"#{field}-error") == says
    assert person.page.get_attribute(f"#{field}", "aria-invalid") == "true"


def test_an_approver_sees_a_history_without_a_name(at: At, filled: DemoEnvironment) -> None:
    member = members_of(filled, 1)[0]
    clerk = at("fukushi").to("/support").fill(mykey_id=member, reason="電話").press("照会する")
    name = clerk.text("#who")
    boss = at("kacho").to("/support").fill(mykey_id=member, reason="承認の前の確認").press("照会する")
    assert boss.page.locator("#lock").count() == 0
    assert clerk.page.locator("#lock").count() == 1
    assert "●" in boss.text("#who")
    assert "●" not in name
    assert boss.text("#who")[0] == name[0]


def test_more_than_the_budget_is_refused_with_what_is_left(at: At, filled: DemoEnvironment) -> None:
    operator = at("fukushi")
    plan_project(at, operator, "chiisai", "300")
    operator.to("/projects/chiisai/grant").fill(mykey_id=members_of(filled, 1)[0], points="301")
    operator.press("確認する").press("給付する")
    assert "予算の残りは 300 ポイントです" in operator.text("#trouble")
    assert "0 / 300" in operator.to("/projects/chiisai").text()


def test_a_venue_shows_the_code_of_its_day(at: At) -> None:
    operator = at("fukushi")
    plan_project(at, operator, "matsuri", "5000", venue=True)
    operator.to("/projects/matsuri/venue")
    assert operator.page.locator("svg.qr path").count() == 1
    assert "2018年7月31日 の1日だけ使えます" in operator.picture("venue").text()


def test_a_change_for_the_worse_is_told_before_it_is_announced(at: At) -> None:
    boss = at("kanri").to("/services/kasama-ouen/new")
    boss.page.check("[name=expiry][value=months]")
    boss.fill(expiry_count="1", takes_effect_on="2018-12-01", reason="試しに短くする")
    boss.press("内容を確認して登録する").picture("rule-worse")
    assert "ポイントの有効期限が短くなります" in boss.text()
    assert "2018年12月1日 から適用" not in boss.to("/services/kasama-ouen").text()
    boss.to("/services/kasama-ouen/new")
    boss.page.check("[name=expiry][value=months]")
    boss.fill(expiry_count="1", takes_effect_on="2018-12-01", reason="試しに短くする")
    boss.press("内容を確認して登録する").press("理解したうえで登録する")
    decide(at, boss)
    assert "2018年12月1日 から適用" in boss.to("/services/kasama-ouen").picture("service").text()
    boss.press("この版を取り下げる").fill(reason="やめる").press("取り下げる")
    proposal = boss.path().partition("?")[0]
    assert "2018年12月1日 から適用" in boss.to("/services/kasama-ouen").text()
    decide(at, boss.to(f"{proposal}?done=proposed"))
    assert "2018年12月1日 から適用" not in boss.to("/services/kasama-ouen").text()


def test_a_shop_is_registered_gets_a_login_and_is_closed(at: At) -> None:
    operator = at("fukushi").to("/shops/new")
    operator.fill(name="白磁工房 そら", shop_id="hakuji", category="陶器店").press("登録する")
    assert "加盟店を登録しました" in operator.text()
    operator.press("ログインを追加する").fill(display_name="店長", login="sora@mise", reason="開店")
    operator.press("提案する")
    assert operator.page.locator("#first-password").count() == 0
    assert len(decide(at, operator).text("#first-password").strip()) == 19
    assert operator.to("/shops/hakuji/code").page.locator("svg.qr").count() == 1
    number = operator.page.inner_text("[data-number]").replace(" ", "")
    assert shop_numbers.read(number) == number
    operator.picture("shop-code").to("/shops/hakuji/closing").fill(reason="廃業").press("終了する")
    assert "利用を終了しました" in operator.text()
    assert "白磁工房 そら" not in operator.to("/shops?q=白磁").text(".lines")
    assert "白磁工房 そら" in operator.to("/shops?q=白磁&closed=yes").text(".lines")


def test_an_event_is_planned_by_one_and_shown_by_another(at: At) -> None:
    operator, approver = at("fukushi"), at("kacho")
    operator.to("/events/new").fill(
        name="陶炎祭を支える会",
        own_id="himatsuri",
        goal_points="100000",
        starts_on="2018-09-01",
        ends_on="2018-10-31",
    ).press("登録する")
    assert "公開するまで、利用者には表示されません" in operator.text()
    address = operator.path().partition("?")[0]
    assert "公開へ進む" not in operator.text()
    approver.to(address).press("公開へ進む").fill(reason="市長決裁").press("公開する")
    assert "イベントを公開しました" in approver.picture("event").text()


def test_a_payment_is_given_back_once_over_a_page_that_says_so(at: At) -> None:
    approver = at("kacho").to("/settlements/2018-07-16/shops/shop-01").picture("statement")
    approver.page.locator("td.code a").first.click()
    approver.page.wait_for_url("**/spends/*")
    spend = approver.path()
    approver.fill(points="10", reason="金額の間違い").press("確認する").picture("refund-confirm")
    assert "10 ポイントを利用者に戻します" in approver.text(".sentence")
    approver.page.dblclick("form button.primary")
    approver.page.wait_for_url(f"**{spend}?done=*")
    assert "金額の間違い" in approver.text()
    assert approver.to(spend).page.locator(".notice").count() == 1


def test_a_refund_of_a_closed_cycle_is_told_as_a_correction_in_the_next(at: At) -> None:
    assert "前の期間の訂正はありません。" in at("kacho").to("/settlements/2018-05-01").text()
    assert (
        "この期間には、前の期間の訂正はありません。"
        in at("kacho").to("/settlements/2018-05-01/corrections").text()
    )
    approver = at("kacho").to("/settlements/2018-07-01/shops/shop-02")
    approver.page.locator("td.code a").last.click()
    approver.page.wait_for_url("**/spends/*")
    spend = approver.path().removeprefix("/spends/")
    approver.fill(points="3", reason="二重の会計").press("確認する").press("取り消す")
    decide(at, approver, "kanri")
    approver.to("/settlements/2018-07-16").page.click("a[href$='/corrections']")
    row = approver.picture("corrections").page.locator(f"tr:has(a[href='/spends/{spend}'])")
    told = row.inner_text()
    for said in ("2018年7月1日 – 2018年7月15日", "-3", "二重の会計", "課長 見本"):
        assert said in told, said
    with approver.page.expect_download() as download:
        approver.page.click("text=CSVで保存")
    assert f"{spend}" in Path(download.value.path()).read_text("utf-8-sig")
    statement = approver.to("/settlements/2018-07-16/shops/shop-02").picture("statement-corrected")
    line = statement.page.locator("tr", has_text="二重の会計").inner_text()
    assert "訂正" in line
    assert "の利用の訂正" in line
    assert statement.page.locator("#corrected").is_visible()


def test_a_cycle_is_closed_once_and_the_bank_gets_its_file(at: At, tmp_path: Path) -> None:
    approver = at("kacho").to("/settlements/2018-07-16")
    assert "締めへ進む" not in approver.text()
    approver.town.set_clock(datetime(2018, 8, 1, 9, 0, tzinfo=JST))
    approver = at("kacho").to("/")
    assert "締められる精算期間" in approver.text()
    approver.to("/settlements/2018-07-16").press("締めへ進む").picture("settlement-close")
    assert faults(approver.page) == []
    approver.fill(reason="7月後半")
    approver.page.dblclick("form button.primary")
    approver.page.wait_for_url("**/proposals/*")
    boss = decide(at, approver, "kanri")
    assert "承認しました" in boss.picture("closing-approved").text()
    assert "締め済み" in approver.to("/settlements/2018-07-16").picture("settlement").text()
    assert "振込手数料" not in approver.text()
    approver.press("振込ファイルを提案する")
    decide(at, approver, "kanri")
    approver.to("/settlements/2018-07-16")
    with approver.page.expect_download() as download:
        approver.page.click("text=振込ファイル（全銀）を保存")
    data = Path(download.value.path()).read_bytes()
    records = data.split(b"\r\n")
    assert {len(record) for record in records if record.strip(b"\x1a")} == {120}
    assert records[0][:1] == b"1"
    the_file_is_saved_once_more_knowingly(at, approver, data)
    with approver.page.expect_download() as pdf:
        approver.page.click("text=PDFで保存")
    assert Path(pdf.value.path()).read_bytes().startswith(b"%PDF")
    assert approver.to("/settlements/2018-07-16/close").path().partition("?")[0] == "/settlements/2018-07-16"
    the_banks_result_is_read(at, approver, data, tmp_path)


def test_fees_are_set_by_two_persons_and_seen_before_they_are_deducted(at: At) -> None:
    """After the closing above: the next cycle is shown with the fees that shops will bear, on accessible pages."""
    boss = at("kanri").to("/settlement-settings")
    for bands in ("隣行/1=110", "他行/1=", "他行=3"):
        boss.fill(fee_bands=bands, reason="誤り").press("提案する")
        assert boss.page.get_attribute("[name=fee_bands]", "aria-invalid") == "true"
        assert boss.page.input_value("[name=fee_bands]") == bands
    boss.fill(
        fee_bands="同行/1=110\n他行／１＝２２０\nother_bank/30,000=440", invoice_number="T4000020082164",
        tax_note="手数料は税込です。", journal_columns="支出額=yen\n控除額=fee\n差引支払額=transfer",
        reason="銀行の手数料表",
    )  # fmt: skip
    boss.page.select_option("[name=fee_bearer]", "shop")
    boss.press("提案する")
    assert boss.page.get_attribute("[name=invoice_number]", "aria-invalid") == "true"
    boss.fill(invoice_number="ｔ４０００ ０２００ ８２１６３", cycle_ends="10,29").press("提案する")
    assert boss.page.get_attribute("[name=cycle_ends]", "aria-invalid") == "true"
    boss.fill(cycle_ends="１０、25", cycle_pay_days="25,月").press("提案する")
    assert boss.page.get_attribute("[name=cycle_pay_days]", "aria-invalid") == "true"
    boss.fill(cycle_pay_days="25,末").press("提案する")
    assert "T4000020082163" in decide(at, boss).text()
    assert "他行/30000=440" in boss.to("/settlement-settings").picture(
        "settlement-settings-fees"
    ).page.input_value("[name=fee_bands]")
    assert faults(boss.page) == []
    rules = at("kacho").to("/settlements").picture("settlements-cycles").page.locator(".cycle-rule")
    assert [each.strip() for each in rules.all_inner_texts()] == [
        "締めの日は 15日、月末 です。順に、そのあとの 月末、15日 に支払います。金融機関の休業日は翌営業日です。",
        "2018年8月16日 から: 締めの日は 10日、25日 です。順に、そのあとの 25日、月末 に支払います。金融機関の休業日は翌営業日です。",
    ]
    assert faults(rules.page) == []
    operator = at("kacho").to("/settlements/2018-08-01").picture("settlement-fees")
    assert faults(operator.page) == []
    assert operator.page.locator("#transfer").count() == 1
    statement = operator.to("/settlements/2018-07-16/shops/shop-02")
    assert "振込手数料" not in statement.text()


def the_file_is_saved_once_more_knowingly(at: At, approver: Staffer, data: bytes) -> None:
    """Whoever saves it next is told by whom it was, is asked to go on, and the city's page tells it afterwards."""
    boss = at("kanri").to("/settlements/2018-07-16").press("振込ファイル（全銀）を保存")
    assert "すでに 1 回保存されています" in boss.picture("transfer-file-again").text()
    assert boss.page.locator("#downloads li").count() == 1
    assert faults(boss.page) == []
    with boss.page.expect_download() as again:
        boss.page.click("text=確認したうえで、もう一度保存する")
    assert Path(again.value.path()).read_bytes() == data
    assert "保存 2 回" in approver.to("/settlements/2018-07-16").text()
    assert "振込ファイルの再保存" in boss.to("/audit").text()
    choose_language(boss.to("/settlements/2018-07-16/transfer-files/1").page, "English")
    assert "This file was saved 2 times already." in boss.text()
    choose_language(boss.page, "日本語")


def the_banks_result_is_read(at: At, approver: Staffer, sent: bytes, folder: Path) -> None:
    """From the settings to 済 for all shops but one, whose payment comes back; each page is accessible."""
    assert "形式は銀行ごとに違います" in approver.to("/settlements/2018-07-16/bank-results").text()
    boss = at("kanri").to("/settlement-settings").picture("settlement-settings")
    assert faults(boss.page) == []
    boss.fill(journal_columns="金額=kane", reason="誤り").press("提案する")
    assert boss.page.get_attribute("[name=journal_columns]", "aria-invalid") == "true"
    boss.fill(
        bank_sheet="見本銀行 結果ファイル仕様書 第3版", result_column="１１４", paid_codes="0", returned_codes="1、2",
        journal_columns="金額=yen\n相手=shop_name", journal_debit="0218",
        reason="銀行の仕様書",
    ).press("提案する")  # fmt: skip
    shown = decide(at, boss).picture("settlement-settings-approved").text()
    assert "0 → 114" in shown
    assert "→ 金額=yen,相手=shop_name" in shown
    approver.to("/settlements/2018-07-16")
    with approver.page.expect_download() as journal:
        approver.page.click("text=財務会計の仕訳を保存")
    assert Path(journal.value.path()).read_text("utf-8-sig").startswith("金額,相手\n")

    records = sent.decode("cp932").split("\r\n")
    transfers = [place for place, record in enumerate(records) if record.startswith("2")]
    for place in transfers:
        result = "1" if place == transfers[-1] else "0"
        records[place] = records[place][:113] + result + records[place][114:]
    path = folder / "kekka.txt"
    path.write_bytes("\r\n".join(records).encode("cp932"))
    approver.to("/settlements/2018-07-16").press("銀行の結果ファイルを読み込む")
    assert faults(approver.page) == []
    approver.page.set_input_files("#file", path)
    approver.press("読み込んで確認する").picture("bank-result")
    assert faults(approver.page) == []
    assert "まだ何も登録されていません" in approver.text()
    approver.fill(reason="銀行のファイル").press("登録する")
    assert "承認を待っている" in approver.picture("bank-result-recorded").text()
    assert approver.page.locator("form button.primary").count() == 0
    approver.to("/settlements/2018-07-16")
    assert approver.page.locator("[aria-labelledby=payouts] .badge.settled").count() == len(transfers) - 1
    boss.to("/proposals").page.click("main a:has-text('振込結果の登録')")
    boss.page.wait_for_load_state()
    assert "円 振込不能（銀行のコード 1）" in boss.text()
    boss.press("承認する")
    assert "振込不能・組戻し" in approver.to("/settlements/2018-07-16").text()


def test_the_audit_log_says_who_and_why_and_shows_a_line_that_was_changed(
    at: At, filled: DemoEnvironment
) -> None:
    boss = at("kanri")
    operator = at("fukushi")
    plan_project(at, operator, "kansa", "1000")
    operator.to("/projects/kansa/budget").fill(budget="2000", reason="申請が多い").press("変更する")
    decide(at, operator)
    boss.to("/audit").picture("audit")
    assert "申請が多い" in boss.text()
    assert "福祉課 見本" in boss.text()
    assert "予算の変更" in boss.text("tbody")
    assert "変更後: 2,000" in boss.text("tbody")
    assert boss.to("/audit?action=budget+changed").page.input_value("#action") == "budget changed"
    boss.to("/audit")
    boss.press("改ざんがないか検証する")
    assert "変更・削除・挿入はありません" in boss.text()
    with sqlite3.connect(filled.folder / "gateway.db", timeout=30) as book:
        book.execute("UPDATE audit_lines SET reason = '別の理由' WHERE reason = '申請が多い'")
    boss.to("/audit").press("改ざんがないか検証する").picture("audit-changed")
    assert "変更された行が見つかりました" in boss.text()
    with sqlite3.connect(filled.folder / "gateway.db", timeout=30) as book:
        book.execute("UPDATE audit_lines SET reason = '申請が多い' WHERE reason = '別の理由'")


def test_the_platform_reads_by_name_who_owes_what_and_whether_it_was_compared(
    at: At, filled: DemoEnvironment, loop: Loop
) -> None:
    assert loop.run(one_exchange(filled)) is None  # made when the town was opened
    person = at("platform").to("/partners?month=2018-07")
    assert faults(person.picture("partners").page) == []
    assert person.page.locator("tbody tr td:first-child").all_inner_texts() == [
        "サンプル航空",
        "セゾン",
        "セゾン",
        "レートアップキャンペーン（2018年7月31日まで）の負担者",
    ]
    saison = person.page.locator(
        "section.card", has=person.page.locator("h2:has-text('セゾン')")
    ).inner_text()
    # Where the clock has passed midnight, the night has compared the two books.
    is_compared = "照合済み" in saison
    assert ("突合待ち" in saison) is not is_compared
    compared = saison.partition("突合した件数\n")[2].partition("\n")[0].split(" / ")
    assert int(compared[1]) - int(compared[0]) == (0 if is_compared else 1)
    for id_ in ("saison", "eikyu", "rate-up", "airline_miles"):
        assert id_ not in person.text()
    choose_language(person.page, "English")
    assert "Funder of “Rate-up campaign (until 31 July 2018)”" in person.to("/partners?month=2018-07").text()


def test_the_legal_report_counts_to_the_end_of_its_day(at: At) -> None:
    viewer = at("shimin").to("/figures/unused?day=2018-03-31")
    assert viewer.text("tfoot").split()[-1] == "0"
    viewer.to("/figures/unused?day=2018-06-30").picture("unused")
    assert int(viewer.text("tfoot").split()[-1].replace(",", "")) > 1_000_000


def test_a_lost_phone_is_reset_and_the_old_factor_opens_nothing(at: At) -> None:
    viewer, boss = at("shimin"), at("kanri")
    boss.to("/staff").page.click("a:has-text('shimin')")
    boss.page.fill("#why-reset", "端末の紛失")
    boss.press("再設定する")
    first = decide(at, boss).text("#first-password").strip()
    assert viewer.to("/figures").path().startswith("/login")
    viewer.give_password()
    assert "ログインできませんでした" in viewer.text()
    viewer.password = first
    viewer.give_password()
    assert viewer.path() == "/setup"
    viewer.to("/account/password").fill(current=first, new=PASSWORD, again=PASSWORD).press("変更する")
    viewer.password = PASSWORD
    viewer.set_up_app()
    assert viewer.to("/figures").path() == "/figures"


def test_a_point_service_is_added_stopped_and_what_members_hold_is_still_counted(at: At) -> None:
    boss = at("kanri")
    held = boss.to("/figures").text(".numbers")
    boss.to("/services/new").fill(name="かさま地域通貨", point_service="kasama-chiiki").press("追加する")
    assert "続けて、最初のルールを登録してください" in boss.text()
    boss.to("/services/kasama-ouen/closing").fill(reason="新しいサービスへ").press("受付を止める")
    assert "これまでどおり使えます" in boss.text()
    assert boss.to("/figures").text(".numbers") == held
    assert "笠間応援ポイント" not in boss.to("/projects/new").text("#point_service")
    boss.to("/services/kasama-ouen/closing").fill(reason="延期").press("再開する")
    assert "受付を再開しました" in boss.text()
