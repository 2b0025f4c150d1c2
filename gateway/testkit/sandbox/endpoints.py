"""The door every call to a sandbox passes: it gives each failure that was ordered, at the byte where it belongs.

A handler is named after its operation by `operation("capture")`. Handlers know nothing of failures except of
`late` and `contradiction`, which only the partner's own rules can play; they read them from `request[FAULTS]`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway.testkit.sandbox.faults import ALWAYS_DONE, Fault, FaultKind, Faults

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Awaitable[web.StreamResponse]])
FAULTS = web.RequestKey("faults", Fault)
_NAMES: dict[str, str] = {}


def operation(name: str) -> Callable[[H], H]:
    """Mark a handler as the operation `name`, under which failures of it are ordered."""

    def mark(handler: H) -> H:
        _NAMES[f"{handler.__module__}.{handler.__qualname__}"] = name
        return handler

    return mark


class Doors:
    """The middleware and what it has open. `release()` lets the silent connections go."""

    def __init__(self, faults: Faults, id_fields: tuple[str, ...]) -> None:
        """`id_fields`: names in the partner's answers that say whose answer it is, for `wrong_id`."""
        self.faults = faults
        self._id_fields = id_fields
        self._released = asyncio.Event()
        self._later: set[asyncio.Task[None]] = set()

    def later(self, seconds: float | None, act: Callable[[], Awaitable[object]]) -> None:
        """Carry `act` out after `seconds`; None leaves it to whoever tells the site to finish."""
        if seconds is None:
            return

        async def wait_and_act() -> None:
            await asyncio.sleep(seconds)
            await act()

        task = asyncio.create_task(wait_and_act())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def close(self) -> None:
        """Let the silent connections go and forget what was left for later (the book still knows it)."""
        self.release()
        tasks = list(self._later)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def release(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    def middleware(self) -> Middleware:
        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            target = request.match_info.handler
            name = _NAMES.get(f"{target.__module__}.{getattr(target, '__qualname__', '')}")
            fault = self.faults.pop(name) if name else None
            return await handler(request) if fault is None else await self._play(fault, request, handler)

        return door

    async def _play(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        request[FAULTS] = fault
        await request.read()
        if fault.kind is FaultKind.SLOW:
            # Only leaving the site ends the wait: a caller that went away must not undo what it asked for.
            await self._wait(fault.seconds or 1.0)
            return await handler(request)
        if fault.kind is FaultKind.LATE:
            return await handler(request)
        answer: web.StreamResponse | None = None
        if fault.done or fault.kind in ALWAYS_DONE:
            answer = await handler(request)
        match fault.kind:
            case FaultKind.CONTRADICTION if answer is not None:
                return answer
            case FaultKind.WRONG_ID if isinstance(answer, web.Response):
                return _under_another_id(answer, self._id_fields)
            case FaultKind.HALF if isinstance(answer, web.Response):
                return await _send_half(request, answer)
            case FaultKind.DUPLICATE if isinstance(answer, web.Response):
                return await _send_twice(request, answer)
            case FaultKind.RESET:
                return _reset(request)
            case FaultKind.NO_ANSWER:
                await self._wait(3600.0 if fault.seconds is None else fault.seconds)
                return _reset(request)
            case FaultKind.SERVER_ERROR:
                return web.Response(status=500, text="internal error")
            case FaultKind.UNAVAILABLE:
                return web.Response(status=503, headers={"Retry-After": "60"}, text="maintenance")
            case FaultKind.REDIRECT:
                return web.Response(status=302, headers={"Location": "/elsewhere"})
            case FaultKind.HTML:
                return web.Response(
                    text="<!doctype html><title>只今混み合っています</title>", content_type="text/html"
                )
            case FaultKind.EMPTY_JSON:
                return web.json_response({})
        raise web.HTTPInternalServerError(text=f"{fault.kind} cannot be played on {fault.operation}")

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._released.wait()
        except TimeoutError:
            return


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _send_half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    half.content_length = max(len(body), 2)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


async def _send_twice(request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    await answer.prepare(request)
    await answer.write_eof()
    if request.transport is not None:
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        request.transport.write(head.encode() + body)
    return answer


def _under_another_id(answer: web.Response, id_fields: tuple[str, ...]) -> web.Response:
    body: dict[str, Any] = json.loads(answer.text or "{}")
    for field in id_fields:
        if field in body:
            body[field] = f"{body[field]}-of-another"
    return web.json_response(body, status=answer.status)
