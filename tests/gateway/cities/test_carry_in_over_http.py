"""Carried-in balances by the API, from the upload to the member's claim."""

from __future__ import annotations

from .conftest import KASAMA, OUEN, Site
from .test_carry_in import csv_of, row


async def test_a_file_goes_its_way_and_a_waiting_number_is_taken_over(site: Site) -> None:
    member, token = await site.member_token()
    clerk = await site.staff_token("operator")
    await site.staff_token("approver")
    raw = csv_of(row("1", member.mykey_id, "400"), row("2", code="ABCDE12345", points="60"))
    options = {"content": (raw, "text/csv"), "params": {"name": "balances.csv"}}
    status, file = await site.call("POST", "/v1/city/carry-ins", clerk, **options)
    assert (status, file["state"], file["points"]) == (201, "checked", 460)
    where = f"/v1/city/carry-ins/{file['file_id']}"
    totals = {"totals": [{"point_service": OUEN, "last_day": None, "points": 459}]}
    status, problem = await site.call("POST", f"{where}/proposal", clerk, json=totals)
    assert (status, problem["file_points"], problem["reported_points"]) == (409, 460, 459)
    totals["totals"][0]["points"] = 460
    assert (await site.decided(f"{where}/proposal", clerk, totals))[0] == 200
    await site.services.city.carry_ins.apply(KASAMA, file["file_id"])
    wanted = {"municipality": KASAMA, "number": "2", "code": "ABCDE12346"}
    status, problem = await site.call("POST", "/v1/me/carry-ins", token, json=wanted)
    assert (status, problem["type"].rpartition("/")[2]) == (409, "carry-in-wrong")
    wanted["code"] = "abcde-12345"
    lost = {"number": "2", "mykey_id": "2345-6789", "reason": "通知の紛失"}
    status, problem = await site.call("POST", "/v1/city/carry-in-joins", clerk, json=lost)
    assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-member")
    status, taken = await site.call("POST", "/v1/me/carry-ins", token, json=wanted)
    assert (status, taken["points"]) == (201, 60)
    status, report = await site.call("GET", f"{where}/reconciliation", clerk)
    assert (status, report["agrees"], sum(lot["ledger"] for lot in report["lots"])) == (200, True, 460)
    for part in ("report", "reconciliation/csv"):
        status, _ = await site.call("GET", f"{where}/{part}", clerk)
        assert status == 200
