"""A day of a partner's book comes whole or page by page, and counts only when its last page has come."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date, datetime

import pytest

from gateway import JST, DebitLine, DebitRecord, ExchangeId, OutcomeUnknown, PartnerUnavailable, WalletId
from gateway.partners import partner as partner_module

DAY = date(2018, 7, 31)
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


def row(number: int) -> DebitRecord:
    return DebitRecord(
        exchange_id=ExchangeId(f"x-{number}"),
        reference=f"R-{number}",
        lines=(DebitLine(wallet=WalletId("points"), amount=100),),
        at=NOON,
    )


def pages(*given, pause_s=0.0):
    async def debits_on(self, day):
        for page in given:
            await asyncio.sleep(pause_s)
            if isinstance(page, Exception):
                raise page
            yield page

    return debits_on


async def listed(stage, **options):
    return [it.exchange_id for it in await stage(**options).partner.debits_on(DAY)]


async def test_pages_are_put_together_in_their_order(stage) -> None:
    assert await listed(stage, debits_on=pages([row(1), row(2)], (), (row(3),))) == ["x-1", "x-2", "x-3"]
    assert await listed(stage, debits_on=pages()) == []


async def test_an_async_iterator_may_be_returned_as_well(stage) -> None:
    async def debits_on(self, day):
        return pages([row(1)])(self, day)

    assert await listed(stage, debits_on=debits_on) == ["x-1"]


async def test_each_page_has_a_deadline_of_its_own(stage, profile) -> None:
    short = profile(deadline_s=1.5)
    slow = pages(*([row(n)] for n in range(4)), pause_s=0.5)
    assert len(await listed(stage, profile=short, debits_on=slow)) == 4
    with pytest.raises(PartnerUnavailable, match=r"did not end within 1\.5 s"):
        await listed(stage, profile=short, debits_on=pages([row(1)], [row(2)], pause_s=30))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (OutcomeUnknown("half a file"), "half a file"),
        (ValueError("no csv"), "crashed with ValueError"),
        (["R-1"], "answered a str instead of DebitRecord"),
        (row(2), "answered a DebitRecord instead of a sequence"),
        (None, "answered None instead of a sequence"),
    ],
)
async def test_a_day_with_a_page_that_fails_is_no_day(stage, page, said) -> None:
    with pytest.raises(PartnerUnavailable, match=said):
        await listed(stage, debits_on=pages([row(1)], page, [row(3)]))


async def test_the_iterator_is_closed_when_a_page_fails(stage) -> None:
    closed = []

    async def debits_on(self, day):
        try:
            yield [row(1)]
            yield ["no record"]
        finally:
            closed.append(day)

    with pytest.raises(PartnerUnavailable):
        await listed(stage, debits_on=debits_on)
    assert closed == [DAY]


async def test_a_generator_that_does_not_end_costs_one_deadline(stage, profile) -> None:
    test_is_over = asyncio.Event()

    async def debits_on(self, day):
        try:
            yield ["no record"]
        finally:
            while not test_is_over.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await test_is_over.wait()

    async with asyncio.timeout(30):
        with pytest.raises(PartnerUnavailable, match="answered a str"):
            await listed(stage, profile=profile(deadline_s=0.5), debits_on=debits_on)
    test_is_over.set()


async def test_who_waits_for_a_day_can_be_cancelled_at_every_moment(stage, profile) -> None:
    """Also while the plugin's generator is being ended."""
    reached = asyncio.Event()

    async def debits_on(self, day):
        try:
            yield ["no record"]
        finally:
            reached.set()
            await asyncio.Event().wait()

    waiting = asyncio.create_task(listed(stage, profile=profile(deadline_s=30.0), debits_on=debits_on))
    await reached.wait()
    waiting.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_pages_that_go_round_in_a_circle_end(stage, monkeypatch) -> None:
    monkeypatch.setattr(partner_module, "MAX_PAGES", 10)

    async def debits_on(self, day):
        while True:
            yield [row(1)]

    with pytest.raises(PartnerUnavailable, match="gave 10 pages and has not ended"):
        await listed(stage, debits_on=debits_on)
