"""The world of the exchange tests, with a settler whose two clocks the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from gateway.errors import OutcomeUnknown
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.hookspecs import hookimpl
from gateway.model import LinkedAccount, LinkKind, Reversed, Secret
from gateway.partners.partner import Partner
from tests.gateway.exchanges.conftest import CARDS, RESERVE, Scripted, World, world

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
    settler: OutcomePoller = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.settler = self.another()

    def another(self) -> OutcomePoller:
        """A settler as in another process, which has seen nothing yet."""
        return OutcomePoller(self.world.exchanges, seconds=self.seconds)

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


class Generous(Scripted):
    """The scripted partner, which can also give points back and tell a day of its book."""

    reversal: Any = None
    day: Any = ()

    def __init__(self, script: Any, id_: str, link: LinkKind, wallets: tuple[str, ...]) -> None:
        super().__init__(script, id_, link, wallets)
        self.asked: list[Any] = []

    @hookimpl
    async def reverse_debit(self, reversal: Any) -> Any:
        self.asked.append(reversal)
        usual = Reversed(reversal_id=reversal.reversal_id, reference="BACK", at=self.script.clock())
        return await self.script.say(self.reversal, reversal, lambda _: usual)

    @hookimpl
    async def debits_on(self, day: Any) -> Any:
        return await self.script.say(self.day, day, lambda _: ())


@pytest.fixture
def generous(world: World) -> Generous:
    """Takes the place of the partner `cards`."""
    plugin = Generous(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())  # type: ignore[index]
    return plugin


@pytest.fixture
def watch(world: World) -> Watch:
    return Watch(world)
