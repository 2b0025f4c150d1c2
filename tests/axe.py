"""axe-core in a page of a browser: every rule but those of level AAA, which no page here claims."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

SCRIPT: Final = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"
RECORD: Final = Path(__file__).parents[1] / "var" / "accessibility.jsonl"
"""A line a page, written where RECORD_ACCESSIBILITY is set; `make accessibility` makes the portal's table of it."""
_RUN: Final = """async wanted => {
  const rules = axe.getRules().filter(rule =>
    wanted ? wanted.includes(rule.ruleId) : !rule.tags.some(tag => tag.endsWith("aaa")));
  const enabled = Object.fromEntries(rules.map(rule => [rule.ruleId, {enabled: true}]));
  const result = await axe.run(document, {
    runOnly: {type: "rule", values: rules.map(rule => rule.ruleId)}, rules: enabled, resultTypes: ["violations"],
  });
  return {violations: result.violations, rules: result.violations.length + result.passes.length, title: document.title};
}"""
"""Experimental rules and best practices too: what is off by default is turned on."""


def faults(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds wrong with the page as it stands; by `rules` alone where they are named.

    It takes the reading over a kanji for text that a name should have: 履歴 with りれき is not called 履歴りれき by anybody.
    """
    page.evaluate(_script())
    result: dict[str, Any] = page.evaluate(_RUN, rules)
    broken = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
        if not (violation["id"] == "label-content-name-mismatch" and "<rt>" in node["html"])
    ]
    if rules is None and os.environ.get("RECORD_ACCESSIBILITY"):
        with RECORD.open("a", encoding="utf-8") as lines:
            line = {"title": result["title"], "rules": result["rules"], "faults": len(broken)}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    return broken


@cache
def _script() -> str:
    if not SCRIPT.exists():
        raise FileNotFoundError(f"{SCRIPT} is missing: run make setup-node")
    return SCRIPT.read_text("utf-8")
