"""Shops by list: what a list says, whom its shops are like, and new shops that come on the register by two persons, once."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import threading

import pytest

from gateway.cities import tables
from gateway.cities.shops import shop_list, shop_rows
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_list import COLUMNS, FAULTS, MAX_LINES
from gateway.cities.shops.shop_list_report import report_csv
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from tests.gateway.cities.conftest import KASAMA
from tests.gateway.cities.test_member_data import refused
from tests.gateway.cities.test_shop_applications import rows

HEADER = "店名,店名（カナ）,業種,住所,電話,銀行コード,銀行名,支店コード,支店名,預金種目,口座番号,口座名義,銀行の一覧にない口座"
SOBA = "そば処 見本,ソバドコロミホン,飲食,笠間市笠間1-2,0296-00-0001,0009,,001,,普通,1234567,ミホン,"
PAN = "パンの見本,パンノミホン,パン,笠間市友部3-4,0296-00-0002,,,,,,,,"
ACCOUNT = BankAccount(
    bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="7654321",
    holder="ベツノミホン",
)  # fmt: skip


@pytest.fixture
async def town(town_on_each_database):
    return town_on_each_database


def listed(*lines: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *lines)).encode()


def faults_of(raw: bytes) -> list[list[tuple[str, str]]]:
    return [[(fault.field, fault.word) for fault in line.faults] for line in shop_list.read(raw).lines]


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def words(check) -> list[list[str]]:
    return [[fault.word for fault in line.faults] for line in check.lines]


async def checked(town, raw: bytes):
    return await town.city.shop_imports.check(await town.who("operator"), raw)


async def proposed(town, raw: bytes, seen: str | None = None):
    await town.who("approver")
    clerk = await town.who("operator")
    seen = seen or (await town.city.shop_imports.check(clerk, raw)).seen
    return await town.city.shop_imports.propose(clerk, "shops.csv", raw, seen, "隣の町の名簿")


async def register(town) -> dict[str, str]:
    return {shop.name: shop.shop_id for shop in await town.city.shops.listed(KASAMA, closed=True)}


class TestALine:
    def test_is_a_shop_with_its_account(self):
        (line,) = shop_list.read(listed(SOBA)).lines
        assert line.entry == ShopEntry(
            name="そば処 見本", name_kana="ソバドコロミホン", category="飲食", address="笠間市笠間1-2",
            phone="0296-00-0001",
        )  # fmt: skip
        assert line.account is not None
        assert (line.account.masked, line.account.holder, line.faults) == ("0009-001 ****567", "ﾐﾎﾝ", ())

    @pytest.mark.parametrize(
        ("column", "cell", "word"),
        [
            ("店名", "", "missing"),
            ("店名", "=1+1", "formula"),
            ("店名（カナ）", "蕎麦", "kana"),
            ("業種", "飲\u200b食", "unseen"),
            ("住所", "あ" * 201, "too-long"),
            ("電話", "296000001", "phone"),
            ("電話", "なし", "phone"),
            ("銀行コード", "9", "digits"),
            ("銀行コード", "", "missing"),
            ("銀行コード", "9998", "not-listed"),
            ("銀行名", "ジョウヨウ", "other-name"),
            ("支店コード", "1", "digits"),
            ("支店コード", "999", "not-listed"),
            ("預金種目", "3", "kind"),
            ("口座番号", "123456", "digits"),
            ("口座名義", "", "missing"),
            ("口座名義", "見本", "name-in-kana"),
            ("店名（カナ）", 'ソバ"><script>', "kana"),
            ("店名（カナ）", "ソバ24", "kana"),
        ],
    )
    def test_names_each_field_that_is_wrong(self, column, cell, word):
        cells = dict(zip(HEADER.split(","), SOBA.split(","), strict=True)) | {column: cell}
        field = next(field for field, names in COLUMNS.items() if column in names)
        (line,) = shop_list.read(listed(",".join(cells.values()))).lines
        assert [(fault.field, fault.word) for fault in line.faults] == [(field, word)]
        assert (word in FAULTS, line.account is None) == (True, field not in ("name", *shop_list.ENTRY))

    def test_names_all_of_them(self):
        assert faults_of(listed(",漢字,,,12,0009,,001,,普通,12,,")) == [
            [
                ("account", "digits"), ("holder", "missing"), ("name", "missing"), ("name_kana", "kana"),
                ("phone", "phone"),
            ]
        ]  # fmt: skip

    def test_may_send_an_account_that_is_not_listed_on_purpose(self):
        line = SOBA.replace("0009,,001,,", "9998,ミホン,001,シテン,") + "はい"
        assert faults_of(listed(line)) == [[]]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932"])
    def test_is_read_as_its_office_saves_it(self, encoding):
        title, wide = "加盟店名簿,,,", SOBA.replace("0009", "０００９").replace("1234567", "１２３４５６７")
        raw = "\r\n".join((title, HEADER, f"{wide},,", "")).encode(encoding) + (
            b"" if encoding == "utf-16" else b"\x1a"
        )
        (line,) = shop_list.read(raw).lines
        assert (line.line, line.faults, line.account is not None) == (3, (), True)

    def test_beyond_the_most_is_a_fault_and_not_passed_over(self):
        lines = [f"店{number},,,{number}番地,,,,,,,,," for number in range(MAX_LINES + 7)]
        assert faults_of(listed(*lines))[MAX_LINES - 1 :] == [[], [("", "too-many")]]

    @pytest.mark.parametrize(
        ("header", "column"), [("名,住所", "店名"), ("店名,加盟店名", "店名"), ("店名,電話,TEL", "電話")]
    )
    def test_without_its_columns_is_no_list(self, header, column):
        with pytest.raises(ProblemError) as caught:
            shop_list.read(listed("a,b,c", header=header))
        assert (caught.value.type, caught.value.facts["column"]) == ("csv-columns", column)


class TestALineBesideTheRegister:
    async def test_of_a_new_shop_has_an_id_that_stays_its_own(self, town):
        check = await checked(town, listed(SOBA, PAN))
        first, second = check.new_shops
        assert first.shop_id != second.shop_id
        assert (await checked(town, listed(PAN, SOBA.replace("そば処", "そば処　")))).new_shops[
            1
        ].shop_id == first.shop_id

    async def test_of_a_known_shop_is_passed_over_and_changes_nothing(self, town):
        clerk = await town.who("administrator")
        await town.decided(await proposed(town, listed(SOBA)))
        shop = await town.city.shops.get(KASAMA, (await register(town))["そば処 見本"])
        for with_accounts in (True, False):
            export = await town.city.shop_imports.export(clerk, with_accounts=with_accounts)
            check = await checked(town, export)
            assert (check.known, check.faulty, check.new_shops) == (1, 0, ())
            changed = export.replace("飲食".encode(), "食堂".encode())
            assert words(await checked(town, changed)) == [["changed"]]
        other = export.replace(b"****567", b"****568")
        assert words(await checked(town, other)) == [["account-changed"]]
        assert await town.city.shops.get(KASAMA, shop.shop_id) == shop

    async def test_names_the_shop_by_number_or_id_and_not_by_two(self, town):
        shop = await town.city.shops.register(await town.who("operator"), "cafe", ShopEntry(name="喫茶"))
        header = "番号,加盟店ID,店名,住所"
        lines = (
            f"{shop.number},,{shop.name},{shop.address}", f",cafe,{shop.name},{shop.address}",
            f"{shop.number},soba,{shop.name},", "999999,,新しい店,", ",Soba!,新しい店,", ",soba-2,もう一つの店,",
        )  # fmt: skip
        check = await checked(town, listed(*lines, header=header))
        assert words(check) == [[], [], ["two-shops"], ["number-unknown"], ["shop-id"], []]
        assert [shop.shop_id for shop in check.new_shops] == ["soba-2"]

    async def test_that_repeats_a_shop_is_a_fault(self, town):
        again = SOBA.replace("そば処 見本", "ｿﾊﾞ処　見本").replace("1234567", "1234568")
        assert words(await checked(town, listed(SOBA, again))) == [[], ["duplicate-line"]]
        await town.decided(await proposed(town, listed(SOBA)))
        assert words(await checked(town, listed(SOBA))) == [["registered"]]
        assert await refused(proposed(town, listed(SOBA))) == "shop-list-faulty"

    async def test_names_whom_a_shop_is_like_and_lets_people_decide(self, town):
        await town.decided(await proposed(town, listed(SOBA)))
        branch = SOBA.replace("笠間市笠間1-2", "笠間市友部9")
        other = PAN.replace("パンの見本", "別の店").replace("0296-00-0002", "+81296000001")
        check = await checked(town, listed(branch, other))
        own = (await register(town))["そば処 見本"]
        assert [[(each.kind, each.key, each.same) for each in line.duplicates] for line in check.lines] == [
            [("shop", own, ("name", "phone", "account"))],
            [("shop", own, ("phone",)), ("line", "2", ("phone",))],
        ]
        assert (check.alike, check.faulty) == (2, 0)
        assert (await proposed(town, listed(branch, other))).facts["alike_shops"] == 2


class TestAReport:
    async def test_is_a_list_to_mend_and_send_again(self, town):
        wrong = PAN.replace("パンの見本", "").replace("0296-00-0002", "12")
        (first, second) = rows_of(report_csv((await checked(town, listed(SOBA, wrong))).lines))
        assert (first["行"], first["誤りのある列"]) == ("3", "店名 / 電話")
        assert first["直し方"].startswith("入力してください。 / 市外局番から")
        assert (second["行"], second["誤り"], second["口座番号"]) == ("2", "", "1234567")
        report = report_csv((await checked(town, listed(SOBA, wrong))).lines)
        again = await checked(town, report)
        assert sorted(words(again)) == [[], ["missing", "phone"]]
        assert again.dropped == ("行", "誤りのある列", "誤り", "直し方", "似ている店")


class TestAnExport:
    async def test_has_the_owner_and_only_the_end_of_an_account(self, town):
        clerk = await town.who("administrator")
        await town.decided(await proposed(town, listed(SOBA)))
        shop_id = (await register(town))["そば処 見本"]
        owner = await town.who("shop", KASAMA, shop_id)
        await town.city.shops.close(clerk, shop_id, "閉店")
        masked, in_full = [
            next(row for row in rows_of(await town.city.shop_imports.export(clerk, with_accounts=it)) if row["加盟店ID"] == shop_id)
            for it in (False, True)
        ]  # fmt: skip
        assert (masked["口座番号"], in_full["口座番号"], masked["口座名義"]) == ("****567", "1234567", "ﾐﾎﾝ")
        assert (masked["状態"], masked["ローマ字"]) == ("終了", "Sobadokoromihon")
        assert masked["ログイン名"].startswith("shop-")
        assert owner.display_name in masked["責任者"]


class TestAnImport:
    async def test_brings_shops_numbers_and_accounts_by_two_persons_at_once(self, town):
        before = await register(town)
        proposal = await proposed(town, listed(SOBA, PAN))
        assert (proposal.facts["new_shops"], proposal.facts["with_account"]) == (2, 1)
        assert (proposal.facts["shop_names"], await register(town)) == ("そば処 見本、パンの見本", before)
        await town.decided(proposal)
        ids = await register(town)
        assert set(ids) - set(before) == {"そば処 見本", "パンの見本"}
        shop = await town.city.shops.get(KASAMA, ids["そば処 見本"])
        account = await town.city.shops.bank(KASAMA, shop.shop_id)
        assert (shop.number is not None, account.masked) == (True, "0009-001 ****567")
        assert await town.city.shops.bank(KASAMA, ids["パンの見本"]) is None
        actions = [AuditAction.SHOPS_IMPORTED, AuditAction.SHOP_REGISTERED, AuditAction.SHOP_ACCOUNT_CHANGED]
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA, actions=actions))
        assert sorted(line.action for line in lines) == sorted(
            [actions[0], actions[1], actions[1], actions[2]]
        )

    async def test_an_id_that_two_register_at_once_keeps_the_first_ones_account(self, town, monkeypatch):
        together = threading.Barrier(2)
        look = shop_rows.list_ids

        def look_together(*of):
            found = look(*of)
            with contextlib.suppress(threading.BrokenBarrierError):  # one writer alone
                together.wait(timeout=0.5)
            return found

        monkeypatch.setattr(shop_rows, "list_ids", look_together)

        def added(sealed: bytes):
            shop = Shop(
                municipality=KASAMA, shop_id="onaji", name="同じ店", name_kana="オナジミセ", category="飲食",
                address="笠間市笠間1", phone="0296-00-0009", has_bank=True, registered_at=town.clock(), closed_at=None,
            )  # fmt: skip
            return town.store.run(lambda conn: shop_rows.add_many(conn, KASAMA, [(shop, sealed)]))

        results = await asyncio.gather(added(b"first"), added(b"second"), return_exceptions=True)
        faults = [result.type for result in results if isinstance(result, ProblemError)]
        assert faults == ["shop-exists"], results
        kept = await rows(town, tables.shops)
        sealed = [row.bank_sealed for row in kept if row.shop_id == "onaji"]
        assert sealed == [(b"first", b"second")[[result is None for result in results].index(True)]]

    async def test_is_the_proposal_that_waits_where_it_is_sent_twice(self, town):
        raw = listed(SOBA, PAN)
        clerk = await town.who("operator")
        await town.who("approver")
        seen = (await town.city.shop_imports.check(clerk, raw)).seen
        first, again = [await town.city.shop_imports.propose(clerk, "shops.csv", raw, seen) for _ in range(2)]
        assert again.proposal_id == first.proposal_id
        assert await refused(proposed(town, listed(PAN, SOBA))) == "proposal-pending"

    async def test_never_brings_a_shop_twice(self, town):
        first, second = await proposed(town, listed(SOBA, PAN)), await proposed(town, listed(PAN))
        await town.decided(first)
        assert await refused(town.decided(second)) == "proposal-outdated"
        shops = await town.city.shops.listed(KASAMA)
        assert [shop.name for shop in shops].count("パンの見本") == 1

    async def test_is_what_was_looked_at(self, town):
        seen = (await checked(town, listed(SOBA))).seen
        assert await refused(proposed(town, listed(SOBA, PAN), seen)) == "changed-meanwhile"
        boss = await town.who("administrator")
        await town.city.shops.register(boss, "other", ShopEntry(name="ほか", phone="0296-00-0001"))
        assert await refused(proposed(town, listed(SOBA), seen)) == "changed-meanwhile"

    async def test_is_outdated_where_a_like_shop_has_come_since(self, town):
        proposal = await proposed(town, listed(SOBA))
        boss = await town.who("administrator")
        await town.city.shops.register(boss, "other", ShopEntry(name="ほか", phone="0296-00-0001"))
        assert await refused(town.decided(proposal)) == "proposal-outdated"
        assert "そば処 見本" not in await register(town)

    async def test_is_read_whole_by_who_decides(self, town):
        proposal = await proposed(town, listed(SOBA, PAN))
        chief = await town.who("approver")
        first, second = await town.city.shop_imports.list_proposed(chief, proposal.proposal_id)
        assert (first.shop.account.number, second.shop.account) == ("1234567", None)
        await town.decided(proposal)
        first, _ = await town.city.shop_imports.list_proposed(chief, proposal.proposal_id)
        assert first.duplicates == ()

    async def test_without_a_new_shop_is_none(self, town):
        await town.city.shops.register(await town.who("operator"), "cafe", ShopEntry(name="喫茶"))
        raw = listed("cafe,喫茶", header="加盟店ID,店名")
        assert await refused(proposed(town, raw)) == "shop-list-faulty"


class TestOverHttp:
    async def test_a_list_is_checked_mended_proposed_and_decided(self, site):
        clerk, chief = await site.staff_token("operator"), await site.staff_token("approver")
        where = "/v1/city/shop-list"
        wrong = {"content": (listed(SOBA, PAN.replace("0296-00-0002", "12")), "text/csv")}
        status, check = await site.call("POST", f"{where}/check", clerk, **wrong)
        assert (status, check["new"], check["faulty"], check["lines"][1]["state"]) == (200, 1, 1, "faulty")
        assert check["lines"][1]["faults"][0]["column"] == "電話"
        params = {"name": "shops.csv", "seen": check["seen"], "reason": "名簿"}
        status, problem = await site.call("POST", where, clerk, params=params, **wrong)
        assert (status, problem["type"]) == (409, "/docs/problems/shop-list-faulty")
        assert (await site.call("POST", f"{where}/report", clerk, **wrong))[0] == 200
        right = {"content": (listed(SOBA, PAN), "text/csv")}
        _, check = await site.call("POST", f"{where}/check", clerk, **right)
        params["seen"] = check["seen"]
        status, proposal = await site.call("POST", where, clerk, params=params, **right)
        assert status == 202, proposal
        proposal_id = proposal["proposal_id"]
        shops = f"/v1/city/proposals/{proposal_id}/shops"
        for who in (clerk, chief):
            status, answer = await site.call("GET", shops, who)
            assert (status, answer["shops"][0]["account"]["number"]) == (200, "1234567")
        digest = {"digest": proposal["digest"]}
        status, _ = await site.call("POST", f"/v1/city/proposals/{proposal_id}/approval", chief, json=digest)
        assert status == 200
        _, answer = await site.call("GET", shops, chief)
        assert (
            answer["shops"][0]["account"]["number"],
            answer["shops"][0]["account"]["number_ends_with"],
        ) == (
            None,
            "567",
        )
        assert (await site.call("GET", where, clerk))[0] == 200
        viewer = await site.staff_token("viewer")
        for method, path in (("GET", where), ("GET", shops)):
            assert (await site.call(method, path, viewer))[0] == 403
