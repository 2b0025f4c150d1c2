"""The fake site of the loyalty-commerce API, over real HTTP: `python site.py --port 28082 --key …`, or in a test.

It verifies each signature over the bytes that came, and shows nobody an order that is younger than 90 seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

INVISIBLE_FOR = timedelta(seconds=90)
SIGNED_WITHIN = timedelta(minutes=5)
PAGE = 2
JST = timezone(timedelta(hours=9))


def now_in_japan() -> datetime:
    return datetime.now(JST)


@dataclass
class Site:
    """`ending` are those of a member's points that end with this year, and are drawn first; the others never end.

    Both name a path: `lose_next_reply` does what it is asked there and answers nothing, `throttled` looks at nothing."""

    mac_key: str
    key_id: str = "sample"
    clock: Callable[[], datetime] = now_in_japan
    points: dict[str, int] = field(default_factory=lambda: {"mem-taro": 10_000})
    ending: dict[str, int] = field(default_factory=lambda: {"mem-taro": 150})
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    reversals: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, tuple[str, str]] = field(default_factory=dict)
    lose_next_reply: str = ""
    throttled: str = ""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/authorize", self._agree)
        app.router.add_get("/v1/ping", self._ping)
        app.router.add_post("/v1/grants", self._grant)
        app.router.add_post("/v1/balances", self._balance)
        app.router.add_post("/v1/members/validate", self._validate)
        app.router.add_post("/v1/orders", self._order)
        app.router.add_get("/v1/orders", self._list)
        app.router.add_get("/v1/orders/by-reference/{reference}", self._find)
        app.router.add_post("/v1/reversals", self._reverse)
        app.router.add_get("/v1/reversals/{reference}", self._find_reversal)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/v1/"):
            if not self._is_signed(request, await request.read()):
                return web.json_response({"code": "BAD_SIGNATURE"}, status=401)
            if self.throttled == request.path:
                return web.json_response({"code": "THROTTLED"}, status=429, headers={"Retry-After": "7"})
        answer = await handler(request)
        if self.lose_next_reply and request.path == self.lose_next_reply:
            self.lose_next_reply = ""
            assert request.transport is not None
            request.transport.abort()
        return answer

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        stamp = request.headers.get("X-Timestamp", "")
        if not stamp.isdigit() or abs(self.clock().timestamp() - int(stamp)) > SIGNED_WITHIN.total_seconds():
            return False
        signed = "\n".join((request.method, request.raw_path, stamp, hashlib.sha256(body).hexdigest()))
        mac = hmac.new(self.mac_key.encode(), signed.encode(), hashlib.sha256).hexdigest()
        sent = request.headers.get("X-Signature", "")
        return request.headers.get("X-Key-Id") == self.key_id and hmac.compare_digest(mac, sent)

    # --- the member's side --------------------------------------------------------------------------------------

    async def _authorize(self, request: web.Request) -> web.Response:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query.get(name, ""))}">'
            for name in ("visit", "return_url")
        )
        buttons = "".join(f'<button name="member" value="{name}">{name}</button>' for name in self.points)
        page = f'<!doctype html><title>Commerce（見本）</title><form method="post">{hidden}{buttons}</form>'
        return web.Response(text=page, content_type="text/html")

    async def _agree(self, request: web.Request) -> web.Response:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        grant = f"grant-{len(self.grants) + 1}"
        self.grants[grant] = (sent["visit"], sent["member"])
        joint = "&" if "?" in sent["return_url"] else "?"
        raise web.HTTPSeeOther(f"{sent['return_url']}{joint}{urlencode({'grant': grant})}")

    # --- the plugin's side --------------------------------------------------------------------------------------

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.json_response({"keyId": self.key_id, "status": "OK"})

    async def _grant(self, request: web.Request) -> web.Response:
        visit, member = self.grants.pop((await request.json())["grant"], ("", ""))
        if not member:
            return web.json_response({"code": "GRANT_INVALID"}, status=400)
        told = {"visit": visit, "memberId": member, "memberToken": f"token-of-{member}", "alias": "タロウ 様"}
        return web.json_response(told)

    async def _balance(self, request: web.Request) -> web.Response:
        member = self._member((await request.json())["memberToken"])
        if member not in self.points:
            return web.json_response({"code": "LINK_ENDED"}, status=410)
        now, points, ending = self.clock(), self.points[member], self.ending.get(member, 0)
        groups = [
            {"points": ending, "lastDay": f"{now.astimezone(JST).year}-12-31"},
            {"points": points - ending, "lastDay": "NEVER"},
        ]
        told = {"memberId": member, "points": points, "asOf": now.isoformat()}
        return web.json_response(told | {"expiryGroups": [it for it in groups if it["points"]]})

    async def _validate(self, request: web.Request) -> web.Response:
        member = self._member((await request.json())["memberToken"])
        return web.json_response(
            {"memberId": member, "status": "VALID" if member in self.points else "CLOSED"}
        )

    async def _order(self, request: web.Request) -> web.Response:
        asked = await request.json()
        reference, points = asked["clientReference"], asked["points"]
        member = self._member(asked["memberToken"])
        known = self.orders.get(reference)
        if known is not None:
            same = (known["memberId"], known["points"]) == (member, points)
            answer: Any = known if same else {"code": "REFERENCE_CONFLICT"}
            return web.json_response(answer, status=201 if same else 409)
        if self.points[member] < points:
            return web.json_response({"code": "INSUFFICIENT_BALANCE"}, status=402)
        self.points[member] -= points
        self.ending[member] = max(0, self.ending.get(member, 0) - points)
        self.orders[reference] = {
            "orderId": f"O-{len(self.orders) + 1}",
            "clientReference": reference,
            "memberId": member,
            "points": points,
            "status": "CONFIRMED",
            "created": self.clock().isoformat(),
            "reversedPoints": 0,
        }
        return web.json_response(self.orders[reference], status=201)

    async def _find(self, request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        order = self.orders.get(reference)
        if order is None or not self._is_visible(order):
            answer = {"code": "ORDER_NOT_FOUND", "clientReference": reference}
            return web.json_response(answer, status=404)
        return web.json_response(order)

    async def _list(self, request: web.Request) -> web.Response:
        rows = [it for it in self.orders.values() if it["created"].startswith(request.query["date"])]
        first = int(request.query.get("after") or 0)
        more = str(first + PAGE) if first + PAGE < len(rows) else "END"
        return web.json_response({"orders": rows[first : first + PAGE], "next": more})

    async def _reverse(self, request: web.Request) -> web.Response:
        asked = await request.json()
        reference, order = asked["reversalReference"], self.orders[asked["clientReference"]]
        if reference not in self.reversals:
            if order["reversedPoints"] + asked["points"] > order["points"]:
                return web.json_response({"code": "NOT_REVERSIBLE"}, status=409)
            order["reversedPoints"] += asked["points"]
            self.points[order["memberId"]] += asked["points"]
            named = {"reversalId": f"R-{len(self.reversals) + 1}", "created": self.clock().isoformat()}
            self.reversals[reference] = {**asked, **named, "status": "REVERSED"}
        return web.json_response(self.reversals[reference], status=201)

    async def _find_reversal(self, request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        if reference not in self.reversals:
            answer = {"code": "REVERSAL_NOT_FOUND", "reversalReference": reference}
            return web.json_response(answer, status=404)
        return web.json_response(self.reversals[reference])

    def _member(self, token: str) -> str:
        return token.removeprefix("token-of-")

    def _is_visible(self, order: dict[str, Any]) -> bool:
        return self.clock() - datetime.fromisoformat(order["created"]) >= INVISIBLE_FOR


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=28082)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    web.run_app(Site(options.key).app(), host="127.0.0.1", port=options.port)
