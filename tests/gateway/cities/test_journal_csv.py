"""The journal of a closing for the city's accounting: its sums are everybody's, its layout the city's."""

import csv
import io
from dataclasses import replace

import pytest

from core_ledger import chart
from gateway.cities.settlement.bank_result_file import read_run
from gateway.cities.settlement.journal_csv import fiscal_year, journal_csv
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.cities.settlement.settlement_settings import JournalColumn, JournalField, SettlementSettings
from gateway.errors import ProblemError

from .conftest import KASAMA
from .test_payouts import JULY_1, JULY_16, closed, record, refused
from .test_settlement import at, pay, shops

__all__ = ["closed", "shops"]


def rows(data, encoding="utf-8-sig"):
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


async def journal(town, starts_on=JULY_1, settings=None):
    settings = settings or await town.city.settlements.settings(KASAMA)
    return journal_csv(await town.city.settlements.get(KASAMA, starts_on), settings)


async def sums(town, starts_on):
    """The sum of a cycle as each of them says it: journal, city's sum, statements, bank's file."""
    settlement = await town.city.settlements.get(KASAMA, starts_on)
    statements = [
        await town.city.settlements.statement(KASAMA, starts_on, line.shop_id) for line in settlement.lines
    ]
    return {
        sum(int(row["金額"]) for row in rows(await journal(town, starts_on))),
        settlement.yen,
        sum(each.line.paid_yen for each in statements),
        sum(each.yen for each in read_run(await town.transfer_file(starts_on)).transfers),
    }


class TestItsSums:
    async def test_are_those_of_statements_bank_file_and_ledger(self, town, closed):
        assert await sums(town, JULY_1) == {350}
        assert await town.total(paid_account(KASAMA)) == 350

    async def test_also_where_a_payment_came_back_and_is_paid_again(self, town, closed):
        before = await journal(town)
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.RETURNED)
        await pay(town, at(18), 1_000)
        town.clock.now = at(2, 8)
        await town.close_cycle(JULY_16)
        assert await sums(town, JULY_16) == {1_300}
        assert await journal(town) == before
        assert await town.total(paid_account(KASAMA)) == 350 - 300 + 1_300
        assert await town.total(chart.shop(KASAMA, "soba")) == 0

    async def test_a_shop_that_is_paid_nothing_now_has_no_entry(self, town, closed):
        settlement = await town.city.settlements.get(KASAMA, JULY_1)
        cafe, soba = settlement.lines
        carried = replace(cafe, paid_yen=0, carried_yen=cafe.paid_yen)
        file = journal_csv(replace(settlement, lines=(carried, soba)), SettlementSettings())
        assert [(row["債権者番号"], row["伝票番号"]) for row in rows(file)] == [("soba", "1")]

    async def test_an_open_cycle_has_none(self, town, shops):
        await pay(town, at(2), 300)
        with pytest.raises(ProblemError) as caught:
            await journal(town)
        assert caught.value.type == "cycle-not-closed"


class TestItsLayout:
    async def test_is_the_citys_own(self, town, closed):
        settings = SettlementSettings(
            journal_columns=(
                JournalColumn(title="金額", field=JournalField.YEN),
                JournalColumn(title="予備", field=JournalField.EMPTY),
                JournalColumn(title="日付", field=JournalField.PAYS_ON),
                JournalColumn(title="借方", field=JournalField.DEBIT),
                JournalColumn(title="貸方", field=JournalField.CREDIT),
                JournalColumn(title="相手", field=JournalField.SHOP_NAME),
                JournalColumn(title="摘要", field=JournalField.SUMMARY),
            ),
            journal_encoding="shift_jis", journal_days="plain", journal_debit="0218", journal_credit="0101",
            journal_summary="ポイント精算",
        )  # fmt: skip
        lines = (await journal(town, settings=settings)).decode("cp932").split("\r\n")
        settlement = await town.city.settlements.get(KASAMA, JULY_1)
        name = {line.shop_id: line.shop_name for line in settlement.lines}["soba"]
        assert lines[0] == "金額,予備,日付,借方,貸方,相手,摘要"
        assert f"300,,20180731,0218,0101,{name},ポイント精算" in lines
        assert lines[-1] == ""

    async def test_without_settings_it_has_the_usual_columns(self, town, closed):
        first = rows(await journal(town))[0]
        assert (first["会計年度"], first["伝票番号"], first["伝票日付"], first["支払予定日"]) == (
            "2018", "1", "2018-07-17", "2018-07-31",
        )  # fmt: skip

    async def test_a_letter_that_cannot_be_written_is_named_and_not_replaced(self, town, closed):
        settlement = await town.city.settlements.get(KASAMA, JULY_1)
        named = replace(settlement, lines=tuple(replace(line, shop_name="𠮷野") for line in settlement.lines))
        with pytest.raises(ProblemError) as caught:
            journal_csv(named, SettlementSettings(journal_encoding="shift_jis"))
        assert (caught.value.type, caught.value.facts["letter"]) == ("journal-unwritable", "𠮷")

    async def test_its_change_needs_a_second_person_who_reads_the_columns(self, town):
        boss = await town.who("administrator")
        await town.who("approver")
        columns = (JournalColumn(title="金額", field=JournalField.YEN),)
        settings = SettlementSettings(journal_columns=columns, journal_debit="0218")
        proposal = await town.city.settlements.propose_settings(boss, settings, "財務会計の更新")
        assert proposal.facts["journal_columns"].endswith("→ 金額=yen")
        assert (
            await refused(town.city.proposals.approve(boss, proposal.proposal_id, proposal.digest, "")) != ""
        )
        await town.decided(proposal)
        assert await town.city.settlements.settings(KASAMA) == settings

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"journal_columns": ()}, "journal_columns"),
            ({"journal_columns": (JournalColumn(title="x", field=JournalField.EMPTY),)}, "journal_columns"),
            ({"journal_encoding": "shift_jis", "journal_summary": "𠮷"}, "journal_summary"),
        ],
    )
    def test_what_no_journal_can_be_is_refused(self, values, field):
        with pytest.raises(ProblemError) as caught:
            SettlementSettings(**values)
        assert caught.value.facts["field"] == field


@pytest.mark.parametrize(("day", "year"), [("2019-03-31", 2018), ("2019-04-01", 2019), ("2019-12-31", 2019)])
def test_a_fiscal_year_begins_in_april(day, year):
    from datetime import date

    assert fiscal_year(date.fromisoformat(day)) == year


async def test_over_http_it_is_a_file_and_a_line_of_the_log(site):
    boss = await site.staff_token("administrator")
    status, problem = await site.call("GET", "/v1/city/settlements/2018-07-01/journal", boss)
    assert (status, problem["type"]) == (409, "/docs/problems/cycle-not-closed")
