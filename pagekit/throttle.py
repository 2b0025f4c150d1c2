"""How often one address may try to sign in or send a code: the gateway sees everybody at the site's address."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

BURST: Final = 20
PER_SECOND: Final = 0.2
"""A library's terminals share one address: twenty at once, then one every five seconds."""


class LoginThrottle:
    """A bucket for each address, in memory; the longest unused are forgotten beyond `most`."""

    def __init__(self, *, burst: int = BURST, per_second: float = PER_SECOND, most: int = 20_000) -> None:
        self._burst, self._per_second, self._most = burst, per_second, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now_s: float) -> bool:
        """Count one try at `now_s` (seconds that only grow). False when there were too many."""
        left, at = self._left.pop(address, (float(self._burst), now_s))
        left = min(float(self._burst), left + (now_s - at) * self._per_second)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now_s)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return allowed
