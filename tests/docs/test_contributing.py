"""CONTRIBUTING.md is held to the tree: its map, the files that it sends a reader to, the groups of the changelog."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MADE = {"var", "build", "dist", "htmlcov", "node_modules", "__pycache__"}
"""Folders that can be made again and are not kept."""
UNMAPPED = {"__init__.py", "__main__.py"}
GROUPS = {"Added", "Changed", "Deprecated", "Fixed", "Removed", "Security"}


def section(title: str) -> str:
    return PAGE.partition(f"\n{title}\n")[2].partition("\n## ")[0]


def mapped(table: str) -> set[str]:
    """The paths of a table's first column."""
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {path.rstrip("/") for cell in cells for path in re.findall(r"`([^`]+)`", cell)}


def folders(place: Path) -> set[str]:
    return {
        child.name
        for child in place.iterdir()
        if child.is_dir() and not child.name.startswith(".") and child.name not in MADE
    }


class TestTheMap:
    def test_it_has_every_folder_and_no_other(self) -> None:
        whole, _, _ = section("## The map").partition("Inside `gateway/`:")
        found = {name for name in folders(ROOT) if not name.endswith(".egg-info")}
        assert mapped(whole) == found

    def test_it_has_every_room_of_the_gateway_and_no_other(self) -> None:
        _, _, inside = section("## The map").partition("Inside `gateway/`:")
        files = {file.name for file in (ROOT / "gateway").glob("*.py")}
        assert mapped(inside) == (folders(ROOT / "gateway") | files) - UNMAPPED


def test_every_file_that_a_reader_is_sent_to_is_there() -> None:
    named = set(
        re.findall(r"`((?:tests|gateway|docs|portal|municipal|pagekit|requirements|tools)/[^`<]*)`", PAGE)
    )
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_files_that_a_kind_of_link_changes_are_those_that_ask_for_one() -> None:
    how_to = PAGE.partition("**A kind of link**")[2].partition("\n\n")[0]
    named = {path for path in re.findall(r"`(gateway/[^`]*\.py)`", how_to) if path != "gateway/model.py"}
    asking = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "gateway").rglob("*.py")
        if "scaffold" not in file.parts and re.search(r"LinkKind\.(ACCOUNT|COUPON)", file.read_text("utf-8"))
    }
    assert named == asking


def test_a_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [page.name[:3] for page in pages]
    assert len(pages) > 40
    assert sorted(set(numbers)) == numbers
    titles = {page.name: page.read_text("utf-8").splitlines()[0] for page in pages}
    assert {name: title for name, title in titles.items() if not title.startswith(f"# {name[:3]}")} == {}


@pytest.mark.parametrize("target", re.findall(r"`make ([a-z-]+)`", PAGE))
def test_every_command_is_a_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_what_is_unreleased_is_grouped() -> None:
    newest = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1]
    assert "unreleased" in newest.splitlines()[0].lower()
    groups = re.findall(r"^### (.*)$", newest, re.MULTILINE)
    assert groups
    assert set(groups) <= GROUPS
    assert len(groups) == len(set(groups))


def test_the_files_and_tests_of_the_mutation_run_are_there() -> None:
    mutation = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    named = mutation["only_mutate"] + mutation["pytest_add_cli_args_test_selection"] + mutation["also_copy"]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_mutation_run_copies_each_package_that_the_mutated_ones_import() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    copied = settings["mutmut"]["also_copy"]
    packages = "|".join(settings["importlinter"]["root_packages"])
    imports = re.compile(rf"^\s*(?:from|import) ({packages})\b", re.MULTILINE)
    imported = {
        package
        for folder in settings["mutmut"]["source_paths"]
        for file in (ROOT / folder).rglob("*.py")
        for package in imports.findall(file.read_text("utf-8"))
    }
    assert {"core_ledger", "httpkit"} <= imported
    assert imported <= set(copied)
