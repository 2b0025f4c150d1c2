"""Last writer does not win in silence: a form says which version of a row it was drawn from.

A version is a short hash of what the row said. Where somebody else has changed the row since, the change is refused and
both see what it says now.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from gateway.errors import ProblemError

_DIGITS: Final = 16


def version_of(*values: object) -> str:
    """The version of a row that says these values."""
    text = json.dumps([str(value) for value in values], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def require_seen(seen: str | None, version: str) -> None:
    """Raise ProblemError `changed-meanwhile` (409) where a form was drawn from another version. None was drawn from none."""
    if seen is not None and seen != version:
        raise ProblemError(
            "changed-meanwhile",
            "Somebody else has changed it since your page was drawn; nothing of yours was saved. Compare and send it again.",
            version=version,
        )
