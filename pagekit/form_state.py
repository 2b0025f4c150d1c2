"""What a sent form leaves behind: the text that was typed and what the gateway said, sealed into the next address.

Every page that a form leads to has an address of its own (post, redirect, get). The address holds all that the page
shows, so that a reload, the language switch, the back button and a copied link show the same. The page is drawn by the
form's own handler: a call that would write is answered from here, and never leaves a second time.

Passwords and answers of cards are not kept. A placeholder stands for each, equal where the two texts were equal.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pagekit.api import Call, Problem, Unreachable
from point_gateway_client import InputError

AnswerT = TypeVar("AnswerT")

PARAMETER: Final = "form"
SOURCE: Final = "from"
"""Beside it: the page that the form was sent from, for when what was sent is forgotten."""
MAX_SOURCE: Final = 1_000
FORM_STATE_TTL: Final = timedelta(minutes=30)
MAX_TOKEN: Final = 6_000
"""Characters of a sealed state: with it an address stays below the 8 KB that servers and proxies take."""
MAX_UNSENT: Final = 1_500
"""The same for a form that comes back after a sign-in: on the way it lies in a cookie, whose limit is 4 KB."""
MAX_PLAIN: Final = 256 * 1024
SECRET_FIELDS: Final = frozenset(
    {
        "password",
        "current",
        "new",
        "again",
        "pin",
        "pin_again",
        "certificate",
        "signature",
        "client_data",
        "credential",
        "application_secret",
        "form_token",
    }
)
_PURPOSE: Final = b"point-gateway form state v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """`files` have each name and size. `outcomes` are the results of the calls that write, in their order.

    `refused_with` is the status of a form that never came to its handler; 0 for one that did.
    """

    path: str
    typed: Mapping[str, str] = field(repr=False)
    files: Mapping[str, tuple[str, int]]
    outcomes: list[dict[str, Any]] = field(repr=False)
    refused_with: int
    saved_at: int
    is_unsent: bool = False
    """It came after the end of the session: nothing of it was sent on."""

    @property
    def has_secrets(self) -> bool:
        """Whether something was typed that is not kept, so that the form cannot be sent again as it stands."""
        return any(self.typed.get(name) for name in SECRET_FIELDS - {"form_token"}) or bool(self.files)


def without_secrets(typed: Mapping[str, str]) -> dict[str, str]:
    """`typed` with a placeholder for each secret; two equal secrets have the same."""
    placeholders: dict[str, str] = {"": ""}
    for name in sorted(SECRET_FIELDS & typed.keys()):
        placeholders.setdefault(typed[name], f"secret-{len(placeholders)}")
    return {
        name: placeholders[text] if name in SECRET_FIELDS else text
        for name, text in typed.items()
        if name != "form_token"
    }


def seal(state: FormState, secret: bytes, key: str, limit: int = MAX_TOKEN) -> str | None:
    """The state as a part of an address, for who has `key`; None for one that is too long."""
    nonce = secrets.token_bytes(12)
    text = zlib.compress(json.dumps(asdict(state), ensure_ascii=False, separators=(",", ":")).encode(), 9)
    token = base64.urlsafe_b64encode(nonce + _box(secret, key).encrypt(nonce, text, _PURPOSE)).decode()
    return token if len(token) <= limit else None


def unseal(token: str, secret: bytes, key: str, now: datetime) -> FormState | None:
    """The state in an address. None for one of another browser or session, or one that has become too old."""
    if not token or not key or len(token) > MAX_TOKEN:
        return None
    try:
        raw = base64.urlsafe_b64decode(token)
        packed = zlib.decompressobj()
        text = packed.decompress(_box(secret, key).decrypt(raw[:12], raw[12:], _PURPOSE), MAX_PLAIN)
        state = FormState(**json.loads(text))
    except (binascii.Error, ValueError, TypeError, InvalidTag, zlib.error):
        return None
    return state if now.timestamp() < state.saved_at + FORM_STATE_TTL.total_seconds() else None


def outcome_of(result: Any) -> dict[str, Any]:
    """A call's result as it is kept; a failure is kept by its word and its numbers."""
    if isinstance(result, Problem):
        facts = {name: value for name, value in result.facts.items() if name not in ("type", "instance")}
        return {
            "problem": [
                result.word,
                result.status,
                result.title,
                result.remedy,
                result.detail,
                facts,
                [[error.place, error.detail] for error in result.errors],
            ]
        }
    if isinstance(result, Unreachable):
        return {"unreachable": str(result)}
    return {"result": msgspec.to_builtins(result)}


def result_of(outcome: Mapping[str, Any], call: Call[AnswerT]) -> AnswerT:
    """What the call came to. Raises Problem and Unreachable as the call did."""
    if "problem" in outcome:
        word, status, title, remedy, detail, facts, errors = outcome["problem"]
        input_errors = tuple(InputError(*error) for error in errors)
        raise Problem(word, status, title, remedy, detail=detail, facts=facts, errors=input_errors)
    if "unreachable" in outcome:
        raise Unreachable(outcome["unreachable"])
    result = outcome["result"]
    kinds: list[type[Any]] = [call.answer, *call.by_status.values()]
    for kind in kinds:
        with suppress(msgspec.ValidationError):
            return cast("AnswerT", msgspec.convert(result, kind))
    raise Unreachable("the kept result is of another version")


def _box(secret: bytes, key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(_PURPOSE + secret + key.encode()).digest())
