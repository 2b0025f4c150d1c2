"""What the energy company answers, in the words of the contract: Shift_JIS XML, result codes in a 200, a file of the day."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import ClassVar
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import httpx

from gateway import JST, DeclineReason, IdReused, OutcomeUnknown, PartnerUnavailable
from gateway.testkit.contract import DocumentedAnswer, FakePartner, Taken

CHARSET = "cp932"
CODES = {
    DeclineReason.LINK_ENDED: "1001",
    DeclineReason.NOT_ENOUGH: "1002",
    DeclineReason.LIMIT_REACHED: "1003",
}
FAULT = '<?xml version="1.0" encoding="Shift_JIS"?><answer><code>E999</code><order>$order</order></answer>'
REUSED = '<?xml version="1.0" encoding="Shift_JIS"?><answer><code>2009</code><order>$order</order></answer>'
XML = "application/xml; charset=Shift_JIS"


class EnergyServer(FakePartner):
    base_url = "https://energy.example"
    settings: ClassVar[dict[str, str | int]] = {"base_url": base_url, "client_id": "point-gateway"}
    secrets: ClassVar[dict[str, str]] = {"client_secret": "a-client-secret-that-only-tests-know"}
    declines = tuple(CODES)
    documented = (
        DocumentedAnswer(hook="debit", body=REUSED, content_type=XML, ends=IdReused),
        DocumentedAnswer(hook="debit", body=FAULT, content_type=XML, ends=OutcomeUnknown),
        DocumentedAnswer(hook="find_debit", body=FAULT, content_type=XML, ends=PartnerUnavailable),
        DocumentedAnswer(hook="balances", body=FAULT, content_type=XML, ends=PartnerUnavailable),
    )

    def is_well(self) -> None:
        self.found: dict[str, dict[str, str]] = {}
        self.router.post("/token").mock(side_effect=self._token)
        self.router.post("/hello").mock(side_effect=lambda _: _xml({"code": "0000"}))
        self.router.post("/find").mock(side_effect=self._find)

    def will_link(self) -> None:
        self.router.post("/link").mock(side_effect=self._link)

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        return {"ticket": self.issue(exchange_id)}

    def tells_balances(self) -> None:
        self.router.post("/points").mock(side_effect=self._points)

    def has_ended_the_link(self) -> None:
        self.router.post("/points").mock(side_effect=lambda _: _xml({"code": "1001"}))

    def will_debit(self) -> None:
        self.router.post("/take").mock(side_effect=self._debit)

    def will_decline(self, reason: DeclineReason) -> None:
        self.router.post("/take").mock(
            side_effect=lambda request: _xml({"code": CODES[reason], "order": sent(request)["order"].upper()})
        )

    def will_decide_later(self) -> None:
        def later(request: httpx.Request) -> httpx.Response:
            order = sent(request)["order"]
            self.found[order] = {"code": "0100", "order": order.upper()}
            return _xml(self.found[order])

        self.router.post("/take").mock(side_effect=later)

    def remembers(self, exchange_id: str) -> None:
        self.found[exchange_id] = self._as_answer(self.taken[exchange_id])

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        self.found[exchange_id] = {"code": CODES[reason], "order": exchange_id.upper()}

    def forgets(self, exchange_id: str) -> None:
        self.found.pop(exchange_id, None)

    def lists(self, day: date) -> None:
        self.router.get(f"/days/{day.isoformat()}.csv").mock(side_effect=lambda _: self._file(day))

    # --- how it answers ---------------------------------------------------------------------------------------

    def _token(self, _request: httpx.Request) -> httpx.Response:
        token = self.hands_out(f"kit-access-token-{len(self.handed_out)}", lasts=timedelta(seconds=300))
        return _xml({"token": token, "seconds": "300"})

    def _find(self, request: httpx.Request) -> httpx.Response:
        order = sent(request)["order"]
        return _xml(self.found.get(order, {"code": "2004", "order": order.upper()}))

    def _link(self, request: httpx.Request) -> httpx.Response:
        visit = self.redeem(sent(request)["ticket"])
        if visit is None:
            return _xml({"code": "1001"})
        customer = self.account().service_id
        return _xml({"code": "0000", "visit": visit.upper(), "customer": customer, "name": "齋藤　様"})

    def _points(self, request: httpx.Request) -> httpx.Response:
        customer = sent(request)["customer"]
        if customer not in self.holdings:
            return _xml({"code": "1001"})
        held = str(self.holdings[customer]["denki"])
        limits = {"monthlyCap": "100000000", "usedThisMonth": "0"}
        return _xml({"code": "0000", "customer": customer, "balance": held, **limits})

    def _debit(self, request: httpx.Request) -> httpx.Response:
        asked = sent(request)
        points = int(asked["points"]) if asked["points"].isdigit() else asked["points"]
        taken = self.takes(asked["order"], {"denki": points}, holder=asked["customer"])
        return _xml(self._as_answer(taken))

    def _as_answer(self, taken: Taken) -> dict[str, str]:
        return {
            "code": "0000",
            "order": taken.exchange_id.upper(),
            "number": taken.reference,
            "customer": taken.holder.removeprefix("kit-token-of-"),
            "points": str(taken.amounts["denki"]),
            "takenAt": f"{taken.at.astimezone(JST):%Y%m%d%H%M%S}",
        }

    def _file(self, day: date) -> httpx.Response:
        rows = [
            [it["order"], *(it[name] for name in ("number", "customer", "points", "takenAt")), state]
            for entries, state in ((self.taken, "確定"), (self.pending, "処理中"), (self.refused, "不成立"))
            for it in map(self._as_answer, entries.values())
            if it["takenAt"].startswith(f"{day:%Y%m%d}")
        ]
        text = io.StringIO(newline="")
        csv.writer(text).writerows([*rows, ["END", str(len(rows))]])
        return httpx.Response(
            200, content=text.getvalue().encode(CHARSET), headers={"content-type": "text/csv"}
        )


def sent(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode("ascii"), encoding=CHARSET, errors="strict"))


def _xml(fields: dict[str, str]) -> httpx.Response:
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    text = f'<?xml version="1.0" encoding="Shift_JIS"?>\n<answer>{inside}</answer>'
    return httpx.Response(200, content=text.encode(CHARSET), headers={"content-type": "application/xml"})
