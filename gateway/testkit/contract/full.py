"""松: a full partner. It decides later, gives back, lists its day, says when to come again, serves many at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
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
    Push,
    Reversal,
    Reversed,
    amounts_by_wallet,
)
from gateway.partners.partner import Partner
from gateway.testkit.contract.day import asked_span, cuts, without_lists
from gateway.testkit.contract.debits import Question
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.fake import Fault, Instead, Taken
from gateway.testkit.contract.levels import level_2, level_3, needs
from gateway.testkit.contract.pushes import ReadsPushes
from gateway.testkit.contract.safety import Ask
from gateway.testkit.contract.unclear import (
    LOST,
    Unclear,
    about_nobody,
    body_of,
    differences,
    in_another_case,
    of_another,
    refused,
    unclear_answers,
    with_values,
    without_value,
)
from gateway.testkit.contract.unknown_words import code_places

_MOMENTS_OF_A_DAY: Final = (
    *(time(12), time(0), time(0, 30), time(9), time(9), time(15), time(18, 7), time(18, 7, 1), time(21)),
    *(time(23, 30), time(23, 59), time(23, 59, 59)),
)
"""Some share a moment or a minute, and the first and the last second of the day in Japan are among them."""

_IN_A_ROW: Final = re.compile(r" (?:in|without) .*(?:\.[0-9]+\.|\[[0-9]+\])")


class FullPartner(ReadsPushes):
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
        for wait in (timedelta(hours=1), timedelta(days=2), env.partner.profile.decides_within, timedelta(0)):
            finding = await env.end(lambda it: it.find_debit(order.exchange_id))
            if not isinstance(finding, InProgress):
                env.complain(
                    "find_debit",
                    f"the partner has not decided yet and find_debit() ended with {type_name(finding)}",
                    "return InProgress, however long it takes: an order that is only taken in is neither a debit nor"
                    " given up",
                )
            env.clock.forward(wait)
        await self._decides_at_last(env, order)

    async def _decides_at_last(self, env: Environment, order: DebitOrder) -> None:
        """What was pending is debited when it is asked about again."""
        pending = env.answer_at().content
        amounts = {str(wallet): amount for wallet, amount in order.amounts.items()}
        env.server.takes(order.exchange_id, amounts, holder=env.holder(order)[0])
        env.server.remembers(order.exchange_id)
        finding = await env.end(lambda it: it.find_debit(order.exchange_id))
        if isinstance(finding, InProgress) and (
            not env.meeting.requests or env.answer_at().content != pending
        ):
            env.complain(
                "find_debit",
                "the partner has decided since and find_debit() still ended with InProgress",
                "ask the partner at each call and keep no answer",
            )

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
        for uneven, without_token in ((False, False), (True, False), (False, True)):
            env.server.answers_unevenly = uneven
            if without_token:
                env.server.let_tokens_end()
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
        first, *others = _MOMENTS_OF_A_DAY
        env.clock.now = datetime.combine(day, first, JST)
        await env.debit(await env.order())
        await self._is_whole(env, day)  # and is asked for anew afterwards
        # A day in Japan begins and ends in the middle of a day of UTC.
        for number, at in enumerate(others):
            env.clock.now = datetime.combine(day, at, JST)
            await env.debit(await env.order(member=f"kit-member-{number // 4}"))
        await self._is_whole(env, day)
        span = asked_span(env.meeting.requests, env.clock())
        if span is not None and not _is_the_day(span, day):
            env.complain(
                "debits_on",
                f"debits_on() asks for {span[0]:%Y-%m-%d %H:%M} to {span[1]:%Y-%m-%d %H:%M} JST",
                "ask for 00:00 to 24:00 of that day in Japan",
            )

    async def _is_whole(self, env: Environment, day: date) -> None:
        """What `debits_on` tells of the day is the partner's book of that day."""
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
            holder = env.server.taken[record.exchange_id].holder
            if record.service_id is not None and env.server.member_of(holder) is not None:
                self._is_the_account(env, record, str(env.server.member_of(holder)))
            if abs(record.at - env.server.taken[record.exchange_id].at) >= timedelta(minutes=1):
                env.complain(
                    "debits_on",
                    "debits_on() tells a debit at another time than the partner has it",
                    "read the time with the zone that the partner documents",
                )

    def _is_the_account(self, env: Environment, record: DebitRecord, member: str) -> None:
        expected = env.server.account(member).service_id
        if str(record.service_id).casefold() != expected.casefold():
            env.complain(
                "debits_on",
                "debits_on() tells a debit with another account than it was taken from",
                "read DebitRecord.service_id from the row, as debit() reads it from the answer",
            )

    @level_3
    @needs("debits_on")
    async def test_two_who_ask_for_a_day_at_once_are_told_the_same(self, env: Environment) -> None:
        env.server.will_debit()
        for number in range(5):
            await env.debit(await env.order(member=f"kit-member-{number}"))
        day = env.clock().astimezone(JST).date()
        alone = await self._listed(env, day)
        await env.signs_in()
        for uneven in (False, True):
            env.server.answers_unevenly = uneven
            ends = await asyncio.gather(
                *(_later(steps, partial(env.partner.debits_on, day)) for steps in (0, 6)),
                return_exceptions=True,
            )
            if any(
                not isinstance(end, tuple) or set(map(repr, end)) != set(map(repr, alone)) for end in ends
            ):
                env.complain(
                    "debits_on",
                    "the day was asked for twice at the same time, and one of the lists is another",
                    "keep nothing of a call on self, such as a cursor, a page or the rows until now",
                )

    @level_3
    @needs("reverse_debit")
    async def test_two_reversals_at_once_stay_apart(self, env: Environment) -> None:
        reversals = [await self._reversal(env, member=f"kit-member-{name}") for name in "ab"]
        reversals[1] = replace(reversals[1], lines=_in_two(reversals[1])[0].lines)
        expected = {
            it.reversal_id: (it.exchange_id, {str(line.wallet): line.amount for line in it.lines})
            for it in reversals
        }
        await env.signs_in()
        for uneven, turned in ((False, False), (False, True), (True, False), (True, True)):
            env.server.answers_unevenly = uneven
            asked = reversals[::-1] if turned else reversals
            await self._stay_apart(env, "reverse_debit", asked, Partner.reverse_debit)
            if env.server.given_back != expected or env.server.complaints:
                self._mixed_up_reversals(env, "reverse_debit")
            if env.partner.can("find_reversal"):
                for it in asked:
                    env.server.remembers_reversal(it.reversal_id)
                await self._stay_apart(env, "find_reversal", asked, Partner.find_reversal)

    async def _stay_apart(
        self,
        env: Environment,
        hook: str,
        reversals: Sequence[Reversal],
        ask: Callable[[Partner, Reversal], Awaitable[object]],
    ) -> None:
        alone = [await env.end(lambda partner, it=it: ask(partner, it)) for it in reversals]  # type: ignore[misc]
        together = await asyncio.gather(*(ask(env.partner, it) for it in reversals), return_exceptions=True)
        for one_by_one, at_once in zip(alone, together, strict=True):
            if not isinstance(at_once, Reversed) or (
                isinstance(one_by_one, Reversed) and at_once.reference != one_by_one.reference
            ):
                self._mixed_up_reversals(env, hook)

    def _mixed_up_reversals(self, env: Environment, hook: str) -> None:
        env.complain(
            hook,
            f"two reversals ran at the same time, and {hook}() of one ended with the other's or without an answer",
            "keep nothing of a call on self: several run at the same time",
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
        answers = (it.content for it in env.meeting.answers.values())
        sent = b" ".join((*answers, *env.server.files.values())).lower()
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
        asked_before = env.server.sftp.asked
        await env.end(lambda it: it.debits_on(day), signed_in=True)
        if env.server.sftp.asked > asked_before:
            await self._unclear_files(env, day)
            env.server.lists(day)
            await env.end(lambda it: it.debits_on(day), signed_in=True)
        requests = len(env.meeting.requests)
        positions = sorted({0, requests - 1}) if requests else []
        answers = dict(env.meeting.answers)
        whole = len(env.server.taken)
        for at in positions:
            cases = [(case.name, case.fault) for case in unclear_answers(answers[at])]
            if "test_a_day_lists_only_what_was_taken" in self.exempt:  # then no row has a status that counts
                cases = [(name, fault) for name, fault in cases if not _IN_A_ROW.search(name)]
            cases += [("nothing, the reply was lost", lost()) for lost in (*LOST, refused)]
            cases += [("half of its list", cut) for cut in cuts(answers[at])]
            cases += [("no list at all", cut) for cut in without_lists(answers[at])]
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
            for path in _values_of_a_row(answers[at]):
                env.server.lists(day)
                ended = await env.end(lambda it: it.debits_on(day), {at: without_value(path)}, sticky=True)
                if isinstance(ended, tuple) and len(ended) < whole:
                    env.complain(
                        "debits_on",
                        f"a row of the day came without {path} and debits_on() left it out",
                        "raise for a row that cannot be read: a debit that is left out is taken for one that never was",
                    )

    async def _unclear_files(self, env: Environment, day: date) -> None:
        """Of a partner that puts its days on an SFTP server: what the server class keeps in `self.files`."""
        files, sftp = env.server.files, env.server.sftp
        cases: list[tuple[str, Callable[[bytes], bytes | None]]] = [
            ("no file", lambda _: None),
            ("an empty file", lambda _: b""),
            ("half a file", lambda content: content[: len(content) // 2]),
            ("a file without its last line", _without_last_line),
            ("a file in no charset", lambda content: b"\x81 " + content),
        ]
        for name, spoilt in cases:
            env.server.lists(day)
            contents = {path: spoilt(content) for path, content in files.items()}
            files.clear()
            files |= {path: content for path, content in contents.items() if content is not None}
            await self._require_no_day(env, day, name)
        for fault in (OutcomeUnknown("the connection was lost"), NotSent("no connection was made")):
            env.server.lists(day)
            sftp.fault = fault
            await self._require_no_day(env, day, f"no answer: {fault}")
            sftp.fault = None

    async def _require_no_day(self, env: Environment, day: date, name: str) -> None:
        ended = await env.end(lambda it: it.debits_on(day))
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "debits_on",
                f"the partner's server had {name} and debits_on() ended with {_how_many(ended)}",
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
        taken = {it.exchange_id: dict(it.amounts) for it in env.server.taken.values()}
        if any(amounts_by_wallet(it.lines) != taken.get(it.exchange_id) for it in ended):
            env.complain(
                "debits_on",
                "points of a debit were given back, and the day tells another amount as taken",
                "give in DebitRecord.lines what was taken then, whatever was given back since",
            )
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
        our_ids = [reversal.reversal_id, reversal.exchange_id]
        for path, value in ids.items():
            ended = await env.end(lambda it: it.reverse_debit(reversal), {last: with_values({path: value})})
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "reverse_debit",
                    f"the partner answered with {path} of another reversal and reverse_debit() ended with {type_name(ended)}",
                    "compare the ids in the answer with those of the reversal and raise OutcomeUnknown where they differ",
                )
        for how, fault in about_nobody(answers[0], our_ids):
            ended = await env.end(lambda it: it.reverse_debit(reversal), {last: fault})
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "reverse_debit",
                    f"the partner's yes came {how} and reverse_debit() ended with {type_name(ended)}",
                    "compare the whole ids in the answer with those of the reversal and raise OutcomeUnknown unless they"
                    " are the same",
                )
        if (other_case := in_another_case(answers[0], our_ids)) is not None:
            ended = await env.end(lambda it: it.reverse_debit(reversal), {last: other_case})
            if isinstance(ended, Reversed) is not env.partner.profile.ids_ignore_case:
                env.complain(
                    "reverse_debit",
                    f"the partner repeated the ids in another case and reverse_debit() ended with {type_name(ended)}",
                    "compare ids as they are, or without regard to case where the profile says ids_ignore_case=True",
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
        found = answers[1]
        cases = unclear_answers(found, env.answer_at(), [not_found], no_is_a_word=True)
        cases += [Unclear("nothing, the reply was lost", lost()) for lost in (*LOST, refused)]
        cases.append(Unclear("about another reversal", of_another(found, env.answer_at(), answers[0])))
        cases += [
            Unclear(how, fault)
            for how, fault in about_nobody(found, [another.reversal_id, another.exchange_id])
        ]
        cases += self._errors_of_a_look_up(env, another)
        cases += await self._not_found_of_others(env, another)
        for case in cases:
            if case.of_no:
                env.server.forgets_reversal(another.reversal_id)
            else:
                env.server.remembers_reversal(another.reversal_id)
            ended = await env.end(call, {last: case.fault}, sticky=True)
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "find_reversal",
                    f"the partner answered {case.name} and find_reversal() ended with {type_name(ended)}",
                    "raise: only the documented words about this very reversal mean anything",
                )
        await self._is_not_yet_given_back(env, another, found, last)

    def _errors_of_a_look_up(self, env: Environment, reversal: Reversal) -> list[Unclear]:
        """What the partner's documents say about looking up a debit, said about a reversal."""
        known = {
            "exchange_id": reversal.exchange_id,
            "reversal_id": reversal.reversal_id,
            "now": env.clock().isoformat(),
        }
        return [
            Unclear(documented.called, Instead(partial(documented.answer, known=known)))
            for documented in env.server.documented
            if documented.hook == "find_debit" and documented.ends is PartnerUnavailable
        ]

    async def _not_found_of_others(self, env: Environment, reversal: Reversal) -> list[Unclear]:
        """The partner's "not found" about another reversal, where it names what was not found."""
        answers = []
        for id_ in (reversal.reversal_id, reversal.reversal_id, f"{reversal.reversal_id}-other"):
            env.server.forgets_reversal(id_)
            it = replace(reversal, reversal_id=id_)
            await env.end(partial(Partner.find_reversal, reversal=it), signed_in=True)
            answers.append(env.answer_at())
        if not differences(*answers):
            return []
        return [Unclear("not found about another reversal", of_another(*answers), of_no=True)]

    async def _is_not_yet_given_back(
        self, env: Environment, reversal: Reversal, found: httpx.Response, last: int
    ) -> None:
        """The words for "later" and for a no, which the partner has for the order, in its answer about it later."""
        env.server.remembers_reversal(reversal.reversal_id)
        yes = body_of(found)
        for word, wrong in (
            ("will_give_back_later", Reversed | Declined | NoRecord),
            ("will_refuse_to_give_back", Reversed | NoRecord),
        ):
            if yes is None or not env.server.says(word):
                continue
            getattr(env.server, word)()
            await env.end(partial(Partner.reverse_debit, reversal=reversal), signed_in=True)
            if not env.meeting.requests or (other := body_of(env.answer_at())) is None:
                continue
            for path in set(code_places(yes)) & set(code_places(other)):
                if other.values[path] == yes.values[path]:
                    continue
                fault: Fault = with_values({path: other.values[path]})
                call = partial(Partner.find_reversal, reversal=reversal)
                ended = await env.end(call, {last: fault}, sticky=True)
                if isinstance(ended, wrong):
                    env.complain(
                        "find_reversal",
                        f"the partner's answer has its word for {'a later decision' if 'later' in word else 'a no'} in"
                        f" {path} and find_reversal() ended with {type_name(ended)}",
                        "return InProgress, or Declined for a no, or raise: Reversed is for points that are back, and"
                        " NoRecord for a reversal that the partner does not know",
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
            if env.partner.can("find_reversal") and reversal.reversal_id in env.server.given_back:
                env.server.remembers_reversal(reversal.reversal_id)
                await ask(lambda it: it.find_reversal(reversal))
        if env.partner.can("debits_on"):
            day = env.clock().astimezone(JST).date()
            env.server.lists(day)
            await ask(lambda it: it.debits_on(day))
        if env.partner.can("read_push") and order.exchange_id in env.server.taken:
            headers, body = env.server.pushes(order.exchange_id)
            push = Push(headers={name.lower(): it for name, it in headers.items()}, body=body, at=env.clock())
            await ask(lambda it: it.read_push(push))

    async def _reversal(self, env: Environment, member: str = "kit-member-1") -> Reversal:
        env.server.will_debit()
        order = await env.order(member=member)
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


async def _later(steps: int, call: Callable[[], Awaitable[object]]) -> object:
    """The call, begun when others have had this many turns, so that it stands at another page than they."""
    for _ in range(steps):
        await asyncio.sleep(0)
    return await call()


def _values_of_a_row(answer: httpx.Response) -> list[str]:
    """Where the values of one row of a list stand: of the second row of an XML list, else of the first."""
    body = body_of(answer)
    paths = list(body.values) if body is not None else []
    return [path for path in paths if re.search(r"(?:^|\.)0\.|\[2\]", path)]


def _without_last_line(content: bytes) -> bytes:
    return content.rstrip().rpartition(b"\n")[0] + b"\n"


def _how_many(ended: object) -> str:
    return f"{len(ended)} debits" if isinstance(ended, tuple) else type_name(ended)


def _is_the_day(span: tuple[datetime, datetime], day: date) -> bool:
    """From the first moment of the day in Japan to its last or the first of the next."""
    start = datetime.combine(day, time(0), JST)
    return span[0] == start and timedelta(hours=23, minutes=59) <= span[1] - start <= timedelta(days=1)
