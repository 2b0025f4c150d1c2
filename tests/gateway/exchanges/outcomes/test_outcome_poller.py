"""Open outcomes are asked about until they are known: one asker at a time, and no answer believed too early."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.outcome import Unknown
from gateway.exchanges.states import State
from gateway.model import Debited, Declined, DeclineReason, NoRecord


def yes(world):
    return lambda id_: Debited(exchange_id=id_, reference="FOUND", at=world.clock())


def no(id_):
    return Declined(exchange_id=id_, reason=DeclineReason.NOT_ENOUGH)


def nothing(id_):
    return NoRecord(exchange_id=id_)


async def story_of(world, exchange):
    return await world.store.read(
        lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )


async def now(world, exchange):
    return await world.store.read(lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id))


async def test_an_open_exchange_is_asked_when_its_time_has_come_and_not_before(watch, world) -> None:
    member, exchange = await watch.opened()
    world.script.find = yes(world)
    watch.forward(seconds=4)
    assert await watch.settler.poll_once() == 0
    watch.forward(seconds=1)
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.SETTLED
    assert (await world.balance(member)).posted == 900


async def test_a_look_asks_at_once_but_not_twice_in_two_seconds(watch, world) -> None:
    member, exchange = await watch.opened()
    asked = []
    world.script.find = lambda id_: asked.append(id_) or nothing(id_)  # type: ignore[func-returns-value]
    for _ in range(3):
        await watch.settler.get_and_refresh(member, exchange.exchange_id)
    assert len(asked) == 1
    watch.forward(seconds=2)
    world.script.find = yes(world)
    assert (await watch.settler.get_and_refresh(member, exchange.exchange_id)).state is State.SETTLED


async def test_two_gateways_ask_once(watch, world) -> None:
    _, exchange = await watch.opened()
    watch.forward(seconds=5)
    asked, gate = [], asyncio.Event()

    async def answer(id_):
        asked.append(id_)
        await gate.wait()
        return yes(world)(id_)

    world.script.find = answer
    first = asyncio.create_task(watch.settler.ask(exchange.book_id, exchange.exchange_id))
    while not asked:  # noqa: ASYNC110 - the partner is another program
        await asyncio.sleep(0)
    assert await watch.another().ask(exchange.book_id, exchange.exchange_id) is None
    gate.set()
    assert (await first).state is State.SETTLED
    assert len(asked) == 1


async def test_a_claim_of_a_gateway_that_died_ends_by_itself(watch, world) -> None:
    _, exchange = await watch.opened()
    at = world.clock()
    key = (exchange.book_id, exchange.exchange_id)
    await world.store.run(lambda conn: records.lease(conn, *key, at, at + timedelta(seconds=30)))
    world.script.find = yes(world)
    watch.forward(seconds=29)
    assert await watch.settler.poll_once() == 0
    watch.forward(seconds=1)
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.SETTLED


async def test_sending_found_after_a_crash_is_asked_about_and_never_sent_again(watch, world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    # The process dies after the hold was written and before the partner was called.
    await world.store.run_moving(
        lambda conn: world.exchanges._begin_sending(
            conn, exchange.book_id, exchange.exchange_id, exchange.quote.quote_id
        ),
        book=exchange.book_id,
    )
    assert await watch.settler.poll_once() == 0
    watch.forward(seconds=80)
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.OPEN
    watch.forward(hours=1)
    await watch.settler.poll_once()
    done = await now(world, exchange)
    assert (done.state, done.reason) == (State.DECLINED, "no_record")
    assert world.script.orders == []
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 0)


async def test_no_record_is_not_believed_while_a_debit_may_hide(watch, world) -> None:
    _, exchange = await watch.opened()
    world.script.find = nothing
    for _ in range(4):
        watch.forward(minutes=3)
        await watch.settler.ask(exchange.book_id, exchange.exchange_id)
        assert (await now(world, exchange)).state is State.OPEN
    world.script.find = yes(world)
    watch.forward(minutes=1)
    await watch.settler.ask(exchange.book_id, exchange.exchange_id)
    assert (await now(world, exchange)).state is State.SETTLED


async def test_a_calendar_that_jumps_a_day_makes_no_record_no_truer(watch, world) -> None:
    _, exchange = await watch.opened()
    world.script.find = nothing
    world.clock.forward(days=1)  # the calendar alone
    await watch.settler.ask(exchange.book_id, exchange.exchange_id)
    assert (await now(world, exchange)).state is State.OPEN
    watch.forward(minutes=16)
    await watch.settler.ask(exchange.book_id, exchange.exchange_id)
    assert (await now(world, exchange)).state is State.DECLINED


async def test_a_process_that_has_just_started_waits_before_it_believes_no_record(watch, world) -> None:
    _, exchange = await watch.opened()
    world.script.find = nothing
    world.clock.forward(days=1)
    fresh = watch.another()
    await fresh.ask(exchange.book_id, exchange.exchange_id)
    assert (await now(world, exchange)).state is State.OPEN


async def test_no_record_is_asked_again_as_soon_as_it_can_be_believed(watch, world) -> None:
    """After restarts: waits grow with every try, and each new process begins to wait anew."""
    _, exchange = await watch.opened()
    world.script.find = nothing
    for _ in range(5):  # the next wait would be an hour
        await watch.settler.ask(exchange.book_id, exchange.exchange_id)
    fresh = watch.another()
    watch.forward(minutes=20)
    await fresh.ask(exchange.book_id, exchange.exchange_id)
    waiting = await now(world, exchange)
    assert waiting.state is State.OPEN
    hides = world.context.partners[exchange.partner_id].profile.debits_may_hide_for
    assert waiting.ask_at - world.clock() == hides
    watch.forward(seconds=hides.total_seconds())
    await fresh.poll_once()
    assert (await now(world, exchange)).state is State.DECLINED


async def test_an_answer_counts_as_of_the_moment_of_asking(watch, world) -> None:
    _, exchange = await watch.opened()
    await watch.settler.ask(exchange.book_id, exchange.exchange_id)

    async def slow_no(id_):
        watch.forward(hours=2)
        return nothing(id_)

    watch.forward(minutes=10)
    world.script.find = slow_no
    await watch.settler.ask(exchange.book_id, exchange.exchange_id)
    assert (await now(world, exchange)).state is State.OPEN


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_clock_set_a_day_back_or_forward_leaves_nothing_waiting_for_a_day(watch, world, days) -> None:
    member, exchange = await watch.opened()
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    world.clock.forward(days=days)
    world.script.find = yes(world)
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.SETTLED
    assert (await world.balance(member)).posted == 900


async def test_a_lease_written_by_a_clock_since_set_back_binds_nobody(watch, world) -> None:
    _, exchange = await watch.opened()
    far = world.clock() + timedelta(days=1)
    key = (exchange.book_id, exchange.exchange_id)
    await world.store.run(lambda conn: records.lease(conn, *key, far, far + timedelta(seconds=30)))
    world.script.find = yes(world)
    assert (await watch.settler.ask(*key)).state is State.SETTLED


async def test_unknown_heard_under_an_old_claim_does_not_push_the_next_question_away(watch, world) -> None:
    _, exchange = await watch.opened()
    key, at = (exchange.book_id, exchange.exchange_id), world.clock()
    old = await world.store.run(lambda conn: records.lease(conn, *key, at, at + timedelta(seconds=30)))
    watch.forward(seconds=31)
    at = world.clock()
    await world.store.run(lambda conn: records.lease(conn, *key, at, at + timedelta(seconds=30)))
    before = await now(world, exchange)
    await world.exchanges.write_outcome(old, Unknown("slow"), [])
    after = await now(world, exchange)
    assert (after.ask_at, after.attempts) == (before.ask_at, before.attempts)
    assert (await story_of(world, exchange))[-1].what == "heard too late"


async def test_a_partner_that_is_gone_does_not_stand_in_the_way_of_others(watch, world) -> None:
    for _ in range(17):
        await watch.opened()
    await world.store.run(lambda conn: conn.execute(sa.text("UPDATE exchanges SET partner_id = 'gone'")))
    _, exchange = await watch.opened()
    world.script.find = yes(world)
    watch.forward(seconds=5)
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.SETTLED


async def test_a_round_goes_on_when_one_question_fails(watch, world) -> None:
    exchanges = [(await watch.opened())[1] for _ in range(3)]
    sick = exchanges[1].exchange_id

    def find(id_):
        if id_ == sick:
            raise PartnerUnavailable("closed")
        return yes(world)(id_)

    world.script.find = find
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    states = [(await now(world, exchange)).state for exchange in exchanges]
    assert states == [State.SETTLED, State.OPEN, State.SETTLED]


async def test_after_seven_days_it_waits_for_a_person_who_can_still_ask(watch, world) -> None:
    member, exchange = await watch.opened()
    watch.forward(days=8)
    await watch.settler.poll_once()
    assert (await now(world, exchange)).state is State.NEEDS_A_PERSON
    assert (await world.balance(member)).coming == 900
    assert await watch.settler.poll_once() == 0
    watch.forward(days=1)
    world.script.find = yes(world)
    assert (await watch.settler.get_and_refresh(member, exchange.exchange_id)).state is State.SETTLED


@pytest.mark.parametrize(("debited", "points"), [(True, 900), (False, 0)])
async def test_a_person_decides_with_a_reason_and_the_story_tells_who(watch, world, debited, points) -> None:
    member, exchange = await watch.opened()
    watch.forward(days=8)
    await watch.settler.poll_once()
    done = await watch.settler.resolve(
        exchange.exchange_id, debited=debited, reason="電話で確認", operator="sato", reference="TEL-1"
    )
    assert done.state is (State.SETTLED if debited else State.DECLINED)
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (points, 0)
    facts = (await story_of(world, exchange))[-1].facts
    assert (facts["by"], facts["because"]) == ("sato", "電話で確認")


async def test_the_partners_own_answer_wins_over_a_person(watch, world) -> None:
    member, exchange = await watch.opened()
    world.script.find = yes(world)
    with pytest.raises(ProblemError) as caught:
        await watch.settler.resolve(exchange.exchange_id, debited=False, reason="guess", operator="sato")
    assert caught.value.type == "exchange-state"
    assert (await world.balance(member)).posted == 900


async def test_a_decision_needs_a_reason(watch, world) -> None:
    _, exchange = await watch.opened()
    with pytest.raises(ProblemError, match="reason"):
        await watch.settler.resolve(exchange.exchange_id, debited=False, reason=" ", operator="sato")


async def test_asking_about_an_ended_exchange_moves_nothing_and_notes_a_contradiction(watch, world) -> None:
    member, exchange = await watch.opened()
    world.script.find = yes(world)
    key = (exchange.book_id, exchange.exchange_id)
    await watch.settler.ask(*key)
    world.script.find = no
    done = await watch.settler.check(*key)
    assert done.state is State.SETTLED
    assert (await world.balance(member)).posted == 900
    assert (await story_of(world, exchange))[-1].what == "contradiction"


async def test_no_record_of_what_has_settled_is_a_contradiction_once_it_is_believed(watch, world) -> None:
    _, exchange = await watch.opened()
    world.script.find = yes(world)
    key = (exchange.book_id, exchange.exchange_id)
    await watch.settler.ask(*key)
    world.script.find = nothing
    await watch.settler.check(*key)
    assert (await story_of(world, exchange))[-1].what == "debited"
    watch.forward(days=1)
    assert (await watch.settler.check(*key)).state is State.SETTLED
    assert (await story_of(world, exchange))[-1].what == "contradiction"


@pytest.mark.parametrize("answer", [no, nothing])
async def test_a_partner_that_has_nothing_of_what_was_never_sent_contradicts_nothing(
    watch, world, answer
) -> None:
    world.script.debit = NotSent("no connection")
    exchange = await world.settled(await world.member())
    assert exchange.state is State.NOT_SENT
    world.script.find = answer
    watch.forward(days=1)
    for _ in range(2):
        watch.forward(hours=1)
        await watch.settler.check(exchange.book_id, exchange.exchange_id)
    assert (await story_of(world, exchange))[-1].what == "not_sent"


async def test_a_debit_whose_moment_has_passed_is_not_sent_any_more(watch, world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    sending, link, _ = await world.store.run_moving(
        lambda conn: world.exchanges._begin_sending(
            conn, exchange.book_id, exchange.exchange_id, exchange.quote.quote_id
        ),
        book=exchange.book_id,
    )
    watch.forward(seconds=11)
    done = await world.exchanges._send(sending, link)
    assert done.state is State.NOT_SENT
    assert world.script.orders == []


async def test_the_settler_survives_a_database_that_restarts(watch, world, monkeypatch) -> None:
    _, exchange = await watch.opened()
    world.script.find = yes(world)
    watch.forward(seconds=5)
    real, broken = world.store.read, [True]

    async def read(job):
        if broken:
            broken.clear()
            raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection"))
        return await real(job)

    monkeypatch.setattr(world.store, "read", read)
    monkeypatch.setattr("gateway.exchanges.outcome_poller.PAUSE_S", 0.0)
    running = asyncio.create_task(watch.settler.run())
    async with asyncio.timeout(30):
        while broken or (await now(world, exchange)).state is not State.SETTLED:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    "odd",
    [
        {"reference": "SV-\x1f-1"},
        {"reference": "SV-\x00-1"},
        {"reference": "SV-\ud800"},
        {"at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
    ],
    ids=["separator", "nul", "half a character", "no day in Japan"],
)
async def test_a_yes_that_cannot_be_written_down_waits_for_a_person_who_decides(watch, world, odd) -> None:
    member = await world.member()

    def answer(asked):
        values = {"exchange_id": getattr(asked, "exchange_id", asked), "reference": "R", "at": world.clock()}
        return Debited(**(values | odd))

    world.script.debit = world.script.find = answer
    exchange = await world.settled(member)
    assert exchange.state is State.OPEN
    watch.forward(days=7)
    await watch.settler.poll_once()
    assert (await now(world, exchange)).state is State.NEEDS_A_PERSON
    await watch.settler.resolve(exchange.exchange_id, debited=True, reason="電話", operator="sato")
    assert (await world.balance(member)).posted == 900


async def test_half_a_character_in_what_a_plugin_says_does_not_keep_its_story_from_being_written(
    watch, world
) -> None:
    world.script.debit = OutcomeUnknown("it said \ud800")
    exchange = await world.settled(await world.member())
    assert exchange.state is State.OPEN
    assert "it said ?" in (await story_of(world, exchange))[-1].facts["why"]
