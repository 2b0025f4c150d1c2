"""Every state that is stored has its table of legal moves, and a move that is not in it is refused."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from enum import StrEnum

import pytest

import gateway
from gateway.platform.states import MEMBER_MOVES, STAFF_MOVES, MemberState, StaffState
from gateway.platform.transitions import require_legal

NOT_STORED = {"AnnouncementState", "BreakerState", "MailState"}
"""A breaker lives in its process; an address and an announcement are as their rows' moments say."""
SUBJECTS = ("cities", "exchanges", "members", "partners", "platform", "points", "webhooks")


def _modules() -> list[object]:
    names = [
        module.name
        for subject in SUBJECTS
        for module in pkgutil.walk_packages([f"{gateway.__path__[0]}/{subject}"], f"gateway.{subject}.")
    ]
    return [importlib.import_module(name) for name in names]


def test_every_stored_state_has_a_table_that_names_all_of_its_states() -> None:
    values = [value for module in _modules() for value in vars(module).values()]
    states = {
        value
        for value in values
        if isinstance(value, type) and issubclass(value, StrEnum) and value.__name__.endswith("State")
    }
    tables = [value for value in values if isinstance(value, Mapping) and value]
    assert len(states) >= 8
    without = {
        state.__name__
        for state in states
        if not any(set(table) == set(state) and all(type(key) is state for key in table) for table in tables)
    }
    assert without == NOT_STORED


def test_a_move_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="MemberState: revoked does not become active"):
        require_legal(MEMBER_MOVES, MemberState.REVOKED, MemberState.ACTIVE)
    with pytest.raises(ValueError, match="StaffState: active does not become active"):
        require_legal(STAFF_MOVES, StaffState.ACTIVE, StaffState.ACTIVE)
