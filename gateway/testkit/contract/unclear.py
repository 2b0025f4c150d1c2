"""Answers that are neither yes nor no, and the ways in which a reply can be lost.

What is made of a clear answer is made of the partner's own, when it is given: it has the ids, numbers, signature and
charset of that very request, so that a plugin which looks at them is not saved by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from gateway.testkit.bodies import Body, read_body
from gateway.testkit.contract.fake import Fault
from gateway.testkit.contract.unknown_words import UNKNOWN_WORD, code_places, telling_places, unknown_values

_JSON: Final = "application/json"

_ERRORS: Final = (
    (400, "bad_request"),
    (401, "invalid_token"),
    (403, "forbidden"),
    (408, "timeout"),
    (409, "conflict"),
    (410, "gone"),
    (422, "invalid"),
)

LOST: Final[tuple[Callable[[], Exception], ...]] = (
    lambda: httpx.ReadTimeout("the reply did not come in time"),
    lambda: httpx.ReadError("the connection was reset"),
    lambda: httpx.RemoteProtocolError("the connection ended in the middle"),
)


@dataclass(frozen=True, slots=True)
class Unclear:
    """One answer that means nothing. `of_no`: it is made of the partner's no, else of its yes or of nothing."""

    name: str
    fault: Fault
    of_no: bool = False


def refused() -> Exception:
    return httpx.ConnectError("the connection was refused")


def like_it(answer: httpx.Response, content: bytes, status: int | None = None) -> httpx.Response:
    """Another content, or status, with the content type of the answer and what else it says in its headers."""
    own = {"content-length", "transfer-encoding", "content-encoding"}
    headers = [(name, value) for name, value in answer.headers.items() if name not in own]
    return httpx.Response(
        status or answer.status_code, content=content, headers=headers or {"content-type": _JSON}
    )


def body_of(answer: httpx.Response) -> Body | None:
    return read_body(answer.content, answer.headers.get("content-type", ""))


def with_values(changes: Mapping[str, Any]) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    """The partner's answer with these values in it."""

    def changed(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        body = body_of(answer)
        return answer if body is None else like_it(answer, body.written(changes))

    return changed


def unclear_answers(
    yes: httpx.Response,
    again: httpx.Response | None = None,
    others: Sequence[httpx.Response] = (),
    *,
    no_is_a_word: bool = False,
) -> list[Unclear]:
    """`yes` and `again` are two of the partner's yeses, `others` its other answers: a no, a later, a not found.

    `no_is_a_word`: the first of `others` means something by its word alone, such as "not found"; an unknown word in
    its place means nothing. A no with an unknown reason may still be one.
    """
    cases = [*_no_partner_cases(), *_clear_answer_cases(yes, of_no=False)]
    if others:
        cases += _clear_answer_cases(others[0], of_no=True)
    if yes.headers.get("content-type", _JSON) != _JSON or yes.status_code != 200:
        cases.append(Unclear("nothing in a yes", lambda _, answer: like_it(answer, b"")))
    if no_is_a_word and others:
        cases += _of_the_word_of_a_no(others[0])
    return [*cases, *_of_words(yes, again or yes, others)]


def _no_partner_cases() -> Iterator[Unclear]:
    page = "<h1>ただいまメンテナンス中です</h1>"
    yield Unclear("500", httpx.Response(500, text="Internal Server Error"))
    yield Unclear("502 with a page", httpx.Response(502, html="<h1>Bad gateway</h1>"))
    yield Unclear("504", httpx.Response(504, html="<h1>Gateway time-out</h1>"))
    yield Unclear("204", httpx.Response(204))
    yield Unclear("503", httpx.Response(503, headers={"retry-after": "60"}))
    yield Unclear("200 with a page", httpx.Response(200, html=page))
    yield Unclear("200 with {}", httpx.Response(200, json={}))
    yield Unclear("200 with []", httpx.Response(200, json=[]))
    yield Unclear("200 with null", httpx.Response(200, json=None))
    yield Unclear("200 with nothing", httpx.Response(200))
    yield Unclear(
        "200 with an error in it", httpx.Response(200, json={"error": {"code": "kit_system_error"}})
    )
    yield Unclear("302", httpx.Response(302, headers={"location": "https://elsewhere.example/"}))
    for status, word in _ERRORS:
        yield Unclear(f"{status}", httpx.Response(status, json={}))
        yield Unclear(f"{status} with an error in it", httpx.Response(status, json={"error": {"code": word}}))
    yield Unclear("404", httpx.Response(404, html="<h1>Not found</h1>"))
    yield Unclear("429", httpx.Response(429))
    busy = {"error": {"code": "rate_limited"}}
    yield Unclear("429 with an error in it", httpx.Response(429, json=busy, headers={"retry-after": "7"}))


def _clear_answer_cases(clear: httpx.Response, *, of_no: bool) -> Iterator[Unclear]:
    """The partner's own words with a status that they do not have."""
    what = "a no" if of_no else "a yes"
    yield Unclear(f"500 with {what} in it", lambda _, it: like_it(it, it.content, 500), of_no)
    if clear.status_code != 409:
        yield Unclear(f"409 with {what} in it", lambda _, it: like_it(it, it.content, 409), of_no)
    yield Unclear(f"half of {what}", lambda _, it: like_it(it, it.content[: len(it.content) // 2]), of_no)


def _of_words(
    yes: httpx.Response, again: httpx.Response, others: Sequence[httpx.Response]
) -> Iterator[Unclear]:
    read, repeated = body_of(yes), body_of(again)
    if read is None or repeated is None:
        return
    bodies = [body for other in others if (body := body_of(other)) is not None]
    no = body_of(others[0]) if others else None
    typed = "json" in yes.headers.get("content-type", _JSON)
    places = telling_places(read, repeated, bodies)
    for path, value in places.items():
        rivals = [body.values[path] for body in bodies if path in body.values]
        for kind, unknown in unknown_values(value, rivals, typed=typed):
            yield Unclear(f"a yes with {kind} in {path}", with_values({path: unknown}))
        yield Unclear(f"a yes without {path}", without_value(path))
        if no is not None and path in no.values and not isinstance(value, bool):
            _, unknown = next(unknown_values(value, rivals, typed=typed))
            yield Unclear(f"a no with an unknown word in {path}", with_values({path: unknown}), of_no=True)


def _of_the_word_of_a_no(no: httpx.Response) -> Iterator[Unclear]:
    body = body_of(no)
    for path in code_places(body) if body is not None else ():
        yield Unclear(f"a no with an unknown word in {path}", with_values({path: UNKNOWN_WORD}), of_no=True)
        yield Unclear(f"a no without {path}", without_value(path), of_no=True)


def of_another(
    mine: httpx.Response, again: httpx.Response, other: httpx.Response
) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    """The partner's answer with what `other` says in it, wherever that is the same in `mine` and `again`.

    What is new in each answer, such as the number of a request, stays as it was asked for.
    """
    changes = differences(mine, again, other)
    if changes is None:
        return lambda _request, answer: like_it(answer, other.content, other.status_code)
    return with_values(changes)


def without_value(path: str) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    """The partner's answer in which the value at this path is not there."""

    def changed(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        body = body_of(answer)
        return answer if body is None or path not in body.values else like_it(answer, body.without(path))

    return changed


def about_nobody(answer: httpx.Response, ids: Sequence[str]) -> list[tuple[str, Fault]]:
    """By name, the partner's answer in which an id that it names is missing, empty or another by a letter.

    An id beside one that stays whole is left alone where the answer names it twice: which of them counts is the
    partner's to say.
    """
    body = body_of(answer)
    known = {it.casefold() for it in ids}
    paths: dict[str, list[str]] = {}
    for path, value in (body.values if body is not None else {}).items():
        if isinstance(value, str) and value.casefold() in known:
            paths.setdefault(value.casefold(), []).append(path)
    faults: list[tuple[str, Fault]] = []
    for places in paths.values():
        if len(places) > 1:
            continue
        (path,) = places
        faults.append((f"without {path}", without_value(path)))
        for what, change in _NEARLY:
            faults.append((f"with {what} in {path}", _with_text(path, change)))
    return faults


_NEARLY: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("nothing", lambda _: ""),
    ("a shorter id", lambda it: it[:-1]),
    ("a longer id", lambda it: f"{it}1"),
)


def _with_text(
    path: str, change: Callable[[str], str]
) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    def changed(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        body = body_of(answer)
        value = body.values.get(path) if body is not None else None
        return (
            like_it(answer, body.written({path: change(value)}))
            if body is not None and isinstance(value, str)
            else answer
        )

    return changed


def in_another_case(
    answer: httpx.Response, ids: Sequence[str]
) -> Callable[[httpx.Request, httpx.Response], httpx.Response] | None:
    """The partner's answer with these ids in another case; None where it names none of them that has letters."""
    body = body_of(answer)
    known = {it.casefold() for it in ids}
    changes = {
        path: value.swapcase()
        for path, value in (body.values if body is not None else {}).items()
        if isinstance(value, str) and value.casefold() in known and value.swapcase() != value
    }
    return with_values(changes) if changes else None


def differences(mine: httpx.Response, again: httpx.Response, other: httpx.Response) -> dict[str, Any] | None:
    """What stays in one's own answer and is another in the other's; None for bodies that are not understood."""
    bodies = body_of(mine), body_of(again), body_of(other)
    if bodies[0] is None or bodies[2] is None:
        return None
    mine_values, other_values = bodies[0].values, bodies[2].values
    stable = bodies[1].values if bodies[1] is not None else mine_values
    return {
        path: other_values[path]
        for path, value in mine_values.items()
        if path in other_values and other_values[path] != value and stable.get(path, value) == value
    }
