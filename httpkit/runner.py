"""Runs an aiohttp application so that even what is not HTTP gets an answer of ours, and no byte of it is repeated.

aiohttp answers a request that its parser cannot read before any middleware sees it: in plain text that quotes the
line at fault, and with a traceback in the log. Such a line may be a cookie or a token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from aiohttp import hdrs, web
from aiohttp.http import StreamWriter
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy

HEAD_DEADLINE_S: Final = 10.0
"""From accept, or from the first byte of a next request, until its head is whole: whoever is slower holds a place."""
KEEPALIVE_S: Final = 75.0
"""How long a connection may wait between two requests; longer than common proxies keep theirs (nginx: 60 s)."""
HSTS: Final = "max-age=31536000; includeSubDomains"
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""On every answer that no middleware has seen."""

Malformed: TypeAlias = Callable[[int, BaseException | None], web.StreamResponse]
"""Makes the answer to what reached no route: from the status that aiohttp means (400, or 500 and above), and the fault."""


class GuardedRunner(web.AppRunner):
    """An AppRunner without an access log, with a deadline for each head, whose parser's errors `malformed` answers.

    `is_https`: browsers reach it by TLS alone, and are told so on these answers too.
    """

    def __init__(
        self, app: web.Application, malformed: Malformed, *, is_https: bool = False, **options: Any
    ) -> None:
        super().__init__(app, **({"access_log": None, "keepalive_timeout": KEEPALIVE_S} | options))
        self._malformed = malformed
        self._headers = _HEADERS | ({"Strict-Transport-Security": HSTS} if is_https else {})

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return _Server(
            server.request_handler,
            malformed=self._malformed,
            headers=self._headers,
            request_factory=_request_factory(server.request_factory),
            handler_cancellation=server.handler_cancellation,
            loop=asyncio.get_running_loop(),
            **server._kwargs,  # noqa: SLF001  there is no public way to make a server of another class
        )


def _request_factory(factory: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Makes requests whose answers do not say what serves them, and takes off every `Expect` but 100-continue, as
    RFC 9110 (10.1.1) allows: aiohttp would refuse it in plain text that repeats it, before any route or middleware.
    """

    def make(
        message: Any, payload: Any, protocol: _Protocol, _writer: StreamWriter, task: Any
    ) -> web.BaseRequest:
        if message.headers.get("Expect", "100-continue").lower() != "100-continue":
            headers = CIMultiDict(message.headers)
            del headers["Expect"]
            message = message._replace(headers=CIMultiDictProxy(headers))
        return factory(message, payload, protocol, _Writer(protocol, asyncio.get_running_loop()), task)

    return make


class _Writer(StreamWriter):
    """Leaves out `Server`, which aiohttp adds after any handler, middleware or signal has had its say."""

    async def write_headers(self, status_line: str, headers: CIMultiDict[str]) -> None:
        headers.popall(hdrs.SERVER, None)
        await super().write_headers(status_line, headers)


class _Server(web.Server):
    def __init__(
        self, *handlers: Any, malformed: Malformed, headers: Mapping[str, str], **options: Any
    ) -> None:
        super().__init__(*handlers, **options)
        self.malformed, self.headers = malformed, headers

    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(RequestHandler):
    """Closes a connection whose request's head is not whole within `HEAD_DEADLINE_S` of its first byte, or of accept."""

    __slots__ = ("_deadline", "_headers", "_heads", "_malformed")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._malformed, self._headers = server.malformed, server.headers
        self._heads = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._request_count > self._heads:
            self._heads = self._request_count
            self._forget_deadline()
        elif self._deadline is None and self._is_idle():
            self._expect_head()  # the beginning of a next request on the same connection

    def connection_lost(self, exc: BaseException | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Nothing is being answered: what comes now is a head, not the rest of a body.

        The beginning of a head that came while a request was answered starts no deadline; `KEEPALIVE_S` ends it.
        """
        return self._waiter is not None and not self._waiter.done()

    def _expect_head(self) -> None:
        self._deadline = self._loop.call_later(HEAD_DEADLINE_S, self._give_up)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what never reached a route. Raises ConnectionError when half an answer has left already."""
        if status >= 500:
            super().handle_error(request, status, exc, message)  # for its log line, and its ConnectionError
        answer = self._malformed(status, exc)
        for name, value in self._headers.items():
            answer.headers.setdefault(name, value)
        answer.force_close()
        return answer
