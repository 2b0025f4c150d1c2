"""Plays recorded answers to a plugin, so that what happened once at the workbench is a test from then on.

    async with replayed(Acme, SETTINGS, SECRETS) as bench:
        bench.answers(Recorded("POST", "https://…", body="…", status=200, answer="…"))
        await bench.ends_with(Debited(…), "debit", order)

The plugin's clock stands where it stood then. Ids that a plugin makes anew at each call and that the partner repeated
are put into the recorded answer anew. Answers have the headers and the charset that they had.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
import respx

from gateway.errors import GatewayError
from gateway.model import Secret
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.plugin_interfaces import PartnerSetup
from gateway.testkit.bodies import read_body
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings

_NEW_EACH_TIME: Final = re.compile(r"nonce|time|stamp|^ts$|sig|mac$|request_?id|token|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what came of it; `lost`: no answer came. `answer` is sent in `charset`, `content` as it is."""

    method: str
    url: str
    body: str = ""
    status: int = 200
    answer: str = ""
    lost: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    charset: str = "utf-8"
    content: bytes = b""


@dataclass(slots=True)
class Replay:
    """The bench of a recorded test. A request that was not recorded, or comes in another order, fails it."""

    partner: Partner
    clock: HandClock
    _waiting: list[Recorded] = field(default_factory=list)
    _strangers: list[str] = field(default_factory=list)

    def at(self, moment: datetime) -> None:
        """The time of the next calls, for the plugin."""
        self.clock.now = moment

    def answers(self, *recorded: Recorded) -> None:
        """What the next call will ask, in order."""
        self._waiting = list(recorded)

    async def ends_with(self, end: object, hook: str, *arguments: object) -> None:
        """The call comes to this end: the same answer, or an error of this type."""
        try:
            came: object = await getattr(self.partner, hook)(*arguments)
        except GatewayError as fault:
            came = fault
        shown = type(came).__name__ if isinstance(came, GatewayError) else repr(came)
        same = isinstance(came, end) if isinstance(end, type) else came == end
        stranger = f": {self._strangers[0]}" if self._strangers else ""
        assert not stranger, f"{hook}() asked what was not recorded{stranger}"
        assert same, f"{hook}() ended with {shown}"
        assert not self._waiting, f"{hook}() did not ask {self._waiting[0].method} {self._waiting[0].url}"

    def meet(self, request: httpx.Request) -> httpx.Response:
        if not self._waiting or not _is_the_same(self._waiting[0], request):
            self._strangers.append(f"{request.method} {request.url}")
            return httpx.Response(500)
        recorded = self._waiting.pop(0)
        if recorded.lost:
            raise httpx.ReadError("lost, as it was then")
        if recorded.content:
            return httpx.Response(recorded.status, headers=recorded.headers, content=recorded.content)
        answer = _made_anew(recorded, request)
        content = answer.encode(recorded.charset, "xmlcharrefreplace")
        return httpx.Response(recorded.status, headers=recorded.headers, content=content)


@asynccontextmanager
async def replayed(
    plugin: Any, settings: Mapping[str, str | int], secrets: Mapping[str, str]
) -> AsyncIterator[Replay]:
    """The plugin, made as in service, with nobody but the recording on the other side."""
    log = ListLog()
    http = GuardedHttp("replay", log, testing=True)
    plain_settings = PlainSettings(settings, {name: Secret(value) for name, value in secrets.items()})
    clock = HandClock()
    instance = plugin(PartnerSetup(settings=plain_settings, http=http, clock=clock, log=log))
    replay = Replay(Partner(instance, log=log, http=http), clock)
    with respx.MockRouter(assert_all_called=False) as router:
        router.route().mock(side_effect=replay.meet)
        yield replay
    await replay.partner.aclose()


def _is_the_same(recorded: Recorded, request: httpx.Request) -> bool:
    """Method, address and query; what is new in each request, such as a nonce or a signature, may differ."""
    then, now = httpx.URL(recorded.url), request.url
    if (recorded.method, then.copy_with(query=None)) != (request.method, now.copy_with(query=None)):
        return False
    names = {*then.params, *now.params}
    return all(
        _NEW_EACH_TIME.search(name) is not None or then.params.get_list(name) == now.params.get_list(name)
        for name in names
        if name in then.params and name in now.params
    ) and set(then.params) == set(now.params)


def _made_anew(recorded: Recorded, request: httpx.Request) -> str:
    """The recorded answer with this request's ids in place of those that it repeated."""
    answer = recorded.answer
    then = _texts(recorded.body.encode(), "") | dict(httpx.URL(recorded.url).params.items())
    now = _texts(request.content, request.headers.get("content-type", "")) | dict(request.url.params.items())
    for name, text in then.items():
        if len(text) >= 4 and name in now and now[name] != text:
            answer = answer.replace(text, now[name])
    return answer


def _texts(content: bytes, content_type: str) -> dict[str, str]:
    body = read_body(content, content_type)
    return {
        path: value
        for path, value in (body.values if body is not None else {}).items()
        if isinstance(value, str)
    }
