"""No question of the support desk reads a table that grows with use from one end to the other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core_ledger import chart
from gateway.cities.shops.shops import ShopEntry
from gateway.exchanges import exchange_report
from gateway.platform.short_reference import short_reference
from tests.query_plans import Questions

from .conftest import NOON, OUEN, another_town, new_id
from .test_support import WHY, exchange

BY_PREFIX = {"sign_in_misses"}
"""Misses of a login, at any network: forgotten after a day, and read by the beginning of their key."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres])])
async def observed_town(request, tmp_path):
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    questions = Questions()
    with questions.taken_down():
        async with another_town(tmp_path, url) as town:
            yield town, questions


async def furnished(town):
    """The session of a clerk; a member with points, a card, a payment and an exchange on its way."""
    clerk = await town.who("operator")
    shop = await town.city.shops.register(clerk, "soba", ShopEntry(name="そば"))
    member, code = await town.member(500), town.city.shops.code_of(shop)
    paid = (await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 30)).spend
    await town.city.cards.issue(clerk, new_id(), OUEN, [member.mykey_id], WHY)
    return clerk, member, paid, await exchange(SimpleNamespace(services=town), member)


@pytest.mark.xdist_group("postgres")
class TestSupport:
    async def test_finds_by_a_number_without_reading_all(self, observed_town):
        town, questions = observed_town
        clerk, member, paid, exchange_id = await furnished(town)
        questions.asked.clear()
        for number in (paid.spend_id, paid.short_reference, exchange_id, short_reference(exchange_id)):
            (match,) = await town.city.support.search_by_reference(clerk, number, WHY)
            assert match.member.member_id == member.member_id
        report = await town.store.read(
            lambda conn: exchange_report.report(conn, short_reference(exchange_id))
        )
        assert report["exchange"]["exchange_id"] == exchange_id
        assert await town.store.read(questions.whole_reads) == {}

    async def test_finds_by_sum_and_day_without_reading_all(self, observed_town):
        town, questions = observed_town
        clerk, member, paid, _ = await furnished(town)
        questions.asked.clear()
        for shop_id in ("soba", None):
            (match,) = await town.city.support.search_by_payment(clerk, 30, NOON.date(), shop_id, WHY)
            assert (match.member.member_id, match.spend) == (member.member_id, paid)
        assert await town.store.read(questions.whole_reads) == {}

    async def test_reads_a_timeline_without_reading_all(self, observed_town):
        town, questions = observed_town
        clerk, member, _, _ = await furnished(town)
        questions.asked.clear()
        first = await town.city.support.timeline(clerk, member.mykey_id, WHY, before=None, limit=1)
        rest = await town.city.support.timeline(
            clerk, member.mykey_id, WHY, before=first.next_before, limit=50
        )
        assert first.pay_cards is not None
        assert (len(first.pay_cards.cards), bool(rest.lines)) == (1, True)
        found = await town.store.read(questions.whole_reads)
        assert {table: found[table] for table in found.keys() - BY_PREFIX} == {}

    async def test_helps_a_member_without_reading_all(self, observed_town):
        town, questions = observed_town
        clerk, member, paid, _ = await furnished(town)
        await town.who("approver")
        questions.asked.clear()
        await town.city.support.unlock(clerk, member.mykey_id, WHY)
        await town.decided(await town.city.support.propose_access(clerk, member.mykey_id, WHY))
        await town.refund(paid, 10)
        await town.city.cards.stop(clerk, member.mykey_id, WHY)
        assert chart.member_book(member.member_id) == paid.book_id
        found = await town.store.read(questions.whole_reads)
        assert {table: found[table] for table in found.keys() - BY_PREFIX} == {}
