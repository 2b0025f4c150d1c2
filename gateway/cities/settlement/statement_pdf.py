"""Settlement as PDF, for the file and for the post: a cycle of the whole city, and one shop's statement. Pure.

The same settlement gives the same bytes. The font is named and not carried along (`docs/decisions/050`): every
reader of PDF brings a Japanese one for it. What does not fit into its column is set smaller, then cut with an ellipsis.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gateway.cities import pdf_text
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.settlement import ShopStatement
from gateway.cities.settlement.settlement_lines import CarriedWhy, Settlement, ShopLine
from gateway.cities.settlement.statement_rows import statement_rows
from gateway.cities.settlement.transfer_fees import tax_in
from gateway.model import JST

WIDTH, HEIGHT = A4
LEFT_MARGIN: Final = 18 * mm
RIGHT: Final = WIDTH - LEFT_MARGIN
BOTTOM: Final = 20 * mm
ROW: Final = 6 * mm
_NOT_CLOSED: Final = "未締め(この時点の見込みです)"


@dataclass(frozen=True, slots=True)
class _Column:
    """`right` is the edge of a number's column, as a share of the width; a text starts at `left`."""

    title: str
    left: float
    right: float
    number: bool = False


_CITY_COLUMNS: Final = (
    _Column("番号", 0.0, 0.12),
    _Column("加盟店", 0.12, 0.32),
    _Column("利用件数", 0.32, 0.41, number=True),
    _Column("利用ポイント", 0.41, 0.53, number=True),
    _Column("取消ポイント", 0.53, 0.64, number=True),
    _Column("うち訂正(円)", 0.64, 0.75, number=True),
    _Column("前期繰越(円)", 0.75, 0.86, number=True),
    _Column("支払額(円)", 0.86, 1.0, number=True),
)
_FEE_COLUMNS: Final = (
    _Column("番号", 0.0, 0.11),
    _Column("加盟店", 0.11, 0.29),
    _Column("利用件数", 0.29, 0.37, number=True),
    _Column("利用ポイント", 0.37, 0.48, number=True),
    _Column("取消ポイント", 0.48, 0.58, number=True),
    _Column("前期繰越(円)", 0.58, 0.68, number=True),
    _Column("支払額(円)", 0.68, 0.79, number=True),
    _Column("振込手数料(円)", 0.79, 0.88, number=True),
    _Column("振込額(円)", 0.88, 1.0, number=True),
)
"""Where transfers cost something; corrections have a file of their own."""
_RETURN_COLUMNS: Final = (
    _Column("番号", 0.0, 0.10),
    _Column("加盟店", 0.10, 0.25),
    _Column("利用件数", 0.25, 0.32, number=True),
    _Column("利用ポイント", 0.32, 0.43, number=True),
    _Column("取消ポイント", 0.43, 0.53, number=True),
    _Column("前期繰越(円)", 0.53, 0.62, number=True),
    _Column("支払額(円)", 0.62, 0.72, number=True),
    _Column("振込手数料(円)", 0.72, 0.81, number=True),
    _Column("組戻手数料(円)", 0.81, 0.90, number=True),
    _Column("振込額(円)", 0.90, 1.0, number=True),
)
"""And where the bank asked for transfers that came back."""
_NOTE_LETTERS: Final = 52
_SHOP_COLUMNS: Final = (
    _Column("区分", 0.0, 0.11),
    _Column("日時", 0.11, 0.30),
    _Column("番号", 0.30, 0.62),
    _Column("訂正する利用の日", 0.62, 0.77),
    _Column("ポイント", 0.77, 0.87, number=True),
    _Column("金額(円)", 0.87, 1.0, number=True),
)


def settlement_pdf(settlement: Settlement, city_name: str) -> bytes:
    """A cycle of the whole city: a line a shop, and the sum; with what its transfers cost, where they cost anything."""
    page = _Paper("加盟店精算書", city_name, settlement.cycle, settlement.closed_at)
    transfer = (
        ("振込総額", _yen(settlement.transfer_yen)),
        ("支払総額", _yen(settlement.yen)),
        ("加盟店が負担する振込手数料", _yen(-settlement.fee_yen)),
        ("自治体が負担する振込手数料", _yen(settlement.city_fee_yen)),
    )
    returns = (
        ("加盟店が負担する組戻手数料", _yen(-settlement.return_fee_yen)),
        ("自治体が負担する組戻手数料", _yen(settlement.city_return_fee_yen)),
        ("未控除の組戻手数料", _yen(settlement.open_return_fee_yen)),
    )
    page.facts(
        *(transfer if settlement.has_fees else transfer[1:2]),
        *(returns if settlement.has_return_fees else ()),
        ("加盟店", f"{len(settlement.lines):,}店"),
    )
    _table_of_shops(page, settlement)
    return page.finished()


def _table_of_shops(page: _Paper, settlement: Settlement) -> None:
    columns: tuple[_Column, ...] = _FEE_COLUMNS if settlement.has_fees else _CITY_COLUMNS
    if settlement.has_return_fees:
        columns = _RETURN_COLUMNS
    amounts = [_amounts(line, settlement) for line in settlement.lines]
    sums = [sum(column) for column in zip(*amounts, strict=True)] or [0] * (len(columns) - 2)
    page.table(
        columns,
        [
            (line.shop_id, line.shop_name, *(f"{amount:,}" for amount in row))
            for line, row in zip(settlement.lines, amounts, strict=True)
        ],
        ("", "合計", *(f"{amount:,}" for amount in sums)),
    )


def _amounts(line: ShopLine, settlement: Settlement) -> tuple[int, ...]:
    """A line's numbers as their columns have them."""
    uses = line.spends, line.spent, -line.refunded
    paid = line.brought_yen, line.paid_yen
    if settlement.has_return_fees:
        return *uses, *paid, -line.fee_yen, -line.return_fee_yen, line.transfer_yen
    if settlement.has_fees:
        return *uses, *paid, -line.fee_yen, line.transfer_yen
    return *uses, line.corrected_yen, line.brought_yen, line.paid_yen


def statement_pdf(statement: ShopStatement, city_name: str) -> bytes:
    """A shop's statement: what it is paid and why, then every payment and refund in the order of their times.

    What corrects an earlier cycle says so, with the day of the payment. Where the closing knew fees it is a 支払通知書: with the
    fee that is deducted, the tax in it by its rate, the issuer's registration number and the city's note on tax.
    """
    line, shop, terms = statement.line, statement.shop, statement.terms
    page = _Paper("支払通知書" if terms else "精算明細書", city_name, statement.cycle, statement.closed_at)
    page.to(f"{shop.name} 様", f"加盟店番号 {shop.shop_id}")
    if terms is not None and terms.invoice_number:
        page.write_note(f"発行者 {city_name}　登録番号 {terms.invoice_number}")
    page.facts(
        *_fee_facts(statement),
        ("お支払額", _yen(line.paid_yen)),
        ("利用", f"{line.spends:,}件 {line.spent:,}ポイント"),
        ("取消", f"{line.refunds:,}件 {line.refunded:,}ポイント"),
        ("今期の金額", _yen(line.yen)),
        ("うち訂正", f"{line.corrections:,}件 {_yen(line.corrected_yen)}"),
        ("前期からの繰越", _yen(line.brought_yen)),
        ("翌期への繰越", _yen(line.carried_yen)),
    )
    if line.open_return_fee_yen:
        page.write_note(
            f"前の振込が戻ったときの組戻手数料{_yen(line.open_return_fee_yen)}は、今回は差し引けないため、次回以降のお支払いから差し引きます。"
        )
    if line.carried_why is CarriedWhy.WITHIN_FEE:
        page.write_note("金額が振込手数料を超えないため、翌期に繰り越します。")
    if terms is not None:
        page.write_note(terms.tax_note)
    rows = statement_rows(statement)
    page.table(
        _SHOP_COLUMNS,
        [
            (
                row.kind, f"{row.at:%Y-%m-%d %H:%M:%S}", row.spend_id, f"{row.corrects:%Y-%m-%d}" if row.corrects else "",
                f"{row.points:,}", f"{row.yen:,}",
            )
            for row in rows
        ],
        ("合計", "", "", "", f"{sum(row.points for row in rows):,}", f"{sum(row.yen for row in rows):,}"),
    )  # fmt: skip
    return page.finished()


def company_statement_pdf(company: str, statements: Sequence[ShopStatement], city_name: str) -> bytes:
    """What a company's shops are paid in one cycle: the sums, then a line a shop. `statements` are one or more, of one cycle.

    It repeats the shops' own statements, and says so: the same yen are not announced a second time. The tax in the fees is the
    sum of what the shops' statements say, each rounded for itself.
    """
    terms, shop_lines = statements[0].terms, tuple(statement.line for statement in statements)
    title = "支払通知書（会社の合計）" if terms else "精算明細書（会社の合計）"
    page = _Paper(title, city_name, statements[0].cycle, statements[0].closed_at)
    page.to(f"{company} 様", f"{len(statements):,}店")
    if terms is not None and terms.invoice_number:
        page.write_note(f"発行者 {city_name}　登録番号 {terms.invoice_number}")
    page.write_note("店ごとの明細と同じ支払いを、会社についてまとめたものです。振込は店ごとに行います。")
    page.facts(*_fee_facts(*statements), ("お支払額", _yen(sum(line.paid_yen for line in shop_lines))))
    for line in shop_lines:
        if line.open_return_fee_yen:
            page.write_note(
                f"{line.shop_name}：前の振込が戻ったときの組戻手数料{_yen(line.open_return_fee_yen)}は、今回は差し引けないため、"
                "次回以降のお支払いから差し引きます。"
            )
    if terms is not None:
        page.write_note(terms.tax_note)
    settlement = Settlement(
        cycle=statements[0].cycle,
        closed_at=statements[0].closed_at,
        closed_by=None,
        lines=shop_lines,
        terms=terms,
    )
    _table_of_shops(page, settlement)
    return page.finished()


def _fee_facts(*statements: ShopStatement) -> list[tuple[str, str]]:
    terms, shop_lines = statements[0].terms, [statement.line for statement in statements]
    if terms is None or not any(line.deducted_yen for line in shop_lines):
        return []
    rate = f"（税率{terms.fee_tax_percent}%、税込）"
    fees = (
        (f"振込手数料{rate}", sum(line.fee_yen for line in shop_lines)),
        (f"組戻手数料{rate}", sum(line.return_fee_yen for line in shop_lines)),
    )
    tax = sum(tax_in(line.deducted_yen, terms.fee_tax_percent) for line in shop_lines)
    return [
        ("お振込額", _yen(sum(line.transfer_yen for line in shop_lines))),
        *((name, _yen(-yen)) for name, yen in fees if yen),
        (f"うち消費税額等（{terms.fee_tax_percent}%対象）", _yen(tax)),
    ]


class _Paper:
    """One document: its head on the first page, a table over as many as it takes, a foot on each."""

    def __init__(
        self, title: str, city_name: str, cycle: SettlementCycle, closed_at: datetime | None
    ) -> None:
        pdf_text.register_font()
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=A4, invariant=1, lang="ja")
        self.canvas.setTitle(f"{title} {_day(cycle.starts_on)}〜{_day(cycle.ends_on)}")
        self.canvas.setAuthor(city_name)
        self.foot = f"{city_name} {title} {_day(cycle.starts_on)}〜{_day(cycle.ends_on)}"
        self.number = 1
        self.y = HEIGHT - 24 * mm
        self._write(title, LEFT_MARGIN, self.y, size=17)
        self._write(city_name, RIGHT, self.y, size=12, right=True)
        self.y -= 9 * mm
        self._write(
            f"精算期間 {_day(cycle.starts_on)} 〜 {_day(cycle.ends_on)}", LEFT_MARGIN, self.y, size=10
        )
        when = f"締め日 {_day(closed_at.astimezone(JST).date())}" if closed_at else _NOT_CLOSED
        self._write(when, RIGHT, self.y, size=10, right=True)
        self.y -= ROW
        self._write(f"支払日 {_day(cycle.pays_on)}", LEFT_MARGIN, self.y, size=10)
        self.y -= 5 * mm

    def to(self, name: str, below: str) -> None:
        """Whom it is for."""
        self.y -= 5 * mm
        self._write(name, LEFT_MARGIN, self.y, size=13, width=RIGHT - LEFT_MARGIN)
        self.y -= ROW
        self._write(below, LEFT_MARGIN, self.y, size=9)
        self.y -= 3 * mm

    def write_note(self, text: str) -> None:
        """A text over as many lines as it takes; nothing for none."""
        for start in range(0, len(text), _NOTE_LETTERS):
            self.y -= 5 * mm
            part = text[start : start + _NOTE_LETTERS]
            self._write(part, LEFT_MARGIN, self.y, size=9, width=RIGHT - LEFT_MARGIN)

    def facts(self, *facts: tuple[str, str]) -> None:
        """The numbers that matter, the first one large."""
        for place, (name, value) in enumerate(facts):
            size = 13 if place == 0 else 10
            self.y -= ROW + (2 * mm if place == 0 else 0)
            self._write(name, LEFT_MARGIN, self.y, size=size)
            self._write(value, LEFT_MARGIN + 95 * mm, self.y, size=size, right=True)
            self._line(self.y - 1.6 * mm, until=LEFT_MARGIN + 95 * mm)
        self.y -= 6 * mm

    def table(
        self, columns: Sequence[_Column], rows: Sequence[tuple[str, ...]], total: tuple[str, ...]
    ) -> None:
        self._head(columns)
        for row in rows:
            self._row(columns, row)
        self._row(columns, total, strong=True)

    def finished(self) -> bytes:
        self._foot()
        self.canvas.showPage()
        self.canvas.save()
        return self.out.getvalue()

    def _head(self, columns: Sequence[_Column]) -> None:
        self.y -= ROW
        self.canvas.setFillGray(0.92)
        self.canvas.rect(LEFT_MARGIN, self.y - 1.8 * mm, RIGHT - LEFT_MARGIN, ROW, stroke=0, fill=1)
        self.canvas.setFillGray(0)
        self._cells(columns, tuple(column.title for column in columns), size=8.5)

    def _row(self, columns: Sequence[_Column], cells: tuple[str, ...], *, strong: bool = False) -> None:
        if self.y - ROW < BOTTOM:
            self._foot()
            self.canvas.showPage()
            self.number += 1
            self.y = HEIGHT - 20 * mm
            self._head(columns)
        self.y -= ROW
        if strong:
            self._line(self.y + ROW - 1.8 * mm, weight=1.2)
        self._cells(columns, cells, size=9.5 if strong else 9)
        self._line(self.y - 1.8 * mm)

    def _cells(self, columns: Sequence[_Column], cells: tuple[str, ...], *, size: float) -> None:
        across, gap = RIGHT - LEFT_MARGIN, 1.2 * mm
        for column, text in zip(columns, cells, strict=True):
            width = (column.right - column.left) * across - 2 * gap
            x = LEFT_MARGIN + (column.right * across - gap if column.number else column.left * across + gap)
            self._write(text, x, self.y, size=size, right=column.number, width=width)

    def _foot(self) -> None:
        self._write(self.foot, LEFT_MARGIN, 12 * mm, size=7.5)
        self._write(f"{self.number}ページ", RIGHT, 12 * mm, size=7.5, right=True)

    def _line(self, y: float, *, until: float = RIGHT, weight: float = 0.3) -> None:
        self.canvas.setLineWidth(weight)
        self.canvas.line(LEFT_MARGIN, y, until, y)

    def _write(
        self, text: str, x: float, y: float, *, size: float, right: bool = False, width: float | None = None
    ) -> None:
        pdf_text.write(self.canvas, text, x, y, size=size, right=right, width=width)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _yen(yen: int) -> str:
    return f"{yen:,}円"
