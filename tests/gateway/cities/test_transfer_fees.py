"""What a transfer costs: by the bank's table, fixed at the closing, said alike by statement, file, journal and sums."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_ledger import audit, chart
from gateway.cities.settlement import city_fees, closing
from gateway.cities.settlement.bank_result_file import read_run
from gateway.cities.settlement.closing import CloseCycle
from gateway.cities.settlement.journal_csv import journal_csv
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_csv import settlement_csv, statement_csv
from gateway.cities.settlement.settlement_lines import CarriedWhy, paid_account
from gateway.cities.settlement.settlement_settings import JournalColumn, JournalField, SettlementSettings
from gateway.cities.settlement.statement_pdf import settlement_pdf, statement_pdf
from gateway.cities.settlement.transfer_fees import (
    BankSide,
    FeeBand,
    FeeBearer,
    bands_of,
    bank_fee,
    deducted,
    is_invoice_number,
    tax_in,
)
from gateway.cities.shops import account_changes
from gateway.cities.shops.bank_accounts import Payer, decrypt_account, encrypt_account
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.encryption import Vault

from .conftest import KASAMA
from .test_four_eyes import ACCOUNT
from .test_payouts import AUG_1, record, refused
from .test_settlement import JULY_1, JULY_16, at, pay, shops
from .test_statement_pdf import pages

__all__ = ["shops"]


def band(side, from_yen, fee_yen):
    return FeeBand(side=BankSide(side), from_yen=from_yen, fee_yen=fee_yen)


BANDS = (
    band("same_branch", 1, 0), band("same_bank", 1, 110), band("other_bank", 1, 220), band("other_bank", 30_000, 440),
)  # fmt: skip
JOURNAL = (
    JournalColumn(title="支出額", field=JournalField.YEN),
    JournalColumn(title="控除額", field=JournalField.FEE),
    JournalColumn(title="税", field=JournalField.FEE_TAX),
    JournalColumn(title="差引支払額", field=JournalField.TRANSFER),
)
FEES = SettlementSettings(
    fee_bands=BANDS, fee_bearer=FeeBearer.SHOP, invoice_number="T4000020082163", tax_note="手数料は税込です。",
    journal_columns=JOURNAL,
)  # fmt: skip
PAYER = Payer(client_code="0123456789", account=replace(ACCOUNT, bank_code="0130", number="1111111"))


async def set_fees(town, settings=FEES, reason="銀行の手数料表"):
    boss = await town.who("administrator")
    await town.who("approver")
    await town.decided(await town.city.settlements.propose_settings(boss, settings, reason))


@pytest.fixture
async def priced(town, shops):
    """The city pays from another bank than both shops have; shops bear the fee."""
    boss = await town.who("administrator")
    await town.who("approver")
    await town.decided(await town.city.shops.set_payer(boss, PAYER))
    await set_fees(town)


async def line_of(town, shop_id="soba", starts_on=JULY_1):
    return (await town.city.settlements.statement(KASAMA, starts_on, shop_id)).line


class TestTheTable:
    @pytest.mark.parametrize(
        ("side", "yen", "fee"),
        [
            ("same_branch", 5, 0), ("same_bank", 99_999, 110), ("other_bank", 1, 220), ("other_bank", 29_999, 220),
            ("other_bank", 30_000, 440),
        ],
    )  # fmt: skip
    def test_is_read_by_side_and_sum(self, side, yen, fee):
        assert bank_fee(BANDS, BankSide(side), yen) == fee

    def test_a_branch_without_bands_of_its_own_has_those_of_its_bank(self):
        assert bank_fee(BANDS[1:], BankSide.SAME_BRANCH, 5) == 110

    @pytest.mark.parametrize(
        ("due", "fee"),
        [(29_999, 220), (30_000, 220), (30_219, 220), (30_220, 440), (30_440, 440), (100, 220)],
    )
    def test_what_is_deducted_follows_the_sum_that_is_left(self, due, fee):
        assert deducted(BANDS, BankSide.OTHER_BANK, due) == fee

    @given(
        st.dictionaries(st.integers(2, 60_000), st.integers(0, 900), max_size=4),
        st.integers(0, 900),
        st.integers(1, 70_000),
    )
    def test_a_deduction_covers_what_the_bank_asks_and_no_lesser_one_does(self, later, first, due):
        bands = [band("other_bank", start, fee) for start, fee in sorted({1: first, **later}.items())]
        side = BankSide.OTHER_BANK
        fee = deducted(bands, side, due)
        assert bank_fee(bands, side, due - fee) <= fee
        fees = {each.fee_yen for each in bands_of(bands, side)}
        assert not [less for less in fees if less < fee and bank_fee(bands, side, due - less) <= less]

    @pytest.mark.parametrize(
        ("fee", "percent", "tax"), [(220, 10, 20), (440, 10, 40), (221, 10, 20), (108, 8, 8), (220, 0, 0)]
    )
    def test_the_tax_is_in_the_fee(self, fee, percent, tax):
        assert tax_in(fee, percent) == tax

    @pytest.mark.parametrize(
        ("number", "is_one"),
        [
            ("T7000012050002", True), ("T9000020011002", True), ("T4000020082163", True), ("T4000020082164", False),
            ("T5000020082163", False), ("4000020082163", False), ("T400002008216", False), ("T40000200821630", False),
            ("Ｔ4000020082163", False), ("t4000020082163", False), ("T4000020082１63", False),
        ],
    )  # fmt: skip
    def test_a_registration_number_has_its_check_digit(self, number, is_one):
        assert is_invoice_number(number) is is_one


class TestAShopThatBearsIt:
    async def test_statement_file_journal_and_sums_agree(self, town, priced):
        await pay(town, at(2), 40_000)
        await pay(town, at(3), 5_000, "cafe")
        town.clock.now = at(17)
        settlement = await town.close_cycle(JULY_1)
        assert [(line.shop_id, line.paid_yen, line.fee_yen, line.transfer_yen) for line in settlement.lines] == [
            ("cafe", 5_000, 220, 4_780), ("soba", 40_000, 440, 39_560),
        ]  # fmt: skip
        assert (settlement.yen, settlement.fee_yen, settlement.transfer_yen) == (45_000, 660, 44_340)
        assert settlement.city_fee_yen == 0
        file = read_run(await town.transfer_file(JULY_1))
        assert [each.yen for each in file.transfers] == [4_780, 39_560]
        data = journal_csv(settlement, await town.city.settlements.settings(KASAMA)).decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(data)))[1:] == [
            ["5000", "220", "20", "4780"], ["40000", "440", "40", "39560"],
        ]  # fmt: skip
        (sums,) = (row for row in csv.DictReader(io.StringIO(settlement_csv(settlement).decode("utf-8-sig"))) if row["加盟店番号"] == "soba")  # fmt: skip
        assert (sums["支払額(円)"], sums["振込手数料(円)"], sums["うち消費税(円)"], sums["振込額(円)"]) == ("40000", "440", "40", "39560")  # fmt: skip
        statement = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        lines = list(csv.DictReader(io.StringIO(statement_csv(statement).decode("utf-8-sig"))))
        assert sum(int(line["金額(円)"]) for line in lines) == 39_560
        (text,) = pages(statement_pdf(statement, "笠間市"))
        for said in (
            "支払通知書", "登録番号 T4000020082163", "39,560円", "-440円", "うち消費税額等（10%対象）", "40円", "手数料は税込です。",
        ):  # fmt: skip
            assert said in text, said
        (city,) = pages(settlement_pdf(settlement, "笠間市"))
        for said in ("44,340円", "45,000円", "-660円", "-440", "39,560"):
            assert said in city, said

    async def test_the_ledger_is_even_and_knows_the_fee(self, town, priced):
        await pay(town, at(2), 40_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        assert await town.total(chart.shop(KASAMA, "soba")) == 0
        assert await town.total(paid_account(KASAMA)) == 40_000
        assert (await town.store.read(audit.verify)).ok

    async def test_a_payment_that_came_back_bears_one_fee_in_all(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.RETURNED)
        await pay(town, at(18), 1_000)
        town.clock.now = at(2, 8)
        await town.close_cycle(JULY_16)
        line = await line_of(town, starts_on=JULY_16)
        assert (line.brought_yen, line.paid_yen, line.fee_yen, line.transfer_yen) == (
            5_000,
            6_000,
            220,
            5_780,
        )

    async def test_what_does_not_exceed_the_fee_is_carried_and_says_why(self, town, priced):
        await pay(town, at(2), 220)
        town.clock.now = at(17)
        (line,) = (await town.close_cycle(JULY_1)).lines
        assert (line.paid_yen, line.carried_yen, line.fee_yen) == (0, 220, 0)
        assert line.carried_why is CarriedWhy.WITHIN_FEE
        (text,) = pages(
            statement_pdf(await town.city.settlements.statement(KASAMA, JULY_1, "soba"), "笠間市")
        )
        assert "振込手数料を超えないため" in text
        await pay(town, at(18), 1)
        town.clock.now = at(2, 8)
        (line,) = (await town.close_cycle(JULY_16)).lines
        assert (line.paid_yen, line.fee_yen, line.transfer_yen, line.carried_yen) == (221, 220, 1, 0)
        assert line.carried_why is CarriedWhy.NOTHING

    async def test_a_closed_shop_gets_its_last_yen_and_the_city_bears_the_fee(self, town, priced):
        await pay(town, at(2), 220)
        town.clock.now = at(5)
        await town.city.shops.close(await town.who("operator"), "soba", "閉店")
        town.clock.now = at(17)
        (line,) = (await town.close_cycle(JULY_1)).lines
        assert (line.paid_yen, line.fee_yen, line.city_fee_yen, line.carried_yen) == (220, 0, 220, 0)

    @pytest.mark.parametrize(("due", "fee"), [(199, 220), (210, 330)])
    async def test_the_fee_that_the_city_bears_for_it_is_the_banks_of_the_whole_sum(
        self, town, priced, due, fee
    ):
        bands = (band("same_bank", 1, 0), band("other_bank", 1, 220), band("other_bank", 200, 330))
        await set_fees(town, replace(FEES, fee_bands=bands))
        await pay(town, at(2), due)
        town.clock.now = at(5)
        await town.city.shops.close(await town.who("operator"), "soba", "閉店")
        town.clock.now = at(17)
        (line,) = (await town.close_cycle(JULY_1)).lines
        assert (line.transfer_yen, line.fee_yen, line.city_fee_yen) == (due, 0, fee)

    async def test_the_log_says_of_a_payment_what_was_transferred(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        await town.transfer_file(JULY_1)
        await record(town, PayoutState.PAID)
        (line,) = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["payout recorded"])
        )
        assert line.facts["yen"] == 4_780

    async def test_a_shop_without_an_account_says_that(self, town, priced):
        from gateway.cities.shops.shops import ShopEntry

        await town.city.shops.register(await town.who("operator"), "pan", ShopEntry(name="見本 パン"))
        await pay(town, at(2), 5_000, "pan")
        town.clock.now = at(17)
        (line,) = (await town.close_cycle(JULY_1)).lines
        assert (line.carried_yen, line.carried_why, line.fee_yen) == (5_000, CarriedWhy.NO_ACCOUNT, 0)


class TestAFixedFee:
    async def test_is_the_closings_whatever_is_set_afterwards(self, town, priced):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        before = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        papers = statement_pdf(before, "笠間市"), statement_csv(before)
        dearer = tuple(replace(each, fee_yen=each.fee_yen + 100) for each in BANDS)
        changed = replace(
            FEES, fee_bands=dearer, fee_tax_percent=12, invoice_number="T9000020011002", tax_note="ほか"
        )
        await set_fees(town, changed)
        after = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        assert after == before
        assert (statement_pdf(after, "笠間市"), statement_csv(after)) == papers
        assert [each.yen for each in read_run(await town.transfer_file(JULY_1)).transfers] == [4_780]

    @pytest.mark.parametrize(
        "change",
        [
            {"fee_bands": tuple(replace(each, fee_yen=each.fee_yen + 1) for each in BANDS)},
            {"fee_bearer": FeeBearer.CITY},
            {"fee_tax_percent": 8},
            {"invoice_number": "T9000020011002"},
            {"tax_note": "別の注記"},
        ],
    )
    async def test_a_closing_that_was_proposed_with_another_one_is_outdated(self, town, priced, change):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_1, "締め")
        assert (proposal.facts["fee_yen"], proposal.facts["transfer_yen"]) == (220, 4_780)
        await set_fees(town, replace(FEES, **change))
        assert await refused(town.decided(proposal, "administrator")) == "proposal-outdated"

    async def test_a_cycle_that_was_closed_before_there_were_fees_says_nothing_of_them(self, town, shops):
        boss = await town.who("administrator")
        await town.who("approver")
        await town.decided(await town.city.shops.set_payer(boss, PAYER))
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        settlement = await town.close_cycle(JULY_1)
        statement = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        papers = (
            settlement_pdf(settlement, "笠間市"),
            settlement_csv(settlement),
            statement_pdf(statement, "笠間市"),
        )
        await set_fees(town)
        settlement = await town.city.settlements.get(KASAMA, JULY_1)
        statement = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        assert settlement.terms is None
        assert papers == (
            settlement_pdf(settlement, "笠間市"), settlement_csv(settlement), statement_pdf(statement, "笠間市"),
        )  # fmt: skip
        assert "手数料" not in settlement_csv(settlement).decode("utf-8-sig")
        assert "精算明細書" in pages(papers[2])[0]


class TestACityThatBearsIt:
    async def test_pays_the_whole_sum_and_knows_what_the_bank_will_ask(self, town, priced):
        await set_fees(town, replace(FEES, fee_bearer=FeeBearer.CITY))
        await pay(town, at(2), 30_100)
        await pay(town, at(3), 100, "cafe")
        town.clock.now = at(17)
        settlement = await town.close_cycle(JULY_1)
        assert (settlement.yen, settlement.transfer_yen, settlement.city_fee_yen) == (30_200, 30_200, 660)
        assert [each.yen for each in read_run(await town.transfer_file(JULY_1)).transfers] == [100, 30_100]

    @pytest.mark.parametrize(("branch", "fee"), [("001", 0), ("002", 110)])
    async def test_its_own_bank_is_another_matter(self, town, priced, branch, fee):
        account = replace(PAYER.account, bank_code="9999", branch_code=branch)
        boss = await town.who("administrator")
        await town.decided(await town.city.shops.set_payer(boss, replace(PAYER, account=account)))
        await pay(town, at(2), 5_000)
        assert (await line_of(town)).fee_yen == fee


class TestANoteOnTaxAlone:
    async def test_is_no_fee(self, town, shops):
        await set_fees(town, SettlementSettings(tax_note="税の注記", invoice_number="T4000020082163"))
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        settlement = await town.close_cycle(JULY_1)
        assert settlement.terms is not None
        assert not settlement.has_fees
        assert "手数料" not in settlement_csv(settlement).decode("utf-8-sig")
        (city,) = pages(settlement_pdf(settlement, "笠間市"))
        assert "手数料" not in city
        assert "うち訂正(円)" in city
        statement = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        assert "税の注記" in pages(statement_pdf(statement, "笠間市"))[0]

    async def test_shows_its_approver_no_fee(self, town, shops):
        await set_fees(town, SettlementSettings(tax_note="税の注記"))
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_1, "締め")
        assert "fee_yen" not in proposal.facts

    async def test_what_is_carried_because_of_a_fee_is_one(self, town, priced):
        await pay(town, at(2), 220)
        assert (await town.city.settlements.get(KASAMA, JULY_1)).has_fees


class TestAccounts:
    """One reading of them is reckoned with, compared and fixed; each is decrypted only where a fee asks for it."""

    async def test_only_those_of_shops_that_are_paid_are_decrypted(self, town, priced, monkeypatch):
        await pay(town, at(2), 5_000)
        decrypted = []

        def decrypt(vault, code, shop_id, sealed):
            decrypted.append(shop_id)
            return decrypt_account(vault, code, shop_id, sealed)

        monkeypatch.setattr(city_fees, "decrypt_account", decrypt)
        assert (await town.city.settlements.get(KASAMA, JULY_1)).fee_yen == 220
        assert decrypted == ["soba"]

    async def test_are_read_once_by_a_closing(self, town, priced, monkeypatch):
        await pay(town, at(2), 5_000)
        town.clock.now = at(17)
        who, read = await town.who("approver"), account_changes.list_current
        first = await town.store.read(lambda conn: read(conn, KASAMA))
        other = Vault([b"s" * 32], b"l" * 32)
        account = replace(ACCOUNT, bank_code="0130", number="7654321")
        changed = first | {"soba": encrypt_account(other, KASAMA, "soba", account)}
        readings = iter([first, changed, changed, changed])
        monkeypatch.setattr(account_changes, "list_current", lambda *_: next(readings))
        closed = await town.store.run(
            lambda conn: closing.close_cycle(
                town.city.context, conn, who, CloseCycle(starts_on=JULY_1), "締め", at(17)
            )
        )
        assert closed.fee_yen == 220
        fixed = await town.store.read(lambda conn: account_changes.list_fixed(conn, KASAMA, "2018-07-01"))
        assert fixed == {"soba": first["soba"]}


class TestSettings:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"fee_bands": (band("same_bank", 1, 0),)}, "fee_bands"),
            ({"fee_bands": (band("same_bank", 1, 0), band("other_bank", 2, 0))}, "fee_bands"),
            ({"fee_bands": (*BANDS, band("other_bank", 30_000, 660))}, "fee_bands"),
            ({"fee_bands": (*BANDS, band("other_bank", 10**10, 660))}, "fee_bands"),
            ({"fee_bands": (*BANDS, band("other_bank", 50_000, 100_000))}, "fee_bands"),
            ({"fee_bands": (*BANDS, band("other_bank", 50_000, -1))}, "fee_bands"),
            ({"fee_bands": tuple(band("other_bank", yen, 1) for yen in range(1, 32))}, "fee_bands"),
            ({"fee_bands": ()}, "fee_bands"),
            ({"journal_columns": JOURNAL[:1]}, "journal_columns"),
            ({"fee_tax_percent": 100}, "fee_tax_percent"),
            ({"fee_tax_percent": -1}, "fee_tax_percent"),
            ({"invoice_number": "T4000020082164"}, "invoice_number"),
            ({"tax_note": "字" * 201}, "tax_note"),
        ],
    )
    def test_what_is_no_table_is_refused_by_its_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            replace(FEES, **values)
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-settlement-settings", field)

    async def test_bands_need_the_account_that_is_paid_from(self, town, shops):
        boss = await town.who("administrator")
        await town.who("approver")
        assert await refused(town.city.settlements.propose_settings(boss, FEES, "x")) == "payer-missing"

    async def test_they_come_back_as_they_were_set(self, town, priced):
        assert await town.city.settlements.settings(KASAMA) == FEES

    async def test_an_open_cycle_shows_what_they_would_take(self, town, priced):
        await pay(town, at(2, 8), 5_000)
        settlement = await town.city.settlements.get(KASAMA, AUG_1)
        assert (settlement.yen, settlement.fee_yen, settlement.closed_at) == (5_000, 220, None)
