"""控えの番号: eight characters read out over the telephone find the same UUID, however they are typed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ProblemError
from gateway.platform.short_reference import short_reference, tail_of


@given(st.uuids())
def test_a_reference_leads_back_to_the_end_of_its_uuid(made: uuid.UUID) -> None:
    assert str(made).endswith(tail_of(short_reference(str(made))))


def test_payments_of_one_moment_have_different_references() -> None:
    first, second = "01a22724-4c1f-7a00-8123-0123456789ab", "01a22724-4c1f-7a00-8123-0123456789ac"
    assert short_reference(first) == "4D2P-F2DB"
    assert short_reference(second) != short_reference(first)


@pytest.mark.parametrize(
    "typed",
    ["4D2P-F2DB", "4d2pf2db", "４Ｄ２Ｐ－Ｆ２ＤＢ", " 4D2P F2DB ", "4D2Pー F2DB", "4d2p‐f2db", "4D2P.F2DB"],
)
def test_it_is_read_in_every_width_case_and_dash(typed: str) -> None:
    assert tail_of(typed) == "23456789ab"


def test_letters_that_look_like_digits_are_those_digits() -> None:
    assert tail_of("OIL0-0000") == tail_of("0110-0000")


@pytest.mark.parametrize("typed", ["", "4D2P-F2D", "4D2P-F2DBX", "4D2P-F2DU", "控えの番号です", "../../etc"])
def test_what_is_none_is_told_as_that(typed: str) -> None:
    with pytest.raises(ProblemError) as refused:
        tail_of(typed)
    assert refused.value.type == "unknown-reference"
