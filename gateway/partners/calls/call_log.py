"""What happened during one call of one hook: which requests left this machine, and how each ended.

`Partner` opens a scope around every hook call; the HTTP client given to the plugin writes into it. From it
follows the one thing that `NotSent` may be based on (did anything leave?), and the story of an exchange that
an operator can read later. Nothing here holds a body, a header or a query value.

Use cases collect the story with `recording()`:

    with recording() as calls:
        await partner.debit(order)
    # calls is now a list of CallRecord
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import unquote


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
    requests: list[RequestRecord] = field(default_factory=list)
    closed: bool = False
    _left: int = 0

    @property
    def may_have_left(self) -> bool:
        """True as soon as one request was handed to the network without proof that it stayed here."""
        return self._left > 0

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
        if not self.secrets:
            return text
        any_secret = re.compile("|".join(map(re.escape, sorted(self.secrets, key=len, reverse=True))))
        plain = unquote(text)
        return any_secret.sub("***", plain if any_secret.search(plain) else text)


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
    """Add to the list that `recording` gave out, if anybody asked for one."""
    if (calls := _calls.get()) is not None:
        calls.append(call)
