"""The API is cut by resource: a file has the request models, response models and handlers of one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gateway.api

ROOT = Path(gateway.api.__file__).parent
SHARED = {"__init__.py", "fields.py", "routes.py", "member_request.py", "staff_request.py"}
FILES = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if path.name not in SHARED and not path.stem.endswith("fields")
]
LAYERS = {"requests", "responses", "views", "models", "handlers", "schemas", "asked"}
MAX_LINES = 380


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
class TestAResource:
    def test_is_named_after_what_it_is_about(self, path: Path) -> None:
        assert not LAYERS & set(path.stem.split("_"))

    def test_has_handlers_and_the_models_that_they_answer_with(self, path: Path) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        assert any(isinstance(node, ast.AsyncFunctionDef) for node in tree.body)

    def test_is_read_over_one_cup_of_tea(self, path: Path) -> None:
        assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_what_is_shared_has_no_handlers() -> None:
    for path in ROOT.rglob("fields.py"):
        assert "Api(" not in path.read_text("utf-8")
