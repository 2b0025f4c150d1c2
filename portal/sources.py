"""Finds every sentence that the portal says, so that a test can hold the catalogues to them.

All texts are Japanese literals, in expressions of the templates and in Python outside docstrings; what has no
Japanese letter in it is no text. Bare Japanese between a template's tags would never be translated: it is told too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import jinja2

HERE: Final = Path(__file__).parent
_JAPANESE: Final = re.compile(r"[ぁ-んァ-ヶ一-龠]")
_NOT_TEXTS: Final = frozenset({"tile_map.py", "words.py", "sources.py", "sealed.py"})
"""Names on a map are names; the others hold forms of dates and names of languages."""


def sentences() -> set[str]:
    """Source sentences of the pages."""
    return set(_in_templates("string")) | set(_in_python())


def bare() -> set[str]:
    """Japanese that stands in a template outside `_(…)`."""
    return set(_in_templates("data"))


def _in_templates(kind: str) -> Iterator[str]:
    environment = jinja2.Environment(autoescape=True)
    for path in sorted((HERE / "templates").glob("*.html")):
        for _line, token, text in environment.lex(path.read_text("utf-8")):
            if token == kind and _JAPANESE.search(text):
                yield ast.literal_eval(text) if kind == "string" else text


def _in_python() -> Iterator[str]:
    for path in sorted(HERE.glob("*.py")):
        if path.name in _NOT_TEXTS:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        bare_strings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docstrings | bare_strings
            ) and _JAPANESE.search(node.value):
                yield node.value
