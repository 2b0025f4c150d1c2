"""Legal moves of a state machine: each machine has a table, and the write of a state goes by it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

StateT = TypeVar("StateT", bound=StrEnum)

LegalMoves = Mapping[StateT, frozenset[StateT]]
"""State to the states that may follow it; none for one that is an end."""


def require_legal(moves: LegalMoves[StateT], old: StateT, new: StateT) -> None:
    """Raise ValueError for a move that the table does not have: a fault of ours, and nothing is written."""
    if new not in moves[old]:
        raise ValueError(f"{type(old).__name__}: {old.value} does not become {new.value}")
