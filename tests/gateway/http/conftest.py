"""A small API on a real server over loopback, with a real store, real signatures and a clock that can be set."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field
from sqlalchemy import text

from core_ledger.store import Store
from gateway.client import KeyPair, SignedClient, new_key_pair
from gateway.errors import NotEnough, OutcomeUnknown, PartnerUnavailable, ProblemError
from gateway.http.authentication import Authenticator, AuthLevel
from gateway.http.client_keys import ClientKeys, register_key
from gateway.http.client_scopes import Scope
from gateway.http.dispatch import BODY_LIMIT, SERVICES, Dispatcher
from gateway.http.docs_page import docs_api
from gateway.http.health import HealthChecks, PartnerHealth, health_api
from gateway.http.inputs import Id, Strict, Words
from gateway.http.metrics import HttpMetrics
from gateway.http.middleware import ErrorBoundary
from gateway.http.nonces import StoredNonces
from gateway.http.rate_limit import RequestLimit
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse, pop_undeclared
from gateway.http.signatures import SignatureVerifier
from gateway.model import JST
from httpkit.token_buckets import RateLimit
from tests.databases import empty_database


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRequest(TypedRequest):
    """A request with whatever the test's own lookup gives as a session."""

    member: Any


@dataclass(frozen=True)
class Services:
    greeting: str


SERVICES_OF_SAMPLE = Services("ようこそ")


class Start(Strict):
    exchange_id: Id
    units: Annotated[int, Field(ge=1, le=9999, description="口数")]
    kind: Literal["reserve", "municipality"] = "reserve"
    note: Words | None = None


class Page(Strict):
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    newest_first: bool = True
    kind: Literal["exchange", "allocate"] | None = None


class Started(BaseModel):
    exchange_id: str
    units: int
    member_id: str
    at: datetime


class Listed(BaseModel):
    items: list[str]
    limit: int


class Greeting(BaseModel):
    text: str


def sample_api() -> Api:
    api = Api(title="sample", version="1", description="A sample.")

    @api.get("/v1/greeting", tag="greetings", caller=AuthLevel.PUBLIC, returns={200: Greeting})
    async def greet(call: TypedRequest[None, Services]) -> TypedResponse:
        """Say hello."""
        return TypedResponse(200, Greeting(text=call.services.greeting))

    @api.post(
        "/v1/exchanges",
        tag="exchanges",
        caller=AuthLevel.MEMBER,
        body=Start,
        returns={201: Started},
        refuses=("exchange-id-reused", "unknown-partner"),
    )
    async def start_exchange(call: MemberRequest) -> TypedResponse:
        """Start an exchange.

        The id is made by the caller, who keeps it first.
        """
        if call.body.exchange_id == "taken":
            raise ProblemError("exchange-id-reused", "Use a new id.", exchange_id="taken")
        if call.body.exchange_id == "undeclared":
            raise ProblemError("quote-expired")
        at = datetime.fromisoformat("2026-04-01T12:00:00+09:00")
        return TypedResponse(
            201,
            Started(
                exchange_id=call.body.exchange_id,
                units=call.body.units,
                member_id=call.member.member_id,
                at=at,
            ),
            {"Location": f"/v1/exchanges/{call.body.exchange_id}"},
        )

    @api.get(
        "/v1/exchanges",
        tag="exchanges",
        caller=AuthLevel.CLIENT,
        query=Page,
        returns={200: Listed},
    )
    async def list_exchanges(call: TypedRequest[None, Services, Page]) -> TypedResponse:
        """List exchanges."""
        return TypedResponse(200, Listed(items=[call.client_id], limit=call.query.limit))

    @api.delete(
        "/v1/exchanges/{exchange_id}",
        tag="exchanges",
        caller=AuthLevel.CLIENT,
        scopes=frozenset({Scope.PORTAL, Scope.MUNICIPAL}),
        returns={204: None},
        refuses=("unknown-exchange",),
    )
    async def end_exchange(call: TypedRequest) -> TypedResponse:
        """End an exchange."""
        if call.path["exchange_id"] == "nowhere":
            raise ProblemError("unknown-exchange")
        return TypedResponse(204)

    @api.get(
        "/returns/{partner}",
        tag="returns",
        caller=AuthLevel.PUBLIC,
        any_query=True,
        returns={200: "text/html"},
    )
    async def come_back(call: TypedRequest) -> TypedResponse:
        """Come back from a partner."""
        name = call.request.query.get("status", "none")
        page = f"<p>{name.encode('ascii', 'xmlcharrefreplace').decode()}"
        return TypedResponse(200, Content(page.encode(), "text/html; charset=utf-8"))

    return api


def failing_api(full: type[Exception]) -> Api:
    """Routes that break in every way a handler can."""
    api = Api()
    faults = {
        "partner": lambda: PartnerUnavailable("closed for the night", 30),
        "partner-soon": lambda: PartnerUnavailable("closed"),
        "full": lambda: full("no room"),
        "crash": lambda: RuntimeError("pgs_secret in a traceback only"),
        "unknown-outcome": lambda: OutcomeUnknown("neither"),
        "not-enough": lambda: NotEnough(3, 1),
    }

    @api.get(
        "/v1/break/{how}",
        tag="faults",
        caller=AuthLevel.PUBLIC,
        returns={204: None},
        refuses=("partner-unavailable", "not-enough"),
    )
    async def break_it(call: TypedRequest) -> TypedResponse:
        """Break."""
        if call.path["how"] == "slow":
            await asyncio.Event().wait()
        if call.path["how"] == "undeclared-status":
            return TypedResponse(200, Greeting(text="surprise"))
        if call.path["how"] == "redirect":
            raise web.HTTPSeeOther("/v1/greeting?token=pgs_x")
        if call.path["how"] == "teapot":
            raise web.HTTPUnprocessableEntity
        fault = faults[call.path["how"]]()
        raise fault

    return api


@dataclass
class SetClock:
    now: datetime = datetime(2026, 4, 1, 12, 0, 0, tzinfo=JST)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Full(Exception):
    pass


@dataclass
class Site:
    url: str
    app: web.Application
    store: Store
    clock: SetClock
    key: KeyPair
    registry: CollectorRegistry
    ticks: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(now=0.0))

    def client(self, **options) -> SignedClient:
        return SignedClient(self.url, self.key.key_id, self.key.private_pem, clock=self.clock, **options)


class Hanako:
    """The only member who is signed in here."""

    def key_of(self, token: str) -> str | None:
        return token

    async def living(self, _found: object, token: str, *, client_id: str) -> SimpleNamespace:
        if token != "pgs_hanako":
            raise ProblemError("session-ended")
        return SimpleNamespace(member_id="hanako", client_id=client_id, acting_rights=None)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path / 'points.db'}"
    empty_database(url)
    store = Store.open(url)
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def nothing_undeclared() -> Iterator[None]:
    pop_undeclared()
    yield
    assert pop_undeclared() == []


def healthy(store: Store, registry: CollectorRegistry) -> HealthChecks:
    async def partners() -> list[PartnerHealth]:
        return [PartnerHealth(partner_id="saison", status="up")]

    return HealthChecks(
        ready=lambda: store.read(lambda conn: conn.scalar(text("SELECT 1"))),
        partners=partners,
        registry=registry,
    )


def make_site(
    store: Store,
    clock: SetClock,
    key: KeyPair,
    port: int,
    *,
    checks: HealthChecks | None = None,
    faults: bool = True,
    **edge,
) -> Site:
    registry, ticks = CollectorRegistry(), SimpleNamespace(now=0.0)
    url = f"http://127.0.0.1:{port}"
    verifier = SignatureVerifier(ClientKeys(store, clock), StoredNonces(store, clock), clock, public_url=url)
    buckets = {
        "client_buckets": RequestLimit(
            edge.pop("client_share", RateLimit(1e6, 1_000_000)), lambda: ticks.now
        ),
        "address_buckets": RequestLimit(
            edge.pop("address_share", RateLimit(1e6, 1_000_000)), lambda: ticks.now
        ),
    }
    app = web.Application(client_max_size=BODY_LIMIT)
    app[SERVICES] = SERVICES_OF_SAMPLE
    ErrorBoundary(
        address_buckets=buckets["address_buckets"],
        metrics=HttpMetrics(registry),
        public_url=edge.pop("public_url", url),
        failures={Full: "busy"},
        **edge,
    ).install(app)
    api = sample_api()
    if faults:
        api.include(failing_api(Full))
    api.include(health_api(checks or healthy(store, registry)))
    api.include(docs_api(api))
    Dispatcher(gate=Authenticator(verifier, Hanako()), client_buckets=buckets["client_buckets"]).add(app, api)
    return Site(url, app, store, clock, key, registry, ticks)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
async def key(store: Store, clock: SetClock) -> KeyPair:
    pair = new_key_pair()
    await store.run(lambda conn: register_key(conn, "portal", pair.key_id, pair.public_raw, clock()))
    return pair


@pytest.fixture
async def site(store: Store, clock: SetClock, key: KeyPair, free_port: int) -> AsyncIterator[Site]:
    made = make_site(store, clock, key, free_port)
    async with TestServer(made.app, port=free_port):
        yield made


@pytest.fixture
async def portal(site: Site) -> AsyncIterator[SignedClient]:
    async with site.client() as client:
        yield client


@pytest.fixture
def nonce() -> Iterator[str]:
    return (f"nonce-of-the-test-{number}" for number in itertools.count())


@pytest.fixture
def building():
    """`build(store, clock, key, port, **edge) -> Site`, for tests that need a site of their own."""
    return make_site
