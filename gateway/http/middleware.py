"""What happens around every request: an id, a time limit, a share per address, one log line, safe headers.

Whatever goes wrong inside leaves as a problem document. The log line holds no query value and no body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
import uuid_utils
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.errors import ProblemError
from gateway.http import problems
from gateway.http.dispatch import BROWSER, CLIENT_ID, REQUEST_ID, ROUTE
from gateway.http.metrics import HttpMetrics
from gateway.http.rate_limit import RequestLimit
from gateway.http.refusal_watch import RefusalWatch
from gateway.platform.encryption import Unreadable
from httpkit.client_address import bucket_of
from httpkit.runner import HSTS

CONTENT_SECURITY_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})

PROBLEM: Final = web.RequestKey("problem", str)
STATE_HEADER: Final = "Point-Gateway-State"
"""`restored` on every answer while nothing is confirmed, so that a site can say so on its pages."""

_log = structlog.get_logger("gateway.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBoundary:
    """The outermost layer of an application; `install` puts it there.

    `trusted_proxies` is how many proxies of our own stand in front: the address a share belongs to is then
    the one that the outermost of them saw. `failures` maps exceptions from elsewhere to catalogue words. While
    `is_restored`, every answer says so in a header.
    """

    address_buckets: RequestLimit
    metrics: HttpMetrics
    public_url: str
    request_deadline_s: float = 30.0
    trusted_proxies: int = 0
    failures: Mapping[type[BaseException], str] = field(default_factory=dict)
    is_restored: Callable[[], bool] = bool
    name_source: Callable[[str], str] = lambda _address: ""
    """How an address stands in the log; empty where it stands in no line."""
    refusals: RefusalWatch = field(default_factory=RefusalWatch)

    def install(self, app: web.Application) -> None:
        """Put this layer around everything that `app` answers, documents and errors included."""
        app.middlewares.insert(0, self._around())
        app.on_response_prepare.append(self._add_headers)

    def _around(self) -> Middleware:
        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            request_id = str(uuid_utils.uuid7())
            request[REQUEST_ID] = request_id
            started = time.perf_counter()
            # Requests of one kept-alive connection share a task: what the last one bound must not stay.
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=request_id)
            if source := self.name_source(self._address(request)):
                structlog.contextvars.bind_contextvars(source=source)
            answer = await self._answer(request, handler, request_id)
            self._record(request, answer.status, time.perf_counter() - started)
            return answer

        return around

    async def _answer(self, request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
        headers: Mapping[str, str] = {}
        try:
            if not request.path.startswith("/health/"):
                self.address_buckets.consume(bucket_of(self._address(request)))
            async with asyncio.timeout(self.request_deadline_s):
                return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                # A redirection that was raised is made plain, so that it is counted like every other answer.
                return web.Response(status=answer.status, headers={"Location": answer.headers["Location"]})
            refused, headers = _from_http(answer)
        except Exception as error:  # noqa: BLE001  the last place where a failure can become an answer
            refused = self._refusal(request, error)
        request[PROBLEM] = refused.type
        self.metrics.problem(refused.type)
        language = problems.language_of(request.headers.get("Accept-Language"))
        problem = problems.response(refused, request_id=request_id, language=language, headers=headers)
        if problem.status == 401:
            # A site calls for everybody: what it has told of the browser says more than its own address.
            self.refusals.count(request.get(BROWSER) or self._address(request))
        return problem

    def _refusal(self, request: web.Request, error: Exception) -> ProblemError:
        refused = problems.as_refusal(error, self.failures)
        if refused is not None:
            if isinstance(error, Unreadable):
                _log.error("http.key_missing", route=route_of(request), text=str(error))
            return refused
        if isinstance(error, (web.RequestPayloadError, ConnectionError)):
            return ProblemError("body-broken")
        _log.error("http.broken", route=route_of(request), exc_info=error)
        return ProblemError("internal-error")

    async def _add_headers(self, request: web.Request, answer: web.StreamResponse) -> None:
        headers = answer.headers
        headers["X-Request-Id"] = request.get(REQUEST_ID, "")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        if self.is_restored():
            headers[STATE_HEADER] = "restored"
        if self.public_url.startswith("https://"):
            headers["Strict-Transport-Security"] = HSTS

    def _record(self, request: web.Request, status: int, seconds: float) -> None:
        method = request.method if request.method in METHODS else "other"
        route = route_of(request)
        self.metrics.answered(method, route, status, seconds)
        line: dict[str, str] = {}
        if CLIENT_ID in request:
            line["client_id"] = request[CLIENT_ID]
        if PROBLEM in request:
            line["problem"] = request[PROBLEM]
        _log.info(
            "http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), **line
        )

    def _address(self, request: web.Request) -> str:
        if self.trusted_proxies:
            # Each proxy appends what it saw; only the last entries are ours, the rest is hearsay.
            seen = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
            if len(seen) >= self.trusted_proxies and (address := seen[-self.trusted_proxies].strip()):
                return address
        return request.remote or "unknown"


def route_of(request: web.Request) -> str:
    """The template of the request's route; what the caller wrote never reaches a log or a metric."""
    return request[ROUTE].template if ROUTE in request else "none"


def _from_http(answer: web.HTTPException) -> tuple[ProblemError, Mapping[str, str]]:
    if isinstance(answer, web.HTTPMethodNotAllowed):
        return ProblemError("method-not-allowed"), {"Allow": ", ".join(sorted(answer.allowed_methods))}
    if answer.status == 404:
        return ProblemError("path-unknown"), {}
    _log.error("http.broken", answer=answer.status, exc_info=answer)
    return ProblemError("internal-error"), {}
