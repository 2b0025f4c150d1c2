"""The partner as a test sees it: the author writes what it answers, in the words of the contract.

    class AcmeServer(FakePartner):
        base_url = "https://points.acme.example"

        def will_debit(self) -> None:
            self.router.post("/v1/debits").mock(side_effect=self._debit)

        def _debit(self, request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            taken = self.takes(asked["exchange_id"], {"points": asked["points"]}, holder=asked["token"])
            return httpx.Response(200, json={"result": "debited", "reference": taken.reference, …})

Each word says how the partner answers from now on; a later word replaces an earlier one. `takes` is the
partner's book: the kit reads there what arrived, under which id, from whom. Nothing listens anywhere.
"""
# ruff: noqa: ARG002  the words have arguments for those who write them

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, NoReturn

import httpx
import pytest
import respx
from respx.models import AllMockedAssertionError

from gateway.model import BalanceLot, DeclineReason, LinkedAccount, Secret, WalletId
from gateway.partners.loading.checks import place_of_code
from gateway.testkit.bodies import read_body
from gateway.testkit.contract.documented import DocumentedAnswer
from gateway.testkit.stubs import FilesSftp, HandClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One debit in the fake partner's book. `amounts` are as they arrived, whatever type they had."""

    exchange_id: str
    amounts: Mapping[str, object]
    holder: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Instead:
    """An answer that is made for the request; the partner is not asked and does nothing."""

    answer: Callable[[httpx.Request], httpx.Response]


Fault = httpx.Response | Exception | Instead | Callable[[httpx.Request, httpx.Response], httpx.Response]
"""An answer in place of the partner's, an error on the way, or what becomes of the partner's answer."""


@dataclass(slots=True)
class Meeting:
    """What was sent since the kit began to look, what was answered, and what is to go wrong on the way.

    A fault belongs to the request at its position. `sticky`: whatever is asked of the same address afterwards ends in
    the same way, so that a plugin which may ask again is not content because the second answer was a good one.
    """

    requests: list[httpx.Request] = field(default_factory=list)
    answers: dict[int, httpx.Response] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    sticky: bool = False
    moving: list[int] = field(default_factory=list)

    @property
    def moving_at(self) -> int | None:
        """Where the last request stands that moved points."""
        return self.moving[-1] if self.moving else None


class _Line(respx.MockRouter):
    """Stands where the network was: every request of this process comes to the fake partner."""

    def __init__(self, partner: FakePartner) -> None:
        super().__init__(assert_all_called=False)
        self._partner = partner

    def handler(self, request: httpx.Request) -> httpx.Response:
        return self._partner.meet_now(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        return await self._partner.meet(request)


class FakePartner:
    """The base of an author's class. Attributes and words without a text here are explained in the guide."""

    base_url: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, str | int]] = {}
    secrets: ClassVar[Mapping[str, str]] = {}
    declines: ClassVar[tuple[DeclineReason, ...]] = (DeclineReason.REFUSED,)
    always_later: ClassVar[bool] = False
    """Every order is only taken in (`InProgress`); the yes or no comes when `find_debit` asks."""
    documented: ClassVar[tuple[DocumentedAnswer, ...]] = ()
    """What the partner's documents say besides a plain yes and a plain no: its 401, 409, 429, its error in a 200."""
    tells_last_days: ClassVar[bool] = False
    """`tells_balances` tells the points of `self.lots_of(member)`, each with its last day, in their order."""
    coupon_codes: ClassVar[tuple[str, str]] = ("KIT-COUPON-0001", "KIT-COUPON-0002")

    def __init__(self, clock: HandClock) -> None:
        """The kit makes one for each test."""
        self.clock = clock
        self.router = respx.MockRouter(base_url=self.base_url, assert_all_called=False)
        self.taken: dict[str, Taken] = {}
        self.pending: dict[str, Taken] = {}
        self.refused: dict[str, Taken] = {}
        self.given_back: dict[str, tuple[str, dict[str, object]]] = {}
        self.holdings: dict[str, dict[str, int]] = {}
        self.coupons: dict[str, int] = {}
        self.lots: dict[str, tuple[BalanceLot, ...]] = {}
        self.complaints: list[str] = []
        self.handed_out: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.sftp = FilesSftp(self.files)
        self.meeting = Meeting()
        self.met = 0
        self.unanswered: list[str] = []
        self.tokens: dict[str, datetime] = {}
        self.tokens_of_before: dict[str, str] = {}
        self.used_after_end: list[str] = []
        self.visitors: dict[str, str] = {}
        self.adds_to_answers: Callable[[httpx.Request, httpx.Response], httpx.Response] | None = None
        self.answered_texts: list[httpx.Response] = []
        self.visitors_seen = False
        self.answers_unevenly = False
        self._visitor = ""
        self._position = 0
        self._codes: dict[str, str] = {}
        self._codes_made = 0

    # --- what the author writes: every partner ---------------------------------------------------------------

    def is_well(self) -> None:
        """The partner answers `check_connection`."""
        self._not_written("is_well")

    def will_debit(self) -> None:
        """The partner says yes to every debit, and writes it down with `takes`."""
        self._not_written("will_debit")

    def will_decline(self, reason: DeclineReason) -> None:
        """The partner says an explicit no to every debit, for one of `declines`."""
        self._not_written("will_decline")

    def remembers(self, exchange_id: str) -> None:
        """Asked about this debit, the partner says that it was taken."""
        self._not_written("remembers")

    def forgets(self, exchange_id: str) -> None:
        """Asked about this debit, the partner says that it knows nothing of it."""
        self._not_written("forgets")

    def remembers_refusal(self, exchange_id: str, reason: DeclineReason) -> None:
        """Asked about this debit, the partner says that it refused it, for this reason."""
        self._not_written("remembers_refusal")

    # --- what the author writes: an account link -------------------------------------------------------------

    def will_link(self) -> None:
        """The partner takes visits: it answers `begin_handoff`, and proves codes with `redeem`."""
        self._not_written("will_link")

    def comes_back(self, exchange_id: str) -> dict[str, str]:
        """What the browser carries after the member agreed; its one-time code is made by `issue`."""
        self._not_written("comes_back")

    def tells_balances(self) -> None:
        """The partner tells each member's points out of `holdings`, found by `member_of` the token."""
        self._not_written("tells_balances")

    def has_ended_the_link(self) -> None:
        """Asked for balances, the partner says that it no longer accepts the link."""
        self._not_written("has_ended_the_link")

    # --- what the author writes: a coupon link ---------------------------------------------------------------

    def values_coupons(self) -> None:
        """The partner tells what a coupon is worth out of `coupons`, and says no to a code that is not there."""
        self._not_written("values_coupons")

    # --- what the author writes for 松 -----------------------------------------------------------------------

    def will_decide_later(self) -> None:
        """The partner takes the order in and will decide; asked about it, it says the same."""
        self._not_written("will_decide_later")

    def will_give_back(self) -> None:
        """The partner says yes to every reversal, and writes it down with `gives_back`."""
        self._not_written("will_give_back")

    def will_refuse_to_give_back(self) -> None:
        """The partner says an explicit no to every reversal."""
        self._not_written("will_refuse_to_give_back")

    def will_give_back_later(self) -> None:
        """The partner takes every reversal in and decides later."""
        self._not_written("will_give_back_later")

    def remembers_reversal(self, reversal_id: str) -> None:
        """Asked about this reversal, the partner says that it has given back."""
        self._not_written("remembers_reversal")

    def forgets_reversal(self, reversal_id: str) -> None:
        """Asked about this reversal, the partner says that it knows nothing of it."""
        self._not_written("forgets_reversal")

    def lists(self, day: date) -> None:
        """The partner tells every debit of that day (JST), out of `taken`, and what `returned` says of each.

        Where its list has rows of orders that are `pending` or `refused` too, so has this one.
        """
        self._not_written("lists")

    def pushes(self, exchange_id: str) -> tuple[Mapping[str, str], bytes]:
        """The headers and the body with which the partner says now, by itself, that something became of this debit."""
        self._not_written("pushes")

    # --- what the kit gives the author -----------------------------------------------------------------------

    def lots_of(self, holder: str) -> tuple[BalanceLot, ...]:
        """What a member's points are made of, in the order in which the partner draws on them."""
        plain = (
            BalanceLot(wallet=WalletId(wallet), amount=points, last_day=None)
            for wallet, points in self.holdings.get(holder, {}).items()
            if points
        )
        return self.lots.get(holder) or tuple(plain)

    def takes(self, exchange_id: str, amounts: Mapping[str, object], holder: str = "") -> Taken:
        """Write a debit down under its id, once: the same id again is the same debit, told again.

        `amounts` by wallet, as they came; wallets with 0 are left out. `holder` is the token or coupon code.
        """
        self.meeting.moving.append(self._position)
        amounts = {wallet: amount for wallet, amount in amounts.items() if amount}
        for wallet, amount in amounts.items():
            if type(amount) is not int:
                self.complaints.append(
                    f"the partner was sent {amount!r} of {wallet}; points are whole numbers, so send an int"
                )
        known = self.taken.get(exchange_id)
        if known is not None:
            if (known.amounts, known.holder) != (amounts, holder):
                self.complaints.append(
                    "the same exchange id came with another content; send the order as it is, every time"
                )
            return known
        taken = Taken(
            exchange_id=exchange_id,
            amounts=amounts,
            holder=holder,
            reference=f"REF-{len(self.taken) + 1}",
            at=self.clock(),
        )
        self.taken[exchange_id] = taken
        return taken

    def gives_back(self, reversal_id: str, exchange_id: str, amounts: Mapping[str, object]) -> None:
        """Write a reversal down under its id, once."""
        self.meeting.moving.append(self._position)
        content = (exchange_id, {wallet: amount for wallet, amount in amounts.items() if amount})
        if self.given_back.setdefault(reversal_id, content) != content:
            self.complaints.append("the same reversal id came with another content; send it as it is")

    def returned(self, exchange_id: str) -> dict[str, int]:
        """What was given back of a debit until now, by wallet."""
        amounts: dict[str, int] = {}
        for of, lines in self.given_back.values():
            for wallet, amount in lines.items() if of == exchange_id else ():
                amounts[wallet] = amounts.get(wallet, 0) + int(str(amount))
        return amounts

    def hands_out(self, secret: str, *, lasts: timedelta | None = None) -> str:
        """A secret of the partner's making, such as an access token: the kit looks for it in logs and errors.

        `lasts`: how long it is good; a request that carries it afterwards is a mistake. The kit finds out by itself
        where a JSON answer has `access_token` and `expires_in`.
        """
        self.handed_out.add(secret)
        if lasts is not None:
            self.tokens[secret] = self.clock() + lasts
        return secret

    def let_tokens_end(self) -> None:
        """The clock goes on until every access token is over, so that the next calls get new ones at the same time."""
        if self.tokens:
            self.clock.forward(max(self.tokens.values()) - self.clock() + timedelta(seconds=1))

    def issue(self, exchange_id: str) -> str:
        """A one-time code for the browser to bring back from this visit."""
        self._codes_made += 1
        code = f"kit-code-{self._codes_made}-secret"
        self._codes[code] = exchange_id
        return code

    def redeem(self, code: str) -> str | None:
        """The exchange that the code was issued for, the first time it is asked; then, and for others, None."""
        exchange_id = self._codes.pop(code, None)
        self._visitor = self.visitors.get(exchange_id or "", "")
        return exchange_id

    def account(self, member: str = "") -> LinkedAccount:
        """A linked member of the partner; without a name, the one whose code was redeemed last."""
        if not member and self._visitor:
            member, self.visitors_seen = self._visitor, True
        member = member or "kit-member-1"
        return LinkedAccount(
            service_id=member, shown_as=f"見本 {member}", token=Secret(f"kit-token-of-{member}")
        )

    def account_of_before(self, member: str) -> LinkedAccount:
        """The same member as linked before: the token is good until `links_anew`."""
        old = Secret(f"kit-token-before-of-{member}")
        self.tokens_of_before[old.reveal()] = member
        return replace(self.account(member), token=old)

    def links_anew(self) -> None:
        """Each member has linked again: only the tokens of `account` are good."""
        self.tokens_of_before.clear()

    def member_of(self, token: str) -> str | None:
        """Whose token is it? A member of `holdings`, or None."""
        known = next((it for it in self.holdings if token == f"kit-token-of-{it}"), None)
        return known or self.tokens_of_before.get(token)

    def looks_afresh(self, faults: Mapping[int, Fault] | None = None, *, sticky: bool = False) -> Meeting:
        """Begin to count requests anew; the request at each position of `faults` ends in that way instead."""
        self.meeting = Meeting(faults=dict(faults or {}), sticky=sticky)
        return self.meeting

    def says(self, word: str) -> bool:
        """Has the author written this word?"""
        return getattr(type(self), word) is not getattr(FakePartner, word)

    def line(self) -> respx.MockRouter:
        """The network, as long as a test runs: `with server.line(): …`."""
        return _Line(self)

    async def meet(self, request: httpx.Request) -> httpx.Response:
        """Every request comes here, and waits as it would on a network, so that calls at one time do interleave."""
        meeting, position = self.meeting, self._arrives(request)
        # Unevenly, the later of two that wait together is answered first, every other time.
        for _ in range(3 + 4 * (self.met % 2) * self.answers_unevenly):
            await asyncio.sleep(0)
        fault = meeting.faults.get(position)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response | Instead):
            answer = copied(fault) if isinstance(fault, httpx.Response) else fault.answer(request)
        else:
            self._position = position
            try:
                answer = await self.router.async_handler(request)
            except AllMockedAssertionError:
                self.unanswered.append(f"{request.method} {request.url.path}")
                raise
        answer = self._leaves(meeting, position, request, answer, fault)
        await asyncio.sleep(0)
        return answer

    def meet_now(self, request: httpx.Request) -> httpx.Response:
        """The same for a plugin that waits for its answer without giving way."""
        meeting, position = self.meeting, self._arrives(request)
        fault = meeting.faults.get(position)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response | Instead):
            answer = copied(fault) if isinstance(fault, httpx.Response) else fault.answer(request)
            return self._leaves(meeting, position, request, answer, fault)
        self._position = position
        return self._leaves(meeting, position, request, self.router.handler(request), fault)

    def _arrives(self, request: httpx.Request) -> int:
        self.met += 1
        meeting = self.meeting
        position = len(meeting.requests)
        if meeting.sticky and position not in meeting.faults:
            before = [it for it in meeting.faults if it < position]
            same = [it for it in before if _same_address(meeting.requests[it], request)]
            if same:
                meeting.faults[position] = meeting.faults[same[-1]]
        meeting.requests.append(request)
        over = [token for token, ends_at in self.tokens.items() if self.clock() >= ends_at]
        if any(re.search(rf"(?<![\w-]){re.escape(it)}(?![\w-])", _whole(request)) for it in over):
            self.used_after_end.append(f"{request.method} {request.url.path}")
        return position

    def _leaves(
        self,
        meeting: Meeting,
        position: int,
        request: httpx.Request,
        answer: httpx.Response,
        fault: Fault | None,
    ) -> httpx.Response:
        self._hears_of_tokens(answer)
        self.answered_texts.append(answer)
        if fault is None and self.adds_to_answers is not None:
            answer = self.adds_to_answers(request, copied(answer))
        if fault is not None and not isinstance(fault, httpx.Response | Exception | Instead):
            answer = fault(request, copied(answer))
        meeting.answers[position] = copied(answer)
        return answer

    def _hears_of_tokens(self, answer: httpx.Response) -> None:
        """An access token that is answered together with its life is known from then on."""
        body = read_body(answer.content, answer.headers.get("content-type", ""))
        values = body.values if body is not None else {}
        token, life = values.get("access_token"), values.get("expires_in")
        if isinstance(token, str) and str(life).isdigit():
            self.hands_out(token, lasts=timedelta(seconds=int(str(life))))

    def _not_written(self, word: str) -> NoReturn:
        file, line = place_of_code(type(self))
        says = (inspect.getdoc(getattr(FakePartner, word)) or "").splitlines()[0]
        pytest.fail(f"{type(self).__name__} has no {word}(); write it: {says} ({file}:{line})", pytrace=False)


def copied(answer: httpx.Response) -> httpx.Response:
    """An answer of its own: one that was sent cannot be sent again."""
    copy = httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))
    copy.read()
    return copy


def _same_address(request: httpx.Request, other: httpx.Request) -> bool:
    return request.method == other.method and request.url.copy_with(query=None) == other.url.copy_with(
        query=None
    )


def _whole(request: httpx.Request) -> str:
    """Everything that a request carries."""
    headers = " ".join(request.headers.values())
    return f"{request.url} {headers} {request.content.decode('utf-8', 'replace')}"
