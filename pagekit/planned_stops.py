"""Planned stops of the gateway, asked for once a minute and shown on every page of the site until each is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from pagekit.api import Gateway, Problem, Unreachable
from point_gateway_client import calls

ASK_INTERVAL_S: Final = 60.0


class PlannedStops:
    """Keeps `gateway.planned_stops` fresh. While the gateway cannot be asked, what it told last stays."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def watched(self, _app: web.Application) -> AsyncIterator[None]:
        """Ask from the start of the site to its end."""
        task = asyncio.create_task(self._watch(), name="planned stops")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def ask(self) -> None:
        """Ask once."""
        try:
            listed = await self._gateway.send(calls.list_planned_stops())
        except (Problem, Unreachable):
            return
        self._gateway.planned_stops = tuple(listed.stops)

    async def _watch(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(ASK_INTERVAL_S)
