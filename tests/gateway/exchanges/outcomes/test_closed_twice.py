"""A difference that is closed again is reckoned from what the member has, not from what the partner had then."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import date

import pytest
import structlog

from gateway.errors import ProblemError
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.reconciliation import Reconciliation, Verdict
from gateway.exchanges.reversals import Reversals
from gateway.hookspecs import hookimpl
from gateway.model import Debited, DebitLine, DebitRecord, LinkKind, WalletId
from gateway.partners.partner import Partner
from gateway.platform import tables
from tests.gateway.exchanges.conftest import CARDS, NOON, new_id
from tests.gateway.exchanges.outcomes.conftest import Generous

DAY = date(2018, 7, 31)
UNIT, GIVES = 100, 450


class Accounts(Generous):
    """The scripted partner, whose list tells the account."""

    @hookimpl
    def partner_profile(self):
        return replace(super().partner_profile(), proves={"amount", "account"}, ids_ignore_case=False)


@pytest.fixture
def partner(world):
    plugin = Accounts(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
    return plugin


@pytest.fixture
async def settled(world, watch, partner):
    """A member with 2 units: 200 there, 900 here."""
    member = await world.member()
    watch.own_account(member)
    world.script.debit = lambda order: replace(_yes(order), service_id=member)
    return member, await world.settled(member)


def _yes(order):
    return Debited(exchange_id=order.exchange_id, reference="REF", at=NOON, lines=order.lines)


def listed(exchange, of, units, *, gone=False):
    line = DebitLine(wallet=WalletId("eikyu"), amount=units * UNIT)
    return DebitRecord(
        exchange_id=exchange.exchange_id, reference="THEIRS", lines=(line,), at=NOON, service_id=of,
        reversed=gone, given_back=(line,) if gone else (),
    )  # fmt: skip


async def verdict(world):
    (line,) = (await Reconciliation(world.context).compare(CARDS, DAY)).lines
    return line.verdict


async def close(world, exchange, *, leave=False):
    done = await CorrectionService(world.context).close(
        CARDS, DAY, exchange.exchange_id, reason="双方で確認", operator="sato", leave=leave
    )
    return done.points


async def points_of(world, member):
    return (await world.balance(member)).posted


async def test_what_was_taken_back_for_another_accounts_debit_is_not_taken_twice(
    world, partner, settled
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, "another", 2)]
    assert await close(world, exchange) == -900
    partner.day = [listed(exchange, "another", 2, gone=True)]
    assert await verdict(world) is Verdict.MATCHED
    assert await points_of(world, member) == 0


async def test_a_row_that_moves_to_the_members_account_afterwards_gives_the_points_again(
    world, partner, settled
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, "another", 2)]
    await close(world, exchange)
    partner.day = [listed(exchange, member, 2)]
    assert await verdict(world) is Verdict.AMOUNT_DIFFERS
    assert await close(world, exchange) == 900


async def test_a_row_that_moves_to_another_account_after_it_was_closed_is_told(
    world, partner, settled
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, member, 1)]
    assert await close(world, exchange) == -450
    partner.day = [listed(exchange, "another", 1)]
    assert await verdict(world) is Verdict.ACCOUNT_DIFFERS
    assert await close(world, exchange) == -450
    assert await points_of(world, member) == 0
    assert await verdict(world) is Verdict.CLOSED


@pytest.mark.parametrize(("first", "then", "points"), [(3, 2, 0), (1, 2, 0), (3, 1, -450), (1, 3, 450)])
async def test_what_was_left_moved_nothing_so_the_next_closing_starts_from_ours(
    world, partner, settled, first, then, points
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, member, first)]
    assert await close(world, exchange, leave=True) == 0
    assert await verdict(world) is Verdict.CLOSED
    partner.day = [listed(exchange, member, then)]
    if points:
        assert await close(world, exchange) == points
    else:
        assert await verdict(world) is Verdict.MATCHED
    assert await points_of(world, member) == 450 * then


async def test_what_was_left_and_is_then_reversed_counts_what_was_given_back(world, partner, settled) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, member, 3)]
    await close(world, exchange, leave=True)
    await Reversals(world.context).reverse(
        exchange.exchange_id, new_id(), units=1, reason="誤操作", operator="sato"
    )
    partner.day = [listed(exchange, member, 1)]
    assert await verdict(world) is Verdict.MATCHED
    partner.day = [listed(exchange, member, 2)]
    assert await close(world, exchange) == 450


@pytest.mark.parametrize(
    ("of", "units", "leave", "then", "moves"),
    [
        ("another", 2, False, 0, None),
        ("another", 2, False, 1, 450),
        ("own", 1, False, 2, 450),
        ("own", 1, True, 2, None),
        ("own", 1, True, 0, -900),
    ],
)
async def test_a_closing_of_an_older_release_is_read_by_its_kind_and_points(
    world, partner, settled, of, units, leave, then, moves
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, member if of == "own" else of, units)]
    await close(world, exchange, leave=leave)
    forget = tables.closed_differences.update().values(moved=None)
    await world.store.run(lambda conn: conn.execute(forget))
    partner.day = [listed(exchange, member, max(then, 1), gone=not then)]
    if moves is None:
        assert await verdict(world) is Verdict.MATCHED
    else:
        assert await close(world, exchange) == moves
    assert await points_of(world, member) == 450 * then


async def test_two_people_who_close_one_for_another_account_at_once_move_the_points_once(
    world, partner, settled
) -> None:
    member, exchange = settled
    partner.day = [listed(exchange, "another", 2)]
    ended = await asyncio.gather(close(world, exchange), close(world, exchange), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["ProblemError", "int"]
    assert await points_of(world, member) == 0


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_was_closed_before_a_closing_makes_ours_what_the_partner_has_of_the_member(
    world, partner, settled, seed
) -> None:
    member, exchange = settled
    dice, closed, refusals = random.Random(seed), 0, set()
    for _ in range(12):
        units, of, leave = dice.randrange(4), dice.choice((member, member, "another")), dice.random() < 0.4
        theirs = listed(exchange, of, max(units, 1), gone=not units)
        partner.day = [theirs]
        before = await points_of(world, member)
        moved, refused = 0, ""
        try:
            moved = await close(world, exchange, leave=leave)
        except ProblemError as problem:
            refused = problem.type
        if refused:
            assert await points_of(world, member) == before
            refusals.add(refused)
            continue
        closed += 1
        after = before if leave else GIVES * units * (of == member)
        assert await points_of(world, member) == before + moved == after
        assert await verdict(world) is Verdict.CLOSED
    assert closed > 2
    assert refusals <= {"no-difference", "not-the-members"}
