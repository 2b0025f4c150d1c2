"""No answer says what serves it: what an attacker looks up by version is nobody else's business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from gateway.http.runner import GatewayRunner
from httpkit.runner import GuardedRunner
from pagekit.runner import SiteRunner

Send = Callable[[bytes], Awaitable[bytes]]


async def _stream(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"part")
    await answer.write_eof()
    return answer


async def _broken(_request: web.Request) -> web.StreamResponse:
    raise RuntimeError


async def _read(request: web.Request) -> web.StreamResponse:
    return web.json_response(await request.json())


def _app() -> web.Application:
    app = web.Application(client_max_size=8)
    app.router.add_get("/stream", _stream)
    app.router.add_get("/broken", _broken)
    app.router.add_post("/read", _read)
    app.router.add_static("/files", Path(__file__).parent)
    return app


def _card_agents(app: web.Application) -> GuardedRunner:
    return GuardedRunner(app, lambda status, _fault: web.Response(status=status))


@pytest.fixture(params=[GatewayRunner, SiteRunner, _card_agents])
async def send(request: pytest.FixtureRequest) -> AsyncIterator[Send]:
    """One connection to a program's own runner: what is sent, and all that comes back."""
    runner: GuardedRunner = request.param(_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (address,) = runner.addresses

    async def over_one_connection(sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*address[:2])
        writer.write(sent)
        raw = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        return raw

    yield over_one_connection
    await runner.cleanup()


def _request_bytes(line: str, *fields: str, body: str = "") -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", "Connection: close", *fields, "", body]).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (_request_bytes("GET /stream"), b"200"),
        (_request_bytes("HEAD /stream"), b"200"),
        (b"GET /stream HTTP/1.0\r\n\r\n", b"200"),
        (_request_bytes("GET /files/test_server_header.py"), b"200"),
        (_request_bytes("GET /nowhere"), b"404"),
        (_request_bytes("DELETE /read"), b"405"),
        (_request_bytes("GET /broken"), b"500"),
        (_request_bytes("POST /read", "Content-Length: 12", body="123456789012"), b"413"),
        (_request_bytes("GET /stream", "Expect: 200-maybe"), b"200"),
        (_request_bytes("GET /files/test_server_header.py", "Range: bytes=999999-"), b"416"),
        (b"BREW\x00 /pot HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00", b"400"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", b"400"),
        (_request_bytes("GET /stream", "X: " + "a" * 20_000), b"400"),
        (_request_bytes("GET /stream", "Content-Length: 1", "Content-Length: 2"), b"400"),
        (_request_bytes("POST /read", "Transfer-Encoding: chunked", body="no size\r\n"), b"400"),
    ],
)
async def test_an_answer_names_no_server(send: Send, sent: bytes, status: bytes) -> None:
    raw = await send(sent)
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.split(b" ", 2)[1] == status
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert b"date" in names
    assert b"server" not in names
    assert b"aiohttp" not in head


async def test_a_handlers_own_word_leaves_neither() -> None:
    async def named(_request: web.Request) -> web.Response:
        return web.Response(headers={"Server": "point-gateway"})

    app = web.Application()
    app.router.add_get("/", named)
    runner = GatewayRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(_request_bytes("GET /"))
    assert b"\r\nServer" not in await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await runner.cleanup()
