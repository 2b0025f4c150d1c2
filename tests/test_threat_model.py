"""Every defence that THREAT_MODEL.md and the sites' pages claim has the test beside it that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES = {"THREAT_MODEL.md": 40, "docs/portal.md": 15, "docs/city/threats.md": 15}
"""Each page, and how many tests it names at least."""


@pytest.mark.parametrize("page", PAGES)
def test_every_test_named_in_the_threat_model_exists(page: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / page).read_text("utf-8")))
    files = [*HERE.rglob("test_*.py"), *ROOT.glob("plugins/*/tests/test_*.py")]
    written = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}
    assert len(named) > PAGES[page]
    assert named - written == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_threat_has_a_test(page: str) -> None:
    tables = re.findall(
        r"^\| [Tt]hreat .*\n\|---.*\n((?:\| .*\n)+)", (ROOT / page).read_text("utf-8"), re.MULTILINE
    )
    threats = [line for table in tables for line in table.splitlines()]
    assert threats
    assert [line for line in threats if "`test_" not in line.rsplit("|", 2)[1]] == []
