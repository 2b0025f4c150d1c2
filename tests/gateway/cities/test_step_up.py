"""Above the member's own sum a payment wants a proof that is minutes old: by code, by the shop's QR, and by card."""

import asyncio

import pytest

from core_ledger import audit
from gateway.cities.shops import shop_codes
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.members import member_rows

from .conftest import KASAMA, OUEN, new_id
from .test_pay_cards import card_of, set_pin
from .test_pay_cards import word as word_of


@pytest.fixture
async def shop(town):
    await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば処 見本"))
    return await town.who("shop", KASAMA, "soba")


async def member_with(town, above, points=1_000):
    member = await town.member(points=points)
    await town.store.run(lambda conn: member_rows.write(conn, member.member_id, step_up_above=above))
    return member


async def scan(town, member, points, *, is_proven=False, spend_id=None):
    code = shop_codes.make(town.city.context, KASAMA, "soba")
    return await town.city.spending.pay(
        member.member_id, spend_id or new_id(), code, OUEN, points, is_proven=is_proven
    )


class TestTheMemberScans:
    async def test_up_to_the_sum_nothing_is_asked_and_above_it_the_proof(self, town, shop):
        member = await member_with(town, 300)
        assert (await scan(town, member, 300)).left == 700
        assert await word_of(scan(town, member, 301)) == "fresh-proof-needed"
        assert (await scan(town, member, 301, is_proven=True)).left == 399

    async def test_who_has_set_none_is_asked_nothing_and_zero_asks_always(self, town, shop):
        assert (await scan(town, await member_with(town, None), 1_000)).left == 0
        assert await word_of(scan(town, await member_with(town, 0), 1)) == "fresh-proof-needed"

    async def test_a_payment_that_was_made_is_told_again_without_a_proof(self, town, shop):
        member, spend_id = await member_with(town, 300), new_id()
        await scan(town, member, 500, is_proven=True, spend_id=spend_id)
        assert (await scan(town, member, 500, spend_id=spend_id)).replayed

    async def test_of_many_at_once_each_is_asked_by_the_own_sum(self, town, shop):
        free, bound, proven = [await member_with(town, above) for above in (None, 100, 100)]
        outcomes = await asyncio.gather(
            scan(town, free, 101),
            scan(town, bound, 101),
            scan(town, proven, 101, is_proven=True),
            return_exceptions=True,
        )
        assert isinstance(outcomes[1], ProblemError)
        assert outcomes[1].type == "fresh-proof-needed"
        assert [outcomes[0].left, outcomes[2].left] == [899, 899]
        assert (await town.store.read(audit.verify)).ok


class TestTheShopScans:
    async def test_a_code_made_without_a_proof_pays_up_to_the_sum_and_is_not_used_up_by_more(
        self, town, shop
    ):
        member = await member_with(town, 300)
        code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
        assert code.most_points == 300
        take = town.city.spending.receive_payment
        assert await word_of(take(shop, new_id(), code.qr, 301)) == "pay-code-unproven"
        assert await town.balance(member.member_id) == 1_000
        assert (await take(shop, new_id(), code.digits, 300)).left == 700

    async def test_a_code_made_after_a_proof_pays_any_sum(self, town, shop):
        member = await member_with(town, 300)
        code = await town.city.codes.make(member.member_id, KASAMA, OUEN, is_proven=True)
        assert code.most_points is None
        assert (await town.city.spending.receive_payment(shop, new_id(), code.qr, 1_000)).left == 0

    async def test_the_shop_hears_no_sum(self, town, shop):
        member = await member_with(town, 317)
        code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
        with pytest.raises(ProblemError) as caught:
            await town.city.spending.receive_payment(shop, new_id(), code.qr, 500)
        assert "317" not in str(caught.value) + str(caught.value.facts)


class TestACard:
    async def test_above_the_members_sum_the_pin_is_asked_for_where_the_citys_is_higher(self, town, shop):
        member = await member_with(town, 300)
        card = await card_of(town, member)
        await set_pin(town, member)
        take = town.city.spending.receive_payment
        assert (await take(shop, new_id(), card.qr, 300)).left == 700
        assert await word_of(take(shop, new_id(), card.qr, 301)) == "pay-card-pin-needed"
        assert await word_of(take(shop, new_id(), card.qr, 301, "0000")) == "pay-card-pin-wrong"
        assert (await take(shop, new_id(), card.qr, 301, "4627")).left == 399

    async def test_a_higher_sum_of_the_members_does_not_raise_the_citys(self, town, shop):
        member = await member_with(town, 5_000, points=3_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        assert (
            await word_of(town.city.spending.receive_payment(shop, new_id(), card.qr, 1_001))
            == "pay-card-pin-needed"
        )
