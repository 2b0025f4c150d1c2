"""A clerk brings a former system's balances: mends a line, types in that system's sums, a colleague decides, and all adds up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.axe import faults
from tests.municipal.conftest import At

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


def _day_of(text: str) -> str:
    """「2019年3月31日」 as a list writes it; 期限なし is empty."""
    if "年" not in text:
        return ""
    year, _, rest = text.partition("年")
    month, _, rest = rest.partition("月")
    return f"{year.strip()}-{int(month):02}-{int(rest.partition('日')[0]):02}"
