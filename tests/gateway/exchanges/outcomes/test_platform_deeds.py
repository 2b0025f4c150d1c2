"""Two persons of the platform where points move: every deed by every kind of person, and whose ground has moved."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest

import gateway
from core_ledger import audit
from gateway.cities.city import City
from gateway.cities.platform_deeds.exchange_services import ExchangeServices
from gateway.cities.proposals import deciders
from gateway.cities.proposals.deeds import PLATFORM_DEEDS, Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.staff import staff_rows
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_report
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.exchange_context import longest_debit
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.members import member_rows
from gateway.members.passwords import PasswordHasher
from gateway.model import Debited, InProgress, Reversed
from gateway.partners import availability
from gateway.platform import audit_log
from gateway.platform.roles import PLATFORM, Role
from tests.gateway.exchanges.conftest import CARDS, KASAMA, NOON, new_id
from tests.gateway.exchanges.outcomes.test_reconciliation import there

DAY = date(2018, 7, 31)


class Bureau:
    """The platform's staff, on the world of the exchange tests."""

    def __init__(self, world, watch, plugin) -> None:
        self.world, self.watch, self.plugin, context = world, watch, plugin, world.context
        services = ExchangeServices(
            poller=watch.settler, reversals=Reversals(context), corrections=CorrectionService(context)
        )
        self.reversals = services.reversals
        self.city = City.open(
            store=world.store, vault=context.vault, clock=world.clock, tasks=context.tasks,
            hasher=PasswordHasher(time_cost=1, memory_kib=8, threads=1), site="https://city.example",
            exchanges=services,
        )  # fmt: skip

    async def hire(self, name, role=Role.PLATFORM, code=PLATFORM):
        staff_id, now = uuid.uuid4().hex, self.world.clock()

        def job(conn):
            staff_rows.add(
                conn, staff_id=staff_id, municipality=code, login=f"p-{staff_id[:8]}", display_name=name,
                role=role, password_hash="x", at=now, password_is_first=False,
            )  # fmt: skip
            return session_of(conn, staff_id, now)

        return await self.world.store.run(job)

    async def again(self, who):
        """The same person signed in anew."""
        return await self.world.store.run(lambda conn: session_of(conn, who.staff_id, self.world.clock()))

    async def approve(self, who, proposal):
        return await self.city.proposals.approve(who, proposal.proposal_id, proposal.digest, "確認")

    async def refused(self, who, proposal):
        with pytest.raises(ProblemError) as caught:
            await self.approve(who, proposal)
        return caught.value.type

    async def exchange(self, exchange):
        return await self.world.store.read(
            lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id)
        )

    async def propose(self, deed, author):
        """One proposal of this deed; gives it and what must stay as it is while it waits."""
        platform, world = self.city.platform, self.world
        match deed:
            case Deed.EXCHANGE_OUTCOME:
                member, exchange = await self.watch.opened()
                world.script.find = InProgress(exchange_id=exchange.exchange_id)
                proposal = await platform.resolve_exchange(
                    author, exchange.exchange_id, debited=True, reason="電話", reference="TEL-1"
                )
                return proposal, lambda: world.balance(member)
            case Deed.EXCHANGE_REVERSAL:
                member = await world.member()
                self.watch.own_account(member)
                exchange = await world.settled(member, KASAMA)
                proposal = await platform.reverse_exchange(
                    author, exchange.exchange_id, new_id(), units=1, reason="誤り"
                )
                return proposal, lambda: world.balance(member, KASAMA)
            case Deed.REVERSAL_OUTCOME:
                member, exchange, reversal = await self.open_reversal()
                proposal = await platform.resolve_reversal(
                    author, exchange.exchange_id, reversal.reversal_id, was_reversed=True, reason="電話"
                )
                return proposal, lambda: world.balance(member)
            case Deed.DIFFERENCE:
                member, exchange = await self.difference(300)
                proposal = await platform.close_difference(
                    author, CARDS, DAY, exchange.exchange_id, reason="先方が正しい"
                )
                return proposal, lambda: world.balance(member)
            case Deed.MEMBER_MERGE:
                old, new = await world.member(), await world.member()
                self.watch.own_account(old)
                await world.settled(old, KASAMA)
                proposal = await platform.merge_members(
                    author, await self.mykey_id(old), await self.mykey_id(new), "本人確認書類で同じ方"
                )
                return proposal, lambda: world.balance(new, KASAMA)
            case _:
                assert deed is Deed.PARTNER_RESUME
                await platform.pause_partner(author, CARDS, "二重の回答")
                return await platform.resume_partner(author, CARDS, "直った"), self.partner_state

    async def open_reversal(self):
        world, generous = self.world, self.world.context.partners[CARDS]
        member = await world.member()
        self.watch.own_account(member)
        exchange = await world.settled(member)
        self.plugin.reversal = OutcomeUnknown("lost reply")
        reversal = await self.reversals.reverse(
            exchange.exchange_id, new_id(), units=1, reason="r", operator="o"
        )
        self.plugin.reversal = None
        self.watch.forward(seconds=longest_debit(generous).total_seconds() + 1)
        return member, exchange, reversal

    async def difference(self, theirs):
        member = await self.world.member()
        self.watch.own_account(member)
        exchange = await self.world.settled(member)
        self.plugin.day = [there(exchange.exchange_id, eikyu=theirs)]
        return member, exchange

    async def mykey_id(self, member):
        return await self.world.store.read(lambda conn: member_rows.find_member(conn, member).mykey_id)

    async def partner_state(self):
        return await self.world.store.read(
            lambda conn: availability.standings(conn, self.world.clock())[CARDS].paused
        )

    async def actions(self):
        lines = await self.world.store.read(lambda conn: audit_log.page(conn, PLATFORM))
        return [line.action for line in lines]


def session_of(conn, staff_id, at):
    token = staff_rows.start_session(conn, staff_id, client_id="city", strong=True, at=at)
    return staff_rows.find_session(conn, token.reveal(), client_id="city", now=at)


@pytest.fixture
def bureau(world, watch, generous) -> Bureau:
    return Bureau(world, watch, generous)


@pytest.mark.parametrize("deed", sorted(PLATFORM_DEEDS))
async def test_only_another_person_of_the_platform_decides_and_then_it_happens_once(bureau, deed):
    author, other, helper = [await bureau.hire(name) for name in ("甲", "乙", "丙")]
    phoneless, leaving = await bureau.hire("丁"), await bureau.hire("戊")
    boss = await bureau.hire("市の管理者", Role.ADMINISTRATOR, "082163")
    added = await bureau.approve(
        helper, await bureau.city.staff.add(author, login="kyu", display_name="己", role=Role.PLATFORM)
    )
    added = await bureau.again(added.first_password.staff)
    await bureau.approve(helper, await bureau.city.staff.reset(author, phoneless.staff_id, "電話の紛失"))
    phoneless = await bureau.again(phoneless)
    proposal, state = await bureau.propose(deed, author)
    await bureau.city.staff.close(helper, leaving.staff_id, "退職")
    before = await state()
    assert await bureau.refused(author, proposal) == "second-person-missing"
    assert await bureau.refused(added, proposal) == "second-person-missing"
    assert await bureau.refused(phoneless, proposal) == "second-person-missing"
    assert await bureau.refused(leaving, proposal) == "role-not-allowed"
    assert await bureau.refused(boss, proposal) == "unknown-proposal"
    assert await state() == before
    decision = await bureau.approve(other, proposal)
    assert decision.proposal.state is ProposalState.CARRIED_OUT
    assert await state() != before
    assert await bureau.refused(helper, proposal) == "proposal-state"
    assert (await bureau.world.store.read(audit.verify)).ok
    assert await bureau.world.store.read(audit_log.verify) == []
    done = {
        Deed.EXCHANGE_OUTCOME: "exchange resolved", Deed.EXCHANGE_REVERSAL: "exchange reversed",
        Deed.REVERSAL_OUTCOME: "reversal resolved", Deed.DIFFERENCE: "difference closed",
        Deed.PARTNER_RESUME: "partner resumed", Deed.MEMBER_MERGE: "members merged",
    }  # fmt: skip
    actions = await bureau.actions()
    assert actions[:2] == [done[deed], "proposal approved"]


async def test_ten_yeses_at_once_take_the_points_back_once(bureau):
    author, people = await bureau.hire("甲"), [await bureau.hire(f"乙{number}") for number in range(5)]
    proposal, state = await bureau.propose(Deed.EXCHANGE_REVERSAL, author)
    outcomes = await asyncio.gather(
        *(bureau.approve(who, proposal) for who in people for _ in range(2)), return_exceptions=True
    )
    words = sorted(getattr(each, "type", "done") for each in outcomes)
    assert words == ["done"] + ["proposal-state"] * 9
    assert (await state()).posted == 550
    assert len(bureau.plugin.asked) == 1


async def test_the_story_names_both_persons(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    proposal, _ = await bureau.propose(Deed.EXCHANGE_OUTCOME, author)
    await bureau.approve(other, proposal)
    story = await bureau.world.store.read(lambda conn: exchange_report.report(conn, proposal.subject))
    facts = story["story"][-1]["facts"]
    assert (facts["by"], facts["because"]) == ("甲 / 乙", "電話")


async def test_the_partners_own_answer_at_the_decision_wins(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    member, exchange = await bureau.watch.opened()
    bureau.world.script.find = InProgress(exchange_id=exchange.exchange_id)
    proposal = await bureau.city.platform.resolve_exchange(
        author, exchange.exchange_id, debited=False, reason="電話"
    )
    bureau.world.script.find = Debited(exchange_id=exchange.exchange_id, reference="R", at=NOON)
    assert await bureau.refused(other, proposal) == "proposal-outdated"
    assert (await bureau.exchange(exchange)).state is State.SETTLED
    assert (await bureau.world.balance(member)).posted == 900


async def test_who_may_not_decide_makes_no_partner_be_asked(bureau):
    author, _ = await bureau.hire("甲"), await bureau.hire("乙")
    proposal, _ = await bureau.propose(Deed.EXCHANGE_OUTCOME, author)
    questions = []

    def find(exchange_id):
        questions.append(exchange_id)
        return InProgress(exchange_id=exchange_id)

    bureau.world.script.find = find
    assert await bureau.refused(author, proposal) == "second-person-missing"
    assert questions == []


async def test_a_reversal_that_came_first_outdates_the_next_proposal(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    proposal, state = await bureau.propose(Deed.EXCHANGE_REVERSAL, author)
    await bureau.reversals.reverse(proposal.subject, new_id(), units=1, reason="r", operator="o")
    before = await state()
    assert await bureau.refused(other, proposal) == "proposal-outdated"
    assert await state() == before


@pytest.mark.parametrize("theirs", [200, 400])
async def test_a_difference_that_is_another_one_by_now_is_not_closed(bureau, theirs):
    """The partner's book has become even, or says something that nobody has seen."""
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    member, exchange = await bureau.difference(300)
    proposal = await bureau.city.platform.close_difference(
        author, CARDS, DAY, exchange.exchange_id, reason="先方が正しい"
    )
    assert (proposal.facts["ours"], proposal.facts["theirs"]) == ("eikyu 200", "eikyu 300")
    assert proposal.facts["moved_points"] == 450
    bureau.plugin.day = [there(exchange.exchange_id, eikyu=theirs)]
    word = "no-difference" if theirs == 200 else "proposal-outdated"
    assert await bureau.refused(other, proposal) == word
    assert (await bureau.world.balance(member)).posted == 900


async def test_a_difference_that_is_left_moves_nothing(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    member, exchange = await bureau.difference(300)
    proposal = await bureau.city.platform.close_difference(
        author, CARDS, DAY, exchange.exchange_id, reason="先方が戻す", leave=True
    )
    await bureau.approve(other, proposal)
    assert (await bureau.world.balance(member)).posted == 900
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.close_difference(author, CARDS, DAY, exchange.exchange_id, reason="x")
    assert refused.value.type == "no-difference"


async def test_a_crash_between_the_decision_and_the_question_loses_nothing(bureau, monkeypatch):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    proposal, state = await bureau.propose(Deed.EXCHANGE_REVERSAL, author)

    async def crash(_, __):
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(Reversals, "carry_on", crash)
        with pytest.raises(asyncio.CancelledError):
            await bureau.approve(other, proposal)
    assert bureau.plugin.asked == []
    assert (await state()).available == 550  # held since the decision
    bureau.watch.forward(minutes=5)
    assert await bureau.reversals.poll_once() == 1
    assert len(bureau.plugin.asked) == 1
    assert (await state()).posted == 550


async def test_what_cannot_be_done_is_refused_when_it_is_proposed(bureau):
    author, _ = await bureau.hire("甲"), await bureau.hire("乙")
    platform = bureau.city.platform
    member = await bureau.world.member()
    bureau.watch.own_account(member)
    settled = await bureau.world.settled(member)
    reverse, reversal_id = platform.reverse_exchange, new_id()
    done = await bureau.reversals.reverse(settled.exchange_id, reversal_id, units=1, reason="r", operator="o")
    for work, word in (
        (platform.resolve_exchange(author, settled.exchange_id, debited=True, reason="x"), "exchange-state"),
        (platform.resolve_exchange(author, new_id(), debited=True, reason="x"), "unknown-exchange"),
        (platform.resolve_exchange(author, settled.exchange_id, debited=True, reason=" "), "reason-missing"),
        (reverse(author, settled.exchange_id, new_id(), units=5, reason="x"), "more-than-is-left"),
        (reverse(author, settled.exchange_id, reversal_id, units=1, reason="x"), "id-reused"),
        (reverse(author, settled.exchange_id, new_id(), taken_from="shop:x:y", reason="x"), "not-the-members"),
        (platform.resolve_reversal(
            author, settled.exchange_id, done.reversal_id, was_reversed=True, reason="x"), "reversal-ended"),
        (platform.resume_partner(author, CARDS, "x"), "partner-not-paused"),
        (platform.pause_partner(author, "nobody", "x"), "unknown-partner"),
        (platform.close_difference(author, CARDS, DAY, settled.exchange_id, reason=""), "reason-missing"),
    ):  # fmt: skip
        with pytest.raises(ProblemError) as refused:
            await work
        assert refused.value.type == word


async def test_spent_points_are_told_before_anybody_is_asked_to_decide(bureau):
    author, _ = await bureau.hire("甲"), await bureau.hire("乙")
    member = await bureau.world.member()
    bureau.watch.own_account(member)
    settled = await bureau.world.settled(member)
    await bureau.world.allocations.allocate(member, new_id(), 800, "082163", "kasama-ouen")
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.reverse_exchange(author, settled.exchange_id, new_id(), reason="x")
    assert (refused.value.type, refused.value.facts["available"]) == ("points-already-spent", 100)


async def test_a_platform_of_one_person_is_told_what_it_cannot_do_and_stops_a_partner_alone(bureau):
    alone = await bureau.hire("一人")
    _, exchange = await bureau.watch.opened()
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.resolve_exchange(alone, exchange.exchange_id, debited=True, reason="電話")
    assert refused.value.type == "nobody-to-decide"
    assert "platform's staff" in str(refused.value)
    standing = await bureau.city.platform.pause_partner(alone, CARDS, "二重の回答")
    assert (standing.paused, standing.operator) == (True, "一人")
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.resume_partner(alone, CARDS, "直った")
    assert refused.value.type == "nobody-to-decide"


async def test_of_two_persons_neither_stops_the_other(bureau):
    one, two = await bureau.hire("甲"), await bureau.hire("乙")
    with pytest.raises(ProblemError) as refused:
        await bureau.city.staff.close(one, two.staff_id, "邪魔")
    assert refused.value.type == "too-few-deciders"
    await bureau.hire("丙")
    await bureau.city.staff.close(one, two.staff_id, "退職")


async def test_a_city_has_no_line_for_the_platforms_deeds_and_the_platform_no_city_role(bureau):
    boss = await bureau.hire("市の管理者", Role.ADMINISTRATOR, "082163")
    deeds = {rule.deed for rule in await bureau.city.proposals.deed_rules(boss)}
    assert not deeds & PLATFORM_DEEDS
    with pytest.raises(ProblemError) as refused:
        await bureau.city.proposals.propose_deed_rule(boss, DeedRule(deed=Deed.DIFFERENCE, persons=1), "楽")
    assert refused.value.type == "bad-deed-rule"
    one, _ = await bureau.hire("甲"), await bureau.hire("乙")
    for who, role in ((one, Role.ADMINISTRATOR), (boss, Role.PLATFORM)):
        with pytest.raises(ProblemError) as refused:
            await bureau.city.staff.add(who, login="x", display_name="x", role=role)
        assert refused.value.type == "role-unfit"


async def test_a_proposal_ends_after_two_weeks_and_makes_way(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    first, _ = await bureau.propose(Deed.PARTNER_RESUME, author)
    assert isinstance(first, Proposal)
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.resume_partner(other, CARDS, "直った")
    assert refused.value.type == "proposal-pending"
    bureau.watch.forward(days=15)
    other = await bureau.again(other)
    assert await bureau.refused(other, first) == "proposal-state"
    assert await bureau.city.proposals.expire_lapsed() == 1
    await bureau.city.platform.resume_partner(other, CARDS, "直った")
    assert "proposal expired" in await bureau.actions()


async def test_the_reversal_after_a_decision_is_the_partners_own_answer(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    proposal, _ = await bureau.propose(Deed.EXCHANGE_REVERSAL, author)
    bureau.plugin.reversal = lambda it: Reversed(
        reversal_id=it.reversal_id, reference="BACK-9", at=bureau.world.clock()
    )
    await bureau.approve(other, proposal)
    story = await bureau.world.store.read(lambda conn: exchange_report.report(conn, proposal.subject))
    (reversal,) = story["reversals"]
    assert (reversal["state"], reversal["reference"], reversal["operator"]) == (
        "reversed",
        "BACK-9",
        "甲 / 乙",
    )


async def test_ties_at_the_platform_end_after_thirty_days(bureau):
    author, helper = await bureau.hire("甲"), await bureau.hire("乙")
    proposal = await bureau.city.staff.add(author, login="kyu", display_name="己", role=Role.PLATFORM)
    added = (await bureau.approve(helper, proposal)).first_password.staff

    def able(conn, at):
        return deciders.eligible_deciders(conn, PLATFORM, author.staff_id, Deed.DIFFERENCE, at, None)

    now = bureau.world.clock()
    assert added.staff_id not in await bureau.world.store.read(lambda conn: able(conn, now))
    later = now + timedelta(days=31)
    assert added.staff_id in await bureau.world.store.read(lambda conn: able(conn, later))


def test_nothing_in_service_goes_around_the_second_person():
    """The use cases that act at once are called by the platform's deeds alone."""
    root = Path(gateway.__file__).parent
    own = root / "cities" / "platform_deeds"
    calls = ("settler.resolve(", "reversals.reverse(", "reversals.resolve(", "corrections.close(", "availability.resume(",
             "close_in(", "decide_in(")  # fmt: skip
    found = {
        (str(path.relative_to(root)), call)
        for path in root.rglob("*.py")
        for call in calls
        if call in path.read_text("utf-8") and own not in path.parents
    }
    assert {path for path, _ in found} == {
        "exchanges/corrections.py", "exchanges/outcome_poller.py", "exchanges/reversals.py",
    }  # fmt: skip
