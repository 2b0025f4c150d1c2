"""What people type into forms, read kindly: full-width digits and commas are numbers too; what is no number is None."""

from __future__ import annotations

from datetime import date
from typing import Final

from municipal.error_messages import ErrorMessage
from municipal.site import Visit
from pagekit.api import Problem
from pagekit.typed_text import number

__all__ = ["beside", "day", "number", "status"]

_PAGES_OF_THEIR_OWN: Final = frozenset(
    {"session-ended", "session-missing", "second-factor-missing", "password-to-change", "role-not-allowed"}
)


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def beside(visit: Visit, problem: Problem) -> ErrorMessage:
    """What to say beside a form. Faults, ended sessions and roles are pages of their own: they are raised."""
    gone = problem.word.startswith("unknown-") and problem.word != "unknown-member"
    if problem.status >= 500 or gone or problem.word in _PAGES_OF_THEIR_OWN:
        raise problem
    return visit.trouble(problem)


def status(trouble: ErrorMessage | None) -> int:
    return trouble.status if trouble else 200
