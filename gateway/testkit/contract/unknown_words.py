"""A yes in which the word that tells it from a no is one that nobody documented, at every depth and of every type.

A place tells a yes from other answers when its value stays the same from one yes to the next and is another in a no
or in a "later". A field that is called status, state, result or outcome tells it by its name. Texts for people, and
what is new in each answer, tell nothing and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from gateway.testkit.bodies import Body, Value, read_body

UNKNOWN_WORD: Final = "kit_unknown"
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_TELLING_NAME: Final = re.compile(
    r"(?:status|state|result|outcome|(?:^|[._/@])(?:ok|success|succeeded))$", re.IGNORECASE
)
_CODE_NAME: Final = re.compile(r"(?:code|status|state|result|outcome|error|err|rc)$", re.IGNORECASE)
_FOR_PEOPLE: Final = re.compile(
    r"(?:message|msg|text|description|detail|details|title|note|memo)$", re.IGNORECASE
)


def telling_places(yes: Body, again: Body, others: Sequence[Body]) -> dict[str, Value]:
    """The places whose value tells `yes` from `others`, each with that value. `again` is another yes."""
    repeated = again.values
    telling: dict[str, Value] = {}
    for path, value in yes.values.items():
        if path not in repeated or repeated[path] != value or _FOR_PEOPLE.search(path):
            continue
        rivals = [other.values[path] for other in others if path in other.values]
        if _tells(path, value, rivals):
            telling[path] = value
    return telling


def code_places(body: Body) -> list[str]:
    """The places that hold a word and are called a code, a status or a result."""
    return [
        path
        for path, value in body.values.items()
        if isinstance(value, str)
        and _WORD.fullmatch(value)
        and not value.isdigit()
        and _CODE_NAME.search(path)
    ]


def unknown_values(value: Value, rivals: Sequence[Value], *, typed: bool) -> Iterator[tuple[str, Any]]:
    """What may stand in a place instead, each with how it is called. `typed`: the body has more than texts."""
    match value:
        case bool():
            yield "no truth value", UNKNOWN_WORD
            yield "null", None
        case int() | float():
            yield "an unknown number", _unknown_number(value, rivals)
            yield "null", None
        case str() if value.isdigit():
            yield "an unknown code", _unknown_code(value, rivals)
        case str():
            # A word that only contains, begins or ends with the known one is another word.
            yield "an unknown word", UNKNOWN_WORD
            for longer in (f"{value}_kit", f"not_{value}"):
                if longer not in rivals:
                    yield "a longer word", longer
            if value[:-1] not in rivals:
                yield "a shorter word", value[:-1]
            if typed:
                yield "a list", [value]
                yield "null", None


def in_unknown_words(yes: bytes, no: bytes | None, again: bytes | None = None) -> Iterator[tuple[str, bytes]]:
    """By name, each yes with an unknown word. None where there is no `no`, or the bodies are of no known kind."""
    read, denied = read_body(yes), read_body(no or b"")
    if read is None or denied is None:
        return
    repeated = (read_body(again) if again is not None else None) or read
    for path, value in telling_places(read, repeated, [denied]).items():
        _, unknown = next(unknown_values(value, [denied.values.get(path)], typed=False))
        yield f"a yes with an unknown word in {path}", read.written({path: unknown})


def _tells(path: str, value: Value, rivals: Sequence[Value]) -> bool:
    differs = any(rival != value or type(rival) is not type(value) for rival in rivals)
    match value:
        case bool():
            return differs or _TELLING_NAME.search(path) is not None
        case int():
            return differs and _CODE_NAME.search(path) is not None
        case str() if _WORD.fullmatch(value):
            others = [rival for rival in rivals if isinstance(rival, str)]
            if all(_WORD.fullmatch(rival) or not rival for rival in others) and differs:
                return True
            return _TELLING_NAME.search(path) is not None
    return False


def _unknown_number(value: float, rivals: Sequence[Value]) -> int:
    return next(it for it in (987, 986, 985) if it != value and it not in rivals)


def _unknown_code(value: str, rivals: Sequence[Value]) -> str:
    """A code of digits stays one: a plugin that reads a number is not to be saved by an error in reading it."""
    return next(code for digit in "9876" if (code := digit * len(value)) != value and code not in rivals)
