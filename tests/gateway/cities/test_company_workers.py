"""A log-in that works at several shops of a company: one shop at a time, in a session of that shop alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cities import tables
from gateway.cities.rights_recovery import take_away_again
from gateway.cities.shops import company_rows, shop_people
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from tests.gateway.cities.conftest import KASAMA, MITO, OUEN, give, new_id
from tests.gateway.cities.test_member_data import refused
from tests.gateway.cities.test_shop_rights import pay, register, word_of

SHOPS = ("cafe", "soba", "pan")
ONE_SHOP_A_LOGIN = re.compile(r"pg[ct]_[A-Za-z0-9_-]{43}")
"""What a release that knows one shop a log-in takes for a token of a session."""


@pytest.fixture
async def town(town_on_each_database):
    clerk = await town_on_each_database.who("operator")
    for shop_id in (*SHOPS, "kutsu"):
        await town_on_each_database.city.shops.register(clerk, shop_id, ShopEntry(name=f"見本 {shop_id}"))
    return town_on_each_database


async def proposed(town, workers, *, shop_ids=SHOPS, readers=()):
    await town.who("approver")
    clerk = await town.who("operator")
    return await town.city.companies.propose(
        clerk, "mihon", "見本商事", shop_ids, readers, "届出書", None, workers
    )


class Working:
    """Somebody at a client program, with the token of the session that goes on."""

    def __init__(self, town, session):
        self.town, self.session, self.token = town, session, ""

    async def sign_in(self):
        def job(conn):
            return staff_rows.start_session(
                conn, self.session.staff_id, client_id="city", strong=False, at=self.town.clock()
            )

        self.token = (await self.town.store.run(job)).reveal()
        self.session = await self.town.city.staff.session(self.token, "city")
        return self

    async def choose(self, shop_id):
        signed_in = await self.town.city.companies.choose_shop(self.session, shop_id, self.token)
        self.token, self.session = signed_in.token.reveal(), signed_in.session
        return self

    async def read_session(self):
        self.session = await self.town.city.staff.session(self.token, "city")
        return self.session


async def worker(town, role="shop", shop_id="cafe", **company):
    session = await town.who(role, KASAMA, shop_id)
    proposal = await proposed(town, [session.login], **company)
    await town.decided(proposal)
    return await Working(town, session).sign_in(), proposal


class TestWhoWorksAtSeveralShops:
    async def test_is_named_by_two_persons_and_chooses_one(self, town):
        person, proposal = await worker(town)
        assert proposal.facts["company_workers"].endswith(f"({person.session.login})")
        assert person.session.chooses_shop
        assert (person.session.own_shop, person.session.is_elsewhere) == ("cafe", False)
        named = await town.city.companies.shops_worked_at(person.session)
        assert [shop.shop_id for shop in named.shops] == sorted(SHOPS)
        before, ends_at = person.token, person.session.ends_at
        town.clock.forward(minutes=10)
        await person.choose("soba")
        assert (person.session.own_shop, person.session.is_elsewhere) == ("soba", True)
        assert person.session.ends_at == ends_at, "who changes shops does not work longer than a day"
        assert await refused(town.city.staff.session(before, "city")) == "session-ended"
        await person.choose("cafe")
        assert (person.session.own_shop, person.session.is_elsewhere) == ("cafe", False)

    async def test_is_nobody_where_nobody_said_so(self, town):
        other = await Working(town, await town.who("shop", KASAMA, "soba")).sign_in()
        await worker(town)
        assert not (await other.read_session()).chooses_shop
        assert await refused(town.city.companies.shops_worked_at(other.session)) == "no-company"
        assert await refused(other.choose("cafe")) == "no-company"
        reader = await town.who("bookkeeper", KASAMA, "cafe")
        await town.decided(await proposed(town, [], readers=[reader.login]))
        reader = await Working(town, reader).sign_in()
        assert await refused(reader.choose("soba")) == "no-company"

    async def test_goes_to_no_shop_of_others(self, town):
        person, _ = await worker(town)
        assert await refused(person.choose("kutsu")) == "unknown-shop"
        assert (await person.read_session()).own_shop == "cafe"

    async def test_has_a_token_that_a_release_of_one_shop_a_login_does_not_know(self, town):
        """Such a process, beside this one, would serve it as the first shop's, and take points for the wrong one."""
        person, _ = await worker(town)
        assert ONE_SHOP_A_LOGIN.fullmatch(person.token)
        await person.choose("soba")
        assert ONE_SHOP_A_LOGIN.fullmatch(person.token) is None
        await person.choose("cafe")
        assert ONE_SHOP_A_LOGIN.fullmatch(person.token)

    @pytest.mark.parametrize("left", ["person", "own shop", "chosen shop", "company", "login"])
    async def test_works_there_no_more_once_it_is_over(self, town, left):
        person, _ = await worker(town)
        await person.choose("soba")
        login = person.session.login
        if left == "person":
            await town.decided(await proposed(town, []))
        elif left == "own shop":
            await town.decided(await proposed(town, [], shop_ids=("soba", "pan")))
        elif left == "chosen shop":
            await town.decided(await proposed(town, [login], shop_ids=("cafe", "pan")))
        elif left == "company":
            await town.decided(await proposed(town, [], shop_ids=()))
        else:
            await town.city.staff.close(await town.who("administrator"), person.session.staff_id, "退職")
        assert await refused(person.read_session()) == "session-ended"

    async def test_keeps_working_where_a_page_that_knows_no_workers_changes_the_company(self, town):
        person, _ = await worker(town)
        await person.choose("soba")
        await town.decided(await proposed(town, None, shop_ids=("cafe", "soba")))
        assert (await person.read_session()).own_shop == "soba"
        await town.decided(await proposed(town, None, shop_ids=("soba", "pan")))
        assert await refused(person.read_session()) == "session-ended"

    async def test_is_let_in_by_no_restore(self, town):
        person, _ = await worker(town)
        await person.choose("soba")
        line = {
            "action": AuditAction.COMPANY_CHANGED, "municipality": KASAMA, "subject": "mihon", "facts": {},
            "done_at": (town.clock() + timedelta(hours=1)).isoformat(),
        }  # fmt: skip
        assert await town.store.run(lambda conn: take_away_again(conn, line, town.clock())) == 1
        assert await refused(person.read_session()) == "session-ended"

    @pytest.mark.parametrize("who", ["outsider", "clerk", "elsewhere"])
    async def test_is_somebody_of_one_of_its_shops(self, town, who):
        person = {
            "outsider": lambda: town.who("till", KASAMA, "kutsu"),
            "clerk": lambda: town.who("viewer"),
            "elsewhere": lambda: town.who("approver", MITO),
        }[who]
        with pytest.raises(ProblemError) as problem:
            await proposed(town, [(await person()).login])
        assert problem.value.type == ("unknown-staff" if who == "elsewhere" else "bad-company")
        assert problem.value.facts["field"] == "workers"

    async def test_may_be_a_till_that_reads_no_books(self, town):
        person, _ = await worker(town, role="till")
        await person.choose("pan")
        assert (person.session.role, person.session.own_shop) == ("till", "pan")

    async def test_is_told_to_the_shop_whose_points_it_may_take(self, town):
        person, _ = await worker(town)
        await town.who("shop", KASAMA, "soba")

        def job(conn):
            return [
                (
                    [each.login for each in shop_people.list_people(conn, KASAMA, shop_id)],
                    [each.change for each in shop_people.list_changes(conn, KASAMA, shop_id, town.clock())],
                )
                for shop_id in ("soba", "cafe", "kutsu")
            ]

        soba, cafe, kutsu = await town.store.read(job)
        assert person.session.login in soba[0]
        assert soba[1] == ["company"]
        assert (cafe[0], cafe[1], kutsu) == ([person.session.login], [], ([], []))

    async def test_works_since_it_was_named_first(self, town):
        person, _ = await worker(town)
        first = await town.store.read(lambda conn: company_rows.list_workers_at(conn, KASAMA, "soba"))
        town.clock.forward(days=3)
        await town.decided(await proposed(town, [person.session.login], shop_ids=("cafe", "soba")))
        assert await town.store.read(lambda conn: company_rows.list_workers_at(conn, KASAMA, "soba")) == first

    async def test_binds_no_device_where_its_login_is_not_of_the_shop(self, town):
        person, _ = await worker(town)
        await person.choose("soba")
        assert (
            await refused(town.city.tills.bind(person.session, "whatever-it-is", "レジ1")) == "till-own-shop"
        )


class TestOverHttp:
    async def test_what_it_does_is_the_chosen_shops_and_its_own_deed(self, site: Any) -> None:
        clerk = await register(site, "cafe", "soba")
        owner = await site.staff_token("shop", shop_id="cafe")
        _, me = await site.call("GET", "/v1/staff/me", owner)
        login, staff_id = me["session"]["login"], me["session"]["staff_id"]
        assert me["session"]["chooses_shop"] is False
        await site.staff_token("approver")
        wanted = {"name": "見本商事", "shop_ids": ["cafe", "soba"], "workers": [login]}
        assert (await site.decided("/v1/city/companies/mihon", clerk, wanted, method="PUT"))[0] == 200
        _, me = await site.call("GET", "/v1/staff/me", owner)
        assert (me["session"]["chooses_shop"], me["session"]["shop_id"]) == (True, "cafe")
        status, chosen = await site.call("POST", "/v1/shop/company/sessions", owner, json={"shop_id": "soba"})
        assert status == 201, chosen
        assert (chosen["session"]["shop_id"], chosen["session"]["login"]) == ("soba", login)
        assert (await site.call("GET", "/v1/shop", owner))[0] == 401
        token = chosen["token"]
        _, shop = await site.call("GET", "/v1/shop", token)
        assert shop["shop_id"] == "soba"
        _, listed = await site.call("GET", "/v1/shop/company/shops", token)
        assert (listed["shop_id"], [each["shop_id"] for each in listed["shops"]]) == (
            "soba",
            ["cafe", "soba"],
        )
        # Its report of all shops goes on, as the company's and as each shop's.
        _, company = await site.call("GET", "/v1/shop/company", token)
        assert [each["login"] for each in company["workers"]] == [login]
        # What is taken is the chosen shop's, also where it is sent again after going elsewhere; and each deed is this person's.
        taken = await pay_code_of(site, 300)
        spend_id = new_id()
        payment = {"spend_id": spend_id, "code": taken, "points": 300}
        status, paid = await site.call("POST", "/v1/shop/spends", token, json=payment)
        assert status == 201, paid
        assert await taken_by(site, spend_id) == ("soba", staff_id)
        refund = {"refund_id": new_id(), "points": 100, "reason": "返品"}
        path = f"/v1/shop/spends/{spend_id}/refunds"
        assert (await site.call("POST", path, token, json=refund))[0] == 201
        _, audit = await site.call("GET", "/v1/city/audit", await site.staff_token("administrator"))
        deeds = {line["action"]: line["actor"] for line in audit["lines"]}
        assert (deeds["refunded"], deeds["shop chosen"]) == (staff_id, staff_id)
        at_cafe = await pay(site, "cafe")
        status, answer = await site.call("GET", f"/v1/shop/spends/{at_cafe}", token)
        assert (status, word_of(answer)) == (404, "unknown-spend")
        status, back = await site.call("POST", "/v1/shop/company/sessions", token, json={"shop_id": "cafe"})
        assert status == 201
        assert (await site.call("GET", f"/v1/shop/spends/{at_cafe}", back["token"]))[0] == 200
        status, again = await site.call("POST", "/v1/shop/spends", back["token"], json=payment)
        assert (status, word_of(again)) == (409, "id-reused")


async def pay_code_of(site: Any, points: int) -> str:
    """A code that a member shows, who has so many points."""
    member, token = await site.member_token()

    def furnished(conn: Any) -> None:
        give(conn, member.member_id, points, site.clock().date(), site.clock())

    await site.services.store.run(furnished)
    status, code = await site.call(
        "POST", "/v1/pay-codes", token, json={"municipality": KASAMA, "point_service": OUEN}
    )
    assert status == 201, code
    digits: str = code["digits"]
    return digits


async def taken_by(site: Any, spend_id: str) -> tuple[str, str]:
    """At which shop a payment was taken, and by whose log-in."""

    def job(conn: Any) -> tuple[str, str]:
        query = select(tables.spends.c.shop_id, tables.spends.c.taken_by)
        row = conn.execute(query.where(tables.spends.c.spend_id == spend_id)).one()
        return row.shop_id, row.taken_by

    found: tuple[str, str] = await site.services.store.read(job)
    return found
