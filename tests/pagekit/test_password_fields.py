"""Fields for passwords, in every template of both sites."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pagekit.form_state import SECRET_FIELDS

ROOT = Path(__file__).parents[2]
PASSWORDS = ("password", "current", "new", "again")
FIELDS = [
    (template.relative_to(ROOT).as_posix(), name, field)
    for site in ("portal", "municipal", "pagekit")
    for template in sorted((ROOT / site / "templates").glob("*.html"))
    for field in re.findall(r"<input\b[^>]*>", template.read_text("utf-8"))
    for name in re.findall(r'\bname="(\w+)"', field)
    if name in PASSWORDS and 'type="checkbox"' not in field
]


class TestAFieldForAPassword:
    def test_is_looked_at_wherever_there_is_one(self) -> None:
        assert len(FIELDS) >= 15
        assert set(PASSWORDS) <= SECRET_FIELDS

    @pytest.mark.parametrize(
        ("template", "name", "field"), FIELDS, ids=lambda value: value if "<" not in value else ""
    )
    def test_masks_what_is_typed_and_leaves_it_to_password_managers(
        self, template: str, name: str, field: str
    ) -> None:
        assert 'type="password"' in field, template
        kind = "new-password" if name in ("new", "again") else "(current|new)-password"
        assert re.search(rf'autocomplete="{kind}"', field), template
        assert not re.search(r"\bon\w+=|readonly", field), template
        assert 'maxlength="128"' in field, template

    def test_is_touched_by_no_script(self) -> None:
        scripts = [
            file
            for site in ("portal", "municipal", "pagekit")
            for file in (ROOT / site / "static").glob("*.js")
        ]
        assert scripts
        for script in scripts:
            text = script.read_text("utf-8")
            assert not re.search(r"onpaste|[\"']paste[\"']|type\s*=\s*[\"']password", text), script.name
