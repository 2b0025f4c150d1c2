"""What the payments API answers, in the words of the contract: `point-gateway contract` plays and misplays it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from gateway import JST, DeclineReason, IdReused, NotProcessed, OutcomeUnknown, PartnerUnavailable
from gateway.testkit.contract import DocumentedAnswer, FakePartner, Taken

PUSH_SECRET = "a-push-secret-that-only-tests-know"
WORDS = {
    DeclineReason.NOT_ENOUGH: "insufficient_points",
    DeclineReason.LINK_ENDED: "account_closed",
    DeclineReason.LIMIT_REACHED: "monthly_limit",
}
BUSY = {"error": "rate_limited"}
LATER = {"retry-after": "7"}


class PaymentsServer(FakePartner):
    base_url = "https://payments.example"
    settings: ClassVar[dict[str, str | int]] = {"base_url": base_url}
    secrets: ClassVar[dict[str, str]] = {
        "secret_key": "a-secret-key-that-only-tests-know",
        "push_secret": PUSH_SECRET,
    }
    declines = tuple(WORDS)
    documented = (
        DocumentedAnswer(hook="debit", status=409, body={"error": "idempotency_mismatch"}, ends=IdReused),
        DocumentedAnswer(hook="debit", status=429, body=BUSY, headers=LATER, ends=NotProcessed),
        DocumentedAnswer(hook="debit", status=401, body={"error": "unauthorized"}, ends=OutcomeUnknown),
        DocumentedAnswer(hook="find_debit", status=429, body=BUSY, ends=PartnerUnavailable),
        DocumentedAnswer(hook="reverse_debit", status=429, body=BUSY, headers=LATER, ends=NotProcessed),
        DocumentedAnswer(
            hook="reverse_debit", status=409, body={"error": "idempotency_mismatch"}, ends=OutcomeUnknown
        ),
        DocumentedAnswer(hook="balances", status=429, body=BUSY, ends=PartnerUnavailable),
        DocumentedAnswer(hook="debits_on", status=429, body=BUSY, ends=PartnerUnavailable),
    )

    def is_well(self) -> None:
        self.router.get("/v1/account").respond(json={"status": "active"})

    def will_link(self) -> None:
        self.router.post("/v1/links").mock(side_effect=self._link)

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"code": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self.router.get("/v1/balances").mock(side_effect=self._balance)

    def has_ended_the_link(self) -> None:
        self.router.get("/v1/balances").respond(404, json={"error": "no_such_customer"})

    def will_debit(self) -> None:
        self.router.post("/v1/charges").mock(side_effect=self._charge)

    def will_decline(self, reason: DeclineReason) -> None:
        self.router.post("/v1/charges").respond(402, json={"error": WORDS[reason]})

    def will_decide_later(self) -> None:
        def later(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            waiting = {"metadata_exchange": asked["metadata_exchange"], "status": "processing"}
            self._finds(asked["metadata_exchange"], [waiting])
            return httpx.Response(202, json=waiting)

        self.router.post("/v1/charges").mock(side_effect=later)

    def remembers(self, exchange_id: str) -> None:
        self._finds(exchange_id, [self._as_answer(self.taken[exchange_id])])

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        failed = {"metadata_exchange": exchange_id, "status": "failed", "reason": WORDS[reason]}
        self._finds(exchange_id, [failed])

    def forgets(self, exchange_id: str) -> None:
        self._finds(exchange_id, [])

    def will_give_back(self) -> None:
        self._refunds(self._refund)

    def will_refuse_to_give_back(self) -> None:
        self.router.post("/v1/refunds").respond(402, json={"error": "more_than_charged"})

    def will_give_back_later(self) -> None:
        def later(asked: dict[str, Any]) -> httpx.Response:
            waiting = {"metadata_reversal": asked["metadata_reversal"], "status": "pending"}
            return httpx.Response(201, json=waiting)

        self._refunds(later)

    def remembers_reversal(self, reversal_id: str) -> None:
        _, amounts = self.given_back[reversal_id]
        self._finds_refund(reversal_id, [self._told_refund(reversal_id, amounts["points"])])

    def forgets_reversal(self, reversal_id: str) -> None:
        self._finds_refund(reversal_id, [])

    def lists(self, day: date) -> None:
        self.router.get("/v1/charges", params__contains={"day": day.isoformat()}).mock(
            side_effect=lambda _: httpx.Response(200, json={"data": self._rows(day)})
        )

    def pushes(self, exchange_id: str) -> tuple[dict[str, str], bytes]:
        event = {
            "id": f"evt_{exchange_id}",
            "type": "charge.succeeded",
            "charge": self.taken[exchange_id].reference,
            "metadata_exchange": exchange_id,
        }
        body = json.dumps(event).encode()
        stamp = str(int(self.clock().timestamp()))
        mac = hmac.new(PUSH_SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "Payments-Signature": f"t={stamp},v1={mac}"}, body

    # --- how it answers ---------------------------------------------------------------------------------------

    def _link(self, request: httpx.Request) -> httpx.Response:
        visit = self.redeem(json.loads(request.content)["code"])
        if visit is None:
            return httpx.Response(400, json={"error": "invalid_code"})
        customer = self.account().service_id
        return httpx.Response(200, json={"visit": visit, "customer": customer, "label": "見本 様"})

    def _balance(self, request: httpx.Request) -> httpx.Response:
        customer = request.url.params["customer"]
        if customer not in self.holdings:
            return httpx.Response(404, json={"error": "no_such_customer"})
        available = f"{self.holdings[customer]['points']}.75"
        return httpx.Response(200, json={"customer": customer, "available": available})

    def _charge(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        taken = self.takes(
            asked["metadata_exchange"], {"points": _points(asked["amount"])}, holder=asked["customer"]
        )
        return httpx.Response(201, json=self._as_answer(taken))

    def _as_answer(self, taken: Taken) -> dict[str, Any]:
        return {
            "id": taken.reference,
            "status": "succeeded",
            "metadata_exchange": taken.exchange_id,
            "customer": taken.holder.removeprefix("kit-token-of-"),
            "amount": f"{taken.amounts['points']}.00",
            "refunded": f"{self.returned(taken.exchange_id).get('points', 0)}.00",
            "created": taken.at.astimezone(JST).isoformat(),
        }

    def _finds(self, exchange_id: str, charges: list[dict[str, Any]]) -> None:
        self.router.get("/v1/charges", params__contains={"metadata_exchange": exchange_id}).respond(
            json={"data": charges}
        )

    def _refunds(self, say: Callable[[dict[str, Any]], httpx.Response]) -> None:
        self.router.post("/v1/refunds").mock(side_effect=lambda request: say(json.loads(request.content)))

    def _refund(self, asked: dict[str, Any]) -> httpx.Response:
        (exchange_id,) = (it.exchange_id for it in self.taken.values() if it.reference == asked["charge"])
        amount = _points(asked["amount"])
        self.gives_back(asked["metadata_reversal"], exchange_id, {"points": amount})
        return httpx.Response(201, json=self._told_refund(asked["metadata_reversal"], amount))

    def _told_refund(self, reversal_id: str, amount: object) -> dict[str, Any]:
        return {
            "id": f"re-{reversal_id}",
            "status": "succeeded",
            "metadata_reversal": reversal_id,
            "amount": f"{amount}.00",
            "created": self.clock().astimezone(JST).isoformat(),
        }

    def _finds_refund(self, reversal_id: str, refunds: list[dict[str, Any]]) -> None:
        self.router.get("/v1/refunds", params__contains={"metadata_reversal": reversal_id}).respond(
            json={"data": refunds}
        )

    def _rows(self, day: date) -> list[dict[str, Any]]:
        rows = [self._as_answer(it) for it in self.taken.values()]
        rows += [self._as_answer(it) | {"status": "processing"} for it in self.pending.values()]
        rows += [self._as_answer(it) | {"status": "failed"} for it in self.refused.values()]
        return [row for row in rows if row["created"].startswith(day.isoformat())]


def _points(amount: object) -> object:
    """As it was sent where it is no amount of this API: the kit complains about it then."""
    whole = Decimal(amount) if isinstance(amount, str) else None
    return int(whole) if whole is not None and whole == whole.to_integral_value() else amount
