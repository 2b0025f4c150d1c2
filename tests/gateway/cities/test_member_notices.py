"""お知らせ: read from where it is true, told once, and unread until the member says otherwise."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from .conftest import KASAMA, NOON, OUEN, PASSWORD, give


async def list_notices(site, token):
    status, found = await site.call("GET", "/v1/notices", token)
    assert status == 200
    return found


async def granted(site, member, points=300):
    """The city gives points, as its staff would; what is large has been decided by a second person."""
    administrator = await site.staff_token("administrator")
    project = {
        "project_id": "kosodate", "point_service": OUEN, "name": "子育て応援給付", "starts_on": NOON.date().isoformat(),
        "ends_on": (NOON.date() + timedelta(days=30)).isoformat(), "points_each": points, "budget": 1_000_000,
    }  # fmt: skip
    assert (await site.decided("/v1/city/projects", administrator, project))[0] in (200, 201)
    grant = {"grant_id": str(uuid.uuid4()), "mykey_id": member.mykey_id, "points": points}
    status, _ = await site.call("POST", "/v1/city/projects/kosodate/grants", administrator, json=grant)
    assert status == 201


class TestAnAccount:
    async def test_that_is_opened_from_a_new_browser_says_so_and_from_a_known_one_does_not(self, site):
        member, token = await site.member_token()
        (notice,) = (await list_notices(site, token))["notices"]
        assert (notice["kind"], notice["unread"]) == ("signed_in_anew", True)
        body = {"mykey_id": member.mykey_id, "password": PASSWORD}
        _, begun = await site.call("POST", "/v1/sessions", json=body)
        known = body | {"devices": [begun["device"]]}
        assert (await site.call("POST", "/v1/sessions", json=known))[0] == 201
        assert [one["kind"] for one in (await list_notices(site, token))["notices"]] == ["signed_in_anew"] * 2

    async def test_that_is_changed_says_what_was(self, site):
        _, token = await site.member_token()
        new = {"current": PASSWORD, "new": "another long password"}
        assert (await site.call("PUT", "/v1/me/password", token, json=new))[0] in (200, 204)
        offered = (await site.call("POST", "/v1/me/mykey-id/generate", token))[1]["generated"]
        change = {"mykey_id": offered, "password": "another long password"}
        assert (await site.call("PUT", "/v1/me/mykey-id", token, json=change))[1]["available"]
        kinds = [one["kind"] for one in (await list_notices(site, token))["notices"]]
        assert sorted(kinds) == ["mykey_id_changed", "password_changed", "signed_in_anew"]

    async def test_that_tried_for_an_id_that_is_taken_has_not_changed(self, site):
        other, _ = await site.member_token()
        _, token = await site.member_token()
        change = {"mykey_id": other.mykey_id, "password": PASSWORD}
        assert not (await site.call("PUT", "/v1/me/mykey-id", token, json=change))[1]["available"]
        assert [one["kind"] for one in (await list_notices(site, token))["notices"]] == ["signed_in_anew"]


class TestPoints:
    async def test_that_a_city_gave_are_told_with_their_service(self, site):
        member, token = await site.member_token()
        await granted(site, member)
        notice = next(one for one in (await list_notices(site, token))["notices"] if one["kind"] == "granted")
        assert (notice["points"], notice["point_service"], notice["point_service_name"]) == (
            300, OUEN, "笠間応援ポイント",
        )  # fmt: skip

    async def test_that_are_given_back_in_two_moves_are_one_notice(self, site):
        member, token = await site.member_token()
        for issued_on, points in ((date(2018, 7, 1), 40), (date(2018, 7, 2), 60)):
            await site.services.store.run(
                lambda conn, on=issued_on, points=points: give(conn, member.member_id, points, on, NOON)
            )
        administrator = await site.staff_token("administrator")
        await site.call("POST", "/v1/city/shops", administrator, json={"shop_id": "soba", "name": "そば"})
        shop = await site.services.city.shops.get(KASAMA, "soba")
        spend_id = str(uuid.uuid4())
        payment = {
            "spend_id": spend_id, "shop_code": site.services.city.shops.code_of(shop),
            "point_service": OUEN, "points": 90,
        }  # fmt: skip
        assert (await site.call("POST", "/v1/spends", token, json=payment))[0] == 201
        refund = {"refund_id": str(uuid.uuid4()), "points": 80, "reason": "返品"}
        keeper = await site.staff_token("shop", shop_id="soba")
        assert (await site.call("POST", f"/v1/shop/spends/{spend_id}/refunds", keeper, json=refund))[0] == 201
        back = [one for one in (await list_notices(site, token))["notices"] if one["kind"] == "given_back"]
        assert [one["points"] for one in back] == [80]
        assert "spend" not in str([one["kind"] for one in (await list_notices(site, token))["notices"]])

    async def test_that_end_within_thirty_days_are_told_on_the_day_they_come_so_near(self, site):
        member, token = await site.member_token()
        rule = {
            "takes_effect_on": NOON.date().isoformat(), "expiry": "months", "expiry_count": 2,
            "open_for_direct_exchange": True, "reason": "条例",
        }  # fmt: skip
        where = f"/v1/city/point-services/{OUEN}/rules"
        assert (await site.decided(where, await site.staff_token("administrator"), rule))[0] == 200
        for days_ago, points in ((45, 200), (1, 1_000)):
            issued_on = NOON.date() - timedelta(days=days_ago)
            await site.services.store.run(
                lambda conn, on=issued_on, points=points: give(conn, member.member_id, points, on, NOON)
            )
        ends = [one for one in (await list_notices(site, token))["notices"] if one["kind"] == "will_expire"]
        assert [(one["points"], one["last_day"]) for one in ends] == [(200, "2018-08-15")]
        assert ends[0]["at"] == "2018-07-16T00:00:00+09:00"


class TestReading:
    async def test_marks_what_was_there_and_nothing_that_comes_later(self, site):
        member, token = await site.member_token()
        found = await list_notices(site, token)
        assert found["unread"] == 1
        assert (await site.call("GET", "/v1/overview", token))[1]["unread_notices"] == 1
        until = {"until": found["notices"][0]["at"]}
        assert (await site.call("PUT", "/v1/notices/read", token, json=until))[0] == 204
        assert (await list_notices(site, token))["unread"] == 0
        assert (await site.call("GET", "/v1/overview", token))[1]["unread_notices"] == 0
        site.set_clock(NOON + timedelta(seconds=5))
        await granted(site, member)
        found = await list_notices(site, token)
        assert [(one["kind"], one["unread"]) for one in found["notices"]] == [
            ("granted", True), ("signed_in_anew", False),
        ]  # fmt: skip

    async def test_never_goes_back_and_never_beyond_now(self, site):
        member, token = await site.member_token()
        for until in ("2999-01-01T00:00:00+09:00", "2001-01-01T00:00:00+09:00"):
            assert (await site.call("PUT", "/v1/notices/read", token, json={"until": until}))[0] == 204
            assert (await list_notices(site, token))["unread"] == 0
        site.set_clock(NOON + timedelta(seconds=5))
        await granted(site, member)
        assert (await list_notices(site, token))["unread"] == 1

    async def test_is_each_members_own(self, site):
        _, token = await site.member_token()
        _, other = await site.member_token()
        until = {"until": NOON.isoformat()}
        assert (await site.call("PUT", "/v1/notices/read", other, json=until))[0] == 204
        assert (await list_notices(site, token))["unread"] == 1

    async def test_ends_after_ninety_days_and_the_rows_with_it(self, site):
        member, _ = await site.member_token()
        site.set_clock(NOON + timedelta(days=91))
        _, begun = await site.call(
            "POST", "/v1/sessions", json={"mykey_id": member.mykey_id, "password": PASSWORD}
        )
        assert [one["kind"] for one in (await list_notices(site, begun["token"]))["notices"]] == [
            "signed_in_anew"
        ]
        assert await site.services.members.sweep() >= 1
        assert len((await list_notices(site, begun["token"]))["notices"]) == 1
