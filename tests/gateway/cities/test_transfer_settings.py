"""What a city's bank wants of a transfer file: a text for payees or the shop's number, an end mark, and time before the transfer."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from gateway.cities import tables
from gateway.cities.settlement.bank_result_file import ResultMatch, match_results, read_run
from gateway.cities.settlement.business_days import STANDARD, bank_days_before
from gateway.cities.settlement.customer_fields import CustomerField
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.cities.settlement.transfer_file_making import days_of
from gateway.cities.shops import account_changes
from gateway.cities.shops.bank_accounts import decrypt_account
from gateway.errors import ProblemError

from .conftest import KASAMA
from .test_bank_results import set_up
from .test_payouts import closed, refused
from .test_settlement import JULY_1, at, pay, shops

__all__ = ["closed", "shops"]
SHEET = SettlementSettings(bank_sheet="見本銀行 総合振込仕様書")
EDI = replace(SHEET, customer_field=CustomerField.EDI, edi_text="ｾｲｻﾝ{last}ﾌﾞﾝ")
CYCLE = STANDARD.cycle_of(JULY_1)


async def file_of(town, settings=None):
    """The records of July's first half: 50 yen to the café, 300 to the noodle shop."""
    if settings is not None:
        await set_up(town, settings)
    *lines, rest = (await town.transfer_file(JULY_1)).split(b"\r\n")
    assert rest == b""
    return lines


def record_of(account, yen, customer, mark):
    """A data record as its bank's setting decides, byte for byte; all else is the account's."""
    written = (
        "2", account.bank_code, account.bank_name.ljust(15), account.branch_code, account.branch_name.ljust(15), "0000",
        str(account.kind), account.number, account.holder.ljust(30), f"{yen:010}", "0", customer.ljust(20), "7", mark, " " * 7,
    )  # fmt: skip
    return "".join(written).encode("cp932")


async def account_of(town, shop_id="soba"):
    vault = town.city.context.vault
    sealed = await town.store.read(lambda conn: account_changes.list_fixed(conn, KASAMA, "2018-07-01"))
    return decrypt_account(vault, KASAMA, shop_id, sealed[shop_id])


async def number_of(town, shop_id):
    return (await town.city.shops.get(KASAMA, shop_id)).number


class TestTheFile:
    async def test_is_as_ever_where_nothing_is_set(self, town, closed):
        lines = await file_of(town)
        assert lines[2] == record_of(await account_of(town), 300, "0000000002" + "0" * 10, " ")

    async def test_says_to_each_payee_what_it_is_paid_for(self, town, closed):
        lines = await file_of(town, EDI)
        assert lines[2] == record_of(await account_of(town), 300, "ｾｲｻﾝ0715ﾌﾞﾝ", "Y")

    async def test_may_name_the_shop_by_its_number(self, town, closed):
        lines = await file_of(town, replace(EDI, edi_text="N {shop} {first}-{last}"))
        text = f"N {await number_of(town, 'soba')} 0701-0715"
        assert lines[2] == record_of(await account_of(town), 300, text, "Y")

    async def test_has_the_shops_number_as_customer_code(self, town, closed):
        lines = await file_of(town, replace(SHEET, customer_field=CustomerField.SHOP_NUMBER))
        number = f"0000{await number_of(town, 'soba')}" + "0" * 10
        assert lines[2] == record_of(await account_of(town), 300, number, " ")

    async def test_ends_with_the_mark_that_old_hosts_want(self, town, closed):
        plain = await town.transfer_file(JULY_1)
        await set_up(town, replace(SHEET, end_mark="eof"))
        town.clock.forward(minutes=1)
        assert await town.transfer_file(JULY_1, again=True) == plain + b"\x1a"

    async def test_that_was_proposed_with_other_settings_is_outdated(self, town, closed):
        who = await town.who("approver")
        proposal = await town.city.settlements.make_transfer_file(who, JULY_1)
        await set_up(town, EDI)
        assert await refused(town.decided(proposal, "administrator")) == "proposal-outdated"


async def lose_numbers(town):
    """As where an older release has registered shops today."""
    await town.store.run(lambda conn: conn.execute(update(tables.shops).values(number=None)))


class TestAShopWithoutANumber:
    """The closing is refused, and not the file after it."""

    @pytest.mark.parametrize(
        ("settings", "is_named"),
        [
            (replace(SHEET, customer_field=CustomerField.SHOP_NUMBER), True),
            (replace(EDI, edi_text="{shop}"), True),
            (EDI, False),
            (SHEET, False),
        ],
    )
    async def test_keeps_a_cycle_open_where_the_file_would_name_it(self, town, shops, settings, is_named):
        await set_up(town, settings)
        await pay(town, at(2), 300)
        await lose_numbers(town)
        town.clock.now = at(17)
        if is_named:
            who = await town.who("approver")
            assert await refused(town.city.settlements.close(who, JULY_1, "締め")) == "shop-number-missing"
        else:
            assert (await town.close_cycle(JULY_1)).yen == 300

    async def test_is_looked_for_again_when_the_closing_is_decided(self, town, shops):
        await set_up(town, replace(SHEET, customer_field=CustomerField.SHOP_NUMBER))
        await pay(town, at(2), 300)
        town.clock.now = at(17)
        await town.who("administrator")
        proposal = await town.city.settlements.close(await town.who("approver"), JULY_1, "締め")
        await lose_numbers(town)
        assert await refused(town.decided(proposal, "administrator")) == "shop-number-missing"

    async def test_is_in_no_file(self, town, closed):
        await set_up(town, replace(SHEET, customer_field=CustomerField.SHOP_NUMBER))
        await lose_numbers(town)
        who = await town.who("approver")
        assert await refused(town.city.settlements.make_transfer_file(who, JULY_1)) == "shop-number-missing"


class TestTheBanksResult:
    """Records of one text are told apart by account and sum; what fits two of them is of neither."""

    async def test_is_read_where_all_records_have_one_text(self, town, closed):
        settings = replace(EDI, result_column=114, paid_codes=("0",))
        await set_up(town, settings)
        sent = read_run(await town.transfer_file(JULY_1))
        assert len({each.reference for each in sent.transfers}) == 1
        assert [each.sent for each in match_results(sent, sent, settings)] == [0, 1]

    @pytest.mark.parametrize(
        ("other", "match"), [(300, ResultMatch.NOT_SENT), (301, ResultMatch.OTHER_ACCOUNT)]
    )
    async def test_guesses_at_no_shop(self, town, closed, other, match):
        await set_up(town, EDI)
        run = read_run(await town.transfer_file(JULY_1))
        cafe, soba = run.transfers
        sent = replace(run, transfers=(replace(cafe, yen=other), soba))
        wrong = replace(run, transfers=(replace(soba, number="9999999"),), lines=run.lines[:1])
        (result,) = match_results(wrong, sent, EDI)
        assert result.match is match


class TestSettings:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("せいさん{last}ぶん", "ｾｲｻﾝ{last}ﾌﾞﾝ"),
            ("ｾｲｻﾝ｛last｝ﾌﾞﾝ", "ｾｲｻﾝ{last}ﾌﾞﾝ"),
            (" カサマ  {shop} ", "ｶｻﾏ  {shop}"),
            ("{first}-{last}", "{first}-{last}"),
            ("ｱ" * 20, "ｱ" * 20),
            ("ｱ" * 10 + "{shop}{last}", "ｱ" * 10 + "{shop}{last}"),
            ("ガ" * 10, "ｶﾞ" * 10),
        ],
    )
    def test_a_text_is_kept_as_the_file_writes_it(self, typed, kept):
        settings = replace(EDI, edi_text=typed)
        assert settings.edi_text == kept
        assert replace(settings, edi_text=kept) == settings

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"edi_text": "ｱ" * 21}, "edi_text"),
            ({"edi_text": "ガ" * 11}, "edi_text"),
            ({"edi_text": "ｱ" * 11 + "{shop}{last}"}, "edi_text"),
            ({"edi_text": "精算{last}"}, "edi_text"),
            ({"edi_text": "{name}"}, "edi_text"),
            ({"edi_text": "{last"}, "edi_text"),
            ({"edi_text": ""}, "edi_text"),
            ({"edi_text": "  "}, "edi_text"),
            ({"bank_sheet": ""}, "bank_sheet"),
            ({"bank_sheet": "", "customer_field": CustomerField.SHOP_NUMBER}, "bank_sheet"),
            ({"bank_sheet": "", "customer_field": CustomerField.LINE, "end_mark": "eof"}, "bank_sheet"),
            ({"bank_sheet": "", "customer_field": CustomerField.LINE, "send_days": 1}, "bank_sheet"),
            ({"send_days": 11}, "send_days"),
            ({"send_days": -1}, "send_days"),
        ],
    )
    def test_what_does_not_fit_is_refused_by_its_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            replace(EDI, **values)
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-settlement-settings", field)

    async def test_come_back_as_they_were_set_by_two_persons(self, town, shops):
        settings = replace(EDI, end_mark="eof", send_days=3)
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.settlements.propose_settings(boss, settings, "銀行の仕様書")
        assert proposal.facts["customer_field"] == "line → edi"
        assert proposal.facts["edi_text"] == "– → ｾｲｻﾝ{last}ﾌﾞﾝ"
        assert proposal.facts["bank_sheet"] == "– → 見本銀行 総合振込仕様書"
        await town.decided(proposal)
        assert await town.city.settlements.settings(KASAMA) == settings


class TestTheLastDayForSending:
    @pytest.mark.parametrize(
        ("day", "count", "before"),
        [
            ("2018-07-31", 1, "2018-07-30"),
            ("2018-07-31", 2, "2018-07-27"),
            ("2019-05-07", 1, "2019-04-26"),  # ten days of holidays for a new emperor
            ("2019-01-04", 1, "2018-12-28"),
            ("2018-07-29", 1, "2018-07-27"),
        ],
    )
    def test_counts_bank_days_backwards(self, day, count, before):
        assert bank_days_before(date.fromisoformat(day), count) == date.fromisoformat(before)

    @pytest.mark.parametrize(
        ("today", "send_days", "expected"),
        [
            ("2018-07-17", 0, ("2018-07-31", None, False)),
            ("2018-08-03", 0, ("2018-08-03", None, True)),
            ("2018-07-17", 3, ("2018-07-31", "2018-07-26", False)),
            ("2018-07-26", 3, ("2018-07-31", "2018-07-26", False)),
            ("2018-07-27", 3, ("2018-08-01", "2018-07-27", True)),
            ("2018-07-28", 3, ("2018-08-02", "2018-07-30", True)),  # a Saturday: it is sent on Monday
        ],
    )
    def test_moves_the_transfer_where_it_is_over(self, today, send_days, expected):
        days = days_of(CYCLE, date.fromisoformat(today), send_days)
        sent = None if days.send_by is None else days.send_by.isoformat()
        assert (days.transfer_on.isoformat(), sent, days.is_late) == expected

    async def test_refuses_a_day_that_cannot_be_met(self, town, closed):
        await set_up(town, replace(SHEET, send_days=3))
        who = await town.who("approver")
        with pytest.raises(ProblemError) as caught:
            await town.city.settlements.make_transfer_file(who, JULY_1, date(2018, 7, 19))
        assert (caught.value.type, caught.value.facts["first"]) == ("bad-transfer-day", "2018-07-20")
        proposal = await town.city.settlements.make_transfer_file(who, JULY_1, date(2018, 7, 20))
        assert (proposal.facts["transfer_on"], proposal.facts["send_by"]) == ("2018-07-20", "2018-07-17")

    async def test_is_looked_at_again_when_the_file_is_decided(self, town, closed):
        await set_up(town, replace(SHEET, send_days=3))
        await town.who("administrator")
        proposal = await town.city.settlements.make_transfer_file(
            await town.who("approver"), JULY_1, date(2018, 7, 20)
        )
        town.clock.now = at(18)
        assert await refused(town.decided(proposal, "administrator")) == "bad-transfer-day"

    async def test_stands_in_no_proposal_where_nobody_has_said_it(self, town, closed):
        proposal = await town.city.settlements.make_transfer_file(await town.who("approver"), JULY_1)
        assert "send_by" not in proposal.facts
