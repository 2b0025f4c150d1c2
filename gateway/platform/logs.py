"""One log for the whole gateway: a line of JSON each, with the request and exchange it belongs to, without secrets.

`configure` is called once by the program that runs. Ids are bound with structlog's context variables
(`structlog.contextvars.bind_contextvars(request_id=…, exchange_id=…)`) and so follow the task that they are for.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO, cast

import structlog
from pydantic_core import to_json

from gateway.platform.redact import scrubbed
from gateway.plugin_interfaces import Log
from httpkit.repeat_limit import RepeatLimit

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_CHATTY: Final = (
    "httpx",
    "httpcore",
    "asyncio",
    "aiohttp.access",
)  # whole URLs and headers, or nothing of use


def configure(level: str = "info", form: str = "json", stream: TextIO | None = None) -> None:
    """Set up structlog, and let the standard library's loggers write in the same form to the same stream."""
    stream = sys.stderr if stream is None else stream
    places: Any = _exceptions_as_places
    render: Any = structlog.processors.JSONRenderer(serializer=_as_json)
    if form == "console":
        places = _exceptions_as_lines
        render = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        places,
    ]
    limit = RepeatLimit()
    lines = Lines(stream, lambda event: cast("str", render(None, "", scrubbed(event))), limit)
    structlog.configure(
        processors=[*shared, _as_it_is],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(cast("TextIO", lines))
    handler.addFilter(lambda record: limit.admits(_kind_of_record(record)))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, scrub_event],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class Lines:
    """Where all that is told ends, as structlog and the standard library's handler want to see it.

    What a task of an event loop tells below a warning waits for the end of the loop's turn, and is put into words
    and written with what others tell in that turn: that takes half the time, and each writing is a call of the
    system, in which other threads take the interpreter. A warning or an error, and what any other thread tells, is
    written at once, after what waits.
    """

    def __init__(
        self, stream: TextIO, in_words: Callable[[Mapping[str, Any]], str], limit: RepeatLimit | None = None
    ) -> None:
        """`in_words` makes the line of an event, without secrets and without an end.

        `limit` says which of equal warnings and errors are written; how many were left out is a line of its own.
        """
        self._limit = limit or RepeatLimit()
        self._stream = stream
        self._in_words = in_words
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._flushed_by: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        atexit.register(self._end)

    def info(self, event: Mapping[str, Any]) -> None:
        """Write a line by the end of this turn."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.error(event)
            return
        self._waiting.append(event)
        # Another loop may have stopped before its turn's end: what it left is written in this one's.
        if self._flushed_by is not loop:
            self._flushed_by = loop
            loop.call_soon(self.flush)

    def error(self, event: Mapping[str, Any]) -> None:
        """Write a line at once."""
        if self._limit.admits(_kind_of(event)):
            self._waiting.append(event)
        self.flush()

    debug = info
    warning = warn = critical = exception = fatal = error

    def write(self, text: str) -> None:
        """Write a text that ends its lines itself."""
        self.flush()
        with self._lock:
            self._stream.write(text)
            self._stream.flush()

    def flush(self) -> None:
        """Write all that waits."""
        with self._lock:
            self._flushed_by = None
            text = ""
            for kind, number in self._limit.pop_left_out():
                self._waiting.append(_left_out(kind, number))
            while self._waiting:
                text += self._line(self._waiting.popleft()) + "\n"
            if text:
                self._stream.write(text)
                self._stream.flush()

    def _line(self, event: Mapping[str, Any]) -> str:
        try:
            return self._in_words(event)
        except Exception as fault:  # noqa: BLE001  a value that cannot be told takes no other line with it
            return json.dumps({"event": "line not told", "level": "error", "fault": type(fault).__name__})

    def _end(self) -> None:
        with contextlib.suppress(ValueError):  # whoever opened the stream has closed it
            self.flush()


_EACH_ANEW: Final = frozenset({"at", "request_id"})


def _kind_of(event: Mapping[str, Any]) -> Hashable | None:
    """What makes warnings and errors equal: all but the moment and the request. Security events never are, nor is the rest."""
    name = str(event.get("event", ""))
    if event.get("level") not in ("warning", "error", "critical") or name.startswith("security."):
        return None
    return name, str(event.get("level")), repr([item for item in event.items() if item[0] not in _EACH_ANEW])


def _kind_of_record(record: logging.LogRecord) -> Hashable | None:
    """The same for a line of the standard library's; the kind of a fault counts, its text does not."""
    if record.levelno < logging.WARNING:
        return None
    fault = record.exc_info[0] if record.exc_info else None
    return str(record.msg)[:200], record.levelname.lower(), f"{record.name} {fault}"


def _left_out(kind: Hashable, number: int) -> Mapping[str, Any]:
    name, level = cast("tuple[str, str, str]", kind)[:2]
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"event": "equal lines left out", "level": level, "of": name[:200], "number": number, "at": at}


class PartnerLog:
    """The log a plugin is given: each line names the partner, and the plugin's own secrets are stars in it."""

    def __init__(self, log: Log, partner: str, known_secrets: Callable[[], tuple[str, ...]] = tuple) -> None:
        self._log = log
        self._partner = partner
        self._known_secrets = known_secrets

    def debug(self, event: str, **values: Any) -> Any:
        return self._log.debug(self._clean(event), **self._scrubbed(values))

    def info(self, event: str, **values: Any) -> Any:
        return self._log.info(self._clean(event), **self._scrubbed(values))

    def warning(self, event: str, **values: Any) -> Any:
        return self._log.warning(self._clean(event), **self._scrubbed(values))

    def error(self, event: str, **values: Any) -> Any:
        return self._log.error(self._clean(event), **self._scrubbed(values))

    def _clean(self, event: str) -> str:
        return str(scrubbed(event, self._known_secrets()))

    def _scrubbed(self, values: dict[str, Any]) -> dict[str, Any]:
        scrubbed_values: dict[str, Any] = scrubbed(values, self._known_secrets())
        return scrubbed_values | {"partner": self._partner}


def scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: the last word before a line of the standard library's is written."""
    cleaned: MutableMapping[str, Any] = scrubbed(event)
    return cleaned


def _as_it_is(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[Any], dict[str, Any]]:
    return (event,), {}


def _exceptions_as_places(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A traceback becomes types and places. The texts of exceptions are left out: they quote what they met."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    fault = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(fault, BaseException):
        event["exception"] = list(_chain(fault))
    return event


def _exceptions_as_lines(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The same for a console, whose renderer wants one text."""
    event = _exceptions_as_places(logger, method, event)
    if "exception" in event:
        event["exception"] = "\n".join(event["exception"])
    return event


def _chain(fault: BaseException | None) -> list[str]:
    parts: list[str] = []
    while fault is not None and len(parts) < 10:
        trace, places = fault.__traceback__, []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        parts.append(f"{type(fault).__name__} at {' > '.join(places[-8:]) or 'no place known'}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return parts


def _as_json(event: Any, **_options: Any) -> str:
    try:
        return to_json(event, fallback=str).decode()
    except ValueError:  # half a character, which no encoding has
        return json.dumps(event, default=str)
