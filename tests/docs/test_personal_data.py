"""The page about personal data says of every kind what the code says."""

from pathlib import Path

from gateway.cities.member_data.personal_data import PERSONAL_DATA
from gateway.settings import RetentionSettings

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"


def test_the_table_is_the_list_that_the_record_is_made_of():
    lines = PAGE.read_text("utf-8").splitlines()
    for about in PERSONAL_DATA:
        tables = ", ".join(f"`{table}`" for table in about.tables)
        fields = ", ".join(f"`{field}`" for field in about.fields) or "–"
        line = f"| `{about.name}` | {tables} | {fields} | `{about.retention.value}` | {about.why.en} |"
        assert line in lines


def test_the_settings_that_it_shows_are_all_there_are_with_their_defaults():
    shown = PAGE.read_text("utf-8")
    for name, field in RetentionSettings.model_fields.items():
        assert f"\n{name} = {field.default} " in shown
