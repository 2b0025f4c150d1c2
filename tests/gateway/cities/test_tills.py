"""A bound till stays signed in and opens the till alone; it ends in many ways, and no restore brings it back."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway.app import whole_api
from gateway.cities import tables
from gateway.cities.city_context import write_audit
from gateway.cities.record_recovery import DONE_AGAIN, close_gaps
from gateway.cities.shops import shop_rights, till_pins, till_rows
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import Role
from tests.faults import rollback

from .conftest import KASAMA, MITO, NOON, PASSWORD
from .test_pay_cards_over_http import furnished, issue, pay, word
from .test_record_recovery import lost, takes_away

__all__ = ["lost"]
PIN = "4627"
OWNER = "tencho@mise"


async def hire_shop_person(site, login=OWNER, shop_id="soba", city=KASAMA, role=Role.SHOP):
    """Somebody of the shop with a password of their own; their token and staff id."""
    staff_id, now = uuid.uuid4().hex, site.clock()
    hashed = await site.services.city.context.hasher.hash(PASSWORD)

    def job(conn):
        staff_rows.add(
            conn, staff_id=staff_id, municipality=city, login=login, display_name="見本 店長", role=role,
            password_hash=hashed, at=now, shop_id=shop_id, password_is_first=False,
        )  # fmt: skip
        return staff_rows.start_session(conn, staff_id, client_id="city", strong=False, at=now).reveal()

    return await site.services.store.run(job), staff_id


async def sign_in(site, login=OWNER):
    status, begun = await site.call(
        "POST", "/v1/staff/sessions", json={"login": login, "password": PASSWORD, "devices": []}
    )
    assert status == 201, begun
    return begun["token"]


async def bind(site, owner, name="レジ1", password=PASSWORD):
    return await site.call("POST", "/v1/shop/tills", owner, json={"name": name, "password": password})


async def show(site, till_token):
    return await site.call("POST", "/v1/staff/sessions/till", json={"till_token": till_token})


async def bound(site, owner, name="レジ1"):
    """A till: the token of its session, and the secret to show next."""
    status, answer = await bind(site, owner, name)
    assert status == 201, answer
    status, opened = await show(site, answer["till_token"])
    assert status == 201, opened
    return opened["token"], opened["till_token"], answer["till"]["till_id"]


async def shop(site):
    """A shop with an owner, and a member's card: the owner's token and staff id, the clerk's, the card."""
    mykey_id, _, clerk, _ = await furnished(site)
    owner, staff_id = await hire_shop_person(site)
    _, issued = await issue(site, clerk, mykey_id)
    return owner, staff_id, clerk, issued["cards"][0]["qr"]


async def listed(site, owner):
    status, answer = await site.call("GET", "/v1/shop/tills", owner)
    assert status == 200, answer
    return answer


async def lines(site, *actions):
    found = await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=200))
    return [line for line in found if line.action in actions]


class TestWhatATillOpens:
    async def test_it_takes_payments_and_sees_today_long_after_a_session_would_have_ended(self, site):
        owner, _, _, card = await shop(site)
        till, _, _ = await bound(site, owner)
        site.set_clock(NOON + timedelta(hours=20))
        assert (await site.call("GET", "/v1/shop", owner))[0] == 401
        status, taken = await pay(site, till, card, 300)
        assert status == 201, taken
        status, day = await site.call("GET", "/v1/shop/spends", till)
        assert (status, [spend["points"] for spend in day["spends"]]) == (200, [300])
        assert (await site.call("GET", f"/v1/shop/spends/{taken['spend']['spend_id']}", till))[0] == 200

    async def test_no_other_day_than_today(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        assert (await site.call("GET", "/v1/shop/spends?day=2018-07-31", till))[0] == 200
        status, refusal = await site.call("GET", "/v1/shop/spends?day=2018-07-30", till)
        assert (status, word(refusal)) == (403, "till-only")
        assert (await site.call("GET", "/v1/shop/spends?day=2018-07-30", owner))[0] == 200

    async def test_it_finds_single_payments_of_yesterday_and_today_and_its_owner_every_one(self, site):
        owner, _, _, card = await shop(site)
        till, till_token, _ = await bound(site, owner)
        _, taken = await pay(site, till, card, 300)
        where = f"/v1/shop/spends/{taken['spend']['spend_id']}"
        for days, status in ((1, 200), (2, 404)):
            site.set_clock(NOON + timedelta(days=days))
            _, opened = await show(site, till_token)
            till_token = opened["till_token"]
            assert (await site.call("GET", where, opened["token"]))[0] == status
        assert (await site.call("GET", where, await sign_in(site)))[0] == 200

    async def test_the_shop_says_whether_it_gives_back_and_nothing_of_its_account(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        await hire_shop_person(site, "reji@mise", role=Role.TILL)
        await hire_shop_person(site, "keiri@mise", role=Role.BOOKKEEPER)
        expected = {
            owner: (False, True), till: (None, True), await sign_in(site, "reji@mise"): (None, False),
            await sign_in(site, "keiri@mise"): (False, False),
        }  # fmt: skip
        for token, answers in expected.items():
            own = (await site.call("GET", "/v1/shop", token))[1]
            assert (own["has_bank"], own["may_refund"]) == answers

    async def test_signing_out_everywhere_else_leaves_tills_to_their_own_list(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        other = await sign_in(site)
        assert (await site.call("DELETE", "/v1/staff/me/sessions", owner))[1]["ended"] == 1
        assert (await site.call("GET", "/v1/shop", other))[0] == 401
        assert (await site.call("GET", "/v1/shop", till))[0] == 200

    async def test_every_other_operation_of_the_whole_gateway_is_refused(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        open_ones = {
            "own_shop", "take_points", "shop_day", "shop_spend", "shop_refund", "staff_sign_out",
        }  # fmt: skip
        staff = [route for route in whole_api().routes if route.caller is AuthLevel.STAFF]
        assert {route.name for route in staff if route.at_till} == open_ones
        refused = 0
        for route in staff:
            if route.name in open_ones:
                continue
            status, refusal = await site.call(route.method, at_some_place(route.template), till)
            assert (status, word(refusal)) == (403, "till-only"), route.name
            refused += 1
        assert refused > 100

    async def test_the_session_says_whose_it_is_and_is_none_of_the_persons(self, site):
        owner, _, _, _ = await shop(site)
        _, answer = await bind(site, owner)
        _, opened = await show(site, answer["till_token"])
        assert opened["session"]["till_id"] == answer["till"]["till_id"] == opened["till"]["till_id"]
        assert (opened["session"]["login"], opened["session"]["shop_id"], opened["unused_days"]) == (
            OWNER,
            "soba",
            30,
        )
        _, me = await site.call("GET", "/v1/staff/me/sessions", owner)
        assert [session["current"] for session in me["sessions"]] == [True]

    async def test_an_older_release_takes_its_token_for_none(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        assert (till[:4], owner[:4]) == ("pgt_", "pgc_")


def at_some_place(template):
    values = {"starts_on": "2018-07-01", "municipality": KASAMA, "code": KASAMA}
    parts = [
        values.get(part[1:-1], "1" * 8) if part.startswith("{") else part for part in template.split("/")
    ]
    return "/".join(parts)


class TestBinding:
    async def test_it_asks_for_the_password_and_is_told_to_the_shop_and_the_log(self, site):
        owner, _, _, _ = await shop(site)
        status, refusal = await bind(site, owner, password="wrong-password-1")
        assert (status, word(refusal)) == (403, "current-password-wrong")
        assert (await listed(site, owner))["tills"] == []
        await bound(site, owner)
        (till,) = (await listed(site, owner))["tills"]
        assert (till["name"], till["bound_at"][:16]) == ("レジ1", "2018-07-31T12:00")
        (line,) = await lines(site, "till bound")
        assert (line.subject, line.facts["name"], line.actor_name) == ("soba", "レジ1", "見本 店長")

    async def test_a_till_binds_no_other(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        status, refusal = await bind(site, till)
        assert (status, word(refusal)) == (403, "till-only")

    async def test_a_closed_shop_binds_none_and_fifty_are_enough(self, site, monkeypatch):
        owner, _, clerk, _ = await shop(site)
        monkeypatch.setattr(till_rows, "MAX_OF_A_SHOP", 1)
        await bound(site, owner)
        status, refusal = await bind(site, owner)
        assert (status, word(refusal)) == (409, "tills-too-many")
        assert (await site.call("POST", "/v1/city/shops/soba/closure", clerk, json={"reason": "閉店"}))[
            0
        ] == 200
        status, refusal = await bind(site, owner)
        assert (status, word(refusal)) == (409, "shop-closed")

    async def test_only_hashes_are_kept(self, site):
        owner, _, _, _ = await shop(site)
        _, till_token, _ = await bound(site, owner)

        def job(conn):
            rows = [*conn.execute(sa.select(tables.tills)), *conn.execute(sa.select(tables.till_tokens))]
            return str(rows)

        text = await site.services.store.read(job)
        assert staff_rows.hash_of(till_token) in text
        assert till_token[4:47] not in text
        assert till_token[47:] not in text


class TestSecrets:
    """Each is shown once, and gives the next; one that was good before says that there is a copy."""

    async def test_a_copy_that_goes_on_ends_the_till_for_both(self, site):
        owner, _, _, _ = await shop(site)
        _, answer = await bind(site, owner)
        stolen = answer["till_token"]
        _, by_thief = await show(site, stolen)
        _, again = await show(site, by_thief["till_token"])
        status, refusal = await show(site, stolen)  # the device, with what it was given
        assert (status, word(refusal)) == (401, "till-ended")
        for token in (by_thief["till_token"], again["till_token"], stolen):
            assert (await show(site, token))[0] == 401
        for token in (by_thief["token"], again["token"]):
            assert (await site.call("GET", "/v1/shop", token))[0] == 401
        (line,) = await lines(site, "till ended")
        assert line.facts["ended_by"] == "copied"
        assert (await listed(site, owner))["tills"] == []

    async def test_a_lost_answer_and_two_pages_at_once_end_nothing(self, site):
        owner, _, _, _ = await shop(site)
        _, answer = await bind(site, owner)
        first = answer["till_token"]
        both = await asyncio.gather(show(site, first), show(site, first))
        assert [status for status, _ in both] == [201, 201]
        _, later = await show(site, first)  # that answer was lost, too
        for token in (later["till_token"], later["till_token"]):
            assert (await show(site, token))[0] == 201
        status, _ = await show(site, both[0][1]["till_token"])  # given beside it, and another was shown since
        assert status == 401

    async def test_no_more_than_a_few_are_given_for_one(self, site):
        owner, _, _, _ = await shop(site)
        _, answer = await bind(site, owner)
        for _ in range(till_rows.MAX_GIVEN + 3):
            assert (await show(site, answer["till_token"]))[0] == 201
        count = sa.select(sa.func.count()).select_from(tables.till_tokens)
        assert await site.services.store.read(lambda conn: conn.scalar(count)) == till_rows.MAX_GIVEN + 1

    async def test_what_begins_otherwise_ends_nothing(self, site):
        owner, _, _, _ = await shop(site)
        till, till_token, _ = await bound(site, owner)
        assert (await show(site, "pgb_" + "A" * 86))[0] == 401
        assert (await show(site, "pgb_" + "A" * 43 + till_token[47:]))[0] == 401
        assert (await site.call("GET", "/v1/shop", till))[0] == 200

    async def test_another_client_program_gets_no_use_of_the_session(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        with pytest.raises(ProblemError, match="ended"):
            await site.services.store.read(
                lambda conn: staff_rows.find_session(conn, till, client_id="other", now=NOON)
            )


async def is_over(site, till, till_token):
    assert (await site.call("GET", "/v1/shop", till))[0] == 401
    status, refusal = await show(site, till_token)
    assert (status, word(refusal)) == (401, "till-ended")
    return True


class TestEnding:
    async def test_the_shop_ends_one_and_the_others_stay(self, site):
        owner, _, _, _ = await shop(site)
        till, till_token, till_id = await bound(site, owner)
        other, _, _ = await bound(site, owner, "タブレット")
        assert (await site.call("DELETE", f"/v1/shop/tills/{till_id}", owner))[0] == 204
        assert await is_over(site, till, till_token)
        assert (await site.call("GET", "/v1/shop", other))[0] == 200
        assert [each["name"] for each in (await listed(site, owner))["tills"]] == ["タブレット"]
        assert (await site.call("DELETE", f"/v1/shop/tills/{till_id}", owner))[0] == 204  # a second click
        (line,) = await lines(site, "till ended")
        assert (line.facts["till"], line.facts["ended_by"]) == (till_id, "shop")

    async def test_another_shop_and_another_city_end_none(self, site):
        owner, _, clerk, _ = await shop(site)
        till, _, till_id = await bound(site, owner)
        await site.call("POST", "/v1/city/shops", clerk, json={"shop_id": "toki", "name": "土器"})
        stranger, _ = await hire_shop_person(site, "toki@mise", "toki")
        mito = await site.staff_token("operator", MITO)
        assert (await site.call("DELETE", f"/v1/shop/tills/{till_id}", stranger))[0] == 404
        body = {"reason": "紛失"}
        assert (await site.call("POST", f"/v1/city/shops/soba/tills/{till_id}/end", mito, json=body))[
            0
        ] == 404
        assert (await site.call("POST", f"/v1/city/shops/toki/tills/{till_id}/end", clerk, json=body))[
            0
        ] == 404
        assert (await site.call("GET", "/v1/shop", till))[0] == 200

    async def test_the_citys_clerk_ends_one_with_a_reason(self, site):
        owner, _, clerk, _ = await shop(site)
        till, till_token, till_id = await bound(site, owner)
        _, seen = await site.call("GET", "/v1/city/shops/soba/tills", clerk)
        assert [each["till_id"] for each in seen["tills"]] == [till_id]
        path = f"/v1/city/shops/soba/tills/{till_id}/end"
        status, _ = await site.call("POST", path, clerk, json={"reason": " "})
        assert status == 422
        assert (await site.call("POST", path, clerk, json={"reason": "紛失の連絡"}))[0] == 204
        assert await is_over(site, till, till_token)
        (line,) = await lines(site, "till ended")
        assert (line.facts["ended_by"], line.reason) == ("city", "紛失の連絡")

    async def test_a_new_first_password_ends_it(self, site):
        owner, staff_id, clerk, _ = await shop(site)
        till, till_token, _ = await bound(site, owner)
        path = f"/v1/city/shops/soba/staff/{staff_id}/reset"
        assert (await site.decided(path, clerk, {"reason": "忘れた"}))[0] == 200
        assert await is_over(site, till, till_token)
        assert [line.facts["ended_by"] for line in await lines(site, "till ended")] == ["reset"]

    async def test_a_password_that_the_person_changes_ends_it(self, site):
        owner, _, _, _ = await shop(site)
        till, till_token, _ = await bound(site, owner)
        body = {"current": PASSWORD, "new": "momiji-nabe-4-kilo"}
        assert (await site.call("PUT", "/v1/staff/me/password", owner, json=body))[0] == 204
        assert await is_over(site, till, till_token)

    async def test_the_stop_of_its_log_in_ends_it_and_no_colleagues(self, site):
        owner, staff_id, _, _ = await shop(site)
        colleague, _ = await hire_shop_person(site, "jiro@mise")
        till, till_token, _ = await bound(site, owner)
        others, _, _ = await bound(site, colleague)
        boss = await site.staff_token("administrator")
        assert (await site.call("POST", f"/v1/city/staff/{staff_id}/closure", boss, json={"reason": "退職"}))[
            0
        ] < 300
        assert await is_over(site, till, till_token)
        assert (await site.call("GET", "/v1/shop", others))[0] == 200

    async def test_the_closing_of_the_shop_ends_all_and_opening_again_brings_none_back(self, site):
        owner, _, clerk, _ = await shop(site)
        till, till_token, _ = await bound(site, owner)
        for step in ("closure", "reopening"):
            assert (await site.call("POST", f"/v1/city/shops/soba/{step}", clerk, json={"reason": "確認"}))[
                0
            ] == 200
        assert await is_over(site, till, till_token)

    async def test_disuse_ends_it_after_the_days_of_the_setting_and_use_does_not(self, site):
        owner, _, _, _ = await shop(site)
        _, till_token, _ = await bound(site, owner)
        _, other_token, _ = await bound(site, owner, "使うレジ")
        site.set_clock(NOON + timedelta(days=29))
        status, opened = await show(site, other_token)
        assert status == 201
        site.set_clock(NOON + timedelta(days=31))
        status, refusal = await show(site, till_token)
        assert (status, word(refusal)) == (401, "till-ended")
        assert (await show(site, opened["till_token"]))[0] == 201
        owner = await sign_in(site)
        assert [each["name"] for each in (await listed(site, owner))["tills"]] == ["使うレジ"]

    async def test_the_night_forgets_what_is_over(self, site):
        owner, _, _, _ = await shop(site)
        await bound(site, owner)
        now = NOON + timedelta(days=31)
        site.set_clock(now)
        forget = site.services.city.nightly.parts(now.date())["tidying up"]
        await forget()

        def job(conn):
            return [
                conn.scalar(sa.select(sa.func.count()).select_from(table))
                for table in (tables.tills, tables.till_tokens)
            ]

        (line,) = await lines(site, "till ended")
        assert (line.subject, line.facts["ended_by"]) == ("soba", "unused")

        assert await site.services.store.read(job) == [1, 0]
        site.set_clock(
            now + till_rows.ENDED_RETENTION + timedelta(minutes=1)
        )  # the clock goes on while it is worked
        await forget()
        assert await site.services.store.read(job) == [0, 0]

    async def test_a_session_ends_after_a_day_and_the_device_goes_on(self, site):
        owner, _, _, _ = await shop(site)
        till, till_token, _ = await bound(site, owner)
        site.set_clock(NOON + staff_rows.TILL_SESSION_TTL + timedelta(minutes=1))
        assert (await site.call("GET", "/v1/shop", till))[0] == 401
        status, opened = await show(site, till_token)
        assert status == 201
        assert (await site.call("GET", "/v1/shop", opened["token"]))[0] == 200

    async def test_the_last_use_is_told(self, site):
        owner, _, _, _ = await shop(site)
        till, _, _ = await bound(site, owner)
        site.set_clock(NOON + timedelta(minutes=10))
        assert (await site.call("GET", "/v1/shop", till))[0] == 200
        assert (await listed(site, owner))["tills"][0]["used_at"].startswith("2018-07-31T12:10")


async def set_pin(site, owner, pin=PIN, password=PASSWORD):
    return await site.call("PUT", "/v1/shop/till-pin", owner, json={"pin": pin, "password": password})


class TestRefunds:
    async def give_back(self, site, token, spend, points=10, **more):
        body = {"refund_id": str(uuid.uuid4()), "points": points, "reason": "打ち間違い"} | more
        return await site.call("POST", f"/v1/shop/spends/{spend}/refunds", token, json=body)

    async def paid(self, site):
        owner, _, _, card = await shop(site)
        till, _, _ = await bound(site, owner)
        _, taken = await pay(site, till, card, 300)
        return owner, till, taken["spend"]["spend_id"]

    async def test_without_a_pin_a_till_gives_nothing_back_and_the_password_does(self, site):
        owner, till, spend = await self.paid(site)
        for more in ({}, {"pin": PIN}):
            status, refusal = await self.give_back(site, till, spend, **more)
            assert (status, word(refusal)) == (409, "till-no-pin")
        assert (await self.give_back(site, owner, spend))[0] == 201

    async def test_with_it_a_till_gives_back_once(self, site):
        owner, till, spend = await self.paid(site)
        assert (await set_pin(site, owner))[0] == 204
        status, refusal = await self.give_back(site, till, spend)
        assert (status, word(refusal)) == (409, "till-pin-needed")
        again = {"refund_id": str(uuid.uuid4()), "pin": PIN}
        assert (await self.give_back(site, till, spend, **again))[0] == 201
        assert (await self.give_back(site, till, spend, **again))[0] == 200
        _, seen = await site.call("GET", f"/v1/shop/spends/{spend}", till)
        assert seen["refunded_points"] == 10

    async def test_five_wrong_ones_lock_it_until_the_owner_signs_in_with_the_password(self, site):
        owner, till, spend = await self.paid(site)
        await set_pin(site, owner)
        for left in (4, 3, 2, 1):
            status, refusal = await self.give_back(site, till, spend, pin="4628")
            assert (status, word(refusal), refusal["tries_left"]) == (403, "till-pin-wrong", left)
        assert (await listed(site, owner))["pin_locked"] is False
        for pin in ("4628", PIN):
            status, refusal = await self.give_back(site, till, spend, pin=pin)
            assert (status, word(refusal)) == (403, "till-pin-locked")
        status, refusal = await self.give_back(site, till, spend)
        assert (status, word(refusal)) == (403, "till-pin-locked")
        assert (await listed(site, owner))["pin_locked"] is True
        await sign_in(site)
        assert (await listed(site, owner))["pin_locked"] is False
        assert (await self.give_back(site, till, spend, pin=PIN))[0] == 201

    @pytest.mark.parametrize("role", [Role.TILL, Role.BOOKKEEPER])
    async def test_a_sign_in_of_a_tills_person_or_a_book_keeper_lifts_nothing(self, site, role):
        owner, till, spend = await self.paid(site)
        await set_pin(site, owner)
        await hire_shop_person(site, "hoka@mise", role=role)
        for left in (4, 3, 2, 1):
            _, refusal = await self.give_back(site, till, spend, pin="4628")
            assert refusal["tries_left"] == left
            await sign_in(site, "hoka@mise")
        assert (await self.give_back(site, till, spend, pin="4628"))[0] == 403
        await sign_in(site, "hoka@mise")
        status, refusal = await self.give_back(site, till, spend, pin=PIN)
        assert (status, word(refusal)) == (403, "till-pin-locked")

    async def test_a_right_one_forgets_the_wrong_ones_before_it(self, site):
        owner, till, spend = await self.paid(site)
        await set_pin(site, owner)
        for _ in range(3):
            for _ in range(4):
                assert (await self.give_back(site, till, spend, pin="4628"))[0] == 403
            assert (await self.give_back(site, till, spend, pin=PIN))[0] == 201

    async def test_twenty_guesses_at_once_are_five(self, site):
        owner, till, spend = await self.paid(site)
        await set_pin(site, owner)
        guesses = [self.give_back(site, till, spend, pin=f"{4630 + number}") for number in range(20)]
        words = sorted(word(refusal) for _, refusal in await asyncio.gather(*guesses))
        assert words.count("till-pin-wrong") <= 4
        assert set(words) == {"till-pin-wrong", "till-pin-locked"}
        assert (await self.give_back(site, till, spend, pin=PIN))[0] == 403

    async def test_opening_the_till_anew_lifts_no_lock(self, site):
        owner, _, spend = await self.paid(site)
        await set_pin(site, owner)
        till, till_token, _ = await bound(site, owner, "レジ2")
        for _ in range(5):
            await self.give_back(site, till, spend, pin="4628")
        _, opened = await show(site, till_token)
        status, refusal = await self.give_back(site, opened["token"], spend, pin=PIN)
        assert (status, word(refusal)) == (403, "till-pin-locked")

    async def test_it_is_set_with_the_password_and_removed_and_both_are_in_the_log(self, site):
        owner, till, spend = await self.paid(site)
        status, refusal = await set_pin(site, owner, password="wrong-password-1")
        assert (status, word(refusal)) == (403, "current-password-wrong")
        assert (await listed(site, owner))["pin_set"] is False
        await set_pin(site, owner)
        assert (await listed(site, owner))["pin_set"] is True
        assert (await site.call("DELETE", "/v1/shop/till-pin", till))[0] == 403
        assert (await site.call("DELETE", "/v1/shop/till-pin", owner))[0] == 204
        assert word((await self.give_back(site, till, spend, pin=PIN))[1]) == "till-no-pin"
        found = await lines(site, "till PIN set", "till PIN removed")
        assert sorted((line.action, line.subject) for line in found) == [
            ("till PIN removed", "soba"), ("till PIN set", "soba"),
        ]  # fmt: skip

    async def test_one_that_was_changed_while_it_was_compared_gives_nothing_back(self, site, monkeypatch):
        owner, till, spend = await self.paid(site)
        await set_pin(site, owner)
        prove = till_pins.prove

        async def prove_before_a_change(context, code, shop_id, pin):
            proven = await prove(context, code, shop_id, pin)
            await set_pin(site, owner, "8305")
            return proven

        monkeypatch.setattr(till_pins, "prove", prove_before_a_change)
        status, refusal = await self.give_back(site, till, spend, pin=PIN)
        assert (status, word(refusal)) == (409, "till-pin-needed")
        _, seen = await site.call("GET", f"/v1/shop/spends/{spend}", till)
        assert seen["refunded_points"] == 0

    async def test_a_database_tells_no_pin_without_the_key(self, site):
        owner, _, _ = await self.paid(site)
        await set_pin(site, owner)
        query = sa.select(tables.till_pins.c.pin_hash)
        kept = await site.services.store.read(lambda conn: conn.scalar(query))
        hasher = site.services.city.context.hasher
        assert kept.startswith("$argon2id$")
        assert not (await hasher.verify(kept, PIN, is_known=True)).right


@pytest.mark.parametrize(
    "pin",
    ["0000", "1234", "9876", "4567", "1212", "2018", "1975", "0731", "3107", "2902", "123456", "750731", "310775",
     "121212", "19750731", "31071975", "07311975", "11111111", "123", "123456789", "12a4", "１２３５"],
)  # fmt: skip
def test_what_anyone_would_try_first_is_no_pin(pin):
    with pytest.raises(ProblemError, match="PIN") as refused:
        till_pins.check_new(pin)
    assert refused.value.type == "till-pin-unfit"


@pytest.mark.parametrize("pin", ["4627", "9071", "58213", "904417", "7350286", "40918263"])
def test_others_are(pin):
    till_pins.check_new(pin)


class TestARestore:
    """What ended since the backup has ended; a PIN that was replaced is none."""

    async def till(self, lost):
        town = lost.town
        who = await town.who("shop", shop_id="soba-ya")

        def job(conn):
            return till_rows.add(
                conn, municipality=KASAMA, shop_id="soba-ya", staff_id=who.staff_id, name="レジ", at=NOON
            )

        town.store.on_commit, stream = None, town.store.on_commit
        till, token = await town.store.run(job)
        await town.store.run(lambda conn: till_pins.save(conn, KASAMA, "soba-ya", "old", NOON))

        rollback.take_copy(lost.url, lost.folder)
        town.store.on_commit = stream
        return who, till, token.reveal()

    async def opens(self, lost, token):
        try:
            await lost.town.city.tills.open(token, client_id="city")
        except ProblemError as refused:
            return refused.type != "till-ended"
        return True

    async def close_gaps(self, lost):
        missing = takes_away(await lost.missing())
        return await lost.town.store.run(lambda conn: close_gaps(conn, missing, lost.town.clock()))

    async def test_a_till_that_the_shop_ended_stays_ended(self, lost):
        who, till, token = await self.till(lost)
        await lost.town.city.tills.end(who, till.till_id)
        lost.roll_back()
        assert await self.close_gaps(lost) == 1
        assert await self.opens(lost, token) is False
        assert await self.close_gaps(lost) == 0
        assert await lost.recover() == [DONE_AGAIN]

    async def test_one_that_nobody_ended_goes_on(self, lost):
        _, _, token = await self.till(lost)
        lost.roll_back()
        assert await self.close_gaps(lost) == 0
        assert await self.opens(lost, token) is True

    @pytest.mark.parametrize("deed", ["stop", "reset", "close"])
    async def test_one_that_ended_with_its_log_in_or_its_shop_stays_ended(self, lost, deed):
        town = lost.town
        who, _, token = await self.till(lost)
        if deed == "stop":
            await town.city.staff.close(await town.who("administrator"), who.staff_id, "退職")
        elif deed == "close":
            await town.city.shops.close(await town.who("operator"), "soba-ya", "閉店")
        else:
            await town.who("approver")
            proposal = await town.city.staff.reset(await town.who("administrator"), who.staff_id, "忘れた")
            await town.decided(proposal)
        lost.roll_back()
        assert await self.close_gaps(lost) >= 1
        assert await self.opens(lost, token) is False

    async def test_a_stopped_person_has_no_till_though_the_tills_own_line_were_missing(self, lost):
        town = lost.town
        who, _, token = await self.till(lost)
        await town.city.staff.close(await town.who("administrator"), who.staff_id, "退職")
        lost.roll_back()
        missing = [line for line in takes_away(await lost.missing()) if line["action"] == "staff closed"]
        await town.store.run(lambda conn: close_gaps(conn, missing, town.clock()))
        ended = sa.select(tables.tills.c.ended_by)
        assert await town.store.read(lambda conn: conn.scalar(ended)) == "restore"
        assert await self.opens(lost, token) is False

    async def test_an_old_pin_is_none_again_and_one_set_since_stays(self, lost):
        who, _, _ = await self.till(lost)

        def replace(conn):
            till_pins.save(conn, KASAMA, "soba-ya", "new", NOON + timedelta(minutes=1))
            write_audit(conn, who, NOON + timedelta(minutes=1), AuditAction.TILL_PIN_SET, "soba-ya")

        await lost.town.store.run(replace)
        lost.roll_back()
        gone = takes_away(await lost.missing())
        assert await lost.town.store.run(lambda conn: close_gaps(conn, gone, lost.town.clock())) == 1

        def state(conn):
            return till_pins.state_of(conn, KASAMA, "soba-ya").is_set

        assert await lost.town.store.read(state) is False
        later = NOON + timedelta(hours=1)
        await lost.town.store.run(lambda conn: till_pins.save(conn, KASAMA, "soba-ya", "newest", later))
        assert await lost.town.store.run(lambda conn: close_gaps(conn, gone, later)) == 0
        assert await lost.town.store.read(state) is True

    async def test_tills_that_gave_back_no_more_give_back_no_more_until_the_owner_lets_them(self, lost):
        who, _, _ = await self.till(lost)

        async def set_refunds(allowed):
            await lost.town.store.run(
                lambda conn: shop_rights.set_till_refunds(conn, who, allowed, lost.town.clock())
            )

        async def state():
            return (await lost.town.city.shops.get(KASAMA, "soba-ya")).till_refunds

        await set_refunds(True)
        rollback.take_copy(lost.url, lost.folder)
        lost.town.clock.forward(minutes=1)
        await set_refunds(False)
        lost.roll_back()
        assert await state() is True
        assert await self.close_gaps(lost) == 1
        assert await state() is False
        assert await self.close_gaps(lost) == 0
        lost.town.clock.forward(minutes=1)
        await set_refunds(True)
        assert await self.close_gaps(lost) == 0
        assert await state() is True

    async def test_leave_to_give_back_that_was_forgotten_is_given_by_people(self, lost):
        who, _, _ = await self.till(lost)
        await lost.town.store.run(
            lambda conn: shop_rights.set_till_refunds(conn, who, True, lost.town.clock())
        )
        lost.roll_back()
        assert await self.close_gaps(lost) == 0
        assert (await lost.town.city.shops.get(KASAMA, "soba-ya")).till_refunds is False
