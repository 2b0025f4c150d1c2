"""The plugin as the gateway's plugin manager sees it: exactly the hooks that the process has, each called there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from gateway.hookspecs import hookimpl
from gateway.model import (
    Coupon,
    DebitOrder,
    Destination,
    ExchangeId,
    HandoffRequest,
    HandoffReturn,
    LinkedAccount,
    PartnerProfile,
    Push,
    Reversal,
)
from gateway.partners.isolation.keeper import PluginKeeper


class RemotePlugin:
    """All hooks; `remote_plugin` leaves out those that the process has not."""

    def __init__(self, keeper: PluginKeeper) -> None:
        self.keeper: Final = keeper

    def place_of_hook(self, hook: str) -> tuple[str | None, int | None]:
        """File and line of the plugin's own method."""
        place = self.keeper.ready.place_of(hook)
        return place.file, place.line

    async def aclose(self) -> None:
        await self.keeper.aclose()

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self.keeper.ready.profile

    @hookimpl
    async def wallet_priority(self, destination: Destination, at: datetime) -> Any:
        return await self.keeper.call("wallet_priority", destination=destination, at=at)

    @hookimpl
    async def check_connection(self) -> Any:
        return await self.keeper.call("check_connection")

    @hookimpl
    async def rate_table(self, at: datetime) -> Any:
        return await self.keeper.call("rate_table", at=at)

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Any:
        return await self.keeper.call("begin_handoff", request=request)

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> Any:
        return await self.keeper.call("complete_handoff", returned=returned)

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Any:
        return await self.keeper.call("balances", account=account)

    @hookimpl
    async def coupon_value(self, coupon: Coupon) -> Any:
        return await self.keeper.call("coupon_value", coupon=coupon)

    @hookimpl
    async def debit(self, order: DebitOrder) -> Any:
        return await self.keeper.call("debit", order=order)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId, reference: str | None) -> Any:
        return await self.keeper.call("find_debit", exchange_id=exchange_id, reference=reference)

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> Any:
        return await self.keeper.call("reverse_debit", reversal=reversal)

    @hookimpl
    async def find_reversal(self, reversal: Reversal) -> Any:
        return await self.keeper.call("find_reversal", reversal=reversal)

    @hookimpl
    async def debits_on(self, day: date) -> Any:
        return await self.keeper.call("debits_on", day=day)

    @hookimpl
    async def read_push(self, push: Push) -> Any:
        return await self.keeper.call("read_push", push=push)


def remote_plugin(keeper: PluginKeeper) -> RemotePlugin:
    """A plugin with the hooks of the keeper's process and no others."""
    absent = {name: None for name in _HOOKS if name not in keeper.ready.hooks}
    kind = type("RemotePlugin", (RemotePlugin,), absent)
    plugin: RemotePlugin = kind(keeper)
    return plugin


_HOOKS: Final = tuple(
    name for name, method in vars(RemotePlugin).items() if getattr(method, "gateway_impl", None) is not None
)
