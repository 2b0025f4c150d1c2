"""The guard around a call of a plugin that has a process of its own: what is awaited then is the gateway's own code."""

from __future__ import annotations

import asyncio
import time

import pytest
import structlog

from gateway.errors import OutcomeUnknown, PartnerUnavailable
from gateway.partners.calls.call_log import current_scope
from gateway.partners.calls.guard import MAX_IN_FLIGHT, CallGuard


@pytest.fixture
def guard():
    return CallGuard(
        "acorn",
        0.05,
        structlog.get_logger(),
        seconds=time.monotonic,
        known_secrets=tuple,
        in_own_process=True,
    )


def call(guard, hook):
    return guard.call(
        "balances", hook, lambda it: it, lambda end: PartnerUnavailable(end.text), may_probe=True
    )


class TestInAnotherProcess:
    async def test_the_answer_is_the_processs(self, guard):
        async def balances():
            assert current_scope().hook == "balances"
            return 7

        assert await call(guard, balances) == 7

    async def test_what_has_not_ended_by_the_deadline_is_cancelled_and_its_place_is_free(self, guard):
        scopes, cancelled = [], 0

        async def balances():
            nonlocal cancelled
            scopes.append(current_scope())
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled += 1
                raise

        calls = [call(guard, balances) for _ in range(MAX_IN_FLIGHT)]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(end) for end in ends} == {PartnerUnavailable}
        assert all("did not end within 0.05 s" in str(end) for end in ends)
        assert (cancelled, all(scope.closed for scope in scopes)) == (MAX_IN_FLIGHT, True)
        guard.breaker.record_success()

        async def next_balances():
            return 7

        assert await call(guard, next_balances) == 7

    async def test_a_timeout_of_the_plugins_own_is_no_deadline(self, guard):
        async def balances():
            raise OutcomeUnknown("acorn: ended with timeout") from TimeoutError()

        with pytest.raises(PartnerUnavailable, match="ended with timeout"):
            await call(guard, balances)

    async def test_whoever_waits_no_more_ends_the_call(self, guard):
        has_begun, has_ended = asyncio.Event(), asyncio.Event()

        async def balances():
            has_begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                has_ended.set()

        task = asyncio.create_task(call(guard, balances))
        await has_begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert has_ended.is_set()
