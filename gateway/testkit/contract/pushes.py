"""松: pushes in the partner's own format are proven before anything in them is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from gateway.errors import PushRefused
from gateway.model import Push, PushedDebit
from gateway.partners.partner import Partner
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.levels import level_3
from gateway.testkit.contract.safety import SafeAmongOthers

_TOO_OLD = timedelta(days=1)

Message = tuple[Mapping[str, str], bytes]
"""Headers with names in lower case, and the body."""


class ReadsPushes(SafeAmongOthers):
    """For plugins with `read_push`. A partner that does not push by itself needs no exemption."""

    @level_3
    async def test_a_push_is_proven_and_names_its_debit(self, env: Environment) -> None:
        if not env.partner.can("read_push"):
            return
        first, second = await self._debited(env), await self._debited(env)
        for order in (first, second):
            message = env.server.pushes(order.exchange_id)
            ended = await self._reads(env, message)
            if not isinstance(ended, PushedDebit) or ended.exchange_id != order.exchange_id:
                env.complain(
                    "read_push",
                    f"the partner pushed about a debit and read_push() ended with {type_name(ended)} or another id",
                    "return PushedDebit with the exchange id of the message",
                )
            if ended.reference is not None and ended.reference.encode() not in message[1]:
                env.complain(
                    "read_push",
                    "the reference is not in the push",
                    "give the partner's own number for the debit as the message has it, or None",
                )
        if env.meeting.moving:
            env.complain("read_push", "read_push() moves points", "read the message, and move nothing")

    @level_3
    async def test_a_push_that_is_not_proven_is_refused(self, env: Environment) -> None:
        if not env.partner.can("read_push"):
            return
        order, another = await self._debited(env), await self._debited(env)
        genuine = env.server.pushes(order.exchange_id)
        env.clock.forward(timedelta(seconds=1))
        for how, message in _forged(genuine, env.server.pushes(another.exchange_id)):
            ended = await self._reads(env, message)
            if not isinstance(ended, PushRefused):
                env.complain(
                    "read_push",
                    f"a push came {how} and read_push() ended with {type_name(ended)}",
                    "verify the signature over the bytes of the body first, and raise PushRefused: anybody can send one",
                )

    @level_3
    async def test_an_old_push_is_refused(self, env: Environment) -> None:
        if not env.partner.can("read_push"):
            return
        order = await self._debited(env)
        message = env.server.pushes(order.exchange_id)
        env.clock.forward(_TOO_OLD)
        ended = await self._reads(env, message)
        if not isinstance(ended, PushRefused):
            env.complain(
                "read_push",
                f"a push of yesterday was sent once more and read_push() ended with {type_name(ended)}",
                "compare the moment that is signed with push.at; where the partner signs none, exempt this test with"
                " the reason",
            )

    async def _reads(self, env: Environment, message: Message) -> object:
        headers, body = message
        push = Push(
            headers={name.lower(): value for name, value in headers.items()}, body=body, at=env.clock()
        )
        return await env.end(lambda it: Partner.read_push(it, push))


def _forged(genuine: Message, another: Message) -> Iterator[tuple[str, Message]]:
    """By name, messages that only somebody without the partner's secret would send."""
    headers, body = genuine
    yield "without its headers", ({}, body)
    yield "with the headers of another", (another[0], body)
    yield "with another's body", (headers, another[1])
    yield "with a longer body", (headers, body + b" ")
    yield "with half of its body", (headers, body[: len(body) // 2])
    yield "without a body", (headers, b"")
    yield "with bytes that are no text", (headers, b"\xff\xfe\x00")
    yield "with empty headers", (dict.fromkeys(headers, ""), body)
    yield "with headers beyond ASCII", (dict.fromkeys(headers, "見本=1,見"), body)
    yield "with headers that are cut", ({name: value[:-1] for name, value in headers.items()}, body)
