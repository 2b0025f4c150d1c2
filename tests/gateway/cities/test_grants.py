"""Points that a city gives: to one member, at a venue, by a file; the budget holds whatever happens at once."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from core_ledger import chart
from gateway.cities.grants import grant_files, grant_list, list_file
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.members import mykey_ids
from gateway.members.members import Members
from gateway.platform import audit_log
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, MITO, NOON, OUEN, new_id


def plan(**changes):
    values: dict[str, Any] = {
        "project_id": "kosodate", "point_service": OUEN, "name": "子育て応援", "place": "市役所",
        "content": "出生のお祝い", "starts_on": date(2018, 7, 1), "ends_on": date(2018, 9, 30),
        "points_each": 3_000, "budget": 10_000, "venue": True,
    }  # fmt: skip
    return ProjectPlan(**(values | changes))


@pytest.fixture
async def project(town):
    return await town.add_project(plan())


async def grant(town, member, points=500, grant_id=None):
    who = await town.who("operator")
    return await town.city.grants.to_one(
        who, "kosodate", grant_id or new_id(), member.mykey_id, points, "お祝い"
    )


async def renamed(town, member):
    """The member takes another MyKey ID; `member` still names the old one."""
    offered = await town.store.run(lambda conn: mykey_ids.generate(conn, member.member_id, town.clock()))
    choice = await town.store.run(
        lambda conn: mykey_ids.choose(conn, member.member_id, offered.wanted, town.clock())
    )
    assert choice.available


def csv_of(*rows, header="マイキーID,ポイント,摘要"):
    return "\r\n".join([header, *rows]).encode()


async def upload(town, raw, role="operator"):
    await town.who("approver")
    return await town.city.files.upload(await town.who(role), "kosodate", "grants.csv", raw)


async def left(town):
    return (await town.city.projects.get(KASAMA, "kosodate")).left


@pytest.mark.parametrize("why", ["closed", "fixed day"])
async def test_nothing_is_granted_into_a_point_service_that_takes_no_more_points(town, project, why):
    boss, operator = await town.who("administrator"), await town.who("operator")
    member, grant_id = await town.member(), new_id()
    rule = PointRule(expiry=Expiry.FIXED_DAY, expiry_day=NOON.date())
    await town.announce(rule, NOON.date())
    await grant(town, member, grant_id=grant_id)
    file, _ = await upload(town, csv_of(f"{member.mykey_id},100,"))
    if why == "closed":
        await town.city.services.close(boss, OUEN, "統合")
    else:
        town.clock.forward(days=1)
    assert (await grant(town, member, grant_id=grant_id)).replayed
    for doing in (
        grant(town, member),
        town.approve_file(file.file_id),
        town.city.projects.venue_code(operator, "kosodate"),
    ):
        with pytest.raises(ProblemError) as refused:
            await doing
        assert refused.value.type == "project-not-open"
    assert await left(town) == 10_000 - 500


# --- one member ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "since", ["midnight", "the last day", "a closing", "another MyKey ID", "a revocation"]
)
async def test_a_grant_that_is_sent_again_is_one_grant_whatever_has_ended_since(town, project, since):
    member, grant_id = await town.member(), new_id()
    if since == "the last day":
        town.clock.now = NOON.replace(month=9, day=30)
    await grant(town, member, grant_id=grant_id)
    if since == "a closing":
        await town.city.projects.set_open(
            await town.who("operator"), "kosodate", is_open=False, reason="終了"
        )
    elif since == "another MyKey ID":
        await renamed(town, member)
    elif since == "a revocation":
        context = town.city.context
        await Members(town.store, context.hasher, town.clock, vault=context.vault).revoke(member.member_id)
    else:
        town.clock.now += timedelta(hours=12)
    again = await grant(town, member, grant_id=grant_id)
    assert again.replayed
    assert await town.balance(member.member_id) == 500
    assert await left(town) == 9_500
    with pytest.raises(ProblemError) as refused:
        await grant(town, member, points=501, grant_id=grant_id)
    assert refused.value.type == "id-reused"


async def test_a_mykey_id_that_somebody_had_is_given_nothing_and_answers_for_nobody_elses_grant(
    town, project
):
    before, other, grant_id = await town.member(), await town.member(), new_id()
    await renamed(town, before)
    await grant(town, other, grant_id=grant_id)
    for id_ in (new_id(), grant_id):
        with pytest.raises(ProblemError) as refused:
            await grant(town, before, grant_id=id_)
        assert refused.value.type == "unknown-member"
    assert await left(town) == 9_500


async def test_a_grant_is_in_the_members_book_on_the_budget_and_in_the_log(town, project):
    member = await town.member()
    done = await grant(town, member)
    assert await town.balance(member.member_id) == 500
    assert await left(town) == 9_500
    assert await town.total(chart.granted(KASAMA)) == -500
    assert done.receipt.lot_movements[0].issued_on == NOON.date()
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert (lines[0].action, lines[0].subject) == ("granted", member.mykey_id)


async def test_the_same_grant_twice_is_one_grant(town, project):
    member, grant_id = await town.member(), new_id()
    assert not (await grant(town, member, grant_id=grant_id)).replayed
    assert (await grant(town, member, grant_id=grant_id)).replayed
    assert (await town.balance(member.member_id), await left(town)) == (500, 9_500)


async def test_the_same_id_for_another_amount_is_refused(town, project):
    member, grant_id = await town.member(), new_id()
    await grant(town, member, grant_id=grant_id)
    with pytest.raises(ProblemError) as refused:
        await grant(town, member, 501, grant_id=grant_id)
    assert refused.value.type == "id-reused"


async def test_a_budget_of_10000_gives_three_of_fifty_grants_of_3000_asked_for_at_once(town, project):
    members = [await town.member() for _ in range(50)]
    await town.who("operator")
    outcomes = await asyncio.gather(
        *(grant(town, member, 3_000) for member in members), return_exceptions=True
    )
    refused = [outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)]
    assert refused == ["budget-exceeded"] * 47
    assert await left(town) == 1_000
    assert await town.total(chart.granted(KASAMA)) == -9_000


async def test_nothing_is_granted_outside_the_period(town, project):
    town.clock.now = NOON + timedelta(days=62)
    with pytest.raises(ProblemError) as refused:
        await grant(town, await town.member())
    assert refused.value.type == "project-not-open"


async def test_the_last_day_still_grants_and_a_closed_project_does_not(town, project):
    town.clock.now = NOON.replace(month=9, day=30, hour=23, minute=59)
    await grant(town, await town.member())
    await town.city.projects.set_open(await town.who("operator"), "kosodate", is_open=False, reason="終了")
    with pytest.raises(ProblemError):
        await grant(town, await town.member())


async def test_a_limit_by_member_and_day_holds_and_opens_the_next_day(town, project):
    await town.announce(PointRule(most_granted_a_day=600), NOON.date())
    member = await town.member()
    await grant(town, member, 500)
    with pytest.raises(ProblemError) as refused:
        await grant(town, member, 101)
    assert (refused.value.type, refused.value.facts["available"]) == ("limit-of-the-day", 100)
    assert await left(town) == 9_500
    town.clock.forward(days=1)
    await grant(town, member, 101)


async def test_another_citys_project_cannot_be_granted_from(town, project):
    member, stranger = await town.member(), await town.who("operator", MITO)
    with pytest.raises(ProblemError) as refused:
        await town.city.grants.to_one(stranger, "kosodate", new_id(), member.mykey_id, 1)
    assert refused.value.type == "unknown-project"


# --- a venue ------------------------------------------------------------------------------------------------------------


async def test_a_member_who_scans_the_venues_code_is_granted_it_once(town, project):
    member = await town.member()
    code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
    await town.city.grants.at_venue(member.member_id, code)
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            await town.city.grants.at_venue(member.member_id, code)
        assert refused.value.type == "granted-already"
    town.clock.forward(days=1)
    code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
    with pytest.raises(ProblemError) as refused:
        await town.city.grants.at_venue(member.member_id, code)
    assert refused.value.type == "granted-already"
    assert (await town.balance(member.member_id), await left(town)) == (3_000, 7_000)


async def test_yesterdays_photo_and_made_up_codes_give_nothing(town, project):
    member = await town.member()
    code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
    for wrong in (
        code[:-1] + ("0" if code[-1] != "0" else "1"),
        code.replace("kosodate", "other"),
        "PGV1",
        "",
    ):
        with pytest.raises(ProblemError) as refused:
            await town.city.grants.at_venue(member.member_id, wrong)
        assert refused.value.type == "venue-code-wrong"
    town.clock.forward(days=1)
    with pytest.raises(ProblemError):
        await town.city.grants.at_venue(member.member_id, code)
    assert await town.balance(member.member_id) == 0


class TestTheCeilingOfAVenue:
    """Whoever shows the code, or a photo of it, gives nobody more than two persons have decided."""

    async def visitors(self, town, count):
        code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
        members = [await town.member() for _ in range(count)]
        scans = (town.city.grants.at_venue(each.member_id, code) for each in members)
        outcomes = await asyncio.gather(*scans, return_exceptions=True)
        balances = [await town.balance(each.member_id) for each in members]
        return sum(balances), {each.type for each in outcomes if isinstance(each, ProblemError)}

    async def test_it_is_what_one_person_grants_in_a_day_where_the_project_says_nothing(self, town):
        await town.add_project(plan(points_each=40_000, budget=10**6))
        assert await self.visitors(town, 5) == (80_000, {"limit-of-the-venue"})
        town.clock.forward(days=1)
        assert await self.visitors(town, 1) == (40_000, set())

    async def test_the_project_says_it_and_two_persons_raise_it(self, town):
        await town.add_project(plan(points_each=3_000, budget=10**6, venue_points_a_day=7_000))
        assert await self.visitors(town, 4) == (6_000, {"limit-of-the-venue"})
        who = await town.who("operator")
        proposal = await town.city.projects.change_budget(who, "kosodate", 10**6, "来場者が多い", 12_000)
        assert (proposal.facts["venue_points_a_day"], proposal.points) == (12_000, 0)
        assert await self.visitors(town, 1) == (0, {"limit-of-the-venue"})
        await town.decided(proposal)
        assert await self.visitors(town, 4) == (6_000, {"limit-of-the-venue"})

    async def test_one_person_lowers_it(self, town):
        await town.add_project(plan(points_each=3_000, budget=10**6, venue_points_a_day=7_000))
        done = await town.city.projects.change_budget(
            await town.who("operator"), "kosodate", 10**6, "縮小", 3_000
        )
        assert done.plan.venue_points_a_day == 3_000
        assert await self.visitors(town, 2) == (3_000, {"limit-of-the-venue"})


async def test_what_each_member_gets_at_most_can_be_read(town):
    wanted = plan(most_grants_each=2, most_points_each=9_000, venue_points_a_day=50_000)
    project = await town.add_project(wanted)
    assert project.plan == wanted
    assert [each.plan for each in await town.city.projects.listed(KASAMA)] == [wanted]


# --- a file ---------------------------------------------------------------------------------------------------------------


async def applied(town, file, approver="approver"):
    await town.approve_file(file.file_id, approver)
    return await town.city.files.apply(KASAMA, file.file_id)


async def test_a_note_in_a_file_may_have_a_wide_space_and_no_character_that_is_not_seen(town, project):
    members = [await town.member() for _ in range(2)]
    notes = ("敬老　お祝い", "敬老\u202eお祝い")
    file, _ = await upload(
        town, csv_of(*(f"{one.mykey_id},100,{note}" for one, note in zip(members, notes, strict=True)))
    )
    assert (file.lines, file.faults) == (2, 1)


async def test_a_checked_file_grants_nothing_until_a_second_person_approves(town, project):
    members = [await town.member() for _ in range(3)]
    file, new = await upload(
        town, csv_of(*(f"{one.mykey_id},{100 + n},敬老" for n, one in enumerate(members)))
    )
    assert (new, file.state, file.lines, file.faults, file.points) == (True, "checked", 3, 0, 303)
    assert await town.balance(members[0].member_id) == 0
    done = await applied(town, file)
    assert (done.state, done.granted_lines, done.granted_points) == ("applied", 3, 303)
    assert [await town.balance(member.member_id) for member in members] == [100, 101, 102]
    assert await left(town) == 9_697


async def test_who_uploaded_it_cannot_approve_it(town, project):
    member = await town.member()
    file, _ = await upload(town, csv_of(f"{member.mykey_id},5,"), role="administrator")
    with pytest.raises(ProblemError) as refused:
        await town.approve_file(file.file_id, "administrator")
    assert refused.value.type == "second-person-missing"


async def test_the_same_file_twice_grants_once_also_in_another_encoding(town, project):
    member = await town.member()
    raw = csv_of(f"{member.mykey_id},100,お祝い")
    file, _ = await upload(town, raw)
    await applied(town, file)
    for same in (raw, raw.decode().encode("cp932"), b"\xef\xbb\xbf" + raw.replace(b"\r\n", b"\n")):
        again, new = await upload(town, same)
        assert (new, again.file_id, again.state) == (False, file.file_id, "applied")
    await town.city.files.apply(KASAMA, file.file_id)
    assert await town.balance(member.member_id) == 100


async def test_the_same_file_uploaded_twice_at_once_is_checked_once_and_whole(town, project, monkeypatch):
    monkeypatch.setattr(grant_files, "CHECK_BATCH_SIZE", 2)
    members = [await town.member() for _ in range(12)]
    raw = csv_of(*(f"{member.mykey_id},10," for member in members))
    outcomes = await asyncio.gather(*(upload(town, raw) for _ in range(3)), return_exceptions=True)
    others = [outcome for outcome in outcomes if isinstance(outcome, ProblemError)]
    assert {other.type for other in others} <= {"file-state"}
    (file,) = await town.city.files.listed(KASAMA)
    assert (file.state, file.lines, file.points) == ("checked", 12, 120)
    lines = await town.city.files.report(KASAMA, file.file_id, faults_only=False)
    assert len(lines) == 12
    await applied(town, file)
    assert [await town.balance(member.member_id) for member in members] == [10] * 12


async def test_a_file_taken_back_while_it_is_checked_stays_taken_back(town, project, monkeypatch):
    monkeypatch.setattr(grant_files, "CHECK_BATCH_SIZE", 1)
    members = [await town.member() for _ in range(8)]
    raw, begun = csv_of(*(f"{member.mykey_id},10," for member in members)), asyncio.Event()
    who = await town.who("operator")
    checking = asyncio.create_task(
        town.city.files.upload(who, "kosodate", "x.csv", raw, progress=lambda *_: begun.set())
    )
    await begun.wait()
    (file,) = await town.city.files.listed(KASAMA)
    await town.city.files.cancel(who, file.file_id, "間違い")
    with pytest.raises(ProblemError) as refused:
        await checking
    assert refused.value.type == "file-state"
    assert (await town.city.files.get(KASAMA, file.file_id)).state == "cancelled"
    file, new = await upload(town, raw)
    assert (new, file.state, file.points) == (True, "checked", 80)


async def test_a_file_keeps_to_the_limit_of_the_day_whatever_came_before_it(town, project):
    await town.announce(PointRule(most_granted_a_day=500), NOON.date())
    fresh, partly, full = [await town.member() for _ in range(3)]
    await grant(town, partly, 200)
    await grant(town, full, 400)
    raw = csv_of(*(f"{one.mykey_id},300," for one in (fresh, partly, full)))
    done = await applied(town, (await upload(town, raw))[0])
    assert [await town.balance(one.member_id) for one in (fresh, partly, full)] == [300, 500, 400]
    assert (done.granted_lines, done.granted_points) == (2, 600)
    (line,) = await town.city.files.report(KASAMA, done.file_id, faults_only=True)
    assert (line.mykey_id, line.fault) == (full.mykey_id, "limit-of-the-day")
    assert await left(town) == 10_000 - 1_200
    with pytest.raises(ProblemError) as refused:
        await grant(town, fresh, 201)
    assert (refused.value.type, refused.value.facts["available"]) == ("limit-of-the-day", 200)


async def test_each_faulty_line_is_reported_and_nothing_can_be_approved(town, project):
    good, twice = await town.member(), await town.member()
    raw = csv_of(
        f"{good.mykey_id},100,",
        f"{twice.mykey_id},100,",
        f"{twice.mykey_id},200,",
        "AAAAAAAA,1,",
        "xyz,1,",
        f"{good.mykey_id},1.5,",
        f"{good.mykey_id},0,",
        f"{good.mykey_id},1000001,",
        f"{good.mykey_id},1,,x",
        "=HYPERLINK(1),1,",
        f"{good.mykey_id},5,=cmd",
        f"{good.mykey_id},-5,",
    )
    file, _ = await upload(town, raw)
    assert (file.state, file.lines) == ("faulty", 12)
    found = await town.city.files.report(KASAMA, file.file_id, faults_only=True)
    assert [(one.line, one.fault) for one in found] == [
        (4, "duplicate"), (5, "unknown-member"), (6, "mykey-id"), (7, "points"), (8, "points-range"),
        (9, "points-range"), (10, "columns"), (11, "formula"), (12, "formula"), (13, "formula"),
    ]  # fmt: skip
    assert await town.city.files.proposal_of(KASAMA, file.file_id) is None


async def test_a_faulty_file_is_checked_anew_when_its_member_has_registered(town, project):
    file, _ = await upload(town, csv_of("ACDEFGHJ,100,"))
    assert file.state == "faulty"

    def register(conn):
        from gateway.members.member_rows import create_member

        create_member(
            conn, member_id="m1", display_name="新", at=NOON, mykey_id="ACDEFGHJ", password_hash="x"
        )

    await town.store.run(register)
    again, new = await upload(town, csv_of("ACDEFGHJ,100,"))
    assert (new, again.state, again.file_id) == (True, "checked", file.file_id)


async def test_a_file_beyond_the_budget_is_refused_when_it_is_sent_and_is_taken_once_there_is_more(
    town, project
):
    member = await town.member()
    raw = csv_of(f"{member.mykey_id},10001,")
    with pytest.raises(ProblemError) as refused:
        await upload(town, raw)
    assert (refused.value.type, refused.value.facts["available"]) == ("budget-exceeded", 10_000)
    (file,) = await town.city.files.listed(KASAMA)
    assert file.state == "cancelled"
    assert await town.city.files.proposal_of(KASAMA, file.file_id) is None
    who = await town.who("operator")
    await town.decided(await town.city.projects.change_budget(who, "kosodate", 20_000, "補正予算"))
    again, new = await upload(town, raw)
    assert (new, again.file_id, again.state) == (True, file.file_id, "checked")
    assert (await applied(town, again)).granted_points == 10_001


async def test_a_budget_that_went_meanwhile_refuses_the_approval_and_the_file_is_sent_back(town, project):
    members = [await town.member() for _ in range(2)]
    file, _ = await upload(town, csv_of(f"{members[0].mykey_id},9800,"))
    await grant(town, members[1], 300)
    with pytest.raises(ProblemError) as refused:
        await town.approve_file(file.file_id)
    assert refused.value.type == "budget-exceeded"
    proposal_id = await town.city.files.proposal_of(KASAMA, file.file_id)
    await town.city.proposals.send_back(await town.who("approver"), proposal_id, "予算が足りません")
    assert (await town.city.files.get(KASAMA, file.file_id)).state == "sent_back"
    assert await left(town) == 9_700
    again, new = await upload(town, csv_of(f"{members[0].mykey_id},9800,").replace(b"9800", b"9700"))
    assert (new, again.file_id != file.file_id) == (True, True)


@pytest.mark.parametrize("end", ["withdrawn", "cancelled", "sent back", "lapsed", "expired"])
async def test_a_file_whose_proposal_has_ended_grants_nothing_and_may_be_sent_again(town, project, end):
    member, who = await town.member(), await town.who("operator")
    raw = csv_of(f"{member.mykey_id},100,")
    file, _ = await upload(town, raw)
    assert (await upload(town, raw))[1] is False  # it waits already
    proposal_id = await town.city.files.proposal_of(KASAMA, file.file_id)
    match end:
        case "withdrawn":
            await town.city.proposals.withdraw(who, proposal_id, "間違い")
        case "cancelled":
            with pytest.raises(ProblemError) as refused:
                await town.city.files.cancel(await town.who("administrator"), file.file_id, "間違い")
            assert refused.value.type == "proposal-of-another"
            await town.city.files.cancel(who, file.file_id, "間違い")
        case "sent back":
            await town.city.proposals.send_back(await town.who("approver"), proposal_id, "二重です")
        case _:
            town.clock.forward(days=14)
            if end == "expired":
                assert await town.city.proposals.expire_lapsed() == 1
    assert await town.city.files.proposal_of(KASAMA, file.file_id) is None
    again, new = await upload(town, raw)
    assert (new, again.file_id, again.state) == (True, file.file_id, "checked")
    assert (await applied(town, again)).granted_points == 100
    assert await town.balance(member.member_id) == 100


async def test_nobody_sends_a_file_that_nobody_can_approve(town):
    who, member = await town.who("operator"), await town.member()
    await town.add_project(plan())
    approver = await town.who("approver")
    await town.store.run(lambda conn: staff_rows.write(conn, approver.staff_id, state="closed"))
    with pytest.raises(ProblemError) as refused:
        await town.city.files.upload(who, "kosodate", "x.csv", csv_of(f"{member.mykey_id},1,"))
    assert refused.value.type == "nobody-to-decide"
    assert await town.city.files.listed(KASAMA) == []


async def test_a_member_who_left_after_approval_is_reported_and_the_budget_gets_the_points_back(
    town, project
):
    stays, leaves = await town.member(), await town.member()
    file, _ = await upload(town, csv_of(f"{stays.mykey_id},100,", f"{leaves.mykey_id},70,"))

    def leave(conn):
        from gateway.members import member_rows as member_records

        member_records.write(conn, leaves.member_id, state="revoked")

    await town.store.run(leave)
    done = await applied(town, file)
    assert (done.granted_lines, done.granted_points) == (1, 100)
    assert await left(town) == 9_900
    report = await town.city.files.report(KASAMA, file.file_id, faults_only=True)
    assert [(one.line, one.fault) for one in report] == [(3, "not-granted")]


async def test_applying_goes_on_where_it_stopped_and_two_at_once_grant_once(town):
    await town.add_project(plan(budget=1_000_000))
    members = await town.store.run(lambda conn: many_members(conn, 2_500))
    raw = csv_of(*(f"{mykey_id},7," for mykey_id in members))
    file, _ = await upload(town, raw)
    assert file.state == "checked"
    await town.approve_file(file.file_id)
    await asyncio.gather(*(town.city.files.apply(KASAMA, file.file_id) for _ in range(3)))
    done = await town.city.files.get(KASAMA, file.file_id)
    assert (done.state, done.granted_lines, done.granted_points) == ("applied", 2_500, 17_500)
    assert await town.total(chart.granted(KASAMA)) == -17_500


def many_members(conn, count):
    from sqlalchemy import insert

    from gateway.members import mykey_ids
    from gateway.platform import tables

    ids = sorted({mykey_ids.draw() for _ in range(count)})
    conn.execute(
        insert(tables.members),
        [
            {"member_id": f"m{n}", "mykey_id": one, "display_name": "見本", "created_at": NOON}
            for n, one in enumerate(ids)
        ],
    )
    return ids


async def test_an_interrupted_file_is_resumed_at_the_next_start(town):
    await town.add_project(plan(budget=1_000_000))
    members = await town.store.run(lambda conn: many_members(conn, 1_500))
    file, _ = await upload(town, csv_of(*(f"{member},7," for member in members)))

    class Stopped(Exception):
        pass

    def stop(done, total):
        raise Stopped

    town.city.files.context.tasks.spawn = lambda work, name: work.close()
    await town.approve_file(file.file_id)
    with pytest.raises(Stopped):
        await town.city.files.apply(KASAMA, file.file_id, stop)
    assert (await town.city.files.get(KASAMA, file.file_id)).granted_lines == 1_000
    assert await town.city.files.resume() == 1
    assert (await town.city.files.get(KASAMA, file.file_id)).granted_lines == 1_500


# --- the file as bytes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("マイキーID,ポイント".encode("utf-16")[:-1], "encoding"),
        (b"mykey_id,points\nA\x00,1", "nul"),
        (b"PK\x03\x04rest", "excel-broken"),
        (b"\xd0\xcf\x11\xe0rest", "excel-old"),
        (b"mykey_id,points\n\x82\x01,1", "encoding"),
        (b'mykey_id,points\n"A,1\n', "quotes"),
    ],
)
def test_what_is_no_csv_is_refused_by_name(raw, why):
    with pytest.raises(ProblemError) as refused:
        grant_list.digest(raw)
    assert (refused.value.type, refused.value.facts["why"]) == ("csv-unreadable", why)


@pytest.mark.parametrize(
    "raw",
    [b"", b"a,b\n1,2", b"mykey_id\nA", b"mykey_id,points,points\n", "mykey_id,points,ポイント数\n".encode()],
)
def test_other_columns_are_refused(raw):
    with pytest.raises(ProblemError) as refused:
        grant_list.digest(raw)
    assert refused.value.type == "csv-columns"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_letter_that_lies_across_two_pieces_is_read_whole(encoding, monkeypatch):
    raw = csv_of(*(f"2345678{letter},{number},お祝い№{number}" for number, letter in enumerate("ACDEFG", 1)))
    raw = raw.decode().encode(encoding)
    plain = list(grant_list.lines(raw))
    assert [line.note for line in plain] == [f"お祝い№{number}" for number in range(1, 7)]
    for size in (1, 2, 3, 5, 7):
        monkeypatch.setattr(list_file, "_PIECE", size)
        assert list(grant_list.lines(raw)) == plain


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10_000])
def test_the_line_of_the_first_broken_letter_is_named(size, monkeypatch):
    monkeypatch.setattr(list_file, "_PIECE", size)
    raw = csv_of("2345678A,1,お祝い", "2345678C,2,お祝い").replace("祝".encode(), b"\xe7\xff\xfe", 2)
    with pytest.raises(ProblemError) as refused:
        list(grant_list.lines(csv_of("2345678A,1,x").rstrip() + b"\r\n" + raw.split(b"\r\n", 1)[1]))
    assert (refused.value.type, refused.value.facts["why"], refused.value.facts["line"]) == (
        "csv-unreadable", "encoding", 3,
    )  # fmt: skip


def test_a_line_too_many_is_refused():
    raw = b"mykey_id,points\n" + b"AAAAAAAA,1\n" * 100_001
    with pytest.raises(ProblemError) as refused:
        grant_list.digest(raw)
    assert refused.value.type == "csv-too-long"


def test_full_width_digits_and_lower_case_ids_are_read_kindly():
    (line,) = grant_list.lines("mykey_id,points\nacdefghj,１２３\n".encode())
    assert (line.mykey_id, line.points, line.fault) == ("ACDEFGHJ", 123, "")
