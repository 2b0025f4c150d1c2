"""An energy company: Shift_JIS XML and forms, errors in a 200, tokens of 300 seconds, a monthly cap, a file of the day.

A sample of the shape, not of a company. What is worth looking at: `HttpAnswer.xml` and `form_charset`, a token that is
fetched before it ends and never inside a debit, result codes of which only the documented ones mean something, the cap
that the member is told about, and a day file of any size that is read in pieces and given page by page.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

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
    DestinationKind,
    ExchangeId,
    FindAnswer,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    IdReused,
    InProgress,
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
    PartnerUnavailable,
    Rate,
    RateTable,
    Secret,
    Wallet,
    WalletId,
    hookimpl,
    read_lines,
)

POINTS = WalletId("denki")
COST_PER_UNIT = 500
CHARSET = "shift_jis"
COLUMNS = 6
TAKEN, NOT_TAKEN = "確定", ("処理中", "不成立")
"""The states of a row in the file of the day."""
RATES = RateTable(
    rates=(
        Rate(
            wallet=POINTS,
            destinations=frozenset(DestinationKind),
            cost_per_unit=COST_PER_UNIT,
            points_per_unit=500,
            source="sample values: this partner does not exist",
            sample=True,
        ),
    )
)
# The documented result codes; any other is neither yes nor no.
OK, LATER, OTHER_ORDER, UNKNOWN_ORDER, NO_LINK = "0000", "0100", "2009", "2004", "1001"
DECLINES = {
    "1001": DeclineReason.LINK_ENDED,
    "1002": DeclineReason.NOT_ENOUGH,
    "1003": DeclineReason.LIMIT_REACHED,
}


@dataclass(frozen=True, slots=True)
class Token:
    value: Secret
    ends_at: datetime


class Plugin:
    """Settings: `base_url`, `client_id`, `client_secret` (a secret)."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._clock = setup.clock
        self._client_id = setup.settings.text("client_id")
        self._client_secret = setup.settings.secret("client_secret")
        self._base_url = setup.settings.text("base_url").rstrip("/")
        self._token: Token | None = None
        self._profile = PartnerProfile(
            id="energy",
            name=Label("でんきポイント（見本）", "Energy Points (sample)"),
            kind=PartnerKind.ENERGY,
            link=LinkKind.ACCOUNT,
            points_name=Label("でんきポイント", "Energy points"),
            wallets=(Wallet(id=POINTS, name=Label("でんきポイント", "Energy points")),),
            hosts=(urlsplit(self._base_url).netloc,),
            arrives_within=timedelta(days=5),
            debits_may_hide_for=timedelta(minutes=30),
            terms=Label("交換後の取消はできません。", "An exchange cannot be taken back."),
            proves={"amount", "account"},
            keys_kept_for=timedelta(days=90),
            decides_within=timedelta(days=10),
            ids_ignore_case=True,
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        answer = await self._request("/hello", {})
        if _text(answer, "code") != OK:
            raise OutcomeUnknown("energy does not say that all is well")

    @hookimpl
    async def rate_table(self) -> RateTable:
        return RATES

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        query = urlencode({"visit": request.exchange_id, "return_url": request.return_url})
        return Handoff(url=f"{self._base_url}/connect?{query}")

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        answer = await self._request("/link", {"ticket": returned.query.get("ticket", "")})
        if _text(answer, "code") == NO_LINK:
            raise HandoffRefused("unknown_ticket")
        if _text(answer, "code") != OK or not self._is(answer, "visit", returned.exchange_id):
            raise OutcomeUnknown("energy does not say who came back")
        return LinkedAccount(service_id=_text(answer, "customer"), shown_as=_text(answer, "name"))

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        answer = await self._request("/points", {"customer": account.service_id})
        if _text(answer, "code") == NO_LINK:
            raise LinkEnded
        if _text(answer, "code") != OK or not self._is(answer, "customer", account.service_id):
            raise OutcomeUnknown("energy's answer is not about this customer")
        held, cap, used = (_whole(answer, name) for name in ("balance", "monthlyCap", "usedThisMonth"))
        month = self._clock().astimezone(JST).month
        notes: tuple[Label, ...] = ()
        if held > cap - used:
            notes = (
                Label(
                    f"{month}月の上限{cap:,}のうち{used:,}を交換済み",
                    f"{used:,} of this month's {cap:,} are exchanged",
                ),
            )
        return Balances(available={POINTS: max(0, min(held, cap - used))}, as_of=self._clock(), notes=notes)

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.account is None or set(order.amounts) != {POINTS}:
            raise NotSent("energy takes points of a linked account; nothing was sent")
        values = {
            "order": order.exchange_id,
            "customer": order.account.service_id,
            "points": str(order.amounts[POINTS]),
        }
        return self._debit(order.exchange_id, await self._request("/take", values))

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
        answer = await self._request("/find", {"order": exchange_id})
        if _text(answer, "code") == UNKNOWN_ORDER and self._is(answer, "order", exchange_id):
            return NoRecord(exchange_id=exchange_id)
        return self._debit(exchange_id, answer)

    @hookimpl
    async def debits_on(self, day: date) -> AsyncIterator[Sequence[DebitRecord]]:
        token = await self._fresh_token()
        signed = {"Authorization": f"Bearer {token.reveal()}"}
        async with self._http.stream(f"{self._base_url}/days/{day.isoformat()}.csv", headers=signed) as file:
            if file.status != 200:
                raise OutcomeUnknown(f"energy's file of the day came with status {file.status}")
            rows, end = 0, ""
            async for lines in read_lines(file.pieces(), CHARSET):
                if end:
                    raise OutcomeUnknown("energy's file of the day goes on after its end")
                if lines[-1].startswith("END,"):
                    end = lines.pop()
                rows += len(lines)
                yield await asyncio.to_thread(_records, lines)
            if end != f"END,{rows}":  # half a file is no file
                raise OutcomeUnknown("energy's file of the day is not whole")

    # --- how it is asked ----------------------------------------------------------------------------------------

    async def _request(self, path: str, form: Mapping[str, str]) -> Element:
        token = await self._fresh_token()
        answer = await self._http.post(
            self._base_url + path,
            headers={"Authorization": f"Bearer {token.reveal()}"},
            form=form,
            form_charset=CHARSET,
        )
        if answer.status == 503 and answer.retry_after_s is not None and path != "/take":
            raise PartnerUnavailable("energy asks for patience", answer.retry_after_s)
        if answer.status != 200:
            raise OutcomeUnknown(f"energy answered with status {answer.status}")
        try:
            return answer.xml()
        except ValueError:
            raise OutcomeUnknown("energy's answer is no XML") from None

    async def _fresh_token(self) -> Secret:
        """One for all members, fetched anew a minute before its end."""
        token = self._token
        if token is None or token.ends_at - self._clock() < timedelta(seconds=60):
            asked = {"client_id": self._client_id, "client_secret": self._client_secret.reveal()}
            answer = await self._http.post(f"{self._base_url}/token", form=asked)
            if answer.status != 200:
                raise OutcomeUnknown("energy gives no token")
            element = answer.xml()
            lasts = timedelta(seconds=_whole(element, "seconds"))
            token = self._token = Token(Secret(_text(element, "token")), self._clock() + lasts)
        return token.value

    def _is(self, answer: Element, name: str, expected: str) -> bool:
        """Its ids come back in capital letters."""
        return _text(answer, name).casefold() == expected.casefold()

    def _debit(self, exchange_id: ExchangeId, answer: Element) -> Debited | Declined | InProgress | IdReused:
        if not self._is(answer, "order", exchange_id):
            raise OutcomeUnknown("energy answered about another order")
        code = _text(answer, "code")
        if code == OK:
            return Debited(
                exchange_id=exchange_id,
                reference=_text(answer, "number"),
                at=_moment(_text(answer, "takenAt")),
                lines=(DebitLine(wallet=POINTS, amount=_whole(answer, "points")),),
                service_id=_text(answer, "customer"),
            )
        if code == LATER:
            return InProgress(exchange_id=exchange_id)
        if code == OTHER_ORDER:
            return IdReused(exchange_id=exchange_id)
        if code in DECLINES:
            return Declined(exchange_id=exchange_id, reason=DECLINES[code])
        raise OutcomeUnknown("energy's result code is not documented")


def _records(lines: Sequence[str]) -> list[DebitRecord]:
    """The debits among the lines. A row in a state that is not documented may be one: it is never left out."""
    rows = list(csv.reader(lines))
    if any(len(row) != COLUMNS or row[-1] not in (TAKEN, *NOT_TAKEN) for row in rows):
        raise OutcomeUnknown("energy's file of the day has a row that is not documented")
    return [_record(row) for row in rows if row[-1] == TAKEN]


def _record(row: Sequence[str]) -> DebitRecord:
    order, number, customer, points, at, _ = row
    return DebitRecord(
        exchange_id=ExchangeId(order),
        reference=number,
        lines=(DebitLine(wallet=POINTS, amount=_number(points, "points")),),
        at=_moment(at),
        service_id=customer,
    )


def _text(answer: Element, name: str) -> str:
    text = answer.findtext(name)
    if not text:
        raise OutcomeUnknown(f"energy's answer has no {name}")
    return text


def _whole(answer: Element, name: str) -> int:
    return _number(_text(answer, name), name)


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise OutcomeUnknown(f"energy's {name} is no whole number")
    return int(text)


def _moment(text: str) -> datetime:
    """Its moments are Japan's, without an offset: 20261102120000."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=JST)
    except ValueError:
        raise OutcomeUnknown("energy's moment cannot be read") from None
