"""An account link: who came back is proven with the partner, and each member sees their own points."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import httpx

from gateway.errors import GatewayError, HandoffRefused, LinkEnded, PartnerUnavailable
from gateway.model import (
    JST,
    BalanceLot,
    Balances,
    Debited,
    DebitOrder,
    ExchangeId,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    InProgress,
    LinkedAccount,
    LinkKind,
    Secret,
    WalletId,
)
from gateway.partners.partner import Partner
from gateway.testkit.bodies import read_body, text_of
from gateway.testkit.contract.debits import Question, amount_of
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.fake import Fault
from gateway.testkit.contract.full import FullPartner
from gateway.testkit.contract.levels import level_1, level_2
from gateway.testkit.contract.safety import Ask
from gateway.testkit.contract.unclear import (
    about_nobody,
    body_of,
    in_another_case,
    of_another,
    unclear_answers,
    with_values,
    without_value,
)
from gateway.testkit.contract.unknown_words import UNKNOWN_WORD

_RETURN_URL = "https://gateway.example/returns/kit?state=kit-state.%2B%3D"

_NAMES_OF_MEMBERS: Final = (
    *(
        "member",
        "member_id",
        "memberId",
        "member_no",
        "service_id",
        "serviceId",
        "user",
        "user_id",
        "userId",
        "uid",
    ),
    *(
        "customer",
        "customer_id",
        "customerId",
        "account",
        "account_id",
        "id",
        "sub",
        "openid",
        "name",
        "mail",
    ),
    *("token", "access_token", "accessToken"),
)
"""Tried one by one, besides every word in the plugin's own files."""

_PARAMETER: Final = re.compile(r"""(?<=["'`])[A-Za-z][A-Za-z0-9_.-]{0,39}(?=["'`])""")


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
                f"the member agreed and complete_handoff() ended with {type_name(ended)}: {ended}",
                "return the LinkedAccount that the partner proves",
            )
        if not env.meeting.requests:
            env.complain(
                "complete_handoff",
                "complete_handoff() believes what the browser carries",
                "ask the partner who came back; whoever types a URL is not proof",
            )
        garbled = _garbled(ended.shown_as, [env.answer_at(at) for at in range(len(env.meeting.requests))])
        if garbled:
            env.complain(
                "complete_handoff",
                "`shown_as` has characters that the partner did not send",
                "decode the partner's answer with the charset that its content type or declaration names",
            )

    @level_1
    async def test_each_member_sees_their_own_points(self, env: Environment) -> None:
        env.server.tells_balances()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        held = {
            name: {wallet: base + 211 * number for number, wallet in enumerate(wallets)}
            for name, base in (("kit-member-a", 1_003), ("kit-member-b", 77))
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
                    f"balances() ended with {type_name(ended)}: {ended}",
                    "return the Balances of the account",
                )
            self._are_their_own(env, ended, held[name], [it for other, it in held.items() if other != name])

    def _are_their_own(
        self,
        env: Environment,
        ended: Balances,
        held: Mapping[WalletId, int],
        others: Sequence[Mapping[WalletId, int]],
    ) -> None:
        for wallet, points in held.items():
            told_points = ended.available.get(wallet, 0)
            if told_points == points:
                continue
            if any(told_points in other.values() for other in others):
                env.complain(
                    "balances",
                    f"balances() told a member the {wallet} of another member",
                    "ask with the token of the account that was given, and keep nothing of a call on self",
                )
            if told_points in held.values():
                env.complain(
                    "balances",
                    f"balances() told the points of another wallet, programme or group as {wallet}",
                    "take the number that belongs to this wallet",
                )
            env.complain(
                "balances",
                f"balances() told {told_points} of {wallet}, and the partner holds {points}",
                "give the partner's number for this wallet, with nothing added or left out",
            )

    @level_1
    async def test_balances_are_asked_for_each_time(self, env: Environment) -> None:
        env.server.tells_balances()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        for base in (5_000, 300, 0, 7_000):
            points = {wallet: base and base + number for number, wallet in enumerate(wallets)}
            env.server.holdings["kit-member-1"] = {str(wallet): it for wallet, it in points.items()}
            account = env.member("kit-member-1")
            ended = await env.end(partial(Partner.balances, account=account))
            if not isinstance(ended, Balances):
                env.complain(
                    "balances", f"balances() ended with {type_name(ended)}: {ended}", "return Balances"
                )
            if {wallet: ended.available.get(wallet, 0) for wallet in wallets} != points:
                env.complain(
                    "balances",
                    "the member's points changed and balances() told others",
                    "ask the partner at each call and keep no balance: a quote is made from it",
                )
            env.clock.forward(timedelta(seconds=1))

    @level_2
    async def test_points_with_different_last_days_are_told_as_they_are_drawn(self, env: Environment) -> None:
        """Of a partner that tells them: `tells_last_days` of the server class."""
        env.server.tells_balances()
        today = env.clock().astimezone(JST).date()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        for name, days in (("kit-member-a", (0, 1, 400)), ("kit-member-b", (31,)), ("kit-member-c", ())):
            lots = [
                BalanceLot(
                    wallet=wallet, amount=307 + 10 * number + day, last_day=today + timedelta(days=day)
                )
                for number, wallet in enumerate(wallets)
                for day in days
            ]
            env.server.lots[name] = tuple(lots)
            held = {str(it): sum(lot.amount for lot in lots if lot.wallet == it) for it in wallets}
            account = env.member(name, **held)
            for hour in (time(0, 30), time(23, 59, 59)):
                env.clock.now = datetime.combine(today, hour, JST)
                ended = await env.end(partial(Partner.balances, account=account))
                self._are_the_lots(env, ended, lots)

    def _are_the_lots(self, env: Environment, ended: object, lots: Sequence[BalanceLot]) -> None:
        if not isinstance(ended, Balances):
            env.complain("balances", f"balances() ended with {type_name(ended)}: {ended}", "return Balances")
        if env.server.tells_last_days and ended.lots != tuple(lots):
            env.complain(
                "balances",
                "the partner told points with different last days, and balances() told other lots",
                "give a BalanceLot for each, in the partner's order, whose last_day is the last on which it can be used",
            )
        if not env.server.tells_last_days and any(lot.last_day is not None for lot in ended.lots):
            env.complain(
                "balances",
                "balances() tells last days, and the server class says that the partner tells none",
                "set tells_last_days = True in the server class and tell self.lots_of(member) in tells_balances()",
            )

    @level_2
    async def test_a_member_who_linked_again_is_asked_with_the_new_token(self, env: Environment) -> None:
        """The partner has ended the old token: whoever keeps it by the service id asks with it until a restart."""
        env.server.tells_balances()
        env.server.will_debit()
        member = "kit-member-1"
        after = env.member(member)
        before = env.server.account_of_before(member)
        assert before.token is not None
        await env.end(partial(Partner.balances, account=before))
        await env.debit(replace(await env.order(), account=before))
        env.server.links_anew()
        for hook in ("balances", "debit"):
            if hook == "balances":
                ended = await env.end(partial(Partner.balances, account=after), signed_in=True)
            else:
                ended = await env.debit(await env.order(), signed_in=True)
            uses_old = any(before.token.reveal() in _all_of(request) for request in env.meeting.requests)
            if uses_old or not isinstance(ended, Balances | Debited | InProgress):
                env.complain(
                    hook,
                    f"the member has linked again, and {hook}() asked with the token from before"
                    f" (it ended with {type_name(ended)})",
                    "take the token of the account that was given at each call, and keep none",
                )

    @level_1
    async def test_two_members_at_once_stay_apart_in_every_hook(self, env: Environment) -> None:
        env.server.will_link()
        env.server.tells_balances()
        env.server.will_debit()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        names = ("kit-member-a", "kit-member-b")
        for name, base in zip(names, (1_000_000, 2_000_000), strict=True):
            env.member(name, **{wallet: base + number for number, wallet in enumerate(wallets)})
        await env.signs_in()
        for swapped, uneven in ((False, False), (True, False), (False, True), (True, True)):
            env.server.answers_unevenly = uneven
            await self._in_step(env, names, swapped=swapped)
        env.server.let_tokens_end()
        await self._in_step(env, names, swapped=False, at_each_hook=env.server.let_tokens_end)

    async def _in_step(
        self,
        env: Environment,
        names: tuple[str, str],
        *,
        swapped: bool,
        at_each_hook: Callable[[], None] = lambda: None,
    ) -> None:
        """Both members go through an exchange together, each hook of theirs at the same time."""

        async def both(calls: Sequence[Awaitable[object]]) -> list[object]:
            at_each_hook()
            calls = list(reversed(calls)) if swapped else list(calls)
            ended = await asyncio.gather(*calls, return_exceptions=True)
            return list(reversed(ended)) if swapped else list(ended)

        ids = [env.new_id() for _ in names]
        requests = [HandoffRequest(exchange_id=it, return_url=_RETURN_URL, at=env.clock()) for it in ids]
        handoffs = await both([env.partner.begin_handoff(it) for it in requests])
        for exchange_id, name in zip(ids, names, strict=True):
            env.server.visitors[exchange_id] = name
        returns = [
            HandoffReturn(
                exchange_id=it,
                query=env.server.comes_back(it),
                kept=dict(handoff.keep) if isinstance(handoff, Handoff) else {},
                at=env.clock(),
            )
            for it, handoff in zip(ids, handoffs, strict=True)
        ]
        linked = await both([env.partner.complete_handoff(it) for it in returns])
        accounts = [env.server.account(name) for name in names]
        for end, other in zip(linked, reversed(accounts), strict=True):
            if not isinstance(end, LinkedAccount):
                self._mixed_up(env, "complete_handoff", end)
            linked_as = " ".join((end.service_id, end.token.reveal() if end.token is not None else ""))
            if any(it.casefold() in linked_as.casefold() for it in _known_as(other)):
                self._mixed_up(env, "complete_handoff", end)
        balances = await both([env.partner.balances(it) for it in accounts])
        for end, name in zip(balances, names, strict=True):
            told_points = {str(it): n for it, n in end.available.items()} if isinstance(end, Balances) else {}
            if told_points != env.server.holdings[name]:
                self._mixed_up(env, "balances", end)
        orders = [await env.order(it, name) for it, name in zip(ids, names, strict=True)]
        debited = await both([env.partner.debit(it) for it in orders])
        for order, end in zip(orders, debited, strict=True):
            taken = env.server.taken.get(order.exchange_id)
            if taken is None or taken.holder not in env.holder(order):
                self._mixed_up(env, "debit", end)
            if isinstance(end, Debited) and end.reference != taken.reference:
                self._mixed_up(env, "debit", end)
        for exchange_id in ids:
            env.server.remembers(exchange_id)
        findings = await both([env.partner.find_debit(it) for it in ids])
        for exchange_id, end in zip(ids, findings, strict=True):
            if not isinstance(end, Debited) or end.reference != env.server.taken[exchange_id].reference:
                self._mixed_up(env, "find_debit", end)

    def _mixed_up(self, env: Environment, hook: str, ended: object) -> NoReturn:
        env.complain(
            hook,
            f"two members exchanged at the same time, and {hook}() of one ended with {type_name(ended)} or with the other's",
            "keep nothing of a call or of a member on self, neither between two requests nor between two hooks",
        )

    @level_2
    async def test_balances_of_somebody_else_are_not_believed(self, env: Environment) -> None:
        env.server.tells_balances()
        other, mine = env.member("kit-member-b"), env.member("kit-member-a")
        answers = []
        for account in (mine, mine, other):
            await env.end(partial(Partner.balances, account=account), signed_in=True)
            answers.append(env.answer_at())
        last = len(env.meeting.requests) - 1
        ended = await env.end(lambda it: it.balances(mine), {last: of_another(*answers)}, sticky=True)
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "balances",
                f"the partner answered about another member and balances() ended with {type_name(ended)}",
                "compare the member in the answer with account.service_id and raise where they differ",
            )
        for how, fault in about_nobody(answers[0], [mine.service_id]):
            ended = await env.end(lambda it: it.balances(mine), {last: fault}, sticky=True)
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "balances",
                    f"the partner answered {how} and balances() ended with {type_name(ended)}",
                    "compare the whole id of the member in the answer with account.service_id and raise unless it is the same",
                )
        if (other_case := in_another_case(answers[0], [mine.service_id])) is not None:
            ended = await env.end(lambda it: it.balances(mine), {last: other_case}, sticky=True)
            ignores = env.partner.profile.ids_ignore_case
            if isinstance(ended, Balances) is not ignores:
                env.complain(
                    "balances",
                    f"the partner answered with the member's id in another case and balances() ended with {type_name(ended)}",
                    "compare the member as it is, or without regard to case where the profile says ids_ignore_case=True",
                )

    @level_2
    async def test_an_unclear_balance_is_not_believed(self, env: Environment) -> None:
        env.server.tells_balances()
        account = env.member("kit-member-a")
        answers = []
        for _ in range(2):
            await env.end(lambda it: it.balances(account), signed_in=True)
            answers.append(env.answer_at())
            env.clock.forward(timedelta(seconds=1))
        last = len(env.meeting.requests) - 1
        env.server.has_ended_the_link()
        await env.end(lambda it: it.balances(account), signed_in=True)
        for case in unclear_answers(answers[0], answers[1], [env.answer_at()], no_is_a_word=True):
            if case.of_no:
                env.server.has_ended_the_link()
            else:
                env.server.tells_balances()
            ended = await env.end(lambda it: it.balances(account), {last: case.fault}, sticky=True)
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "balances",
                    f"the partner answered {case.name} and balances() ended with {type_name(ended)}",
                    "raise unless the answer is a documented one: LinkEnded only for the partner's own word for it",
                )

    @level_2
    async def test_a_balance_that_is_no_number_of_points_is_not_believed(self, env: Environment) -> None:
        env.server.tells_balances()
        wallets = [wallet.id for wallet in env.partner.profile.wallets]
        points = {str(wallet): 90_001 + 211 * number for number, wallet in enumerate(wallets)}
        env.server.holdings["kit-member-a"] = points
        account = env.member("kit-member-a")
        await env.end(partial(Partner.balances, account=account), signed_in=True)
        last, body = len(env.meeting.requests) - 1, body_of(env.answer_at())
        for path, value in (body.values if body is not None else {}).items():
            if amount_of(value) not in points.values():
                continue
            wrong: list[tuple[str, Fault]] = [
                ("a word", with_values({path: UNKNOWN_WORD})),
                ("nothing", with_values({path: "" if isinstance(value, str) else None})),
                ("a debt", with_values({path: f"-{value}" if isinstance(value, str) else -int(str(value))})),
                ("no amount at all", without_value(path)),
            ]
            for what, fault in wrong:
                ended = await env.end(partial(Partner.balances, account=account), {last: fault}, sticky=True)
                # Below zero there is nothing to exchange; a plugin may say so.
                is_zero = what == "a debt" and isinstance(ended, Balances) and 0 in _shown(ended, wallets)
                if not isinstance(ended, PartnerUnavailable) and not is_zero:
                    env.complain(
                        "balances",
                        f"the partner answered with {what} in {path} and balances() ended with {type_name(ended)}",
                        "raise for an amount that is no whole number of points of 0 or more",
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
    async def test_a_member_who_is_added_to_the_return_is_not_believed(self, env: Environment) -> None:
        exchange_id, handoff = await self._left(env)
        query = Listening(env.server.comes_back(exchange_id))
        env.server.visitors[exchange_id] = "kit-member-a"
        env.member("kit-member-a")
        other = env.member("kit-member-b")
        token = other.token.reveal() if other.token is not None else other.service_id
        await self._returns(env, exchange_id, query, handoff.keep)
        for value in (other.service_id, token):
            # Whatever name the plugin knows may be one that it looks for in the query.
            genuine = env.server.comes_back(exchange_id)
            everything = dict.fromkeys(_words_of(env.sources()), value) | genuine
            ended = await self._returns(env, exchange_id, everything, handoff.keep)
            self._is_not_the_added_one(env, ended, value, "a name that the plugin's file has in it")
        for name in sorted({*query.missed, *_NAMES_OF_MEMBERS}):
            for value in (other.service_id, token):
                genuine = env.server.comes_back(exchange_id)
                if name in genuine:
                    continue
                ended = await self._returns(env, exchange_id, {**genuine, name: value}, handoff.keep)
                self._is_not_the_added_one(env, ended, value, f"`{name}`")

    def _is_not_the_added_one(self, env: Environment, ended: object, value: str, what: str) -> None:
        if not isinstance(ended, LinkedAccount):
            return
        if value in (ended.service_id, ended.shown_as) or Secret(value) == ended.token:
            env.complain(
                "complete_handoff",
                f"{what} was added to the return, and the member became what it says",
                "take the member, the token and the name from the partner's answer, never from the browser",
            )

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
        query: Mapping[str, str] = {}
        answers = []
        for _ in range(2):
            query = env.server.comes_back(exchange_id)
            await self._returns(env, exchange_id, query, handoff.keep, signed_in=True)
            answers.append(env.answer_at())
        last = len(env.meeting.requests) - 1
        used = await self._returns(env, exchange_id, query, handoff.keep, signed_in=True)
        others = [env.answer_at()] if isinstance(used, HandoffRefused) and env.meeting.requests else []
        for case in unclear_answers(answers[0], answers[1], others):
            query = query if case.of_no else env.server.comes_back(exchange_id)
            ended = await self._returns(
                env, exchange_id, query, handoff.keep, {last: case.fault}, sticky=True
            )
            self._is_refused(env, ended, f"the partner answered {case.name} when asked who came back")
        for how, fault in about_nobody(answers[0], [exchange_id]):
            query = env.server.comes_back(exchange_id)
            ended = await self._returns(env, exchange_id, query, handoff.keep, {last: fault}, sticky=True)
            self._is_refused(env, ended, f"the partner answered {how} when asked who came back")

    @level_2
    async def test_an_ended_link_is_told_as_ended(self, env: Environment) -> None:
        account = env.member()
        env.server.has_ended_the_link()
        ended = await env.end(lambda it: it.balances(account))
        if not isinstance(ended, LinkEnded):
            env.complain(
                "balances",
                f"the partner ended the link and balances() ended with {type_name(ended)}",
                "raise LinkEnded, so that the member is asked to link again",
            )

    async def question(self, env: Environment, hook: str) -> Question | None:
        if hook != "balances":
            return await super().question(env, hook)
        env.server.tells_balances()
        account = env.member()
        await env.end(lambda it: it.balances(account), signed_in=True)
        last = len(env.meeting.requests) - 1
        return Question(lambda it: it.balances(account), last, {"service_id": account.service_id})

    async def told_while_asking(self, env: Environment) -> list[str]:
        exchange_id, handoff = await self._left(env)
        linked = await self._returns(env, exchange_id, env.server.comes_back(exchange_id), handoff.keep)
        env.server.tells_balances()
        balances = await env.end(lambda it: it.balances(env.member()))
        return [repr(handoff), repr(linked), repr(balances)]

    async def ask_everything(self, env: Environment, order: DebitOrder, ask: Ask) -> None:
        await super().ask_everything(env, order, ask)
        env.server.will_link()
        env.member()
        request = HandoffRequest(exchange_id=env.new_id(), return_url=_RETURN_URL, at=env.clock())
        handoff = await ask(lambda it: it.begin_handoff(request))
        returned = HandoffReturn(
            exchange_id=request.exchange_id,
            query=env.server.comes_back(request.exchange_id),
            kept=dict(handoff.keep) if isinstance(handoff, Handoff) else {},
            at=env.clock(),
        )
        await ask(lambda it: it.complete_handoff(returned))
        env.server.tells_balances()
        await ask(lambda it: it.balances(env.member()))

    async def _left(self, env: Environment) -> tuple[ExchangeId, Handoff]:
        env.server.will_link()
        env.member()
        request = HandoffRequest(exchange_id=env.new_id(), return_url=_RETURN_URL, at=env.clock())
        ended = await env.end(lambda it: it.begin_handoff(request))
        if not isinstance(ended, Handoff):
            env.complain(
                "begin_handoff",
                f"begin_handoff() ended with {type_name(ended)}: {ended}",
                "return Handoff(url=…) with an address of the partner",
            )
        return request.exchange_id, ended

    async def _returns(
        self,
        env: Environment,
        exchange_id: ExchangeId,
        query: Mapping[str, str],
        kept: Mapping[str, str],
        faults: Mapping[int, Fault] | None = None,
        *,
        sticky: bool = False,
        signed_in: bool = False,
    ) -> object:
        returned = HandoffReturn(exchange_id=exchange_id, query=query, kept=dict(kept), at=env.clock())
        return await env.end(
            lambda it: it.complete_handoff(returned), faults, sticky=sticky, signed_in=signed_in
        )

    def _is_refused(self, env: Environment, ended: object, what: str) -> None:
        if not isinstance(ended, HandoffRefused | PartnerUnavailable):
            env.complain(
                "complete_handoff",
                f"{what} and complete_handoff() ended with {type_name(ended)}",
                "prove the code with the partner, compare the exchange id, and raise HandoffRefused for a no",
            )


def _all_of(request: httpx.Request) -> str:
    """Address, headers and body, with nothing of a percent sign or an escape left."""
    head = " ".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"{unquote(str(request.url))} {head} {unquote(request.content.decode('utf-8', 'replace'))}"


def _shown(balances: Balances, wallets: Sequence[WalletId]) -> list[int]:
    return [balances.available.get(wallet, 0) for wallet in wallets]


def _known_as(account: LinkedAccount) -> tuple[str, ...]:
    return (account.service_id, *((account.token.reveal(),) if account.token is not None else ()))


class Listening(dict[str, str]):
    """A query that knows which of the names that it does not have were asked for."""

    def __init__(self, query: Mapping[str, str]) -> None:
        super().__init__(query)
        self.missed: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self.keys():
            self.missed.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name):
            self.missed.add(str(name))
        return super().__contains__(name)

    def __missing__(self, name: str) -> str:
        self.missed.add(name)
        raise KeyError(name)


def _words_of(files: Sequence[Path]) -> list[str]:
    """Every quoted text in the plugin's files that could be the name of a parameter, in whatever language they are."""
    return sorted({word for path in files for word in _PARAMETER.findall(path.read_text("utf-8", "replace"))})


def _garbled(shown_as: str, answers: Sequence[httpx.Response]) -> str:
    """The letters beyond ASCII in `shown_as` that stand in none of the partner's answers."""
    sent = "様"
    for answer in answers:
        kind = answer.headers.get("content-type", "")
        body = read_body(answer.content, kind)
        values = body.values.values() if body is not None else ()
        for value in values:
            if isinstance(value, str) and value != shown_as and shown_as.strip() in _damaged(value):
                return value
        sent += "".join((text_of(answer.content, kind), *map(str, values)))
    letters = [it for it in shown_as if not it.isascii() and (it.isalpha() or it == "\ufffd")]
    return "".join(it for it in letters if it not in sent)


def _damaged(text: str) -> set[str]:
    """What is left of a text that was read with a charset which has not all of its letters; nothing is not listed."""
    return {
        damaged
        for charset in ("ascii", "shift_jis", "latin-1")
        for errors in ("ignore", "replace")
        if (damaged := text.encode(charset, errors).decode(charset).strip()) not in ("", text.strip())
    }
