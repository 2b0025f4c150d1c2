"""Two members who are one person, whose exchanges go on: what is under way ends first, and what came before is kept."""

from __future__ import annotations

import pytest

from core_ledger import audit, chart
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.states import State
from gateway.members import member_rows
from gateway.model import Debited
from gateway.platform.short_reference import short_reference
from tests.gateway.exchanges.conftest import CARDS, KASAMA, NOON, PORTAL, RESERVE, new_id
from tests.gateway.exchanges.outcomes.test_platform_deeds import Bureau, bureau

__all__ = ["bureau"]

WHY = "本人確認書類で同じ方"


class Pair:
    """A person with two MyKey IDs; the first has been used with a partner."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau, self.world = bureau, bureau.world

    async def open(self) -> Pair:
        self.author, self.other = await self.bureau.hire("甲"), await self.bureau.hire("乙")
        self.old, self.new = await self.world.member(), await self.world.member()
        self.bureau.watch.own_account(self.old)
        return self

    async def propose(self):
        old, new = await self.bureau.mykey_id(self.old), await self.bureau.mykey_id(self.new)
        return await self.bureau.city.platform.merge_members(self.author, old, new, WHY)

    async def merged(self):
        return await self.bureau.approve(self.other, await self.propose())

    async def refused(self) -> ProblemError:
        with pytest.raises(ProblemError) as caught:
            await self.propose()
        return caught.value

    async def settled_again(self, member):
        """By the link that is there."""
        world, exchange_id = self.world, new_id()
        await world.openings.start(member, exchange_id, CARDS, return_url=PORTAL)
        exchange = await world.exchanges.quote(member, exchange_id, RESERVE, 2)
        return await world.exchanges.confirm(member, exchange_id, exchange.quote.quote_id)

    async def row(self, member):
        return await self.world.store.read(lambda conn: member_rows.find_member(conn, member))


@pytest.fixture
async def pair(bureau) -> Pair:
    return await Pair(bureau).open()


async def test_a_settled_exchange_stays_where_it_was_and_its_points_go_over(pair):
    exchange = await pair.world.settled(pair.old, KASAMA)
    await pair.merged()
    assert (await pair.world.balance(pair.old, KASAMA)).posted == 0
    assert (await pair.world.balance(pair.new, KASAMA)).posted == exchange.points
    kept = await pair.bureau.exchange(exchange)
    assert (kept.state, kept.points, kept.book_id) == (
        State.SETTLED,
        exchange.points,
        chart.member_book(pair.old),
    )
    assert (await pair.world.store.read(audit.verify)).ok


async def test_one_whose_outcome_is_open_has_to_end_first_and_the_sentence_names_it(pair):
    pair.world.script.debit = OutcomeUnknown("lost reply")
    exchange = await pair.world.settled(pair.old)
    problem = await pair.refused()
    reference = f"{short_reference(exchange.exchange_id)} ({CARDS})"
    assert (problem.type, problem.facts["waiting"]) == ("member-busy", reference)
    assert reference in str(problem)
    pair.world.script.find = Debited(exchange_id=exchange.exchange_id, reference="R", at=NOON)
    await pair.bureau.watch.settler.ask_before_deciding(exchange.exchange_id)
    await pair.merged()
    assert (await pair.world.balance(pair.new)).posted == 900


async def test_one_that_opens_while_the_proposal_waits_outdates_it(pair):
    proposal = await pair.propose()
    pair.world.script.debit = OutcomeUnknown("lost reply")
    await pair.world.settled(pair.old)
    assert await pair.bureau.refused(pair.other, proposal) == "proposal-outdated"
    assert (await pair.row(pair.old)).active


async def test_points_that_arrive_while_the_proposal_waits_outdate_it(pair):
    await pair.world.settled(pair.old)
    proposal = await pair.propose()
    await pair.settled_again(pair.old)
    assert await pair.bureau.refused(pair.other, proposal) == "proposal-outdated"
    assert (await pair.world.balance(pair.new)).posted == 0


async def test_a_reversal_under_way_has_to_end_first(pair):
    member, exchange, _ = await pair.bureau.open_reversal()
    pair.old = member
    problem = await pair.refused()
    assert problem.facts["waiting"] == f"{short_reference(exchange.exchange_id)} ({CARDS})"


async def test_one_that_was_not_confirmed_is_given_up_and_asks_the_partner_for_nothing_any_more(pair):
    exchange = await pair.world.quoted(pair.old, RESERVE)
    await pair.merged()
    await pair.world.exchanges.confirm(pair.old, exchange.exchange_id, exchange.quote.quote_id)
    assert (await pair.bureau.exchange(exchange)).state is State.CANCELLED
    assert pair.world.script.orders == []


async def test_the_account_at_the_partner_goes_over_with_its_secret_and_serves_the_next_exchange(pair):
    await pair.world.settled(pair.old)
    await pair.merged()
    old, new = (chart.member_book(member) for member in (pair.old, pair.new))
    links = await pair.world.store.read(
        lambda conn: [link_rows.list_by_member(conn, book) for book in (old, new)]
    )
    assert [len(each) for each in links] == [0, 1]
    account = pair.world.context.account(links[1][0])
    assert (account.service_id, account.token.reveal()) == (pair.old, "a-partner-token")
    owner = await pair.world.store.read(lambda conn: link_rows.find_owner(conn, CARDS, pair.old))
    assert owner == new
    assert (await pair.settled_again(pair.new)).state is State.SETTLED
    assert await pair.world.total(chart.partner_due(CARDS)) == -1_800


async def test_a_reversal_afterwards_says_that_the_points_are_gone_from_the_old_book(pair):
    exchange = await pair.world.settled(pair.old)
    await pair.merged()
    with pytest.raises(ProblemError) as refused:
        await pair.bureau.city.platform.reverse_exchange(
            pair.author, exchange.exchange_id, "0" * 8 + "-0000-4000-8000-000000000001", reason="誤り"
        )
    assert refused.value.type == "points-already-spent"
