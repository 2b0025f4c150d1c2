"""The plugin's client and its hooks, watched: what was asked, what came back, and what was made to go wrong.

A fault belongs to the request of debit() that carries the order, not to one before it, such as that for an access token.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from gateway.errors import GatewayError, OutcomeUnknown
from gateway.model import Debited, DebitOrder, InProgress, Secret
from gateway.partners.http_client import ANSWER_LIMIT_BYTES, GuardedHttp
from gateway.partners.loading.checks import HOOKS
from gateway.partners.partner import Partner
from gateway.platform.redact import is_secret_key, scrubbed
from gateway.plugin_interfaces import HttpAnswer, HttpStream
from gateway.testkit.bodies import read_body, text_of
from httpkit.clock import system_clock

SHOWN_BYTES: Final = 4_000
MIN_SECRET_LENGTH: Final = 6
"""Shorter texts stand everywhere by chance, and stars in their place would make a test that says nothing."""
_NO_SECRETS: Final = frozenset({"code", "codes", "serviceid", "service_id"})
"""Names that announce a secret in a log, and in a partner's answer are words that the plugin reads."""
MAX_EVENTS: Final = 2_000


class CallFault(StrEnum):
    """What can be ordered for the request that carries the next order."""

    CABLE = "cable"
    """The request arrives and is carried out; the cable is pulled before the answer."""
    TWICE = "twice"
    """The answer comes, and comes again in place of the next one."""
    LATE = "late"
    """The answer comes after the plugin's deadline."""
    RUBBISH = "rubbish"
    """A page is answered, with status 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One request as it left and what came of it. `answer` is for the page, `content` what came, whole.

    `status` None: no answer came, or it was thrown away.
    """

    method: str
    url: str
    body: str
    status: int | None
    answer: str
    ms: int
    trouble: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One hook call: when it began, its arguments, its end (an answer or a GatewayError) and its requests, in order."""

    hook: str
    at: datetime
    arguments: Mapping[str, Any]
    end: object
    ms: int
    requests: tuple[Exchanged, ...]


@dataclass(slots=True)
class _Running:
    """The call that a request belongs to: calls may run at the same time."""

    hook: str
    at: datetime
    arguments: Mapping[str, Any]
    requests: list[Exchanged] = field(default_factory=list)


_running: ContextVar[_Running | None] = ContextVar("workbench_call", default=None)


def call_clock() -> datetime:
    """The time for the plugin: during a call that of its beginning, so that the call can be replayed."""
    running = _running.get()
    return running.at if running is not None else system_clock()


@dataclass(slots=True)
class Watch:
    """What was seen since the bench was opened; `shown()` is for the page."""

    calls: list[CallEvent] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    order: CallFault | None = None
    secrets: list[str] = field(default_factory=list)
    carries_orders: tuple[str, str] | None = None
    """Method and path of the request that carried the last order, with the order's ids taken out."""

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on, and in what was seen before, these are stars."""
        self.secrets.extend(it for it in secrets if len(it) >= MIN_SECRET_LENGTH and it not in self.secrets)

    def record(self, kind: str, **what: Any) -> None:
        """Add an event for the page; its number is its place."""
        if len(self.events) < MAX_EVENTS:
            self.events.append({"number": len(self.events), "kind": kind, **what})

    def shown(self, after: int) -> list[dict[str, Any]]:
        """The events from number `after` on. Every secret that is known by now is stars, whenever it passed."""
        text = json.dumps(self.events[after:], ensure_ascii=False)
        for secret in self.secrets:
            text = text.replace(json.dumps(secret, ensure_ascii=False)[1:-1], "***")
        events: list[dict[str, Any]] = json.loads(text)
        return events


class WatchedStream:
    """A `HttpStream` that remembers the first 8 MiB of what passed, which is what a recording can hold."""

    def __init__(self, inner: HttpStream) -> None:
        self.status, self.headers, self._inner = inner.status, inner.headers, inner
        self.content = bytearray()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, once."""
        async for piece in self._inner.pieces():
            self.content += piece[: ANSWER_LIMIT_BYTES - len(self.content)]
            yield piece


class WatchedHttp:
    """A `PartnerHttp` that shows what passes, and plays the trouble that was ordered."""

    def __init__(self, inner: GuardedHttp, watch: Watch) -> None:
        self._inner, self._watch = inner, watch
        self._again: HttpAnswer | None = None
        self._deadline_s = 10.0

    def allow(self, hosts: Iterable[str], *, timeout_s: float) -> None:
        self._deadline_s = timeout_s
        self._inner.allow(hosts, timeout_s=timeout_s)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def get(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("POST", url, **options)

    async def request(self, method: str, url: str, **options: Any) -> HttpAnswer:
        body = _body(options)
        running = _running.get()
        self._watch.learn(secrets_of_request(url, body, options))
        trouble = None
        if (
            self._watch.order is not None
            and running is not None
            and self._carries_the_order(running, method, url, body)
        ):
            trouble, self._watch.order = self._watch.order, None
        began = time.perf_counter()
        status, answer_text, headers, content = None, "", dict[str, str](), b""
        try:
            answer = await self._inner.request(method, url, **options)
            self._watch.learn(secrets_of_answer(answer))
            answer = await self._troubled(trouble, answer)
            status, headers, content = answer.status, dict(answer.headers), answer.body
            answer_text = text_of(content[:SHOWN_BYTES], headers.get("content-type", ""))
            return answer
        except GatewayError as fault:
            answer_text = f"({type(fault).__name__}: {fault})"
            raise
        finally:
            seen = Exchanged(
                method=method,
                url=url,
                body=body,
                status=status,
                answer=answer_text,
                ms=round((time.perf_counter() - began) * 1000),
                trouble=trouble.value if trouble is not None else "",
                headers=headers,
                content=content,
            )
            if running is not None:
                running.requests.append(seen)
            shown = {item.name: getattr(seen, item.name) for item in fields(seen)}
            del shown["headers"], shown["content"]
            shown |= {"body": _readable(seen.body), "answer": _readable(seen.answer)}
            self._watch.record("request", **shown)

    @asynccontextmanager
    async def stream(self, url: str, **options: Any) -> AsyncIterator[WatchedStream]:
        """An answer in pieces; what is shown and recorded of it is its beginning."""
        began, running = time.perf_counter(), _running.get()
        self._watch.learn(secrets_of_request(url, "", options))
        async with self._inner.stream(url, **options) as inner:
            stream = WatchedStream(inner)
            try:
                yield stream
            finally:
                content, content_type = bytes(stream.content), inner.headers.get("content-type", "")
                seen = Exchanged(
                    method="GET",
                    url=url,
                    body="",
                    status=inner.status,
                    answer=text_of(content[:SHOWN_BYTES], content_type),
                    ms=round((time.perf_counter() - began) * 1000),
                    trouble="",
                    headers=dict(inner.headers),
                    content=content,
                )
                if running is not None:
                    running.requests.append(seen)
                shown = {item.name: getattr(seen, item.name) for item in fields(seen)}
                del shown["headers"], shown["content"]
                self._watch.record("request", **shown | {"answer": _readable(seen.answer)})

    def _carries_the_order(self, running: _Running, method: str, url: str, body: str) -> bool:
        """Is this the request by which points move? As in the last order, else the one that names amounts or id."""
        order = running.arguments.get("order")
        if not isinstance(order, DebitOrder):
            return False
        if self._watch.carries_orders is not None:
            return self._watch.carries_orders == (method, _without_ids(url, order))
        numbers = set(re.findall(r"[0-9]+", body))
        if all(str(amount) in numbers for amount in order.amounts.values()):
            return True
        code = order.coupon.code.reveal() if order.coupon is not None else None
        return (
            bool(body) and order.coupon is not None and (order.exchange_id in body + url or str(code) in body)
        )

    async def _troubled(self, trouble: CallFault | None, answer: HttpAnswer) -> HttpAnswer:
        if self._again is not None:
            answer, self._again = self._again, None
        match trouble:
            case CallFault.CABLE:
                raise OutcomeUnknown("the cable was pulled before the answer came")
            case CallFault.LATE:
                await asyncio.sleep(self._deadline_s + 1)
            case CallFault.TWICE:
                self._again = answer
            case CallFault.RUBBISH:
                page = "<!doctype html><h1>ただいま混み合っています</h1>".encode()
                return HttpAnswer(status=200, headers={"content-type": "text/html"}, body=page)
        return answer


def watch_hooks(partner: Partner, watch: Watch) -> None:
    """Put a watcher in front of every async hook that the plugin has."""
    for name in partner.capabilities:
        if asyncio.iscoroutinefunction(HOOKS[name]):
            setattr(partner, name, _watched(name, getattr(partner, name), watch))


def _watched(name: str, call: Callable[..., Awaitable[Any]], watch: Watch) -> Callable[..., Awaitable[Any]]:
    signature = inspect.signature(call)

    async def watched(*positional: Any, **named: Any) -> Any:
        arguments = dict(signature.bind(*positional, **named).arguments)
        watch.learn(_secrets_in(arguments))
        watch.record("call", hook=name, arguments=plain(arguments))
        running = _Running(hook=name, at=system_clock(), arguments=arguments)
        token, began = _running.set(running), time.perf_counter()
        end: object = None
        try:
            end = await call(*positional, **named)
            return end
        except GatewayError as fault:
            end = fault
            raise
        finally:
            _running.reset(token)
            ms = round((time.perf_counter() - began) * 1000)
            watch.learn(_secrets_in((end,)))
            order = arguments.get("order")
            sent = [request for request in running.requests if request.body]
            if isinstance(end, Debited | InProgress) and isinstance(order, DebitOrder) and sent:
                watch.carries_orders = (sent[-1].method, _without_ids(sent[-1].url, order))
            watch.calls.append(
                CallEvent(
                    hook=name,
                    at=running.at,
                    arguments=arguments,
                    end=end,
                    ms=ms,
                    requests=tuple(running.requests),
                )
            )
            watch.record("end", hook=name, ms=ms, end=plain(end), what=type(end).__name__)

    return watched


def secrets_of_request(url: str, body: str, options: Mapping[str, Any]) -> Iterator[str]:
    """What in a request is secret by the name under which it stands."""
    headers = options.get("headers") or {}
    for name, value in headers.items():
        if is_secret_key(name):
            yield value
            yield value.partition(" ")[2]  # without the scheme, such as Bearer
    query = [*parse_qsl(urlsplit(url).query), *(options.get("params") or {}).items()]
    form = options.get("form") or {}
    yield from (str(value) for name, value in (*query, *form.items()) if is_secret_key(name))
    yield from _secret_values(body.encode(), "")


def secrets_of_answer(answer: HttpAnswer) -> Iterator[str]:
    """What in an answer is secret by its name, such as an access token."""
    yield from _secret_values(answer.body, answer.headers.get("content-type", ""))
    yield from (value for name, value in answer.headers.items() if is_secret_key(name))


def _secret_values(content: bytes, content_type: str) -> Iterator[str]:
    body = read_body(content, content_type)
    for path, value in (body.values if body is not None else {}).items():
        names = [name for name in re.split(r"[./@\[\]]+", path) if name and not name.isdigit()]
        if (
            isinstance(value, str)
            and names
            and is_secret_key(names[-1])
            and names[-1].lower() not in _NO_SECRETS
        ):
            yield value


def _without_ids(url: str, order: DebitOrder) -> str:
    return urlsplit(url).path.replace(quote(order.exchange_id, safe=""), "*").replace(order.exchange_id, "*")


def plain(value: Any) -> Any:
    """A frozen value as JSON has it; secrets are stars."""
    match value:
        case None | bool() | int() | float():
            return value
        case Secret():
            return "***"
        case Enum():
            return value.value
        case str():
            return value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds():g} s"
        case BaseException():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [plain(item) for item in value]
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    return str(value)


def _secrets_in(value: Any) -> Iterable[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        yield from (it for name, it in value.items() if isinstance(it, str) and is_secret_key(str(name)))
        for item in value.values():
            yield from _secrets_in(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _secrets_in(item)
    elif is_dataclass(value):
        for item in fields(value):
            yield from _secrets_in(getattr(value, item.name))


def _readable(text: str) -> str:
    """JSON without the values of telling names, since a token passes before anybody knows that it is one."""
    try:
        return json.dumps(scrubbed(json.loads(text)), ensure_ascii=False)
    except ValueError:
        return text


def _body(options: Mapping[str, Any]) -> str:
    for name in ("json", "form"):
        if options.get(name) is not None:
            return json.dumps(options[name], ensure_ascii=False)
    content = options.get("content")
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
