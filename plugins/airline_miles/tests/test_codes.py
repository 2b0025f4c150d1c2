"""Coupon codes: what is forgiven, and what is caught before the airline is asked."""

from __future__ import annotations

from random import Random

import pytest
from gateway_airline_miles.codes import ISSUED_SYMBOLS, check_symbol, normalise, shown
from gateway_airline_miles.sandbox.coupons import new_code
from hypothesis import given
from hypothesis import strategies as st

CODE = "SAMPLE5000M1LE0A"
bodies = st.text(ISSUED_SYMBOLS, min_size=15, max_size=15).filter(lambda it: check_symbol(it) is not None)


def test_the_check_symbol_is_that_of_iso_7064():
    # The example that the recording industry's GRid standard publishes for the same scheme: A1-2425G-ABC1234002-M.
    assert check_symbol("A12425GABC1234002") == "M"


@pytest.mark.parametrize(
    "typed",
    [
        "SAMP-LE50-00M1-LE0A",
        "samp le50 00m1 le0a",
        "ＳＡＭＰ－ＬＥ５０－００Ｍ１－ＬＥ０Ａ",
        "SAMPLE5OOOMILEOA",
        " SAMP-LE50-00M1-LE0A\n",
    ],
)
def test_how_it_is_typed_is_forgiven(typed):
    assert normalise(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "SAMP",
        CODE + "0",
        CODE * 5,
        "SAMP-LE50-00M1-LE0B",
        "サンプル５０００マイル",
        "SAMPLE5000M1LE0\x00",
        "🎫" * 16,
    ],
)
def test_what_is_no_code_is_none(typed):
    assert normalise(typed) is None


@given(bodies, st.integers(0, 15), st.sampled_from(ISSUED_SYMBOLS))
def test_every_single_wrong_symbol_is_caught(body, at, symbol):
    code = body + str(check_symbol(body))
    wrong = code[:at] + symbol + code[at + 1 :]
    assert (normalise(wrong) is None) == (wrong != code)


def test_of_neighbours_that_change_places_fewer_than_one_in_a_hundred_pass():
    # For each symbol before them, one pair of neighbouring symbols in 630 is the scheme's blind spot.
    draw, swaps, passed = Random(7064), 0, 0
    for _ in range(1_000):
        body = "".join(draw.choices(ISSUED_SYMBOLS, k=15))
        code = body + (check_symbol(body) or "")
        if len(code) < 16:
            continue
        at = draw.randrange(14)
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        swaps += swapped != code
        passed += swapped != code and normalise(swapped) is not None
    assert swaps > 800
    assert passed / swaps < 0.01


def test_new_codes_are_codes_and_differ():
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(normalise(shown(code)) == code for code in codes)
