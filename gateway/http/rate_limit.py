"""How many requests one client program or one address may send, and what it is told beyond that."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from gateway.errors import ProblemError
from httpkit.token_buckets import RateLimit, TokenBuckets

MAX_NAMES: Final = 50_000


class RequestLimit:
    """`limit` for each name. `ticks` gives seconds that only grow; `time.monotonic` in service."""

    def __init__(self, limit: RateLimit, ticks: Callable[[], float]) -> None:
        self._buckets = TokenBuckets(limit, most=MAX_NAMES)
        self._ticks = ticks

    def consume(self, name: str) -> None:
        """Count one request. Raises the refusal `too-many-requests` with the whole seconds to wait."""
        if wait_s := self._buckets.consume(name, self._ticks()):
            raise ProblemError("too-many-requests", retry_after_s=max(1, math.ceil(wait_s)))
