"""What aiohttp would answer by itself, before any route: ours too, and without an echo."""

import asyncio
import json

import pytest
import structlog
from aiohttp import web

from gateway.http.runner import GatewayRunner


@pytest.fixture
async def served(building, store, clock, key, free_port):
    site = building(store, clock, key, free_port)
    runner = GatewayRunner(site.app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    yield site
    await runner.cleanup()


@pytest.fixture
def lines():
    from structlog.contextvars import merge_contextvars
    from structlog.testing import LogCapture

    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(processors=[merge_contextvars, capture])
    yield capture.entries
    structlog.configure(**before)


async def connect(site, sent: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def hang_up(writer):
    writer.close()
    await writer.wait_closed()


POST = b"POST /v1/exchanges HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\npgs_no-size\r\n",
        b"GET /v1/greeting HTTP/1.1\r\nHost: x\r\npgs_no field\r\n\r\n",
        b"GET /v1/greeting HTTP/1.1\r\nHost: x\r\nX: pgs_\x00\r\n\r\n",
        b"pgs_BREW /v1/greeting HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"pgs_" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00pgs_",
    ],
    ids=["chunks", "field", "nul", "method", "long", "tls"],
)
async def test_what_is_not_http_is_a_problem_without_an_echo(served, lines, sent):
    reader, writer = await connect(served, sent)
    raw = await reader.read()
    await hang_up(writer)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"400"
    assert b"application/problem+json" in head
    assert b"aiohttp" not in head
    problem = json.loads(body)
    assert problem["type"] == "/docs/problems/request-malformed"
    assert problem["instance"].encode()[9:] in head
    assert b"pgs_" not in raw
    assert [line["event"] for line in lines] == ["http.malformed"]
    assert "pgs_" not in str(lines)


async def test_a_sender_who_hangs_up_is_no_failure_of_ours(served, lines):
    _, writer = await connect(served, POST + b'Content-Length: 100\r\n\r\n{"exchange')
    await asyncio.sleep(0.01)
    await hang_up(writer)
    for _ in range(200):
        if lines:
            break
        await asyncio.sleep(0.005)
    (line,) = lines
    assert (line["status"], line["problem"]) == (400, "body-broken")


async def test_a_failure_outside_every_route_is_still_a_problem(
    building, store, clock, key, free_port, caplog
):
    async def broken(request: web.Request) -> web.StreamResponse:
        raise RuntimeError("pgs_secret")

    app = web.Application()
    app.router.add_get("/", broken)
    runner = GatewayRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", free_port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    raw = await reader.read()
    await hang_up(writer)
    await runner.cleanup()
    assert raw.split(b" ", 2)[1] == b"500"
    assert b"/docs/problems/internal-error" in raw
    assert b"pgs_secret" not in raw


@pytest.mark.parametrize(("address", "status"), [(b"/v1/greeting", b"200"), (b"/nowhere", b"404")])
async def test_an_odd_expectation_is_left_aside_and_not_repeated(served, address, status):
    sent = b"GET " + address + b" HTTP/1.1\r\nHost: x\r\nExpect: pgs_banana\r\nConnection: close\r\n\r\n"
    reader, writer = await connect(served, sent)
    raw = await reader.read()
    await hang_up(writer)
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.split(b" ", 2)[1] == status
    assert b"json" in head
    assert b"banana" not in raw
