"""The bank's own result files: read, held against what was sent, shown, and recorded."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_ledger import audit, chart
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import bank_result_file as files
from gateway.cities.settlement.bank_result_file import ResultMatch
from gateway.cities.settlement.bank_results import ResultEffect, ResultRecorded
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_settings import ResultWord, SettlementSettings
from gateway.errors import ProblemError
from gateway.platform import audit_log

from .conftest import KASAMA
from .test_payouts import JULY_1, JULY_16, closed, record, refused, states
from .test_settlement import at, pay, shops

__all__ = ["closed", "shops"]
SHEET = SettlementSettings(
    bank_sheet="見本銀行 総合振込結果ファイル仕様書 2026年4月",
    result_column=114,
    paid_codes=("0",),
    returned_codes=("1", "2"),
    recalled_codes=("8",),
    pending_codes=("9",),
)


def as_bank(sent, *codes, change=None):
    """The bank's file: what was sent, with a code in each data record's 114th column. Names are the bank's own."""
    lines = sent.decode("cp932").split("\r\n")
    waiting = list(codes)
    for place, line in enumerate(lines):
        if line.startswith("2"):
            lines[place] = line[:5] + "ﾐﾎﾝ".ljust(15) + line[20:113] + waiting.pop(0) + line[114:]
    assert not waiting
    if change is not None:
        change(lines)
    return "\r\n".join(lines).encode("cp932")


def trailer(lines):
    """Make the trailer fit the data records again."""
    data = [line for line in lines if line.startswith("2")]
    total = sum(int(line[80:90]) for line in data)
    place = next(place for place, line in enumerate(lines) if line.startswith("8"))
    lines[place] = f"8{len(data):06}{total:012}".ljust(120)


async def set_up(town, settings=SHEET):
    boss = await town.who("administrator")
    await town.who("approver")
    await town.decided(await town.city.settlements.propose_settings(boss, settings, "銀行の仕様書"))


@pytest.fixture
async def sent(town, closed):
    """The bank's file of July's first half: 50 yen to the café, then 300 to the noodle shop."""
    await town.set_account("cafe", "7654321")
    await set_up(town)
    file = await town.transfer_file(JULY_1)
    town.clock.forward(minutes=1)
    return file


async def upload(town, file, starts_on=JULY_1):
    return await town.city.settlements.upload_result(await town.who("approver"), starts_on, file)


async def apply(town, view):
    who = await town.who("approver")
    return await town.city.settlements.record_result(
        who, view.result.starts_on, view.result.number, view.version, "銀行のファイル"
    )


def shown(view):
    return [(line.shop_id, line.word, line.match.value, line.effect.value) for line in view.lines]


class TestAResultFile:
    async def test_it_is_shown_before_anything_takes_effect(self, town, sent):
        view, is_new = await upload(town, as_bank(sent, "0", "8"))
        assert is_new
        assert shown(view) == [
            ("cafe", ResultWord.PAID, "same", "record"),
            ("soba", ResultWord.RECALLED, "same", "propose"),
        ]
        assert next(line.account for line in view.lines).endswith("****567")
        assert await states(town) == {"cafe": "ordered", "soba": "ordered"}

    async def test_paid_is_recorded_at_once_and_what_came_back_waits_for_a_second_person(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "0", "1"))
        done = await apply(town, view)
        assert done.paid == 1
        assert await states(town) == {"cafe": "paid", "soba": "ordered"}
        who = await town.who("administrator")
        (proposal,) = [(await town.city.proposals.get(who, each)).proposal for each in done.proposed]
        assert proposal.reason == "銀行のファイル"
        with pytest.raises(ProblemError):
            await town.decided(proposal, "approver")  # its author
        await town.decided(proposal, "administrator")
        assert await states(town) == {"cafe": "paid", "soba": "returned"}
        reasons = {
            each.line.shop_id: each.payout.reason
            for each in await town.city.settlements.payouts(KASAMA, JULY_1)
        }
        assert reasons == {"cafe": "銀行のファイル", "soba": "振込不能（銀行のコード 1）銀行のファイル"}
        assert await town.total(chart.shop(KASAMA, "soba")) == 300
        assert (await town.store.read(audit.verify)).ok

    async def test_all_that_came_back_is_one_proposal_which_lists_each(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "1", "8"))
        done = await apply(town, view)
        who = await town.who("administrator")
        (proposal,) = [(await town.city.proposals.get(who, each)).proposal for each in done.proposed]
        names = {line.shop_id: line.shop_name for line in view.lines}
        assert proposal.facts == {
            "starts_on": "2018-07-01", "payout": "returned", "result_file": 1, "shops_returned": 2, "yen": 350,
            "returned": (
                f"{names['cafe']} 50円 振込不能（銀行のコード 1）\n{names['soba']} 300円 組戻し（銀行のコード 8）"
            ),
        }  # fmt: skip
        waiting = await town.city.settlements.result(KASAMA, JULY_1, 1)
        assert [line.effect.value for line in waiting.lines] == ["waits", "waits"]
        await town.decided(proposal, "administrator")
        assert await states(town) == {"cafe": "returned", "soba": "returned"}
        assert await town.total(chart.shop(KASAMA, "cafe")) == 50
        assert await town.total(chart.shop(KASAMA, "soba")) == 300
        assert (await town.store.read(audit.verify)).ok

    async def test_where_one_of_them_was_recorded_meanwhile_none_is(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        (proposal_id,) = (await apply(town, view)).proposed
        await record(town, PayoutState.RETURNED, "soba")
        proposal = (await town.city.proposals.get(await town.who("administrator"), proposal_id)).proposal
        assert await refused(town.decided(proposal, "administrator")) == "payout-state"
        assert await states(town) == {"cafe": "ordered", "soba": "returned"}

    async def test_what_was_found_to_be_paid_meanwhile_is_proposed_anew(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        (proposal_id,) = (await apply(town, view)).proposed
        await record(town, PayoutState.PAID, "soba")
        proposal = (await town.city.proposals.get(await town.who("administrator"), proposal_id)).proposal
        assert await refused(town.decided(proposal, "administrator")) == "proposal-outdated"
        assert await states(town) == {"cafe": "ordered", "soba": "paid"}

    async def test_a_return_that_one_has_proposed_by_hand_waits_beside_the_file(self, town, sent):
        by_hand = await town.city.settlements.record_payout(
            await town.who("approver"), JULY_1, "soba", PayoutState.RETURNED, "銀行の電話"
        )
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        assert [line.effect.value for line in view.lines] == ["propose", "waits"]
        await apply(town, view)
        await town.decided(by_hand, "administrator")
        assert await states(town) == {"cafe": "ordered", "soba": "returned"}

    async def test_a_city_that_wants_no_second_person_records_them_at_once(self, town, sent):
        rule = DeedRule(deed=Deed.PAYOUT, persons=0)
        await town.store.run(lambda conn: deeds.save_rule(conn, KASAMA, rule))
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        assert await apply(town, view) == ResultRecorded(paid=0, proposed=())
        assert await states(town) == {"cafe": "returned", "soba": "returned"}

    async def test_what_came_back_is_paid_with_the_next_closing_once(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "0", "1"))
        done = await apply(town, view)
        who = await town.who("administrator")
        await town.decided((await town.city.proposals.get(who, done.proposed[0])).proposal, "administrator")
        town.clock.now = at(2, 8)
        later = await town.close_cycle(JULY_16)
        assert [(line.shop_id, line.paid_yen) for line in later.lines] == [("soba", 300)]
        again, is_new = await upload(town, as_bank(sent, "0", "1"))
        assert not is_new
        assert {line.effect for line in again.lines} == {ResultEffect.KNOWN}
        assert await apply(town, again) == replace(done, paid=0, proposed=())

    async def test_the_same_file_twice_is_one_file_and_records_once(self, town, sent):
        file = as_bank(sent, "0", "1")
        view, _ = await upload(town, file)
        first = await apply(town, view)
        again, is_new = await upload(town, file)
        assert not is_new
        assert again.result.number == 1
        assert [line.effect.value for line in again.lines] == ["known", "waits"]
        assert (await apply(town, again)).proposed == ()
        assert len(first.proposed) == 1
        files_there = await town.city.settlements.results(KASAMA, JULY_1)
        assert [each.number for each in files_there] == [1]

    async def test_what_was_not_looked_at_is_not_recorded(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "0", "0"))
        await record(town, PayoutState.RETURNED)
        assert await refused(apply(town, view)) == "changed-meanwhile"
        assert await states(town) == {"cafe": "ordered", "soba": "returned"}
        later = await town.city.settlements.result(KASAMA, JULY_1, 1)
        assert [line.effect.value for line in later.lines] == ["record", "refused"]

    async def test_marks_by_hand_stay_possible_and_are_known_to_it(self, town, sent):
        await record(town, PayoutState.PAID, "cafe")
        view, _ = await upload(town, as_bank(sent, "0", "9"))
        assert [line.effect.value for line in view.lines] == ["known", "pending"]
        assert await apply(town, view) == ResultRecorded(paid=0, proposed=())
        assert await states(town) == {"cafe": "paid", "soba": "ordered"}
        await record(town, PayoutState.PAID)
        assert await states(town) == {"cafe": "paid", "soba": "paid"}

    async def test_a_payment_that_was_paid_comes_back_later(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "0", "0"))
        await apply(town, view)
        later, is_new = await upload(town, as_bank(sent, "0", "2"))
        assert is_new
        assert [line.effect.value for line in later.lines] == ["known", "propose"]

    async def test_a_statement_says_the_same_before_and_after(self, town, sent):
        before = await town.city.settlements.statement(KASAMA, JULY_1, "soba")
        view, _ = await upload(town, as_bank(sent, "1", "1"))
        done = await apply(town, view)
        who = await town.who("administrator")
        for each in done.proposed:
            await town.decided((await town.city.proposals.get(who, each)).proposal, "administrator")
        assert await town.city.settlements.statement(KASAMA, JULY_1, "soba") == before

    async def test_each_step_is_a_line_of_the_log(self, town, sent):
        view, _ = await upload(town, as_bank(sent, "0", "1"))
        await apply(town, view)
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        said = {line.action: line.facts for line in lines}
        assert said["bank result recorded"] == {"times": 1, "shops": 1, "yen": 50, "shops_returned": 1}
        assert "bank result uploaded" in said
        assert "settlement settings changed" in said


class TestWhatDoesNotFit:
    async def test_another_sum_account_shop_and_a_second_line_are_named_and_left_out(self, town, sent):
        def change(lines):
            lines[1] = lines[1][:80] + "0000000051" + lines[1][90:]  # the café: one yen more
            lines[2] = lines[2][:43] + "9999999" + lines[2][50:]  # the noodle shop: another account
            nobody = lines[2][:80] + "0000000007" + "0" + "0000000099" + lines[2][101:]
            lines.insert(3, nobody)
            trailer(lines)

        view, _ = await upload(town, as_bank(sent, "0", "0", change=change))
        assert [(line.shop_id, line.match.value, line.yen, line.sent_yen) for line in view.lines] == [
            ("cafe", "other_sum", 51, 50),
            ("soba", "other_account", 300, 300),
            ("", "not_sent", 7, None),
        ]
        assert {line.effect for line in view.lines} == {ResultEffect.REFUSED}
        assert (await apply(town, view)).paid == 0
        assert await states(town) == {"cafe": "ordered", "soba": "ordered"}

    async def test_a_line_twice_and_a_code_that_the_sheet_does_not_name(self, town, sent):
        def change(lines):
            lines.insert(2, lines[1])
            trailer(lines)

        view, _ = await upload(town, as_bank(sent, "0", "7", change=change))
        assert [line.match for line in view.lines] == [
            ResultMatch.SAME, ResultMatch.TWICE, ResultMatch.UNKNOWN_CODE,
        ]  # fmt: skip
        assert [line.effect.value for line in view.lines] == ["record", "refused", "refused"]

    @pytest.mark.parametrize("codes", ["01", "10", "09"])
    async def test_a_file_that_says_two_things_of_one_transfer_is_believed_in_neither(
        self, town, sent, codes
    ):
        def change(lines):
            lines[1] = lines[1][:113] + codes[0] + lines[1][114:]
            lines.insert(3, lines[1][:113] + codes[1] + lines[1][114:])
            trailer(lines)

        view, _ = await upload(town, as_bank(sent, "0", "0", change=change))
        assert [(line.shop_id, line.match.value, line.effect.value) for line in view.lines] == [
            ("cafe", "twice", "refused"), ("soba", "same", "record"), ("cafe", "twice", "refused"),
        ]  # fmt: skip
        done = await apply(town, view)
        assert (done.paid, done.proposed) == (1, ())
        assert await states(town) == {"cafe": "ordered", "soba": "paid"}

    async def test_a_shop_that_the_file_leaves_out_is_named(self, town, sent):
        def change(lines):
            del lines[2]
            trailer(lines)

        view, _ = await upload(town, as_bank(sent, "0", "0", change=change))
        assert [(line.shop_id, line.place, line.effect.value) for line in view.lines] == [
            ("cafe", 1, "record"), ("soba", 0, "no_result"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("start", "text"), [(54, "0816"), (4, "9999999999"), (96, "2222222"), (58, "0130")]
    )
    async def test_a_file_of_another_run_is_refused_whole(self, town, sent, start, text):
        def change(lines):
            lines[0] = lines[0][:start] + text + lines[0][start + len(text) :]

        assert (
            await refused(upload(town, as_bank(sent, "0", "0", change=change)))
            == "bank-result-of-another-run"
        )
        assert await town.city.settlements.results(KASAMA, JULY_1) == []

    async def test_of_another_cycle_too(self, town, sent):
        await pay(town, at(18), 1_000)
        town.clock.now = at(2, 8)
        await town.close_cycle(JULY_16)
        await town.transfer_file(JULY_16)
        assert await refused(upload(town, as_bank(sent, "0", "0"), JULY_16)) == "bank-result-of-another-run"

    async def test_a_file_that_holds_back_one_shop_is_matched_without_it(self, town, closed):
        await town.set_account("cafe", "7654321")
        await set_up(town)
        await record(town, PayoutState.HELD, "cafe")
        file = await town.transfer_file(JULY_1)
        view, _ = await upload(town, as_bank(file, "0"))
        assert shown(view) == [("soba", ResultWord.PAID, "same", "record")]

    async def test_without_the_banks_sheet_no_file_is_taken(self, town, closed):
        await town.set_account("cafe", "7654321")
        file = await town.transfer_file(JULY_1)
        assert await refused(upload(town, as_bank(file, "0", "0"))) == "result-layout-missing"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda file: b"",
            lambda file: file[:300],
            lambda file: file.replace(b"8000002", b"8000003"),
            lambda file: b"\xff\xfe" + file,
            lambda file: file.replace(b"121", b"191", 1),
            lambda file: file.replace(b"\r\n", b" \r\n", 1),
        ],
    )
    async def test_what_is_no_whole_file_is_refused(self, town, sent, spoil):
        assert await refused(upload(town, spoil(as_bank(sent, "0", "0")))) == "bank-result-unreadable"


class TestTheSettings:
    async def test_no_one_person_changes_them(self, town):
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.settlements.propose_settings(boss, SHEET, "銀行の仕様書")
        assert isinstance(proposal, Proposal)
        assert proposal.facts["result_column"] == "0 → 114"
        assert proposal.facts["returned_codes"] == "– → 1,2"
        assert await town.city.settlements.settings(KASAMA) == SettlementSettings()
        with pytest.raises(ProblemError):
            await town.decided(proposal, "administrator")
        await town.decided(proposal)
        assert await town.city.settlements.settings(KASAMA) == SHEET

    async def test_a_form_drawn_from_others_changes_nothing(self, town):
        boss = await town.who("administrator")
        await town.who("approver")
        seen = (await town.city.settlements.settings(KASAMA)).version
        await set_up(town)
        call = town.city.settlements.propose_settings(boss, SettlementSettings(), "戻す", seen)
        assert await refused(call) == "changed-meanwhile"
        assert await refused(town.city.settlements.propose_settings(boss, SHEET, "同じ")) == "nothing-changed"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"result_column": 121}, "result_column"),
            ({"result_column": 120, "result_length": 2}, "result_column"),
            ({"bank_sheet": ""}, "bank_sheet"),
            ({"paid_codes": ()}, "paid_codes"),
            ({"returned_codes": ("0",)}, "returned_codes"),
            ({"recalled_codes": ("10",)}, "recalled_codes"),
        ],
    )
    def test_what_no_sheet_can_say_is_refused_by_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            replace(SHEET, **values)
        assert caught.value.type == "bad-settlement-settings"
        assert caught.value.facts["field"] == field


RECORDS = st.builds(
    files.TransferRecord,
    bank_code=st.sampled_from(["0005", "0009"]),
    branch_code=st.just("001"),
    kind=st.just("1"),
    number=st.sampled_from(["1111111", "2222222"]),
    yen=st.integers(1, 3),
    reference=st.sampled_from([" " * 20, "1".zfill(10) + "0" * 10]),
)


@given(st.lists(RECORDS, max_size=8), st.randoms())
def test_in_any_order_each_transfer_has_one_place(transfers, random):
    """Also where shops share an account, a sum and the text that the payee reads."""
    shuffled = random.sample(transfers, len(transfers))
    header = files.RunHeader(
        client_code="1", transfer_on="0716", bank_code="1", branch_code="1", kind="1", number="1"
    )
    sent, result = (
        files.TransferRun(
            header=header, transfers=tuple(each), lines=(" " * 113 + "0" + " " * 6,) * len(each)
        )
        for each in (transfers, shuffled)
    )
    matched = files.match_results(result, sent, SHEET)
    places = [each.sent for each in matched if each.sent is not None]
    assert sorted(places) == list(range(len(transfers)))
    assert [transfers[place] for place in places] == [each.record for each in matched]
