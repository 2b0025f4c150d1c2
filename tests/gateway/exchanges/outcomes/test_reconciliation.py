"""Two books of one day side by side; a person closes a difference with a transfer of its own, never by an edit."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core_ledger import ChainKeys, audit, entries
from core_ledger import balance as balance_of
from core_ledger.chart import member_book, municipal, reserve
from gateway import nightly
from gateway.cities.settlement.partner_settlement import month_of
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import reconciliation
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.reconciliation import Reconciliation, Verdict
from gateway.exchanges.reconciliation_spool import DaySpool, OurExchange
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import Debited, DebitLine, DebitRecord, Declined, DeclineReason, WalletId
from gateway.platform import job_steps, tables
from tests.gateway.exchanges.conftest import CARDS, KASAMA, NOON, new_id

DAY = date(2018, 7, 31)


def amounts(**points):
    costs = {"eikyu": 100, "wallet": 450}
    return tuple(
        DebitLine(wallet=WalletId(name), units=amount // costs[name], amount=amount)
        for name, amount in points.items()
        if amount
    )


def there(exchange_id, *, eikyu=200, wallet=0, at=NOON, taken_back=False, back=None):
    return DebitRecord(
        exchange_id=exchange_id,
        reference="THEIRS",
        lines=amounts(eikyu=eikyu, wallet=wallet),
        at=at,
        reversed=taken_back,
        given_back=back,
    )


async def give_back(world, exchange, units):
    return await Reversals(world.context).reverse(
        exchange.exchange_id, new_id(), units=units, reason="r", operator="sato"
    )


async def compare(world, day=DAY):
    return await Reconciliation(world.context).compare(CARDS, day)


async def night(world, day):
    return await Reconciliation(world.context).run_nightly(CARDS, day)


async def verdicts(world, day=DAY):
    return {line.exchange_id: line.verdict for line in (await compare(world, day)).lines}


async def close(world, exchange_id, *, leave=False):
    return await CorrectionService(world.context).close(
        CARDS, DAY, exchange_id, reason="双方で確認", operator="sato", leave=leave
    )


async def declined(world, watch):
    """A member whose exchange we hold for declined."""
    member = await world.member()
    watch.own_account(member)
    world.script.debit = lambda it: Declined(exchange_id=it.exchange_id, reason=DeclineReason.REFUSED)
    exchange = await world.settled(member, KASAMA)
    world.script.debit = None
    return member, exchange


async def test_what_both_have_is_matched_and_what_is_open_is_no_difference(world, generous, watch) -> None:
    exchange = await world.settled(await world.member())
    _, open_ = await watch.opened()
    generous.day = [there(exchange.exchange_id)]
    assert await verdicts(world) == {
        exchange.exchange_id: Verdict.MATCHED,
        open_.exchange_id: Verdict.OPEN,
    }
    assert (await compare(world)).differences == ()


async def test_each_kind_of_difference_has_its_name(world, generous, watch) -> None:
    ours = await world.settled(await world.member())
    _, no = await declined(world, watch)
    member = await world.member()
    watch.own_account(member)
    other = await world.settled(member)
    stranger = new_id()
    generous.day = [there(no.exchange_id), there(other.exchange_id, eikyu=300), there(stranger)]
    assert await verdicts(world) == {
        ours.exchange_id: Verdict.OURS_ONLY,
        no.exchange_id: Verdict.THEIRS_ONLY,
        other.exchange_id: Verdict.AMOUNT_DIFFERS,
        stranger: Verdict.THEIRS_ONLY,
    }


async def test_two_debits_there_under_one_id_are_laid_beside_ours_together(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    once, again = there(exchange.exchange_id), replace(there(exchange.exchange_id), reference="TWICE")
    generous.day = [once, once]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    generous.day = [once, replace(again, reversed=True)]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    generous.day = [
        replace(once, given_back=amounts(eikyu=100)),
        replace(again, given_back=amounts(eikyu=100)),
    ]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    generous.day = [once, again]
    (line,) = (await compare(world)).differences
    assert (line.verdict, line.their_amounts) == (Verdict.AMOUNT_DIFFERS, {"eikyu": 400})
    assert line.their_reference == "THEIRS, TWICE"
    assert (await close(world, exchange.exchange_id)).points == 900
    assert (await world.balance(member)).posted == 1_800


async def test_a_debit_that_stands_under_the_next_day_there_is_matched(world, generous) -> None:
    exchange = await world.settled(await world.member())
    record = there(exchange.exchange_id, at=NOON + timedelta(days=1))
    generous.day = lambda day: [record] if day == date(2018, 8, 1) else []
    (line,) = (await compare(world)).lines
    assert (line.verdict, line.note) == (Verdict.MATCHED, "stands under 2018-08-01 there")


async def test_an_exchange_taken_back_on_both_sides_is_matched_and_on_one_side_differs(
    world, generous
) -> None:
    exchange = await world.settled(await world.member())
    generous.day = [there(exchange.exchange_id, taken_back=True)]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.AMOUNT_DIFFERS}
    await Reversals(world.context).reverse(
        exchange.exchange_id, new_id(), units=None, reason="r", operator="sato"
    )
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    generous.day = [there(exchange.exchange_id)]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.AMOUNT_DIFFERS}


@pytest.mark.parametrize(
    ("units_here", "back_there", "verdict", "note"),
    [
        (1, amounts(eikyu=100), Verdict.MATCHED, "given back here: 100 eikyu; given back there: 100 eikyu"),
        (2, amounts(eikyu=200), Verdict.MATCHED, "given back here: 200 eikyu; given back there: 200 eikyu"),
        (1, (), Verdict.AMOUNT_DIFFERS, "given back here: 100 eikyu"),
        (0, amounts(eikyu=100), Verdict.AMOUNT_DIFFERS, "given back there: 100 eikyu"),
        (
            2,
            amounts(eikyu=100),
            Verdict.AMOUNT_DIFFERS,
            "given back here: 200 eikyu; given back there: 100 eikyu",
        ),
        (
            1,
            amounts(eikyu=200),
            Verdict.AMOUNT_DIFFERS,
            "given back here: 100 eikyu; given back there: 200 eikyu",
        ),
        (1, None, Verdict.MATCHED, "given back here: 100 eikyu; the partner's list tells no parts"),
        (0, None, Verdict.MATCHED, ""),
        (0, (), Verdict.MATCHED, ""),
    ],
)
async def test_parts_that_were_given_back_are_laid_side_by_side(
    world, generous, units_here, back_there, verdict, note
) -> None:
    exchange = await world.settled(await world.member())
    if units_here:
        await give_back(world, exchange, units_here)
    generous.day = [there(exchange.exchange_id, back=back_there)]
    (line,) = (await compare(world)).lines
    assert (line.verdict, line.note) == (verdict, note)
    assert line.points == 900 - 450 * units_here


async def test_another_wallet_given_back_there_than_here_differs(world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.day = [there(exchange.exchange_id, eikyu=200, wallet=450, back=amounts(wallet=450))]
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    generous.day = [there(exchange.exchange_id, eikyu=200, wallet=450, back=amounts(eikyu=100))]
    (line,) = (await compare(world)).lines
    assert (line.verdict, line.their_amounts) == (Verdict.AMOUNT_DIFFERS, {"eikyu": 100, "wallet": 450})


async def test_while_a_reversal_waits_for_its_answer_what_it_moves_is_no_difference(world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.reversal = OutcomeUnknown("lost reply")
    await give_back(world, exchange, 1)
    generous.day = [there(exchange.exchange_id, back=amounts(eikyu=100))]
    (line,) = (await compare(world)).lines
    assert (line.verdict, line.note) == (
        Verdict.OPEN,
        "given back there: 100 eikyu; a reversal has not ended",
    )


@pytest.mark.parametrize(
    ("units_here", "back_there", "points"), [(0, 100, -450), (1, 0, 450), (1, 200, -450)]
)
async def test_a_part_given_back_on_one_side_only_is_corrected_by_its_units(
    world, generous, units_here, back_there, points
) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    if units_here:
        await give_back(world, exchange, units_here)
    generous.day = [there(exchange.exchange_id, back=amounts(eikyu=back_there))]
    assert (await close(world, exchange.exchange_id)).points == points
    assert (await world.balance(member)).posted == 900 - 450 * units_here + points
    assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}


async def test_a_part_given_back_a_week_later_brings_the_day_of_its_debit_up_again(world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.day = lambda day: [there(exchange.exchange_id, back=())] if day == DAY else []
    world.clock.forward(days=1)
    assert [report.differences for report in await night(world, DAY)] == [()]
    world.clock.forward(days=6)
    await night(world, DAY + timedelta(days=6))
    await give_back(world, exchange, 1)
    world.clock.forward(days=1)
    quiet, earlier = await night(world, DAY + timedelta(days=7))
    assert (quiet.day, quiet.lines) == (DAY + timedelta(days=7), ())
    assert (earlier.day, [line.exchange_id for line in earlier.differences]) == (DAY, [exchange.exchange_id])


async def test_days_that_nobody_has_compared_are_compared_when_the_gateway_is_back(world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.day = lambda day: [there(exchange.exchange_id)] if day == DAY else []
    await compare(world)  # the day is not over yet
    world.clock.forward(days=4)
    last = DAY + timedelta(days=3)
    assert [report.day for report in await night(world, last)] == [last - timedelta(days=n) for n in range(4)]
    assert await night(world, last) == []


async def test_a_day_is_compared_again_until_it_comes_out_even(world, generous, watch) -> None:
    differs = await world.settled(await world.member())
    _, open_ = await watch.opened()
    generous.day = lambda day: [there(differs.exchange_id, eikyu=300)] if day == DAY else []
    world.clock.forward(days=1)
    for _ in range(2):
        (report,) = await night(world, DAY)
        assert (len(report.differences), report.counts["open"]) == (1, 1)
    await close(world, differs.exchange_id)
    (report,) = await night(world, DAY)  # for what is open
    assert report.differences == ()
    watch.forward(hours=1)
    world.script.find = lambda id_: Debited(exchange_id=id_, reference="FOUND", at=NOON)
    await watch.settler.poll_once()
    generous.day = lambda day: (
        [there(differs.exchange_id, eikyu=300), there(open_.exchange_id)] if day == DAY else []
    )
    await night(world, DAY)
    assert await night(world, DAY) == []


async def test_what_the_partner_took_on_two_days_under_one_id_is_told(world, generous) -> None:
    exchange = await world.settled(await world.member())
    once = there(exchange.exchange_id)
    later = DAY + timedelta(days=2)
    again = replace(once, reference="TWICE", at=NOON + timedelta(days=2))
    generous.day = lambda day: {DAY: [once], later: [again]}.get(day, [])
    assert await verdicts(world) == {exchange.exchange_id: Verdict.MATCHED}
    assert await verdicts(world, later) == {exchange.exchange_id: Verdict.AMOUNT_DIFFERS}
    generous.day = lambda day: [once] if day in (DAY, later) else []  # a list that repeats itself
    assert await verdicts(world, later) == {exchange.exchange_id: Verdict.MATCHED}


async def test_points_we_gave_for_nothing_go_back_to_whoever_paid(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member, KASAMA)
    done = await close(world, exchange.exchange_id)
    assert (done.verdict, done.points) == ("ours_only", -1_100)
    assert (await world.balance(member, KASAMA)).posted == 0
    assert await world.total("partner:cards:due") == 0
    assert await world.total("funder:fund:summer") == 0
    assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}
    assert (await world.store.read(audit.verify)).ok


async def test_points_the_partner_took_reach_the_member_with_the_rates_that_were_quoted(
    world, generous, watch
) -> None:
    member, exchange = await declined(world, watch)
    generous.day = [there(exchange.exchange_id)]
    done = await close(world, exchange.exchange_id)
    assert (done.verdict, done.points) == ("theirs_only", 1_100)
    assert (await world.balance(member, KASAMA)).posted == 1_100
    assert await world.total("partner:cards:due") == -900
    assert await world.total("funder:fund:summer") == -200
    account = municipal(member, "082163", "kasama-ouen")
    lines = await world.store.read(lambda conn: entries(conn, member_book(member), account))
    assert {(line.kind, line.details["reason"]) for line in lines} == {("correction", "双方で確認")}
    assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}


@pytest.mark.parametrize(("theirs", "points"), [(300, 450), (100, -450)])
async def test_an_amount_that_differs_is_corrected_by_whole_units(world, generous, theirs, points) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.day = [there(exchange.exchange_id, eikyu=theirs)]
    assert (await close(world, exchange.exchange_id)).points == points
    assert (await world.balance(member)).posted == 900 + points


async def test_amounts_that_are_no_whole_units_can_only_be_left(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.day = [there(exchange.exchange_id, eikyu=150)]
    with pytest.raises(ProblemError) as caught:
        await close(world, exchange.exchange_id)
    assert caught.value.type == "no-whole-units"
    assert (await close(world, exchange.exchange_id, leave=True)).points == 0
    assert (await world.balance(member)).posted == 900


async def test_an_id_that_is_none_of_ours_can_only_be_left(world, generous) -> None:
    stranger = new_id()
    generous.day = [there(stranger)]
    with pytest.raises(ProblemError) as caught:
        await close(world, stranger)
    assert caught.value.type == "not-ours"
    await close(world, stranger, leave=True)
    assert await verdicts(world) == {stranger: Verdict.CLOSED}


async def test_spent_points_are_refused_with_what_is_left(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    await world.allocations.allocate(member, new_id(), 500, "082163", "kasama-ouen")
    with pytest.raises(ProblemError) as caught:
        await close(world, exchange.exchange_id)
    assert (caught.value.type, caught.value.facts["available"]) == ("points-already-spent", 400)
    assert await verdicts(world) == {exchange.exchange_id: Verdict.OURS_ONLY}


async def test_a_difference_is_closed_once_and_cannot_be_reversed_on_top(world, generous) -> None:
    exchange = await world.settled(await world.member())
    await close(world, exchange.exchange_id)
    with pytest.raises(ProblemError, match="closed"):
        await close(world, exchange.exchange_id)
    with pytest.raises(ProblemError, match="corrected"):
        await Reversals(world.context).reverse(
            exchange.exchange_id, new_id(), units=None, reason="r", operator="sato"
        )


async def test_what_the_partner_lists_after_it_was_closed_is_seen_and_closed_again(world, generous) -> None:
    """A list that lagged: its points were taken back from the member, who had paid for them."""
    member = await world.member()
    exchange = await world.settled(member)
    assert (await close(world, exchange.exchange_id)).points == -900
    all_of_it = there(exchange.exchange_id)
    half = there(exchange.exchange_id, eikyu=100)
    for theirs, given in ((all_of_it, 900), (half, -450), (replace(half, reversed=True), -450)):
        generous.day = [theirs]
        (line,) = (await compare(world)).lines
        assert line.verdict is Verdict.AMOUNT_DIFFERS
        assert "closed before" in line.note
        assert (await close(world, exchange.exchange_id)).points == given
        assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}
    assert (await world.balance(member)).posted == 0
    with pytest.raises(ProblemError, match="closed"):
        await close(world, exchange.exchange_id)
    generous.day = [all_of_it]
    assert (await close(world, exchange.exchange_id, leave=True)).points == 0
    assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}
    month = await world.store.read(lambda conn: month_of(conn, CARDS, 2018, 7, {}))
    assert (month.closed_differences, month.corrected_points, month.owes) == (5, -900, 0)


async def test_only_the_units_not_yet_reversed_are_taken_back(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    await Reversals(world.context).reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="s")
    assert (await close(world, exchange.exchange_id)).points == -450
    balance = await world.store.read(lambda conn: balance_of(conn, member_book(member), reserve(member)))
    assert balance.posted == 0


@pytest.mark.parametrize("leave", [False, True])
async def test_what_was_reversed_since_it_was_compared_is_compared_again_before_it_is_closed(
    world, generous, monkeypatch, leave
) -> None:
    exchange = await world.settled(await world.member(), units=3)
    generous.day = lambda day: (there(exchange.exchange_id, eikyu=200, back=()),) if day == DAY else ()
    compared = Reconciliation.compare

    async def and_then_somebody_reverses(self, *of):
        report = await compared(self, *of)
        await give_back(world, exchange, 1)
        return report

    monkeypatch.setattr(Reconciliation, "compare", and_then_somebody_reverses)
    with pytest.raises(ProblemError) as refused:
        await close(world, exchange.exchange_id, leave=leave)
    assert refused.value.type == "exchange-state"
    monkeypatch.undo()
    # The partner has given that unit back too: it still has one of its two, and we two of our three.
    generous.day = lambda day: (there(exchange.exchange_id, back=amounts(eikyu=100)),) if day == DAY else ()
    assert await verdicts(world) == {exchange.exchange_id: Verdict.AMOUNT_DIFFERS}
    assert (await close(world, exchange.exchange_id)).points == -450


async def test_the_report_is_json_and_csv(world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.day = [there(exchange.exchange_id, eikyu=300)]
    report = await compare(world)
    told = json.loads(report.to_json())
    assert told["counts"]["amount_differs"] == 1
    assert told["lines"][0]["their_amounts"] == {"eikyu": 300}
    (row,) = csv.DictReader(io.StringIO(report.to_csv()))
    assert (row["partner"], row["day"], row["verdict"]) == (CARDS, "2018-07-31", "amount_differs")
    assert (row["our_reference"], row["their_reference"]) == (exchange.reference, "THEIRS")


async def test_a_plugin_without_a_daily_list_is_refused_by_name(world) -> None:
    with pytest.raises(ProblemError, match="debits_on"):
        await compare(world)


async def test_a_partner_that_was_away_at_midnight_is_compared_when_it_is_back(
    world, generous, monkeypatch
) -> None:
    monkeypatch.setattr(job_steps, "LOOK_INTERVAL_S", 0.001)
    compared, tries = asyncio.Event(), []
    exchange = await world.settled(await world.member())
    world.clock.forward(days=1)

    def closed_at_night(day):
        tries.append(day)
        if len(tries) < 3:
            raise RuntimeError("closed at night")
        return [there(exchange.exchange_id)]

    generous.day = closed_at_night
    tell = reconciliation._log_differences
    monkeypatch.setattr(reconciliation, "_log_differences", lambda report: (tell(report), compared.set()))  # type: ignore[func-returns-value]
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    members = Members(world.store, hasher, world.clock, vault=world.context.vault)
    loop = asyncio.create_task(
        nightly.Nightly(
            context=world.context,
            allocations=world.allocations,
            members=members,
            reconciliation=Reconciliation(world.context),
            chain_keys=ChainKeys.of([b"c" * 32]),
        ).run()
    )
    async with asyncio.timeout(10):
        await compared.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    hasher.close()
    assert tries == [DAY] * 3


async def test_a_partners_words_are_no_formulas_in_the_csv(world, generous) -> None:
    generous.day = (replace(there("=1+2"), reference='=HYPERLINK("https://elsewhere.example")'),)
    (row,) = csv.DictReader(io.StringIO((await compare(world)).to_csv()))
    assert row["exchange_id"] == "'=1+2"
    assert row["their_reference"] == '\'=HYPERLINK("https://elsewhere.example")'


async def test_a_difference_is_closed_with_a_reason_and_a_name(world, generous) -> None:
    exchange = await world.settled(await world.member())
    for reason, operator in ((" ", "sato"), ("双方で確認", "")):
        with pytest.raises(ProblemError) as caught:
            await CorrectionService(world.context).close(
                CARDS, DAY, exchange.exchange_id, reason=reason, operator=operator
            )
        assert caught.value.type == "reason-missing"
    assert await verdicts(world) == {exchange.exchange_id: Verdict.OURS_ONLY}


async def test_two_people_who_close_a_difference_at_once_move_the_points_once(world, generous) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    ended = await asyncio.gather(
        close(world, exchange.exchange_id), close(world, exchange.exchange_id), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["CorrectionResult", "ProblemError"]
    assert (await world.balance(member)).posted == 0
    assert await verdicts(world) == {exchange.exchange_id: Verdict.CLOSED}


@pytest.mark.parametrize("leave", [False, True])
async def test_what_nobody_has_confirmed_here_is_not_confirmed_once_its_difference_is_closed(
    world, generous, leave
) -> None:
    """As a database that was restored meets a debit of which it has forgotten that it was sent."""
    member = await world.member()
    quoted = await world.quoted(member)
    generous.day = [there(quoted.exchange_id)]
    assert await verdicts(world) == {quoted.exchange_id: Verdict.THEIRS_ONLY}
    await close(world, quoted.exchange_id, leave=leave)
    late = await world.exchanges.confirm(member, quoted.exchange_id, quoted.quote.quote_id)
    assert (late.state, world.script.orders) == (State.EXPIRED, [])
    assert (await world.balance(member)).posted == (0 if leave else 900)


async def test_a_debit_without_a_quote_here_is_no_units_that_could_be_given(world, generous) -> None:
    ready = await world.linked(await world.member())
    generous.day = [there(ready.exchange_id)]
    with pytest.raises(ProblemError) as refused:
        await close(world, ready.exchange_id)
    assert refused.value.type == "no-whole-units"
    assert (await close(world, ready.exchange_id, leave=True)).points == 0


class TestADayOfAnySize:
    """It waits on disk and is compared a few hundred ids at a time; nobody sees where one look ends."""

    async def settled_anew(self, world, watch):
        member = await world.member()
        watch.own_account(member)
        return await world.settled(member)

    async def test_looks_of_two_ids_come_to_the_same_as_one(
        self, world, generous, watch, monkeypatch
    ) -> None:
        settled = [await self.settled_anew(world, watch) for _ in range(5)]
        _, no = await declined(world, watch)
        _, waiting = await watch.opened()
        await watch.opened()
        ids = [exchange.exchange_id for exchange in settled]
        generous.day = [
            *(there(id_) for id_ in ids[:3]),
            there(ids[3], eikyu=300),
            there(no.exchange_id),
            there(ids[0]),  # a second debit under one id, told far from the first
        ]
        generous.day[-1] = replace(generous.day[-1], reference="SECOND")
        at_once = (await compare(world)).lines
        monkeypatch.setattr(reconciliation, "_PAGE", 2)
        assert (await compare(world)).lines == at_once
        assert {line.verdict for line in at_once if line.exchange_id == waiting.exchange_id} == {Verdict.OPEN}
        assert [line.verdict for line in at_once if line.exchange_id == ids[0]] == [Verdict.AMOUNT_DIFFERS]
        assert [line.verdict for line in at_once if line.exchange_id == ids[4]] == [Verdict.OURS_ONLY]

    async def test_the_night_keeps_what_differs_and_counts_what_matches(self, world, generous, watch) -> None:
        exchange, other = [await self.settled_anew(world, watch) for _ in range(2)]
        generous.day = [there(exchange.exchange_id), there(other.exchange_id, eikyu=300)]
        (report,) = await night(world, DAY)
        assert [line.exchange_id for line in report.lines] == [other.exchange_id]
        assert report.counts["matched"] == 1
        (kept,) = await world.store.read(lambda conn: conn.execute(tables.compared_days.select()).all())
        assert (kept.lines, kept.differences) == (2, 1)

    async def test_of_our_side_no_more_than_a_page_is_read_at_a_time(
        self, world, generous, watch, monkeypatch
    ) -> None:
        settled = [await self.settled_anew(world, watch) for _ in range(5)]
        generous.day = [there(exchange.exchange_id) for exchange in settled]
        monkeypatch.setattr(reconciliation, "_PAGE", 2)
        pages: list[int] = []
        add_ours = DaySpool.add_ours

        def counted(spool, exchanges):
            pages.append(len(exchanges))
            add_ours(spool, exchanges)

        monkeypatch.setattr(DaySpool, "add_ours", counted)
        assert set((await verdicts(world)).values()) == {Verdict.MATCHED}
        assert pages == [2, 2, 1]

    async def test_one_that_ends_while_the_day_is_read_is_compared_as_it_is_then(
        self, world, generous, watch, monkeypatch
    ) -> None:
        member, open_ = await watch.opened()
        generous.day = [there(open_.exchange_id)]
        world.script.find = lambda id_: Debited(
            exchange_id=id_, reference="R-1", at=NOON, lines=amounts(eikyu=200)
        )
        add_ours, asked = DaySpool.add_ours, []

        def then_it_ends(spool, exchanges):
            add_ours(spool, exchanges)
            asked.extend(exchange.exchange_id for exchange in exchanges)

        monkeypatch.setattr(DaySpool, "add_ours", then_it_ends)
        read = world.store.read

        async def read_and_settle(job):
            if asked == [open_.exchange_id]:
                asked.append("")
                await watch.settler.get_and_refresh(member, open_.exchange_id)
            return await read(job)

        monkeypatch.setattr(world.store, "read", read_and_settle)
        (line,) = (await compare(world)).lines
        assert (line.our_state, line.verdict) == (State.SETTLED, Verdict.MATCHED)

    def test_our_side_takes_the_memory_of_a_page(self) -> None:
        spool = DaySpool()
        tracemalloc.start()
        for page in range(40):
            spool.add_ours(
                [
                    OurExchange(
                        exchange_id=f"{page:02}-{number:04}-{'x' * 24}", book_id="b" * 40, debited=True
                    )
                    for number in range(500)
                ]
            )
        last, seen = "", 0
        while ids := spool.ids_after(last, 500):
            last, ours = ids[-1], spool.ours_of(ids)
            seen += len(ours)
            assert list(ours) == ids
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        spool.close()
        assert seen == 20_000
        assert peak < 1_000_000

    def test_the_partners_side_takes_the_memory_of_a_page(self) -> None:
        spool = DaySpool()
        tracemalloc.start()
        for page in range(20):
            spool.add([there(f"{page:02}-{number:04}-{'x' * 24}") for number in range(1_000)])
        last, seen = "", 0
        while ids := spool.ids_after(last, 500):
            last, records = ids[-1], spool.records_of(ids)
            seen += len(records)
            assert records[ids[0]] == [there(ids[0])]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        spool.close()
        assert seen == 20_000
        assert peak < 3_000_000  # as objects they are twenty million bytes
