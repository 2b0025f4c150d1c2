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


def unclear_answers(
    yes: bytes, no: bytes | None = None, *, again: bytes | None = None, kind: str = _JSON
) -> dict[str, httpx.Response]:
    """By name. `yes` and `no` are what the partner says when it is sure: a 500 does not become one by its body.

    `again` is a second yes, where there is one: what differs from one yes to the next tells no yes from a no.
    `kind` is the content type in which the partner answers: JSON, XML or a form.
    """
    clear = no if no is not None else yes
    as_usual = {"content-type": kind}
    answers = {
        "500": httpx.Response(500, text="Internal Server Error"),
        "500 with a clear answer in it": httpx.Response(500, content=clear, headers=as_usual),
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
    if kind != _JSON:
        answers["200 with nothing, and its usual content type"] = httpx.Response(200, headers=as_usual)
    if len(yes) > 1:
        answers["half of a yes"] = httpx.Response(200, content=yes[: len(yes) // 2], headers=as_usual)
    for name, content in in_unknown_words(yes, no, again):
        answers[name] = httpx.Response(200, content=content, headers=as_usual)
    return answers
