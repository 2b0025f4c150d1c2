"""Every refusal written anywhere in the gateway stands in the catalogue, with the status it is raised with."""

import ast
from pathlib import Path

import pytest

import gateway
from gateway.http.problem_types import PROBLEM_TYPES

ROOT = Path(gateway.__file__).parent


def _calls_of_problems(tree):
    """All nodes of a module that has its `ProblemError` or `refuse` from where problems are made; other ones are not meant."""
    origins = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and {"ProblemError", "refuse"} & {name.name for name in node.names}
    }
    return ast.walk(tree) if origins & {"gateway.errors", "gateway.http.problems"} else ()


def refusals():
    for path in sorted(ROOT.rglob("*.py")):
        # What commands refuse is read in a terminal and is never an answer of the API.
        if path.name.startswith("cli") or {"commands", "testkit", "scaffold", "workbench"} & set(
            path.relative_to(ROOT).parts
        ):
            continue
        for node in _calls_of_problems(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in ("ProblemError", "refuse") or not node.args:
                continue
            word = node.args[0]
            if not (isinstance(word, ast.Constant) and isinstance(word.value, str)):
                continue
            status = next((one.value for one in node.keywords if one.arg == "status"), None)
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            fixed = status.value if isinstance(status, ast.Constant) else 409
            yield pytest.param(
                word.value, fixed if node.func.id == "ProblemError" else None, id=f"{where} {word.value}"
            )


@pytest.mark.parametrize(("word", "status"), list(refusals()))
def test_a_refusal_has_a_word_of_the_catalogue_and_its_status(word, status):
    assert word in PROBLEM_TYPES, "add the word to gateway/http/problem_types.py"
    if status is not None:
        assert PROBLEM_TYPES[word].status == status
