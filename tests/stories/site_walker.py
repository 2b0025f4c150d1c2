"""Somebody at the municipal cloud's pages without a browser: pages are fetched, their own forms filled and sent."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, FormData

from tests.forms_walked import Form, all_forms_of

_CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
_ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(slots=True)
class SiteWalker:
    """One person: `browser` holds their session's cookie. `page` is what they look at, `path` its address."""

    browser: ClientSession
    site: str
    path: str = ""
    page: str = ""

    async def to(self, path: str) -> SiteWalker:
        return await self._shown(await self.browser.get(self.site + path))

    async def send(
        self,
        action: str,
        *,
        upload: tuple[str, bytes] | None = None,
        having: dict[str, str] | None = None,
        **typed: str,
    ) -> SiteWalker:
        """Fill in the form whose address ends so, the rest of it as the page has it, and send it."""
        form = self.form(action, having or {})
        values = form.values | typed
        assert typed.keys() <= form.values.keys(), (typed.keys(), form.values.keys())
        if form.method == "get":
            return await self._shown(await self.browser.get(self.site + form.action, params=values))
        data: Any = values
        if upload is not None:
            data = FormData(quote_fields=False)
            for name, value in values.items():
                if name != "file":
                    data.add_field(name, value)
            data.add_field("file", upload[1], filename=upload[0], content_type="application/octet-stream")
        headers = {"Origin": self.site, "Sec-Fetch-Site": "same-origin"}
        return await self._shown(await self.browser.post(self.site + form.action, data=data, headers=headers))

    def form(self, action: str, having: dict[str, str] | None = None) -> Form:
        """The first form whose address ends so, and whose fields hold `having`."""
        forms = [
            form
            for form in all_forms_of(self._main)
            if form.action.endswith(action) and (having or {}).items() <= form.values.items()
        ]
        assert forms, (action, [form.action for form in all_forms_of(self._main)], self.text)
        return forms[0]

    async def download(self, path: str) -> bytes:
        answer = await self.browser.get(self.site + path)
        assert answer.status == 200, (path, answer.status)
        return await answer.read()

    @property
    def text(self) -> str:
        return plain(self._main)

    @property
    def _main(self) -> str:
        return self.page[self.page.index("<main") : self.page.index("</main>")]

    def rows(self, part: str = "") -> list[list[str]]:
        """The cells of every table's rows, from the words `part` of the page on, to the end of that table."""
        page = self.page[self.page.index(part) :] if part else self.page
        if part:
            page = page[: page.index("</table>")]
        return [[plain(cell) for cell in _CELL.findall(row)] for row in _ROW.findall(page)]

    async def _shown(self, answer: Any) -> SiteWalker:
        self.page, self.path = await answer.text(), answer.url.raw_path
        assert answer.status == 200 or "form=" in answer.url.query_string, (
            answer.status,
            str(answer.url),
            self.text,
        )
        return self


def plain(text: str) -> str:
    """What a reader reads: no tags, one space between words."""
    return " ".join(
        html.unescape(
            _TAG.sub("", text.replace("<wbr>", "").replace("</dt>", " ").replace("</dd>", " "))
        ).split()
    )


def number(text: str) -> int:
    """A sum as a page writes it, with a sign and commas."""
    return int(re.sub(r"[^0-9-]", "", text.replace("−", "-")) or 0)
