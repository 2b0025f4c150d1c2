"""An account beside the list of Japan's banks and branches."""

import subprocess
import sys

import pytest

from gateway.cities.shops import bank_register
from gateway.cities.shops.bank_register import Listing, listing_of
from gateway.errors import ProblemError

ACCOUNT = {"bank_code": "0130", "branch_code": "021", "kind": 1, "number": "7654321", "holder": "ミホン"}
PATH = "/v1/city/shops/soba/bank-account"


class TestTheList:
    def test_names_are_those_of_a_transfer_file(self):
        assert bank_register.find_names("0130", "021") == ("ｼﾞﾖｳﾖｳ", "ﾕｳｷ")
        assert bank_register.find_names("9900", "018") == ("ﾕｳﾁﾖ", "ｾﾞﾛｲﾁﾊﾁ")
        assert bank_register.find_names("0130", "001") == ("ｼﾞﾖｳﾖｳ", None)
        assert bank_register.find_names("9999", "001") == (None, None)

    def test_every_name_fits_its_field(self):
        names = list(bank_register._banks().values())
        for code in bank_register._banks():
            names += bank_register._branches(code).values()
        assert len(names) > 20_000
        assert [name for name in names if not 0 < len(name) <= 15] == []

    @pytest.mark.parametrize(
        ("typed", "listing"),
        [
            (("0130", "", "021", ""), Listing.LISTED),
            (("0130", "ジョウヨウ", "021", "ゆうき"), Listing.LISTED),
            (("0130", "ジョウヨウギンコウ", "021", "ユウキシテン"), Listing.LISTED),
            (("0130", "ミホン", "021", "ユウキ"), Listing.OTHER_BANK_NAME),
            (("0130", "常陽", "021", ""), Listing.OTHER_BANK_NAME),
            (("0130", "", "021", "カサマ"), Listing.OTHER_BRANCH_NAME),
            (("0130", "", "001", ""), Listing.NO_BRANCH),
            (("9999", "", "001", ""), Listing.NO_BANK),
        ],
    )
    def test_an_account_is_held_against_it(self, typed, listing):
        assert listing_of(*typed) is listing

    def test_the_package_that_loads_all_of_it_is_not_imported(self):
        program = (
            "import sys, gateway.cities.shops.bank_register as b; b.find_names('0130', '021');"
            "sys.exit('zengin_code' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class TestAnAccountOverHttp:
    @pytest.fixture
    async def boss(self, site):
        boss = await site.staff_token("administrator")
        await site.staff_token("approver")
        await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
        return boss

    async def test_the_names_come_from_the_codes(self, site, boss):
        status, proposal = await site.call("PUT", PATH, boss, json=ACCOUNT)
        assert (status, proposal["facts"]["bank_name"], proposal["facts"]["branch_name"]) == (
            202,
            "ｼﾞﾖｳﾖｳ",
            "ﾕｳｷ",
        )
        assert "unlisted" not in proposal["facts"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"bank_code": "9999"}, "bank_code"),
            ({"branch_code": "001"}, "branch_code"),
            ({"bank_name": "ミホン"}, "bank_name"),
            ({"branch_name": "カサマ"}, "branch_name"),
        ],
    )
    async def test_what_the_list_lacks_is_named(self, site, boss, change, field):
        status, problem = await site.call("PUT", PATH, boss, json=ACCOUNT | change)
        assert (status, problem["type"], problem["field"]) == (422, "/docs/problems/bank-not-listed", field)
        assert (await site.call("GET", "/v1/city/proposals", boss))[1]["proposals"] == []

    async def test_sent_all_the_same_the_second_person_is_told(self, site, boss):
        new = ACCOUNT | {"branch_code": "001", "unlisted": True}
        status, problem = await site.call("PUT", PATH, boss, json=new)
        assert (status, problem["field"]) == (422, "bank_name")
        named = new | {"bank_name": "ジョウヨウ", "branch_name": "アタラシイ"}
        status, proposal = await site.call("PUT", PATH, boss, json=named)
        assert (status, proposal["facts"]["unlisted"]) == (202, "no_branch")
        assert proposal["facts"]["branch_name"] == "ｱﾀﾗｼｲ"

    async def test_a_tick_without_need_says_nothing(self, site, boss):
        named = ACCOUNT | {"bank_name": "ジョウヨウ", "branch_name": "ユウキ", "unlisted": True}
        status, proposal = await site.call("PUT", PATH, boss, json=named)
        assert (status, "unlisted" in proposal["facts"]) == (202, False)

    async def test_the_citys_own_account_too(self, site, boss):
        payer = ACCOUNT | {"client_code": "0123456789", "bank_code": "9999"}
        status, problem = await site.call("PUT", "/v1/city/bank-account", boss, json=payer)
        assert (status, problem["field"]) == (422, "bank_code")


def test_a_refusal_names_both_names():
    with pytest.raises(ProblemError) as caught:
        bank_register.listed_names("0130", "ミホン", "021", "")
    assert caught.value.facts["listed_bank"] == "ｼﾞﾖｳﾖｳ"
    assert caught.value.facts["listed_branch"] == "ﾕｳｷ"
