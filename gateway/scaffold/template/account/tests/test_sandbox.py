"""The plugin and the sandbox agree: one exchange over real HTTP, and one reply that is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from gateway import (
    Debited,
    DebitLine,
    DebitOrder,
    Destination,
    ExchangeId,
    HandoffRequest,
    IdReused,
    LinkedAccount,
    OutcomeUnknown,
    PartnerSetup,
    Secret,
)
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings, handoff_return
from gateway.testkit.sandbox import Fault, FaultKind, SandboxServer
from gateway.testkit.sandbox.browser import Browser
from gateway.testkit.sandbox.cli import SandboxOptions
from gateway_acme import Acme
from gateway_acme.rates import POINTS
from gateway_acme.sandbox import make_server

KEY = Secret("a key that both sides know")
CLOCK = HandClock()


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


async def linked(acme: Partner) -> LinkedAccount:
    visit = ExchangeId("visit-1")
    request = HandoffRequest(exchange_id=visit, return_url="https://gateway.example/r?state=s", at=CLOCK())
    handoff = await acme.begin_handoff(request)
    async with Browser() as browser:
        page = await browser.get(handoff.url)
        back = (await browser.submit(page, "", member="taro")).location
    return await acme.complete_handoff(handoff_return(back, visit, CLOCK(), handoff.keep))


def order(account: LinkedAccount, exchange_id: str) -> DebitOrder:
    return DebitOrder(
        exchange_id=ExchangeId(exchange_id),
        lines=(DebitLine(wallet=POINTS, units=3, amount=300),),
        points=300,
        destination=Destination.reserve(),
        at=CLOCK(),
        account=account,
    )


@pytest.mark.asyncio
async def test_a_member_links_sees_their_points_and_exchanges_some(acme: Partner) -> None:
    account = await linked(acme)
    assert (await acme.balances(account)).available == {POINTS: 10_000}
    assert isinstance(await acme.debit(order(account, "x-1")), Debited)
    assert (await acme.balances(account)).available == {POINTS: 9_700}


@pytest.mark.asyncio
async def test_an_id_that_was_used_for_another_order_is_said_to_be_reused(acme: Partner) -> None:
    account = await linked(acme)
    await acme.debit(order(account, "x-1"))
    other = replace(order(account, "x-1"), lines=(DebitLine(wallet=POINTS, units=1, amount=100),))
    assert isinstance(await acme.debit(other), IdReused)
    assert (await acme.balances(account)).available == {POINTS: 9_700}


@pytest.mark.asyncio
async def test_a_debit_whose_reply_was_lost_is_found(acme: Partner, site: SandboxServer) -> None:
    account = await linked(acme)
    site.order(Fault(operation="debit", kind=FaultKind.RESET, done=True))
    with pytest.raises(OutcomeUnknown):
        await acme.debit(order(account, "x-2"))
    assert isinstance(await acme.find_debit(ExchangeId("x-2")), Debited)
