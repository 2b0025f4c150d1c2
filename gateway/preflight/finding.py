"""One line of a check: what was looked at, how it stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import GatewayError


class State(StrEnum):
    """`REFUSED`: the gateway does not start so. `WARNING`: it does, and somebody should know."""

    OK = "ok"
    WARNING = "warning"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable word for programs, `sentence` is for people; what is not ok ends with its remedy."""

    check: str
    state: State
    sentence: str


class CheckFailed(GatewayError):
    """The gateway cannot work as it is set up; one sentence a line."""


def ok(check: str, sentence: str) -> Finding:
    return Finding(check, State.OK, sentence)


def warning(check: str, sentence: str) -> Finding:
    return Finding(check, State.WARNING, sentence)


def refused(check: str, sentence: str) -> Finding:
    return Finding(check, State.REFUSED, sentence)


def require_none_refused(findings: Iterable[Finding]) -> None:
    """Raise CheckFailed with every sentence that keeps the gateway from starting."""
    sentences = [finding.sentence for finding in findings if finding.state is State.REFUSED]
    if sentences:
        raise CheckFailed("\n".join(sentences))
