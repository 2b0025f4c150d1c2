"""A clerk brings a former system's balances: mends a line, types in that system's sums, a colleague decides, and all adds up.

Who has lost the letter's code comes to the desk, and has the points by two persons.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.scenario import HANAKO
from gateway.points.rules import Expiry, PointRule, last_day_under
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

HEADER = "利用者番号,マイキーID,引継ぎコード,ポイント制度,ポイント,発行日,最終日,有償・無償"


def two_members(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "gateway.db") as book:
        return [
            row[0]
            for row in book.execute(
                "SELECT mykey_id FROM members WHERE state = 'active' ORDER BY mykey_id LIMIT 2"
            )
        ]


def test_balances_of_a_former_system_are_carried_in_by_two_persons(at: At, tmp_path: Path) -> None:
    clerk = at("fukushi")
    one, other = two_members(clerk.town.folder)
    file = tmp_path / "balances.csv"

    def send(day: str, points: str = "1000") -> None:
        rows = [
            f"A-0001,{one},,kasama-ouen,{points},2018-07-01,{day},有償",
            f"A-0002,{other},,kasama-ouen,300,2018-07-01,{day},無償",
            f"A-0003,,HIKI-TSUGI-77,kasama-ouen,50,2018-07-01,{day},無償",
        ]
        file.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
        clerk.to("/carry-ins/new").page.set_input_files("#file", str(file))
        clerk.press("送って確認する")

    clerk.to("/carry-ins")
    assert faults(clerk.page) == []
    clerk.to("/carry-ins/new")
    assert faults(clerk.page) == []
    clerk.picture("carry-in-new")
    send("2030-01-01", "千")
    assert "誤りのある行が 3 行あります" in clerk.text()
    assert faults(clerk.page) == []
    clerk.press("誤りのある行を見る")
    assert "ポイントを整数として読み取れません" in clerk.text()
    assert "ルールの最終日" in clerk.text()
    assert faults(clerk.page) == []
    clerk.picture("carry-in-lines")
    rule = clerk.page.locator("small", has_text="ルールの最終日").first.inner_text().rpartition(": ")[2]
    send(_day_of(rule))
    assert "全行を確認しました" in clerk.text()
    clerk.fill(**{"total-0": "1349"}).press("合計を確かめて提案する")
    assert "ファイルの合計は 1,350 ポイント、入力された合計は 1,349 ポイントです" in clerk.text()
    assert clerk.page.input_value("#total-0") == "1349"
    assert faults(clerk.page) == []
    clerk.picture("carry-in-differs")
    clerk.fill(**{"total-0": "１，３５０"}).press("合計を確かめて提案する")
    assert "まだ何も引き継がれていません" in clerk.text()
    path = clerk.path().partition("?")[0]
    chief = at("kacho").to(path).press("承認へ進む")
    assert "前のシステムの残高の引継ぎ" in chief.text()
    assert faults(chief.page) == []
    chief.picture("carry-in-proposal").press("承認する")
    for _ in range(30):
        if "引継ぎ済み" in clerk.to(path).text():
            break
        clerk.page.wait_for_timeout(200)
    clerk.press("台帳との照合")
    assert "ファイルと台帳は一致しています" in clerk.text()
    assert [cell.inner_text() for cell in clerk.page.locator("tfoot td").all()] == [
        "1,350",
        "1,300",
        "50",
        "0",
        "0",
    ]
    assert faults(clerk.page) == []
    clerk.picture("carry-in-reconciliation")
    with clerk.page.expect_download() as download:
        clerk.press("CSVで保存")
    assert "引継ぎ待ち" in Path(download.value.path()).read_text("utf-8-sig")
    send(_day_of(rule), "1001")
    assert "この番号は、前に引き継いでいます" in clerk.press("誤りのある行を見る").text()


def upload(clerk: Staffer, folder: Path, name: str, rows: Sequence[str]) -> Staffer:
    file = folder / name
    file.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    clerk.to("/carry-ins/new").page.set_input_files("#file", str(file))
    clerk.press("送って確認する")
    assert "全行を確認しました" in clerk.text()
    return clerk


def last_day_of(issued_on: date) -> date:
    """Under the rule of the demonstration's city."""
    last_day = last_day_under(PointRule(expiry=Expiry.MONTHS, expiry_count=6), issued_on)
    assert last_day is not None
    return last_day


def test_who_has_lost_the_code_gets_the_points_by_two_persons(
    at: At, chromium: Browser, tmp_path: Path
) -> None:
    clerk, issued_on = at("fukushi"), date(2018, 7, 1)
    row = f"B-0071,,NAKUSHITA-71,kasama-ouen,71,{issued_on},{last_day_of(issued_on)},無償"
    upload(clerk, tmp_path, "waiting.csv", [row]).fill(**{"total-0": "71"}).press("合計を確かめて提案する")
    path = clerk.path().partition("?")[0]
    chief = at("kacho").to(path).press("承認へ進む").press("承認する")
    for _ in range(30):
        if "引継ぎ済み" in clerk.to(path).text():
            break
        clerk.page.wait_for_timeout(200)

    member = clerk.town.mykey_ids[HANAKO.name]
    clerk.to("/carry-ins/join").fill(number="B-0072", mykey_id=member, reason="通知の紛失").press("提案する")
    assert "引継ぎを待っている番号ではありません" in clerk.text()
    assert clerk.page.input_value("#number") == "B-0072"
    assert faults(clerk.page) == []
    clerk.fill(number="Ｂ－００７１").press("提案する")
    assert "引継ぎコードをなくした方への引継ぎ" in clerk.text()
    assert clerk.page.locator("button:text-is('承認する')").count() == 0
    assert faults(clerk.page) == []
    proposal = clerk.path().partition("?")[0]
    chief.to(proposal).picture("carry-in-join-proposal")
    assert all(words in chief.text() for words in ("B0071", HANAKO.name, "71"))
    assert faults(chief.page) == []
    chief.press("承認する")
    assert "承認しました" in chief.text()

    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    person = Walk(context.new_page(), clerk.town, name=HANAKO.name).sign_in().to("/notices").page
    assert "前のシステムから 71 ポイントを引き継ぎました（笠間応援ポイント）" in person.inner_text("main")
    assert "前のシステムの番号をあなたのマイキーIDに引き継ぐ手続きが始まりました" in person.inner_text("main")
    assert faults(person) == []
    context.close()


def test_a_list_with_very_many_last_days_is_compared_month_by_month(at: At, tmp_path: Path) -> None:
    """The city's rule gives half a year's last days and no more; these are stored as under a rule of years."""
    clerk, issued_on, first, count = at("fukushi"), date(2018, 7, 1), date(2019, 1, 1), 501
    rows = [
        f"C-{at:04},,TSUKI-GOTO-{at:04},kasama-ouen,10,{issued_on},{last_day_of(issued_on)},無償"
        for at in range(count)
    ]
    upload(clerk, tmp_path, "months.csv", rows)
    assert clerk.page.locator("tbody tr").count() == 1
    path = clerk.path().partition("?")[0]
    days = [first + timedelta(days=at) for at in range(count)]
    with closing(sqlite3.connect(clerk.town.folder / "gateway.db", timeout=30)) as book, book:
        book.executemany(
            "UPDATE carry_in_lines SET last_day = ? WHERE file_id = ? AND line = ?",
            [(day.isoformat(), path.rpartition("/")[2], line) for line, day in enumerate(days, 2)],
        )
    clerk.to(path).picture("carry-in-months")
    assert "最終日が多いので、まとめて合計しています" in clerk.text()
    months = sorted({(day.year, day.month) for day in days})
    sums = {
        f"{year}年{month}月": 10 * [(day.year, day.month) for day in days].count((year, month))
        for year, month in months
    }
    shown = [row.locator("td").all_inner_texts()[1:3] for row in clerk.page.locator("tbody tr").all()]
    assert {month: int(points.replace(",", "")) for month, points in shown} == sums
    assert faults(clerk.page) == []
    typed = {f"total-{at}": str(points) for at, points in enumerate(sums.values())}
    clerk.fill(**(typed | {"total-1": "279"})).press("合計を確かめて提案する")
    assert "ファイルの合計は 280 ポイント、入力された合計は 279 ポイントです" in clerk.text()
    assert clerk.page.locator("#total-1[aria-invalid=true]").count() == 1
    clerk.fill(**{"total-1": "280"}).press("合計を確かめて提案する")
    assert "まだ何も引き継がれていません" in clerk.text()
    clerk.page.click("summary:has-text('取り下げる')")
    clerk.page.fill("#cancel-reason", "試しに送ったため")
    clerk.press("取り下げる")
    assert "ファイルを取り下げました" in clerk.text()


def _day_of(text: str) -> str:
    """「2019年3月31日」 as a list writes it; 期限なし is empty."""
    if "年" not in text:
        return ""
    year, _, rest = text.partition("年")
    month, _, rest = rest.partition("月")
    return f"{year.strip()}-{int(month):02}-{int(rest.partition('日')[0]):02}"
