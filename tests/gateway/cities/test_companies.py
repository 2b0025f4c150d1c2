"""A company with several shops: named by two persons, read by the log-ins that they name, and by nobody else."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from gateway.cities.rights_recovery import take_away_again
from gateway.cities.settlement.settlement_csv import company_statement_csv
from gateway.cities.settlement.statement_pdf import company_statement_pdf
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics.shop_report import company_report_csv
from gateway.platform.audit_actions import AuditAction
from tests.gateway.cities.conftest import KASAMA, MITO, OUEN, new_id
from tests.gateway.cities.test_member_data import refused
from tests.gateway.cities.test_statement_pdf import pages
from tests.gateway.cities.test_transfer_fees import PAYER, set_fees

SHOPS = ("cafe", "soba", "pan")
JULY, JULY_16 = (date(2018, 7, 1), date(2018, 7, 31)), date(2018, 7, 16)


@pytest.fixture
async def town(town_on_each_database):
    clerk = await town_on_each_database.who("operator")
    for shop_id in SHOPS:
        await town_on_each_database.city.shops.register(clerk, shop_id, ShopEntry(name=f"見本 {shop_id}"))
    return town_on_each_database


async def proposed(town, logins, *, company_id="mihon", shop_ids=SHOPS, seen=None):
    await town.who("approver")
    clerk = await town.who("operator")
    return await town.city.companies.propose(clerk, company_id, "見本商事", shop_ids, logins, "届出書", seen)


async def keeper(town, shop_id="cafe", role="bookkeeper"):
    return await town.who(role, KASAMA, shop_id)


class TestACompany:
    async def test_is_read_by_whom_two_persons_have_named(self, town):
        reader, other = await keeper(town), await keeper(town, "soba")
        proposal = await proposed(town, [reader.login])
        assert proposal.facts["company_shops"] == "見本 cafe (cafe)、見本 pan (pan)、見本 soba (soba)"
        assert await refused(town.city.companies.get_own(reader)) == "no-company"
        await town.decided(proposal)
        named = await town.city.companies.get_own(reader)
        assert (named.company.name, named.company.shop_ids) == ("見本商事", tuple(sorted(SHOPS)))
        assert await town.city.companies.books_shop(reader, "soba") == "soba"
        assert await town.city.companies.books_shop(reader, None) == "cafe"
        assert await refused(town.city.companies.get_own(other)) == "no-company"
        assert await refused(town.city.companies.books_shop(other, "cafe")) == "unknown-shop"
        assert await town.city.companies.books_shop(other, "soba") == "soba"

    async def test_opens_no_shop_that_is_not_its_own(self, town):
        reader = await keeper(town)
        await town.decided(await proposed(town, [reader.login], shop_ids=("cafe", "soba")))
        assert await refused(town.city.companies.books_shop(reader, "pan")) == "unknown-shop"
        named = await town.city.companies.get_own(reader)
        assert named.company.shop_ids == ("cafe", "soba")

    async def test_that_a_shop_or_a_log_in_has_left_is_read_no_more(self, town):
        reader = await keeper(town)
        await town.decided(await proposed(town, [reader.login]))
        await town.decided(await proposed(town, [], shop_ids=("soba", "pan")))
        assert await refused(town.city.companies.books_shop(reader, "soba")) == "unknown-shop"
        await town.decided(await proposed(town, [], shop_ids=()))
        assert await town.city.companies.list_by_city(KASAMA) == []

    async def test_whose_readers_a_restore_would_bring_back_is_read_by_nobody(self, town):
        reader = await keeper(town)
        await town.decided(await proposed(town, [reader.login]))
        line = {
            "action": AuditAction.COMPANY_CHANGED, "municipality": KASAMA, "subject": "mihon", "facts": {},
            "done_at": (town.clock() + timedelta(hours=1)).isoformat(),
        }  # fmt: skip
        done = [
            await town.store.run(lambda conn: take_away_again(conn, line, town.clock())) for _ in range(2)
        ]
        assert done == [1, 0]
        assert await refused(town.city.companies.get_own(reader)) == "no-company"

    @pytest.mark.parametrize(
        ("shop_ids", "word"),
        [
            (("cafe",), "bad-company"),
            (("cafe", "cafe"), "bad-company"),
            (("cafe", "nowhere"), "unknown-shop"),
        ],
    )
    async def test_has_several_shops_of_the_city(self, town, shop_ids, word):
        assert await refused(proposed(town, [], shop_ids=shop_ids)) == word

    async def test_shares_no_shop_with_another(self, town):
        await town.decided(await proposed(town, [], shop_ids=("cafe", "soba")))
        refusal = proposed(town, [], company_id="other", shop_ids=("soba", "pan"))
        assert await refused(refusal) == "bad-company"

    @pytest.mark.parametrize("role", ["till", "outsider", "elsewhere", "clerk"])
    async def test_names_no_reader_but_its_owners_and_book_keepers(self, town, role):
        await town.city.shops.register(await town.who("operator"), "kutsu", ShopEntry(name="靴"))
        person = {
            "till": lambda: keeper(town, "cafe", "till"),
            "outsider": lambda: keeper(town, "kutsu"),
            "elsewhere": lambda: town.who("approver", MITO),
            "clerk": lambda: town.who("viewer"),
        }[role]
        word = await refused(proposed(town, [(await person()).login]))
        assert word == ("unknown-staff" if role == "elsewhere" else "bad-company")

    async def test_is_decided_as_it_was_seen(self, town):
        first = await proposed(town, [])
        await town.decided(first)
        (named,) = await town.city.companies.list_by_city(KASAMA)
        assert await refused(proposed(town, [], seen="f" * 16)) == "changed-meanwhile"
        again = await proposed(town, [], shop_ids=("cafe", "pan"), seen=named.company.version)
        assert again.facts["name_before"] == "見本商事"


class TestItsBooks:
    async def test_are_the_shops_own_and_their_sum(self, town):
        reader, member = await keeper(town), await town.member(points=700)
        await town.decided(await proposed(town, [reader.login]))
        await town.set_account("cafe")
        code = town.city.shops.code_of(await town.city.shops.get(KASAMA, "cafe"))
        await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 700)
        named, reports = await town.city.companies.report(reader, *JULY)
        assert [report.shop_id for report in reports] == list(named.company.shop_ids)
        assert {report.shop_id: report.sums["points"] for report in reports} == {
            "cafe": 700, "pan": 0, "soba": 0,
        }  # fmt: skip
        town.clock.forward(days=1)
        await town.close_cycle(JULY_16)
        (cycle,) = await town.city.companies.cycles(reader)
        own = await town.city.settlements.list_by_shop(KASAMA, "cafe")
        lines = {line.shop_id: line for line in cycle.lines}
        assert lines["cafe"] == own[0][1]
        assert (cycle.paid_yen, own[0][1].paid_yen) == (700, 700)
        name, statements = await town.city.companies.statement(reader, JULY_16)
        assert (name, [each.shop.shop_id for each in statements]) == ("見本商事", ["cafe", "pan", "soba"])
        assert statements[0] == await town.city.settlements.statement(KASAMA, JULY_16, "cafe")
        last = list(csv.reader(io.StringIO(company_report_csv(reports).decode("utf-8-sig"))))[-1]
        assert (last[0], last[-2:]) == ("会社の合計", ["700", "700"])


class TestItsStatement:
    async def test_adds_up_to_what_is_transferred(self, town):
        """A refund of another cycle, a shop that owes, one without an account, and fees: each shop's lines are its transfer."""
        reader, member = await keeper(town), await town.member(points=9_000)
        await town.decided(await proposed(town, [reader.login]))
        await town.decided(await town.city.shops.set_payer(await town.who("administrator"), PAYER))
        await set_fees(town)
        await town.set_account("cafe")
        await town.set_account("soba")
        spends = {}
        for shop_id, points in (("cafe", 3_000), ("soba", 2_000), ("pan", 1_000)):
            code = town.city.shops.code_of(await town.city.shops.get(KASAMA, shop_id))
            paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)
            spends[shop_id] = paid.spend
        town.clock.forward(days=1)
        await town.close_cycle(JULY_16)
        await town.refund(spends["soba"], 2_000)
        _, statements = await town.city.companies.statement(reader, JULY_16)
        lines = list(csv.DictReader(io.StringIO(company_statement_csv(statements).decode("utf-8-sig"))))
        total = lines.pop()
        for statement in statements:
            own = [line for line in lines if line["加盟店番号"] == statement.shop.shop_id]
            assert sum(int(line["金額(円)"]) for line in own) == statement.line.transfer_yen
        assert statements[0].line.fee_yen > 0
        assert {line["区分"] for line in lines} == {"利用", "翌期への繰越", "振込手数料"}
        assert int(total["金額(円)"]) == sum(each.line.transfer_yen for each in statements)
        (cycle,) = await town.city.companies.cycles(reader)
        assert (int(total["ポイント"]), int(total["金額(円)"])) == (5_000, cycle.transfer_yen)
        (written,) = pages(company_statement_pdf("見本商事", statements, "笠間市"))
        for sentence in (
            "支払通知書（会社の合計）",
            "見本商事 様",
            f"{cycle.transfer_yen:,}円",
            "振込は店ごとに行います",
        ):
            assert sentence in written
        town.clock.forward(days=16)
        await town.close_cycle(date(2018, 8, 1))
        _, after = await town.city.companies.statement(reader, date(2018, 8, 1))
        lines = list(csv.DictReader(io.StringIO(company_statement_csv(after).decode("utf-8-sig"))))
        owed = {line["区分"]: int(line["金額(円)"]) for line in lines if line["加盟店番号"] == "soba"}
        assert owed == {"訂正・取消": -2_000, "翌期への繰越": 2_000}
        assert (await town.city.companies.statement(reader, JULY_16))[1][0] == statements[0]

    @pytest.mark.parametrize("left", ["shop", "reader"])
    async def test_shows_nothing_of_a_shop_that_left_nor_to_a_log_in_that_did(self, town, left):
        reader, other = await keeper(town), await keeper(town, "soba")
        await town.decided(await proposed(town, [reader.login]))
        assert await refused(town.city.companies.statement(other, JULY_16)) == "no-company"
        if left == "shop":
            await town.decided(await proposed(town, [reader.login], shop_ids=("cafe", "soba")))
            _, statements = await town.city.companies.statement(reader, JULY_16)
            assert [each.shop.shop_id for each in statements] == ["cafe", "soba"]
        else:
            await town.decided(await proposed(town, []))
            assert await refused(town.city.companies.statement(reader, JULY_16)) == "no-company"


class TestOverHttp:
    async def test_another_shops_books_are_opened_by_its_id(self, site):
        clerk = await site.staff_token("operator")
        for shop_id in ("cafe", "soba"):
            entry = {"shop_id": shop_id, "name": f"見本 {shop_id}"}
            await site.call("POST", "/v1/city/shops", clerk, json=entry)
        reader = await site.staff_token("bookkeeper", KASAMA, "cafe")
        owner = await site.staff_token("shop", KASAMA, "soba")
        _, me = await site.call("GET", "/v1/staff/me", reader)
        await site.staff_token("approver")
        wanted = {"name": "見本商事", "shop_ids": ["cafe", "soba"], "readers": [me["session"]["login"]]}
        decided = await site.decided("/v1/city/companies/mihon", clerk, wanted, method="PUT")
        assert decided[0] == 200, decided
        _, companies = await site.call("GET", "/v1/city/companies", clerk)
        assert companies["companies"][0]["readers"][0]["login"] == me["session"]["login"]
        period = {"since": "2018-07-01", "until": "2018-07-31"}
        for path, params in (
            ("/v1/shop/company", {}),
            ("/v1/shop/company/report", period),
            ("/v1/shop/company/report/csv", period),
            ("/v1/shop/company/settlements", {}),
            ("/v1/shop/company/settlements/2018-07-16/csv", {}),
            ("/v1/shop/company/settlements/2018-07-16/pdf", {}),
        ):
            assert (await site.call("GET", path, reader, params=params))[0] == 200
            status, problem = await site.call("GET", path, owner, params=params)
            assert (status, problem["type"]) == (404, "/docs/problems/no-company")
        for path in (
            "/v1/shop/report", "/v1/shop/report/csv", "/v1/shop/settlements", "/v1/shop/settlements/2018-07-16",
            "/v1/shop/settlements/2018-07-16/csv", "/v1/shop/settlements/2018-07-16/pdf",
        ):  # fmt: skip
            params = period if "report" in path else {}
            for who, shop_id, expected in ((reader, "soba", 200), (owner, "cafe", 404), (owner, "soba", 200)):
                status, answer = await site.call("GET", path, who, params=params | {"shop_id": shop_id})
                assert status == expected, (path, shop_id, answer)
        _, report = await site.call("GET", "/v1/shop/report", reader, params=period | {"shop_id": "soba"})
        assert report["shop_id"] == "soba"
        status, _ = await site.call("GET", "/v1/shop/spends", reader, params={"shop_id": "soba"})
        assert status in (400, 422)
