"""A browser small enough for stories: keeps cookies, reads forms, presses their buttons, follows redirects by hand.

It knows no script and no style. Redirects are never followed on their own, so that a story sees each one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what it sends besides what is typed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back. `location` is where a redirect wants to go, absolute, else empty."""

    url: str
    status: int
    text: str
    location: str
    headers: Mapping[str, str]

    def forms(self) -> list[Form]:
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    def form_with(self, *names: str) -> Form:
        """The first form that has all of these fields. Raises LookupError, showing what the page says."""
        for form in self.forms():
            if all(name in form.fields for name in names):
                return form
        raise LookupError(
            f"{self.url} ({self.status}) has no form with {', '.join(names)}: {self.text[:400]}"
        )

    def form(self, action: str) -> Form:
        """The form that goes to `action`. Raises LookupError when the page has none."""
        for form in self.forms():
            if form.action == action:
                return form
        raise LookupError(f"{self.url} has no form to {action}")


class Browser:
    """One person's browser."""

    async def __aenter__(self) -> Self:
        jar = aiohttp.CookieJar(
            unsafe=True
        )  # loopback addresses are not names, yet their cookies matter here
        self._session = aiohttp.ClientSession(cookie_jar=jar)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, url: str) -> Page:
        return await self._fetch("GET", url, None)

    async def submit(self, page: Page, action: str, **typed: str) -> Page:
        """Press the button of the page's form to `action`, with these fields typed or chosen."""
        return await self.send(page, page.form(action), **typed)

    async def send(self, page: Page, form: Form, **typed: str) -> Page:
        """Send a form of the page, with these fields typed or chosen."""
        return await self._fetch(form.method, urljoin(page.url, form.action), {**form.fields, **typed})

    async def follow(self, page: Page) -> Page:
        """One step of a redirect."""
        if not page.location:
            raise LookupError(f"{page.url} answered {page.status} and leads nowhere")
        return await self.get(page.location)

    async def _fetch(self, method: str, url: str, data: Mapping[str, str] | None) -> Page:
        parts = urlsplit(url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}"} if method == "POST" else {}
        async with self._session.request(
            method, url, data=data, headers=headers, allow_redirects=False
        ) as answer:
            location = answer.headers.get("Location", "")
            return Page(
                url=url,
                status=answer.status,
                text=await answer.text(),
                location=urljoin(url, location) if location else "",
                headers=dict(answer.headers),
            )


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").upper()))
            self._open = True
        elif tag in ("input", "button") and self._open and values.get("name"):
            self.forms[-1].fields.setdefault(values["name"], values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
