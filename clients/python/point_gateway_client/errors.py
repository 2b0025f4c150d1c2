"""What can go wrong with a call, as classes.

    GatewayError
    ├── WrongKey            the key file is of no use; nothing was sent
    ├── Unreachable         no answer
    │   └── ConnectionLost  the connection broke after it was made
    ├── UnexpectedAnswer    an answer that this version of the client cannot read
    └── Problem             the gateway refused (RFC 9457): one class per kind in `point_gateway_client.problems`
        ├── BadRequestProblem, UnauthorizedProblem, … by status
        └── and below each of them the kinds, such as `NotEnough` or `SignatureKeyUnknown`

Where `outcome_unknown` is true, the gateway may or may not have done what was asked. Send the same call again with
the same id: it is done once, and answered as the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

_UNKNOWN_WORDS: Final = frozenset({"internal-error", "commit-failed", "took-too-long"})


class GatewayError(Exception):
    """Every error of this package."""

    outcome_unknown: bool = False


class WrongKey(GatewayError, ValueError):
    """The private key cannot sign for a gateway; the text says what to give instead."""


class Unreachable(GatewayError):
    """The gateway did not answer: look at the thing itself, or send the call again with the same id."""

    outcome_unknown = True


class ConnectionLost(Unreachable):
    """The connection broke after it was made, so the request may have arrived."""


class UnexpectedAnswer(GatewayError):
    """Something that is no gateway answered, or one whose answers this version of the client does not know."""

    outcome_unknown = True


@dataclass(frozen=True, slots=True)
class InputError:
    """One thing that is wrong with the input: `place` is a JSON pointer (`#/units`) or a parameter's name."""

    place: str
    detail: str

    @property
    def field(self) -> str:
        """The outermost name of the place."""
        return self.place.removeprefix("#/").split("/")[0]


class Problem(GatewayError):
    """The gateway refused. `word` never changes; programs branch on it, or on the class.

    `title` and `remedy` are sentences for a person, in the language that was asked for; `detail` may be more exact than
    `remedy`. `facts` are the document's members, with the numbers and names that this kind adds. `request_id` finds the
    request in the gateway's log.
    """

    word: str = "unknown"
    kind_status: ClassVar[int] = 0

    def __init__(
        self,
        word: str,
        status: int,
        title: str = "",
        remedy: str = "",
        *,
        detail: str = "",
        request_id: str = "",
        facts: Mapping[str, Any] | None = None,
        errors: tuple[InputError, ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{word} ({status}): {title}. {remedy}" if title else f"{word} ({status})")
        self.word, self.status, self.title, self.remedy = word, status, title, remedy
        self.detail = detail or remedy
        self.request_id, self.retry_after_s = request_id, retry_after_s
        self.facts: Mapping[str, Any] = {} if facts is None else facts
        self.errors = errors
        self.outcome_unknown = word in _UNKNOWN_WORDS

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the inputs that were wrong."""
        return tuple(error.field for error in self.errors)


class BadRequestProblem(Problem):
    """400: the request cannot be read."""


class UnauthorizedProblem(Problem):
    """401: the signature, the session or a password does not count."""


class ForbiddenProblem(Problem):
    """403: whoever is signed in may not do this."""


class NotFoundProblem(Problem):
    """404: there is no such thing, or it is not for this person."""


class ConflictProblem(Problem):
    """409: it does not fit the state of things; nothing was done."""


class PayloadProblem(Problem):
    """413 and 415: a body that is too large or of the wrong kind."""


class InvalidInputProblem(Problem):
    """422: the input does not fit; `errors` names each place."""


class TooManyProblem(Problem):
    """429: wait `retry_after_s` seconds."""


class ServerProblem(Problem):
    """500: something broke at the gateway."""


class UnavailableProblem(Problem):
    """503: not at the moment; `retry_after_s` says how long to wait."""


BY_STATUS: Final[Mapping[int, type[Problem]]] = {
    400: BadRequestProblem,
    401: UnauthorizedProblem,
    403: ForbiddenProblem,
    404: NotFoundProblem,
    409: ConflictProblem,
    413: PayloadProblem,
    415: PayloadProblem,
    422: InvalidInputProblem,
    429: TooManyProblem,
    500: ServerProblem,
    503: UnavailableProblem,
}
