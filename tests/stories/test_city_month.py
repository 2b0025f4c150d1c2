"""A month of a city through its pages; then every report is held against the others and against a reckoning of its own."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import socket
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import insert
from yarl import URL

from core_ledger import audit, chart, ledger
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.model import JST, Debited, LinkKind
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.points.rules import Expiry
from municipal.app import make_app
from municipal.session import Session, staff_seal
from municipal.settings import Settings
from pagekit.session_cookie import begun
from tests.gateway.cities.conftest import KASAMA, OUEN, PASSWORD, PLATFORM, Site, settings_more, site
from tests.gateway.cities.test_statement_pdf import pages as pdf_pages
from tests.gateway.exchanges.conftest import CARDS, Script, Scripted, World
from tests.gateway.exchanges.conftest import KASAMA as TO_KASAMA
from tests.stories.site_walker import SiteWalker, number

__all__ = ["settings_more", "site"]

SECRET = b"a long secret of a site that only this test has"
FEES = {
    "fee_bands": [
        {"side": "same_bank", "from_yen": 1, "fee_yen": 110}, {"side": "other_bank", "from_yen": 1, "fee_yen": 220},
    ],
    "fee_bearer": "shop", "return_fee_yen": 770, "return_fee_bearer": "shop", "invoice_number": "T4000020082163",
    "tax_note": "手数料は税込です。", "bank_sheet": "見本銀行 結果ファイル仕様書", "result_column": 114, "paid_codes": ["0"],
    "returned_codes": ["1"],
    "journal_columns": [
        {"title": title, "field": name}
        for title, name in (("番号", "shop_id"), ("支出額", "yen"), ("手数料", "fee"), ("組戻", "return_fee"), ("差引", "transfer"))
    ],
}  # fmt: skip


def moment(day: int, hour: int = 9, minute: int = 0, month: int = 8) -> datetime:
    return datetime(2018, month, day, hour, minute, tzinfo=JST)


@dataclass
class Month:
    """The town, its people's walkers, and the reckoning of the test itself: what was done, by whom, in yen."""

    gateway: Site
    url: str
    stack: AsyncExitStack
    members: dict[str, Any] = field(default_factory=dict)
    figures: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    spent: Counter[tuple[str, str]] = field(default_factory=Counter)
    refunded: Counter[tuple[str, str]] = field(default_factory=Counter)
    refunds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def at(self, when: datetime) -> None:
        self.gateway.set_clock(when)

    async def person(self, role: str, shop_id: str | None = None) -> SiteWalker:
        """Somebody new of this role at a browser, signed in with the second factor."""
        city = PLATFORM if role == "platform" else KASAMA
        token = await self.gateway.staff_token(role, city, shop_id)
        status, me = await self.gateway.call("GET", "/v1/staff/me", token)
        assert status == 200, me
        session = Session(
            **begun(token, self.gateway.clock()), staff_id=me["session"]["staff_id"], login="x", name="見本",
            role=role, municipality=city, municipality_name="笠間市", shop_id=shop_id or "",
            actions=" ".join(me["session"]["actions"]), strong=True, first_password=False,
        )  # fmt: skip
        jar = CookieJar(unsafe=True)
        jar.update_cookies({"municipal": staff_seal(SECRET).seal(session)}, URL(self.url))
        browser = await self.stack.enter_async_context(ClientSession(cookie_jar=jar))
        return SiteWalker(browser, self.url)

    async def decided(self, proposer: SiteWalker, role: str = "approver") -> SiteWalker:
        """A second person opens what the first one has proposed, and says yes."""
        assert proposer.path.startswith("/proposals/"), proposer.text
        colleague = await (await self.person(role)).to(proposer.path)
        await colleague.send("/approve")
        assert "承認しました" in colleague.text, colleague.text
        return colleague

    async def token_of(self, name: str) -> str:
        wanted = {"mykey_id": self.members[name].mykey_id, "password": PASSWORD}
        return (await self.gateway.call("POST", "/v1/sessions", json=wanted))[1]["token"]

    async def pays_at_till(self, name: str, shop_id: str, cycle: str, points: int) -> str:
        """The member shows a code; the shop's person types it at the till. Gives the payment's id."""
        wanted = {"municipality": KASAMA, "point_service": OUEN}
        code = (await self.gateway.call("POST", "/v1/pay-codes", await self.token_of(name), json=wanted))[1]
        till = await (await self.person("shop", shop_id)).to("/shop/take")
        await till.send("/shop/take/scan", points=str(points))
        await till.send("/shop/take/check", code=code["digits"])
        await till.send("/shop/take")
        assert till.path.startswith("/shop/taken/"), till.text
        self._paid(shop_id, cycle, points)
        return till.path.rpartition("/")[2]

    async def pays_by_phone(self, name: str, shop_id: str, cycle: str, points: int) -> str:
        """The member reads the shop's code and pays."""
        till = await self.gateway.staff_token("shop", shop_id=shop_id)
        code = (await self.gateway.call("GET", "/v1/shop/code", till))[1]["shop_code"]
        paid = {"spend_id": str(uuid.uuid4()), "points": points, "shop_code": code, "point_service": OUEN}
        status, answer = await self.gateway.call("POST", "/v1/spends", await self.token_of(name), json=paid)
        assert status == 201, answer
        self._paid(shop_id, cycle, points)
        return paid["spend_id"]

    def _paid(self, shop_id: str, cycle: str, points: int) -> None:
        self.spent[shop_id, cycle] += points
        self.figures["spent"] += points
        self.moves["spent"] += 1

    async def exchanges_points(self, name: str, units: int) -> str:
        """The member brings a partner's points into the city's, 450 for a unit. Gives the exchange's id."""
        services = self.gateway.services
        clock: Any = services.clock
        script = Script(clock, campaign=False)
        script.debit = lambda order: Debited(exchange_id=order.exchange_id, reference="REF", at=clock())
        partner = Partner(
            Scripted(script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet")), log=structlog.get_logger()
        )
        services.context.partners[CARDS] = partner
        world = World(
            services.store, clock, script, services.context, services.openings, services.exchanges, services.allocations
        )  # fmt: skip
        settled = await world.settled(self.members[name].member_id, TO_KASAMA, units)
        assert settled.state == "settled", settled
        self.figures["exchanged"] += units * 450
        self.moves["exchanged"] += 1
        return settled.exchange_id

    def given_back(self, shop_id: str, cycle: str, points: int) -> None:
        self.refunded[shop_id, cycle] += points
        self.refunds[shop_id, cycle] += 1
        self.figures["refunded"] += points
        self.moves["refunded"] += 1


@pytest.fixture
async def month(site: Site) -> AsyncIterator[Month]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = Settings(
        gateway_url=site.url, key_id=site.key_id, private_key=load_pem_private_key(site.private_pem, None),  # type: ignore[arg-type]
        seal_secret=SECRET, public_url=url, port=port, clock=site.clock,
    )  # fmt: skip
    async with AsyncExitStack() as stack, TestServer(make_app(settings), port=port):
        opened = Month(site, url, stack)
        await furnish(opened)
        yield opened


async def furnish(month: Month) -> None:
    """Points that last a month, three members, two shops with accounts, and what the bank asks. By two persons each."""
    site = month.gateway
    month.at(moment(1))

    def rule(conn: Any) -> None:
        conn.execute(
            insert(tables.point_rules).values(
                municipality=KASAMA, point_service=OUEN, version=1, takes_effect_on="2018-08-01", unit_value_yen=1,
                expiry=Expiry.MONTHS.value, expiry_count=1, open_for_direct_exchange=True, worse="[]",
                decided_by="x", decided_at=moment(1),
            )
        )  # fmt: skip

    await site.services.store.run(rule)
    for name in "ABCD":
        month.members[name] = await site.services.members.create(
            display_name=f"見本 {name}", password=PASSWORD
        )
    operator, boss = await site.staff_token("operator"), await site.staff_token("administrator")
    bank = {"branch_code": "021", "kind": 1, "holder": "ミホンショウテン"}
    for shop_id, number_of in (("cafe", "7654321"), ("soba", "1234567")):
        entry = {"shop_id": shop_id, "name": f"見本 {shop_id}"}
        assert (await site.call("POST", "/v1/city/shops", operator, json=entry))[0] == 201
        account = bank | {"bank_code": "0130", "number": number_of}
        done = await site.decided(f"/v1/city/shops/{shop_id}/bank-account", boss, account, "PUT")
        assert done[0] == 200, done
    payer = bank | {"bank_code": "0005", "branch_code": "001", "number": "1111111", "client_code": "0123456789"}  # fmt: skip
    done = await site.decided("/v1/city/bank-account", boss, payer, "PUT")
    assert done[0] == 200, done
    done = await site.decided("/v1/city/settlement-settings", boss, FEES | {"reason": "銀行の表"}, "PUT")
    assert done[0] == 200, done


async def grant(month: Month, name: str, points: int) -> None:
    clerk = await (await month.person("operator")).to("/projects/ouen/grant")
    await clerk.send("/grant/confirm", mykey_id=month.members[name].mykey_id, points=str(points))
    await clerk.send("/projects/ouen/grant")
    assert clerk.path == "/projects/ouen", clerk.text
    month.figures["granted"] += points
    month.moves["granted"] += 1


async def give_back_by_city(month: Month, spend_id: str, points: int, *, by_two: bool = False) -> SiteWalker:
    clerk = await (await month.person("approver")).to(f"/spends/{spend_id}")
    await clerk.send("/refund/confirm", points=str(points), reason="金額の間違い")
    await clerk.send("/refund")
    if by_two:
        await month.decided(clerk)
    return clerk


async def close(month: Month, cycle: str) -> bytes:
    """Closed by two persons, and the bank's file made by two. Gives the file."""
    person = await (await month.person("approver")).to(f"/settlements/{cycle}/close")
    await person.send("/close", reason="締め")
    await month.decided(person, "administrator")
    await person.to(f"/settlements/{cycle}")
    assert "締め済み" in person.text
    await person.send("/transfer-files")
    await month.decided(person, "administrator")
    return await person.download(f"/settlements/{cycle}/transfer-files/1")


async def play(month: Month) -> dict[str, bytes]:
    """From the first grants to the closing after the month's end. Gives the bank's files by cycle."""
    first, second, third = "2018-08-01", "2018-08-16", "2018-09-01"
    files: dict[str, bytes] = {}
    clerk = await (await month.person("operator")).to("/projects/new")
    await clerk.send(
        "/projects/new", name="暮らし応援", project_id="ouen", starts_on="2018-08-01", ends_on="2018-12-31",
        points_each="4000", budget="100000",
    )  # fmt: skip
    await month.decided(clerk)
    await grant(month, "A", 3_000)
    await grant(month, "B", 2_000)
    ids = {name: member.mykey_id for name, member in month.members.items()}
    listed = f"マイキーID,ポイント,摘要\n{ids['B']},1000,\n{ids['C']},4000,\n".encode()
    await clerk.to("/projects/ouen/file")
    await clerk.send("/projects/ouen/file", upload=("august.csv", listed))
    file = clerk.path
    found = re.search(r'href="(/proposals/[0-9a-f]+)', clerk.page)
    assert found is not None, clerk.text
    await clerk.to(found[1])
    await month.decided(clerk)
    for _ in range(500):
        if "給付済み" in (await clerk.to(file)).text:
            break
        await asyncio.sleep(0.01)
    month.figures["granted"] += 5_000
    month.moves["granted"] += 2

    month.at(moment(2))
    of_a = await month.pays_by_phone("A", "soba", first, 1_200)
    of_b = await month.pays_at_till("B", "soba", first, 700)
    await month.pays_at_till("C", "cafe", first, 1_500)
    shop = await (await month.person("shop", "soba")).to(f"/shop/spends/{of_b}/refund")
    await shop.send("/refund/confirm", points="200", reason="返品")
    await shop.send("/refund")
    month.given_back("soba", first, 200)

    month.at(moment(2, 23, 59))
    late = await month.pays_by_phone("A", "cafe", first, 400)
    month.at(moment(3, 0, 5))
    await give_back_by_city(month, late, 100)
    month.given_back("cafe", first, 100)

    month.at(moment(5))
    await grant(month, "C", 500)
    clerk = await (await month.person("operator")).to("/projects/ouen/grants")
    await clerk.send("/projects/ouen/grants", mykey_id=ids["C"])
    await clerk.send("/grants/cancel", having={"points": "500"})
    await clerk.send("/grants/cancel/propose", reason="窓口での入力誤り")
    await month.decided(clerk)
    month.figures["taken back"] += 500
    clerk = await (await month.person("operator")).to("/members")
    await clerk.send("/members", mykey_id=ids["B"])
    await clerk.send("/members/correct")
    await clerk.send("/members/correct/propose", points="50", reason="二重の引落し")
    await month.decided(clerk)
    month.figures["corrected"] += 50

    month.at(moment(16))
    files[first] = await close(month, first)

    month.at(moment(20))
    of_c = await month.pays_at_till("C", "soba", second, 2_000)
    await month.pays_by_phone("A", "cafe", second, 900)
    await give_back_by_city(month, of_a, 300, by_two=True)
    month.given_back("soba", second, 300)

    month.at(moment(31))
    await the_bank_sends_one_back(month, first, files[first])
    month.at(moment(1, month=9))
    files[second] = await close(month, second)

    month.at(moment(3, month=9))
    await month.gateway.services.city.nightly.run_now(date(2018, 9, 3))
    left = {"A": 3_000 - 1_200 - 400 + 100 - 900 + 300, "B": 3_000 - 700 + 200, "C": 4_000 - 1_500 - 2_000}
    month.figures["expired"] += sum(left.values())
    past = await (await month.person("approver")).to(f"/spends/{of_c}")  # its points have no day left
    assert "期限の切れた 2,000 ポイントは、取り消しても利用者に戻りません" in past.text, past.text
    assert "/refund/confirm" not in past.page
    await month.pays_at_till("B", "cafe", third, 50)
    month.at(moment(4, month=9))
    await grant(month, "B", 600)
    await month.pays_at_till("B", "soba", third, 450)
    await month.exchanges_points("D", 2)
    await month.pays_at_till("D", "soba", third, 300)

    month.at(moment(16, month=9))
    files[third] = await close(month, third)
    await month.gateway.services.city.nightly.run_now(date(2018, 9, 16))
    return files


async def the_bank_sends_one_back(month: Month, cycle: str, sent: bytes) -> None:
    """The bank's result: café's payment comes back, for which it asks 880 yen; the others are paid."""
    lines = sent.decode("cp932").split("\r\n")
    for place, line in enumerate(lines):
        if line.startswith("2"):
            lines[place] = line[:113] + ("1" if line[43:50] == "7654321" else "0") + line[114:]
    person = await (await month.person("approver")).to(f"/settlements/{cycle}/bank-results")
    await person.send("/bank-results", upload=("kekka.txt", "\r\n".join(lines).encode("cp932")))
    assert "770" in person.form("/bank-results/1").values["return_fee_yen"]
    for wrong in ("八百八十円ほど", "-880", "880.5", "100000"):
        await person.send("/bank-results/1", return_fee_yen=wrong, reason="銀行の結果")
        assert person.form("/bank-results/1").values["return_fee_yen"] == wrong
        assert "aria-invalid" in person.page, (wrong, person.text)
    await person.send("/bank-results/1", return_fee_yen="880", reason="銀行の結果")
    boss = await (await month.person("administrator")).to("/proposals")
    found = re.search(r'href="(/proposals/[0-9a-f]+)', boss.page)
    assert found is not None, boss.text
    await boss.to(found[1])
    assert "880" in boss.text
    await boss.send("/approve")
    assert "承認しました" in boss.text


@dataclass(frozen=True)
class Expected:
    """One shop in one cycle, by the test's own reckoning."""

    spent: int
    refunds: int
    refunded: int
    brought: int
    paid: int
    fee: int
    return_fee: int
    carried: int

    @property
    def transfer(self) -> int:
        return self.paid - self.fee - self.return_fee


EXPECTED = {
    ("cafe", "2018-08-01"): Expected(1_900, 1, 100, 0, 1_800, 220, 0, 0),
    ("soba", "2018-08-01"): Expected(1_900, 1, 200, 0, 1_700, 220, 0, 0),
    ("cafe", "2018-08-16"): Expected(900, 0, 0, 1_800, 2_700, 220, 880, 0),
    ("soba", "2018-08-16"): Expected(2_000, 1, 300, 0, 1_700, 220, 0, 0),
    ("cafe", "2018-09-01"): Expected(50, 0, 0, 0, 0, 0, 0, 50),
    ("soba", "2018-09-01"): Expected(750, 0, 0, 0, 750, 220, 0, 0),
}
"""Café's first payment comes back: it is paid again with the second, less what the bank asked. Its last is within the fee."""
CYCLES = ("2018-08-01", "2018-08-16", "2018-09-01")


def sheet(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


async def test_a_month_of_a_city_and_every_report_of_it(month: Month) -> None:
    files = await play(month)
    viewer = await month.person("approver")
    for (shop_id, cycle), line in EXPECTED.items():  # the table above is what the hands have done
        assert month.spent[shop_id, cycle] == line.spent
        assert (month.refunds[shop_id, cycle], month.refunded[shop_id, cycle]) == (
            line.refunds,
            line.refunded,
        )
    for cycle in CYCLES:
        await compare_cycle(viewer, cycle, files[cycle])
    await compare_statements(viewer)
    await compare_figures(month, viewer)
    await compare_shops(month)
    await compare_ledger(month)
    await compare_half_year(month)
    await compare_platform(month)


async def compare_cycle(viewer: SiteWalker, cycle: str, file: bytes) -> None:
    """Page, CSV, PDF, the bank's file and the journal of one cycle."""
    expected = {shop_id: line for (shop_id, of), line in EXPECTED.items() if of == cycle}
    has_return = any(line.return_fee for line in expected.values())
    await viewer.to(f"/settlements/{cycle}")
    table = {row[0].removeprefix("見本 "): row for row in viewer.rows("加盟店ごとの金額") if len(row) > 8}
    for shop_id, line in [*expected.items(), ("合計", total(list(expected.values())))]:
        row = [number(cell) for cell in table[shop_id][1:]]
        fees = [-line.fee, -line.return_fee] if has_return else [-line.fee]
        of_row = [line.spent, line.refunded, line.spent - line.refunded]
        assert row[:3] == of_row, (cycle, shop_id, row)
        assert row[5:] == [line.paid, *fees, line.transfer, line.carried], (cycle, shop_id, row)
    for cells in sheet(await viewer.download(f"/settlements/{cycle}/csv")):
        line = expected[cells["加盟店番号"]]
        assert [int(cells[name]) for name in ("利用ポイント", "取消件数", "取消ポイント", "繰越(円)", "支払額(円)", "翌期繰越(円)", "振込手数料(円)", "振込額(円)")] == [
            line.spent, line.refunds, line.refunded, line.brought, line.paid, line.carried, line.fee, line.transfer,
        ], (cycle, cells)  # fmt: skip
        assert int(cells.get("組戻手数料(円)", 0)) == line.return_fee
    paid = {shop_id: line for shop_id, line in expected.items() if line.paid}
    sums = total(list(expected.values()))
    (text,) = pdf_pages(await viewer.download(f"/settlements/{cycle}/pdf"))
    for yen in (f"{sums.transfer:,}円", f"{sums.paid:,}円", f"-{sums.fee:,}円"):
        assert yen in text, (cycle, yen)
    records = file.decode("cp932").split("\r\n")
    transfers = {record[43:50]: int(record[80:90]) for record in records if record.startswith("2")}
    accounts = {"cafe": "7654321", "soba": "1234567"}
    assert transfers == {accounts[shop_id]: line.transfer for shop_id, line in paid.items()}
    (trailer,) = (record for record in records if record.startswith("8"))
    assert (int(trailer[1:7]), int(trailer[7:19])) == (len(paid), sums.transfer)
    journal = sheet(await viewer.download(f"/settlements/{cycle}/journal"))
    assert {
        row["番号"]: [int(row[name]) for name in ("支出額", "手数料", "組戻", "差引")] for row in journal
    } == {shop_id: [line.paid, line.fee, line.return_fee, line.transfer] for shop_id, line in paid.items()}


def total(lines: list[Expected]) -> Expected:
    names = ("spent", "refunds", "refunded", "brought", "paid", "fee", "return_fee", "carried")
    return Expected(*(sum(getattr(line, name) for line in lines) for name in names))


async def compare_statements(viewer: SiteWalker) -> None:
    """Each shop's statement: page, CSV, and the 支払通知書."""
    for (shop_id, cycle), line in EXPECTED.items():
        where = f"/settlements/{cycle}/shops/{shop_id}"
        text = (await viewer.to(where)).text
        assert f"取消 {line.refunds} 件" in text, text
        if line.paid:
            assert f"{line.transfer:,} 円" in text, text
        if line.return_fee:
            assert "-880 円" in text, text
        rows = sheet(await viewer.download(f"{where}/csv"))
        by_kind: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for row in rows:
            kind = row["区分"].removeprefix("訂正・")
            by_kind[kind] += int(row["金額(円)"])
            count[kind] += 1
        assert (by_kind["利用"], -by_kind["取消"], count["取消"]) == (line.spent, line.refunded, line.refunds)
        assert (-by_kind["振込手数料"], -by_kind["組戻手数料"]) == (line.fee, line.return_fee)
        (paper,) = pdf_pages(await viewer.download(f"{where}/pdf"))
        assert "支払通知書" in paper
        tax = (line.fee + line.return_fee) * 10 // 110
        for said in (f"{line.paid:,}円", f"{line.refunds}件 {line.refunded:,}ポイント"):
            assert said in paper, (where, said)
        if line.paid:
            assert f"{line.transfer:,}円" in paper
            assert f"{tax:,}円" in paper
        if line.return_fee:
            assert "-880円" in paper


async def compare_figures(month: Month, viewer: SiteWalker) -> None:
    """集計: page and CSV, points and how often."""
    period = "since=2018-08-01&until=2018-09-16"
    await viewer.to(f"/figures?{period}")
    kinds = {row[0]: (number(row[1]), number(row[2])) for row in viewer.rows('id="kind"') if len(row) == 3}
    assert kinds["給付"] == (month.moves["granted"], month.figures["granted"])
    assert kinds["加盟店での利用"] == (month.moves["spent"], month.figures["spent"])
    assert kinds["利用の取消"] == (month.moves["refunded"], month.figures["refunded"]) == (3, 600)
    assert kinds["協力会社からの移行"] == (month.moves["exchanged"], month.figures["exchanged"]) == (1, 900)
    assert kinds["失効"][1] == month.figures["expired"]
    assert kinds["その他の増加"][1] == month.figures["corrected"]
    assert kinds["その他の減少"][1] == month.figures["taken back"]
    by_shop = {row[0]: number(row[2]) for row in viewer.rows('id="shop"') if len(row) == 3}
    for shop_id in ("cafe", "soba"):
        kept = sum(line.spent - line.refunded for (of, _), line in EXPECTED.items() if of == shop_id)
        assert by_shop[f"見本 {shop_id}"] == kept
    sums: dict[str, tuple[int, int]] = {}
    for row in sheet(await viewer.download(f"/figures/csv?{period}")):
        moves, points = sums.get(row["区分"], (0, 0))
        sums[row["区分"]] = moves + int(row["件数"]), points + int(row["ポイント"])
    assert sums == {name: value for name, value in kinds.items() if name != "区分"}


async def compare_shops(month: Month) -> None:
    """Each shop's own report of the time, as CSV: a row a day and their sum."""
    for shop_id in ("cafe", "soba"):
        owner = await month.person("shop", shop_id)
        *days, sums = sheet(await owner.download("/shop/report/csv?since=2018-08-01&until=2018-09-15&by=day"))
        line = total([line for (of, _), line in EXPECTED.items() if of == shop_id])
        expected = {
            "利用ポイント": line.spent, "取消件数": line.refunds, "取消ポイント": line.refunded,
            "差引(円)": line.spent - line.refunded,
        }  # fmt: skip
        for name, value in expected.items():
            assert int(sums[name]) == sum(int(day[name]) for day in days) == value, (shop_id, name)


async def compare_ledger(month: Month) -> None:
    """The chains hold; what shops are owed, what was paid, and what members hold is what the papers say."""
    store = month.gateway.services.store
    assert (await store.read(audit.verify)).ok
    back = EXPECTED["cafe", "2018-08-01"].paid
    paid = sum(line.paid for line in EXPECTED.values()) - back
    assert await store.read(lambda conn: ledger.total(conn, paid_account(KASAMA))) == paid
    owed = {
        shop_id: await store.read(lambda conn, of=shop_id: ledger.total(conn, chart.shop(KASAMA, of)))
        for shop_id in ("cafe", "soba")
    }
    assert owed == {"cafe": 50, "soba": 0}
    held = 0
    for member in month.members.values():
        account = chart.municipal(member.member_id, KASAMA, OUEN)
        book = chart.member_book(member.member_id)
        held += (await store.read(lambda conn, b=book, a=account: ledger.balance(conn, b, a))).posted
    figures = month.figures
    assert held == figures["granted"] - figures["taken back"] + figures["corrected"] - figures["spent"] + figures["refunded"] - figures["expired"] + figures["exchanged"] == 750  # fmt: skip
    assert paid + sum(owed.values()) == figures["spent"] - figures["refunded"]


async def compare_half_year(month: Month) -> None:
    """The half year that ends with September: what came from the partner was issued for value, and free points are used first."""
    month.at(moment(1, month=10))
    await month.gateway.services.city.nightly.run_now(date(2018, 10, 1))
    viewer = await month.person("approver")
    (row,) = sheet(await viewer.download("/figures/half-year/csv?day=2018-09-30"))
    assert [
        int(row[name]) for name in ("発行額(円)", "回収額(円)", "未使用残高(円)", "無償分の未使用(円)")
    ] == [900, 150, 750, 0]
    page = (await viewer.to("/figures/half-year?day=2018-09-30")).text
    assert "基準日未使用残高 750 円 ほかに無償分の未使用 0 円" in page, page
    assert [
        row["未使用残高(ポイント)"]
        for row in sheet(await viewer.download("/figures/unused/csv?day=2018-09-30"))
    ] == ["750"] * 2


async def compare_platform(month: Month) -> None:
    """The platform's desk: what the partner owes for the month is what came into the city, on page, invoice and in the ledger."""
    desk = await (await month.person("platform")).to("/partners?month=2018-09")
    points = month.figures["exchanged"]
    assert f"請求額 {points:,}" in desk.text, desk.text
    (line,) = [row for row in desk.rows("partner-1") if len(row) == 6 and number(row[3])]
    assert [number(cell) for cell in line[3:]] == [1, 2, points]
    invoice = sheet(await desk.download("/partners/csv?month=2018-09"))
    assert [int(row["ポイント"]) for row in invoice if row["残高種別"] == "合計"] == [points]
    assert sum(int(row["ポイント"]) for row in invoice if row["件数"]) == points
    owed = await month.gateway.services.store.read(lambda conn: ledger.total(conn, chart.partner_due(CARDS)))
    assert owed == -points
    assert "取引のある協力会社はありません" not in desk.text
    august = await desk.to("/partners?month=2018-08")
    assert "請求額 0" in august.text, august.text
