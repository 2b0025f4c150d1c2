"""What people type for numbers and codes, and whose tries are counted together."""

from __future__ import annotations

import pytest

from pagekit.client_address import bucket_of
from pagekit.typed_text import DASHES, code, digits, number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2),
        ("２", 2),
        ("１，０００", 1_000),
        ("1,000", 1_000),
        ("1 000", 1_000),
        ("12,345,678", 12_345_678),
        (" 500 ", 500),
        ("500ポイント", 500),
        ("2 口", 2),
        ("500円", 500),
        ("0", 0),
        ("007", 7),
    ],
)
def test_a_number_is_read_in_every_width_and_with_separators_between_thousands(
    text: str, expected: int
) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-500", "－500", "1.5", "1,5", "1,50", "1.2E+5", "二", "abc", "1" * 16, "²³x"]
)
def test_what_is_no_whole_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("dash", ["-", *DASHES])
def test_every_dash_of_a_code_is_a_hyphen(dash: str) -> None:
    assert code(f"ＡＢ{dash}12 34") == "AB-1234"
    assert digits(f"1234{dash}５６７８ 9012") == "123456789012"


def test_unseen_characters_are_no_part_of_a_code() -> None:
    assert code("\ufeffAB\u200bCD\u00a0") == "ABCD"


@pytest.mark.parametrize(
    ("addresses", "buckets"),
    [
        (["192.0.2.1", "192.0.2.1:5000", "192.0.2.1:5001", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:9"], 1),
        (["2001:db8::1", "2001:DB8:0:0::2", "[2001:db8::3]:443", "[2001:db8::4]", "2001:db8::5%eth0"], 1),
        (["2001:db8::1", "2001:db8:0:1::1"], 2),
        (["192.0.2.1", "192.0.2.2"], 2),
        (["unknown", "_hidden"], 2),
    ],
)
def test_one_customer_has_one_bucket(addresses: list[str], buckets: int) -> None:
    assert len({bucket_of(address) for address in addresses}) == buckets
