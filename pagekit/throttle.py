"""How often one address may try to sign in or send a code: the gateway sees everybody at the site's address."""

from __future__ import annotations

from typing import Final

from httpkit.token_buckets import RateLimit, TokenBuckets

BURST: Final = 20
PER_SECOND: Final = 0.2
"""A library's terminals share one address: twenty at once, then one every five seconds."""
MAX_ADDRESSES: Final = 20_000


class LoginThrottle:
    """A bucket for each address."""

    def __init__(self, *, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._buckets = TokenBuckets(RateLimit(per_second=per_second, burst=burst), most=MAX_ADDRESSES)

    def allows(self, address: str, now_s: float) -> bool:
        """Count one try at `now_s` (seconds that only grow). False when there were too many."""
        return not self._buckets.consume(address, now_s)
