"""The contract kit at 松 catches mistakes about what was given back, each made in a copy of the Saison plugin."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.testkit.contract_runs import Run

SAISON = Path(__file__).parents[2] / "plugins" / "saison"
TEST = "test_a_day_tells_what_was_given_back"
MUTANTS = {
    "what was given back is left out": ("        given_back=given_back,\n", ""),
    "nothing is ever given back": ("        given_back=given_back,\n", "        given_back=(),\n"),
    "a part is taken for the whole": ("        given_back=given_back,\n", "        given_back=taken,\n"),
    "only one wallet is told": (', EIKYU: row.whole("cardCancelled")}', "}"),
}


def copied(into: Path) -> Path:
    folder = into / "saison"
    shutil.copytree(SAISON, folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return folder


def test_the_copy_passes_as_it_is(tmp_path: Path, contract_of: Run) -> None:
    ran = contract_of(copied(tmp_path), "-k", TEST)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mistake_about_what_was_given_back_is_caught(
    mutant: tuple[str, str], tmp_path: Path, contract_of: Run
) -> None:
    folder = copied(tmp_path)
    file = folder / "gateway_saison" / "plugin.py"
    text = file.read_text("utf-8")
    assert text.count(mutant[0]) == 1
    file.write_text(text.replace(*mutant), "utf-8")
    ran = contract_of(folder, "-k", TEST)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    match_ = re.search(rf"failed: {TEST}: saison: (.*)", ran.stdout)
    assert match_ is not None, ran.stdout
    assert "given_back" in match_[1]
