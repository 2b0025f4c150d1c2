"""Shops are paid by half-months, once; what changes later comes into the next cycle."""

import asyncio
import itertools
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, literal, select, update

from core_ledger import audit, chart
from gateway.cities import tables
from gateway.cities.settlement import closing, settlement_lines
from gateway.cities.settlement.business_days import STANDARD, CycleCalendar, SettlementCycle, is_business_day
from gateway.cities.settlement.closing import CloseCycle
from gateway.cities.settlement.settlement_csv import corrections_csv, settlement_csv, statement_csv
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction

from .conftest import KASAMA, MITO, OUEN, new_id

cycle_of, cycles = STANDARD.cycle_of, CycleCalendar().cycles
JULY_1, JULY_16, AUG_1 = date(2018, 7, 1), date(2018, 7, 16), date(2018, 8, 1)


@pytest.mark.parametrize(
    ("day", "starts", "ends", "pays"),
    [
        ("2018-07-01", "2018-07-01", "2018-07-15", "2018-07-31"),
        ("2018-07-15", "2018-07-01", "2018-07-15", "2018-07-31"),
        ("2018-07-16", "2018-07-16", "2018-07-31", "2018-08-15"),
        ("2018-02-16", "2018-02-16", "2018-02-28", "2018-03-15"),
        ("2018-06-10", "2018-06-01", "2018-06-15", "2018-07-02"),  # 30 June was a Saturday
        ("2018-12-05", "2018-12-01", "2018-12-15", "2019-01-04"),  # New Year's Eve to 3 January
        ("2019-04-10", "2019-04-01", "2019-04-15", "2019-05-07"),  # ten days of holidays for a new emperor
        ("2018-08-31", "2018-08-16", "2018-08-31", "2018-09-18"),  # Saturday, Sunday, 敬老の日
    ],
)
def test_a_half_month_is_paid_at_the_next_date_on_which_banks_work(day, starts, ends, pays):
    assert cycle_of(date.fromisoformat(day)) == SettlementCycle(
        *map(date.fromisoformat, (starts, ends, pays))
    )


@given(st.dates(date(2015, 1, 1), date(2030, 12, 31)))
def test_every_day_has_one_cycle_and_is_paid_on_a_business_day_after_it(day):
    cycle = cycle_of(day)
    assert cycle.starts_on <= day <= cycle.ends_on < cycle.pays_on
    assert is_business_day(cycle.pays_on)


def test_cycles_follow_each_other_without_a_gap():
    settlement_cycles = list(cycles(date(2018, 1, 20), date(2018, 12, 31)))
    assert all(
        settlement_cycle.ends_on + timedelta(days=1) == other.starts_on
        for settlement_cycle, other in itertools.pairwise(settlement_cycles)
    )
    assert len(settlement_cycles) == 23


def at(day, month=7, hour=12):
    return datetime(2018, month, day, hour, tzinfo=JST)


@pytest.fixture
async def shops(town):
    who = await town.who("operator")
    for shop_id in ("cafe", "soba"):
        await town.city.shops.register(who, shop_id, ShopEntry(name=f"見本 {shop_id}"))
        await town.set_account(shop_id)


async def pay(town, moment, points, shop_id="soba"):
    before, town.clock.now = town.clock.now, moment
    member = await town.member(points=points)
    shop = await town.city.shops.get(KASAMA, shop_id)
    paid = (
        await town.city.spending.pay(member.member_id, new_id(), town.city.shops.code_of(shop), OUEN, points)
    ).spend
    town.clock.now = max(before, moment)
    return paid


async def close(town, starts_on):
    return await town.close_cycle(starts_on)


async def test_closing_pays_each_shop_what_it_took_in_the_cycle(town, shops):
    await pay(town, at(1, hour=0), 100)
    await pay(town, at(15, hour=23), 200)
    await pay(town, at(16, hour=0), 400)
    await pay(town, at(3), 50, "cafe")
    closed = await close(town, JULY_1)
    assert [(line.shop_id, line.spends, line.paid_yen) for line in closed.lines] == [
        ("cafe", 1, 50),
        ("soba", 2, 300),
    ]
    assert closed.yen == 350
    assert await town.total(chart.shop(KASAMA, "soba")) == 400
    assert await town.total(paid_account(KASAMA)) == 350
    assert (await town.store.read(audit.verify)).ok


async def test_a_cycle_is_closed_once_even_by_ten_at_once(town, shops):
    await pay(town, at(2), 100)
    await pay(town, at(17), 100)
    who, other = await town.who("approver"), await town.who("administrator")
    proposals = await asyncio.gather(*(town.city.settlements.close(who, JULY_1) for _ in range(10)))
    (proposal_id,) = {proposal.proposal_id for proposal in proposals}
    approve = town.city.proposals.approve
    outcomes = await asyncio.gather(
        *(approve(other, proposal_id, proposals[0].digest, "") for _ in range(10)), return_exceptions=True
    )
    words = sorted(getattr(outcome, "type", "closed") for outcome in outcomes)
    assert words == ["closed"] + ["proposal-state"] * 9
    with pytest.raises(ProblemError) as refused:
        await town.city.settlements.close(who, JULY_1)
    assert refused.value.type == "cycle-closed"
    assert await town.total(paid_account(KASAMA)) == 100


async def test_nothing_is_closed_before_its_last_day_is_over(town, shops):
    await pay(town, at(15, hour=23), 100)
    town.clock.now = at(15, hour=23)
    with pytest.raises(ProblemError) as refused:
        await close(town, JULY_1)
    assert refused.value.type == "cycle-not-over"


async def test_cycles_are_closed_in_their_order_and_start_on_the_1st_or_16th(town, shops):
    await pay(town, at(2), 100)
    await pay(town, at(2, 8), 100)
    with pytest.raises(ProblemError) as refused:
        await close(town, JULY_16)
    assert (refused.value.type, refused.value.facts["starts_on"]) == ("earlier-cycle-open", "2018-07-01")
    with pytest.raises(ProblemError) as refused:
        await close(town, date(2018, 7, 2))
    assert refused.value.type == "unknown-cycle"


async def test_a_refund_after_closing_comes_into_the_next_cycle_and_a_debt_is_carried(town, shops):
    first = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await town.refund(first, 700)
    await pay(town, at(18), 200)
    town.clock.now = at(2, 8)
    second = await close(town, JULY_16)
    assert [(line.paid_yen, line.carried_yen, line.refunded) for line in second.lines] == [(0, -500, 700)]
    await pay(town, at(3, 8), 800)
    town.clock.now = at(20, 8)
    third = await close(town, AUG_1)
    assert [(line.brought_yen, line.paid_yen, line.carried_yen) for line in third.lines] == [(-500, 300, 0)]
    assert await town.total(paid_account(KASAMA)) == 1_300
    assert await town.total(chart.shop(KASAMA, "soba")) == 0


async def test_a_statement_lists_what_the_line_sums(town, shops):
    await pay(town, at(2), 100)
    await pay(town, at(3), 250)
    town.clock.now = at(17)
    before = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
    await close(town, JULY_1)
    after = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
    assert before.line == after.line
    assert sum(spend.yen for spend in after.spends) == after.line.paid_yen == 350
    lines = statement_csv(after).decode("utf-8-sig").splitlines()
    assert lines[0] == "区分,日時,番号,ポイント,金額(円),訂正する利用の日"
    assert [line.split(",")[3] for line in lines[1:]] == ["100", "250"]
    assert (await town.city.settlements.list_by_shop(KASAMA, "soba"))[0][1].paid_yen == 350


async def test_a_name_that_looks_like_a_formula_is_a_name_in_excel(town, shops):
    await town.city.shops.change(await town.who("operator"), "soba", ShopEntry(name="=HYPERLINK(1)"))
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    text = settlement_csv(await close(town, JULY_1)).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text


async def with_banks(town):
    boss = await town.who("administrator")
    await town.who("approver")
    account = BankAccount(
        bank_code="0130", bank_name="ジョウヨウ", branch_code="021", branch_name="カサマ", kind=1, number="7654321",
        holder="ミホン",
    )  # fmt: skip
    await town.decided(await town.city.shops.set_bank(boss, "soba", account))
    await town.decided(
        await town.city.shops.set_payer(boss, Payer(client_code="0123456789", account=account))
    )


async def test_the_transfer_file_pays_what_was_closed(town, shops):
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    for word in ("cycle-not-closed", "payer-missing"):
        with pytest.raises(ProblemError) as refused:
            await town.transfer_file(JULY_1)
        assert refused.value.type == word
        if word == "cycle-not-closed":
            await close(town, JULY_1)
    await with_banks(town)
    header, data, trailer, _ = (await town.transfer_file(JULY_1)).split(b"\r\n")[:4]
    assert header[54:58] == b"0731"
    assert data[80:90] == b"0000000100"
    assert trailer[1:19] == b"000001000000000100"


async def test_a_shop_without_an_account_is_left_for_the_next_run_and_the_others_are_paid(town, shops):
    await with_banks(town)
    await town.city.shops.register(await town.who("operator"), "pan", ShopEntry(name="パン"))
    await pay(town, at(2), 100)
    await pay(town, at(2), 70, "pan")
    town.clock.now = at(17)
    lines = {line.shop_id: line for line in (await close(town, JULY_1)).lines}
    assert (lines["soba"].paid_yen, lines["pan"].paid_yen, lines["pan"].carried_yen) == (100, 0, 70)
    _, data, trailer, _ = (await town.transfer_file(JULY_1)).split(b"\r\n")[:4]
    assert data[80:90] == b"0000000100"
    assert trailer[1:7] == b"000001"
    await town.set_account("pan")
    town.clock.now = at(2, 8)
    lines = {line.shop_id: line for line in (await close(town, JULY_16)).lines}
    assert (lines["pan"].paid_yen, lines["pan"].carried_yen) == (70, 0)
    assert await town.total(chart.shop(KASAMA, "pan")) == 0


async def test_a_closed_cycle_is_paid_to_the_accounts_it_was_closed_with_whatever_changes_after_it(
    town, shops
):
    await with_banks(town)
    boss = await town.who("administrator")
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await close(town, JULY_1)
    accomplice = BankAccount(
        bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="6666666",
        holder="アクニン",
    )  # fmt: skip
    await town.decided(await town.city.shops.set_bank(boss, "soba", accomplice))
    file = await town.transfer_file(JULY_1)
    assert b"1234567" in file
    assert b"6666666" not in file
    # What was decided takes effect after the next closing, not with it.
    await pay(town, at(18), 50)
    town.clock.now = at(2, 8)
    await close(town, JULY_16)
    assert b"6666666" not in await town.transfer_file(JULY_16)
    await pay(town, at(3, 8), 30)
    town.clock.now = at(17, 8)
    await close(town, AUG_1)
    assert b"6666666" in await town.transfer_file(AUG_1)


async def test_a_cycle_from_before_fixed_accounts_is_paid_when_its_last_shop_has_its_first_account(
    town, shops
):
    await with_banks(town)
    boss = await town.who("administrator")
    await pay(town, at(2), 100)
    await pay(town, at(2), 70, "cafe")
    town.clock.now = at(17)
    await close(town, JULY_1)

    def as_the_upgrade_left_it(conn):
        fixed, register = tables.settlement_accounts, tables.shops
        conn.execute(delete(fixed).where(fixed.c.shop_id == "cafe"))
        conn.execute(update(register).where(register.c.shop_id == "cafe").values(bank_sealed=None))

    await town.store.run(as_the_upgrade_left_it)
    with pytest.raises(ProblemError) as refused:
        await town.transfer_file(JULY_1)
    assert (refused.value.type, refused.value.facts["shops"]) == ("bank-missing", "cafe")
    first = BankAccount(
        bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="7654321",
        holder="ミホン",
    )  # fmt: skip
    await town.decided(await town.city.shops.set_bank(boss, "cafe", first))
    file = await town.transfer_file(JULY_1)
    assert (b"7654321" in file, b"1234567" in file) == (True, True)
    second = replace(first, number="6666666")
    await town.decided(await town.city.shops.set_bank(boss, "cafe", second))
    assert b"6666666" not in await town.transfer_file(JULY_1, again=True)


async def test_the_transfer_day_is_the_next_bank_day_that_is_not_over_and_may_be_chosen(town, shops):
    await with_banks(town)
    await pay(town, at(2), 100)
    town.clock.now = at(4, 8)  # a Saturday; the paying day is over
    await close(town, JULY_1)
    header = (await town.transfer_file(JULY_1)).split(b"\r\n")[0]
    assert header[54:58] == b"0806"
    chosen = await town.transfer_file(JULY_1, date(2018, 8, 10), again=True)
    assert chosen.split(b"\r\n")[0][54:58] == b"0810"
    for day in (date(2018, 8, 3), date(2018, 8, 5), date(2018, 9, 10), date(2019, 8, 6)):
        with pytest.raises(ProblemError) as refused:
            await town.transfer_file(JULY_1, day, again=True)
        assert refused.value.type == "bad-transfer-day"


async def test_nothing_to_pay_is_no_file_and_a_second_file_is_made_on_purpose_only(town, shops):
    await with_banks(town)
    who = await town.who("approver")
    await pay(town, at(17), 100)
    town.clock.now = at(2, 8)
    await close(town, JULY_1)
    with pytest.raises(ProblemError) as refused:
        await town.transfer_file(JULY_1)
    assert refused.value.type == "nothing-to-pay"
    await close(town, JULY_16)
    await town.transfer_file(JULY_16)
    with pytest.raises(ProblemError) as refused:
        await town.transfer_file(JULY_16)
    assert (refused.value.type, refused.value.facts["made_by"]) == ("file-made-before", who.display_name)
    town.clock.forward(minutes=1)
    await town.transfer_file(JULY_16, again=True)
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert [line.facts["times"] for line in lines if line.action == "transfer file made"] == [2, 1]


@pytest.mark.parametrize("moved", ["payment", "refund", "account"])
async def test_what_was_approved_is_what_is_closed(town, shops, moved):
    paid = await pay(town, at(2), 100)
    town.clock.now = at(17)
    await town.who("administrator")
    proposal = await town.city.settlements.close(await town.who("approver"), JULY_1)
    assert (proposal.facts["yen"], proposal.facts["shops"]) == (100, 1)
    match moved:
        case "payment":  # written late
            await pay(town, at(15, hour=23), 50)
        case "refund":  # asked for before midnight, written late
            town.clock.now = at(15, hour=23)
            await town.refund(paid, 30)
            town.clock.now = at(17)
        case _:
            await town.set_account("soba", "7777777")
    with pytest.raises(ProblemError) as refused:
        await town.decided(proposal, "administrator")
    assert refused.value.type == "proposal-outdated"
    assert (await town.city.settlements.get(KASAMA, JULY_1)).closed_at is None
    assert await town.total(paid_account(KASAMA)) == 0


async def test_a_payment_written_between_the_look_and_the_claim_closes_nothing(town, shops, monkeypatch):
    """The last moment in which what was approved could become something else."""
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await town.who("administrator")
    proposal = await town.city.settlements.close(await town.who("approver"), JULY_1)
    claim = settlement_lines.claim_for_cycle

    def with_one_more(conn, scope):
        columns = [column for column in tables.spends.c if column.name != "spend_id"]
        names = [*(column.name for column in columns), "spend_id"]
        conn.execute(tables.spends.insert().from_select(names, select(*columns, literal("late"))))
        claim(conn, scope)

    monkeypatch.setattr(settlement_lines, "claim_for_cycle", with_one_more)
    with pytest.raises(ProblemError) as refused:
        await town.decided(proposal, "administrator")
    assert refused.value.type == "proposal-outdated"
    assert (await town.city.settlements.get(KASAMA, JULY_1)).closed_at is None


async def test_one_person_alone_neither_closes_nor_makes_the_file(town, shops):
    await with_banks(town)
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    who = await town.who("approver")
    closing = await town.city.settlements.close(who, JULY_1)
    with pytest.raises(ProblemError):
        await town.decided(closing)  # by the same approver
    await town.decided(closing, "administrator")
    file = await town.city.settlements.make_transfer_file(who, JULY_1)
    with pytest.raises(ProblemError):
        await town.decided(file)
    with pytest.raises(ProblemError) as refused:
        await town.city.settlements.transfer_file(who, JULY_1, 1)
    assert refused.value.type == "unknown-file"


async def test_a_file_that_was_approved_stays_as_it_is_whoever_changes_the_citys_own_account(town, shops):
    await with_banks(town)
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await close(town, JULY_1)
    boss, who = await town.who("administrator"), await town.who("approver")
    file = await town.transfer_file(JULY_1)
    waiting = await town.city.settlements.make_transfer_file(who, JULY_1, again=True)
    payer = await town.city.shops.payer(KASAMA)
    other = replace(payer, account=replace(payer.account, number="8888888"))
    await town.decided(await town.city.shops.set_payer(boss, other, "口座の統合"))
    assert await town.city.settlements.transfer_file(who, JULY_1, 1) == file
    with pytest.raises(ProblemError) as refused:
        await town.decided(waiting, "administrator")
    assert refused.value.type == "proposal-outdated"
    raw = (
        await town.store.read(lambda conn: conn.execute(select(tables.transfer_file_contents)).one())
    ).file_sealed
    assert b"1234567" not in raw
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert [(line.actor, line.action) for line in lines if "file downloaded" in line.action] == [
        (who.staff_id, "transfer file downloaded again"),
        (who.staff_id, "transfer file downloaded"),
    ]


async def test_a_sum_that_the_banks_file_cannot_carry_is_refused_before_the_closing(town, shops):
    await pay(town, at(2), 10_000_000_000)
    town.clock.now = at(17)
    with pytest.raises(ProblemError) as refused:
        await close(town, JULY_1)
    assert (refused.value.type, refused.value.facts["shops"]) == ("sum-too-large", "soba")
    assert (await town.city.settlements.get(KASAMA, JULY_1)).closed_at is None


async def test_bank_accounts_are_sealed_at_rest(town, shops, tmp_path):
    await with_banks(town)
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("city.db*"))
    assert b"7654321" not in raw


async def test_another_city_sees_none_of_it(town, shops):
    await pay(town, at(2), 100)
    assert await town.city.settlements.listed(MITO) == []
    assert (await town.city.settlements.get(MITO, JULY_1)).lines == ()


async def test_open_and_closed_cycles_are_listed_newest_first(town, shops):
    await pay(town, at(2), 100)
    town.clock.now = at(2, 8)
    await close(town, JULY_1)
    listed = await town.city.settlements.listed(KASAMA)
    assert [(cycle.starts_on, yen) for cycle, yen in listed] == [
        (AUG_1, None),
        (JULY_16, None),
        (JULY_1, 100),
    ]


async def test_beside_a_late_payment_an_open_cycle_is_still_closed_before_the_next(town, shops):
    await pay(town, at(2), 100)
    town.clock.now = at(2, 8)
    await close(town, JULY_1)
    await pay(town, at(15, hour=23), 40)  # of the closed cycle, committed after its closing
    await pay(town, at(20), 200)
    town.clock.now = at(20, 8)
    with pytest.raises(ProblemError) as refused:
        await close(town, AUG_1)
    assert (refused.value.type, refused.value.facts["starts_on"]) == ("earlier-cycle-open", "2018-07-16")
    assert (await close(town, JULY_16)).yen == 240


async def test_what_an_open_cycle_will_pay_is_foreseen_in_no_later_one(town, shops):
    first = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await town.refund(first, 700)
    await pay(town, at(3, 8), 800)
    foreseen = [await town.city.settlements.get(KASAMA, day) for day in (JULY_16, AUG_1)]
    assert [(one.lines[0].refunded, one.lines[0].spent, one.yen) for one in foreseen] == [
        (700, 0, 0),
        (0, 800, 800),
    ]


async def test_a_cycle_that_was_passed_over_takes_neither_late_payments_nor_debts(town, shops):
    first = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    town.clock.now = at(2, 8)
    await town.refund(first, 700)
    town.clock.now = at(17, 8)
    assert [line.carried_yen for line in (await close(town, AUG_1)).lines] == [-700]
    await pay(town, at(20), 800)  # of a cycle that nobody has closed and AUG_1 has passed over
    assert (await close(town, JULY_16)).lines == ()
    town.clock.now = at(2, 9)
    assert [(line.brought_yen, line.paid_yen) for line in (await close(town, date(2018, 8, 16))).lines] == [
        (-700, 100)
    ]


async def test_what_another_citys_shop_of_the_same_name_carries_on_is_its_own(town, shops):
    await town.city.shops.register(await town.who("operator", MITO), "soba", ShopEntry(name="水戸 soba"))
    other = {
        "municipality": MITO, "starts_on": JULY_1.isoformat(), "shop_id": "soba", "spends": 1, "spent": 70, "refunds": 0,
        "refunded": 0, "yen": 70, "brought_points": 0, "brought_yen": 0, "paid_points": 0, "paid_yen": 0,
        "carried_points": 70, "carried_yen": 70,
    }  # fmt: skip
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await town.store.run(lambda conn: conn.execute(tables.settlement_lines.insert().values(**other)))
    await pay(town, at(18), 50)
    town.clock.now = at(2, 8)
    (line,) = (await close(town, JULY_16)).lines
    assert (line.brought_yen, line.paid_yen) == (0, 50)


async def test_whoever_carries_a_closing_out_looks_once_more_and_is_named(town, shops):
    who = await town.who("approver")
    await pay(town, at(2), 100)
    await pay(town, at(17), 50)
    town.clock.now = at(2, 8)

    def carry_out(starts_on):
        return town.store.run(
            lambda conn: closing.close_cycle(
                town.city.context, conn, who, CloseCycle(starts_on=starts_on), "月次", town.clock.now
            )
        )

    with pytest.raises(ProblemError) as refused:
        await carry_out(JULY_16)
    assert refused.value.type == "earlier-cycle-open"
    await carry_out(JULY_1)
    (line,) = await town.store.read(
        lambda conn: audit_log.page(conn, KASAMA, actions=(AuditAction.SETTLEMENT_CLOSED,), limit=5)
    )
    assert (line.actor, line.subject, line.reason) == (who.staff_id, "2018-07-01", "月次")
    assert (line.facts["yen"], line.facts["shops"]) == (100, 1)


class TestAClosedStatement:
    """What was handed out says the same for ever: page, CSV and PDF."""

    async def papers(self, town):
        found = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        cycle = await town.city.settlements.get(KASAMA, JULY_1)
        corrections = await town.city.settlements.corrections(KASAMA, JULY_1)
        return found, statement_csv(found), settlement_csv(cycle), corrections_csv(corrections)

    async def test_it_says_the_same_after_a_later_refund_and_another_name(self, town, shops):
        town.clock.now = at(4)
        paid, other = await pay(town, at(2), 1_280), await pay(town, at(3), 220)
        await town.refund(other, 100)
        town.clock.now = at(17)
        await close(town, JULY_1)
        before = await self.papers(town)
        statement = before[0]
        await town.refund(paid, 1_280)
        await town.refund(other, 20)
        await town.city.shops.change(await town.who("operator"), "soba", ShopEntry(name="別の名前"))
        assert await self.papers(town) == before
        assert sum(spend.refunded_points for spend in statement.spends) == statement.line.refunded == 100

    async def test_what_came_back_later_stands_in_the_next_one_as_a_correction(self, town, shops):
        paid = await pay(town, at(2), 1_280)
        town.clock.now = at(17)
        await close(town, JULY_1)
        await town.refund(paid, 1_280)
        later = await town.city.settlements.statement(KASAMA, JULY_16, "soba")
        assert (later.spends, later.line.refunded) == ((), 1_280)
        assert [correction.points for correction in later.corrections] == [-1_280]
