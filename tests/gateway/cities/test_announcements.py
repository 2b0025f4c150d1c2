"""Announcements reach whom they are for, while they are shown, and end by themselves; planned stops are told 30 days ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.api.member_notices import NoticeKind, notices_of
from gateway.cities.announcements import PlanStop, PublishAnnouncement
from gateway.cities.proposals.deeds import Deed, DeedRule, save_rule
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.roles import PLATFORM
from gateway.points import announcements as records
from gateway.points.announcements import AnnouncementState, Audience, Wording

from .conftest import KASAMA, MITO, NOON, new_id

TITLE = Wording(ja="夏の給付を始めます", en="Summer grants begin", easy="なつの ポイントを くばります")
TEXT = Wording(ja="8月1日から窓口で受け付けます。\n持ち物: 本人確認書類")
AUGUST = datetime(2018, 8, 1, tzinfo=JST)


def command(**other) -> PublishAnnouncement:
    values: dict[str, Any] = {
        "announcement_id": new_id(), "audience": Audience.ALL, "shown_from": AUGUST,
        "shown_until": AUGUST + timedelta(days=7), "title": TITLE, "text": TEXT,
    }  # fmt: skip
    return PublishAnnouncement(**(values | other))


def stop(**other) -> PlanStop:
    begins = NOON + timedelta(days=40)
    values: dict[str, Any] = {
        "announcement_id": new_id(), "stops_from": begins, "stops_until": begins + timedelta(hours=4),
        "title": Wording(ja="計画停止"), "text": Wording(ja="機器を更新します。"), "urgent": False,
    }  # fmt: skip
    return PlanStop(**(values | other))


async def published(town, **other):
    """By an operator, decided by an approver."""
    await town.who("approver")
    wanted = command(**other)
    await town.decided(await town.city.announcements.publish(await town.who("operator"), wanted))
    return wanted


async def refused(job):
    with pytest.raises(ProblemError) as refusal:
        await job
    return refusal.value


async def for_member(town, member):
    now = town.clock()
    listed = await town.store.read(lambda conn: records.list_for_member(conn, member.member_id, now))
    return [each.title.ja for each in listed]


async def for_shops(town, code=KASAMA):
    now = town.clock()
    return [
        each.title.ja for each in await town.store.read(lambda conn: records.list_for_shops(conn, code, now))
    ]


async def stops(town):
    now = town.clock()
    return [
        each.stops_from for each in await town.store.read(lambda conn: records.list_planned_stops(conn, now))
    ]


class TestTwoPersons:
    async def test_nothing_is_shown_before_somebody_else_has_decided(self, town):
        await town.who("approver")
        town.clock.now = AUGUST
        proposal = await town.city.announcements.publish(await town.who("operator"), command())
        assert isinstance(proposal, Proposal)
        assert await for_shops(town) == []
        await town.decided(proposal)
        assert await for_shops(town) == [TITLE.ja]

    async def test_a_city_may_let_one_person_announce(self, town):
        rule = DeedRule(deed=Deed.ANNOUNCEMENT, persons=0)
        await town.store.run(lambda conn: save_rule(conn, KASAMA, rule))
        who, wanted = await town.who("operator"), command()
        first = await town.city.announcements.publish(who, wanted)
        again = await town.city.announcements.publish(who, wanted)
        assert first == again
        assert len(await town.city.announcements.listed(KASAMA)) == 1
        for other in (
            {"title": Wording(ja="別の題名")}, {"text": Wording(ja="別の文")}, {"audience": Audience.SHOPS},
            {"shown_from": AUGUST + timedelta(days=1)}, {"shown_until": AUGUST + timedelta(days=8)},
        ):  # fmt: skip
            another = replace(wanted, **other)
            assert (await refused(town.city.announcements.publish(who, another))).type == "id-reused"

    async def test_the_log_says_what_was_announced_and_withdrawn(self, town):
        wanted, boss = await published(town), await town.who("administrator")
        gone = await town.city.announcements.withdraw(boss, wanted.announcement_id, "誤り")
        assert gone.state(AUGUST) is AnnouncementState.WITHDRAWN
        assert await town.city.announcements.withdraw(boss, wanted.announcement_id, "もう一度") == gone
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        assert [line.action for line in lines[:2]] == ["announcement withdrawn", "announcement published"]
        assert [line.action for line in lines].count("announcement withdrawn") == 1


class TestWhoIsShownIt:
    async def test_from_its_first_moment_until_just_before_its_end(self, town):
        await published(town)
        ends = AUGUST + timedelta(days=7)
        shown = []
        for at in (AUGUST - timedelta(microseconds=1), AUGUST, ends - timedelta(microseconds=1), ends):
            town.clock.now = at
            shown.append(await for_shops(town) == [TITLE.ja])
        assert shown == [False, True, True, False]

    @pytest.mark.parametrize(
        ("audience", "members", "shops"),
        [(Audience.MEMBERS, True, False), (Audience.SHOPS, False, True), (Audience.ALL, True, True)],
    )
    async def test_members_shops_or_both(self, town, audience, members, shops):
        member = await town.member(points=10)
        await published(town, audience=audience)
        town.clock.now = AUGUST
        assert (await for_member(town, member) != [], await for_shops(town) != []) == (members, shops)

    async def test_members_by_their_points_or_their_choice_and_nobody_of_another_city(self, town):
        await published(town)
        with_points, chose, stranger = await town.member(points=10), await town.member(), await town.member()
        await town.store.run(
            lambda conn: member_rows.change(
                conn, chose.member_id, default_municipality=KASAMA, default_point_service="kasama-ouen"
            )
        )
        await town.store.run(
            lambda conn: member_rows.change(
                conn, stranger.member_id, default_municipality=MITO, default_point_service="mito-ouen"
            )
        )
        town.clock.now = AUGUST
        assert [bool(await for_member(town, each)) for each in (with_points, chose, stranger)] == [
            True, True, False,
        ]  # fmt: skip
        assert await for_shops(town, MITO) == []

    async def test_it_is_an_unread_notice_in_three_languages_and_gone_when_it_is_withdrawn(self, town):
        member, wanted = await town.member(points=10), await published(town)
        town.clock.now = AUGUST + timedelta(hours=1)

        async def told():
            notices = await town.store.read(lambda conn: notices_of(conn, member.member_id, town.clock()))
            return [notice for notice in notices if notice.kind is NoticeKind.ANNOUNCEMENT]

        (notice,) = await told()
        assert (notice.unread, notice.at, notice.announcement_id) == (True, AUGUST, wanted.announcement_id)
        assert notice.title is not None
        assert (notice.title.ja, notice.title.en, notice.title.easy) == (TITLE.ja, TITLE.en, TITLE.easy)
        await town.city.announcements.withdraw(
            await town.who("administrator"), wanted.announcement_id, "誤り"
        )
        assert await told() == []


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("other", "field"),
        [
            ({"title": Wording(ja=" ")}, "title_ja"),
            ({"text": Wording(ja="\n")}, "text_ja"),
            ({"shown_until": AUGUST}, "ends_on"),
            ({"shown_until": AUGUST + timedelta(days=367)}, "ends_on"),
            ({"shown_from": NOON - timedelta(days=2), "shown_until": NOON}, "ends_on"),
        ],
    )
    async def test_the_field_that_is_wrong_is_named(self, town, other, field):
        await town.who("approver")
        problem = await refused(town.city.announcements.publish(await town.who("operator"), command(**other)))
        assert (problem.type, problem.facts["field"]) == ("bad-announcement", field)

    async def test_a_year_is_the_longest_that_it_is_shown(self, town):
        await town.who("approver")
        year = command(shown_until=AUGUST + timedelta(days=366))
        assert isinstance(await town.city.announcements.publish(await town.who("operator"), year), Proposal)

    async def test_what_has_ended_while_it_waited_is_not_published(self, town):
        await town.who("approver")
        proposal = await town.city.announcements.publish(await town.who("operator"), command())
        town.clock.now = AUGUST + timedelta(days=7)
        assert (await refused(town.decided(proposal))).type == "bad-announcement"
        assert await town.city.announcements.listed(KASAMA) == []


class TestPlannedStops:
    async def test_they_are_shown_from_thirty_days_before_until_they_are_over(self, town):
        await town.who("platform", PLATFORM, name="乙")
        wanted = stop()
        proposal = await town.city.announcements.plan_stop(
            await town.who("platform", PLATFORM, name="甲"), wanted
        )
        await town.decided(proposal, "platform", "乙")
        shown = []
        for at in (
            NOON,
            wanted.stops_from - timedelta(days=30, microseconds=1),
            wanted.stops_from - timedelta(days=30),
            wanted.stops_until - timedelta(microseconds=1),
            wanted.stops_until,
        ):
            town.clock.now = at
            shown.append(await stops(town))
        assert shown == [[], [], [wanted.stops_from], [wanted.stops_from], []]

    async def test_one_in_less_than_thirty_days_has_to_be_called_urgent(self, town):
        await town.who("platform", PLATFORM, name="乙")
        who = await town.who("platform", PLATFORM, name="甲")
        soon = NOON + timedelta(days=29)
        wanted = stop(stops_from=soon, stops_until=soon + timedelta(hours=1))
        assert (await refused(town.city.announcements.plan_stop(who, wanted))).type == "stop-too-soon"
        await town.decided(
            await town.city.announcements.plan_stop(who, replace(wanted, urgent=True)), "platform", "乙"
        )
        assert await stops(town) == [soon]

    async def test_thirty_days_to_the_moment_are_soon_enough(self, town):
        await town.who("platform", PLATFORM, name="乙")
        who, begins = await town.who("platform", PLATFORM, name="甲"), NOON + timedelta(days=30)
        early = stop(stops_from=begins - timedelta(microseconds=1), stops_until=begins + timedelta(hours=1))
        assert (await refused(town.city.announcements.plan_stop(who, early))).type == "stop-too-soon"
        wanted = stop(stops_from=begins, stops_until=begins + timedelta(hours=1))
        assert isinstance(await town.city.announcements.plan_stop(who, wanted), Proposal)

    @pytest.mark.parametrize(
        ("begins_in", "lasts", "field"),
        [
            (timedelta(), timedelta(hours=1), "stops_from"),
            (timedelta(microseconds=1), timedelta(days=7), None),
            (timedelta(days=40), timedelta(days=7, microseconds=1), "stops_until"),
            (timedelta(days=40), timedelta(), "stops_until"),
        ],
    )
    async def test_one_begins_later_than_now_and_is_over_within_a_week(self, town, begins_in, lasts, field):
        await town.who("platform", PLATFORM, name="乙")
        who, begins = await town.who("platform", PLATFORM, name="甲"), NOON + begins_in
        wanted = stop(stops_from=begins, stops_until=begins + lasts, urgent=True)
        if field is None:
            assert isinstance(await town.city.announcements.plan_stop(who, wanted), Proposal)
        else:
            problem = await refused(town.city.announcements.plan_stop(who, wanted))
            assert (problem.type, problem.facts["field"]) == ("bad-announcement", field)

    async def test_an_urgent_one_was_not_shown_before_it_was_decided(self, town):
        await town.who("platform", PLATFORM, name="乙")
        who, begins = await town.who("platform", PLATFORM, name="甲"), NOON + timedelta(days=2)
        wanted = stop(stops_from=begins, stops_until=begins + timedelta(hours=1), urgent=True)
        proposal = await town.city.announcements.plan_stop(who, wanted)
        town.clock.now = NOON + timedelta(hours=1)
        await town.decided(proposal, "platform", "乙")
        (planned,) = await town.city.announcements.listed(PLATFORM)
        assert planned.shown_from == town.clock.now
        assert (await refused(town.city.announcements.plan_stop(who, wanted))).type == "id-reused"

    async def test_one_that_was_over_while_it_waited_is_not_announced(self, town):
        await town.who("platform", PLATFORM, name="乙")
        who, begins = await town.who("platform", PLATFORM, name="甲"), NOON + timedelta(hours=1)
        wanted = stop(stops_from=begins, stops_until=begins + timedelta(hours=1), urgent=True)
        proposal = await town.city.announcements.plan_stop(who, wanted)
        town.clock.now = wanted.stops_until
        assert (await refused(town.decided(proposal, "platform", "乙"))).type == "bad-announcement"
        assert await stops(town) == []

    async def test_the_next_one_is_told_first(self, town):
        await town.who("platform", PLATFORM, name="乙")
        who, wanted = await town.who("platform", PLATFORM, name="甲"), []
        for number, days in (("3", 3), ("1", 5), ("2", 4)):
            begins = NOON + timedelta(days=days)
            each = stop(
                announcement_id=f"00000000-0000-4000-8000-00000000000{number}", stops_from=begins,
                stops_until=begins + timedelta(hours=1), urgent=True,
            )  # fmt: skip
            await town.decided(await town.city.announcements.plan_stop(who, each), "platform", "乙")
            wanted.append(begins)
        assert await stops(town) == sorted(wanted)

    async def test_a_city_announces_no_stop_and_the_platform_none_of_a_citys(self, town):
        await town.who("approver")
        await town.city.announcements.publish(await town.who("operator"), command())
        town.clock.now = AUGUST
        assert await stops(town) == []


class TestOverHttp:
    async def test_a_clerk_announces_and_members_and_shops_read_it(self, site):
        operator, shop = await site.staff_token("operator"), None
        shop_id = "soba-1"
        await site.call("POST", "/v1/city/shops", operator, json={"shop_id": shop_id, "name": "そば処 見本"})
        shop = await site.staff_token("shop", shop_id=shop_id)
        wanted = {
            "announcement_id": new_id(), "audience": "all", "starts_on": "2018-07-31", "ends_on": "2018-08-07",
            "title_ja": TITLE.ja, "title_en": TITLE.en, "text_ja": TEXT.ja,
        }  # fmt: skip
        status, _ = await site.decided("/v1/city/announcements", operator, wanted)
        assert status == 200
        _, told = await site.call("GET", "/v1/shop/announcements", shop)
        (shown,) = told["announcements"]
        assert shown["title"] == {"ja": TITLE.ja, "en": TITLE.en, "easy": TITLE.ja}
        assert (shown["municipality_name"], shown["text"]["en"]) == ("笠間市", TEXT.ja)
        assert datetime.fromisoformat(shown["shown_until"]) == datetime(2018, 8, 8, tzinfo=JST)
        _, listed = await site.call("GET", "/v1/city/announcements", operator)
        assert [each["state"] for each in listed["announcements"]] == ["shown"]
        where = f"/v1/city/announcements/{wanted['announcement_id']}/withdrawal"
        status, gone = await site.call("POST", where, operator, json={"reason": "誤り"})
        assert (status, gone["state"]) == (200, "withdrawn")
        _, told = await site.call("GET", "/v1/shop/announcements", shop)
        assert told["announcements"] == []

    async def test_a_stop_is_told_to_every_client_program(self, site):
        who = await site.staff_token("platform", PLATFORM)
        begins = NOON + timedelta(days=29)
        wanted = {
            "announcement_id": new_id(), "stops_from": begins.isoformat(),
            "stops_until": (begins + timedelta(hours=2)).isoformat(),
            "title_ja": "計画停止", "text_ja": "機器を更新します。", "urgent": True,
        }  # fmt: skip
        other = await site.staff_token("platform", PLATFORM)
        status, proposal = await site.call("POST", "/v1/platform/planned-stops", who, json=wanted)
        assert status == 202, proposal
        where = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
        status, _ = await site.call("POST", where, other, json={"digest": proposal["digest"]})
        assert status == 200
        _, told = await site.call("GET", "/v1/planned-stops")
        (told_stop,) = told["stops"]
        assert (told_stop["title"]["en"], datetime.fromisoformat(told_stop["stops_from"])) == (
            "計画停止",
            begins,
        )
        where = f"/v1/platform/planned-stops/{wanted['announcement_id']}/withdrawal"
        assert (await site.call("POST", where, who, json={"reason": "中止"}))[0] == 200
        assert (await site.call("GET", "/v1/planned-stops"))[1] == {"stops": []}
