"""The Saison plugin in a process of its own, which is killed in the middle of one call: before its request leaves, or after.

The process, its line, its seal and SIGKILL are real; the moment is chosen where the gateway sends for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog

from gateway.partners.calls.call_log import current_scope
from gateway.partners.http_client import GuardedHttp
from gateway.partners.isolation.keeper import PluginKeeper
from gateway.partners.isolation.launch import launch_of
from gateway.partners.isolation.remote_plugin import remote_plugin
from gateway.partners.loading.candidates import Candidate
from gateway.partners.loading.partner_settings import PartnerSettings, Place
from gateway.partners.partner import Partner
from gateway.plugin_interfaces import HttpAnswer
from gateway.testkit.stubs import ListLog

if TYPE_CHECKING:
    from tests.faults.house import House


class Death(StrEnum):
    BEFORE = "before its request leaves"
    AFTER = "after its request was answered"


class DeadlyHttp(GuardedHttp):
    """Kills the process that asks, at the first request of one hook."""

    keeper: PluginKeeper
    deaths = 0

    def __init__(self, hook: str, death: Death) -> None:
        super().__init__("saison", structlog.get_logger())
        self._hook, self._death = hook, death

    async def request(self, method: str, url: str, **options: Any) -> HttpAnswer:
        scope = current_scope()
        if scope is None or scope.hook != self._hook or self.deaths:
            return await super().request(method, url, **options)
        if self._death is Death.AFTER:
            answer = await super().request(method, url, **options)
            await self._kill()
            return answer
        await self._kill()
        await asyncio.sleep(60)  # until the end of the process cancels it
        raise AssertionError("a request went on without its process")

    async def _kill(self) -> None:
        process = self.keeper.process
        assert process is not None
        self.deaths += 1
        os.kill(process.pid, signal.SIGKILL)


@asynccontextmanager
async def dying_partner(house: House, hook: str, death: Death) -> AsyncIterator[Partner]:
    http, log = DeadlyHttp(hook, death), ListLog()
    settings = PartnerSettings(
        id="saison",
        table={
            "base_url": house.site.url,
            "merchant_id": "point-gateway",
            "api_key": {"env": "KEY"},
        },
        place=Place(None),
        env={"KEY": house.key.reveal()},
    )
    value = "gateway_saison:Saison"
    candidate = Candidate(id="saison", origin=value, load=lambda: None, value=value)
    http.keeper = keeper = PluginKeeper(
        launch_of(candidate, settings),
        http=http,
        clock=house.clocks.calendar,
        log=log,
        own_log=log,
        must_be_sealed=True,
    )
    await keeper.start()
    partner = Partner(remote_plugin(keeper), log=log, http=http, seconds=house.clocks.seconds)
    try:
        yield partner
        assert http.deaths == 1, f"{hook}() asked nothing of its partner"
    finally:
        await partner.aclose()
