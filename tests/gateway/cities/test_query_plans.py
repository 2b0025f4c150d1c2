"""No question of the support desk reads a table that grows with use from one end to the other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.cities.shops.shops import ShopEntry
from gateway.platform.short_reference import short_reference
from tests.query_plans import Questions

from .conftest import OUEN, another_town, new_id
from .test_support import WHY, exchange


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres])])
async def asked_town(request, tmp_path):
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    questions = Questions()
    with questions.taken_down():
        async with another_town(tmp_path, url) as town:
            yield town, questions


async def furnished(town):
    """A member with points, a payment and an exchange on its way; the session of a clerk."""
    clerk = await town.who("operator")
    shop = await town.city.shops.register(clerk, "soba", ShopEntry(name="そば"))
    member, code = await town.member(500), town.city.shops.code_of(shop)
    paid = (await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 30)).spend
    return clerk, member, paid, await exchange(SimpleNamespace(services=town), member)


@pytest.mark.xdist_group("postgres")
class TestTheSupportDesk:
    async def test_finds_by_a_number_without_reading_all(self, asked_town):
        town, questions = asked_town
        clerk, member, paid, exchange_id = await furnished(town)
        questions.asked.clear()
        for number in (paid.spend_id, paid.short_reference, exchange_id, short_reference(exchange_id)):
            (match,) = await town.city.support.search_by_reference(clerk, number, WHY)
            assert match.member.member_id == member.member_id
        assert await town.store.read(questions.whole_reads) == {}
