"""Puts an `Api` on an aiohttp application: each route reads, admits and checks a request in one fixed order.

The order: address and method, announced size, signature and session, the client's share; only then the body is read,
its digest compared, and media type, path, query and body are checked. A caller who is not admitted learns nothing
about what would have been right, and no byte of what it sends is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel

from gateway.errors import ProblemError
from gateway.http.authentication import Admitted, Authenticator, AuthLevel
from gateway.http.inputs import read_body, read_path, read_query
from gateway.http.rate_limit import RequestLimit
from gateway.http.routing import Api, Route
from gateway.http.signatures import require_digest
from gateway.platform import traces
from httpkit.runner import invite_body

_M = TypeVar("_M", bound=BaseModel)

BODY_LIMIT: Final = 64 * 1024
UPLOAD_CONCURRENCY: Final = 2
"""Uploads that are held in memory at once, by one process; the others wait unread."""

_SERVED_WHILE_RESTORED: Final = frozenset(
    {
        "/v1/sessions",
        "/v1/sessions/current",
        "/v1/sessions/{session_id}",
        "/v1/card/challenges",
        "/v1/card/sessions",
        "/v1/staff/sessions",
        "/v1/staff/sessions/passkey",
        "/v1/staff/sessions/totp",
        "/v1/staff/sessions/current",
        "/v1/city/audit/verification",
        "/pushes/{partner_id}",
    }
)
"""Signing in and out, looking, and a partner's word about what is open."""

SERVICES: Final = web.AppKey("services", object)
"""What handlers find as `call.services`: any one object that the application makes."""

ROUTE: Final = web.RequestKey("route", Route)
REQUEST_ID: Final = web.RequestKey("request_id", str)
CLIENT_ID: Final = web.RequestKey("client_id", str)
BROWSER: Final = web.RequestKey("browser", str)
"""The network of the browser for which a client program signs somebody in, as the program told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """What every route needs: the gate, and the share of requests each client program has.

    While `is_restored`, only what reads, signs in or signs out is served: nothing is confirmed.
    """

    gate: Authenticator
    client_buckets: RequestLimit
    is_restored: Callable[[], bool] = bool
    body_limit: int = BODY_LIMIT
    name_account: Callable[[str], str] = lambda _member_id: ""
    """How a member stands in the log, by member id; empty where a member stands in no line."""
    traces: traces.Traces | None = None
    """Where admitted requests are traced; nobody else begins a trace."""
    upload_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOAD_CONCURRENCY))

    def add(self, app: web.Application, api: Api) -> None:
        """Serve all routes of `api` on `app`, whose `client_max_size` must be this dispatcher's `body_limit`."""
        for route in api.routes:
            app.router.add_route(route.method, route.template, self._serve(route))

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            request[ROUTE] = route
            began_ns = time.time_ns()
            if self.is_restored() and not _confirms_nothing(route):
                raise ProblemError("restored")
            self._check_head(request, route)
            has_body = request.can_read_body and request.content_length != 0
            admitted = await self.gate.admit(
                request,
                route.caller,
                route.action,
                scopes=route.scopes,
                has_body=has_body,
                acting=route.acting,
                at_till=route.at_till,
            )
            if route.caller is not AuthLevel.PUBLIC:
                request[CLIENT_ID] = admitted.client_id
                self.client_buckets.consume(admitted.client_id)
                self._bind_person(admitted)
            # Health is asked every few seconds, by machines.
            if self.traces is None or route.template.startswith("/health/"):
                return await self._run(request, route, admitted)
            signed = route.caller is not AuthLevel.PUBLIC
            with self.traces.request(
                route.method,
                route.template,
                began_ns,
                traceparent=request.headers.get("traceparent") if signed else None,
                request_id=request.get(REQUEST_ID, ""),
            ) as answered:
                answer = await self._run(request, route, admitted)
                answered(answer.status)
                return answer

        return serve

    async def _run(self, request: web.Request, route: Route, admitted: Admitted) -> web.StreamResponse:
        raw = await self._read(request, route)
        if route.caller is not AuthLevel.PUBLIC:
            require_digest(request, raw)
        path, query, body = _path(request, route), _query(request, route), _body(request, route, raw)
        if "exchange_id" in request.match_info:  # which `_path` has checked
            traces.set_exchange(request.match_info["exchange_id"])
        with traces.span(route.name):
            return await route.run(
                request,
                admitted,
                path=path,
                query=query,
                body=body,
                services=request.app.get(SERVICES),
                request_id=request.get(REQUEST_ID, ""),
            )

    def _bind_person(self, admitted: Admitted) -> None:
        """Every line of the request says for whom it is: staff by their id, members under a name of the log's own."""
        if admitted.staff is not None:
            structlog.contextvars.bind_contextvars(staff=admitted.staff.staff_id)
        elif admitted.member is not None:
            account = self.name_account(admitted.member.member_id)
            if account:
                structlog.contextvars.bind_contextvars(account=account)

    def _check_head(self, request: web.Request, route: Route) -> None:
        if "Content-Encoding" in request.headers:
            # The server would unpack it: the digest would be of other bytes, and the size limit of no use.
            raise ProblemError("content-type-wrong" if route.takes_body else "body-unexpected")
        if not route.takes_body and request.can_read_body and request.content_length != 0:
            raise ProblemError("body-unexpected")
        limit = self.body_limit if route.upload is None else route.upload.limit_bytes
        if (request.content_length or 0) > limit:
            raise ProblemError("body-too-large", limit_bytes=limit)

    async def _read(self, request: web.Request, route: Route) -> bytes:
        if route.upload is not None:
            # Who waits here is read no further: the connection's own window holds the sender back.
            async with self.upload_slots:
                invite_body(request)
                return await _read_upload(request, route.upload.limit_bytes)
        invite_body(request)
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise ProblemError("body-too-large", limit_bytes=self.body_limit) from None


def note_browser(request: web.Request, network: str, name_source: Callable[[str], str]) -> None:
    """Note the network of the browser that somebody signs in with: for the lines of the request, and for counting refusals."""
    if not network:
        return
    request[BROWSER] = network
    if name := name_source(network):
        structlog.contextvars.bind_contextvars(browser=name)


def _confirms_nothing(route: Route) -> bool:
    return route.method == "GET" or route.template in _SERVED_WHILE_RESTORED


def _path(request: web.Request, route: Route) -> Any:
    if route.path is None:
        return {}
    value = read_path(request.match_info, route.path)
    return value if route.own_path else value.model_dump()


def _query(request: web.Request, route: Route) -> Any:
    if route.any_query:
        return None
    raw = raw_query(request)
    if route.query is None:
        if raw:
            raise ProblemError("query-invalid", "This address takes no query; leave it out.")
        return None
    return read_query(raw, route.query)


async def _read_upload(request: web.Request, limit: int) -> bytes:
    # Larger than the application's own limit, so piece by piece: what is too long is not even received.
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_chunked(64 * 1024):
        size += len(part)
        if size > limit:
            raise ProblemError("body-too-large", limit_bytes=limit)
        parts.append(part)
    return b"".join(parts)


def _body(request: web.Request, route: Route, raw: bytes) -> Any:
    if route.upload is not None:
        if request.content_type not in route.upload.media_types:
            raise ProblemError("upload-type-wrong")
        return raw
    if route.body is None:
        return None
    return raw if route.any_body else json_body(request, raw, route.body)


def json_body(request: web.BaseRequest, raw: bytes, model: type[_M]) -> _M:
    """The body as JSON of this model. Raises ProblemError."""
    media, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise ProblemError("content-type-wrong")
    return read_body(raw, model)


def raw_query(request: web.BaseRequest) -> str:
    """The query exactly as it came, still percent-encoded."""
    return request.raw_path.partition("#")[0].partition("?")[2]
