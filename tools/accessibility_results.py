"""Makes the portal's table of tested pages from what their tests wrote down. Run by `make accessibility`.

A page that was looked at several times (in another language, with an error) stands once, with the most rules that applied and all faults.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gateway.model import JST
from portal.accessibility import RESULTS
from portal.i18n import SOURCES

ROOT: Final = Path(__file__).parents[1]
RECORD: Final = ROOT / "var" / "accessibility.jsonl"
AXE: Final = ROOT / "tests" / "browser" / "package-lock.json"


def collect(lines: list[dict[str, Any]], titles: set[str]) -> list[dict[str, Any]]:
    """The rows of the table, by title; `titles` are those that are the same for everybody."""
    pages: dict[str, dict[str, Any]] = {}
    for line in lines:
        title = line["title"].partition(" | ")[0].strip()
        if title not in titles:
            continue  # in another language, or with a name in it
        page = pages.setdefault(title, {"title": title, "rules": 0, "faults": 0})
        page["rules"] = max(page["rules"], line["rules"])
        page["faults"] += line["faults"]
    return [pages[title] for title in sorted(pages)]


def main() -> None:
    """Write the file that the portal's page reads."""
    lines = [json.loads(line) for line in RECORD.read_text("utf-8").splitlines()]
    axe = json.loads(AXE.read_text("utf-8"))["packages"]["node_modules/axe-core"]["version"]
    values = {
        "axe": axe,
        "tested_on": datetime.now(UTC).astimezone(JST).date().isoformat(),
        "pages": collect(lines, set(SOURCES.sentences())),
    }
    RESULTS.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
