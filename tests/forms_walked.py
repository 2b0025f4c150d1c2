"""Every form of both sites, found by their links and sent with each kind of bad input: what follows must keep and say.

No browser is needed: what takes the focus and what is announced stands in the page, and Chromium's part of it is tried
beside each page's own tests.
"""

from __future__ import annotations

import html
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from aiohttp import web
from playwright.sync_api import APIRequestContext

BAD: Final = {
    "empty": "",
    "too long": "長い" * 150,
    "unseen": "a\u0007\u202eb",
    "no number": "二つ",
    "below zero": "-1",
    "too large": "9" * 20,
    "markup": '"><script>alert(1)</script>&amp;',
}
"""What is typed into each field for text."""
FEW: Final = ("empty", "too long", "unseen")
"""For forms with a password: misses are counted, and end in a lock."""
TEXT: Final = (*FEW, "markup")
"""For forms that ask for no number."""
UNCHOSEN: Final = "nothing chosen"
TAMPERED: Final = "tampered"
"""What a page drew into the form, changed; the values of buttons and choices with it."""
SECRET: Final = "open-sesame-17"
ERROR: Final = {"ja": "エラー：", "ja-easy": "エラー：", "en": "Error: "}
"""How the title of a page begins on which something is wrong, in each language."""
_CHANGES: Final = re.compile(
    r'value="[0-9a-f]{64}"|data-(token|options)="[^"]+"|name="token" value="[^"]+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
)
"""Form tokens are masked, and ids and challenges drawn, anew on each page."""
_DRAWN: Final = frozenset({"form_token", "id", "exchange_id", "grant_id", "refund_id", "offered", "token"})


@dataclass(slots=True)
class Form:
    """A form as a browser would send it: names of its fields by their kind, and buttons that say something.

    `numbers` are those of `typed` for numbers and days. `presses` are the names and values of `buttons`.
    """

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    presses: list[tuple[str, str]] = field(default_factory=list)
    has_plain_button: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    """How many characters a browser lets somebody type."""

    @property
    def names(self) -> tuple[str, ...]:
        """By which two forms are told apart that are sent to the same place."""
        return (*self.drawn, *self.typed, *self.secret, *self.chosen, *self.files, *self.buttons)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area: str = ""
        self._select: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(of.get("action", ""), of.get("method", "get").lower())
            self.forms.append(self._open)
        form, name, value = self._open, of.get("name", ""), of.get("value", "")
        if form is not None and tag == "button" and not name:
            form.has_plain_button = True
        if form is None or (not name and tag != "option"):
            return
        match tag, of.get("type", "text"):
            case "input", "password":
                form.secret.append(name)
            case "input", "file":
                form.files.append(name)
            case "input", "radio" | "checkbox":
                if name not in form.chosen:
                    form.chosen.append(name)
                if "checked" in of:
                    form.values[name] = value
            case "input", "hidden":
                form.drawn.append(name)
                form.values[name] = value
            case "input", _:
                form.typed.append(name)
                if of.get("inputmode") == "numeric" or of.get("type") in ("date", "month", "number"):
                    form.numbers.append(name)
                if "maxlength" in of:
                    form.limits[name] = int(of["maxlength"])
                form.values[name] = value
            case "textarea", _:
                form.typed.append(name)
                form.values[name], self._area = "", name
            case "select", _:
                form.chosen.append(name)
                self._select = name
            case "option", _ if self._select and (self._select not in form.values or "selected" in of):
                form.values[self._select] = value
            case "button", _:
                form.values.setdefault(name, value)
                form.buttons.append(name)
                form.presses.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def all_forms_of(page: str) -> list[Form]:
    """Every form of the page, or of a piece of one."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


def forms_of(page: str) -> list[Form]:
    """The forms of the main part that are sent by POST and take text."""
    return [form for form in main_forms_of(page) if form.method == "post" and (form.typed or form.secret)]


def main_forms_of(page: str) -> list[Form]:
    """The forms of the main part."""
    return all_forms_of(page[page.index("<main") : page.index("</main>")])


class HasPath(Protocol):
    """A page as a site declares it."""

    method: str
    path: str


class Routes:
    """Which declared page of a site an address belongs to."""

    def __init__(self, pages: Iterable[HasPath]) -> None:
        self.posts: set[str] = set()
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        for page in pages:
            pattern = re.compile(re.escape(page.path))
            if "{" in page.path:
                pattern = web.DynamicResource(page.path).get_info()["pattern"]
            self._patterns.append((pattern, page.path))
            if page.method == "POST":
                self.posts.add(page.path)

    @staticmethod
    def plain(text: str) -> str:
        """`text` with the names of what stands in an address, and not their patterns."""
        return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", text)

    def of(self, address: str) -> str:
        """The declared path; nothing for an address that is none of the site's."""
        path = urlsplit(address).path
        return next((declared for pattern, declared in self._patterns if pattern.fullmatch(path)), "")


@dataclass(slots=True)
class FormWalk:
    """One person's browser on one site, which looks for forms and sends each of them with bad input.

    `left` names the forms that are not sent, by where they lead, with the reason. `met` are all that were found,
    `accepted` what was typed and passed for good, as where, kind and button; `faults` are what is wrong.
    """

    site: str
    routes: Routes
    left: Mapping[str, str]
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    others: Sequence[str] = ("en", "ja-easy")
    """The languages beside Japanese."""
    tries_markup: bool = True
    """Not where it would be taken for a name and stay."""
    final: re.Pattern[str] = re.compile("(?!)")
    """The forms, by where they lead, that do at once and for good what they say: they are sent empty alone."""
    met: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    seen: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    """The forms that this person or another one has tried."""
    http: httpx.Client = field(init=False)
    _turn: int = 0

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.site, cookies=self.cookies, headers={"Origin": self.site}, timeout=60
        )

    def pages_from(self, addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each page that can be reached by links, once for each declared path and kind of query: address and text."""
        waiting, seen = list(addresses), set()
        for address in waiting:
            seen.add(self._kind(address))
        while waiting:
            address = waiting.pop(0)
            answer = self.http.get(address)
            if answer.is_redirect:
                following = [answer.headers["location"]]
            elif not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            else:
                yield address, answer.text
                following = re.findall(r'<a [^>]*href="([^"#]+)"', answer.text)
            for link in map(html.unescape, following):
                if link.startswith("/") and self.routes.of(link) and self._kind(link) not in seen:
                    seen.add(self._kind(link))
                    waiting.append(link)

    def _kind(self, address: str) -> tuple[str, frozenset[str]]:
        parts = urlsplit(address)
        return self.routes.of(address) or address, frozenset(dict(parse_qsl(parts.query)))

    def walk(self, addresses: Iterable[str]) -> None:
        """Find every page first, so that no form changes what another page shows; then send every form once."""
        for address, page in list(self.pages_from(addresses)):
            self.try_forms_of(address, page)

    def forms_at(self, address: str) -> list[Form]:
        """The forms of one page that take text and are sent by POST."""
        return forms_of(self._read(address, "ja"))

    def try_forms_of(self, address: str, page: str = "") -> None:
        """Every form of one page that was not sent before."""
        for form in main_forms_of(page or self._read(address, "ja")):
            goal = self.routes.of(form.action) or form.action
            self.met.add(goal)
            if (goal, form.names) in self.seen or goal in self.left:
                continue
            self.seen.add((goal, form.names))
            for kind in self._kinds_for(form):
                for pressed in [*([("", "")] if form.has_plain_button else []), *form.presses]:
                    where = f"{address} {form.action} ({' '.join(filter(None, (kind, pressed[1])))})"
                    self.faults += [f"{where}: {fault}" for fault in self._try(address, form, kind, pressed)]

    def _kinds_for(self, form: Form) -> list[str]:
        kinds = kinds_of(form)
        if self.final.fullmatch(form.action):
            return [kind for kind in kinds if kind == "empty"]
        return kinds if self.tries_markup else [kind for kind in kinds if kind != "markup"]

    def _try(self, address: str, form: Form, kind: str, pressed: tuple[str, str]) -> Iterator[str]:
        sent = filled(form, kind, pressed)
        goal, is_form = self.routes.of(form.action) or form.action, kind in BAD
        if form.method == "get":
            sent = {name: value[:200] for name, value in sent.items()}  # an address has 8 KB
            following = str(self.http.build_request("GET", form.action, params=sent).url)[len(self.site) :]
            yield from self._faults_at(following, form, sent, is_form)
            return
        files = {name: ("list.csv", b"\x00\xff,\n", "text/csv") for name in form.files if kind != "empty"}
        answer = self.http.post(
            urljoin(self.site + address, form.action),
            data=sent,
            files=files or None,
            headers={"Referer": self.site + address},
        )
        following = answer.headers.get("location", "")
        if answer.status_code != 303:
            yield f"{answer.status_code} instead of a redirect"
        elif following.startswith("/login") and not address.startswith("/login"):
            yield f"it leads to {following}"
        elif "form=" in following or self.routes.of(following) == goal:
            if not (yield from self._faults_at(following, form, sent, is_form)):
                self.accepted.add(f"{goal} {' '.join(filter(None, (kind, pressed[1])))}")
        else:
            self.accepted.add(f"{goal} {' '.join(filter(None, (kind, pressed[1])))}")

    def _faults_at(
        self, address: str, form: Form, sent: Mapping[str, str], is_form: bool
    ) -> Generator[str, None, bool]:
        """In Japanese, in one of the other languages and in Japanese again; gives whether the page says that something is wrong."""
        self._turn += 1
        language = self.others[self._turn % len(self.others)]
        first, other, again = (self._read(address, each) for each in ("ja", language, "ja"))
        is_error = 'id="trouble"' in first or f"<title>{ERROR['ja']}" in first
        if _CHANGES.sub("", again) != _CHANGES.sub("", first):
            yield "a reload shows something else"
        for spoken, page in (("ja", first), (language, other)):
            if "<main" not in page:
                yield f"{spoken}: no page of ours: {page[-200:]}"
                continue
            for fault in _faults_of_page(page, spoken, form, sent, is_error, is_form):
                yield f"{spoken}: {fault}"
        return is_error

    def _read(self, address: str, language: str) -> str:
        """The page in that language; nothing for a status of 500 and more."""
        self.http.cookies.set("language", language)
        answer = self.http.get(address)
        if answer.is_redirect:
            answer = self.http.get(answer.headers["location"])
        return answer.text if answer.status_code < 500 else ""


def walk_as(
    request: APIRequestContext, site: str, routes: Routes, left: Mapping[str, str] | None = None
) -> FormWalk:
    """A walk through the staff's pages as who is signed in at this browser of Playwright's."""
    cookies = httpx.Cookies({each["name"]: each["value"] for each in request.storage_state()["cookies"]})
    return FormWalk(
        site,
        routes,
        left or {},
        cookies,
        others=("en",),
        tries_markup=False,
        final=re.compile(
            r"/staff/\w+/(close|role)|/proposals/\w+/(return|withdraw)|/(services|shops)/[\w-]+/closing|/projects/[\w-]+/open"
            r"|/platform/partners/[\w-]+/pause"
        ),
    )


def faults_of(request: APIRequestContext, site: str, path: str, skip: frozenset[str]) -> Iterator[str]:
    """What is wrong with the answers to the forms of one page in the browser of who is signed in there."""
    walk = walk_as(request, site, Routes(()), dict.fromkeys(skip, ""))
    with walk.http:
        walk.try_forms_of(path)
    yield from walk.faults


def kinds_of(form: Form) -> list[str]:
    """What is tried with it: each kind of text where it takes some, then what the page has drawn or offers, changed."""
    kinds: list[str] = []
    if form.typed or form.secret or form.files:
        kinds += FEW if form.secret else BAD if form.numbers else TEXT
    if form.chosen:
        kinds.append(UNCHOSEN)
    if set(form.drawn) - {"form_token"} or form.chosen or form.presses:
        kinds.append(TAMPERED)
    return kinds


def filled(form: Form, kind: str, pressed: tuple[str, str]) -> dict[str, str]:
    """What a browser would send of the form, filled in with this kind of bad input, after this button; ("", "") says nothing."""
    sent = {name: value for name, value in form.values.items() if name not in form.buttons}
    if pressed[0]:
        sent[pressed[0]] = pressed[1]
    if kind in BAD:
        sent |= dict.fromkeys(form.typed, BAD[kind])
        # A password that is typed twice is not the same twice: it must not be set.
        secrets = {name: f"{SECRET}-2" if name.endswith("again") else SECRET for name in form.secret}
        return sent | (secrets if BAD[kind] else dict.fromkeys(form.secret, ""))
    sent |= dict.fromkeys(form.typed, "") | dict.fromkeys(form.numbers, "3") | dict.fromkeys(form.secret, "")
    if kind == UNCHOSEN:
        return {name: value for name, value in sent.items() if name not in form.chosen}
    changed = {*form.drawn, *form.chosen, *form.buttons} - {"form_token"}
    return {name: "x" if name in changed else value for name, value in sent.items()}


def visible(text: str) -> str:
    """As a search takes it, which looks for nothing that cannot be seen; one for a day shows the day that it has taken."""
    return "".join(letter for letter in text if letter.isprintable())


def _faults_of_page(
    page: str, language: str, form: Form, sent: Mapping[str, str], is_error: bool, is_form: bool
) -> Iterator[str]:
    if is_error and f"<title>{ERROR[language]}" not in page:
        yield "the title does not say that there is an error"
    if is_error and " autofocus" not in page[page.index("<main") : page.index("</main>")]:
        yield "nothing takes the focus"
    if SECRET in page:
        yield "a password stands on the page"
    if "<script>alert" in page:
        yield "what was typed is run"
    again = next(
        (each for each in main_forms_of(page) if each.action == form.action and each.names == form.names),
        None,
    )
    again = again or next((each for each in main_forms_of(page) if each.action == form.action), None)
    if again is None:
        if is_form:
            yield "the form is not there to be mended"
        return
    if not is_form:
        return
    for name in form.typed:
        kept, text = again.values.get(name, ""), sent[name].strip()
        is_cut = text.startswith(kept) and len(kept) >= min(200, form.limits.get(name, 200))
        is_proposed = not text and kept == form.values[name]
        is_searched = form.method == "get" and kept in (visible(text), form.values[name] or text)
        if kept != text and not (is_cut or is_proposed or is_searched):
            yield f"{name} is {kept[:20]!r} instead of {text[:20]!r}"
    for name, value in form.values.items():
        if name not in (*form.typed, *form.buttons, *_DRAWN) and again.values.get(name) != value:
            yield f"{name} has changed from {value[:40]!r} to {again.values.get(name)!r}"
