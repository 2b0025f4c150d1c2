"""Problem documents of RFC 9457: how a refusal or a failure becomes an answer that a program and a person can use.

Titles and catalogue sentences come in English or Japanese as Accept-Language asks; the sentence of a `ProblemError`
stays as it was written. What the caller sent is never repeated in an answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web
from aiohttp.typedefs import LooseHeaders

from gateway.errors import (
    BothLanguages,
    CouponRefused,
    GatewayError,
    HandoffRefused,
    LinkEnded,
    NoRate,
    NotEnough,
    NotSent,
    PartnerUnavailable,
    ProblemError,
)
from gateway.http.problem_types import PROBLEM_TYPES, ProblemType

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input. `place` is a JSON pointer (`#/units`) or the name of a parameter."""

    place: str
    text: str
    text_ja: str


class InvalidInput(ProblemError):
    """Input that does not fit its schema; each error names its place."""

    def __init__(self, word: str, errors: Sequence[FieldError]) -> None:
        super().__init__(word)
        self.errors = tuple(errors)


def type_uri(word: str) -> str:
    return f"/docs/problems/{word}"


def language_of(accept_language: str | None) -> Language:
    """`ja` or `en`, whichever Accept-Language prefers (RFC 9110, 12.5.4); English where it does not say."""
    best: dict[str, float] = {}
    for part in (accept_language or "")[:500].split(","):
        tag, _, weight = part.strip().lower().partition(";")
        primary = tag.strip().split("-", 1)[0]
        if primary in ("ja", "en", "*"):
            q = _weight(weight)
            best[primary] = max(best.get(primary, 0.0), q)
    ja, en = best.get("ja", 0.0), best.get("en", best.get("*", 0.0))
    if ja > en:
        return "ja"
    # Equal wishes are settled by the order in which they stand.
    return "ja" if ja > 0.0 and ja == en and _stands_first("ja", accept_language or "") else "en"


def document(
    word: str,
    *,
    request_id: str,
    language: Language = "en",
    text: str = "",
    facts: Mapping[str, str | int | BothLanguages] | None = None,
    errors: Sequence[FieldError] = (),
) -> dict[str, object]:
    """The members of a problem document, in the order in which a person reads them.

    Facts never overwrite the members of RFC 9457; of one in both languages there is the one asked for. A word outside the list is a fault of ours, hence 500.
    """
    kind = PROBLEM_TYPES.get(word) or ProblemType(word, 500, word, word, text, text)
    japanese = language == "ja"
    members: dict[str, object] = {
        "type": type_uri(word),
        "title": kind.title_ja if japanese else kind.title,
        "status": kind.status,
        # What a refusal says for itself is English; the catalogue has the Japanese of every kind.
        "detail": (kind.remedy_ja if japanese else text or kind.remedy),
        "instance": f"urn:uuid:{request_id}",
        "remedy": kind.remedy_ja if japanese else kind.remedy,
    }
    if errors:
        members["errors"] = [
            {
                "pointer" if error.place.startswith("#") else "parameter": error.place,
                "detail": error.text_ja if japanese else error.text,
            }
            for error in errors
        ]
    for name, value in (facts or {}).items():
        members.setdefault(name, getattr(value, language) if isinstance(value, BothLanguages) else value)
    return members


def response(
    refused: ProblemError,
    *,
    request_id: str,
    language: Language = "en",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """`refused` as an HTTP answer; a `retry_after_s` among its facts becomes the Retry-After header too."""
    members = document(
        refused.type,
        request_id=request_id,
        language=language,
        text=str(refused),
        facts=refused.facts,
        errors=refused.errors if isinstance(refused, InvalidInput) else (),
    )
    status = members["status"]
    assert isinstance(status, int)
    extra: dict[str, str] = {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
    if "retry_after_s" in refused.facts:
        extra["Retry-After"] = str(refused.facts["retry_after_s"])
    elif status == 503:
        extra["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        # RFC 9110 (11.6.1) wants a challenge beside every 401.
        extra["WWW-Authenticate"] = "Bearer" if refused.type.startswith("session-") else "Signature"
    answer: LooseHeaders = extra
    return web.Response(
        body=json.dumps(members, ensure_ascii=False).encode(),
        status=status,
        content_type=MEDIA_TYPE,
        headers=answer,
    )


def as_refusal(error: BaseException, others: Mapping[type[BaseException], str]) -> ProblemError | None:
    """`error` as a refusal, or None where only "internal error" is true.

    `others` maps foreign exception types (a full store's `Busy`, say) to catalogue words.
    """
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, PartnerUnavailable):
        wait = error.retry_after_s if error.retry_after_s is not None else RETRY_AFTER_S
        return ProblemError("partner-unavailable", retry_after_s=max(1, math.ceil(wait)))
    for kind, word in others.items():
        if isinstance(error, kind):
            return ProblemError(word)
    if isinstance(error, GatewayError):
        return _gateway_error(error)
    if isinstance(error, TimeoutError):
        return ProblemError("took-too-long")
    return None


def _joined(notes: Sequence[BothLanguages]) -> BothLanguages:
    return BothLanguages(ja="　".join(note.ja for note in notes), en="; ".join(note.en for note in notes))


def _gateway_error(error: GatewayError) -> ProblemError | None:
    match error:
        case NotEnough():
            notes = {"partner_note": _joined(error.notes)} if error.notes else {}
            return ProblemError(
                "not-enough", str(error), units=error.units, units_short=error.units_short, **notes
            )
        case NoRate():
            return ProblemError("no-rate")
        case CouponRefused():
            return ProblemError("coupon-refused", reason=error.reason)
        case HandoffRefused():
            return ProblemError("handoff-refused", reason=error.reason)
        case LinkEnded():
            return ProblemError("link-ended", reason=error.reason)
        case NotSent():
            return ProblemError("partner-unavailable")
        case _:
            return None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def _stands_first(wanted: str, accept_language: str) -> bool:
    primaries = [part.partition(";")[0].strip()[:2] for part in accept_language.lower().split(",")]
    return next(primary for primary in primaries if primary in ("ja", "en")) == wanted
