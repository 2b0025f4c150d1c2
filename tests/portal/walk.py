"""A person's steps through the pages, as the tests take them: each method is one thing that a hand does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from gateway.demo.environment import MEMBERS, DemoEnvironment
from tests.pictures_taken import keep_for_people

PICTURES = Path(__file__).parents[2] / "var" / "portal"
AT_SAISON = {"見本太郎": ("1001-0001", "sample-taro"), "見本花子": ("1001-0002", "sample-hanako")}
PASSWORDS = {member.name: member.password for member in MEMBERS}


@dataclass(slots=True)
class Walk:
    page: Page
    town: DemoEnvironment
    name: str = "見本太郎"
    pictures: str = ""

    def to(self, path: str) -> Walk:
        self.page.goto(self.town.portal_url + path)
        return self

    def picture(self, of: str) -> None:
        """Kept for people to look at; nothing is compared here."""
        if self.pictures:
            keep_for_people(self.page, PICTURES / self.pictures / f"{of}.png")

    def sign_in(self, *, shared_terminal: bool = False) -> Walk:
        self.to("/login")
        self.page.fill("#mykey_id", self.town.mykey_ids[self.name])
        self.page.fill("#password", PASSWORDS[self.name])
        if shared_terminal:
            self.page.check("[name=shared_terminal]")
        self.page.click("form[action='/login'] button")
        self.page.wait_for_url("**/mypage")
        return self

    def link_saison(self) -> Walk:
        """From the list of partners to the question who one is; at once to the destination when linked already."""
        number, password = AT_SAISON[self.name]
        self.to("/partners")
        self.page.click("form[action='/partners/saison/start'] button")
        if "/destination" in self.page.url:
            return self
        self.picture("handoff")
        self.page.click(".card a.primary")
        self.page.fill("[name=number]", number)
        self.page.fill("[name=password]", password)
        self.page.click("button")
        self.page.click("button[value=agree]")
        self.page.wait_for_url("**/who")
        self.picture("who")
        self.page.click(".card a.primary")
        self.page.wait_for_url("**/destination")
        return self

    def to_kasama(self) -> Walk:
        """自治体ポイントへ交換 → 茨城県 → 笠間応援ポイント."""
        self.page.click("a[href$='/municipality']")
        self.page.select_option("#prefecture", "08")
        self.page.click("form.row button")
        self.page.click("a:has-text('笠間応援ポイント')")
        self.page.wait_for_selector("#units")
        return self

    def to_reserve(self) -> Walk:
        self.page.click("a[href$='units?destination=reserve']")
        self.page.wait_for_selector("#units")
        return self

    def units(self, typed: str) -> Walk:
        self.page.fill("#units", typed)
        self.page.evaluate("window.pageBefore = true")
        self.page.click("form[action$='/units'] button.primary")
        self.page.wait_for_function("!window.pageBefore && document.readyState === 'complete'", polling=50)
        return self

    def confirm(self) -> Walk:
        self.page.click("form[action$='/confirm'] button.primary")
        self.page.wait_for_selector("#outcome")
        return self

    def said(self, of: str) -> str:
        """What stands there without the readings over it."""
        told = self.page.eval_on_selector(
            of,
            "one => { const copy = one.cloneNode(true); copy.querySelectorAll('rt').forEach(r => r.remove()); return copy.textContent.trim(); }",
        )
        return str(told)

    def points(self, of: str) -> int:
        """A number on the page, as a person reads it."""
        return int(self.page.inner_text(f"{of} b").replace(",", ""))
