"""Pages of a sandbox for people: templates, who is signed in, forms that another site cannot send.

Japanese first, English below, no script and no third-party request. A visit lives in memory, ends after ten
idle minutes or on sign-out, and its cookie is readable by no script.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from gateway.plugin_interfaces import Clock

IDLE = timedelta(minutes=10)
_MAX_VISITS = 10_000
_HEADERS = {
    # No form-action: after consent the browser follows redirects to sites that this page cannot know.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(slots=True)
class Visit:
    """One browser. `holder` is whose account it is signed in to, empty before."""

    key: str
    form_token: str
    seen_at: datetime
    holder: str = ""
    misses: int = 0
    notes: dict[str, str] = field(default_factory=dict)


class Pages:
    """Renders a partner's pages, which extend `sandbox/base.html`, and keeps its visits."""

    def __init__(self, package: str, cookie: str, clock: Clock, **shown_everywhere: Any) -> None:
        self._templates = Environment(
            loader=ChoiceLoader(
                [PackageLoader(package, "pages"), PackageLoader("gateway.testkit.sandbox", "pages")]
            ),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self._shown_everywhere = shown_everywhere
        self._cookie = cookie
        self._clock = clock
        self._visits: dict[str, Visit] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/style.css", self._style)]

    def page(self, visit: Visit, template: str, *, status: int = 200, **shown: Any) -> web.Response:
        text = self._templates.get_template(template).render(**self._shown_everywhere, visit=visit, **shown)
        answer = web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)
        return self._remembered(answer, visit)

    def see_other(self, visit: Visit, where: str) -> web.Response:
        """Send the browser on, as it is, so that a query made elsewhere arrives unchanged."""
        answer = web.Response(status=303, headers={**_HEADERS, "Location": where})
        return self._remembered(answer, visit)

    def _remembered(self, answer: web.Response, visit: Visit) -> web.Response:
        answer.set_cookie(self._cookie, visit.key, httponly=True, samesite="Lax", path="/")
        return answer

    def problem(self, visit: Visit, status: int, ja: str, en: str) -> web.Response:
        """A page that says what is wrong and what to do."""
        return self.page(visit, "problem.html", status=status, ja=ja, en=en)

    def visit(self, request: web.Request) -> Visit:
        """The browser's visit; a new one when there is none or it was idle too long."""
        now = self._clock()
        visit = self._visits.get(request.cookies.get(self._cookie, ""))
        if visit is None or abs(now - visit.seen_at) > IDLE:
            visit = self._new_visit(now)
        visit.seen_at = now
        return visit

    def renew(self, visit: Visit, holder: str) -> Visit:
        """Signed in or out: a new key, so that a key planted before is worth nothing."""
        self._visits.pop(visit.key, None)
        renewed = self._new_visit(self._clock())
        renewed.holder = holder
        renewed.notes = visit.notes if holder else {}
        return renewed

    async def form(self, request: web.Request, visit: Visit) -> dict[str, str] | None:
        """The sent fields, or None when the form was not shown by us to this browser."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return None
        try:
            sent = {name: str(value) for name, value in (await request.post()).items()}
        except ValueError:
            return None
        token = sent.pop("form_token", "")
        return sent if hmac.compare_digest(token.encode(), visit.form_token.encode()) else None

    def _new_visit(self, now: datetime) -> Visit:
        if len(self._visits) >= _MAX_VISITS:
            self._visits.pop(next(iter(self._visits)))
        visit = Visit(secrets.token_urlsafe(24), secrets.token_urlsafe(24), now)
        self._visits[visit.key] = visit
        return visit

    async def _style(self, _request: web.Request) -> web.Response:
        css = self._templates.get_template("sandbox/style.css").render(**self._shown_everywhere)
        return web.Response(text=css, content_type="text/css", headers={"X-Content-Type-Options": "nosniff"})
