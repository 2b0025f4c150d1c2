"""A person's browser, as far as the story needs one: the testkit's, which here follows redirects until they leave for the portal."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from gateway.testkit.sandbox import browser as testkit
from gateway.testkit.sandbox.browser import Form, Page

MAX_REDIRECTS: Final = 10


class Browser:
    """`stop_at`: an address that is not opened, such as the portal's return page; a page that leads there is handed back."""

    def __init__(self, stop_at: str) -> None:
        self._stop_at = stop_at
        self._browser = testkit.Browser()

    async def open(self, url: str) -> Page:
        return await self._follow(await self._browser.get(url))

    async def submit(self, page: Page, form: Form, **typed: str) -> Page:
        return await self._follow(await self._browser.send(page, form, **typed))

    async def _follow(self, page: Page) -> Page:
        for _ in range(MAX_REDIRECTS):
            if not page.location or page.location.startswith(self._stop_at):
                return page
            page = await self._browser.follow(page)
        raise LookupError(f"{page.url} redirects for ever")

    async def __aenter__(self) -> Self:
        await self._browser.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._browser.__aexit__(kind, fault, trace)
