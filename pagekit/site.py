"""Puts a site together: pages, templates, files, and the connection to the gateway; and serves it until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

import jinja2
import structlog
from aiohttp import web

from httpkit.runner import BACKLOG, HSTS
from httpkit.systemd import supervised
from pagekit.files import ROUTE, Files
from pagekit.gateway_check import GatewayCheck
from pagekit.logs import configure, places_of, request_lines
from pagekit.metrics import SiteMetrics
from pagekit.pages import (
    Pages,
    SessionT,
    SettingsT,
    Site,
    SitePage,
    address_of,
    no_page,
    nothing_here,
    served,
)
from pagekit.planned_stops import PlannedStops
from pagekit.runner import SiteRunner
from pagekit.settings import BadSettings

STOPS: Final = web.AppKey("stops", PlannedStops)
CHECK: Final = web.AppKey("check", GatewayCheck)
METRICS: Final = web.AppKey("metrics", SiteMetrics)
HERE: Final = Path(__file__).parent
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger()


def environment(folder: Path, files: Files) -> jinja2.Environment:
    """The templates; every value is escaped, and a name that is missing is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, HERE / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # looking whether a file has changed costs a page more than filling it in
    )
    made.globals["static"] = files.address
    return made


def site_app(
    site: Site[SettingsT, SessionT], parts: Iterable[Pages[SettingsT, SessionT]], files: Files
) -> web.Application:
    """The application; its connections open when it starts and close when it ends."""

    @web.middleware
    async def last_resort(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as fault:
            return await nothing_here(site, request, fault.status)
        except Exception as fault:  # noqa: BLE001  a fault of ours is a page too, and is told to the log
            _log.error("site fault", site=site.name, path=request.path, fault=places_of(fault))
            return await nothing_here(site, request, 500)

    async def prepare(_request: web.BaseRequest, answer: web.StreamResponse) -> None:
        if site.settings.https:
            answer.headers["Strict-Transport-Security"] = HSTS

    def name_source(request: web.Request) -> str:
        return site.settings.source_names.name(address_of(request, site.settings.trusted_proxies))

    check = GatewayCheck(site.name, site.gateway)
    metrics = SiteMetrics(site.name)
    site.gateway.on_call = metrics.called
    app = web.Application(
        client_max_size=site.form_limit,
        middlewares=[request_lines(name_source, metrics.answered), last_resort],
    )
    app.on_response_prepare.append(prepare)
    app.cleanup_ctx.append(lambda _app: site.gateway.opened())
    app[CHECK] = check
    app[METRICS] = metrics
    app[STOPS] = PlannedStops(site.gateway)
    pages = [page for part in parts for page in part.all]
    forms = {page.path: page for page in pages if page.method == "POST"}
    for page in pages:
        form = forms.get(page.path) if page.method == "GET" else None
        app.router.add_route(page.method, page.path, served(site, page, form))
    for path in forms.keys() - {page.path for page in pages if page.method == "GET"}:
        form = forms[path]
        drawn: SitePage[SettingsT, SessionT] = SitePage(
            "GET", path, no_page, form.public, True, False, None, form.needs
        )
        app.router.add_route("GET", path, served(site, drawn, form))
    app.router.add_get(ROUTE, files.serve)
    app.router.add_get("/health", _health)
    app.router.add_get("/health/ready", check.health)
    return app


def run(name: str, load: Callable[[Path], SettingsT], make: Callable[[SettingsT], web.Application]) -> int:
    """`python -m <name> --config <name>.toml`: serve until SIGINT or SIGTERM. Gives the exit code."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--config", type=Path, default=Path(f"{name}.toml"))
    try:
        settings = load(parser.parse_args().config)
    except (BadSettings, OSError, ValueError) as fault:
        sys.stderr.write(f"{name}: {fault}\n")
        return 1
    configure(settings.log_format)
    asyncio.run(_serve(name, settings, make(settings)))
    return 0


async def _serve(name: str, settings: SettingsT, app: web.Application) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app.cleanup_ctx.append(app[CHECK].watched)
    app.cleanup_ctx.append(app[STOPS].watched)
    runner = SiteRunner(app, is_https=settings.https)
    operators = SiteRunner(app[METRICS].operators_app(app[CHECK]))
    await runner.setup()
    await operators.setup()
    try:
        if settings.admin_address is not None:
            await web.TCPSite(operators, *settings.admin_address).start()
        await web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG).start()
        sys.stdout.write(f"{name} serves at {settings.public_url}\n")
        sys.stdout.flush()
        async with supervised(f"serves at {settings.public_url}"):
            await stop.wait()
    finally:
        await runner.cleanup()
        await operators.cleanup()


async def _health(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "up"})
