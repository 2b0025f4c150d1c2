"""A chain with one book-keeper: the city names company and reader, and the book-keeper reads every shop and the sum."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.axe import faults
from tests.municipal.conftest import At

pytestmark = pytest.mark.xdist_group("browser")


def login_of(folder: Path, shop_id: str) -> str:
    with sqlite3.connect(folder / "gateway.db") as book:
        (login,) = book.execute(
            "SELECT login FROM staff WHERE shop_id = ? AND role = 'shop' ORDER BY login", (shop_id,)
        ).fetchone()
    return str(login)


def test_an_owner_reads_all_shops_of_the_company(at: At) -> None:
    clerk = at("fukushi")
    login = login_of(clerk.town.folder, "shop-01")
    owner = at(login, signed_in=False).give_password()
    assert "会社の加盟店の帳簿は見られません" in owner.to("/shop/company").text()
    clerk.to("/shops").press("会社（複数の店）")
    assert faults(clerk.page) == []
    clerk.press("会社を登録する")
    clerk.fill(name="見本商事", shops="shop-01、shop-99", readers=login).press("提案する")
    assert "加盟店の番号を確かめてください" in clerk.text()
    assert clerk.page.input_value("#shops") == "shop-01、shop-99"
    assert faults(clerk.page) == []
    clerk.fill(shops="shop-01、shop-02").press("提案する")
    path = clerk.path().partition("?")[0]
    assert path.startswith("/proposals/"), clerk.text()
    chief = at("kacho").to(path)
    assert login in chief.text()
    assert "(shop-02)" in chief.text()
    chief.press("承認する")
    owner.to("/shop/company?since=2018-07-01&until=2018-07-31")
    assert "会社の合計" in owner.text()
    assert faults(owner.page) == []
    owner.picture("own-company")
    rows = [
        int(cell.inner_text().replace(",", "")) for cell in owner.page.locator("tbody td:nth-child(4)").all()
    ]
    total = owner.page.locator("tfoot td:nth-child(4)").inner_text().replace(",", "")
    assert (len(rows), sum(rows)) == (2, int(total))
    links = owner.page.locator("tbody a")
    name = links.nth(1).inner_text()
    links.nth(1).click()
    assert name in owner.text()
    assert owner.page.input_value("#shop") == "shop-02"
    assert faults(owner.page) == []
    left = owner.page.locator("#left").inner_text().split("\n")[0]
    assert int("".join(filter(str.isdigit, left))) == rows[1]
    owner.to("/shop/company")
    for kind in ("CSV", "PDF"):
        with owner.page.expect_download() as paper:
            owner.page.locator(f"section a:text-is('{kind}で保存')").first.click()
        name = paper.value.suggested_filename
        assert name.startswith("company-statement-")
        assert paper.value.path().read_bytes()[:4] == (b"%PDF" if kind == "PDF" else b"\xef\xbb\xbf\xe5")
    owner.page.locator("dt a").nth(1).click()
    assert faults(owner.page) == []
    assert "shop=" in owner.path()
    assert owner.to("/shop/settlements?shop=shop-03").page.locator("h1").count() == 1
    assert "shop-03" not in owner.text()
