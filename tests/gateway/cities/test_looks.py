"""Looking leaves a trace: members, opened lists, what leaves as a file, sign-ins that fail; and the log can be searched."""

import asyncio

from gateway.platform import audit_log
from gateway.platform.audit_actions import PLATFORM_ACTIONS, AuditAction

from .conftest import KASAMA, OUEN, PASSWORD, new_id

PROJECT = {
    "project_id": "kosodate", "point_service": OUEN, "name": "子育て", "starts_on": "2018-07-01", "ends_on": "2019-03-31",
    "points_each": 1_000, "budget": 25_000_000,
}  # fmt: skip


async def lines(site, **wanted):
    return await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=200, **wanted))


class TestALook:
    async def test_at_a_member_is_a_line_also_where_nobody_is_found(self, site):
        operator = await site.staff_token("operator")
        member, _ = await site.member_token()
        assert (await site.call("GET", f"/v1/city/members/{member.mykey_id}", operator))[0] == 404
        assert (await site.call("GET", "/v1/city/members/22222222", operator))[0] == 404
        found = await lines(site, actions=["member looked up"])
        assert [line.subject for line in found] == ["22222222", member.mykey_id]
        assert {line.actor_name for line in found} == {"見本 operator"}

    async def test_at_who_is_to_be_granted_is_a_line_too(self, site):
        boss = await site.staff_token("administrator")
        assert (await site.decided("/v1/city/projects", boss, PROJECT))[0] == 200
        member, _ = await site.member_token()
        where = "/v1/city/projects/kosodate/grantees"
        assert (await site.call("GET", f"{where}/{member.mykey_id}", boss))[0] == 200
        assert (await site.call("GET", f"{where}/22222222", boss))[0] == 404
        looks = await lines(site, actions=["member looked up"])
        assert [line.subject for line in looks] == ["22222222", member.mykey_id]

    async def test_into_a_file_and_at_who_was_granted_before(self, site):
        boss = await site.staff_token("administrator")
        assert (await site.decided("/v1/city/projects", boss, PROJECT))[0] == 200
        member, _ = await site.member_token()
        raw = f"マイキーID,ポイント\n{member.mykey_id},900".encode()
        status, file = await site.call(
            "POST", "/v1/city/projects/kosodate/files?name=x.csv", boss, content=(raw, "text/csv")
        )
        assert status == 201, file
        where = f"/v1/city/files/{file['file_id']}"
        for path in ("lines", "granted-before", "report"):
            assert (await site.call("GET", f"{where}/{path}", boss))[0] == 200
        assert [line.subject for line in await lines(site, actions=["grants looked at"])] == [
            file["file_id"]
        ] * 2
        (export,) = await lines(site, actions=["list exported"])
        assert export.facts == {"list": "grant file report"}

    async def test_that_takes_a_list_away_is_named(self, site):
        boss = await site.staff_token("administrator")
        await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
        for path in (
            "/v1/city/settlements/2018-07-16/csv", "/v1/city/settlements/2018-07-16/pdf",
            "/v1/city/settlements/2018-07-16/corrections/csv", "/v1/city/settlements/2018-07-16/shops/soba/csv",
            "/v1/city/settlements/2018-07-16/shops/soba/pdf", "/v1/city/figures/csv?since=2018-07-01&until=2018-07-31",
            "/v1/city/unused/csv?day=2018-07-31", f"/v1/city/point-services/{OUEN}/issues/csv", "/v1/city/audit/csv",
        ):  # fmt: skip
            assert (await site.call("GET", path, boss))[0] == 200, path
        found = [line.facts["list"] for line in await lines(site, actions=["list exported"])]
        assert sorted(found) == [
            "audit log", "corrections", "figures", "issues", "settlement", "settlement", "statement", "statement",
            "unused",
        ]  # fmt: skip


class TestASignInThatFails:
    async def test_is_in_the_log_of_the_persons_city(self, site):
        await site.hire("operator", "fukushi@kasama")
        for login, password in (("fukushi@kasama", "falsch"), ("nobody@kasama", PASSWORD)):
            body = {"login": login, "password": password}
            assert (await site.call("POST", "/v1/staff/sessions", json=body))[0] == 401
        async with asyncio.timeout(10):  # the refusal does not wait for it
            while not (failed := await lines(site, actions=["sign-in failed"])):  # noqa: ASYNC110 - written beside
                await asyncio.sleep(0.01)
        (line,) = failed
        assert (line.subject, line.actor, line.facts) == ("fukushi@kasama", "system", {"missed": "password"})
        assert "falsch" not in str(line)


class TestTheLog:
    async def test_is_searched_by_person_kind_subject_and_day(self, site):
        boss = await site.staff_token("administrator")
        await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
        site.set_clock(site.clock().replace(day=1, month=8))
        other = await site.staff_token("administrator")
        await site.call("POST", "/v1/city/shops", other, json={"shop_id": "cafe", "name": "カフェ"})

        async def subjects(query):
            status, page = await site.call("GET", f"/v1/city/audit?{query}", other)
            assert status == 200, page
            return [line["subject"] for line in page["lines"]]

        (first, second) = await lines(site, actions=["shop registered"])
        assert await subjects("action=shop%20registered") == ["cafe", "soba"]
        assert await subjects(f"actor={second.actor}") == ["soba"]
        assert await subjects("subject=cafe") == ["cafe"]
        assert await subjects("since=2018-08-01") == ["cafe"]
        assert await subjects("until=2018-07-31") == ["soba"]
        assert await subjects(f"since=2018-08-01&actor={second.actor}") == []
        status, data = await site.call("GET", f"/v1/city/audit/csv?actor={first.actor}", other)
        rows = data.decode("utf-8-sig").splitlines()
        assert status == 200
        assert [("cafe" in row, "soba" in row) for row in rows[1:] if "加盟店の登録" in row] == [
            (True, False)
        ]
        assert any(",cafe,,名前: カフェ," in row for row in rows)

    async def test_names_its_deeds_and_facts_in_both_languages(self, site):
        boss = await site.staff_token("administrator")
        await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
        assert (await site.call("GET", "/v1/city/audit/csv", boss))[0] == 200
        export, shop = (await site.call("GET", "/v1/city/audit", boss))[1]["lines"]
        assert export["action_label"] == {"ja": "一覧の保存", "en": "List exported"}
        assert export["facts"] == {"list": "audit log"}
        assert export["named_facts"] == [
            {
                "name": "list",
                "label": {"ja": "一覧", "en": "List"},
                "value": "audit log",
                "value_label": {"ja": "監査ログ", "en": "Audit log"},
            }
        ]
        (name,) = shop["named_facts"]
        assert name == {
            "name": "name",
            "label": {"ja": "名前", "en": "Name"},
            "value": "そば",
            "value_label": None,
        }
        assert (await site.decided("/v1/city/projects", boss, PROJECT))[0] == 200
        assert (await site.call("GET", "/v1/city/projects/kosodate/grants", boss))[0] == 200
        look, *_ = (await site.call("GET", "/v1/city/audit?action=grants+looked+at", boss))[1]["lines"]
        assert (look["facts"], look["named_facts"]) == ({"member": ""}, []), "what says nothing is not named"

    async def test_lists_the_deeds_that_it_can_hold_as_its_filter_takes_them(self, site):
        boss = await site.staff_token("administrator")
        status, answer = await site.call("GET", "/v1/city/audit/actions", boss)
        labels = {named["action"]: named["label"] for named in answer["actions"]}
        assert (status, labels["refunded"]) == (200, {"ja": "利用の取消", "en": "Payment refunded"})
        assert {action.value for action in AuditAction} - set(labels) == {
            action.value for action in PLATFORM_ACTIONS
        }
        assert (await site.call("GET", "/v1/city/audit?action=refunded", boss))[0] == 200
        viewer = await site.staff_token("viewer")
        assert (await site.call("GET", "/v1/city/audit/actions", viewer))[0] == 403

    async def test_a_filter_that_is_none_is_refused(self, site):
        boss = await site.staff_token("administrator")
        for query in ("actor=x", "action=DROP", "since=9999-12-31", "until=2018-13-01"):
            assert (await site.call("GET", f"/v1/city/audit?{query}", boss))[0] == 400

    async def test_the_numbers_of_its_lines_go_on_whatever_is_looked_at(self, site):
        boss = await site.staff_token("administrator")
        await site.call("GET", f"/v1/city/members/{new_id()[:8]}", boss)
        assert await site.services.store.read(lambda conn: audit_log.verify(conn, KASAMA)) == []
