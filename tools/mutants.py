"""`make mutants`: changes one thing at a time in the files that decide about points, and lists what no test noticed.

mutmut makes the mutants and runs the tests beside each; `[tool.mutmut]` in pyproject.toml names files and tests. Survivors
that change nothing, or nothing that matters, stand in docs/mutants.md with the reason.

python -m tools.mutants                          all
python -m tools.mutants 'gateway.points.*'       only these, by mutmut's names
python -m tools.mutants --report                 what the last run found
Exit code 1: a file below 95 % killed, or a survivor that is not in docs/mutants.md.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "mutants.md"
MIN_KILLED = 0.95
SURVIVED = 0
NO_TESTS = frozenset({5, 33})
NOT_RUN = frozenset({None, 2, 34})


@dataclass(slots=True)
class FileScore:
    """What became of one file's mutants. A mutant that never ends counts as killed: a test would time out."""

    path: str
    killed: int = 0
    survivors: list[str] = field(default_factory=list)
    not_run: int = 0

    @property
    def score(self) -> float:
        return self.killed / max(1, self.killed + len(self.survivors))


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A survivor as docs/mutants.md lists it: the function, and the line as the mutant has it."""

    function: str
    line: str


def main(arguments: list[str]) -> int:
    if "--report" not in arguments:
        subprocess.run([Path(sys.executable).parent / "mutmut", "run", *arguments], cwd=ROOT, check=False)  # noqa: S603  our own arguments
    files = [read_score(file) for file in sorted((ROOT / "mutants").rglob("*.meta"))]
    listed = listed_in(DOC.read_text("utf-8"))
    unlisted, low = [], []
    for file in files:
        changes = changes_in(file.path, file.survivors)
        excused = sum(change in listed for change in changes)
        score = (file.killed + excused) / max(1, file.killed + len(changes))
        sys.stdout.write(
            f"{file.path}: {file.killed} killed, {len(changes)} survived, of which {excused} are listed;"
            f" {file.not_run} not run; {score:.1%}\n"
        )
        if score < MIN_KILLED:
            low.append(file.path)
        unlisted += [change for change in changes if change not in listed]
    for change in sorted(set(unlisted)):
        sys.stdout.write(f"| `{change.function}` | `{change.line}` | |\n")
    if low:
        sys.stdout.write(f"below {MIN_KILLED:.0%}: {', '.join(low)}\n")
    return 1 if low or unlisted else 0


def read_score(meta: Path) -> FileScore:
    """The results that mutmut keeps beside the mutants of one file."""
    score = FileScore(path=str(meta.relative_to(ROOT / "mutants")).removesuffix(".meta"))
    codes: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    for name, code in codes.items():
        if code == SURVIVED or code in NO_TESTS:
            score.survivors.append(name)
        elif code in NOT_RUN:
            score.not_run += 1
        else:
            score.killed += 1
    return score


def changes_in(path: str, names: list[str]) -> list[Change]:
    """What mutants of one file change. mutmut keeps the function as it is and every mutant of it in one file."""
    text = (ROOT / "mutants" / path).read_text("utf-8")
    bodies = {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return [_change(name, bodies) for name in names]


def _change(name: str, bodies: dict[str, str]) -> Change:
    function = name.rpartition(".")[2]
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", function)
    before, after = (bodies.get(each, "").splitlines()[1:] for each in (original, function))
    added = [line[2:].strip() for line in difflib.ndiff(before, after) if line.startswith("+ ")]
    shown = original.removesuffix("__mutmut_orig").removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return Change(function=shown, line=" ".join(added).replace("|", "¦") or "(a line is gone)")


def listed_in(page: str) -> Counter[Change]:
    """The rows of the page's tables."""
    rows = re.findall(r"^\| `([^`]+)` \| `(.+?)` \| .*\S.*\|$", page, re.MULTILINE)
    return Counter(Change(function=function, line=line) for function, line in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
