"""The aiohttp application: routes, the layer around them, and the work in the background."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry

import gateway
from core_ledger import Busy, CommitFailed, StoreClosed
from gateway.api import (
    announcements,
    cards,
    directory,
    events,
    exchanges,
    mail,
    member_notices,
    member_record,
    members,
    overview,
    partners,
    passkeys,
    phones,
    points,
    privacy_texts,
    problem_types,
    proofs,
    quotes,
    representations,
    restorations,
    start_exchange,
    step_up,
    webhooks,
)
from gateway.api.city import routes
from gateway.http.authentication import Authenticator
from gateway.http.client_keys import ClientKeys
from gateway.http.dispatch import BODY_LIMIT, SERVICES, Dispatcher
from gateway.http.docs_page import docs_api
from gateway.http.health import HealthChecks, PartnerHealth, health_api
from gateway.http.metrics import HttpMetrics
from gateway.http.middleware import ErrorBoundary
from gateway.http.nonces import StoredNonces
from gateway.http.rate_limit import RequestLimit
from gateway.http.routing import Api
from gateway.http.signatures import SignatureVerifier
from gateway.members import sessions
from gateway.numbers import StoreCollector
from gateway.partners.calls.breaker import BreakerState
from gateway.platform.encryption import Unreadable
from gateway.platform.metrics import measure_loop_lag
from gateway.platform.security_log import account_name
from gateway.readiness import Readiness
from gateway.services import Services, open_services
from gateway.settings import Settings
from httpkit.token_buckets import RateLimit

PER_CLIENT: Final = RateLimit(per_second=2_000, burst=4_000)
"""A portal serves a whole town."""

PER_ADDRESS: Final = RateLimit(per_second=2_000, burst=4_000)

_log = structlog.get_logger()


def whole_api() -> Api:
    """All business routes, before a server exists: for the description of the API and for tests."""
    api = Api(
        title="point-gateway",
        version=gateway.__version__,
        description="Partner points become reserve points (留保ポイント) and municipal points (自治体ポイント).",
    )
    for part in (
        members,
        cards,
        phones,
        passkeys,
        proofs,
        step_up,
        representations,
        restorations,
        partners,
        start_exchange,
        quotes,
        exchanges,
        points,
        mail,
        member_notices,
        announcements,
        member_record,
        privacy_texts,
        overview,
        directory,
        events,
        problem_types,
        webhooks,
        routes,
    ):
        api.include(part.api)
    return api


HEALTH: Final = web.AppKey("health", HealthChecks)


async def make_app(services: Services, metrics: CollectorRegistry = REGISTRY) -> web.Application:
    """Put everything together around opened services. `app[HEALTH]` is what the operators' port answers from."""
    settings, store, clock = services.settings, services.store, services.clock
    api = whole_api()
    health = _health(services, metrics)
    api.include(health_api(health))
    api.include(docs_api(api))
    gate = Authenticator(
        SignatureVerifier(
            ClientKeys(store, clock),
            StoredNonces(store, clock, sessions.find_many),
            clock,
            public_url=settings.server.origin,
        ),
        services.members,
        services.city.staff.session,
    )
    app = web.Application(client_max_size=BODY_LIMIT)
    app[SERVICES] = services
    app[HEALTH] = health
    collector = StoreCollector(store)
    metrics.register(collector)

    async def unregister(_app: web.Application) -> None:
        metrics.unregister(collector)

    app.on_cleanup.append(unregister)
    Dispatcher(
        gate=gate,
        client_buckets=RequestLimit(PER_CLIENT, time.monotonic),
        is_restored=lambda: services.restored.is_on,
        name_account=partial(account_name, services.context.vault),
        traces=services.traces,
    ).add(app, api)
    ErrorBoundary(
        address_buckets=RequestLimit(PER_ADDRESS, time.monotonic),
        metrics=HttpMetrics(metrics),
        public_url=settings.server.origin,
        trusted_proxies=settings.server.trusted_proxies,
        failures={
            Busy: "busy",
            StoreClosed: "busy",
            CommitFailed: "commit-failed",
            Unreadable: "key-missing",
        },
        is_restored=lambda: services.restored.is_on,
        name_source=lru_cache(maxsize=4096)(services.source_names.name),
    ).install(app)
    app.cleanup_ctx.append(_background)
    return app


async def serving(settings: Settings) -> AsyncIterator[web.Application]:
    """The application with its services open; they close when the caller is done."""
    async with open_services(settings) as services:
        yield await make_app(services)


async def _background(app: web.Application) -> AsyncIterator[None]:
    services = app[SERVICES]
    assert isinstance(services, Services)
    loops = [
        asyncio.create_task(measure_loop_lag(), name="event loop lag"),
        asyncio.create_task(services.numbers.run(), name="numbers"),
        asyncio.create_task(services.settler.run(), name="settler"),
        asyncio.create_task(services.reversals.run(), name="reversals"),
        asyncio.create_task(services.controls.run(), name="controls"),
        asyncio.create_task(services.deliveries.run(), name="deliveries"),
        asyncio.create_task(services.restored.run(), name="restored mode"),
        asyncio.create_task(services.nightly.run(), name="nightly"),
        asyncio.create_task(services.city.nightly.run(lambda: services.restored.is_on), name="city nightly"),
    ]
    if services.journal_marks is not None:
        loops.append(asyncio.create_task(services.journal_marks.run(services.store), name="journal marks"))
    if services.mail is not None:
        loops.append(asyncio.create_task(services.mail.run(), name="mail"))
    yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def _health(services: Services, metrics: CollectorRegistry) -> HealthChecks:
    readiness = Readiness(services.store, services.clock)

    async def partners() -> Sequence[PartnerHealth]:
        now = services.clock()
        return [
            _partner_health(id_, partner.breaker_state, now)
            for id_, partner in services.context.partners.items()
        ]

    return HealthChecks(
        ready=readiness.check,
        partners=partners,
        registry=metrics,
        is_restored=lambda: services.restored.is_on,
    )


def _partner_health(partner_id: str, state: BreakerState, now: datetime) -> PartnerHealth:
    down = state is not BreakerState.CLOSED
    return PartnerHealth(partner_id=partner_id, status="down" if down else "up", checked_at=now)
