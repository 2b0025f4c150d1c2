"""What a plugin is given when it is made: its settings, an HTTP client, a clock and a log. There are no globals.

A plugin is a class whose `__init__` takes one `PartnerSetup`; its distribution names that class in the
entry-point group `gateway.partners`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

from gateway.model import Secret

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_FORM_FIELDS: Final = 1_000
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_XML_DECLARATION: Final = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_JAPANESE: Final = dict.fromkeys(
    ("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "ms932"), "cp932"
)
"""What Japanese companies call Shift_JIS is Microsoft's: with ①, 髙 and ～ in it."""

Clock = Callable[[], datetime]
"""Gives the present moment as an aware datetime. Passed in everywhere, so that time can be told in tests."""


class Log(Protocol):
    """A structured log: an event word and key-values. Secrets are scrubbed before a line is written."""

    def debug(self, event: str, **values: Any) -> Any: ...
    def info(self, event: str, **values: Any) -> Any: ...
    def warning(self, event: str, **values: Any) -> Any: ...
    def error(self, event: str, **values: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a partner answered. Header names are lower case; the body is whole (a longer one is an error)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError for anything else; inside `debit` that is an unknown outcome."""
        return json.loads(self.body)

    def text(self, charset: str | None = None) -> str:
        """The body as text, in `charset` or the one of the Content-Type, else UTF-8.

        Raises ValueError for an unknown charset and for bytes that are none of it: nothing is replaced or left out.
        """
        return _decoded(self.body, charset or self._charset or "utf-8")

    def xml(self, charset: str | None = None) -> Element:
        """The root of the body as XML, in `charset`, the one of the Content-Type or of the XML declaration.

        Raises ValueError for anything else, and for a DOCTYPE, whose entities could fill the memory.
        """
        from xml.etree import ElementTree as ET

        declared = _XML_DECLARATION.match(self.body[:200])
        told = charset or self._charset or (declared[1].decode("ascii") if declared else "utf-8")
        text = _decoded(self.body, told).lstrip("\ufeff")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("XML with a DOCTYPE is not read")
        try:
            # The declaration is taken away: it speaks of bytes, and this is text.
            return ET.fromstring(re.sub(r"\A\s*<\?xml.*?\?>", "", text, flags=re.DOTALL))  # noqa: S314  no DOCTYPE
        except ET.ParseError:
            raise ValueError("it is no XML") from None

    def form(self, charset: str | None = None) -> dict[str, str]:
        """The body as form fields. Raises ValueError for anything else, and for a field that stands in it twice."""
        told = charset or self._charset or "utf-8"
        body = self.body.decode("ascii").strip()
        if not body:
            raise ValueError("the form is empty")
        pairs = parse_qsl(
            body,
            keep_blank_values=True,
            strict_parsing=True,
            encoding=_JAPANESE.get(told.lower(), told),
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise ValueError("a field stands twice in the form")
        return fields

    @property
    def _charset(self) -> str | None:
        match_ = _CHARSET.search(self.headers.get("content-type", ""))
        return match_[1] if match_ else None

    @property
    def retry_after_s(self) -> int | None:
        """What the header Retry-After asks for, where it gives seconds."""
        wait = self.headers.get("retry-after", "")
        return int(wait) if wait.isascii() and wait.isdigit() and len(wait) <= 6 else None


def encode_form(form: Mapping[str, str], charset: str) -> bytes:
    """Form fields in a charset. Raises ValueError for a letter that it has not, LookupError for an unknown one."""
    return urlencode(form, encoding=_JAPANESE.get(charset.lower(), charset), errors="strict").encode("ascii")


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(_JAPANESE.get(charset.lower(), charset))
    except LookupError:
        raise ValueError("the charset is unknown") from None


class PartnerHttp(Protocol):
    """The HTTP client of one plugin, alive as long as the gateway.

    Follows no redirects, repeats nothing, talks only to the profile's `hosts`. Raises `NotSent` when
    provably nothing left this machine during the hook call, else `OutcomeUnknown`; for hooks that move no
    points the gateway turns both into `PartnerUnavailable`, so a plugin need not catch either.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout_s: float | None = None,
        form_charset: str = "utf-8",
    ) -> HttpAnswer: ...

    async def get(self, url: str, **options: Any) -> HttpAnswer: ...

    async def post(self, url: str, **options: Any) -> HttpAnswer: ...


class Settings(Protocol):
    """One plugin's table `[partners.<id>]` of gateway.toml. A missing or ill-typed value names its place."""

    def text(self, name: str, default: str | None = None) -> str: ...
    def number(self, name: str, default: int | None = None) -> int: ...
    def secret(self, name: str) -> Secret: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSetup:
    settings: Settings
    http: PartnerHttp
    clock: Clock
    log: Log
