"""A person's browser, as far as the story needs one: cookies, redirects, forms, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp


@dataclass(slots=True)
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows. `location` is set instead when it was sent to an address it must not open."""

    url: str
    status: int
    text: str
    location: str = ""

    def form(self, *names: str) -> Form:
        """The first form that has all of these fields. Raises LookupError, showing what the page says."""
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            if all(name in form.fields for name in names):
                return form
        raise LookupError(
            f"{self.url} ({self.status}) has no form with {', '.join(names)}: {self.text[:400]}"
        )


class Browser:
    """`stop_at`: an address that is not opened but handed back, such as the portal's return page."""

    def __init__(self, stop_at: str) -> None:
        self._stop_at = stop_at
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def open(self, url: str) -> Page:
        return await self._go("GET", url, {})

    async def submit(self, page: Page, form: Form, **typed: str) -> Page:
        return await self._go(form.method, urljoin(page.url, form.action), form.fields | typed)

    async def _go(self, method: str, url: str, fields: dict[str, str]) -> Page:
        for _ in range(10):
            if url.startswith(self._stop_at):
                return Page(url=url, status=0, text="", location=url)
            posts = method == "POST"
            async with self._session.request(
                method,
                url,
                allow_redirects=False,
                headers={"Origin": _origin(url)} if posts else {},
                data=fields if posts else None,
            ) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url, method, fields = urljoin(url, answer.headers["Location"]), "GET", {}
                    continue
                return Page(url=url, status=answer.status, text=await answer.text())
        raise LookupError(f"{url} redirects for ever")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get").upper()))
        elif tag in ("input", "button") and self.forms and "name" in attributes:
            self.forms[-1].fields.setdefault(attributes["name"], attributes.get("value", ""))


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
