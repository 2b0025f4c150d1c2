"""The settlement as PDF, read back: whose it is, every number, and as many pages as it takes."""

import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pypdf

from core_ledger import LotMovement
from gateway.cities.settlement.business_days import STANDARD
from gateway.cities.settlement.cycle_corrections import Correction
from gateway.cities.settlement.settlement import ShopStatement
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.statement_pdf import settlement_pdf, statement_pdf
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending.spend_rows import Refund, Spend
from gateway.model import JST

from .conftest import KASAMA, NOON, OUEN

cycle_of = STANDARD.cycle_of
CYCLE = cycle_of(date(2018, 7, 16))
CLOSED = datetime(2018, 8, 1, 9, 0, tzinfo=JST)
LINE = ShopLine(
    shop_id="soba", shop_name="そば処 見本", spends=2, spent=1_450, refunds=1, refunded=100, yen=1_350,
    corrections=0, corrected_points=0, corrected_yen=0,
    brought_points=-50, brought_yen=-50, paid_points=1_300, paid_yen=1_300, carried_points=0, carried_yen=0,
)  # fmt: skip
SHOP = Shop(
    municipality=KASAMA, shop_id="soba", name="そば処 見本", name_kana="", category="", address="", phone="",
    has_bank=True, registered_at=NOON, closed_at=None,
)  # fmt: skip


def spend(number: int, points: int) -> Spend:
    return Spend(
        book_id="member:a", spend_id=f"00000000-0000-4000-8000-{number:012}", municipality=KASAMA, point_service=OUEN,
        shop_id="soba", points=points, yen=points, lots=(LotMovement(date(2018, 7, 1), points),), way="shop_scans",
        taken_by="x", at=NOON + timedelta(minutes=number), refunded_points=0,
    )  # fmt: skip


def statement(spends: int = 2) -> ShopStatement:
    made = tuple(spend(number, 1_000 if number == 1 else 450) for number in range(1, spends + 1))
    refund = Refund(
        book_id="member:a", refund_id="r", spend_id=made[0].spend_id, municipality=KASAMA, shop_id="soba", points=100,
        yen=100, reason="返品", made_by="x", at=NOON + timedelta(hours=9),
    )  # fmt: skip
    return ShopStatement(cycle=CYCLE, closed_at=CLOSED, shop=SHOP, line=LINE, spends=made, refunds=(refund,), corrections=())  # fmt: skip


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def test_a_shops_statement_says_who_is_paid_how_much_and_for_what():
    (text,) = pages(statement_pdf(statement(), "笠間市"))
    for said in (
        "精算明細書", "笠間市", "そば処 見本 様", "加盟店番号 soba", "2018年7月16日 〜 2018年7月31日", "支払日 2018年8月15日",
        "締め日 2018年8月1日", "お支払額", "1,300円", "2件 1,450ポイント", "1件 100ポイント", "1,350円", "-50円", "1ページ",
        "2018-07-31 12:01:00", "00000000-0000-4000-8000-000000000001",
    ):  # fmt: skip
        assert said in text, said
    amounts = re.findall(r"^-?[\d,]+$", text, re.MULTILINE)
    # Two payments, the refund, their sum: points and yen of each.
    assert amounts[-8:] == ["1,000", "1,000", "450", "450", "-100", "-100", "1,350", "1,350"]


def test_a_statement_marks_what_corrects_an_earlier_cycle_with_the_day_of_the_payment():
    plain = statement()
    (refund,) = plain.refunds
    correction = Correction(
        shop_id="soba", shop_name="そば処 見本", spend_id=refund.spend_id, refund_id=refund.refund_id,
        paid_at=datetime(2018, 7, 2, 23, 30, tzinfo=JST), corrects=cycle_of(date(2018, 7, 2)), at=refund.at,
        points=-100, yen=-100, reason="返品", made_by="x",
    )  # fmt: skip
    line = replace(LINE, corrections=1, corrected_points=-100, corrected_yen=-100)
    (text,) = pages(statement_pdf(replace(plain, corrections=(correction,), line=line), "笠間市"))
    (before,) = pages(statement_pdf(plain, "笠間市"))
    for said in ("訂正・取消", "2018-07-02", "1件 -100円"):
        assert said in text, said
        assert said not in before, said
    assert "利用" in text


def test_a_long_statement_goes_on_over_pages_with_its_head_and_loses_no_line():
    text = pages(statement_pdf(statement(spends=500), "笠間市"))
    assert len(text) > 10
    assert all("金額(円)" in page and f"{number}ページ" in page for number, page in enumerate(text, 1))
    found = re.findall(r"00000000-0000-4000-8000-0000000000?\d{2,3}", "".join(text))
    assert len(found) == 501  # 500 payments and a refund
    assert f"{1_000 + 499 * 450 - 100:,}" in text[-1]


def test_the_citys_cycle_has_a_line_a_shop_and_the_sum():
    other = replace(
        LINE, shop_id="cafe", shop_name="カフェ 見本", paid_yen=2_000_000, spends=1_000, spent=2_000_000
    )
    corrected = replace(LINE, corrections=3, corrected_points=-77, corrected_yen=-77)
    settlement = Settlement(cycle=CYCLE, closed_at=CLOSED, closed_by="x", lines=(other, corrected))
    (text,) = pages(settlement_pdf(settlement, "笠間市"))
    assert settlement.yen == 2_001_300
    for said in (
        "加盟店精算書",
        "カフェ 見本",
        "そば処 見本",
        "2,001,300円",
        "2,001,300",
        "1,002",
        "2,001,450",
        "-200",
        "うち訂正(円)",
        "-77",
        "2店",
    ):
        assert said in text, said


def test_what_is_not_closed_yet_says_so():
    open_cycle = Settlement(cycle=CYCLE, closed_at=None, closed_by=None, lines=())
    (text,) = pages(settlement_pdf(open_cycle, "笠間市"))
    assert "未締め" in text
    assert "締め日" not in text


def test_a_name_that_is_too_long_is_shortened_and_one_with_rare_letters_is_kept():
    rare = replace(LINE, shop_name="髙﨑𠮷ゑ商店①")
    endless = replace(LINE, shop_id="x" * 64, shop_name="とても長い名前の" * 20)
    (text,) = pages(
        settlement_pdf(
            Settlement(cycle=CYCLE, closed_at=CLOSED, closed_by="x", lines=(rare, endless)), "笠間市"
        )
    )
    assert "髙﨑〓ゑ商店①" in text  # 𠮷 lies beyond what the font can name
    assert "…" in text
    assert "とても長い名前の" * 20 not in text


def test_the_same_settlement_is_the_same_file():
    assert statement_pdf(statement(), "笠間市") == statement_pdf(statement(), "笠間市")
