"""A city adds point services of its own, closes them and opens them again; members see what takes points."""

import pytest

from gateway.errors import ProblemError
from gateway.platform import audit_log

from .conftest import KASAMA, MITO, OUEN


async def test_a_new_service_takes_points_by_way_of_the_reserve_until_a_rule_opens_it(site):
    boss = await site.staff_token("administrator")
    wanted = {"point_service": "kosodate", "name": "子育て応援ポイント"}
    status, made = await site.call("POST", "/v1/city/point-services", boss, json=wanted)
    assert (status, made["open_for_direct_exchange"], made["closed_at"]) == (201, False, None)
    status, again = await site.call("POST", "/v1/city/point-services", boss, json=wanted)
    assert (status, again["type"]) == (409, "/docs/problems/point-service-exists")
    listed = (await site.call("GET", f"/v1/point-services?municipality={KASAMA}"))[1]["point_services"]
    assert {one["point_service"]: one["open_for_direct_exchange"] for one in listed} == {
        OUEN: True,
        "kosodate": False,
    }
    operator = await site.staff_token("operator")
    assert (await site.call("POST", "/v1/city/point-services", operator, json=wanted))[0] == 403


class TestHowTheNameIsRead:
    async def test_is_said_with_the_service_and_changed_later_and_shown_to_members(self, site):
        boss = await site.staff_token("administrator")
        wanted = {
            "point_service": "kosodate",
            "name": "子育て応援ポイント",
            "name_kana": " こそだて　おうえん　ポイント ",
        }
        status, made = await site.call("POST", "/v1/city/point-services", boss, json=wanted)
        assert (status, made["name_kana"]) == (201, "こそだて おうえん ポイント")
        shown = f"/v1/point-services?municipality={KASAMA}&name=kosodate"
        (listed,) = (await site.call("GET", shown))[1]["point_services"]
        assert (listed["name_kana"], listed["name_romaji"]) == (
            "こそだて おうえん ポイント",
            "Kosodate Oen Points",
        )
        where = "/v1/city/point-services/kosodate/reading"
        status, changed = await site.call("PUT", where, boss, json={"name_kana": "コソダテ"})
        assert (status, changed["name_kana"], changed["version"] != made["version"]) == (
            200,
            "コソダテ",
            True,
        )
        for typed in ("ｺｿﾀﾞﾃ・ｵｳｴﾝ", "コソタ\u3099テ･オウエン", "コソタ゛テ・オウエン"):
            status, changed = await site.call("PUT", where, boss, json={"name_kana": typed})
            assert (status, changed["name_kana"]) == (200, "コソダテ・オウエン")
        status, changed = await site.call("PUT", where, boss, json={"name_kana": " "})
        assert (status, changed["name_kana"]) == (200, "")
        (listed,) = (await site.call("GET", f"/v1/point-services?municipality={KASAMA}&name=子育て"))[1][
            "point_services"
        ]
        assert (listed["name_kana"], listed["name_romaji"]) == ("", "")

    @pytest.mark.parametrize(
        "typed", ["笠間", "かさま応援", "※", "カサマ★", '"><script>', "Kasama", "ｶｻﾏ1", "ー", "かさま|みと"]
    )
    async def test_is_kana_and_nothing_else(self, site, typed):
        boss = await site.staff_token("administrator")
        where = f"/v1/city/point-services/{OUEN}/reading"
        status, refused = await site.call("PUT", where, boss, json={"name_kana": typed})
        assert (status, refused["type"]) == (422, "/docs/problems/bad-point-service")
        wanted = {"point_service": "kosodate", "name": "子育て", "name_kana": typed}
        assert (await site.call("POST", "/v1/city/point-services", boss, json=wanted))[0] == 422
        (listed,) = (await site.call("GET", "/v1/city/point-services", boss))[1]["point_services"]
        assert (listed["point_service"], listed["name_kana"]) == (OUEN, "")

    async def test_is_changed_by_its_own_administrators_alone(self, site):
        where = f"/v1/city/point-services/{OUEN}/reading"
        said = {"name_kana": "かさま"}
        assert (await site.call("PUT", where, await site.staff_token("operator"), json=said))[0] == 403
        stranger = await site.staff_token("administrator", MITO)
        assert (await site.call("PUT", where, stranger, json=said))[0] == 404

    async def test_is_told_from_and_to(self, town):
        boss = await town.who("administrator")
        await town.city.services.add(boss, "kosodate", "子育て", "こそだて")
        await town.city.services.set_reading(boss, "kosodate", "コソダテ", None)
        last, _ = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        assert (last.action, last.subject) == ("point service reading changed", "kosodate")
        assert last.facts == {"name_kana_before": "こそだて", "name_kana": "コソダテ"}


async def test_a_closed_service_is_seen_by_staff_only_until_it_is_opened_again(site):
    boss, stranger = await site.staff_token("administrator"), await site.staff_token("administrator", MITO)
    closing = f"/v1/city/point-services/{OUEN}/closure"
    assert (await site.call("POST", closing, stranger, json={"reason": "x"}))[0] == 404
    status, closed = await site.call("POST", closing, boss, json={"reason": "統合"})
    assert (status, closed["closed_at"] is not None) == (200, True)
    members_see = f"/v1/point-services?municipality={KASAMA}"
    assert (await site.call("GET", members_see))[1]["count"] == 0
    (seen,) = (await site.call("GET", "/v1/city/point-services", boss))[1]["point_services"]
    assert seen["closed_at"] == closed["closed_at"]
    opening = f"/v1/city/point-services/{OUEN}/reopening"
    assert (await site.call("POST", opening, boss, json={"reason": "再開"}))[1]["closed_at"] is None
    assert (await site.call("GET", members_see))[1]["count"] == 1


async def test_each_deed_is_told_with_its_reason(town):
    boss = await town.who("administrator")
    await town.city.services.add(boss, "kosodate", "子育て応援ポイント")
    await town.city.services.close(boss, "kosodate", "統合")
    with pytest.raises(ProblemError) as refused:
        await town.city.services.reopen(boss, "kosodate", " ")
    assert refused.value.type == "reason-missing"
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert [(line.action, line.subject, line.reason) for line in lines] == [
        ("point service closed", "kosodate", "統合"),
        ("point service added", "kosodate", ""),
    ]
