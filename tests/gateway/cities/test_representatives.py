"""Representatives: appointed by two, ended by one, named in every record, and never the member's master."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from core_ledger import Transfer, chart, ledger
from gateway.app import whole_api
from gateway.cities.spending import spend_rows
from gateway.cities.support.representatives import AppointRepresentative, require_appointable
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows
from gateway.http.authentication import AuthLevel
from gateway.members import representations, sessions
from gateway.platform import audit_log, tables

from .conftest import KASAMA, MITO, NOON, OUEN, PASSWORD, give, new_id
from .test_support import exchange

WHY = "成年後見の登記事項証明書を確認"
TODAY = date(2018, 7, 31)
MEMBERS = [route for route in whole_api().routes if route.caller is AuthLevel.MEMBER]
SEEN = {
    "GET /v1/me", "GET /v1/overview", "GET /v1/balances", "GET /v1/history/reserve",
    "GET /v1/history/municipal/{municipality}/{point_service}", "GET /v1/history/events/{event_id}",
    "GET /v1/exchanges", "GET /v1/exchanges/{exchange_id}", "GET /v1/partners", "GET /v1/links", "GET /v1/notices",
    "GET /v1/references/{reference}", "GET /v1/spends", "GET /v1/spends/{spend_id}",
}  # fmt: skip
EXCHANGED = {
    "POST /v1/exchanges", "GET /v1/exchanges/{exchange_id}/offer", "POST /v1/exchanges/{exchange_id}/quote",
    "POST /v1/exchanges/{exchange_id}/confirm", "POST /v1/exchanges/{exchange_id}/cancellation", "POST /v1/allocations",
}  # fmt: skip
PAID = {"POST /v1/shop-codes", "POST /v1/spends"}
"""What each right opens, as people agreed on it; all else is the member's own."""


def word(answer):
    return answer["type"].rpartition("/")[2]


class Family:
    """A member with points, somebody who is to act for them, and a shop, at a whole gateway."""

    def __init__(self, site) -> None:
        self.site = site

    async def begin(self):
        site = self.site
        self.mother, self.mothers = await site.member_token()
        self.son, self.sons = await site.member_token()
        boss = await site.staff_token("administrator")
        body = {"shop_id": "soba", "name": "見本 soba"}
        assert (await site.call("POST", "/v1/city/shops", boss, json=body))[0] == 201
        shops = site.services.city.shops
        self.code = shops.code_of(await shops.get(KASAMA, "soba"))
        await site.services.store.run(lambda conn: give(conn, self.mother.member_id, 5_000, TODAY, NOON))
        return self

    def wanted(self, **changed):
        return {
            "mykey_id": self.mother.mykey_id, "actor_mykey_id": self.son.mykey_id, "kind": "guardian",
            "may_exchange": True, "pay_points_a_day": 1_000, "starts_on": "2018-07-31", "ends_on": "2019-07-30",
            "reason": WHY,
        } | changed  # fmt: skip

    async def propose(self, token, **changed):
        return await self.site.call("POST", "/v1/city/representatives", token, json=self.wanted(**changed))

    async def appointed(self, **changed):
        """By two persons; gives the representation's id."""
        operator = await self.site.staff_token("operator")
        status, _ = await self.site.decided("/v1/city/representatives", operator, self.wanted(**changed))
        assert status == 200
        return (await self.listed(operator))[0]["representation_id"]

    async def listed(self, token):
        status, found = await self.site.call(
            "POST", "/v1/city/representatives/of-member", token, json={"mykey_id": self.mother.mykey_id}
        )
        assert status == 200, found
        return found["representatives"]

    async def act(self, representation_id, token=""):
        return await self.site.call(
            "POST", f"/v1/representations/{representation_id}/session", token or self.sons
        )

    async def acting(self, **changed):
        status, begun = await self.act(await self.appointed(**changed))
        assert status == 201, begun
        return begun["token"]

    async def pay(self, token, points, spend_id="", code="", service=OUEN):
        body = {
            "spend_id": spend_id or new_id(), "shop_code": code or self.code, "point_service": service,
            "points": points,
        }  # fmt: skip
        return await self.site.call("POST", "/v1/spends", token, json=body)

    async def allocate(self, token, points, allocation_id=""):
        body = {
            "allocation_id": allocation_id or new_id(), "points": points, "municipality": KASAMA,
            "point_service": OUEN,
        }  # fmt: skip
        return await self.site.call("POST", "/v1/allocations", token, json=body)

    async def give_reserve(self, points):
        member_id = self.mother.member_id
        move = Transfer(
            id=new_id(), book=chart.member_book(member_id), source=chart.partner_due("cards"),
            target=chart.reserve(member_id), points=points, at=NOON, kind="exchange", issued_on=TODAY,
        )  # fmt: skip
        await self.site.services.store.run(lambda conn: ledger.transfer(conn, move))

    async def balance(self):
        account = chart.municipal(self.mother.member_id, KASAMA, OUEN)
        book = chart.member_book(self.mother.member_id)
        found = await self.site.services.store.read(lambda conn: ledger.balance(conn, book, account))
        return found.posted

    async def audit(self):
        return await self.site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=50))


@pytest.fixture
async def family(site):
    return await Family(site).begin()


class TestTwoPersonsAppoint:
    async def test_and_nothing_is_allowed_before_the_second_has_decided(self, family):
        operator = await family.site.staff_token("operator")
        await family.site.staff_token("approver")
        status, proposal = await family.propose(operator)
        assert (status, proposal["deed"], proposal["state"]) == (202, "representative", "waiting")
        assert proposal["facts"]["pay_points_a_day"] == 1_000
        assert await family.listed(operator) == []
        approval = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
        status, refused = await family.site.call(
            "POST", approval, operator, json={"digest": proposal["digest"]}
        )
        assert (status, word(refused)) == (403, "role-not-allowed")
        assert await family.listed(operator) == []

    async def test_also_where_the_city_asks_for_nobody_else(self, family):
        boss = await family.site.staff_token("administrator")
        status, refused = await family.site.call(
            "PUT", "/v1/city/deeds/representative", boss, json={"persons": 0, "reason": "速く"}
        )
        assert (status, word(refused)) == (422, "bad-deed-rule")

    async def test_and_the_log_and_the_member_are_told(self, family):
        representation_id = await family.appointed()
        (line,) = [each for each in await family.audit() if each.action == "representative appointed"]
        assert (line.subject, line.reason) == (family.mother.mykey_id, WHY)
        assert line.facts["representation"] == representation_id
        _, heard = await family.site.call("GET", "/v1/notices", family.mothers)
        assert "representative_appointed" in [each["kind"] for each in heard["notices"]]
        _, mine = await family.site.call("GET", "/v1/representations", family.mothers)
        assert [each["name"] for each in mine["representatives"]] == ["山田 花子"]
        _, sons = await family.site.call("GET", "/v1/representations", family.sons)
        assert [each["in_force"] for each in sons["acting_for"]] == [True]

    @pytest.mark.parametrize(
        ("changed", "status", "problem"),
        [
            ({"actor_mykey_id": "NOBODY99"}, 404, "unknown-member"),
            ({"mykey_id": "NOBODY99"}, 404, "unknown-member"),
            ({"ends_on": "2018-07-30", "starts_on": "2018-07-01"}, 422, "representative-unfit"),
            ({"ends_on": "2018-07-31", "starts_on": "2018-08-01"}, 422, "representative-unfit"),
            ({"ends_on": "2021-08-10"}, 422, "representative-unfit"),
            ({"pay_points_a_day": -1}, 422, "body-invalid"),
        ],
    )
    async def test_what_fits_nobody_is_refused(self, family, changed, status, problem):
        operator = await family.site.staff_token("operator")
        await family.site.staff_token("approver")
        told, refused = await family.propose(operator, **changed)
        assert (told, word(refused)) == (status, problem)

    async def test_nobody_represents_themselves_or_twice(self, family):
        operator = await family.site.staff_token("operator")
        await family.appointed()
        status, refused = await family.propose(operator)
        assert (status, word(refused)) == (409, "representative-exists")
        status, refused = await family.propose(operator, actor_mykey_id=family.mother.mykey_id)
        assert (status, word(refused)) == (422, "representative-unfit")

    async def test_of_two_proposals_for_the_same_two_one_is_carried_out(self, family):
        operator, other = [await family.site.staff_token("operator") for _ in range(2)]
        await family.site.staff_token("approver")
        assert (await family.propose(operator))[0] == 202
        status, refused = await family.propose(other, pay_points_a_day=5)
        assert (status, word(refused)) == (409, "proposal-pending")

    async def test_another_citys_desk_sees_and_ends_nothing(self, family):
        representation_id = await family.appointed()
        stranger = await family.site.staff_token("administrator", MITO)
        status, refused = await family.site.call(
            "POST", "/v1/city/representatives/of-member", stranger, json={"mykey_id": family.mother.mykey_id}
        )
        assert (status, word(refused)) == (404, "unknown-member")
        status, refused = await family.site.call(
            "POST", f"/v1/city/representatives/{representation_id}/end", stranger, json={"reason": "x"}
        )
        assert (status, word(refused)) == (404, "unknown-representation")


class TestWhoeverActs:
    async def test_is_signed_in_as_themselves_before_and_not_any_more_after(self, family):
        token = await family.acting()
        assert token.startswith("pga_")
        status, me = await family.site.call("GET", "/v1/me", token)
        assert (status, me["mykey_id"]) == (200, family.mother.mykey_id)
        assert (await family.site.call("GET", "/v1/me", family.sons))[0] == 401

    async def test_reaches_what_the_desk_allowed_and_nothing_else(self, family):
        """Asked at every operation of a member's, with each set of rights."""
        representation_id = await family.appointed()
        boss = await family.site.staff_token("administrator")
        for changed, opened in (
            ({"may_exchange": False, "pay_points_a_day": 0}, SEEN),
            ({"may_exchange": True, "pay_points_a_day": 0}, SEEN | EXCHANGED),
            ({"may_exchange": False, "pay_points_a_day": 5}, SEEN | PAID),
        ):
            await family.site.call(
                "POST", f"/v1/city/representatives/{representation_id}/end", boss, json={"reason": "x"}
            )
            representation_id = await family.appointed(**changed)
            _, again = await family.site.call(
                "POST", "/v1/sessions", json={"mykey_id": family.son.mykey_id, "password": PASSWORD}
            )
            _, begun = await family.act(representation_id, again["token"])
            for route in MEMBERS:
                name = f"{route.method} {route.template}"
                if name == "DELETE /v1/sessions/current":
                    continue
                path = re.sub(r"\{[a-z_]+\}", "0" * 8, route.template)
                _, answer = await family.site.call(route.method, path, begun["token"])
                told = word(answer) if isinstance(answer, dict) and "type" in answer else ""
                assert (told == "not-for-a-representative") == (name not in opened), (name, answer)

    async def test_begins_nothing_for_a_third(self, family):
        token = await family.acting()
        status, refused = await family.act((await family.listed(await family.site.staff_token("operator")))[0]
                                           ["representation_id"], token)  # fmt: skip
        assert (status, word(refused)) == (403, "not-for-a-representative")

    async def test_is_who_was_appointed_and_on_the_days_that_were_named(self, family):
        later = await family.appointed(starts_on="2018-08-01")
        assert word((await family.act(later))[1]) == "representation-over"
        _, stranger = await family.site.member_token()
        assert word((await family.act(later, stranger))[1]) == "unknown-representation"
        assert word((await family.act(later, family.mothers))[1]) == "unknown-representation"

    async def test_is_signed_out_at_the_end_of_the_last_day(self, family):
        token = await family.acting(ends_on="2018-07-31")
        family.site.set_clock(NOON + timedelta(minutes=9))
        assert (await family.site.call("GET", "/v1/me", token))[0] == 200
        family.site.set_clock(NOON + timedelta(hours=11, minutes=55))
        _, again = await family.site.call(
            "POST", "/v1/sessions", json={"mykey_id": family.son.mykey_id, "password": PASSWORD}
        )
        (listed,) = await family.listed(await family.site.staff_token("operator"))
        _, begun = await family.act(listed["representation_id"], again["token"])
        assert begun["session"]["ends_at"] == "2018-08-01T00:00:00+09:00"
        family.site.set_clock(NOON + timedelta(hours=12, seconds=1))
        assert (await family.site.call("GET", "/v1/me", begun["token"]))[0] == 401

    async def test_signs_out_alone(self, family):
        token = await family.acting()
        assert (await family.site.call("DELETE", "/v1/sessions/current", token))[0] == 204
        assert (await family.site.call("GET", "/v1/me", token))[0] == 401
        assert (await family.site.call("GET", "/v1/me", family.mothers))[0] == 200

    async def test_is_out_when_their_own_password_changes(self, family):
        token = await family.acting()
        _, again = await family.site.call(
            "POST", "/v1/sessions", json={"mykey_id": family.son.mykey_id, "password": PASSWORD}
        )
        body = {"current": PASSWORD, "new": "another-botan-nabe-9"}
        assert (await family.site.call("PUT", "/v1/me/password", again["token"], json=body))[0] < 300
        assert (await family.site.call("GET", "/v1/me", token))[0] == 401


class TestOnePersonEndsIt:
    @pytest.mark.parametrize("who", ["desk", "member", "actor"])
    async def test_at_once_and_whoever_acts_is_out(self, family, who):
        representation_id = await family.appointed()
        _, again = await family.site.call(
            "POST", "/v1/sessions", json={"mykey_id": family.son.mykey_id, "password": PASSWORD}
        )
        _, begun = await family.act(representation_id)
        if who == "desk":
            path, token = (
                f"/v1/city/representatives/{representation_id}/end",
                await family.site.staff_token("operator"),
            )
            body = {"reason": "終了の届け出"}
        else:
            path, body = f"/v1/representations/{representation_id}/end", None
            token = family.mothers if who == "member" else again["token"]
        assert (await family.site.call("POST", path, token, json=body))[0] == 204
        assert (await family.site.call("GET", "/v1/me", begun["token"]))[0] == 401
        assert word((await family.act(representation_id, again["token"]))[1]) == "representation-over"
        status, refused = await family.site.call("POST", path, token, json=body)
        assert (status, word(refused)) == (409, "representation-over")
        _, heard = await family.site.call("GET", "/v1/notices", family.mothers)
        assert [each["kind"] for each in heard["notices"]].count("representative_ended") == 1
        assert "representative ended" in [line.action for line in await family.audit()]
        _, mine = await family.site.call("GET", "/v1/representations", family.mothers)
        assert (mine["representatives"][0]["in_force"], mine["representatives"][0]["ended_by"]) == (
            False,
            who,
        )

    async def test_a_stranger_ends_nothing(self, family):
        representation_id = await family.appointed()
        _, stranger = await family.site.member_token()
        status, refused = await family.site.call(
            "POST", f"/v1/representations/{representation_id}/end", stranger
        )
        assert (status, word(refused)) == (404, "unknown-representation")

    @pytest.mark.parametrize("whose", ["mothers", "sons"])
    async def test_so_does_a_revoked_mykey_id(self, family, whose):
        representation_id = await family.appointed()
        token = getattr(family, whose)
        member = family.mother if whose == "mothers" else family.son
        await family.site.services.members.revoke(member.member_id)
        assert (await family.site.call("GET", "/v1/me", token))[0] == 401
        if whose == "mothers":
            assert word((await family.act(representation_id))[1]) == "representation-over"
        else:
            (listed,) = await family.listed(await family.site.staff_token("operator"))
            assert listed["ended_by"] == "actor"

    async def test_also_of_who_acts_for_more_than_a_list_shows(self, family, monkeypatch):
        monkeypatch.setattr(representations, "MAX_LISTED", 2)
        site, base = family.site, None
        await family.appointed()
        (base,) = await site.services.store.read(
            lambda conn: representations.list_of_actor(conn, family.son.member_id)
        )
        for number in range(4):
            other = replace(base, representation_id=f"{number:032x}")
            await site.services.store.run(lambda conn, other=other: representations.add(conn, other))
        await site.services.members.revoke(family.son.member_id)
        ids = [base.representation_id, *(f"{number:032x}" for number in range(4))]
        ended = [
            await site.services.store.read(lambda conn, id_=id_: representations.get(conn, id_))
            for id_ in ids
        ]
        assert [each.ended_by for each in ended] == ["actor"] * 5


class TestEachIsItsOwn:
    async def test_what_another_does_is_neither_counted_nor_shown_nor_ended_with_it(self, family):
        await family.appointed()
        store, (third, _), (fourth, _) = (
            family.site.services.store, await family.site.member_token(), await family.site.member_token(),
        )  # fmt: skip
        (own,) = await store.read(lambda conn: representations.list_of_member(conn, family.mother.member_id))
        other = replace(own, representation_id="f" * 32, member_id=third.member_id, actor_id=fourth.member_id)
        await store.run(lambda conn: representations.add(conn, other))
        await store.run(lambda conn: paid(conn, other, "theirs", NOON, 1_000))
        await store.run(lambda conn: paid(conn, own, "first", NOON.replace(hour=0), 600))
        with pytest.raises(ProblemError) as refused:
            await store.run(lambda conn: paid(conn, own, "more", NOON, 401))
        assert refused.value.facts["left"] == 400
        await store.run(lambda conn: paid(conn, own, "rest", NOON, 400))
        acts = await store.read(lambda conn: representations.acts_of(conn, own.representation_id))
        assert [act.subject for act in acts] == ["rest", "first"]
        assert not own.over(datetime(2019, 7, 30, 14, 59, tzinfo=UTC))
        assert own.over(datetime(2019, 7, 30, 15, 0, tzinfo=UTC))
        # Half past midnight in Japan is the next day, whatever the server's is.
        await store.run(
            lambda conn: paid(conn, own, "late", datetime(2018, 7, 31, 15, 30, tzinfo=UTC), 1_000)
        )
        mine = await store.read(lambda conn: representations.list_of_actor(conn, family.son.member_id))
        theirs = await store.read(lambda conn: representations.list_of_member(conn, third.member_id))
        assert (mine, theirs) == ([own], [other])
        await family.site.services.members.revoke(fourth.member_id)
        ended = [
            (
                await store.read(lambda conn, id_=each.representation_id: representations.get(conn, id_))
            ).ended_by
            for each in (own, other)
        ]
        assert ended == [None, "actor"]

    async def test_nothing_is_done_by_one_that_has_ended_or_not_begun(self, family):
        await family.appointed()
        store = family.site.services.store
        (own,) = await store.read(lambda conn: representations.list_of_member(conn, family.mother.member_id))

        async def refused(at):
            with pytest.raises(ProblemError) as caught:
                await store.run(lambda conn: paid(conn, own, new_id(), at, 1))
            return caught.value.type

        # Half past midnight in Japan, and half an hour before: the server's day is another one.
        first, before = (datetime(2018, 7, 30, hour, 30, tzinfo=UTC) for hour in (15, 14))
        assert await refused(before) == "representation-over"
        await store.run(lambda conn: paid(conn, own, new_id(), first, 1))
        await store.run(lambda conn: representations.end(conn, own, "desk", NOON))
        assert await refused(NOON) == "representation-over"

    async def test_the_last_day_is_over_at_midnight_in_japan(self, family):
        command = AppointRepresentative(
            mykey_id=family.mother.mykey_id, actor_mykey_id=family.son.mykey_id,
            kind=representations.RepresentationKind.CARE, may_exchange=False, pay_points_a_day=0,
            starts_on=TODAY, ends_on=TODAY,
        )  # fmt: skip
        store = family.site.services.store
        now = datetime(2018, 7, 31, 15, 30, tzinfo=UTC)
        with pytest.raises(ProblemError) as caught:
            await store.read(lambda conn: require_appointable(conn, KASAMA, command, now))
        assert (caught.value.type, caught.value.facts["field"]) == ("representative-unfit", "ends_on")


def paid(conn, representation, spend_id, at, points):
    acting = sessions.Acting(
        representation_id=representation.representation_id, actor_id=representation.actor_id,
        rights=representation.rights,
    )  # fmt: skip
    return representations.record_act(
        conn, acting, representations.ActKind.PAYMENT, spend_id, at, points=points
    )


class TestEveryRecordNamesThem:
    async def test_a_payment_in_the_ledger_the_log_the_notices_and_on_the_receipt(self, family):
        token, spend_id = await family.acting(), new_id()
        status, paid = await family.pay(token, 300, spend_id)
        assert (status, paid["spend"]["by_representative"]) == (201, True)
        (listed,) = await family.listed(await family.site.staff_token("operator"))
        assert [(act["kind"], act["subject"], act["points"]) for act in listed["acts"]] == [
            ("payment", spend_id, 300)
        ]
        _, receipt = await family.site.call("GET", f"/v1/spends/{spend_id}", family.mothers)
        assert receipt["representative"] == family.son.display_name
        spend = await family.site.services.store.read(
            lambda conn: spend_rows.find_spend(conn, chart.member_book(family.mother.member_id), spend_id)
        )
        assert spend.taken_by == f"representative:{listed['representation_id']}"
        (line,) = [each for each in await family.audit() if each.action == "representative acted"]
        assert (line.actor, line.actor_name, line.subject) == (
            f"representative:{listed['representation_id']}", family.son.display_name, family.mother.mykey_id,
        )  # fmt: skip
        assert (line.facts["act"], line.facts["id"], line.facts["points"]) == ("payment", spend_id, 300)
        _, heard = await family.site.call("GET", "/v1/notices", family.mothers)
        assert "representative_acted" in [each["kind"] for each in heard["notices"]]

    async def test_and_the_members_own_payment_names_nobody(self, family):
        spend_id = new_id()
        status, paid = await family.pay(family.mothers, 300, spend_id)
        assert (status, paid["spend"]["by_representative"]) == (201, False)
        _, receipt = await family.site.call("GET", f"/v1/spends/{spend_id}", family.mothers)
        assert receipt["representative"] is None

    async def test_an_exchange_in_its_own_story_before_it_is_confirmed(self, family):
        exchange_id = await exchange(family.site, family.mother, state="ready")
        token = await family.acting()
        status, refused = await family.site.call(
            "POST", f"/v1/exchanges/{exchange_id}/confirm", token, json={"quote_id": "q" * 20}
        )
        assert status >= 400  # no partner is here; what was tried stands all the same
        assert word(refused) != "not-for-a-representative"
        steps = await family.site.services.store.read(
            lambda conn: exchange_rows.list_steps(
                conn, chart.member_book(family.mother.member_id), exchange_id
            )
        )
        assert "a representative confirms" in [step.what for step in steps]
        _, shown = await family.site.call("GET", f"/v1/exchanges/{exchange_id}", family.mothers)
        assert shown["representative"] == family.son.display_name

    async def test_an_allocation_under_the_id_of_a_payment_and_each_sum_that_was_tried(self, family):
        token, spend_id, allocation_id = await family.acting(), new_id(), new_id()
        await family.give_reserve(500)
        assert (await family.pay(token, 300, spend_id))[0] == 201
        assert (await family.allocate(token, 100, spend_id))[0] == 201
        assert (await family.allocate(token, 9_000, allocation_id))[0] == 409
        for status in (201, 200):  # the second is the same again, which is told once
            assert (await family.allocate(token, 400, allocation_id))[0] == status
        lines = [line for line in await family.audit() if line.action == "representative acted"]
        assert [(line.facts["act"], line.facts["id"], line.facts["points"]) for line in lines[::-1]] == [
            ("payment", spend_id, 300), ("allocation", spend_id, 100),
            ("allocation", allocation_id, 9_000), ("allocation", allocation_id, 400),
        ]  # fmt: skip
        (listed,) = await family.listed(await family.site.staff_token("operator"))
        assert {(act["kind"], act["subject"], act["points"]) for act in listed["acts"]} == {
            ("payment", spend_id, 300), ("allocation", allocation_id, 400),
        }  # fmt: skip


class TestWhatMayBePaidInADay:
    async def test_is_a_sum_over_all_payments_of_the_day(self, family):
        token = await family.acting()
        assert (await family.pay(token, 700))[0] == 201
        status, refused = await family.pay(token, 301)
        assert (status, word(refused), refused["left"]) == (409, "representative-limit", 300)
        assert await family.balance() == 4_300
        assert (await family.pay(token, 300))[0] == 201

    async def test_who_has_proved_themselves_has_not_proved_the_member(self, family):
        """A card shown a moment ago is the representative's: above the member's own sum it opens nothing."""
        members, run = tables.members, family.site.services.store.run
        mother = members.c.member_id == family.mother.member_id
        await run(lambda conn: conn.execute(update(members).where(mother).values(step_up_above=500)))
        await run(lambda conn: conn.execute(update(tables.sessions).values(proved_by="card")))
        token = await family.acting()
        status, refused = await family.pay(token, 501)
        assert (status, word(refused)) == (403, "fresh-proof-needed")
        assert (await family.pay(token, 500))[0] == 201

    async def test_the_same_payment_again_is_the_same_and_counts_once(self, family):
        token, spend_id = await family.acting(), new_id()
        assert (await family.pay(token, 600, spend_id))[0] == 201
        assert (await family.pay(token, 600, spend_id))[0] == 200
        assert (await family.pay(token, 400))[0] == 201
        assert await family.balance() == 4_000

    async def test_one_that_was_refused_counts_nothing_and_leaves_no_trace_of_a_payment(self, family):
        token = await family.acting(pay_points_a_day=10_000)
        status, refused = await family.pay(token, 5_001)
        assert (status, word(refused)) == (409, "not-enough-points")
        (listed,) = await family.listed(await family.site.staff_token("operator"))
        assert listed["acts"] == []
        assert (await family.pay(token, 5_000))[0] == 201

    async def test_ten_at_once_are_not_more(self, family):
        token = await family.acting()
        outcomes = await asyncio.gather(*(family.pay(token, 400) for _ in range(10)))
        assert sorted(status for status, _ in outcomes) == [201] * 2 + [409] * 8
        assert await family.balance() == 4_200

    async def test_an_id_of_something_else_hides_no_payment_from_it(self, family):
        """An allocation is written down before it is carried out, also where it is refused: under its id nothing is paid."""
        token, taken = await family.acting(), new_id()
        status, refused = await family.allocate(token, 1, taken)
        assert (status, word(refused)) == (409, "not-enough-points")
        status, refused = await family.pay(token, 1_000, taken)
        assert (status, word(refused)) == (409, "id-reused")
        assert await family.balance() == 5_000
        assert (await family.pay(token, 1_000))[0] == 201
        status, refused = await family.pay(token, 1)
        assert (status, word(refused)) == (409, "representative-limit")

    async def test_what_is_moved_otherwise_takes_no_room_from_it(self, family):
        token = await family.acting()
        await family.give_reserve(2_000)
        assert (await family.allocate(token, 2_000))[0] == 201
        assert (await family.pay(token, 1_000))[0] == 201

    async def test_begins_anew_the_next_day(self, family):
        representation_id = await family.appointed()
        _, begun = await family.act(representation_id)
        assert (await family.pay(begun["token"], 1_000))[0] == 201
        family.site.set_clock(NOON + timedelta(days=1))
        _, again = await family.site.call(
            "POST", "/v1/sessions", json={"mykey_id": family.son.mykey_id, "password": PASSWORD}
        )
        _, begun = await family.act(representation_id, again["token"])
        assert (await family.pay(begun["token"], 1_000))[0] == 201

    async def test_is_for_this_citys_shops(self, family):
        boss = await family.site.staff_token("administrator", MITO)
        body = {"shop_id": "natto", "name": "見本 natto"}
        assert (await family.site.call("POST", "/v1/city/shops", boss, json=body))[0] == 201
        shops = family.site.services.city.shops
        code = shops.code_of(await shops.get(MITO, "natto"))
        token = await family.acting()
        status, refused = await family.pay(token, 5, code=code, service="mito-ouen")
        assert (status, word(refused)) == (403, "not-for-a-representative")


async def test_a_session_that_acts_is_no_session_to_a_release_that_knows_no_rights():
    assert sessions.new_acting_token().reveal().startswith("pga_")
    assert not sessions.new_token().reveal().startswith("pga_")
