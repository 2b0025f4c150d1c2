"""Japanese text on a PDF: one font that every reader brings along (`docs/decisions/050`), fitted into its width."""

from __future__ import annotations

import re
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT: Final = "HeiseiKakuGo-W5"
MIN_FONT_SIZE: Final = 6.0
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")
"""Letters that the font's encoding (UCS-2) cannot name; printers set a geta (〓) for what they lack."""


def register_font() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def write(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    *,
    size: float,
    right: bool = False,
    width: float | None = None,
) -> None:
    """Write a line from `x`, or up to it; what is wider than `width` is set smaller, then cut with an ellipsis. Points (1/72 inch)."""
    text = _BEYOND.sub("〓", text)
    if width is not None:
        text, size = fitted(text, size, width)
    canvas.setFont(FONT, size)
    if right:
        canvas.drawRightString(x, y, text)
    else:
        canvas.drawString(x, y, text)


def fitted(text: str, size: float, width: float) -> tuple[str, float]:
    """A text and the size in which it fits: smaller down to what can be read, then shortened."""
    needed = pdfmetrics.stringWidth(text, FONT, size)
    if needed <= width:
        return text, size
    size = max(MIN_FONT_SIZE, size * width / needed)
    while text and pdfmetrics.stringWidth(text, FONT, size) > width:
        text = text.removesuffix("…")[:-1] + "…" if len(text) > 1 else ""
    return text, size
