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
from gateway.testkit.contract.environment import Environment, told
from gateway.testkit.contract.full import FullPartner
from gateway.testkit.contract.levels import level_1, level_2
from gateway.testkit.contract.unclear import like_it, unclear_answers

_RETURN_URL = "https://gateway.example/returns/kit?state=kit-state.%2B%3D"


class AccountContract(FullPartner):
    """For a plugin whose profile says `LinkKind.ACCOUNT`. Name it `class TestAcme(AccountContract)`."""

    link = LinkKind.ACCOUNT

    @level_1
    async def test_a_member_leaves_and_comes_back_linked(self, env: Environment) -> None:
        exchange_id, handoff = await self._left(env)
        query = env.server.comes_back(exchange_id)
        ended = await self._returns(env, exchange_id, query, handoff.keep)
        if not isinstance(ended, LinkedAccount):
            env.complain(
                "complete_handoff",
                f"the member agreed and complete_handoff() ended with {told(ended)}: {ended}",
                "return the LinkedAccount that the partner proves",
            )
        if not env.meeting.requests:
            env.complain(
                "complete_handoff",
                "complete_handoff() believes what the browser carries",
                "ask the partner who came back; whoever types a URL is not proof",
            )

    @level_1
    async def test_each_member_sees_their_own_points(self, env: Environment) -> None:
        env.server.tells_balances()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        held = {
            name: {wallet: base + number for number, wallet in enumerate(wallets)}
            for name, base in (("kit-member-a", 1_000), ("kit-member-b", 77))
        }
        accounts = {name: env.member(name, **points) for name, points in held.items()}

        async def ask(name: str) -> object:
            try:
                return await env.partner.balances(accounts[name])
            except GatewayError as fault:
                return fault

        await env.end(lambda it: it.check_connection())
        one_by_one = [(name, await ask(name)) for name in held]
        names = [*held, *held]
        at_once = await asyncio.gather(*(ask(name) for name in names))
        for name, ended in (*one_by_one, *zip(names, at_once, strict=True)):
            if not isinstance(ended, Balances):
                env.complain(
                    "balances",
                    f"balances() ended with {told(ended)}: {ended}",
                    "return the Balances of the account",
                )
            if any(ended.available.get(wallet, 0) != held[name][wallet] for wallet in wallets):
                env.complain(
                    "balances",
                    "balances() told a member the points of another, or another number",
                    "ask with the token of the account that was given, and keep nothing of a call on self",
                )

    @level_2
    async def test_balances_of_somebody_else_are_not_believed(self, env: Environment) -> None:
        env.server.tells_balances()
        other, mine = env.member("kit-member-b"), env.member("kit-member-a")
        await env.end(lambda it: it.balances(other))
        last = len(env.meeting.requests) - 1
        others = env.answered(env.meeting.requests[last])
        ended = await env.end(lambda it: it.balances(mine), {last: like_it(others, others.content)})
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "balances",
                f"the partner answered about another member and balances() ended with {told(ended)}",
                "compare the member in the answer with account.service_id and raise where they differ",
            )

    @level_2
    async def test_a_tampered_return_is_refused(self, env: Environment) -> None:
        exchange_id, handoff = await self._left(env)
        for name in env.server.comes_back(exchange_id):
            for change in ("x", "", None):
                query = env.server.comes_back(exchange_id)
                if change is None:
                    del query[name]
                else:
                    query[name] = change and query[name] + change
                ended = await self._returns(env, exchange_id, query, handoff.keep)
                self._is_refused(env, ended, f"`{name}` of the return was changed")

    @level_2
    async def test_a_return_that_was_used_is_refused(self, env: Environment) -> None:
        exchange_id, handoff = await self._left(env)
        query = env.server.comes_back(exchange_id)
        await self._returns(env, exchange_id, query, handoff.keep)
        ended = await self._returns(env, exchange_id, query, handoff.keep)
        self._is_refused(env, ended, "the return was used a second time")

    @level_2
    async def test_a_return_for_another_exchange_is_refused(self, env: Environment) -> None:
        first, _ = await self._left(env)
        second, handoff = await self._left(env)
        query = env.server.comes_back(first)
        ended = await self._returns(env, second, query, handoff.keep)
        self._is_refused(env, ended, "the return belongs to another exchange")

    @level_2
    async def test_an_unclear_proof_is_no_proof(self, env: Environment) -> None:
        exchange_id, handoff = await self._left(env)
        await self._returns(env, exchange_id, env.server.comes_back(exchange_id), handoff.keep)
        last = len(env.meeting.requests) - 1
        like = env.answered(env.meeting.requests[last])
        for name, answer in unclear_answers(like.content, like=like).items():
            query = env.server.comes_back(exchange_id)
            ended = await self._returns(env, exchange_id, query, handoff.keep, {last: answer})
            self._is_refused(env, ended, f"the partner answered {name} when asked who came back")

    @level_2
    async def test_an_ended_link_is_told_as_ended(self, env: Environment) -> None:
        account = env.member()
        env.server.has_ended_the_link()
        ended = await env.end(lambda it: it.balances(account))
        if not isinstance(ended, LinkEnded):
            env.complain(
                "balances",
                f"the partner ended the link and balances() ended with {told(ended)}",
                "raise LinkEnded, so that the member is asked to link again",
            )

    async def told_while_asking(self, env: Environment) -> list[str]:
        exchange_id, handoff = await self._left(env)
        linked = await self._returns(env, exchange_id, env.server.comes_back(exchange_id), handoff.keep)
        env.server.tells_balances()
        balances = await env.end(lambda it: it.balances(env.member()))
        return [repr(handoff), repr(linked), repr(balances)]

    async def ask_everything(self, env: Environment, order: DebitOrder) -> None:
        await super().ask_everything(env, order)
        exchange_id, handoff = await self._left(env)
        await self._returns(env, exchange_id, env.server.comes_back(exchange_id), handoff.keep)
        env.server.tells_balances()
        await env.end(lambda it: it.balances(env.member()))

    async def _left(self, env: Environment) -> tuple[ExchangeId, Handoff]:
        env.server.will_link()
        env.member()
        request = HandoffRequest(exchange_id=env.new_id(), return_url=_RETURN_URL, at=env.clock())
        ended = await env.end(lambda it: it.begin_handoff(request))
        if not isinstance(ended, Handoff):
            env.complain(
                "begin_handoff",
                f"begin_handoff() ended with {told(ended)}: {ended}",
                "return Handoff(url=…) with an address of the partner",
            )
        return request.exchange_id, ended

    async def _returns(
        self,
        env: Environment,
        exchange_id: ExchangeId,
        query: Mapping[str, str],
        kept: Mapping[str, str],
        faults: Mapping[int, httpx.Response | Exception] | None = None,
    ) -> object:
        returned = HandoffReturn(exchange_id=exchange_id, query=dict(query), kept=dict(kept), at=env.clock())
        return await env.end(lambda it: it.complete_handoff(returned), faults)

    def _is_refused(self, env: Environment, ended: object, what: str) -> None:
        if not isinstance(ended, HandoffRefused | PartnerUnavailable):
            env.complain(
                "complete_handoff",
                f"{what} and complete_handoff() ended with {told(ended)}",
                "prove the code with the partner, compare the exchange id, and raise HandoffRefused for a no",
            )
