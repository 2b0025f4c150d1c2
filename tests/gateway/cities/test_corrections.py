"""Grants are listed, and taken back by two persons from what is unspent; balances are corrected with a reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core_ledger import audit, chart, entries
from gateway.cities.grants import granted
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform import audit_log
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, OUEN, new_id
from .test_four_eyes import PLAN, colleague, town

__all__ = ["town"]


async def refused(call):
    with pytest.raises(ProblemError) as caught:
        await call
    return caught.value.type


@pytest.fixture
async def clerk(town):
    """An operator in a project with a venue, which gives each member once."""
    await town.add_project(replace(PLAN, budget=100_000, venue=True, most_grants_each=2))
    return await town.who("operator")


async def grant(town, clerk, points=1_000, note="子育て"):
    member = await town.member()
    await town.city.grants.to_one(clerk, "kosodate", new_id(), member.mykey_id, points, note)
    return member


async def listed(town, **wanted):
    return await town.store.read(lambda conn: granted.list_by_project(conn, KASAMA, "kosodate", **wanted))


async def only_grant_of(town, member):
    (found,) = (await listed(town, mykey_id=member.mykey_id)).grants
    return found


async def cancel(town, clerk, member, points, decided=True):
    found = await only_grant_of(town, member)
    proposal = await town.city.corrections.cancel_grant(
        clerk, "kosodate", new_id(), member.mykey_id, found.grant, points, "申請の取り下げ"
    )
    if decided:
        await town.decided(proposal)
    return proposal


async def spend(town, clerk, member, points):
    shop = await town.city.shops.register(clerk, "cafe", ShopEntry(name="カフェ"))
    code = town.city.shops.code_of(shop)
    await town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)


class TestTheListOfGrants:
    async def test_it_says_who_what_when_by_whom_and_in_which_way(self, town, clerk):
        first = await grant(town, clerk)
        second = await town.member()
        raw = f"マイキーID,ポイント,摘要\n{second.mykey_id},900,8月分".encode()
        file, _ = await town.city.files.upload(clerk, "kosodate", "x.csv", raw)
        await town.approve_file(file.file_id)
        await town.city.files.apply(KASAMA, file.file_id)
        third = await town.member()
        code = await town.city.projects.venue_code(clerk, "kosodate")
        await town.city.grants.at_venue(third.member_id, code)
        found = {each.mykey_id: each for each in (await listed(town)).grants}
        assert {member.mykey_id for member in (first, second, third)} == set(found)
        assert (found[first.mykey_id].way, found[first.mykey_id].note) == ("one", "子育て")
        assert found[first.mykey_id].granted_by == clerk.staff_id
        assert (found[second.mykey_id].way, found[second.mykey_id].points) == ("file", 900)
        assert (found[third.mykey_id].way, found[third.mykey_id].granted_by) == ("venue", "member")

    async def test_it_is_searched_by_member_and_days_and_goes_page_by_page(self, town, clerk):
        members = [await grant(town, clerk, 100) for _ in range(5)]
        town.clock.forward(days=1)
        late = await grant(town, clerk, 200)
        today = town.clock().astimezone(JST).date()
        assert [each.mykey_id for each in (await listed(town, since=today)).grants] == [late.mykey_id]
        assert len((await listed(town, until=today - timedelta(days=1))).grants) == 5
        assert [each.points for each in (await listed(town, mykey_id=late.mykey_id)).grants] == [200]
        seen, after = [], None
        while True:
            page = await listed(town, after=after, limit=2)
            seen += [each.mykey_id for each in page.grants]
            after = page.next_after
            if after is None:
                break
        assert seen[0] == late.mykey_id
        assert sorted(seen) == sorted(each.mykey_id for each in [*members, late])

    async def test_nobody_has_none(self, town, clerk):
        assert await refused(listed(town, mykey_id="22222222")) == "unknown-member"
        assert (await listed(town)).grants == ()


class TestAGrantThatIsTakenBack:
    async def test_what_is_unspent_comes_back_and_the_rest_is_owed(self, town, clerk):
        member = await grant(town, clerk)
        await spend(town, clerk, member, 400)
        await cancel(town, clerk, member, 1_000)
        found = await only_grant_of(town, member)
        assert (found.taken_back, found.owed, await town.balance(member.member_id)) == (600, 400, 0)
        assert (await town.city.projects.get(KASAMA, "kosodate")).granted == 400
        assert (await town.store.read(audit.verify)).ok
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA, actions=["grant cancelled"]))
        assert [(line.facts["points"], line.facts["owed"]) for line in lines] == [(600, 400)]

    async def test_other_points_of_the_member_stay(self, town, clerk):
        member = await grant(town, clerk)
        await town.give(member.member_id, 5_000, date(2018, 7, 1))
        await cancel(town, clerk, member, 1_000)
        assert await town.balance(member.member_id) == 5_000
        assert (await only_grant_of(town, member)).owed == 0

    async def test_it_is_taken_back_once_and_never_more_than_it_was(self, town, clerk):
        member = await grant(town, clerk)
        assert await refused(cancel(town, clerk, member, 1_001)) == "cancel-too-much"
        await cancel(town, clerk, member, 700)
        assert await refused(cancel(town, clerk, member, 301)) == "cancel-too-much"
        await cancel(town, clerk, member, 300)
        assert await refused(cancel(town, clerk, member, 1)) == "cancel-too-much"
        assert await town.balance(member.member_id) == 0

    async def test_one_that_is_whole_again_may_be_granted_once_more(self, town, clerk):
        member = await grant(town, clerk)
        await town.city.grants.to_one(clerk, "kosodate", new_id(), member.mykey_id, 500)
        again = town.city.grants.to_one
        assert (
            await refused(again(clerk, "kosodate", new_id(), member.mykey_id, 500)) == "limit-of-the-project"
        )
        found = (await listed(town, mykey_id=member.mykey_id)).grants
        proposal = await town.city.corrections.cancel_grant(
            clerk, "kosodate", new_id(), member.mykey_id, found[0].grant, 500, "誤り"
        )
        await town.decided(proposal)
        await again(clerk, "kosodate", new_id(), member.mykey_id, 500)
        assert await town.balance(member.member_id) == 1_500

    async def test_a_grant_of_another_project_or_member_is_none(self, town, clerk):
        member, other = await grant(town, clerk), await grant(town, clerk)
        found = await only_grant_of(town, member)
        propose = town.city.corrections.cancel_grant
        for project, mykey_id, key in (
            ("kosodate", other.mykey_id, found.grant),
            ("kosodate", member.mykey_id, "grant:082163:kosodate:one:nobody"),
        ):
            call = propose(clerk, project, new_id(), mykey_id, key, 1, "誤り")
            assert await refused(call) == "unknown-grant"

    async def test_one_that_was_taken_back_meanwhile_is_outdated(self, town, clerk):
        member = await grant(town, clerk)
        first = await cancel(town, clerk, member, 600, decided=False)
        other = await colleague(town, "operator", "別の担当")
        assert await refused(cancel(town, other, member, 600)) == "proposal-pending"
        await town.decided(first)
        assert (await only_grant_of(town, member)).taken_back == 600


class TestABalanceThatIsCorrected:
    async def correct(self, town, clerk, member, points, decided=True):
        proposal = await town.city.corrections.correct_balance(
            clerk, new_id(), member.mykey_id, OUEN, points, "窓口での入力誤り"
        )
        if decided:
            await town.decided(proposal)
        return proposal

    async def test_the_member_reads_the_reason(self, town, clerk):
        member = await town.member(points=1_000)
        await self.correct(town, clerk, member, 250)
        await self.correct(town, clerk, member, -1_100)
        assert await town.balance(member.member_id) == 150
        book, account = chart.member_book(member.member_id), chart.municipal(member.member_id, KASAMA, OUEN)
        lines = await town.store.read(lambda conn: entries(conn, book, account, limit=2))
        assert [(line.points, line.kind, line.reference) for line in lines] == [
            (-1_100, "correction", "窓口での入力誤り"),
            (250, "correction", "窓口での入力誤り"),
        ]
        assert (await town.store.read(audit.verify)).ok

    async def test_no_more_is_taken_than_there_is(self, town, clerk):
        member = await town.member(points=1_000)
        assert await refused(self.correct(town, clerk, member, -1_001)) == "not-enough-points"
        assert await refused(self.correct(town, clerk, member, 0)) == "bad-correction"

    async def test_a_balance_that_has_moved_is_outdated(self, town, clerk):
        member = await town.member(points=1_000)
        proposal = await self.correct(town, clerk, member, -900, decided=False)
        await spend(town, clerk, member, 500)
        assert await refused(town.decided(proposal)) == "proposal-outdated"
        assert await town.balance(member.member_id) == 500

    async def test_no_table_of_deeds_lets_one_person_do_it(self, town, clerk):
        boss = await town.who("administrator")
        for deed in (Deed.CORRECTION, Deed.GRANT_CANCEL):
            rule = DeedRule(deed=deed, persons=0)
            assert (
                await refused(town.city.proposals.propose_deed_rule(boss, rule, "簡素化")) == "bad-deed-rule"
            )


async def test_points_whose_last_day_is_over_are_owed_and_not_taken(town, clerk):
    rule = PointRule(expiry=Expiry.MONTHS, expiry_count=1, open_for_direct_exchange=True)
    await town.announce(rule, date(2018, 8, 1))
    town.clock.forward(days=1)
    member = await grant(town, clerk)
    town.clock.forward(days=80)
    await cancel(town, clerk, member, 1_000)
    found = await only_grant_of(town, member)
    assert (found.taken_back, found.owed) == (0, 1_000)


async def test_the_list_and_its_csv_over_http_leave_their_lines_in_the_log(site):
    boss = await site.staff_token("administrator")
    viewer = await site.staff_token("viewer")
    project = {
        "project_id": "kosodate", "point_service": OUEN, "name": "子育て", "starts_on": "2018-07-01",
        "ends_on": "2019-03-31", "points_each": 1_000, "budget": 25_000_000,
    }  # fmt: skip
    assert (await site.decided("/v1/city/projects", boss, project))[0] == 200
    member, _ = await site.member_token()
    body = {"grant_id": new_id(), "mykey_id": member.mykey_id, "points": 900, "note": "8月分"}
    where = "/v1/city/projects/kosodate/grants"
    assert (await site.call("POST", where, boss, json=body))[0] == 201
    status, told = await site.call("GET", f"{where}?mykey_id={member.mykey_id}", boss)
    (line,) = told["grants"]
    assert (status, line["points"], line["way"], told["next_after"]) == (200, 900, "one", None)
    assert (await site.call("GET", where, viewer))[0] == 403
    status, data = await site.call("GET", f"{where}/csv", boss)
    assert status == 200
    assert f"{member.mykey_id},900,窓口" in data.decode("utf-8-sig").replace('"', "")
    cancellation = {
        "cancellation_id": new_id(), "grant": line["grant"], "mykey_id": member.mykey_id, "points": 900, "reason": "誤り",
    }  # fmt: skip
    where = "/v1/city/projects/kosodate/grant-cancellations"
    assert (await site.decided(where, boss, cancellation))[0] == 200
    correction = {"correction_id": new_id(), "point_service": OUEN, "points": 50, "reason": "お詫び"}
    where = f"/v1/city/members/{member.mykey_id}/corrections"
    assert (await site.decided(where, boss, correction))[0] == 200
    actions = [
        line.action for line in await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA))
    ]
    for action in ("grants looked at", "list exported", "grant cancelled", "balance corrected"):
        assert action in actions
