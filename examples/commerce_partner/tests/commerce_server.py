"""What the loyalty-commerce API answers, in the words of the contract: `point-gateway contract` plays and misplays it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

import httpx

from gateway import JST, DeclineReason, IdReused, NotProcessed, OutcomeUnknown, PartnerUnavailable
from gateway.testkit.contract import DocumentedAnswer, FakePartner, Taken

MAC_KEY = "a-mac-key-that-only-tests-know"
WORDS = {
    DeclineReason.NOT_ENOUGH: "INSUFFICIENT_BALANCE",
    DeclineReason.LINK_ENDED: "MEMBER_CLOSED",
    DeclineReason.LIMIT_REACHED: "OVER_LIMIT",
}
THROTTLED = {"code": "THROTTLED"}
UNSIGNED = {"code": "BAD_SIGNATURE"}
PAGE = 2


class CommerceServer(FakePartner):
    base_url = "https://commerce.example"
    settings: ClassVar[dict[str, str | int]] = {"base_url": base_url, "key_id": "kit-key"}
    secrets: ClassVar[dict[str, str]] = {"mac_key": MAC_KEY}
    declines = tuple(WORDS)
    tells_last_days = True
    documented = (
        DocumentedAnswer(hook="debit", status=409, body={"code": "REFERENCE_CONFLICT"}, ends=IdReused),
        DocumentedAnswer(hook="debit", status=401, body=UNSIGNED, ends=NotProcessed),
        DocumentedAnswer(
            hook="debit", status=429, body=THROTTLED, headers={"retry-after": "7"}, ends=NotProcessed
        ),
        DocumentedAnswer(hook="debit", status=500, body={"code": "INTERNAL"}, ends=OutcomeUnknown),
        DocumentedAnswer(hook="find_debit", status=401, body=UNSIGNED, ends=PartnerUnavailable),
        DocumentedAnswer(hook="find_debit", status=429, body=THROTTLED, ends=PartnerUnavailable),
        DocumentedAnswer(hook="reverse_debit", status=401, body=UNSIGNED, ends=NotProcessed),
        DocumentedAnswer(hook="balances", status=429, body=THROTTLED, ends=PartnerUnavailable),
        DocumentedAnswer(hook="debits_on", status=429, body=THROTTLED, ends=PartnerUnavailable),
    )

    def is_well(self) -> None:
        self._answers("GET", "/v1/ping", lambda _: (200, {"keyId": "kit-key", "status": "OK"}))

    def will_link(self) -> None:
        self._answers("POST", "/v1/grants", self._link)

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"grant": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self._answers("POST", "/v1/balances", self._balance)

    def has_ended_the_link(self) -> None:
        self._answers("POST", "/v1/balances", lambda _: (410, {"code": "LINK_ENDED"}))

    def will_debit(self) -> None:
        self._takes_orders(lambda it: (201, self._told(self._takes(it))))

    def will_decline(self, reason: DeclineReason) -> None:
        self._takes_orders(lambda _: (402, {"code": WORDS[reason]}))

    def will_decide_later(self) -> None:
        def later(asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            waiting = {"clientReference": asked["clientReference"], "status": "PENDING"}
            self._finds(asked["clientReference"], 200, waiting)
            return 202, waiting

        self._takes_orders(later)

    def remembers(self, exchange_id: str) -> None:
        self._finds(exchange_id, 200, self._told(self.taken[exchange_id]))

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        rejected = {"clientReference": exchange_id, "status": "REJECTED", "code": WORDS[reason]}
        self._finds(exchange_id, 200, rejected)

    def forgets(self, exchange_id: str) -> None:
        self._finds(exchange_id, 404, {"code": "ORDER_NOT_FOUND", "clientReference": exchange_id})

    def will_give_back(self) -> None:
        self._answers("POST", "/v1/reversals", lambda it: (201, self._gives_back(it)))

    def will_refuse_to_give_back(self) -> None:
        self._answers("POST", "/v1/reversals", lambda _: (409, {"code": "NOT_REVERSIBLE"}))

    def will_give_back_later(self) -> None:
        self._answers("POST", "/v1/reversals", lambda it: (202, {**_ids(it), "status": "PENDING"}))

    def remembers_reversal(self, reversal_id: str) -> None:
        exchange_id, amounts = self.given_back[reversal_id]
        asked = {"reversalReference": reversal_id, "clientReference": exchange_id, **amounts}
        self._answers("GET", f"/v1/reversals/{reversal_id}", lambda _: (200, self._reversed(asked)))

    def forgets_reversal(self, reversal_id: str) -> None:
        answer = {"code": "REVERSAL_NOT_FOUND", "reversalReference": reversal_id}
        self._answers("GET", f"/v1/reversals/{reversal_id}", lambda _: (404, answer))

    def lists(self, day: date) -> None:
        self.router.get("/v1/orders", params__contains={"date": day.isoformat()}).mock(
            side_effect=lambda it: httpx.Response(200, json=self._page(day, it.url.params["after"]))
        )

    # --- how it answers ---------------------------------------------------------------------------------------

    def _answers(
        self, method: str, path: str, say: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
    ) -> None:
        """A request whose signature does not fit its bytes is answered as the API does."""

        def reply(request: httpx.Request) -> httpx.Response:
            if not _is_signed(request):
                return httpx.Response(401, json=UNSIGNED)
            status, body = say(json.loads(request.content or b"{}"))
            return httpx.Response(status, json=body)

        self.router.request(method, path).mock(side_effect=reply)

    def _takes_orders(self, say: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]) -> None:
        self._answers("POST", "/v1/members/validate", self._valid)
        self._answers("POST", "/v1/orders", say)

    def _finds(self, exchange_id: str, status: int, answer: dict[str, Any]) -> None:
        self._answers("GET", f"/v1/orders/by-reference/{exchange_id}", lambda _: (status, answer))

    def _link(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        visit = self.redeem(asked["grant"])
        if visit is None:
            return 400, {"code": "GRANT_INVALID"}
        account = self.account()
        assert account.token is not None
        member = {"memberId": account.service_id, "memberToken": account.token.reveal()}
        return 200, {"visit": visit, "alias": "見本 様", **member}

    def _valid(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"memberId": self.member_of(asked["memberToken"]) or "", "status": "VALID"}

    def _balance(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        member = self.member_of(asked["memberToken"])
        if member is None:
            return 410, {"code": "LINK_ENDED"}
        groups = [
            {"points": lot.amount, "lastDay": lot.last_day.isoformat() if lot.last_day else "NEVER"}
            for lot in self.lots_of(member)
        ]
        return 200, {
            "memberId": member,
            "points": self.holdings[member]["points"],
            "expiryGroups": groups,
            "asOf": self.clock().isoformat(),
        }

    def _takes(self, asked: dict[str, Any]) -> Taken:
        return self.takes(asked["clientReference"], {"points": asked["points"]}, holder=asked["memberToken"])

    def _told(self, taken: Taken) -> dict[str, Any]:
        return {
            "orderId": taken.reference,
            "clientReference": taken.exchange_id,
            "memberId": self.member_of(taken.holder) or "",
            "points": taken.amounts["points"],
            "status": "CONFIRMED",
            "created": taken.at.isoformat(),
        }

    def _gives_back(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.gives_back(asked["reversalReference"], asked["clientReference"], {"points": asked["points"]})
        return self._reversed(asked)

    def _reversed(self, asked: dict[str, Any]) -> dict[str, Any]:
        named = {"reversalId": f"R-{asked['reversalReference']}", "created": self.clock().isoformat()}
        return {**_ids(asked), **named, "points": asked["points"], "status": "REVERSED"}

    def _page(self, day: date, after: str) -> dict[str, Any]:
        rows = [
            {**self._told(it), "reversedPoints": self.returned(it.exchange_id).get("points", 0)}
            for it in self.taken.values()
        ]
        for entries, status in ((self.pending, "PENDING"), (self.refused, "REJECTED")):
            rows += [{**self._told(it), "status": status, "reversedPoints": 0} for it in entries.values()]
        every = [*self.taken.values(), *self.pending.values(), *self.refused.values()]
        rows = [row for row, it in zip(rows, every, strict=True) if it.at.astimezone(JST).date() == day]
        first = int(after or 0)
        more = str(first + PAGE) if first + PAGE < len(rows) else "END"
        return {"orders": rows[first : first + PAGE], "next": more}


def _ids(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("reversalReference", "clientReference")}


def _is_signed(request: httpx.Request) -> bool:
    parts = (
        request.method,
        request.url.raw_path.decode(),
        request.headers["x-timestamp"],
        hashlib.sha256(request.content).hexdigest(),
    )
    mac = hmac.new(MAC_KEY.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(mac, request.headers["x-signature"])
