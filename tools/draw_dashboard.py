"""Draws `deploy/grafana/point-gateway.json` from a Prometheus, as one page that needs nothing else: what its eye would see.

    python -m tools.draw_dashboard http://127.0.0.1:9090 --minutes 10 > dashboard.html

For a look without Grafana, and for the test that looks whether every panel has something to show. It knows what the
dashboard uses: `stat` and `timeseries`, their units, thresholds, legends and places in the grid of 24 columns.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DASHBOARD: Final = Path(__file__).parents[1] / "deploy" / "grafana" / "point-gateway.json"
POINTS_DRAWN: Final = 240
COLUMN_PX, ROW_PX = 54, 36
PALETTE: Final = (
    "#73bf69",
    "#f2cc0c",
    "#8ab8ff",
    "#ff780a",
    "#f2495c",
    "#5794f2",
    "#b877d9",
    "#705da0",
    "#37872d",
    "#fade2a",
)
NAMED: Final = {"green": "#37872d", "orange": "#e0752d", "red": "#c4162a", "transparent": "none"}  # fmt: skip
_STYLE: Final = """
body { background: #111217; color: #ccccdc; font: 12px sans-serif; margin: 8px; }
h1 { font-size: 16px; margin: 4px 0 8px; }
.grid { position: relative; }
.panel { position: absolute; box-sizing: border-box; padding: 6px 8px; background: #181b1f; border: 1px solid #2c3235; overflow: hidden; }
.panel b { display: block; font-weight: 600; margin-bottom: 2px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.stat { color: #fff; }
.stat p { font-size: 34px; text-align: center; margin: 12px 0 0; }
.legend { line-height: 15px; height: 31px; overflow: hidden; }
.legend i { display: inline-block; width: 10px; height: 3px; margin: 0 4px 3px 8px; }
"""

Sample = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel with what its questions answered."""

    panel: Mapping[str, Any]
    series: tuple[Series, ...]

    @property
    def title(self) -> str:
        return str(self.panel["title"])

    @property
    def defaults(self) -> Mapping[str, Any]:
        defaults: Mapping[str, Any] = self.panel["fieldConfig"]["defaults"]
        return defaults

    @property
    def shown(self) -> str:
        """What a `stat` says: its newest value with its unit; empty where there is none."""
        return worded(self.series[0].samples[-1][1], self.defaults) if self.series else ""

    @property
    def colour(self) -> str:
        """The colour of the highest threshold that a `stat` has reached, by its name."""
        return colour_of(self.series[0].samples[-1][1], self.defaults) if self.series else "transparent"


def ask(prometheus: str, expression: str, start: float, end: float, step_s: float) -> list[dict[str, Any]]:
    """The series of an expression over a range. Raises urllib.error.HTTPError for one that Prometheus cannot read."""
    query = urllib.parse.urlencode({"query": expression, "start": start, "end": end, "step": step_s})
    address = f"{prometheus}/api/v1/query_range?{query}"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310  an operator names it
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


def read_dashboard(prometheus: str, start: float, end: float, file: Path = DASHBOARD) -> list[Drawn]:
    """All panels of the dashboard with their series over the range, seconds since 1970."""
    step_s = max(1.0, (end - start) / POINTS_DRAWN)
    start = end - (end - start) // step_s * step_s  # the newest value is the one of `end`
    drawn = []
    for panel in json.loads(file.read_text("utf-8"))["panels"]:
        series = []
        for target in panel["targets"]:
            for found in ask(prometheus, target["expr"], start, end, step_s):
                samples = tuple(
                    (float(at), float(value))
                    for at, value in found["values"]
                    if value not in ("NaN", "+Inf", "-Inf")
                )
                if samples:
                    series.append(Series(_name(target.get("legendFormat", ""), found["metric"]), samples))
        drawn.append(Drawn(panel, tuple(series)))
    return drawn


def _name(legend: str, labels: Mapping[str, str]) -> str:
    if not legend:
        return ", ".join(f"{name}={value}" for name, value in labels.items())
    for name, value in labels.items():
        legend = legend.replace("{{" + name + "}}", value)
    return legend


def worded(value: float, defaults: Mapping[str, Any]) -> str:
    """A value as Grafana says it in this unit: at most three figures that count, or as many as `decimals` says."""
    unit, decimals = defaults.get("unit", "none"), defaults.get("decimals")
    if unit in ("s", "h"):
        seconds = value * (3600 if unit == "h" else 1)
        for size, suffix in (
            (86_400, "days"),
            (3_600, "hours"),
            (60, "mins"),
            (1, "s"),
            (1e-3, "ms"),
            (1e-6, "µs"),
        ):
            if abs(seconds) >= size:
                return f"{_rounded(seconds / size, decimals)} {suffix}"
        return "0 s"
    if unit == "bytes":
        for power, suffix in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
            if abs(value) >= 1024**power:
                return f"{_rounded(value / 1024**power, decimals)} {suffix}"
    if unit == "short" and abs(value) >= 1000:
        return f"{_rounded(value / (1e6 if abs(value) >= 1e6 else 1e3), decimals)} {'Mil' if abs(value) >= 1e6 else 'K'}"
    suffix = {"reqps": " req/s", "ops": " ops/s"}.get(unit, "")
    return f"{_rounded(value, decimals)}{suffix}"


def _rounded(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def colour_of(value: float, defaults: Mapping[str, Any]) -> str:
    """The name of the colour of the highest threshold that a value has reached."""
    reached = "transparent"
    for step in defaults["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            reached = step["color"]
    return str(reached)


def page(drawn: Sequence[Drawn], start: float, end: float) -> str:
    """The whole dashboard as a page of its own."""
    height = max(each.panel["gridPos"]["y"] + each.panel["gridPos"]["h"] for each in drawn) * ROW_PX
    said = (
        f"{time.strftime('%H:%M:%S', time.gmtime(start))} – {time.strftime('%H:%M:%S', time.gmtime(end))} UTC"
    )
    panels = "\n".join(_panel(each, start, end) for each in drawn)
    return (
        f'<!doctype html><meta charset="utf-8"><title>point-gateway</title><style>{_STYLE}</style>'
        f'<h1>point-gateway, {said}</h1><div class="grid" style="width:{24 * COLUMN_PX}px;height:{height}px">{panels}</div>\n'
    )


def _panel(drawn: Drawn, start: float, end: float) -> str:
    grid = drawn.panel["gridPos"]
    width, height = grid["w"] * COLUMN_PX - 6, grid["h"] * ROW_PX - 6
    place = f"left:{grid['x'] * COLUMN_PX}px;top:{grid['y'] * ROW_PX}px;width:{width}px;height:{height}px"
    title = f'<b title="{html.escape(drawn.panel.get("description", ""))}">{html.escape(drawn.title)}</b>'
    if drawn.panel["type"] == "stat":
        background = NAMED[drawn.colour]
        return f'<div class="panel stat" style="{place};background:{background}">{title}<p>{html.escape(drawn.shown)}</p></div>'
    inside = "".join(_plot(drawn, start, end, width - 18, height - 62)) if drawn.series else "<p>No data</p>"
    return f'<div class="panel" style="{place}">{title}{inside}</div>'


def _plot(drawn: Drawn, start: float, end: float, width: int, height: int) -> Iterator[str]:
    custom, left = drawn.defaults["custom"], 68
    lines = [list(series.samples) for series in drawn.series]
    if custom["stacking"]["mode"] == "normal":
        below: dict[float, float] = {}
        for line in lines:
            for index, (at, value) in enumerate(line):
                below[at] = below.get(at, 0.0) + value
                line[index] = (at, below[at])
    highest = max((value for line in lines for _, value in line), default=0.0)
    top = highest * 1.1 or 1.0

    def x(at: float) -> float:
        return left + (at - start) / (end - start) * (width - left)

    def y(value: float) -> float:
        return 4 + (1 - value / top) * (height - 8)

    yield f'<svg width="{width}" height="{height}" font-size="10" fill="#9fa1ab">'
    if custom["thresholdsStyle"]["mode"] != "off":
        for step in drawn.defaults["thresholds"]["steps"]:
            if step["value"] is not None and step["value"] <= top:
                at, colour = y(step["value"]), NAMED[step["color"]]
                yield f'<rect x="{left}" y="0" width="{width - left}" height="{at:.1f}" fill="{colour}" opacity=".15"/>'
                yield f'<line x1="{left}" x2="{width}" y1="{at:.1f}" y2="{at:.1f}" stroke="{colour}"/>'
    for part in (0.0, 0.5, 1.0):
        at = y(highest * part if highest else part)
        yield f'<line x1="{left}" x2="{width}" y1="{at:.1f}" y2="{at:.1f}" stroke="#2c3235"/>'
        yield f'<text x="{left - 4}" y="{min(max(at + 3, 9), height - 2):.1f}" text-anchor="end">{html.escape(worded(highest * part if highest else part, drawn.defaults))}</text>'
    for number, line in enumerate(lines):
        colour = PALETTE[number % len(PALETTE)]
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in line)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    yield '</svg><div class="legend">'
    for number, series in enumerate(drawn.series):
        yield f'<i style="background:{PALETTE[number % len(PALETTE)]}"></i>{html.escape(series.name)}'
    yield "</div>"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("prometheus", help="its address")
    parser.add_argument("--minutes", type=float, default=360.0)
    given = parser.parse_args()
    end = time.time()
    start = end - given.minutes * 60
    sys.stdout.write(page(read_dashboard(given.prometheus.rstrip("/"), start, end), start, end))


if __name__ == "__main__":
    main()
