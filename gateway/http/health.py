"""Is the process alive, is the database answering, how are the partners; and the numbers for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from pydantic import BaseModel

from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse

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


@dataclass(slots=True, kw_only=True)
class HealthChecks:
    """Where health is asked. `ready` raises when the database does not answer; `partners` must be quick.

    `is_draining` is set when the process is told to stop: it finishes what it has and wants nothing new.
    """

    ready: Callable[[], Awaitable[object]]
    partners: Callable[[], Awaitable[Sequence[PartnerHealth]]]
    registry: CollectorRegistry
    ready_deadline_s: float = 2.0
    is_restored: Callable[[], bool] = bool
    is_draining: bool = False

    async def require_ready(self) -> Ready:
        """Raise ProblemError `not-ready` unless requests can be served."""
        if self.is_draining:
            raise ProblemError("not-ready")
        try:
            async with asyncio.timeout(self.ready_deadline_s):
                await self.ready()
        except Exception as error:  # whatever it is, the answer is "not ready"
            _log.warning("health.not_ready", error=type(error).__name__)
            raise ProblemError("not-ready") from error
        return Ready(status="restored" if self.is_restored() else "ready")


def health_api(checks: HealthChecks) -> Api:
    """The public routes /health/live and /health/ready: one word each, for whoever balances the load."""
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
        return TypedResponse(200, await checks.require_ready())

    return api


def admin_app(checks: HealthChecks) -> web.Application:
    """What a process tells its operator, on a port of its own: health, partners and the numbers for Prometheus."""

    async def live(_request: web.Request) -> web.Response:
        return _json(Alive())

    async def ready(_request: web.Request) -> web.Response:
        try:
            return _json(await checks.require_ready())
        except ProblemError:
            status = "draining" if checks.is_draining else "not-ready"
            return web.json_response({"status": status}, status=503)

    async def partners(_request: web.Request) -> web.Response:
        return _json(PartnersHealth(partners=list(await checks.partners())))

    async def metrics(_request: web.Request) -> web.Response:
        text = await asyncio.to_thread(generate_latest, checks.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    app = web.Application()
    app.add_routes(
        [
            web.get("/health/live", live),
            web.get("/health/ready", ready),
            web.get("/health/partners", partners),
            web.get("/metrics", metrics),
        ]
    )
    return app


def _json(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")
