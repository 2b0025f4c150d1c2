"""Runs the application until it is told to stop, then lets what is under way come to its end."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import structlog
from aiohttp import web

from gateway.app import HEALTH, make_app
from gateway.configured import lookup_keys_of, sealing_keys_of
from gateway.errors import GatewayError
from gateway.http.health import admin_app
from gateway.http.runner import GatewayRunner
from gateway.partners.isolation.sealing import not_dumpable
from gateway.platform import gc_tuning
from gateway.platform.encryption import Vault
from gateway.plugin_reload import add_plugin_reload
from gateway.services import Services, open_services
from gateway.settings import Settings
from httpkit.runner import BACKLOG
from httpkit.systemd import supervised

_log = structlog.get_logger()


class RefusedToStart(Exception):
    """The gateway cannot work as it is set up, or a strict start was asked for; the sentences say what to do."""


async def serve(
    settings: Settings,
    *,
    strict: bool = False,
    reuse_port: bool = False,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM. `on_ready` is told the address once requests are taken.

    SIGHUP reads the sealing and look-up keys again, so that a new one is in use, or known, without a restart; it ends nothing.

    `strict` raises RefusedToStart when a configured partner was refused, or has a setting that its plugin does not read;
    otherwise the others serve. With
    `reuse_port` several processes share one port (on one PostgreSQL database).
    """
    _raise_file_limit()
    _hide_memory()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _log.info, "starting, nothing to read again")
    async with open_services(settings) as services:
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGHUP,
            lambda: services.context.tasks.spawn(_read_again(services), name="read settings again"),
        )
        registry = services.registry
        sentences = [*(refused.sentence for refused in registry.refused), *registry.unread]
        if strict and sentences:
            raise RefusedToStart("\n".join(sentences))
        app = await make_app(services)
        runner = GatewayRunner(app, is_https=settings.server.public_url.startswith("https://"))
        await runner.setup()
        operators = admin_app(app[HEALTH])
        add_plugin_reload(
            operators,
            registry,
            services.context.vault,
            services.clock,
            lambda: Settings.load(services.settings.path),
        )
        admin = GatewayRunner(operators)
        await admin.setup()
        try:
            if settings.server.admin_address is not None:
                await web.TCPSite(admin, *settings.server.admin_address).start()
            site = web.TCPSite(
                runner,
                settings.server.host,
                settings.server.port,
                backlog=BACKLOG,
                reuse_port=reuse_port or None,
            )
            await site.start()
            gc_tuning.freeze_what_stays()
            _log.info("serving", address=site.name, public_url=settings.server.origin)
            on_ready(site.name)
            async with supervised(f"serves at {site.name}"):
                await stop.wait()
            app[HEALTH].is_draining = True
            _log.info("stopping")
        finally:
            await runner.cleanup()
            await admin.cleanup()  # the last to go: it says that the others are going


async def _read_again(services: Services) -> None:
    """Take the sealing and look-up keys as the settings name them now. What cannot be read changes nothing."""
    try:
        # In a thread: a secret may be kept by a service that takes its time.
        sealing, lookup = await asyncio.to_thread(_keys_of_settings, services.settings.path)
        read = Vault(sealing, *lookup)  # whether both are good is seen before either is taken
        vault = services.context.vault
        vault.use_sealing_keys(sealing)
        vault.use_lookup_keys(*lookup)
    except (GatewayError, ValueError) as fault:
        _log.error("settings not read again", text=str(fault), remedy="mend them and send SIGHUP again")
    else:
        _log.info(
            "settings read again",
            taken=["sealing", "lookup"],
            lookup=read.lookup_key_names,
            others="are taken at the next start",
        )


def _keys_of_settings(path: Path | None) -> tuple[list[bytes], tuple[list[bytes], bytes | None]]:
    """Sealing and look-up keys, each asked for once."""
    settings = Settings.load(path)
    return sealing_keys_of(settings), lookup_keys_of(settings)


def _hide_memory() -> None:
    """No process of the same user reads this one's secrets in memory or environment; there is no core file either."""
    try:
        not_dumpable()
    except (OSError, ValueError, AttributeError) as fault:  # not Linux
        _log.warning("memory not hidden", error=type(fault).__name__)


def _raise_file_limit() -> None:
    """Take as many open files as the system allows this process: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
