"""The plugin and the sandbox agree: one exchange over real HTTP, and one reply that is lost."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway import (
    Coupon,
    Debited,
    DebitLine,
    DebitOrder,
    Declined,
    Destination,
    ExchangeId,
    OutcomeUnknown,
    PartnerSetup,
    Secret,
)
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings
from gateway.testkit.sandbox import Fault, FaultKind, SandboxServer
from gateway.testkit.sandbox.cli import SandboxOptions
from gateway_acme import Acme
from gateway_acme.rates import POINTS
from gateway_acme.sandbox import make_server

KEY = Secret("a key that both sides know")
CLOCK = HandClock()
CODE = Coupon(code=Secret("ACME-1000-SAMPLE"))


@pytest_asyncio.fixture
async def site() -> AsyncIterator[SandboxServer]:
    async with make_server(SandboxOptions(book=None, key=KEY, clock=CLOCK, merchant_id="kit")) as server:
        yield server


@pytest_asyncio.fixture
async def acme(site: SandboxServer) -> AsyncIterator[Partner]:
    log = ListLog()
    http = GuardedHttp("acme", log)
    settings = PlainSettings({"base_url": site.url}, {"api_key": KEY})
    partner = Partner(
        Acme(PartnerSetup(settings=settings, http=http, clock=CLOCK, log=log)), log=log, http=http
    )
    yield partner
    await partner.aclose()


def order(exchange_id: str) -> DebitOrder:
    return DebitOrder(
        exchange_id=ExchangeId(exchange_id),
        lines=(DebitLine(wallet=POINTS, units=10, amount=1_000),),
        points=1_000,
        destination=Destination.reserve(),
        at=CLOCK(),
        coupon=CODE,
    )


@pytest.mark.asyncio
async def test_a_coupon_is_looked_at_and_then_exchanged_once(acme: Partner) -> None:
    assert (await acme.coupon_value(CODE)).amount == 1_000
    assert isinstance(await acme.debit(order("x-1")), Debited)
    assert isinstance(await acme.debit(order("x-2")), Declined)


@pytest.mark.asyncio
async def test_a_debit_whose_reply_was_lost_is_found(acme: Partner, site: SandboxServer) -> None:
    site.order(Fault(operation="debit", kind=FaultKind.RESET, done=True))
    with pytest.raises(OutcomeUnknown):
        await acme.debit(order("x-2"))
    assert isinstance(await acme.find_debit(ExchangeId("x-2")), Debited)
