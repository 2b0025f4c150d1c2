"""Taken back: never more than was exchanged, never what is spent, once whatever the partner answers."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from threading import Barrier, BrokenBarrierError

import pytest
import structlog

from core_ledger import Transfer, audit, chart, ledger
from gateway.cities.settlement import partner_settlement
from gateway.errors import NotSent, OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges import reversal_rows as kept
from gateway.exchanges.exchange_context import longest_debit
from gateway.exchanges.reversal_rows import ReversalState
from gateway.exchanges.reversals import Reversals
from gateway.model import DebitLine, Declined, DeclineReason, Reversed, WalletId
from gateway.platform.tables import point_rules
from gateway.points import support_events
from tests.gateway.exchanges.conftest import CARDS, KASAMA, PORTAL, RESERVE, new_id


@pytest.fixture
def reversals(world) -> Reversals:
    return Reversals(world.context)


def reverse(reversals, exchange, units=None, **options):
    values = {"units": units, "reason": "誤操作", "operator": "sato"} | options
    return reversals.reverse(exchange.exchange_id, values.pop("reversal_id", new_id()), **values)


async def refused(work) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        await work
    return caught.value


async def now(world, exchange):
    return await world.store.read(lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id))


async def sound(world) -> bool:
    return (await world.store.read(audit.verify)).ok


async def test_a_whole_exchange_goes_back_to_partner_and_funder(world, generous, reversals) -> None:
    member = await world.member()
    exchange = await world.settled(member, KASAMA)
    done = await reverse(reversals, exchange)
    assert (done.state, done.points, done.reference) == (ReversalState.REVERSED, 1_100, "BACK")
    assert (await world.balance(member, KASAMA)).posted == 0
    assert await world.total("partner:cards:due") == 0
    assert await world.total("funder:fund:summer") == 0
    assert (await now(world, exchange)).reversed_points == 1_100
    (asked,) = generous.asked
    assert [(line.wallet, line.amount) for line in asked.lines] == [("eikyu", 200)]
    assert asked.debit.reference == exchange.reference
    steps = await world.store.read(
        lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )
    begun, ended = steps[-2:]
    assert (begun.what, ended.what) == ("reversal", "reversed")
    assert begun.facts == {
        "reversal": done.reversal_id, "points": 1_100, "by": "sato", "because": "誤操作",
    }  # fmt: skip
    assert ended.facts["reversal"] == done.reversal_id
    assert await sound(world)


async def test_parts_never_sum_to_more_than_the_whole(world, generous, reversals) -> None:
    member = await world.member()
    exchange = await world.settled(member, units=3)
    await reverse(reversals, exchange, 1)
    no = await refused(reverse(reversals, exchange, 3))
    assert (no.type, no.facts["units_left"]) == ("more-than-is-left", 2)
    await reverse(reversals, exchange, 2)
    assert (await refused(reverse(reversals, exchange))).type == "more-than-is-left"
    assert (await world.balance(member)).posted == 0


async def test_two_reversals_at_once_share_what_there_is(world, generous, reversals) -> None:
    member = await world.member()
    exchange = await world.settled(member, units=2)
    ends = await asyncio.gather(*[reverse(reversals, exchange, 1) for _ in range(4)], return_exceptions=True)
    assert sum(isinstance(end, ProblemError) for end in ends) == 2
    assert (await world.balance(member)).posted == 0
    assert (await now(world, exchange)).reversed_points == 900


async def test_what_was_drawn_last_goes_back_first(world, generous, reversals) -> None:
    world.script.balances = {"eikyu": 10_000, "wallet": 450}
    exchange = await world.settled(await world.member(), units=2)
    await reverse(reversals, exchange, 1)
    await reverse(reversals, exchange, 1)
    assert [one.lines[0].wallet for one in generous.asked] == ["eikyu", "wallet"]


async def test_points_already_spent_are_refused_with_what_is_left(world, generous, reversals) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    await world.allocations.allocate(member, new_id(), 500, "082163", "kasama-ouen")
    no = await refused(reverse(reversals, exchange))
    assert (no.type, no.facts["available"]) == ("points-already-spent", 400)
    assert generous.asked == []
    moved_to = chart.municipal(member, "082163", "kasama-ouen")
    done = await reverse(reversals, exchange, 1, taken_from=moved_to)
    assert done.state is ReversalState.REVERSED
    assert (await world.balance(member, KASAMA)).posted == 50


async def test_an_account_of_another_member_gives_nothing(world, generous, reversals) -> None:
    exchange = await world.settled(await world.member())
    other = chart.reserve(await world.member())
    assert (await refused(reverse(reversals, exchange, taken_from=other))).type == "not-the-members"


async def test_the_points_are_held_while_the_partner_decides(world, generous, reversals, watch) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("silence")
    open_ = await reverse(reversals, exchange)
    assert open_.state is ReversalState.OPEN
    with pytest.raises(ProblemError, match="0 points"):
        await world.allocations.allocate(member, new_id(), 1, "082163", "kasama-ouen")
    generous.reversal = None
    watch.forward(seconds=5)
    assert await reversals.poll_once() == 1
    assert (await world.balance(member)).posted == 0
    assert {one.reversal_id for one in generous.asked} == {open_.reversal_id}
    assert await reversals.poll_once() == 0


@pytest.mark.parametrize("unsent", [True, False])
async def test_a_no_leaves_the_points_with_the_member(world, generous, reversals, unsent) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = (
        NotSent("closed")
        if unsent
        else lambda it: Declined(exchange_id=it.exchange_id, reason=DeclineReason.REFUSED)
    )
    done = await reverse(reversals, exchange)
    assert done.state is (ReversalState.NOT_SENT if unsent else ReversalState.DECLINED)
    balance = await world.balance(member)
    assert (balance.posted, balance.held) == (900, 0)
    generous.reversal = None
    assert (await reverse(reversals, exchange)).state is ReversalState.REVERSED


async def test_the_same_id_is_the_same_reversal(world, generous, reversals) -> None:
    exchange = await world.settled(await world.member())
    id_ = new_id()
    first = await reverse(reversals, exchange, 1, reversal_id=id_)
    assert await reverse(reversals, exchange, 1, reversal_id=id_) == first
    assert len(generous.asked) == 1
    assert (await refused(reverse(reversals, exchange, 2, reversal_id=id_))).type == "id-reused"
    elsewhere = chart.municipal(exchange.book_id.removeprefix("member:"), "082015", "mito-ouen")
    again = reverse(reversals, exchange, 1, reversal_id=id_, taken_from=elsewhere)
    assert (await refused(again)).type == "id-reused"


async def test_an_id_of_a_reversal_is_refused_for_an_exchange_that_has_no_quote_yet(
    world, generous, reversals
) -> None:
    member, id_ = await world.member(), new_id()
    await reverse(reversals, await world.settled(member), reversal_id=id_)
    other = new_id()
    await world.openings.start(member, other, CARDS, return_url=PORTAL)
    waiting = await world.store.read(lambda conn: records.get(conn, chart.member_book(member), other))
    assert (await refused(reverse(reversals, waiting, reversal_id=id_))).type == "id-reused"


async def test_all_that_is_left_is_another_reversal_than_a_part_and_the_same_as_so_many_units(
    world, generous, reversals
) -> None:
    exchange = await world.settled(await world.member(), units=3)
    generous.reversal = lambda it: Declined(exchange_id=it.exchange_id, reason=DeclineReason.REFUSED)
    await reverse(reversals, exchange, 1)  # comes to nothing, and is in nobody's way
    generous.reversal = None
    part, rest = new_id(), new_id()
    world.clock.forward(seconds=1)
    await reverse(reversals, exchange, 1, reversal_id=part)
    assert (await refused(reverse(reversals, exchange, None, reversal_id=part))).type == "id-reused"
    world.clock.forward(seconds=1)
    first = await reverse(reversals, exchange, None, reversal_id=rest)
    for units in (None, 2):
        assert await reverse(reversals, exchange, units, reversal_id=rest) == first
    assert (await refused(reverse(reversals, exchange, 1, reversal_id=rest))).type == "id-reused"
    assert (await refused(reverse(reversals, exchange, None, reversal_id=part))).type == "id-reused"


async def test_the_usual_account_is_another_one_to_take_from_than_the_one_that_was_named(
    world, generous, reversals
) -> None:
    member, id_ = await world.member(), new_id()
    exchange = await world.settled(member)
    await world.allocations.allocate(member, new_id(), 450, "082163", "kasama-ouen")
    elsewhere = chart.municipal(member, "082163", "kasama-ouen")
    first = await reverse(reversals, exchange, 1, reversal_id=id_, taken_from=elsewhere)
    assert await reverse(reversals, exchange, 1, reversal_id=id_, taken_from=elsewhere) == first
    assert (await refused(reverse(reversals, exchange, 1, reversal_id=id_))).type == "id-reused"


async def test_a_gateway_that_died_while_reversing_is_taken_over(world, generous, reversals, watch) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("the process ends here")
    await reverse(reversals, exchange)
    generous.reversal = NotSent("still closed")
    watch.forward(seconds=5)
    await reversals.poll_once()
    # What may have left once is not "never sent", however the second try ended.
    assert (await world.balance(member)).held == 900
    generous.reversal = None
    watch.forward(minutes=1)
    await reversals.poll_once()
    assert (await world.balance(member)).posted == 0


async def test_where_the_plugin_cannot_a_person_does_it_by_hand(world, reversals) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    assert (await refused(reverse(reversals, exchange))).type == "reversal-by-hand"
    done = await reverse(reversals, exchange, by_hand=True, reference="TEL-7")
    assert (done.state, done.reference) == (ReversalState.REVERSED, "TEL-7")
    assert (await world.balance(member)).posted == 0


async def test_only_a_settled_exchange_is_reversed(watch, world, generous, reversals) -> None:
    _, exchange = await watch.opened()
    assert (await refused(reverse(reversals, exchange))).type == "exchange-state"


@pytest.mark.parametrize("gave_back", [True, False])
async def test_after_seven_days_a_person_decides(watch, world, generous, reversals, gave_back) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("silence")
    open_ = await reverse(reversals, exchange)
    watch.forward(days=8)
    await reversals.poll_once()
    done = await reversals.resolve(
        exchange.exchange_id, open_.reversal_id, was_reversed=gave_back, reason="書面で確認", operator="sato"
    )
    assert done.state is (ReversalState.REVERSED if gave_back else ReversalState.DECLINED)
    balance = await world.balance(member)
    assert (balance.posted, balance.held) == (0 if gave_back else 900, 0)


async def test_one_id_at_once_for_two_exchanges_of_a_member_is_one_reversal(
    world, generous, reversals, monkeypatch
) -> None:
    member, second = await world.member(), new_id()
    exchanges = [await world.settled(member)]
    await world.openings.start(member, second, CARDS, return_url=PORTAL)
    quoted = await world.exchanges.quote(member, second, RESERVE, 2)
    exchanges.append(await world.exchanges.confirm(member, second, quoted.quote.quote_id))
    both, corrected, reversal_id = Barrier(2), kept.corrected, new_id()
    loop, others = asyncio.get_running_loop(), []

    def when_both_have_looked(conn, exchange) -> bool:
        if not others:
            work = reverse(reversals, exchanges[1], reversal_id=reversal_id)
            others.append(asyncio.run_coroutine_threadsafe(work, loop))
        with contextlib.suppress(BrokenBarrierError):  # on SQLite one comes after the other
            both.wait(0.5)
        return corrected(conn, exchange)

    monkeypatch.setattr(kept, "corrected", when_both_have_looked)
    begun = reverse(reversals, exchanges[0], reversal_id=reversal_id)
    ends = await asyncio.gather(begun, return_exceptions=True)
    ends = (*ends, *await asyncio.gather(*map(asyncio.wrap_future, others), return_exceptions=True))  # type: ignore[assignment]
    (no,) = [end for end in ends if isinstance(end, Exception)]
    assert isinstance(no, ProblemError)
    assert no.type == "id-reused"
    assert (await world.balance(member)).posted == 900


async def test_nobody_decides_while_the_partner_is_being_asked(world, generous, reversals, watch) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("silence")
    open_ = await reverse(reversals, exchange)
    decided = []

    async def gives_back_meanwhile(asked):
        no = await refused(
            reversals.resolve(
                exchange.exchange_id,
                open_.reversal_id,
                was_reversed=False,
                reason="電話で確認",
                operator="sato",
            )
        )
        decided.append(no.type)
        return Reversed(reversal_id=asked.reversal_id, reference="BACK", at=world.clock())

    generous.reversal = gives_back_meanwhile
    watch.forward(seconds=5)
    await reversals.poll_once()
    assert decided == ["exchange-state"]
    assert ((await world.balance(member)).posted, await world.total("partner:cards:due")) == (0, 0)
    assert await sound(world)


async def test_what_a_frozen_process_does_not_know_ends_nobody_elses_claim(
    world, generous, reversals, watch
) -> None:
    exchange = await world.settled(await world.member())
    generous.reversal = OutcomeUnknown("silence")
    open_ = await reverse(reversals, exchange)
    claims = []
    for _ in range(2):
        watch.forward(hours=1)
        now, lasts = world.clock(), longest_debit(world.context.partner("cards"))
        claims.append(await world.store.run(partial(kept.lease, reversal=open_, now=now, until=now + lasts)))
    frozen, asking = claims
    assert (await reversals._send(frozen)).leased_until == asking.leased_until
    assert (await reversals._send(asking)).leased_until is None
    # What it says after the other has written is one more answer that is not known.
    assert (await reversals._send(frozen)).state is ReversalState.OPEN


async def test_a_process_that_was_frozen_asks_for_no_reversal_that_a_person_has_ended_since(
    world, generous, reversals, watch
) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("silence")
    open_ = await reverse(reversals, exchange)
    watch.forward(seconds=5)
    until = world.clock() + longest_debit(world.context.partner("cards"))
    claimed = await world.store.run(lambda conn: kept.lease(conn, open_, world.clock(), until))
    generous.reversal = None
    watch.forward(hours=2)
    ended = await reversals.resolve(
        exchange.exchange_id, open_.reversal_id, was_reversed=False, reason="電話で確認", operator="sato"
    )
    assert ended.state is ReversalState.DECLINED
    asked = len(generous.asked)
    assert (await reversals._send(claimed)).state is ReversalState.DECLINED
    assert len(generous.asked) == asked
    assert (await world.balance(member)).posted == 900


async def test_what_a_partner_and_a_funder_owe_for_the_month_is_what_the_ledger_says_after_a_reversal(
    world, generous, reversals
) -> None:
    exchange = await world.settled(await world.member(), KASAMA)
    await reverse(reversals, exchange, 1)
    month = await world.store.read(lambda conn: partner_settlement.month_of(conn, "cards", 2018, 7, {}))
    assert month.owes == -await world.total("partner:cards:due") == 450
    assert (month.reversed_points, month.funders_reversed) == (450, {"fund": 100})
    rows = partner_settlement.invoice_csv([month]).decode("utf-8-sig").splitlines()
    assert sum(int(row.split(",")[-1]) for row in rows if ",fund," in row) == 100
    assert await world.total("funder:fund:summer") == -100


async def test_points_that_have_expired_go_back_to_nobody_however_late_the_sweep(
    world, generous, reversals
) -> None:
    member = await world.member()
    exchange = await world.settled(member, KASAMA)
    book, account = exchange.book_id, chart.municipal(member, KASAMA.municipality, KASAMA.point_service)

    def a_month_later(conn) -> None:
        rule = {
            "municipality": KASAMA.municipality, "point_service": KASAMA.point_service, "version": 1,
            "takes_effect_on": "2018-01-01", "unit_value_yen": 1, "expiry": "months", "expiry_count": 1,
            "open_for_direct_exchange": True, "worse": "[]", "decided_by": "x", "decided_at": world.clock(),
        }  # fmt: skip
        conn.execute(point_rules.insert().values(**rule))
        new = Transfer(
            id="new", book=book, source=chart.granted(KASAMA.municipality), target=account, points=1_000,
            at=world.clock(), kind="grant", issued_on=world.clock().date(),
        )  # fmt: skip
        ledger.transfer(conn, new)

    world.clock.forward(days=60)
    await world.store.run(a_month_later)
    done = await reverse(reversals, exchange, units=1)
    assert (done.state, done.points) == (ReversalState.REVERSED, 550)
    assert (await world.balance(member, KASAMA)).posted == 450
    assert await world.total(chart.expired(KASAMA.municipality)) == 1_100
    assert await sound(world)


async def test_what_a_reversal_takes_back_from_an_event_was_not_given_to_it(
    world, generous, reversals
) -> None:
    async def given():
        return (await world.store.read(lambda conn: support_events.gifts_by_event(conn, ["himatsuri"])))[
            "himatsuri"
        ]

    member = await world.member()
    exchange = await world.settled(member)
    await world.allocations.contribute(member, new_id(), 900, "himatsuri")
    share = chart.event_share(member, "himatsuri")
    generous.reversal = Declined(exchange_id=exchange.exchange_id, reason=DeclineReason.REFUSED)
    await reverse(reversals, exchange, 1, taken_from=share)
    assert await given() == support_events.EventGifts(points=900, givers=1)
    generous.reversal = None
    await reverse(reversals, exchange, 1, taken_from=share)
    assert await given() == support_events.EventGifts(points=450, givers=1)
    await reverse(reversals, exchange, taken_from=share)
    assert await given() == support_events.EventGifts(points=0, givers=0)


async def test_an_account_that_was_linked_since_is_not_the_one_that_points_go_back_to(
    world, generous, reversals, watch
) -> None:
    member = await world.member()
    exchange = await world.settled(member, units=3)
    await reverse(reversals, exchange, 1)
    watch.forward(days=1)
    await world.store.run(lambda conn: link_rows.remove(conn, exchange.book_id, exchange.partner_id))
    await reverse(reversals, exchange, 1)  # no account is linked at all
    watch.own_account("another")
    await world.linked(member)
    await reverse(reversals, exchange, 1)
    assert [one.account and one.account.service_id for one in generous.asked] == ["svc-1", None, None]


async def test_a_partner_that_gave_back_another_amount_is_shown_to_a_person_at_once(
    world, generous, reversals
) -> None:
    """Asking again would show the same for as long as the key lives; nothing moves here meanwhile."""
    member = await world.member()
    exchange = await world.settled(member, units=3)
    other = (DebitLine(wallet=WalletId("eikyu"), amount=300),)
    generous.reversal = lambda reversal: Reversed(
        reversal_id=reversal.reversal_id, reference="BACK", at=world.clock(), lines=other
    )
    with structlog.testing.capture_logs() as logs:
        done = await reverse(reversals, exchange, 2)
    assert done.state is ReversalState.NEEDS_A_PERSON
    (line,) = [it for it in logs if it["event"] == "reversal differs"]
    assert (line["log_level"], line["ours"], line["theirs"]) == ("error", {"eikyu": 200}, {"eikyu": 300})
    steps = await world.store.read(
        lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )
    assert steps[-1].what == "reversal: contradiction"
    assert (steps[-1].facts["ours"], steps[-1].facts["theirs"]) == ({"eikyu": 200}, {"eikyu": 300})
    asked = len(generous.asked)
    await reversals.poll_once()
    assert len(generous.asked) == asked
    balance = await world.balance(member)
    assert balance.posted == 1_350
    assert await sound(world)
