"""Plays recorded answers to a plugin, so that what happened once at the workbench is a test from then on.

    async with replayed(Acme, SETTINGS, SECRETS) as bench:
        bench.answers(Recorded("POST", "https://…", body="…", status=200, answer="…"))
        await bench.ends_with(Debited(…), "debit", order)

Ids that a plugin makes anew at each call and that the partner repeated are put into the recorded answer anew.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import respx

from gateway.errors import GatewayError
from gateway.model import Secret
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner
from gateway.plugin_interfaces import PartnerSetup
from gateway.testkit.stubs import HandClock, ListLog, PlainSettings


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what came of it; `lost`: no answer came."""

    method: str
    url: str
    body: str = ""
    status: int = 200
    answer: str = ""
    lost: bool = False


@dataclass(slots=True)
class Replay:
    """The bench of a recorded test. A request that was not recorded, or comes in another order, fails it."""

    partner: Partner
    _waiting: list[Recorded] = field(default_factory=list)
    _strangers: list[str] = field(default_factory=list)

    def answers(self, *recorded: Recorded) -> None:
        """What the next call will ask, in order."""
        self._waiting = list(recorded)

    async def ends_with(self, end: object, hook: str, *arguments: object) -> None:
        """The call comes to this end: the same answer, or an error of this type."""
        try:
            came: object = await getattr(self.partner, hook)(*arguments)
        except GatewayError as fault:
            came = fault
        told = type(came).__name__ if isinstance(came, GatewayError) else repr(came)
        same = isinstance(came, end) if isinstance(end, type) else came == end
        assert same, f"{hook}() ended with {told}"
        assert not self._strangers, f"{hook}() asked what was not recorded: {self._strangers[0]}"
        assert not self._waiting, f"{hook}() did not ask {self._waiting[0].method} {self._waiting[0].url}"

    def meet(self, request: httpx.Request) -> httpx.Response:
        here = f"{request.method} {request.url}"
        if not self._waiting or here != f"{self._waiting[0].method} {self._waiting[0].url}":
            self._strangers.append(here)
            return httpx.Response(500)
        recorded = self._waiting.pop(0)
        if recorded.lost:
            raise httpx.ReadError("lost, as it was then")
        answer = _made_anew(recorded, request.content.decode("utf-8", "replace"))
        return httpx.Response(recorded.status, content=answer.encode())


@asynccontextmanager
async def replayed(
    plugin: Any, settings: Mapping[str, str | int], secrets: Mapping[str, str]
) -> AsyncIterator[Replay]:
    """The plugin, made as in service, with nobody but the recording on the other side."""
    log = ListLog()
    http = GuardedHttp("replay", log, testing=True)
    kept = PlainSettings(settings, {name: Secret(value) for name, value in secrets.items()})
    made = plugin(PartnerSetup(settings=kept, http=http, clock=HandClock(), log=log))
    replay = Replay(Partner(made, log=log, http=http))
    with respx.MockRouter(assert_all_called=False) as router:
        router.route().mock(side_effect=replay.meet)
        yield replay
    await replay.partner.aclose()


def _made_anew(recorded: Recorded, body: str) -> str:
    """The recorded answer with this request's ids in place of those that it repeated."""
    answer = recorded.answer
    then, now = _texts(recorded.body), _texts(body)
    for name, text in then.items():
        if text and name in now and now[name] != text:
            answer = answer.replace(json.dumps(text), json.dumps(now[name]))
    return answer


def _texts(body: str) -> dict[str, str]:
    try:
        fields = json.loads(body or "{}")
    except ValueError:
        return {}
    return (
        {name: it for name, it in fields.items() if isinstance(it, str)} if isinstance(fields, dict) else {}
    )
