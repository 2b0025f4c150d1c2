"""What aiohttp would answer by itself, before any route: ours too, and without an echo."""

import asyncio
import contextlib
import json

import pytest
import structlog
from aiohttp import web

from gateway.client import sign_headers
from gateway.http.runner import GatewayRunner


@pytest.fixture
async def served(building, store, clock, key, free_port):
    site = building(store, clock, key, free_port)
    runner = GatewayRunner(site.app, is_https=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    yield site
    await runner.cleanup()


@pytest.fixture
def lines():
    from structlog.contextvars import merge_contextvars
    from structlog.testing import LogCapture

    capture = LogCapture()
    structlog.configure(processors=[merge_contextvars, capture])
    return capture.entries


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
    fields = {name.lower() for name, _, _ in (line.partition(b":") for line in head.split(b"\r\n"))}
    assert fields >= {
        b"x-content-type-options", b"content-security-policy", b"cache-control", b"referrer-policy",
        b"strict-transport-security",
    }  # fmt: skip
    problem = json.loads(body)
    assert problem["type"] == "/docs/problems/request-malformed"
    assert problem["instance"].encode()[9:] in head
    assert b"pgs_" not in raw
    assert [line["event"] for line in lines] == ["http.malformed"]
    assert "pgs_" not in str(lines)


async def test_a_sender_who_hangs_up_is_no_failure_of_ours(served, lines):
    fields = {"Content-Type": "application/json", "Authorization": "Bearer pgs_hanako"}
    signed = sign_headers(
        "POST", f"{served.url}/v1/exchanges", fields, b"x" * 100,
        key_id=served.key.key_id, private_key=served.key.private_pem, created=served.clock(),
    )  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    _, writer = await connect(
        served,
        b"POST /v1/exchanges HTTP/1.1\r\nHost: x\r\n" + head.encode() + b"Content-Length: 100\r\n\r\n{",
    )
    await asyncio.sleep(0.01)
    await hang_up(writer)
    for _ in range(200):
        if lines:
            break
        await asyncio.sleep(0.005)
    (line,) = lines
    assert (line["status"], line["problem"]) == (400, "body-broken")


@pytest.mark.parametrize(("is_signed", "first"), [(True, b"100"), (False, b"401")])
async def test_a_body_is_asked_for_once_its_sender_is_admitted(served, is_signed, first):
    body = b'{"exchange_id": "x-1", "units": 2}'
    fields = {"Content-Type": "application/json", "Authorization": "Bearer pgs_hanako"}
    if is_signed:
        fields = sign_headers(
            "POST", f"{served.url}/v1/exchanges", fields, body,
            key_id=served.key.key_id, private_key=served.key.private_pem, created=served.clock(),
        )  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    reader, writer = await connect(
        served,
        b"POST /v1/exchanges HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
        + head
        + b"Content-Length: %d\r\n\r\n" % len(body),
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    assert answer.split(b" ", 2)[1] == first
    if is_signed:
        writer.write(body)
        assert (await asyncio.wait_for(reader.read(), 20)).startswith(b"HTTP/1.1 20")
    await hang_up(writer)


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


class TestSlowHeads:
    """A head that never ends holds no place; one that is whole has all the time its route gives it."""

    @pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: "])
    async def test_it_is_hung_up_on(self, served, monkeypatch, beginning):
        monkeypatch.setattr("httpkit.runner.HEAD_DEADLINE_S", 0.2)
        reader, writer = await connect(served, beginning)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()

    async def test_also_after_a_request_that_was_answered(self, served, monkeypatch):
        monkeypatch.setattr("httpkit.runner.HEAD_DEADLINE_S", 0.2)
        reader, writer = await connect(served, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 ")
        writer.write(b"GET /health")
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 20)
        assert reader.at_eof() or reader.exception() is not None
        writer.close()

    async def test_who_says_nothing_between_two_requests_is_left_alone(self, served, monkeypatch):
        monkeypatch.setattr("httpkit.runner.HEAD_DEADLINE_S", 0.2)
        reader, writer = await connect(served, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 ")
        await asyncio.sleep(0.6)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 " in await asyncio.wait_for(reader.read(), 20)
        await hang_up(writer)

    async def test_a_body_that_comes_after_its_head_has_its_route_s_time(self, monkeypatch, free_port):
        monkeypatch.setattr("httpkit.runner.HEAD_DEADLINE_S", 0.1)

        async def slow(request: web.Request) -> web.Response:
            size = len(await request.read())
            await asyncio.sleep(0.5)
            return web.Response(text=f"{size} read")

        app = web.Application()
        app.router.add_post("/", slow)
        runner = GatewayRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", free_port).start()
        reader, writer = await asyncio.open_connection("127.0.0.1", free_port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
        for half in (b"ab", b"cd"):
            await asyncio.sleep(0.2)
            writer.write(half)
        assert (await asyncio.wait_for(reader.read(), 20)).endswith(b"4 read")
        await hang_up(writer)
        await runner.cleanup()
