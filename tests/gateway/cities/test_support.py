"""The support desk: a member by what a caller has at hand, one timeline of this city, each look with its reason."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert

from core_ledger import chart
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics import daily_stats, half_year
from gateway.cities.support import timeline
from gateway.cities.support.masks import masked
from gateway.exchanges import link_rows
from gateway.exchanges.link_rows import Link
from gateway.members import lockout, member_rows
from gateway.members.lockout import Origin
from gateway.members.proofs import card_proof
from gateway.platform import audit_log, tables
from gateway.points.rules import Expiry, PointRule
from httpkit.clock import set_file_clock

from .conftest import KASAMA, MITO, NOON, OUEN, PASSWORD, another_town, give, new_id
from .test_partner_settlement import line, quote
from .test_references import paid

WHY = "本人からの電話"


async def post(site, what, token, **body):
    return await site.call("POST", f"/v1/city/support/{what}", token, json={"reason": WHY, **body})


def word(answer):
    return answer["type"].rpartition("/")[2]


async def audit(site):
    return await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=20))


async def exchange(site, member, state="open", made=None, at=NOON):
    exchange_id, made = str(uuid.uuid4()), made or quote(line(1, 450), at=NOON)

    def job(conn):
        book = chart.member_book(member.member_id)
        conn.execute(insert(tables.exchange_owners).values(exchange_id=exchange_id, book_id=book))
        conn.execute(
            insert(tables.exchanges).values(
                book_id=book, exchange_id=exchange_id, partner_id="saison", state=state, request_hash="h",
                quote=made.to_json(), points=made.points, started_at=at, sent_at=at,
            )
        )  # fmt: skip

    await site.services.store.run(job)
    return exchange_id


class TestAMemberIsFound:
    async def test_by_the_number_of_a_payment_short_or_whole(self, site):
        _, spend = await paid(site)
        clerk = await site.staff_token("operator")
        for typed in (spend["short_reference"].lower(), spend["spend_id"], spend["spend_id"].upper()):
            status, found = await post(site, "references", clerk, reference=typed)
            assert status == 200, found
            (match,) = found["matches"]
            assert (match["shop_id"], match["spend"]["spend_id"]) == ("soba", spend["spend_id"])
            assert match["display_name"] == "山田 花子"

    async def test_by_the_number_of_an_exchange_into_this_city(self, site):
        member, _ = await site.member_token()
        exchange_id = await exchange(site, member)
        clerk = await site.staff_token("operator")
        (match,) = (await post(site, "references", clerk, reference=exchange_id))[1]["matches"]
        assert (match["mykey_id"], match["exchange"]["state"]) == (member.mykey_id, "open")
        short = match["exchange"]["short_reference"]
        assert (await post(site, "references", clerk, reference=short))[1]["matches"] == [match]

    async def test_by_the_sum_and_the_day_of_a_payment(self, site):
        _, spend = await paid(site)
        clerk, day = await site.staff_token("operator"), NOON.date().isoformat()
        (match,) = (await post(site, "payments", clerk, points=30, day=day))[1]["matches"]
        assert match["spend"]["spend_id"] == spend["spend_id"]
        assert (await post(site, "payments", clerk, points=30, day=day, shop_id="soba"))[1]["matches"] == [
            match
        ]
        for other in (
            {"points": 31, "day": day},
            {"points": 30, "day": "2018-07-30"},
            {"points": 30, "day": "2018-08-01"},
            {"points": 30, "day": day, "shop_id": "toki"},
        ):
            assert (await post(site, "payments", clerk, **other))[1]["matches"] == []

    async def test_but_no_other_citys(self, site):
        member, _ = await site.member_token()
        exchange_id = await exchange(site, member)
        _, spend = await paid(site)
        clerk, day = await site.staff_token("operator", MITO), NOON.date().isoformat()
        for reference in (exchange_id, spend["short_reference"], spend["spend_id"]):
            status, problem = await post(site, "references", clerk, reference=reference)
            assert (status, word(problem)) == (404, "unknown-reference")
        assert (await post(site, "payments", clerk, points=30, day=day))[1]["matches"] == []
        status, problem = await post(site, "timelines", clerk, mykey_id=member.mykey_id)
        assert (status, word(problem)) == (404, "unknown-member")


class TestEachLookHasAReason:
    async def test_which_stands_in_the_log_also_where_nobody_is_found(self, site):
        clerk = await site.staff_token("operator")
        await post(site, "references", clerk, reference="7K3M-Q9TX")
        await post(site, "timelines", clerk, mykey_id="ACDEFGHJ")
        await post(site, "payments", clerk, points=30, day="2018-07-31")
        payment, history, reference = await audit(site)
        assert {each.reason for each in (payment, history, reference)} == {WHY}
        assert (reference.action, reference.facts) == ("member searched for", {"reference": "7K3M-Q9TX"})
        assert (history.action, history.subject) == ("history looked at", "ACDEFGHJ")
        assert payment.facts == {"points": 30, "day": "2018-07-31", "shop": ""}

    async def test_and_without_one_nothing_is_shown(self, site):
        _, spend = await paid(site)
        clerk, before = await site.staff_token("operator"), await audit(site)
        for reason, expected in ((" ", "reason-missing"), ("", "body-invalid")):
            status, problem = await site.call(
                "POST", "/v1/city/support/references", clerk,
                json={"reference": spend["spend_id"], "reason": reason},
            )  # fmt: skip
            assert (status, word(problem)) == (422, expected)
        assert await audit(site) == before


async def history(site, token, member, **more):
    status, found = await post(site, "timelines", token, mykey_id=member.mykey_id, **more)
    assert status == 200, found
    return found


class TestTheTimeline:
    async def test_holds_the_points_of_this_city_with_names_and_numbers(self, site):
        _, spend = await paid(site)
        clerk = await site.staff_token("operator")
        (match,) = (await post(site, "references", clerk, reference=spend["spend_id"]))[1]["matches"]
        refund = {"refund_id": new_id(), "points": 10, "reason": "打ち間違い"}
        path = f"/v1/city/spends/{spend['spend_id']}/refunds"
        assert (await site.call("POST", path, clerk, json=refund))[0] == 201
        found = (await post(site, "timelines", clerk, mykey_id=match["mykey_id"]))[1]
        moves = [each for each in found["lines"] if each["points"] is not None]
        assert [(each["kind"], each["points"], each["balance"]) for each in moves] == [
            ("refund", 10, 80), ("spend", -30, 70), ("exchange", 100, 100),
        ]  # fmt: skip
        assert (moves[0]["reason"], moves[1]["party"]) == ("打ち間違い", "見本 soba")
        assert {each["short_reference"] for each in moves[:2]} == {spend["short_reference"]}
        assert {each["spend_id"] for each in moves[:2]} == {spend["spend_id"]}
        assert moves[2]["partner_id"] == "saison"

    async def test_holds_exchanges_on_their_way_and_what_happened_to_the_account(self, site):
        member, _ = await site.member_token()
        exchange_id = await exchange(site, member, "needs_a_person")
        await exchange(site, member, "settled")  # would be a move of points
        await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
        found = await history(site, await site.staff_token("operator"), member)
        by_kind = {each["kind"]: each for each in found["lines"]}
        assert by_kind["exchange"]["points"] == 100 or by_kind["exchange"]["exchange"]
        (waiting,) = [each["exchange"] for each in found["lines"] if each["exchange"]]
        assert (waiting["exchange_id"], waiting["state"]) == (exchange_id, "needs_a_person")
        assert "signed_in_anew" in by_kind

    async def test_goes_page_by_page_and_every_line_stands_on_one_page(self, site):
        member, _ = await site.member_token()
        for hour in range(7):
            at = NOON + timedelta(hours=hour)
            await site.services.store.run(
                lambda conn, at=at: give(conn, member.member_id, 10, NOON.date(), at)
            )
        # Among the newest lines: a page that looked beyond its own last line would tell it again.
        await exchange(site, member, at=NOON + timedelta(hours=5, minutes=30))
        clerk, before, pages = await site.staff_token("operator"), None, []
        while True:
            page = await history(site, clerk, member, limit=3, before=before)
            pages.append(page["lines"])
            before = page["next_before"]
            if before is None:
                break
        seen = [each for page in pages for each in page]
        assert len([each for each in seen if each["points"]]) == 7
        assert len([each for each in seen if each["exchange"]]) == 1
        assert len([each for each in seen if each["kind"] == "signed_in_anew"]) == 1
        moments = [datetime.fromisoformat(each["at"]) for each in seen]
        assert moments == sorted(moments, reverse=True)
        assert [len([each for each in page if each["points"]]) for page in pages] == [3, 3, 1]

    async def test_says_what_of_a_grant_can_still_be_taken_back(self, site):
        clerk, member = await site.staff_token("operator"), (await site.member_token())[0]
        project = {
            "project_id": "kosodate", "point_service": OUEN, "name": "子育て", "starts_on": "2018-07-01",
            "ends_on": "2019-03-31", "points_each": 1_000, "budget": 100_000,
        }  # fmt: skip
        await site.decided("/v1/city/projects", clerk, project)
        grant = {"grant_id": new_id(), "mykey_id": member.mykey_id, "points": 500, "note": "お祝い"}
        assert (await site.call("POST", "/v1/city/projects/kosodate/grants", clerk, json=grant))[0] == 201
        found = await history(site, clerk, member)
        (given,) = [each for each in found["lines"] if each["kind"] == "grant"]
        assert (given["project_id"], given["party"], given["cancellable"]) == ("kosodate", "子育て", 500)
        await site.decided(
            "/v1/city/projects/kosodate/grant-cancellations",
            clerk,
            {
                "cancellation_id": new_id(), "mykey_id": member.mykey_id, "grant": given["grant"], "points": 200,
                "reason": "申請の取り下げ",
            },
        )  # fmt: skip
        found = await history(site, clerk, member)
        assert [(each["kind"], each["cancellable"], each["points"]) for each in found["lines"]][:2] == [
            ("correction", 0, -200), ("grant", 300, 500),
        ]  # fmt: skip


class TestWhoSeesWhat:
    async def test_an_approver_sees_the_points_and_neither_name_nor_sign_ins(self, site):
        member, _ = await site.member_token()
        await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
        found = await history(site, await site.staff_token("approver"), member)
        assert (found["display_name"], found["access"]) == ("山● 花●", None)
        assert [each["kind"] for each in found["lines"]] == ["exchange"]
        full = await history(site, await site.staff_token("operator"), member)
        assert (full["display_name"], [proof["kind"] for proof in full["access"]["proofs"]]) == (
            "山田 花子",
            ["password"],
        )
        status, short = await site.call(
            "GET", f"/v1/city/members/{member.mykey_id}", await site.staff_token("approver")
        )
        assert (status, short["display_name"]) == (200, "山● 花●")

    async def test_a_link_is_told_without_the_account_at_the_partner(self, site):
        member, _ = await site.member_token()
        book = chart.member_book(member.member_id)
        link = Link(book_id=book, partner_id="saison", service_id="S-1", shown_as="S-1", linked_at=NOON)
        await site.services.store.run(lambda conn: link_rows.save(conn, link))
        await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
        found = await history(site, await site.staff_token("operator"), member)
        (shown,) = found["access"]["links"]
        assert set(shown) == {"partner_id", "linked_at"}
        assert "S-1" not in str(found)

    def test_a_masked_name_keeps_the_first_letters(self):
        assert masked("山田 花子") == "山● 花●"
        assert masked("Ana María López") == "A●● M●●●● L●●●●"


class TestALock:
    async def test_is_shown_and_lifted_with_a_reason(self, site):
        member, _ = await site.member_token()
        await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
        body = {"mykey_id": member.mykey_id, "password": "wrong-wrong-wrong"}
        for _ in range(5):
            assert (await site.call("POST", "/v1/sessions", json=body))[0] == 401
        clerk = await site.staff_token("operator")
        assert (await history(site, clerk, member))["access"]["locked_until"] is not None
        right = body | {"password": PASSWORD}
        assert (await site.call("POST", "/v1/sessions", json=right))[0] == 429
        assert (await post(site, "unlocking", clerk, mykey_id=member.mykey_id))[0] == 204
        assert (await audit(site))[0].action == "sign-in unlocked"
        assert (await history(site, clerk, member))["access"]["locked_until"] is None
        assert (await site.call("POST", "/v1/sessions", json=right))[0] == 201

    async def test_of_somebody_else_stays(self, site):
        first, second = (await site.member_token())[0], (await site.member_token())[0]
        vault, now = site.services.city.context.vault, site.clock()

        def miss(conn, member):
            give(conn, member.member_id, 1, NOON.date(), NOON)
            for _ in range(5):
                key = lockout.login_hash(vault, member.mykey_id)
                lockout.count_attempt(conn, key, now, Origin(source="s"))

        for member in (first, second):
            await site.services.store.run(lambda conn, member=member: miss(conn, member))
        clerk = await site.staff_token("operator")
        await post(site, "unlocking", clerk, mykey_id=first.mykey_id)
        assert (await history(site, clerk, first))["access"]["locked_until"] is None
        assert (await history(site, clerk, second))["access"]["locked_until"] is not None


class TestALostWayIn:
    async def test_comes_back_by_two_persons_and_a_code_that_serves_once(self, site):
        member, old_token = await site.member_token()
        await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
        await site.services.members.link_proof(member.member_id, card_proof("lost card"))
        clerk, chief = await site.staff_token("operator"), await site.staff_token("approver")
        status, proposal = await post(site, "access", clerk, mykey_id=member.mykey_id)
        assert (status, proposal["deed"], proposal["state"]) == (202, "member_access", "waiting")
        path = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
        approval = {"digest": proposal["digest"], "reason": ""}
        status, told = await site.call("POST", path, clerk, json=approval)
        assert status == 403, told
        status, decision = await site.call("POST", path, chief, json=approval)
        assert (status, decision["first_password"]) == (200, None)
        code = decision["member_code"]
        assert (await audit(site))[0].action == "member access restored"
        assert code not in str(await audit(site))

        body = {
            "mykey_id": member.mykey_id,
            "code": code.upper().replace("-", " "),
            "new": "another fine phrase",
        }
        wrong = body | {"code": "2345-2345-2345-2345"}
        assert (await site.call("POST", "/v1/restorations", json=wrong))[0] == 401
        assert (await site.call("GET", "/v1/me", old_token))[0] == 200  # nothing has changed yet
        status, started = await site.call("POST", "/v1/restorations", json=body)
        assert status == 201, started
        proofs = (await site.call("GET", "/v1/me/proofs", started["token"]))[1]["proofs"]
        assert [proof["kind"] for proof in proofs] == ["password"]
        assert (await site.call("GET", "/v1/me", old_token))[0] == 401
        assert (await site.call("POST", "/v1/restorations", json=body))[0] == 401
        typed = {"mykey_id": member.mykey_id, "password": "another fine phrase"}
        assert (await site.call("POST", "/v1/sessions", json=typed))[0] == 201

    async def test_is_told_to_the_member_before_anything_changes(self, site):
        member, token, _ = await restored(site)
        notices = (await site.call("GET", "/v1/notices", token))[1]["notices"]
        assert "access_restored" in [notice["kind"] for notice in notices]
        typed = {"mykey_id": member.mykey_id, "password": PASSWORD}
        assert (await site.call("POST", "/v1/sessions", json=typed))[0] == 201

    async def test_has_a_code_for_a_day_whose_misses_lock(self, site):
        member, _, code = await restored(site)
        body = {"mykey_id": member.mykey_id, "code": code, "new": "another fine phrase"}
        for _ in range(5):
            wrong = body | {"code": "2345-2345-2345-2345"}
            assert (await site.call("POST", "/v1/restorations", json=wrong))[0] == 401
        assert (await site.call("POST", "/v1/restorations", json=body))[0] == 429
        set_file_clock(site.folder / "clock", site.clock() + timedelta(hours=24))
        assert (await site.call("POST", "/v1/restorations", json=body))[0] == 401

    async def test_of_a_member_of_another_city_is_not_this_citys(self, site):
        member, _ = await site.member_token()
        clerk = await site.staff_token("operator")
        await site.staff_token("approver")
        assert (await post(site, "access", clerk, mykey_id=member.mykey_id))[0] == 404


async def restored(site):
    """A member for whom two persons have made a code, the session of before, and the code."""
    member, token = await site.member_token()
    await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
    clerk, chief = await site.staff_token("operator"), await site.staff_token("approver")
    _, proposal = await post(site, "access", clerk, mykey_id=member.mykey_id)
    path = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
    _, decision = await site.call("POST", path, chief, json={"digest": proposal["digest"], "reason": ""})
    return member, token, decision["member_code"]


class TestTheTimelineOfALongLife:
    async def test_costs_the_same_few_indexed_reads(self, town):
        short, long = await town.member(10), await town.member(10)
        for _ in range(300):
            await town.give(long.member_id, 1, NOON.date())
        asked = {}
        for member in (short, long):
            row = await town.store.read(
                lambda conn, member=member: member_rows.require_member(conn, member.member_id)
            )
            statements: list[str] = []

            def job(conn, row=row, statements=statements):
                driver = conn.connection.driver_connection
                driver.set_trace_callback(statements.append)
                timeline.read(conn, KASAMA, row, NOON, login_hash="h", limit=50)
                driver.set_trace_callback(None)
                plans = [
                    step[3]
                    for sql in statements
                    if sql.lstrip().upper().startswith(("SELECT", "WITH"))
                    for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")
                ]
                return [step for step in plans if step.startswith("SCAN ")]

            scans = await town.store.read(job)
            assert [step for step in scans if "line" not in step and "misses" not in step] == []
            asked[member.member_id] = len([sql for sql in statements if "SELECT" in sql.upper()])
        assert asked[short.member_id] == asked[long.member_id] <= 20


async def test_what_ends_when_is_told_and_what_is_over_is_no_balance(town):
    rule = PointRule(expiry=Expiry.MONTHS, expiry_count=1, open_for_direct_exchange=True)
    await town.announce(rule, NOON.date())
    town.clock.forward(days=2)
    member = await town.member(70, issued_on=date(2018, 7, 31))
    town.clock.forward(days=30)  # 1 September: the night's sweep has not been
    await town.give(member.member_id, 30, date(2018, 9, 1))
    row = await town.store.read(lambda conn: member_rows.require_member(conn, member.member_id))
    found = await town.store.read(
        lambda conn: timeline.read(conn, KASAMA, row, town.clock(), login_hash=None, limit=50)
    )
    (balance,) = found.balances
    assert balance.points == 30
    assert [(due.issued_on, due.points) for due in balance.due] == [(date(2018, 9, 1), 30)]
    assert balance.due[0].last_day is not None


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_member_support_and_reports_answer_the_same_on_postgresql(postgres, tmp_path):
    async with another_town(tmp_path, postgres) as town:
        clerk = await town.who("operator")
        shop = await town.city.shops.register(clerk, "soba", ShopEntry(name="そば"))
        member, code = await town.member(500), town.city.shops.code_of(shop)
        paid = (await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 30)).spend
        found = await town.city.support.timeline(clerk, member.mykey_id, WHY, before=None, limit=1)
        assert [line.entry.points for line in found.lines if line.entry] == [-30]
        rest = await town.city.support.timeline(
            clerk, member.mykey_id, WHY, before=found.next_before, limit=50
        )
        assert [line.entry.points for line in rest.lines if line.entry] == [500]
        (match,) = await town.city.support.search_by_payment(clerk, 30, NOON.date(), "soba", WHY)
        assert match.spend == paid
        for reference in (paid.short_reference, paid.spend_id):
            assert await town.city.support.search_by_reference(clerk, reference, WHY) == [match]
        await town.city.support.unlock(clerk, member.mykey_id, WHY)
        await daily_stats.count_all(town.store)
        (report,) = await town.store.read(lambda conn: half_year.by_issuer(conn, KASAMA, date(2018, 9, 30)))
        assert (report.issued_yen, report.recovered_yen, report.unused_yen) == (500, 30, 470)
