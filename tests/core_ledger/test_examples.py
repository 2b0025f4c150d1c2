"""The example does what its stored output says, and the page about the ledger names what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import core_ledger

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ledger"


def test_the_example_prints_its_stored_output() -> None:
    command = [sys.executable, str(EXAMPLES / "first_ledger.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    ran = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=True
    )
    assert ran.stdout == (EXAMPLES / "first_ledger.txt").read_text(encoding="utf-8")


def test_every_public_name_is_on_the_page_about_the_ledger() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:core_ledger\.)?(\w+)", page))
    assert sorted(set(core_ledger.__all__) - named) == []
