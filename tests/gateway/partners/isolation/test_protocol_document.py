"""The protocol's document and schema are those of the code."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.partners.isolation import frames, messages
from gateway.partners.isolation.codecs import codec_of
from gateway.partners.isolation.schema import protocol_schema, schema_text
from tests.gateway.partners.isolation import test_codecs  # noqa: F401  registers how values are made

DOCS = Path(__file__).parents[4] / "docs"
SIDES = {"to_plugin": messages.ToPlugin, "from_plugin": messages.FromPlugin}


def test_the_schema_in_the_documentation_is_made_from_the_dataclasses():
    stored = (DOCS / "plugin-protocol.schema.json").read_text("utf-8")
    assert stored == schema_text(), "write gateway.partners.isolation.schema.schema_text() there anew"


@pytest.mark.parametrize("side", SIDES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_fits_the_schema(side, data):
    schema = protocol_schema()
    validator = jsonschema_rs.validator_for({"$defs": schema["$defs"], **schema[side]})
    kind = data.draw(st.sampled_from(typing.get_args(SIDES[side])))
    plain = codec_of(SIDES[side]).encode(data.draw(st.from_type(kind)))
    assert validator.is_valid(json.loads(json.dumps(plain)))
    assert not validator.is_valid({**plain, "strange": 1})


def test_the_page_names_every_message_and_no_other():
    page = (DOCS / "plugin-protocol.md").read_text("utf-8")
    tables = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    first_column = " ".join(line.split("|")[1] for line in tables.splitlines() if line[3].isupper())
    written = set(re.findall(r"`(\w+)`", first_column)) | {"Sealed"}
    assert written == {kind.__name__ for side in SIDES.values() for kind in typing.get_args(side)}


def test_the_page_has_the_limits_of_the_code():
    page = (DOCS / "plugin-protocol.md").read_text("utf-8")
    for limit in (frames.MAX_JSON_BYTES, frames.MAX_JSON_BYTES_TO_PLUGIN, frames.MAX_BODY_BYTES):
        assert f"| {limit:,} |" in page
    assert f"up to {messages.ROWS_PER_FRAME} rows" in page
