"""Notices that one source is refused again and again: guessed passwords, a wrong key, a program that tries tokens."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.platform.security_log import SecurityEvent, log_security
from httpkit.client_address import bucket_of

WINDOW_S: Final = 300.0
MANY: Final = 20
MAX_SOURCES: Final = 10_000


class RefusalWatch:
    """Counts answers with 401 by source; `MANY` within the window are a security event, and so is each tenfold of it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, source: str) -> None:
        """Count one of this address or network. The line is written with what is bound to the request."""
        bucket, now = bucket_of(source), self._monotonic()
        since, count = self._counts.pop(bucket, (now, 0))
        if now - since > WINDOW_S:
            since, count = now, 0
        count += 1
        self._counts[bucket] = (since, count)
        if len(self._counts) > MAX_SOURCES:
            self._counts.popitem(last=False)
        if _is_worth_a_line(count):
            log_security(SecurityEvent.MANY_REFUSED, number=count, within_s=round(now - since))


def _is_worth_a_line(count: int) -> bool:
    while count > MANY and count % 10 == 0:
        count //= 10
    return count == MANY
