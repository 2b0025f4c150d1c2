"""One visit of one page: who asks, in which language, and how to answer. Handlers get a `Visit` and nothing else.

Here stand the rules that hold for every page: a stranger is shown the login and never data; a form counts only
from our own pages (Origin, and a form token where somebody is signed in); an idle session ends; nothing of a
member's is kept by the browser; and each refusal of the gateway becomes a page that says what to do.
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
import structlog
from aiohttp import hdrs, web

from portal.api import Gateway, Problem, Unreachable
from portal.patience import Patience
from portal.sealed import Seal, Session
from portal.settings import Settings
from portal.trouble import Trouble
from portal.words import LANGUAGES, Speech, language_of

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CARD_PAGES: Final = frozenset(
    {"/login", "/card/login", "/register", "/relink", "/settings/card", "/settings/card-password"}
)
FORM_LIMIT: Final = 48 * 1024
"""A card's answer with its certificate fits; nothing else comes near."""
SESSION_GONE: Final = frozenset({"session-ended", "session-missing"})

_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-~]{0,500}")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """What all visits share."""

    settings: Settings
    gateway: Gateway
    seal: Seal
    templates: jinja2.Environment
    patience: Patience = field(default_factory=Patience)

    @property
    def session_cookie(self) -> str:
        # The prefix makes browsers refuse the cookie from anywhere but this very host over https.
        return "__Host-portal" if self.settings.https else "portal"


@dataclass(slots=True)
class Visit:
    request: web.Request
    portal: Portal
    speech: Speech
    session: Session | None
    typed: Mapping[str, str]
    forget: bool = False
    """Take the session out of the browser with this answer."""

    async def api(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """Call the gateway as the member who is signed in, or as the portal where nobody is."""
        return await self.portal.gateway.call(
            method,
            path,
            token=self.session.token if self.session else None,
            body=body,
            query=query,
            language=self.speech.language,
        )

    def part(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    def hold_on(self) -> web.Response | None:
        """The page for an address that has tried too often, where what is tried could be guessed."""
        address = self.request.remote or ""
        if self.portal.patience.allows(address, time.monotonic()):
            return None
        return self.show("error.html", status=429, trouble=Trouble.of_status(429))

    def asked(self, name: str) -> str:
        """A value of the query, or nothing."""
        return self.request.query.get(name, "")

    def show(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A page."""
        text = self.portal.templates.get_template(template).render(
            visit=self,
            session=self.session,
            speech=self.speech,
            _=self.speech.say,
            t=self.speech.plain,
            languages=LANGUAGES,
            now=self.portal.settings.clock(),
            here=self.request.path_qs,
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")

    def go(self, path: str, **query: str) -> web.Response:
        """See other: the browser asks for that page next, so that a reload repeats nothing."""
        where = f"{path}?{urlencode(query)}" if query else path
        return web.Response(status=303, headers={hdrs.LOCATION: where})

    def member(self) -> Session:
        """The session of a page that only members see."""
        assert self.session is not None
        return self.session


Handler = Callable[[Visit], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Page:
    method: str
    path: str
    handler: Handler
    public: bool
    counts_as_use: bool


class Pages:
    """A part of the site. Pages are for members unless they say `public`."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    def get(
        self, path: str, *, public: bool = False, counts_as_use: bool = True
    ) -> Callable[[Handler], Handler]:
        """`counts_as_use=False`: for what asks by itself, which must not keep a session alive."""
        return self._add("GET", path, public=public, counts_as_use=counts_as_use)

    def post(self, path: str, *, public: bool = False) -> Callable[[Handler], Handler]:
        return self._add("POST", path, public=public, counts_as_use=True)

    def _add(
        self, method: str, path: str, *, public: bool, counts_as_use: bool
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.all.append(Page(method, path, handler, public, counts_as_use))
            return handler

        return keep


def served(portal: Portal, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`page` with every rule of the house around it."""

    async def serve(request: web.Request) -> web.StreamResponse:
        visit = Visit(request, portal, Speech(_language(request)), None, {})
        kept = portal.seal.open(request.cookies.get(portal.session_cookie, ""))
        if kept is not None and kept.alive(portal.settings.clock()):
            visit.session = kept
        elif kept is not None:
            await _end_idle(visit, kept)
        try:
            answer = await _answer(visit, page)
        except (Problem, Unreachable) as fault:
            answer = _trouble(visit, fault)
        except web.HTTPException as fault:
            answer = visit.show("error.html", status=fault.status, trouble=Trouble.of_status(fault.status))
        _dress(visit, page, answer)
        return answer

    return serve


async def nothing_here(portal: Portal, request: web.Request, status: int) -> web.StreamResponse:
    """The page for an address that is none of ours, or for what broke."""
    visit = Visit(request, portal, Speech(_language(request)), None, {})
    answer = visit.show("error.html", status=status, trouble=Trouble.of_status(status))
    _dress(visit, Page("GET", "", _never, public=True, counts_as_use=False), answer)
    return answer


async def _never(_visit: Visit) -> web.Response:
    raise web.HTTPNotFound


def own_path(text: str) -> str:
    """`text` when it is a path of this site and nothing more, else the member's page: no open redirect."""
    return text if _OWN_PATH.fullmatch(text) else "/mypage"


async def _answer(visit: Visit, page: Page) -> web.Response:
    if page.method == "POST":
        if not _from_here(visit):
            return visit.show("error.html", status=403, trouble=Trouble.of_status(403))
        form = await visit.request.post()
        visit.typed = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    if not page.public:
        if visit.session is None:
            why = {"why": "idle"} if visit.forget else {}
            return visit.go(
                "/login", next=visit.request.path_qs if page.method == "GET" else "/mypage", **why
            )
        given = visit.typed.get("form_token", "")
        if page.method == "POST" and not compare_digest(given.encode(), visit.session.form_token().encode()):
            return visit.show("error.html", status=403, trouble=Trouble.of_status(403))
    return await page.handler(visit)


async def _end_idle(visit: Visit, kept: Session) -> None:
    visit.forget = True
    try:
        await visit.portal.gateway.call("DELETE", "/v1/sessions/current", token=kept.token)
    except (Problem, Unreachable):
        return  # it has ended there of itself, or will; the browser forgets it in any case


def _trouble(visit: Visit, fault: Problem | Unreachable) -> web.Response:
    if isinstance(fault, Problem) and fault.word in SESSION_GONE:
        visit.session, visit.forget = None, True
        return visit.go("/login", why="ended")
    if isinstance(fault, Unreachable) or fault.status >= 500:
        _log.warning("gateway trouble", path=visit.request.path, fault=str(fault))
    trouble = Trouble.of(fault)
    return visit.show("error.html", status=trouble.status, trouble=trouble)


def _from_here(visit: Visit) -> bool:
    """Whether a form was sent from our own pages. Browsers have told Origin on every POST since 2020."""
    headers = visit.request.headers
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    return headers.get(hdrs.ORIGIN) == visit.portal.settings.origin


def _language(request: web.Request) -> str:
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LANGUAGES else language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


def _dress(visit: Visit, page: Page, answer: web.Response) -> None:
    answer.headers.update(HEADERS)
    if page.path in CARD_PAGES:
        agent = visit.portal.settings.card_agent_url
        answer.headers["Content-Security-Policy"] = POLICY.replace("connect-src", f"connect-src {agent}")
    answer.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    answer.headers[hdrs.VARY] = "Cookie, Accept-Language"
    settings, name = visit.portal.settings, visit.portal.session_cookie
    if settings.https:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    if visit.forget:
        answer.del_cookie(name, path="/", secure=settings.https, httponly=True, samesite="Lax")
    elif visit.session is not None and page.counts_as_use:
        used = replace(visit.session, used_at=int(settings.clock().timestamp()))
        answer.set_cookie(
            name, visit.portal.seal.seal(used), path="/", secure=settings.https, httponly=True, samesite="Lax"
        )
    _compress(visit.request, answer)


def _compress(request: web.Request, answer: web.Response) -> None:
    """Smaller pages for telephones. Each page's form token is per session, so compression beside it tells a
    little to who can make a member load pages of their choice and count bytes; our pages repeat no input of
    such a stranger's beside it.
    """
    body = answer.body
    if (
        isinstance(body, bytes)
        and len(body) > 1_024
        and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    ):
        answer.body = gzip.compress(body, 5, mtime=0)
        answer.headers[hdrs.CONTENT_ENCODING] = "gzip"
