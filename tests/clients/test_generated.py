"""The generated parts of the clients fit the API's document, and the Python client stands by itself."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from point_gateway_client import calls, models, problems
from tools import make_clients

PACKAGE = make_clients.GENERATED.parent
REMEDY = "the API has changed: run `make clients` and commit what it writes"


@pytest.fixture(scope="module")
def document():
    return json.loads(make_clients.DOCUMENT.read_text("utf-8"))


def test_the_stored_document_is_the_one_that_the_gateway_serves():
    assert make_clients.DOCUMENT.read_text("utf-8") == make_clients.document_text(), REMEDY


def test_the_python_modules_are_made_from_the_stored_document(document):
    for name, text in make_clients.python_files(document).items():
        assert (make_clients.GENERATED / name).read_text("utf-8") == text, f"{name}: {REMEDY}"


def test_every_operation_for_client_programs_is_a_call(document):
    operations = {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if operation["security"]
    }
    assert operations == set(calls.__all__)
    assert all(callable(getattr(calls, name)) for name in operations)


def test_every_problem_type_is_a_class(document):
    words = set()

    def collect(part):
        if isinstance(part, dict):
            for value in part.get("enum", ()):
                if isinstance(value, str) and value.startswith("/docs/problems/"):
                    words.add(value.rpartition("/")[2])
            for inner in part.values():
                collect(inner)
        elif isinstance(part, list):
            for inner in part:
                collect(inner)

    collect(document["paths"])
    assert words == set(problems.KINDS)
    assert {kind.word for kind in problems.KINDS.values()} == words


def test_every_schema_is_a_model(document):
    for name, schema in document["components"]["schemas"].items():
        # A list of words has no model of its own: it stands as a Literal where it is used.
        if name != "Problem" and "enum" not in schema:
            assert issubclass(getattr(models, name), models.Message)


def test_a_change_of_the_document_changes_the_modules(document):
    document["components"]["schemas"]["SignIn"]["properties"]["colour"] = {"type": "string"}
    assert "colour: str" in make_clients.python_files(document)["calls.py"]


def test_the_python_client_imports_nothing_of_the_gateway():
    declared = {"cryptography", "httpx", "msgspec", "point_gateway_client"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            roots = {name.partition(".")[0] for name in names}
            assert roots <= declared | set(sys.stdlib_module_names), f"{Path(path).name} imports {roots}"
