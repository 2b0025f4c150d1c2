"""One visit of one page: who asks, in which language, and how to answer. Handlers get a `Visit` and nothing else.

Here stand the rules that hold for every page: a stranger is shown the login and never data; a form counts only
from our own pages (Origin, and a form token where somebody is signed in); an idle session ends; nothing of a
person's is kept by the browser; and each refusal of the gateway becomes a page that says what to do.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2
import structlog
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

from pagekit import form_state
from pagekit.api import Call, File, Gateway, Problem, Unreachable, target_of, untyped_call
from pagekit.client_address import bucket_of
from pagekit.error_messages import ErrorMessage, ErrorMessages
from pagekit.form_state import FormState
from pagekit.i18n import Catalog, Translator, language_of
from pagekit.session_cookie import Session, SessionCipher
from pagekit.settings import SiteSettings
from pagekit.throttle import LoginThrottle

_POLICY: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(**more: str) -> str:
    """The content security policy; `connect_src="http://127.0.0.1:1"` opens that beside what is open everywhere."""
    extra = {name.replace("_", "-"): value for name, value in more.items()}
    assert extra.keys() <= _POLICY.keys()
    return "; ".join(
        f"{name} {extra[name]} {value}" if name in extra else f"{name} {value}"
        for name, value in _POLICY.items()
    )


HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CAMERA: Final[Mapping[str, str]] = {
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
}
"""For the pages that scan, in a site's `headers`."""
SESSION_GONE: Final = frozenset({"session-ended", "session-missing"})

_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-~]{0,8000}")
_FORM_COOKIE: Final = "form"
_BROWSER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_log = structlog.get_logger()


SettingsT = TypeVar("SettingsT", bound=SiteSettings)
SessionT = TypeVar("SessionT", bound=Session)
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Generic[SettingsT, SessionT]):
    """What all visits of one site share.

    `name` is its session cookie's. `home` is where somebody goes who is signed in and asked for nothing else;
    `session_path` is where the gateway ends a session. `form_limit` is in bytes. `headers` are more headers for
    some pages, by the page's path as it was declared. `templates` has every folder of the site and pagekit's own.
    """

    name: str
    home: str
    session_path: str
    settings: SettingsT
    gateway: Gateway
    seal: SessionCipher[SessionT]
    words: Catalog
    troubles: ErrorMessages
    templates: jinja2.Environment
    patience: LoginThrottle
    form_limit: int = 64 * 1024
    detours: Mapping[str, str] = field(default_factory=dict)
    """Where the gateway's word leads that first wants something else done."""
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def session_cookie(self) -> str:
        return self.cookie(self.name)

    def cookie(self, name: str) -> str:
        # The prefix makes browsers refuse the cookie from anywhere but this very host over https.
        return f"__Host-{name}" if self.settings.https else name


@dataclass(slots=True)
class PageRequest(Generic[SettingsT, SessionT]):
    request: web.Request
    site: Site[SettingsT, SessionT]
    speech: Translator
    session: SessionT | None
    now: datetime
    """The moment at which it began, which is the same for all that is decided about it."""
    typed: Mapping[str, str]
    files: Mapping[str, web.FileField] = field(default_factory=dict)
    forget: bool = False
    """Take the session out of the browser with this answer."""
    form_read: bool = False
    """A form was sent from one of our pages, and what was typed is known."""
    drawn: web.Response | None = None
    """The page that was drawn last."""
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    """What the calls that write came to, while a form is answered."""
    redrawn: FormState | None = None
    """The form whose answer is drawn again; nothing is written then."""
    throttled: bool = False
    shown_once: bool = False
    """The page that was drawn holds a secret: it has no address, and nothing of it is kept."""

    async def send(self, call: Call[AnswerT], *, as_site: bool = False) -> AnswerT:
        """Call the gateway as who is signed in, or as the site where nobody is and where `as_site`.

        Raises Problem and Unreachable. The result of a call that writes is kept while a form is answered. While that
        answer is drawn again, the call is not sent: its result is the one that was kept.
        """
        writes = call.method != "GET"
        if writes and self.redrawn is not None:
            if not self.outcomes:
                raise _NothingKept
            return form_state.result_of(self.outcomes.pop(0), call)
        token = self.session.token if self.session and not as_site else None
        try:
            answer = await self.site.gateway.send(call, token=token, language=self.speech.language)
        except (Problem, Unreachable) as fault:
            if writes:
                self.outcomes.append(form_state.outcome_of(fault))
            raise
        if writes:
            self.outcomes.append(form_state.outcome_of(answer))
        return answer

    async def api(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        as_site: bool = False,
    ) -> Any:
        """`send` for pages whose calls are not typed yet: the answer is plain JSON, and None for an empty one."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        call = untyped_call(method, path, query, content=content)
        return await self.send(call, as_site=as_site)

    async def upload(self, path: str, content: bytes, kind: str, query: Mapping[str, str]) -> Any:
        """Send a file as who is signed in."""
        return await self.send(untyped_call("POST", path, query, content=content, media_type=kind))

    async def pass_on(self, path: str, query: Mapping[str, str] | None = None) -> web.Response:
        """A file from the gateway, for who is signed in, under the name that the gateway gave it."""
        call = Call(method="GET", target=target_of(path, query), answer=File, session=True)
        file = await self.site.gateway.send(call, token=self.signed_in().token, language=self.speech.language)
        return web.Response(
            body=file.content,
            headers={hdrs.CONTENT_TYPE: file.media_type, "Content-Disposition": file.disposition},
        )

    def part(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    def hold_on(self) -> web.Response | None:
        """The page for an address that has tried too often, where what is tried could be guessed."""
        if self.redrawn is not None:
            allowed = not self.redrawn.throttled
        else:
            allowed = self.site.patience.allows(self._address(), time.monotonic())
        if allowed:
            return None
        self.throttled = True
        return self.show("error.html", status=429, trouble=self.site.troubles.of_status(429))

    def _address(self) -> str:
        if proxies := self.site.settings.trusted_proxies:
            # Each proxy appends what it saw; only the last entries are ours, the rest is hearsay.
            seen = ",".join(self.request.headers.getall("X-Forwarded-For", [])).split(",")
            if len(seen) >= proxies and (address := seen[-proxies].strip()):
                return bucket_of(address)
        return bucket_of(self.request.remote or "")

    def asked(self, name: str) -> str:
        """A value of the query, or nothing."""
        return self.request.query.get(name, "")

    def show(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A page."""
        values.setdefault("trouble", None)
        text = self.site.templates.get_template(template).render(
            visit=self,
            session=self.session,
            speech=self.speech,
            _=self.speech.say,
            h=self.speech.heading,
            t=self.speech.plain,
            languages=self.site.words.languages,
            now=self.now,
            here=self.request.path_qs,
            **values,
        )
        self.drawn = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        return self.drawn

    def show_once(self, template: str, **values: Any) -> web.Response:
        """A page with a secret in it, such as a first password: a reload or the history must not show it again."""
        self.shown_once = True
        return self.show(template, **values)

    def go(self, path: str, **query: str) -> web.Response:
        """See other: the browser asks for that page next, so that a reload repeats nothing."""
        where = f"{path}?{urlencode(query)}" if query else path
        if "HX-Request" in self.request.headers:  # a part that renews itself: the whole page goes there
            return web.Response(status=204, headers={"HX-Redirect": where})
        return web.Response(status=303, headers={hdrs.LOCATION: where})

    def signed_in(self) -> SessionT:
        """The session of a page that is not public."""
        assert self.session is not None
        return self.session

    @property
    def form_to_repeat(self) -> Mapping[str, str]:
        """What a page may send again unchanged; empty where something was typed that is not kept."""
        state = self.redrawn
        return {} if state is None or state.has_secrets else state.typed

    def trouble(self, fault: Problem | Unreachable) -> ErrorMessage:
        """What the site says to this refusal."""
        return self.site.troubles.of(fault, self.speech)

    def refuse(self, status: int) -> web.Response:
        """The page for what is not answered."""
        return self.show("error.html", status=status, trouble=self.site.troubles.of_status(status))


Handler = Callable[[PageRequest[SettingsT, SessionT]], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class SitePage(Generic[SettingsT, SessionT]):
    method: str
    path: str
    handler: Handler[SettingsT, SessionT]
    public: bool
    counts_as_use: bool
    fragment: bool
    limit: int | None
    """Bytes of a form with a file in it; the site's limit where None."""
    needs: str
    """What the session must allow; empty for everybody who is signed in."""


class Pages(Generic[SettingsT, SessionT]):
    """A part of a site. Pages are for who is signed in unless they say `public`, and for whom the session allows
    what they need: their own word, or that of the part.
    """

    def __init__(self, needs: str = "") -> None:
        self.all: list[SitePage[SettingsT, SessionT]] = []
        self._needs = needs

    def get(
        self,
        path: str,
        *,
        public: bool = False,
        counts_as_use: bool = True,
        fragment: bool = False,
        needs: str | None = None,
    ) -> Callable[[Handler[SettingsT, SessionT]], Handler[SettingsT, SessionT]]:
        """`counts_as_use=False`: for what asks by itself, which must not keep a session alive.

        A `fragment` is a part of a page that asks for itself: it never keeps a session alive, and nobody is led to it.
        """
        return self._add(
            "GET",
            path,
            public=public,
            counts_as_use=counts_as_use and not fragment,
            limit=None,
            needs=needs,
            fragment=fragment,
        )

    def post(
        self, path: str, *, public: bool = False, limit: int | None = None, needs: str | None = None
    ) -> Callable[[Handler[SettingsT, SessionT]], Handler[SettingsT, SessionT]]:
        return self._add("POST", path, public=public, counts_as_use=True, limit=limit, needs=needs)

    def _add(
        self,
        method: str,
        path: str,
        *,
        public: bool,
        counts_as_use: bool,
        limit: int | None,
        needs: str | None,
        fragment: bool = False,
    ) -> Callable[[Handler[SettingsT, SessionT]], Handler[SettingsT, SessionT]]:
        need = self._needs if needs is None else needs

        def keep(handler: Handler[SettingsT, SessionT]) -> Handler[SettingsT, SessionT]:
            self.all.append(SitePage(method, path, handler, public, counts_as_use, fragment, limit, need))
            return handler

        return keep


class _NothingKept(Exception):
    """A page that is drawn again asks for a call that was not made when the form was sent."""


def served(
    site: Site[SettingsT, SessionT],
    page: SitePage[SettingsT, SessionT],
    form: SitePage[SettingsT, SessionT] | None = None,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The page for aiohttp. `form` is what is sent to the same address; its answers are drawn again there."""

    async def serve(request: web.Request) -> web.StreamResponse:
        visit = _begin(site, request)
        kept = site.seal.open(request.cookies.get(site.session_cookie, ""))
        if kept is not None and kept.alive(visit.now):
            visit.session = kept
        elif kept is not None:
            await _end(visit, kept)
            visit.forget = True
        before = visit.session
        try:
            answer = await _answer(visit, page, form)
        except (Problem, Unreachable) as fault:
            answer = _trouble(visit, page, fault)
        except web.HTTPException as fault:
            answer = visit.refuse(fault.status)
        if before is not None and visit.session is not None and visit.session.token != before.token:
            await _end(visit, before)  # somebody signed in over it: the session before must not stay open
        if visit.form_read and answer is visit.drawn and not visit.shown_once:
            answer = _at_its_own_address(visit, answer)
        _dress(visit, page, answer)
        return answer

    return serve


async def no_page(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """The address of a form whose answer can no longer be drawn: too old, or another browser's."""
    return visit.go(visit.site.home if visit.session else "/login")


async def nothing_here(
    site: Site[SettingsT, SessionT], request: web.Request, status: int
) -> web.StreamResponse:
    """The page for an address that is none of ours, or for what broke."""
    visit = _begin(site, request)
    kept = site.seal.open(request.cookies.get(site.session_cookie, ""))
    if kept is not None and kept.alive(visit.now):
        visit.session = kept  # the page says whose it is; it keeps no session alive
    answer = visit.refuse(status)
    _dress(visit, None, answer)
    return answer


def _begin(site: Site[SettingsT, SessionT], request: web.Request) -> PageRequest[SettingsT, SessionT]:
    return PageRequest(
        request, site, site.words.speech(_language(site, request)), None, site.settings.clock(), {}
    )


def own_path(text: str, otherwise: str) -> str:
    """`text` when it is a path of this site and nothing more, else `otherwise`: no open redirect."""
    return text if _OWN_PATH.fullmatch(text) else otherwise


async def _answer(
    visit: PageRequest[SettingsT, SessionT],
    page: SitePage[SettingsT, SessionT],
    form: SitePage[SettingsT, SessionT] | None,
) -> web.Response:
    if page.method == "GET":
        state = _form_state(visit) if form is not None else None
        if form is None or state is None:
            if (answer := _gate(visit, page)) is not None:
                return answer
            if page.fragment and "HX-Request" not in visit.request.headers:
                return visit.go(visit.site.home)
            return await page.handler(visit)
        return await _draw_again(visit, page, form, state)
    if not _from_here(visit):
        return _plain(visit, 403)
    if page.limit is not None and not page.public and visit.session is None:
        return visit.go("/login", next=visit.site.home)  # a stranger's file is not even read
    if page.needs and visit.session is not None and (answer := _gate(visit, page)) is not None:
        visit.drawn = None
        return answer
    if not await _read_form(visit, page.limit or visit.site.form_limit):
        return _plain(visit, 400)
    if (answer := _gate(visit, page)) is not None:
        return answer
    token = visit.typed.get("form_token", "")
    if visit.session is not None and not page.public and not visit.session.is_form_token(token):
        return _plain(visit, 403)
    return await page.handler(visit)


def _gate(
    visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT]
) -> web.Response | None:
    """The answer for who may not see the page."""
    if page.needs and visit.session is not None and not visit.session.may(page.needs):
        if visit.session.first:
            return visit.go(visit.session.first)
        trouble = visit.trouble(Problem("role-not-allowed", 403))
        return visit.show("error.html", status=403, trouble=trouble)
    if not page.public and visit.session is None:
        why = {"why": "idle"} if visit.forget else {}
        return visit.go("/login", next=_wanted_page(visit, page), **why)
    return None


async def _draw_again(
    visit: PageRequest[SettingsT, SessionT],
    page: SitePage[SettingsT, SessionT],
    form: SitePage[SettingsT, SessionT],
    state: FormState,
) -> web.Response:
    """The answer to a form that was sent, drawn by the form's own handler, which writes nothing this time."""
    if (answer := _gate(visit, form)) is not None:
        return answer
    visit.redrawn, visit.typed, visit.outcomes = state, state.typed, list(state.outcomes)
    visit.files = {
        name: web.FileField(
            name, filename, io.BufferedReader(io.BytesIO()), "", CIMultiDictProxy(CIMultiDict())
        )
        for name, filename in state.files.items()
    }
    try:
        return await form.handler(visit)
    except _NothingKept:
        visit.redrawn, visit.typed = None, {}
        return await page.handler(visit)


def _at_its_own_address(visit: PageRequest[SettingsT, SessionT], answer: web.Response) -> web.Response:
    """See other: the page that a form led to, where a reload sends nothing. What is too long for an address stays."""
    key, is_new = _form_key(visit)
    state = FormState(
        path=visit.request.path,
        typed=form_state.without_secrets(visit.typed),
        files={name: file.filename for name, file in visit.files.items()},
        outcomes=visit.outcomes,
        throttled=visit.throttled,
        saved_at=int(visit.now.timestamp()),
    )
    token = form_state.seal(state, visit.site.settings.seal_secret, key)
    if token is None:
        return answer
    redirect = visit.go(visit.request.rel_url.raw_path, **{form_state.PARAMETER: token})
    if is_new:
        redirect.set_cookie(
            visit.site.cookie(_FORM_COOKIE),
            key,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=visit.site.settings.https,
        )
    return redirect


def _form_state(visit: PageRequest[SettingsT, SessionT]) -> FormState | None:
    """The form whose answer the address holds, for the browser or the session that has sent it."""
    token = visit.asked(form_state.PARAMETER)
    if not token:
        return None
    key, _ = _form_key(visit)
    state = form_state.unseal(token, visit.site.settings.seal_secret, key, visit.now)
    return state if state is not None and state.path == visit.request.path else None


def _form_key(visit: PageRequest[SettingsT, SessionT]) -> tuple[str, bool]:
    """By what the address of an answer opens: the session, or a random name that a stranger's browser keeps."""
    if visit.session is not None:
        return visit.session.form_secret, False
    key = visit.request.cookies.get(visit.site.cookie(_FORM_COOKIE), "")
    return (key, False) if _BROWSER_KEY.fullmatch(key) else (secrets.token_urlsafe(32), True)


def _wanted_page(visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT]) -> str:
    """The page that the person looked at, to go on there after the sign-in: never a fragment, never a form's action."""
    headers, site = visit.request.headers, visit.site
    if "HX-Request" in headers:
        source = headers.get("HX-Current-URL", "")
    elif page.method == "GET" and not page.fragment:
        source = site.settings.origin + visit.request.path_qs
    else:
        source = headers.get(hdrs.REFERER, "")
    parts = urlsplit(source)
    if f"{parts.scheme}://{parts.netloc}" != site.settings.origin:
        return site.home
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != form_state.PARAMETER])
    return own_path(f"{parts.path}?{query}" if query else parts.path, site.home)


def _plain(visit: PageRequest[SettingsT, SessionT], status: int) -> web.Response:
    """The page for a form that none of our pages has sent: it gets no address of its own."""
    answer = visit.refuse(status)
    visit.drawn = None
    return answer


async def _read_form(visit: PageRequest[SettingsT, SessionT], limit: int) -> bool:
    """Take what was typed; False for what no browser sends."""
    try:
        form = await visit.request.clone(client_max_size=limit).post()
    except web.HTTPException:
        raise
    except Exception as fault:  # noqa: BLE001  aiohttp raises a dozen kinds over encodings and parts that are none
        _log.info("form unreadable", path=visit.request.path, fault=type(fault).__name__)
        return False
    visit.typed = {
        name: value if name in form_state.SECRET_FIELDS else value.strip()
        for name, value in form.items()
        if isinstance(value, str)
    }
    visit.files = {name: value for name, value in form.items() if isinstance(value, web.FileField)}
    visit.form_read = not any(_HALF_CHARACTER.search(text) for pair in visit.typed.items() for text in pair)
    return visit.form_read


async def _end(visit: PageRequest[SettingsT, SessionT], kept: SessionT) -> None:
    """End an older session at the gateway."""
    try:
        await visit.site.gateway.send(untyped_call("DELETE", visit.site.session_path), token=kept.token)
    except (Problem, Unreachable):
        return  # it has ended there of itself, or will; the browser forgets it in any case


def _trouble(
    visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT], fault: Problem | Unreachable
) -> web.Response:
    if isinstance(fault, Problem) and fault.word in SESSION_GONE:
        visit.session, visit.forget = None, True
        return visit.go("/login", next=_wanted_page(visit, page), why="ended")
    if isinstance(fault, Problem) and fault.word in visit.site.detours:
        return visit.go(visit.site.detours[fault.word])
    if isinstance(fault, Unreachable) or fault.status >= 500:
        _log.warning("gateway trouble", path=visit.request.path, fault=str(fault))
    trouble = visit.trouble(fault)
    return visit.show("error.html", status=trouble.status, trouble=trouble)


def _from_here(visit: PageRequest[SettingsT, SessionT]) -> bool:
    """Whether a form was sent from our own pages. Browsers have told Origin on every POST since 2020."""
    headers = visit.request.headers
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    return headers.get(hdrs.ORIGIN) == visit.site.settings.origin


def _language(site: Site[SettingsT, SessionT], request: web.Request) -> str:
    chosen = request.cookies.get(site.cookie("language"), "")
    if chosen in site.words.languages:
        return chosen
    return language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


def _dress(
    visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT] | None, answer: web.Response
) -> None:
    answer.headers.update(HEADERS)
    if page is not None:
        answer.headers.update(visit.site.headers.get(page.path, {}))
    answer.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    answer.headers[hdrs.VARY] = "Cookie, Accept-Language"
    settings, name = visit.site.settings, visit.site.session_cookie
    # With a session, somebody has just signed in where an older one lay idle.
    if visit.forget and visit.session is None:
        answer.del_cookie(name, path="/", secure=settings.https, httponly=True, samesite="Lax")
    elif visit.session is not None and page is not None and page.counts_as_use:
        used = replace(visit.session, used_at=int(visit.now.timestamp()))
        answer.set_cookie(
            name, visit.site.seal.seal(used), path="/", secure=settings.https, httponly=True, samesite="Lax"
        )
    _compress(visit, answer)


def _compress(visit: PageRequest[SettingsT, SessionT], answer: web.Response) -> None:
    """Smaller pages for telephones. Where somebody is signed in, only for what our own pages or the person asked for:
    the length of a compressed page tells its text to who can make it repeat theirs (BREACH).
    """
    request, body = visit.request, answer.body
    if visit.session is not None and request.headers.get("Sec-Fetch-Site") not in ("same-origin", "none"):
        return
    if (
        isinstance(body, bytes)
        and len(body) > 1_024
        and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    ):
        answer.body = gzip.compress(body, 5, mtime=0)
        answer.headers[hdrs.CONTENT_ENCODING] = "gzip"
