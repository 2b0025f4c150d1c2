"""Two members who are one person become one: every point with its day, every limit, whoever asks for the old ID."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core_ledger import LedgerError, Transfer, audit, chart, entries, ledger
from gateway.cities.grants import grantees
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics import daily_stats
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, proofs, sessions, step_up
from gateway.members.mail_addresses import MailAddresses, MailState
from gateway.members.member_events import MemberEventKind
from gateway.members.members import Members
from gateway.members.proofs import ProofKey, ProofKind
from gateway.model import Secret
from gateway.platform import audit_log
from gateway.platform.roles import PLATFORM
from gateway.platform.states import MemberState
from gateway.points import member_moves, support_events
from gateway.points.allocation import Allocations
from gateway.points.support_events import SupportEvent

from .conftest import KASAMA, MITO, NOON, OUEN, new_id
from .test_four_eyes import PLAN, town

__all__ = ["town"]

WHY = "本人確認書類で同じ方"
MAY, JULY, TODAY = date(2018, 5, 2), date(2018, 7, 1), NOON.date()


async def author(town):
    await town.who("platform", PLATFORM, name="乙")
    return await town.who("platform", PLATFORM, name="甲")


async def propose(town, old, new, why=WHY):
    return await town.city.platform.merge_members(await author(town), old.mykey_id, new.mykey_id, why)


async def merge(town, old, new):
    proposal = await propose(town, old, new)
    await town.decided(proposal, "platform", name="乙")
    return proposal


async def word(awaited):
    with pytest.raises(ProblemError) as caught:
        await awaited
    return caught.value.type


async def row(town, member):
    return await town.store.read(lambda conn: member_rows.find_member(conn, member.member_id))


async def held(town, member):
    """Account within the book → {day of issue: points}."""
    book = chart.member_book(member.member_id)

    def job(conn):
        return {
            account.removeprefix(f"{book}:"): {lot.issued_on: lot.points for lot in lots}
            for account in ledger.balances(conn, book, f"{book}:")
            if (lots := ledger.lots(conn, book, account))
        }

    return await town.store.read(job)


async def everything_in_all_books(town):
    """The points of all members together, account by account within their books."""

    def job(conn):
        text = "SELECT substr(account, length(book_id) + 2), sum(posted) FROM accounts WHERE account LIKE book_id || ':%' GROUP BY 1"
        return {account: int(points) for account, points in conn.execute(sa.text(text)) if points}

    return await town.store.read(job)


async def reserve(town, member, points, issued_on=TODAY):
    def job(conn):
        ledger.transfer(
            conn,
            Transfer(
                id=new_id(), book=chart.member_book(member.member_id), source=chart.partner_due("saison"),
                target=chart.reserve(member.member_id), points=points, at=NOON, kind="exchange", issued_on=issued_on,
            ),
        )  # fmt: skip

    await town.store.run(job)


class TestPoints:
    async def test_each_lot_goes_over_with_its_day_and_the_books_verify(self, town):
        old, new = await town.member(300, MAY), await town.member(50, JULY)
        await town.give(old.member_id, 200, JULY)
        await reserve(town, old, 70)
        before = await everything_in_all_books(town)
        proposal = await merge(town, old, new)
        municipal = f"municipality:{KASAMA}:{OUEN}"
        assert await held(town, old) == {}
        assert await held(town, new) == {municipal: {MAY: 300, JULY: 250}, "reserve": {NOON.date(): 70}}
        assert await everything_in_all_books(town) == before
        assert proposal.points == 570
        assert await town.total(chart.merge(proposal.proposal_id)) == 0
        report = await town.store.read(audit.verify)
        assert report.ok, report.faults
        assert await town.store.read(audit_log.verify) == []

    async def test_both_histories_tell_of_it_and_the_figures_of_the_city_do_not_change(self, town):
        old, new = await town.member(300, MAY), await town.member()
        await daily_stats.count_all(town.store)

        def figures(conn):
            days = daily_stats.by_day(conn, KASAMA, MAY, NOON.date())
            return days, daily_stats.by_issue(conn, KASAMA, OUEN)

        before = await town.store.read(figures)
        await merge(town, old, new)
        await daily_stats.count_all(town.store)
        assert await town.store.read(figures) == before
        for member, points in ((old, -300), (new, 300)):
            account = chart.municipal(member.member_id, KASAMA, OUEN)
            lines = await town.store.read(
                lambda conn, member=member, account=account: entries(
                    conn, chart.member_book(member.member_id), account
                )
            )
            assert [(line.kind, line.points) for line in lines if line.kind == "merge"] == [("merge", points)]

    async def test_a_gift_to_an_event_goes_over_and_comes_back_to_the_same_person(self, town):
        old, new = await town.member(), await town.member()
        event = SupportEvent(
            event_id="fes", name="祭り", starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(days=5),
            municipality=KASAMA, goal_points=1_000, on_failure="give_back",
        )  # fmt: skip
        await town.store.run(lambda conn: support_events.register(conn, event))
        for member in (old, new):
            await reserve(town, member, 100)
            await Allocations(store=town.store, clock=town.clock).contribute(
                member.member_id, new_id(), 60, "fes"
            )
        await merge(town, old, new)
        gifts = (await town.store.read(lambda conn: support_events.gifts_by_event(conn, ["fes"])))["fes"]
        assert (gifts.points, gifts.givers) == (120, 1)
        town.clock.forward(days=6)
        await town.city.nightly.outcomes.settle_ended()
        assert await held(town, new) == {"reserve": {NOON.date(): 200}}
        assert await held(town, old) == {}

    async def test_nothing_at_all_is_merged_too(self, town):
        old, new = await town.member(), await town.member()
        proposal = await merge(town, old, new)
        assert proposal.points is None
        assert (await row(town, old)).merged_into == new.member_id

    @pytest.mark.parametrize("seed", range(3))
    async def test_whatever_both_have_the_sum_of_each_account_is_the_same(self, town, seed):
        dice = random.Random(seed)
        people = [await town.member() for _ in range(4)]
        for _ in range(25):
            member, day = dice.choice(people), MAY + timedelta(days=dice.randrange(60))
            if dice.random() < 0.3:
                await reserve(town, member, dice.randrange(1, 500), day)
            else:
                await town.give(member.member_id, dice.randrange(1, 500), day)
        before = await everything_in_all_books(town)
        keeps = people.pop(dice.randrange(4))
        for member in people:
            await merge(town, member, keeps)
        assert await everything_in_all_books(town) == before
        assert [await held(town, member) for member in people] == [{}, {}, {}]
        report = await town.store.read(audit.verify)
        assert report.ok, report.faults


class TestWhoDecides:
    async def test_somebody_else_and_once(self, town):
        old, new = await town.member(300, MAY), await town.member()
        proposal = await propose(town, old, new)
        assert await word(town.decided(proposal, "platform", name="甲")) == "second-person-missing"
        changed = town.city.proposals.approve(
            await town.who("platform", PLATFORM, name="乙"), proposal.proposal_id, "0" * 64, "確認"
        )
        assert await word(changed) == "proposal-changed"
        assert await town.balance(new.member_id) == 0
        await town.decided(proposal, "platform", name="乙")
        assert await word(town.decided(proposal, "platform", name="乙")) == "proposal-state"
        assert await town.balance(new.member_id) == 300

    async def test_ten_yeses_at_once_move_the_points_once(self, town):
        old, new = await town.member(300, MAY), await town.member()
        names = [f"乙{number}" for number in range(5)]
        for name in names:
            await town.who("platform", PLATFORM, name=name)
        proposal = await propose(town, old, new)
        answers = await asyncio.gather(
            *(town.decided(proposal, "platform", name=name) for name in names for _ in range(2)),
            return_exceptions=True,
        )
        assert (
            sorted(getattr(answer, "type", "done") for answer in answers) == ["done"] + ["proposal-state"] * 9
        )
        assert await town.balance(new.member_id) == 300

    async def test_points_that_move_while_it_waits_outdate_it(self, town):
        for change in (100, -100):
            old, new = await town.member(300, MAY), await town.member()
            proposal = await propose(town, old, new)
            if change > 0:
                await town.give(old.member_id, change, JULY)
            else:
                await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
                shop = await town.city.shops.get(KASAMA, "soba")
                code = town.city.shops.code_of(shop)
                await town.city.spending.pay(old.member_id, new_id(), code, OUEN, -change)
            assert await word(town.decided(proposal, "platform", name="乙")) == "proposal-outdated"
            assert (await row(town, old)).active
            assert await town.balance(new.member_id) == 0

    async def test_a_payment_at_the_same_moment_comes_before_it_or_is_refused(self, town):
        await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
        code = town.city.shops.code_of(await town.city.shops.get(KASAMA, "soba"))
        for _ in range(5):
            old, new = await town.member(300, MAY), await town.member()
            proposal = await propose(town, old, new)
            answers = await asyncio.gather(
                town.city.spending.pay(old.member_id, new_id(), code, OUEN, 100),
                town.decided(proposal, "platform", name="乙"),
                return_exceptions=True,
            )
            both = await town.balance(old.member_id), await town.balance(new.member_id)
            refused = [isinstance(answer, ProblemError | LedgerError) for answer in answers]
            assert (refused, both) in [([False, True], (200, 0)), ([True, False], (0, 300))], answers
        assert (await town.store.read(audit.verify)).ok

    async def test_two_that_cross_end_one_of_the_two_members_only(self, town):
        one, two = await town.member(300, MAY), await town.member(200, JULY)
        there, back = await propose(town, one, two), await propose(town, two, one)
        answers = await asyncio.gather(
            town.decided(there, "platform", name="乙"), town.decided(back, "platform", name="乙"),
            return_exceptions=True,
        )  # fmt: skip
        assert sorted(getattr(answer, "type", "done") for answer in answers) == ["done", "proposal-outdated"]
        assert sorted([await town.balance(one.member_id), await town.balance(two.member_id)]) == [0, 500]

    async def test_what_cannot_be_is_refused_when_it_is_proposed(self, town):
        old, new, gone = await town.member(), await town.member(), await town.member()
        await revoke(town, gone)
        other = await town.member()
        await merge(town, old, new)
        for first, second, expected in (
            (new, new, "same-member"),
            (new, gone, "member-revoked"),
            (new, old, "member-merged"),
            (old, other, "member-merged"),
            (old, new, "nothing-to-merge"),
            (gone, new, "nothing-to-merge"),
        ):
            assert await word(propose(town, first, second)) == expected
        who = await author(town)
        platform = town.city.platform
        assert await word(platform.merge_members(who, "AAAAAAAA", new.mykey_id, WHY)) == "unknown-member"
        assert await word(platform.merge_members(who, other.mykey_id, "x", WHY)) == "unknown-member"
        assert await word(platform.merge_members(who, other.mykey_id, new.mykey_id, " ")) == "reason-missing"

    async def test_the_proposal_says_what_goes_over_with_names_cut(self, town):
        old, new = await town.member(300, MAY), await town.member()
        facts = (await propose(town, old, new)).facts
        assert (facts["from_mykey_id"], facts["mykey_id"]) == (old.mykey_id, new.mykey_id)
        assert (facts["from_name"], facts["name"]) == ("山● 花●", "山● 花●")
        assert facts["balances"] == "笠間応援ポイント 300"
        (line,) = await town.store.read(lambda conn: audit_log.page(conn, PLATFORM, limit=1))
        assert (line.action, line.subject, line.reason) == ("proposed", old.mykey_id, WHY)


async def revoke(town, member):
    context = town.city.context
    await Members(town.store, context.hasher, town.clock, vault=context.vault).revoke(member.member_id)


class TestTheOldId:
    async def test_nobody_signs_in_by_it_and_who_asks_at_the_desk_is_told_whose_it_is(self, town):
        old, new = await town.member(300, MAY), await town.member()
        token = Secret("a token of a session")
        await town.store.run(
            lambda conn: sessions.start(conn, token, member_id=old.member_id, client_id="portal", at=NOON)
        )
        await merge(town, old, new)
        ended = await row(town, old)
        assert (ended.state, ended.merged_into, ended.has_password) == (
            MemberState.REVOKED,
            new.member_id,
            False,
        )
        count = sa.text("SELECT count(*) FROM sessions WHERE member_id = :member")
        assert await town.store.read(lambda conn: conn.scalar(count, {"member": old.member_id})) == 0
        for look in (grantees.find_grantee, grantees.find):
            with pytest.raises(ProblemError) as caught:
                await town.store.read(lambda conn, look=look: look(conn, KASAMA, old.mykey_id, NOON.date()))
            assert (caught.value.type, caught.value.facts) == ("member-merged", {"mykey_id": new.mykey_id})
        with pytest.raises(ProblemError) as caught:
            await town.city.support.timeline(
                await town.who("operator"), old.mykey_id, "電話", before=None, limit=10
            )
        assert caught.value.facts == {"mykey_id": new.mykey_id}

    async def test_a_city_that_does_not_know_the_person_is_told_nothing(self, town):
        old, new = await town.member(300, MAY), await town.member()
        await merge(town, old, new)
        with pytest.raises(ProblemError) as caught:
            await town.store.read(lambda conn: grantees.find(conn, MITO, old.mykey_id, NOON.date()))
        assert caught.value.type == "unknown-member"

    async def test_the_person_reads_of_it_and_the_record_has_both_lives(self, town):
        old, new = await town.member(300, MAY), await town.member(20, JULY)
        await merge(town, old, new)
        events = await town.store.read(
            lambda conn: member_events.list_by_member(conn, new.member_id, NOON - timedelta(days=1))
        )
        assert [event.kind for event in events] == [MemberEventKind.MERGED]
        who = await author(town)
        for asked in (old, new):
            record = await town.city.member_data.export(who, asked.mykey_id, "開示請求")
            sections = {section.about.name: section.rows for section in record.sections}
            assert record.mykey_id == new.mykey_id
            assert sorted(line["points"] for line in sections["moves"] if line["kind"] == "exchange") == [
                20,
                300,
            ]
            assert [line["mykey_id"] for line in sections["former_mykey_ids"]] == [old.mykey_id]
            assert "members merged" in {line["what"] for line in sections["looks"]}
        own = await town.city.member_data.own_record(new.member_id)
        assert {section.about.name: len(section.rows) for section in own.sections}["moves"] == 4

    async def test_merges_in_a_row_lead_to_the_last(self, town):
        first, second, third = await town.member(10, MAY), await town.member(20, MAY), await town.member()
        await merge(town, first, second)
        await merge(town, second, third)
        assert await town.balance(third.member_id) == 30
        with pytest.raises(ProblemError) as caught:
            await town.store.read(lambda conn: grantees.find(conn, KASAMA, first.mykey_id, NOON.date()))
        assert caught.value.facts == {"mykey_id": third.mykey_id}

    async def test_points_of_a_revoked_member_come_to_the_new_id_and_late_ones_follow(self, town):
        old, new = await town.member(300, MAY), await town.member()
        await revoke(town, old)
        await merge(town, old, new)
        assert await town.balance(new.member_id) == 300
        await town.give(old.member_id, 40, JULY)  # a payment of before that a shop has given back
        await merge(town, old, new)
        assert await held(town, new) == {f"municipality:{KASAMA}:{OUEN}": {MAY: 300, JULY: 40}}
        assert (await town.store.read(audit.verify)).ok

    async def test_a_refund_of_a_payment_of_before_arrives_at_who_took_over_and_is_told(self, town):
        old, middle, new = await town.member(300, MAY), await town.member(), await town.member(10, JULY)
        shop = await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
        code, spend_id = town.city.shops.code_of(shop), new_id()
        await town.city.spending.pay(old.member_id, spend_id, code, OUEN, 120)
        await merge(town, old, middle)
        await merge(town, middle, new)
        town.clock.forward(minutes=1)
        who, refund_id = await town.who("shop", KASAMA, "soba"), new_id()
        for is_again in (False, True):
            done = await town.city.spending.refund_by_shop(who, refund_id, spend_id, 50, "返品")
            assert done.replayed is is_again
        assert await held(town, old) == {}
        assert await held(town, new) == {f"municipality:{KASAMA}:{OUEN}": {MAY: 230, JULY: 10}}
        told = await town.store.read(
            lambda conn: member_moves.list_by_member(conn, new.member_id, town.clock())
        )
        assert [(move.kind, move.points, move.point_service) for move in told] == [("refund", 50, OUEN)]
        await town.city.spending.pay(new.member_id, new_id(), code, OUEN, 240)
        assert await held(town, new) == {}
        assert (await town.store.read(audit.verify)).ok


class TestWhatElseThePersonHas:
    async def test_ways_in_go_over_but_the_password_and_what_is_there_already(self, town):
        old, new = await town.member(), await town.member()
        card, phone = (
            proofs.card_proof("a" * 64),
            ProofKey(kind=ProofKind.OIDC, issuer="https://op", subject_hash="b"),
        )
        other_card = proofs.card_proof("c" * 64)

        def job(conn):
            for member, proof in ((old, card), (old, phone), (new, other_card)):
                proofs.add(conn, member.member_id, proof, NOON)
            proofs.renew_password(conn, old.member_id, NOON)

        await town.store.run(job)
        await merge(town, old, new)

        def owners(conn):
            return [proofs.find_owner(conn, each) for each in (card, phone, other_card)]

        assert await town.store.read(owners) == [None, new.member_id, new.member_id]
        assert await town.store.read(lambda conn: proofs.list_by_member(conn, old.member_id)) == []

    @pytest.mark.parametrize(
        ("sums", "with_card", "after"),
        [
            ((300, None), True, 300),
            ((None, 300), True, 300),
            ((300, 500), True, 300),
            ((500, 0), True, 0),
            ((None, None), True, None),
            ((300, None), False, None),
        ],
    )
    async def test_the_lower_sum_above_which_payments_are_confirmed_goes_on(
        self, town, sums, with_card, after
    ):
        old, new = await town.member(), await town.member()

        def job(conn):
            for member, above in zip((old, new), sums, strict=True):
                member_rows.write(conn, member.member_id, step_up_above=above)
            if with_card:
                proofs.add(conn, old.member_id, proofs.card_proof("a" * 64), NOON)

        await town.store.run(job)
        await merge(town, old, new)
        assert await town.store.read(lambda conn: step_up.find_above(conn, new.member_id)) == after

    async def test_the_mail_address_goes_over_where_there_is_none(self, town):
        old, new = await town.member(), await town.member()
        addresses = MailAddresses(
            store=town.store, vault=town.city.context.vault, clock=town.clock, is_offered=True
        )
        await addresses.set_address(old.member_id, "hanako@example.jp")
        await town.store.run(
            lambda conn: conn.execute(sa.text("UPDATE member_mail SET confirmed_at = set_at"))
        )
        await merge(town, old, new)
        shown = await addresses.get(new.member_id)
        assert (shown.state, shown.masked) == (MailState.CONFIRMED, "ha***@example.jp")
        assert (await addresses.get(old.member_id)).state is MailState.NONE

    async def test_a_limit_of_a_project_counts_for_one_person(self, town):
        await town.add_project(replace(PLAN, most_grants_each=1))
        old, new = await town.member(), await town.member()
        operator = await town.who("operator")
        await town.city.grants.to_one(operator, "kosodate", new_id(), old.mykey_id, 1_000, "")
        await merge(town, old, new)
        again = town.city.grants.to_one(operator, "kosodate", new_id(), new.mykey_id, 1_000, "")
        assert await word(again) == "limit-of-the-project"

    async def test_point_cards_stop_and_the_city_has_a_line_of_it(self, town):
        old, new = await town.member(300, MAY), await town.member()
        operator = await town.who("operator")
        await town.city.cards.issue(operator, new_id(), OUEN, [old.mykey_id], "窓口")
        assert (await merge(town, old, new)).facts["cards_stopped"] == 1
        (line,) = await town.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=1))
        assert (line.action, line.subject) == ("pay card stopped", old.mykey_id)

    async def test_the_default_city_goes_over_where_there_is_none(self, town):
        old, new = await town.member(), await town.member()
        await town.store.run(
            lambda conn: member_rows.change(
                conn, old.member_id, default_municipality=KASAMA, default_point_service=OUEN
            )
        )
        await merge(town, old, new)
        assert (await row(town, new)).default_municipality == KASAMA
