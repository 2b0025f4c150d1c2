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
    __slots__ = ()

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
