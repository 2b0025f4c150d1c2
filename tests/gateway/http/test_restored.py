"""In restored mode the API reads and signs in, and confirms nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from gateway.app import make_app
from gateway.configured import open_store_now
from gateway.exchanges.restored_mode import write_restore
from gateway.model import JST
from gateway.platform.audit_actions import AuditAction
from gateway.platform.journal import begin_journal
from gateway.services import open_services
from gateway.settings import Settings
from tests.databases import upgraded_database

SETTINGS = """
[security]
sealing = { file = "key" }
lookup = { file = "key" }
account_key = { file = "key" }
[journal]
path = "journal"
"""
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


@pytest.mark.parametrize(
    "why", ["", "the journal is not there", "a restore was written down", "it is complete again"]
)
async def test_what_confirms_is_refused_in_restored_mode_and_the_rest_is_served(
    tmp_path: Path, why: str
) -> None:
    (tmp_path / "key").write_text("k" * 48, "utf-8")
    (tmp_path / "gateway.toml").write_text(SETTINGS, "utf-8")
    settings = Settings.load(tmp_path / "gateway.toml", env={})
    upgraded_database(settings.database_url)
    if why != "the journal is not there":
        begin_journal(tmp_path / "journal")
    store = open_store_now(settings)
    if why in ("a restore was written down", "it is complete again"):
        store.run_now(
            lambda conn: write_restore(
                conn, AuditAction.DATABASE_RESTORED, operator="Sato", reason="disk", at=NOON
            )
        )
    if why == "it is complete again":
        store.run_now(
            lambda conn: write_restore(
                conn, AuditAction.DATABASE_COMPLETED, operator="Sato", reason="disk", at=NOON
            )
        )
    store.close_now()
    is_on = why in ("the journal is not there", "a restore was written down")
    async with open_services(settings) as services:
        app = await make_app(services, CollectorRegistry())
        async with TestClient(TestServer(app)) as client:

            async def asked(method: str, path: str) -> str:
                async with client.request(method, path, json={} if method == "POST" else None) as answer:
                    told = await answer.json()
                    # A site learns it from whatever it asks.
                    assert answer.headers.get("Point-Gateway-State") == ("restored" if is_on else None)
                    return str(told.get("status") if path.endswith("ready") else told["type"])

            assert await asked("GET", "/health/ready") == ("restored" if is_on else "ready")
            for path in (
                "/v1/exchanges",
                "/v1/exchanges/x/confirm",
                "/v1/spends",
                "/v1/shop/spends",
                "/v1/allocations",
            ):
                assert (await asked("POST", path)).endswith("/restored") is is_on, path
            for method, path in (
                ("POST", "/v1/sessions"),
                ("POST", "/v1/staff/sessions"),
                ("GET", "/v1/balances"),
            ):
                assert not (await asked(method, path)).endswith("/restored"), path
