"""Four eyes: every deed by every kind of person, on both databases; and the ways in which one person was two."""

import asyncio
import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway.cities import tables
from gateway.cities.announcements import PublishAnnouncement
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.cities.grants.staff_days import granted_alone
from gateway.cities.member_data.privacy_texts import PrivacyText
from gateway.cities.proposals import deeds, proposal_rows
from gateway.cities.proposals.deeds import CITY_DEEDS, Deed, DeedRule
from gateway.cities.proposals.effects import EFFECTS
from gateway.cities.proposals.proposal_rows import LEGAL, ProposalState
from gateway.cities.settlement import shop_debts, transfer_files
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.cities.settlement.shop_debts import DebtEnd
from gateway.cities.shops import shop_rows
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.bank_accounts import BankAccount, Payer, encrypt_payer
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending.pay_card_rows import CardLimits
from gateway.cities.staff import staff_rows
from gateway.cities.support.representatives import AppointRepresentative
from gateway.errors import ProblemError
from gateway.members import representations
from gateway.members.representations import RepresentationKind
from gateway.platform import audit_log
from gateway.platform import tables as platform_tables
from gateway.platform.roles import Role
from gateway.points.announcements import Audience, Wording
from gateway.points.rules import PointRule

from .conftest import KASAMA, MITO, NOON, OUEN, new_id

ACCOUNT = BankAccount(
    bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="6666666",
    holder="ミホン",
)  # fmt: skip
JULY_16 = date(2018, 7, 16)
PLAN = ProjectPlan(
    project_id="kosodate", point_service=OUEN, name="子育て応援", place="", content="", starts_on=date(2018, 7, 1),
    ends_on=date(2018, 9, 30), points_each=1_000, budget=50_000_000,
)  # fmt: skip


@pytest.fixture
async def town(town_on_each_database):
    return town_on_each_database


async def colleague(town, role, name):
    """A member of staff who is nobody's creature."""
    return await town.who(role, name=name)


async def again(town, session):
    """The session of the same person as the database knows them now."""

    def job(conn):
        token = staff_rows.start_session(
            conn, session.staff_id, client_id="city", strong=True, at=town.clock()
        )
        return staff_rows.find_session(conn, token.reveal(), client_id="city", now=town.clock())

    return await town.store.run(job)


async def propose(town, deed, author):
    """Propose one of each; gives the proposal and what must stay as it is while it waits."""
    city, code = town.city, KASAMA
    match deed:
        case Deed.PROJECT:
            proposal = await city.projects.add(author, replace(PLAN, project_id="new"))
            return proposal, lambda: count_projects(town)
        case Deed.BUDGET:
            await town.add_project(PLAN)
            proposal = await city.projects.change_budget(author, "kosodate", 60_000_000, "補正予算")
            return proposal, lambda: budget_of(town)
        case Deed.GRANT:
            await town.add_project(PLAN)
            member = await town.member()
            proposal = await city.grants.to_one(author, "kosodate", new_id(), member.mykey_id, 3_000_000)
            return proposal, lambda: town.balance(member.member_id)
        case Deed.GRANT_CANCEL:
            await town.add_project(PLAN)
            member, grant_id = await town.member(), new_id()
            await city.grants.to_one(author, "kosodate", grant_id, member.mykey_id, 500)
            grant = f"grant:{code}:kosodate:one:{grant_id}"
            proposal = await city.corrections.cancel_grant(
                author, "kosodate", new_id(), member.mykey_id, grant, 500, "誤り"
            )
            return proposal, lambda: town.balance(member.member_id)
        case Deed.CORRECTION:
            member = await town.member(points=700)
            proposal = await city.corrections.correct_balance(
                author, new_id(), member.mykey_id, OUEN, 300, "誤り"
            )
            return proposal, lambda: town.balance(member.member_id)
        case Deed.GRANT_FILE:
            await town.add_project(PLAN)
            member = await town.member()
            raw = f"マイキーID,ポイント\n{member.mykey_id},900".encode()
            file, _ = await city.files.upload(author, "kosodate", "x.csv", raw)
            proposal_id = await city.files.proposal_of(code, file.file_id)
            proposal = (await city.proposals.get(author, proposal_id)).proposal
            return proposal, lambda: granted_of(town)
        case Deed.CARRY_IN:
            member = await town.member()
            header = "利用者番号,マイキーID,引継ぎコード,ポイント制度,ポイント,発行日,最終日,有償・無償"
            raw = f"{header}\n0012,{member.mykey_id},,{OUEN},500,2018-04-01,,無償".encode()
            carried, _ = await city.carry_ins.upload(author, "balances.csv", raw)
            totals = await city.carry_ins.totals(code, carried.file_id)
            proposal = await city.carry_ins.propose(author, carried.file_id, totals.sums)
            return proposal, lambda: carry_in_state(town, carried.file_id)
        case Deed.CARRY_IN_JOIN:
            member = await town.member()
            await waiting_number(town)
            proposal = await city.lost_codes.propose(author, "0012", member.mykey_id, "通知の紛失")
            return proposal, lambda: town.balance(member.member_id)
        case Deed.REFUND:
            spend, member = await paid_spend(town, author, 15_000)
            proposal = await city.spending.refund_by_city(author, new_id(), spend.spend_id, 12_000, "誤り")
            return proposal, lambda: town.balance(member.member_id)
        case Deed.CLOSING:
            await paid_spend(town, author, 100)
            town.clock.forward(days=1)
            return await city.settlements.close(author, JULY_16), lambda: closed_at(town)
        case Deed.TRANSFER_FILE:
            await paid_spend(town, author, 100)
            sealed = encrypt_payer(city.context.vault, code, Payer(client_code="0123456789", account=ACCOUNT))
            bank = {"municipality": code, "payer_sealed": sealed, "changed_at": NOON}
            await town.store.run(lambda conn: conn.execute(tables.city_banks.insert().values(**bank)))
            town.clock.forward(days=1)
            await town.close_cycle(JULY_16)
            return await city.settlements.make_transfer_file(author, JULY_16), lambda: files_made(town)
        case Deed.PAYOUT:
            await paid_spend(town, author, 100)
            town.clock.forward(days=1)
            await town.close_cycle(JULY_16)
            held = await city.settlements.record_payout(author, JULY_16, "cafe", PayoutState.HELD, "確認中")
            return held, lambda: city.settlements.payouts(code, JULY_16)
        case Deed.SHOP_DEBT:
            await owing_shop(town, author)
            proposal = await city.settlements.end_shop_debt(author, "cafe", DebtEnd.WRITTEN_OFF, "廃業")
            return proposal, lambda: debts_ended(town)
        case Deed.SHOP_ACCOUNT:
            await city.shops.register(author, "soba", ShopEntry(name="そば"))
            return await city.shops.set_bank(author, "soba", ACCOUNT), lambda: city.shops.bank(code, "soba")
        case Deed.PAYER_ACCOUNT:
            payer = Payer(client_code="0123456789", account=ACCOUNT)
            return await city.shops.set_payer(author, payer), lambda: city.shops.payer(code)
        case Deed.STAFF:
            proposal = await city.staff.add(
                author, login="kaku", display_name="架空 太郎", role=Role.APPROVER
            )
            return proposal, lambda: logins(town)
        case Deed.ROLE:
            viewer = await colleague(town, "viewer", "閲覧")
            proposal = await city.staff.change_role(author, viewer.staff_id, Role.APPROVER, "昇任")
            return proposal, lambda: person(town, viewer.staff_id)
        case Deed.RESET:
            viewer = await colleague(town, "viewer", "紛失")
            proposal = await city.staff.reset(author, viewer.staff_id, "電話の紛失")
            return proposal, lambda: person(town, viewer.staff_id)
        case Deed.RESTART:
            viewer = await colleague(town, "viewer", "復職")
            await city.staff.close(author, viewer.staff_id, "休職")
            proposal = await city.staff.restart(author, viewer.staff_id, "復職")
            return proposal, lambda: person(town, viewer.staff_id)
        case Deed.SHOP_STAFF:
            await city.shops.register(author, "soba", ShopEntry(name="そば"))
            proposal = await city.staff.add_to_shop(author, login="kaku", display_name="店長", shop_id="soba")
            return proposal, lambda: logins(town)
        case Deed.SHOP_APPLICATION:
            number = await applied(town, author)
            proposal = await city.shop_applications.propose_acceptance(
                author, number, shop_id="pan-ya", login="pan-ya"
            )
            return proposal, lambda: town.store.read(lambda conn: shop_rows.list_shops(conn, code))
        case Deed.SHOP_LIST:
            raw = "店名,住所\nパンの見本,笠間市1-2".encode()
            seen = (await city.shop_imports.check(author, raw)).seen
            proposal = await city.shop_imports.propose(author, "shops.csv", raw, seen, "名簿")
            return proposal, lambda: town.store.read(lambda conn: shop_rows.list_shops(conn, code))
        case Deed.COMPANY:
            for shop_id in ("soba", "pan"):
                await city.shops.register(author, shop_id, ShopEntry(name="見本"))
            proposal = await city.companies.propose(author, "mihon", "見本商事", ("soba", "pan"), ())
            return proposal, lambda: city.companies.list_by_city(code)
        case Deed.SHOP_RESET:
            await city.shops.register(author, "soba", ShopEntry(name="そば"))
            clerk = await town.who("shop", KASAMA, "soba")
            await city.staff.close(author, clerk.staff_id, "休業")
            proposal = await city.staff.restart(author, clerk.staff_id, "再開")
            return proposal, lambda: person(town, clerk.staff_id)
        case Deed.REPRESENTATIVE:
            member, actor = await town.member(points=100), await town.member()
            command = AppointRepresentative(
                mykey_id=member.mykey_id, actor_mykey_id=actor.mykey_id, kind=RepresentationKind.FAMILY,
                may_exchange=False, pay_points_a_day=0, starts_on=NOON.date(), ends_on=NOON.date() + timedelta(days=300),
            )  # fmt: skip
            proposal = await city.representatives.appoint(author, command, "委任状を確認")
            return proposal, lambda: town.store.read(
                lambda conn: len(representations.list_of_member(conn, member.member_id))
            )
        case Deed.MEMBER_ACCESS:
            member = await town.member(points=100)
            proposal = await city.support.propose_access(author, member.mykey_id, "カードの紛失")
            return proposal, lambda: town.store.read(
                lambda conn: [
                    row.member_id for row in conn.execute(select(platform_tables.member_restorations))
                ]
            )
        case Deed.ANNOUNCEMENT:
            announcement = PublishAnnouncement(
                announcement_id=new_id(), audience=Audience.ALL, shown_from=NOON, shown_until=NOON + timedelta(days=9),
                title=Wording(ja="夏の給付"), text=Wording(ja="始めます。"),
            )  # fmt: skip
            proposal = await city.announcements.publish(author, announcement)
            return proposal, lambda: city.announcements.listed(code)
        case Deed.RULE:
            proposal = await announce(town, author, 10_000)
            return proposal, lambda: rule_versions(town)
        case Deed.RULE_WITHDRAWAL:
            await town.announce(PointRule(open_for_direct_exchange=True), NOON.date() + timedelta(days=9))
            proposal = await city.rules.withdraw(author, OUEN, 1, "取りやめ")
            return proposal, lambda: rule_versions(town)
        case Deed.SETTLEMENT_SETTINGS:
            settings = SettlementSettings(bank_sheet="仕様書", result_column=114, paid_codes=("0",))
            proposal = await city.settlements.propose_settings(author, settings, "銀行の仕様書")
            return proposal, lambda: city.settlements.settings(code)
        case Deed.PRIVACY_TEXT:
            proposal = await city.privacy_texts.propose_text(author, PrivacyText(ja="市の文"), "要綱")
            return proposal, lambda: city.privacy_texts.find(code)
        case Deed.CARD_LIMITS:
            limits = CardLimits(points_a_day=10**6)
            proposal = await city.cards.change_limits(author, limits, "簡素化", seen=None)
            return proposal, lambda: city.cards.limits(code)
        case Deed.DEED_RULE:
            rule = DeedRule(deed=Deed.GRANT, persons=0, points_a_day=10**9)
            proposal = await city.proposals.propose_deed_rule(author, rule, "簡素化")
            return proposal, lambda: town.store.read(lambda conn: deeds.rule_of(conn, code, Deed.GRANT))
        case _:
            raise AssertionError(deed)


async def waiting_number(town):
    """A number of the former system that waits for its person, as an approved file leaves it."""
    values = {"file_id": "f" * 32, "number": "12", "code_hash": "x" * 64, "member_id": None}
    line = {
        "line": 2, "mykey_id": "", "point_service": OUEN, "points": 500, "issued_on": "2018-04-01", "last_day": "",
        "origin": "free",
    }  # fmt: skip

    def job(conn):
        conn.execute(tables.carried_numbers.insert().values(municipality=KASAMA, **values))
        conn.execute(tables.carry_in_lines.insert().values(**values, **line))

    await town.store.run(job)


async def carry_in_state(town, file_id):
    return (await town.city.carry_ins.get(KASAMA, file_id)).state


async def applied(town, author):
    """The number of an application that waits to be examined."""
    applications = town.city.shop_applications
    terms = await applications.set_terms(author, "規約", "開始")
    entry = ApplicationEntry(
        name="パンの見本", name_kana="パンノミホン", category="パン", address="笠間市1-2", phone="0296-00-0001",
        contact="見本 花", mail="pan@example.jp",
    )  # fmt: skip
    account = replace(ACCOUNT, number="1234567")
    sent = await applications.apply(KASAMA, new_id(), entry, account, terms_version=terms.number)
    return sent.application.number


async def paid_spend(town, author, points):
    """A payment at a shop that has an account."""
    shop = await town.city.shops.register(author, "cafe", ShopEntry(name="カフェ"))
    await town.set_account("cafe")
    member = await town.member(points=points)
    code = town.city.shops.code_of(shop)
    paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)
    return paid.spend, member


async def owing_shop(town, author):
    """A closed shop that owes 100 yen: paid in July, given back in August, and its closing carried on."""
    spend, _ = await paid_spend(town, author, 100)
    town.clock.forward(days=1)
    await town.close_cycle(JULY_16)
    await town.refund(spend, 100)
    await town.city.shops.close(author, "cafe", "廃業")
    town.clock.now = NOON.replace(month=8, day=16)
    await town.close_cycle(date(2018, 8, 1))


async def debts_ended(town):
    return await town.store.read(lambda conn: shop_debts.list_ended(conn, KASAMA))


async def closed_at(town):
    return (await town.city.settlements.get(KASAMA, JULY_16)).closed_at


async def files_made(town):
    return len(await town.store.read(lambda conn: transfer_files.list_made(conn, KASAMA, JULY_16)))


async def announce(town, author, unit_value_yen):
    rule = PointRule(unit_value_yen=unit_value_yen, open_for_direct_exchange=True)
    day = NOON.date() + timedelta(days=8)
    return await town.city.rules.announce(author, OUEN, rule, day, worse_accepted=False, reason="価値の変更")


async def rule_versions(town):
    return [each.version for each in await town.city.rules.versions(KASAMA, OUEN)]


async def count_projects(town):
    return len(await town.city.projects.listed(KASAMA))


async def granted_of(town):
    """What is given and set aside."""
    return (await town.city.projects.get(KASAMA, "kosodate")).granted


async def budget_of(town):
    return (await town.city.projects.get(KASAMA, "kosodate")).plan.budget


async def logins(town):
    people = await town.store.read(lambda conn: staff_rows.list_by_city(conn, KASAMA))
    return sorted(each.login for each in people if each.login == "kaku")


async def person(town, staff_id):
    return await town.store.read(lambda conn: staff_rows.require(conn, staff_id, KASAMA))


async def decider(town, kind, author):
    """Somebody who is to decide what `author` has proposed."""
    helper = await colleague(town, "administrator", "もう一人の管理者")
    match kind:
        case "author":
            return author
        case "other":
            return await colleague(town, "approver", "課長")
        case "raised by author":
            who = await colleague(town, "operator", "昇任")
            proposal = await town.city.staff.change_role(author, who.staff_id, Role.APPROVER, "昇任")
            await town.city.proposals.approve(helper, proposal.proposal_id, proposal.digest, "")
            return await again(town, who)
        case "reset by author":
            who = await colleague(town, "approver", "再設定")
            proposal = await town.city.staff.reset(author, who.staff_id, "電話の紛失")
            await town.city.proposals.approve(helper, proposal.proposal_id, proposal.digest, "")
            return await again(town, who)
        case "made by whom made the author":
            boss, chief = (
                await colleague(town, "administrator", "人事"),
                await colleague(town, "approver", "部長"),
            )
            for each, name in (
                (author, "再設定"),
                (who := await colleague(town, "approver", "兄弟"), "再設定"),
            ):
                proposal = await town.city.staff.reset(boss, each.staff_id, name)
                await town.city.proposals.approve(chief, proposal.proposal_id, proposal.digest, "")
            return await again(town, who)
        case "stopped":
            who = await colleague(town, "approver", "退職")
            await town.city.staff.close(helper, who.staff_id, "退職")
            return who
        case "operator":
            return await colleague(town, "operator", "担当")
        case _:
            return await colleague(town, "viewer", "閲覧者")


REFUSED = {
    "author": "second-person-missing",
    "raised by author": "second-person-missing",
    "reset by author": "second-person-missing",
    "made by whom made the author": "second-person-missing",
    "stopped": "role-not-allowed",
    "operator": "role-not-allowed",
    "viewer": "role-not-allowed",
}


@pytest.mark.parametrize("when", ["before", "in between"])
@pytest.mark.parametrize("deed", CITY_DEEDS)
async def test_who_decides_a_deed(town, deed, when):
    """Each kind of person tries in turn, and last of all the one who may decide.

    They are raised, reset or stopped before it was proposed, or in between: the answer is the same.
    """
    author = await colleague(town, "administrator", "起案者")
    chief = await decider(town, "other", author)
    deciders = {}
    if when == "before":
        deciders = {kind: await decider(town, kind, author) for kind in REFUSED}
    proposal, state = await propose(town, deed, author)
    for kind, refusal in REFUSED.items():
        who = deciders.get(kind) or await decider(town, kind, author)
        before = await state()
        with pytest.raises(ProblemError) as refused:
            await town.city.proposals.approve(who, proposal.proposal_id, proposal.digest, "")
        assert (kind, refused.value.type) == (kind, refusal)
        with pytest.raises(ProblemError):
            await town.city.proposals.send_back(who, proposal.proposal_id, "いいえ")
        assert (kind, await state()) == (kind, before)
    before = await state()
    decision = await town.city.proposals.approve(chief, proposal.proposal_id, proposal.digest, "")
    assert decision.proposal.state is ProposalState.CARRIED_OUT
    if deed is not Deed.RESET:  # what it changes is the password
        assert await state() != before


def test_every_deed_has_an_effect_and_every_state_its_moves():
    assert set(EFFECTS) == set(Deed)
    assert set(LEGAL) == set(ProposalState)


async def test_ten_at_once_decide_once_and_the_effect_is_one(town):
    author = await colleague(town, "operator", "起案者")
    people = [await colleague(town, "approver", f"課長{number}") for number in range(5)]
    await town.add_project(PLAN)
    member = await town.member()
    proposal = await town.city.grants.to_one(author, "kosodate", new_id(), member.mykey_id, 5_000)
    outcomes = await asyncio.gather(
        *(
            town.city.proposals.approve(who, proposal.proposal_id, proposal.digest, "")
            for who in people
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    words = sorted(getattr(each, "type", "done") for each in outcomes)
    assert words == ["done"] + ["proposal-state"] * 9
    assert await town.balance(member.member_id) == 5_000
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert [line.action for line in lines].count("proposal approved") == 2  # the project's and this one's
    assert await town.store.read(audit_log.verify) == []


async def test_another_hash_is_not_what_was_seen(town):
    author, other = await colleague(town, "operator", "起案者"), await colleague(town, "approver", "課長")
    proposal = await town.city.projects.add(author, PLAN)
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(other, proposal.proposal_id, "0" * 64, "")
    assert refused.value.type == "proposal-changed"


@pytest.mark.parametrize("deed", [Deed.BUDGET, Deed.SHOP_ACCOUNT, Deed.ROLE])
async def test_a_proposal_whose_ground_has_moved_is_refused_and_nothing_happens(town, deed):
    author, other = (
        await colleague(town, "administrator", "起案者"),
        await colleague(town, "approver", "課長"),
    )
    proposal, state = await propose(town, deed, author)
    if deed is Deed.BUDGET:
        await town.city.projects.change_budget(author, "kosodate", 40_000_000, "減額")
    elif deed is Deed.SHOP_ACCOUNT:
        await town.set_account("soba")
    else:
        await town.city.staff.close(other, proposal.subject, "退職")
    before = await state()
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(other, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "proposal-outdated"
    assert await state() == before
    sent_back = await town.city.proposals.send_back(other, proposal.proposal_id, "前提が変わりました")
    assert (sent_back.state, sent_back.decision_reason) == (ProposalState.SENT_BACK, "前提が変わりました")


async def test_a_second_proposal_for_the_same_thing_is_refused_and_the_same_one_is_one(town):
    author, other = await colleague(town, "operator", "起案者"), await colleague(town, "operator", "別の担当")
    await colleague(town, "approver", "課長")
    first = await town.city.projects.add(author, PLAN)
    assert (await town.city.projects.add(author, PLAN)).proposal_id == first.proposal_id
    for who, plan in ((author, replace(PLAN, budget=1)), (other, PLAN)):
        with pytest.raises(ProblemError) as refused:
            await town.city.projects.add(who, plan)
        assert refused.value.type == "proposal-pending"
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.withdraw(other, first.proposal_id, "やめる")
    assert refused.value.type == "proposal-of-another"
    await town.city.proposals.withdraw(author, first.proposal_id, "やめる")
    assert (await town.city.projects.add(other, PLAN)).proposal_id != first.proposal_id


async def test_a_proposal_runs_out_and_makes_way(town):
    author, other = await colleague(town, "operator", "起案者"), await colleague(town, "approver", "課長")
    first = await town.city.projects.add(author, PLAN)
    town.clock.forward(days=14)
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(other, first.proposal_id, first.digest, "")
    assert (refused.value.type, refused.value.facts["state"]) == ("proposal-state", "expired")
    second = await town.city.projects.add(author, PLAN)
    assert second.proposal_id != first.proposal_id
    town.clock.forward(days=15)
    assert await town.city.proposals.expire_lapsed() == 1
    states = [each.proposal.state for each in (await town.city.proposals.list_by_state(other)).proposals]
    assert states == [ProposalState.EXPIRED] * 2


async def test_a_city_of_one_person_is_told_what_it_cannot_do_and_one_of_two_works(town):
    alone = await colleague(town, "administrator", "一人")
    with pytest.raises(ProblemError) as refused:
        await town.city.projects.add(alone, PLAN)
    assert (refused.value.type, refused.value.facts["available"]) == ("nobody-to-decide", 0)
    other = await colleague(town, "approver", "二人目")
    proposal = await town.city.projects.add(alone, PLAN)
    await town.city.proposals.approve(other, proposal.proposal_id, proposal.digest, "")
    assert await count_projects(town) == 1


async def test_the_table_of_deeds_asks_for_as_many_persons_as_the_city_says(town):
    boss, one = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    two = await colleague(town, "approver", "部長")
    rule = DeedRule(deed=Deed.PROJECT, persons=2)
    await town.decided(await town.city.proposals.propose_deed_rule(boss, rule, "大事なので"), name="課長")
    proposal = await town.city.projects.add(boss, PLAN)
    first = await town.city.proposals.approve(one, proposal.proposal_id, proposal.digest, "")
    assert (first.proposal.state, first.proposal.approvals) == (ProposalState.WAITING, 1)
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(one, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "second-person-missing"
    assert await count_projects(town) == 0
    await town.city.proposals.approve(two, proposal.proposal_id, proposal.digest, "")
    assert await count_projects(town) == 1
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.propose_deed_rule(boss, DeedRule(deed=Deed.DEED_RULE, persons=0), "楽")
    assert refused.value.type == "bad-deed-rule"


async def test_ties_end_after_thirty_days_but_never_for_a_proposal_made_before(town):
    author = await colleague(town, "administrator", "起案者")
    helper = await colleague(town, "administrator", "もう一人")
    early = await town.city.projects.add(author, PLAN)
    raised = await decider(town, "raised by author", author)
    town.clock.forward(days=13)
    fresh = await again(town, raised)
    with pytest.raises(ProblemError):
        await town.city.proposals.approve(fresh, early.proposal_id, early.digest, "")
    await town.city.proposals.send_back(await again(town, helper), early.proposal_id, "もう一度")
    town.clock.forward(days=18)
    late = await town.city.projects.add(await again(town, author), PLAN)
    await town.city.proposals.approve(await again(town, raised), late.proposal_id, late.digest, "")
    assert await count_projects(town) == 1


async def test_who_made_somebody_does_not_decide_what_that_person_proposes(town):
    """Whoever knows the first password would propose and decide."""
    author = await colleague(town, "administrator", "起案者")
    await colleague(town, "approver", "課長")
    creature = await decider(town, "reset by author", author)
    proposal = await town.city.proposals.propose_deed_rule(
        creature, DeedRule(deed=Deed.PROJECT, persons=0), "簡素化"
    )
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(author, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "second-person-missing"


async def hire(town, author, chief, login, role):
    """A new person whom `author` proposes and `chief` decides, who sees the first password."""
    proposal = await town.city.staff.add(author, login=login, display_name=login, role=role)
    decision = await town.city.proposals.approve(chief, proposal.proposal_id, proposal.digest, "")
    return await town.store.run(
        lambda conn: session_of(conn, decision.first_password.staff.staff_id, town.clock())
    )


def session_of(conn, staff_id, at):
    token = staff_rows.start_session(conn, staff_id, client_id="city", strong=True, at=at)
    return staff_rows.find_session(conn, token.reveal(), client_id="city", now=at)


async def test_who_decided_two_new_persons_is_not_both_of_them(town):
    """Their first passwords were shown to the same approver."""
    await colleague(town, "approver", "部長")
    boss, chief = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    one = await hire(town, boss, chief, "ichi", Role.OPERATOR)
    two = await hire(town, boss, chief, "ni", Role.APPROVER)
    proposal = await town.city.projects.add(one, PLAN)
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(two, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "second-person-missing"
    town.clock.forward(days=31)
    later = await town.city.projects.add(await again(town, one), replace(PLAN, project_id="later"))
    await town.city.proposals.approve(await again(town, two), later.proposal_id, later.digest, "")


async def test_nor_is_anybody_two_over_a_person_in_between(town):
    await colleague(town, "approver", "部長")
    boss, chief = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    puppet = await hire(town, boss, chief, "ichi", Role.APPROVER)
    other = await colleague(town, "administrator", "別の管理者")
    second = await hire(town, other, puppet, "ni", Role.OPERATOR)  # the chief has the puppet's password
    proposal = await town.city.projects.add(second, PLAN)
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(chief, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "second-person-missing"


async def test_two_yeses_are_those_of_two_persons(town):
    boss, chief = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    third, author = await colleague(town, "approver", "部長"), await colleague(town, "operator", "担当")
    rule = DeedRule(deed=Deed.PROJECT, persons=2)
    await town.decided(await town.city.proposals.propose_deed_rule(boss, rule, "大事なので"), name="部長")
    puppet = await hire(town, boss, chief, "ichi", Role.APPROVER)
    proposal = await town.city.projects.add(author, PLAN)
    await town.city.proposals.approve(chief, proposal.proposal_id, proposal.digest, "")
    seen = await town.city.proposals.get(puppet, proposal.proposal_id)
    assert not seen.may_decide
    with pytest.raises(ProblemError) as refused:
        await town.city.proposals.approve(puppet, proposal.proposal_id, proposal.digest, "")
    assert refused.value.type == "second-person-missing"
    assert await count_projects(town) == 0
    await town.city.proposals.approve(third, proposal.proposal_id, proposal.digest, "")
    assert await count_projects(town) == 1


async def test_two_who_are_one_are_not_enough_deciders(town):
    boss, chief = await colleague(town, "administrator", "管理者"), await colleague(town, "approver", "課長")
    third, author = await colleague(town, "approver", "部長"), await colleague(town, "operator", "担当")
    rule = DeedRule(deed=Deed.PROJECT, persons=2)
    await town.decided(await town.city.proposals.propose_deed_rule(boss, rule, "大事なので"), name="部長")
    await hire(town, boss, chief, "ichi", Role.APPROVER)
    for each in (third, boss):
        await town.store.run(lambda conn, each=each: staff_rows.write(conn, each.staff_id, state="closed"))
    with pytest.raises(ProblemError) as refused:
        await town.city.projects.add(author, PLAN)
    assert refused.value.type == "nobody-to-decide"


async def test_many_small_grants_pass_no_persons_ceiling_of_the_day(town):
    who = await colleague(town, "operator", "担当")
    await town.add_project(replace(PLAN, points_each=40_000))
    members = [await town.member() for _ in range(6)]
    outcomes = await asyncio.gather(
        *(town.city.grants.to_one(who, "kosodate", new_id(), each.mykey_id, 40_000) for each in members)
    )
    granted = [await town.balance(each.member_id) for each in members]
    assert sum(granted) == 80_000
    assert sum(1 for each in outcomes if isinstance(each, proposal_rows.Proposal)) == 4
    counted = await town.store.read(lambda conn: granted_alone(conn, KASAMA, who.staff_id, NOON.date()))
    assert counted == 80_000
    town.clock.forward(days=1)
    outcome = await town.city.grants.to_one(who, "kosodate", new_id(), (await town.member()).mykey_id, 40_000)
    assert not isinstance(outcome, proposal_rows.Proposal)


async def test_a_grant_that_is_sent_again_while_it_waits_is_one_proposal_and_then_one_grant(town):
    who, member, grant_id = await colleague(town, "operator", "担当"), await town.member(), new_id()
    await town.add_project(PLAN)
    first = await town.city.grants.to_one(who, "kosodate", grant_id, member.mykey_id, 2_000)
    same = await town.city.grants.to_one(who, "kosodate", grant_id, member.mykey_id, 2_000)
    assert same.proposal_id == first.proposal_id
    await town.decided(first)
    again_ = await town.city.grants.to_one(who, "kosodate", grant_id, member.mykey_id, 2_000)
    assert again_.replayed
    assert await town.balance(member.member_id) == 2_000


async def test_a_proposal_of_another_city_does_not_exist(town):
    author = await colleague(town, "operator", "担当")
    await colleague(town, "approver", "課長")
    proposal = await town.city.projects.add(author, PLAN)
    stranger = await town.who("administrator", MITO)
    for attempt in (
        town.city.proposals.get(stranger, proposal.proposal_id),
        town.city.proposals.approve(stranger, proposal.proposal_id, proposal.digest, ""),
    ):
        with pytest.raises(ProblemError) as refused:
            await attempt
        assert refused.value.type == "unknown-proposal"


# --- the three insiders, over HTTP ---------------------------------------------------------------------------------

PROJECT = {
    "project_id": "ouen", "point_service": OUEN, "name": "応援", "starts_on": "2018-07-01", "ends_on": "2018-09-30",
    "points_each": 1_000, "budget": 10**12,
}  # fmt: skip


async def test_an_operator_alone_makes_no_points(site):
    operator = await site.staff_token("operator")
    await site.staff_token("approver")
    member, token = await site.member_token()
    status, proposal = await site.call("POST", "/v1/city/projects", operator, json=PROJECT)
    assert (status, proposal["state"], proposal["may_decide"]) == (202, "waiting", False)
    assert (await site.call("GET", "/v1/city/projects", operator))[1]["projects"] == []
    approval = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
    assert (await site.call("POST", approval, operator, json={"digest": proposal["digest"]}))[0] == 403
    approver = await site.staff_token("approver")
    assert (await site.call("POST", approval, approver, json={"digest": proposal["digest"]}))[0] == 200
    for _ in range(2):
        grant = {"grant_id": str(uuid.uuid4()), "mykey_id": member.mykey_id, "points": 10_000_000}
        status, _ = await site.call("POST", "/v1/city/projects/ouen/grants", operator, json=grant)
        assert status in (202, 409)
    assert (await site.call("GET", "/v1/balances", token))[1]["municipal"] == []
    budget = {"budget": 10**12 - 1, "reason": "減額"}
    assert (await site.call("PUT", "/v1/city/projects/ouen/budget", operator, json=budget))[0] == 200
    budget = {"budget": 10**12, "reason": "補正"}
    assert (await site.call("PUT", "/v1/city/projects/ouen/budget", operator, json=budget))[0] == 202


async def test_an_administrator_alone_is_not_two_persons(site):
    boss, chief = await site.staff_token("administrator"), await site.hire("approver", "kacho")
    await site.staff_token("administrator")
    invented = {"login": "kaku", "display_name": "架空 太郎", "role": "approver"}
    status, answer = await site.call("POST", "/v1/city/staff", boss, json=invented)
    assert (status, "first_password" in answer) == (202, False)
    signed_in = await site.call("POST", "/v1/staff/sessions", json={"login": "kaku", "password": "x" * 19})
    assert signed_in[0] == 401
    status, answer = await site.call(
        "POST", f"/v1/city/staff/{chief}/reset", boss, json={"reason": "電話の紛失"}
    )
    assert (status, "first_password" in answer) == (202, False)
    seen = (await site.call("GET", "/v1/city/proposals?state=waiting", boss))[1]["proposals"]
    assert [(each["deed"], each["may_decide"]) for each in seen] == [("reset", False), ("staff", False)] or [
        (each["deed"], each["may_decide"]) for each in seen
    ] == [("staff", False), ("reset", False)]


async def test_an_administrator_alone_turns_no_payout(site):
    boss = await site.staff_token("administrator")
    await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
    account = {
        "bank_code": "0009", "branch_code": "001", "kind": 1,
        "number": "6666666", "holder": "アクニン",
    }  # fmt: skip
    path = "/v1/city/shops/soba/bank-account"
    status, refused = await site.call("PUT", path, boss, json=account)
    assert (status, refused["type"]) == (409, "/docs/problems/nobody-to-decide")
    approver = await site.staff_token("approver")
    status, proposal = await site.call("PUT", path, boss, json=account)
    assert (status, proposal["facts"]["account"]) == (202, "0009-001 ****666")
    assert (await site.call("GET", path, boss))[1]["account"] is None
    (seen,) = (await site.call("GET", "/v1/city/proposals", approver))[1]["proposals"]
    assert (seen["may_decide"], seen["account_number"]) == (True, "6666666")
    (seen,) = (await site.call("GET", "/v1/city/proposals", await site.staff_token("operator")))[1][
        "proposals"
    ]
    assert (seen["may_decide"], seen["account_number"]) == (False, None)
    raw = (site.folder / "gateway.db").read_bytes() + (site.folder / "gateway.db-wal").read_bytes()
    assert b"6666666" not in raw


async def test_a_first_password_runs_out_after_a_day_and_a_stopped_person_is_started_again(site):
    boss = await site.staff_token("administrator")
    wanted = {"login": "tanaka", "display_name": "田中", "role": "operator"}
    _, added = await site.decided("/v1/city/staff", boss, wanted)
    first = {"login": "tanaka", "password": added["first_password"]}
    assert (await site.call("POST", "/v1/staff/sessions", json=first))[0] == 201
    site.set_clock(NOON + timedelta(hours=24, minutes=5))
    assert (await site.call("POST", "/v1/staff/sessions", json=first))[0] == 401
    boss = await site.staff_token("administrator")
    staff_id = added["staff"]["staff_id"]
    closing = f"/v1/city/staff/{staff_id}/closure"
    assert (await site.call("POST", closing, boss, json={"reason": "休職"}))[0] == 200
    assert (await site.call("POST", f"/v1/city/staff/{staff_id}/reset", boss, json={"reason": "再"}))[
        0
    ] == 409
    status, started = await site.decided(f"/v1/city/staff/{staff_id}/restart", boss, {"reason": "復職"})
    assert (status, started["staff"]["active"]) == (200, True)
    first = {"login": "tanaka", "password": started["first_password"]}
    status, session = await site.call("POST", "/v1/staff/sessions", json=first)
    assert (status, session["session"]["first_password"]) == (201, True)
    changes = (await site.call("GET", "/v1/city/staff-changes", boss))[1]["changes"]
    assert {(each["staff_id"], each["change"]) for each in changes} == {
        (staff_id, "added"),
        (staff_id, "stopped"),
        (staff_id, "restarted"),
    }


async def test_whose_access_was_raised_or_reset_is_told_by_whom_and_administrators_of_all(site):
    boss, chief = await site.staff_token("administrator"), await site.staff_token("administrator")
    raised, reset = await site.hire("operator", "tanaka"), await site.hire("operator", "sato")
    bystander = await site.staff_token("operator")
    for path, body in (
        (f"/v1/city/staff/{raised}/role", {"role": "approver", "reason": "異動"}),
        (f"/v1/city/staff/{reset}/reset", {"reason": "電話の紛失"}),
    ):
        method = "PUT" if path.endswith("role") else "POST"
        status, answer = await site.decided(path, boss, body, method)
        assert status == 200, answer

    async def changes_seen_by(token):
        changes = (await site.call("GET", "/v1/city/staff-changes", token))[1]["changes"]
        return {(each["staff_id"], each["change"]) for each in changes}, {
            each["by_staff"] for each in changes
        }

    def session(staff_id):
        return site.services.store.run(
            lambda conn: staff_rows.start_session(
                conn, staff_id, client_id="city", strong=True, at=site.clock()
            ).reveal()
        )

    mine, makers = await changes_seen_by(await session(raised))
    assert mine == {(raised, "raised")}
    assert len(makers) == 1  # who proposed it: no password was made
    own = await session(reset)
    await site.services.store.run(lambda conn: staff_rows.write(conn, reset, password_is_first=False))
    assert (await changes_seen_by(own))[0] == {(reset, "reset")}
    for token in (boss, chief):
        assert (await changes_seen_by(token))[0] == {(raised, "raised"), (reset, "reset")}
    assert (await changes_seen_by(bystander))[0] == set()
