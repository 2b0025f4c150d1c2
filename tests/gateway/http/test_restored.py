"""In restored mode the API reads and signs in, and confirms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

import migrations
from gateway.app import make_app
from gateway.services import open_services
from gateway.settings import Settings

SETTINGS = """
[security]
sealing = { file = "key" }
lookup = { file = "key" }
account_key = { file = "key" }
"""


@pytest.mark.parametrize("forgotten", [0, 3])
async def test_what_confirms_is_refused_while_orders_are_forgotten_and_the_rest_is_served(
    tmp_path: Path, forgotten: int
) -> None:
    (tmp_path / "key").write_text("k" * 48, "utf-8")
    (tmp_path / "gateway.toml").write_text(SETTINGS, "utf-8")
    settings = Settings.load(tmp_path / "gateway.toml", env={})
    migrations.upgrade(settings.database_url)
    async with open_services(settings) as services:
        services.restored.forgotten = forgotten
        app = await make_app(services, CollectorRegistry())
        async with TestClient(TestServer(app)) as client:

            async def asked(method: str, path: str) -> str:
                async with client.request(method, path, json={} if method == "POST" else None) as answer:
                    told = await answer.json()
                    return str(told.get("status") if path.endswith("ready") else told["type"])

            assert await asked("GET", "/health/ready") == ("restored" if forgotten else "ready")
            for path in (
                "/v1/exchanges",
                "/v1/exchanges/x/confirm",
                "/v1/spends",
                "/v1/shop/spends",
                "/v1/allocations",
            ):
                assert (await asked("POST", path)).endswith("/restored") is bool(forgotten), path
            for method, path in (
                ("POST", "/v1/sessions"),
                ("POST", "/v1/staff/sessions"),
                ("GET", "/v1/balances"),
            ):
                assert not (await asked(method, path)).endswith("/restored"), path
