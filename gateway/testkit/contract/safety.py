"""竹: safe among others. Rates that are dated, secrets that stay secret, hosts that are declared, a free loop."""

from __future__ import annotations

import base64
import contextlib
import inspect
import logging
import re
import socket
import typing
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.model import (
    JST,
    Debited,
    DebitOrder,
    Declined,
    InProgress,
    Label,
    LinkedAccount,
    Rate,
    RateTable,
)
from gateway.partners.loading.checks import HOOKS, shown
from gateway.partners.partner import Partner
from gateway.testkit.contract.debits import Contract
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.fake import Fault
from gateway.testkit.contract.levels import level_2
from gateway.testkit.contract.personal import personal, personal_texts, with_a_person
from gateway.testkit.contract.unclear import LOST, like_it, refused

AHEAD_DAYS = 90
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_TODO = re.compile(r"#\s*TODO\b:?\s*(.*)")
_BLOCKED = ("plugin_blocks_the_loop", "plugin_blocks_itself")

_LABELS = "an error, an answer or a repr"

Ask = Callable[[Callable[[Partner], Awaitable[object]]], Awaitable[object]]


class SafeAmongOthers(Contract):
    """What a plugin owes the members, the gateway and the other plugins."""

    @level_2
    async def test_rates_are_in_force_for_90_days_or_a_note_names_their_end(self, env: Environment) -> None:
        table = await env.end(lambda it: it.rate_table(env.clock()))
        assert isinstance(table, RateTable)
        for wallet in env.partner.profile.wallets:
            rates = [rate for rate in table.rates if rate.wallet == wallet.id]
            end = _first_gap(rates, env.clock(), env.clock() + timedelta(days=AHEAD_DAYS))
            if end is None or any(_names(note, end) for note in table.notes):
                continue
            env.complain(
                "rate_table",
                f"the wallet {wallet.id} has no rate from {end:%Y-%m-%d} on",
                f"add the rate that follows, or a note to RateTable.notes that names {end:%Y-%m-%d}",
            )

    @level_2
    async def test_texts_are_in_japanese_and_in_english(self, env: Environment) -> None:
        profile = env.partner.profile
        table = await env.end(lambda it: it.rate_table(env.clock()))
        notes = (*profile.notes, *(table.notes if isinstance(table, RateTable) else ()))
        for what, label in (("terms", profile.terms), *(("a note", note) for note in notes)):
            if not _JAPANESE.search(label.ja):
                env.complain(
                    "partner_profile", f"{what} has no Japanese text", "write Label(ja=…) in Japanese"
                )
        names = (("name", profile.name), ("points_name", profile.points_name), ("terms", profile.terms))
        wallets = ((f"the wallet {it.id}", it.name) for it in profile.wallets)
        for what, label in (*names, *wallets, *(("a note", note) for note in notes)):
            # A name may be quoted as it is written; a text that is Japanese for the most part is not English.
            if len(_JAPANESE.findall(label.en)) >= len(_LATIN.findall(label.en)):
                env.complain(
                    "partner_profile",
                    f"{what} is Japanese in its English text",
                    "write Label(en=…) in English",
                )

    @level_2
    async def test_arguments_are_annotated_as_in_the_hooks(self, env: Environment) -> None:
        for name, spec in HOOKS.items():
            if not env.partner.can(name):
                continue
            method = getattr(env.plugin, name)
            hints = typing.get_type_hints(spec)
            try:
                there = typing.get_type_hints(inspect.unwrap(method))
            except NameError as fault:
                env.complain(
                    name,
                    f"{name}() is annotated with {fault.name}, which its file does not have",
                    f"import {fault.name}, and not only for type checkers",
                )
            for parameter in inspect.signature(method).parameters:
                if there.get(parameter) != hints[parameter]:
                    kind = getattr(hints[parameter], "__name__", str(hints[parameter]))
                    env.complain(
                        name,
                        f"{name}(): `{parameter}` is not annotated as in the hook",
                        f"write {parameter}: {kind}",
                    )
            if "return" not in there:
                env.complain(name, f"{name}() does not say what it gives", "annotate its result")

    @level_2
    async def test_no_secret_is_in_a_log_a_repr_or_an_error(
        self, env: Environment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        at = await env.clear_debit()
        order = await env.order()
        secrets = {*env.server.secrets.values(), *env.server.handed_out, *env.holder(order)}
        if order.account is not None:
            secrets.discard(order.account.service_id)
        echo = httpx.Response(200, json={"result": sorted(secrets), "error": sorted(secrets)})
        texts: list[str] = []
        half: Fault = lambda _, it: like_it(it, it.content[:9])  # noqa: E731  one of several faults
        for fault in (None, echo, httpx.Response(500, text=" ".join(sorted(secrets))), LOST[0](), half):
            faults = {} if fault is None else {at: fault}
            order = await env.order()
            ended = await env.debit(order, faults)
            texts += [repr(ended), str(ended), *_causes(ended)]
        texts += await self.told_while_asking(env)
        texts += [repr(env.plugin), *(repr(value) for value in vars(env.plugin).values())]
        secrets |= env.server.handed_out
        secrets |= {form for secret in secrets for form in _written_otherwise(secret)}
        for place, text in _written(env, capsys, caplog, texts).items():
            if any(secret in text for secret in secrets):
                env.complain(
                    "debit",
                    f"a secret of the settings, a token or a code stands in {place}",
                    "keep it in a Secret, and reveal() it only where the request is made",
                )

    @level_2
    async def test_nothing_of_a_person_is_in_a_log_an_error_or_a_label(
        self, env: Environment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        texts: list[str] = []
        for spoilt in (None, 500, 409, 200):
            env.server.adds_to_answers = partial(with_a_person, status=spoilt)
            texts += [text for ended in await self.everything(env) for text in _shown_of(ended)]
        persons = personal_texts(env.server.answered_texts)
        for place, text in _written(env, capsys, caplog, texts).items():
            if (what := personal(text, persons, parts=place != _LABELS)) is not None:
                env.complain(
                    "debit",
                    f"{what} of a member stands in {place}",
                    "log and show what tells nobody who it is, such as a reference, a short name or the last four"
                    " digits, and quote nothing of the partner's answers",
                )

    async def told_while_asking(self, env: Environment) -> list[str]:
        """What the hooks of this kind of link answer, for the search for secrets."""
        del env
        return []

    @level_2
    async def test_an_access_token_is_renewed_in_time(self, env: Environment) -> None:
        env.server.will_debit()
        if not env.server.tokens:
            return
        life = max(env.server.tokens.values()) - env.clock() + timedelta(seconds=1)
        await self.everything(env, pause=life)
        if env.server.used_after_end:
            env.complain(
                "check_connection",
                f"a request ({env.server.used_after_end[0]}) carries an access token whose time is over",
                "keep the end that the partner gives with the token, and get a new one shortly before it",
            )
        faults: tuple[Fault, ...] = (
            *(httpx.Response(status) for status in (500, 401, 429)),
            httpx.Response(503, headers={"retry-after": "1"}),
            *(lost() for lost in LOST),
            refused(),
        )
        for fault in faults:
            env.clock.forward(life)
            env.server.will_debit()
            order = await env.order()
            env.server.looks_afresh({0: fault}, sticky=True)
            # The breaker of a partner that failed several times would keep it from being asked.
            await self._without_a_token(env, await env.unguarded(partial(Partner.debit, order=order)))

    async def _without_a_token(self, env: Environment, ended: object) -> None:
        """How a debit ended for which no access token was to be had."""
        first = env.meeting.requests[0] if env.meeting.requests else None
        address = first.url.copy_with(query=None) if first is not None else None
        again = [it for it in env.meeting.requests[1:] if it.url.copy_with(query=None) == address]
        if again:
            env.complain(
                "debit",
                "the request for an access token failed inside a debit and was sent again",
                "ask for the token once and raise: the gateway comes back by itself",
            )
        if isinstance(ended, Debited | Declined | InProgress) or env.meeting.moving:
            env.complain(
                "debit",
                f"no access token was to be had and debit() ended with {type_name(ended)}",
                "raise: nothing was ordered, and nobody said no",
            )

    @level_2
    async def test_promises_can_be_kept(self, env: Environment) -> None:
        profile = env.partner.profile
        deadline = timedelta(seconds=profile.deadline_s)
        if profile.debits_may_hide_for < deadline:
            env.complain(
                "partner_profile",
                f"debits_may_hide_for is {profile.debits_may_hide_for}, and a debit is under way for up to {deadline}",
                "say how long after sending find_debit may still know nothing, at least the deadline",
            )
        if profile.arrives_within <= timedelta(0):
            env.complain(
                "partner_profile", "arrives_within is not above zero", "say what members are promised"
            )
        table = await env.end(lambda it: it.rate_table(env.clock()))
        if not isinstance(table, RateTable):
            env.complain("rate_table", f"ended with {table}", "days are days in Japan: tzinfo=JST")
        for rate in table.rates:
            if rate.ends_at is not None and _is_the_last_moment(rate.ends_at):
                env.complain(
                    "rate_table",
                    f"a rate of {rate.wallet} ends at {rate.ends_at:%H:%M:%S}, and `ends_at` is the first moment without it",
                    "write the midnight that follows, so that the last second or minute of the day has a rate",
                )

    @level_2
    async def test_nobody_is_spoken_to_but_the_declared_hosts(self, env: Environment) -> None:
        with _no_way_out() as strangers:
            await self.everything(env)
        if strangers:
            env.complain(
                "debit",
                f"a connection of its own was opened to {strangers[0]}",
                "send every request with setup.http, and only to the hosts of partner_profile()",
            )
        by_the_client = sum(len(call.requests) for call in env.calls)
        if by_the_client != self.sent(env):
            env.complain(
                "debit",
                f"{self.sent(env)} requests were sent and {by_the_client} of them with setup.http",
                "send every request with setup.http: it knows what has left this machine",
            )
        refused = [call.text for call in env.calls if "is not one of the profile's hosts" in call.text]
        if refused:
            env.complain("partner_profile", refused[0], "name the host, or do not ask it")

    @level_2
    async def test_the_loop_is_never_held_up(self, env: Environment) -> None:
        # A busy machine can stop any process for a moment; a plugin that blocks does so every time.
        blocked: dict[str, float] = {}
        for attempt in range(3):
            env.gateway_log.lines.clear()
            await self.everything(env)
            now = {
                values["hook"]: values["blocked_ms"]
                for event, values in env.gateway_log.lines
                if event in _BLOCKED
            }
            blocked = now if attempt == 0 else {it: min(blocked[it], now[it]) for it in blocked if it in now}
            if not blocked:
                return
        hook = max(blocked, key=lambda it: blocked[it])
        env.complain(
            hook,
            f"{hook}() held up everybody for {blocked[hook]} ms",
            "await instead of waiting (asyncio.sleep, setup.http), and move long work to asyncio.to_thread",
        )

    @level_2
    async def test_nothing_is_left_to_do(self, env: Environment) -> None:
        files = env.sources()
        left = [
            f"{shown(path)}:{number} {todo[1]}"
            for path in files
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
            if (todo := _TODO.search(line))
        ]
        if left:
            pytest.skip(f"{len(left)} TODOs are left, the first at {left[0]}")

    # --- the whole of a plugin, once -------------------------------------------------------------------------

    async def everything(self, env: Environment, *, pause: timedelta = timedelta(0)) -> list[object]:
        """Call every hook once and give how each ended. `pause` goes by before each call, on the kit's clock."""
        server = env.server
        ends: list[object] = []

        async def ask(call: Callable[[Partner], Awaitable[object]]) -> object:
            env.clock.forward(pause)
            ends.append(await env.end(call))
            return ends[-1]

        server.will_debit()
        order = await env.order()
        await env.partner.wallet_priority(order.destination, env.clock())
        await ask(Partner.check_connection)
        await ask(lambda it: it.debit(order))
        if order.exchange_id in server.taken:
            server.remembers(order.exchange_id)
            await ask(lambda it: it.find_debit(order.exchange_id))
        if server.declines:
            server.will_decline(server.declines[0])
            refused = await env.order()
            await ask(lambda it: it.debit(refused))
            server.forgets(refused.exchange_id)
            await ask(lambda it: it.find_debit(refused.exchange_id))
            server.will_debit()
        await self.ask_everything(env, order, ask)
        return ends

    async def ask_everything(self, env: Environment, order: DebitOrder, ask: Ask) -> None:
        """The hooks of this kind of link."""
        del env, order, ask

    def sent(self, env: Environment) -> int:
        """How many requests the partner met in this test."""
        return env.server.met


@contextlib.contextmanager
def _no_way_out() -> Iterator[list[str]]:
    """No name is looked up and no connection made; whoever tries is written down."""
    strangers: list[str] = []

    def refuse(_socket: Any, address: Any) -> int:
        strangers.append(str(address[0] if isinstance(address, tuple) else address))
        raise ConnectionRefusedError("the contract kit opens no connection")

    def no_name(host: Any, *_rest: Any, **_more: Any) -> Any:
        strangers.append(str(host))
        raise socket.gaierror("the contract kit looks up no name")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "connect_ex", refuse)
        patch.setattr(socket, "getaddrinfo", no_name)
        yield strangers


def _first_gap(rates: list[Rate], start: datetime, until: datetime) -> datetime | None:
    """The first moment in [start, until) at which no rate is in force, or None."""
    moment = start
    while moment < until:
        ends = [
            rate.ends_at for rate in rates if any(rate.in_force(kind, moment) for kind in rate.destinations)
        ]
        if not ends:
            return moment
        if None in ends:
            return None
        moment = max(end for end in ends if end is not None)
    return None


def _is_the_last_moment(end: datetime) -> bool:
    """The last minute or second of a day in Japan, or of a day where it is written."""
    return any((it.hour, it.minute) == (23, 59) for it in (end, end.astimezone(JST)))


def _names(note: Label, day: datetime) -> bool:
    last = day - timedelta(days=1)
    dates = [text for it in (day, last) for text in (f"{it:%Y-%m-%d}", f"{it.year}年{it.month}月{it.day}日")]
    return any(date in note.ja or date in note.en for date in dates)


def _written_otherwise(secret: str) -> set[str]:
    """The secret as base64, wherever in a longer text it begins, as hexadecimal digits and as part of an address."""
    data = secret.encode()
    within = {
        base64.b64encode(b"x" * before + data).decode()[-(-before * 8 // 6) : -4] for before in range(3)
    }
    return {it for it in (*within, data.hex(), quote(secret, safe="")) if len(it) >= 8}


def _written(
    env: Environment,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    texts: list[str],
) -> dict[str, str]:
    """By place, everything that a plugin's words can be read in."""
    captured = capsys.readouterr()
    return {
        "a line of its log": repr(env.plugin_log.lines),
        "a line of the gateway's log": repr(env.gateway_log.lines),
        _LABELS: " ".join(texts),
        "what it prints": captured.out + captured.err,
        "a line of the standard log": caplog.text,
    }


def _shown_of(ended: object) -> list[str]:
    """What of an answer or an error is kept or shown to people."""
    match ended:
        case LinkedAccount():
            return [ended.service_id, ended.shown_as]
        case BaseException():
            return _causes(ended)
    return [repr(ended)]


def _causes(ended: object) -> list[str]:
    texts: list[str] = []
    fault = ended if isinstance(ended, BaseException) else None
    while fault is not None:
        texts.append(f"{fault} {fault!r} {getattr(fault, '__notes__', '')}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return texts
