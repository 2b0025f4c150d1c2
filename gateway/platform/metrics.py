"""The numbers that Prometheus collects about a process: work done by itself, sign-ins, the event loop. Names stay stable.

Labels hold words of our own only: nothing about a person, a login or a partner's answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram

from core_ledger import Record
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
EXCHANGES: Final = Counter(
    "point_gateway_exchanges", "Exchanges by the state that they came into.", ("partner", "state")
)
POINTS: Final = Counter("point_gateway_points", "Points that were moved, by the kind of the move.", ("kind",))
RESTORED: Final = Gauge(
    "point_gateway_restored", "1 while the database lacks what it had and nothing is confirmed, else 0."
)
LOOP_LAG: Final = Histogram(
    "point_gateway_event_loop_lag_seconds",
    "How late the event loop is when it is asked to come back after a moment.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)
LAG_INTERVAL_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class ExchangeMoved:
    """A note of a transaction: an exchange came into a state."""

    partner_id: str
    state: str


def count_committed(notes: Sequence[Any]) -> None:
    """Count what a transaction has done to exchanges and points, once it is committed. A hold moves nothing yet."""
    for note in notes:
        if isinstance(note, ExchangeMoved):
            EXCHANGES.labels(note.partner_id, note.state).inc()
        elif isinstance(note, Record) and note.action in ("transfer", "post"):
            POINTS.labels(note.kind).inc(note.points)


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
