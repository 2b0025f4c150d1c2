"""The partner calls us: an order from its own terminal, signed, for an account that a member linked before."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from core_ledger import chart
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.link_rows import Link
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import State
from gateway.exchanges.terminal_orders import TerminalOrder, TerminalOrders
from gateway.model import Secret
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.standard_webhooks import sign
from tests.gateway.exchanges.conftest import CARDS, MILES, World, new_id, world

__all__ = ["world"]

OTHER = Secret("whsec_" + "A" * 32)


class Terminal:
    """The partner's side: it has the secret and signs its orders."""

    def __init__(self, world: World, secret: Secret) -> None:
        self.world, self.secret = world, secret
        self.orders = TerminalOrders(
            exchanges=world.exchanges, openings=world.openings, partners=frozenset({CARDS})
        )

    async def gives(self, order_id: str, *, units: int = 2, service_id: str = "svc-1", **how: Any) -> Any:
        order = TerminalOrder(exchange_id=order_id, service_id=service_id, units=units)
        body = json.dumps(
            {"data": {"exchange_id": order_id, "service_id": service_id, "units": units}}
        ).encode()
        headers = sign(how.get("secret", self.secret), "msg-1", how.get("at", self.world.clock()), body)
        return await self.orders.accept(how.get("partner", CARDS), headers, how.get("sent", body), order)


@pytest.fixture
async def terminal(world: World) -> Terminal:
    def add(conn: Any) -> Secret:
        return webhook_keys.add_partner(conn, world.context.vault, CARDS, world.clock())[1]

    return Terminal(world, await world.store.run(add))


async def test_an_order_is_credited_to_the_member_who_linked_the_account(
    world: World, terminal: Terminal
) -> None:
    member = await world.member()
    await world.linked(member)
    order_id = new_id()
    done = await terminal.gives(order_id)
    assert (done.state, done.points) == (State.SETTLED, 900)
    assert (await world.balance(member)).available == 900
    assert world.script.orders[-1].exchange_id == order_id


async def test_the_same_order_again_is_the_same_exchange(world: World, terminal: Terminal) -> None:
    member = await world.member()
    await world.linked(member)
    order_id = new_id()
    first, again = await terminal.gives(order_id), await terminal.gives(order_id)
    assert (first.state, again.state) == (State.SETTLED, State.SETTLED)
    assert len(world.script.orders) == 1
    assert (await world.balance(member)).available == 900


async def test_an_order_id_with_another_content_is_refused(world: World, terminal: Terminal) -> None:
    await world.linked(await world.member())
    order_id = new_id()
    await terminal.gives(order_id)
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(order_id, units=3)
    assert refused.value.type == "exchange-id-reused"


async def test_an_order_id_for_another_account_is_refused(world: World, terminal: Terminal) -> None:
    """The member has linked another account of the partner since: points of the first are not those of the second."""
    member = await world.member()
    await world.linked(member)
    order_id = new_id()
    await terminal.gives(order_id)
    another = Link(
        book_id=chart.member_book(member),
        partner_id=CARDS,
        service_id="svc-2",
        shown_as="サイトウ 様",
        linked_at=world.clock(),
    )
    await world.store.run(lambda conn: link_rows.save(conn, another))
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(order_id, service_id="svc-2")
    assert refused.value.type == "exchange-id-reused"
    assert len(world.script.orders) == 1
    assert (await world.balance(member)).available == 900


async def test_an_order_whose_debit_was_never_answered_stays_open_and_is_asked_about(
    world: World, terminal: Terminal
) -> None:
    member = await world.member()
    await world.linked(member)
    world.script.debit = OutcomeUnknown("the reply was lost")
    order_id = new_id()
    assert (await terminal.gives(order_id)).state is State.OPEN
    assert (await world.balance(member)).available == 0
    from gateway.model import Debited

    world.script.find = lambda it: Debited(exchange_id=it, reference="T-1", at=world.clock())
    world.clock.forward(seconds=30)
    assert (await OutcomePoller(world.exchanges).get_and_refresh(member, order_id)).state is State.SETTLED
    assert (await terminal.gives(order_id)).state is State.SETTLED


async def test_an_account_that_nobody_linked_takes_no_order(world: World, terminal: Terminal) -> None:
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(new_id(), service_id="nobody")
    assert refused.value.type == "link-missing"
    assert not world.script.orders


@pytest.mark.parametrize(
    "how",
    [
        {"secret": OTHER},
        {"sent": b'{"data": {"units": 9999}}'},
        {"partner": MILES},
    ],
    ids=["another key", "another body", "a partner without leave"],
)
async def test_an_order_that_is_not_signed_by_a_partner_with_leave_is_not_believed(
    world: World, terminal: Terminal, how: dict[str, Any]
) -> None:
    await world.linked(await world.member())
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(new_id(), **how)
    assert refused.value.type == "push-not-believed"
    assert not world.script.orders


async def test_an_old_message_is_not_believed(world: World, terminal: Terminal) -> None:
    await world.linked(await world.member())
    signed_at = world.clock()
    world.clock.forward(minutes=6)
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(new_id(), at=signed_at)
    assert refused.value.type == "push-not-believed"


async def test_more_units_than_the_member_has_are_refused_and_nothing_moves(
    world: World, terminal: Terminal
) -> None:
    await world.linked(await world.member())
    world.script.balances = {"eikyu": 100, "wallet": 0}
    from gateway.errors import NotEnough

    with pytest.raises(NotEnough):
        await terminal.gives(new_id(), units=2)
    assert not world.script.orders


async def test_an_order_that_was_left_before_it_was_sent_is_quoted_anew(
    world: World, terminal: Terminal
) -> None:
    member = await world.member()
    await world.linked(member)
    order_id = new_id()
    await world.openings.start(member, order_id, CARDS)
    from gateway.model import Destination

    await world.exchanges.quote(member, order_id, Destination.reserve(), 2)
    world.clock.forward(minutes=11)
    assert (await terminal.gives(order_id)).state is State.SETTLED


async def test_an_order_that_was_carried_out_is_still_answered_when_the_account_is_linked_no_more(
    world: World, terminal: Terminal
) -> None:
    member = await world.member()
    await world.linked(member)
    order_id = new_id()
    await terminal.gives(order_id)
    book = chart.member_book(member)
    await world.store.run(lambda conn: link_rows.remove(conn, book, CARDS))
    assert (await terminal.gives(order_id)).state is State.SETTLED
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(order_id, units=3)
    assert refused.value.type == "exchange-id-reused"
    with pytest.raises(ProblemError) as refused:
        await terminal.gives(new_id())
    assert refused.value.type == "link-missing"
    assert len(world.script.orders) == 1


async def test_the_same_order_at_once_is_one_exchange_for_all(world: World, terminal: Terminal) -> None:
    member = await world.member()
    await world.linked(member)
    for _ in range(5):
        order_id = new_id()
        outcomes = await asyncio.gather(*(terminal.gives(order_id) for _ in range(4)), return_exceptions=True)
        assert {getattr(outcome, "exchange_id", outcome) for outcome in outcomes} == {order_id}
    assert (await world.balance(member)).available == 5 * 900
