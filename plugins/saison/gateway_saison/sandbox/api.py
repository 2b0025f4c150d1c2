"""The merchant's side of the sandbox: signed JSON requests, answers in the words that the plugin reads.

    GET  /api/hello                         {"result": "ok"}
    POST /api/orders                        orderId, returnUrl, language, requestId → accepted, loginUrl
    POST /api/orders/{orderId}/consent      code, requestId → consented (serviceId, shownAs, token) | refused (reason)
    POST /api/balances                      token, requestId → ok (cardPoints, walletPoints, asOf) | link_ended
    POST /api/captures                      orderId, token, walletAmount, cardAmount
                                            → captured (reference, capturedAt, serviceId, walletAmount, cardAmount)
                                              | declined (reason) | in_progress
    GET  /api/captures/{orderId}            the same | not_found
    GET  /api/captures?day=&after=          ok (captures, next): done captures of a day in JST
    POST /api/cancels                       cancelId, orderId, walletAmount, cardAmount
                                            → cancelled (reference, cancelledAt) | declined (reason)

A yes or a no is always status 200. 400 is a malformed request, 401 a signature that is not believed. 409 with
{"result": "conflict", "reason": "order_id_reused"} is an order id that came with another content: nothing was done.
A 401 names no order: {"result": "unauthorized"}; nothing of the request was looked at.
"""

from __future__ import annotations

import json
import sqlite3
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
    ReturnedPoints,
    SignatureRefused,
    Signed,
    debits,
    operation,
)
from gateway_saison.sandbox import consents, members
from gateway_saison.sandbox.members import EIKYU, WALLET

PAGE = 200


class MerchantApi:
    def __init__(self, book: Book, doors: Doors, signed: Signed, clock: Clock) -> None:
        self._book, self._doors, self._signed, self._clock = book, doors, signed, clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/hello", self.hello),
            web.post("/api/orders", self.authorize),
            web.post("/api/orders/{order_id}/consent", self.consent),
            web.post("/api/balances", self.balances),
            web.post("/api/captures", self.capture),
            web.get("/api/captures", self.captures_of_day),
            web.get("/api/captures/{order_id}", self.find),
            web.post("/api/cancels", self.cancel),
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

    @operation("authorize")
    async def authorize(self, request: web.Request) -> web.Response:
        values = await _body(request, orderId=str, returnUrl=str, language=str, requestId=str)
        if not consents.good_return_url(values["returnUrl"]):
            raise _Malformed("returnUrl")
        now = self._clock()
        consent = await self._book.run(
            lambda db: consents.begin(db, values["orderId"], values["returnUrl"], now)
        )
        return web.json_response(
            {
                "result": "accepted",
                "requestId": values["requestId"],
                "orderId": consent.order_id,
                "loginUrl": f"{request.scheme}://{request.host}/connect?request={consent.handle}",
                "expiresAt": consent.until.isoformat(),
            }
        )

    @operation("return")
    async def consent(self, request: web.Request) -> web.Response:
        values = await _body(request, code=str, requestId=str)
        order_id, now = request.match_info["order_id"], self._clock()
        collected = await self._book.run(lambda db: consents.collect(db, order_id, values["code"], now))
        answer = {"orderId": order_id, "requestId": values["requestId"]}
        if collected.member is None:
            return web.json_response({"result": "refused", "reason": collected.reason, **answer})
        return web.json_response(
            {
                "result": "consented",
                "serviceId": collected.member.service_id,
                "shownAs": collected.member.shown_as,
                "token": collected.token,
                **answer,
            }
        )

    @operation("balances")
    async def balances(self, request: web.Request) -> web.Response:
        values = await _body(request, token=str, requestId=str)

        def read(db: sqlite3.Connection) -> dict[str, Any]:
            member = members.linked(db, values["token"])
            if member is None:
                return {"result": "link_ended"}
            held = debits.balances(db, member.number)
            return {
                "result": "ok",
                "serviceId": member.service_id,
                "cardPoints": held[EIKYU],
                "walletPoints": held[WALLET],
                "asOf": self._clock().isoformat(),
            }

        return web.json_response({**await self._book.run(read), "requestId": values["requestId"]})

    @operation("capture")
    async def capture(self, request: web.Request) -> web.Response:
        values = await _body(request, orderId=str, token=str, walletAmount=int, cardAmount=int)
        lines = _lines(values)
        fault = request.get(FAULTS)
        late = fault is not None and fault.kind is FaultKind.LATE
        now = self._clock()

        def debit(db: sqlite3.Connection) -> Entry:
            member, known = members.linked(db, values["token"]), debits.find(db, values["orderId"])
            if member is not None:
                return debits.debit(db, values["orderId"], member.number, lines, now, later=late)
            if known is None:
                return debits.refuse(db, values["orderId"], "", lines, now, "link_ended")
            # The link has ended since: what was decided under this order stays decided.
            if dict(known.lines) != lines:
                raise OrderIdReused(values["orderId"])
            return known

        entry = await self._book.run(debit)
        if fault is not None and late:
            self._doors.later(
                fault.seconds, lambda: self._book.run(lambda db: debits.finish(db, entry.order_id))
            )
        contradicted = fault is not None and fault.kind is FaultKind.CONTRADICTION
        holder = await self._book.run(lambda db: members.service_id_of(db, entry.holder))
        return web.json_response(_opposite(entry, holder) if contradicted else _as_json(entry, holder))

    @operation("find")
    async def find(self, request: web.Request) -> web.Response:
        order_id, fault = request.match_info["order_id"], request.get(FAULTS)
        entry = await self._book.run(lambda db: debits.find(db, order_id))
        if entry is None:
            return web.json_response({"result": "not_found", "orderId": order_id})
        contradicted = fault is not None and fault.kind is FaultKind.CONTRADICTION
        holder = await self._book.run(lambda db: members.service_id_of(db, entry.holder))
        return web.json_response(_opposite(entry, holder) if contradicted else _as_json(entry, holder))

    @operation("list")
    async def captures_of_day(self, request: web.Request) -> web.Response:
        try:
            day = date.fromisoformat(request.query["day"])
            after = int(request.query.get("after", "0"))
        except (KeyError, ValueError):
            raise _Malformed("day, after") from None

        def page(db: sqlite3.Connection) -> list[tuple[Entry, str]]:
            entries = debits.debits_of(db, day, after=after, limit=PAGE)
            return [(entry, members.service_id_of(db, entry.holder)) for entry in entries]

        found = await self._book.run(page)
        return web.json_response(
            {
                "result": "ok",
                "day": day.isoformat(),
                "captures": [_listed(entry, holder) for entry, holder in found],
                "next": found[-1][0].seq if len(found) == PAGE else None,
            }
        )

    @operation("cancel")
    async def cancel(self, request: web.Request) -> web.Response:
        values = await _body(request, cancelId=str, orderId=str, walletAmount=int, cardAmount=int)
        lines, now, fault = _lines(values), self._clock(), request.get(FAULTS)

        def give_back(db: sqlite3.Connection) -> ReturnedPoints:
            return debits.give_back(db, values["cancelId"], values["orderId"], lines, now)

        given_back = await self._book.run(give_back)
        answer = {"cancelId": given_back.reversal_id, "orderId": given_back.order_id}
        if given_back.reason or (fault is not None and fault.kind is FaultKind.CONTRADICTION):
            return web.json_response(
                {"result": "declined", "reason": given_back.reason or "refused", **answer}
            )
        reference = f"SZC{given_back.seq:010}"
        return web.json_response(
            {
                "result": "cancelled",
                "reference": reference,
                "cancelledAt": given_back.at.isoformat(),
                **answer,
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
    wrong += [
        name
        for name in ("orderId", "cancelId")
        if name in fields and not 1 <= len(str(body.get(name))) <= 100
    ]
    wrong += [
        name
        for name, kind in fields.items()
        if kind is int and name not in wrong and not 0 <= body[name] < 2**53
    ]
    if wrong:
        raise _Malformed(", ".join(wrong))
    return body


def _lines(asked: dict[str, Any]) -> dict[str, int]:
    lines = {WALLET: asked["walletAmount"], EIKYU: asked["cardAmount"]}
    if not any(lines.values()):
        raise _Malformed("walletAmount + cardAmount is zero")
    return {wallet: points for wallet, points in lines.items() if points}


def _reference(entry: Entry) -> str:
    return f"SZ{entry.seq:010}"


def _captured(entry: Entry, holder: str) -> dict[str, Any]:
    return {
        "result": "captured",
        "orderId": entry.order_id,
        "reference": _reference(entry),
        "serviceId": holder,
        "walletAmount": entry.lines.get(WALLET, 0),
        "cardAmount": entry.lines.get(EIKYU, 0),
        "capturedAt": entry.at.isoformat(),
    }


def _as_json(entry: Entry, holder: str) -> dict[str, Any]:
    match entry.state:
        case EntryState.DONE:
            return _captured(entry, holder)
        case EntryState.REFUSED:
            return {"result": "declined", "orderId": entry.order_id, "reason": entry.reason}
        case EntryState.PENDING:
            return {"result": "in_progress", "orderId": entry.order_id, "askAfterSeconds": 5}


def _opposite(entry: Entry, holder: str) -> dict[str, Any]:
    if entry.state is EntryState.DONE:
        return {"result": "declined", "orderId": entry.order_id, "reason": "refused"}
    return _captured(entry, holder)


def _listed(entry: Entry, holder: str) -> dict[str, Any]:
    return {
        "orderId": entry.order_id,
        "reference": _reference(entry),
        "serviceId": holder,
        "walletAmount": entry.lines.get(WALLET, 0),
        "cardAmount": entry.lines.get(EIKYU, 0),
        "walletCancelled": entry.given_back.get(WALLET, 0),
        "cardCancelled": entry.given_back.get(EIKYU, 0),
        "capturedAt": entry.at.isoformat(),
    }
