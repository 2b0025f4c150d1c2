"""A clerk brings a neighbour's list of shops: mends a line, proposes it, a colleague looks at each shop and decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.axe import faults
from tests.municipal.conftest import At

pytestmark = pytest.mark.xdist_group("browser")

HEADER = "店名,店名（カナ）,業種,住所,電話,銀行コード,支店コード,預金種目,口座番号,口座名義"


def test_shops_of_a_list_are_registered_by_two_persons(at: At, tmp_path: Path) -> None:
    clerk, file = at("fukushi"), tmp_path / "名簿.csv"

    def send(phone: str) -> None:
        rows = (
            f"見本の靴店,ミホンノクツテン,衣料,笠間市笠間1-2,{phone},0009,001,普通,1234567,ミホン",
            "見本の靴店 友部店,ミホンノクツテン,衣料,笠間市友部3-4,0296-00-0777,,,,,",
        )
        file.write_bytes("\r\n".join((HEADER, *rows)).encode("cp932"))
        clerk.to("/shops/list").page.set_input_files("#file", str(file))
        clerk.press("送って確認する")

    clerk.to("/shops").press("ファイルで登録・保存する")
    assert faults(clerk.page) == []
    assert "口座番号は末尾3桁だけが入ります" in clerk.text()
    with clerk.page.expect_download() as download:
        clerk.press("CSVで保存する")
    assert "shop-01" in Path(download.value.path()).read_text("utf-8-sig")
    send("296000777")
    assert "まだ登録できません" in clerk.text()
    assert "電話番号として読み取れません" in clerk.text()
    assert faults(clerk.page) == []
    clerk.picture("shop-list-faulty")
    with clerk.page.expect_download() as download:
        clerk.press("確認の結果をCSVで保存する")
    assert "市外局番から" in Path(download.value.path()).read_text("utf-8-sig")
    send("0296-00-0777")
    assert "同じ電話" in clerk.text()
    assert faults(clerk.page) == []
    clerk.picture("shop-list-checked")
    clerk.fill(reason="隣の町の名簿").press("提案する")
    path = clerk.path().partition("?")[0]
    assert path.startswith("/proposals/"), clerk.text()
    chief = at("kacho").to(path)
    assert "見本の靴店、見本の靴店 友部店" in chief.text()
    chief.press("登録する加盟店を1件ずつ見る")
    assert "1234567" in chief.text()
    assert faults(chief.page) == []
    chief.picture("shop-list-proposed")
    chief.to(path).press("承認する")
    assert "見本の靴店 友部店" in clerk.to("/shops?q=見本の靴店").text()
    send("0296-00-0777")
    assert "同じ店名・住所の店が登録済みです" in clerk.text()
