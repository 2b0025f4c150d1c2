"""What happened during one call of one hook: which requests left this machine, and how each ended.

`Partner` opens a scope around every hook call; the HTTP client given to the plugin writes into it. From it
follows the one thing that `NotSent` may be based on (did anything leave?), and the story of an exchange that
an operator can read later. Nothing here holds a body, a header or a query value.

Use cases collect the story with `record_calls()`:

    with record_calls() as calls:
        await partner.debit(order)
    # calls is now a list of CallRecord
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One HTTP request, told without its content. `url` has the names of its query parameters, no values.

    Exactly one of `status` and `error` (a stable word such as `connect_refused`) is there.
    """

    method: str
    url: str
    ms: int
    status: int | None = None
    error: str | None = None

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in self.__slots__}

    def in_words(self) -> str:
        """As the log has it: `POST https://partner.example/balances 200 12 ms`."""
        return f"{self.method} {self.url} {self.error or self.status} {self.ms} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One hook call: `outcome` is the word in logs and metrics (`debited`, `unavailable`, …)."""

    partner: str
    hook: str
    outcome: str
    ms: int
    text: str = ""
    requests: tuple[RequestRecord, ...] = ()

    def plain(self) -> dict[str, object]:
        """As JSON has it, for the story of an exchange."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"requests": [request.plain() for request in self.requests]}


@dataclass(slots=True)
class CallScope:
    """Open while a hook call runs. Tasks that the plugin starts share it, as context variables do."""

    partner: str
    hook: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    members: set[str] = field(default_factory=set, repr=False)
    """The partner's names for the members whom the call is about: logs have none of them."""

    requests: list[RequestRecord] = field(default_factory=list)
    closed: bool = False
    _left: int = 0

    @property
    def may_have_left(self) -> bool:
        """True as soon as one request was handed to the network without proof that it stayed here."""
        return self._left > 0

    @property
    def is_a_request_unclear(self) -> bool:
        """True where a request ended without an answer or with a fault of the partner's, or has not ended."""
        return self._left > len(self.requests) or any(
            request.status is None or request.status >= 500 for request in self.requests
        )

    def request_leaves(self) -> None:
        self._left += 1

    def request_stayed(self) -> None:
        """Takes back one `request_leaves`: it is proven that this one never left."""
        self._left -= 1

    def scrubbed(self, text: str) -> str:
        """`text` without the secrets of this call: a coupon code can be part of a path.

        All at once and not one after the other: some are what a stranger put into a return address, and stars for
        stars, again and again, would fill the memory.
        """
        plain = unquote(text)
        if not any(secret in text or secret in plain for secret in self.secrets):
            return text  # mostly so; a pattern of its own for each member's token takes far longer to make
        any_secret = re.compile("|".join(map(re.escape, sorted(self.secrets, key=len, reverse=True))))
        return any_secret.sub("***", plain if any_secret.search(plain) else text)

    def without_members(self, text: str) -> str:
        """`text` without the partner's names for members, where they stand alone: `id-1` is no part of `id-12`."""
        if not (names := self.members - {""}):
            return text
        names |= {quote(name, safe="") for name in names}
        if _surely_without(text, names):
            return text
        longest_first = sorted(map(re.escape, names), key=len, reverse=True)
        return re.sub(
            rf"(?<![^\W_])(?:{'|'.join(longest_first)})(?![^\W_])", "***", text, flags=re.IGNORECASE
        )

    def request_records(self) -> tuple[RequestRecord, ...]:
        """Its requests as they may be told; who the call was about may have turned out at its end."""
        return tuple(
            replace(
                request, url=_head(request.url) + self.without_members(request.url[len(_head(request.url)) :])
            )
            for request in self.requests
        )


def _surely_without(text: str, names: AbstractSet[str]) -> bool:
    """Whether no pattern, which each member's name needs a new one of, has to look: in ASCII case is a matter of letters alone."""
    if not text.isascii() or not all(map(str.isascii, names)):
        return False
    lower = text.lower()
    return not any(name.lower() in lower for name in names)


def _head(url: str) -> str:
    """`https://host`, which names nobody."""
    end = url.find("/", url.find("//") + 2)
    return url[:end] if end > 0 else url


_scope: ContextVar[CallScope | None] = ContextVar("gateway_call_scope", default=None)
_calls: ContextVar[list[CallRecord] | None] = ContextVar("gateway_call_records", default=None)


def current_scope() -> CallScope | None:
    return _scope.get()


@contextmanager
def call_scope(scope: CallScope) -> Iterator[CallScope]:
    """Make `scope` the current one, for this task and those started from it. The opener closes it."""
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def record_calls() -> Iterator[list[CallRecord]]:
    """Collect every hook call made inside the block, those that end in an error included."""
    calls: list[CallRecord] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)


def record(call: CallRecord) -> None:
    """Add to the list that `record_calls` gave out, if anybody asked for one."""
    if (calls := _calls.get()) is not None:
        calls.append(call)
