"""Every state machine's table of legal moves is whole, lets nobody get stuck, and is what the rows go by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cities.grants import grant_files
from gateway.exchanges import reversal_rows, states
from gateway.platform.transitions import require_legal
from gateway.points import support_events

MACHINES: dict[str, tuple[Any, Any, Any]] = {
    "exchange": (states.State, states.LEGAL, states.State.AWAITING_RETURN),
    "reversal": (reversal_rows.ReversalState, reversal_rows.LEGAL, reversal_rows.ReversalState.SENDING),
    "event": (support_events.EventState, support_events.LEGAL, support_events.EventState.PLANNED),
    "grant file": (grant_files.FileState, grant_files.LEGAL, grant_files.FileState.CHECKING),
}


@pytest.mark.parametrize("machine", MACHINES)
class TestATable:
    def test_has_every_state(self, machine):
        every, moves, _ = MACHINES[machine]
        assert set(moves) == set(every)
        assert set().union(*moves.values()) <= set(every)

    def test_leads_from_everywhere_to_an_end(self, machine):
        _, moves, _ = MACHINES[machine]
        reaches = {state for state, following in moves.items() if not following}
        assert reaches
        while more := {state for state in moves if state not in reaches and moves[state] & reaches}:
            reaches |= more
        assert reaches == set(moves)

    @given(data=st.data())
    def test_is_kept_by_every_walk(self, machine, data):
        """Any sequence of wishes: what the table refuses changes nothing, and an end is never left."""
        every, moves, state = MACHINES[machine]
        seen = [state]
        for wished in data.draw(st.lists(st.sampled_from(list(every)), max_size=12)):
            if wished in moves[state]:
                require_legal(moves, state, wished)
                state = wished
            else:
                with pytest.raises(ValueError, match=f"{state.value} does not become {wished.value}"):
                    require_legal(moves, state, wished)
            seen.append(state)
        ends = [place for place, each in enumerate(seen) if not moves[each]]
        assert all(each is seen[ends[0]] for each in seen[ends[0] :]) if ends else True


def test_nothing_is_sent_twice():
    sending = reversal_rows.ReversalState.SENDING
    assert not any(sending in moves for moves in reversal_rows.LEGAL.values())


def test_points_that_are_set_aside_are_applied_and_not_taken_back():
    assert grant_files.LEGAL[grant_files.FileState.APPROVED] == {grant_files.FileState.APPLIED}
    before = {old for old, moves in grant_files.LEGAL.items() if grant_files.FileState.APPROVED in moves}
    assert before == {grant_files.FileState.CHECKED}
