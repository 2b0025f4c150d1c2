"""The fake site of the payments API, over real HTTP: `python site.py --port 28081 --key …`, or in a test.

It keeps Idempotency-Keys for 24 hours and forgets them then, as such APIs do: the same key is a new request after it.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

KEYS_KEPT_FOR = timedelta(hours=24)
JST = timezone(timedelta(hours=9))


def now_in_japan() -> datetime:
    return datetime.now(JST)


@dataclass
class Site:
    """`down`: answers 500 to everything. `lose_next_reply`: does what it is body, and answers nothing.

    `index_lags`: the list by metadata does not have the charges yet, as the indexes of such APIs do for some minutes.
    """

    key: str
    push_secret: str = ""
    clock: Callable[[], datetime] = now_in_japan
    points: dict[str, Decimal] = field(default_factory=lambda: {"cus_Taro": Decimal("12345.75")})
    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[datetime, str, int, dict[str, Any]]] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    down: bool = False
    lose_next_reply: bool = False
    busy: bool = False
    index_lags: bool = False

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.router.add_get("/connect", self._connect)
        app.router.add_post("/connect", self._agree)
        app.router.add_get("/v1/account", self._account)
        app.router.add_post("/v1/links", self._link)
        app.router.add_get("/v1/balances", self._balances)
        app.router.add_post("/v1/charges", self._charge)
        app.router.add_get("/v1/charges", self._list_charges)
        app.router.add_get("/v1/charges/{charge}", self._find_charge)
        app.router.add_post("/v1/refunds", self._refund)
        app.router.add_get("/v1/refunds", self._list_refunds)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/v1/"):
            if self.down:
                return web.Response(status=500, text="Internal Server Error")
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return web.json_response({"error": "unauthorized"}, status=401)
            if self.busy:
                return web.json_response({"error": "rate_limited"}, status=429, headers={"Retry-After": "7"})
        answer = await handler(request)
        if self.lose_next_reply and request.method == "POST":
            self.lose_next_reply = False
            assert request.transport is not None
            request.transport.abort()
        return answer

    # --- the member's side --------------------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.Response:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query.get(name, ""))}">'
            for name in ("visit", "return_url")
        )
        buttons = "".join(f'<button name="customer" value="{name}">{name}</button>' for name in self.points)
        page = f'<!doctype html><title>Payments（見本）</title><form method="post">{hidden}{buttons}</form>'
        return web.Response(text=page, content_type="text/html")

    async def _agree(self, request: web.Request) -> web.Response:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        code = f"code_{len(self.codes) + 1}"
        self.codes[code] = (sent["visit"], sent["customer"])
        joint = "&" if "?" in sent["return_url"] else "?"
        raise web.HTTPSeeOther(f"{sent['return_url']}{joint}{urlencode({'code': code})}")

    # --- the plugin's side --------------------------------------------------------------------------------------

    async def _account(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "active"})

    async def _link(self, request: web.Request) -> web.Response:
        visit, customer = self.codes.pop((await request.json())["code"], ("", ""))
        if not customer:
            return web.json_response({"error": "invalid_code"}, status=400)
        return web.json_response({"visit": visit, "customer": customer, "label": f"{customer[:5]}… 様"})

    async def _balances(self, request: web.Request) -> web.Response:
        customer = request.query["customer"]
        if customer not in self.points:
            return web.json_response({"error": "no_such_customer"}, status=404)
        return web.json_response({"customer": customer, "available": str(self.points[customer])})

    async def _charge(self, request: web.Request) -> web.Response:
        return await self._once(request, self._debit)

    async def _refund(self, request: web.Request) -> web.Response:
        return await self._once(request, self._give_back)

    async def _once(
        self, request: web.Request, do: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
    ) -> web.Response:
        """The same key with the same content has the first answer, for as long as keys are kept."""
        order, key, now = await request.json(), request.headers["Idempotency-Key"], self.clock()
        content = json.dumps([request.path, order], sort_keys=True)
        known = self.keys.get(key)
        if known is not None and now - known[0] < KEYS_KEPT_FOR:
            if known[1] != content:
                return web.json_response({"error": "idempotency_mismatch"}, status=409)
            return web.json_response(known[3], status=known[2])
        status, body = do(order)
        self.keys[key] = (now, content, status, body)
        return web.json_response(body, status=status)

    def _debit(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        amount = Decimal(body["amount"])
        if self.points[body["customer"]] < amount:
            return 402, {"error": "insufficient_points"}
        self.points[body["customer"]] -= amount
        charge = {
            "id": f"ch_{len(self.charges) + 1}",
            "status": "succeeded",
            "created": self.clock().isoformat(),
            "refunded": "0.00",
            **body,
        }
        self.charges[charge["id"]] = charge
        return 201, dict(charge)

    def _give_back(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        charge, amount = self.charges[body["charge"]], Decimal(body["amount"])
        if Decimal(charge["refunded"]) + amount > Decimal(charge["amount"]):
            return 402, {"error": "more_than_charged"}
        charge["refunded"] = str(Decimal(charge["refunded"]) + amount)
        self.points[charge["customer"]] += amount
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "status": "succeeded",
            "created": self.clock().isoformat(),
            **body,
        }
        self.refunds[refund["id"]] = refund
        return 201, dict(refund)

    async def _list_charges(self, request: web.Request) -> web.Response:
        wanted, day = request.query.get("metadata_exchange"), request.query.get("day")
        values = [
            charge
            for charge in self.charges.values()
            if not self.index_lags
            if charge["metadata_exchange"] == wanted
            or (day is not None and charge["created"].startswith(day))
        ]
        return web.json_response({"data": values})

    async def _find_charge(self, request: web.Request) -> web.Response:
        charge = self.charges.get(request.match_info["charge"])
        if charge is None:
            return web.json_response({"error": "no_such_charge"}, status=404)
        return web.json_response(charge)

    def push(self, charge_id: str) -> tuple[dict[str, str], bytes]:
        """What it sends by itself when a charge has succeeded: headers and body, signed as of now."""
        event = {
            "id": f"evt_{charge_id}",
            "type": "charge.succeeded",
            "charge": charge_id,
            "metadata_exchange": self.charges[charge_id]["metadata_exchange"],
        }
        body, stamp = json.dumps(event).encode(), str(int(self.clock().timestamp()))
        mac = hmac.new(self.push_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "Payments-Signature": f"t={stamp},v1={mac}"}, body

    async def _list_refunds(self, request: web.Request) -> web.Response:
        wanted = request.query["metadata_reversal"]
        values = [refund for refund in self.refunds.values() if refund["metadata_reversal"] == wanted]
        return web.json_response({"data": values})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=28081)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    web.run_app(Site(options.key).app(), host="127.0.0.1", port=options.port)
