"""A PIN is checked before it can cost a try, and never shows itself."""

import copy
import pickle
import traceback

import pytest

from card.errors import PinMalformed
from card.pin import Pin


def test_four_digits_are_a_pin():
    assert Pin.parse("0123").reveal() == b"0123"


@pytest.mark.parametrize("typed", ["１２３４", "1２3４", " 1234\n", "①②③④"])
def test_what_an_input_method_makes_of_four_digits_is_the_same_pin(typed):
    assert Pin.parse(typed).reveal() == b"1234"


@pytest.mark.parametrize(
    "typed", ["", "123", "12345", "12a4", "١٢٣٤", "12 34", "1234\x00", "一二三四", "-123"]
)
def test_what_is_not_four_digits_is_refused_before_the_card_sees_it(typed):
    with pytest.raises(PinMalformed):
        Pin.parse(typed)


def test_a_pin_never_shows_itself():
    pin = Pin.parse("4649")
    shown = f"{pin} {pin!r} {pin!s} {pin:>20} {[pin]}"
    assert "4649" not in shown
    assert "****" in shown


def test_a_malformed_pin_is_not_in_the_error_or_its_traceback():
    try:
        Pin.parse("46495")
    except PinMalformed as refused:
        text = "".join(traceback.format_exception(refused))
        assert "46495" not in text.replace('Pin.parse("46495")', "")


def test_a_pin_is_not_pickled_or_copied():
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(Pin.parse("4649"))


def test_a_wiped_pin_is_not_sent_as_zeros():
    pin = Pin.parse("4649")
    with pin:
        kept = pin._digits
        pin.reveal()
    assert bytes(kept) == b""
    with pytest.raises(ValueError, match="wiped"):
        pin.reveal()
