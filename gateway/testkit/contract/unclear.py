"""Answers that are neither yes nor no, and the ways in which a reply can be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx

from gateway.testkit.contract.unknown_words import in_unknown_words

_JSON: Final = "application/json"

LOST: Final[tuple[Callable[[], Exception], ...]] = (
    lambda: httpx.ReadTimeout("the reply did not come in time"),
    lambda: httpx.ReadError("the connection was reset"),
    lambda: httpx.RemoteProtocolError("the connection ended in the middle"),
)


def refused() -> Exception:
    return httpx.ConnectError("the connection was refused")


def like_it(answer: httpx.Response, content: bytes) -> httpx.Response:
    """Another content with the same status and content type."""
    kind = answer.headers.get("content-type", _JSON)
    return httpx.Response(answer.status_code, content=content, headers={"content-type": kind})


def unclear_answers(
    yes: bytes, no: bytes | None = None, *, again: bytes | None = None, like: httpx.Response
) -> dict[str, httpx.Response]:
    """By name. `yes` and `no` are what the partner says when it is sure: a 500 does not become one by its body.

    `again` is a second yes, where there is one: what differs from one yes to the next tells no yes from a no.
    `like` is the yes as it came: what is made of it has its status and content type.
    """
    clear = no if no is not None else yes
    kind = like.headers.get("content-type", _JSON)
    answers = {
        "500": httpx.Response(500, text="Internal Server Error"),
        "500 with a clear answer in it": httpx.Response(500, content=clear, headers={"content-type": kind}),
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
    if kind != _JSON or like.status_code != 200:
        answers["nothing in a yes"] = like_it(like, b"")
    if len(yes) > 1:
        answers["half of a yes"] = like_it(like, yes[: len(yes) // 2])
    for name, content in in_unknown_words(yes, no, again):
        answers[name] = like_it(like, content)
    return answers
