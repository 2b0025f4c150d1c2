"""A call as a value: what is sent, and the type of what comes back. Nothing here opens a connection.

The functions of `point_gateway_client.calls` make calls; a client, or a program's own transport, sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import NoneType
from typing import Any, Final, Generic, Literal, TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec

from point_gateway_client.errors import BY_STATUS, InputError, Problem, UnexpectedAnswer
from point_gateway_client.generated.problems import KINDS
from point_gateway_client.messages import Message

AnswerT = TypeVar("AnswerT")
Language = Literal["ja", "en"]
QueryValue = str | int | bool | date | msgspec.UnsetType

_TEXT_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class File:
    """A file as the gateway gives it. `disposition` is the Content-Disposition field, which has its name."""

    content: bytes = field(repr=False)
    media_type: str
    disposition: str


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What a transport hands back: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[AnswerT]):
    """`target` is path and query, percent-encoded; `answer` is a message, File, or NoneType for an empty answer."""

    method: str
    target: str
    answer: type[AnswerT]
    content: bytes | None = field(default=None, repr=False)  # may hold a password
    media_type: str = ""
    session: bool | None
    """Whether somebody must be signed in; None where the caller decides."""
    by_status: Mapping[int, type[Any]] = field(default_factory=dict)
    """What comes back with another status than the usual one, such as a proposal (202) where a deed waits."""


def json_call(
    method: str,
    path: str,
    answer: type[AnswerT],
    *,
    session: bool,
    body: Message | None = None,
    query: Mapping[str, QueryValue] | None = None,
    by_status: Mapping[int, type[Any]] | None = None,
) -> Call[AnswerT]:
    """A call with a JSON body or none."""
    content = None if body is None else msgspec.json.encode(body)
    media_type = "" if body is None else "application/json"
    return Call(
        method=method,
        target=path + _query_of(query),
        answer=answer,
        content=content,
        media_type=media_type,
        session=session,
        by_status=by_status or {},
    )


def file_call(
    method: str,
    path: str,
    answer: type[AnswerT],
    *,
    session: bool,
    content: bytes,
    media_type: str,
    query: Mapping[str, QueryValue] | None = None,
) -> Call[AnswerT]:
    """A call whose body is a file."""
    target = path + _query_of(query)
    return Call(
        method=method, target=target, answer=answer, content=content, media_type=media_type, session=session
    )


def path_part(value: str | int | date) -> str:
    """`value` as one part of a path. Raises ValueError for what would name another path."""
    text = _text_of(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be a part of a path; give the id that the gateway gave")
    return quote(text, safe="")


def headers_of(call: Call[Any], *, token: str | None, language: Language) -> dict[str, str]:
    """The headers before they are signed."""
    headers: dict[str, str] = {"Accept-Language": language}
    if call.content is not None:
        headers["Content-Type"] = call.media_type
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def read_answer(call: Call[AnswerT], answer: RawAnswer) -> AnswerT:
    """The typed answer. Raises the Problem that the gateway answered with, or UnexpectedAnswer."""
    if answer.status >= 400:
        raise _problem(call, answer)
    if not 200 <= answer.status < 300:  # a redirect, or what stands between us and the gateway
        raise UnexpectedAnswer(f"{_name(call)}: {answer.status} is no answer of a gateway")
    kind: type[Any] = call.by_status.get(answer.status, call.answer)
    if (kind is NoneType) != (answer.status == _NO_CONTENT):
        # Success without an answer is 204 alone: a page of somebody else's with 200 has done nothing.
        raise UnexpectedAnswer(f"{_name(call)}: {answer.status} is not what this call is answered with")
    if kind is File:
        headers = answer.headers
        disposition = headers.get("content-disposition", "attachment")
        return cast("AnswerT", File(answer.content, headers.get("content-type", ""), disposition))
    if kind is NoneType:
        return cast("AnswerT", None)
    try:
        return cast("AnswerT", _decoder(kind).decode(answer.content))
    except (msgspec.DecodeError, RecursionError) as error:  # a ValidationError is a DecodeError too
        raise UnexpectedAnswer(f"{_name(call)}: {answer.status}, {error}") from error


def _query_of(query: Mapping[str, QueryValue] | None) -> str:
    pairs = {
        name: _text_of(value)
        for name, value in (query or {}).items()
        if not isinstance(value, msgspec.UnsetType)
    }
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _text_of(value: str | int | bool | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _problem(call: Call[Any], answer: RawAnswer) -> Problem:
    try:
        members = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnexpectedAnswer(f"{_name(call)}: {answer.status} is not JSON") from error
    if not isinstance(members, dict) or not isinstance(members.get("type"), str):
        raise UnexpectedAnswer(f"{_name(call)}: {answer.status} is no problem document")
    word = str(members["type"]).rpartition("/")[2]
    kind = KINDS.get(word) or BY_STATUS.get(answer.status, Problem)
    wait = answer.headers.get("retry-after", "")
    return kind(
        word[:_TEXT_LIMIT],
        answer.status,
        str(members.get("title", ""))[:_TEXT_LIMIT],
        str(members.get("remedy") or members.get("detail", ""))[:_TEXT_LIMIT],
        detail=str(members.get("detail", ""))[:_TEXT_LIMIT],
        request_id=str(members.get("instance", "")).removeprefix("urn:uuid:")[:_TEXT_LIMIT],
        facts=members,
        errors=tuple(_input_errors(members.get("errors"))),
        retry_after_s=int(wait) if wait.isascii() and wait.isdecimal() else None,
    )


def _input_errors(errors: object) -> list[InputError]:
    entries = errors if isinstance(errors, list) else []
    return [
        InputError(str(entry.get("pointer") or entry.get("parameter") or ""), str(entry.get("detail", "")))
        for entry in entries
        if isinstance(entry, dict)
    ]


def _name(call: Call[Any]) -> str:
    return f"{call.method} {call.target.partition('?')[0]}"


_NO_CONTENT: Final = 204
_DECODERS: Final[dict[type, msgspec.json.Decoder[Any]]] = {}


def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    """One decoder a type: to make one costs more than to use it."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder
