"""The bench as a page: steps on the left, what passes between gateway and partner on the right, as it happens.

Listens on loopback. The first visit carries the key in its address and gets it as a cookie; a form of another
site is refused by its Origin, and another host name (DNS rebinding) by its Host.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from gateway.errors import GatewayError
from gateway.model import Destination, LinkKind
from gateway.workbench.bench import KASAMA, Bench
from gateway.workbench.call_recorder import CallFault
from gateway.workbench.export import as_test

_COOKIE: Final = "point_gateway_workbench"
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FILES: Final = {
    "/": ("page.html", "text/html"),
    "/workbench.js": ("workbench.js", "text/javascript"),
    "/workbench.css": ("workbench.css", "text/css"),
}


class Site:
    """The page's routes. `key` opens it."""

    def __init__(self, bench: Bench, host: str) -> None:
        self.key = secrets.token_urlsafe(24)
        self._bench, self._host = bench, host

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.add_routes([web.get(path, self._file) for path in _FILES])
        app.add_routes(
            [
                web.get("/back", self._back),
                web.get("/returns/{partner}", self._returns),
                web.get("/events", self._events),
                web.get("/export", self._export),
                web.post("/do/{step}", self._do),
            ]
        )
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.host != self._host:
            raise web.HTTPForbidden(text="open the address that the command printed")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{self._host}":
            raise web.HTTPForbidden(text="another site may not do this")
        key = request.query.get("key") or request.cookies.get(_COOKIE, "")
        # A partner's site sends the browser back without our cookie's leave; its signed state is what counts there.
        if not request.path.startswith("/returns/") and not hmac.compare_digest(
            key.encode(), self.key.encode()
        ):
            raise web.HTTPForbidden(text="open the address that the command printed; it carries the key")
        answer = await handler(request)
        answer.headers.update(_HEADERS)
        if request.query.get("key"):
            answer.set_cookie(_COOKIE, self.key, httponly=True, samesite="Lax")
        return answer

    async def _file(self, request: web.Request) -> web.Response:
        name, kind = _FILES[request.path]
        text = (files("gateway.workbench") / "page" / name).read_text("utf-8")
        return web.Response(text=text, content_type=kind)

    async def _returns(self, request: web.Request) -> web.Response:
        try:
            await self._bench.arrive(dict(request.query))
        except GatewayError as fault:
            self._bench.watch.record("refused", what=type(fault).__name__, text=str(fault))
        raise web.HTTPSeeOther("/")

    async def _back(self, _request: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/")

    async def _events(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        profile = self._bench.partner.profile
        values = {
            "plugin": {
                "id": profile.id,
                "name": profile.name.ja,
                "coupon": profile.link is LinkKind.COUPON,
                "plays": self._bench.plays,
            },
            "order": self._bench.watch.order or "",
            "now": await self._bench.shown(),
            "events": self._bench.watch.shown(after),
        }
        return web.json_response(values, dumps=_json)

    async def _export(self, _request: web.Request) -> web.Response:
        name = f"test_workbench_{self._bench.partner.id}.py"
        return web.Response(
            text=as_test(self._bench),
            content_type="text/x-python",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _do(self, request: web.Request) -> web.Response:
        sent = await request.json()
        try:
            goes_to = await self._step(request.match_info["step"], sent)
        except GatewayError as fault:
            self._bench.watch.record("refused", what=type(fault).__name__, text=str(fault))
            return web.json_response({"refused": str(fault)}, status=409, dumps=_json)
        except (KeyError, ValueError, TypeError):
            return web.json_response(
                {"refused": "the page and the bench do not fit; load it anew"}, status=400
            )
        return web.json_response({"goes_to": goes_to}, dumps=_json)

    async def _step(self, step: str, sent: dict[str, Any]) -> str:
        """Carry a step out; gives where the browser goes next, or nothing."""
        match step:
            case "check":
                await self._bench.check()
            case "start":
                exchange = await self._bench.start(str(sent.get("coupon", "")) or None)
                return exchange.redirect_url or ""
            case "quote":
                direct = sent["destination"] == "municipality"
                destination = Destination.to_municipality(*KASAMA[:2]) if direct else Destination.reserve()
                await self._bench.quote(int(sent["units"]) if sent.get("units") else None, destination)
            case "confirm":
                await self._bench.confirm()
            case "ask":
                await self._bench.ask_again()
            case "trouble":
                self._bench.watch.order = CallFault(sent["kind"]) if sent["kind"] else None
            case _:
                raise ValueError(step)
        return ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
