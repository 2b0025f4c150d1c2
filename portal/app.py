"""Puts the portal together: pages, templates, files of its own, and the connection to the gateway."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
import structlog
from aiohttp import hdrs, web

from portal import account, cards, exchanges, history, moves, mypage, own_card, places, sign_in
from portal.api import Gateway
from portal.patience import Patience
from portal.sealed import Seal
from portal.settings import Settings
from portal.visits import FORM_LIMIT, HEADERS, Page, Portal, nothing_here, served

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
PARTS: Final = (sign_in, cards, own_card, mypage, exchanges, moves, history, places, account)
PORTAL: Final = web.AppKey("portal", Portal)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger()


def make_app(settings: Settings) -> web.Application:
    """The application; its connections open when it starts and close when it ends."""
    app = web.Application(client_max_size=FORM_LIMIT, middlewares=[_last_resort])
    app.cleanup_ctx.append(lambda app: _opened(app, settings))
    for part in PARTS:
        for page in part.pages.all:
            app.router.add_route(page.method, page.path, _late(page))
    app.router.add_get("/static/{version}/{name:[a-z0-9_./-]+}", _file)
    app.router.add_get("/health", _health)
    return app


def environment() -> jinja2.Environment:
    """The templates; every value is escaped, and a name that is missing is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_path
    return made


@cache
def static_path(name: str) -> str:
    """The address of a file of ours; it changes with the content, so browsers may keep it for ever."""
    content = (STATIC / name).read_bytes()
    return f"/static/{hashlib.sha256(content).hexdigest()[:12]}/{name}"


def _late(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Routes are made before the connections are open."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return await served(request.app[PORTAL], page)(request)

    return serve


async def _opened(app: web.Application, settings: Settings) -> AsyncIterator[None]:
    gateway = Gateway(settings)
    app[PORTAL] = Portal(
        settings=settings,
        gateway=gateway,
        seal=Seal(settings.seal_secret),
        templates=environment(),
        patience=Patience(burst=settings.tries_at_once),
    )
    yield
    await gateway.close()


@web.middleware
async def _last_resort(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as fault:
        return await nothing_here(request.app[PORTAL], request, fault.status)
    except Exception as fault:  # noqa: BLE001  a fault of ours is a page too, and is told to the log
        _log.error("portal fault", path=request.path, exc_info=fault)
        return await nothing_here(request.app[PORTAL], request, 500)


async def _file(request: web.Request) -> web.StreamResponse:
    """One of our own files, kept by browsers for a year: its address has the hash of its content."""
    name = request.match_info["name"]
    path = (STATIC / name).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise web.HTTPNotFound
    if request.path != static_path(name):
        raise web.HTTPNotFound
    body = path.read_bytes()
    kind = _KINDS.get(path.suffix, "application/octet-stream")
    answer = web.Response(body=body, content_type=kind, charset="utf-8" if kind.startswith("text/") else None)
    answer.headers.update(HEADERS)
    answer.headers[hdrs.CACHE_CONTROL] = "public, max-age=31536000, immutable"
    if path.suffix in (".css", ".js", ".svg"):
        answer.enable_compression()
    return answer


async def _health(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "up"})


_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
