"""Token buckets: how often each of many names (a client program, an address) may do something. In memory, for this process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`burst` times at once, then `per_second` times."""

    per_second: float
    burst: int


class TokenBuckets:
    """One bucket per name, the longest unused forgotten when there are more than `most`."""

    def __init__(self, limit: RateLimit, *, most: int) -> None:
        self._limit = limit
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def consume(self, name: str, now_s: float) -> float:
        """Take a token out of the bucket at `now_s` (seconds that only grow); give the seconds to wait, 0 where one was there."""
        left, at = self._buckets.pop(name, (float(self._limit.burst), now_s))
        left = min(float(self._limit.burst), left + (now_s - at) * self._limit.per_second)
        wait_s = 0.0 if left >= 1.0 else (1.0 - left) / self._limit.per_second
        self._buckets[name] = (left if wait_s else left - 1.0, now_s)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        return len(self._buckets)

    def __contains__(self, name: str) -> bool:
        return name in self._buckets
