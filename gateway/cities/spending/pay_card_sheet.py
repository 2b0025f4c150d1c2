"""Cards to print, cut and hand out (ISO/IEC 7810 ID-1, 85.6 × 54 mm): five on a page of A4, each with a stub for the desk. Pure.

On the card stand the city, the point service, the QR and the number; on the stub whose it is. So what is found on the street
names nobody.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gateway.cities import pdf_text

CARDS_A_PAGE: Final = 5
_PAGE_HEIGHT: Final = A4[1]
_WIDTH, _HEIGHT = 85.6 * mm, 54 * mm
_LEFT, _TOP, _GAP = 14 * mm, 10 * mm, 1.5 * mm
_INSET: Final = 4 * mm
_QR: Final = 32 * mm
_STUB_WIDTH: Final = 88 * mm


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCard:
    """What stands on a card and on its stub. `number` is in groups of four."""

    service_name: str
    number: str = field(repr=False)
    qr: str = field(repr=False)
    holder_name: str
    issued_on: date


def card_sheets(cards: Sequence[PrintedCard], city_name: str) -> bytes:
    """The pages as PDF; the same cards give the same bytes."""
    pdf_text.register_font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, lang="ja")
    canvas.setTitle("ポイントカード")
    canvas.setAuthor(city_name)
    for place, card in enumerate(cards):
        if place and place % CARDS_A_PAGE == 0:
            canvas.showPage()
        bottom = _PAGE_HEIGHT - _TOP - (place % CARDS_A_PAGE + 1) * _HEIGHT - (place % CARDS_A_PAGE) * _GAP
        _card(canvas, card, city_name, _LEFT, bottom)
        _stub(canvas, card, _LEFT + _WIDTH + 5 * mm, bottom)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _card(canvas: Canvas, card: PrintedCard, city_name: str, left: float, bottom: float) -> None:
    canvas.setLineWidth(0.4)
    canvas.rect(left, bottom, _WIDTH, _HEIGHT)
    text_left, top = left + _INSET, bottom + _HEIGHT - _INSET
    text_width = _WIDTH - 3 * _INSET - _QR + 2 * mm
    pdf_text.write(canvas, city_name, text_left, top - 3 * mm, size=9, width=text_width)
    pdf_text.write(canvas, card.service_name, text_left, top - 9 * mm, size=12, width=text_width)
    for line, text in enumerate(
        (
            "ポイントカード",
            "お店で見せて使います。",
            "なくしたときは、すぐに",
            f"{city_name}へ連絡してください。",
        )
    ):
        y = top - 17 * mm - line * 4.5 * mm
        pdf_text.write(canvas, text, text_left, y, size=8, width=text_width)
    pdf_text.write(canvas, card.number, text_left, bottom + 5 * mm, size=15, width=_WIDTH - 2 * _INSET)
    _qr(canvas, card.qr, left + _WIDTH - _QR - 2 * mm, top - _QR + 2 * mm)


def _qr(canvas: Canvas, text: str, left: float, bottom: float) -> None:
    """With its quiet zone of four modules (ISO/IEC 18004) and correction level M."""
    drawing = Drawing(_QR, _QR)
    drawing.add(QrCodeWidget(text, barLevel="M", barBorder=4, barWidth=_QR, barHeight=_QR))
    renderPDF.draw(drawing, canvas, left, bottom)


def _stub(canvas: Canvas, card: PrintedCard, left: float, bottom: float) -> None:
    top = bottom + _HEIGHT - _INSET
    issued = f"{card.issued_on.year}年{card.issued_on.month}月{card.issued_on.day}日 発行"
    lines = (
        ("窓口の控え（切り離してください）", 8.0),
        (f"{card.holder_name} 様", 13.0),
        (issued, 9.0),
        (f"カードの下4桁 {card.number[-4:]}", 9.0),
        ("受け取りの署名", 9.0),
    )
    for line, (text, size) in enumerate(lines):
        pdf_text.write(canvas, text, left, top - (line + 1) * 7 * mm, size=size, width=_STUB_WIDTH)
    canvas.setLineWidth(0.3)
    canvas.line(left, bottom + _INSET, left + _STUB_WIDTH, bottom + _INSET)
