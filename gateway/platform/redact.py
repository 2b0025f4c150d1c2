"""Keeps secrets out of what is written: by the name of a key, by type, and by value where the value is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from gateway.model import Secret

STARS: Final = "***"
_SECRET_WORDS: Final = frozenset(
    {
        "pin",
        "password",
        "passphrase",
        "passwd",
        "token",
        "secret",
        "code",
        "authorization",
        "cookie",
        "credential",
    }
    | {
        "credentials",
        "apikey",
        "signature",
        "nonce",
        "cookies",
        "tokens",
        "secrets",
        "passwords",
        "pins",
        "codes",
    }
)
_TWO_WORDS: Final = frozenset(
    {("api", "key"), ("private", "key"), ("signing", "key"), ("access", "key"), ("service", "id")}
)
_HARMLESS: Final = frozenset({"status_code", "municipality_code", "exit_code", "error_code", "reason_code"})
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_MAX_DEPTH: Final = 8
_HARMLESS_KINDS: Final = frozenset({int, float, bool, type(None)})


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """Does this name announce a secret? `api_key`, `apiKey`, `X-Api-Key` and `set-cookie` do, `status_code` does not."""
    if key.lower() in _HARMLESS:
        return False
    words = [word.lower() for word in _WORD.findall(key)]
    return bool(_SECRET_WORDS.intersection(words)) or any(pair in _TWO_WORDS for pair in pairwise(words))


def scrubbed(value: Any, known_secrets: Sequence[str] = (), *, depth: int = 0) -> Any:
    """A copy of plain data in which every secret is stars: under telling keys, of type Secret, or of known value."""
    if depth > _MAX_DEPTH:
        return STARS
    kind = type(value)  # most values are one of these, and asking for it is quicker than matching
    if kind in _HARMLESS_KINDS:
        return value
    if kind is str:
        return without(value, known_secrets) if known_secrets else value
    match value:
        case Secret():
            return STARS
        case str():
            return without(value, known_secrets)
        case bytes():
            return f"<{len(value)} bytes>"
        case dict() | Mapping():
            return {
                key: STARS
                if isinstance(key, str) and is_secret_key(key)
                else item
                if type(item) in _HARMLESS_KINDS or (type(item) is str and not known_secrets)
                else scrubbed(item, known_secrets, depth=depth + 1)
                for key, item in value.items()
            }
        case list() | tuple() | AbstractSet():
            return [scrubbed(item, known_secrets, depth=depth + 1) for item in value]
    return value


def without(text: str, known_secrets: Sequence[str]) -> str:
    """`text` with stars in place of every known secret in it."""
    for secret in known_secrets:
        if secret:
            text = text.replace(secret, STARS)
    return text
