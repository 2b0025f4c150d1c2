"""The world of the exchange tests, with a settler whose two clocks the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.errors import OutcomeUnknown
from gateway.model import LinkedAccount, Secret
from gateway.settler import Settler
from tests.gateway.exchange.conftest import RESERVE, World, world

__all__ = ["world"]


@dataclass
class Seconds:
    """A clock that only goes forward, by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Watch:
    """A settler with both of its clocks."""

    world: World
    seconds: Seconds = field(default_factory=Seconds)
    settler: Settler = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.settler = self.another()

    def another(self) -> Settler:
        """A settler as in another process, which has seen nothing yet."""
        return Settler(self.world.exchanges, seconds=self.seconds)

    def forward(self, **amount: float) -> None:
        before = self.world.clock()
        self.world.clock.forward(**amount)
        self.seconds.now += (self.world.clock() - before).total_seconds()

    def own_account(self, member: str) -> None:
        """The partner account that the next link belongs to."""
        self.world.script.link = LinkedAccount(
            service_id=member, shown_as="見本 様", token=Secret("a-partner-token")
        )

    async def opened(self, destination: Any = RESERVE) -> tuple[str, Any]:
        """A member with an exchange whose debit was never answered."""
        member = await self.world.member()
        self.own_account(member)
        self.world.script.debit = OutcomeUnknown("lost reply")
        return member, await self.world.settled(member, destination)


@pytest.fixture
def watch(world: World) -> Watch:
    return Watch(world)
