import asyncio
import itertools
from functools import partial

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import Connection

import migrations
from core_ledger import Store
from gateway.http.health import HealthChecks
from gateway.readiness import NotReady, Readiness


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

    from gateway.http.health import LOOPBACK, _is_near

    assert not _is_near(make_mocked_request("GET", "/metrics").clone(remote="unix"), LOOPBACK)
    assert _is_near(make_mocked_request("GET", "/metrics").clone(remote="::1"), LOOPBACK)


class TestReadiness:
    """The real thing, not the probe of these tests' own site: schema and commit on a database of its own."""

    async def test_a_schema_that_changed_under_the_process_is_not_ready(self, tmp_path, clock):
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        migrations.upgrade(url)
        async with Store.open(url) as store:
            readiness = Readiness(store, clock, monotonic=itertools.count(0, 10).__next__)
            await readiness.check()
            for statement in (
                "UPDATE alembic_version SET version_num = '9999_x'",
                "UPDATE schema_marker SET oldest_release = '99'",
            ):
                await store.run(partial(Connection.exec_driver_sql, statement=statement))
            with pytest.raises(NotReady, match="9999_x") as refused:
                await readiness.check()
            assert refused.value.check == "schema"

    async def test_a_database_that_answers_but_takes_no_commit_is_not_ready(self, tmp_path, clock):
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        migrations.upgrade(url)
        async with Store.open(url) as store:
            readiness = Readiness(store, clock, monotonic=itertools.count(0, 10).__next__)
            await readiness.check()
            assert (
                await store.read(
                    lambda conn: conn.exec_driver_sql("SELECT count(*) FROM commit_probes").scalar()
                )
                == 1
            )
            await store.run(lambda conn: conn.exec_driver_sql("PRAGMA query_only = ON"))
            assert await store.read(lambda conn: conn.exec_driver_sql("SELECT 1").scalar()) == 1
            with pytest.raises(NotReady, match="readonly") as refused:
                await readiness.check()
            assert refused.value.check == "commit"

    async def test_many_who_ask_at_once_cost_one_commit(self, tmp_path, clock):
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        migrations.upgrade(url)
        async with Store.open(url) as store:
            readiness = Readiness(store, clock, monotonic=lambda: 0.0)
            readiness._probed_at = -1.0
            await asyncio.gather(*(readiness.check() for _ in range(50)))
            await readiness.check()
            assert sum(store.batch_sizes.values()) <= 1
