"""What the kit looks at in a day's list: for which span of time it was asked, and where a file of rows can be cut."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from gateway.model import JST
from gateway.testkit.bodies import read_body
from gateway.testkit.contract.unclear import like_it

_SECONDS: Final = re.compile(r"1[0-9]{9}(?:[0-9]{3})?")


def asked_span(requests: Sequence[httpx.Request], now: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last moment that the requests name; None where they name a day or a page only.

    Moments about now, such as that of a signature, are left out.
    """
    moments = []
    for request in requests:
        body = read_body(request.content, request.headers.get("content-type", ""))
        values = [*request.url.params.values(), *(body.values.values() if body is not None else ())]
        moments += [moment for value in values if (moment := _moment(str(value))) is not None]
    spans = [it for it in moments if abs(it - now) > timedelta(minutes=5)]
    return (min(spans), max(spans)) if len(set(spans)) >= 2 else None


def cuts(answer: httpx.Response) -> list[Callable[[httpx.Request, httpx.Response], httpx.Response]]:
    """For a file of rows: in the middle of its last row, and after its first half of rows, as if it were whole."""
    kind = answer.headers.get("content-type", "")
    if read_body(answer.content, kind) is not None or "json" in kind or "xml" in kind:
        return []
    rows = answer.content.splitlines(keepends=True)
    if len(rows) < 3:
        return []
    last = b"".join(rows[:-1]) + rows[-1][: len(rows[-1]) // 2]
    return [
        lambda _, it: like_it(it, last),
        lambda _, it: like_it(it, b"".join(rows[: len(rows) // 2 + 1])),
        lambda _, it: like_it(it, rows[0]),
    ]


def without_lists(answer: httpx.Response) -> list[Callable[[httpx.Request, httpx.Response], httpx.Response]]:
    """For a JSON object with lists: each list is missing, or null, as where a partner answers half of what it documents."""
    try:
        fields = json.loads(answer.content)
    except ValueError:
        return []
    names = (
        [name for name, value in fields.items() if isinstance(value, list)]
        if isinstance(fields, dict)
        else []
    )
    faults = []
    for name in names:
        rest = {other: value for other, value in fields.items() if other != name}
        faults += [_as_json(rest), _as_json({**rest, name: None})]
    return faults


def _as_json(fields: Mapping[str, Any]) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    return lambda _, it: like_it(it, json.dumps(fields).encode())


def _moment(text: str) -> datetime | None:
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), JST)
        if len(text) < 12:
            return None
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(JST) if moment.tzinfo is not None else moment.replace(tzinfo=JST)
