"""Runs an application so that even what is not HTTP gets a problem document, and no byte of it is repeated.

aiohttp answers a request that its parser cannot read before any middleware sees it: in plain text that quotes
the line at fault, and with a traceback in the log. Here such a request gets one log line and the word
`request-malformed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
import uuid_utils
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.errors import ProblemError
from gateway.http import problems

HEAD_DEADLINE_S = 10.0
"""From accept, or from the first byte of a next request, until its head is whole: whoever is slower holds a place."""

_log = structlog.get_logger("gateway.http")


class GatewayRunner(web.AppRunner):
    """An AppRunner for the gateway: our own access log, bodies never unpacked, problems down to the parser.

    A caller who hangs up cancels nothing: what a handler began, it ends.
    """

    def __init__(self, app: web.Application, **options: Any) -> None:
        ours = {"access_log": None, "auto_decompress": False, "handler_cancellation": False}
        super().__init__(app, **(ours | options))

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        values = server._kwargs  # noqa: SLF001  there is no public way to make a server of another class
        factory = _leaving_aside_expectations(server.request_factory)
        return _Server(
            server.request_handler, request_factory=factory, loop=asyncio.get_running_loop(), **values
        )


def _leaving_aside_expectations(factory: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Take off every `Expect` but 100-continue, as RFC 9110 (10.1.1) allows: aiohttp would refuse it in plain
    text that repeats it, before any route or middleware.
    """

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
        """Answer what never reached a route. Raises ConnectionError when half an answer has left already."""
        request_id = str(uuid_utils.uuid7())
        if status >= 500:
            super().handle_error(request, status, exc, message)  # for its log line, and its ConnectionError
            refused = ProblemError("internal-error")
        else:
            _log.info("http.malformed", request_id=request_id, error=type(exc).__name__)
            refused = ProblemError("request-malformed")
        answer = problems.response(refused, request_id=request_id)
        answer.headers["X-Request-Id"] = request_id
        answer.headers["Server"] = "point-gateway"
        answer.force_close()
        return answer
