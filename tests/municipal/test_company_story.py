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


def test_one_log_in_works_at_the_shop_that_it_chooses(at: At) -> None:
    """Named by two persons, in a company of its own; a page of the first shop that stands in another tab takes nothing any more."""
    clerk = at("fukushi")
    login = login_of(clerk.town.folder, "shop-05")
    clerk.to("/companies/new")
    clerk.fill(name="見本食品", shops="shop-05 shop-06", workers=f"{login} nobody").press("提案する")
    assert "ログイン名を確かめてください" in clerk.text()
    assert clerk.page.get_attribute("#workers", "aria-invalid") == "true"
    clerk.fill(workers=login).press("提案する")
    path = clerk.path().partition("?")[0]
    assert path.startswith("/proposals/"), clerk.text()
    chief = at("kacho").to(path)
    assert "どの店でも使える人" in chief.text()
    chief.press("承認する")
    owner = at(login, signed_in=False).give_password()
    assert owner.path() == "/shop/choose"
    assert owner.to("/shop/take").path() == "/shop/choose", "nothing is taken before a shop is chosen"
    assert faults(owner.page) == []
    names = [name.inner_text() for name in owner.page.locator("main li b").all()]
    assert len(names) == 2
    owner.page.locator("main li button").nth(0).click()
    owner.page.wait_for_url("**/shop/take")
    first = owner.page.inner_text("h1")
    assert first == names[0]
    tab = owner.page.context.new_page()
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(clerk.town.municipal_url + "/shop/choose")
    assert faults(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    owner.to("/shop/take/scan?points=100")
    tab.locator("main li button").nth(1).click()
    tab.wait_for_url("**/shop/take")
    assert (tab.inner_text("h1"), tab.inner_text("#shop-chosen")) == (names[1], names[1])
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    sent = owner.page.request.post(
        clerk.town.municipal_url + "/shop/take/check",
        form={
            "form_token": owner.page.input_value("[name=form_token]"), "points": "100", "code": "123456789012",
            "id": owner.page.input_value("[name=id]"),
        },
        headers={"Origin": clerk.town.municipal_url},
    )  # fmt: skip
    assert sent.status == 403, "a form of the other shop"
    owner.to("/shop/people")
    assert login in owner.text()
    assert "会社のほかの店の人" in owner.text()
    assert faults(owner.page) == []


def test_a_page_that_watches_the_other_shop_is_drawn_anew(at: At) -> None:
    """The page asks for its last payments every two seconds: they are the chosen shop's, and its heading has to be, too."""
    owner = at(login_of(at("fukushi").town.folder, "shop-05"), signed_in=False).give_password()
    buttons = owner.page.locator("main li button")
    buttons.nth(0).click()
    owner.page.wait_for_url("**/shop/take")
    first = owner.page.inner_text("h1")
    tab = owner.page.context.new_page()
    tab.goto(owner.town.municipal_url + "/shop/choose")
    tab.locator("main li button").nth(1).click()
    tab.wait_for_url("**/shop/take")
    owner.page.wait_for_function("first => document.querySelector('h1').innerText !== first", arg=first)
    assert owner.page.inner_text("h1") == tab.inner_text("h1")
