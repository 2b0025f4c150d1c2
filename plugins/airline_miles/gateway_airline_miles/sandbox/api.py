"""The merchant's side of the sandbox: signed JSON requests, answers in the words that the plugin reads.

    GET  /api/hello                          {"result": "ok"}
    POST /api/coupons/value                  code, requestId → valid (miles, expiresAt) | refused (reason)
    POST /api/redemptions                    orderId, code, miles
                                             → redeemed (reference, miles, redeemedAt) | declined (reason)
                                               | in_progress
    GET  /api/redemptions/{orderId}          the same | not_found
    GET  /api/redemptions?day=&after=        ok (redemptions, next): those of a day in JST, with `milesReturned`

A yes or a no is always status 200. 400 is a malformed request, 401 a signature that is not believed: nothing of the
request was looked at. 409 with {"result": "conflict", "reason": "order_id_reused"} is an order id that came with
another content: nothing was done. Reasons: `unknown`, `used`, `expired`, `wrong_amount`.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from aiohttp import web

from gateway.plugin_interfaces import Clock
from gateway.testkit.sandbox import (
    FAULTS,
    Book,
    Doors,
    Entry,
    EntryState,
    FaultKind,
    OrderIdReused,
    SignatureRefused,
    Signed,
    debits,
    operation,
)
from gateway_airline_miles.codes import normalise
from gateway_airline_miles.sandbox import coupons
from gateway_airline_miles.sandbox.coupons import MILES

PAGE = 200


class MerchantApi:
    def __init__(self, book: Book, doors: Doors, signed: Signed, clock: Clock) -> None:
        self._book, self._doors, self._signed, self._clock = book, doors, signed, clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/hello", self.hello),
            web.post("/api/coupons/value", self.value),
            web.post("/api/redemptions", self.redeem),
            web.get("/api/redemptions", self.redemptions_of_day),
            web.get("/api/redemptions/{order_id}", self.find),
        ]

    @web.middleware
    async def answers(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Only signed requests come in; refusals leave as JSON."""
        if not request.path.startswith("/api/"):
            return await handler(request)  # type: ignore[no-any-return]
        try:
            await self._signed.check(request)
            return await handler(request)  # type: ignore[no-any-return]
        except SignatureRefused as refused:
            return web.json_response({"result": "unauthorized", "reason": str(refused)}, status=401)
        except OrderIdReused as reused:
            conflict = {"result": "conflict", "reason": "order_id_reused", "orderId": str(reused)}
            return web.json_response(conflict, status=409)
        except _Malformed as malformed:
            return web.json_response({"result": "malformed", "reason": str(malformed)}, status=400)

    @operation("hello")
    async def hello(self, _request: web.Request) -> web.Response:
        return web.json_response({"result": "ok", "merchantId": self._signed.merchant_id})

    @operation("value")
    async def value(self, request: web.Request) -> web.Response:
        values = await _body(request, code=str, requestId=str)
        code, now = normalise(values["code"]), self._clock()
        coupon = None if code is None else await self._book.run(lambda db: coupons.find(db, code))
        reason = "unknown" if coupon is None else coupon.reason_against(now)
        if coupon is None or reason:
            return web.json_response(
                {"result": "refused", "reason": reason, "requestId": values["requestId"]}
            )
        return web.json_response(
            {
                "result": "valid",
                "miles": coupon.miles,
                "expiresAt": coupon.expires_at.isoformat(),
                "requestId": values["requestId"],
            }
        )

    @operation("redeem")
    async def redeem(self, request: web.Request) -> web.Response:
        values = await _body(request, orderId=str, code=str, miles=int)
        code, now, fault = normalise(values["code"]), self._clock(), request.get(FAULTS)
        if code is None:
            raise _Malformed("code")
        late = fault is not None and fault.kind is FaultKind.LATE
        entry = await self._book.run(
            lambda db: coupons.redeem(db, values["orderId"], code, values["miles"], now, later=late)
        )
        if fault is not None and late:
            self._doors.later(
                fault.seconds, lambda: self._book.run(lambda db: debits.finish(db, entry.order_id))
            )
        contradicted = fault is not None and fault.kind is FaultKind.CONTRADICTION
        return web.json_response(_opposite(entry) if contradicted else _as_json(entry))

    @operation("find")
    async def find(self, request: web.Request) -> web.Response:
        order_id, fault = request.match_info["order_id"], request.get(FAULTS)
        entry = await self._book.run(lambda db: debits.find(db, order_id))
        if entry is None:
            return web.json_response({"result": "not_found", "orderId": order_id})
        contradicted = fault is not None and fault.kind is FaultKind.CONTRADICTION
        return web.json_response(_opposite(entry) if contradicted else _as_json(entry))

    @operation("list")
    async def redemptions_of_day(self, request: web.Request) -> web.Response:
        try:
            day = date.fromisoformat(request.query["day"])
            after = int(request.query.get("after", "0"))
        except (KeyError, ValueError):
            raise _Malformed("day, after") from None
        entries = await self._book.run(lambda db: debits.debits_of(db, day, after=after, limit=PAGE))
        rows = [_redeemed(entry) | {"milesReturned": entry.given_back.get(MILES, 0)} for entry in entries]
        return web.json_response(
            {
                "result": "ok",
                "day": day.isoformat(),
                "redemptions": rows,
                "next": entries[-1].seq if len(entries) == PAGE else None,
            }
        )


class _Malformed(Exception):
    """The text names the fields that are missing or of the wrong kind."""


async def _body(request: web.Request, **fields: type) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise _Malformed("not JSON") from None
    if not isinstance(body, dict):
        raise _Malformed("not an object")
    wrong = [name for name, kind in fields.items() if type(body.get(name)) is not kind]
    if "orderId" in fields and not 1 <= len(str(body.get("orderId"))) <= 100:
        wrong.append("orderId")
    if "miles" in fields and "miles" not in wrong and not 0 < body["miles"] < 2**53:
        wrong.append("miles")
    if wrong:
        raise _Malformed(", ".join(wrong))
    return body


def _redeemed(entry: Entry) -> dict[str, Any]:
    return {
        "result": "redeemed",
        "orderId": entry.order_id,
        "reference": f"SA{entry.seq:010}",
        "miles": entry.lines[MILES],
        "redeemedAt": entry.at.isoformat(),
    }


def _as_json(entry: Entry) -> dict[str, Any]:
    match entry.state:
        case EntryState.DONE:
            return _redeemed(entry)
        case EntryState.REFUSED:
            return {"result": "declined", "orderId": entry.order_id, "reason": entry.reason}
        case EntryState.PENDING:
            return {"result": "in_progress", "orderId": entry.order_id, "askAfterSeconds": 5}


def _opposite(entry: Entry) -> dict[str, Any]:
    if entry.state is EntryState.DONE:
        return {"result": "declined", "orderId": entry.order_id, "reason": "refused"}
    return _redeemed(entry)
