"""What is looked at again at the decision: who has proposed and decides, how many are needed, what people read."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.cities import tables
from gateway.cities.grants.grant_file_rows import FileState
from gateway.cities.proposals import deeds, proposal_rows, staff_ties
from gateway.cities.proposals.deeds import CITY_DEEDS, DECIDING_ROLES, Deed, DeedRule
from gateway.cities.proposals.effects import EFFECTS
from gateway.cities.proposals.proposal_rows import ProposalState
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import Role
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, MITO, NOON, OUEN
from .test_four_eyes import ACCOUNT, PLAN, announce, colleague, count_projects, propose


async def refused_word(attempt):
    with pytest.raises(ProblemError) as refused:
        await attempt
    return refused.value.type


async def approve(town, who, proposal):
    return await town.city.proposals.approve(who, proposal.proposal_id, proposal.digest, "")


async def change_table(town, boss, rule, *names):
    """Another line of the table, decided by these approvers."""
    proposal = await town.city.proposals.propose_deed_rule(boss, rule, "見直し")
    for name in names:
        await town.decided(proposal, name=name)


class TestWhoHasProposedIt:
    @pytest.mark.parametrize("way", ["stopped", "lowered"])
    async def test_what_an_author_proposed_who_may_not_any_more_is_not_carried_out(self, town, way):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        author = await colleague(town, "operator", "担当")
        proposal = await town.city.projects.add(author, PLAN)
        if way == "stopped":
            await town.city.staff.close(boss, author.staff_id, "退職")
        else:
            await town.city.staff.change_role(boss, author.staff_id, Role.VIEWER, "異動")
        assert await refused_word(approve(town, chief, proposal)) == "proposal-outdated"
        assert await count_projects(town) == 0
        ended = await town.city.proposals.send_back(chief, proposal.proposal_id, "本人が異動しました")
        assert ended.state is ProposalState.SENT_BACK


class TestHowManyAreNeeded:
    async def test_a_number_that_was_raised_counts_for_what_waits_already(self, town):
        boss = await colleague(town, "administrator", "管理者")
        people = [await colleague(town, "approver", name) for name in ("課長", "部長")]
        proposal = await town.city.projects.add(boss, PLAN)
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        seen = await town.city.proposals.get(people[0], proposal.proposal_id)
        assert seen.proposal.persons == 2
        await approve(town, people[0], proposal)
        assert await count_projects(town) == 0
        await approve(town, people[1], proposal)
        assert await count_projects(town) == 1

    async def test_a_number_that_was_lowered_does_not(self, town):
        boss = await colleague(town, "administrator", "管理者")
        people = [await colleague(town, "approver", name) for name in ("課長", "部長")]
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        proposal = await town.city.projects.add(boss, PLAN)
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=1), "課長")
        await approve(town, people[0], proposal)
        assert await count_projects(town) == 0

    async def test_the_yes_of_somebody_who_was_stopped_since_does_not_count(self, town):
        boss = await colleague(town, "administrator", "管理者")
        people = [await colleague(town, "approver", name) for name in ("課長", "部長", "次長", "主幹")]
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        proposal = await town.city.projects.add(await colleague(town, "operator", "担当"), PLAN)
        await approve(town, people[0], proposal)
        await town.city.staff.close(boss, people[0].staff_id, "退職")
        await approve(town, people[1], proposal)
        assert await count_projects(town) == 0
        await approve(town, people[2], proposal)
        assert await count_projects(town) == 1


class TestWhatPeopleRead:
    @pytest.mark.parametrize("column", ["facts", "points", "persons", "reason", "proposed_by", "ground"])
    async def test_a_row_that_was_rewritten_is_found_out(self, town, column):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        proposal = await town.city.projects.add(boss, PLAN)
        other = {
            "facts": json.dumps({"name": "小さな事業", "budget": 1}), "points": 1, "persons": 0, "reason": "別の理由",
            "proposed_by": chief.staff_id, "ground": "{}",
        }  # fmt: skip
        rows = tables.proposals
        await town.store.run(lambda conn: conn.execute(update(rows).values({column: other[column]})))
        assert await refused_word(approve(town, chief, proposal)) == "proposal-changed"
        assert await count_projects(town) == 0

    @pytest.mark.parametrize("deed", CITY_DEEDS)
    async def test_facts_name_what_it_is_about(self, town, deed):
        """A name can be changed or be another's; the number or login of it cannot."""
        author = await colleague(town, "administrator", "起案者")
        await colleague(town, "approver", "課長")
        proposal, _ = await propose(town, deed, author)
        named = str(dict(proposal.facts))
        subjects = {
            Deed.GRANT: ["kosodate", "mykey_id"], Deed.GRANT_FILE: ["kosodate", "x.csv"], Deed.PROJECT: ["new", OUEN], Deed.BUDGET: ["kosodate", OUEN],
            Deed.SHOP_ACCOUNT: ["soba"], Deed.REFUND: ["cafe", "spend_id"], Deed.CLOSING: ["2018-07-16", "2018-07-31"],
            Deed.TRANSFER_FILE: ["2018-07-16", "0009-001 ****666"], Deed.PAYER_ACCOUNT: ["0123456789"], Deed.STAFF: ["kaku"],
            Deed.DEED_RULE: ["'deed': 'grant'", "'points_a_day_before': 100000"], Deed.RULE: [OUEN], Deed.SHOP_STAFF: ["kaku", "soba"],
            Deed.SHOP_RESET: ["soba", "shop-"], Deed.MEMBER_ACCESS: ["mykey_id", "山田 花子"],
            Deed.RULE_WITHDRAWAL: [OUEN, "'version': 1"], Deed.GRANT_CANCEL: ["kosodate", "mykey_id"],
            Deed.CORRECTION: ["mykey_id", OUEN], Deed.PAYOUT: ["cafe", "2018-07-16"],
            Deed.SHOP_DEBT: ["cafe", "'yen': 100"], Deed.SETTLEMENT_SETTINGS: ["仕様書", "0 → 114"],
            Deed.PRIVACY_TEXT: ["市の文"], Deed.CARD_LIMITS: ["card_points_a_day"], Deed.REPRESENTATIVE: ["representative_id"],
            Deed.CARRY_IN: ["balances.csv", OUEN], Deed.CARRY_IN_JOIN: ["number", "mykey_id"],
            Deed.COMPANY: ["mihon", "見本 (pan)"],
            Deed.SHOP_LIST: ["shops.csv", "パンの見本"],
            Deed.SHOP_APPLICATION: ["pan-ya", "パンの見本", "0009-001 ****567"],
            Deed.ANNOUNCEMENT: ["夏の給付", "始めます。", "'audience': 'all'"],
        }  # fmt: skip
        for word in subjects.get(deed, ["viewer-"]):
            assert word in named

    async def test_an_account_is_decided_for_the_shop_that_was_shown(self, town):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        proposal, account = await propose(town, Deed.SHOP_ACCOUNT, boss)
        shop = await town.city.shops.get(KASAMA, "soba")
        entry = {name: getattr(shop, name) for name in ("name", "name_kana", "category", "address", "phone")}
        await town.city.shops.change(boss, "soba", ShopEntry(**entry | {"name": "別のお店"}))
        assert await refused_word(approve(town, chief, proposal)) == "proposal-outdated"
        assert await account() is None


class TestWhatAPointIsWorth:
    @pytest.mark.parametrize("deed", [Deed.PROJECT, Deed.BUDGET, Deed.GRANT, Deed.GRANT_FILE])
    async def test_it_is_shown_in_each_proposal_that_makes_points(self, town, deed):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        proposal, state = await propose(town, deed, boss)
        assert (proposal.facts["point_service"], proposal.facts["unit_value_yen"]) == (OUEN, 1)
        before = await state()
        await town.decided(await announce(town, boss, 10_000), name="課長")
        assert await refused_word(approve(town, chief, proposal)) == "proposal-outdated"
        assert await state() == before
        await town.city.proposals.send_back(chief, proposal.proposal_id, "価値が変わります")
        again, _ = await propose(town, deed, boss) if deed is Deed.PROJECT else (None, None)
        assert again is None or again.facts["unit_value_later"] == 10_000

    async def test_one_administrator_alone_does_not_change_it(self, town):
        boss = await colleague(town, "administrator", "管理者")
        await colleague(town, "approver", "課長")
        await town.city.services.add(boss, "new", "新しいポイント")
        rule = PointRule(unit_value_yen=10_000)
        made = await town.city.rules.announce(
            boss, "new", rule, NOON.date(), worse_accepted=True, reason="新設"
        )
        assert (made.state, await town.city.rules.versions(KASAMA, "new")) == (ProposalState.WAITING, [])

    async def test_a_rule_names_before_and_after_and_whom_it_touches(self, town):
        await town.announce(PointRule(open_for_direct_exchange=True, most_granted_a_day=500), NOON.date())
        for points in (300, 200):
            await town.member(points=points)
        boss, day = await town.who("administrator"), NOON.date() + timedelta(days=30)
        rule = PointRule(
            expiry=Expiry.MONTHS, expiry_count=6, unit_value_yen=2, open_for_direct_exchange=True
        )
        proposal = await town.city.rules.announce(boss, OUEN, rule, day, worse_accepted=True, reason="改正")
        assert dict(proposal.facts) == {
            "point_service": OUEN, "name": "笠間応援ポイント", "takes_effect_on": day.isoformat(),
            "unit_value_yen_before": 1, "unit_value_yen": 2, "expiry_before": "none", "expiry": "months:6",
            "direct_exchange_before": "yes", "direct_exchange": "yes", "most_spent_a_day_before": "none",
            "most_spent_a_day": "none", "most_granted_a_day_before": 500, "most_granted_a_day": "none",
            "worse": "points-expire-earlier", "members": 2, "held_points": 500,
        }  # fmt: skip

    async def test_a_decision_that_comes_too_late_for_its_day_does_nothing(self, town):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        proposal = await announce(town, boss, 2)
        town.clock.forward(days=9)
        assert await refused_word(approve(town, chief, proposal)) == "rule-in-effect"
        assert await town.city.rules.versions(KASAMA, OUEN) == []

    async def test_two_versions_at_once_are_decided_one_after_the_other(self, town):
        boss, other = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "administrator", "別"),
        )
        await announce(town, boss, 2)
        assert await refused_word(announce(town, other, 3)) == "proposal-pending"


class TestTheCityCanAlwaysDecide:
    @pytest.mark.parametrize("deed", [Deed.PROJECT, Deed.DEED_RULE])
    async def test_no_line_of_the_table_asks_for_more_others_than_there_are(self, town, deed):
        boss = await colleague(town, "administrator", "管理者")
        await colleague(town, "approver", "課長")
        rule = DeedRule(deed=deed, persons=2)
        assert await refused_word(town.city.proposals.propose_deed_rule(boss, rule, "")) == "reason-missing"
        assert (
            await refused_word(town.city.proposals.propose_deed_rule(boss, rule, "大事")) == "bad-deed-rule"
        )
        await colleague(town, "approver", "部長")
        await change_table(town, boss, rule, "課長")
        assert (await town.city.proposals.deed_rules(boss))[CITY_DEEDS.index(deed)].persons == 2

    async def test_nor_once_somebody_has_left_while_it_waited(self, town):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        third = await colleague(town, "approver", "部長")
        rule = DeedRule(deed=Deed.PROJECT, persons=2)
        proposal = await town.city.proposals.propose_deed_rule(boss, rule, "大事")
        await town.city.staff.close(boss, third.staff_id, "退職")
        assert await refused_word(approve(town, chief, proposal)) == "bad-deed-rule"

    @pytest.mark.parametrize("way", ["stopped", "lowered"])
    async def test_one_administrator_does_not_leave_the_city_without_a_second_person(self, town, way):
        boss = await colleague(town, "administrator", "管理者")
        others = [
            await colleague(town, "administrator", "別の管理者"),
            await colleague(town, "approver", "課長"),
        ]

        def remove(person):
            if way == "stopped":
                return town.city.staff.close(boss, person.staff_id, "退職")
            return town.city.staff.change_role(boss, person.staff_id, Role.VIEWER, "異動")

        await remove(others[0])
        assert await refused_word(remove(others[1])) == "too-few-deciders"
        people = await town.store.read(lambda conn: staff_rows.list_by_city(conn, KASAMA))
        assert sum(each.active and each.role in DECIDING_ROLES for each in people) == 2

    async def test_another_citys_table_is_not_this_ones(self, town):
        line = DeedRule(deed=Deed.PROJECT, persons=3)
        await town.store.run(lambda conn: deeds.save_rule(conn, MITO, line))
        here = await town.store.read(lambda conn: deeds.list_by_city(conn, KASAMA))
        assert {each.persons for each in here} == {1}
        assert await town.store.read(lambda conn: deeds.most_persons(conn, MITO)) == 3

    @pytest.mark.parametrize("deed", [Deed.GRANT, Deed.REFUND])
    def test_a_line_with_sums_says_what_one_person_gives_in_a_day(self, deed):
        with pytest.raises(ProblemError) as caught:
            deeds.check_rule(DeedRule(deed=deed))
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-deed-rule", "points_a_day")

    async def test_nor_with_fewer_than_its_own_table_asks_for(self, town):
        boss = await colleague(town, "administrator", "管理者")
        people = [await colleague(town, "approver", name) for name in ("課長", "部長")]
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        word = await refused_word(town.city.staff.close(boss, people[1].staff_id, "退職"))
        assert word == "too-few-deciders"


async def test_what_waits_is_found_however_much_has_ended(town, monkeypatch):
    monkeypatch.setattr(proposal_rows, "PAGE_SIZE", 3)
    boss, chief = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    waiting = await town.city.projects.add(boss, PLAN)
    for number in range(4):
        town.clock.forward(seconds=1)
        done = await town.city.projects.add(boss, replace(PLAN, project_id=f"p{number}"))
        await town.city.proposals.withdraw(boss, done.proposal_id, "やめる")
    page = await town.city.proposals.list_by_state(chief, [ProposalState.WAITING])
    assert [each.proposal.proposal_id for each in page.proposals] == [waiting.proposal_id]
    seen, after = [], None
    while True:
        page = await town.city.proposals.list_by_state(chief, after=after)
        seen += [each.proposal.proposal_id for each in page.proposals]
        after = page.next_after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 5


class TestWhomItConcerns:
    async def test_who_is_to_be_raised_neither_approves_nor_sends_it_back(self, town):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        await colleague(town, "approver", "部長")
        proposal = await town.city.staff.change_role(boss, chief.staff_id, Role.ADMINISTRATOR, "昇任")
        assert not (await town.city.proposals.get(chief, proposal.proposal_id)).may_decide
        assert await refused_word(approve(town, chief, proposal)) == "second-person-missing"
        sent_back = town.city.proposals.send_back(chief, proposal.proposal_id, "辞退します")
        assert await refused_word(sent_back) == "second-person-missing"
        await town.decided(proposal, name="部長")
        people = await town.store.read(lambda conn: staff_rows.list_by_city(conn, KASAMA))
        assert {each.staff_id: each.role for each in people}[chief.staff_id] is Role.ADMINISTRATOR

    async def test_a_partner_is_asked_for_nobody_who_may_not_decide(self, town, monkeypatch):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        asked = []

        async def ask(_context, command):
            asked.append(command)

        monkeypatch.setitem(EFFECTS, Deed.PROJECT, replace(EFFECTS[Deed.PROJECT], beforehand=ask))
        proposal = await town.city.projects.add(boss, PLAN)
        assert await refused_word(approve(town, boss, proposal)) == "second-person-missing"
        assert asked == []
        await approve(town, chief, proposal)
        assert len(asked) == 1


class TestHowItEndsUndecided:
    @pytest.mark.parametrize(
        ("way", "state", "action"),
        [
            ("withdrawn", FileState.CANCELLED, AuditAction.PROPOSAL_WITHDRAWN),
            ("sent back", FileState.SENT_BACK, AuditAction.PROPOSAL_SENT_BACK),
            ("expired", FileState.CANCELLED, None),
        ],
    )
    async def test_its_subject_is_free_and_the_log_says_who_and_why(self, town, way, state, action):
        author, chief = (
            await colleague(town, "operator", "担当"),
            await colleague(town, "approver", "課長"),
        )
        await town.add_project(PLAN)
        member = await town.member()
        raw = f"マイキーID,ポイント\n{member.mykey_id},900".encode()
        file, _ = await town.city.files.upload(author, "kosodate", "x.csv", raw)
        proposal_id = await town.city.files.proposal_of(KASAMA, file.file_id)
        match way:
            case "withdrawn":
                await town.city.proposals.withdraw(author, proposal_id, "取りやめ")
            case "sent back":
                await town.city.proposals.send_back(chief, proposal_id, "名簿が古い")
            case _:
                town.clock.forward(days=15)
                assert await town.city.proposals.expire_lapsed() == 1
        assert (await town.city.files.get(KASAMA, file.file_id)).state is state
        if action is not None:
            lines = await town.store.read(
                lambda conn: audit_log.page(conn, KASAMA, actions=[action.value], limit=1)
            )
            who, why = (author, "取りやめ") if way == "withdrawn" else (chief, "名簿が古い")
            assert [(line.actor_name, line.reason) for line in lines] == [(who.display_name, why)]

    async def test_a_line_of_the_table_that_was_drawn_before_another_is_shown_anew(self, town):
        boss = await colleague(town, "administrator", "管理者")
        await colleague(town, "approver", "課長")
        await colleague(town, "approver", "部長")
        seen = next(
            rule.version for rule in await town.city.proposals.deed_rules(boss) if rule.deed is Deed.PROJECT
        )
        await change_table(town, boss, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        late = town.city.proposals.propose_deed_rule(
            boss, DeedRule(deed=Deed.PROJECT, persons=0), "見直し", seen
        )
        assert await refused_word(late) == "changed-meanwhile"


class TestWhatEachIsShown:
    async def test_who_may_decide_it_now_and_nobody_else(self, town):
        author, chief = (
            await colleague(town, "administrator", "起案者"),
            await colleague(town, "approver", "課長"),
        )
        viewer, other = await colleague(town, "viewer", "閲覧"), await colleague(town, "approver", "部長")
        await change_table(town, author, DeedRule(deed=Deed.PROJECT, persons=2), "課長")
        proposal = await town.city.projects.add(author, PLAN)

        async def shown_to(who):
            page = await town.city.proposals.list_by_state(who, [ProposalState.WAITING])
            (listed,) = page.proposals
            assert listed == await town.city.proposals.get(who, proposal.proposal_id)
            return listed.may_decide

        assert [await shown_to(who) for who in (author, viewer, chief, other)] == [False, False, True, True]
        await approve(town, chief, proposal)
        assert [await shown_to(who) for who in (author, viewer, chief, other)] == [False, False, False, True]
        town.clock.forward(days=15)
        assert not (await town.city.proposals.get(other, proposal.proposal_id)).may_decide
        page = await town.city.proposals.list_by_state(other)
        assert [each.proposal.deed for each in page.proposals] == [Deed.DEED_RULE]

    async def test_an_account_is_in_full_for_its_author_and_who_decides_it(self, town):
        author, chief = (
            await colleague(town, "administrator", "起案者"),
            await colleague(town, "approver", "課長"),
        )
        viewer = await colleague(town, "viewer", "閲覧")
        proposal, _ = await propose(town, Deed.SHOP_ACCOUNT, author)
        numbers = [
            (await town.city.proposals.get(who, proposal.proposal_id)).account_number
            for who in (author, chief, viewer)
        ]
        assert numbers == [ACCOUNT.number, ACCOUNT.number, None]

    async def test_a_code_of_a_members_is_shown_to_the_last_of_those_who_are_needed(self, town):
        boss, chief = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
        )
        last = await colleague(town, "approver", "部長")
        await change_table(town, boss, DeedRule(deed=Deed.MEMBER_ACCESS, persons=2), "課長")
        proposal, _ = await propose(town, Deed.MEMBER_ACCESS, await colleague(town, "operator", "担当"))
        first = await approve(town, chief, proposal)
        assert (first.proposal.state, first.member_code) == (ProposalState.WAITING, None)
        second = await approve(town, last, proposal)
        assert second.proposal.state is ProposalState.CARRIED_OUT
        assert second.member_code is not None
        lines = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=[AuditAction.PROPOSAL_APPROVED.value])
        )
        assert [line.actor_name for line in lines][:2] == ["部長", "課長"]

    async def test_changes_of_access_are_the_administrators_to_see_and_ones_own(self, town):
        boss, viewer = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "viewer", "閲覧"),
        )
        await colleague(town, "approver", "課長")
        clerk = await colleague(town, "operator", "担当")
        for person in (viewer, clerk):
            await town.decided(
                await town.city.staff.change_role(boss, person.staff_id, Role.APPROVER, "昇任"), name="課長"
            )
        everybody = {each.staff_id for each in await town.city.proposals.staff_changes(boss)}
        assert {viewer.staff_id, clerk.staff_id} <= everybody
        own = await town.city.proposals.staff_changes(viewer)
        assert {each.staff_id for each in own} == {viewer.staff_id}

    async def test_who_was_lowered_or_stopped_is_told_like_the_others_by_whom_and_once(
        self, town_on_each_database
    ):
        town = town_on_each_database
        boss, chief, clerk = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "approver", "課長"),
            await colleague(town, "operator", "担当"),
        )
        await colleague(town, "approver", "部長")
        cashier = await town.who("shop", shop_id="soba")
        await town.city.staff.change_role(boss, chief.staff_id, Role.VIEWER, "異動")
        await town.city.staff.change_role(boss, chief.staff_id, Role.VIEWER, "同じ権限")
        for person in (clerk, clerk, cashier):  # a shop is told of its own people by itself
            await town.city.staff.close(boss, person.staff_id, "退職")
        changes = await town.city.proposals.staff_changes(boss)
        told = {(each.staff_id, each.change, each.by_staff) for each in changes}
        assert told == {
            (chief.staff_id, "lowered", boss.staff_id),
            (clerk.staff_id, "stopped", boss.staff_id),
        }
        assert len(changes) == 2
        own = await town.city.proposals.staff_changes(chief)
        assert [(each.staff_id, each.change) for each in own] == [(chief.staff_id, "lowered")]

    async def test_who_lowers_or_stops_somebody_is_tied_to_nobody_by_it(self, town_on_each_database):
        town = town_on_each_database
        boss, chief, clerk = (
            await colleague(town, "administrator", "管理者"),
            await colleague(town, "administrator", "部長"),
            await colleague(town, "approver", "課長"),
        )
        await town.city.staff.change_role(chief, clerk.staff_id, Role.OPERATOR, "異動")
        await town.city.staff.close(chief, clerk.staff_id, "退職")
        await town.city.staff.close(boss, clerk.staff_id, "退職")
        ties = [
            await town.store.read(lambda conn, who=who: staff_ties.tied_to(conn, who.staff_id, town.clock()))
            for who in (boss, chief, clerk)
        ]
        assert ties == [set(), set(), set()]
