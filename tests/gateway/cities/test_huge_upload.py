"""A gigabyte that is sent instead of a grant file: answered clearly, early, and without being kept."""

import asyncio
import re
from pathlib import Path

import pytest

from gateway.client import sign_headers

MEGABYTE = b"2345678A,1000,x\r\n" * (1024 * 1024 // 17)
PIECES = 1_024


def peak_mb() -> float:
    """The process's peak of memory since it was forgotten."""
    match_ = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match_ is not None
    return int(match_[1]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


reads_peaks = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc"
)
PATH = "/v1/city/projects/kosodate/files?name=big.csv"


async def begin(site, headers: dict[str, str]):
    """Open a connection and send the head of an upload whose length it does not say."""
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    fields = {"Host": f"{host}:{port}", "Content-Type": "text/csv", "Transfer-Encoding": "chunked"} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode())
    return reader, writer


async def send_until_answered(reader, writer) -> tuple[bytes, int]:
    """The status line of the answer, and how many megabytes had been sent by then."""
    sent = 0

    async def send() -> None:
        nonlocal sent
        chunk = f"{len(MEGABYTE):x}\r\n".encode() + MEGABYTE + b"\r\n"
        for _ in range(PIECES):
            writer.write(chunk)
            await writer.drain()
            sent += 1
        writer.write(b"0\r\n\r\n")

    sending = asyncio.create_task(send())
    status = await reader.readline()
    at_the_answer = sent
    sending.cancel()
    return status, at_the_answer


async def signed(site) -> dict[str, str]:
    """The signed head of an operator's upload."""
    token = await site.staff_token("operator")
    fields = {"Content-Type": "text/csv", "Authorization": f"Bearer {token}"}
    headers = sign_headers(
        "POST",
        site.url + PATH,
        fields,
        b"x",
        key_id=site.key_id,
        private_key=site.private_pem,
        created=site.clock(),
    )
    return {name: value for name, value in headers.items() if name != "Content-Type"}


@reads_peaks
async def test_a_strangers_gigabyte_is_refused_by_its_head_and_not_read(site):
    reader, writer = await begin(site, {})
    forget_peak()
    before = peak_mb()
    status, megabytes = await send_until_answered(reader, writer)
    assert status.startswith(b"HTTP/1.1 401 ")
    writer.close()
    assert megabytes < 16
    assert peak_mb() - before < 48


@reads_peaks
async def test_sixty_strangers_with_15_megabytes_each_fill_no_memory(site):
    connections = [await begin(site, {}) for _ in range(60)]
    forget_peak()
    before = peak_mb()
    statuses = []
    for reader, writer in connections:
        writer.write(f"{len(MEGABYTE):x}\r\n".encode() + MEGABYTE + b"\r\n")
        statuses.append((await reader.readline())[:12])
    assert set(statuses) == {b"HTTP/1.1 401"}
    assert (await site.call("GET", "/health/live"))[0] == 200
    assert peak_mb() - before < 160  # our own side of sixty sockets included
    for _, writer in connections:
        writer.close()


@reads_peaks
async def test_a_gigabyte_that_does_not_say_its_length_is_answered_early_and_not_kept(site):
    reader, writer = await begin(site, await signed(site))
    forget_peak()
    before = peak_mb()
    status, megabytes = await send_until_answered(reader, writer)
    assert status.startswith(b"HTTP/1.1 413 ")
    answer = await reader.readuntil(b"}")
    assert b"/docs/problems/body-too-large" in answer
    assert b'"limit_bytes": 16777216' in answer
    writer.close()
    # 16 MB are read before it is known to be too much, some more lie in the sockets on both sides.
    assert megabytes < 64
    assert peak_mb() - before < 96


@reads_peaks
async def test_a_body_that_is_not_the_signed_one_is_refused(site):
    reader, writer = await begin(site, await signed(site))
    writer.write(b"1\r\ny\r\n0\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    assert b"content-digest-wrong" in await reader.readuntil(b"}")
    writer.close()


@reads_peaks
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
