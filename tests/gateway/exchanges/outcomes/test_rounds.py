"""The rounds in the background go on when a database restarts, and refuse nothing silently."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from prometheus_client import REGISTRY

from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_rows, reversal_rows
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.reversal_rows import ReversalState
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.model import Reversed
from gateway.platform import tables
from gateway.webhooks.sender import WebhookSender
from tests.gateway.exchanges.conftest import CARDS, new_id

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def until(done) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110 - another task works meanwhile
            await asyncio.sleep(0.001)


async def ended(task) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(("kind", "reaches"), [(Reversals, "read"), (WebhookSender, "read_inline")])
async def test_a_round_that_meets_a_restarting_database_is_followed_by_the_next(
    world, monkeypatch, kind, reaches
) -> None:
    context = world.context
    work = kind(context) if kind is Reversals else kind(context.store, context.vault, context.clock)
    met = []
    real = getattr(world.store, reaches)

    async def broken_once(job):
        met.append(job)
        if len(met) == 1:
            raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection"))
        return await real(job)

    monkeypatch.setattr(world.store, reaches, broken_once)
    monkeypatch.setattr(f"{kind.__module__}.PAUSE_S", 0.0)
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(work.run())
        await until(lambda: len(met) >= 3)
        await ended(running)
    assert [line["error"] for line in lines if "round failed" in line["event"]] == ["OperationalError"]


async def test_one_question_that_breaks_is_logged_and_the_round_counts_it(watch, world, monkeypatch) -> None:
    _, exchange = await watch.opened()
    watch.forward(seconds=5)

    async def broken(_job):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(world.store, "run", broken)
    with structlog.testing.capture_logs() as lines:
        assert await watch.settler.poll_once() == 1
    (line,) = [line for line in lines if line["event"] == "asking failed"]
    assert (line["exchange_id"], line["error"]) == (exchange.exchange_id, "RuntimeError")


async def test_what_was_never_sent_is_not_asked_about(watch, world) -> None:
    exchange = await world.quoted(await world.member())
    done = await watch.settler.check(exchange.book_id, exchange.exchange_id)
    assert done.state is State.QUOTED


async def test_an_exchange_of_a_partner_that_is_gone_waits_for_it(watch, world) -> None:
    _, exchange = await watch.opened()
    world.context.partners.clear()
    assert await watch.settler.ask(exchange.book_id, exchange.exchange_id) is None


@pytest.mark.parametrize("debited", [True, False])
async def test_a_person_ends_an_exchange_of_a_partner_that_is_gone(watch, world, debited) -> None:
    member, exchange = await watch.opened()
    world.context.partners.clear()
    watch.forward(hours=1)
    done = await watch.settler.resolve(
        exchange.exchange_id, debited=debited, reason="契約の終了", operator="sato"
    )
    assert done.state is (State.SETTLED if debited else State.DECLINED)
    balance = await world.balance(member)
    assert (balance.coming, balance.posted) == (0, 900 if debited else 0)


async def test_nobody_decides_about_an_id_that_is_not_there_or_a_debit_under_way(watch, world) -> None:
    with pytest.raises(ProblemError) as caught:
        await watch.settler.resolve(NOWHERE, debited=True, reason="r", operator="o")
    assert caught.value.type == "unknown-exchange"
    exchange = await world.quoted(await world.member())
    await world.store.run_moving(
        lambda conn: world.exchanges._begin_sending(
            conn, exchange.book_id, exchange.exchange_id, exchange.quote.quote_id
        ),
        book=exchange.book_id,
    )
    with pytest.raises(ProblemError, match="under way"):
        await watch.settler.resolve(exchange.exchange_id, debited=True, reason="r", operator="o")


async def test_a_reversal_needs_a_reason_an_exchange_and_to_be_open_when_decided(world, generous) -> None:
    reversals = Reversals(world.context)
    exchange = await world.settled(await world.member())
    id_ = new_id()
    words: dict[str, Any] = {"units": 1, "reason": "r", "operator": "o"}
    for refused, word in (
        (reversals.reverse(exchange.exchange_id, id_, units=1, reason=" ", operator="o"), "reason-missing"),
        (reversals.reverse(exchange.exchange_id, id_, units=1, reason="r", operator=" "), "reason-missing"),
        (reversals.reverse(NOWHERE, id_, **words), "unknown-exchange"),
        (
            reversals.resolve(exchange.exchange_id, id_, was_reversed=True, reason="", operator="o"),
            "reason-missing",
        ),
        (
            reversals.resolve(exchange.exchange_id, id_, was_reversed=True, reason="r", operator=""),
            "reason-missing",
        ),
        (
            reversals.resolve(exchange.exchange_id, id_, was_reversed=True, reason="r", operator="o"),
            "unknown-reversal",
        ),
    ):
        with pytest.raises(ProblemError) as caught:
            await refused
        assert caught.value.type == word
    await reversals.reverse(exchange.exchange_id, id_, **words)
    with pytest.raises(ProblemError) as caught:
        await reversals.resolve(exchange.exchange_id, id_, was_reversed=False, reason="r", operator="o")
    assert caught.value.type == "reversal-ended"


async def test_two_gateways_ask_once_about_a_reversal(watch, world, generous) -> None:
    exchange = await world.settled(await world.member())
    generous.reversal = OutcomeUnknown("silence")
    reversals, other = Reversals(world.context), Reversals(world.context)
    open_ = await reversals.reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="o")
    assert open_.state is ReversalState.OPEN
    watch.forward(seconds=5)
    generous.reversal = None
    with structlog.testing.capture_logs() as lines:
        await asyncio.gather(reversals.poll_once(), other.poll_once())
    assert len(generous.asked) == 2
    assert [line["event"] for line in lines if line["log_level"] == "error"] == []


async def test_a_reversal_whose_holds_are_not_its_points_waits_for_a_person(watch, world, generous) -> None:
    member, reversals = await world.member(), Reversals(world.context)
    exchange = await world.settled(member)
    generous.reversal = OutcomeUnknown("silence")
    begun = await reversals.reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="o")
    ids = {"exchange_id": exchange.exchange_id, "reversal_id": begun.reversal_id}
    other = tables.reversals.update().values(points=1)
    await world.store.run(lambda conn: conn.execute(other))
    generous.reversal = None
    watch.forward(seconds=5)
    await reversals.poll_once()
    after = await world.store.read(lambda conn: reversal_rows.of(conn, **ids))
    assert after.state is ReversalState.NEEDS_A_PERSON
    assert (await world.balance(member)).held == 450
    steps = await world.store.read(
        lambda conn: exchange_rows.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )
    assert [step.what for step in steps][-2:] == ["reversal: outcome unknown", "reversal held otherwise"]
    with pytest.raises(ProblemError, match="does not hold the 1 points of this reversal"):
        await reversals.resolve(**ids, was_reversed=True, reason="r", operator="o")
    done = await reversals.resolve(**ids, was_reversed=False, reason="r", operator="o")
    assert done.state is ReversalState.DECLINED
    balance = await world.balance(member)
    assert (balance.held, balance.posted) == (0, 900)


async def test_a_reversal_that_cannot_be_asked_about_stops_no_other(watch, world, generous) -> None:
    reversals = Reversals(world.context)
    generous.reversal = OutcomeUnknown("silence")
    begun = []
    for _ in range(2):
        member = await world.member()
        watch.own_account(member)
        exchange = await world.settled(member)
        begun.append(
            await reversals.reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="o")
        )
    broken, sound = begun
    table = tables.exchanges
    unsent = table.update().where(table.c.exchange_id == broken.exchange_id).values(sent_at=None)
    await world.store.run(lambda conn: conn.execute(unsent))

    async def answer(reversal):
        if reversal.reversal_id == sound.reversal_id:
            await asyncio.sleep(0.05)
        return Reversed(reversal_id=reversal.reversal_id, reference="BACK", at=world.clock())

    generous.reversal = answer
    watch.forward(seconds=5)
    with structlog.testing.capture_logs() as lines:
        assert await reversals.poll_once() == 2
    after = await world.store.read(lambda conn: reversal_rows.get(conn, sound.book_id, sound.reversal_id))
    assert after.state is ReversalState.REVERSED
    (line,) = [line for line in lines if line["event"] == "reversing failed"]
    assert (line["reversal_id"], line["error"]) == (broken.reversal_id, "AssertionError")


async def test_what_waits_is_counted_for_whoever_watches_the_gateway(watch, world) -> None:
    def measured(name, state):
        return REGISTRY.get_sample_value(
            f"point_gateway_exchanges_{name}", {"partner": CARDS, "state": state}
        )

    await watch.opened()
    watch.forward(minutes=1)
    await watch.settler.count()
    assert measured("waiting", "open") == 1
    assert measured("oldest_waiting_seconds", "open") == 60
    assert measured("waiting", "needs_a_person") == 0

    watch.forward(days=8)
    await watch.settler.poll_once()
    await watch.settler.count()
    assert (measured("waiting", "open"), measured("waiting", "needs_a_person")) == (0, 1)


async def test_the_rounds_count_what_waits_from_the_first_on(watch, world, monkeypatch) -> None:
    counted = []

    async def count(self):
        counted.append(self.seconds())

    monkeypatch.setattr(OutcomePoller, "count", count)
    monkeypatch.setattr("gateway.exchanges.outcome_poller.PAUSE_S", 0.0)
    running = asyncio.create_task(watch.settler.run())
    await until(lambda: counted)
    watch.seconds.now += 15
    await until(lambda: len(counted) == 2)
    await ended(running)
    assert counted == [0, 15]
