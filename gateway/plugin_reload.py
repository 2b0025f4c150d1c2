"""A plugin is loaded anew while the gateway serves: on the operators' port, for who holds the gateway's keys.

The order is a text that is sealed under the keys of gateway.toml and good for a minute, so that whoever reaches the port
can give none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.partners.loading.partner_settings import SettingsWrong
from gateway.partners.registry import PluginSettings, Registry
from gateway.partners.reload import NotReloaded
from gateway.platform.encryption import Unreadable, Vault
from gateway.plugin_interfaces import Clock

PATH: Final = "/plugins/reload"
ORDER_TTL: Final = timedelta(minutes=1)
_PURPOSE: Final = "operator-order"
_MAX_BYTES: Final = 4096
_log = structlog.get_logger()


def order_to_reload(vault: Vault, clock: Clock, plugin: str, *, accept_profile: bool) -> bytes:
    """The body of a request that reloads `plugin`."""
    order = {"reload": plugin, "accept_profile": accept_profile, "at": clock().isoformat()}
    return vault.encrypt(json.dumps(order), purpose=_PURPOSE)


def add_plugin_reload(
    app: web.Application,
    registry: Registry,
    vault: Vault,
    clock: Clock,
    read_settings: Callable[[], PluginSettings],
) -> None:
    """`read_settings` reads them from their file; it raises SettingsWrong."""

    async def reload(request: web.Request) -> web.Response:
        order = _read(vault, clock(), await request.content.read(_MAX_BYTES))
        if order is None:
            _log.warning("plugin_reload_refused", remote=request.remote)
            return web.json_response(
                {"text": "the order is not sealed under this gateway's keys, or is older than a minute"},
                status=403,
            )
        plugin = order["reload"]
        try:
            settings = await asyncio.to_thread(read_settings)
            reloaded = await registry.reload(plugin, settings, accept_profile=order["accept_profile"])
        except (NotReloaded, SettingsWrong) as fault:
            _log.error("plugin_not_reloaded", plugin=plugin, sentence=str(fault))
            return web.json_response({"text": str(fault)}, status=409)
        _log.info(
            "plugin_reloaded",
            plugin=plugin,
            origin=reloaded.origin,
            pid=reloaded.pid,
            changes=list(reloaded.changes),
            settings=list(reloaded.settings),
        )
        return web.json_response(
            {
                "plugin": plugin,
                "origin": reloaded.origin,
                "pid": reloaded.pid,
                "changes": list(reloaded.changes),
                "settings": list(reloaded.settings),
                "unread": list(reloaded.unread),
            }
        )

    app.router.add_post(PATH, reload)


def _read(vault: Vault, now: datetime, body: bytes) -> dict[str, Any] | None:
    try:
        order: dict[str, Any] = json.loads(vault.decrypt(body, purpose=_PURPOSE))
    except Unreadable:
        return None
    age = now - datetime.fromisoformat(order["at"])
    return order if abs(age) <= ORDER_TTL else None
