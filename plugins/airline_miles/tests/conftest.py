"""A plugin made as the gateway makes it, the sandbox it talks to over real HTTP, and orders for coupons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from gateway_airline_miles import AirlineMiles
from gateway_airline_miles.rates import MILES, MILES_PER_UNIT
from gateway_airline_miles.sandbox import SandboxOptions, make_server

from gateway import Coupon, DebitLine, DebitOrder, Destination, ExchangeId, PartnerSetup, Secret
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.testkit.sandbox import SandboxServer
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings

KEY = Secret("a key that both sides know")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
async def make_airline(clock: HandClock, log: ListLog) -> AsyncIterator[Callable[..., Partner]]:
    """Makes partners: `make_airline(base_url, testing=…)`; all are closed at the end."""
    partners: list[Partner] = []

    def make(base_url: str, *, testing: bool = False) -> Partner:
        http = GuardedHttp("airline_miles", log, testing=testing)
        settings = PlainSettings({"base_url": base_url, "merchant_id": "point-gateway"}, {"api_key": KEY})
        plugin = AirlineMiles(PartnerSetup(settings=settings, http=http, clock=clock, log=log))
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
def airline(site: SandboxServer, make_airline: Callable[..., Partner]) -> Partner:
    return make_airline(site.url)


@pytest.fixture
def an_order(clock: HandClock) -> Callable[..., DebitOrder]:
    """`an_order("SAMP-LE50-…", miles=5_000)`: the whole of that coupon."""

    def make(code: str, exchange_id: str = "x-1", *, miles: int = 5_000) -> DebitOrder:
        units = miles // MILES_PER_UNIT
        return DebitOrder(
            exchange_id=ExchangeId(exchange_id),
            lines=(DebitLine(wallet=MILES, units=units, amount=miles),),
            points=units * 100,
            destination=Destination.reserve(),
            at=clock(),
            coupon=Coupon(code=Secret(code)),
        )

    return make
