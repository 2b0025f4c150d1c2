"""Last writer does not win in silence: who sends a form drawn from what somebody else has changed meanwhile is told."""

import asyncio

import pytest
from sqlalchemy import select

from gateway.cities import tables
from gateway.platform import audit_log

from .conftest import KASAMA

SHOP = {
    "shop_id": "soba",
    "name": "そば",
    "name_kana": "ソバ",
    "category": "",
    "address": "",
    "phone": "0296-1",
}
PROJECT = {
    "project_id": "kosodate", "point_service": "kasama-ouen", "name": "子育て", "starts_on": "2018-07-01",
    "ends_on": "2019-03-31", "points_each": 1_000, "budget": 25_000_000, "venue": True,
}  # fmt: skip
EVENT = {
    "name": "祭り", "purpose": "", "goal_points": 10_000, "starts_on": "2018-09-01", "ends_on": "2018-09-30",
    "givers": "everybody", "on_failure": "keep",
}  # fmt: skip


async def shop(site, boss):
    """Give where it is read, what two clerks send, and where."""
    status, _ = await site.call("POST", "/v1/city/shops", boss, json=SHOP)
    assert status == 201
    entry = {name: SHOP[name] for name in SHOP if name != "shop_id"}
    where = "/v1/city/shops/soba"
    return where, where, entry | {"phone": "0296-77-1101"}, entry | {"address": "笠間1番地"}


async def budget(site, boss):
    status, _ = await site.decided("/v1/city/projects", boss, PROJECT)
    assert status == 200
    where = "/v1/city/projects/kosodate"
    first, second = ({"budget": sum_, "reason": "減額"} for sum_ in (20_000_000, 24_000_000))
    return where, f"{where}/budget", first, second


async def project_open(site, boss):
    where, _, _, _ = await budget(site, boss)
    return where, f"{where}/open", *({"open": is_open, "reason": "見直し"} for is_open in (False, True))


async def event(site, boss):
    status, made = await site.call("POST", "/v1/city/events", boss, json=EVENT | {"own_id": "matsuri"})
    assert status == 201, made
    where = f"/v1/city/events/{made['event_id']}"
    return where, where, EVENT | {"goal_points": 20_000}, EVENT | {"purpose": "花火"}


async def role(site, boss):
    staff_id = await site.hire("administrator", "kacho@kasama")
    await site.hire("administrator", "shicho@kasama")
    where = f"/v1/city/staff/{staff_id}"
    return where, f"{where}/role", *({"role": word, "reason": "異動"} for word in ("operator", "viewer"))


async def issuer(site, boss):
    where = "/v1/city/point-services/kasama-ouen/issuer"
    entry = {"kind": "city", "name": "笠間市", "contact": "", "reason": "窓口の変更"}
    return where, where, entry | {"contact": "0296-77-1101"}, entry | {"name": "笠間市産業課"}


async def reading(site, boss):
    where = "/v1/city/point-services/kasama-ouen/reading"
    return where, where, {"name_kana": "かさま おうえん"}, {"name_kana": "かさま おうえん ポイント"}


async def seen_in(site, boss, where):
    if "/staff/" in where:
        people = (await site.call("GET", "/v1/city/staff", boss))[1]["staff"]
        return next(each for each in people if where.endswith(each["staff_id"]))
    if where.endswith("/reading"):
        (service,) = (await site.call("GET", "/v1/city/point-services", boss))[1]["point_services"]
        return service
    return (await site.call("GET", where, boss))[1]


@pytest.mark.parametrize("form", [shop, budget, project_open, event, role, issuer, reading])
class TestTwoClerksWithOnePage:
    async def test_the_second_is_refused_and_saves_what_both_said_once_it_has_seen_it(self, site, form):
        boss = await site.staff_token("administrator")
        where, path, first, second = await form(site, boss)
        drawn = (await seen_in(site, boss, where))["version"]
        status, _ = await site.call("PUT", path, boss, json=first | {"seen": drawn})
        assert status == 200
        status, problem = await site.call("PUT", path, boss, json=second | {"seen": drawn})
        assert (status, problem["type"].rsplit("/", 1)[-1]) == (409, "changed-meanwhile")
        now = await seen_in(site, boss, where)
        assert now["version"] == problem["version"] != drawn
        status, answer = await site.call("PUT", path, boss, json=second | {"seen": now["version"]})
        assert status in (200, 202), answer

    async def test_of_two_at_one_moment_one_is_saved(self, site, form):
        boss = await site.staff_token("administrator")
        where, path, first, second = await form(site, boss)
        drawn = (await seen_in(site, boss, where))["version"]
        answers = await asyncio.gather(
            *(site.call("PUT", path, boss, json=each | {"seen": drawn}) for each in (first, second))
        )
        statuses = sorted(status for status, _ in answers)
        # Setting a project open that is open changes nothing, so nobody is overruled by it.
        assert statuses == ([200, 409] if form is not project_open else statuses)
        assert statuses[0] == 200


async def test_a_line_of_the_table_of_deeds_is_proposed_from_what_its_author_saw(site):
    boss = await site.staff_token("administrator")
    rules = (await site.call("GET", "/v1/city/deeds", boss))[1]["deeds"]
    drawn = next(each for each in rules if each["deed"] == "grant")["version"]
    line = {"persons": 1, "from_points": 500, "points_a_day": 50_000, "reason": "厳格化", "seen": drawn}
    assert (await site.decided("/v1/city/deeds/grant", boss, line, "PUT"))[0] == 200
    status, problem = await site.call(
        "PUT", "/v1/city/deeds/grant", boss, json=line | {"points_a_day": 90_000}
    )
    assert (status, problem["type"].rsplit("/", 1)[-1]) == (409, "changed-meanwhile")


async def test_the_log_says_what_a_shops_entry_was_and_is(site):
    boss = await site.staff_token("administrator")
    _, path, first, _ = await shop(site, boss)
    assert (await site.call("PUT", path, boss, json=first))[0] == 200
    (line,) = await site.services.store.read(
        lambda conn: audit_log.page(conn, KASAMA, actions=["shop changed"])
    )
    assert line.facts == {"name": "そば", "phone_before": "0296-1", "phone": "0296-77-1101"}
    row = await site.services.store.read(lambda conn: conn.execute(select(tables.shops)).one())
    assert (row.name, row.phone) == ("そば", "0296-77-1101")
