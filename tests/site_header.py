"""The header of both sites as a hand uses it: on a narrow screen its choices open first, on a wide one they stand open."""

from __future__ import annotations

from playwright.sync_api import Page


def choose_language(page: Page, name: str) -> None:
    """Press the language, as it calls itself."""
    _press(page, ".languages", f"button:text-is('{name}')")


def sign_out(page: Page) -> None:
    _press(page, ".whose", "form[action='/logout'] button")


def _press(page: Page, choice: str, button: str) -> None:
    summary = page.locator(f"header {choice} > summary")
    if summary.is_visible() and page.locator(f"header {choice}[open]").count() == 0:
        summary.click()
    page.click(f"header {choice} {button}")
