"""Runs an aiohttp application so that even what is not HTTP gets an answer of ours, and no byte of it is repeated.

aiohttp answers a request that its parser cannot read before any middleware sees it: in plain text that quotes the
line at fault, and with a traceback in the log. Such a line may be a cookie or a token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11, RawRequestMessage, StreamWriter
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy

HEAD_DEADLINE_S: Final = 10.0
"""From accept, or from the first byte of a next request, until its head is whole: whoever is slower holds a place."""
KEEPALIVE_S: Final = 75.0
"""How long a connection may wait between two requests; longer than common proxies keep theirs (nginx: 60 s)."""
BACKLOG: Final = 1024
"""How many may wait at once to be accepted; with aiohttp's 128 a thousand at once kept others out for a second or two,
until their machine tried again."""
SHORT_REST: Final = 64 * 1024
"""So much of a body that nobody wanted is read away, and the connection goes on."""
REST_CONCURRENCY: Final = 2
"""Longer ones that are read away at once, by one process, for those who look for an answer only when they have sent all."""
FAREWELL_S: Final = 1.0
"""How long the others have to read their answer: at the end of a connection with bytes unread, it may be lost."""
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


_WAITS_FOR_LEAVE: Final = web.RequestKey("waits_for_leave", bool)


def invite_body(request: web.BaseRequest) -> None:
    """Let who waits for leave send the body of the request: it is admitted, and will be read."""
    if request.pop(_WAITS_FOR_LEAVE, False) and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


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
    """Makes requests whose answers do not say what serves them, and takes off `Expect`, as RFC 9110 (10.1.1) allows.

    aiohttp would refuse an odd one in plain text that repeats it, and answer 100-continue by asking for the body, both
    before any route or middleware: what is admitted asks for its body itself, by `invite_body`.
    """

    def make(
        message: Any, payload: Any, protocol: _Protocol, _writer: StreamWriter, task: Any
    ) -> web.BaseRequest:
        expected = message.headers.get(hdrs.EXPECT)
        if expected is not None:
            headers = CIMultiDict(message.headers)
            del headers[hdrs.EXPECT]
            message = message._replace(headers=CIMultiDictProxy(headers))
        request = factory(message, payload, protocol, _Writer(protocol, asyncio.get_running_loop()), task)
        if expected is not None and expected.lower() == "100-continue" and message.version >= HttpVersion11:
            request[_WAITS_FOR_LEAVE] = True
        return request

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
        self.rests_read = 0

    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(RequestHandler):
    """Closes a connection whose request's head is not whole within `HEAD_DEADLINE_S` of its first byte, or of accept."""

    __slots__ = ("_deadline", "_headers", "_heads", "_is_broken", "_malformed", "_server")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._malformed, self._headers = server.malformed, server.headers
        self._heads = 0
        self._is_broken = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._is_broken:
            return
        super().data_received(data)
        if self._messages and not isinstance(broken := self._messages[-1][0], RawRequestMessage):
            # No HTTP: the answer is on its way. aiohttp would take each piece that comes for one more fault.
            self._is_broken = True
            _forget_places(broken.exc)
            self._read_no_more()
        if self._request_count > self._heads:
            self._heads = self._request_count
            self._forget_deadline()
        elif self._deadline is None and self._is_idle():
            self._expect_head()  # the beginning of a next request on the same connection

    def _read_no_more(self) -> None:
        if self.transport is not None:
            self.transport.pause_reading()

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

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Answer; and where more of a body is still to come than a little, read it no further.

        aiohttp would read all of it away for ten seconds, from everybody at once: 300 uploads that were refused by their
        heads kept the gateway from everybody else's requests.
        """
        answered = await super().finish_response(request, resp, start_time)
        if not request.content.is_eof() and (request.content_length or SHORT_REST + 1) > SHORT_REST:
            await self._end_unread(request)
        return answered

    async def _end_unread(self, request: web.BaseRequest) -> None:
        if self._server.rests_read < REST_CONCURRENCY:
            self._server.rests_read += 1
            try:
                async with asyncio.timeout(self._lingering_time):
                    while not request.content.is_eof():
                        await request.content.readany()
            except (TimeoutError, web.HTTPException, web.RequestPayloadError, ConnectionError):
                pass
            finally:
                self._server.rests_read -= 1
        elif self.transport is not None:
            request.content.read_nowait()  # what has come is not kept meanwhile
            self._read_no_more()
            if self.transport.can_write_eof():
                self.transport.write_eof()
            await asyncio.sleep(FAREWELL_S)
        self.force_close()

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


def _forget_places(fault: BaseException | None) -> None:
    """Let go of what a fault's places hold: each has the bytes that came, and lies in a cycle until the next collection.

    With 300 connections at once that send a head without an end, these were a gigabyte.
    """
    while fault is not None:
        fault.__traceback__ = None
        fault = fault.__cause__ or fault.__context__
