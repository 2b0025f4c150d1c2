"""Every defence that THREAT_MODEL.md claims has the test beside it that it names."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


def test_every_test_named_in_the_threat_model_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "THREAT_MODEL.md").read_text("utf-8")))
    files = [*HERE.rglob("test_*.py"), *ROOT.glob("plugins/*/tests/test_*.py")]
    written = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}
    assert len(named) > 40
    assert named - written == set()


def test_every_threat_has_a_test() -> None:
    lines = [
        line for line in (ROOT / "THREAT_MODEL.md").read_text("utf-8").splitlines() if line.startswith("| ")
    ]
    threats = [line for line in lines if not line.startswith(("| Threat", "|---"))]
    assert [line for line in threats if "`test_" not in line.rsplit("|", 2)[1]] == []
