"""What the bank asks for a transfer that came back: taken once, by a closing that pays, said alike by every paper."""

import asyncio
import csv
import io
import random
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from core_ledger import audit, chart
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import closing
from gateway.cities.settlement.bank_result_file import read_run
from gateway.cities.settlement.journal_csv import journal_csv
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_csv import company_statement_csv, settlement_csv, statement_csv
from gateway.cities.settlement.settlement_lines import CarriedWhy, paid_account
from gateway.cities.settlement.settlement_settings import JournalColumn, JournalField
from gateway.cities.settlement.statement_pdf import company_statement_pdf, settlement_pdf, statement_pdf
from gateway.cities.settlement.transfer_fees import FeeBearer, tax_in
from gateway.errors import ProblemError
from gateway.platform import audit_log

from .conftest import KASAMA, another_town
from .test_bank_results import SHEET, as_bank, trailer, upload
from .test_payouts import AUG_1, refused
from .test_settlement import JULY_1, JULY_16, at, pay
from .test_statement_pdf import pages
from .test_transfer_fees import FEES, JOURNAL, PAYER, line_of, set_fees

AUG_16 = date(2018, 8, 16)
COLUMNS = (*JOURNAL, JournalColumn(title="組戻", field=JournalField.RETURN_FEE))
SHOP_BEARS = replace(
    FEES, return_fee_yen=880, return_fee_bearer=FeeBearer.SHOP, journal_columns=COLUMNS,
    bank_sheet=SHEET.bank_sheet, result_column=SHEET.result_column, paid_codes=SHEET.paid_codes,
    returned_codes=SHEET.returned_codes,
)  # fmt: skip
CITY_BEARS = replace(SHOP_BEARS, return_fee_bearer=FeeBearer.CITY)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def town(request, tmp_path):
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    options = {"writers": 4} if url else {}
    async with another_town(tmp_path, url, **options) as opened:
        yield opened


@pytest.fixture
async def priced(town):
    """Shops bear transfer fees, and what the bank asks for returns, which is 880 yen as a rule."""
    from gateway.cities.shops.shops import ShopEntry

    who, boss = await town.who("operator"), await town.who("administrator")
    await town.who("approver")
    for shop_id, number in (("cafe", "7654321"), ("soba", "1234567")):
        await town.city.shops.register(who, shop_id, ShopEntry(name=f"見本 {shop_id}"))
        await town.set_account(shop_id, number)
    await town.decided(await town.city.shops.set_payer(boss, PAYER))
    await set_fees(town, SHOP_BEARS)


async def come_back(town, starts_on=JULY_1, shop_id="soba", fee=None):
    who = await town.who("approver")
    await town.who("administrator")
    proposal = await town.city.settlements.record_payout(
        who, starts_on, shop_id, PayoutState.RETURNED, "銀行の通知", fee
    )
    await town.decided(proposal, "administrator")
    return proposal


async def returned_once(town, points=5_000, fee=None):
    """July's first half pays soba `points`, and the bank sends it back."""
    await pay(town, at(2), points)
    town.clock.now = at(17)
    await town.close_cycle(JULY_1)
    await town.transfer_file(JULY_1)
    return await come_back(town, fee=fee)


async def payout(town, starts_on=JULY_1, shop_id="soba"):
    listed = await town.city.settlements.payouts(KASAMA, starts_on)
    return next(each.payout for each in listed if each.line.shop_id == shop_id)


async def close_next(town, starts_on=JULY_16, now=None):
    town.clock.now = now or at(2, 8)
    return await town.close_cycle(starts_on)


class TestAShopThatBearsIt:
    async def test_every_paper_says_the_same(self, town, priced):
        proposal = await returned_once(town)
        assert (proposal.facts["return_fee_yen"], proposal.facts["return_fee_bearer"]) == (880, "shop")
        await pay(town, at(18), 1_000)
        await pay(town, at(18), 700, "cafe")
        settlement = await close_next(town)
        soba = next(line for line in settlement.lines if line.shop_id == "soba")
        assert (soba.brought_yen, soba.paid_yen, soba.fee_yen, soba.return_fee_yen) == (
            5_000,
            6_000,
            220,
            880,
        )
        assert (soba.transfer_yen, soba.open_return_fee_yen, soba.city_return_fee_yen) == (4_900, 0, 0)
        assert (settlement.yen, settlement.return_fee_yen, settlement.transfer_yen) == (6_700, 880, 5_380)
        assert (await payout(town)).return_fee_in == "2018-07-16"
        file = read_run(await town.transfer_file(JULY_16))
        assert sorted(each.yen for each in file.transfers) == [480, 4_900]
        journal = journal_csv(settlement, await town.city.settlements.settings(KASAMA)).decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(journal)))[2] == ["6000", "220", "100", "4900", "880"]
        assert tax_in(220 + 880, 10) == 100
        table = list(csv.DictReader(io.StringIO(settlement_csv(settlement).decode("utf-8-sig"))))
        assert [(row["組戻手数料(円)"], row["振込額(円)"]) for row in table] == [
            ("0", "480"),
            ("880", "4900"),
        ]
        statement = await town.city.settlements.statement(KASAMA, JULY_16, "soba")
        rows = list(csv.DictReader(io.StringIO(statement_csv(statement).decode("utf-8-sig"))))
        assert sum(int(row["金額(円)"]) for row in rows) == 1_000 - 220 - 880
        (text,) = pages(statement_pdf(statement, "笠間市"))
        for said in ("組戻手数料（税率10%、税込）", "-880円", "-220円", "4,900円", "100円"):
            assert said in text, said
        (city,) = pages(settlement_pdf(settlement, "笠間市"))
        for said in ("加盟店が負担する組戻手数料", "-880", "4,900", "5,380円"):
            assert said in city, said

    async def test_a_companys_lines_add_up_to_its_transfers(self, town, priced):
        await returned_once(town)
        await pay(town, at(18), 700, "cafe")
        await close_next(town)
        statements = [
            await town.city.settlements.statement(KASAMA, JULY_16, shop_id) for shop_id in ("cafe", "soba")
        ]
        rows = csv.DictReader(io.StringIO(company_statement_csv(statements).decode("utf-8-sig")))
        sums = Counter()
        for row in rows:
            sums[row["加盟店番号"], row["区分"]] += int(row["金額(円)"])
        assert sums == {
            ("cafe", "利用"): 700, ("cafe", "振込手数料"): -220, ("soba", "前期からの繰越"): 5_000,
            ("soba", "振込手数料"): -220, ("soba", "組戻手数料"): -880, ("会社の合計", ""): 480 + 3_900,
        }  # fmt: skip
        (text,) = pages(company_statement_pdf("見本商事", statements, "笠間市"))
        for said in ("組戻手数料（税率10%、税込）", "-880円", "-440円", "4,380円", "120円"):
            assert said in text, said

    async def test_the_shop_is_paid_its_points_and_the_ledger_knows_the_fee(self, town, priced):
        await returned_once(town)
        await close_next(town)
        assert await town.total(chart.shop(KASAMA, "soba")) == 0
        assert await town.total(paid_account(KASAMA)) == 5_000
        assert (await town.store.read(audit.verify)).ok

    async def test_what_the_bank_really_took_is_taken_and_not_the_usual_sum(self, town, priced):
        await returned_once(town, fee=660)
        await close_next(town)
        assert (await line_of(town, starts_on=JULY_16)).return_fee_yen == 660

    async def test_nothing_is_nothing(self, town, priced):
        proposal = await returned_once(town, fee=0)
        assert "return_fee_yen" not in proposal.facts
        settlement = await close_next(town)
        assert not settlement.has_return_fees
        assert "組戻" not in settlement_csv(settlement).decode("utf-8-sig")

    async def test_the_transfer_fee_is_that_of_the_sum_that_is_left(self, town, priced):
        # 30,500 yen less 880 are in the lower band: with the fee reckoned before, the shop would bear 440.
        await returned_once(town, 30_500)
        await close_next(town)
        line = await line_of(town, starts_on=JULY_16)
        assert (line.fee_yen, line.return_fee_yen, line.transfer_yen) == (220, 880, 29_400)

    @pytest.mark.parametrize(("due", "taken"), [(1_100, 0), (1_101, 880)])
    async def test_what_leaves_no_transfer_stays_open_and_is_named(self, town, priced, due, taken):
        await returned_once(town, due)
        settlement = await close_next(town)
        (line,) = settlement.lines
        assert (line.paid_yen, line.return_fee_yen, line.open_return_fee_yen) == (due, taken, 880 - taken)
        assert line.transfer_yen == due - taken - 220 > 0
        assert (await payout(town)).return_fee_in == ("2018-07-16" if taken else None)
        if not taken:
            statement = await town.city.settlements.statement(KASAMA, JULY_16, "soba")
            assert "組戻手数料880円は、今回は差し引けない" in pages(statement_pdf(statement, "笠間市"))[0]
            (row,) = csv.DictReader(io.StringIO(settlement_csv(settlement).decode("utf-8-sig")))
            assert row["未控除の組戻手数料(円)"] == "880"
            town.clock.now = at(3, 8)
            await pay(town, at(3, 8), 2_000)
            await close_next(town, AUG_1, at(17, 8))
            assert (await line_of(town, starts_on=AUG_1)).return_fee_yen == 880

    async def test_a_closing_that_pays_the_shop_nothing_takes_nothing(self, town, priced):
        await returned_once(town)
        boss = await town.who("administrator")
        await town.city.shops.close(await town.who("operator"), "cafe", "閉店")
        assert boss
        await set_fees(
            town,
            replace(
                SHOP_BEARS,
                fee_bands=tuple(replace(each, fee_yen=each.fee_yen + 6_000) for each in FEES.fee_bands),
            ),
        )
        (line,) = (await close_next(town)).lines
        assert (line.paid_yen, line.carried_why) == (0, CarriedWhy.WITHIN_FEE)
        assert (line.return_fee_yen, line.open_return_fee_yen) == (0, 880)
        statement = await town.city.settlements.statement(KASAMA, JULY_16, "soba")
        for paper in (
            statement_pdf(statement, "笠間市"), company_statement_pdf("見本商事", [statement], "笠間市")
        ):  # fmt: skip
            (text,) = pages(paper)
            assert "組戻手数料880円は、今回は差し引けないため" in text.replace("\n", "")

    async def test_a_closed_shop_bears_what_its_last_payment_can_and_the_city_the_rest(self, town, priced):
        await returned_once(town, 1_000)
        await town.city.shops.close(await town.who("operator"), "soba", "閉店")
        (line,) = (await close_next(town)).lines
        assert (line.paid_yen, line.return_fee_yen, line.city_return_fee_yen) == (1_000, 0, 880)
        assert (await payout(town)).return_fee_in == "2018-07-16"


class TestACityThatBearsIt:
    async def test_deducts_nothing_and_has_it_in_its_sums_once(self, town, priced):
        await set_fees(town, CITY_BEARS)
        await returned_once(town)
        settlement = await close_next(town)
        assert (settlement.return_fee_yen, settlement.city_return_fee_yen) == (0, 880)
        assert settlement.transfer_yen == settlement.yen - settlement.fee_yen
        assert "自治体が負担する組戻手数料" in pages(settlement_pdf(settlement, "笠間市"))[0]
        await pay(town, at(3, 8), 500)
        assert not (await close_next(town, AUG_1, at(17, 8))).has_return_fees

    async def test_who_bears_it_is_as_it_was_when_it_was_recorded(self, town, priced):
        await returned_once(town)
        await set_fees(town, CITY_BEARS)
        assert (await close_next(town)).return_fee_yen == 880


class TestOnce:
    async def test_returned_charged_closed_and_returned_again(self, town, priced):
        await returned_once(town)
        first = await close_next(town)
        papers = settlement_csv(first), settlement_pdf(first, "笠間市")
        await town.transfer_file(JULY_16)
        await come_back(town, JULY_16, fee=440)
        await pay(town, at(3, 8), 100)
        third = await close_next(town, AUG_1, at(17, 8))
        (line,) = third.lines
        # The fee that was deducted from what did not arrive is open again, beside that of the second return.
        assert (line.paid_yen, line.return_fee_yen, line.transfer_yen) == (5_100, 1_320, 3_560)
        again = await town.city.settlements.get(KASAMA, JULY_16)
        assert again == first
        assert (settlement_csv(again), settlement_pdf(again, "笠間市")) == papers
        assert [(await payout(town, cycle)).return_fee_in for cycle in (JULY_1, JULY_16)] == [
            "2018-08-01"
        ] * 2
        assert not (await close_next(town, AUG_16, at(3, 9))).lines

    async def test_whatever_is_fired_twice(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        await town.transfer_file(JULY_1)
        who, boss = await town.who("approver"), await town.who("administrator")

        async def propose():
            return await town.city.settlements.record_payout(
                who, JULY_1, "soba", PayoutState.RETURNED, "銀行", 880
            )

        proposals = [each for each in await all_at_once(propose) if isinstance(each, Proposal)]
        (proposal_id,) = {each.proposal_id for each in proposals}
        approve = town.city.proposals.approve
        outcomes = await all_at_once(lambda: approve(boss, proposal_id, proposals[0].digest, "はい"))
        assert sum(not isinstance(each, ProblemError) for each in outcomes) == 1
        town.clock.now = at(2, 8)
        closings = await all_at_once(lambda: town.city.settlements.close(who, JULY_16, "締め"))
        (closing_id,) = {each.proposal_id for each in closings if isinstance(each, Proposal)}
        digest = next(each.digest for each in closings if isinstance(each, Proposal))
        outcomes = await all_at_once(lambda: approve(boss, closing_id, digest, "はい"))
        assert sum(not isinstance(each, ProblemError) for each in outcomes) == 1
        assert (await line_of(town, starts_on=JULY_16)).return_fee_yen == 880
        assert await refused(propose()) == "payout-state"

    async def test_a_closing_that_was_proposed_before_the_return_is_outdated(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        await town.transfer_file(JULY_1)
        await pay(town, at(18), 3_000)
        town.clock.now = at(2, 8)
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_16, "締め")
        await come_back(town)
        assert await refused(town.decided(proposal, "administrator")) == "proposal-outdated"
        await town.city.proposals.withdraw(await town.who("approver"), proposal.proposal_id, "返金が出た")
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_16, "締め直し")
        assert proposal.facts["deducted_return_fee_yen"] == 880
        assert (proposal.facts["city_return_fee_yen"], proposal.facts["open_return_fee_yen"]) == (0, 0)

    async def test_a_closing_whose_open_fee_is_borne_by_another_since_is_outdated(self, town, priced):
        # No payment and no sum of one has changed: the shop closed, so that the city bears what was open.
        await returned_once(town, 1_000)
        town.clock.now = at(2, 8)
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_16, "締め")
        assert (proposal.facts["open_return_fee_yen"], proposal.facts["city_return_fee_yen"]) == (880, 0)
        await town.city.shops.close(await town.who("operator"), "soba", "閉店")
        assert await refused(town.decided(proposal, "administrator")) == "proposal-outdated"
        assert (await payout(town)).return_fee_in is None

    async def test_each_fee_is_in_the_hash_of_what_is_closed(self, town, priced):
        await returned_once(town)
        town.clock.now = at(2, 8)
        drawn = await town.city.settlements.get(KASAMA, JULY_16)
        (line,) = drawn.lines
        names = ("return_fee_yen", "city_return_fee_yen", "open_return_fee_yen", "fee_yen", "city_fee_yen")
        others = [replace(drawn, lines=(replace(line, **{name: getattr(line, name) + 1}),)) for name in names]
        hashes = {closing.drawn_hash(each, {}) for each in (drawn, *others)}
        assert len(hashes) == 1 + len(names)

    @pytest.mark.parametrize("seed", range(4))
    async def test_any_months_of_payments_and_returns(self, town, priced, seed):
        """Each fee that shops bear is in one payment that arrived, or open; nobody is transferred nothing or less."""
        dice = random.Random(seed)
        cycles = [(JULY_1, at(2), at(17)), (JULY_16, at(18), at(2, 8)), (AUG_1, at(3, 8), at(17, 8)), (AUG_16, at(18, 8), at(3, 9))]  # fmt: skip
        spent, asked = 0, Counter()
        settled, back = {}, set()
        for starts_on, open_day, after in cycles:
            for _ in range(dice.randint(0, 2)):
                points = dice.choice([1, 300, 900, 1_101, 31_500])
                await pay(town, open_day, points)
                spent += points
            town.clock.now = after
            settled[starts_on] = await town.close_cycle(starts_on)
            line = await line_of(town, starts_on=starts_on)
            if not line.paid_yen:
                continue
            assert line.transfer_yen > 0
            (transfer,) = read_run(await town.transfer_file(starts_on)).transfers
            assert transfer.yen == line.transfer_yen
            if dice.random() < 0.6:
                fee, bearer = dice.choice([0, 440, 880]), dice.choice([SHOP_BEARS, CITY_BEARS])
                if await town.city.settlements.settings(KASAMA) != bearer:
                    await set_fees(town, bearer)
                await come_back(town, starts_on, fee=fee)
                asked[bearer.return_fee_bearer] += fee
                back.add(starts_on)
        for starts_on, settlement in settled.items():
            assert await town.city.settlements.get(KASAMA, starts_on) == settlement
        arrived = [settled[each].lines for each in settled if each not in back]
        deducted = sum(line.return_fee_yen for lines in arrived for line in lines)
        (still_open,) = [
            sum(fee.yen for fee in fees if fee.bearer is FeeBearer.SHOP)
            for fees in [await open_fees(town)]
        ]  # fmt: skip
        assert deducted + still_open == asked[FeeBearer.SHOP]
        borne = sum(line.city_return_fee_yen for each in settled.values() for line in each.lines)
        left = sum(fee.yen for fee in await open_fees(town) if fee.bearer is FeeBearer.CITY)
        assert borne + left == asked[FeeBearer.CITY]
        paid = sum(line.paid_yen for lines in arrived for line in lines)
        assert await town.total(chart.shop(KASAMA, "soba")) == spent - paid
        assert (await town.store.read(audit.verify)).ok


async def open_fees(town):
    from gateway.cities.settlement import payout_rows

    fees = await town.store.read(lambda conn: payout_rows.list_open_return_fees(conn, KASAMA))
    return fees.get("soba", [])


async def all_at_once(call, times=5):
    """Each outcome of `call`, started so many times at one moment; a refusal is its error."""
    outcomes = await asyncio.gather(*(call() for _ in range(times)), return_exceptions=True)
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, ProblemError):
            raise each
    return outcomes


class TestARecording:
    async def test_by_the_banks_file_takes_one_fee_for_each(self, town, priced):
        await pay(town, at(2), 5_000)
        await pay(town, at(3), 4_000, "cafe")
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        sent = await town.transfer_file(JULY_1)
        town.clock.forward(minutes=1)
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        who = await town.who("approver")
        done = await town.city.settlements.record_result(who, JULY_1, 1, view.version, "銀行", 770)
        boss = await town.who("administrator")
        proposal = (await town.city.proposals.get(boss, done.proposed[0])).proposal
        assert proposal.facts["return_fee_yen"] == 770
        await town.decided(proposal, "administrator")
        settlement = await close_next(town)
        assert [line.return_fee_yen for line in settlement.lines] == [770, 770]

    async def test_a_result_with_the_sum_before_the_fee_is_refused(self, town, priced):
        await returned_once(town)
        await close_next(town)
        sent = await town.transfer_file(JULY_16)

        def before_the_fee(lines):
            lines[1] = f"{lines[1][:80]}{3_900 + 880:010}{lines[1][90:]}"
            trailer(lines)

        view, _ = await upload(town, as_bank(sent, "0", change=before_the_fee), JULY_16)
        (line,) = view.lines
        assert (line.match.value, line.yen, line.sent_yen) == ("other_sum", 4_780, 3_900)
        who = await town.who("approver")
        done = await town.city.settlements.record_result(who, JULY_16, 1, view.version, "銀行", 880)
        assert (done.paid, done.proposed) == (0, ())
        assert await payout(town, JULY_16) is None

    async def test_a_fee_comes_only_with_a_return(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        who = await town.who("approver")
        call = town.city.settlements.record_payout(who, JULY_1, "soba", PayoutState.HELD, "保留", 880)
        assert await refused(call) == "payout-state"

    async def test_is_a_line_of_the_log_with_its_fee(self, town, priced):
        await returned_once(town)
        (line,) = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["payout recorded"])
        )
        assert (line.facts["return_fee_yen"], line.facts["return_fee_bearer"]) == (880, "shop")


class TestOverHttp:
    @pytest.mark.parametrize("fee", [-1, 100_000, 880.5, "880", True])
    async def test_a_sum_that_no_bank_asks_is_refused_by_its_field(self, site, fee):
        token = await site.staff_token("approver")
        cycle = "/v1/city/settlements/2018-07-01"
        for method, path, body in (
            ("PUT", f"{cycle}/payouts/soba", {"state": "returned", "reason": "銀行"}),
            ("POST", f"{cycle}/bank-results/1/recording", {"seen": "0" * 64, "reason": "銀行"}),
        ):
            status, problem = await site.call(method, path, token, json=body | {"return_fee_yen": fee})
            assert status == 422, problem
            assert "#/return_fee_yen" in [each["pointer"] for each in problem["errors"]]


class TestSettings:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"return_fee_yen": -1}, "return_fee_yen"),
            ({"return_fee_yen": 100_000}, "return_fee_yen"),
            ({"journal_columns": JOURNAL[:3]}, "journal_columns"),
        ],
    )
    def test_what_cannot_be_is_refused_by_its_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            replace(SHOP_BEARS, **values)
        assert caught.value.facts["field"] == field
