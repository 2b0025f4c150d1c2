"""The circle over HTTP: a city plans, uploads, approves; a member pays; the shop refunds; the city settles."""

import asyncio
import uuid
from datetime import timedelta

from core_ledger import audit
from gateway.api.city import counter as handlers_counter

from .conftest import KASAMA, MITO, NOON, OUEN, give

PROJECT = {
    "project_id": "kosodate", "point_service": OUEN, "name": "子育て応援", "starts_on": "2018-07-01",
    "ends_on": "2018-09-30", "points_each": 300, "budget": 100_000, "venue": True,
}  # fmt: skip
BANK = {
    "bank_code": "0130", "branch_code": "021", "kind": 1,
    "number": "7654321", "holder": "ミホンショウテン",
}  # fmt: skip


async def test_a_shops_day_is_summed_whole_however_many_payments_are_listed(site, monkeypatch):
    monkeypatch.setattr(handlers_counter, "LISTED_A_DAY", 1)
    shop = {"shop_id": "soba", "name": "そば処 見本"}
    assert (await site.call("POST", "/v1/city/shops", await site.staff_token("operator"), json=shop))[
        0
    ] == 201
    counter = await site.staff_token("shop", shop_id="soba")
    member, token = await site.member_token()
    await site.services.store.run(lambda conn: give(conn, member.member_id, 500, NOON.date(), NOON))
    shop_code = (await site.call("GET", "/v1/shop/code", counter))[1]["shop_code"]
    pay = {"shop_code": shop_code, "point_service": OUEN}
    for points in (50, 70):
        paid = {"spend_id": str(uuid.uuid4()), "points": points} | pay
        assert (await site.call("POST", "/v1/spends", token, json=paid))[0] == 201
    today = (await site.call("GET", "/v1/shop/spends", counter))[1]
    assert (len(today["spends"]), today["points"], today["refunded_points"]) == (1, 120, 0)


async def test_points_go_round_from_the_city_to_a_member_to_a_shop_to_the_bank(site):
    operator, approver = await site.staff_token("operator"), await site.staff_token("approver")
    boss = await site.staff_token("administrator")
    member, member_token = await site.member_token()

    # 給付: a file, checked whole, approved by a second person
    assert (await site.decided("/v1/city/projects", operator, PROJECT))[0] == 200
    raw = f"マイキーID,ポイント,摘要\r\n{member.mykey_id},1000,お祝い\r\n".encode("cp932")
    where = "/v1/city/projects/kosodate/files?name=july.csv"
    status, file = await site.call("POST", where, operator, content=(raw, "text/csv"))
    assert (status, file["state"], file["points"]) == (201, "checked", 1_000)
    proposal = (await site.call("GET", f"/v1/city/proposals/{file['proposal_id']}", approver))[1]
    assert (proposal["points"], proposal["facts"]["lines"], proposal["may_decide"]) == (1_000, 1, True)
    approval, digest = f"/v1/city/proposals/{file['proposal_id']}/approval", {"digest": proposal["digest"]}
    assert (await site.call("POST", approval, operator, json=digest))[0] == 403
    assert (await site.call("POST", approval, approver, json=digest))[0] == 200
    for _ in range(200):
        file = (await site.call("GET", f"/v1/city/files/{file['file_id']}", operator))[1]
        if file["state"] == "applied":
            break
        await asyncio.sleep(0.005)
    assert (file["state"], file["granted_points"]) == ("applied", 1_000)

    # 会場: the member scans the venue's code
    venue = (await site.call("GET", "/v1/city/projects/kosodate/venue-code", operator))[1]["venue_code"]
    status, granted = await site.call("POST", "/v1/venue-grants", member_token, json={"venue_code": venue})
    assert (status, granted["points"], granted["project_name"]) == (201, 300, "子育て応援")

    # 利用: the shop scans the member's code
    shop = {"shop_id": "soba", "name": "そば処 見本"}
    assert (await site.call("POST", "/v1/city/shops", operator, json=shop))[0] == 201
    counter = await site.staff_token("shop", KASAMA, "soba")
    wanted = {"municipality": KASAMA, "point_service": OUEN}
    status, code = await site.call("POST", "/v1/pay-codes", member_token, json=wanted)
    assert status == 201
    seen = await site.call("GET", f"/v1/pay-codes/{code['digits']}", member_token)
    assert seen[1] == {"spend": None, "shop_name": None}
    taken = {"spend_id": str(uuid.uuid4()), "code": code["qr"], "points": 450}
    status, paid = await site.call("POST", "/v1/shop/spends", counter, json=taken)
    assert (status, paid["spend"]["points"]) == (201, 450)
    assert (await site.call("POST", "/v1/shop/spends", counter, json=taken))[0] == 200
    seen = await site.call("GET", f"/v1/pay-codes/{code['digits']}", member_token)
    assert (seen[1]["spend"]["points"], seen[1]["shop_name"]) == (450, "そば処 見本")

    # the member scans the shop's code, and gets a part back
    shop_code = (await site.call("GET", "/v1/shop/code", counter))[1]["shop_code"]
    place = await site.call("POST", "/v1/shop-codes", member_token, json={"shop_code": shop_code})
    assert place[1]["name"] == "そば処 見本"
    pay = {"spend_id": str(uuid.uuid4()), "shop_code": shop_code, "point_service": OUEN, "points": 50}
    assert (await site.call("POST", "/v1/spends", member_token, json=pay))[1]["left"] == 800
    refund = {"refund_id": str(uuid.uuid4()), "points": 100, "reason": "返品"}
    other = await site.staff_token("shop", KASAMA, "cafe")
    one = f"/v1/shop/spends/{taken['spend_id']}"
    assert (await site.call("GET", one, counter))[1]["points"] == taken["points"]
    assert (await site.call("GET", one, other))[0] == 404
    path = f"/v1/shop/spends/{taken['spend_id']}/refunds"
    assert (await site.call("POST", path, counter, json=refund))[0] == 201
    today = (await site.call("GET", "/v1/shop/spends", counter))[1]
    assert (len(today["spends"]), today["points"], today["refunded_points"]) == (2, 500, 100)

    # 履歴: each line names the other side, as a person knows it; one payment alone is a receipt
    history = await site.call("GET", f"/v1/history/municipal/{KASAMA}/{OUEN}", member_token)
    assert [(one["kind"], one["points"], one["party"]) for one in history[1]["lines"]] == [
        ("refund", 100, "そば処 見本"),
        ("spend", -50, "そば処 見本"),
        ("spend", -450, "そば処 見本"),
        ("grant", 300, "子育て応援"),
        ("grant", 1_000, "子育て応援"),
    ]
    balances = (await site.call("GET", "/v1/balances", member_token))[1]["municipal"]
    assert [(balance["point_service_name"], balance["balance"]["available"]) for balance in balances] == [
        ("笠間応援ポイント", 900)
    ]
    assert (await site.call("GET", "/v1/overview", member_token))[1]["balances"]["municipal"] == balances
    receipt = await site.call("GET", f"/v1/spends/{taken['spend_id']}", member_token)
    assert (receipt[1]["left"], receipt[1]["spend"]["refunded_points"]) == (900, 100)

    # 精算: closed by somebody who may, paid by the bank's file
    site.set_clock(NOON + timedelta(days=1))
    boss, approver = await site.staff_token("administrator"), await site.staff_token("approver")
    account = "/v1/city/shops/soba/bank-account"
    assert (await site.decided(account, boss, BANK, "PUT"))[0] == 200
    payer = BANK | {"client_code": "0123456789"}
    assert (await site.decided("/v1/city/bank-account", boss, payer, "PUT"))[0] == 200
    masked = (await site.call("GET", "/v1/city/bank-account", boss))[1]["account"]
    assert masked["number_ends_with"] == "321"
    assert "number" not in masked
    cycle = "/v1/city/settlements/2018-07-16"
    assert (await site.decided(f"{cycle}/closing", approver, {"reason": "7月後半"}))[0] == 200
    status, closed = await site.call("GET", cycle, approver)
    assert (status, closed["yen"], closed["cycle"]["pays_on"]) == (200, 400, "2018-08-15")
    assert (await site.decided(f"{cycle}/transfer-files", approver, {}))[0] == 200
    listed = (await site.call("GET", f"{cycle}/transfer-files", approver))[1]
    assert (listed["send_by"], listed["is_late"]) == (None, False)
    (made,) = listed["files"]
    assert made["send_by"] is None
    status, data = await site.call("GET", f"{cycle}/transfer-files/{made['number']}", approver)
    assert (status, data.split(b"\r\n")[1][80:90]) == (200, b"0000000400")
    for pdf, who in ((f"{cycle}/pdf", approver), (f"{cycle}/shops/soba/pdf", approver)):
        status, data = await site.call("GET", pdf, who)
        assert (status, data[:5]) == (200, b"%PDF-")
    status, data = await site.call("GET", f"{cycle}/shops/soba/csv", approver)
    assert data.startswith(b"\xef\xbb\xbf")

    # 数字: the circle closes, and another city sees none of it
    from gateway.cities.statistics import daily_stats

    await daily_stats.count_all(site.services.store)
    issues = (await site.call("GET", f"/v1/city/point-services/{OUEN}/issues", approver))[1]["figures"]
    assert [(issue["issued"], issue["held"], issue["spent"]) for issue in issues] == [(1_300, 900, 400)]
    unused = await site.call("GET", "/v1/city/unused?day=2018-07-31", approver)
    assert unused[1]["points"] == 900
    stranger = await site.staff_token("administrator", MITO)
    for path in ("/v1/city/projects", "/v1/city/shops", "/v1/city/files", "/v1/city/settlements"):
        answer = (await site.call("GET", path, stranger))[1]
        assert next(iter(answer.values())) == []
    for path in (
        f"/v1/city/files/{file['file_id']}",
        f"/v1/city/spends/{taken['spend_id']}",
        "/v1/city/shops/soba",
    ):
        assert (await site.call("GET", path, stranger))[0] == 404

    # 訂正: what the city gives back of a cycle that was paid stands in the next one, and says so
    values = {"refund_id": str(uuid.uuid4()), "points": 30, "reason": "金額の間違い"}
    path = f"/v1/city/spends/{taken['spend_id']}/refunds"
    assert (await site.decided(path, boss, values))[0] == 200
    cycle = "/v1/city/settlements/2018-08-01"
    status, told = await site.call("GET", f"{cycle}/corrections", approver)
    assert (status, told["points"], told["yen"], told["closed_at"]) == (200, -30, -30, None)
    (one,) = told["corrections"]
    assert (one["refund_id"], one["reason"]) == (values["refund_id"], "金額の間違い")
    assert (one["paid_at"][:10], one["corrects"]["starts_on"]) == ("2018-07-31", "2018-07-16")
    (line,) = (await site.call("GET", cycle, approver))[1]["lines"]
    assert (line["corrections"], line["corrected_points"], line["corrected_yen"]) == (1, -30, -30)
    counter = await site.staff_token("shop", KASAMA, "soba")
    own = (await site.call("GET", "/v1/shop/settlements/2018-08-01", counter))[1]
    assert own["corrections"] == [one]
    status, data = await site.call("GET", f"{cycle}/corrections/csv", approver)
    assert "金額の間違い,見本 administrator" in data.decode("utf-8-sig")
    assert (await site.call("GET", f"{cycle}/corrections", counter))[0] == 403
    assert (await site.call("GET", f"{cycle}/corrections", stranger))[1]["corrections"] == []
    assert (await site.services.store.read(audit.verify)).ok


async def test_a_file_of_a_gigabyte_is_refused_before_it_is_received(site):
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/city/projects/kosodate/files?name=big.csv HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: text/csv\r\nContent-Length: 1073741824\r\n\r\nmykey_id,points\r\n"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    answer = await reader.readuntil(b"}")
    assert b"/docs/problems/body-too-large" in answer
    assert b'"limit_bytes": 16777216' in answer
    writer.close()


async def test_only_csv_is_taken_as_a_file(site):
    operator = await site.staff_token("operator")
    where = "/v1/city/projects/kosodate/files?name=x.json"
    status, refused = await site.call("POST", where, operator, content=(b"{}", "application/json"))
    assert (status, refused["type"]) == (415, "/docs/problems/upload-type-wrong")


async def test_rules_are_seen_by_members_before_they_take_effect(site):
    boss = await site.staff_token("administrator")
    where = f"/v1/city/point-services/{OUEN}/rules"
    rule = {
        "takes_effect_on": "2018-07-31", "expiry": "months", "expiry_count": 6, "open_for_direct_exchange": True,
        "reason": "条例",
    }  # fmt: skip
    assert (await site.decided(where, boss, rule))[0] == 200
    worse = rule | {"takes_effect_on": "2018-10-01", "expiry_count": 3}
    status, refused = await site.call("POST", where, boss, json=worse)
    assert (status, refused["worse"]) == (409, "points-expire-earlier")
    assert (await site.decided(where, boss, worse | {"worse_accepted": True}))[0] == 200
    seen = (await site.call("GET", f"/v1/point-services/{KASAMA}/{OUEN}/rules"))[1]["rules"]
    assert [(one["state"], one["expiry_count"]) for one in seen] == [("in_force", 6), ("upcoming", 3)]
    assert seen[1]["worse"][0]["ja"] == "ポイントの有効期限が短くなります"


async def test_what_the_city_writes_down_wrongly_is_named(site):
    boss = await site.staff_token("administrator")
    assert (await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"}))[
        0
    ] == 201
    bad = BANK | {"holder": "見本商店"}
    status, refused = await site.call("PUT", "/v1/city/shops/soba/bank-account", boss, json=bad)
    assert (status, refused["type"]) == (422, "/docs/problems/bad-bank-account")
    assert "見本商店" not in str(refused)
