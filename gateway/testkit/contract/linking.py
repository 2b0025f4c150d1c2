"""An account link: who came back is proven with the partner, and each member sees their own points."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from gateway.errors import GatewayError, HandoffRefused, LinkEnded, PartnerUnavailable
from gateway.model import (
    Balances,
    DebitOrder,
    ExchangeId,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    LinkedAccount,
    LinkKind,
)
from gateway.testkit.contract.full import FullPartner
from gateway.testkit.contract.levels import take, ume
from gateway.testkit.contract.unclear import like_it, unclear_answers
from gateway.testkit.contract.world import World, told

_RETURN_URL = "https://gateway.example/returns/kit?state=kit-state.%2B%3D"


class AccountContract(FullPartner):
    """For a plugin whose profile says `LinkKind.ACCOUNT`. Name it `class TestAcme(AccountContract)`."""

    link = LinkKind.ACCOUNT

    @ume
    async def test_a_member_leaves_and_comes_back_linked(self, world: World) -> None:
        exchange_id, handoff = await self._left(world)
        query = world.server.comes_back(exchange_id)
        ended = await self._returns(world, exchange_id, query, handoff.keep)
        if not isinstance(ended, LinkedAccount):
            world.complain(
                "complete_handoff",
                f"the member agreed and complete_handoff() ended with {told(ended)}: {ended}",
                "return the LinkedAccount that the partner proves",
            )
        if not world.meeting.requests:
            world.complain(
                "complete_handoff",
                "complete_handoff() believes what the browser carries",
                "ask the partner who came back; whoever types a URL is not proof",
            )

    @ume
    async def test_each_member_sees_their_own_points(self, world: World) -> None:
        world.server.tells_balances()
        wallets = [wallet.id for wallet in world.partner.profile.wallets]
        held = {
            name: {wallet: base + number for number, wallet in enumerate(wallets)}
            for name, base in (("kit-member-a", 1_000), ("kit-member-b", 77))
        }
        accounts = {name: world.member(name, **points) for name, points in held.items()}

        async def ask(name: str) -> object:
            try:
                return await world.partner.balances(accounts[name])
            except GatewayError as fault:
                return fault

        await world.end(lambda it: it.check_connection())
        one_by_one = [(name, await ask(name)) for name in held]
        names = [*held, *held]
        at_once = await asyncio.gather(*(ask(name) for name in names))
        for name, ended in (*one_by_one, *zip(names, at_once, strict=True)):
            if not isinstance(ended, Balances):
                world.complain(
                    "balances",
                    f"balances() ended with {told(ended)}: {ended}",
                    "return the Balances of the account",
                )
            if any(ended.available.get(wallet, 0) != held[name][wallet] for wallet in wallets):
                world.complain(
                    "balances",
                    "balances() told a member the points of another, or another number",
                    "ask with the token of the account that was given, and keep nothing of a call on self",
                )

    @take
    async def test_balances_of_somebody_else_are_not_believed(self, world: World) -> None:
        world.server.tells_balances()
        other, mine = world.member("kit-member-b"), world.member("kit-member-a")
        await world.end(lambda it: it.balances(other))
        last = len(world.meeting.requests) - 1
        others = world.answered(world.meeting.requests[last])
        ended = await world.end(lambda it: it.balances(mine), {last: like_it(others, others.content)})
        if not isinstance(ended, PartnerUnavailable):
            world.complain(
                "balances",
                f"the partner answered about another member and balances() ended with {told(ended)}",
                "compare the member in the answer with account.service_id and raise where they differ",
            )

    @take
    async def test_a_tampered_return_is_refused(self, world: World) -> None:
        exchange_id, handoff = await self._left(world)
        for name in world.server.comes_back(exchange_id):
            for change in ("x", "", None):
                query = world.server.comes_back(exchange_id)
                if change is None:
                    del query[name]
                else:
                    query[name] = change and query[name] + change
                ended = await self._returns(world, exchange_id, query, handoff.keep)
                self._is_refused(world, ended, f"`{name}` of the return was changed")

    @take
    async def test_a_return_that_was_used_is_refused(self, world: World) -> None:
        exchange_id, handoff = await self._left(world)
        query = world.server.comes_back(exchange_id)
        await self._returns(world, exchange_id, query, handoff.keep)
        ended = await self._returns(world, exchange_id, query, handoff.keep)
        self._is_refused(world, ended, "the return was used a second time")

    @take
    async def test_a_return_for_another_exchange_is_refused(self, world: World) -> None:
        first, _ = await self._left(world)
        second, handoff = await self._left(world)
        query = world.server.comes_back(first)
        ended = await self._returns(world, second, query, handoff.keep)
        self._is_refused(world, ended, "the return belongs to another exchange")

    @take
    async def test_an_unclear_proof_is_no_proof(self, world: World) -> None:
        exchange_id, handoff = await self._left(world)
        await self._returns(world, exchange_id, world.server.comes_back(exchange_id), handoff.keep)
        last = len(world.meeting.requests) - 1
        like = world.answered(world.meeting.requests[last])
        for name, answer in unclear_answers(like.content, like=like).items():
            query = world.server.comes_back(exchange_id)
            ended = await self._returns(world, exchange_id, query, handoff.keep, {last: answer})
            self._is_refused(world, ended, f"the partner answered {name} when asked who came back")

    @take
    async def test_an_ended_link_is_told_as_ended(self, world: World) -> None:
        account = world.member()
        world.server.has_ended_the_link()
        ended = await world.end(lambda it: it.balances(account))
        if not isinstance(ended, LinkEnded):
            world.complain(
                "balances",
                f"the partner ended the link and balances() ended with {told(ended)}",
                "raise LinkEnded, so that the member is asked to link again",
            )

    async def told_while_asking(self, world: World) -> list[str]:
        exchange_id, handoff = await self._left(world)
        linked = await self._returns(world, exchange_id, world.server.comes_back(exchange_id), handoff.keep)
        world.server.tells_balances()
        balances = await world.end(lambda it: it.balances(world.member()))
        return [repr(handoff), repr(linked), repr(balances)]

    async def ask_everything(self, world: World, order: DebitOrder) -> None:
        await super().ask_everything(world, order)
        exchange_id, handoff = await self._left(world)
        await self._returns(world, exchange_id, world.server.comes_back(exchange_id), handoff.keep)
        world.server.tells_balances()
        await world.end(lambda it: it.balances(world.member()))

    async def _left(self, world: World) -> tuple[ExchangeId, Handoff]:
        world.server.will_link()
        world.member()
        request = HandoffRequest(exchange_id=world.new_id(), return_url=_RETURN_URL, at=world.clock())
        ended = await world.end(lambda it: it.begin_handoff(request))
        if not isinstance(ended, Handoff):
            world.complain(
                "begin_handoff",
                f"begin_handoff() ended with {told(ended)}: {ended}",
                "return Handoff(url=…) with an address of the partner",
            )
        return request.exchange_id, ended

    async def _returns(
        self,
        world: World,
        exchange_id: ExchangeId,
        query: Mapping[str, str],
        kept: Mapping[str, str],
        faults: Mapping[int, httpx.Response | Exception] | None = None,
    ) -> object:
        returned = HandoffReturn(
            exchange_id=exchange_id, query=dict(query), kept=dict(kept), at=world.clock()
        )
        return await world.end(lambda it: it.complete_handoff(returned), faults)

    def _is_refused(self, world: World, ended: object, what: str) -> None:
        if not isinstance(ended, HandoffRefused | PartnerUnavailable):
            world.complain(
                "complete_handoff",
                f"{what} and complete_handoff() ended with {told(ended)}",
                "prove the code with the partner, compare the exchange id, and raise HandoffRefused for a no",
            )
