"""One small exchange against the partner's test system: each step is shown, agreed to, and confirmed by the operator.

    check, link, balance, one debit of the fewest units, find it, give a part back, the day's list

Nothing is written to a ledger. What passed is recorded as a test without secrets, and the run is signed as a proof. However
it ends, it says what stands at the partner: a test member's points do not come back by themselves.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils import uuid7

from gateway.errors import GatewayError, NotSent, ProblemError
from gateway.model import (
    JST,
    Balances,
    Coupon,
    CouponValue,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    Destination,
    DestinationKind,
    ExchangeId,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    InProgress,
    LinkedAccount,
    LinkKind,
    NotProcessed,
    Rate,
    Reversal,
    Reversed,
    Secret,
    WalletId,
    amounts_by_wallet,
)
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.partners.proof import PluginProof, ProofKind, plugin_files, write_proof
from gateway.plugin_interfaces import Clock
from gateway.testkit.contract.provenance import Provenance
from gateway.workbench.bench import Bench
from gateway.workbench.export import as_test

_T = TypeVar("_T")
RETURN_URL: Final = "https://gateway.example/returns/live?state=live"


class Operator(Protocol):
    """Who sits in front of it. Whoever stops at a question has said no to it, and typed nothing."""

    def say(self, text: str) -> None: ...
    async def confirms(self, question: str) -> bool: ...
    async def types(self, question: str) -> str: ...


class LiveStopped(ProblemError):
    """The run ended before its end; nothing is proven. The text says at which step, and what stands at the partner."""

    def __init__(self, text: str, stands: str) -> None:
        super().__init__("live-stopped", f"{text}; no proof was written. {stands}")


class _Stopped(Exception):
    """The same, said where what stands is not known."""


@dataclass(slots=True)
class LiveRun:
    """The steps that were done and confirmed, in order."""

    bench: Bench
    operator: Operator
    clock: Clock
    return_url: str = RETURN_URL
    steps: list[str] = field(default_factory=list)
    stands: str = "Nothing stands at the partner."
    """What the partner has of this run now, and what is to be done about it."""

    async def run(self) -> None:
        """Raises LiveStopped at the first step that does not end as it should, or is not confirmed."""
        try:
            await self._run()
        except _Stopped as fault:
            raise LiveStopped(str(fault), self.stands) from None
        except asyncio.CancelledError:
            self.operator.say(f"stopped; no proof was written. {self.stands}")
            raise
        self.operator.say(self.stands)

    async def _run(self) -> None:
        partner, profile = self.bench.partner, self.bench.partner.profile
        self.operator.say(
            f"{profile.name.en}: everything below is sent to {', '.join(profile.hosts)}\n"
            "Each step is shown when it is done. No points move before you agree to it; a no ends the run."
        )
        await self._step(
            "the connection is checked",
            partner.check_connection,
            type(None),
            lambda _: "it is accepted",
            question="Is that the partner's test system, and go on?",
        )
        order = await self._order()
        amounts = _words(order)
        if not await self.operator.confirms(
            f"Take {amounts} of the test member's points, under {order.exchange_id}?"
        ):
            raise _Stopped("the debit was not wanted")
        debited = await self._debited(order)
        if partner.can("reverse_debit"):
            await self._give_back(order, debited)
        if partner.can("debits_on"):
            await self._list(order)

    # --- the steps -----------------------------------------------------------------------------------------------

    async def _order(self) -> DebitOrder:
        """Of the first wallet that holds enough, two units or the fewest that its rate allows; a coupon whole."""
        account, coupon = None, None
        if self.bench.partner.profile.link is LinkKind.COUPON:
            coupon, value = await self._coupon()
            held = {value.wallet: value.amount}
        else:
            account = await self._link()
            balances = await self._step(
                "the balance is asked for", lambda: self.bench.partner.balances(account), Balances, _available
            )
            held = dict(balances.available)
        for rate in await self._rates():
            units = min(max(2, rate.min_units), rate.max_units)
            units = held.get(rate.wallet, 0) // rate.cost_per_unit if coupon is not None else units
            line = DebitLine(wallet=rate.wallet, units=units, amount=units * rate.cost_per_unit)
            if units and line.amount <= held.get(rate.wallet, 0):
                return DebitOrder(
                    exchange_id=ExchangeId(str(uuid7())),
                    lines=(line,),
                    points=line.units * rate.points_per_unit,
                    destination=Destination.reserve(),
                    at=self.clock(),
                    account=account,
                    coupon=coupon,
                )
        raise _Stopped(
            "no wallet of the test member holds enough for the fewest units of a rate to the reserve"
        )

    async def _rates(self) -> list[Rate]:
        """Those in force to the reserve, in the order in which wallets are drawn on."""
        table = await self.bench.partner.rate_table(self.clock())
        wallets = await self.bench.partner.wallet_priority(Destination.reserve(), self.clock())
        rates = [it for it in table.rates if it.in_force(DestinationKind.RESERVE, self.clock())]
        return sorted(
            (it for it in rates if it.wallet in wallets),
            key=lambda it: (wallets.index(it.wallet), it.min_units),
        )

    async def _link(self) -> LinkedAccount:
        exchange_id = ExchangeId(str(uuid7()))
        request = HandoffRequest(exchange_id=exchange_id, return_url=self.return_url, at=self.clock())
        handoff = await self._step(
            "a visit is begun",
            lambda: self.bench.partner.begin_handoff(request),
            Handoff,
            lambda it: it.url,
            question="Is that a page of the partner's test system?",
        )
        self.stands = "The test member may be linked with this gateway at the partner; no points have moved."
        address = await self._types(
            "Open this address, sign in as a test member, agree, and paste the address that the browser is sent to"
        )
        ours = {name for name, _ in parse_qsl(urlsplit(self.return_url).query)}
        query = {name: value for name, value in parse_qsl(urlsplit(address).query) if name not in ours}
        returned = HandoffReturn(exchange_id=exchange_id, query=query, kept=handoff.keep, at=self.clock())
        return await self._step(
            "the partner proves who came back",
            lambda: self.bench.partner.complete_handoff(returned),
            LinkedAccount,
            lambda it: f"shown to the member as {it.shown_as}",
            question="Is that the test member who signed in?",
        )

    async def _coupon(self) -> tuple[Coupon, CouponValue]:
        coupon = Coupon(code=Secret((await self._types("The code of a test coupon")).strip()))
        value = await self._step(
            "the coupon's value is asked for",
            lambda: self.bench.partner.coupon_value(coupon),
            CouponValue,
            lambda it: f"{it.amount} of {it.wallet}",
        )
        return coupon, value

    async def _debited(self, order: DebitOrder) -> Debited:
        self.bench.watch.order = None
        before, debit = self.stands, f"the debit {order.exchange_id} of {_words(order)}"
        self.stands = f"At the partner may stand {debit}: look it up there, and have it undone."
        try:
            answer: object = await self.bench.partner.debit(order)
        except NotSent as fault:
            self.stands = before
            raise _Stopped(f"the debit {order.exchange_id} was not sent: {fault}") from None
        except GatewayError as fault:
            raise _Stopped(f"the debit {order.exchange_id} ended with {type(fault).__name__}") from None
        if isinstance(answer, Declined | NotProcessed):
            self.stands = before
        if not isinstance(answer, Debited | InProgress):
            raise _Stopped(f"the debit {order.exchange_id} ended with {type(answer).__name__}")
        self.steps.append(f"debit: {type(answer).__name__}")
        taken_as = answer.reference if isinstance(answer, Debited) else ""
        self.operator.say(f"the debit is sent: {f'taken as {taken_as}' if taken_as else 'in progress'}")
        if taken_as:
            self.stands = _nothing_back(debit, taken_as)
        expected = ExpectedDebit.of_order(order)
        finding = await self._step(
            "the debit is looked up",
            lambda: self.bench.partner.find_debit(order.exchange_id, expected),
            Debited,
            lambda it: f"found as {it.reference}",
        )
        if isinstance(answer, Debited) and finding.reference != answer.reference:
            raise _Stopped("the debit is found under another reference than it was answered with")
        self.stands = _nothing_back(debit, finding.reference)
        return finding

    async def _give_back(self, order: DebitOrder, debited: Debited) -> None:
        [line] = order.lines
        units = max(1, line.units // 2)
        part = replace(line, units=units, amount=line.amount * units // line.units)
        reversal = Reversal(
            reversal_id=f"live-{order.exchange_id}",
            exchange_id=order.exchange_id,
            debit=debited,
            lines=(part,),
            at=self.clock(),
            account=order.account,
        )
        if not await self.operator.confirms(f"Give {part.amount} of {part.wallet} back?"):
            raise _Stopped("giving back was not wanted")
        debit = f"the debit {order.exchange_id} of {_words(order)}, taken as {debited.reference}"
        given_back = f"{part.amount} of {part.wallet}"
        self.stands = (
            f"At the partner stands {debit}; {given_back} of it may be given back under {reversal.reversal_id}:"
            " look it up there, and have the rest undone."
        )

        def is_given_back(reversed_: Reversed) -> str:
            self.stands = (
                f"At the partner stands {debit}; {given_back} of it are given back as {reversed_.reference}."
                " Have the rest undone there if you need it."
            )
            return f"given back as {reversed_.reference}"

        await self._step(
            "a part is given back",
            lambda: self.bench.partner.reverse_debit(reversal),
            Reversed,
            is_given_back,
        )

    async def _list(self, order: DebitOrder) -> None:
        day = order.at.astimezone(JST).date()
        records = await self._step(
            "the day is listed",
            lambda: self.bench.partner.debits_on(day),
            tuple,
            lambda it: f"{len(it)} debits on {day}",
        )
        ours = [it for it in records if isinstance(it, DebitRecord) and it.exchange_id == order.exchange_id]
        if [amounts_by_wallet(it.lines) for it in ours] != [order.amounts]:
            raise _Stopped(f"the day's list does not have {order.exchange_id} once and with its amount")

    async def _types(self, question: str) -> str:
        if not (text := await self.operator.types(question)):
            raise _Stopped("nothing was typed")
        return text

    async def _step(
        self,
        name: str,
        call: Callable[[], Awaitable[object]],
        ends: type[_T],
        shown: Callable[[_T], str],
        *,
        question: str = "Is that what the partner's test system shows?",
    ) -> _T:
        """Do it, show how it ended, and have it confirmed."""
        try:
            ended = await call()
        except GatewayError as fault:
            raise _Stopped(f"{name}: {fault}") from None
        if not isinstance(ended, ends):
            raise _Stopped(f"{name}: it ended with {type(ended).__name__}")
        text = shown(ended)
        self.operator.say(f"{name}: {text}")
        if not await self.operator.confirms(question):
            raise _Stopped(f"{name}: it was not confirmed")
        self.steps.append(f"{name}: {type(ended).__name__}")
        return ended


def _words(order: DebitOrder) -> str:
    return ", ".join(f"{amount} of {wallet}" for wallet, amount in order.amounts.items())


def _nothing_back(debit: str, reference: str) -> str:
    return f"At the partner stands {debit}, taken as {reference}: nothing of it is given back; have it undone there."


def _available(balances: Balances) -> str:
    return ", ".join(f"{points} of {wallet}" for wallet, points in _sorted(balances.available))


def _sorted(available: Mapping[WalletId, int]) -> list[tuple[WalletId, int]]:
    return sorted(available.items())


async def prove_live(run: LiveRun, proof: Path, key: Ed25519PrivateKey) -> Path:
    """Run it, and write the proof and beside it the recorded test. Gives the test's path."""
    await run.run()
    bench = run.bench
    cassette = proof.with_name(f"test_live_{bench.partner.id}.py")
    text = as_test(bench)
    cassette.write_text(text, "utf-8")
    folder = plugin_files(bench.plugin_class)
    tested = Provenance.of(bench.plugin_class.__module__.partition(".")[0], folder, run.clock())
    write_proof(
        proof,
        PluginProof(
            kind=ProofKind.LIVE,
            partner=bench.partner.id,
            distribution=tested.distribution,
            version=tested.version,
            wheel=tested.wheel,
            files=tested.files,
            kit_version=tested.kit_version,
            made_at=tested.made_at,
            steps=tuple(run.steps),
            cassette=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        ),
        key,
    )
    return cassette
