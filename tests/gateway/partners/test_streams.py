"""An answer that is read in pieces: whole or not at all, inside the gateway and by a plugin in a process of its own."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from pathlib import Path

import pytest

from gateway import PartnerUnavailable
from gateway.errors import NotSent, OutcomeUnknown
from gateway.partners import http_client
from gateway.partners.calls.call_log import CallScope, call_scope
from gateway.partners.http_client import GuardedHttp
from gateway.partners.isolation import limits
from gateway.partners.loading.partner_settings import Isolation
from tests.gateway.partners.day_file import PLUGIN, day_file, debits_in

DAY = date(2018, 7, 31)


def serving(
    size: int, *, status: str = "200 OK", ends_after: int | None = None, stands_after: int | None = None
):
    """A server of one file; of its pieces only so many are sent, and then the line breaks or stands still."""

    async def serve(reader, writer):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            length = sum(map(len, day_file(size)))
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode())
            for number, piece in enumerate(day_file(size)):
                if number == ends_after:
                    writer.close()
                    return
                if number == stands_after:
                    await asyncio.sleep(30)
                writer.write(piece)
                await writer.drain()

    return serve


async def test_a_day_is_read_from_a_stream(acorn_of, raw_server):
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(3_000_000))}"\n')
    assert len(await acorn.debits_on(DAY)) == debits_in(3_000_000)
    assert len(await acorn.debits_on(DAY)) == debits_in(3_000_000)


async def test_a_file_above_the_limit_of_an_answer_is_no_hindrance(acorn_of, raw_server):
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(10_000_000))}"\n')
    assert len(await acorn.debits_on(DAY)) == debits_in(10_000_000)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"ends_after": 12}, "connection_lost"),
        ({"ends_after": 0}, "connection_lost"),
        ({"status": "404 Not Found"}, "acorn has no file"),
    ],
)
async def test_a_stream_that_ends_early_makes_no_day(acorn_of, raw_server, how, said):
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(3_000_000, **how))}"\n')
    with pytest.raises(PartnerUnavailable, match=said):
        await acorn.debits_on(DAY)


async def test_a_stream_that_stands_still_costs_one_deadline(acorn_of, raw_server):
    short = PLUGIN.replace("arrives_within=", "deadline_s=0.5, arrives_within=")
    host = await raw_server(serving(3_000_000, stands_after=12))
    acorn = await acorn_of(f'base_url = "http://{host}"\n', source=short)
    with pytest.raises(PartnerUnavailable, match=r"timeout|did not end within 0\.5 s"):
        await acorn.debits_on(DAY)


async def test_a_host_that_is_none_of_the_profile_is_not_asked(acorn_of, raw_server):
    elsewhere = PLUGIN.replace("stream(self.base_url + ", 'stream("https://other.example" + ')
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(1_000))}"\n', source=elsewhere)
    with pytest.raises(PartnerUnavailable, match=r"other\.example is not one of the profile's hosts"):
        await acorn.debits_on(DAY)


async def test_streams_that_a_plugin_leaves_open_are_bounded(acorn_of, raw_server, isolation):
    if isolation is Isolation.INSIDE:
        pytest.skip("inside it is trusted")
    leaking = PLUGIN.replace(
        "async with self.setup.http.stream(self.base_url + self.path) as answer:",
        "if True:\n            opened = self.setup.http.stream(self.base_url + self.path)\n"
        "            self.__dict__.setdefault('kept', []).append(opened)\n            answer = await opened.__aenter__()",
    )
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(1_000))}"\n', source=leaking)
    for _ in range(limits.MAX_STREAMS):
        await acorn.debits_on(DAY)
    with pytest.raises(PartnerUnavailable, match="4 answers are open; close one of them"):
        await acorn.debits_on(DAY)
    process = acorn.keeper.process
    process.kill("test", "ended by the test")
    assert not process._streams


class TestTheClientItself:
    """Without a plugin around it."""

    @pytest.fixture
    async def client(self, log):
        client = GuardedHttp("acorn", log)
        yield client
        await client.aclose()

    async def test_pieces_are_of_one_size_and_together_the_body(self, client, raw_server):
        host = await raw_server(serving(1_000_000))
        client.allow([host], timeout_s=20)
        async with client.stream(f"http://{host}/day") as answer:
            assert answer.status == 200
            assert answer.headers["content-length"] == str(sum(map(len, day_file(1_000_000))))
            pieces = [piece async for piece in answer.pieces()]
        assert b"".join(pieces) == b"".join(day_file(1_000_000))
        assert {len(piece) for piece in pieces[:-1]} == {http_client.PIECE_BYTES}

    async def test_a_closed_stream_is_never_taken_for_a_short_one(self, client, raw_server):
        host = await raw_server(serving(1_000_000))
        client.allow([host], timeout_s=20)
        async with client.stream(f"http://{host}/day") as answer:
            await anext(answer.pieces())
        with pytest.raises(OutcomeUnknown, match="may have had more"):
            await answer.next_piece()

    async def test_more_than_the_limit_is_not_read(self, client, raw_server, monkeypatch):
        monkeypatch.setattr(http_client.HttpDownload.__init__, "__defaults__", (600_000,))
        host = await raw_server(serving(1_000_000))
        client.allow([host], timeout_s=20)
        with pytest.raises(OutcomeUnknown, match="answer_too_large"):
            async with client.stream(f"http://{host}/day") as answer:
                [piece async for piece in answer.pieces()]

    async def test_nothing_is_asked_and_nothing_read_after_the_call(self, client, raw_server):
        host = await raw_server(serving(1_000_000))
        client.allow([host], timeout_s=20)
        with call_scope(CallScope(partner="acorn", hook="debits_on")) as scope:
            async with client.stream(f"http://{host}/day") as answer:
                assert scope.requests[0].status == 200
                scope.closed = True
                with pytest.raises(OutcomeUnknown, match="nothing is read after its end"):
                    await anext(answer.pieces())
            with pytest.raises(OutcomeUnknown, match="a request after its end is not sent"):
                await client.open_stream(f"http://{host}/day")

    async def test_a_host_that_is_not_there_is_not_sent(self, client):
        client.allow(["127.0.0.1:1"], timeout_s=20)
        with pytest.raises(NotSent, match="connect_refused"):
            await client.open_stream("http://127.0.0.1:1/day")


def peak_kb(pid: int | str = "self") -> int:
    """The most resident memory that a process has had since `begin`."""
    match_ = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert match_
    return int(match_[1])


def begin(pid: int | str = "self") -> int:
    """From now on its peak counts anew; what it has now, in kB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return peak_kb(pid)


@pytest.mark.parametrize(
    "size",
    [pytest.param(40_000_000, id="40MB"), pytest.param(200_000_000, id="200MB", marks=pytest.mark.nightly)],
)
async def test_a_large_file_is_read_in_flat_memory(acorn_of, raw_server, isolation, size, log):
    """Neither the gateway nor the plugin's process grows by more than a few pieces and pages, whatever the file's size."""
    acorn = await acorn_of(f'base_url = "http://{await raw_server(serving(size))}"\n')
    processes = ["self"] if isolation is Isolation.INSIDE else ["self", acorn.keeper.process.pid]
    async for _ in acorn.debit_pages(DAY):
        break
    before = {pid: begin(pid) for pid in processes}
    count = 0
    async for page in acorn.debit_pages(DAY):
        count += len(page)
        log.lines.clear()  # the test's own, which keeps a line for each page
    assert count == debits_in(size)
    grown = {pid: peak_kb(pid) - before[pid] for pid in processes}
    assert max(grown.values()) < 12_000, grown
