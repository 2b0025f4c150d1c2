"""The payment run: what became of each payment, what is owed again, and what a shop says of its account."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from core_ledger import audit, chart
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import payout_rows
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.cities.shops import account_notices
from gateway.cities.shops.account_notices import NoticeState
from gateway.cities.shops.bank_accounts import Payer
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.platform import audit_log

from .conftest import KASAMA, MITO
from .test_four_eyes import ACCOUNT
from .test_settlement import JULY_1, JULY_16, at, pay, shops

__all__ = ["shops"]
AUG_1 = date(2018, 8, 1)


async def refused(call):
    with pytest.raises(ProblemError) as caught:
        await call
    return caught.value.type


@pytest.fixture
async def closed(town, shops):
    """July's first half is closed: 300 yen to the noodle shop, 50 to the café."""
    boss = await town.who("administrator")
    payer = Payer(client_code="0123456789", account=replace(ACCOUNT, number="1111111"))
    await town.who("approver")
    await town.decided(await town.city.shops.set_payer(boss, payer))
    await pay(town, at(2), 300)
    await pay(town, at(3), 50, "cafe")
    town.clock.now = at(17)
    await town.close_cycle(JULY_1)
    return await town.city.settlements.statement(KASAMA, JULY_1, "soba")


async def record(town, state, shop_id="soba", starts_on=JULY_1):
    await town.who("administrator")
    who = await town.who("approver")
    done = await town.city.settlements.record_payout(who, starts_on, shop_id, state, "銀行の通知")
    if isinstance(done, Proposal):
        await town.decided(done, "administrator")
    return done


async def states(town, starts_on=JULY_1):
    return {each.line.shop_id: each.state for each in await town.city.settlements.payouts(KASAMA, starts_on)}


def paid_lines(file):
    """Account number and yen of each payment that a transfer file orders."""
    records = [file[start : start + 120] for start in range(0, len(file), 122)]
    return {rec[43:50].decode(): int(rec[80:90]) for rec in records if rec.startswith(b"2")}


class TestAPaymentThatIsHeld:
    async def test_it_is_left_out_of_the_file_and_paid_with_the_next_closing(self, town, closed):
        await town.set_account("cafe", "7654321")
        await record(town, PayoutState.HELD)
        assert await states(town) == {"cafe": "closed", "soba": "held"}
        assert sum(paid_lines(await town.transfer_file(JULY_1)).values()) == 50
        await pay(town, at(18), 1_000)
        town.clock.now = at(2, 8)
        later = await town.close_cycle(JULY_16)
        assert [(line.shop_id, line.brought_yen, line.paid_yen) for line in later.lines] == [
            ("soba", 300, 1_300)
        ]
        assert await town.city.settlements.statement(KASAMA, JULY_1, "soba") == closed
        assert await town.total(paid_account(KASAMA)) == 1_350
        assert await town.total(chart.shop(KASAMA, "soba")) == 0
        assert (await town.store.read(audit.verify)).ok
        third = await town.city.settlements.get(KASAMA, AUG_1)
        assert not third.lines

    async def test_nothing_else_to_pay_is_no_file(self, town, closed):
        await record(town, PayoutState.HELD)
        await record(town, PayoutState.HELD, "cafe")
        who = await town.who("approver")
        assert await refused(town.city.settlements.make_transfer_file(who, JULY_1)) == "nothing-to-pay"

    async def test_a_file_that_was_proposed_with_it_is_outdated(self, town, closed):
        who, boss = await town.who("approver"), await town.who("administrator")
        file = await town.city.settlements.make_transfer_file(who, JULY_1)
        await record(town, PayoutState.HELD)
        assert await refused(town.decided(file, "administrator")) == "proposal-outdated"
        assert boss.role == "administrator"

    async def test_what_a_file_orders_is_not_held_any_more(self, town, closed):
        await town.transfer_file(JULY_1)
        assert await refused(record(town, PayoutState.HELD)) == "payout-state"


class TestAPaymentThatCameBack:
    async def test_it_is_owed_again_once(self, town, closed):
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.PAID)
        await record(town, PayoutState.RETURNED)
        assert await refused(record(town, PayoutState.RETURNED)) == "payout-state"
        assert await refused(record(town, PayoutState.PAID)) == "payout-state"
        assert await town.total(chart.shop(KASAMA, "soba")) == 300
        assert sum(paid_lines(await town.transfer_file(JULY_1, again=True)).values()) == 50
        town.clock.now = at(2, 8)
        later = await town.close_cycle(JULY_16)
        assert [(line.shop_id, line.paid_yen) for line in later.lines] == [("soba", 300)]
        (payout,) = [
            each.payout for each in await town.city.settlements.payouts(KASAMA, JULY_1) if each.payout
        ]
        assert payout.carried_in == "2018-07-16"
        assert await town.total(chart.shop(KASAMA, "soba")) == 0

    async def test_it_takes_a_second_person(self, town, closed):
        await town.transfer_file(JULY_1)
        who = await town.who("approver")
        record_payout = town.city.settlements.record_payout
        proposal = await record_payout(who, JULY_1, "soba", PayoutState.RETURNED, "組戻し")
        assert isinstance(proposal, Proposal)
        approve = town.city.proposals.approve
        assert (
            await refused(approve(who, proposal.proposal_id, proposal.digest, "")) == "second-person-missing"
        )
        assert await states(town) == {"cafe": "ordered", "soba": "ordered"}
        assert await town.total(chart.shop(KASAMA, "soba")) == 0

    async def test_a_closing_that_was_proposed_before_it_is_outdated(self, town, closed):
        await town.transfer_file(JULY_1)
        await pay(town, at(18), 1_000)
        town.clock.now = at(2, 8)
        closing = await town.city.settlements.close(await town.who("approver"), JULY_16, "締め")
        await record(town, PayoutState.RETURNED)
        assert await refused(town.decided(closing, "administrator")) == "proposal-outdated"

    async def test_returns_of_one_moment_are_one(self, town, closed):
        await town.transfer_file(JULY_1)
        who, boss = await town.who("approver"), await town.who("administrator")
        proposal = await town.city.settlements.record_payout(
            who, JULY_1, "soba", PayoutState.RETURNED, "組戻し"
        )
        approve = town.city.proposals.approve
        outcomes = await asyncio.gather(
            *(approve(boss, proposal.proposal_id, proposal.digest, "") for _ in range(10)),
            return_exceptions=True,
        )
        assert sorted(getattr(each, "type", "done") for each in outcomes) == ["done"] + ["proposal-state"] * 9
        assert await town.total(chart.shop(KASAMA, "soba")) == 300

    async def test_a_cycle_that_was_passed_over_does_not_take_it_up(self, town, closed):
        """Its lines say nothing of what is owed again: taken up there it would never be paid."""
        await town.transfer_file(JULY_1)
        town.clock.now = at(17, 8)
        await town.close_cycle(AUG_1)
        await record(town, PayoutState.RETURNED)
        assert (await town.close_cycle(JULY_16)).lines == ()
        town.clock.now = at(2, 9)
        later = await town.close_cycle(date(2018, 8, 16))
        assert [(line.shop_id, line.brought_yen, line.paid_yen) for line in later.lines] == [
            ("soba", 300, 300)
        ]
        assert await town.total(chart.shop(KASAMA, "soba")) == 0


class TestAPaymentThatWasMade:
    async def test_one_person_records_it_after_a_file_orders_it(self, town, closed):
        assert await refused(record(town, PayoutState.PAID)) == "payout-state"
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.PAID)
        assert await states(town) == {"cafe": "ordered", "soba": "paid"}

    async def test_it_is_paid_once(self, town, closed):
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.PAID)
        await pay(town, at(18), 40)
        town.clock.now = at(2, 8)
        later = await town.close_cycle(JULY_16)
        assert [(line.shop_id, line.brought_yen, line.paid_yen) for line in later.lines] == [("soba", 0, 40)]

    async def test_what_another_city_holds_is_another_shops(self, town, closed):
        await record(town, PayoutState.HELD, "cafe")
        known = await town.store.read(lambda conn: payout_rows.list_by_cycle(conn, KASAMA, JULY_1))
        held = replace(known["cafe"], shop_id="soba")
        await town.store.run(lambda conn: payout_rows.save(conn, MITO, JULY_1, held))
        assert await states(town) == {"cafe": "held", "soba": "closed"}
        assert sum(paid_lines(await town.transfer_file(JULY_1)).values()) == 300

    async def test_a_shop_that_the_cycle_does_not_pay_has_none(self, town, closed):
        await town.transfer_file(JULY_1)
        assert await refused(record(town, PayoutState.PAID, "nobody")) == "unknown-shop"
        assert await refused(record(town, PayoutState.PAID, starts_on=JULY_16)) == "cycle-not-closed"


async def turn_account(town, number="6666666"):
    """Two persons of the city change where the noodle shop is paid."""
    boss = await town.who("administrator")
    await town.who("approver")
    account = replace(ACCOUNT, number=number)
    await town.decided(await town.city.shops.set_bank(boss, "soba", account))


async def notices(town):
    return await town.store.read(lambda conn: account_notices.list_by_city(conn, KASAMA, shop_id="soba"))


async def say(town, state, notice=None, shop_id="soba"):
    owner = await town.who("shop", shop_id=shop_id)
    notice_id = (notice or (await notices(town))[0]).notice_id
    return await town.city.shops.answer_notice(owner, notice_id, state)


class TestTheShopIsTold:
    async def test_it_sees_both_accounts_and_confirms(self, town, shops):
        await turn_account(town)
        (notice,) = await notices(town)
        assert (notice.account_before[-3:], notice.account[-3:], notice.state) == ("567", "666", "waiting")
        assert (await say(town, NoticeState.CONFIRMED)).state == "confirmed"
        assert (await say(town, NoticeState.CONFIRMED)).state == "confirmed"
        lines = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["shop account confirmed"])
        )
        assert [line.subject for line in lines] == ["soba"]

    async def test_an_objection_before_the_closing_drops_the_change(self, town, shops):
        await pay(town, at(2), 300)
        town.clock.now = at(17)
        await turn_account(town)
        answer = await say(town, NoticeState.DISPUTED)
        assert (answer.state, answer.stops_payment) == ("disputed", False)
        await town.close_cycle(JULY_1)
        await pay(town, at(18), 200)
        town.clock.now = at(2, 8)
        later = await town.close_cycle(JULY_16)
        assert (later.yen, (await town.city.shops.bank(KASAMA, "soba")).number) == (200, "1234567")

    async def test_an_objection_after_it_stops_what_is_paid_next_until_two_persons_decide_anew(
        self, town, shops
    ):
        await turn_account(town)
        await pay(town, at(2), 300)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        assert (await town.city.shops.bank(KASAMA, "soba")).number == "6666666"
        await pay(town, at(18), 200)
        assert (await say(town, NoticeState.DISPUTED)).stops_payment
        town.clock.now = at(2, 8)
        second = await town.close_cycle(JULY_16)
        assert [(line.paid_yen, line.carried_yen) for line in second.lines] == [(0, 200)]
        await turn_account(town, "1234567")
        await pay(town, at(3, 8), 40)
        town.clock.now = at(20, 8)
        third = await town.close_cycle(AUG_1)
        assert [(line.paid_yen, line.carried_yen) for line in third.lines] == [(240, 0)]

    async def test_another_shop_answers_nothing_of_it_and_an_objection_stands(self, town, shops):
        await turn_account(town)
        assert await refused(say(town, NoticeState.CONFIRMED, shop_id="cafe")) == "unknown-notice"
        await say(town, NoticeState.DISPUTED)
        assert await refused(say(town, NoticeState.CONFIRMED)) == "notice-answered"

    async def test_a_first_account_is_told_too(self, town):
        boss = await town.who("administrator")
        await town.city.shops.register(boss, "soba", ShopEntry(name="そば"))
        await turn_account(town)
        (notice,) = await notices(town)
        assert (notice.account_before, notice.state) == ("", "waiting")


async def test_a_shop_answers_over_http_and_the_city_sees_it(site):
    boss, approver = await site.staff_token("administrator"), await site.staff_token("approver")
    await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
    owner = await site.staff_token("shop", shop_id="soba")
    account = {
        "bank_code": "0009", "branch_code": "001", "kind": 1,
        "number": "1234567", "holder": "ソバ",
    }  # fmt: skip
    assert (await site.decided("/v1/city/shops/soba/bank-account", boss, account, "PUT"))[0] == 200
    status, told = await site.call("GET", "/v1/shop/account-notices", owner)
    (notice,) = told["notices"]
    assert (status, notice["account"], notice["state"]) == (200, "0009-001 ****567", "waiting")
    where = f"/v1/shop/account-notices/{notice['notice_id']}/answer"
    assert (await site.call("POST", where, approver, json={"answer": "confirmed"}))[0] == 403
    assert (await site.call("POST", where, owner, json={"answer": "perhaps"}))[0] == 422
    status, answered = await site.call("POST", where, owner, json={"answer": "disputed"})
    assert (status, answered["stops_payment"]) == (200, True)
    status, listed = await site.call("GET", "/v1/city/account-notices?state=disputed", approver)
    assert (status, [each["shop_id"] for each in listed["notices"]]) == (200, ["soba"])
