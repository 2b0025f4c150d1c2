"""The numbers that Prometheus collects about a process: work done by itself, sign-ins, the event loop. Names stay stable.

Labels hold words of our own only: nothing about a person, a login or a partner's answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from gateway.errors import ProblemError

PART_LAST_SUCCESS: Final = Gauge(
    "point_gateway_part_last_success_timestamp_seconds",
    "When a part of the work that is done by itself last came to its end, seconds since 1970.",
    ("work", "part"),
)
PART_FAILURES: Final = Counter(
    "point_gateway_part_failures", "Tries of a part that failed; it is tried again.", ("work", "part")
)
SIGN_INS: Final = Counter(
    "point_gateway_sign_ins",
    "Sign-ins of members and staff by how they ended: right, wrong, locked.",
    ("who", "outcome"),
)
MAILS: Final = Counter(
    "point_gateway_mails",
    "Mails to members by how they ended: sent, deferred, given up, bounced, refused, unknown, dropped.",
    ("outcome",),
)
LOOP_LAG: Final = Histogram(
    "point_gateway_event_loop_lag_seconds",
    "How late the event loop is when it is asked to come back after a moment.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)
LAG_INTERVAL_S: Final = 1.0


@contextmanager
def sign_in_counted(who: str, on_locked: Callable[[], None]) -> Iterator[None]:
    """Count a refusal at sign-in as locked and call `on_locked`; whoever gets further counts the outcome."""
    try:
        yield
    except ProblemError as refused:
        if refused.type == "sign-in-locked":
            SIGN_INS.labels(who, "locked").inc()
            on_locked()
        raise


async def measure_loop_lag() -> None:
    """Ask to be woken and see how late it is, for ever."""
    while True:
        due = time.perf_counter() + LAG_INTERVAL_S
        await asyncio.sleep(LAG_INTERVAL_S)
        LOOP_LAG.observe(max(0.0, time.perf_counter() - due))
