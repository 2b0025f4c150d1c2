"""What people type into forms, read kindly: full-width digits and commas are numbers too; what is no number is None."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from municipal.trouble import Trouble
from municipal.visits import Visit
from pagekit.api import Problem

_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_PAGES_OF_THEIR_OWN: Final = frozenset(
    {"session-ended", "session-missing", "second-factor-missing", "password-to-change", "role-not-allowed"}
)


def number(text: str) -> int | None:
    """`１，０００` is 1000."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    return int(plain) if _NUMBER.fullmatch(plain) else None


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def beside(visit: Visit, problem: Problem) -> Trouble:
    """What to say beside a form. Faults, ended sessions and roles are pages of their own: they are raised."""
    gone = problem.word.startswith("unknown-") and problem.word != "unknown-member"
    if problem.status >= 500 or gone or problem.word in _PAGES_OF_THEIR_OWN:
        raise problem
    return visit.trouble(problem)


def status(trouble: Trouble | None) -> int:
    return trouble.status if trouble else 200
