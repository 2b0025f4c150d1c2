"""The states of an exchange: the table is whole, and points cannot be stuck by it."""

from __future__ import annotations

from gateway.exchanges.states import BEFORE_SENDING, ENDED, HELD, LEGAL, State


def test_every_state_has_its_moves() -> None:
    assert set(LEGAL) == set(State)


def test_a_hold_stands_only_between_sending_and_the_end() -> None:
    assert not HELD & ENDED
    assert not HELD & BEFORE_SENDING
    assert set(State) == HELD | ENDED | BEFORE_SENDING


def test_from_every_state_an_end_can_be_reached() -> None:
    reaches = set(ENDED)
    while more := {state for state in State if state not in reaches and LEGAL[state] & reaches}:
        reaches |= more
    assert reaches == set(State)


def test_what_has_ended_moves_no_more() -> None:
    assert not any(new in LEGAL[old] for old in ENDED for new in State)


def test_nothing_is_sent_twice() -> None:
    assert [old for old in State if State.SENDING in LEGAL[old]] == [State.QUOTED]
    assert not any(new in LEGAL[old] for old in HELD for new in BEFORE_SENDING)
