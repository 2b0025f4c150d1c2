"""What Hikari answers, in the words of the contract."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from gateway import DeclineReason, IdReused, NotProcessed, OutcomeUnknown, PartnerUnavailable
from gateway.testkit.contract import DocumentedAnswer, FakePartner, Taken

API = "https://api.hikari.example"
CODES = {DeclineReason.NOT_ENOUGH: 31, DeclineReason.LIMIT_REACHED: 32, DeclineReason.REFUSED: 39}
E999 = {"error": {"code": "E999", "text": "system error"}}
SLOW_DOWN = {"error": {"code": "SLOW_DOWN"}}
PAGE = 2


class HikariServer(FakePartner):
    base_url = API
    secrets = {"client_secret": "a-client-secret-that-only-tests-know"}
    declines = tuple(CODES)
    documented = (
        DocumentedAnswer(hook="debit", status=409, body={"error": {"code": "ID_USED"}}, ends=IdReused),
        DocumentedAnswer(
            hook="debit", status=429, body=SLOW_DOWN, headers={"retry-after": "7"}, ends=NotProcessed
        ),
        DocumentedAnswer(
            hook="debit", status=401, body={"error": {"code": "TOKEN_ENDED"}}, ends=OutcomeUnknown
        ),
        DocumentedAnswer(hook="debit", body=E999, ends=OutcomeUnknown),
        DocumentedAnswer(hook="find_debit", body=E999, ends=PartnerUnavailable),
        DocumentedAnswer(hook="find_debit", status=429, body=SLOW_DOWN, ends=PartnerUnavailable),
        DocumentedAnswer(
            hook="reverse_debit", status=409, body={"error": {"code": "ID_USED"}}, ends=OutcomeUnknown
        ),
        DocumentedAnswer(hook="reverse_debit", body=E999, ends=OutcomeUnknown),
        DocumentedAnswer(hook="balances", body=E999, ends=PartnerUnavailable),
        DocumentedAnswer(hook="debits_on", body=E999, ends=PartnerUnavailable),
    )

    def is_well(self) -> None:
        self.router.post("https://login.hikari.example/token").mock(side_effect=self._token)
        self.router.get("/v2/ping").respond(json={"ok": True})

    def will_link(self) -> None:
        self.router.post("/v2/visits").mock(side_effect=self._visit)
        self.router.post(path__regex="^/v2/visits/(?P<visit>[^/]+)/redeem$").mock(side_effect=self._redeem)

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"visit": exchange_id, "code": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self.router.get(path__regex="^/v2/members/(?P<member>[^/]+)/balance$").mock(side_effect=self._balance)

    def has_ended_the_link(self) -> None:
        ended = {"error": {"code": "LINK_ENDED"}}
        self.router.get(path__regex="^/v2/members/(?P<member>[^/]+)/balance$").respond(410, json=ended)

    def will_debit(self) -> None:
        self.router.post("/v2/debits").mock(side_effect=self._debit)

    def will_decline(self, reason: DeclineReason) -> None:
        def no(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=_refused(sent(request)["id"], reason))

        self.router.post("/v2/debits").mock(side_effect=no)

    def will_decide_later(self) -> None:
        def later(request: httpx.Request) -> httpx.Response:
            exchange_id = sent(request)["id"]
            waiting = {"debit": {"id": exchange_id, "state": "WAITING"}}
            self.router.get(f"/v2/debits/{exchange_id}").respond(json=waiting)
            return httpx.Response(202, json=waiting)

        self.router.post("/v2/debits").mock(side_effect=later)

    def remembers(self, exchange_id: str) -> None:
        self.router.get(f"/v2/debits/{exchange_id}").respond(
            json={"debit": self._told(self.taken[exchange_id])}
        )

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        self.router.get(f"/v2/debits/{exchange_id}").respond(json=_refused(exchange_id, reason))

    def forgets(self, exchange_id: str) -> None:
        answer = {"error": {"code": "NO_SUCH_DEBIT", "id": exchange_id}}
        self.router.get(f"/v2/debits/{exchange_id}").respond(404, json=answer)

    def will_give_back(self) -> None:
        self._refunds(self._refund)

    def will_refuse_to_give_back(self) -> None:
        self._refunds(lambda it, debit: _refund_of(it, debit, "REFUSED", 200))

    def will_give_back_later(self) -> None:
        self._refunds(lambda it, debit: _refund_of(it, debit, "WAITING", 202))

    def remembers_reversal(self, reversal_id: str) -> None:
        debit, amounts = self.given_back[reversal_id]
        refund = {"id": reversal_id, "debit": debit, "state": "DONE", "number": f"R-{reversal_id}"}
        told = {**refund, "at": self.clock().isoformat(), "items": items_of(amounts)}
        self.router.get(path__regex=f"/refunds/{reversal_id}$").respond(json={"refund": told})

    def forgets_reversal(self, reversal_id: str) -> None:
        answer = {"error": {"code": "NO_SUCH_REFUND", "id": reversal_id}}
        self.router.get(path__regex=f"/refunds/{reversal_id}$").respond(404, json=answer)

    def lists(self, day: date) -> None:
        self.router.get("/v2/debits").mock(side_effect=self._list)

    # --- how Hikari answers ------------------------------------------------------------------------------------

    def _token(self, _request: httpx.Request) -> httpx.Response:
        token = self.hands_out(f"kit-access-token-{len(self.handed_out)}", lasts=timedelta(seconds=300))
        return httpx.Response(200, json={"access_token": token, "expires_in": 300})

    def _visit(self, request: httpx.Request) -> httpx.Response:
        visit = {"id": sent(request)["visit"], "url": f"{API}/connect"}
        return httpx.Response(201, json={"visit": visit})

    def _redeem(self, request: httpx.Request, visit: str) -> httpx.Response:
        if self.redeem(sent(request)["code"]) != visit:
            return httpx.Response(409, json={"error": {"code": "CODE_USED"}})
        account = self.account()
        member = {
            "id": account.service_id,
            "display": "見本　様",
            "token": account.token.reveal() if account.token is not None else "",
            "name": "見本　幸子",
            "email": "sachiko.mihon@mail.example",
        }
        return httpx.Response(200, json={"member": member, "visit": visit})

    def _balance(self, request: httpx.Request, member: str) -> httpx.Response:
        if self.member_of(request.headers["x-member"]) != member:
            return httpx.Response(410, json={"error": {"code": "LINK_ENDED"}})
        programmes = [{"programme": name, "points": points} for name, points in self.holdings[member].items()]
        told = {"member": member, "programmes": programmes, "asOf": self.clock().isoformat()}
        return httpx.Response(200, json=told)

    def _debit(self, request: httpx.Request) -> httpx.Response:
        asked = sent(request)
        taken = self.takes(asked["id"], amounts_of(asked["items"]), holder=request.headers["x-member"])
        return httpx.Response(201, json={"debit": self._told(taken)})

    def _refunds(self, say: Any) -> None:
        def reply(request: httpx.Request, debit: str) -> httpx.Response:
            answer: httpx.Response = say(sent(request), debit)
            return answer

        self.router.post(path__regex="^/v2/debits/(?P<debit>[^/]+)/refunds$").mock(side_effect=reply)

    def _refund(self, asked: dict[str, Any], debit: str) -> httpx.Response:
        self.gives_back(asked["refundId"], debit, amounts_of(asked["items"]))
        done = {"number": f"R-{asked['refundId']}", "at": self.clock().isoformat(), "items": asked["items"]}
        return _refund_of(asked, debit, "DONE", 201, done)

    def _list(self, request: httpx.Request) -> httpx.Response:
        start, end = (datetime.fromisoformat(request.url.params[name]) for name in ("from", "to"))
        rows = [
            self._told(it) | {"refunded": items_of(self.returned(it.exchange_id))}
            for it in self.taken.values()
        ]
        for entries, state in ((self.pending, "WAITING"), (self.refused, "REFUSED")):
            rows += [self._told(it) | {"state": state, "refunded": []} for it in entries.values()]
        rows = [row for row in rows if start <= datetime.fromisoformat(row["at"]) < end]
        first = int(request.url.params.get("cursor", "0"))
        more = str(first + PAGE) if first + PAGE < len(rows) else None
        return httpx.Response(200, json={"debits": rows[first : first + PAGE], "next": more})

    def _told(self, taken: Taken) -> dict[str, Any]:
        """Times are in UTC, as this partner writes them."""
        return {
            "id": taken.exchange_id,
            "member": self.member_of(taken.holder) or "",
            "state": "DONE",
            "number": taken.reference,
            "at": taken.at.astimezone(UTC).isoformat(),
            "items": items_of(taken.amounts),
        }


def sent(request: httpx.Request) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(request.content)
    return fields


def amounts_of(items: list[dict[str, Any]]) -> dict[str, object]:
    return {it["programme"]: it["points"] for it in items}


def items_of(amounts: Any) -> list[dict[str, Any]]:
    return [{"programme": name, "points": points} for name, points in amounts.items()]


def _refused(exchange_id: str, reason: DeclineReason) -> dict[str, Any]:
    return {"debit": {"id": exchange_id, "state": "REFUSED", "code": CODES[reason]}}


def _refund_of(
    asked: dict[str, Any], debit: str, state: str, status: int, more: dict[str, Any] | None = None
) -> httpx.Response:
    refund = {"id": asked["refundId"], "debit": debit, "state": state, **(more or {})}
    return httpx.Response(status, json={"refund": refund})
