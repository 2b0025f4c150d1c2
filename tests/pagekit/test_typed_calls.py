"""Pages talk to the API through the calls that are made from its document: none names an address of the API itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITES = ["portal", "municipal", "pagekit"]


@pytest.mark.parametrize("site", SITES)
def test_no_page_names_an_address_of_the_api(site: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / site).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "/v1/" in node.value
    ]
    assert found == [], "use point_gateway_client.calls and visit.send"
