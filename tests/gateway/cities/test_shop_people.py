"""A shop is told who was added to it and what was changed of its log-ins; nobody else's."""

from __future__ import annotations

from datetime import timedelta

from .conftest import KASAMA, MITO, NOON, new_id


async def shops(site, token):
    for shop_id in ("soba", "toki"):
        body = {"shop_id": shop_id, "name": f"見本 {shop_id}"}
        assert (await site.call("POST", "/v1/city/shops", token, json=body))[0] == 201


async def told(site, token):
    status, found = await site.call("GET", "/v1/shop/people", token)
    assert status == 200, found
    return found


async def added(site, clerk, login, shop_id="soba"):
    """By two persons, as the city's table has it."""
    body = {"login": login, "display_name": "見本 次郎", "reason": new_id()}
    status, answer = await site.decided(f"/v1/city/shops/{shop_id}/staff", clerk, body)
    assert status == 200, answer
    return answer["staff"]["staff_id"]


class TestAShopIsTold:
    async def test_who_was_added_to_it_and_when(self, site):
        clerk = await site.staff_token("operator")
        await shops(site, clerk)
        owner = await site.staff_token("shop", shop_id="soba")
        assert (await told(site, owner))["changes"] == []
        await added(site, clerk, "jiro@mise")
        found = await told(site, owner)
        (change,) = found["changes"]
        assert (change["login"], change["display_name"], change["change"]) == (
            "jiro@mise",
            "見本 次郎",
            "added",
        )
        assert change["at"].startswith("2018-07-31T12:00")
        assert "jiro@mise" in [person["login"] for person in found["people"]]

    async def test_whose_password_was_made_anew_and_who_was_stopped(self, site):
        clerk, boss = await site.staff_token("operator"), await site.staff_token("administrator")
        await shops(site, clerk)
        owner = await site.staff_token("shop", shop_id="soba")
        staff_id = await added(site, clerk, "jiro@mise")
        path = f"/v1/city/shops/soba/staff/{staff_id}/reset"
        assert (await site.decided(path, clerk, {"reason": "忘れた"}))[0] == 200
        assert (await site.call("POST", f"/v1/city/staff/{staff_id}/closure", boss, json={"reason": "退職"}))[
            0
        ] < 300
        found = await told(site, owner)
        assert [change["change"] for change in found["changes"]] == ["stopped", "reset", "added"]
        assert [person["active"] for person in found["people"] if person["login"] == "jiro@mise"] == [False]

    async def test_for_thirty_days(self, site):
        clerk = await site.staff_token("operator")
        await shops(site, clerk)
        await added(site, clerk, "jiro@mise")
        for days, changes in ((29, 1), (31, 0)):
            site.set_clock(NOON + timedelta(days=days))
            owner = await site.staff_token("shop", shop_id="soba")
            assert len((await told(site, owner))["changes"]) == changes

    async def test_and_no_other_shop_and_no_other_city(self, site):
        clerk = await site.staff_token("operator")
        await shops(site, clerk)
        await added(site, clerk, "jiro@mise")
        body = {"shop_id": "soba", "name": "水戸の soba"}
        assert (
            await site.call("POST", "/v1/city/shops", await site.staff_token("operator", MITO), json=body)
        )[0] == 201
        for code, shop_id in ((KASAMA, "toki"), (MITO, "soba")):
            stranger = await site.staff_token("shop", code, shop_id=shop_id)
            found = await told(site, stranger)
            assert found["changes"] == []
            assert "jiro@mise" not in [person["login"] for person in found["people"]]
