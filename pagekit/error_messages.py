"""What a person reads when something was refused or broke: what happened, what it means, what next.

A problem of the API has a stable word. A site has sentences of its own for some words; for every other one it shows
the API's title and remedy, which come in the reader's language. Words that only a client program can act on become
the site's sentence for the status.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pagekit.api import Problem, Unreachable
from pagekit.i18n import Translator

Sentences = tuple[str, str]
"""What happened and what to do: source sentences, to be said in the reader's language."""

_NOT_TAKEN: Final[Sentences] = (
    "この操作は受け付けられません",
    "ページを開き直してから、もう一度お試しください。ポイントは動いていません。",
)
STATUSES: Final[Mapping[int, Sentences]] = {
    400: _NOT_TAKEN,
    403: _NOT_TAKEN,
    404: ("ページが見つかりません", "アドレスを確認するか、トップページからお進みください。"),
    405: ("ページが見つかりません", "アドレスを確認するか、トップページからお進みください。"),
    413: ("入力が長すぎます", "入力内容を短くしてください。"),
    422: ("入力内容を確認してください", "入力した内容を見直して、もう一度お試しください。"),
    429: ("操作の回数が多すぎます", "少し待ってから、もう一度お試しください。"),
}

CLIENT_FAULTS: Final = frozenset(
    {
        "body-broken", "body-invalid", "body-not-json", "body-too-large", "body-unexpected", "commit-failed",
        "content-digest-wrong", "content-type-wrong", "internal-error", "key-scope", "method-not-allowed", "not-ready",
        "path-malformed", "path-unknown", "query-invalid", "request-malformed", "return-url-missing",
        "return-url-not-allowed", "session-ended", "session-missing", "signature-invalid", "signature-key-ended",
        "signature-key-unknown", "signature-missing", "signature-replayed", "signature-stale", "took-too-long",
    }
)  # fmt: skip
"""Problem types whose remedy is for the client program that called, here the site, and says nothing to a person."""

_FACT: Final = re.compile(r"`(\w+)`")
"""How a remedy names a fact that comes beside it."""
_VALUE: Final = re.compile(r"%\((\w+)\)s")
AGAIN: Final = frozenset({"busy", "too-many-requests", "partner-unavailable"})
"""Words after which the same form, sent again, may be taken."""


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """`title` and `remedy` are source sentences. `facts` stand in the remedy as `%(name)s`."""

    title: str
    remedy: str
    status: int
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    field: str = ""
    """The input that it is about."""
    again: bool = False
    """Sending the same once more may do."""
    word: str = ""
    """The problem's word, where a page has more to show for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessages:
    """One site's sentences. `words` by the problem's word, `fields` by the name of the input that was wrong.

    With `exact`, the reader gets the problem's `detail`, which in English can name the very field, not its remedy.
    """

    words: Mapping[str, Sentences]
    statuses: Mapping[int, Sentences]
    fields: Mapping[str, Sentences] = dataclasses.field(default_factory=dict)
    rules: Mapping[tuple[str, str], Sentences] = dataclasses.field(default_factory=dict)
    """By the problem's word and the `field` that it names: what is wrong there."""
    field_of: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The input beside which a word is shown."""
    exact: bool = False

    def of(self, fault: Problem | Unreachable, speech: Translator) -> ErrorMessage:
        if isinstance(fault, Unreachable):
            return self.of_status(503)
        name = next((name for name in fault.fields if name in self.fields), "")
        wrong = str(fault.facts.get("field", ""))
        if (fault.word, wrong) in self.rules:
            return ErrorMessage(*self.rules[fault.word, wrong], fault.status, field=wrong, word=fault.word)
        sentences = self.words.get(fault.word) or (self.fields[name] if name else None)
        if sentences is not None:
            facts = _facts_in(sentences, fault, speech)
            field = self.field_of.get(fault.word, name)
            return ErrorMessage(
                *sentences, fault.status, facts, field, again=fault.word in AGAIN, word=fault.word
            )
        if fault.word in CLIENT_FAULTS or not fault.title:
            # A request that is not signed as it must be is no fault of the person who waits for the page.
            return self.of_status(500 if fault.status == 401 else fault.status)
        remedy = fault.detail if self.exact else fault.remedy
        facts = {
            name: speech.fact(fault.facts[name]) for name in _FACT.findall(remedy) if name in fault.facts
        }
        if facts:
            remedy = _FACT.sub(
                lambda name: f"%({name[1]})s" if name[1] in facts else name[0], _percent(remedy)
            )
        return ErrorMessage(fault.title, remedy, fault.status, facts, word=fault.word)

    def of_status(self, status: int) -> ErrorMessage:
        """`statuses` of the site before those of every site; 500 and 404 stand for what has no sentence."""
        sentences = {**STATUSES, **self.statuses}
        title, remedy = sentences.get(status) or sentences[500 if status >= 500 else 404]
        return ErrorMessage(title, remedy, status, again=status >= 500 or status == 429)


def _facts_in(sentences: Sentences, fault: Problem, speech: Translator) -> dict[str, str]:
    """The facts that the sentences name; one that the gateway did not send leaves a gap."""
    names = {name for sentence in sentences for name in _VALUE.findall(sentence)}
    return {name: speech.fact(fault.facts[name]) if name in fault.facts else "" for name in names}


def _percent(text: str) -> str:
    return text.replace("%", "%%")
