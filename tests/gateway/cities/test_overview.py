"""The member's first page in one call: balances, what expires within 30 days, and what waits."""

from __future__ import annotations

from datetime import timedelta

from .conftest import KASAMA, NOON, OUEN, give

TODAY = NOON.date()


async def test_the_overview_tells_what_expires_within_thirty_days_and_nothing_else(site):
    member, token = await site.member_token()
    rule = {
        "takes_effect_on": TODAY.isoformat(), "expiry": "months", "expiry_count": 2,
        "open_for_direct_exchange": True, "reason": "条例",
    }  # fmt: skip
    where = f"/v1/city/point-services/{OUEN}/rules"
    assert (await site.decided(where, await site.staff_token("administrator"), rule))[0] == 200
    for days_ago, points in ((62, 9), (50, 300), (45, 200), (1, 1_000)):
        issued_on = TODAY - timedelta(days=days_ago)
        await site.services.store.run(
            lambda conn, on=issued_on, points=points: give(conn, member.member_id, points, on, NOON)
        )
    status, seen = await site.call("GET", "/v1/overview", token)
    assert status == 200
    place = {"municipality": KASAMA, "point_service": OUEN}
    assert seen["expiring"] == [
        {**place, "last_day": "2018-08-10", "points": 300},
        {**place, "last_day": "2018-08-15", "points": 200},
    ]
    (held,) = seen["balances"]["municipal"]
    # The 9 points of 62 days ago are over, though no sweep has written them off yet: paying would not take them.
    assert (held["balance"]["available"], held["balance"]["points"]) == (1_500, 1_509)
    assert held["point_service_name"] == "笠間応援ポイント"
    assert (await site.call("GET", "/v1/balances", token))[1] == seen["balances"]
    clerk = await site.staff_token("operator")
    status, shown = await site.call("GET", f"/v1/city/members/{member.mykey_id}", clerk)
    assert (status, shown["balances"]) == (200, [{"point_service": OUEN, "points": 1_500}])
