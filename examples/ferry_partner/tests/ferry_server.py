"""What the ferry company answers: each method is a word of the contract, said in the words of its API."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import httpx

from gateway import DeclineReason
from gateway.testkit.contract import FakePartner

_WORDS = {
    DeclineReason.COUPON_UNKNOWN: "unknown",
    DeclineReason.COUPON_USED: "used",
    DeclineReason.REFUSED: "refused",
}


class FerryServer(FakePartner):
    base_url = "https://points.ferry.example"
    settings: ClassVar[dict[str, str | int]] = {"base_url": base_url}
    secrets: ClassVar[dict[str, str]] = {"api_key": "a-key-that-only-tests-know"}
    declines = tuple(_WORDS)

    def is_well(self) -> None:
        self.router.get("/v1/hello").respond(json={"result": "ok"})

    def values_coupons(self) -> None:
        self.router.post("/v1/coupons/value").mock(side_effect=self._value)

    def will_debit(self) -> None:
        self.router.post("/v1/debits").mock(side_effect=self._debit)

    def will_decline(self, reason: DeclineReason) -> None:
        def no(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            answer = {"result": "declined", "exchange_id": asked["exchange_id"], "reason": _WORDS[reason]}
            return httpx.Response(200, json=answer)

        self.router.post("/v1/debits").mock(side_effect=no)

    def will_decide_later(self) -> None:
        def later(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            answer = {"result": "in_progress", "exchange_id": asked["exchange_id"]}
            self.router.get(f"/v1/debits/{asked['exchange_id']}").respond(json=answer)
            return httpx.Response(200, json=answer)

        self.router.post("/v1/debits").mock(side_effect=later)

    def remembers(self, exchange_id: str) -> None:
        self.router.get(f"/v1/debits/{exchange_id}").respond(json=self._entry(exchange_id))

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        answer = {"result": "declined", "exchange_id": exchange_id, "reason": _WORDS[reason]}
        self.router.get(f"/v1/debits/{exchange_id}").respond(json=answer)

    def forgets(self, exchange_id: str) -> None:
        answer = {"result": "not_found", "exchange_id": exchange_id}
        self.router.get(f"/v1/debits/{exchange_id}").respond(json=answer)

    # --- how the ferry company answers --------------------------------------------------------------------------------

    def _value(self, request: httpx.Request) -> httpx.Response:
        code = json.loads(request.content)["code"]
        if code not in self.coupons:
            return httpx.Response(200, json={"result": "refused", "reason": "unknown"})
        return httpx.Response(200, json={"result": "valid", "points": self.coupons[code]})

    def _debit(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.takes(asked["exchange_id"], {"points": asked["points"]}, holder=asked["code"])
        return httpx.Response(200, json=self._entry(asked["exchange_id"]))

    def _entry(self, exchange_id: str) -> dict[str, Any]:
        taken = self.taken[exchange_id]
        told = {"reference": taken.reference, "points": taken.amounts["points"], "at": taken.at.isoformat()}
        return {"result": "debited", "exchange_id": exchange_id, **told}
