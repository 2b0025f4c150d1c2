"""Strangers who want to keep others from being served: each kind holds connections open, or sends without end.

    python -m bench.siege_attacks KIND PORT PATH CONNECTIONS SECONDS again|once

With `again` every connection begins anew as soon as it has been hung up on, until the time is over; then a JSON object is
printed: how many connections were made, refused, hung up on, and answered by which status.
"""

import asyncio
import contextlib
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

UPLOAD_BYTES = 15 * 1024**2
PART = b"x" * 65_536
DRIP_S = 1.0
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _head(path: str, *fields: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: siege", *fields, "", ""]).encode()


async def _parts(writer: asyncio.StreamWriter, each: bytes, count: int, pause_s: float = 0.0) -> None:
    for _ in range(count):
        writer.write(each)
        await writer.drain()
        if pause_s:
            await asyncio.sleep(pause_s)


async def nobody(_path: str, _writer: asyncio.StreamWriter) -> None:
    """Makes no connection: what the machine gives without an attack."""


async def unsigned_upload(path: str, writer: asyncio.StreamWriter) -> None:
    """15 MB that nobody has signed or is signed in for."""
    writer.write(_head(path, f"Content-Length: {UPLOAD_BYTES}", "Content-Type: text/csv"))
    await _parts(writer, PART, UPLOAD_BYTES // len(PART))


async def form_upload(path: str, writer: asyncio.StreamWriter) -> None:
    """The same as a browser's form with a file."""
    kind = "Content-Type: multipart/form-data; boundary=b"
    writer.write(_head(path, f"Content-Length: {UPLOAD_BYTES}", kind, "Sec-Fetch-Site: same-origin"))
    writer.write(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    await _parts(writer, PART, UPLOAD_BYTES // len(PART))


async def slow_head(path: str, writer: asyncio.StreamWriter) -> None:
    """A line of the head every second."""
    writer.write(_head(path, method="GET")[:-2])
    await _parts(writer, b"X-Slow: a\r\n", 3_600, DRIP_S)


async def slow_body(path: str, writer: asyncio.StreamWriter) -> None:
    """A byte of a form every second."""
    kind = "Content-Type: application/x-www-form-urlencoded"
    writer.write(_head(path, "Content-Length: 3600", kind, "Sec-Fetch-Site: same-origin"))
    await _parts(writer, b"a", 3_600, DRIP_S)


async def silent(_path: str, _writer: asyncio.StreamWriter) -> None:
    """Not a byte."""
    await asyncio.sleep(3_600)


async def half_closed(path: str, writer: asyncio.StreamWriter) -> None:
    """Half a head, and no more will come."""
    writer.write(_head(path)[:20])
    writer.write_eof()
    await asyncio.sleep(3_600)


async def pipelined(path: str, writer: asyncio.StreamWriter) -> None:
    """A thousand requests at a time, whose answers are not read."""
    await _parts(writer, _head(path, method="GET") * 100, 10)
    await asyncio.sleep(3_600)


async def endless_chunks(path: str, writer: asyncio.StreamWriter) -> None:
    """A body that never ends."""
    writer.write(_head(path, "Transfer-Encoding: chunked", "Content-Type: application/json"))
    await _parts(writer, b"10000\r\n" + PART + b"\r\n", 100_000)


async def endless_head(path: str, writer: asyncio.StreamWriter) -> None:
    """A line of the head that never ends."""
    writer.write(_head(path, method="GET")[:-2] + b"X-Long: ")
    await _parts(writer, PART, 100_000)


async def expecting(path: str, writer: asyncio.StreamWriter) -> None:
    """A body that is announced, waits for leave to come, and never does."""
    writer.write(_head(path, f"Content-Length: {UPLOAD_BYTES}", "Expect: 100-continue"))
    await asyncio.sleep(3_600)


KINDS: dict[str, Callable[[str, asyncio.StreamWriter], Awaitable[None]]] = {
    made.__name__: made
    for made in (
        nobody, unsigned_upload, form_upload, slow_head, slow_body, silent, half_closed, pipelined, endless_chunks,
        endless_head, expecting,
    )
}  # fmt: skip


@contextlib.asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _answers(reader: asyncio.StreamReader, counts: Counter[str]) -> None:
    """Count the status of what is answered first, and wait until the other end hangs up."""
    line = await reader.readline()
    counts[line.split(b" ", 2)[1].decode() if line.startswith(b"HTTP/") else "hung up"] += 1
    while await reader.read(1_024):  # noqa: ASYNC110  slowly: what waits to be read is the other end's to keep
        await asyncio.sleep(0.1)


async def attack(
    kind: str, port: int, path: str, connections: int, seconds: float, *, again: bool
) -> Counter[str]:
    counts: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    if kind == nobody.__name__:
        await asyncio.sleep(seconds)
        return counts

    async def one() -> None:
        while time.monotonic() < ends:
            try:
                async with _connected(port) as (reader, writer), asyncio.timeout_at(_loop_time(ends)):
                    counts["made"] += 1
                    sending = asyncio.ensure_future(KINDS[kind](path, writer))
                    try:
                        await _answers(reader, counts)
                    finally:
                        sending.cancel()
                        with contextlib.suppress(OSError, asyncio.CancelledError):
                            await sending
            except TimeoutError:
                return
            except OSError:
                counts["reset or refused"] += 1
                await asyncio.sleep(0.1)
            if not again:
                return

    await asyncio.gather(*(one() for _ in range(connections)))
    return counts


def _loop_time(moment: float) -> float:
    return asyncio.get_running_loop().time() + max(0.0, moment - time.monotonic())


def main() -> None:
    kind, port, path, connections, seconds, again = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    attacking = attack(kind, int(port), path, int(connections), float(seconds), again=again == "again")
    print(json.dumps(asyncio.run(attacking)))


if __name__ == "__main__":
    main()
