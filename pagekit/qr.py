"""QR codes as SVG, drawn here: no picture is fetched from anywhere, and what is in them leaves the page by sight only."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET: int = 4
"""Modules of white around a QR, as ISO/IEC 18004 wants them."""


def qr(text: str, label: str) -> Markup:
    """`text` as a square that scales with the page; `label` is what it says to who does not see it."""
    code = segno.make(text, error="m", micro=False)
    width, height = code.symbol_size(border=QUIET)
    runs = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                runs.append(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z")
            x += length or 1
    return Markup(
        '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges">'
        '<rect width="{}" height="{}" class="paper"/><path d="{}"/></svg>'
    ).format(width, height, label, width, height, Markup("").join(runs))
