"""A loyalty-commerce API: every request is signed over its exact bytes, orders are invisible for 90 seconds.

A sample of the shape, not of a company. What is worth looking at: `content=` for the bytes that were signed, the member
who is validated before the order goes out, `debits_may_hide_for`, a 401 by which nothing was looked at, reversals of a
part under an id of their own, and a day that is yielded page by page.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gateway import (
    BalanceLot,
    Balances,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    DestinationKind,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    HttpAnswer,
    IdReused,
    InProgress,
    JsonAnswer,
    Label,
    LinkedAccount,
    LinkEnded,
    LinkKind,
    NoRecord,
    NotProcessed,
    NotSent,
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
    PartnerUnavailable,
    Rate,
    RateTable,
    Reversal,
    ReverseAnswer,
    Reversed,
    Secret,
    Wallet,
    WalletId,
    hookimpl,
)

POINTS = WalletId("points")
RATES = RateTable(
    rates=(
        Rate(
            wallet=POINTS,
            destinations=frozenset(DestinationKind),
            cost_per_unit=200,
            points_per_unit=100,
            source="sample values: this partner does not exist",
            sample=True,
        ),
    )
)
DECLINES = {
    "INSUFFICIENT_BALANCE": DeclineReason.NOT_ENOUGH,
    "MEMBER_CLOSED": DeclineReason.LINK_ENDED,
    "OVER_LIMIT": DeclineReason.LIMIT_REACHED,
}
MAX_PAGES = 10_000


class Plugin:
    """Settings: `base_url`, `key_id`, and the secret `mac_key`."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._clock = setup.clock
        self._mac_key = setup.settings.secret("mac_key")
        self._key_id = setup.settings.text("key_id")
        self._base_url = setup.settings.text("base_url").rstrip("/")
        self._profile = PartnerProfile(
            id="commerce",
            name=Label("コマースポイント（見本）", "Commerce Points (sample)"),
            kind=PartnerKind.ONLINE_SHOP,
            link=LinkKind.ACCOUNT,
            points_name=Label("コマースポイント", "Commerce points"),
            wallets=(Wallet(id=POINTS, name=Label("コマースポイント", "Commerce points")),),
            hosts=(urlsplit(self._base_url).netloc,),
            arrives_within=timedelta(days=1),
            # 90 s by the documents, and a debit that is under way for a deadline.
            debits_may_hide_for=timedelta(minutes=2),
            terms=Label("交換後の取消はできません。", "An exchange cannot be taken back at your wish."),
            proves={"amount", "account"},
            keys_kept_for=timedelta(days=3_660),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        answer = await self._read("GET", "/v1/ping")
        if answer.text("keyId") != self._key_id or answer.text("status") != "OK":
            raise answer.unclear("it is not the answer that the API documents")

    @hookimpl
    async def rate_table(self) -> RateTable:
        return RATES

    # --- linking ------------------------------------------------------------------------------------------------

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        query = urlencode({"visit": request.exchange_id, "return_url": request.return_url})
        return Handoff(url=f"{self._base_url}/authorize?{query}")

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        answer = await self._send("POST", "/v1/grants", {"grant": returned.query.get("grant", "")})
        if answer.status == 400 and _code(answer) == "GRANT_INVALID":
            raise HandoffRefused("grant_invalid")
        link = JsonAnswer.read(
            answer, partner="commerce", asked="/v1/grants", about={"visit": returned.exchange_id}
        )
        return LinkedAccount(
            service_id=link.text("memberId"),
            shown_as=link.text("alias"),
            token=Secret(link.text("memberToken")),
        )

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        if account.token is None:
            raise LinkEnded
        answer = await self._send("POST", "/v1/balances", {"memberToken": account.token.reveal()})
        if answer.status == 410 and _code(answer) == "LINK_ENDED":
            raise LinkEnded
        balance = JsonAnswer.read(
            answer, partner="commerce", asked="/v1/balances", about={"memberId": account.service_id}
        )
        lots = tuple(map(_lot, balance.rows("expiryGroups")))
        if sum(lot.amount for lot in lots) != balance.whole("points"):
            raise balance.unclear("its groups are not its points")
        return Balances(available={POINTS: balance.whole("points")}, as_of=balance.moment("asOf"), lots=lots)

    # --- moving points ------------------------------------------------------------------------------------------

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.account is None or order.account.token is None or set(order.amounts) != {POINTS}:
            raise NotSent("commerce takes points of a linked account; nothing was sent")
        token = order.account.token.reveal()
        member = await self._read("POST", "/v1/members/validate", {"memberToken": token})
        if member.text("status") == "CLOSED":
            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.LINK_ENDED)
        if member.text("status") != "VALID" or member.text("memberId") != order.account.service_id:
            raise member.unclear("it does not validate this member")
        body = {"clientReference": order.exchange_id, "memberToken": token, "points": order.amounts[POINTS]}
        answer = await self._send("POST", "/v1/orders", body)
        match answer.status, _code(answer):
            case 409, "REFERENCE_CONFLICT":
                return IdReused(exchange_id=order.exchange_id)
            case (401, "BAD_SIGNATURE") | (429, "THROTTLED"):
                return NotProcessed(exchange_id=order.exchange_id, retry_after=_wait(answer))
            case 402, str(code) if code in DECLINES:
                return Declined(exchange_id=order.exchange_id, reason=DECLINES[code])
        return _order(
            order.exchange_id,
            JsonAnswer.read(
                answer,
                partner="commerce",
                asked="/v1/orders",
                about={"clientReference": order.exchange_id},
                statuses=(201, 202),
            ),
        )

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
        answer = await self._send("GET", f"/v1/orders/by-reference/{quote(exchange_id, safe='')}")
        about = {"clientReference": exchange_id}
        if answer.status == 404:
            not_found = JsonAnswer.read(
                answer, partner="commerce", asked="an order", about=about, statuses=(404,)
            )
            if not_found.text("code") == "ORDER_NOT_FOUND":
                return NoRecord(exchange_id=exchange_id)
        _be_patient(answer)
        return _order(exchange_id, JsonAnswer.read(answer, partner="commerce", asked="an order", about=about))

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:
        body = {
            "reversalReference": reversal.reversal_id,
            "clientReference": reversal.exchange_id,
            "points": sum(line.amount for line in reversal.lines),
        }
        answer = await self._send("POST", "/v1/reversals", body)
        match answer.status, _code(answer):
            case (401, "BAD_SIGNATURE") | (429, "THROTTLED"):
                return NotProcessed(exchange_id=reversal.exchange_id, retry_after=_wait(answer))
            case 409, "NOT_REVERSIBLE":
                return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)
        return _reversal(reversal, answer, statuses=(201, 202))

    @hookimpl
    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:
        answer = await self._send("GET", f"/v1/reversals/{quote(reversal.reversal_id, safe='')}")
        if answer.status == 404:
            about = {"reversalReference": reversal.reversal_id}
            not_found = JsonAnswer.read(
                answer, partner="commerce", asked="a reversal", about=about, statuses=(404,)
            )
            if not_found.text("code") == "REVERSAL_NOT_FOUND":
                return NoRecord(exchange_id=reversal.exchange_id)
        return _reversal(reversal, answer, statuses=(200,))

    @hookimpl
    async def debits_on(self, day: date) -> AsyncIterator[Sequence[DebitRecord]]:
        return self._pages(day)

    async def _pages(self, day: date) -> AsyncIterator[Sequence[DebitRecord]]:
        after = ""
        for _ in range(MAX_PAGES):
            query = urlencode({"date": day.isoformat(), "after": after})
            page = await self._read("GET", f"/v1/orders?{query}", asked="/v1/orders")
            records = []
            for row in page.rows("orders"):
                match row.text("status"):
                    case "CONFIRMED":
                        records.append(_record(row))
                    case "PENDING" | "REJECTED":
                        continue
                    case _:
                        raise row.unclear("status is not a word that the API documents")
            yield records
            after = page.text("next")
            if after == "END":
                return
        raise page.unclear(f"it has more than {MAX_PAGES} pages")

    # --- how it is asked ----------------------------------------------------------------------------------------

    async def _read(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, asked: str = ""
    ) -> JsonAnswer:
        answer = await self._send(method, path, body)
        _be_patient(answer)
        return JsonAnswer.read(answer, partner="commerce", asked=asked or path)

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> HttpAnswer:
        """The bytes that are signed are the bytes that are sent."""
        content = json.dumps(body).encode() if body is not None else b""
        stamp = str(int(self._clock().timestamp()))
        signed = "\n".join((method, path, stamp, hashlib.sha256(content).hexdigest()))
        mac = hmac.new(self._mac_key.reveal().encode(), signed.encode(), hashlib.sha256).hexdigest()
        headers = {"X-Key-Id": self._key_id, "X-Timestamp": stamp, "X-Signature": mac}
        if body is None:
            return await self._http.request(method, self._base_url + path, headers=headers)
        headers["Content-Type"] = "application/json"
        return await self._http.request(method, self._base_url + path, headers=headers, content=content)


def _code(answer: HttpAnswer) -> str | None:
    """The word of an error, where the answer is one."""
    if answer.status < 400:
        return None
    return JsonAnswer.read(answer, partner="commerce", asked="an error", statuses=(answer.status,)).text(
        "code"
    )


def _be_patient(answer: HttpAnswer) -> None:
    if answer.status in (429, 503) and answer.retry_after_s is not None:
        raise PartnerUnavailable("commerce asks for patience", answer.retry_after_s)


def _wait(answer: HttpAnswer) -> timedelta | None:
    return timedelta(seconds=answer.retry_after_s) if answer.retry_after_s is not None else None


def _lot(group: JsonAnswer) -> BalanceLot:
    """A group that ends on one day, or never."""
    endless = group.text("lastDay") == "NEVER"
    return BalanceLot(
        wallet=POINTS, amount=group.whole("points"), last_day=None if endless else group.day("lastDay")
    )


def _order(exchange_id: ExchangeId, order: JsonAnswer) -> Debited | Declined | InProgress:
    match order.text("status"):
        case "CONFIRMED":
            return Debited(
                exchange_id=exchange_id,
                reference=order.text("orderId"),
                at=order.moment("created"),
                lines=(DebitLine(wallet=POINTS, amount=order.whole("points")),),
                service_id=order.text("memberId"),
            )
        case "REJECTED" if (reason := DECLINES.get(order.text("code"))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
        case "PENDING":
            return InProgress(exchange_id=exchange_id)
    raise order.unclear("status is not a word that the API documents")


def _reversal(
    reversal: Reversal, answer: HttpAnswer, *, statuses: tuple[int, ...]
) -> Reversed | InProgress | Declined:
    about = {"reversalReference": reversal.reversal_id, "clientReference": reversal.exchange_id}
    told = JsonAnswer.read(answer, partner="commerce", asked="a reversal", about=about, statuses=statuses)
    match told.text("status"):
        case "REVERSED":
            return Reversed(
                reversal_id=reversal.reversal_id,
                reference=told.text("reversalId"),
                at=told.moment("created"),
                lines=(DebitLine(wallet=POINTS, amount=told.whole("points")),),
            )
        case "PENDING":
            return InProgress(exchange_id=reversal.exchange_id)
    raise told.unclear("status is not a word that the API documents")


def _record(row: JsonAnswer) -> DebitRecord:
    returned = row.whole("reversedPoints")
    return DebitRecord(
        exchange_id=ExchangeId(row.text("clientReference")),
        reference=row.text("orderId"),
        lines=(DebitLine(wallet=POINTS, amount=row.whole("points")),),
        at=row.moment("created"),
        given_back=(DebitLine(wallet=POINTS, amount=returned),) if returned else (),
        service_id=row.text("memberId"),
    )
