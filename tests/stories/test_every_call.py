"""Each call of the API as a portal makes it, over real HTTP against real processes."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from gateway.client import SignedClient
from gateway.demo.environment import DemoEnvironment, SampleMember
from gateway.demo.scenario import (
    HANAKO,
    JIRO,
    KASAMA,
    Narrator,
    SignedIn,
    exchange_at,
    link_at,
    sign_in_as,
    start_at,
)

pytestmark = pytest.mark.xdist_group("town")


class Silent:
    def print(self, *_: object) -> None:
        return None


TELL = Narrator(Silent())  # type: ignore[arg-type]


@pytest.fixture
async def portal(town: DemoEnvironment) -> AsyncIterator[SignedClient]:
    async with town.portal() as client:
        yield client


async def linked(town: DemoEnvironment, portal: SignedClient, who: SampleMember) -> tuple[SignedIn, Any]:
    member = await sign_in_as(town, portal, who)
    links = (await member.get("/v1/links"))["links"]
    return member, await start_at(member) if links else await link_at(member, who, TELL)


async def test_prefectures_and_municipalities_come_with_codes_and_readings(town, portal) -> None:
    member = await sign_in_as(town, portal, JIRO)
    prefectures = (await member.get("/v1/prefectures"))["prefectures"]
    assert len(prefectures) == 47
    assert sum(prefecture["municipalities"] for prefecture in prefectures) == 1_741
    ibaraki = (await member.get("/v1/prefectures/08/municipalities"))["municipalities"]
    kasama = {"code": "082163", "name": "笠間市", "kana": "かさまし", "romaji": "Kasama City"}
    assert kasama in ibaraki
    assert await member.get("/v1/prefectures/080004/municipalities") == {"municipalities": ibaraki}


async def test_point_services_are_listed_by_prefecture_and_by_whether_partners_may_pay_in(
    town, portal
) -> None:
    member = await sign_in_as(town, portal, JIRO)
    all_of_ibaraki = await member.get("/v1/point-services", prefecture="08")
    assert all_of_ibaraki["count"] == 2
    direct = await member.get("/v1/point-services", prefecture="08", direct="true")
    assert [one["name"] for one in direct["point_services"]] == ["笠間応援ポイント"]
    assert (await member.get("/v1/point-services", prefecture="13"))["count"] == 0
    mito = await member.get("/v1/point-services", municipality="082015")
    assert mito["point_services"][0]["open_for_direct_exchange"] is False


async def test_events_that_take_points_now_are_listed(town, portal) -> None:
    member = await sign_in_as(town, portal, JIRO)
    (event,) = (await member.get("/v1/events"))["events"]
    assert event["event_id"] == "himatsuri-2018"


async def test_an_offer_shows_the_figures_of_the_input_screen(town, portal) -> None:
    member, exchange = await linked(town, portal, JIRO)
    path = f"/v1/exchanges/{exchange['exchange_id']}/offer"
    offer = await member.get(path, destination="municipality", **KASAMA)
    assert offer["available"]["wallet"] == 449
    assert offer["priority"] == ["wallet", "eikyu"]
    campaign = next(rate for rate in offer["rates"] if rate["campaign"])
    assert (campaign["cost_per_unit"], campaign["points_per_unit"]) == (100, 550)
    reserve = await member.get(path, destination="reserve")
    assert {rate["points_per_unit"] for rate in reserve["rates"]} == {450}
    assert offer["most_units"] >= 90


@pytest.mark.parametrize(
    "query",
    [
        {"destination": "municipality"},
        {"destination": "reserve", "municipality": "082163"},
        {"destination": "municipality", "municipality": "082163"},
    ],
)
async def test_half_a_destination_is_refused(town, portal, query) -> None:
    member, exchange = await linked(town, portal, JIRO)
    with pytest.raises(Exception, match="destination-incomplete"):
        await member.get(f"/v1/exchanges/{exchange['exchange_id']}/offer", **query)


async def test_exchanges_are_paged_newest_first(town, portal) -> None:
    member, first = await linked(town, portal, JIRO)
    made = [first["exchange_id"]] + [(await start_at(member))["exchange_id"] for _ in range(3)]
    page = await member.get("/v1/exchanges", limit="2")
    assert [one["exchange_id"] for one in page["exchanges"]] == made[:1:-1]
    rest = await member.get("/v1/exchanges", limit="2", before=page["next_before"])
    assert rest["exchanges"][0]["exchange_id"] == made[1]


async def test_a_partner_is_unlinked_and_what_was_exchanged_stays(town, portal) -> None:
    member, exchange = await linked(town, portal, HANAKO)
    settled = await exchange_at(member, exchange, {"kind": "reserve"}, 1)
    async with await portal.request("DELETE", "/v1/links/saison", session_token=member.token) as answer:
        assert answer.status == 204
    async with await portal.request("DELETE", "/v1/links/saison", session_token=member.token) as again:
        assert again.status == 409
    assert (await member.get("/v1/links"))["links"] == []
    kept = await member.get(f"/v1/exchanges/{settled['exchange_id']}")
    assert (kept["state"], kept["link"]) == ("settled", None)


async def test_sessions_are_seen_and_ended_from_elsewhere(town, portal) -> None:
    here, there = await sign_in_as(town, portal, HANAKO), await sign_in_as(town, portal, HANAKO)
    sessions = (await here.get("/v1/sessions"))["sessions"]
    assert sum(session["current"] for session in sessions) == 1
    theirs = next(
        one["session_id"] for one in (await there.get("/v1/sessions"))["sessions"] if one["current"]
    )
    async with await portal.request("DELETE", f"/v1/sessions/{theirs}", session_token=here.token) as answer:
        assert answer.status == 204
    with pytest.raises(Exception, match="session-ended"):
        await there.get("/v1/me")
    third = await sign_in_as(town, portal, HANAKO)
    async with await portal.request("DELETE", "/v1/sessions", session_token=here.token) as answer:
        assert (await answer.json())["ended"] >= 1
    with pytest.raises(Exception, match="session-ended"):
        await third.get("/v1/me")
    assert (await here.get("/v1/me"))["display_name"] == HANAKO.name


async def test_a_member_chooses_language_and_default_municipality(town, portal) -> None:
    member = await sign_in_as(town, portal, HANAKO)
    assert (await member.put("/v1/me/language", {"language": "ja-easy"}))["language"] == "ja-easy"
    chosen = await member.put("/v1/me/default-municipality", KASAMA)
    assert (chosen["default_municipality"], chosen["default_point_service"]) == tuple(KASAMA.values())
    balances = await member.get("/v1/balances")
    seen = await member.get("/v1/overview")
    assert (seen["balances"], seen["waiting"]) == (balances, [])
    assert seen["member"] == await member.get("/v1/me")
    assert all(one["is_default"] for one in balances["municipal"] if one["municipality"] == "082163")


async def test_a_changed_password_needs_the_old_one_and_ends_the_other_sessions(town, portal) -> None:
    member, other = await sign_in_as(town, portal, HANAKO), await sign_in_as(town, portal, HANAKO)
    body = {"current": HANAKO.password, "new": "another-good-password"}
    await member.put("/v1/me/password", body)
    with pytest.raises(Exception, match="session-ended"):
        await other.get("/v1/me")
    await member.put("/v1/me/password", {"current": body["new"], "new": HANAKO.password})
    with pytest.raises(Exception, match="current-password-wrong"):
        await member.put("/v1/me/password", body | {"current": "not-the-old-one"})


async def test_a_mykey_id_is_checked_generated_and_changed(town, portal) -> None:
    member = await sign_in_as(town, portal, JIRO)
    values = {"mykey_id": town.mykey_ids[HANAKO.name]}
    taken = await member.post("/v1/me/mykey-id/check", values)
    assert taken["available"] is False
    generated = await member.post("/v1/me/mykey-id/generate", None)
    assert len(generated["generated"]) == 8
    assert generated["offered"] == [generated["generated"]]
    change = {"mykey_id": generated["generated"], "password": JIRO.password}
    with pytest.raises(Exception, match="current-password-wrong"):
        await member.put("/v1/me/mykey-id", change | {"password": "not-the-password"})
    with pytest.raises(Exception, match="body-invalid"):
        await member.put("/v1/me/mykey-id", {"mykey_id": generated["generated"]})
    changed = await member.put("/v1/me/mykey-id", change)
    assert changed["available"]
    town.mykey_ids[JIRO.name] = generated["generated"]
    assert (await member.get("/v1/me"))["mykey_id"] == generated["generated"]


async def test_a_revoked_mykey_id_lets_nobody_in_again(town, portal) -> None:
    code, printed = await town.run("members add", "見本四郎", typed="sample-1004-1004\n")
    assert code == 0, printed
    new = SampleMember(name="見本四郎", password="sample-1004-1004")
    town.mykey_ids[new.name] = json.loads(printed)["mykey_id"]
    member = await sign_in_as(town, portal, new)
    with pytest.raises(Exception, match="current-password-wrong"):
        await member.post("/v1/me/revocation", {"password": "not-the-password"}, 204)
    body = {"password": new.password}
    async with await portal.request(
        "POST", "/v1/me/revocation", json=body, session_token=member.token
    ) as answer:
        assert answer.status == 204
    with pytest.raises(Exception, match="sign-in-refused"):
        await sign_in_as(town, portal, new)


async def test_health_is_told_without_a_signature(town) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/health/live", "/health/ready"):
            async with session.get(town.gateway_url + path) as answer:
                assert answer.status == 200
        for path in ("/health/partners", "/metrics"):  # the operators', on a port of their own
            async with session.get(town.gateway_url + path) as answer:
                assert answer.status == 404
        async with session.get(f"{town.gateway_url}/docs/problems/quote-expired") as answer:
            assert answer.status == 200


async def test_an_allocation_of_more_than_there_is_is_refused_with_what_there_is(town, portal) -> None:
    member = await sign_in_as(town, portal, JIRO)
    available = await member.points()
    body = {"allocation_id": str(uuid.uuid4()), "points": available + 1, **KASAMA}
    problem = await member.post("/v1/allocations", body, 409)
    assert problem["available"] == available
