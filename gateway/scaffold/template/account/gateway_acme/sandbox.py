"""A site that plays Acme over real HTTP: a page to agree on, the API, and failures on demand.

    python -m gateway_acme.sandbox --port 8770 --api-key-file acme.key --control --print-url

Nothing here runs in service.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
import sys
from html import escape
from typing import Any
from urllib.parse import urlencode

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

MEMBERS = {"taro": 10_000, "hanako": 450}
OPERATIONS = {
    name: frozenset({FaultKind.WRONG_ID}) | ({FaultKind.LATE} if name == "debit" else frozenset())
    for name in ("hello", "link", "balances", "debit", "find")
}


def make_server(options: SandboxOptions) -> SandboxServer:
    book, doors = Book(options.book), Doors(Faults(), ("exchange_id", "visit"))
    book.submit(_put_balances).result()
    site = Site(book, doors, options)
    app = web.Application(middlewares=[doors.middleware(), site.only_with_our_key])
    app.add_routes(site.routes())
    return SandboxServer(app, book, doors, operations=OPERATIONS, port=options.port, control=options.control)


class Site:
    def __init__(self, book: Book, doors: Doors, options: SandboxOptions) -> None:
        self._book, self._doors, self._clock, self._key = book, doors, options.clock, options.key
        self._codes: dict[str, tuple[str, str]] = {}
        self._tokens: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/connect", self.connect),
            web.post("/connect", self.agree),
            web.get("/v1/hello", self.hello),
            web.post("/v1/links", self.link),
            web.post("/v1/balances", self.balances),
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

    # --- the member's side -------------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.Response:
        buttons = "".join(
            f'<p><button name="member" value="{member}">{member} ({points:,})</button></p>'
            for member, points in MEMBERS.items()
        )
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query.get(name, ""))}">'
            for name in ("visit", "return_url")
        )
        page = '<!doctype html><html lang="ja"><title>Acme（練習）</title><h1>ポイント交換に同意しますか</h1>'
        return web.Response(
            text=f'{page}<form method="post">{hidden}{buttons}</form></html>', content_type="text/html"
        )

    async def agree(self, request: web.Request) -> web.Response:
        sent = await request.post()
        visit, member = str(sent.get("visit", "")), str(sent.get("member", ""))
        if member not in MEMBERS:
            raise web.HTTPBadRequest(text="no such member")
        code = secrets.token_urlsafe(16)
        self._codes[code] = (visit, member)
        back = str(sent.get("return_url", ""))
        raise web.HTTPSeeOther(
            f"{back}{'&' if '?' in back else '?'}{urlencode({'visit': visit, 'code': code})}"
        )

    # --- the plugin's side -------------------------------------------------------------------------------

    @operation("hello")
    async def hello(self, _request: web.Request) -> web.Response:
        return web.json_response({"result": "ok"})

    @operation("link")
    async def link(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        visit, member = self._codes.pop(asked["code"], ("", ""))
        if not member:
            return web.json_response({"result": "refused"})
        token = secrets.token_urlsafe(16)
        self._tokens[token] = member
        told = {"visit": visit, "member": f"acme-{member}", "shown_as": f"{member} 様", "token": token}
        return web.json_response({"result": "linked", **told})

    @operation("balances")
    async def balances(self, request: web.Request) -> web.Response:
        member = self._tokens.get(json.loads(await request.read())["token"])
        if member is None:
            return web.json_response({"result": "link_ended"})
        held = await self._book.run(lambda db: debits.balances(db, member))
        told = {"member": f"acme-{member}", "points": held["points"], "at": self._clock().isoformat()}
        return web.json_response({"result": "ok", **told})

    @operation("debit")
    async def debit(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        member, fault = self._tokens.get(asked["token"]), request.get(FAULTS)
        if member is None:
            told = {"result": "declined", "exchange_id": asked["exchange_id"], "reason": "link_ended"}
            return web.json_response(told)
        late = fault if fault is not None and fault.kind is FaultKind.LATE else None
        now = self._clock()
        entry = await self._book.run(
            lambda db: debits.debit(
                db, asked["exchange_id"], member, {"points": asked["points"]}, now, later=late is not None
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
    for holder, points in MEMBERS.items():
        debits.put_balance(db, holder, "points", points)


def _as_json(entry: Entry) -> dict[str, Any]:
    told = {"exchange_id": entry.order_id}
    match entry.state:
        case EntryState.DONE:
            taken = {"points": entry.lines["points"], "at": entry.at.isoformat(), "member": f"acme-{entry.holder}"}
            return {"result": "debited", "reference": f"AC{entry.seq}", **taken, **told}
        case EntryState.REFUSED:
            return {"result": "declined", "reason": entry.reason, **told}
        case EntryState.PENDING:
            return {"result": "in_progress", **told}


if __name__ == "__main__":
    sys.exit(run_sandbox("acme", make_server))
