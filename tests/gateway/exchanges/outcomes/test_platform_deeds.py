"""Two persons of the platform where points move: every deed by every kind of person, and whose ground has moved."""

from __future__ import annotations

import asyncio
import base64
import uuid
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import gateway
from core_ledger import ChainKeys, audit
from gateway.cities.announcements import PlanStop
from gateway.cities.city import City
from gateway.cities.platform_deeds import installing, partner_deeds
from gateway.cities.platform_deeds.exchange_deeds import line_hash
from gateway.cities.platform_deeds.exchange_services import ExchangeServices
from gateway.cities.platform_deeds.key_deeds import end_of_day, key_command, read_public_key
from gateway.cities.proposals import deciders
from gateway.cities.proposals.deeds import PLATFORM_DEEDS, Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.staff import staff_rows
from gateway.client import key_id_of, new_key_pair
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_report
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.exchange_context import longest_debit
from gateway.exchanges.reconciliation import Verdict
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.http import client_keys
from gateway.http.client_scopes import Scope
from gateway.members import member_rows
from gateway.members.passwords import PasswordHasher
from gateway.model import Debited, InProgress, Reversed
from gateway.partners import availability
from gateway.partners.availability import Window
from gateway.platform import audit_log, tables
from gateway.platform.roles import PLATFORM, Role
from gateway.platform.states import StaffState
from gateway.points.announcements import Wording
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction
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
            case Deed.PARTNER_MAINTENANCE:
                window = self.window(hours=6)
                assert await platform.announce_maintenance(author, window) is None
                return (
                    await platform.withdraw_maintenance(author, CARDS, window.starts_at, "延期"),
                    self.availability,
                )
            case Deed.PARTNER_PACE:
                assert await platform.change_pace(author, CARDS, 60, "混雑") is None
                return await platform.change_pace(author, CARDS, 600, "回復"), self.availability
            case Deed.CLIENT_KEY:
                command = self.client_key()
                return await self.city.platform_keys.propose_client_key(author, command, "交換"), self.keys
            case Deed.WEBHOOK_KEY:
                return await self.webhook(author), self.keys
            case Deed.MEMBER_ERASE:
                member = await world.member()
                proposal = await platform.erase_member(author, await self.mykey_id(member), "本人の請求")
                return proposal, lambda: self.row(member)
            case Deed.MEMBER_RECTIFY:
                member = await world.member()
                proposal = await platform.rectify_member(
                    author, await self.mykey_id(member), "旅券と違う", display_name="山口"
                )
                return proposal, lambda: self.row(member)
            case Deed.PLANNED_STOP:
                begins = self.world.clock() + timedelta(days=40)
                proposal = await self.city.announcements.plan_stop(
                    author,
                    PlanStop(
                        announcement_id=new_id(), stops_from=begins, stops_until=begins + timedelta(hours=4),
                        title=Wording(ja="計画停止"), text=Wording(ja="更新します。"), urgent=False,
                    ),
                )  # fmt: skip
                return proposal, self.stops
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

    async def row(self, member):
        return await self.world.store.read(lambda conn: member_rows.find_member(conn, member))

    async def partner_state(self):
        return await self.world.store.read(
            lambda conn: availability.standings(conn, self.world.clock())[CARDS].paused
        )

    def window(self, hours):
        starts_at = self.world.clock() + timedelta(hours=1)
        return Window(
            partner_id=CARDS, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), reason="点検"
        )

    def client_key(self, **options):
        options = {"ends_at": None, "shop": None} | options
        return key_command("portal", new_key_pair().public_raw, Scope.PORTAL, **options)

    async def webhook(self, author, url="https://portal.example/hook"):
        return await self.city.platform_keys.propose_webhook_key(
            author, Direction.OUT, "portal", url, "新しいポータル"
        )

    async def availability(self):
        return await self.world.store.read(
            lambda conn: availability.standings(conn, self.world.clock()).get(CARDS)
        )

    async def keys(self):
        return await self.city.platform_keys.list_all()

    async def stops(self):
        return await self.city.announcements.listed(PLATFORM)

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
        Deed.PARTNER_MAINTENANCE: "partner maintenance withdrawn",
        Deed.PARTNER_PACE: "partner paced", Deed.CLIENT_KEY: "client key made", Deed.WEBHOOK_KEY: "webhook added",
        Deed.MEMBER_ERASE: "member erased", Deed.MEMBER_RECTIFY: "member rectified",
        Deed.PLANNED_STOP: "planned stop announced",
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


async def test_no_reversal_is_proposed_while_confirmed_orders_are_forgotten(bureau):
    author, _ = await bureau.hire("甲"), await bureau.hire("乙")
    settled = await bureau.world.settled(await bureau.world.member())
    mode = RestoredMode(bureau.world.store, ChainKeys.of([b"c" * 32]), None)
    object.__setattr__(bureau.reversals, "restored", mode)
    mode.begun = True
    with pytest.raises(ProblemError) as refused:
        await bureau.city.platform.reverse_exchange(author, settled.exchange_id, new_id(), reason="x")
    assert refused.value.type == "restored"
    mode.begun = False
    await bureau.city.platform.reverse_exchange(author, settled.exchange_id, new_id(), reason="x")


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
             "close_in(", "decide_in(", "register_key(", "webhook_keys.add(", "webhook_keys.add_portal(",
             "webhook_keys.add_mailer(", "webhook_keys.add_partner(", "webhook_keys.add_digest_keeper(",
             "availability.withdraw(", "availability.limit(")  # fmt: skip
    found = {
        (str(path.relative_to(root)), call)
        for path in root.rglob("*.py")
        for call in calls
        if call in path.read_text("utf-8") and own not in path.parents
    }
    assert {path for path, _ in found} == {
        "exchanges/corrections.py", "exchanges/outcome_poller.py", "exchanges/reversals.py",
        "http/client_keys.py",  # where a key is registered
        "commands/keys.py", "commands/partner_availability.py",  # while the platform is installed, or to close
    }  # fmt: skip
    for name in ("keys.py", "partner_availability.py"):
        text = (root / "commands" / name).read_text("utf-8")
        jobs = [part for part in text.split("def ") if any(call in part for call in calls)]
        assert jobs
        assert all("installing.require_installing(conn)" in job for job in jobs)


class TestAPartnerIsClosedByOneAndOpenedByTwo:
    async def test_a_window_is_announced_and_lengthened_by_one(self, bureau):
        author, _ = await bureau.hire("甲"), await bureau.hire("乙")
        short, longer = bureau.window(hours=2), bureau.window(hours=6)
        assert await bureau.city.platform.announce_maintenance(author, short) is None
        assert await bureau.city.platform.announce_maintenance(author, longer) is None
        assert (await bureau.availability()).upcoming == (longer,)
        assert await bureau.actions() == ["partner maintenance announced"] * 2

    async def test_the_deeds_themselves_look_once_more(self, bureau):
        """Whatever calls them: one person neither cuts a window nor lets a partner that is not paused go on."""
        who, window, world = await bureau.hire("甲"), bureau.window(hours=6), bureau.world
        now = world.clock()
        await world.store.run(lambda conn: partner_deeds.announce(conn, who, window, now))
        shorter = replace(window, ends_at=window.ends_at - timedelta(hours=1))
        resume = partner_deeds.ResumePartner(partner_id=CARDS)
        for work, word in (
            (lambda conn: partner_deeds.announce(conn, who, shorter, now), "second-person-missing"),
            (lambda conn: partner_deeds.resume(conn, who, resume, "r", "甲", now), "partner-not-paused"),
        ):
            with pytest.raises(ProblemError) as caught:
                await world.store.run(work)
            assert caught.value.type == word

    async def test_ending_a_window_earlier_is_proposed_and_ends_it_at_that_moment(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        longer, short = bureau.window(hours=6), bureau.window(hours=2)
        await bureau.city.platform.announce_maintenance(author, longer)
        proposal = await bureau.city.platform.announce_maintenance(author, short)
        assert (proposal.deed, proposal.facts["window_until"]) == (
            Deed.PARTNER_MAINTENANCE,
            short.ends_at.isoformat(),
        )
        assert (await bureau.availability()).upcoming == (longer,)
        await bureau.approve(other, proposal)
        (window,) = (await bureau.availability()).upcoming
        assert (window.ends_at, window.reason) == (short.ends_at, longer.reason)

    async def test_a_window_in_force_that_is_taken_back_lets_exchanges_begin(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        window = bureau.window(hours=6)
        await bureau.city.platform.announce_maintenance(author, window)
        bureau.watch.forward(hours=2)
        author, other = await bureau.again(author), await bureau.again(other)
        proposal = await bureau.city.platform.withdraw_maintenance(
            author, CARDS, window.starts_at, "早く終わった"
        )
        assert not (await bureau.availability()).open
        await bureau.approve(other, proposal)
        assert await bureau.availability() is None

    async def test_a_window_that_was_lengthened_since_is_not_taken_back(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        await bureau.city.platform.announce_maintenance(author, bureau.window(hours=2))
        window = bureau.window(hours=2)
        proposal = await bureau.city.platform.withdraw_maintenance(author, CARDS, window.starts_at, "延期")
        await bureau.city.platform.announce_maintenance(other, bureau.window(hours=9))
        assert await bureau.refused(other, proposal) == "proposal-outdated"
        assert len((await bureau.availability()).upcoming) == 1

    async def test_a_window_that_is_over_or_was_never_there_is_nobodys_to_take_back(self, bureau):
        author, _ = await bureau.hire("甲"), await bureau.hire("乙")
        window = bureau.window(hours=2)
        await bureau.city.platform.announce_maintenance(author, window)
        bureau.watch.forward(hours=3)
        author = await bureau.again(author)
        for starts_at in (window.starts_at, window.starts_at + timedelta(minutes=1)):
            with pytest.raises(ProblemError) as refused:
                await bureau.city.platform.withdraw_maintenance(author, CARDS, starts_at, "延期")
            assert refused.value.type == "unknown-window"

    async def test_the_first_pace_and_a_lower_one_are_ones_own(self, bureau):
        author, _ = await bureau.hire("甲"), await bureau.hire("乙")
        for pace in (600, 60, 60):
            assert await bureau.city.platform.change_pace(author, CARDS, pace, "混雑") is None
            assert (await bureau.availability()).calls_per_minute == pace

    @pytest.mark.parametrize("pace", [61, None])
    async def test_a_higher_pace_or_none_waits_for_a_second_person(self, bureau, pace):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        await bureau.city.platform.change_pace(author, CARDS, 60, "混雑")
        proposal = await bureau.city.platform.change_pace(author, CARDS, pace, "回復")
        assert (await bureau.availability()).calls_per_minute == 60
        await bureau.approve(other, proposal)
        assert ((await bureau.availability()).calls_per_minute, (await bureau.availability()).operator) == (
            pace,
            "甲 / 乙",
        )

    async def test_a_pace_that_was_lowered_since_is_not_raised(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        await bureau.city.platform.change_pace(author, CARDS, 60, "混雑")
        proposal = await bureau.city.platform.change_pace(author, CARDS, 600, "回復")
        await bureau.city.platform.change_pace(other, CARDS, 6, "停止寸前")
        assert await bureau.refused(other, proposal) == "proposal-outdated"
        assert (await bureau.availability()).calls_per_minute == 6

    async def test_what_fits_no_partner_no_window_and_no_pace_is_refused(self, bureau):
        author, _ = await bureau.hire("甲"), await bureau.hire("乙")
        platform, window = bureau.city.platform, bureau.window(hours=2)
        ended = Window(partner_id=CARDS, starts_at=window.ends_at, ends_at=window.starts_at, reason="点検")
        nobody = Window(
            partner_id="nobody", starts_at=window.starts_at, ends_at=window.ends_at, reason="点検"
        )
        silent = Window(partner_id=CARDS, starts_at=window.starts_at, ends_at=window.ends_at, reason=" ")
        for work, word in (
            (platform.announce_maintenance(author, ended), "bad-window"),
            (platform.announce_maintenance(author, nobody), "unknown-partner"),
            (platform.announce_maintenance(author, silent), "reason-missing"),
            (platform.change_pace(author, CARDS, 0, "x"), "bad-pace"),
            (platform.change_pace(author, "nobody", 5, "x"), "unknown-partner"),
            (platform.change_pace(author, CARDS, 5, ""), "reason-missing"),
            (platform.withdraw_maintenance(author, CARDS, window.starts_at, ""), "reason-missing"),
        ):
            with pytest.raises(ProblemError) as refused:
                await work
            assert refused.value.type == word
        assert await bureau.availability() is None


class TestAKeyTakesTwo:
    async def test_it_is_the_very_key_that_was_proposed(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        command = bureau.client_key(ends_at=end_of_day(date(2019, 3, 31)))
        proposal = await bureau.city.platform_keys.propose_client_key(author, command, "交換")
        assert (proposal.facts["last_day"], proposal.facts["keys_in_use"]) == ("2019-03-31", 0)
        await bureau.approve(other, proposal)
        key = await bureau.world.store.read(lambda conn: client_keys.find_key(conn, command.key_id))
        assert (key.client_id, key.scope, key.ends_at, key.key_id) == (
            "portal", Scope.PORTAL, end_of_day(date(2019, 3, 31)), key_id_of(key.public_key),
        )  # fmt: skip

    async def test_one_that_was_made_in_between_outdates_the_proposal(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        proposal = await bureau.city.platform_keys.propose_client_key(author, bureau.client_key(), "交換")
        pair = new_key_pair()
        await bureau.world.store.run(
            lambda conn: client_keys.register_key(
                conn, "portal", pair.key_id, pair.public_raw, NOON, scope=Scope.PORTAL
            )
        )
        assert await bureau.refused(other, proposal) == "proposal-outdated"

    async def test_one_whose_last_day_is_over_at_the_decision_is_not_made(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        command = bureau.client_key(ends_at=end_of_day(date(2018, 7, 31)))
        proposal = await bureau.city.platform_keys.propose_client_key(author, command, "今日だけ")
        bureau.watch.forward(hours=12)
        other = await bureau.again(other)
        assert await bureau.refused(other, proposal) == "bad-last-day"
        assert (await bureau.keys())[0] == []

    async def test_one_that_was_revoked_never_comes_back(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        command = bureau.client_key()
        proposal = await bureau.city.platform_keys.propose_client_key(author, command, "交換")
        await bureau.approve(other, proposal)
        await bureau.city.platform_keys.revoke_client_key(other, command.key_id, "漏えい")
        with pytest.raises(ProblemError) as refused:
            await bureau.city.platform_keys.propose_client_key(author, command, "もう一度")
        assert refused.value.type == "key-exists"
        with pytest.raises(ProblemError) as refused:
            await bureau.city.platform_keys.revoke_client_key(author, command.key_id, "漏えい")
        assert refused.value.type == "unknown-key"
        assert (await bureau.actions())[0] == "client key revoked"

    async def test_what_fits_no_key_is_refused(self, bureau):
        author, _ = await bureau.hire("甲"), await bureau.hire("乙")
        raw, propose = new_key_pair().public_raw, bureau.city.platform_keys.propose_client_key

        def command(client="portal", scope=Scope.PORTAL, ends_at=None, shop=None):
            return key_command(client, raw, scope, ends_at=ends_at, shop=shop)

        for work, word in (
            (propose(author, command(client="../portal"), "x"), "bad-client"),
            (propose(author, command(shop="082163/soba-1"), "x"), "bad-scope"),
            (propose(author, command(scope=Scope.POS, shop="082163/soba-1"), "x"), "unknown-shop"),
            (propose(author, command(ends_at=NOON), "x"), "bad-last-day"),
            (propose(author, command(), " "), "reason-missing"),
            (bureau.webhook(author, "http://portal.example/hook"), "bad-url"),
            (bureau.webhook(author, None), "bad-url"),
            (bureau.city.platform_keys.propose_webhook_key(author, Direction.IN, "nobody", None, "x"),
             "unknown-partner"),
        ):  # fmt: skip
            with pytest.raises(ProblemError) as refused:
                await work
            assert refused.value.type == word

    async def test_a_webhooks_secret_is_shown_to_who_decides_and_signs_from_then_on(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        proposal = await bureau.webhook(author)
        assert proposal.facts["url"] == "https://portal.example/hook"
        assert (await bureau.keys())[1] == []
        decision = await bureau.approve(other, proposal)
        (key,) = (await bureau.keys())[1]
        vault = bureau.world.context.vault
        assert decision.new_secret.key_id == key.key_id
        assert webhook_keys.open_secret(vault, key).reveal() == decision.new_secret.secret.reveal()
        await bureau.city.platform_keys.revoke_webhook_key(author, key.key_id, "漏えい")
        assert (await bureau.keys())[1][0].revoked_at is not None
        assert (await bureau.actions())[0] == "webhook revoked"

    async def test_a_partners_push_secret_has_no_address_whatever_was_typed(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        propose = bureau.city.platform_keys.propose_webhook_key
        await bureau.approve(other, await propose(author, Direction.IN, CARDS, "https://x.example/", "連携"))
        (key,) = (await bureau.keys())[1]
        assert (key.direction, key.party, key.url) == (Direction.IN, CARDS, None)
        assert (await bureau.actions())[0] == "push secret made"
        await bureau.city.platform_keys.revoke_webhook_key(author, key.key_id, "交換")
        assert (await bureau.actions())[0] == "push secret revoked"

    @pytest.mark.parametrize(
        "typed", ["", "AAAA", "あ" * 44, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
    )
    def test_what_is_no_public_key_is_not_taken_for_one(self, typed):
        with pytest.raises(ProblemError) as refused:
            read_public_key(typed)
        assert refused.value.type == "bad-public-key"

    def test_a_public_key_is_read_as_pem_and_as_base64_and_no_other_kind_of_key(self):
        private = ed25519.Ed25519PrivateKey.generate()
        raw = private.public_key().public_bytes_raw()
        as_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert read_public_key(f" {base64.b64encode(raw).decode()}\n") == raw
        assert read_public_key(as_pem.decode()) == raw
        other = x25519.X25519PrivateKey.generate().public_key()
        with pytest.raises(ProblemError):
            read_public_key(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


async def test_a_platform_is_installed_until_two_have_a_password_of_their_own(bureau):
    async def is_installing():
        return await bureau.world.store.read(installing.is_installing)

    assert await is_installing()
    first = await bureau.hire("甲")
    await bureau.hire("市の管理者", Role.ADMINISTRATOR, "082163")
    assert await is_installing()
    second = await bureau.hire("乙")
    assert not await is_installing()
    for values in ({"password_is_first": True}, {"state": StaffState.CLOSED}):
        await bureau.world.store.run(
            lambda conn, values=values: staff_rows.write(conn, second.staff_id, **values)
        )
        assert await is_installing()
        await bureau.world.store.run(
            lambda conn: staff_rows.write(
                conn, second.staff_id, password_is_first=False, state=StaffState.ACTIVE
            )
        )
    assert first.staff_id != second.staff_id


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("exchanges", {"reason": "not_processed"}),
        ("exchanges", {"points": 901}),
        ("exchanges", {"reversed_points": 1}),
        ("exchanges", {"sent_at": NOON - timedelta(days=1)}),
        ("exchanges", {"quote": None}),
        ("reversals", {"points": 1}),
    ],
)
async def test_whatever_moved_of_an_exchange_since_it_was_proposed_outdates_it(bureau, table, changed):
    """Each value that its proposer saw, changed by itself in the database."""
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    _, exchange, reversal = await bureau.open_reversal()
    proposal = await bureau.city.platform.resolve_reversal(
        author, exchange.exchange_id, reversal.reversal_id, was_reversed=True, reason="電話"
    )
    rows = getattr(tables, table)
    await bureau.world.store.run(
        lambda conn: conn.execute(
            rows.update().where(rows.c.exchange_id == exchange.exchange_id).values(**changed)
        )
    )
    assert await bureau.refused(other, proposal) == "proposal-outdated"


async def test_a_difference_that_was_closed_since_outdates_the_reversal(bureau):
    author, other = await bureau.hire("甲"), await bureau.hire("乙")
    _, exchange = await bureau.difference(300)
    reversal = await bureau.city.platform.reverse_exchange(
        author, exchange.exchange_id, new_id(), units=1, reason="誤り"
    )
    closing = await bureau.city.platform.close_difference(
        author, CARDS, DAY, exchange.exchange_id, reason="先方が戻す", leave=True
    )
    await bureau.approve(other, closing)
    assert await bureau.refused(other, reversal) == "proposal-outdated"


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": Verdict.OURS_ONLY}, {"our_state": "declined"}, {"our_reference": "R-2"}, {"their_reference": "R-2"},
        {"our_amounts": {"eikyu": 1}}, {"their_amounts": {"eikyu": 1}}, {"our_account": "a"}, {"their_account": "a"},
        {"points": 1}, {"exchange_id": "x"},
    ],
)  # fmt: skip
async def test_both_sides_of_a_difference_are_seen_whole(bureau, changed):
    """A decision is about exactly these two sides; only the note that was made of them is nobody's word."""
    _, exchange = await bureau.difference(300)
    line = await bureau.city.context.exchange_services.corrections.difference(
        CARDS, DAY, exchange.exchange_id
    )
    assert line_hash(replace(line, **changed)) != line_hash(line)
    assert line_hash(replace(line, note="x")) == line_hash(line)


class TestWhatWasProposedIsWhatHappens:
    async def test_an_exchange_that_was_declined_gives_no_points_and_keeps_no_hold(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        member, exchange = await bureau.watch.opened()
        bureau.world.script.find = InProgress(exchange_id=exchange.exchange_id)
        proposal = await bureau.city.platform.resolve_exchange(
            author, exchange.exchange_id, debited=False, reason="電話"
        )
        assert (proposal.facts["decision"], proposal.points) == ("declined", None)
        await bureau.approve(other, proposal)
        assert (await bureau.exchange(exchange)).state is State.DECLINED
        assert (await bureau.world.balance(member)).posted == 0

    async def test_one_that_was_debited_has_the_partners_own_reference(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        proposal, _ = await bureau.propose(Deed.EXCHANGE_OUTCOME, author)
        assert proposal.points == 900
        await bureau.approve(other, proposal)
        story = await bureau.world.store.read(lambda conn: exchange_report.report(conn, proposal.subject))
        assert story["exchange"]["reference"] == "TEL-1"

    async def test_a_reversal_that_was_declined_leaves_the_points_with_the_member(self, bureau):
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        member, exchange, reversal = await bureau.open_reversal()
        before = await bureau.world.balance(member)
        proposal = await bureau.city.platform.resolve_reversal(
            author, exchange.exchange_id, reversal.reversal_id, was_reversed=False, reason="電話"
        )
        await bureau.approve(other, proposal)
        after = await bureau.world.balance(member)
        assert (after.posted, after.available) == (before.posted, before.posted)
        story = await bureau.world.store.read(lambda conn: exchange_report.report(conn, exchange.exchange_id))
        assert [each["state"] for each in story["reversals"]] == ["declined"]

    async def test_a_difference_whose_sides_changed_with_the_same_sum_is_not_closed(self, bureau):
        """The partner's line has another reference by now: what would move is the same, what was seen is not."""
        author, other = await bureau.hire("甲"), await bureau.hire("乙")
        member, exchange = await bureau.difference(300)
        proposal = await bureau.city.platform.close_difference(
            author, CARDS, DAY, exchange.exchange_id, reason="先方が正しい"
        )
        (line,) = bureau.plugin.day
        bureau.plugin.day = [replace(line, reference="ANOTHER")]
        assert await bureau.refused(other, proposal) == "proposal-outdated"
        assert (await bureau.world.balance(member)).posted == 900
