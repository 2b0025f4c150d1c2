"""What a run of the contract kit proved, for a terminal, as a badge and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from gateway.testkit.contract.levels import IN_ORDER, ROMAN, ContractResult, ContractTest, Level, level_of
from gateway.testkit.contract.provenance import Provenance

_COLOURS: Final[Mapping[Level, str]] = {
    Level.NONE: "#9b1c1c",
    Level.LEVEL_1: "#b5396b",
    Level.LEVEL_2: "#3f7d3a",
    Level.LEVEL_3: "#0f5132",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One plugin's tests, in the order of the kit, each with how it ended."""

    plugin: str
    tests: tuple[ContractTest, ...]
    provenance: Provenance | None = None
    unproven: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        plugin: str,
        promises: Mapping[str, str],
        ends: Mapping[tuple[str, str], tuple[str, str]],
        provenance: Provenance | None = None,
        unproven: Sequence[str] = (),
    ) -> Outcome:
        tests = []
        for name, level in promises.items():
            end, text = ends.get((plugin, name), (ContractResult.MISSING.value, "it did not run"))
            tests.append(ContractTest(name=name, level=Level(level), ended=ContractResult(end), text=text))
        return cls(plugin=plugin, tests=tuple(tests), provenance=provenance, unproven=tuple(unproven))

    @property
    def level(self) -> Level:
        return level_of(self.tests)

    @property
    def exempt(self) -> int:
        """How many tests of the reached level and those below did not have to pass."""
        reached = IN_ORDER[: IN_ORDER.index(self.level) + 1] if self.level in IN_ORDER else ()
        return sum(test.ended is ContractResult.EXEMPT and test.level in reached for test in self.tests)

    @property
    def reservations(self) -> str:
        """What stands behind the level: `, 3 exempt, account not proven`, or nothing."""
        exempt = f", {self.exempt} exempt" if self.exempt else ""
        return exempt + (f", {' and '.join(self.unproven)} not proven" if self.unproven else "")

    @property
    def level_in_words(self) -> str:
        """松 (matsu), or 松 (matsu), 3 exempt, account not proven."""
        return f"{self.level} ({ROMAN[self.level]}){self.reservations}"


def summary_lines(outcome: Outcome) -> list[str]:
    """The level, each level's count, what is missing, and every exemption with its reason."""
    lines = [f"{outcome.plugin} reaches {outcome.level_in_words}"]
    if outcome.provenance is not None:
        lines.append(f"  {outcome.provenance.sentence}")
    for level in IN_ORDER:
        tests = [test for test in outcome.tests if test.level is level]
        done = sum(test.ended in (ContractResult.PASSED, ContractResult.EXEMPT) for test in tests)
        lines.append(f"  {level} {done} of {len(tests)}")
        lines += [
            f"      {test.ended}: {test.name}: {test.text}"
            for test in tests
            if test.ended not in (ContractResult.PASSED, ContractResult.EXEMPT)
        ]
    lines += [
        f"  exempt: {test.name}: {test.text}" for test in outcome.tests if test.ended is ContractResult.EXEMPT
    ]
    return lines


def write_badge(path: Path, outcome: Outcome) -> None:
    """A small SVG with the level, readable without its colour."""
    level = f"{outcome.level} {ROMAN[outcome.level]}{outcome.reservations}"
    right = 70 + round(6.2 * len(outcome.reservations))
    title = f"point-gateway contract: {level}"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{130 + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        '<rect width="130" height="20" fill="#444"/>'
        f'<rect x="130" width="{right}" height="20" fill="{_COLOURS[outcome.level]}"/>'
        '<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="65" y="14">point-gateway contract</text><text x="{130 + right // 2}" y="14">{level}</text></g></svg>\n',
        "utf-8",
    )


def write_report(path: Path, outcome: Outcome) -> None:
    """A page of its own: every promise, how it ended, and why."""
    rows = "".join(
        f'<tr class="{test.ended.name.lower()}"><td>{test.level}</td><td>{escape(test.sentence)}</td>'
        f"<td>{test.ended}</td><td>{escape(test.text)}</td></tr>"
        for test in outcome.tests
    )
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(outcome.plugin)}: {outcome.level}</title>"
        "<style>body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;"
        "text-align:left;vertical-align:top}dt{float:left;clear:left;width:12rem}dd{overflow-wrap:anywhere}"
        ".exempt td{background:#eef1f6}.failed td{background:#fbe4e4}.skipped td{background:#fdf3d8}</style>"
        f"<h1>{escape(outcome.plugin)} reaches {outcome.level_in_words}</h1>{_tested(outcome.provenance)}"
        "<table><thead><tr><th>level<th>promise<th>ended<th>why</thead>"
        f"<tbody>{rows}</tbody></table></html>\n",
        "utf-8",
    )


def write_result(path: Path, outcome: Outcome) -> None:
    """What a signed proof is made of."""
    result = {"partner": outcome.plugin, "level": ROMAN[outcome.level], "exempt": outcome.exempt}
    result |= {"unproven": list(outcome.unproven)}
    provenance = outcome.provenance.plain() if outcome.provenance is not None else {}
    path.write_text(json.dumps(result | {"provenance": provenance}), "utf-8")


def _tested(provenance: Provenance | None) -> str:
    """What was tested, as a list of names and values."""
    if provenance is None:
        return ""
    names = {
        "plugin": f"{provenance.distribution} {provenance.version}",
        "wheel": provenance.wheel or "not installed from a wheel",
        "files": provenance.files,
        "kit": f"point-gateway {provenance.kit_version}",
        "tested on": provenance.tested_on,
    }
    return "<dl>" + "".join(f"<dt>{name}<dd>{escape(value)}" for name, value in names.items()) + "</dl>"
