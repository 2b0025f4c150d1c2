"""Is the process alive, is the database answering, how are the partners; and the numbers for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Literal

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from pydantic import BaseModel

from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse

Network = IPv4Network | IPv6Network

LOOPBACK: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

_log = structlog.get_logger("gateway.http")


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """`restored`: reads are served, nothing is confirmed, until what the database has forgotten is back."""

    status: Literal["ready", "restored"] = "ready"


class PartnerHealth(BaseModel):
    """How one partner was when it was last asked. `down` means that it is left alone for a while."""

    partner_id: str
    status: Literal["up", "down", "unknown"]
    checked_at: datetime | None = None


class PartnersHealth(BaseModel):
    partners: list[PartnerHealth]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChecks:
    """Where health is asked. `ready` raises when the database does not answer; `partners` must be quick.

    `metrics_networks` are the networks that may read /metrics; for all others there is no such address. A
    request that came through a proxy is never counted as near.
    """

    ready: Callable[[], Awaitable[object]]
    partners: Callable[[], Awaitable[Sequence[PartnerHealth]]]
    registry: CollectorRegistry
    metrics_networks: tuple[Network, ...] = LOOPBACK
    ready_deadline_s: float = 2.0
    is_restored: Callable[[], bool] = bool


def health_api(checks: HealthChecks) -> Api:
    """The routes /health/live, /health/ready, /health/partners and /metrics."""
    api = Api()

    @api.get("/health/live", tag="health", caller=AuthLevel.PUBLIC, returns={200: Alive})
    async def live(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Tell whether the process is running."""
        return TypedResponse(200, Alive())

    @api.get(
        "/health/ready", tag="health", caller=AuthLevel.PUBLIC, returns={200: Ready}, refuses=("not-ready",)
    )
    async def ready(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Tell whether the database answers, so that requests can be served."""
        try:
            async with asyncio.timeout(checks.ready_deadline_s):
                await checks.ready()
        except Exception as error:  # whatever it is, the answer is "not ready"
            _log.warning("health.not_ready", error=type(error).__name__)
            raise ProblemError("not-ready") from error
        return TypedResponse(200, Ready(status="restored" if checks.is_restored() else "ready"))

    @api.get("/health/partners", tag="health", caller=AuthLevel.PUBLIC, returns={200: PartnersHealth})
    async def partners(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Tell which partners can be asked at the moment."""
        return TypedResponse(200, PartnersHealth(partners=list(await checks.partners())))

    @api.get(
        "/metrics",
        tag="health",
        caller=AuthLevel.PUBLIC,
        returns={200: "text/plain"},
        refuses=("path-unknown",),
    )
    async def metrics(call: TypedRequest) -> TypedResponse:
        """Give the numbers that Prometheus collects.

        Answered only to the operator's own networks.
        """
        if not _is_near(call.request, checks.metrics_networks):
            raise ProblemError("path-unknown")
        text = await asyncio.to_thread(generate_latest, checks.registry)
        return TypedResponse(200, Content(text, CONTENT_TYPE_PLAIN_0_0_4))

    return api


def _is_near(request: web.Request, networks: Sequence[Network]) -> bool:
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.remote or "")
    except ValueError:
        return False
    return any(address in network for network in networks)
