"""Whether the gateway takes what this site signs: seen at the start, and by `/health/ready`.

A wrong key or address is noticed by nobody else until the first person signs in, and reads that a signature is wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog
from aiohttp import web

from pagekit.api import Gateway, Problem, Unreachable
from point_gateway_client import calls

READY: Final = "ready"
AWAY: Final = "gateway-away"
CHECK_TTL_S: Final = 5.0
"""So often `/health/ready` asks at most, whoever calls it: the site is open to everybody."""
RETRY_INTERVAL_S: Final = 15.0
_REMEDIES: Final = {
    AWAY: "start the gateway, or correct gateway_url",
    "signature-stale": "this machine's clock and the gateway's are over a minute apart; let both follow one time server",
    "signature-key-unknown": "the gateway does not know key_id; `point-gateway keys list` says which it knows",
    "signature-key-ended": "the key has ended; make a new one with `point-gateway keys new`",
    "signature-invalid": "the key in key_file is not the one of key_id, or gateway_url is not the gateway's public_url",
    "key-scope": "the key is another program's; make one with `point-gateway keys new` for this site",
}
_log = structlog.get_logger()


class GatewayCheck:
    """Asks the gateway with a signed call. `state` is `ready`, `gateway-away`, or the word of the gateway's refusal."""

    def __init__(self, site: str, gateway: Gateway, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._site = site
        self._gateway = gateway
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._asked_at: float | None = None
        self._state = AWAY

    async def state(self) -> str:
        """How it stands, seen within the last seconds."""
        async with self._lock:
            if self._asked_at is None or self._monotonic() - self._asked_at >= CHECK_TTL_S:
                self._state = await self._ask()
                self._asked_at = self._monotonic()
            return self._state

    async def watched(self, _app: web.Application) -> AsyncIterator[None]:
        """Say at the start how it stands, and again until it is well."""
        task = asyncio.create_task(self._watch(), name="gateway check")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def health(self, _request: web.Request) -> web.StreamResponse:
        """`/health/ready`: 200, or 503 with the word for what is wrong."""
        state = await self.state()
        return web.json_response({"status": state}, status=200 if state == READY else 503)

    async def _watch(self) -> None:
        logged = ""
        while (state := await self.state()) != READY:
            if state != logged:
                remedy = _REMEDIES.get(state, "see the gateway's log")
                _log.error("gateway not usable", site=self._site, why=state, remedy=remedy)
                logged = state
            await asyncio.sleep(RETRY_INTERVAL_S)
        _log.info("gateway usable", site=self._site)

    async def _ask(self) -> str:
        try:
            await self._gateway.send(calls.list_problem_types())
        except Problem as problem:
            return problem.word
        except Unreachable:
            return AWAY
        return READY
