"""Offer, quote, confirm: the seed's numbers, one debit whatever happens, and an answer to every bad wish."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.errors import (
    LinkEnded,
    NoRate,
    NotEnough,
    NotSent,
    OutcomeUnknown,
    PartnerUnavailable,
    ProblemError,
)
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.quotes import Quote
from gateway.exchanges.states import State
from gateway.model import (
    BalanceLot,
    Balances,
    Declined,
    DeclineReason,
    Destination,
    InProgress,
    Label,
    WalletId,
)
from gateway.platform import tables
from tests.gateway.exchanges.conftest import CARDS, PORTAL, new_id

RESERVE = Destination.reserve()
KASAMA = Destination.to_municipality("082163", "kasama-ouen")
MITO = Destination.to_municipality("082015", "mito-ouen")
MILES = "miles"
COUPON_EXCHANGE = "00000000-0000-4000-8000-00000000000c"


async def refused(work) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        await work
    return caught.value


async def confirm(world, member, exchange):
    return await world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)


async def test_two_units_to_the_reserve_are_900_points(world) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    assert exchange.state is State.SETTLED
    assert exchange.points == 900
    assert exchange.reference.startswith("REF-")
    assert exchange.promised_by == world.clock() + timedelta(hours=1)
    assert (await world.balance(member)).posted == 900
    assert await world.total("partner:cards:due") == -900


async def test_two_units_to_kasama_are_1100_of_which_the_funder_pays_200(world) -> None:
    member = await world.member()
    await world.settled(member, KASAMA)
    assert (await world.balance(member, KASAMA)).posted == 1_100
    assert await world.total("partner:cards:due") == -900
    assert await world.total("funder:fund:summer") == -200


async def test_the_offer_shows_what_there_is_and_the_rates_in_force(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = {"eikyu": 10_000, "wallet": 450}
    offer = await world.exchanges.offer(member, exchange.exchange_id, KASAMA)
    assert offer.available == {"eikyu": 10_000, "wallet": 450}
    assert offer.priority == ("wallet", "eikyu")
    assert offer.most_units == 101
    assert {rate.points_per_unit for rate in offer.rates} == {450, 550}
    to_reserve = await world.exchanges.offer(member, exchange.exchange_id, RESERVE)
    assert {rate.points_per_unit for rate in to_reserve.rates} == {450}


async def test_the_order_carries_the_exchange_id_the_lines_and_the_opened_link(world) -> None:
    member = await world.member()
    world.script.balances = {"eikyu": 10_000, "wallet": 450}
    exchange = await world.settled(member, KASAMA)
    (order,) = world.script.orders
    assert order.exchange_id == exchange.exchange_id
    assert order.amounts == {WalletId("wallet"): 450, WalletId("eikyu"): 100}
    assert order.points == 1_000
    assert order.account.token.reveal() == "partner-token"
    assert order.coupon is None


async def test_a_municipality_not_open_is_refused_with_the_way_that_works(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    no = await refused(world.exchanges.quote(member, exchange.exchange_id, MITO, 1))
    assert no.type == "not-open-for-direct-exchange"
    assert "留保ポイント" in str(no)
    assert "各自治体ポイントへの移行" in str(no)


async def test_more_than_there_is_is_refused_with_the_units_short(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    with pytest.raises(NotEnough) as caught:
        await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 101)
    assert caught.value.units_short == 1


async def test_two_confirms_at_once_are_one_debit(world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    results = await asyncio.gather(*[confirm(world, member, exchange) for _ in range(8)])
    assert {result.state for result in results} <= {State.SETTLED, State.SENDING}
    assert len(world.script.orders) == 1
    assert (await world.balance(member)).posted == 900


async def test_a_confirm_repeated_later_is_the_same_exchange(world) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    again = await confirm(world, member, exchange)
    assert again == exchange
    assert len(world.script.orders) == 1


async def test_a_caller_that_goes_away_cancels_nothing(world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    sent, answered = asyncio.Event(), asyncio.Event()

    async def slowly(order):
        sent.set()
        await answered.wait()
        from gateway.model import Debited

        return Debited(exchange_id=order.exchange_id, reference="R", at=world.clock())

    world.script.debit = slowly
    caller = asyncio.create_task(confirm(world, member, exchange))
    await sent.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    answered.set()
    await world.context.tasks.close()
    assert (await world.exchanges.get(member, exchange.exchange_id)).state is State.SETTLED
    assert (await world.balance(member)).posted == 900


async def test_a_declined_debit_gives_the_hold_back(world) -> None:
    member = await world.member()
    world.script.debit = lambda order: Declined(
        exchange_id=order.exchange_id, reason=DeclineReason.NOT_ENOUGH
    )
    exchange = await world.settled(member)
    assert (exchange.state, exchange.reason) == (State.DECLINED, "not_enough")
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 0)


async def test_a_debit_that_never_left_gives_the_hold_back(world) -> None:
    member = await world.member()
    world.script.debit = NotSent("no route")
    exchange = await world.settled(member)
    assert exchange.state is State.NOT_SENT
    assert (await world.balance(member)).coming == 0


@pytest.mark.parametrize("fault", [OutcomeUnknown("lost"), RuntimeError("crash"), TimeoutError()])
async def test_an_unknown_outcome_leaves_the_hold_and_is_asked_again(world, fault) -> None:
    member = await world.member()
    world.script.debit = fault
    exchange = await world.settled(member)
    assert exchange.state is State.OPEN
    assert exchange.ask_at == world.clock() + timedelta(seconds=5)
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 900)


async def test_in_progress_is_asked_when_the_partner_says(world) -> None:
    member = await world.member()
    world.script.debit = lambda order: InProgress(
        exchange_id=order.exchange_id, ask_after=timedelta(minutes=7)
    )
    exchange = await world.settled(member)
    assert exchange.state is State.OPEN
    assert exchange.ask_at == world.clock() + timedelta(minutes=7)


async def test_a_quote_holds_for_ten_minutes_also_over_a_change_of_rates(world) -> None:
    member = await world.member()
    world.clock.now = world.clock.now.replace(hour=23, minute=59)
    exchange = await world.quoted(member, KASAMA)
    world.clock.forward(minutes=9, seconds=59)
    settled = await confirm(world, member, exchange)
    assert settled.points == 1_100
    assert (await world.balance(member, KASAMA)).posted == 1_100


async def test_a_quote_of_ten_minutes_ago_is_refused_and_a_new_one_works(world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    world.clock.forward(minutes=10)
    assert (await refused(confirm(world, member, exchange))).type == "quote-expired"
    assert world.script.orders == []
    again = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 2)
    assert (await confirm(world, member, again)).state is State.SETTLED


async def test_only_the_newest_quote_can_be_confirmed(world) -> None:
    member = await world.member()
    first = await world.quoted(member)
    await world.exchanges.quote(member, first.exchange_id, RESERVE, 3)
    assert (await refused(confirm(world, member, first))).type == "quote-replaced"


async def test_without_a_quote_there_is_nothing_to_confirm(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    no = await refused(world.exchanges.confirm(member, exchange.exchange_id, "q" * 32))
    assert no.type == "not-quoted"


async def test_another_members_exchange_does_not_exist(world) -> None:
    member, other = await world.member(), await world.member()
    exchange = await world.quoted(member)
    for work in (
        world.exchanges.get(other, exchange.exchange_id),
        confirm(world, other, exchange),
        world.exchanges.quote(other, exchange.exchange_id, RESERVE, 1),
        world.exchanges.offer(other, exchange.exchange_id, RESERVE),
    ):
        no = await refused(work)
        assert no.type == "unknown-exchange"


async def test_a_settled_exchange_takes_no_new_quote(world) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    no = await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1))
    assert (no.type, no.facts["state"]) == ("exchange-state", "settled")


async def test_a_link_that_the_partner_ended_is_forgotten_and_the_member_told(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = LinkEnded()
    assert (
        await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1))
    ).type == "link-missing"
    world.script.balances = {"eikyu": 100}
    assert (
        await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1))
    ).type == "link-missing"


async def test_a_link_that_is_made_anew_while_the_old_one_is_found_ended_stays(world) -> None:
    member, first, second = await world.member(), new_id(), new_id()
    for exchange_id in (second, first):
        await world.openings.start(member, exchange_id, CARDS, return_url=PORTAL)
    await world.openings.complete(member, first, await world.come_back())
    world.script.handoffs.reverse()

    async def linked_anew_meanwhile(_account: object) -> None:
        world.script.balances = {"eikyu": 500}
        code = await world.come_back()
        await world.openings.complete(member, second, code)
        raise LinkEnded

    world.script.balances = linked_anew_meanwhile
    with pytest.raises(ProblemError, match="not linked any more"):
        await world.exchanges.offer(member, first, RESERVE)
    assert (await world.exchanges.offer(member, second, RESERVE)).most_units == 5


async def test_a_partner_that_cannot_be_asked_moves_nothing(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = PartnerUnavailable("down", 30)
    with pytest.raises(PartnerUnavailable):
        await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1)
    assert (await world.exchanges.get(member, exchange.exchange_id)).state is State.READY


async def test_a_coupon_is_exchanged_whole_and_once(world) -> None:
    member, other = await world.member(), await world.member()
    exchange, _ = await world.openings.start(member, COUPON_EXCHANGE, MILES, coupon_code="C-1")
    late, _ = await world.openings.start(other, COUPON_EXCHANGE[:-1] + "d", MILES, coupon_code="C-1")
    units = await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1))
    assert units.type == "units-not-for-coupons"
    quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, None)
    assert quoted.points == 3_000
    too_late = await world.exchanges.quote(other, late.exchange_id, RESERVE, None)
    settled = await confirm(world, member, quoted)
    assert settled.state is State.SETTLED
    assert world.script.orders[0].coupon.code.reveal() == "C-1"
    assert (await refused(confirm(world, other, too_late))).type == "coupon-already-used"
    again = await refused(world.openings.start(other, COUPON_EXCHANGE[:-1] + "e", MILES, coupon_code="C-1"))
    assert again.type == "coupon-already-used"
    assert len(world.script.orders) == 1


async def test_a_declined_coupon_may_be_tried_again(world) -> None:
    member = await world.member()
    world.script.debit = lambda order: Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)
    exchange, _ = await world.openings.start(member, COUPON_EXCHANGE, MILES, coupon_code="C-1")
    quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, None)
    assert (await confirm(world, member, quoted)).state is State.DECLINED
    _, new = await world.openings.start(member, COUPON_EXCHANGE[:-1] + "d", MILES, coupon_code="C-1")
    assert new


async def test_an_account_link_needs_units_and_a_rate(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    assert (
        await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, None))
    ).type == "units-missing"
    await world.openings.start(member, COUPON_EXCHANGE, MILES, coupon_code="C-1")
    with pytest.raises(NoRate):
        await world.exchanges.quote(member, COUPON_EXCHANGE, Destination("nowhere"), None)  # type: ignore[arg-type]


async def test_the_story_tells_each_step_and_each_call_without_secrets(world) -> None:
    member = await world.member()
    exchange = await world.settled(member)
    steps = await world.store.read(
        lambda conn: records.list_steps(conn, f"member:{member}", exchange.exchange_id)
    )
    assert [step.what for step in steps] == [
        "started",
        "sent to the partner's site",
        "back from the partner's site",
        "linked",
        "quoted",
        "confirmed",
        "debited",
    ]
    assert [step.step for step in steps] == list(range(1, 8))
    assert steps[-1].facts["reference"] == exchange.reference
    assert steps[-1].facts["calls"][0]["hook"] == "debit"
    assert "partner-token" not in repr(steps)


async def test_exchanges_are_listed_newest_first_a_page_at_a_time(world) -> None:
    member = await world.member()
    made = []
    for _ in range(5):
        made.append((await world.quoted(member) if not made else await _another(world, member)).exchange_id)
        world.clock.forward(seconds=1)

    def page(before):
        return lambda conn: [
            exchange.exchange_id
            for exchange in records.list_by_member(conn, f"member:{member}", before=before, limit=2)
        ]

    first = await world.store.read(page(None))
    second = await world.store.read(page(first[-1]))
    third = await world.store.read(page(second[-1]))
    assert [*first, *second, *third] == made[::-1]


async def _another(world, member):
    import uuid

    exchange, _ = await world.openings.start(member, str(uuid.uuid4()), "cards")
    return exchange


class TestALinkThatCannotBeOpened:
    """Its sealing key was taken away, or changed by accident: the member links again, and nothing is a fault."""

    @pytest.fixture
    async def closed(self, world):
        member = await world.member()
        exchange = await world.linked(member)
        await world.store.run(
            lambda conn: conn.execute(
                tables.linked_accounts.update().values(token=b"sealed with another key")
            )
        )
        return member, exchange

    async def test_a_quote_says_to_link_again(self, world, closed) -> None:
        member, exchange = closed
        with pytest.raises(ProblemError) as refused:
            await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 2)
        assert refused.value.type == "link-missing"

    async def test_a_new_exchange_goes_by_way_of_the_partners_site(self, world, closed) -> None:
        member, _ = closed
        started, _ = await world.openings.start(member, new_id(), CARDS, return_url=PORTAL)
        assert started.state is State.AWAITING_RETURN

    async def test_a_debit_that_cannot_name_the_account_is_not_sent(self, world) -> None:
        member = await world.member()
        exchange = await world.linked(member)
        quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 2)
        await world.store.run(
            lambda conn: conn.execute(
                tables.linked_accounts.update().values(token=b"sealed with another key")
            )
        )
        done = await world.exchanges.confirm(member, exchange.exchange_id, quoted.quote.quote_id)
        assert done.state is State.NOT_SENT
        balance = await world.balance(member)
        assert (balance.posted, balance.coming) == (0, 0)


async def test_what_a_partner_says_of_a_limit_stands_beside_the_figures(world) -> None:
    used_up = Label("7月の上限100,000のうち99,900を交換済み", "99,900 of 100,000 used in July")
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = Balances(
        available={WalletId("eikyu"): 100}, as_of=world.clock(), notes=(used_up,)
    )
    offer = await world.exchanges.offer(member, exchange.exchange_id, RESERVE)
    assert (offer.most_units, offer.notes) == (1, (used_up,))
    quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1)
    assert quoted.quote is not None
    assert used_up in quoted.quote.notes
    with pytest.raises(NotEnough, match="99,900 of 100,000 used in July") as refused_quote:
        await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 2)
    assert refused_quote.value.units_short == 1
    assert [(note.ja, note.en) for note in refused_quote.value.notes] == [(used_up.ja, used_up.en)]


async def test_a_quote_says_which_points_are_drawn_by_their_last_days(world) -> None:
    eikyu, day = WalletId("eikyu"), world.clock().date()
    lots = (
        BalanceLot(wallet=eikyu, amount=130, last_day=day),
        BalanceLot(wallet=eikyu, amount=20, last_day=day + timedelta(days=30)),
        BalanceLot(wallet=eikyu, amount=150, last_day=None),
    )
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = Balances(available={eikyu: 300}, as_of=world.clock(), lots=lots)
    offer = await world.exchanges.offer(member, exchange.exchange_id, RESERVE)
    assert offer.lots == lots
    quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 2)
    kept = await world.exchanges.get(member, quoted.exchange_id)
    assert [(lot.amount, lot.last_day) for lot in kept.quote.lines[0].lots] == [
        (130, day.isoformat()),
        (20, (day + timedelta(days=30)).isoformat()),
        (50, None),
    ]
    assert kept.quote == quoted.quote


async def test_a_quote_without_lots_is_kept_as_older_releases_read_it(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    quoted = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1)
    assert '"lots"' not in quoted.quote.to_json()
    assert Quote.from_json(quoted.quote.to_json()).lines == quoted.quote.lines


@pytest.mark.parametrize(
    "notes",
    [
        ["no tuple"],
        ("no label",),
        (Label("上限", ""),),
        (Label("上限", "x" * 201),),
        (Label("上限\n", "limit"),),
        (Label("上限", "limit"),) * 6,
    ],
)
async def test_notes_that_are_no_lines_for_a_member_are_not_shown(world, notes) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    world.script.balances = Balances(available={WalletId("eikyu"): 100}, as_of=world.clock(), notes=notes)
    with pytest.raises(PartnerUnavailable, match="note"):
        await world.exchanges.offer(member, exchange.exchange_id, RESERVE)
