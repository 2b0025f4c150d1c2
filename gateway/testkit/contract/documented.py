"""What the partner's documents say, as data: one entry for each answer that is neither the plain yes nor a plain no.

    documented = (
        DocumentedAnswer(hook="debit", status=409, body={"code": "IN_PROGRESS", "id": "$exchange_id"}, ends=InProgress),
        DocumentedAnswer(hook="debit", status=429, headers={"retry-after": "7"}, ends=OutcomeUnknown),
        DocumentedAnswer(hook="debit", body={"code": "E999", "message": "system error"}, ends=OutcomeUnknown),
    )

The kit plays each word for word, and misplays it: with another status, cut in half, with an unknown word in it. In a
body, `$name` is a field of the request (JSON or form), or one of `$exchange_id`, `$reversal_id`, `$service_id`, `$now`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any, Final

import httpx

from gateway.model import DeclineReason
from gateway.testkit.bodies import charset, read_body

HOOKS_WITH_ANSWERS: Final = (
    "debit",
    "find_debit",
    "reverse_debit",
    "balances",
    "coupon_value",
    "debits_on",
    "check_connection",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedAnswer:
    """One documented answer to the last request of `hook`, and how the hook ends: the type of its answer or error.

    `reason` is that of a `Declined`. A text body is sent in the charset of `content_type`.
    """

    hook: str
    ends: type
    body: Mapping[str, Any] | str = ""
    status: int = 200
    reason: DeclineReason | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    name: str = ""

    @property
    def called(self) -> str:
        """How it is called in sentences."""
        return self.name or f"its documented {self.status} to {self.hook}()"

    def answer(self, request: httpx.Request, known: Mapping[str, str]) -> httpx.Response:
        """The answer to this request, with the request's own ids in it."""
        fields = {**_fields_of(request), **known}
        filled = _filled(self.body, fields)
        text = filled if isinstance(filled, str) else json.dumps(filled, ensure_ascii=False)
        content = text.encode(charset(b"", self.content_type), "xmlcharrefreplace")
        headers = {"content-type": self.content_type, **self.headers}
        return httpx.Response(self.status, content=content, headers=headers)


def _filled(body: Any, fields: Mapping[str, str]) -> Any:
    match body:
        case str():
            return Template(body).safe_substitute(fields)
        case Mapping():
            return {name: _filled(value, fields) for name, value in body.items()}
        case list() | tuple():
            return [_filled(value, fields) for value in body]
    return body


def _fields_of(request: httpx.Request) -> dict[str, str]:
    """The texts and numbers that the request carries, by their last name."""
    body = read_body(request.content, request.headers.get("content-type", ""))
    sent = dict(request.url.params.items())
    values = body.values if body is not None else {}
    return sent | {
        path.rsplit(".", 1)[-1].rsplit("/", 1)[-1]: str(value)
        for path, value in values.items()
        if value is not None
    }
