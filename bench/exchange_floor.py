"""What an exchange is compared with: the same requests, partner calls and rows, with nothing decided in between.

    python -m bench.exchange_floor --partner http://127.0.0.1:1234 --database FILE-or-postgresql://… [--port 8000]

Bare aiohttp handlers that read JSON and answer JSON; the same calls to the partner on httpx over aiohttp's
connections, at most 16 in flight; the same number of rows by a hand-written group commit on sqlite3, or on
PostgreSQL by psycopg. It checks no signature, knows no member, reads no row, computes nothing and logs nothing.
Prints its address, then serves. With a `--port` several may share it.
"""

import argparse
import asyncio
import json
import signal
import sqlite3
import threading
import uuid
from collections import deque
from typing import Any

import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport

IN_FLIGHT = 16
BODY = json.dumps(
    {"what": "quoted", "units": 2, "points": 900, "destination": "municipality", "more": "x" * 150}
)

# What the gateway writes in each step: a nonce in each; an exchange with its owner and first line; quote and
# line; state, line, and the hold's move, book and two accounts; the same for the post, and the partner's debit.
ROWS = {"start": 4, "offer": 1, "quote": 3, "hold": 7, "settle": 7}


class Rows:
    """A group-commit loop on sqlite3 with nothing in it that could be left out."""

    def __init__(self, path: str) -> None:
        self.waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.awake = threading.Condition()
        self.closing = False
        self.loop = asyncio.get_running_loop()
        self.thread = threading.Thread(target=self.write, args=(path,))
        self.thread.start()

    async def add(self, count: int) -> None:
        future = self.loop.create_future()
        with self.awake:
            self.waiting.append((count, future))
            self.awake.notify()
        await future

    def batch(self) -> list[tuple[int, "asyncio.Future[None]"]]:
        """Wait for work and take all there is; nothing means: closed."""
        with self.awake:
            while not self.waiting and not self.closing:
                self.awake.wait()
            return [self.waiting.popleft() for _ in range(len(self.waiting))]

    def write(self, path: str) -> None:
        conn = sqlite3.connect(path, isolation_level=None)
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        # A row is found by the member and its id, as the gateway's own are.
        conn.execute(
            "CREATE TABLE written (book TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (book, id)) STRICT"
        )
        while batch := self.batch():
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany("INSERT INTO written VALUES (?, ?, ?)", _rows(batch))
            conn.execute("COMMIT")
            self.loop.call_soon_threadsafe(answer, [future for _, future in batch])
        conn.close()

    async def close(self) -> None:
        with self.awake:
            self.closing = True
            self.awake.notify()
        await asyncio.to_thread(self.thread.join)


class PostgresRows(Rows):
    """The same on PostgreSQL: one statement a batch, which is its own transaction."""

    def write(self, path: str) -> None:
        import psycopg

        with psycopg.connect(path, autocommit=True) as conn:
            while batch := self.batch():
                columns = [list(column) for column in zip(*_rows(batch), strict=True)]
                conn.execute(
                    "INSERT INTO written SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])", columns
                )
                self.loop.call_soon_threadsafe(answer, [future for _, future in batch])


def _rows(batch: list[tuple[int, "asyncio.Future[None]"]]) -> list[tuple[str, str, str]]:
    ids = (uuid.uuid4().hex for _ in range(sum(count for count, _ in batch)))
    return [(f"member:{i[:2]}", i, BODY) for i in ids]


def answer(futures: list["asyncio.Future[None]"]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


class Floor:
    def __init__(self, partner: str, rows: Rows) -> None:
        self.partner, self.rows = partner, rows
        self.http = httpx.AsyncClient(transport=AiohttpTransport())
        self.turns = asyncio.Semaphore(IN_FLIGHT)

    async def ask(self, path: str, body: dict[str, Any]) -> None:
        async with self.turns:
            (await self.http.post(self.partner + path, json=body)).json()

    async def start(self, request: web.Request) -> web.Response:
        asked = await request.json()
        await self.rows.add(ROWS["start"])
        return web.json_response({"exchange_id": asked["exchange_id"], "state": "ready"}, status=201)

    async def offer(self, _request: web.Request) -> web.Response:
        await self.rows.add(ROWS["offer"])
        await self.ask("/api/balances", {"requestId": "r", "token": "t"})
        return web.json_response({"most_units": 10_000})

    async def quote(self, request: web.Request) -> web.Response:
        await request.json()
        await self.ask("/api/balances", {"requestId": "r", "token": "t"})
        await self.rows.add(ROWS["quote"])
        return web.json_response({"state": "quoted", "quote": {"quote_id": uuid.uuid4().hex}})

    async def confirm(self, request: web.Request) -> web.Response:
        await request.json()
        await self.rows.add(ROWS["hold"])
        await self.ask("/api/captures", {"orderId": request.match_info["id"]})
        await self.rows.add(ROWS["settle"])
        return web.json_response({"state": "settled"})


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--partner", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=0)
    namespace = parser.parse_args()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rows = (PostgresRows if namespace.database.startswith("postgresql://") else Rows)(namespace.database)
    floor = Floor(namespace.partner, rows)
    app = web.Application()
    app.router.add_post("/v1/exchanges", floor.start)
    app.router.add_get("/v1/exchanges/{id}/offer", floor.offer)
    app.router.add_post("/v1/exchanges/{id}/quote", floor.quote)
    app.router.add_post("/v1/exchanges/{id}/confirm", floor.confirm)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", namespace.port, reuse_port=namespace.port != 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()
    await floor.http.aclose()
    await rows.close()


if __name__ == "__main__":
    asyncio.run(main())
