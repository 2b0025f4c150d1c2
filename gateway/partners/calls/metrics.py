"""The numbers that Prometheus collects about partners; names and labels here are kept stable for dashboards.

Labels hold ids and words of our own only: nothing about a member, an exchange or a partner's answer.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

PARTNER_CALLS: Final = Counter(
    "point_gateway_partner_calls",
    "Calls of a partner's hooks by how they ended.",
    ("partner", "hook", "outcome"),
)
PARTNER_CALL_SECONDS: Final = Histogram(
    "point_gateway_partner_call_seconds",
    "How long a call of a partner's hook took, in seconds.",
    ("partner", "hook"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
PARTNER_CALLS_IN_FLIGHT: Final = Gauge(
    "point_gateway_partner_calls_in_flight",
    "Calls of a partner's hooks that have not ended.",
    ("partner",),
)
PARTNER_BREAKER_OPEN: Final = Gauge(
    "point_gateway_partner_breaker_open",
    "1 while the circuit breaker holds back calls to this partner, else 0.",
    ("partner",),
)
EXCHANGES_WAITING: Final = Gauge(
    "point_gateway_exchanges_waiting",
    "Exchanges of all members whose outcome is not known, by state; `needs_a_person` waits for an operator.",
    ("partner", "state"),
)
EXCHANGES_OLDEST_WAITING: Final = Gauge(
    "point_gateway_exchanges_oldest_waiting_seconds",
    "Seconds since the debit of the longest waiting exchange was sent, 0 where none waits.",
    ("partner", "state"),
)
