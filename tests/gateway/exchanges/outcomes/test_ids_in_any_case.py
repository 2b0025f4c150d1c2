"""A partner that repeats ids in any case: one account is one account wherever it is looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import structlog

from gateway.errors import ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.reconciliation import Reconciliation, Verdict
from gateway.exchanges.recovery import order_from_partner
from gateway.exchanges.states import State
from gateway.exchanges.terminal_orders import TerminalOrder, TerminalOrders
from gateway.hookspecs import hookimpl
from gateway.model import Debited, DebitLine, DebitRecord, LinkedAccount, LinkKind, Secret, WalletId
from gateway.partners.partner import Partner
from tests.gateway.exchanges.conftest import CARDS, NOON, RESERVE, new_id
from tests.gateway.exchanges.outcomes.conftest import Generous

DAY = date(2018, 7, 31)
ORDER = new_id()


class AnyCase(Generous):
    @hookimpl
    def partner_profile(self):
        return replace(super().partner_profile(), proves={"amount", "account"}, ids_ignore_case=True)


@pytest.fixture
def partner(world):
    plugin = AnyCase(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
    return plugin


def account(world, service_id):
    world.script.link = LinkedAccount(service_id=service_id, shown_as="A", token=Secret("a-token"))


async def unlink(world, member):
    await world.store.run(lambda conn: link_rows.remove(conn, f"member:{member}", CARDS))


def listed(exchange_id, of, amount=200, reference="THEIRS"):
    line = DebitLine(wallet=WalletId("eikyu"), amount=amount)
    return DebitRecord(
        exchange_id=exchange_id.upper(), reference=reference, lines=(line,), at=NOON, service_id=of
    )


async def test_one_account_is_linked_by_one_member_however_it_is_written(world, partner) -> None:
    hanako, jiro = await world.member(), await world.member()
    account(world, "Cus_Taro")
    await world.linked(hanako)
    account(world, "CUS_TARO")
    with pytest.raises(ProblemError, match="linked to another member"):
        await world.linked(jiro)
    await unlink(world, hanako)
    await world.linked(jiro)
    account(world, "cus_taro")
    with pytest.raises(ProblemError, match="linked to another member"):
        await world.linked(hanako)


async def test_an_order_of_its_terminal_finds_the_member(world, partner, monkeypatch) -> None:
    monkeypatch.setattr("gateway.exchanges.terminal_orders.verify", lambda *_: "m-1")
    account(world, "Cus_Taro")
    await world.linked(await world.member())
    terminal = TerminalOrders(exchanges=world.exchanges, openings=world.openings, partners=frozenset({CARDS}))
    world.script.debit = lambda order: world_yes(order, "CUS_TARO")
    for service_id in ("cus_taro", "CUS_TARO"):
        order = TerminalOrder(exchange_id=ORDER, service_id=service_id, units=2)
        assert (await terminal.accept(CARDS, {}, b"", order)).state is State.SETTLED
    assert len(world.script.orders) == 1


def world_yes(order, of):
    return Debited(exchange_id=order.exchange_id, reference="R", at=NOON, lines=order.lines, service_id=of)


async def test_two_rows_of_one_account_are_one_account(world, partner) -> None:
    account(world, "Cus_Taro")
    world.script.debit = lambda order: world_yes(order, "cus_taro")
    exchange = await world.settled(await world.member(), RESERVE, 2)
    partner.day = [
        listed(exchange.exchange_id, "CUS_TARO", 100),
        listed(exchange.exchange_id, "cus_taro", 100, "SECOND"),
    ]
    (line,) = (await Reconciliation(world.context).compare(CARDS, DAY)).lines
    assert line.verdict is Verdict.MATCHED


async def test_what_was_never_confirmed_here_is_given_to_the_member_who_linked_it(world, partner) -> None:
    account(world, "Cus_Taro")
    exchange = await world.quoted(await world.member())
    partner.day = [listed(exchange.exchange_id, "CUS_TARO")]
    done = await CorrectionService(world.context).close(
        CARDS, DAY, exchange.exchange_id, reason="r", operator="sato"
    )
    assert done.points == 900


async def test_a_forgotten_order_of_its_list_finds_the_member(world, partner) -> None:
    member = await world.member()
    account(world, "Cus_Taro")
    await world.linked(member)
    its = world.context.partners[CARDS]
    rates = await its.rate_table(NOON)
    order = await world.store.read(
        lambda conn: order_from_partner(conn, its, listed(new_id(), "CUS_TARO"), rates)
    )
    assert (order.book, order.obstacle) == (f"member:{member}", None)
