"""One visit of one page: who asks, in which language, and how to answer. Handlers get a `PageRequest` and nothing else.

Here stand the rules that hold for every page: a stranger is shown the login and never data; a form counts only
from our own pages (Origin, and a form token where somebody is signed in); an idle session ends; nothing of a
person's is kept by the browser; and each refusal of the gateway becomes a page that says what to do.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2
import structlog
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

from httpkit.client_address import bucket_of
from httpkit.runner import invite_body
from httpkit.streamed import StreamedResponse
from pagekit import form_state
from pagekit.api import Call, File, Gateway, Problem, Unreachable
from pagekit.error_messages import ErrorMessage, ErrorMessages
from pagekit.form_state import FormState
from pagekit.i18n import Catalog, Translator, language_of
from pagekit.japanese_text import mark_japanese
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
FORM_DEADLINE_S: Final = 30.0
FILE_DEADLINE_S: Final = 300.0
"""How long what a form sends may take to come: whoever is slower holds a place."""
SESSION_GONE: Final = frozenset({"session-ended", "session-missing"})

_KEEP: Final = "X-Keep-Form"
"""Sent by a page's script with a form that is to be found again, and not to be acted on."""
_MAX_UNSENT_SOURCE: Final = 200
_NOT_SENT: Final = Problem(
    "not-sent-yet",
    409,
    "まだ送信されていません",
    "ログインが切れていました。内容を確認して、もう一度送信してください。",
    detail="ログインが切れていました。内容を確認して、もう一度送信してください。",
)
_UNSENT: Final = "unsent"
"""Said in the address of a page to which a form has come back that was not sent and of which nothing is kept."""
_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-~]{0,8000}")
_FORM_COOKIE: Final = "form"
_BROWSER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_log = structlog.get_logger()


SettingsT = TypeVar("SettingsT", bound=SiteSettings)
SessionT = TypeVar("SessionT", bound=Session)
AnswerT = TypeVar("AnswerT")
PageValues: TypeAlias = dict[str, Any]
"""Values for a template, by their names in it, that several pages share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Generic[SettingsT, SessionT]):
    """What all visits of one site share.

    `name` is its session cookie's. `home` is where somebody goes who is signed in and asked for nothing else;
    `end_session` makes the call that ends a session at the gateway. `form_limit` is in bytes. `headers` are more headers for
    some pages, by the page's path as it was declared. `templates` has every folder of the site and pagekit's own.
    """

    name: str
    home: str
    end_session: Callable[[], Call[None]]
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
    personal_cookies: tuple[str, ...] = ()
    """Further cookies that end with a person's session."""
    reopen: Callable[[PageRequest[SettingsT, SessionT]], Awaitable[SessionT | None]] | None = None
    """Begins a session from what the browser keeps beside one, for a page that is not public; None where it keeps nothing."""

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
    form: Mapping[str, str]
    files: Mapping[str, web.FileField] = field(default_factory=dict)
    ended: SessionT | None = None
    """The session that this browser had, where it has just ended."""
    clear_session: bool = False
    """Take the session out of the browser with this answer."""
    form_read: bool = False
    """A form was sent from one of our pages, and what was typed is known."""
    drawn: web.Response | None = None
    """The page that was drawn last."""
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    """What the calls that write came to, while a form is answered."""
    redrawn: FormState | None = None
    """The form whose answer is drawn again; nothing is written then."""
    refused_with: int = 0
    """The status of a form that never came to its handler: it was too large, or one of too many."""
    on_answer: list[Callable[[web.Response], None]] = field(default_factory=list)
    """What is done to the answer at the very end, whichever it is."""
    is_reopened: bool = False
    """The session was begun from what the browser keeps."""
    shown_once: bool = False
    """The page that was drawn holds a secret: it has no address, and nothing of it is kept."""

    async def send(self, call: Call[AnswerT]) -> AnswerT:
        """Call the gateway as who is signed in, or as the site where the call needs nobody.

        Raises Problem and Unreachable. The result of a call that writes is kept while a form is answered. While that
        answer is drawn again, the call is not sent: its result is the one that was kept.
        """
        writes = call.method != "GET"
        if writes and self.redrawn is not None:
            if not self.outcomes:
                raise _NothingKept
            return form_state.result_of(self.outcomes.pop(0), call)
        token = self.session.token if self.session else None
        try:
            answer = await self.site.gateway.send(call, token=token, language=self.speech.language)
        except (Problem, Unreachable) as fault:
            if writes:
                self.outcomes.append(form_state.outcome_of(fault))
            raise
        if writes:
            self.outcomes.append(form_state.outcome_of(answer))
        return answer

    async def proxy_download(self, call: Call[File]) -> web.Response:
        """A file from the gateway, for who is signed in, under the name that the gateway gave it.

        It is passed on as it comes: where the gateway breaks it off, so does this.
        """
        token = self.signed_in().token
        file = await self.site.gateway.open_file(call, token=token, language=self.speech.language)
        headers = {hdrs.CONTENT_TYPE: file.media_type, "Content-Disposition": file.disposition}
        return StreamedResponse(file.pieces, self._broken_off, headers=headers)

    def _broken_off(self, fault: Exception) -> None:
        _log.warning("gateway trouble", path=self.request.path, fault=type(fault).__name__)

    def path_param(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    def render_throttled(self) -> web.Response | None:
        """The page for an address that has tried too often, where what is tried could be guessed."""
        if self.redrawn is not None or self.site.patience.allows(self.network, time.monotonic()):
            return None
        self.refused_with = 429
        return self.render_error(429)

    @property
    def says_unsent(self) -> bool:
        """Whether the page shows a form that came after the end of its session: nothing of it was sent on."""
        return self.query(_UNSENT) == "yes" if self.redrawn is None else self.redrawn.is_unsent

    @property
    def network(self) -> str:
        """The browser's address, or its IPv6 network, as the outermost of our own proxies saw it."""
        return bucket_of(address_of(self.request, self.site.settings.trusted_proxies))

    def query(self, name: str) -> str:
        """A value of the query, or nothing."""
        return self.request.query.get(name, "")

    def render(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
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
        if self.speech.tag != "ja":
            text = mark_japanese(text)
        self.drawn = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        return self.drawn

    def render_once(self, template: str, **values: Any) -> web.Response:
        """A page with a secret in it, such as a first password: a reload or the history must not show it again."""
        self.shown_once = True
        return self.render(template, **values)

    def redirect(self, path: str, **query: str) -> web.Response:
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

    def render_error(self, status: int) -> web.Response:
        """The page for what is not answered."""
        return self.render("error.html", status=status, trouble=self.site.troubles.of_status(status))


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
    from_anywhere: bool = False
    """For a form that a program sends which has no page of ours: what it does is proven by what stands in it."""


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
        self,
        path: str,
        *,
        public: bool = False,
        limit: int | None = None,
        needs: str | None = None,
        from_anywhere: bool = False,
    ) -> Callable[[Handler[SettingsT, SessionT]], Handler[SettingsT, SessionT]]:
        """`from_anywhere` lets a program send it that has no page of ours; the handler must not go by a session then."""
        return self._add(
            "POST",
            path,
            public=public,
            counts_as_use=not from_anywhere,
            limit=limit,
            needs=needs,
            from_anywhere=from_anywhere,
        )

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
        from_anywhere: bool = False,
    ) -> Callable[[Handler[SettingsT, SessionT]], Handler[SettingsT, SessionT]]:
        need = self._needs if needs is None else needs

        def register(handler: Handler[SettingsT, SessionT]) -> Handler[SettingsT, SessionT]:
            self.all.append(
                SitePage(method, path, handler, public, counts_as_use, fragment, limit, need, from_anywhere)
            )
            return handler

        return register


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
            visit.clear_session, visit.ended = True, kept
        # A form carries the token of a session that has ended: it is kept, and drawn again at an address that reopens.
        if visit.session is None and site.reopen is not None and not page.public and page.method == "GET":
            visit.session = await site.reopen(visit)
            visit.is_reopened = visit.session is not None
        before = visit.session
        try:
            answer = await _answer(visit, page, form)
        except (Problem, Unreachable) as fault:
            answer = _trouble(visit, page, fault)
        except web.HTTPException as fault:
            answer = visit.render_error(fault.status)
        is_new = visit.session is not None and (before is None or visit.session.token != before.token)
        if before is not None and is_new:
            await _end(visit, before)  # somebody signed in over it: the session before must not stay open
        by_program = page.from_anywhere and hdrs.ORIGIN not in request.headers
        if visit.form_read and answer is visit.drawn and not visit.shown_once and not by_program:
            answer = _at_its_own_address(visit, answer)
        for file in visit.files.values():
            file.file.close()  # aiohttp closes those of its own request, and ours is a copy
        _dress(visit, page, answer)
        if is_new or visit.clear_session:
            _forget_person(visit, answer)
        for work in visit.on_answer:
            work(answer)
        return answer

    return serve


def address_of(request: web.BaseRequest, trusted_proxies: int) -> str:
    """The browser's address as the outermost of our own proxies saw it."""
    if trusted_proxies:
        # Each proxy appends what it saw; only the last entries are ours, the rest is hearsay.
        seen = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        if len(seen) >= trusted_proxies and (address := seen[-trusted_proxies].strip()):
            return address
    return request.remote or ""


async def no_page(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """The address of a form whose answer can no longer be drawn: too old, or another browser's."""
    return visit.redirect(visit.site.home if visit.session else "/login")


async def nothing_here(
    site: Site[SettingsT, SessionT], request: web.Request, status: int
) -> web.StreamResponse:
    """The page for an address that is none of ours, or for what broke."""
    visit = _begin(site, request)
    kept = site.seal.open(request.cookies.get(site.session_cookie, ""))
    if kept is not None and kept.alive(visit.now):
        visit.session = kept  # the page says whose it is; it keeps no session alive
    answer = visit.render_error(status)
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
            if form is not None and visit.query(form_state.PARAMETER) and visit.query(form_state.SOURCE):
                # What was sent is forgotten: the page that it was sent from still knows what it was about.
                return visit.redirect(_wanted_page(visit, page))
            if page.fragment and "HX-Request" not in visit.request.headers:
                return visit.redirect(visit.site.home)
            return await page.handler(visit)
        return await _draw_again(visit, page, form, state)
    if not page.from_anywhere and not _from_here(visit):
        return _plain(visit, 403)
    if page.limit is not None and not page.public and visit.session is None:
        return visit.redirect("/login", next=visit.site.home)  # a stranger's file is not even read
    if page.needs and visit.session is not None and (answer := _gate(visit, page)) is not None:
        visit.drawn = None
        return answer
    try:
        is_form = await _read_form(visit, page.limit or visit.site.form_limit)
    except web.HTTPRequestEntityTooLarge:
        visit.form_read, visit.refused_with = True, 413
        return visit.render_error(413)
    if not is_form:
        return _plain(visit, 400)
    if _KEEP in visit.request.headers and visit.session is None:
        return _unsent_address_answer(visit)
    if (answer := _gate(visit, page)) is not None:
        return answer
    token = visit.form.get("form_token", "")
    if visit.session is not None and not page.public and not visit.session.is_form_token(token):
        return _plain(visit, 403)
    if _KEEP in visit.request.headers:
        return _unsent_address_answer(visit)
    return await page.handler(visit)


def _gate(
    visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT]
) -> web.Response | None:
    """The answer for who may not see the page."""
    if page.needs and visit.session is not None and not visit.session.may(page.needs):
        if visit.session.first:
            return visit.redirect(visit.session.first)
        trouble = visit.trouble(Problem("role-not-allowed", 403))
        return visit.render("error.html", status=403, trouble=trouble)
    if not page.public and visit.session is None:
        why = {"why": "idle"} if visit.clear_session else {}
        return visit.redirect("/login", next=_unsent(visit) or _wanted_page(visit, page), **why)
    return None


def _unsent(visit: PageRequest[SettingsT, SessionT]) -> str | None:
    """The address at which a form that came after the end of its session is drawn again, for the same person alone.

    Nothing of it was sent. It is drawn by its own handler, whose first call that writes is answered with that.
    """
    session = visit.session or visit.ended
    if session is None or not session.form_owner or not visit.form_read:
        return None
    state = FormState(
        path=visit.request.path,
        typed=form_state.without_secrets(visit.form),
        files={},
        outcomes=[form_state.outcome_of(_NOT_SENT)],
        refused_with=0,
        saved_at=int(visit.now.timestamp()),
        is_unsent=True,
    )
    token = form_state.seal(
        state, visit.site.settings.seal_secret, _owner_key(session), form_state.MAX_UNSENT
    )
    if token is None:
        return None
    query = {form_state.PARAMETER: token}
    source = _page_at(visit, visit.request.headers.get(hdrs.REFERER, ""))
    if source is not None and len(source) <= _MAX_UNSENT_SOURCE:
        query[form_state.SOURCE] = source
    return f"{visit.request.rel_url.raw_path}?{urlencode(query)}"


def _unsent_address_answer(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """For a page that clears itself: where what was typed can be found after the sign-in; 204 where it is not kept."""
    address = _unsent(visit)
    visit.form_read = False
    return web.Response(status=204) if address is None else web.Response(text=address)


def _owner_key(session: Session) -> str:
    return f"unsent form of {session.form_owner}"


async def _draw_again(
    visit: PageRequest[SettingsT, SessionT],
    page: SitePage[SettingsT, SessionT],
    form: SitePage[SettingsT, SessionT],
    state: FormState,
) -> web.Response:
    """The answer to a form that was sent, drawn by the form's own handler, which writes nothing this time."""
    if (answer := _gate(visit, form)) is not None:
        return answer
    visit.redrawn, visit.form, visit.outcomes = state, state.typed, list(state.outcomes)
    if state.refused_with:
        return visit.render_error(state.refused_with)
    visit.files = {
        name: web.FileField(
            # As long as the file was, and empty: what was in it is not kept.
            name,
            filename,
            io.BufferedReader(io.BytesIO(bytes(size))),
            "",
            CIMultiDictProxy(CIMultiDict()),
        )
        for name, (filename, size) in state.files.items()
    }
    try:
        return await form.handler(visit)
    except _NothingKept:
        visit.redrawn, visit.form, visit.files = None, {}, {}
        return _gate(visit, page) or await page.handler(visit)


def _at_its_own_address(visit: PageRequest[SettingsT, SessionT], answer: web.Response) -> web.Response:
    """See other: the page that a form led to, where a reload sends nothing. What is too long for an address stays."""
    key, is_new = _form_key(visit)
    state = FormState(
        path=visit.request.path,
        typed=form_state.without_secrets(visit.form),
        files={name: (file.filename, _size_of(file)) for name, file in visit.files.items()},
        outcomes=visit.outcomes,
        refused_with=visit.refused_with,
        saved_at=int(visit.now.timestamp()),
    )
    token = form_state.seal(state, visit.site.settings.seal_secret, key)
    if token is None:
        return answer
    query = {form_state.PARAMETER: token}
    source = _page_at(visit, visit.request.headers.get(hdrs.REFERER, ""))
    if source is not None and len(source) <= form_state.MAX_SOURCE:
        query[form_state.SOURCE] = source
    redirect = visit.redirect(visit.request.rel_url.raw_path, **query)
    if is_new:
        redirect.set_cookie(
            visit.site.cookie(_FORM_COOKIE),
            key,
            max_age=int(form_state.FORM_STATE_TTL.total_seconds()),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=visit.site.settings.https,
        )
    return redirect


def _form_state(visit: PageRequest[SettingsT, SessionT]) -> FormState | None:
    """The form whose answer the address holds, for the browser or the session that has sent it."""
    token = visit.query(form_state.PARAMETER)
    if not token:
        return None
    key, _ = _form_key(visit)
    secret = visit.site.settings.seal_secret
    state = form_state.unseal(token, secret, key, visit.now)
    if state is None and visit.session is not None and visit.session.form_owner:
        state = form_state.unseal(token, secret, _owner_key(visit.session), visit.now)
    return state if state is not None and state.path == visit.request.path else None


def _form_key(visit: PageRequest[SettingsT, SessionT]) -> tuple[str, bool]:
    """By what the address of an answer opens: the session, or a random name that a stranger's browser keeps."""
    if visit.session is not None:
        return visit.session.form_secret, False
    if visit.clear_session:  # the next person at this browser
        return secrets.token_urlsafe(32), True
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
    return _page_at(visit, source) or site.home


def _page_at(visit: PageRequest[SettingsT, SessionT], address: str) -> str | None:
    """The path of our page at an address that a browser has sent; for a form's answer, of the page it was sent from."""
    try:
        parts = urlsplit(address)
        pairs = parse_qsl(parts.query)
    except ValueError:  # `http://[`
        return None
    if f"{parts.scheme}://{parts.netloc}" != visit.site.settings.origin:
        return None
    path, values = parts.path, dict(pairs)
    if form_state.PARAMETER in values:
        if source := own_path(values.get(form_state.SOURCE, ""), ""):
            return source
        pairs = [pair for pair in pairs if pair[0] not in (form_state.PARAMETER, form_state.SOURCE)]
    return own_path(f"{path}?{urlencode(pairs)}" if pairs else path, "") or None


def _size_of(file: web.FileField) -> int:
    file.file.seek(0, io.SEEK_END)
    return file.file.tell()


def _forget_person(visit: PageRequest[SettingsT, SessionT], answer: web.Response) -> None:
    """Whoever comes next at this browser must not open, by an address in its history, what was typed before."""
    for name in map(visit.site.cookie, (_FORM_COOKIE, *visit.site.personal_cookies)):
        if name in visit.request.cookies and name not in answer.cookies:
            answer.del_cookie(name, path="/", secure=visit.site.settings.https, httponly=True, samesite="Lax")


def _plain(visit: PageRequest[SettingsT, SessionT], status: int) -> web.Response:
    """The page for a form that none of our pages has sent: it gets no address of its own."""
    answer = visit.render_error(status)
    visit.drawn = None
    return answer


async def _read_form(visit: PageRequest[SettingsT, SessionT], limit: int) -> bool:
    """Take what was typed; False for what no browser sends."""
    invite_body(visit.request)
    try:
        async with asyncio.timeout(FORM_DEADLINE_S if limit <= visit.site.form_limit else FILE_DEADLINE_S):
            form = await visit.request.clone(client_max_size=limit).post()
    except web.HTTPException:
        raise
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except Exception as fault:  # noqa: BLE001  aiohttp raises a dozen kinds over encodings and parts that are none
        _log.info("form unreadable", path=visit.request.path, fault=type(fault).__name__)
        return False
    visit.form = {
        name: value if name in form_state.SECRET_FIELDS else value.strip()
        for name, value in form.items()
        if isinstance(value, str)
    }
    visit.files = {name: value for name, value in form.items() if isinstance(value, web.FileField)}
    visit.form_read = not any(_HALF_CHARACTER.search(text) for pair in visit.form.items() for text in pair)
    return visit.form_read


async def _end(visit: PageRequest[SettingsT, SessionT], kept: SessionT) -> None:
    """End an older session at the gateway."""
    try:
        await visit.site.gateway.send(visit.site.end_session(), token=kept.token)
    except (Problem, Unreachable):
        return  # it has ended there of itself, or will; the browser forgets it in any case


def _trouble(
    visit: PageRequest[SettingsT, SessionT], page: SitePage[SettingsT, SessionT], fault: Problem | Unreachable
) -> web.Response:
    if isinstance(fault, Problem) and fault.word in SESSION_GONE:
        following = (_unsent(visit) if page.method == "POST" else None) or _wanted_page(visit, page)
        visit.session, visit.clear_session = None, True
        return visit.redirect("/login", next=following, why="ended")
    if isinstance(fault, Problem) and fault.word == _NOT_SENT.word:
        # Its page has no place for what was typed: the page that it was sent from says that nothing was sent.
        source = _wanted_page(visit, page)
        return visit.redirect(f"{source}{'&' if '?' in source else '?'}{_UNSENT}=yes")
    if isinstance(fault, Problem) and fault.word in visit.site.detours:
        return visit.redirect(visit.site.detours[fault.word])
    if isinstance(fault, Unreachable) or fault.status >= 500:
        _log.warning("gateway trouble", path=visit.request.path, fault=str(fault))
    trouble = visit.trouble(fault)
    return visit.render("error.html", status=trouble.status, trouble=trouble)


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
    if visit.clear_session and visit.session is None:
        answer.del_cookie(name, path="/", secure=settings.https, httponly=True, samesite="Lax")
    elif visit.session is not None and page is not None and (page.counts_as_use or visit.is_reopened):
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
    takes_gzip = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if visit.session is not None and request.headers.get("Sec-Fetch-Site") not in ("same-origin", "none"):
        return
    if isinstance(answer, StreamedResponse) and takes_gzip:
        answer.enable_compression(web.ContentCoding.gzip)
    elif isinstance(body, bytes) and len(body) > 1_024 and takes_gzip:
        answer.body = gzip.compress(body, 5, mtime=0)
        answer.headers[hdrs.CONTENT_ENCODING] = "gzip"
