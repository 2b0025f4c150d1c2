"""What surrounds every request: ids, headers, log lines, limits, and that nothing leaves but problems."""

import gzip
from types import SimpleNamespace
from uuid import UUID

import pytest
import structlog
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from gateway.app import make_app
from gateway.services import open_services
from gateway.settings import Settings
from httpkit.token_buckets import RateLimit
from tests.databases import upgraded_database


@pytest.fixture
async def http():
    async with ClientSession() as session:
        yield session


@pytest.fixture
def lines():
    from structlog.contextvars import merge_contextvars
    from structlog.testing import LogCapture

    capture = LogCapture()
    structlog.configure(processors=[merge_contextvars, capture])
    return capture.entries


async def test_every_answer_has_a_request_id_of_ours(site, http):
    async with http.get(site.url + "/v1/greeting", headers={"X-Request-Id": "mine"}) as answer:
        request_id = UUID(answer.headers["X-Request-Id"])
    assert request_id.version == 7


async def test_a_problem_names_its_request(site, http):
    async with http.get(site.url + "/nowhere") as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert problem["instance"] == "urn:uuid:" + answer.headers["X-Request-Id"]


async def test_answers_carry_safe_headers(site, http):
    for path in ("/v1/greeting", "/nowhere", "/docs"):
        async with http.get(site.url + path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "script" not in answer.headers["Content-Security-Policy"]
            assert "Strict-Transport-Security" not in answer.headers


async def test_answers_of_the_api_are_not_stored(site, http):
    async with http.get(site.url + "/v1/greeting") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
    async with http.get(site.url + "/docs") as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=300"


async def test_under_https_browsers_are_told_to_stay_there(building, store, clock, key, free_port, http):
    site = building(store, clock, key, free_port, public_url="https://points.example.jp")
    async with TestServer(site.app, port=free_port), http.get(site.url + "/v1/greeting") as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


async def test_nothing_is_offered_to_other_origins(site, http):
    async with http.get(site.url + "/v1/greeting", headers={"Origin": "https://evil.example"}) as answer:
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_one_line_is_written_and_holds_no_values(site, portal, lines):
    await portal.post("/v1/exchanges", json={"exchange_id": "x-1", "units": 2}, session_token="pgs_hanako")
    (line,) = lines
    assert line | {"ms": 0, "request_id": ""} == {
        "event": "http.request",
        "log_level": "info",
        "method": "POST",
        "route": "/v1/exchanges",
        "status": 201,
        "client_id": "portal",
        "ms": 0,
        "request_id": "",
    }


async def test_a_refusal_is_named_in_the_line_and_its_address_is_not(site, http, lines):
    async with http.request("PROPFIND", site.url + "/secret-path?token=pgs_x"):
        pass
    (line,) = lines
    assert (line["method"], line["route"], line["problem"]) == ("other", "none", "path-unknown")
    assert "secret" not in str(line)
    assert "pgs_x" not in str(line)


async def test_what_one_request_binds_does_not_reach_the_next(site, http, lines):
    for path in ("/v1/break/full", "/v1/greeting"):
        async with http.get(site.url + path):
            pass
    assert lines[0]["problem"] == "busy"
    assert "problem" not in lines[1]
    assert lines[0]["request_id"] != lines[1]["request_id"]


@pytest.mark.parametrize(
    ("how", "status", "word", "retry_after"),
    [
        ("partner", 503, "partner-unavailable", "30"),
        ("partner-soon", 503, "partner-unavailable", "5"),
        ("full", 503, "busy", "5"),
        ("not-enough", 409, "not-enough", None),
        ("crash", 500, "internal-error", None),
        ("unknown-outcome", 500, "internal-error", None),
    ],
)
async def test_every_failure_leaves_as_a_problem(site, http, lines, how, status, word, retry_after):
    async with http.get(site.url + f"/v1/break/{how}") as answer:
        text = await answer.text()
        assert (answer.status, answer.headers.get("Retry-After")) == (status, retry_after)
        assert answer.content_type == "application/problem+json"
        assert f"/docs/problems/{word}" in text
        assert "pgs_secret" not in text
    broken = [line for line in lines if line["event"] == "http.broken"]
    assert len(broken) == (status == 500)


async def test_a_redirection_that_is_raised_is_counted_like_any_answer(site, http, lines):
    async with http.get(site.url + "/v1/break/redirect", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/v1/greeting?token=pgs_x")
        assert await answer.read() == b""
    (line,) = lines
    assert line["status"] == 303
    assert "pgs_x" not in str(line)


async def test_an_error_page_of_aiohttps_own_never_leaves(site, http, lines):
    async with http.get(site.url + "/v1/break/teapot") as answer:
        assert answer.status == 500
        assert "/docs/problems/internal-error" in await answer.text()
    assert lines[0]["event"] == "http.broken"


async def test_a_handler_that_takes_too_long_is_let_go(building, store, clock, key, free_port, http):
    site = building(store, clock, key, free_port, request_deadline_s=0.02)
    async with TestServer(site.app, port=free_port), http.get(site.url + "/v1/break/slow") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "took-too-long" in await answer.text()


async def test_an_address_has_a_share(building, store, clock, key, free_port, http):
    site = building(store, clock, key, free_port, address_share=RateLimit(per_second=0.5, burst=2))
    async with TestServer(site.app, port=free_port):
        statuses = []
        for _ in range(3):
            async with http.get(site.url + "/v1/greeting") as answer:
                statuses.append((answer.status, answer.headers.get("Retry-After")))
        assert statuses == [(200, None), (200, None), (429, "2")]
        async with http.get(site.url + "/health/live") as answer:
            assert answer.status == 200  # a monitor is never shut out
        site.ticks.now += 2
        async with http.get(site.url + "/v1/greeting") as answer:
            assert answer.status == 200


async def test_a_client_program_has_a_share(building, store, clock, key, free_port):
    site = building(store, clock, key, free_port, client_share=RateLimit(per_second=1, burst=1))
    async with TestServer(site.app, port=free_port), site.client() as client:
        assert (await client.get("/v1/exchanges")).status == 200
        assert (await client.get("/v1/exchanges")).status == 429


async def statuses_from(site, http, *forwarded):
    found = []
    for value in forwarded:
        async with http.get(site.url + "/v1/greeting", headers={"X-Forwarded-For": value}) as answer:
            found.append(answer.status)
    return found


async def test_behind_our_proxy_the_share_belongs_to_whom_the_proxy_saw(
    building, store, clock, key, free_port, http
):
    share = RateLimit(per_second=1, burst=1)
    site = building(store, clock, key, free_port, address_share=share, trusted_proxies=1)
    async with TestServer(site.app, port=free_port):
        assert await statuses_from(site, http, "made-up, 192.0.2.1", "other, 192.0.2.1", "192.0.2.2") == [
            200,
            429,
            200,
        ]


async def test_without_a_proxy_what_the_sender_claims_counts_for_nothing(
    building, store, clock, key, free_port, http
):
    site = building(store, clock, key, free_port, address_share=RateLimit(per_second=1, burst=1))
    async with TestServer(site.app, port=free_port):
        assert await statuses_from(site, http, "192.0.2.1", "192.0.2.2") == [200, 429]


async def test_a_proxy_that_names_nobody_is_itself_the_address(building, store, clock, key, free_port, http):
    share = RateLimit(per_second=1, burst=1)
    site = building(store, clock, key, free_port, address_share=share, trusted_proxies=2)
    async with TestServer(site.app, port=free_port):
        assert await statuses_from(site, http, "192.0.2.1", "") == [200, 429]


@pytest.mark.parametrize(("proxies", "second"), [(0, 429), (1, 404)])
async def test_the_settings_say_how_many_proxies_are_believed_about_an_address(
    tmp_path, monkeypatch, free_port, http, proxies, second
):
    monkeypatch.setattr("gateway.app.PER_ADDRESS", RateLimit(per_second=0.001, burst=1))
    for name in ("sealing", "lookup", "account_key"):
        (tmp_path / name).write_text(f"{name} secret that is long enough for tests", "utf-8")
    secrets = "\n".join(f'{name} = {{ file = "{name}" }}' for name in ("sealing", "lookup", "account_key"))
    settings = tmp_path / "gateway.toml"
    settings.write_text(f"[server]\ntrusted_proxies = {proxies}\n[security]\n{secrets}\n", "utf-8")
    upgraded_database(f"sqlite:///{tmp_path / 'gateway.db'}")
    async with open_services(Settings.load(settings, env={})) as services:
        site = SimpleNamespace(url=f"http://127.0.0.1:{free_port}")
        async with TestServer(await make_app(services, CollectorRegistry()), port=free_port):
            assert await statuses_from(site, http, "192.0.2.1", "192.0.2.2") == [404, second]


async def test_a_packed_bomb_is_not_unpacked(site, http):
    bomb = gzip.compress(b" " * 10_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with http.post(site.url + "/v1/exchanges", data=bomb, headers=headers) as answer:
        assert answer.status == 415


async def test_requests_are_counted_by_route(site, http):
    for path in ("/v1/greeting", "/nowhere/1", "/nowhere/2"):
        async with http.get(site.url + path):
            pass

    def value(name, **labels):
        return site.registry.get_sample_value(name, labels)

    assert value("point_gateway_http_requests_total", method="GET", route="/v1/greeting", status="200") == 1
    assert value("point_gateway_http_requests_total", method="GET", route="none", status="404") == 2
    assert value("point_gateway_http_problems_total", word="path-unknown") == 2
    assert value("point_gateway_http_seconds_count", route="none") == 2
