import asyncio

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Counter

from gateway.web.health import HealthChecks


@pytest.fixture
async def http():
    async with ClientSession() as session:
        yield session


async def no_partners():
    return []


async def answered(http, url, **headers):
    async with http.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_running_gateway_is_alive_and_ready(site, http):
    assert await answered(http, site.url + "/health/live") == (200, '{"status":"alive"}')
    assert await answered(http, site.url + "/health/ready") == (200, '{"status":"ready"}')


async def test_partners_are_listed(site, http):
    status, text = await answered(http, site.url + "/health/partners")
    assert (status, text) == (
        200,
        '{"partners":[{"partner_id":"saison","status":"up","checked_at":null}]}',
    )


async def test_a_closed_database_is_not_ready(site, store, http):
    await store.close()
    status, text = await answered(http, site.url + "/health/ready")
    assert status == 503
    assert "not-ready" in text
    assert (await answered(http, site.url + "/health/live"))[0] == 200


async def test_a_database_that_does_not_answer_is_not_ready(building, store, clock, key, free_port, http):
    async def never():
        await asyncio.Event().wait()

    checks = HealthChecks(
        ready=never, partners=no_partners, registry=CollectorRegistry(), ready_deadline_s=0.01
    )
    site = building(store, clock, key, free_port, checks=checks)
    async with TestServer(site.app, port=free_port):
        assert (await answered(http, site.url + "/health/ready"))[0] == 503


async def test_metrics_are_for_near_networks_only(building, store, clock, key, free_port, http):
    registry = CollectorRegistry()
    Counter("tries", "Tries.", registry=registry).inc()
    checks = HealthChecks(ready=no_partners, partners=no_partners, registry=registry)
    site = building(store, clock, key, free_port, checks=checks)
    async with TestServer(site.app, port=free_port):
        status, text = await answered(http, site.url + "/metrics")
        assert status == 200
        assert "tries_total 1.0" in text
        for header in ("X-Forwarded-For", "Forwarded"):
            assert (await answered(http, site.url + "/metrics", **{header: "192.0.2.1"}))[0] == 404


async def test_metrics_are_nowhere_for_others(building, store, clock, key, free_port, http):
    checks = HealthChecks(
        ready=no_partners, partners=no_partners, registry=CollectorRegistry(), metrics_networks=()
    )
    site = building(store, clock, key, free_port, checks=checks)
    async with TestServer(site.app, port=free_port):
        assert (await answered(http, site.url + "/metrics"))[0] == 404


def test_an_address_that_is_none_is_not_near():
    from aiohttp.test_utils import make_mocked_request

    from gateway.web.health import LOOPBACK, _is_near

    assert not _is_near(make_mocked_request("GET", "/metrics").clone(remote="unix"), LOOPBACK)
    assert _is_near(make_mocked_request("GET", "/metrics").clone(remote="::1"), LOOPBACK)
