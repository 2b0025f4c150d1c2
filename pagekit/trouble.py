"""What a person reads when something was refused or broke: what happened, what it means, what next.

The gateway's refusals have stable words; a site says in its own sentences what each means to its readers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pagekit.api import Problem, Unreachable

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
    429: ("操作の回数が多すぎます", "少し待ってから、もう一度お試しください。"),
}

_FACT: Final = re.compile(r"`(\w+)`")
"""How the gateway's sentences name a number that comes beside them."""


@dataclass(frozen=True, slots=True)
class Trouble:
    title: str
    remedy: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """One site's sentences. `words` by the gateway's word, `fields` by the name of the input that was wrong.

    `own_words` are beginnings of words whose sentences the gateway itself says in the reader's language.
    """

    words: Mapping[str, Sentences]
    statuses: Mapping[int, Sentences]
    fields: Mapping[str, Sentences] = field(default_factory=dict)
    own_words: tuple[str, ...] = ()

    def of(self, fault: Problem | Unreachable) -> Trouble:
        if isinstance(fault, Unreachable):
            return self.of_status(503)
        known = self.words.get(fault.word)
        if known is None:
            known = next((self.fields[name] for name in fault.fields if name in self.fields), None)
        if known is not None:
            return Trouble(*known, fault.status)
        if fault.word.startswith(self.own_words):
            return Trouble(
                fault.title, _FACT.sub(lambda name: _fact(fault, name[1]), fault.detail), fault.status
            )
        if fault.status >= 500 or not fault.title:
            return self.of_status(fault.status)
        return Trouble(
            fault.title, "", fault.status
        )  # the gateway's own title comes in the reader's language

    def of_status(self, status: int) -> Trouble:
        """`statuses` of the site before those of every site; 500 and 404 stand for what has no sentence."""
        known = {**STATUSES, **self.statuses}
        title, remedy = known.get(status) or known[500 if status >= 500 else 404]
        return Trouble(title, remedy, status)


def _fact(fault: Problem, name: str) -> str:
    value = fault.facts.get(name, name)
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
