"""Somebody of the city's staff at a browser: each method is one thing that a hand does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from gateway.demo.city import PASSWORD
from gateway.demo.environment import DemoEnvironment
from tests.authenticator_app import next_code
from tests.pictures_taken import keep_for_people

PICTURES = Path(__file__).parents[2] / "var" / "municipal"


@dataclass(slots=True)
class Staffer:
    page: Page
    town: DemoEnvironment
    login: str
    seeds: dict[str, str]
    password: str = PASSWORD

    def to(self, path: str) -> Staffer:
        self.page.goto(self.town.municipal_url + path)
        return self

    def picture(self, of: str) -> Staffer:
        """Kept for people to look at; nothing is compared here."""
        keep_for_people(self.page, PICTURES / f"{of}.png")
        return self

    def text(self, of: str = "main") -> str:
        return self.page.inner_text(of)

    def path(self) -> str:
        return self.page.url.removeprefix(self.town.municipal_url)

    def fill(self, **values: str) -> Staffer:
        for name, value in values.items():
            self.page.fill(f"[name={name}]", value)
        return self

    def press(self, text: str) -> Staffer:
        """A link or a button on the page itself, by what it says."""
        self.page.locator(f"main :is(a, button):visible:text-is('{text}')").first.click()
        self.page.wait_for_load_state()
        return self

    def give_password(self) -> Staffer:
        self.to("/login").fill(login=self.login, password=self.password)
        self.page.click("form[action='/login'] button")
        self.page.wait_for_load_state()
        return self

    def sign_in(self) -> Staffer:
        """With an authenticator app, which is set up the first time."""
        self.give_password()
        if self.path() == "/setup":
            return self.set_up_app()
        self.fill(code=self.code())
        self.page.click("form[action='/login/proof/code'] button")
        self.page.wait_for_load_state()
        assert "/login" not in self.path(), self.text()
        return self

    def set_up_app(self) -> Staffer:
        self.to("/account/totp").fill(password=self.password).press("登録に進む")
        self.page.click("main summary")
        self.seeds[self.login] = self.text("#seed").strip()
        self.fill(code=self.code()).press("登録を終える")
        assert "認証アプリを登録しました" in self.text()
        return self

    def code(self) -> str:
        """The app's next code. Each opens once, so the town's clock goes on to its half minute first."""
        return next_code(self.town, self.seeds[self.login])

    def add_authenticator(self) -> None:
        """A device with a fingerprint reader, as the browser sees one."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
