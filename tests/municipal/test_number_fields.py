"""What a page says beside a field that holds no number is what the API would take: 0 as well, or 1 and more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import municipal
from gateway.app import whole_api
from gateway.http.openapi import openapi_document
from municipal.error_messages import TROUBLES, ZERO_TOO, no_number
from municipal.settlement_settings import NUMBERS
from pagekit.error_messages import ErrorMessage
from pagekit.typed_text import number

OF_LISTS = {"total"}
"""Sums of a list of balances: each has a field of its own, `total-0`, and is `points` to the API."""


def smallest() -> dict[str, int]:
    """The least value of each whole number in any body of the API."""
    found: dict[str, int] = {}

    def look(name: str, schema: Any) -> None:
        if isinstance(schema, dict):
            if isinstance(least := schema.get("minimum"), int):
                found[name] = min(least, found.get(name, least))
            for key, part in schema.items():
                if key == "properties":
                    for own, each in part.items():
                        look(own, each)
                else:
                    look(name, part)
        elif isinstance(schema, list):
            for each in schema:
                look(name, each)

    look("", {"properties": openapi_document(whole_api())["components"]["schemas"]})
    return found


def number_fields() -> set[str]:
    """Fields of the pages that are read as numbers."""
    code = "\n".join(path.read_text("utf-8") for path in Path(municipal.__file__).parent.glob("*.py"))
    return set(re.findall(r'no_number\("(\w+)"\)', code)) | set(NUMBERS)


def test_the_fields_that_take_nothing_as_a_number_are_those_of_the_api() -> None:
    least = smallest()
    names = (number_fields() | ZERO_TOO) - OF_LISTS
    # `points` and `budget` are asked for in several bodies; whoever gives, takes or pays says at least 1.
    wrong = {
        name: least.get(name) for name in names - {"points"} if (least.get(name) == 0) != _says_zero(name)
    }
    assert wrong == {}
    assert not _says_zero("points")
    assert _says_zero("total-0")


def test_what_the_api_refuses_has_the_same_words() -> None:
    for name in ZERO_TOO - OF_LISTS:
        refused = TROUBLES.fields[name]
        assert refused == (no_number(name).title, no_number(name).remedy), name


def _says_zero(name: str) -> bool:
    message = no_number(name)
    assert isinstance(message, ErrorMessage)
    return message.remedy.startswith("0")


def test_a_typed_zero_is_a_number() -> None:
    assert number("０") == 0
