"""The reference page says of each public name what the code has: every field with its type, every method, no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gateway
from gateway.commands.table import COMMANDS
from tests.docs.reference_listing import parts

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_every_public_name_has_one_section_and_every_section_a_name() -> None:
    headings = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(gateway.__all__)


@pytest.mark.parametrize("name", gateway.__all__)
def test_a_section_names_every_field_and_method_and_says_something_of_each(name: str) -> None:
    section = SECTIONS[name]
    assert re.match(r"[^\s|`].{10,}", section) or section.startswith("`"), "a section begins with a sentence"
    fields, members, methods = parts(getattr(gateway, name))
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", section, re.MULTILINE)
    assert [(row[0], row[1].replace("\\|", "|")) for row in rows] == fields
    assert all(says.strip() for *_, says in rows)
    match_ = re.search(r"```text\n(.*?)\n```", section, re.DOTALL)
    assert (match_[1].splitlines() if match_ else []) == methods
    if members:
        assert re.findall(r"`(\w+)`", section.splitlines()[2]) == members


def test_the_page_on_running_a_plugin_names_commands_that_there_are() -> None:
    page = (DOCS / "running-a-plugin.md").read_text("utf-8")
    named = set(re.findall(r"^\$ point-gateway ([a-z-]+)", page, re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


def test_both_pages_go_into_the_wheel_with_the_guide() -> None:
    packed = (DOCS.parent / "hatch_build.py").read_text("utf-8")
    for page in ("reference.md", "running-a-plugin.md"):
        assert f'"{page}"' in packed
