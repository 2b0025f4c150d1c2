"""Runs a site so that what is not HTTP is answered without a word of it, and no line of it stands in a log.

aiohttp answers a head that its parser cannot read before any page sees it: in plain text that quotes the line, and
with a traceback in the log. Such a line may be a cookie.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy

_PAGE: Final = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>400</title><p>この操作は受け付けられません。 "
    "This request cannot be read.</p></html>"
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "point-gateway",
}
HEAD_DEADLINE_S = 10.0
"""From accept, or from the first byte of a next request, until its head is whole: whoever is slower holds a place."""

_log = structlog.get_logger()


class SiteRunner(web.AppRunner):
    """An AppRunner without an access log, whose parser's errors are answered by a page that quotes nothing."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app, **({"access_log": None} | options))

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        options = server._kwargs  # noqa: SLF001  there is no public way to make a server of another class
        return _Server(
            server.request_handler,
            request_factory=_leaving_aside_expectations(server.request_factory),
            loop=asyncio.get_running_loop(),
            **options,
        )


def _leaving_aside_expectations(factory: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Take off every `Expect` but 100-continue (RFC 9110, 10.1.1): aiohttp refuses it in plain text that repeats it."""

    def make(message: Any, *others: Any) -> web.BaseRequest:
        if message.headers.get("Expect", "100-continue").lower() != "100-continue":
            headers = CIMultiDict(message.headers)
            del headers["Expect"]
            message = message._replace(headers=CIMultiDictProxy(headers))
        return factory(message, *others)

    return make


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(RequestHandler):
    """Closes a connection whose request's head is not whole within `HEAD_DEADLINE_S` of its first byte, or of accept."""

    __slots__ = ("_deadline", "_heads")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._heads = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._request_count > self._heads:
            self._heads = self._request_count
            self._forget_deadline()
        elif self._deadline is None and self._current_request is None and not self._messages:
            self._expect_head()  # the beginning of a next request on the same connection

    def connection_lost(self, exc: BaseException | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

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
        """Answer what never reached a page. Raises ConnectionError when half an answer has left already."""
        if status >= 500:
            super().handle_error(request, status, None, message)
        _log.info("request malformed", error=type(exc).__name__)
        answer = web.Response(
            text=_PAGE, status=400 if status < 500 else 500, content_type="text/html", charset="utf-8"
        )
        answer.headers.update(_HEADERS)
        answer.force_close()
        return answer
