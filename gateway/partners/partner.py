"""A partner as the gateway sees it: one plugin, made safe to call. Nothing else calls a hook.

Each hook is one typed method. Around every call: a turn (16 in flight at most, others wait at most one
deadline), a deadline, the circuit breaker, a check of the answer, one log line, one metric, one CallRecord.

`debit` and `reverse_debit` end in an answer, `OutcomeUnknown` or `NotSent`, and in nothing else; a call that
was cancelled from outside is as unknown as one that timed out. All other hooks move nothing and end in an
answer, an explicit no (`PartnerRefused`) or `PartnerUnavailable`.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, Protocol, Self, TypeVar

import pluggy

from gateway.errors import (
    CouponRefused,
    GatewayError,
    HandoffRefused,
    LinkEnded,
    NotSent,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnavailable,
    PushRefused,
)
from gateway.hookspecs import PROJECT, PartnerHooks
from gateway.model import (
    Balances,
    Campaign,
    Coupon,
    CouponValue,
    DebitAnswer,
    DebitOrder,
    DebitRecord,
    Destination,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    LinkedAccount,
    PartnerProfile,
    Push,
    PushAnswer,
    RateTable,
    Reversal,
    ReverseAnswer,
    Secret,
    WalletId,
)
from gateway.partners.calls import result_checks
from gateway.partners.calls.breaker import BreakerState
from gateway.partners.calls.debit_proof import ExpectedDebit, compared
from gateway.partners.calls.guard import CallFailure, CallGuard, crash_text, ended_text, wrong_text
from gateway.partners.calls.isolate import run_isolated, run_isolated_sync
from gateway.partners.calls.result_checks import (
    AnotherAmountBack,
    ContractBroken,
    FoundReversalDiffers,
    ReversalDiffers,
)
from gateway.partners.calls.throttle import Throttle
from gateway.partners.isolation.keeper import PluginKeeper
from gateway.partners.isolation.remote_plugin import RemotePlugin
from gateway.partners.loading.checks import place_of_code
from gateway.partners.loading.profile_checks import coherence
from gateway.plugin_interfaces import Log
from httpkit.clock import day_of

_T = TypeVar("_T")

MAX_PAGES: Final = 100_000
"""Of one day: pages that go round in a circle end here."""


class _RatesAsked(NamedTuple):
    at: datetime
    table: RateTable
    orders: dict[tuple[Destination, date], tuple[WalletId, ...]]
    """Of wallets, as the plugin answered while the table was good; what begins with a day in Japan begins on time."""

    def is_good(self, at: datetime) -> bool:
        return self.at <= at < self.at + self.table.good_for


class PartnerHttpProtocol(Protocol):
    """What a partner needs of its plugin's HTTP client: `gateway.partners.http_client.GuardedHttp`."""

    def allow(self, hosts: tuple[str, ...], *, timeout_s: float) -> None: ...
    async def aclose(self) -> None: ...


class PartnerSftpProtocol(Protocol):
    """What a partner needs of its plugin's SFTP client: `gateway.partners.sftp_client.GuardedSftp`."""

    def allow(self, *, timeout_s: float) -> None: ...
    async def check(self) -> None: ...
    async def aclose(self) -> None: ...


class Partner:
    """One plugin made safe to call; made once, alive as long as the gateway."""

    _sound_rates: RateTable | None = None
    _rates_asked: _RatesAsked | None = None

    def __init__(
        self,
        plugin: object,
        *,
        log: Log,
        http: PartnerHttpProtocol | None = None,
        sftp: PartnerSftpProtocol | None = None,
        seconds: Callable[[], float] = time.monotonic,
        known_secrets: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """`http`, `sftp`: the clients that the plugin was given; they are bound to the profile and closed with us.

        `seconds` only goes forward. `known_secrets`: values that must never be part of a text.
        Raises PartnerUnavailable when the plugin cannot say who it is.
        """
        self._http = http
        self._sftp = sftp
        self._use(plugin)
        self.id: Final = self.profile.id
        self._new_guard = functools.partial(
            CallGuard,
            self.id,
            log=log,
            seconds=seconds,
            known_secrets=known_secrets,
            in_own_process=isinstance(plugin, RemotePlugin),
        )
        self._forget()

    def as_at_the_start(self) -> Self:
        """The same plugin with a closed breaker, all places free and no rates remembered. The contract kit tries calls so."""
        partner = copy.copy(self)
        partner._forget()  # noqa: SLF001  its own class
        return partner

    def _forget(self) -> None:
        self._guard = self._new_guard(deadline_s=self.profile.deadline_s)
        self._push_guard = self._new_guard(deadline_s=self.profile.deadline_s, asks=False)
        self._sound_rates = self._rates_asked = None

    def _use(self, plugin: object) -> None:
        self._plugin = plugin
        self._sound_rates = self._rates_asked = None
        self._plugins = pluggy.PluginManager(PROJECT)
        self._plugins.add_hookspecs(PartnerHooks)
        self._plugins.register(plugin)
        self._plugins.check_pending()
        self.capabilities = frozenset(
            name
            for name in vars(PartnerHooks)
            if not name.startswith("_") and self._hook(name).get_hookimpls()
        )
        self.profile = self._asked_profile()
        if self._http is not None:
            self._http.allow(self.profile.hosts, timeout_s=self.profile.deadline_s)
        if self._sftp is not None:
            self._sftp.allow(timeout_s=self.profile.deadline_s)

    def renew(self, plugin: RemotePlugin) -> None:
        """From now on call this plugin, whose process has taken the place of another; its profile and hooks are ours."""
        self._use(plugin)
        self._guard.use_deadline(self.profile.deadline_s)
        self._push_guard.use_deadline(self.profile.deadline_s)

    def place_of(self, hook: str) -> tuple[str | None, int | None]:
        """File and line of the plugin's method, for sentences that say where something is to be corrected."""
        if isinstance(self._plugin, RemotePlugin):
            return self._plugin.place_of_hook(hook)
        return place_of_code(self._hook(hook).get_hookimpls()[0].function)

    @property
    def keeper(self) -> PluginKeeper | None:
        """What keeps the plugin's own process; None where it runs in the gateway's."""
        return self._plugin.keeper if isinstance(self._plugin, RemotePlugin) else None

    def can(self, hook: str) -> bool:
        """Has the plugin this hook? Asked before the optional hooks and those of the other link."""
        return hook in self.capabilities

    @property
    def breaker_state(self) -> BreakerState:
        return self._guard.breaker.state

    @property
    def pace(self) -> Throttle:
        """The pace that is kept towards the partner; an operator changes it while everything runs."""
        return self._guard.pace

    # --- who the partner is ---------------------------------------------------------------------------------

    async def wallet_priority(self, destination: Destination, at: datetime) -> tuple[WalletId, ...]:
        """The order in which wallets are drawn on; as in the profile when the plugin has no opinion.

        While the last rate table is good, an order is asked for once for each destination and day.
        """
        if not self.can("wallet_priority"):
            return tuple(wallet.id for wallet in self.profile.wallets)
        rates = self._rates_asked
        if rates is None or not rates.is_good(at):
            return await self._ask_wallet_priority(destination, at)
        key = destination, day_of(at)
        if key not in rates.orders:
            rates.orders[key] = await self._ask_wallet_priority(destination, at)
        return rates.orders[key]

    async def _ask_wallet_priority(self, destination: Destination, at: datetime) -> tuple[WalletId, ...]:

        async def ask() -> object:
            answer = self._hook("wallet_priority")(destination=destination, at=at)
            if not isinstance(answer, Awaitable):
                return answer
            async with asyncio.timeout(self.profile.deadline_s):  # a plugin in a process of its own
                return await answer

        ended = await run_isolated(ask)
        self._guard.warn_when_blocked("wallet_priority", ended)
        try:
            if ended.fault is None:
                return result_checks.wallet_priority(ended.value, self.profile)
            text = ended_text(ended.fault)
        except Exception as fault:  # noqa: BLE001  a plugin's object can raise at any touch
            text = wrong_text(fault)
        raise PartnerUnavailable(f"{self.id}: wallet_priority() {text}")

    # --- asking, which moves no points ----------------------------------------------------------------------

    async def check_connection(self) -> None:
        """Raises PartnerUnavailable when the partner is out of reach or does not accept our credentials."""
        await self._ask("check_connection", result_checks.no_answer)

    async def rate_table(self, at: datetime) -> RateTable:
        """All rates known at `at`, checked for coherence. Raises PartnerUnavailable.

        While the last table is good, by its own `good_for`, the plugin is not asked.
        """
        if (rates := self._rates_asked) is not None and rates.is_good(at):
            return rates.table
        table = await self._ask("rate_table", self._sound, at=at)
        self._rates_asked = _RatesAsked(at, table, {})
        return table

    async def check_sftp(self) -> bool:
        """Sign in at the partner's SFTP server; False where there is none. Raises NotSent, OutcomeUnknown."""
        if self._sftp is None:
            return False
        await self._sftp.check()
        return True

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns of the rates that were asked for last; nothing before the first time."""
        rates = self._rates_asked.table.rates if self._rates_asked else ()
        return tuple({rate.campaign.id: rate.campaign for rate in rates if rate.campaign}.values())

    def _sound(self, answer: object) -> RateTable:
        # Most plugins answer one and the same table, which cannot change: it is looked through once.
        if self._sound_rates is None or answer is not self._sound_rates:
            self._sound_rates = result_checks.rate_table(answer, self.profile)
        return self._sound_rates

    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        """Where the browser goes: always a host of the profile. Raises HandoffRefused, PartnerUnavailable."""
        return await self._ask(
            "begin_handoff",
            lambda it: result_checks.handoff(it, self.profile),
            refusals=(HandoffRefused,),
            request=request,
        )

    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        """Who came back. Raises HandoffRefused, PartnerUnavailable."""
        secrets = (*returned.query.values(), *returned.kept.values())
        return await self._ask(
            "complete_handoff",
            result_checks.linked_account,
            refusals=(HandoffRefused,),
            secrets=secrets,
            returned=returned,
        )

    async def balances(self, account: LinkedAccount) -> Balances:
        """What could be exchanged now, of wallets in the profile only. Raises LinkEnded, PartnerUnavailable."""
        return await self._ask(
            "balances",
            lambda it: result_checks.balances(it, self.profile),
            refusals=(LinkEnded,),
            secrets=_revealed(account.token),
            members=(account.service_id,),
            account=account,
        )

    async def coupon_value(self, coupon: Coupon) -> CouponValue:
        """What the coupon is worth; it is not spent. Raises CouponRefused, PartnerUnavailable."""
        return await self._ask(
            "coupon_value",
            lambda it: result_checks.coupon_value(it, self.profile),
            refusals=(CouponRefused,),
            secrets=_revealed(coupon.code),
            coupon=coupon,
        )

    async def find_debit(
        self, exchange_id: ExchangeId, expected: ExpectedDebit | None = None, reference: str | None = None
    ) -> FindAnswer:
        """What became of the debit; IdReused where it is not the `expected` one. Raises PartnerUnavailable.

        `reference`: the partner's own number for it, where a push told one.
        """

        def check(answer: object) -> FindAnswer:
            find_answer = result_checks.find_answer(answer, exchange_id, self.profile)
            return find_answer if expected is None else compared(find_answer, expected, self.profile)

        known = expected.service_id if expected is not None else None
        return await self._ask(
            "find_debit",
            check,
            members=(known,) if known is not None else (),
            exchange_id=exchange_id,
            reference=reference,
        )

    async def read_push(self, push: Push) -> PushAnswer:
        """What a message is about that came as the partner's. Raises PushRefused, PartnerUnavailable.

        Strangers send such messages: whatever becomes of one says nothing about the partner.
        """

        def meaning(end: CallFailure) -> GatewayError:
            if isinstance(end.fault, PushRefused):
                return PushRefused(result_checks.reason(end.fault.reason), end.text)
            return _unavailable(end)

        return await self._push_guard.call(
            "read_push",
            functools.partial(self._hook("read_push"), push=push) if self.can("read_push") else None,
            result_checks.push_answer,
            meaning,
            may_probe=False,
        )

    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:
        """What became of the reversal. Raises PartnerUnavailable: ask again later."""
        return await self._ask(
            "find_reversal",
            lambda it: result_checks.find_reversal_answer(it, reversal, self.profile),
            secrets=_revealed(reversal.account.token if reversal.account else None),
            members=_members(reversal),
            reversal=reversal,
        )

    async def debits_on(self, day: date) -> tuple[DebitRecord, ...]:
        """The partner's own book of that day (JST). Raises PartnerUnavailable, also when a page of it fails."""
        return tuple([record async for page in self.debit_pages(day) for record in page])

    async def debit_pages(self, day: date) -> AsyncGenerator[tuple[DebitRecord, ...]]:
        """The same page by page, in the memory of one. Nothing of it counts before the last page has come.

        Whoever stops in between closes it.
        """

        def page(answer: object) -> tuple[DebitRecord, ...]:
            return result_checks.debit_records(answer, self.profile)

        def whole_or_pages(answer: object) -> tuple[DebitRecord, ...] | AsyncIterator[object]:
            return answer if isinstance(answer, AsyncIterator) else page(answer)

        told = await self._ask("debits_on", whole_or_pages, day=day)
        if isinstance(told, tuple):
            yield told
            return
        try:
            for _ in range(MAX_PAGES):
                if (rows := await self._next_page(told, page)) is None:
                    return
                yield rows
        finally:
            if isinstance(told, AsyncGenerator):
                await self._guard.run_down(told.aclose)
        raise PartnerUnavailable(f"{self.id}: debits_on() gave {MAX_PAGES:,} pages and has not ended")

    async def _next_page(
        self, pages: AsyncIterator[object], check: Callable[[object], tuple[DebitRecord, ...]]
    ) -> tuple[DebitRecord, ...] | None:
        """The next page, as a call of its own with its own deadline; None after the last."""

        async def step() -> object:
            try:
                return await anext(pages)
            except StopAsyncIteration:
                return _LAST_PAGE

        return await self._guard.call(
            "debits_on",
            step,
            lambda it: None if it is _LAST_PAGE else check(it),
            _unavailable,
            may_probe=True,
        )

    # --- moving points --------------------------------------------------------------------------------------

    async def debit(self, order: DebitOrder) -> DebitAnswer:
        """Take the partner's points, once; IdReused where a yes shows another debit. Raises OutcomeUnknown, NotSent.

        Cancelled from outside, it lets the cancellation through; the debit is then as unknown as after a
        time-out.
        """
        secrets = _revealed(
            order.coupon.code if order.coupon else None, order.account.token if order.account else None
        )

        def check(answer: object) -> DebitAnswer:
            answered = result_checks.debit_answer(answer, order.exchange_id, self.profile)
            return compared(answered, ExpectedDebit.of_order(order), self.profile)

        return await self._move("debit", check, secrets, _members(order), order=order)

    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:
        """Give the partner's points back. Raises OutcomeUnknown or NotSent, nothing else."""
        return await self._move(
            "reverse_debit",
            lambda it: result_checks.reverse_answer(it, reversal, self.profile),
            _revealed(reversal.account.token if reversal.account else None),
            _members(reversal),
            reversal=reversal,
        )

    async def aclose(self) -> None:
        """End what still runs and close the plugin's HTTP client. Running debits are unknown to their callers."""
        await self._guard.aclose()
        await self._push_guard.aclose()
        if isinstance(self._plugin, RemotePlugin):
            await self._plugin.aclose()
        if self._http is not None:
            await self._http.aclose()
        if self._sftp is not None:
            await self._sftp.aclose()

    # --- how a call is made safe ----------------------------------------------------------------------------

    async def _ask(
        self,
        hook: str,
        check: Callable[[object], _T],
        *,
        refusals: tuple[type[PartnerRefused], ...] = (),
        secrets: tuple[str, ...] = (),
        members: tuple[str, ...] = (),
        **arguments: object,
    ) -> _T:
        """A hook that moves nothing: an answer, one of `refusals`, or PartnerUnavailable."""

        def meaning(end: CallFailure) -> GatewayError:
            for kind in refusals:
                if isinstance(end.fault, kind):
                    return kind(result_checks.reason(end.fault.reason), end.text)
            if isinstance(end.fault, AnotherAmountBack):
                return FoundReversalDiffers(end.text, end.fault.theirs)
            if end.broke_contract:
                return ContractBroken(end.text)
            wait_s = end.fault.retry_after_s if isinstance(end.fault, PartnerUnavailable) else None
            return PartnerUnavailable(end.text, wait_s)

        return await self._guard.call(
            hook,
            self._bound(hook, arguments),
            check,
            meaning,
            secrets=secrets,
            members=members,
            may_probe=True,
        )

    async def _move(
        self,
        hook: str,
        check: Callable[[object], _T],
        secrets: tuple[str, ...],
        members: tuple[str, ...],
        **arguments: object,
    ) -> _T:
        """A hook that moves points: an answer, OutcomeUnknown or NotSent."""

        def meaning(end: CallFailure) -> GatewayError:
            if end.held or (isinstance(end.fault, NotSent) and not end.may_have_left):
                return NotSent(end.text)
            if isinstance(end.fault, AnotherAmountBack):
                return ReversalDiffers(end.text, end.fault.theirs)
            return OutcomeUnknown(end.text)

        if self.breaker_state is BreakerState.HALF_OPEN:
            # A debit is never what tries whether the partner is back: a question that moves nothing is.
            try:
                await self.check_connection()
            except PartnerUnavailable as fault:
                raise NotSent(str(fault)) from None
        return await self._guard.call(
            hook,
            self._bound(hook, arguments),
            check,
            meaning,
            secrets=secrets,
            members=members,
            may_probe=False,
        )

    def _bound(self, hook: str, arguments: Mapping[str, object]) -> Callable[[], Awaitable[object]] | None:
        return functools.partial(self._hook(hook), **arguments) if self.can(hook) else None

    def _hook(self, name: str) -> pluggy.HookCaller:
        caller: pluggy.HookCaller = getattr(self._plugins.hook, name)
        return caller

    def _asked_profile(self) -> PartnerProfile:
        ended = run_isolated_sync(self._hook("partner_profile"))
        if ended.fault is not None:
            raise PartnerUnavailable(f"partner_profile() {crash_text(ended.fault)}")
        if not isinstance(ended.value, PartnerProfile):
            raise PartnerUnavailable("partner_profile() answered no PartnerProfile")
        if faults := coherence(ended.value):
            raise PartnerUnavailable(f"{ended.value.id}: {faults[0]}")
        return ended.value


_LAST_PAGE: Final = object()


def _unavailable(end: CallFailure) -> GatewayError:
    return ContractBroken(end.text) if end.broke_contract else PartnerUnavailable(end.text)


def _members(value: DebitOrder | Reversal) -> tuple[str, ...]:
    """The partner's name for the member who pays or paid."""
    return (value.account.service_id,) if value.account is not None else ()


def _revealed(*secrets: Secret | None) -> tuple[str, ...]:
    return tuple(secret.reveal() for secret in secrets if secret is not None)
