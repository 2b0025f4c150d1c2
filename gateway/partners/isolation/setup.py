"""What a plugin in a process of its own is given as its `PartnerSetup`: all of it goes over the line."""

from __future__ import annotations

import asyncio
import json as json_
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from gateway.errors import NotSent, OutcomeUnknown, SecretMissing
from gateway.model import Secret
from gateway.partners.file_pieces import FilePiece, whole_file
from gateway.partners.isolation.faults import plain
from gateway.partners.isolation.frames import MAX_BODY_BYTES, Malformed
from gateway.partners.isolation.messages import (
    FromPlugin,
    Hello,
    HttpAnswered,
    HttpCancel,
    HttpClose,
    HttpFailed,
    HttpMore,
    HttpPiece,
    HttpRequest,
    Level,
    LogLine,
    SftpList,
    SftpListed,
    SftpPiece,
    SftpRead,
)
from gateway.partners.loading.partner_settings import PartnerSettings, Place
from gateway.platform.redact import scrubbed
from gateway.plugin_interfaces import HttpAnswer, SftpFile

MAX_LINES_A_SECOND: Final = 100
MAX_LOG_VALUES: Final = 20
_SCALARS: Final = (str, int, float, bool, type(None))


class Say(Protocol):
    """Writes a message to the line."""

    def __call__(self, message: FromPlugin, body: bytes = b"") -> None: ...


class _SentPlaces(Place):
    """Where settings stand in the operator's file, which this process cannot read."""

    def __init__(self, places: Mapping[str, str]) -> None:
        super().__init__(None)
        object.__setattr__(self, "_places", places)

    _places: Mapping[str, str]

    def at(self, *keys: str) -> str:
        key = keys[2] if len(keys) > 2 else ""
        return self._places.get(key) or self._places.get("") or "gateway.toml"


class SentSettings:
    """Implements `gateway.plugin_interfaces.Settings` from what the gateway has sent."""

    def __init__(self, hello: Hello) -> None:
        self._secrets = hello.secrets
        self._missing = hello.missing
        self._own = PartnerSettings(
            id=hello.partner, table=dict(hello.settings), place=_SentPlaces(hello.places)
        )

        self._read: set[str] = set()

    def read(self) -> tuple[str, ...]:
        """The names that were asked for so far."""
        return tuple(sorted(self._read))

    def text(self, name: str, default: str | None = None) -> str:
        self._read.add(name)
        return self._own.text(name, default)

    def number(self, name: str, default: int | None = None) -> int:
        self._read.add(name)
        return self._own.number(name, default)

    def secret(self, name: str) -> Secret:
        """As the gateway has read it. Raises SecretMissing or SettingsWrong, as it would in the gateway."""
        self._read.add(name)
        if name in self._secrets:
            return self._secrets[name]
        if name in self._missing:
            raise SecretMissing(self._missing[name])
        return self._own.secret(name)


class LineClock:
    """The gateway's clock: what it showed at the last call, and what has passed since."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def set(self, now: datetime) -> None:
        self._now, self._at = now, time.monotonic()

    def __call__(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._at)


class BrokeredHttp:
    """Implements `gateway.plugin_interfaces.PartnerHttp`: the gateway's own client sends, in the scope of the call."""

    def __init__(self, say: Say, call: ContextVar[int | None]) -> None:
        self._say = say
        self._call = call
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def get(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("POST", url, **options)

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
    ) -> HttpAnswer:
        """Ask the gateway to send it, once. Raises NotSent or OutcomeUnknown, as the gateway's client does."""

        def say(number: int, n: int) -> None:
            if sum(body is not None for body in (json, form, content)) > 1:
                raise _Unfit("more than one body")
            kind, body = _body(json, content)
            request = HttpRequest(
                request=number,
                n=n,
                method=method,
                url=url,
                headers=None if headers is None else _texts(headers),
                params=None if params is None else _scalars(params),
                form=None if form is None else _scalars(form),
                body=kind,
                timeout_s=timeout_s,
                form_charset=form_charset,
            )
            self._say(request, body)

        answer: HttpAnswer = await self._request(say)
        return answer

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[BrokeredStream]:
        """The head of an answer, whose body the gateway reads as it is asked for."""
        numbers: list[int] = []

        def say(number: int, n: int) -> None:
            numbers.append(number)
            request = HttpRequest(
                request=number,
                n=n,
                url=url,
                headers=None if headers is None else _texts(headers),
                params=None if params is None else _scalars(params),
                timeout_s=timeout_s,
                stream=True,
            )
            self._say(request)

        answer: HttpAnswer = await self._request(say)
        stream = BrokeredStream(self, numbers[0], answer)
        try:
            yield stream
        finally:
            stream.is_closed = True
            self._say(HttpClose(of=numbers[0]))

    async def piece(self, of: int) -> bytes | None:
        """The next piece of the answer to a streamed request; None after the last."""
        piece: bytes | None = await self._request(
            lambda number, n: self._say(HttpMore(request=number, n=n, of=of))
        )
        return piece

    async def listed(self, folder: str) -> tuple[SftpFile, ...]:
        """The files of a folder of the partner's SFTP server."""
        files: tuple[SftpFile, ...] = await self._request(
            lambda number, n: self._say(SftpList(request=number, n=n, folder=folder))
        )
        return files

    async def read(self, path: str, offset: int) -> FilePiece:
        """What a file there has from an offset on."""
        piece: FilePiece = await self._request(
            lambda number, n: self._say(SftpRead(request=number, n=n, path=path, offset=offset))
        )
        return piece

    async def _request(self, say: Callable[[int, int], None]) -> Any:
        """Say a request under a new number, and wait for what becomes of it."""
        self._number += 1
        number, n = self._number, self._call.get() or 0
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            say(number, n)
        except Exception as fault:  # noqa: BLE001  whatever a plugin hands over; the gateway says what it means
            why = str(fault) if isinstance(fault, _Unfit | Malformed) else type(fault).__name__
            self._say(HttpRequest(request=number, n=n, unfit=plain(why)[:200]))
        try:
            return await future
        except asyncio.CancelledError:
            self._say(HttpCancel(request=number))
            raise
        finally:
            del self._waiting[number]

    def answered(self, message: HttpAnswered | HttpPiece | SftpListed | SftpPiece, body: bytes) -> None:
        if (future := self._waiting.get(message.request)) is None or future.done():
            return
        match message:
            case HttpAnswered():
                future.set_result(HttpAnswer(status=message.status, headers=dict(message.headers), body=body))
            case HttpPiece():
                future.set_result(None if message.last else body)
            case SftpListed():
                future.set_result(message.files)
            case SftpPiece():
                future.set_result(FilePiece(size=message.size, modified_at=message.modified_at, body=body))

    def failed(self, message: HttpFailed) -> None:
        if (future := self._waiting.get(message.request)) is not None and not future.done():
            future.set_exception((NotSent if message.kind == "not_sent" else OutcomeUnknown)(message.text))


class BrokeredStream:
    """Implements `gateway.plugin_interfaces.HttpStream`."""

    def __init__(self, http: BrokeredHttp, number: int, head: HttpAnswer) -> None:
        self.status: Final = head.status
        self.headers: Final[Mapping[str, str]] = head.headers
        self.is_closed = False
        self._http = http
        self._number = number

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, once. Raises OutcomeUnknown where it ends early."""
        while True:
            if self.is_closed:
                raise OutcomeUnknown("the answer is closed; it may have had more")
            if (piece := await self._http.piece(self._number)) is None:
                return
            yield piece


class BrokeredSftp:
    """Implements `gateway.plugin_interfaces.PartnerSftp`: the gateway's own client connects and reads."""

    def __init__(self, http: BrokeredHttp, partner: str) -> None:
        self._http = http
        self._partner = partner

    async def list(self, folder: str) -> tuple[SftpFile, ...]:
        """The files of a folder, by name."""
        return await self._http.listed(folder)

    async def pieces(self, path: str) -> AsyncIterator[bytes]:
        """The whole file in pieces. Raises OutcomeUnknown, also where it changes or ends early meanwhile."""
        async for piece in whole_file(self._partner, lambda offset: self._http.read(path, offset)):
            yield piece


class _Unfit(Exception):
    """A request that cannot be written."""


def _body(json: Any, content: Any) -> tuple[Any, bytes]:
    kind, body = "none", b""
    if json is not None:
        kind = "json"
        body = json_.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    elif content is not None:
        kind = "content"
        body = content.encode() if isinstance(content, str) else bytes(memoryview(content))
    if len(body) > MAX_BODY_BYTES:
        raise _Unfit(f"a body of more than {MAX_BODY_BYTES:,} bytes")
    return kind, body


def _texts(values: Mapping[Any, Any]) -> dict[str, str]:
    if not all(isinstance(it, str) for pair in values.items() for it in pair):
        raise TypeError
    return dict(values)


def _scalars(values: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) and isinstance(value, _SCALARS) for key, value in values.items()):
        raise TypeError
    return dict(values)


class BrokeredLog:
    """Implements `gateway.plugin_interfaces.Log`: at most a hundred lines a second, the others are counted."""

    def __init__(
        self, say: Say, call: ContextVar[int | None], seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._call = call
        self._seconds = seconds
        self._second, self._lines, self._dropped = 0.0, 0, 0
        self._will_say_dropped = False

    def debug(self, event: str, **values: Any) -> None:
        self._line("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        self._line("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._line("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._line("error", event, values)

    def _line(self, level: Level, event: str, values: dict[str, Any]) -> None:
        now = self._seconds()
        if now - self._second >= 1:
            self._second, self._lines = now, 0
        self._lines += 1
        if self._lines > MAX_LINES_A_SECOND:
            self._dropped += 1
            self._say_dropped_later()
            return
        plain_values = {name: _plain(it) for name, it in list(scrubbed(values).items())[:MAX_LOG_VALUES]}
        dropped, self._dropped = self._dropped, 0
        line = LogLine(
            level=level, event=plain(event), values=plain_values, n=self._call.get(), dropped=dropped
        )
        try:
            self._say(line)
        except Malformed:
            self._dropped += dropped + 1

    def _say_dropped_later(self) -> None:
        """A flood that ends in silence is counted too."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # in a thread, whose next line counts it
        if not self._will_say_dropped:
            self._will_say_dropped = True
            loop.call_later(1.0, self._say_dropped)

    def _say_dropped(self) -> None:
        self._will_say_dropped = False
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            values = {"lines": _plain(dropped)}
            self._say(LogLine(level="warning", event="plugin_log_dropped", values=values, dropped=dropped))


def _plain(value: Any, depth: int = 0) -> Any:
    """As the gateway's log would write it."""
    if value is None or type(value) in (bool, int) or (type(value) is float and math.isfinite(value)):
        return value
    if isinstance(value, Mapping) and depth < 4:
        return {plain(key): _plain(it, depth + 1) for key, it in list(value.items())[:MAX_LOG_VALUES]}
    if isinstance(value, list | tuple) and depth < 4:
        return [_plain(it, depth + 1) for it in value[:MAX_LOG_VALUES]]
    return plain(value)
