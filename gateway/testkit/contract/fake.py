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

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, NoReturn

import httpx
import pytest
import respx

from gateway.model import DeclineReason, LinkedAccount, Secret
from gateway.partners.loading.checks import place_of_code
from gateway.testkit.stubs import HandClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One debit in the fake partner's book. `amounts` are as they arrived, whatever type they had."""

    exchange_id: str
    amounts: Mapping[str, object]
    holder: str
    reference: str
    at: datetime


@dataclass(slots=True)
class Meeting:
    """What was sent since the kit began to look, and what is to go wrong on the way."""

    requests: list[httpx.Request] = field(default_factory=list)
    faults: dict[int, httpx.Response | Exception] = field(default_factory=dict)
    moving_at: int | None = None


class FakePartner:
    """The base of an author's class. Attributes and words without a text here are explained in the guide."""

    base_url: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, str | int]] = {}
    secrets: ClassVar[Mapping[str, str]] = {}
    declines: ClassVar[tuple[DeclineReason, ...]] = (DeclineReason.REFUSED,)
    always_later: ClassVar[bool] = False
    """Every order is only taken in (`InProgress`); the yes or no comes when `find_debit` asks."""
    coupon_codes: ClassVar[tuple[str, str]] = ("KIT-COUPON-0001", "KIT-COUPON-0002")

    def __init__(self, clock: HandClock) -> None:
        """The kit makes one for each test."""
        self.clock = clock
        self.router = respx.MockRouter(base_url=self.base_url, assert_all_called=False)
        self.taken: dict[str, Taken] = {}
        self.given_back: dict[str, tuple[str, dict[str, object]]] = {}
        self.holdings: dict[str, dict[str, int]] = {}
        self.coupons: dict[str, int] = {}
        self.complaints: list[str] = []
        self.handed_out: set[str] = set()
        self.meeting = Meeting()
        self.met = 0
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

    def lists(self, day: date) -> None:
        """The partner tells every debit of that day (JST), out of `taken`, and what `returned` says of each."""
        self._not_written("lists")

    # --- what the kit gives the author -----------------------------------------------------------------------

    def takes(self, exchange_id: str, amounts: Mapping[str, object], holder: str = "") -> Taken:
        """Write a debit down under its id, once: the same id again is the same debit, told again.

        `amounts` by wallet, as they came; wallets with 0 are left out. `holder` is the token or coupon code.
        """
        self.meeting.moving_at = len(self.meeting.requests) - 1
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
        self.meeting.moving_at = len(self.meeting.requests) - 1
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

    def hands_out(self, secret: str) -> str:
        """A secret of the partner's making, such as an access token: the kit looks for it in logs and errors."""
        self.handed_out.add(secret)
        return secret

    def issue(self, exchange_id: str) -> str:
        """A one-time code for the browser to bring back from this visit."""
        self._codes_made += 1
        code = f"kit-code-{self._codes_made}-secret"
        self._codes[code] = exchange_id
        return code

    def redeem(self, code: str) -> str | None:
        """The exchange that the code was issued for, the first time it is asked; then, and for others, None."""
        return self._codes.pop(code, None)

    def account(self, member: str = "kit-member-1") -> LinkedAccount:
        """A linked member of the partner."""
        return LinkedAccount(
            service_id=member, shown_as=f"見本 {member}", token=Secret(f"kit-token-of-{member}")
        )

    def member_of(self, token: str) -> str | None:
        """Whose token is it? A member of `holdings`, or None."""
        return next((it for it in self.holdings if token == f"kit-token-of-{it}"), None)

    def looks_afresh(self, faults: Mapping[int, httpx.Response | Exception] | None = None) -> Meeting:
        """Begin to count requests anew; the request at each position of `faults` ends in that way instead."""
        self.meeting = Meeting(faults=dict(faults or {}))
        return self.meeting

    def meet(self, request: httpx.Request) -> httpx.Response | None:
        """Every request passes here first; None lets it go on to the author's answers."""
        self.met += 1
        position = len(self.meeting.requests)
        self.meeting.requests.append(request)
        fault = self.meeting.faults.get(position)
        if isinstance(fault, Exception):
            raise fault
        return fault

    def _not_written(self, word: str) -> NoReturn:
        file, line = place_of_code(type(self))
        says = (inspect.getdoc(getattr(FakePartner, word)) or "").splitlines()[0]
        pytest.fail(f"{type(self).__name__} has no {word}(); write it: {says} ({file}:{line})", pytrace=False)
