"""A gigabyte that is sent instead of a grant file: answered clearly, early, and without being kept."""

import asyncio
import re
from pathlib import Path

import pytest

MEGABYTE = b"2345678A,1000,x\r\n" * (1024 * 1024 // 17)
PIECES = 1_024


def peak_mb() -> float:
    """The process's peak of memory since it was forgotten."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc"
)
async def test_a_gigabyte_that_does_not_say_its_length_is_answered_early_and_not_kept(site):
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/city/projects/kosodate/files?name=big.csv HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    forget_peak()
    before, sent = peak_mb(), 0

    async def send() -> None:
        nonlocal sent
        chunk = f"{len(MEGABYTE):x}\r\n".encode() + MEGABYTE + b"\r\n"
        for _ in range(PIECES):
            writer.write(chunk)
            await writer.drain()
            sent += 1
        writer.write(b"0\r\n\r\n")

    sending = asyncio.create_task(send())
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    at_the_answer = sent
    answer = await reader.readuntil(b"}")
    assert b"/docs/problems/body-too-large" in answer
    assert b'"limit_bytes": 16777216' in answer
    sending.cancel()
    writer.close()
    # 16 MB are read before it is known to be too much, some more lie in the sockets on both sides.
    assert at_the_answer < 64
    assert peak_mb() - before < 96


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc"
)
async def test_who_goes_on_sending_after_the_answer_fills_no_memory(site):
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/city/projects/kosodate/files?name=big.csv HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: text/csv\r\nContent-Length: 1073741824\r\n\r\n"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    forget_peak()
    before, sent = peak_mb(), 0
    try:
        for _ in range(256):
            writer.write(MEGABYTE)
            await asyncio.wait_for(writer.drain(), 5)
            sent += 1
    except (ConnectionError, TimeoutError):
        pass  # the server has hung up, or reads no more
    assert peak_mb() - before < 96
    writer.close()
    status, _ = await site.call("GET", "/v1/prefectures")
    assert status == 200
