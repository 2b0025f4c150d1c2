"""What a plugin is given when it is made: its settings, an HTTP client, a clock and a log. There are no globals.

A plugin is a class whose `__init__` takes one `PartnerSetup`; its distribution names that class in the
entry-point group `gateway.partners`.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

from gateway.errors import NotSent
from gateway.model import Secret

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_FORM_FIELDS: Final = 1_000
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_XML_DECLARATION: Final = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_JAPANESE: Final = dict.fromkeys(
    (
        *("shiftjis", "xshiftjis", "csshiftjis", "sjis", "xsjis", "sjiswin", "mskanji", "csmskanji"),
        *("windows31j", "xwindows31j", "cswindows31j", "windows932", "xms932", "ms932", "xmscp932", "cp932"),
        *("xibm943", "ibm943", "ibm943c", "cp943", "cp943c"),
    ),
    "cp932",
) | dict.fromkeys(
    ("eucjp", "xeucjp", "cseucjp", "cseucpkdfmtjapanese", "ujis", "eucjpms", "eucjpwin"), "euc_jp"
)
"""What Japanese companies call Shift_JIS is Microsoft's: with ①, 髙 and ～ in it. Keys have letters and digits alone."""

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
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

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
        charset_name = charset or self._charset or (declared[1].decode("ascii") if declared else "utf-8")
        text = _decoded(self.body, charset_name).lstrip("\ufeff")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("XML with a DOCTYPE is not read")
        try:
            # The declaration is taken away: it speaks of bytes, and this is text.
            return ET.fromstring(re.sub(r"\A\s*<\?xml.*?\?>", "", text, flags=re.DOTALL))  # noqa: S314  no DOCTYPE
        except ET.ParseError:
            raise ValueError("it is no XML") from None

    def form(self, charset: str | None = None) -> dict[str, str]:
        """The body as form fields. Raises ValueError for anything else, and for a field that stands in it twice."""
        encoding = codec_name(charset or self._charset or "utf-8")
        body = self.body.decode("ascii").strip()
        if not body:
            raise ValueError("the form is empty")
        pairs = parse_qsl(
            body,
            keep_blank_values=True,
            strict_parsing=True,
            encoding=encoding,
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
    """Form fields in a charset. Raises ValueError for a letter that it has not, and for an unknown charset."""
    return urlencode(form, encoding=codec_name(charset), errors="strict").encode("ascii")


def _decoded(body: bytes, charset: str) -> str:
    return body.decode(codec_name(charset))


def codec_name(charset: str) -> str:
    """Python's name of a charset, in whatever way it is written. Raises ValueError for an unknown one."""
    name = _JAPANESE.get(re.sub(r"[^a-z0-9]", "", charset.lower()), charset)
    try:
        "".encode(name)
    except LookupError:  # codecs that are no charsets, such as `hex`, are told so too
        raise ValueError("the charset is unknown") from None
    return name


class HttpStream(Protocol):
    """An answer whose body comes in pieces: a file of any size up to 2 GiB in the memory of one piece.

    Header names are lower case. Each piece has a deadline of its own. A body that ends early raises `OutcomeUnknown`.
    """

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def pieces(self) -> AsyncIterator[bytes]: ...


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

    def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> AbstractAsyncContextManager[HttpStream]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpFile:
    """A file in a folder of the partner's SFTP server; `modified_at` is its server's word."""

    name: str
    size: int
    modified_at: datetime


class PartnerSftp(Protocol):
    """The partner's SFTP server, of `[partners.<id>.sftp]`: the host keys are pinned, the gateway connects and reads.

    Raises `NotSent` and `OutcomeUnknown` as `PartnerHttp` does. A plugin reads; it writes nothing there.
    """

    async def list(self, folder: str) -> tuple[SftpFile, ...]: ...

    def pieces(self, path: str) -> AsyncIterator[bytes]: ...


class NoSftp:
    """What `setup.sftp` is where the settings name no server."""

    def __init__(self, partner: str = "") -> None:
        self._table = f"[partners.{partner or '<id>'}.sftp]"

    async def list(self, folder: str) -> tuple[SftpFile, ...]:
        """Raises NotSent."""
        del folder
        raise self.missing()

    def pieces(self, path: str) -> AsyncIterator[bytes]:
        """Raises NotSent."""
        del path
        raise self.missing()

    def missing(self) -> NotSent:
        """The sentence that says what to write."""
        return NotSent(
            f"no SFTP server is named; write {self._table} with host, user, host_key and key into gateway.toml"
        )


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
    sftp: PartnerSftp = field(default_factory=NoSftp)
