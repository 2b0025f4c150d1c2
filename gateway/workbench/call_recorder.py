"""The plugin's client and its hooks, watched: what was asked, what came back, and what was made to go wrong.

A fault belongs to the next request that carries a body, so that it meets the debit and not a look-up before it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Final

from gateway.errors import GatewayError, OutcomeUnknown
from gateway.model import Secret
from gateway.partners.http_client import GuardedHttp
from gateway.partners.loading.checks import HOOKS
from gateway.partners.partner import Partner
from gateway.platform.redact import scrubbed
from gateway.plugin_interfaces import HttpAnswer

SHOWN_BYTES: Final = 4_000
MOST_EVENTS: Final = 2_000


class Trouble(StrEnum):
    """What can be ordered for the next request that carries a body."""

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
    """One request as it left and what came of it. `answer` None: none came, or it was thrown away."""

    method: str
    url: str
    body: str
    status: int | None
    answer: str
    ms: int
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One hook call: its arguments, its end (an answer or a GatewayError) and its requests, in order."""

    hook: str
    arguments: Mapping[str, Any]
    end: object
    ms: int
    requests: tuple[Exchanged, ...]


@dataclass(slots=True)
class Watch:
    """What was seen since the bench was opened; `shown()` is for the page."""

    calls: list[Called] = field(default_factory=list)
    requests: list[Exchanged] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    order: Trouble | None = None
    secrets: list[str] = field(default_factory=list)

    def tell(self, kind: str, **what: Any) -> None:
        """Add an event for the page; its number is its place."""
        if len(self.events) < MOST_EVENTS:
            self.events.append({"number": len(self.events), "kind": kind, **what})

    def shown(self, after: int) -> list[dict[str, Any]]:
        """The events from number `after` on. Every secret that is known by now is stars, whenever it passed."""
        text = json.dumps(self.events[after:], ensure_ascii=False)
        for secret in self.secrets:
            text = text.replace(json.dumps(secret, ensure_ascii=False)[1:-1], "***")
        events: list[dict[str, Any]] = json.loads(text)
        return events


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
        trouble = None
        if body and self._watch.order is not None:
            trouble, self._watch.order = self._watch.order, None
        began = time.perf_counter()
        status, answer_text = None, ""
        try:
            answer = await self._inner.request(method, url, **options)
            answer = await self._troubled(trouble, answer)
            status, answer_text = answer.status, answer.body[:SHOWN_BYTES].decode("utf-8", "replace")
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
            )
            self._watch.requests.append(seen)
            shown = {item.name: getattr(seen, item.name) for item in fields(seen)}
            shown |= {"body": _readable(seen.body), "answer": _readable(seen.answer)}
            self._watch.tell("request", **shown)

    async def _troubled(self, trouble: Trouble | None, answer: HttpAnswer) -> HttpAnswer:
        if self._again is not None:
            answer, self._again = self._again, None
        match trouble:
            case Trouble.CABLE:
                raise OutcomeUnknown("the cable was pulled before the answer came")
            case Trouble.LATE:
                await asyncio.sleep(self._deadline_s + 1)
            case Trouble.TWICE:
                self._again = answer
            case Trouble.RUBBISH:
                page = "<!doctype html><h1>ただいま混み合っています</h1>".encode()
                return HttpAnswer(status=200, headers={"content-type": "text/html"}, body=page)
        return answer


def watch_hooks(partner: Partner, watch: Watch) -> None:
    """Put a watcher in front of every async hook that the plugin has."""
    for name in partner.capabilities:
        if asyncio.iscoroutinefunction(HOOKS[name]):
            setattr(partner, name, _watched(name, getattr(partner, name), watch))


def _watched(name: str, call: Callable[..., Awaitable[Any]], watch: Watch) -> Callable[..., Awaitable[Any]]:
    parameter = next(iter(list(HOOKS[name].__annotations__)), "")

    async def watched(*given: Any) -> Any:
        arguments = {parameter: given[0]} if given else {}
        watch.secrets.extend(it for it in _secrets_in(given) if it not in watch.secrets)
        watch.tell("call", hook=name, arguments=plain(arguments))
        first, began = len(watch.requests), time.perf_counter()
        end: object = None
        try:
            end = await call(*given)
            return end
        except GatewayError as fault:
            end = fault
            raise
        finally:
            ms = round((time.perf_counter() - began) * 1000)
            watch.secrets.extend(it for it in _secrets_in((end,)) if it not in watch.secrets)
            requests = tuple(watch.requests[first:])
            watch.calls.append(Called(hook=name, arguments=arguments, end=end, ms=ms, requests=requests))
            watch.tell("end", hook=name, ms=ms, end=plain(end), what=type(end).__name__)

    return watched


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
