"""松: a full partner. It decides later, gives back, lists its day, says when to come again, serves many at once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final

import httpx
import pytest

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.model import (
    JST,
    Debited,
    DebitOrder,
    DebitRecord,
    Declined,
    InProgress,
    NoRecord,
    Reversal,
    Reversed,
)
from gateway.partners.partner import Partner
from gateway.testkit.contract.day import asked_span, cuts
from gateway.testkit.contract.debits import Question
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.fake import Taken
from gateway.testkit.contract.levels import level_2, level_3, needs
from gateway.testkit.contract.safety import Ask, SafeAmongOthers
from gateway.testkit.contract.unclear import (
    LOST,
    body_of,
    differences,
    of_another,
    refused,
    unclear_answers,
    with_values,
)

_IN_A_ROW: Final = re.compile(r" in .*(?:\.[0-9]+\.|\[[0-9]+\])")


class FullPartner(SafeAmongOthers):
    """Hooks and answers that not every partner has; what a partner cannot do is exempted by name."""

    @level_2
    async def test_a_decision_that_comes_later_is_in_progress(self, env: Environment) -> None:
        order = await env.order()
        env.server.will_decide_later()
        ended = await env.debit(order)
        if not isinstance(ended, InProgress):
            env.complain(
                "debit",
                f"the partner will decide later and debit() ended with {type_name(ended)}: {ended}",
                "return InProgress",
            )
        for _ in range(2):
            finding = await env.end(lambda it: it.find_debit(order.exchange_id))
            if not isinstance(finding, InProgress):
                env.complain(
                    "find_debit",
                    f"the partner has not decided yet and find_debit() ended with {type_name(finding)}",
                    "return InProgress: an order that is only taken in is neither a debit nor given up",
                )
            env.clock.forward(timedelta(hours=1))

    @level_2
    async def test_a_debit_that_was_refused_is_found_as_refused(self, env: Environment) -> None:
        for reason in env.server.declines:
            order = await env.order()
            env.server.will_decline(reason)
            await env.debit(order)
            env.server.remembers_refusal(order.exchange_id, reason)
            finding = await env.end(partial(Partner.find_debit, exchange_id=order.exchange_id))
            if not isinstance(finding, Declined) or finding.reason is not reason:
                as_what = (
                    f"Declined for {finding.reason}" if isinstance(finding, Declined) else type_name(finding)
                )
                env.complain(
                    "find_debit",
                    f"the partner refused the debit ({reason}) and find_debit() ended with {as_what}",
                    "return Declined with the reason of the partner's documented word; nothing was taken",
                )

    @level_3
    async def test_sixteen_orders_at_once_stay_apart(self, env: Environment) -> None:
        env.server.will_debit()
        await env.end(Partner.check_connection)
        for uneven in (False, True):
            env.server.answers_unevenly = uneven
            orders = [await env.order(member=f"kit-member-{number}") for number in range(16)]
            ended = await asyncio.gather(
                *(env.partner.debit(order) for order in orders), return_exceptions=True
            )
            for order, end in zip(orders, ended, strict=True):
                self._is_its_own(env, order, end)

    def _is_its_own(self, env: Environment, order: DebitOrder, end: object) -> None:
        taken = env.server.taken.get(order.exchange_id)
        if (
            not isinstance(end, InProgress if env.server.always_later else Debited)
            or taken is None
            or taken.holder not in env.holder(order)
            or (isinstance(end, Debited) and taken.reference != end.reference)
        ):
            env.complain(
                "debit",
                f"of sixteen orders at once one ended with {type_name(end)} or was taken from another member",
                "keep nothing of an order on self: several calls run at the same time",
            )

    @level_3
    async def test_a_partner_that_asks_for_patience_is_given_it(self, env: Environment) -> None:
        answer = httpx.Response(503, headers={"retry-after": "60"})
        exchange_id = env.new_id()
        env.server.forgets(exchange_id)
        ended = await env.end(lambda it: it.find_debit(exchange_id), {0: answer})
        if not isinstance(ended, PartnerUnavailable) or ended.retry_after_s != 60:
            env.complain(
                "find_debit",
                "the partner said Retry-After: 60 and nobody is told",
                "raise PartnerUnavailable(text, retry_after_s=60) for a 503 that has the header",
            )

    @level_3
    @needs("debits_on")
    async def test_a_day_is_listed_with_every_debit(self, env: Environment) -> None:
        env.server.will_debit()
        day = env.clock().astimezone(JST).date()
        # A day in Japan begins and ends in the middle of a day of UTC.
        for at in (time(0, 30), time(12), time(23, 30)):
            env.clock.now = datetime.combine(day, at, JST)
            await env.debit(await env.order())
        ended = await self._listed(env, day)
        listed = {
            it.exchange_id: (it.reference, {line.wallet: line.amount for line in it.lines}) for it in ended
        }
        taken = {it.exchange_id: (it.reference, dict(it.amounts)) for it in env.server.taken.values()}
        if len(listed) != len(ended):
            env.complain(
                "debits_on", "debits_on() tells a debit twice", "give one DebitRecord for each debit"
            )
        missing = [it for it in env.server.taken.values() if it.exchange_id not in listed]
        if missing:
            at_night = (
                " (with the first or the last hour of the day in Japan)" if len(missing) < len(taken) else ""
            )
            env.complain(
                "debits_on",
                f"the partner has {len(taken)} debits on that day and debits_on() leaves out {len(missing)}{at_night}",
                "give every debit of the day in Japan, 00:00 to 24:00 JST, page by page where the partner has pages",
            )
        if listed != taken:
            env.complain(
                "debits_on",
                "debits_on() tells debits with another amount or reference, or some that the partner does not have",
                "give one DebitRecord for each debit, with the amounts that were taken",
            )
        for record in ended:
            if abs(record.at - env.server.taken[record.exchange_id].at) >= timedelta(minutes=1):
                env.complain(
                    "debits_on",
                    "debits_on() tells a debit at another time than the partner has it",
                    "read the time with the zone that the partner documents",
                )
        span = asked_span(env.meeting.requests, env.clock())
        if span is not None and not _is_the_day(span, day):
            env.complain(
                "debits_on",
                f"debits_on() asks for {span[0]:%Y-%m-%d %H:%M} to {span[1]:%Y-%m-%d %H:%M} JST",
                "ask for 00:00 to 24:00 of that day in Japan",
            )

    @level_3
    @needs("debits_on")
    async def test_a_day_lists_only_what_was_taken(self, env: Environment) -> None:
        env.server.will_debit()
        await env.debit(await env.order())
        day = env.clock().astimezone(JST).date()
        others = []
        for entries in (env.server.pending, env.server.refused):
            order = await env.order()
            others.append(order.exchange_id)
            entries[order.exchange_id] = Taken(
                exchange_id=order.exchange_id,
                amounts={str(wallet): amount for wallet, amount in order.amounts.items()},
                holder=env.holder(order)[0],
                reference=f"REF-{order.exchange_id}",
                at=env.clock(),
            )
        ended = await self._listed(env, day)
        sent = b" ".join(it.content for it in env.meeting.answers.values()).lower()
        if not all(it.lower().encode() in sent for it in others):
            pytest.fail(
                f"{type(env.server).__name__}: lists() tells no order that is pending or refused; add a row for each"
                " of self.pending and self.refused; where the partner's list has none, exempt this test with the reason",
                pytrace=False,
            )
        if any(it.exchange_id in others for it in ended):
            env.complain(
                "debits_on",
                "the partner's list has a pending and a refused order, and debits_on() tells them as debits",
                "read the status of each row and give those that were taken",
            )

    @level_3
    @needs("debits_on")
    async def test_an_unclear_day_is_no_day(self, env: Environment) -> None:
        env.server.will_debit()
        for _ in range(3):
            await env.debit(await env.order())
        day = env.clock().astimezone(JST).date()
        env.server.lists(day)
        await env.end(lambda it: it.debits_on(day), signed_in=True)
        positions = sorted({0, len(env.meeting.requests) - 1})
        answers = dict(env.meeting.answers)
        for at in positions:
            cases = [(case.name, case.fault) for case in unclear_answers(answers[at])]
            if "test_a_day_lists_only_what_was_taken" in self.exempt:  # then no row has a status that counts
                cases = [(name, fault) for name, fault in cases if not _IN_A_ROW.search(name)]
            cases += [("nothing, the reply was lost", lost()) for lost in (*LOST, refused)]
            cases += [("half of its list", cut) for cut in cuts(answers[at])]
            for name, fault in cases:
                env.server.lists(day)
                ended = await env.end(lambda it: it.debits_on(day), {at: fault}, sticky=True)
                if not isinstance(ended, PartnerUnavailable):
                    env.complain(
                        "debits_on",
                        f"the partner answered {name} and debits_on() ended with {_how_many(ended)}",
                        "raise unless the whole day is there: a debit that is left out is taken for one that never was."
                        " Where the partner's file has no count and no last line, exempt this test with the reason",
                    )

    async def _listed(self, env: Environment, day: date) -> tuple[DebitRecord, ...]:
        env.server.lists(day)
        ended = await env.end(lambda it: it.debits_on(day))
        if isinstance(ended, Exception):
            env.complain("debits_on", str(ended), "give a DebitRecord for each debit of the day")
        assert isinstance(ended, tuple)
        return ended

    @level_3
    @needs("debits_on")
    async def test_a_day_tells_what_was_given_back(self, env: Environment) -> None:
        whole = await self._reversal(env)
        in_two, part = await self._reversal(env), await self._reversal(env)
        untouched = await self._reversal(env)
        first = part.lines[0]
        half = replace(first, units=first.units // 2, amount=first.amount // 2)
        for reversal in (whole, replace(part, lines=(half,)), *_in_two(in_two)):
            await env.end(partial(Partner.reverse_debit, reversal=reversal))
        ended = await self._listed(env, env.clock().astimezone(JST).date())
        listed = {it.exchange_id: _given_back(it) for it in ended}
        expected = {
            it.exchange_id: env.server.returned(it.exchange_id) for it in (whole, in_two, part, untouched)
        }
        if listed != expected:
            env.complain(
                "debits_on",
                "the partner gave points of some debits back, wholly and in parts, and the day tells otherwise",
                "fill DebitRecord.given_back with what the partner returned until now; where its list tells no"
                " parts, exempt this test with the reason",
            )

    @level_3
    @needs("reverse_debit")
    async def test_points_are_given_back_once(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        for _ in range(2):
            ended = await env.end(lambda it: it.reverse_debit(reversal))
            if not isinstance(ended, Reversed):
                env.complain(
                    "reverse_debit",
                    f"the partner said yes and reverse_debit() ended with {type_name(ended)}: {ended}",
                    "return Reversed",
                )
        amounts = {line.wallet: line.amount for line in reversal.lines}
        if env.server.given_back != {reversal.reversal_id: (reversal.exchange_id, amounts)}:
            env.complain(
                "reverse_debit",
                "the partner gave back something else than was asked for, or twice",
                "send reversal.reversal_id as the idempotency key, reversal.exchange_id and the lines",
            )
        env.refuse_complaints("reverse_debit")

    @level_3
    @needs("reverse_debit")
    async def test_a_part_is_given_back_as_a_part(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        first, second = _in_two(reversal)
        ends = [await env.end(partial(Partner.reverse_debit, reversal=part)) for part in (first, second)]
        amounts = {line.wallet: line.amount for line in first.lines}
        expected = {it.reversal_id: (it.exchange_id, amounts) for it in (first, second)}
        booked = env.server.given_back
        if len(booked) < len(expected):
            env.complain(
                "reverse_debit",
                "two parts of one debit were given back and the partner has one of them",
                "send reversal.reversal_id as the idempotency key, not the exchange id: a debit may be given back in"
                " several parts",
            )
        if booked != expected:
            env.complain(
                "reverse_debit",
                "half of a debit was to be given back, and the partner was asked for another amount or another id",
                "send reversal.lines, each wallet with its own amount, and reversal.reversal_id",
            )
        for ended in ends:
            if not isinstance(ended, Reversed):
                env.complain(
                    "reverse_debit",
                    f"the partner gave a part back and reverse_debit() ended with {type_name(ended)}: {ended}",
                    "return Reversed",
                )

    @level_3
    @needs("reverse_debit")
    async def test_a_reversal_that_is_refused_is_declined(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        env.server.will_refuse_to_give_back()
        ended = await env.end(lambda it: it.reverse_debit(reversal))
        if not isinstance(ended, Declined):
            env.complain(
                "reverse_debit",
                f"the partner refused to give back and reverse_debit() ended with {type_name(ended)}",
                "return Declined for the partner's documented words for a no, and Reversed for its yes only",
            )

    @level_3
    @needs("reverse_debit")
    async def test_a_reversal_that_is_decided_later_is_in_progress(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        env.server.will_give_back_later()
        ended = await env.end(lambda it: it.reverse_debit(reversal))
        if not isinstance(ended, InProgress):
            env.complain(
                "reverse_debit",
                f"the partner will give back later and reverse_debit() ended with {type_name(ended)}",
                "return InProgress: the member's points wait until the partner has given its own back; where the"
                " partner always decides at once, exempt this test with the reason",
            )

    @level_3
    @needs("reverse_debit")
    async def test_a_reversal_without_a_clear_answer_is_unknown(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        answers = []
        for _ in range(2):
            await env.end(lambda it: it.reverse_debit(reversal), signed_in=True)
            answers.append(env.answer_at(env.meeting.moving_at if env.meeting.moving_at is not None else -1))
            env.clock.forward(timedelta(seconds=1))
        at = env.meeting.moving_at
        if at is None:
            env.complain("reverse_debit", "the partner gave nothing back", "send the reversal")
        others, words = [], ("will_refuse_to_give_back", "will_give_back_later")
        for word in words:
            if env.server.says(word):
                getattr(env.server, word)()
                await env.end(lambda it: it.reverse_debit(reversal), signed_in=True)
                others.append(env.answer_at(at))
        for case in unclear_answers(answers[0], answers[1], others):
            if case.of_no:
                getattr(env.server, next(it for it in words if env.server.says(it)))()
            else:
                env.server.will_give_back()
            ended = await env.end(lambda it: it.reverse_debit(reversal), {at: case.fault})
            self._is_unknown(env, "reverse_debit", ended, case.name, at)
        env.server.will_give_back()
        for lost in LOST:
            ended = await env.end(lambda it: it.reverse_debit(reversal), {at: lost()})
            self._is_unknown(env, "reverse_debit", ended, "nothing, the reply was lost,", at)
        ended = await env.end(lambda it: it.reverse_debit(reversal), {0: refused()})
        if not isinstance(ended, NotSent):
            env.complain(
                "reverse_debit",
                f"the connection was refused and reverse_debit() ended with {type_name(ended)}",
                "let NotSent pass",
            )

    @level_3
    @needs("reverse_debit")
    async def test_an_answer_about_another_reversal_is_unknown(self, env: Environment) -> None:
        reversal, another = await self._reversal(env), await self._reversal(env)
        answers: list[httpx.Response] = []
        sent: list[str] = []
        for it in (reversal, reversal, another):
            await env.end(partial(Partner.reverse_debit, reversal=it), signed_in=True)
            at = env.meeting.moving_at if env.meeting.moving_at is not None else -1
            answers.append(env.answer_at(at))
            request = env.meeting.requests[at]
            sent.append(f"{request.url} {request.content.decode('utf-8', 'replace')}".lower())
        changes = differences(*answers) or {}
        mine = body_of(answers[0])
        ids = {
            path: value
            for path, value in changes.items()
            if mine is not None
            and str(value).lower() in sent[2]
            and str(mine.values[path]).lower() in sent[0]
        }
        last = len(env.meeting.requests) - 1
        for path, value in ids.items():
            ended = await env.end(lambda it: it.reverse_debit(reversal), {last: with_values({path: value})})
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "reverse_debit",
                    f"the partner answered with {path} of another reversal and reverse_debit() ended with {type_name(ended)}",
                    "compare the ids in the answer with those of the reversal and raise OutcomeUnknown where they differ",
                )

    @level_3
    @needs("reverse_debit")
    async def test_a_reversal_of_another_amount_is_unknown(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        await env.end(lambda it: it.reverse_debit(reversal), signed_in=True)
        at = env.meeting.moving_at if env.meeting.moving_at is not None else -1
        body = body_of(env.answer_at(at))
        amounts = {str(line.amount) for line in reversal.lines}
        for path, value in (body.values if body is not None else {}).items():
            if str(value) not in amounts:
                continue
            other = str(int(str(value)) + 100) if isinstance(value, str) else int(str(value)) + 100
            ended = await env.end(lambda it: it.reverse_debit(reversal), {at: with_values({path: other})})
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "reverse_debit",
                    f"the partner gave back another amount ({path}) and reverse_debit() ended with {type_name(ended)}",
                    "compare the amount in the answer with reversal.lines and raise OutcomeUnknown where they differ",
                )

    @level_3
    async def test_a_reversal_is_found_or_admitted_to_be_unknown(self, env: Environment) -> None:
        if not env.partner.can("find_reversal"):
            return  # then a person is asked where a key is too old
        reversal, another = await self._reversal(env), await self._reversal(env)
        answers = []
        not_found = httpx.Response(404)
        for it in (reversal, another):
            answered = await env.end(partial(Partner.reverse_debit, reversal=it))
            env.server.forgets_reversal(it.reversal_id)
            unknown = await env.end(partial(Partner.find_reversal, reversal=it), signed_in=True)
            not_found = env.answer_at()
            if not isinstance(unknown, NoRecord):
                env.complain(
                    "find_reversal",
                    f"the partner knows nothing of the reversal and find_reversal() ended with {type_name(unknown)}",
                    "return NoRecord for the partner's documented word, and nothing else",
                )
            env.server.remembers_reversal(it.reversal_id)
            finding = await env.end(partial(Partner.find_reversal, reversal=it), signed_in=True)
            answers.append(env.answer_at())
            references = {it.reference for it in (answered, finding) if isinstance(it, Reversed)}
            if not isinstance(finding, Reversed) or len(references) != 1 or env.meeting.moving:
                env.complain(
                    "find_reversal",
                    f"the partner has given back and find_reversal() ended with {type_name(finding)}",
                    "ask for reversal.reversal_id, move nothing, and return Reversed with the partner's reference",
                )
        last = len(env.meeting.requests) - 1
        call = partial(Partner.find_reversal, reversal=another)
        await env.end(call, signed_in=True)
        cases = [
            (case.name, case.fault)
            for case in unclear_answers(answers[1], env.answer_at(), [not_found])
            if not case.of_no
        ]
        cases += [("nothing, the reply was lost", lost()) for lost in (*LOST, refused)]
        cases.append(("about another reversal", of_another(answers[1], env.answer_at(), answers[0])))
        for name, fault in cases:
            ended = await env.end(call, {last: fault}, sticky=True)
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "find_reversal",
                    f"the partner answered {name} and find_reversal() ended with {type_name(ended)}",
                    "raise: only the documented words about this very reversal mean anything",
                )

    @level_3
    async def test_the_partners_own_errors_are_listed(self, env: Environment) -> None:
        hooks = {it.hook for it in env.server.documented}
        for hook in (
            "debit",
            "find_debit",
            *(("reverse_debit",) if env.partner.can("reverse_debit") else ()),
        ):
            if hook not in hooks:
                pytest.skip(
                    f"`documented` of the fake partner has no answer to {hook}(); list what the partner's documents"
                    " say besides a plain yes and no, such as its 401, 409 and 429 and its error in a 200"
                )

    async def question(self, env: Environment, hook: str) -> Question | None:
        match hook:
            case "reverse_debit" if env.partner.can(hook):
                reversal = await self._reversal(env)
                await env.end(lambda it: it.reverse_debit(reversal), signed_in=True)
                at = env.meeting.moving_at
                if at is None:
                    env.complain("reverse_debit", "the partner gave nothing back", "send the reversal")
                known = {"exchange_id": reversal.exchange_id, "reversal_id": reversal.reversal_id}
                return Question(lambda it: it.reverse_debit(reversal), at, known, moves=True)
            case "debits_on" if env.partner.can(hook):
                day = env.clock().astimezone(JST).date()
                env.server.lists(day)
                await env.end(lambda it: it.debits_on(day), signed_in=True)
                return Question(lambda it: it.debits_on(day), len(env.meeting.requests) - 1, {})
        return await super().question(env, hook)

    async def ask_everything(self, env: Environment, order: DebitOrder, ask: Ask) -> None:
        await super().ask_everything(env, order, ask)
        if env.partner.can("reverse_debit"):
            spoilt, env.server.adds_to_answers = env.server.adds_to_answers, None
            reversal = await self._reversal(env)
            env.server.adds_to_answers = spoilt
            await ask(lambda it: it.reverse_debit(reversal))
        if env.partner.can("debits_on"):
            day = env.clock().astimezone(JST).date()
            env.server.lists(day)
            await ask(lambda it: it.debits_on(day))

    async def _reversal(self, env: Environment) -> Reversal:
        env.server.will_debit()
        order = await env.order()
        debited = await self.decided(env, order)
        if not isinstance(debited, Debited | Declined):
            env.complain("debit", f"debit() ended with {type_name(debited)}", "return Debited")
        assert isinstance(debited, Debited)
        env.server.will_give_back()
        env.clock.forward(timedelta(minutes=5))
        return Reversal(
            reversal_id=f"kit-reversal-{order.exchange_id}",
            exchange_id=order.exchange_id,
            debit=debited,
            lines=order.lines,
            at=env.clock(),
            account=order.account,
        )


def _in_two(reversal: Reversal) -> tuple[Reversal, Reversal]:
    """The same points in two steps, so that the day has to tell their sum."""
    first = reversal.lines[0]
    half = replace(first, units=first.units // 2, amount=first.amount // 2)
    return replace(reversal, lines=(half,)), replace(
        reversal, reversal_id=f"{reversal.reversal_id}-2", lines=(half,)
    )


def _given_back(record: DebitRecord) -> dict[str, int] | None:
    if record.given_back is None:
        return None
    amounts: dict[str, int] = {}
    for line in record.given_back:
        amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
    return amounts


def _how_many(ended: object) -> str:
    return f"{len(ended)} debits" if isinstance(ended, tuple) else type_name(ended)


def _is_the_day(span: tuple[datetime, datetime], day: date) -> bool:
    """From the first moment of the day in Japan to its last or the first of the next."""
    start = datetime.combine(day, time(0), JST)
    return span[0] == start and timedelta(hours=23, minutes=59) <= span[1] - start <= timedelta(days=1)
