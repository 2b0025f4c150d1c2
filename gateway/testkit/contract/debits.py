"""梅: points cannot be lost. What every plugin does with debits, whatever its link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, ClassVar, Final

import httpx
import pytest
import pytest_asyncio

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.hookspecs import OPTIONAL
from gateway.model import (
    JST,
    Debited,
    DebitOrder,
    Declined,
    ExchangeId,
    IdReused,
    InProgress,
    LinkKind,
    NoRecord,
    NotProcessed,
    RateTable,
)
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.partners.isolation.fork_server import HAS_FORK_SERVER, ForkServer
from gateway.partners.isolation.launch import Starter
from gateway.partners.loading.checks import hook_faults, missing_for_link
from gateway.partners.loading.profile_checks import coherence
from gateway.partners.partner import Partner
from gateway.testkit.bodies import Value, read_body
from gateway.testkit.contract.command_plugin import CommandPlugin
from gateway.testkit.contract.documented import HOOKS_WITH_ANSWERS, DocumentedAnswer
from gateway.testkit.contract.environment import Environment, make_environment, moment_of, type_name
from gateway.testkit.contract.fake import FakePartner, Fault, Instead
from gateway.testkit.contract.levels import (
    INSIDE,
    ISOLATED,
    UNPROVEN,
    Level,
    hook_of,
    level_1,
    level_2,
    promises,
    unproven,
)
from gateway.testkit.contract.unclear import (
    LOST,
    about_nobody,
    body_of,
    differences,
    in_another_case,
    like_it,
    of_another,
    refused,
    unclear_answers,
    with_values,
)
from gateway.testkit.contract.unknown_words import UNKNOWN_WORD
from gateway.testkit.stubs import HandClock

_FORK_SERVER: Final = pytest.StashKey[ForkServer]()
_ENDS: Final = pytest.StashKey[dict[tuple[type, str, str], list[str]]]()


def _fork_server(config: pytest.Config) -> ForkServer:
    """One for the whole run."""
    if _FORK_SERVER not in config.stash:
        config.stash[_FORK_SERVER] = server = ForkServer()
        config.add_cleanup(server.close)
    return config.stash[_FORK_SERVER]


def places_of(contract: type[Contract]) -> tuple[str, ...]:
    """Where the tests of this plugin run; a program in another language has no place in this process."""
    return (ISOLATED,) if isinstance(contract.plugin, CommandPlugin) else (INSIDE, ISOLATED)


@dataclass(frozen=True, slots=True)
class Question:
    """One call that can be answered in another way: the request at `at` is the one that counts."""

    call: Callable[[Partner], Awaitable[object]]
    at: int
    known: Mapping[str, str]
    moves: bool = False


@asynccontextmanager
async def environment(
    contract: type[Contract], test: str, *, isolated: bool = False, starter: Starter | None = None
) -> AsyncIterator[Environment]:
    """The plugin and the partner of one test of the contract."""
    clock = HandClock(moment_of(contract))
    server = contract.server(clock)
    with server.line():
        env = await make_environment(contract, server, clock, isolated=isolated, starter=starter)
        try:
            for exempted in contract.exempt:
                if exempted in OPTIONAL and env.partner.can(exempted):
                    pytest.fail(
                        f"exempt: the plugin has {exempted}(); exempt the tests that do not fit by their names",
                        pytrace=False,
                    )
            hook = hook_of(getattr(contract, test))
            if hook and not env.partner.can(hook):
                pytest.skip(f"the plugin has no {hook}(); add it, or exempt {hook!r} with the reason")
            server.is_well()
            await env.signs_in()
            yield env
        finally:
            await env.aclose()


def skip_when_exempt(contract: type[Contract], test: str) -> None:
    """End the test where it is exempted with a reason; fail where something is exempted that cannot be."""
    known = promises(contract)
    for exempted, reason in contract.exempt.items():
        if exempted not in known and exempted not in OPTIONAL:
            pytest.fail(
                f"exempt: the contract has no {exempted}; name a test of the kit or an optional hook",
                pytrace=False,
            )
        if known.get(exempted) is Level.LEVEL_1:
            pytest.fail(
                f"exempt: {exempted} belongs to 梅, where points could be lost, and nothing of 梅 is exempted; "
                "take it out of `exempt`",
                pytrace=False,
            )
        if not reason.strip():
            pytest.fail(f"exempt: {exempted} has no reason; say why", pytrace=False)
    for exempted in (test, hook_of(getattr(contract, test))):
        if exempted in contract.exempt:
            pytest.skip(f"exempt: {contract.exempt[exempted]}")


@pytest.mark.asyncio
class Contract:
    """The base of both contracts. An author's class names `plugin` and `server`, and exempts by name with a reason."""

    plugin: ClassVar[Any]
    server: ClassVar[type[FakePartner]]
    exempt: ClassVar[Mapping[str, str]] = {}
    moment: ClassVar[datetime | None] = None
    link: ClassVar[LinkKind]

    @pytest.fixture(autouse=True)
    def _exempted(self, request: pytest.FixtureRequest) -> None:
        skip_when_exempt(type(self), request.node.originalname)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Each test runs in this process, and once more with the plugin in a process of its own, as in service."""
        if "env" in metafunc.fixturenames:
            # The option is not there in a run without the kit's own pytest plugin.
            only = metafunc.config.getoption("--contract-only", default=None)
            places = [it for it in places_of(type(self)) if only in (None, it)]
            metafunc.parametrize("env", places, indirect=True)

    @pytest_asyncio.fixture
    async def env(self, request: pytest.FixtureRequest) -> AsyncIterator[Environment]:
        test, place = request.node.originalname, request.param
        forks = place == ISOLATED and HAS_FORK_SERVER
        starter = _fork_server(request.config).start if forks else None
        async with environment(type(self), test, isolated=place == ISOLATED, starter=starter) as env:
            request.node.user_properties.append((UNPROVEN, unproven(env.partner.profile)))
            yield env
            ends = request.config.stash.setdefault(_ENDS, {})
            ends[type(self), test, place] = env.ends
            inside = ends.get((type(self), test, INSIDE))
            if place == ISOLATED and inside is not None:
                env.require_same_ends(inside)

    # --- what the registry asks ------------------------------------------------------------------------------

    @level_1
    async def test_the_gateway_takes_the_plugin(self, env: Environment) -> None:
        profile = env.partner.profile
        if profile.link is not self.link:
            env.complain(
                "partner_profile",
                f"the profile says {profile.link}, the contract is for {self.link}",
                "use AccountContract for LinkKind.ACCOUNT and CouponContract for LinkKind.COUPON",
            )
        for fault in (*hook_faults(env.plugin), *missing_for_link(env.plugin, profile.link)):
            pytest.fail(f"{env.id}: {fault.text} ({fault.file}:{fault.line})", pytrace=False)
        table = await env.end(lambda it: it.rate_table(env.clock()))
        if not isinstance(table, RateTable):
            env.complain("rate_table", str(table), "correct the rate")
        for text in coherence(profile, table):
            env.complain("rate_table", text, "correct it")

    @level_1
    async def test_a_connection_is_proven_and_a_broken_one_is_told(self, env: Environment) -> None:
        ended = await env.end(lambda it: it.check_connection())
        if ended is not None:
            env.complain(
                "check_connection", str(ended), "let it return when the partner answers as is_well() says"
            )
        if not env.meeting.requests:
            env.complain(
                "check_connection",
                "check_connection() asks nobody",
                "send a request that needs our credentials",
            )
        at = len(env.meeting.requests) - 1
        for case in unclear_answers(env.answer_at(at)):
            ended = await env.end(lambda it: it.check_connection(), {at: case.fault}, sticky=True)
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "check_connection",
                    f"check_connection() is content with {case.name}",
                    "raise unless the answer is the one the partner documents",
                )

    # --- yes and no ------------------------------------------------------------------------------------------

    @level_1
    async def test_a_yes_is_debited(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        ended = await self.decided(env, order)
        taken = env.server.taken
        self._sent_as_ordered(env, order)
        if not isinstance(ended, Debited):
            env.complain(
                "debit",
                f"the partner said yes and debit() ended with {type_name(ended)}: {ended}",
                "return Debited",
            )
        for entry in taken.values():
            if ended.reference != entry.reference:
                env.complain(
                    "debit",
                    "the reference is not the partner's own",
                    "give Debited the reference of the partner's answer",
                )

    def _sent_as_ordered(self, env: Environment, order: DebitOrder) -> None:
        """What arrived at the partner is told first: a yes about another amount is no longer Debited."""
        env.refuse_complaints("debit")
        for entry in env.server.taken.values():
            if entry.amounts != order.amounts:
                env.complain(
                    "debit",
                    f"{dict(entry.amounts)} was sent for an order of {order.amounts}",
                    "send order.amounts, each wallet in its own points",
                )
            if entry.holder not in env.holder(order):
                env.complain(
                    "debit", "the debit was sent for somebody else", "send the token or code of this order"
                )

    @level_1
    async def test_the_exchange_id_is_the_idempotency_key(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        await env.debit(order)
        if order.exchange_id not in env.server.taken:
            env.complain(
                "debit",
                f"the partner took it under {next(iter(env.server.taken), 'no id')!r}, not under the exchange id",
                "send order.exchange_id as the idempotency key, so that find_debit can ask for it",
            )

    @level_1
    async def test_the_same_order_twice_is_one_debit(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        for _ in range(2):
            await env.debit(order)
        if len(env.server.taken) != 1:
            env.complain(
                "debit",
                f"the same order was taken {len(env.server.taken)} times",
                "send order.exchange_id as the idempotency key, and nothing that is new at each call",
            )
        env.refuse_complaints("debit")

    @level_1
    async def test_an_explicit_no_is_declined(self, env: Environment) -> None:
        if not env.server.declines:
            pytest.fail("declines is empty; name the reasons that the partner gives for a no", pytrace=False)
        for reason in env.server.declines:
            env.server.will_decline(reason)
            order = await env.order()
            ended = await self.decided(env, order)
            if not isinstance(ended, Declined):
                env.complain(
                    "debit",
                    f"the partner said no ({reason}) and debit() ended with {type_name(ended)}: {ended}",
                    "return Declined for the partner's documented words for a no",
                )
            if ended.reason is not reason:
                env.complain(
                    "debit",
                    f"{reason} became {ended.reason}",
                    f"return Declined(reason=DeclineReason.{reason.name})",
                )

    async def decided(self, env: Environment, order: DebitOrder) -> object:
        """How an order ends: with the answer to it, or to `find_debit` where the partner always decides later."""
        ended = await env.debit(order)
        # A partner that decides later may still refuse at once.
        if not env.server.always_later or isinstance(ended, Declined):
            return ended
        if not isinstance(ended, InProgress):
            env.complain(
                "debit",
                f"the partner took the order in, to decide later, and debit() ended with {type_name(ended)}: {ended}",
                "return InProgress for the word with which it takes an order in, and Declined for a no at once",
            )
        if order.exchange_id in env.server.taken:
            env.server.remembers(order.exchange_id)
        return await env.end(lambda it: it.find_debit(order.exchange_id))

    # --- neither -----------------------------------------------------------------------------------------------

    @level_1
    async def test_a_lost_reply_is_unknown_and_was_sent_once(self, env: Environment) -> None:
        at = await env.clear_debit()
        for lost in LOST:
            order = await env.order()
            ended = await env.debit(order, {at: lost()})
            if env.sent_again(at):
                env.complain(
                    "debit",
                    "the reply was lost and the debit was sent again",
                    "send it once and let OutcomeUnknown pass; the gateway asks find_debit",
                )
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "debit",
                    f"the reply was lost and debit() ended with {type_name(ended)}",
                    "let OutcomeUnknown pass: the points may have been taken",
                )

    @level_1
    async def test_a_refused_connection_is_not_sent(self, env: Environment) -> None:
        at = await env.clear_debit()
        for position in range(at + 1):
            order = await env.order()
            ended = await env.debit(order, {position: refused()})
            if position < at and env.meeting.moving_at is not None:
                env.complain(
                    "debit",
                    "a request before the debit failed and the debit was sent all the same",
                    "let NotSent pass",
                )
            if len(env.meeting.requests) > position + 1 and env.sent_again(position):
                env.complain(
                    "debit",
                    "the connection was refused and the request was sent again",
                    "send it once and let NotSent pass; the gateway decides what comes next",
                )
            expected_error = NotSent if position == 0 else OutcomeUnknown
            if not isinstance(ended, expected_error):
                why = (
                    "nothing left this machine"
                    if position == 0
                    else "an earlier request of this call had left already"
                )
                env.complain(
                    "debit",
                    f"the connection was refused, {why}, and debit() ended with {type_name(ended)}",
                    f"let the client's {expected_error.__name__} pass",
                )

    @level_1
    async def test_an_unclear_answer_is_unknown_and_was_sent_once(self, env: Environment) -> None:
        at = await env.clear_debit()
        yes = env.answer_at(at)
        env.clock.forward(timedelta(seconds=1))
        await env.clear_debit()
        again = env.answer_at(at)
        for case in unclear_answers(yes, again, await self._other_answers(env, at)):
            if case.of_no:
                env.server.will_decline(env.server.declines[0])
            else:
                env.server.will_debit()
            order = await env.order()
            ended = await env.debit(order, {at: case.fault})
            self._is_unknown(env, "debit", ended, case.name, at)

    def _is_unknown(self, env: Environment, hook: str, ended: object, answer: str, at: int) -> None:
        """After an answer that means nothing the outcome is unknown, and nothing was sent a second time."""
        if env.sent_again(at):
            env.complain(
                hook,
                f"the partner answered {answer} and {hook}() sent the order again",
                "send it once and raise OutcomeUnknown; the gateway asks what became of it",
            )
        if isinstance(ended, NotProcessed) and self._is_documented(env, hook, answer.partition(" ")[0]):
            return
        if not isinstance(ended, OutcomeUnknown):
            env.complain(
                hook,
                f"the partner answered {answer} and {hook}() ended with {type_name(ended)}",
                "raise OutcomeUnknown: only the partner's documented words, with their status, are a yes or a no",
            )

    def _is_documented(self, env: Environment, hook: str, status: str) -> bool:
        """Do the partner's documents say that such an answer did nothing, whatever its words?"""
        return any(
            (it.hook, it.ends, it.body, str(it.status)) == (hook, NotProcessed, "", status)
            for it in env.server.documented
        )

    @level_1
    async def test_a_yes_shows_what_was_taken(self, env: Environment) -> None:
        at = await env.clear_debit()
        profile = env.partner.profile
        if profile.proves is None:
            return  # a plugin of the first edition: see test_what_a_yes_proves_is_said
        order = await env.order()
        ended = await self.decided(env, order)
        if not isinstance(ended, Debited):
            env.complain(
                "debit", f"the partner said yes and debit() ended with {type_name(ended)}", "return Debited"
            )
        if "amount" in profile.proves:
            amounts = {line.amount for line in order.lines}
            await self._shows(env, order, at, "amount", lambda value: amount_of(value) in amounts, _more)
        if "account" in profile.proves and order.account is not None:
            mine, other = order.account.service_id, env.member("kit-member-b").service_id
            await self._shows(
                env, order, at, "account", lambda value: str(value).lower() == mine.lower(), lambda _: other
            )

    @level_2
    async def test_what_a_yes_proves_is_said(self, env: Environment) -> None:
        if env.partner.profile.proves is None:
            pytest.skip(
                "partner_profile() does not say what a yes proves; read the amount and the account from the answer"
                ' into Debited.lines and Debited.service_id, and say proves={"amount", "account"}, or what of it the'
                " partner tells"
            )

    async def _shows(
        self,
        env: Environment,
        order: DebitOrder,
        at: int,
        what: str,
        is_it: Callable[[Value], bool],
        other: Callable[[Value], Value],
    ) -> None:
        """Where the answer tells the amount or the account of the order, another one there is not believed."""
        hook = "find_debit" if env.server.always_later else "debit"
        call: Callable[[Partner], Awaitable[object]] = partial(Partner.debit, order=order)
        if env.server.always_later:
            env.server.remembers(order.exchange_id)
            expected = ExpectedDebit.of_order(order)
            call = partial(Partner.find_debit, exchange_id=order.exchange_id, expected=expected)
        await env.end(call, signed_in=True)
        at = len(env.meeting.requests) - 1 if env.server.always_later else at
        body = body_of(env.answer_at(at))
        if body is None:
            return
        places = [path for path, value in body.values.items() if is_it(value)]
        if not places:
            env.complain(
                "partner_profile",
                f'`proves` has "{what}" and the answer of the fake partner does not tell it',
                f'take "{what}" out of `proves`, or let the fake partner answer as the partner does',
            )
        for path in places:
            faults: dict[int, Fault] = {at: with_values({path: other(body.values[path])})}
            ended = await env.end(call, faults, sticky=env.server.always_later)
            if isinstance(ended, Debited):
                env.complain(
                    hook,
                    f"the partner's yes shows another {what} ({path}) and {hook}() ended with Debited, as if it were ours",
                    f"read the {what} from the answer into Debited, never from the order",
                )

    @level_2
    async def test_an_answer_about_another_exchange_is_unknown(self, env: Environment) -> None:
        at = await env.clear_debit()
        order, another = await env.order(), await env.order()
        answers = []
        for it in (order, order, another):
            await env.debit(it, signed_in=True)
            answers.append(env.answer_at(at))
        ended = await env.debit(order, {at: of_another(*answers)})
        if not isinstance(ended, OutcomeUnknown | IdReused):
            env.complain(
                "debit",
                f"the partner answered about another exchange and debit() ended with {type_name(ended)}",
                "compare the id in the answer with order.exchange_id and raise OutcomeUnknown where they differ; where"
                " the partner's answer names no id, exempt this test with the reason",
            )
        for how, fault in about_nobody(answers[0], [order.exchange_id]):
            ended = await env.debit(order, {at: fault})
            if not isinstance(ended, OutcomeUnknown | IdReused):
                env.complain(
                    "debit",
                    f"the partner's yes came {how} and debit() ended with {type_name(ended)}",
                    "compare the whole id in the answer with order.exchange_id and raise OutcomeUnknown unless it is the same",
                )
        if (other_case := in_another_case(answers[0], [order.exchange_id])) is not None:
            ended = await env.debit(order, {at: other_case})
            self._has_read_the_case(env, "debit", ended)

    def _has_read_the_case(self, env: Environment, hook: str, ended: object) -> None:
        """An id in another case is another id, unless the profile says that the partner writes them so."""
        believed = isinstance(ended, Debited | Declined | InProgress | NoRecord)
        if env.partner.profile.ids_ignore_case and not believed:
            env.complain(
                hook,
                f"the partner repeated the id in another case and {hook}() ended with {type_name(ended)}",
                "compare ids without regard to case, as `ids_ignore_case` of the profile says",
            )
        if not env.partner.profile.ids_ignore_case and believed:
            env.complain(
                hook,
                f"the partner answered about an id that differs in its case and {hook}() ended with {type_name(ended)}",
                "compare ids as they are: two exchanges may differ in the case of a letter; where the partner writes"
                " ids in another case, say ids_ignore_case=True in the profile",
            )

    async def _other_answers(self, env: Environment, at: int) -> list[httpx.Response]:
        """What the partner says to a debit when it does not say yes: a no first, then each other answer."""
        others = []
        for reason in env.server.declines:
            env.server.will_decline(reason)
            await env.debit(await env.order(), signed_in=True)
            if len(env.meeting.requests) > at:
                others.append(env.answer_at(at))
        if env.server.says("will_decide_later"):
            env.server.will_decide_later()
            await env.debit(await env.order(), signed_in=True)
            others.append(env.answer_at(at))
        env.server.will_debit()
        return others

    # --- what the partner's documents say ----------------------------------------------------------------------

    @level_1
    async def test_documented_answers_mean_what_the_documents_say(self, env: Environment) -> None:
        for documented in env.server.documented:
            question = await self.question(env, documented.hook)
            if question is None:
                pytest.fail(
                    f"documented: {documented.called} belongs to {documented.hook}(), which is no hook of this plugin "
                    f"or none with answers; name one of {', '.join(HOOKS_WITH_ANSWERS)}",
                    pytrace=False,
                )
            await self._is_read(env, documented, question, documented.called, None)
            for how, change in _misplayed(documented):
                question = await self.question(env, documented.hook)
                assert question is not None
                await self._is_read(env, documented, question, f"{documented.called}, {how},", change)

    async def _is_read(
        self,
        env: Environment,
        documented: DocumentedAnswer,
        question: Question,
        what: str,
        change: Callable[[httpx.Response], httpx.Response] | None,
    ) -> None:
        def played(request: httpx.Request) -> httpx.Response:
            answer = documented.answer(request, {**question.known, "now": env.clock().isoformat()})
            return answer if change is None else change(answer)

        hook = documented.hook
        ended = await env.end(question.call, {question.at: Instead(played)}, sticky=not question.moves)
        if question.moves and env.sent_again(question.at):
            env.complain(
                hook,
                f"the partner answered {what} and {hook}() sent the order again",
                "send it once and let the gateway decide what comes next",
            )
        unclear = OutcomeUnknown if question.moves else PartnerUnavailable
        ends = unclear if change is not None or documented.ends is OutcomeUnknown else documented.ends
        if not isinstance(ended, ends):
            env.complain(
                hook,
                f"the partner answered {what} and {hook}() ended with {type_name(ended)}",
                f"end with {ends.__name__}: "
                + ("only the documented words with their status count" if change else "so it is documented"),
            )
        wait = documented.headers.get("retry-after", "")
        is_told = isinstance(ended, NotProcessed) and wait.isdigit() and change is None
        if is_told and getattr(ended, "retry_after", None) != timedelta(seconds=int(wait)):
            env.complain(
                hook,
                f"the partner answered {what} with Retry-After: {wait}, and the member is not told when to come again",
                "give NotProcessed the seconds of answer.retry_after_s",
            )
        if change is None and isinstance(ended, Declined) and ended.reason is not documented.reason:
            env.complain(
                hook,
                f"the partner answered {what}, and the reason became {ended.reason}",
                f"return Declined(reason=DeclineReason.{documented.reason.name if documented.reason else 'REFUSED'})",
            )

    async def question(self, env: Environment, hook: str) -> Question | None:
        """A call of this hook that a fault can be put into; None where the plugin has no such hook."""
        match hook:
            case "debit":
                at = await env.clear_debit()
                order = await env.order()
                return Question(lambda it: it.debit(order), at, _ids(order), moves=True)
            case "find_debit":
                order = await self._debited(env)
                env.server.remembers(order.exchange_id)
                call = partial(Partner.find_debit, exchange_id=order.exchange_id)
                await env.end(call, signed_in=True)
                return Question(call, len(env.meeting.requests) - 1, _ids(order))
            case "check_connection":
                await env.end(Partner.check_connection, signed_in=True)
                return Question(Partner.check_connection, len(env.meeting.requests) - 1, {})
        return None

    # --- asking later --------------------------------------------------------------------------------------------

    @level_1
    async def test_a_debit_is_found(self, env: Environment) -> None:
        order = await self._debited(env)
        reference = env.server.taken[order.exchange_id].reference
        env.server.forgets(order.exchange_id)  # not visible yet
        await env.end(lambda it: it.find_debit(order.exchange_id))
        env.server.remembers(order.exchange_id)
        ended = await env.end(lambda it: it.find_debit(order.exchange_id))
        if not isinstance(ended, Debited) or ended.reference != reference:
            env.complain(
                "find_debit",
                f"the partner remembers the debit and find_debit() ended with {type_name(ended)}: {ended}",
                "return Debited with the partner's reference",
            )
        if env.meeting.moving_at is not None:
            env.complain("find_debit", "find_debit() takes points", "ask, and move nothing")

    @level_2
    async def test_a_debit_is_told_at_the_time_when_it_was_taken(self, env: Environment) -> None:
        """Asked about after midnight in Japan: a debit is compared on the day of `at`, which both sides have to have alike."""
        day = env.clock().astimezone(JST).date()
        env.clock.now = datetime.combine(day, time(23, 30), JST)
        order = await self._debited(env)
        env.clock.forward(timedelta(hours=1))
        env.server.remembers(order.exchange_id)
        ended = await env.end(lambda it: it.find_debit(order.exchange_id))
        taken = env.server.taken[order.exchange_id]
        if isinstance(ended, Debited) and abs(ended.at - taken.at) >= timedelta(minutes=1):
            env.complain(
                "find_debit",
                f"the partner took the debit at {taken.at.astimezone(JST):%Y-%m-%d %H:%M} JST and find_debit() tells"
                f" {ended.at.astimezone(JST):%Y-%m-%d %H:%M}",
                "read Debited.at from the answer, with the zone that the partner documents; where it has no time, exempt"
                " this test with the reason",
            )

    @level_1
    async def test_a_debit_that_the_partner_does_not_know_is_admitted(self, env: Environment) -> None:
        exchange_id = env.new_id()
        env.server.forgets(exchange_id)
        ended = await env.end(lambda it: it.find_debit(exchange_id))
        if not isinstance(ended, NoRecord):
            env.complain(
                "find_debit",
                f"the partner knows nothing of it and find_debit() ended with {type_name(ended)}: {ended}",
                "return NoRecord; the gateway knows how long debits may hide",
            )

    @level_1
    async def test_an_unclear_look_up_is_no_answer(self, env: Environment) -> None:
        order = await self._debited(env)
        exchange_id = order.exchange_id
        answers = []
        for _ in range(2):
            env.server.remembers(exchange_id)
            await env.end(lambda it: it.find_debit(exchange_id), signed_in=True)
            answers.append(env.answer_at())
        last = len(env.meeting.requests) - 1
        others = await self._other_findings(env, exchange_id)
        for case in unclear_answers(answers[0], answers[1], others, no_is_a_word=True):
            if case.of_no:
                env.server.forgets(exchange_id)
            else:
                env.server.remembers(exchange_id)
            await self._is_unanswered(env, exchange_id, last, case.name, case.fault)
        for lost in (*LOST, refused):
            await self._is_unanswered(env, exchange_id, last, "nothing, the reply was lost", lost())

    async def _other_findings(self, env: Environment, exchange_id: ExchangeId) -> list[httpx.Response]:
        """What the partner says of a debit when it does not say that it was taken: "not found" first."""
        env.server.forgets(exchange_id)
        await env.end(lambda it: it.find_debit(exchange_id), signed_in=True)
        others = [env.answer_at()]
        if env.server.says("will_decide_later"):
            env.server.will_decide_later()
            order = await env.order()
            await env.debit(order)
            await env.end(lambda it: it.find_debit(order.exchange_id), signed_in=True)
            others.append(env.answer_at())
            env.server.will_debit()
        if env.server.says("remembers_refusal"):
            env.server.remembers_refusal(exchange_id, env.server.declines[0])
            await env.end(lambda it: it.find_debit(exchange_id), signed_in=True)
            others.append(env.answer_at())
        return others

    @level_2
    async def test_a_look_up_that_answers_about_another_exchange_is_no_answer(self, env: Environment) -> None:
        order, another = await self._debited(env), await self._debited(env)
        answers = []
        for exchange_id in (order.exchange_id, order.exchange_id, another.exchange_id):
            env.server.remembers(exchange_id)
            await env.end(partial(Partner.find_debit, exchange_id=exchange_id), signed_in=True)
            answers.append(env.answer_at())
        last = len(env.meeting.requests) - 1
        call = partial(Partner.find_debit, exchange_id=order.exchange_id)
        self._is_no_answer(env, await env.end(call, {last: of_another(*answers)}, sticky=True))
        for _, fault in about_nobody(answers[0], [order.exchange_id]):
            self._is_no_answer(env, await env.end(call, {last: fault}, sticky=True))
        if (other_case := in_another_case(answers[0], [order.exchange_id])) is not None:
            ended = await env.end(call, {last: other_case}, sticky=True)
            self._has_read_the_case(env, "find_debit", ended)
        unknown, other = env.new_id(), env.new_id()
        answers = []
        for exchange_id in (unknown, unknown, other):
            env.server.forgets(exchange_id)
            await env.end(partial(Partner.find_debit, exchange_id=exchange_id), signed_in=True)
            answers.append(env.answer_at())
        if differences(*answers):  # the partner's "not found" names what was not found
            call = partial(Partner.find_debit, exchange_id=unknown)
            self._is_no_answer(env, await env.end(call, {last: of_another(*answers)}, sticky=True))
            for _, fault in about_nobody(answers[0], [unknown]):
                self._is_no_answer(env, await env.end(call, {last: fault}, sticky=True))

    def _is_no_answer(self, env: Environment, ended: object) -> None:
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "find_debit",
                f"the partner answered about another exchange and find_debit() ended with {type_name(ended)}",
                "compare the id in the answer with exchange_id and raise where they differ; where the partner's"
                " answer names no id, exempt this test with the reason",
            )

    async def _is_unanswered(
        self, env: Environment, exchange_id: ExchangeId, at: int, name: str, answer: Any
    ) -> None:
        ended = await env.end(lambda it: it.find_debit(exchange_id), {at: answer}, sticky=True)
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "find_debit",
                f"the partner answered {name} and find_debit() ended with {type_name(ended)}",
                "raise: only the partner's documented word means NoRecord, or points would be given back twice",
            )

    async def _debited(self, env: Environment) -> DebitOrder:
        env.server.will_debit()
        order = await env.order()
        ended = await self.decided(env, order)
        if not isinstance(ended, Debited) or order.exchange_id not in env.server.taken:
            env.complain(
                "debit",
                f"the partner said yes and debit() ended with {type_name(ended)}",
                "return Debited, and send order.exchange_id",
            )
        return order


def amount_of(value: Value) -> Decimal | None:
    """The number that a value of an answer is, also where the partner writes decimals: "400.00"."""
    try:
        return Decimal(str(value)) if type(value) is not bool else None
    except InvalidOperation:
        return None


def _more(value: Value) -> Value:
    """Another amount, written as this one is."""
    more = Decimal(str(value)) + 100
    return str(more) if isinstance(value, str) else float(more) if isinstance(value, float) else int(more)


def _ids(order: DebitOrder) -> dict[str, str]:
    """What a documented answer may name of an order."""
    account = {"service_id": order.account.service_id} if order.account is not None else {}
    return {"exchange_id": order.exchange_id, **account}


def _misplayed(
    documented: DocumentedAnswer,
) -> Iterator[tuple[str, Callable[[httpx.Response], httpx.Response]]]:
    """The documented words where they mean nothing, by how they are played."""
    if documented.status < 500:
        yield "but with status 500", lambda it: like_it(it, it.content, 500)
    if documented.status != 200 and documented.body:
        yield "but with status 200", lambda it: like_it(it, it.content, 200)
    if documented.body:
        yield "cut in half", lambda it: like_it(it, it.content[: len(it.content) // 2])
    template = read_body(
        httpx.Response(200, json=documented.body).content
        if isinstance(documented.body, Mapping)
        else documented.body.encode(),
        documented.content_type.partition(";")[0],
    )
    words = {
        path: UNKNOWN_WORD
        for path, value in (template.values if template is not None else {}).items()
        if isinstance(value, str) and value and "$" not in value
    }
    if words:
        yield "with unknown words in it", lambda it: _with_words(it, words)


def _with_words(answer: httpx.Response, words: Mapping[str, str]) -> httpx.Response:
    body = read_body(answer.content, answer.headers.get("content-type", ""))
    return answer if body is None else like_it(answer, body.written(words))
