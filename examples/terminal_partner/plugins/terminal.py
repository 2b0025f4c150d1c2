"""A partner whose members order at its own terminals: one file, put into the folder of `[plugins] dir`.

The member links the account once (移行用のサービスID), by a visit to the partner's site. Later they order at a shop's
terminal; the partner then calls the gateway (see `order.py`), and the gateway calls back with `debit`, whose
exchange id is the partner's own order id. So an order moves points only when both sides know of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gateway import (
    Balances,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    Declined,
    DeclineReason,
    DestinationKind,
    ExchangeId,
    FindAnswer,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    IdReused,
    Label,
    LinkedAccount,
    LinkEnded,
    LinkKind,
    NoRecord,
    NotSent,
    OutcomeUnknown,
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
    Rate,
    RateTable,
    Wallet,
    WalletId,
    hookimpl,
)

POINTS = WalletId("points")
DECLINES = {"not_enough": DeclineReason.NOT_ENOUGH, "no_such_order": DeclineReason.REFUSED}
RATES = RateTable(
    rates=(
        Rate(
            wallet=POINTS,
            destinations=frozenset({DestinationKind.RESERVE}),
            cost_per_unit=1_000,
            points_per_unit=1_000,
            source="見本の値 / a sample value",
            sample=True,
        ),
    )
)


class Plugin:
    """Settings: `base_url`, `api_key` (a secret), and for the gateway `terminal_orders = true`."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._api_key = setup.settings.secret("api_key")
        self._base_url = setup.settings.text("base_url").rstrip("/")
        self._profile = PartnerProfile(
            id="terminal",
            name=Label("端末ポイント（見本）", "Terminal Points (sample)"),
            kind=PartnerKind.OTHER,
            link=LinkKind.ACCOUNT,
            points_name=Label("端末ポイント", "Terminal points"),
            wallets=(Wallet(id=POINTS, name=Label("端末ポイント", "Terminal points")),),
            hosts=(urlsplit(self._base_url).netloc,),
            arrives_within=timedelta(minutes=1),
            debits_may_hide_for=timedelta(minutes=10),
            proves={"amount", "account"},
            keys_kept_for=timedelta(days=30),
            terms=Label(
                "店頭の端末でのお申し込み後は取消できません。", "An order at a terminal cannot be taken back."
            ),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        if (await self._request("GET", "/v1/hello")).get("result") != "ok":
            raise OutcomeUnknown("terminal does not say that all is well")

    @hookimpl
    async def rate_table(self) -> RateTable:
        return RATES

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        query = urlencode({"visit": request.exchange_id, "return_url": request.return_url})
        return Handoff(url=f"{self._base_url}/connect?{query}")

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        code = {"visit": returned.exchange_id, "code": returned.query.get("code", "")}
        values = await self._request("POST", "/v1/links", code)
        if values.get("result") == "refused":
            raise HandoffRefused("refused_by_partner")
        if values.get("result") != "linked" or values.get("visit") != returned.exchange_id:
            raise OutcomeUnknown("terminal does not say who came back")
        return LinkedAccount(service_id=_text(values, "member"), shown_as=_text(values, "shown_as"))

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        values = await self._request("POST", "/v1/balances", {"member": account.service_id})
        if values.get("result") == "link_ended":
            raise LinkEnded
        if values.get("result") != "ok" or values.get("member") != account.service_id:
            raise OutcomeUnknown("terminal's answer is not about this member")
        return Balances(available={POINTS: values["points"]}, as_of=_moment(values, "at"))

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.account is None or set(order.amounts) != {POINTS}:
            raise NotSent("terminal takes points of a linked account; nothing was sent")
        asked = {"member": order.account.service_id, "points": order.amounts[POINTS]}
        values = await self._request(
            "POST", f"/v1/orders/{quote(order.exchange_id, safe='')}/take", asked, statuses=(200, 409)
        )
        return _read(order.exchange_id, values)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
        values = await self._request("GET", f"/v1/orders/{quote(exchange_id, safe='')}")
        if values.get("result") == "not_taken" and values.get("order") == exchange_id:
            return NoRecord(exchange_id=exchange_id)
        return _read(exchange_id, values)

    async def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        statuses: tuple[int, ...] = (200,),
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._api_key.reveal()}"}
        answer = await self._http.request(method, self._base_url + path, headers=headers, json=body)
        if answer.status not in statuses:
            raise OutcomeUnknown(f"terminal answered with status {answer.status}")
        told = answer.json()
        if not isinstance(told, dict):
            raise OutcomeUnknown("terminal's answer is no JSON object")
        if (answer.status == 409) != (told.get("result") == "other_order"):
            raise OutcomeUnknown("terminal's status and result do not fit")
        return told


def _read(exchange_id: ExchangeId, told: Mapping[str, Any]) -> Debited | Declined | IdReused:
    if told.get("order") != exchange_id:
        raise OutcomeUnknown("terminal answered about another order")
    if told.get("result") == "taken":
        return Debited(
            exchange_id=exchange_id,
            reference=_text(told, "reference"),
            at=_moment(told, "at"),
            lines=(DebitLine(wallet=POINTS, amount=told["points"]),),
            service_id=_text(told, "member"),
        )
    if told.get("result") == "other_order":
        return IdReused(exchange_id=exchange_id)
    if told.get("result") == "declined" and told.get("reason") in DECLINES:
        return Declined(exchange_id=exchange_id, reason=DECLINES[told["reason"]])
    raise OutcomeUnknown("terminal says neither yes nor no")


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise OutcomeUnknown(f"terminal's answer has no {name}")
    return value


def _moment(told: Mapping[str, Any], name: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(told, name))
    except ValueError:
        raise OutcomeUnknown(f"terminal's answer has no moment {name}") from None
