"""What a site counts for Prometheus: pages by route, and calls to the gateway by what became of them. Nobody by name.

Told at the operators' port alone (`admin` of the settings), together with the site's health.
"""

from __future__ import annotations

import asyncio
from importlib import metadata
from typing import Final

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from pagekit.gateway_check import READY, GatewayCheck

BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 40.0)


class SiteMetrics:
    """The numbers of one site's process. `route` is the page's address as it was declared, or `none`."""

    def __init__(self, site: str) -> None:
        self.registry = CollectorRegistry()
        build = Gauge("point_site_build", "The release.", ["site", "version"], registry=self.registry)
        build.labels(site, metadata.version("point-gateway")).set(1)
        self._requests = Counter(
            "point_site_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "point_site_http_seconds",
            "Seconds to an answer.",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._calls = Counter(
            "point_site_gateway_calls",
            "Calls to the gateway: answered, the word of a refusal, or unreachable.",
            ["outcome"],
            registry=self.registry,
        )
        self._call_seconds = Histogram(
            "point_site_gateway_call_seconds",
            "Seconds that calls to the gateway took.",
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._ready = Gauge(
            "point_site_gateway_ready", "1 while the gateway takes the site's calls.", registry=self.registry
        )
        ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def called(self, outcome: str, seconds: float) -> None:
        self._calls.labels(outcome).inc()
        self._call_seconds.observe(seconds)

    def operators_app(self, check: GatewayCheck) -> web.Application:
        """Health and numbers, for a port of its own."""

        async def live(_request: web.Request) -> web.StreamResponse:
            return web.json_response({"status": "up"})

        async def numbers(_request: web.Request) -> web.StreamResponse:
            self._ready.set(await check.state() == READY)
            text = await asyncio.to_thread(generate_latest, self.registry)
            return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

        app = web.Application()
        app.router.add_get("/health/live", live)
        app.router.add_get("/health/ready", check.health)
        app.router.add_get("/metrics", numbers)
        return app
