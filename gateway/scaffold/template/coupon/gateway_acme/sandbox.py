"""A site that plays Acme over real HTTP: the API, and failures on demand.

    python -m gateway_acme.sandbox --port 8770 --api-key-file acme.key --control --print-url

Nothing here runs in service.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
import sys
from typing import Any

from aiohttp import web

from gateway.testkit.sandbox import (
    FAULTS,
    Book,
    Doors,
    Entry,
    EntryState,
    FaultKind,
    Faults,
    OrderIdReused,
    SandboxServer,
    debits,
    operation,
)
from gateway.testkit.sandbox.cli import SandboxOptions, run_sandbox

COUPONS = {"ACME-1000-SAMPLE": 1_000, "ACME-5000-SAMPLE": 5_000}
OPERATIONS = {
    name: frozenset({FaultKind.WRONG_ID}) | ({FaultKind.LATE} if name == "debit" else frozenset())
    for name in ("hello", "value", "debit", "find")
}


def make_server(options: SandboxOptions) -> SandboxServer:
    book, doors = Book(options.book), Doors(Faults(), ("exchange_id",))
    book.submit(_put_balances).result()
    site = Site(book, doors, options)
    app = web.Application(middlewares=[doors.middleware(), site.only_with_our_key])
    app.add_routes(site.routes())
    return SandboxServer(app, book, doors, operations=OPERATIONS, port=options.port, control=options.control)


class Site:
    def __init__(self, book: Book, doors: Doors, options: SandboxOptions) -> None:
        self._book, self._doors, self._clock, self._key = book, doors, options.clock, options.key

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/hello", self.hello),
            web.post("/v1/coupons/value", self.value),
            web.post("/v1/debits", self.debit),
            web.get("/v1/debits/{exchange_id}", self.find),
        ]

    @web.middleware
    async def only_with_our_key(self, request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path.startswith("/v1/") and not hmac.compare_digest(given, self._key.reveal()):
            return web.json_response({"result": "unauthorized"}, status=401)
        try:
            answer: web.StreamResponse = await handler(request)
        except OrderIdReused as reused:
            return web.json_response({"result": "id_reused", "exchange_id": str(reused)}, status=409)
        return answer

    @operation("hello")
    async def hello(self, _request: web.Request) -> web.Response:
        return web.json_response({"result": "ok"})

    @operation("value")
    async def value(self, request: web.Request) -> web.Response:
        code = json.loads(await request.read())["code"]
        held = await self._book.run(lambda db: debits.balances(db, code))
        if not held:
            return web.json_response({"result": "refused", "reason": "unknown"})
        if not held["points"]:
            return web.json_response({"result": "refused", "reason": "used"})
        return web.json_response({"result": "valid", "points": held["points"]})

    @operation("debit")
    async def debit(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        code, fault = asked["code"], request.get(FAULTS)
        if code not in COUPONS:
            told = {"result": "declined", "exchange_id": asked["exchange_id"], "reason": "unknown"}
            return web.json_response(told)
        late = fault if fault is not None and fault.kind is FaultKind.LATE else None
        now = self._clock()
        entry = await self._book.run(
            lambda db: debits.debit(
                db, asked["exchange_id"], code, {"points": asked["points"]}, now, later=late is not None
            )
        )
        if late is not None:
            self._doors.later(
                late.seconds, lambda: self._book.run(lambda db: debits.finish(db, entry.order_id))
            )
        return web.json_response(_as_json(entry))

    @operation("find")
    async def find(self, request: web.Request) -> web.Response:
        exchange_id = request.match_info["exchange_id"]
        entry = await self._book.run(lambda db: debits.find(db, exchange_id))
        if entry is None:
            return web.json_response({"result": "not_found", "exchange_id": exchange_id})
        return web.json_response(_as_json(entry))


def _put_balances(db: sqlite3.Connection) -> None:
    for holder, points in COUPONS.items():
        debits.put_balance(db, holder, "points", points)


def _as_json(entry: Entry) -> dict[str, Any]:
    told = {"exchange_id": entry.order_id}
    match entry.state:
        case EntryState.DONE:
            taken = {"points": entry.lines["points"], "at": entry.at.isoformat()}
            return {"result": "debited", "reference": f"AC{entry.seq}", **taken, **told}
        case EntryState.REFUSED:
            return {"result": "declined", "reason": "used", **told}
        case EntryState.PENDING:
            return {"result": "in_progress", **told}


if __name__ == "__main__":
    sys.exit(run_sandbox("acme", make_server))
