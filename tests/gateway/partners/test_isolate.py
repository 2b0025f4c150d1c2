"""A plugin's code ends as a value or a fault, whatever it does."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.partners.calls.isolate import place_of, run_isolated, run_isolated_sync


class Ticks:
    """A watch that stands still until it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_the_longest_step_is_measured_and_waiting_does_not_count():
    ticks = Ticks()

    async def hook():
        ticks.now_s += 0.2
        await asyncio.sleep(0)
        ticks.now_s += 0.3
        await asyncio.sleep(0)
        return "done"

    async def time_goes_by_elsewhere():
        ticks.now_s += 100

    hook_task = asyncio.create_task(run_isolated(hook, ticks))
    other = asyncio.create_task(time_goes_by_elsewhere())
    ended = await hook_task
    await other
    assert (ended.value, ended.fault) == ("done", None)
    assert ended.longest_step_s == pytest.approx(0.3)


async def test_what_is_awaited_reaches_the_hook_as_value_and_as_exception():
    loop = asyncio.get_running_loop()
    good, bad = loop.create_future(), loop.create_future()
    loop.call_soon(good.set_result, 7)
    loop.call_soon(bad.set_exception, KeyError("x"))

    async def hook():
        got = await good
        try:
            await bad
        except KeyError:
            return got

    assert (await run_isolated(hook)).value == 7


async def test_a_hook_that_is_no_coroutine_answers_what_it_returned():
    assert (await run_isolated(lambda: 5)).value == 5  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("fault", [SystemExit(3), KeyboardInterrupt(), ValueError()])
async def test_every_exception_ends_here(fault):
    async def hook():
        await asyncio.sleep(0)
        raise fault

    def sync_hook():
        raise fault

    assert (await run_isolated(hook)).fault is fault
    assert run_isolated_sync(sync_hook).fault is fault


async def test_a_generator_exit_of_the_plugins_own_is_a_crash():
    async def hook():
        raise GeneratorExit

    assert isinstance((await run_isolated(hook)).fault, RuntimeError)


def test_a_loop_that_throws_away_its_tasks_lets_the_hook_clean_up():
    cleaned = []

    async def hook():
        try:
            await asyncio.sleep(3600)
        finally:
            cleaned.append("up")

    async def started_and_thrown_away():
        inner = run_isolated(hook)
        inner.send(None)
        inner.close()

    asyncio.run(started_and_thrown_away())
    assert cleaned == ["up"]


def test_the_place_of_a_fault_is_the_plugins_own_line_not_the_librarys():
    ended = run_isolated_sync(lambda: json.loads("{"))
    assert place_of(ended.fault).startswith("partners/test_isolate.py:")  # type: ignore[arg-type]


def test_a_fault_that_was_never_raised_has_no_place():
    assert place_of(ValueError()) == "no place known"
