"""Cards over HTTP: the desk's calls, the till's, and what member, shop and desk read of a payment by card."""

import io
import uuid

import pypdf

from gateway.platform import audit_log

from .conftest import KASAMA, NOON, OUEN, give

PIN = "4627"
WHY = "窓口で本人確認"


def word(answer):
    return answer["type"].rpartition("/")[2]


async def furnished(site, points=5_000):
    """A member with points, a clerk and a shop's person; the member's ID and the three tokens."""
    member, token = await site.member_token()
    await site.services.store.run(lambda conn: give(conn, member.member_id, points, NOON.date(), NOON))
    clerk = await site.staff_token("operator")
    assert (await site.call("POST", "/v1/city/shops", clerk, json={"shop_id": "soba", "name": "そば処"}))[
        0
    ] == 201
    return member.mykey_id, token, clerk, await site.staff_token("shop", shop_id="soba")


async def issue(site, clerk, *mykey_ids, **more):
    body = {
        "issue_id": str(uuid.uuid4()), "point_service": OUEN, "mykey_ids": list(mykey_ids), "reason": WHY,
    } | more  # fmt: skip
    return await site.call("POST", "/v1/city/pay-cards", clerk, json=body)


async def pay(site, shop, code, points, **more):
    body = {"spend_id": str(uuid.uuid4()), "code": code, "points": points} | more
    return await site.call("POST", "/v1/shop/spends", shop, json=body)


async def test_a_card_is_issued_paid_with_stopped_and_replaced(site):
    mykey_id, token, clerk, shop = await furnished(site)
    status, issued = await issue(site, clerk, mykey_id.lower())
    assert (status, issued["left_out"]) == (201, [])
    (card,) = issued["cards"]
    assert (card["mykey_id"], card["last_digits"]) == (mykey_id, card["number"][-4:])

    status, taken = await pay(site, shop, card["qr"], 300)
    assert (status, taken["spend"]["way"]) == (201, "card")
    status, refusal = await pay(site, shop, card["number"], 1_001)
    assert (status, word(refusal), refusal["no_pin_points"]) == (409, "pay-card-no-pin", 1_000)

    pin = {"mykey_id": mykey_id, "pin": PIN, "reason": WHY}
    assert (await site.call("POST", "/v1/city/pay-cards/pins", clerk, json=pin))[0] == 204
    status, refusal = await pay(site, shop, card["qr"], 1_001)
    assert (status, word(refusal)) == (409, "pay-card-pin-needed")
    status, refusal = await pay(site, shop, card["qr"], 1_001, pin="0000")
    assert (status, word(refusal), refusal["tries_left"]) == (403, "pay-card-pin-wrong", 4)
    assert (await pay(site, shop, card["qr"], 1_001, pin=PIN))[0] == 201

    lost = {"mykey_id": mykey_id, "reason": "紛失の電話"}
    assert (await site.call("POST", "/v1/city/pay-cards/stopping", clerk, json=lost))[0] == 204
    status, refusal = await pay(site, shop, card["qr"], 300)
    assert (status, word(refusal)) == (409, "pay-card-stopped")
    (new,) = (await issue(site, clerk, mykey_id, replace=True))[1]["cards"]
    assert (await pay(site, shop, new["qr"], 300))[0] == 201

    lines = (await site.call("GET", f"/v1/history/municipal/{KASAMA}/{OUEN}", token))[1]["lines"]
    assert [line["way"] for line in lines if line["kind"] == "spend"] == ["card"] * 3
    spends = (await site.call("GET", "/v1/spends", token))[1]["spends"]
    assert {spend["way"] for spend in spends} == {"card"}
    looked = {"mykey_id": mykey_id, "reason": WHY}
    seen = (await site.call("POST", "/v1/city/support/timelines", clerk, json=looked))[1]
    assert [line["way"] for line in seen["lines"] if line["kind"] == "spend"] == ["card"] * 3
    assert [each["is_valid"] for each in seen["pay_cards"]["cards"]] == [True, False]
    assert (seen["pay_cards"]["has_pin"], seen["pay_cards"]["paid_today"]) == (True, 1_601)
    assert {"pay_card_issued", "pay_card_stopped", "pay_card_pin_set"} <= {
        line["kind"] for line in seen["lines"]
    }
    kinds = [notice["kind"] for notice in (await site.call("GET", "/v1/notices", token))[1]["notices"]]
    assert kinds.count("pay_card_issued") == 2
    approver = await site.staff_token("approver")
    masked = (await site.call("POST", "/v1/city/support/timelines", approver, json=looked))[1]
    assert masked["pay_cards"] is None


async def test_one_and_many_are_printed_and_a_stopped_one_is_not(site):
    mykey_id, _, clerk, _ = await furnished(site)
    others = [(await site.member_token())[0] for _ in range(6)]
    for other in others:
        await site.services.store.run(
            lambda conn, other=other: give(conn, other.member_id, 1, NOON.date(), NOON)
        )
    cards = (await issue(site, clerk, mykey_id, *(other.mykey_id for other in others)))[1]["cards"]
    assert len(cards) == 7
    numbers = [card["number"] for card in cards]
    for wanted, pages in ((numbers[:1], 1), (numbers, 2)):
        status, data = await site.call("POST", "/v1/city/pay-cards/sheets", clerk, json={"numbers": wanted})
        assert status == 200
        found = pypdf.PdfReader(io.BytesIO(data)).pages
        text = "".join(page.extract_text() for page in found)
        assert len(found) == pages
        assert all(number in text for number in wanted)
        assert mykey_id not in text
    await issue(site, clerk, mykey_id, replace=True)
    old = next(card["number"] for card in cards if card["mykey_id"] == mykey_id)
    status, refusal = await site.call("POST", "/v1/city/pay-cards/sheets", clerk, json={"numbers": [old]})
    assert (status, word(refusal)) == (409, "pay-card-stopped")


async def test_the_limits_are_the_citys_and_their_change_is_in_the_log(site):
    boss = await site.staff_token("administrator")
    limits = (await site.call("GET", "/v1/city/pay-cards/limits", boss))[1]
    assert (limits["no_pin_points"], limits["points_a_day"]) == (1_000, 5_000)
    body = {
        "no_pin_points": 500, "points_a_day": 3_000, "cards_a_day": 20, "reason": "要綱の改正", "seen": limits["version"],
    }  # fmt: skip
    assert (await site.call("PUT", "/v1/city/pay-cards/limits", boss, json=body))[0] == 200
    status, refusal = await site.call("PUT", "/v1/city/pay-cards/limits", boss, json=body)
    assert (status, word(refusal)) == (409, "changed-meanwhile")
    await site.staff_token("approver")
    higher = {"no_pin_points": 500, "points_a_day": 3_001, "cards_a_day": 20, "reason": "要綱の改正"}
    status, proposal = await site.call("PUT", "/v1/city/pay-cards/limits", boss, json=higher)
    assert (status, proposal["deed"], proposal["facts"]["card_points_a_day"]) == (202, "card_limits", 3_001)
    assert (await site.call("GET", "/v1/city/pay-cards/limits", boss))[1]["points_a_day"] == 3_000
    body = {"no_pin_points": 3_001, "points_a_day": 3_000, "cards_a_day": 20, "reason": "誤り"}
    status, refusal = await site.call("PUT", "/v1/city/pay-cards/limits", boss, json=body)
    assert (status, word(refusal)) == (422, "pay-card-limits-unfit")
    lines = await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=5))
    (line,) = [line for line in lines if line.action == "pay card limits changed"]
    assert line.facts == {
        "no_pin_points_before": 1_000, "no_pin_points": 500, "card_points_a_day_before": 5_000,
        "card_points_a_day": 3_000, "cards_a_day_before": 30, "cards_a_day": 20,
    }  # fmt: skip


async def test_a_number_and_a_pin_are_in_no_answer_that_is_not_their_issue(site):
    mykey_id, _, clerk, shop = await furnished(site)
    (card,) = (await issue(site, clerk, mykey_id))[1]["cards"]
    looked = {"mykey_id": mykey_id, "reason": WHY}
    seen = await site.call("POST", "/v1/city/support/timelines", clerk, json=looked)
    answers = [
        str(seen),
        str(await pay(site, shop, card["number"], 1_001, pin="12 4")),
        str(await pay(site, shop, card["qr"], 1)),
    ]
    for text in answers:
        assert card["number"] not in text
        assert card["number"].replace(" ", "") not in text
        assert "12 4" not in text
