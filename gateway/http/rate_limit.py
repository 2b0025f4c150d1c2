"""Token buckets: how many requests one client program or one address may send. In memory, for this process."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import ProblemError


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`burst` requests at once, then `per_second` of them."""

    per_second: float
    burst: int


class TokenBuckets:
    """One bucket per name, forgotten when full again, or when there are more than `most` (the longest unused).

    `ticks` gives seconds that only grow; `time.monotonic` in service.
    """

    def __init__(self, share: RateLimit, ticks: Callable[[], float], *, most: int = 50_000) -> None:
        self._share = share
        self._ticks = ticks
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def consume(self, name: str) -> None:
        """Take one request out of the bucket. Raises the refusal `too-many-requests` with the seconds to wait."""
        now = self._ticks()
        left, at = self._buckets.pop(name, (float(self._share.burst), now))
        left = min(float(self._share.burst), left + (now - at) * self._share.per_second)
        if left < 1.0:
            self._buckets[name] = (left, now)
            wait_s = math.ceil((1.0 - left) / self._share.per_second)
            raise ProblemError("too-many-requests", retry_after_s=max(1, wait_s))
        self._buckets[name] = (left - 1.0, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def __len__(self) -> int:
        return len(self._buckets)
