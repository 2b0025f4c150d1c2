"""A browser that finds no phrases by itself breaks headings where the server marked them, and nowhere else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment

pytestmark = pytest.mark.xdist_group("browser")

BROKEN_PHRASES = """(way) => {
  const h1 = document.querySelector("h1");
  h1.style.wordBreak = way;
  h1.style.textWrap = "wrap";
  h1.style.width = "9em";
  const broken = [];
  for (const node of h1.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
    if (tops.size > 1) broken.push(node.textContent);
  }
  return {broken, lines: Math.round(h1.getBoundingClientRect().height / parseFloat(getComputedStyle(h1).lineHeight))};
}"""
"""Which phrases of the heading stand on two lines when it is nine letters wide and broken in this way."""


def test_without_the_browsers_help_a_heading_breaks_at_phrases_alone(
    chromium: Browser, town: DemoEnvironment
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{town.portal_url}/relink")
    assert page.query_selector_all("h1 wbr")
    kept = page.evaluate(BROKEN_PHRASES, "keep-all")
    assert kept["lines"] > 1
    assert kept["broken"] == []
    assert page.evaluate(BROKEN_PHRASES, "break-all")["broken"] != []
    context.close()
