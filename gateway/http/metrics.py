"""What the HTTP side counts: requests, seconds and refusals, by route and never by anything a caller wrote."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HttpMetrics:
    """Metrics of one application in `registry`. `route` is the template, or `none` where no route fits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests = Counter(
            "point_gateway_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "point_gateway_http_seconds",
            "Seconds to an answer.",
            ["route"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        # Finding a metric by its labels costs more than counting on it; there are as many as routes and answers.
        self._requests_of = lru_cache(maxsize=1024)(self._requests.labels)
        self._seconds_of = lru_cache(maxsize=1024)(self._seconds.labels)
        self._problems = Counter(
            "point_gateway_http_problems", "Problems answered, by their word.", ["word"], registry=registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests_of(method, route, str(status)).inc()
        self._seconds_of(route).observe(seconds)

    def problem(self, word: str) -> None:
        self._problems.labels(word).inc()
