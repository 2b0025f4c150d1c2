"""Answers that are neither yes nor no, and the ways in which a reply can be lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx

LOST: Final[tuple[Callable[[], Exception], ...]] = (
    lambda: httpx.ReadTimeout("the reply did not come in time"),
    lambda: httpx.ReadError("the connection was reset"),
    lambda: httpx.RemoteProtocolError("the connection ended in the middle"),
)


def refused() -> Exception:
    return httpx.ConnectError("the connection was refused")


def unclear_answers(yes: bytes, no: bytes | None = None) -> dict[str, httpx.Response]:
    """By name. `yes` and `no` are what the partner says when it is sure: a 500 does not become one by its body."""
    clear = no if no is not None else yes
    json_type = {"content-type": "application/json"}
    answers = {
        "500": httpx.Response(500, text="Internal Server Error"),
        "500 with a clear answer in it": httpx.Response(500, content=clear, headers=json_type),
        "502 with a page": httpx.Response(502, html="<h1>Bad gateway</h1>"),
        "503": httpx.Response(503, headers={"retry-after": "60"}),
        "200 with a page": httpx.Response(200, html="<h1>ただいまメンテナンス中です</h1>"),
        "200 with {}": httpx.Response(200, json={}),
        "200 with []": httpx.Response(200, json=[]),
        "200 with null": httpx.Response(200, json=None),
        "200 with nothing": httpx.Response(200),
        "302": httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        "400": httpx.Response(400, json={}),
        "401": httpx.Response(401, json={}),
        "404": httpx.Response(404, html="<h1>Not found</h1>"),
        "409": httpx.Response(409, json={}),
        "429": httpx.Response(429),
    }
    if len(yes) > 1:
        answers["half of a yes"] = httpx.Response(200, content=yes[: len(yes) // 2], headers=json_type)
    for name, content in _in_unknown_words(yes, no):
        answers[name] = httpx.Response(200, content=content, headers=json_type)
    return answers


def _in_unknown_words(yes: bytes, no: bytes | None) -> Iterator[tuple[str, bytes]]:
    """A yes in which the word that tells it from a no is one that nobody documented."""
    said, denied = _fields(yes), _fields(no)
    for name, word in said.items():
        other = denied.get(name)
        if _is_word(word) and _is_word(other) and word != other:
            yield (f"200 with an unknown word in {name}", json.dumps({**said, name: "kit_unknown"}).encode())


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_]+", value) is not None


def _fields(body: bytes | None) -> dict[str, Any]:
    try:
        fields = json.loads(body or b"")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
