"""A file that was saved before is given once more only with a warning, and the log counts it."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from gateway.cities.settlement.transfer_file_downloads import list_downloads
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform import audit_log
from tests.gateway.cities.conftest import KASAMA, NOON, OUEN, Town, new_id

JULY_16 = date(2018, 7, 16)
PATH = "/v1/city/settlements/2018-07-16/transfer-files"
ACCOUNT = BankAccount(
    bank_code="0130", bank_name="ジョウヨウ", branch_code="021", branch_name="カサマ", kind=1, number="7654321", holder="ミホン",
)  # fmt: skip


async def made_files(town, go_to, times=1):
    """A closed cycle's file, made so many times and downloaded by nobody."""
    await town.who("approver")
    await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="見本 そば"))
    await town.set_account("soba")
    payer = Payer(client_code="0123456789", account=ACCOUNT)
    await town.decided(await town.city.shops.set_payer(await town.who("administrator"), payer))
    member = await town.member(points=500)
    code = town.city.shops.code_of(await town.city.shops.get(KASAMA, "soba"))
    await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 500)
    go_to(datetime(2018, 8, 1, 9, 0, tzinfo=JST))
    await town.close_cycle(JULY_16)
    for count in range(times):
        who = await town.who("approver")
        proposal = await town.city.settlements.make_transfer_file(who, JULY_16, again=count > 0)
        await town.decided(proposal, "administrator")


async def download_lines(store):
    lines = await store.read(lambda conn: audit_log.page(conn, KASAMA, subject=JULY_16.isoformat()))
    return [
        (line.action, line.actor_name, dict(line.facts))
        for line in reversed(lines)
        if "download" in line.action
    ]


class TestTheLog:
    async def test_it_names_a_repeated_download_as_such_and_counts_it_for_each_file(
        self, town_on_each_database
    ):
        town = town_on_each_database
        await made_files(town, lambda at: setattr(town.clock, "now", at), times=2)
        approver, boss = await town.who("approver"), await town.who("administrator")
        for who, number in ((approver, 1), (boss, 1), (approver, 2), (approver, 1)):
            await town.city.settlements.transfer_file(who, JULY_16, number)
        first, again = "transfer file downloaded", "transfer file downloaded again"
        assert await download_lines(town.store) == [
            (first, approver.display_name, {"times": 1, "downloads": 1}),
            (again, boss.display_name, {"times": 1, "downloads": 2}),
            (first, approver.display_name, {"times": 2, "downloads": 1}),
            (again, approver.display_name, {"times": 1, "downloads": 3}),
        ]

    async def test_two_at_one_moment_are_a_first_and_a_second(self, town_on_each_database):
        town = town_on_each_database
        await made_files(town, lambda at: setattr(town.clock, "now", at))
        people = [await town.who("approver"), await town.who("administrator")]
        answers = await asyncio.gather(
            *(town.city.settlements.transfer_file(who, JULY_16, 1, seen=0) for who in people * 3),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, bytes) for answer in answers) == 1
        refused = [answer.type for answer in answers if isinstance(answer, ProblemError)]
        assert refused == ["file-downloaded-before"] * 5
        await asyncio.gather(*(town.city.settlements.transfer_file(who, JULY_16, 1) for who in people * 3))
        assert [facts["downloads"] for _, _, facts in await download_lines(town.store)] == [
            1,
            2,
            3,
            4,
            5,
            6,
            7,
        ]

    async def test_a_download_that_is_refused_is_none(self, town):
        await made_files(town, lambda at: setattr(town.clock, "now", at))
        who = await town.who("approver")
        await town.city.settlements.transfer_file(who, JULY_16, 1, seen=0)
        with pytest.raises(ProblemError):
            await town.city.settlements.transfer_file(who, JULY_16, 1, seen=0)
        assert len(await town.store.read(lambda conn: list_downloads(conn, KASAMA, JULY_16))) == 1


class TestOverHttp:
    async def test_who_has_seen_no_download_is_told_of_them_and_goes_on_having_seen_them(
        self, site_on_each_database
    ):
        site = site_on_each_database
        await made_files(Town(site.services.store, site.clock, site.services.city), site.set_clock)
        token = await site.staff_token("approver")
        file = (await site.call("GET", PATH, token))[1]["files"][0]
        assert (file["downloaded"], file["downloads"]) == (0, [])
        status, data = await site.call("GET", PATH + "/1?seen=0", token)
        assert status == 200

        other = await site.staff_token("administrator")
        status, problem = await site.call("GET", PATH + "/1?seen=0", other)
        assert (status, problem["type"].rpartition("/")[2]) == (409, "file-downloaded-before")
        assert (problem["downloaded_by"], problem["downloads"]) == ("見本 approver", 1)
        assert datetime.fromisoformat(problem["downloaded_at"]) - NOON < timedelta(days=1)
        file = (await site.call("GET", PATH, other))[1]["files"][0]
        assert (file["downloaded"], file["downloads"][0]["name"]) == (1, "見本 approver")

        assert await site.call("GET", PATH + "/1?seen=1", other) == (200, data)
        assert (await site.call("GET", PATH + "/1?seen=1", token))[0] == 409  # one more came in between
        assert await site.call("GET", PATH + "/1", token) == (200, data)  # asks for no warning, as ever
        file = (await site.call("GET", PATH, token))[1]["files"][0]
        assert [each["name"] for each in file["downloads"]] == [
            "見本 approver",
            "見本 administrator",
            "見本 approver",
        ]

    async def test_the_list_has_the_last_twenty_and_counts_all(self, site):
        await made_files(Town(site.services.store, site.clock, site.services.city), site.set_clock)
        token = await site.staff_token("approver")
        for seen in range(22):
            assert (await site.call("GET", f"{PATH}/1?seen={seen}", token))[0] == 200
        file = (await site.call("GET", PATH, token))[1]["files"][0]
        assert (file["downloaded"], len(file["downloads"])) == (22, 20)
