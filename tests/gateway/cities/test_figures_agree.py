"""Figures that agree with the registers: refunds counted once, names in files, and no figure that waits for a sweep."""

import asyncio
import csv
import io
from datetime import date, timedelta

import pytest

from gateway.cities import nightly
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics import daily_stats

from .conftest import KASAMA, MITO, NOON, OUEN, new_id

TODAY = NOON.date()


async def _shop_code(town):
    shop = await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば処 見本"))
    return town.city.shops.code_of(shop)


class TestRefunds:
    @pytest.mark.parametrize("days", [(0,), (0, 1), (0, 1, 2, 40)])
    async def test_a_refund_is_one_however_many_days_of_issue_it_brings_back(self, town, days):
        code = await _shop_code(town)
        member = await town.member()
        for day in days:
            await town.give(member.member_id, 100, TODAY - timedelta(days=day))
        paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 100 * len(days))
        await town.refund(paid.spend, 100 * len(days))
        await daily_stats.count_all(town.store)
        found = await town.store.read(lambda conn: daily_stats.by_day(conn, KASAMA, TODAY, TODAY))
        (refunded,) = [line for line in found if line.figure == "refunded"]
        assert (refunded.moves, refunded.points) == (1, 100 * len(days))

    async def test_two_refunds_of_one_payment_are_two_also_when_counted_apart(self, town):
        code = await _shop_code(town)
        member = await town.member()
        for day in (0, 1):
            await town.give(member.member_id, 100, TODAY - timedelta(days=day))
        paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 200)
        for points in (150, 50):
            await town.refund(paid.spend, points)
            await daily_stats.count_all(town.store)
        found = await town.store.read(lambda conn: daily_stats.by_day(conn, KASAMA, TODAY, TODAY))
        (refunded,) = [line for line in found if line.figure == "refunded"]
        assert (refunded.moves, refunded.points) == (2, 200)


class TestNames:
    async def test_a_file_of_figures_names_figures_shops_and_projects(self, site):
        operator = await site.staff_token("operator")
        entry = {"shop_id": "soba-1", "name": "そば処 見本"}
        assert (await site.call("POST", "/v1/city/shops", operator, json=entry))[0] == 201
        member = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")
        plan = {
            "project_id": "ouen", "point_service": OUEN, "name": "出産応援", "starts_on": "2018-07-01",
            "ends_on": "2018-12-31", "points_each": 500, "budget": 100_000,
        }  # fmt: skip
        assert (await site.decided("/v1/city/projects", operator, plan))[0] == 200
        grant = {"grant_id": new_id(), "mykey_id": member.mykey_id, "points": 500}
        assert (await site.call("POST", "/v1/city/projects/ouen/grants", operator, json=grant))[0] == 201
        shop = (await site.call("GET", "/v1/city/shops/soba-1/code", operator))[1]["shop_code"]
        await site.services.city.spending.pay(member.member_id, new_id(), shop, OUEN, 120)
        await daily_stats.count_all(site.services.store)
        path = f"/v1/city/figures/csv?since={TODAY}&until={TODAY}"
        content = (await site.call("GET", path, operator))[1]
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert rows[0] == ["日付", "区分", "相手", "件数", "ポイント", "相手の番号"]
        assert rows[1:] == [
            ["2018-07-31", "給付", "出産応援", "1", "500", "ouen"],
            ["2018-07-31", "加盟店での利用", "そば処 見本", "1", "120", "soba-1"],
        ]


class TestFiguresDuringTheNightsWork:
    async def test_a_sweep_that_takes_long_keeps_no_figure_waiting(self, town, monkeypatch):
        sweeping, done = asyncio.Event(), asyncio.Event()

        async def sweep() -> None:
            sweeping.set()
            await done.wait()

        monkeypatch.setattr(nightly, "COUNT_INTERVAL_S", 0.01)
        monkeypatch.setattr(nightly.CityNightly, "parts", lambda self, today: {"expiry": sweep})
        running = asyncio.create_task(town.city.nightly.run())
        try:
            await sweeping.wait()
            await town.member(points=70)
            while not (
                found := await town.store.read(
                    lambda conn: daily_stats.by_day(conn, KASAMA, date(2018, 1, 1), TODAY)
                )
            ):
                assert not done.is_set()
                await asyncio.sleep(0.01)
            assert [line.points for line in found] == [70]
        finally:
            done.set()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class TestWhoIsGranted:
    async def test_a_right_id_of_a_stranger_is_told_from_a_wrong_one_and_shows_no_name(self, site):
        operator = await site.staff_token("operator")
        plan = {
            "project_id": "ouen", "point_service": OUEN, "name": "出産応援", "starts_on": "2018-07-01",
            "ends_on": "2018-12-31", "points_each": 500, "budget": 100_000,
        }  # fmt: skip
        assert (await site.decided("/v1/city/projects", operator, plan))[0] == 200
        stranger = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")
        own = await site.services.members.create(display_name="鈴木 一郎", password="botan-nabe-3-kilo")
        grantees = "/v1/city/projects/ouen/grantees"
        grant = {"grant_id": new_id(), "mykey_id": own.mykey_id, "points": 500}
        assert (await site.call("POST", "/v1/city/projects/ouen/grants", operator, json=grant))[0] == 201

        known = await site.call("GET", f"{grantees}/{own.mykey_id}", operator)
        assert known == (200, {"mykey_id": own.mykey_id, "display_name": "鈴木 一郎"})
        new = await site.call("GET", f"{grantees}/{stranger.mykey_id}", operator)
        assert new == (200, {"mykey_id": stranger.mykey_id, "display_name": None})
        wrong = await site.call("GET", f"{grantees}/ACDEFGHJ", operator)
        assert (wrong[0], wrong[1]["type"]) == (404, "/docs/problems/unknown-member")

    async def test_another_citys_project_says_nothing_of_anybody(self, site):
        member = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")
        path = f"/v1/city/projects/ouen/grantees/{member.mykey_id}"
        found = await site.call("GET", path, await site.staff_token("operator", MITO))
        assert (found[0], found[1]["type"]) == (404, "/docs/problems/unknown-project")


class TestAShopThatForgotItsPassword:
    async def test_an_operator_proposes_a_new_one_and_who_decides_sees_it(self, site):
        operator = await site.staff_token("operator")
        entry = {"shop_id": "soba-1", "name": "そば処 見本"}
        assert (await site.call("POST", "/v1/city/shops", operator, json=entry))[0] == 201
        await site.staff_token("shop", shop_id="soba-1")
        (person,) = (await site.call("GET", "/v1/city/shops/soba-1/staff", operator))[1]["staff"]
        path = f"/v1/city/shops/soba-1/staff/{person['staff_id']}/reset"
        status, decided = await site.decided(path, operator, {"reason": "電話での申し出"})
        assert (status, bool(decided["first_password"])) == (200, True), decided
        elsewhere = f"/v1/city/shops/other/staff/{person['staff_id']}/reset"
        refused = await site.call("POST", elsewhere, operator, json={"reason": "電話"})
        assert (refused[0], refused[1]["type"]) == (404, "/docs/problems/unknown-staff")
