"""The airline reaches 松 but for what it cannot do: it gives nothing back by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
from gateway_airline_miles import AirlineMiles

from gateway import DeclineReason, IdReused, NotProcessed, OutcomeUnknown
from gateway.testkit.contract import CouponContract, DocumentedAnswer, FakePartner

WORDS = {
    DeclineReason.COUPON_USED: "used",
    DeclineReason.COUPON_EXPIRED: "expired",
    DeclineReason.COUPON_UNKNOWN: "unknown",
    DeclineReason.REFUSED: "refused",
}
UNAUTHORIZED = {"result": "unauthorized", "reason": "bad_signature"}
CONFLICT = {"result": "conflict", "reason": "order_id_reused", "orderId": "$exchange_id"}
BY_HAND = "a redeemed coupon is given back by hand: the airline's desk issues a new one on request"


def body_of(request: httpx.Request) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(request.content)
    return fields


class AirlineServer(FakePartner):
    base_url = "https://miles.airline.example"
    settings = {"base_url": base_url, "merchant_id": "point-gateway"}
    secrets = {"api_key": "a key that both sides know"}
    declines = tuple(WORDS)
    documented = (
        *(
            DocumentedAnswer(hook=hook, status=401, body=UNAUTHORIZED, ends=ends)
            for hook, ends in (
                ("debit", NotProcessed),
                ("find_debit", OutcomeUnknown),
                ("coupon_value", OutcomeUnknown),
                ("debits_on", OutcomeUnknown),
            )
        ),
        DocumentedAnswer(hook="debit", status=409, body=CONFLICT, ends=IdReused),
        DocumentedAnswer(
            hook="debit", status=400, body={"result": "malformed", "reason": "miles"}, ends=OutcomeUnknown
        ),
    )

    coupon_codes = ("SAMPLE5000M1LE0A", "SAMPLE3000M1LE0Q")

    def is_well(self) -> None:
        self.router.get("/api/hello").respond(json={"result": "ok"})

    def values_coupons(self) -> None:
        self._answers("/api/coupons/value", self._value)

    def will_debit(self) -> None:
        self._answers("/api/redemptions", self._redeem)

    def will_decline(self, reason: DeclineReason) -> None:
        self._answers("/api/redemptions", lambda _: {"result": "declined", "reason": WORDS[reason]})

    def will_decide_later(self) -> None:
        self._answers("/api/redemptions", lambda _: {"result": "in_progress"})
        self.router.get(path__regex="/api/redemptions/.+").mock(
            side_effect=lambda it: httpx.Response(
                200, json={"result": "in_progress", "orderId": it.url.path.rpartition("/")[2]}
            )
        )

    def remembers(self, exchange_id: str) -> None:
        self.router.get(f"/api/redemptions/{exchange_id}").respond(json=self._as_json(exchange_id))

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        answer = {"result": "declined", "orderId": exchange_id, "reason": WORDS[reason]}
        self.router.get(f"/api/redemptions/{exchange_id}").respond(json=answer)

    def forgets(self, exchange_id: str) -> None:
        answer = {"result": "not_found", "orderId": exchange_id}
        self.router.get(f"/api/redemptions/{exchange_id}").respond(json=answer)

    def lists(self, day: date) -> None:
        rows = [self._as_json(it) | {"milesReturned": 0} for it in self.taken]
        answer = {"result": "ok", "day": day.isoformat(), "redemptions": rows, "next": None}
        self.router.get("/api/redemptions").respond(json=answer)

    # --- how the airline answers -----------------------------------------------------------------------------

    def _answers(self, path: str, say: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        def reply(request: httpx.Request) -> httpx.Response:
            ids = {k: v for k, v in body_of(request).items() if k in ("orderId", "requestId")}
            return httpx.Response(200, json=say(body_of(request)) | ids)

        self.router.post(path).mock(side_effect=reply)

    def _value(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["code"] not in self.coupons:
            return {"result": "refused", "reason": "unknown"}
        return {
            "result": "valid",
            "miles": self.coupons[sent["code"]],
            "expiresAt": "2099-12-31T00:00:00+09:00",
        }

    def _redeem(self, sent: dict[str, Any]) -> dict[str, Any]:
        self.takes(sent["orderId"], {"miles": sent["miles"]}, holder=sent["code"])
        return self._as_json(sent["orderId"])

    def _as_json(self, exchange_id: str) -> dict[str, Any]:
        taken = self.taken[exchange_id]
        values = {
            "reference": taken.reference,
            "miles": taken.amounts["miles"],
            "redeemedAt": taken.at.isoformat(),
        }
        return {"result": "redeemed", "orderId": exchange_id} | values


class TestAirlineMiles(CouponContract):
    plugin = AirlineMiles
    server = AirlineServer
    exempt = {
        "reverse_debit": BY_HAND,
        "test_a_day_tells_what_was_given_back": BY_HAND,
        "test_a_day_lists_only_what_was_taken": "the redemptions of a day are those that were done",
    }
