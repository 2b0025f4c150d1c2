"""A closed shop that owes: the debt is repaid or written off by two persons, and no closing carries it any more."""

from datetime import date

import pytest

from core_ledger import audit, chart
from gateway.cities.settlement import shop_debts
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.cities.settlement.shop_debts import DebtEnd, written_off_account
from gateway.platform import audit_log

from .conftest import KASAMA, NOON
from .test_corrections import refused
from .test_four_eyes import owing_shop, paid_spend

AUG_1, AUG_16 = date(2018, 8, 1), date(2018, 8, 16)


async def owing(town):
    return [
        (debt.shop_id, debt.points, debt.yen)
        for debt in await town.store.read(lambda conn: shop_debts.list_owing(conn, KASAMA))
    ]


async def end(town, how):
    await town.who("administrator")
    proposal = await town.city.settlements.end_shop_debt(
        await town.who("approver"), "cafe", how, "破産の通知"
    )
    await town.decided(proposal, "administrator")


async def close_next(town, starts_on, day, month):
    town.clock.now = NOON.replace(month=month, day=day)
    await town.close_cycle(starts_on)
    return (await town.city.settlements.get(KASAMA, starts_on)).lines


class TestADebt:
    async def test_is_carried_for_ever_while_nobody_decides(self, town):
        await owing_shop(town, await town.who("operator"))
        assert await owing(town) == [("cafe", 100, 100)]
        (line,) = await close_next(town, AUG_16, 1, 9)
        assert (line.brought_yen, line.carried_yen) == (-100, -100)

    @pytest.mark.parametrize(
        ("how", "paid", "loss"), [(DebtEnd.REPAID, 0, 0), (DebtEnd.WRITTEN_OFF, 100, -100)]
    )
    async def test_that_two_persons_have_ended_is_in_the_ledger_and_in_the_next_closing(
        self, town, how, paid, loss
    ):
        await owing_shop(town, await town.who("operator"))
        assert await town.total(chart.shop(KASAMA, "cafe")) == -100
        await end(town, how)
        assert await owing(town) == []
        assert await town.total(chart.shop(KASAMA, "cafe")) == 0
        assert await town.total(paid_account(KASAMA)) == paid
        assert await town.total(written_off_account(KASAMA)) == loss
        (line,) = await close_next(town, AUG_16, 1, 9)
        assert (line.brought_yen, line.paid_yen, line.carried_yen) == (0, 0, 0)
        (ended,) = await town.store.read(lambda conn: shop_debts.list_ended(conn, KASAMA, AUG_16))
        assert (ended.end, ended.yen, ended.reason) == (how, 100, "破産の通知")
        assert await close_next(town, date(2018, 9, 1), 16, 9) == ()
        assert (await town.store.read(audit.verify)).ok

    async def test_is_ended_once(self, town):
        await owing_shop(town, await town.who("operator"))
        await end(town, DebtEnd.WRITTEN_OFF)
        who = await town.who("approver")
        again = town.city.settlements.end_shop_debt(who, "cafe", DebtEnd.REPAID, "返金")
        assert await refused(again) == "no-debt"

    async def test_whose_sum_has_moved_is_decided_anew(self, town):
        await owing_shop(town, await town.who("operator"))
        await town.who("administrator")
        proposal = await town.city.settlements.end_shop_debt(
            await town.who("approver"), "cafe", DebtEnd.WRITTEN_OFF, "破産の通知"
        )
        await town.city.shops.reopen(await town.who("operator"), "cafe", "再開")
        assert await refused(town.decided(proposal, "administrator")) in ("no-debt", "proposal-outdated")

    async def test_of_an_open_shop_is_none(self, town):
        author = await town.who("operator")
        await paid_spend(town, author, 100)
        who = await town.who("approver")
        ended = town.city.settlements.end_shop_debt(who, "cafe", DebtEnd.WRITTEN_OFF, "破産")
        assert await refused(ended) == "no-debt"
        assert (
            await refused(town.city.settlements.end_shop_debt(who, "soba", DebtEnd.REPAID, "返金"))
            == "unknown-shop"
        )

    async def test_stands_in_the_log_with_its_sum(self, town):
        await owing_shop(town, await town.who("operator"))
        await end(town, DebtEnd.REPAID)
        lines = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["shop debt ended"], limit=9)
        )
        assert [(line.subject, line.facts["yen"], line.facts["debt_end"]) for line in lines] == [
            ("cafe", 100, "repaid")
        ]
