"""口数 as a person typed it: what is wrong is said by name, in both languages, without repeating it."""

from __future__ import annotations

import json

import pytest

from gateway.api.quotes import QuoteWanted
from gateway.http.inputs import read_body
from gateway.http.problems import InvalidInput


def quoted(units: object) -> QuoteWanted:
    body = {"destination": {"kind": "reserve"}, "units": units}
    return read_body(json.dumps(body).encode(), QuoteWanted)


@pytest.mark.parametrize(
    ("typed", "why", "why_ja"),
    [
        ("２", "full-width", "全角"),
        ("+2", "sign", "符号"),
        ("-2", "sign", "符号"),
        ("1e3", "other than the digits", "数字ではない"),
        ("1.0", "other than the digits", "数字ではない"),
        ("", "nothing was typed", "入力されていません"),
        ("9" * 400, "out of range", "範囲の外"),
        ("02", "starts with 0", "0 で始まって"),
    ],
)
def test_what_is_wrong_with_typed_units_is_said_by_name(typed: str, why: str, why_ja: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        quoted(typed)
    (error,) = refused.value.errors
    assert error.place == "#/units"
    assert why in error.text
    assert "1 to 9,999" in error.text
    assert why_ja in error.text_ja
    assert len(typed) < 2 or typed not in error.text + error.text_ja


def test_the_digits_that_a_person_typed_are_a_number() -> None:
    assert quoted("9999").units == 9_999
