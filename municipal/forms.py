"""What people type into forms, read kindly: full-width digits and commas are numbers too; what is no number is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Protocol, TypeVar

import msgspec
from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.site import Visit
from pagekit.api import Problem
from pagekit.typed_text import choice_of, number
from point_gateway_client import InputError, models

__all__ = [
    "NotANumberError",
    "beside",
    "chosen",
    "credential_of",
    "day",
    "day_param",
    "differences",
    "drawn_again",
    "number",
    "optional_number",
    "status",
    "without_day",
    "without_number",
]

_PAGES_OF_THEIR_OWN: Final = frozenset(
    {"session-ended", "session-missing", "second-factor-missing", "password-to-change", "role-not-allowed"}
)


_NO_CREDENTIAL: Final = models.Credential(
    id="", rawId="", type="public-key", response=models.CredentialResponse(clientDataJSON="")
)

WordT = TypeVar("WordT", bound=str)


class Versioned(Protocol):
    """An entry that two clerks may change at one time: a form says from which version it was drawn."""

    @property
    def version(self) -> str: ...


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_param(visit: Visit, name: str) -> date:
    """A day that is a part of the address. Raises 404 for what is no day."""
    parsed = day(visit.path_param(name))
    if parsed is None:
        raise web.HTTPNotFound
    return parsed


def optional_number(form: Mapping[str, str], name: str) -> int | None:
    """The number in a field that may be left empty. Raises NotANumberError for what is there and is none: no limit is meant."""
    text = form.get(name, "").strip()
    if not text:
        return None
    typed = number(text)
    if typed is None:
        raise NotANumberError(name)
    return typed


def chosen(form: Mapping[str, str], name: str, words: tuple[WordT, ...]) -> WordT:
    """The word of a choice that a form holds. Raises the gateway's own Problem for any other, which no page of ours sends."""
    word = choice_of(form.get(name, ""), words)
    if word is None:
        raise Problem("body-invalid", 422, errors=(InputError(f"#/{name}", ""),))
    return word


def credential_of(form: Mapping[str, str]) -> models.Credential:
    """What `navigator.credentials` gave, as the page's script wrote it into the form; for what is none, one that fits nothing.

    The gateway refuses that one, also where the form's answer is drawn again without what was in it.
    """
    try:
        return msgspec.json.decode(form.get("credential", ""), type=models.Credential)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _NO_CREDENTIAL


def unread_day(visit: Visit, *names: str) -> ErrorMessage | None:
    """What to say beside the first of these parts of the query that is there and is no day; the page shows its usual days."""
    wrong = next((name for name in names if visit.query(name) and day(visit.query(name)) is None), None)
    return None if wrong is None else replace(NO_DAY, field=wrong)


def without_day(form: Mapping[str, str], *names: str) -> ErrorMessage | None:
    """What to say beside the first of these fields that holds no day; None where all do."""
    wrong = next((name for name in names if day(form.get(name, "")) is None), None)
    return None if wrong is None else replace(NO_DAY, field=wrong)


def without_number(form: Mapping[str, str], *names: str, optional: Sequence[str] = ()) -> ErrorMessage | None:
    """The same for numbers; a field of `optional` may be empty."""
    for name in (*names, *optional):
        text = form.get(name, "").strip()
        if number(text) is None and (text or name in names):
            return no_number(name)
    return None


class NotANumberError(Exception):
    """A field holds something that is no number; its argument is the field's name."""


def differences(
    trouble: ErrorMessage | None,
    labels: Mapping[str, str],
    now: Versioned,
    typed: Mapping[str, str],
    **choices: Mapping[str, str],
) -> list[tuple[str, str, str]]:
    """Where somebody else has changed what a form was drawn from: each field's label, what it says now, what was typed.

    `choices` are what the words of a field that offers a choice are called, in the reader's language.
    """
    if trouble is None or trouble.word != "changed-meanwhile":
        return []
    current = {name: text_of(now, name) for name in labels}
    return [
        (label, _called(choices.get(name), current[name]), _called(choices.get(name), typed.get(name, "")))
        for name, label in labels.items()
        if _plain(current[name]) != _plain(typed.get(name, ""))
    ]


def _called(choice: Mapping[str, str] | None, word: str) -> str:
    return word if choice is None else choice.get(word, word)


def text_of(entry: Versioned, name: str) -> str:
    """A value as a field of a form shows it; empty for none."""
    value = getattr(entry, name)
    return "" if value is None else str(value)


def drawn_again(trouble: ErrorMessage, now: Versioned, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, drawn from what is there now where somebody else has changed it: whoever sends it again has seen both."""
    seen = {"seen": now.version} if trouble.word == "changed-meanwhile" else {}
    return dict(typed) | seen


def _plain(text: str) -> str:
    as_number = number(text)
    return text.replace("\r\n", "\n").strip() if as_number is None else str(as_number)


def beside(visit: Visit, problem: Problem) -> ErrorMessage:
    """What to say beside a form. Faults, ended sessions and roles are pages of their own: they are raised."""
    gone = problem.word.startswith("unknown-") and problem.word != "unknown-member"
    if problem.status >= 500 or gone or problem.word in _PAGES_OF_THEIR_OWN:
        raise problem
    return visit.trouble(problem)


def status(trouble: ErrorMessage | None) -> int:
    return trouble.status if trouble else 200
