"""Captures, look-ups, cancels and the day's list, against the sandbox's own book."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from gateway_saison.rates import EIKYU, WALLET

from gateway import (
    Debited,
    DebitLine,
    Declined,
    DeclineReason,
    ExchangeId,
    IdReused,
    NoRecord,
    NotProcessed,
    PartnerUnavailable,
    Reversal,
    Reversed,
    Secret,
)
from gateway.testkit.sandbox import EntryState

DAY = date(2018, 7, 31)


async def held(saison, account):
    return (await saison.balances(account)).available


async def test_two_units_take_200_points_and_say_under_which_reference(saison, taro, an_order, site):
    answer = await saison.debit(an_order(taro, "x-1", eikyu=2))
    assert isinstance(answer, Debited)
    assert answer.reference == "SZ0000000001"
    assert await held(saison, taro) == {EIKYU: 9_800, WALLET: 0}
    [entry] = await site.entries()
    assert (entry.order_id, entry.state, entry.lines) == ("x-1", EntryState.DONE, {"eikyu": 200})


async def test_wallet_and_points_are_taken_together(member, saison, an_order):
    hanako = await member.links("1001-0002", "sample-hanako")
    assert isinstance(await saison.debit(an_order(hanako, eikyu=1, wallet=1)), Debited)
    assert await held(saison, hanako) == {EIKYU: 9_900, WALLET: 0}


async def test_more_than_is_there_is_declined_whole_and_stays_declined(member, saison, an_order):
    hanako = await member.links("1001-0002", "sample-hanako")
    order = an_order(hanako, "x-1", eikyu=1, wallet=2)
    assert await saison.debit(order) == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.NOT_ENOUGH
    )
    assert await saison.debit(order) == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.NOT_ENOUGH
    )
    assert await saison.find_debit("x-1") == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.NOT_ENOUGH
    )
    assert await held(saison, hanako) == {EIKYU: 10_000, WALLET: 450}


async def test_the_same_order_twice_is_one_debit(saison, taro, an_order):
    first, second = await asyncio.gather(*(saison.debit(an_order(taro, "x-1", eikyu=2)) for _ in range(2)))
    assert first == second
    assert await held(saison, taro) == {EIKYU: 9_800, WALLET: 0}


async def test_the_same_id_with_another_amount_is_reused_and_takes_nothing(saison, taro, an_order):
    await saison.debit(an_order(taro, "x-1", eikyu=2))
    assert await saison.debit(an_order(taro, "x-1", eikyu=3)) == IdReused(exchange_id=ExchangeId("x-1"))
    assert await held(saison, taro) == {EIKYU: 9_800, WALLET: 0}


async def test_the_same_id_by_another_member_is_reused_and_takes_nothing(member, saison, taro, an_order):
    await saison.debit(an_order(taro, "x-1", eikyu=2))
    hanako = await member.links("1001-0002", "sample-hanako")
    assert await saison.debit(an_order(hanako, "x-1", eikyu=2)) == IdReused(exchange_id=ExchangeId("x-1"))
    assert await held(saison, hanako) == {EIKYU: 10_000, WALLET: 450}


async def test_a_yes_shows_what_was_taken_and_from_whom(member, saison, an_order):
    mie = await member.links("1001-0004", "sample-mie")
    debit = await saison.debit(an_order(mie, "x-1", eikyu=3, wallet=2))
    taken = (DebitLine(wallet=WALLET, amount=900), DebitLine(wallet=EIKYU, amount=300))
    assert (debit.lines, debit.service_id) == (taken, mie.service_id)
    assert await saison.find_debit("x-1") == debit
    [record] = await saison.debits_on(DAY)
    assert (record.lines, record.service_id) == (taken, mie.service_id)


async def test_many_at_once_never_take_more_than_there_is(member, saison, an_order):
    shiro = await member.links("1001-0003", "sample-jiro")
    answers = await asyncio.gather(*(saison.debit(an_order(shiro, f"x-{n}", eikyu=30)) for n in range(6)))
    assert sum(isinstance(it, Debited) for it in answers) == 3
    assert await held(saison, shiro) == {EIKYU: 1_000, WALLET: 449}


async def test_a_debit_is_found_under_its_exchange_id(saison, taro, an_order):
    answer = await saison.debit(an_order(taro, "x/1 ü", eikyu=2))
    assert await saison.find_debit("x/1 ü") == answer


async def test_what_was_never_ordered_is_admitted(saison):
    assert await saison.find_debit("x-9") == NoRecord(exchange_id=ExchangeId("x-9"))


async def test_after_the_link_has_ended_a_new_debit_is_declined_and_an_old_one_still_found(
    member, saison, site, taro, an_order
):
    answer = await saison.debit(an_order(taro, "x-1", eikyu=1))
    page = await member.browser.get(site.url + "/")
    page = await member.browser.submit(page, "/login", number="1001-0001", password="sample-taro")
    await member.browser.submit(await member.browser.follow(page), "/unlink")
    declined = await saison.debit(an_order(taro, "x-2", eikyu=1))
    assert declined == Declined(exchange_id=ExchangeId("x-2"), reason=DeclineReason.LINK_ENDED)
    assert await saison.find_debit("x-1") == answer


def a_reversal(debit, name, **amounts):
    wallets = {"eikyu": (EIKYU, 100), "wallet": (WALLET, 450)}
    lines = tuple(
        DebitLine(wallet=wallets[key][0], units=units, amount=units * wallets[key][1])
        for key, units in amounts.items()
    )
    return Reversal(reversal_id=name, exchange_id=debit.exchange_id, debit=debit, lines=lines, at=debit.at)


async def test_a_debit_is_given_back_in_parts_but_never_more_than_was_taken(member, saison, an_order):
    mie = await member.links("1001-0004", "sample-mie")
    debit = await saison.debit(an_order(mie, eikyu=3, wallet=2))
    first = await saison.reverse_debit(a_reversal(debit, "r-1", eikyu=2))
    assert isinstance(first, Reversed)
    assert await saison.reverse_debit(a_reversal(debit, "r-1", eikyu=2)) == first
    too_much = await saison.reverse_debit(a_reversal(debit, "r-2", eikyu=2, wallet=1))
    assert too_much == Declined(exchange_id=ExchangeId("x-1"), reason=DeclineReason.REFUSED)
    assert await held(saison, mie) == {EIKYU: 34_900, WALLET: 450}
    [record] = await saison.debits_on(DAY)
    assert not record.reversed
    assert record.given_back == (DebitLine(wallet=EIKYU, amount=200),)
    assert isinstance(await saison.reverse_debit(a_reversal(debit, "r-3", eikyu=1, wallet=2)), Reversed)
    assert await held(saison, mie) == {EIKYU: 35_000, WALLET: 1_350}
    [record] = await saison.debits_on(DAY)
    assert record.reversed
    assert record.given_back == record.lines


async def test_the_list_of_a_day_is_the_day_in_japan(saison, taro, an_order, clock):
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    await saison.debit(an_order(taro, "x-1", eikyu=1))
    clock.forward(timedelta(seconds=1))
    await saison.debit(an_order(taro, "x-2", eikyu=2))
    await saison.debit(an_order(taro, "x-3", eikyu=1_000))
    [last_of_july] = await saison.debits_on(DAY)
    [first_of_august] = await saison.debits_on(date(2018, 8, 1))
    assert (last_of_july.exchange_id, first_of_august.exchange_id) == ("x-1", "x-2")
    assert first_of_august.lines == (DebitLine(wallet=EIKYU, amount=200),)


async def test_a_long_day_is_read_to_its_end(saison, taro, an_order, monkeypatch):
    monkeypatch.setattr("gateway_saison.sandbox.api.PAGE", 3)
    for n in range(7):
        await saison.debit(an_order(taro, f"x-{n}", eikyu=1))
    assert [it.exchange_id for it in await saison.debits_on(DAY)] == [f"x-{n}" for n in range(7)]


async def test_the_connection_is_checked_with_our_credentials(saison, make_saison, site):
    await saison.check_connection()
    stranger = make_saison(site.url, key=Secret("a key that only one side knows"))
    with pytest.raises(PartnerUnavailable):
        await stranger.check_connection()


async def test_a_request_signed_more_than_30_seconds_ago_is_not_taken(
    make_saison, site, clock, taro, an_order
):
    slow_clock = make_saison(site.url, clock=lambda: clock() - timedelta(seconds=31))
    assert await slow_clock.debit(an_order(taro, "x-1", eikyu=1)) == NotProcessed(
        exchange_id=ExchangeId("x-1")
    )
    just_in_time = make_saison(site.url, clock=lambda: clock() - timedelta(seconds=30))
    assert isinstance(await just_in_time.debit(an_order(taro, "x-2", eikyu=1)), Debited)
    assert [it.order_id for it in await site.entries()] == ["x-2"]
