"""A plugin made as the gateway makes it, the sandbox it talks to over real HTTP, and a member with a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from gateway_saison import Saison
from gateway_saison.rates import COST_PER_UNIT, EIKYU, WALLET
from gateway_saison.sandbox import SandboxOptions, make_server

from gateway import (
    Clock,
    DebitLine,
    DebitOrder,
    Destination,
    ExchangeId,
    HandoffRequest,
    LinkedAccount,
    PartnerSetup,
    Secret,
)
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.testkit.sandbox import SandboxServer
from gateway.testkit.sandbox.browser import Browser
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings, handoff_return

KEY = Secret("a key that both sides know")
RETURN_URL = "https://gateway.example/returns/saison?state=abc.DEF-123%2B%3D"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
async def make_saison(clock: HandClock, log: ListLog) -> AsyncIterator[Callable[..., Partner]]:
    """Makes partners: `make_saison(base_url, key=…, clock=…, …)`; all are closed at the end."""
    partners: list[Partner] = []
    usual = clock

    def make(
        base_url: str,
        *,
        key: Secret = KEY,
        clock: Clock = usual,
        testing: bool = False,
        deadline_s: float | None = None,
    ) -> Partner:
        http = GuardedHttp("saison", log, testing=testing)
        settings = PlainSettings({"base_url": base_url, "merchant_id": "point-gateway"}, {"api_key": key})
        plugin = Saison(PartnerSetup(settings=settings, http=http, clock=clock, log=log))
        if deadline_s is not None:
            plugin._profile = replace(plugin.partner_profile(), deadline_s=deadline_s)
        partners.append(Partner(plugin, log=log, http=http))
        return partners[-1]

    yield make
    for partner in partners:
        await partner.aclose()


@pytest.fixture
async def site(clock: HandClock, tmp_path: Path) -> AsyncIterator[SandboxServer]:
    options = SandboxOptions(
        book=tmp_path / "book.sqlite", key=KEY, clock=clock, merchant_id="point-gateway", control=True
    )
    async with make_server(options) as server:
        yield server


@pytest.fixture
def saison(site: SandboxServer, make_saison: Callable[..., Partner]) -> Partner:
    return make_saison(site.url)


@pytest.fixture
def an_order(clock: HandClock) -> Callable[..., DebitOrder]:
    """`an_order(account, "x-1", eikyu=2, wallet=1)`: two units of one wallet, one of the other."""

    def make(account: LinkedAccount, exchange_id: str = "x-1", **units: int) -> DebitOrder:
        wallets = {"wallet": WALLET, "eikyu": EIKYU}
        lines = tuple(
            DebitLine(wallet=wallet, units=units[name], amount=units[name] * COST_PER_UNIT[wallet])
            for name, wallet in wallets.items()
            if units.get(name)
        )
        return DebitOrder(
            exchange_id=ExchangeId(exchange_id),
            lines=lines,
            points=450 * sum(units.values()),
            destination=Destination.reserve(),
            at=clock(),
            account=account,
        )

    return make


@dataclass(frozen=True)
class Member:
    """Goes to the partner's site as a person does."""

    saison: Partner
    browser: Browser
    clock: HandClock

    async def visits(
        self, number: str, password: str, *, exchange_id: str = "visit-1", decision: str = "agree"
    ) -> str:
        """Where the browser is sent back to."""
        request = HandoffRequest(exchange_id=ExchangeId(exchange_id), return_url=RETURN_URL, at=self.clock())
        page = await self.browser.get((await self.saison.begin_handoff(request)).url)
        page = await self.browser.submit(page, "/login", number=number, password=password)
        page = await self.browser.follow(page)
        return (await self.browser.submit(page, "/consent", decision=decision)).location

    async def comes_back(self, url: str, exchange_id: str = "visit-1") -> LinkedAccount:
        returned = handoff_return(url, exchange_id, self.clock(), {"order_id": exchange_id})
        return await self.saison.complete_handoff(returned)

    async def links(self, number: str, password: str, *, exchange_id: str = "visit-1") -> LinkedAccount:
        return await self.comes_back(
            await self.visits(number, password, exchange_id=exchange_id), exchange_id
        )


@pytest.fixture
async def member_at(clock: HandClock) -> AsyncIterator[Callable[[Partner], Member]]:
    async with Browser() as browser:
        yield lambda saison: Member(saison, browser, clock)


@pytest.fixture
def member(saison: Partner, member_at: Callable[[Partner], Member]) -> Member:
    return member_at(saison)


@pytest.fixture
async def taro(member: Member) -> LinkedAccount:
    """10,000 永久不滅ポイント, no wallet."""
    return await member.links("1001-0001", "sample-taro")
