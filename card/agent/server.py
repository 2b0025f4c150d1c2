"""The agent's HTTP side: loopback only, for the pages of an allow-list, one request at a time.

    GET  /v1/status   -> is a card there, and how many tries are left
    POST /v1/sign     {"purpose": "point-gateway.login", "challenge": "..."} -> client_data, certificate, signature

A page elsewhere cannot pass: the browser states the page's origin, which must be on the list and goes into what is
signed; the Host must be our own, which defeats names that are re-bound to the loopback; JSON makes browsers ask
first. No refusal carries a CORS header, so another site does not even learn what was wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Final, TypeVar

import structlog
from aiohttp import web

from card.agent.card_session import CardSession
from card.client_data import ClientData, Purpose, checked_challenge, checked_origin
from card.errors import (
    AgentBusy,
    CardError,
    CardRefused,
    HostRefused,
    OriginRefused,
    PinLocked,
    PinWrong,
    PromptError,
    ReaderError,
    RequestMalformed,
)
from httpkit.runner import GuardedRunner

PORT: Final = 37650
LOOPBACK: Final = "127.0.0.1"

_log = structlog.get_logger("card.agent")
_T = TypeVar("_T")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Agent:
    """The handlers and what they share. `origins` are the sites that may ask, exactly as browsers write them."""

    def __init__(self, desk: CardSession, origins: Collection[str], *, port: int = PORT) -> None:
        self._desk = desk
        self._origins = frozenset(checked_origin(origin) for origin in origins)
        self._hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}
        self._one_at_a_time = asyncio.Lock()

    def app(self) -> web.Application:
        """The aiohttp application. Serve it with `handler_cancellation=True`, so that a page that goes closes the window."""
        app = web.Application(middlewares=[self._guard], client_max_size=4096)
        app.router.add_get("/v1/status", self._status, allow_head=False)
        app.router.add_post("/v1/sign", self._sign)
        app.router.add_route("OPTIONS", "/v1/{any:.*}", self._preflight)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            self._check_caller(request)
        except CardError as refused:
            _log.warning("card.refused", code=refused.code, path=request.path)
            return _unstored(_problem(refused))
        try:
            response = await handler(request)
        except CardError as failed:
            _log.info("card.failed", code=failed.code, detail=failed.detail)
            response = _problem(failed)
        except web.HTTPException as other:
            response = _problem(RequestMalformed(other.reason), other.status)
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Vary"] = "Origin"
        return _unstored(response)

    def _check_caller(self, request: web.Request) -> None:
        if request.headers.getall("Host", []) not in [[host] for host in self._hosts]:
            raise HostRefused
        origins = request.headers.getall("Origin", [])
        if len(origins) != 1 or origins[0] not in self._origins:
            raise OriginRefused

    async def _preflight(self, request: web.Request) -> web.Response:
        headers = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": "600",
        }
        # Browsers ask this way before a public page reaches into the local machine (WICG Private Network Access).
        if request.headers.get("Access-Control-Request-Private-Network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return web.Response(status=204, headers=headers)

    async def _status(self, _request: web.Request) -> web.Response:
        async with self._turn():
            tries_left = await _to_the_end(asyncio.create_task(asyncio.to_thread(self._desk.status)))
        if not tries_left:
            raise PinLocked
        return web.json_response({"ready": True, "tries_left": tries_left})

    async def _sign(self, request: web.Request) -> web.Response:
        signed = await _read_request(request)
        cancelled = threading.Event()
        async with self._turn():
            work = asyncio.create_task(asyncio.to_thread(self._desk.sign, signed, cancelled))
            response = await _to_the_end(work, cancelled.set)
        _log.info("card.signed", origin=signed.origin, purpose=signed.purpose)
        return web.Response(body=response.to_json(), content_type="application/json")

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._one_at_a_time.locked():
            raise AgentBusy
        async with self._one_at_a_time:
            yield


async def _to_the_end(work: asyncio.Task[_T], stop: Callable[[], None] = lambda: None) -> _T:
    """What a thread does with the card. Where the page goes away: close the window (`stop`), have the card powered
    off, and only then let the next one in.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop()
        with contextlib.suppress(CardError):
            await work
        raise


async def _read_request(request: web.Request) -> ClientData:
    """The client data to sign: what the page asked for, and the origin the browser states for it."""
    if request.content_type != "application/json":
        raise RequestMalformed("the body must be application/json")
    try:
        fields = json.loads(await request.read())
        if not isinstance(fields, dict) or set(fields) != {"purpose", "challenge"}:
            raise RequestMalformed("an object with exactly purpose and challenge is wanted")
        purpose, challenge = Purpose(fields["purpose"]), checked_challenge(str(fields["challenge"]))
    except (ValueError, RecursionError) as broken:
        raise RequestMalformed(str(broken)[:100]) from None
    return ClientData(purpose, challenge, request.headers["Origin"])


def _problem(error: CardError, status: int | None = None) -> web.Response:
    """RFC 9457, with the sentences for the person in both languages."""
    status = status or _status_of(error)
    body: dict[str, object] = {
        "type": f"urn:point-gateway-card:{error.code}",
        "title": error.sentence_en,
        "status": status,
        "code": error.code,
        "ja": error.sentence_ja,
        "en": error.sentence_en,
    }
    if isinstance(error, PinWrong | PinLocked):
        body["tries_left"] = error.tries_left
    return web.json_response(body, status=status, content_type="application/problem+json")


def _status_of(error: CardError) -> int:
    match error:
        case OriginRefused() | HostRefused():
            return 403
        case AgentBusy():
            return 409
        case ReaderError():
            return 503
        case CardRefused() | PromptError():
            return 422
        case _:
            return 400


def _unstored(response: web.StreamResponse) -> web.StreamResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _malformed(status: int, fault: BaseException | None) -> web.StreamResponse:
    if status >= 500:
        return web.Response(status=500)
    _log.info("card.malformed", error=type(fault).__name__)
    return _problem(RequestMalformed("this is not HTTP"))


async def serve(agent: Agent, *, port: int = PORT) -> web.AppRunner:
    """Listen on the loopback and nowhere else. Raises OSError where the port is taken. End with `runner.cleanup()`."""
    runner = GuardedRunner(agent.app(), _malformed, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    return runner
