"""A plugin of another shape than the scaffold's: tokens of 300 s, nested states, number codes, 201/202/409/410/429.

Its partner is invented, as are its words. The contract kit's own tests make mistakes in it, one at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from gateway import (
    JST,
    Balances,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    Destination,
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
    OutcomeUnknown,
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
from gateway.model import DestinationKind

BASE, BONUS = WalletId("base"), WalletId("bonus")
LOGIN = "https://login.hikari.example"
API = "https://api.hikari.example"
REASONS = {31: DeclineReason.NOT_ENOUGH, 32: DeclineReason.LIMIT_REACHED, 39: DeclineReason.REFUSED}
EVERYWHERE = frozenset(DestinationKind)
RATES = RateTable(
    rates=(
        Rate(
            wallet=BASE,
            destinations=EVERYWHERE,
            cost_per_unit=100,
            points_per_unit=100,
            source="s",
            sample=True,
        ),
        Rate(
            wallet=BONUS,
            destinations=EVERYWHERE,
            cost_per_unit=50,
            points_per_unit=40,
            source="s",
            sample=True,
        ),
    )
)
PROFILE = PartnerProfile(
    id="hikari",
    name=Label("ひかり", "Hikari"),
    kind=PartnerKind.ENERGY,
    link=LinkKind.ACCOUNT,
    points_name=Label("ひかりポイント", "Hikari points"),
    wallets=(
        Wallet(id=BASE, name=Label("基本ポイント", "Base points")),
        Wallet(id=BONUS, name=Label("ボーナス", "Bonus points")),
    ),
    hosts=(urlsplit(API).netloc, urlsplit(LOGIN).netloc),
    arrives_within=timedelta(days=1),
    debits_may_hide_for=timedelta(minutes=5),
    proves={"amount", "account"},
    terms=Label("交換後の取消はできません。", "An exchange cannot be taken back."),
)


class Unread(Exception):
    """The answer is none that the partner documents."""


class Hikari:
    def __init__(self, setup: PartnerSetup) -> None:
        self._http, self._clock, self._log = setup.http, setup.clock, setup.log
        self._client_secret = setup.settings.secret("client_secret")
        self._token, self._good_until = Secret(""), datetime(2000, 1, 1, tzinfo=JST)

    # --- how the partner is asked ------------------------------------------------------------------------------

    async def _access(self) -> str:
        if self._clock() >= self._good_until:
            form = {"grant_type": "client_credentials", "client_secret": self._client_secret.reveal()}
            answer = await self._http.post(f"{LOGIN}/token", form=form)
            told = JsonAnswer.read(answer, partner="hikari", asked="/token")
            self._token = Secret(told.text("access_token"))
            self._good_until = self._clock() + timedelta(seconds=told.whole("expires_in") - 30)
        return self._token.reveal()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        member: Secret | None = None,
    ) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {await self._access()}"}
        if member is not None:
            headers["X-Member"] = member.reveal()
        answer = await self._http.request(method, API + path, headers=headers, json=body, params=params)
        if answer.status == 503 and method == "GET":
            raise PartnerUnavailable("hikari asks for patience", answer.retry_after_s)
        self._log.info("hikari_asked", method=method, status=answer.status)
        return answer

    # --- hooks -------------------------------------------------------------------------------------------------

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return PROFILE

    @hookimpl
    def wallet_priority(self, destination: Destination, at: datetime) -> Sequence[WalletId]:
        return (BONUS, BASE)

    @hookimpl
    async def check_connection(self) -> None:
        answer = _object(await self._send("GET", "/v2/ping"), 200)
        if answer.get("ok") is not True:
            raise OutcomeUnknown("hikari does not say that all is well")

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:
        return RATES

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        body = {"visit": request.exchange_id, "returnUrl": request.return_url}
        visit = _part(_object(await self._send("POST", "/v2/visits", body=body), 201), "visit")
        if visit.get("id") != request.exchange_id:
            raise OutcomeUnknown("hikari answered about another visit")
        return Handoff(url=_text(visit, "url"), keep={"visit": request.exchange_id})

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        if returned.query.get("visit") != returned.exchange_id:
            raise HandoffRefused("other_exchange")
        path = f"/v2/visits/{quote(returned.exchange_id, safe='')}/redeem"
        answer = await self._send("POST", path, body={"code": returned.query.get("code", "")})
        if answer.status == 409 and _error(answer) == "CODE_USED":
            raise HandoffRefused("code_used")
        told = _object(answer, 200)
        if told.get("visit") != returned.exchange_id:
            raise OutcomeUnknown("hikari answered about another visit")
        member = _part(told, "member")
        return LinkedAccount(
            service_id=_text(member, "id"),
            shown_as=_text(member, "display"),
            token=Secret(_text(member, "token")),
        )

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        if account.token is None:
            raise LinkEnded
        path = f"/v2/members/{quote(account.service_id, safe='')}/balance"
        answer = await self._send("GET", path, member=account.token)
        if answer.status == 410 and _error(answer) == "LINK_ENDED":
            raise LinkEnded
        told = _object(answer, 200)
        if told.get("member") != account.service_id:
            raise OutcomeUnknown("hikari answered about another member")
        return Balances(
            available={line.wallet: line.amount for line in _lines(told, "programmes", zero=True)},
            as_of=_moment(told, "asOf"),
        )

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.account is None or order.account.token is None:
            raise NotSent("hikari takes points of a linked account; nothing was sent")
        items = [{"programme": wallet, "points": amount} for wallet, amount in order.amounts.items()]
        body = {"id": order.exchange_id, "items": items}
        answer = await self._send("POST", "/v2/debits", body=body, member=order.account.token)
        if answer.status == 409 and _error(answer) == "ID_USED":
            return IdReused(exchange_id=order.exchange_id)
        if answer.status == 429 and _error(answer) == "SLOW_DOWN":
            wait = timedelta(seconds=answer.retry_after_s) if answer.retry_after_s is not None else None
            return NotProcessed(exchange_id=order.exchange_id, retry_after=wait)
        return _debit(order.exchange_id, answer)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
        answer = await self._send("GET", f"/v2/debits/{quote(exchange_id, safe='')}")
        if answer.status == 404 and _error(answer, about=exchange_id) == "NO_SUCH_DEBIT":
            return NoRecord(exchange_id=exchange_id)
        return _debit(exchange_id, answer)

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:
        amounts: dict[WalletId, int] = {}
        for line in reversal.lines:
            amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
        items = [{"programme": wallet, "points": amount} for wallet, amount in amounts.items()]
        body = {"refundId": reversal.reversal_id, "items": items}
        path = f"/v2/debits/{quote(reversal.exchange_id, safe='')}/refunds"
        answer = await self._send("POST", path, body=body)
        refund = _part(_object(answer, 200, 201, 202), "refund")
        if (refund.get("id"), refund.get("debit")) != (reversal.reversal_id, reversal.exchange_id):
            raise OutcomeUnknown("hikari answered about another refund")
        match answer.status, refund.get("state"):
            case 201, "DONE":
                if {it.wallet: it.amount for it in _lines(refund, "items")} != amounts:
                    raise OutcomeUnknown("hikari gave another amount back")
                return Reversed(
                    reversal_id=reversal.reversal_id,
                    reference=_text(refund, "number"),
                    at=_moment(refund, "at"),
                    lines=_lines(refund, "items"),
                )
            case 202, "WAITING":
                return InProgress(exchange_id=reversal.exchange_id)
            case 200, "REFUSED":
                return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)
        raise OutcomeUnknown("hikari says neither yes nor no")

    @hookimpl
    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:
        debit, refund_id = (quote(it, safe="") for it in (reversal.exchange_id, reversal.reversal_id))
        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")
        if answer.status == 404 and _error(answer, about=reversal.reversal_id) == "NO_SUCH_REFUND":
            return NoRecord(exchange_id=reversal.exchange_id)
        refund = _part(_object(answer, 200), "refund")
        if refund.get("id") != reversal.reversal_id or refund.get("debit") != reversal.exchange_id:
            raise OutcomeUnknown("hikari tells of another refund")
        if refund.get("state") != "DONE":
            raise OutcomeUnknown("hikari has not given back")
        return Reversed(
            reversal_id=reversal.reversal_id,
            reference=_text(refund, "number"),
            at=_moment(refund, "at"),
            lines=_lines(refund, "items"),
        )

    @hookimpl
    async def debits_on(self, day: date) -> Sequence[DebitRecord]:
        start = datetime.combine(day, time(0), JST)
        span = {"from": start.isoformat(), "to": (start + timedelta(days=1)).isoformat()}
        records: list[DebitRecord] = []
        cursor = ""
        while True:
            params = {**span, "cursor": cursor} if cursor else span
            answer = _object(await self._send("GET", "/v2/debits", params=params), 200)
            rows = answer.get("debits")
            if not isinstance(rows, list):
                raise OutcomeUnknown("hikari lists nothing")
            for row in rows:
                match row.get("state"):
                    case "DONE":
                        records.append(_record(row))
                    case "WAITING" | "REFUSED":
                        continue
                    case _:
                        raise OutcomeUnknown("hikari lists a state that it does not document")
            if "next" not in answer:
                raise OutcomeUnknown("hikari does not say whether there is more")
            if answer["next"] is None:
                return records
            cursor = _text(answer, "next")


# --- how its answers are read ----------------------------------------------------------------------------------


def _debit(exchange_id: ExchangeId, answer: HttpAnswer) -> Debited | Declined | InProgress:
    debit = _part(_object(answer, 200, 201, 202), "debit")
    if debit.get("id") != exchange_id:
        raise OutcomeUnknown("hikari answered about another debit")
    match debit.get("state"):
        case "DONE":
            return Debited(
                exchange_id=exchange_id,
                reference=_text(debit, "number"),
                at=_moment(debit, "at"),
                lines=_lines(debit, "items"),
                service_id=_text(debit, "member"),
            )
        case "WAITING":
            return InProgress(exchange_id=exchange_id)
        case "REFUSED" if (reason := REASONS.get(debit.get("code", 0))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
    raise OutcomeUnknown("hikari says neither yes nor no")


def _record(row: Mapping[str, Any]) -> DebitRecord:
    return DebitRecord(
        exchange_id=ExchangeId(_text(row, "id")),
        reference=_text(row, "number"),
        lines=_lines(row, "items"),
        at=_moment(row, "at"),
        given_back=_lines(row, "refunded"),
        service_id=_text(row, "member"),
    )


def _object(answer: HttpAnswer, *statuses: int) -> dict[str, Any]:
    if answer.status not in statuses:
        raise OutcomeUnknown(f"hikari answered with status {answer.status}")
    try:
        fields = answer.json()
    except ValueError:
        raise OutcomeUnknown("hikari's answer is no JSON") from None
    if not isinstance(fields, dict):
        raise OutcomeUnknown("hikari's answer is no object")
    return fields


def _error(answer: HttpAnswer, about: str | None = None) -> str | None:
    """The code of a documented error; None where it is none, or about something else."""
    try:
        error = _part(_object(answer, answer.status), "error")
    except OutcomeUnknown:
        return None
    if about is not None and error.get("id") != about:
        return None
    return error.get("code")


def _part(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = fields.get(name)
    if not isinstance(part, dict):
        raise OutcomeUnknown(f"hikari's answer has no {name}")
    return part


def _text(fields: Mapping[str, Any], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not text:
        raise OutcomeUnknown(f"hikari's {name} is no text")
    return text


def _moment(fields: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(fields, name))
    except ValueError:
        raise OutcomeUnknown(f"hikari's {name} is no moment") from None
    return moment.astimezone(JST)


def _lines(fields: Mapping[str, Any], name: str, *, zero: bool = False) -> tuple[DebitLine, ...]:
    rows = fields.get(name)
    if not isinstance(rows, list):
        raise OutcomeUnknown(f"hikari's {name} is no list")
    lines = []
    for row in rows:
        points = row.get("points") if isinstance(row, dict) else None
        if type(points) is not int or points < 0 or row.get("programme") not in (BASE, BONUS):
            raise OutcomeUnknown(f"hikari's {name} has a row that is none")
        if points or zero:
            lines.append(DebitLine(wallet=WalletId(row["programme"]), amount=points))
    return tuple(lines)
