"""Traces: off they cost no import; a collector that is down harms nobody; what callers send begins nothing it should not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from gateway.app import make_app
from gateway.errors import ProblemError
from gateway.platform import traces
from gateway.platform.traces import Traces
from gateway.services import open_services
from gateway.settings import Settings, SettingsWrong
from tests.collector import Collector, facts, open_collector
from tests.databases import upgraded_database

SECURITY = """
[security]
sealing = { file = "key" }
lookup = { file = "key" }
account_key = { file = "key" }
"""
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def settings_of(folder: Path, more: str) -> Settings:
    (folder / "key").write_text("k" * 48, "utf-8")
    (folder / "gateway.toml").write_text(SECURITY + more, "utf-8")
    return Settings.load(folder / "gateway.toml", env={})


@asynccontextmanager
async def a_gateway(folder: Path, more: str) -> AsyncIterator[TestClient]:
    settings = settings_of(folder, more)
    upgraded_database(settings.database_url)
    async with open_services(settings) as services:
        app = await make_app(services, CollectorRegistry())
        async with TestClient(TestServer(app)) as client:
            yield client


def a_table(collector: Collector) -> str:
    return f'[traces]\nendpoint = "{collector.endpoint}"\n'


def test_without_the_table_nothing_of_opentelemetry_is_imported(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    upgraded_database(settings.database_url)
    program = f"""
import asyncio, sys
from pathlib import Path
from prometheus_client import CollectorRegistry
from gateway.app import make_app
from gateway.services import open_services
from gateway.settings import Settings
from tests.databases import upgraded_database

async def main():
    async with open_services(Settings.load(Path({str(tmp_path / "gateway.toml")!r}), env={{}})) as services:
        await make_app(services, CollectorRegistry())
        assert services.traces is None and services.store.observe is None

asyncio.run(main())
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "[]", ran.stderr


async def test_a_collector_that_is_down_is_one_line_and_the_caller_is_answered(tmp_path: Path) -> None:
    with open_collector() as collector:
        pass  # its port is closed now
    with capture_logs() as lines:
        async with a_gateway(tmp_path, a_table(collector)) as client:
            for _ in range(3):
                async with client.get("/docs") as answer:
                    assert answer.status == 200
    assert [line["event"] for line in lines if "traces" in line["event"]] == ["traces not delivered"]


def test_a_collector_that_comes_back_is_said_once() -> None:
    class Exporter:
        def __init__(self) -> None:
            self.fails = iter((True, True, False, False))

        def export(self, _spans: object) -> object:
            from opentelemetry.sdk.trace.export import SpanExportResult

            if next(self.fails):
                raise OSError("the collector's own words")
            return SpanExportResult.SUCCESS

    exporter = traces._once_told(Exporter())  # type: ignore[arg-type]
    with capture_logs() as lines:
        for _ in range(4):
            exporter.export([])
    assert [line["event"] for line in lines] == ["traces not delivered", "traces delivered again"]
    assert "own words" not in str(lines)


async def test_a_collector_that_never_answers_does_not_hold_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(traces, "FLUSH_TIMEOUT_S", 0.05)
    silent = threading.Event()

    class Provider:
        def get_tracer(self, _name: str) -> None: ...

        def shutdown(self) -> None:
            silent.wait()

    with capture_logs() as lines:
        await Traces(Provider()).close()  # type: ignore[arg-type]
    silent.set()
    assert [line["event"] for line in lines] == ["traces lost at the end"]


async def test_a_strangers_traceparent_and_query_are_not_in_the_trace_and_health_is_none(
    tmp_path: Path,
) -> None:
    with open_collector() as collector:
        async with a_gateway(tmp_path, a_table(collector)) as client:
            for path in ("/docs?name=Sato", "/health/ready", "/v1/exchanges"):
                async with client.get(path, headers={"traceparent": PARENT}):
                    pass
        spans = collector.spans()
    assert [span.name for span in spans if not span.parent_span_id] == ["GET /docs"]
    assert PARENT[3:35] not in {span.trace_id.hex() for span in spans}
    assert b"Sato" not in b"".join(collector.bodies)


async def test_a_refusal_is_its_word_alone_and_a_fault_its_kind(tmp_path: Path) -> None:
    with open_collector() as collector:
        sent = Traces.open(collector.endpoint, 1.0, "1")
        for fault in (ProblemError("busy", "a secret text"), KeyError("a secret key")):
            with (
                pytest.raises(type(fault)),
                sent.request("GET", "/x", time.time_ns(), traceparent=None, request_id="r"),
                traces.span("deed"),
            ):
                raise fault
        await sent.close()
        spans = collector.spans()
    assert [facts(span)["error.type"] for span in spans] == ["busy", "busy", "KeyError", "KeyError"]
    assert [span.status.code for span in spans] == [0, 0, 2, 2]
    assert b"a secret" not in b"".join(collector.bodies)


@pytest.mark.parametrize(("traceparent", "is_sent"), [(None, False), ("nonsense", False), (PARENT, True)])
async def test_a_sample_of_none_sends_what_a_client_has_decided_to_trace(
    traceparent: str | None, is_sent: bool
) -> None:
    with open_collector() as collector:
        sent = Traces.open(collector.endpoint, 0.0, "1")
        with sent.request("GET", "/x", time.time_ns(), traceparent=traceparent, request_id="r") as answered:
            assert (traces.commit_span() is not None) is is_sent
            answered(200)
        await sent.close()
        assert [span.trace_id.hex() for span in collector.spans()] == [PARENT[3:35]] * is_sent
    assert traces.commit_span() is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[traces]\n", "no `endpoint`"),
        ('[traces]\nendpoint = "collector:4318"\n', "an endpoint is"),
        ('[traces]\nendpoint = "https://me:pw@c.example/v1/traces"\n', "an endpoint is"),
        ('[traces]\nendpoint = "http://c.example/v1/traces"\n', "traces-without-tls"),
        ('[traces]\nendpoint = "https://c.example/v1/traces"\nsample_ratio = 1.5\n', "sample_ratio"),
    ],
)
def test_a_wrong_table_says_what_to_write(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(SettingsWrong, match=words):
        settings_of(tmp_path, more)


def test_plain_http_is_for_this_machine_or_allowed_by_name(tmp_path: Path) -> None:
    here = settings_of(tmp_path, '[traces]\nendpoint = "http://127.0.0.1:4318/v1/traces"\n')
    there = settings_of(
        tmp_path,
        '[traces]\nendpoint = "http://c.example/v1/traces"\n[server]\nallow = ["traces-without-tls"]\n',
    )
    assert here.traces is not None
    assert there.traces is not None
