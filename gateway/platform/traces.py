"""Traces by OpenTelemetry: an admitted request, its use case, each call to a partner and each commit, as spans of one trace.

Only what `Traces.request` begins is traced. All other places add to the trace of their own context, and where there is none
they look at one context variable and do nothing: without `[traces]` nothing of OpenTelemetry is imported. Spans hold words of
our own, the route's template and ids of exchanges and requests; no text of a fault, no member, no query, no secret.
Nothing here is sent to partners.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from gateway.errors import GatewayError, ProblemError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span, Tracer

EXPORT_TIMEOUT_S: Final = 5.0
FLUSH_TIMEOUT_S: Final = 5.0
"""How long an ending process waits for the collector."""

EXCHANGE_ID: Final = "point_gateway.exchange_id"

_log = structlog.get_logger()


class TracesUnavailable(Exception):
    """The libraries are not installed; the text says what to do."""


@dataclass(slots=True)
class _Trace:
    """One request's trace. What is known of its exchange holds for all spans that begin later, in any task."""

    tracer: Tracer
    exchange_id: str = ""

    def begin(
        self, name: str, parent: Any, began_ns: int, attributes: dict[str, str | int], kind: Any
    ) -> Span:
        if self.exchange_id:
            attributes[EXCHANGE_ID] = self.exchange_id
        return self.tracer.start_span(
            name,
            context=parent,
            kind=kind,
            attributes=attributes,
            start_time=began_ns,
            record_exception=False,
            set_status_on_exception=False,
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """The innermost open span of a context, and those around it."""

    trace: _Trace
    span: Span
    outer: _Place | None = None


_place: ContextVar[_Place | None] = ContextVar("gateway_trace", default=None)


class Traces:
    """Sends spans to one collector by OTLP over HTTP, on a thread of its own. Close it at the end."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider: Final = provider
        self._tracer: Final = provider.get_tracer("point-gateway")
        self._propagator: Final = TraceContextTextMapPropagator()

    @classmethod
    def open(cls, endpoint: str, sample_ratio: float, version: str) -> Traces:
        """Begin to send to `endpoint`, the whole address. Raises TracesUnavailable without the extra `otel`.

        `sample_ratio` (0 to 1) of the traces that begin here are sent; a client's own decision in `traceparent` holds.
        """
        try:
            import requests
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        except ImportError:
            raise TracesUnavailable(
                "traces need OpenTelemetry: pip install 'point-gateway[otel]', or remove [traces]"
            ) from None
        # The library says each failure anew, with the collector's words; `_Exporter` says the first in ours.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        session = requests.Session()
        session.trust_env = False  # no proxy and no netrc from the environment
        session.max_redirects = 0  # the address that was checked, and no other
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S, session=session)
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample_ratio)),
            resource=Resource.create({"service.name": "point-gateway", "service.version": version}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(BatchSpanProcessor(_once_told(exporter)))
        return cls(provider)

    @contextmanager
    def request(
        self, method: str, template: str, began_ns: int, *, traceparent: str | None, request_id: str
    ) -> Iterator[Callable[[int], None]]:
        """Trace one admitted request; call what is given with the answer's status.

        `traceparent` is the header of a client program whose signature is right; what cannot be read begins a new trace.
        """
        from opentelemetry.trace import SpanKind

        parent = self._propagator.extract({"traceparent": traceparent}) if traceparent is not None else None
        trace = _Trace(self._tracer)
        facts: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": template,
            "point_gateway.request_id": request_id,
        }
        span = trace.begin(f"{method} {template}", parent, began_ns, facts, SpanKind.SERVER)
        if not span.is_recording():  # not of the sample
            yield lambda _status: None
            return
        with _opened(_Place(trace, span)):
            yield lambda status: span.set_attribute("http.response.status_code", status)

    async def close(self) -> None:
        """Send what waits, at most for FLUSH_TIMEOUT_S. Never raises."""
        # A thread that the end of the process does not wait for: the collector may be silent.
        last = threading.Thread(target=self._provider.shutdown, name="traces end", daemon=True)
        last.start()
        await asyncio.to_thread(last.join, FLUSH_TIMEOUT_S)
        if last.is_alive():
            _log.warning("traces lost at the end", remedy="look at the collector of [traces] endpoint")


@contextmanager
def span(name: str) -> Iterator[None]:
    """A span around a piece of the request's work; nothing where nothing is traced."""
    outer = _place.get()
    if outer is None:
        yield
        return
    inner = outer.trace.begin(name, _context(outer.span), time.time_ns(), {}, _internal())
    with _opened(_Place(outer.trace, inner, outer)):
        yield


def add_span(name: str, took_s: float, **facts: str | int) -> None:
    """Add what has just ended after `took_s` seconds. `facts` are words of our own."""
    place = _place.get()
    if place is not None:
        ended_ns = time.time_ns()
        _add(place, name, ended_ns - round(took_s * 1e9), ended_ns, facts)


def set_exchange(exchange_id: str) -> None:
    """Say which exchange the request is about: on the spans around this place, and on all that come."""
    place = _place.get()
    if place is None:
        return
    place.trace.exchange_id = exchange_id
    while place is not None:
        place.span.set_attribute(EXCHANGE_ID, exchange_id)
        place = place.outer


def commit_span() -> Callable[[int, int, int, bool], None] | None:
    """For `Store.observe`: what makes a span of the commit that a caller waits for, on the writer's thread."""
    place = _place.get()
    if place is None:
        return None

    def add(began_ns: int, ended_ns: int, batch_size: int, is_written: bool) -> None:
        facts: dict[str, str | int] = {
            "point_gateway.batch_size": batch_size,
            "point_gateway.outcome": "written" if is_written else "refused",
        }
        _add(place, "commit", began_ns, ended_ns, facts)

    return add


def _add(place: _Place, name: str, began_ns: int, ended_ns: int, facts: dict[str, str | int]) -> None:
    place.trace.begin(name, _context(place.span), began_ns, facts, _internal()).end(ended_ns)


@contextmanager
def _opened(place: _Place) -> Iterator[None]:
    from opentelemetry.trace import StatusCode

    token = _place.set(place)
    try:
        yield
    except BaseException as fault:
        place.span.set_attribute(
            "error.type", fault.type if isinstance(fault, ProblemError) else type(fault).__name__
        )
        if not isinstance(fault, GatewayError):
            place.span.set_status(StatusCode.ERROR)
        raise
    finally:
        _place.reset(token)
        place.span.end()


def _context(parent: Span) -> Any:
    from opentelemetry.trace import set_span_in_context

    return set_span_in_context(parent)


def _internal() -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind.INTERNAL


def _once_told(exporter: SpanExporter) -> SpanExporter:
    """The exporter, with a line in the log when spans begin to be lost and one when they arrive again."""
    from opentelemetry.sdk.trace.export import SpanExporter as Exporter
    from opentelemetry.sdk.trace.export import SpanExportResult as Result

    class OnceTold(Exporter):
        is_failing = False

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            try:
                result = exporter.export(spans)
            except Exception:  # noqa: BLE001  whatever the library meets, nobody is harmed
                result = Result.FAILURE
            failed = result is not Result.SUCCESS
            if failed and not self.is_failing:
                _log.warning("traces not delivered", remedy="look at the collector of [traces] endpoint")
            if self.is_failing and not failed:
                _log.info("traces delivered again")
            self.is_failing = failed
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return OnceTold()
