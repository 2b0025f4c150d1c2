"""Finds every sentence that a site says, so that a test can hold the catalogues to them.

All texts are Japanese literals, in expressions of the templates and in Python outside docstrings; what has no
Japanese letter in it is no text. Bare Japanese between a template's tags would never be translated: it is told too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2

HERE: Final = Path(__file__).parent
_JAPANESE: Final = re.compile(r"[ぁ-んァ-ヶ一-龠]")
_FORMS: Final = frozenset(
    {"i18n.py", "message_extraction.py", "typed_text.py", "japanese_text.py", "runner.py"}
)
"""Here stand forms of dates and numbers, names of languages, and the page for who is no browser."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The folders of a site's pages, and the files there whose Japanese is no sentence: names on a map, forms of dates."""

    folders: tuple[Path, ...]
    not_texts: frozenset[str] = frozenset()

    def sentences(self) -> set[str]:
        """Source sentences of the pages, those of every site included."""
        return {
            text
            for folder in (HERE, *self.folders)
            for text in (
                *_in_templates(folder, "string"),
                *_in_python(folder, _FORMS if folder == HERE else self.not_texts),
            )
        }

    def bare(self) -> set[str]:
        """Japanese that stands in a template outside `_(…)`."""
        return {text for folder in (HERE, *self.folders) for text in _in_templates(folder, "data")}


def _in_templates(folder: Path, kind: str) -> Iterator[str]:
    environment = jinja2.Environment(autoescape=True)
    for path in sorted(folder.glob("templates/**/*.html")):
        for _line, token, text in environment.lex(path.read_text("utf-8")):
            if token == kind and _JAPANESE.search(text):
                yield ast.literal_eval(text) if kind == "string" else text


def _in_python(folder: Path, not_texts: frozenset[str]) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        if path.name in not_texts:
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
