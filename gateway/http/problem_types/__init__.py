"""Every problem the API can answer with, written once: word, HTTP status, title and remedy in two languages.

A word is public and never changes its meaning; programs branch on it. To add one, add a line to the file of its
subject; a use case then raises `ProblemError(word, …)` and the route that calls it lists the word in `refuses`.
`GET /v1/problem-types` serves them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.http.problem_types.cards import CARDS
from gateway.http.problem_types.cities import CITIES
from gateway.http.problem_types.exchanges import EXCHANGES
from gateway.http.problem_types.members import MEMBERS
from gateway.http.problem_types.phones import PHONES
from gateway.http.problem_types.points import POINTS
from gateway.http.problem_types.problem_type import ProblemType
from gateway.http.problem_types.protocol import PROTOCOL

__all__ = ["ALL_PROBLEM_TYPES", "CARDS", "PROBLEM_TYPES", "PROTOCOL", "ProblemType"]

ALL_PROBLEM_TYPES: Final = (*PROTOCOL, *EXCHANGES, *POINTS, *MEMBERS, *CARDS, *PHONES, *CITIES)

PROBLEM_TYPES: Final[Mapping[str, ProblemType]] = {
    problem_type.word: problem_type for problem_type in ALL_PROBLEM_TYPES
}
"""By word. Each word is written once; a test holds this."""
