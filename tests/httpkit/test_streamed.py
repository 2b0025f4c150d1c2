"""A file that is made while it is sent: whole, or seen to be broken off, and never held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from gateway.http.runner import GatewayRunner
from httpkit.streamed import StreamedResponse

PIECE = b"x" * 50_000


@dataclass
class Files:
    """Answers with `count` pieces, after which a piece fails where `breaks`."""

    count: int = 3
    breaks: bool = False
    made: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[Exception] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            while self.made < self.count:
                self.made += 1
                yield PIECE
                await asyncio.sleep(0)
            if self.breaks:
                raise LookupError("the rest is gone")
        finally:
            self.closed.set()

    async def serve(self, _request: web.Request) -> web.StreamResponse:
        return StreamedResponse(self.pieces(), self.faults.append, headers={"Content-Type": "text/csv"})

    @property
    def url(self) -> str:
        return "http://{}:{}/".format(*self.address)


@pytest.fixture
async def files() -> AsyncIterator[Files]:
    made = Files()
    app = web.Application()
    app.router.add_get("/", made.serve)
    runner = GatewayRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = runner.addresses[0][:2]
    yield made
    await runner.cleanup()


async def test_all_pieces_come_and_the_connection_goes_on(files: Files) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as http:
        for _ in range(2):
            files.made = 0
            async with http.get(files.url) as answer:
                assert answer.headers["Content-Type"] == "text/csv"
                assert "Content-Length" not in answer.headers
                assert await answer.read() == PIECE * 3
    assert files.faults == []


async def test_a_piece_that_fails_ends_it_so_that_the_client_sees_it(files: Files) -> None:
    files.breaks = True
    async with aiohttp.ClientSession() as http, http.get(files.url) as answer:
        assert answer.status == 200
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
            await answer.read()
    assert [type(fault) for fault in files.faults] == [LookupError]


async def test_it_is_seen_too_where_the_end_of_the_connection_is_the_end_of_the_file(files: Files) -> None:
    files.breaks = True
    reader, writer = await asyncio.open_connection(*files.address)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 20)
    writer.close()


async def test_who_reads_slowly_is_waited_for_and_who_leaves_is_not_written_for(files: Files) -> None:
    files.count = 1_000
    reader, writer = await asyncio.open_connection(*files.address, limit=1_024)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    before = -1
    while before != files.made:  # until the buffers on the way are full
        before = files.made
        await asyncio.sleep(0.1)
    assert files.made < 500
    writer.transport.abort()
    await asyncio.wait_for(files.closed.wait(), 20)
    assert files.made < 500
    assert files.faults == []
