import asyncio
import itertools
from datetime import timedelta
from functools import partial

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import Connection

from core_ledger import Store
from gateway.http.health import HealthChecks, PartnerHealth, admin_app
from gateway.readiness import NotReady, Readiness
from tests.databases import upgraded_database


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


@pytest.mark.parametrize("path", ["/metrics", "/health/partners"])
@pytest.mark.parametrize("header", [None, "X-Forwarded-For", "Forwarded"])
async def test_what_is_the_operators_is_nowhere_on_the_public_port(site, http, path, header):
    headers = {header: "127.0.0.1"} if header else {}
    status, text = await answered(http, site.url + path, **headers)
    assert status == 404
    assert "saison" not in text


class TestTheOperatorsPort:
    @pytest.fixture
    async def checks(self):
        registry = CollectorRegistry()
        Counter("tries", "Tries.", registry=registry).inc()

        async def partners():
            return [PartnerHealth(partner_id="saison", status="up")]

        return HealthChecks(ready=no_partners, partners=partners, registry=registry)

    async def test_tells_health_partners_and_numbers(self, checks, http):
        async with TestServer(admin_app(checks)) as server:
            url = str(server.make_url("/"))
            assert await answered(http, url + "health/live") == (200, '{"status":"alive"}')
            assert await answered(http, url + "health/ready") == (200, '{"status":"ready"}')
            assert '"partner_id":"saison","status":"up"' in (await answered(http, url + "health/partners"))[1]
            status, text = await answered(http, url + "metrics")
            assert (status, "tries_total 1.0" in text) == (200, True)

    async def test_says_that_it_is_going_while_it_goes(self, checks, http):
        async with TestServer(admin_app(checks)) as server:
            checks.is_draining = True
            assert await answered(http, str(server.make_url("/health/ready"))) == (
                503,
                '{"status": "draining"}',
            )

    async def test_a_database_that_is_away_is_not_ready(self, checks, http):
        async def away():
            raise NotReady("commit", "the disk is full")

        checks.ready = away
        async with TestServer(admin_app(checks)) as server:
            status, text = await answered(http, str(server.make_url("/health/ready")))
            assert (status, text) == (503, '{"status": "not-ready"}')


class TestReadiness:
    """The real thing, not the probe of these tests' own site: schema and commit on a database of its own."""

    async def test_a_schema_that_changed_under_the_process_is_not_ready(self, tmp_path, clock):
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        upgraded_database(url)
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
        upgraded_database(url)
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
        upgraded_database(url)
        async with Store.open(url) as store:
            readiness = Readiness(store, clock, monotonic=lambda: 0.0)
            readiness._probed_at = -1.0
            await asyncio.gather(*(readiness.check() for _ in range(50)))
            await readiness.check()
            assert sum(store.batch_sizes.values()) <= 1

    async def test_each_process_commits_to_a_row_of_its_own_and_old_ones_go(self, tmp_path, clock):
        """One row for all would have every process of a cluster wait for the others."""
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        upgraded_database(url)
        async with Store.open(url) as store:

            async def rows():
                return await store.read(
                    lambda conn: conn.exec_driver_sql("SELECT count(*) FROM commit_probes").scalar()
                )

            for _ in range(3):
                readiness = Readiness(store, clock, monotonic=itertools.count(0, 10).__next__)
                await readiness.check()
                await readiness.check()
            assert await rows() == 3
            clock.now += timedelta(days=2)
            await Readiness(store, clock, monotonic=itertools.count(0, 10).__next__).check()
            assert await rows() == 1
