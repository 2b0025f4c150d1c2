"""The guide says what is: its headings are the hooks' signatures, its examples run, its pages build without a warning."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from gateway.hookspecs import ALWAYS_REQUIRED, OPTIONAL, REQUIRED_FOR_ACCOUNT_LINK, REQUIRED_FOR_COUPON_LINK
from gateway.partners.loading.checks import HOOKS
from gateway.testkit.contract import AccountContract, CouponContract
from gateway.testkit.contract.levels import promises

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = [DOCS / "first-hour.md", DOCS / "going-live.md", *sorted((DOCS / "hooks").glob("*.md"))]


def signature(name: str) -> str:
    """As the heading has it: without self, annotations as they are written."""
    spec = inspect.signature(HOOKS[name])
    parameters = [it for it in spec.parameters.values() if it.name != "self"]
    text = ", ".join(f"{it.name}: {it.annotation}" for it in parameters)
    colour = "async " if inspect.iscoroutinefunction(HOOKS[name]) else ""
    return f"{colour}{name}({text}) -> {spec.return_annotation}"


@pytest.mark.parametrize("name", HOOKS)
def test_the_heading_of_a_hooks_page_is_its_exact_signature(name: str) -> None:
    page = (DOCS / "hooks" / f"{name}.md").read_text("utf-8")
    assert page.splitlines()[0] == f"# `{signature(name)}`"
    assert "```python" in page
    assert "## What the kit tests" in page


def test_every_hook_has_a_page_and_every_page_a_hook() -> None:
    pages = {path.stem for path in (DOCS / "hooks").glob("*.md")} - {"index"}
    assert pages == set(HOOKS)
    listed = re.findall(r"^([a-z_]+)$", (DOCS / "hooks" / "index.md").read_text("utf-8"), re.MULTILINE)
    assert listed == list(HOOKS)


def test_what_is_required_is_told_as_it_is() -> None:
    index = (DOCS / "hooks" / "index.md").read_text("utf-8")
    rows = {row.split("|")[1].strip(): row for row in index.splitlines() if row.startswith("| ")}
    named = {row: re.findall(r"`([a-z_]+)`", text) for row, text in rows.items()}
    assert named["every plugin"] == [*ALWAYS_REQUIRED, *OPTIONAL]
    assert named["account"] == list(REQUIRED_FOR_ACCOUNT_LINK)
    assert named["coupon"] == list(REQUIRED_FOR_COUPON_LINK)


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_every_python_block_runs(page: Path) -> None:
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    examples = list(document.examples())
    assert examples or "```python" not in page.read_text("utf-8")
    for example in examples:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            example.evaluate()


def test_the_guide_names_only_tests_that_the_kit_has() -> None:
    known = {*promises(AccountContract), *promises(CouponContract)}
    for page in GUIDE:
        for named in re.findall(r"`(test_\w+)`", page.read_text("utf-8")):
            assert named in known or (page.stem, named) == ("first-hour", "test_contract")


def test_every_todo_of_the_scaffold_names_a_page_of_the_guide() -> None:
    template = Path(__file__).parents[2] / "gateway" / "scaffold" / "template"
    todos = [
        line
        for path in template.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "# TODO:" in line
    ]
    assert len(todos) > 10
    for todo in todos:
        page = re.search(r"\[point-gateway guide ([a-z_/-]+)\]$", todo)
        assert page is not None, todo
        assert (DOCS / f"{page[1]}.md").is_file(), todo


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        str(DOCS),
        str(tmp_path),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "hooks" / "debit.html").is_file()
