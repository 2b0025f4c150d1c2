"""Charts as SVG, drawn here: bars with an axis of round numbers, a title for who does not see, a table beside each.

Sizes and colours stand in attributes and classes: the site's policy allows no inline style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 480
HEIGHT: Final = 230
LEFT_MARGIN: Final = 58
BOTTOM: Final = 26
TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One place on the axis: `values` from the axis up, the first at the bottom; `label` below it, or nothing."""

    label: str
    values: tuple[int, ...]


def round_up(number: int) -> int:
    """The next of 1, 2, 2.5, 3, 4, 5, 6, 8, 10, 20 … that is whole: what one reads off an axis without thinking."""
    step = 1
    while True:
        for twice in (2, 4, 5, 6, 8, 10, 12, 16):
            if step * twice % 2 == 0 and step * twice // 2 >= number:
                return step * twice // 2
        step *= 10


def stacked(
    bars: Sequence[Bar], label: str, short: Callable[[int], str], *, width: int = WIDTH, only: str = ""
) -> Markup:
    """Bars of parts on top of each other, classes `part-0`, `part-1` …; `label` says the whole in a sentence.

    `short` writes a number where there is little room; the table beside it tells the numbers whole. `only` is a class that shows the picture on some screens: a wide one is unreadable on a phone.
    """
    highest = round_up(max((sum(bar.values) for bar in bars), default=0) or 1)
    below = HEIGHT - BOTTOM
    scale = (below - TOP) / highest
    pieces = [_axis(highest, scale, width, short)]
    step = (width - LEFT_MARGIN) / max(len(bars), 1)
    thick = max(step * 0.72, 1.0)
    for number, bar in enumerate(bars):
        x, y = LEFT_MARGIN + step * number + (step - thick) / 2, float(below)
        for part, value in enumerate(bar.values):
            tall = value * scale
            if value:
                y -= tall
                pieces.append(
                    Markup(
                        '<rect class="part-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                    ).format(part, x, y, thick, tall)
                )
        if bar.label:
            # At an edge the label would be cut: it begins or ends there instead of standing in the middle.
            middle = min(max(x + thick / 2, LEFT_MARGIN + 14), width - 18)
            pieces.append(
                Markup('<text class="below" x="{:.1f}" y="{}">{}</text>').format(
                    middle, HEIGHT - 7, bar.label
                )
            )
    return _picture(pieces, label, width, only)


def spread(labels: Sequence[str], most: int) -> list[str]:
    """At most `most` of the labels, evenly; nothing for the others, so that they do not run into each other."""
    every = -(-len(labels) // most) if labels else 1
    return [label if number % every == 0 else "" for number, label in enumerate(labels)]


def _axis(highest: int, scale: float, width: int, short: Callable[[int], str]) -> Markup:
    lines = []
    for quarter in (0, 0.5, 1):
        value = int(highest * quarter)
        y = HEIGHT - BOTTOM - value * scale
        lines.append(
            Markup(
                '<path class="axis" d="M{} {:.1f}H{}"/><text class="beside" x="{}" y="{:.1f}">{}</text>'
            ).format(LEFT_MARGIN, y, width, LEFT_MARGIN - 6, y + 4, short(value))
        )
    return Markup("").join(lines)


def _picture(pieces: Sequence[Markup], label: str, width: int, only: str) -> Markup:
    return Markup('<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        only, width, HEIGHT, label, Markup("").join(pieces)
    )
