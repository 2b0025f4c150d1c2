"""A shop's person with a telephone at the counter: each method is one thing that a hand does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from gateway.demo.environment import DemoEnvironment
from tests.pictures_taken import keep_for_people
from tests.portal.city_hall import PASSWORD

PICTURES = Path(__file__).parents[2] / "var" / "municipal"


@dataclass(slots=True)
class Clerk:
    page: Page
    town: DemoEnvironment
    login: str
    pictures: str = ""

    def to(self, path: str) -> Clerk:
        self.page.goto(self.town.municipal_url + path)
        return self

    def picture(self, of: str) -> None:
        """Kept for people to look at; nothing is compared here."""
        if self.pictures:
            keep_for_people(self.page, PICTURES / self.pictures / f"{of}.png")

    def sign_in(self) -> Clerk:
        self.to("/login")
        self.page.fill("#login", self.login)
        self.page.fill("#password", PASSWORD)
        self.page.click("form[action='/login'] button")
        self.page.wait_for_url("**/shop/*")
        return self

    def amount(self, points: int) -> Clerk:
        self.to("/shop/take")
        self.page.fill("#points", str(points))
        self.page.click("form[action='/shop/take/scan'] button")
        return self

    def code(self, text: str) -> Clerk:
        """Typed, where no camera helps."""
        self.page.fill("#code", text)
        self.page.click("form[action='/shop/take/check'] button.primary")
        self.page.wait_for_load_state()
        return self

    def take(self) -> Clerk:
        self.page.click("form[action='/shop/take'] button.primary")
        return self

    def taken(self) -> int:
        self.page.wait_for_selector("#taken-points")
        return int(self.page.inner_text("#taken-points b").replace(",", ""))

    def not_taken(self) -> str:
        self.page.wait_for_selector("#not-taken")
        return self.page.inner_text("#not-taken")
