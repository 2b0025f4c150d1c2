"""The form of a problem type (RFC 9457): its word, its status, and what to do about it in two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`word` is the last part of the `type` URI. A remedy says what to do next, to programmers and on pages alike.

    A remedy names a fact of the document in backticks: `until`.
    """

    word: str
    status: int
    title: str
    title_ja: str
    remedy: str
    remedy_ja: str
