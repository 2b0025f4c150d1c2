"""Saison reaches 松, with two exemptions: the contract kit, with the partner's answers in the words of its API."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date, datetime
from typing import Any

import httpx
from gateway_saison import Saison

from gateway import JST, DeclineReason, IdReused, NotProcessed, OutcomeUnknown
from gateway.testkit.contract import AccountContract, DocumentedAnswer, FakePartner

WORDS = {
    DeclineReason.NOT_ENOUGH: "not_enough",
    DeclineReason.LINK_ENDED: "link_ended",
    DeclineReason.LIMIT_REACHED: "limit_reached",
    DeclineReason.REFUSED: "refused",
}

PAGE = 4
"""Rows of a page: fewer than a day of the kit has, so that a plugin which reads the first page alone is found out."""

UNAUTHORIZED = {"result": "unauthorized", "reason": "bad_signature"}
CONFLICT = {"result": "conflict", "reason": "order_id_reused", "orderId": "$exchange_id"}


def body_of(request: httpx.Request) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(request.content)
    return fields


class SaisonServer(FakePartner):
    base_url = "https://points.saison.example"
    settings = {"base_url": base_url, "merchant_id": "point-gateway"}
    secrets = {"api_key": "a key that both sides know"}
    declines = tuple(WORDS)
    documented = (
        *(
            DocumentedAnswer(hook=hook, status=401, body=UNAUTHORIZED, ends=ends)
            for hook, ends in (
                ("debit", NotProcessed),
                ("reverse_debit", NotProcessed),
                ("find_debit", OutcomeUnknown),
                ("balances", OutcomeUnknown),
                ("debits_on", OutcomeUnknown),
            )
        ),
        DocumentedAnswer(hook="debit", status=409, body=CONFLICT, ends=IdReused),
        DocumentedAnswer(hook="reverse_debit", status=409, body=CONFLICT, ends=OutcomeUnknown),
        DocumentedAnswer(
            hook="debit",
            status=400,
            body={"result": "malformed", "reason": "cardAmount"},
            ends=OutcomeUnknown,
        ),
    )

    def is_well(self) -> None:
        self.router.get("/api/hello").respond(json={"result": "ok"})

    def will_link(self) -> None:
        self._answers(
            "/api/orders", lambda it: {"result": "accepted", "loginUrl": f"{self.base_url}/connect"}
        )
        self.router.post(path__regex="^/api/orders/(?P<order_id>[^/]+)/consent$").mock(
            side_effect=self._consent
        )

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"status": "agreed", "orderId": exchange_id, "code": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self._answers("/api/balances", self._balances)

    def has_ended_the_link(self) -> None:
        self._answers("/api/balances", lambda it: {"result": "link_ended"})

    def will_debit(self) -> None:
        self._answers("/api/captures", self._capture)

    def will_decline(self, reason: DeclineReason) -> None:
        self._answers("/api/captures", lambda it: {"result": "declined", "reason": WORDS[reason]})

    def will_decide_later(self) -> None:
        later = {"result": "in_progress", "askAfterSeconds": 30}
        self._answers("/api/captures", lambda _: later)
        self.router.get(path__regex="/api/captures/.+").mock(
            side_effect=lambda it: httpx.Response(
                200, json={**later, "orderId": it.url.path.rpartition("/")[2]}
            )
        )

    def remembers(self, exchange_id: str) -> None:
        self.router.get(f"/api/captures/{exchange_id}").respond(json=self._as_json(exchange_id))

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        answer = {"result": "declined", "orderId": exchange_id, "reason": WORDS[reason]}
        self.router.get(f"/api/captures/{exchange_id}").respond(json=answer)

    def forgets(self, exchange_id: str) -> None:
        answer = {"result": "not_found", "orderId": exchange_id}
        self.router.get(f"/api/captures/{exchange_id}").respond(json=answer)

    def will_give_back(self) -> None:
        self._answers("/api/cancels", self._cancel)

    def will_refuse_to_give_back(self) -> None:
        self._answers("/api/cancels", lambda _: {"result": "declined", "reason": "more_than_was_taken"})

    def lists(self, day: date) -> None:
        def page(request: httpx.Request) -> httpx.Response:
            asked, after = request.url.params["day"], int(request.url.params["after"])
            of_day = [
                it.exchange_id for it in self.taken.values() if f"{it.at.astimezone(JST):%Y-%m-%d}" == asked
            ]
            rows = [self._as_json(it) | self._returned(it) for it in of_day]
            following = after + PAGE if after + PAGE < len(rows) else None
            page = {"captures": rows[after : after + PAGE], "next": following}
            return httpx.Response(200, json={"result": "ok", "day": asked} | page)

        self.router.get("/api/captures").mock(side_effect=page)

    # --- how Saison answers ----------------------------------------------------------------------------------

    def _answers(self, path: str, say: Any) -> None:
        """Every answer repeats the ids that were asked about."""

        def reply(request: httpx.Request) -> httpx.Response:
            if not self._is_signed(request):
                return httpx.Response(401, json=UNAUTHORIZED)
            ids = {k: v for k, v in body_of(request).items() if k in ("orderId", "requestId", "cancelId")}
            return httpx.Response(200, json=say(body_of(request)) | ids)

        self.router.post(path).mock(side_effect=reply)

    def _is_signed(self, request: httpx.Request) -> bool:
        """Within 30 seconds, over the very bytes that came."""
        stamp, digest = request.headers["X-Timestamp"], hashlib.sha256(request.content).hexdigest()
        path = request.url.raw_path.decode()
        signed = hmac.new(
            self.secrets["api_key"].encode(),
            f"{request.method}\n{path}\n{stamp}\n{digest}".encode(),
            hashlib.sha256,
        )
        is_new = abs(self.clock().timestamp() - int(stamp)) <= 30
        return is_new and hmac.compare_digest(signed.hexdigest(), request.headers["X-Signature"])

    def _consent(self, request: httpx.Request, order_id: str) -> httpx.Response:
        ids = {"orderId": order_id, "requestId": body_of(request)["requestId"]}
        if self.redeem(body_of(request)["code"]) != order_id:
            return httpx.Response(200, json={"result": "refused", "reason": "unknown_code"} | ids)
        account = self.account()
        assert account.token is not None
        proven = {
            "serviceId": account.service_id,
            "shownAs": account.shown_as,
            "token": account.token.reveal(),
        }
        return httpx.Response(200, json={"result": "consented"} | proven | ids)

    def _balances(self, sent: dict[str, Any]) -> dict[str, Any]:
        member = self.member_of(sent["token"]) or ""
        held = {"cardPoints": self.holdings[member]["eikyu"], "walletPoints": self.holdings[member]["wallet"]}
        return {"result": "ok", "serviceId": member, "asOf": self.clock().isoformat()} | held

    def _capture(self, sent: dict[str, Any]) -> dict[str, Any]:
        lines = {"wallet": sent["walletAmount"], "eikyu": sent["cardAmount"]}
        self.takes(sent["orderId"], lines, holder=sent["token"])
        return self._as_json(sent["orderId"])

    def _cancel(self, sent: dict[str, Any]) -> dict[str, Any]:
        lines = {"wallet": sent["walletAmount"], "eikyu": sent["cardAmount"]}
        self.gives_back(sent["cancelId"], sent["orderId"], lines)
        return {"result": "cancelled", "reference": "C1", "cancelledAt": self.clock().isoformat()}

    def _as_json(self, exchange_id: str) -> dict[str, Any]:
        taken = self.taken[exchange_id]
        told = {"reference": taken.reference, "capturedAt": taken.at.isoformat()}
        amounts = {
            "walletAmount": taken.amounts.get("wallet", 0),
            "cardAmount": taken.amounts.get("eikyu", 0),
        }
        whose = {"serviceId": self.member_of(taken.holder) or ""}
        return {"result": "captured", "orderId": exchange_id} | told | amounts | whose

    def _returned(self, exchange_id: str) -> dict[str, Any]:
        back = self.returned(exchange_id)
        return {"walletCancelled": back.get("wallet", 0), "cardCancelled": back.get("eikyu", 0)}


class TestSaison(AccountContract):
    plugin = Saison
    server = SaisonServer
    exempt = {
        "test_a_reversal_that_is_decided_later_is_in_progress": "a cancel is answered at once, with yes or no",
        "test_a_day_lists_only_what_was_taken": "the captures of a day are those that were done",
    }
    moment = datetime(2018, 7, 31, 12, tzinfo=JST)  # the last day of the campaign in the guide
