"""What Acme answers: each method is a word of the contract, said in the words of its API."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import httpx

from gateway import DeclineReason
from gateway.testkit.contract import FakePartner

_WORDS = {
    DeclineReason.NOT_ENOUGH: "not_enough",
    DeclineReason.LINK_ENDED: "link_ended",
    DeclineReason.REFUSED: "refused",
}


class AcmeServer(FakePartner):
    base_url = "https://points.acme.example"
    settings: ClassVar[dict[str, str | int]] = {"base_url": base_url}
    secrets: ClassVar[dict[str, str]] = {"api_key": "a-key-that-only-tests-know"}
    declines = tuple(_WORDS)

    def is_well(self) -> None:
        self.router.get("/v1/hello").respond(json={"result": "ok"})

    def will_link(self) -> None:
        self.router.post("/v1/links").mock(side_effect=self._link)

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"visit": exchange_id, "code": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self.router.post("/v1/balances").mock(side_effect=self._balances)

    def has_ended_the_link(self) -> None:
        self.router.post("/v1/balances").respond(json={"result": "link_ended"})

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

    # --- how Acme answers --------------------------------------------------------------------------------

    def _link(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        visit = self.redeem(asked["code"])
        if visit is None:
            return httpx.Response(200, json={"result": "refused"})
        account = self.account()
        token = account.token.reveal() if account.token is not None else ""
        proven = {"member": account.service_id, "shown_as": account.shown_as, "token": token}
        return httpx.Response(200, json={"result": "linked", "visit": visit, **proven})

    def _balances(self, request: httpx.Request) -> httpx.Response:
        member = self.member_of(json.loads(request.content)["token"])
        if member is None:
            return httpx.Response(200, json={"result": "link_ended"})
        told = {"member": member, "points": self.holdings[member]["points"], "at": self.clock().isoformat()}
        return httpx.Response(200, json={"result": "ok", **told})

    def _debit(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.takes(asked["exchange_id"], {"points": asked["points"]}, holder=asked["token"])
        return httpx.Response(200, json=self._entry(asked["exchange_id"]))

    def _entry(self, exchange_id: str) -> dict[str, Any]:
        taken = self.taken[exchange_id]
        told = {"reference": taken.reference, "points": taken.amounts["points"], "at": taken.at.isoformat()}
        whose = {"member": self.member_of(taken.holder)}
        return {"result": "debited", "exchange_id": exchange_id, **told, **whose}
