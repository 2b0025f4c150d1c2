"""The plugin under test, made as the gateway makes it, with the author's partner on the other side.

What a test finds wrong is one sentence: who, what, what to change, and the file and line of the hook.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx
import pytest

from gateway.errors import GatewayError
from gateway.model import (
    Coupon,
    DebitLine,
    DebitOrder,
    Destination,
    ExchangeId,
    LinkedAccount,
    LinkKind,
    Rate,
    Secret,
)
from gateway.partners.calls.call_log import CallRecord, record_calls
from gateway.partners.http_client import GuardedHttp
from gateway.partners.isolation.keeper import PluginKeeper
from gateway.partners.isolation.launch import Starter, launch_of
from gateway.partners.isolation.remote_plugin import remote_plugin
from gateway.partners.loading.candidates import Candidate
from gateway.partners.loading.checks import HOOKS, place_of_code, shown
from gateway.partners.loading.installed import from_command
from gateway.partners.loading.partner_settings import PartnerSettings, Place
from gateway.partners.partner import Partner
from gateway.platform.logs import PartnerLog
from gateway.plugin_interfaces import PartnerSetup
from gateway.testkit.contract.command_plugin import CommandPlugin
from gateway.testkit.contract.fake import FakePartner, Fault, Meeting
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings

LAST_HOUR: Final = 22
"""From this hour in Japan on a test plays on the next day."""
_PLAIN = "kit"


@dataclass(slots=True)
class Environment:
    """One test's plugin, partner and clock. `end` of a call is its answer or the GatewayError it ended with."""

    plugin: Any
    server: FakePartner
    clock: HandClock
    plugin_log: ListLog
    gateway_log: ListLog
    http: GuardedHttp
    keeper: PluginKeeper | None = None  # of the plugin's own process, where it is tried as in service
    command: CommandPlugin | None = None
    calls: list[CallRecord] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)  # of each call, by the name of its type
    partner: Partner = field(init=False)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        log = PartnerLog(self.gateway_log, "kit", lambda: tuple(self.server.secrets.values()))
        plugin = self.plugin if self.keeper is None else remote_plugin(self.keeper)
        self.partner = Partner(plugin, log=log, http=self.http)

    async def aclose(self) -> None:
        """No process and no connection is left."""
        await self.partner.aclose()
        if self.keeper is not None:
            await self.keeper.aclose()

    @property
    def id(self) -> str:
        return self.partner.id

    async def end(
        self,
        call: Callable[[Partner], Awaitable[object]],
        faults: Mapping[int, Fault] | None = None,
        *,
        sticky: bool = False,
        signed_in: bool = False,
    ) -> object:
        """How the call ends, and what was sent: see `server.meeting`. Its breaker is new, so that it is tried.

        Positions count from what a plugin sends that has its access token, where it keeps one: a call with `faults`,
        or one whose positions are to be used for them (`signed_in`), comes after a request that gets the token.
        """
        if faults or signed_in:
            await self.signs_in()
        self.server.looks_afresh(faults, sticky=sticky)
        return await self.unguarded(call)

    async def unguarded(self, call: Callable[[Partner], Awaitable[object]]) -> object:
        """How the call ends, with the faults that are there already and a breaker that is new."""
        self.partner = self.partner.as_at_the_start()
        with record_calls() as calls:
            try:
                ended: object = await call(self.partner)
            except GatewayError as fault:
                ended = fault
        self.calls.extend(calls)
        self.ends.append(type_name(ended))
        return ended

    async def signs_in(self) -> None:
        """Whatever a plugin gets before its first request, such as an access token, it has after this."""
        await self.end(lambda it: it.check_connection())

    async def debit(
        self, order: DebitOrder, faults: Mapping[int, Fault] | None = None, *, signed_in: bool = False
    ) -> object:
        return await self.end(lambda it: it.debit(order), faults, signed_in=signed_in)

    @property
    def meeting(self) -> Meeting:
        return self.server.meeting

    # --- what is sent ----------------------------------------------------------------------------------------

    def new_id(self) -> ExchangeId:
        return ExchangeId(f"kit-exchange-{next(self._numbers):04}")

    async def order(self, exchange_id: str | None = None, member: str = "kit-member-1") -> DebitOrder:
        """An order over two units, or the fewest that the rate allows, of every wallet that has a rate now.

        A coupon is taken whole.
        """
        exchange_id = exchange_id or self.new_id()
        rates = await self.rates_now()
        if self.partner.profile.link is LinkKind.COUPON:
            rates = rates[:1]
        lines = tuple(
            DebitLine(wallet=it.wallet, units=_units(it), amount=_units(it) * it.cost_per_unit)
            for it in rates
        )
        account, coupon = None, None
        if self.partner.profile.link is LinkKind.COUPON:
            coupon = self.coupon(lines[0].amount)
        else:
            account = self.member(member)
        return DebitOrder(
            exchange_id=ExchangeId(exchange_id),
            lines=lines,
            points=sum(_units(it) * it.points_per_unit for it in rates),
            destination=Destination.reserve(),
            at=self.clock(),
            account=account,
            coupon=coupon,
        )

    async def rates_now(self) -> list[Rate]:
        """One rate in force for each wallet, as the plugin tells them; of rates by tier, that for the fewest units."""
        table = await self.end(lambda it: it.rate_table(self.clock()))
        if isinstance(table, Exception):
            self.complain("rate_table", f"rate_table() ends with: {table}", "let it give the rates")
        rates: dict[str, Rate] = {}
        for rate in sorted(
            getattr(table, "rates", ()), key=lambda it: (not it.min_units <= 2 <= it.max_units, it.min_units)
        ):
            if any(rate.in_force(kind, self.clock()) for kind in rate.destinations):
                rates.setdefault(rate.wallet, rate)
        if not rates:
            self.complain(
                "rate_table",
                f"no rate is in force on {self.clock():%Y-%m-%d}",
                "correct starts_at and ends_at, or add the rate that follows",
            )
        return list(rates.values())

    def member(self, name: str = "kit-member-1", **points: int) -> LinkedAccount:
        """A linked member who holds 1,000,000 of every wallet, or `points`."""
        plenty = {str(wallet.id): 1_000_000 for wallet in self.partner.profile.wallets}
        self.server.holdings.setdefault(name, dict(points or plenty))
        return self.server.account(name)

    def coupon(self, amount: int, which: int = 0) -> Coupon:
        code = self.server.coupon_codes[which]
        self.server.coupons[code] = amount
        return Coupon(code=Secret(code))

    def holder(self, order: DebitOrder) -> tuple[str, ...]:
        """The names by which the partner may know whose points are taken."""
        if order.coupon is not None:
            return (order.coupon.code.reveal(),)
        assert order.account is not None
        token = (order.account.token.reveal(),) if order.account.token is not None else ()
        return (*token, order.account.service_id)

    async def clear_debit(self) -> int:
        """Where in a debit the moving request stands, for a plugin that has its access token."""
        self.server.will_debit()
        order = await self.order()
        ended = await self.debit(order, signed_in=True)
        at = self.meeting.moving_at
        if at is None:
            self.complain(
                "debit",
                f"debit() ended with {type_name(ended)} and the partner took nothing",
                "let will_debit() write down what arrives with self.takes(…), "
                "and debit() send the order to the address that it answers at",
            )
        return at

    def answer_at(self, position: int = -1) -> httpx.Response:
        """What the partner answered to the request at this position of the last call; -1 is the last one."""
        position = len(self.meeting.requests) + position if position < 0 else position
        answer = self.meeting.answers.get(position)
        if answer is None:
            return httpx.Response(200, headers={"content-type": "application/json"})
        return answer

    def sent_again(self, at: int) -> bool:
        """Was the request at `at` sent once more, or were points moved after it?"""
        if len(self.meeting.requests) <= at:
            return False
        first, later = self.meeting.requests[at], self.meeting.requests[at + 1 :]
        same = any((it.method, it.url) == (first.method, first.url) for it in later)
        return same or any(moved > at for moved in self.meeting.moving)

    def require_same_ends(self, inside: Sequence[str]) -> None:
        """Each call ends as it did with the plugin inside. A test that tries again may have made more of them."""
        for number, (end, before) in enumerate(zip(self.ends, inside, strict=False), 1):
            if end != before:
                self.complain(
                    "partner_profile",
                    f"call {number} of this test ended with {end}, and with {before} in the gateway's own process",
                    "let it depend on nothing but its settings, the clock and what it is given",
                )

    # --- where it stands ---------------------------------------------------------------------------------------

    def place_of_plugin(self) -> tuple[str | None, int | None]:
        if self.command is not None:
            return shown(self.command.folder), None
        return place_of_code(type(self.plugin))

    def sources(self) -> list[Path]:
        """The files of the plugin's code."""
        if self.command is not None:
            return self.command.sources()
        source = inspect.getsourcefile(type(self.plugin))
        assert source is not None, type(self.plugin)
        file = Path(source)
        return sorted(file.parent.rglob("*.py")) if (file.parent / "__init__.py").exists() else [file]

    # --- what is said ----------------------------------------------------------------------------------------

    def complain(self, hook: str, what: str, remedy: str) -> NoReturn:
        """End the test with one sentence."""
        name = self.partner.id
        file, line = (
            self.partner.place_of(hook)
            if hook in HOOKS and self.partner.can(hook)
            else self.place_of_plugin()
        )
        if self.server.unanswered:
            remedy += f" (the fake partner has no answer to {self.server.unanswered[-1]})"
        place = f"{file}:{line}" if line else file
        where = " in a process of its own" if self.keeper is not None else ""
        pytest.fail(f"{name}{where}: {what.removeprefix(f'{name}: ')}; {remedy} ({place})", pytrace=False)

    def refuse_complaints(self, hook: str) -> None:
        """What the fake partner's book found odd about what arrived."""
        for complaint in self.server.complaints:
            what, _, remedy = complaint.partition("; ")
            self.complain(hook, what, remedy)


def _units(rate: Rate) -> int:
    """Two units, so that they can be halved, where the rate's tier has them."""
    return min(max(2, rate.min_units), rate.max_units)


def type_name(ended: object) -> str:
    """The name of an answer or error, for sentences: no text of a plugin is quoted, it could hold a secret."""
    return type(ended).__name__


async def make_environment(
    contract: Any,
    server: FakePartner,
    clock: HandClock,
    *,
    isolated: bool,
    starter: Starter | None = None,
) -> Environment:
    """The plugin is made before the hosts of its profile are known, as in service.

    `isolated`: hooks are called in a process of the plugin's own; what is looked at is a second instance, in this one.
    A plugin that is a command has a process of its own in either case.
    """
    plugin_log, gateway_log = ListLog(), ListLog()
    http = GuardedHttp(_PLAIN, gateway_log, testing=True)
    command = contract.plugin if isinstance(contract.plugin, CommandPlugin) else None
    keeper: PluginKeeper | None = None
    plugin: Any = None
    try:
        if command is None:
            settings = PlainSettings(
                server.settings, {name: Secret(value) for name, value in server.secrets.items()}
            )
            plugin = contract.plugin(
                PartnerSetup(settings=settings, http=http, clock=clock, log=plugin_log, sftp=server.sftp)
            )
            candidate = _candidate(contract.plugin, plugin) if isolated else None
        else:
            candidate = from_command(command.id, tuple(command.command), command.folder)
        if candidate is not None:
            launch = replace(launch_of(candidate, _settings(candidate.id, server)), starter=starter)
            keeper = PluginKeeper(
                launch,
                http=http,
                sftp=server.sftp,
                clock=clock,
                log=gateway_log,
                own_log=plugin_log,
                must_be_sealed=False,
            )
            await keeper.start()
            if command is not None:
                plugin = remote_plugin(keeper)
        return Environment(
            keeper=keeper,
            command=command,
            plugin=plugin,
            server=server,
            clock=clock,
            plugin_log=plugin_log,
            gateway_log=gateway_log,
            http=http,
        )
    except Exception as fault:  # noqa: BLE001  whatever an author's __init__ does is told in one sentence
        if keeper is not None:
            await keeper.aclose()
        if command is not None:
            pytest.fail(f"{command.id} cannot be started: {fault} ({shown(command.folder)})", pytrace=False)
        file, line = place_of_code(contract.plugin)
        text = f"{contract.plugin.__name__} cannot be made: {type(fault).__name__}: {fault}"
        pytest.fail(
            f"{text}; compare its __init__ with the settings of the fake partner ({file}:{line})",
            pytrace=False,
        )


def _candidate(entry: type, plugin: Any) -> Candidate:
    value = f"{entry.__module__}:{entry.__qualname__}"
    return Candidate(id=plugin.partner_profile().id, origin=value, load=lambda: entry, value=value)


def _settings(id_: str, server: FakePartner) -> PartnerSettings:
    return PartnerSettings(
        id=id_,
        table={**server.settings, **{name: {"env": name} for name in server.secrets}},
        place=Place(None),
        env=server.secrets,
    )


def moment_of(contract: Any) -> datetime:
    """The day the tests play on: the contract's own `moment`, else today, so that rates that ran out are noticed.

    Late in the evening it is tomorrow: a test goes forward by minutes, and compares what is of one day in Japan.
    """
    from httpkit.clock import system_clock

    if isinstance(contract.moment, datetime):
        return contract.moment
    now = system_clock()
    return now if now.hour < LAST_HOUR else now + timedelta(hours=24 - LAST_HOUR)
