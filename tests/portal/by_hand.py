"""A browser without scripts, as far as the pages need one: cookies, links, forms, redirects, and a hand that types."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import httpx

from gateway.demo.environment import DemoEnvironment
from pagekit.i18n import Translator
from portal.i18n import WORDS
from tests.forms_walked import Form, all_forms_of
from tests.portal.walk import AT_SAISON, PASSWORDS

LANGUAGES: Final = ("ja", "ja-easy", "en")
ERROR: Final = {"ja": "エラー：", "ja-easy": "エラー：", "en": "Error: "}
_READING: Final = re.compile(r"<rt>.*?</rt>|<rp>.*?</rp>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")


def words_of(page: str) -> str:
    """What stands on the page, without the readings over it and without tags."""
    bare = _TAG.sub("", _READING.sub("", page.replace("<wbr>", "")))
    return re.sub(r"\s+", " ", html.unescape(bare))


@dataclass(slots=True)
class Hand:
    """Whose hand it is, the page that it has come to, and that page's address on the site."""

    town: DemoEnvironment
    language: str = "ja"
    url: str = ""
    page: str = ""
    status: int = 0
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.town.portal_url, timeout=60)
        self.http.cookies.set("language", self.language)

    @property
    def address(self) -> str:
        """Where it stands on the site of the members; the whole address of another site's page."""
        return self.url.removeprefix(self.town.portal_url)

    @property
    def speech(self) -> Translator:
        return WORDS.speech(self.language)

    @property
    def words(self) -> str:
        """The words of the main part."""
        return words_of(self.page[self.page.index("<main") : self.page.index("</main>")])

    @property
    def title(self) -> str:
        return words_of(self.page[self.page.index("<title>") : self.page.index("</title>")])

    def says(self, sentence: str, **values: object) -> bool:
        """Whether the sentence stands on the page in the hand's language."""
        said = self.speech.plain(sentence, **values)
        return re.sub(r"\s+", " ", said) in self.words

    def errs(self) -> bool:
        """Whether the page says everywhere that something is wrong: in the title, in a summary that takes the focus."""
        summary = re.search(r'<\w+[^>]* id="trouble"[^>]*>', self.page)
        return self.title.startswith(ERROR[self.language]) and bool(summary and " autofocus" in summary[0])

    def to(self, address: str) -> Hand:
        return self._take(self.http.get(address))

    def reload(self) -> Hand:
        return self.to(self.address)

    def speak(self, language: str) -> Hand:
        """Press the other language's button on this very page."""
        self.language = language
        return self.send("/language", language=language)

    def form(self, action: str) -> Form:
        """The first form of the page whose action ends so."""
        return next(
            form for form in all_forms_of(self.page) if form.action.partition("?")[0].endswith(action)
        )

    def send(self, action: str, **typed: str) -> Hand:
        """Fill in a form and press a button; what is drawn beforehand goes along. A button that says something is `typed`."""
        form = self.form(action)
        drawn = {name: value for name, value in form.values.items() if name not in form.buttons}
        values = drawn | typed
        goal = urljoin(self.url, form.action)
        if form.method == "get":
            return self._take(self.http.get(goal, params=values))
        headers = {"Origin": urljoin(self.url, "/")[:-1], "Referer": self.url}
        answer = self.http.post(goal, data=values, headers=headers)
        assert answer.status_code in (302, 303), (goal, answer.status_code, words_of(answer.text))
        return self._take(answer)

    def link(self, href: str) -> Hand:
        """Follow the first link that has this in its address."""
        for found in re.findall(r'href="([^"]+)"', self.page):
            if href in html.unescape(found):
                return self.to(html.unescape(found))
        raise AssertionError(f"no link {href} on {self.address}")

    def value(self, name: str) -> str:
        """What stands in a field of the page."""
        for form in all_forms_of(self.page[self.page.index("<main") :]):
            if name in form.values:
                return form.values[name]
        raise AssertionError(f"no field {name} on {self.address}")

    def sign_in(self, name: str) -> Hand:
        self.to("/login").send("/login", mykey_id=self.town.mykey_ids[name], password=PASSWORDS[name])
        assert self.address == "/mypage", self.words
        return self

    def link_saison(self, name: str) -> Hand:
        """From the list of partners to the destination, by way of the partner's own site where it does not know the person."""
        self.to("/partners").send("/partners/saison/start")
        if "/destination" in self.address:
            return self
        number, password = AT_SAISON[name]
        self.link(self.town.saison_url)
        self.send("/login", number=number, password=password).send("/consent", decision="agree")
        return self.link("/destination")

    def _take(self, answer: httpx.Response) -> Hand:
        hops = 0
        while answer.is_redirect:
            hops += 1
            assert hops < 12, answer.headers["Location"]
            assert answer.next_request is not None
            answer = self.http.send(answer.next_request)
        self.url, self.page, self.status = str(answer.url), answer.text, answer.status_code
        return self
