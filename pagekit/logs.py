"""A site's log: one line of JSON for each thing, as the gateway writes it, with equal warnings limited.

No line holds an address beyond what the settings allow, a query, a cookie, a token or what was typed.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Hashable, MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final, TextIO

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from httpkit.repeat_limit import RepeatLimit

Event = MutableMapping[str, Any]
_CHATTY: Final = ("asyncio", "aiohttp.access")
_log = structlog.get_logger()


def configure(form: str = "json", stream: TextIO | None = None) -> None:
    """Write structlog's and the standard library's lines in one form; `form` is `json` or `console`."""
    stream = sys.stderr if stream is None else stream
    render: Any = structlog.processors.JSONRenderer(serializer=_as_json)
    if form == "console":
        render = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _exceptions_as_places,
    ]
    limit = RepeatLimit()
    structlog.configure(
        processors=[*shared, _limiting(limit, stream, render), render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: limit.admits((str(record.msg)[:200], record.levelname.lower())))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def request_lines(
    name_source: Callable[[web.Request], str], count: Callable[[str, str, int, float], None]
) -> Middleware:
    """A middleware that writes a line for each request, names its source in every line of it, and has it counted:
    method, route, status and seconds.
    """

    @web.middleware
    async def write_line(request: web.Request, handler: Handler) -> web.StreamResponse:
        structlog.contextvars.clear_contextvars()
        if source := name_source(request):
            structlog.contextvars.bind_contextvars(source=source)
        started = time.perf_counter()
        answer = await handler(request)
        resource, seconds = request.match_info.route.resource, time.perf_counter() - started
        method = request.method if request.method in ("GET", "HEAD", "POST") else "other"
        route = "none" if resource is None else resource.canonical
        count(method, route, answer.status, seconds)
        if not request.path.startswith("/health"):
            _log.info(
                "site.request",
                method=method,
                route=route,
                status=answer.status,
                ms=round(seconds * 1000, 1),
            )
        return answer

    return write_line


def places_of(fault: BaseException | None) -> list[str]:
    """Types and places alone: the texts of exceptions quote what they met, and a traceback in colours prints with
    each frame what its variables held, passwords and tokens among them.
    """
    chain: list[str] = []
    while fault is not None and len(chain) < 10:
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__)]
        chain.append(f"{type(fault).__name__} at {' > '.join(places[-8:]) or 'no place known'}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return chain


def _limiting(
    limit: RepeatLimit, stream: TextIO, render: Callable[[Any, str, Event], str | bytes]
) -> Callable[[Any, str, Event], Event]:
    def admit(_logger: Any, _method: str, event: Event) -> Event:
        stream.writelines(
            str(render(None, "", _left_out(kind, number, event["at"]))) + "\n"
            for kind, number in limit.pop_left_out()
        )
        if not limit.admits(_kind_of(event)):
            raise structlog.DropEvent
        return event

    return admit


def _kind_of(event: Event) -> Hashable | None:
    """What makes warnings and errors equal: all but the moment and where the request came from."""
    if event.get("level") not in ("warning", "error", "critical"):
        return None
    same = [item for item in event.items() if item[0] not in ("at", "source")]
    return str(event.get("event")), str(event.get("level")), repr(same)


def _left_out(kind: Hashable, number: int, at: Any) -> Event:
    assert isinstance(kind, tuple)
    return {"event": "equal lines left out", "level": kind[1], "of": kind[0], "number": number, "at": at}


def _exceptions_as_places(_logger: Any, _method: str, event: Event) -> Event:
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    fault = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(fault, BaseException):
        event["exception"] = places_of(fault)
    return event


def _as_json(event: Any, **_options: Any) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)
