"""A body that was refused by its head costs a program next to nothing, and its sender still reads why."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from httpkit.runner import REST_CONCURRENCY, GuardedRunner

LONG = 64 * 1024**2
"""More than the kernel keeps for both ends of a connection."""
PART = b"x" * 65_536
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _refuse(_request: web.Request) -> web.Response:
    return web.Response(status=401, text="not you")


@pytest.fixture
async def runner() -> AsyncIterator[GuardedRunner]:
    app = web.Application()
    app.router.add_post("/", _refuse)
    made = GuardedRunner(app, lambda status, _fault: web.Response(status=status))
    await made.setup()
    await web.TCPSite(made, "127.0.0.1", 0).start()
    yield made
    await made.cleanup()


async def _begin(runner: GuardedRunner, *fields: str) -> Wire:
    """A request's head, and the head of the answer."""
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write("\r\n".join(["POST / HTTP/1.1", "Host: x", *fields, "", ""]).encode())
    return reader, writer


async def _send(writer: asyncio.StreamWriter, size: int) -> int:
    """Send so much, or until the other end has enough; gives what it took, with what the kernel keeps."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < size:
            writer.write(PART)
            await writer.drain()
            sent += len(PART)
    return sent


@contextlib.asynccontextmanager
async def _others(runner: GuardedRunner) -> AsyncIterator[None]:
    """As many as are read away at once, who have not sent all."""
    wires = [await _begin(runner, f"Content-Length: {LONG}") for _ in range(REST_CONCURRENCY)]
    for reader, _ in wires:
        assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    yield
    for _, writer in wires:
        writer.close()


@pytest.mark.parametrize("fields", [[f"Content-Length: {LONG}"], ["Transfer-Encoding: chunked"]])
async def test_one_among_many_is_read_no_further_and_has_its_answer(
    runner: GuardedRunner, fields: list[str]
) -> None:
    async with _others(runner):
        reader, writer = await _begin(runner, *fields)
        if "chunked" in fields[0]:
            writer.write(f"{LONG:x}\r\n".encode())
        sending = asyncio.ensure_future(_send(writer, LONG))
        assert (await asyncio.wait_for(reader.readuntil(b"not you"), 60)).startswith(b"HTTP/1.1 401 ")
        assert await asyncio.wait_for(sending, 60) < LONG
        writer.close()


async def test_one_alone_may_send_all_before_it_looks_for_an_answer(runner: GuardedRunner) -> None:
    for _ in range(REST_CONCURRENCY + 1):  # a place is given back each time
        reader, writer = await _begin(runner, f"Content-Length: {LONG}")
        assert await asyncio.wait_for(_send(writer, LONG), 60) == LONG
        assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"HTTP/1.1 401 ")
        writer.close()


async def test_who_hangs_up_in_the_midst_leaves_its_place(runner: GuardedRunner) -> None:
    async with _others(runner):
        pass
    for _ in range(100):  # that it has hung up is seen soon, and not at once
        _reader, writer = await _begin(runner, f"Content-Length: {LONG}")
        sent = await asyncio.wait_for(_send(writer, LONG), 60)
        writer.close()
        if sent == LONG:
            return
    pytest.fail("the places are taken for ever")


async def test_after_a_short_one_the_connection_goes_on(runner: GuardedRunner) -> None:
    async with _others(runner):
        reader, writer = await _begin(runner, "Content-Length: 1000")
        for rest in (b"a" * 1_000, b""):
            assert (await asyncio.wait_for(reader.readuntil(b"not you"), 60)).startswith(b"HTTP/1.1 401 ")
            writer.write(rest + b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"not you"), 60)).startswith(b"HTTP/1.1 401 ")
        writer.close()


async def test_of_a_head_that_never_ends_nothing_is_kept() -> None:
    faults: list[BaseException | None] = []

    def malformed(status: int, fault: BaseException | None) -> web.Response:
        faults.append(fault)
        return web.Response(status=status)

    runner = GuardedRunner(web.Application(), malformed)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        sending = asyncio.ensure_future(_send(writer, LONG))
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 60)
        assert await asyncio.wait_for(sending, 60) < LONG
        writer.close()
    finally:
        await runner.cleanup()
    (fault,) = faults
    while fault is not None:
        assert fault.__traceback__ is None  # whose frames hold what came, 256 KB at a time
        fault = fault.__cause__ or fault.__context__
