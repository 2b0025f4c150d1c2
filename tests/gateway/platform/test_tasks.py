"""Work that outlives the request that began it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.platform import tasks as tasks_module
from gateway.platform.tasks import Tasks


async def test_work_goes_on_when_nobody_waits_for_it() -> None:
    tasks, done = Tasks(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    tasks.spawn(work(), "work")
    await tasks.close()
    assert done.is_set()


async def test_work_that_fails_alone_is_logged_and_its_neighbour_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str]] = []

    class Log:
        def error(self, event: str, *, task: str, exc_info: BaseException) -> None:
            told.append((event, task))

    monkeypatch.setattr(tasks_module, "_log", Log())
    tasks = Tasks()

    async def fail() -> None:
        raise RuntimeError("broken")

    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    failed, good = tasks.spawn(fail(), "fails"), tasks.spawn(work(), "works")
    assert await good == 7
    with pytest.raises(RuntimeError):
        await failed
    await tasks.close()
    assert told == [("task failed", "fails")]


async def test_closing_waits_only_so_long_and_then_cancels() -> None:
    tasks = Tasks()
    endless = tasks.spawn(asyncio.Event().wait(), "endless")
    await tasks.close(patience_s=0.01)
    assert endless.cancelled()


async def test_closing_with_nothing_under_way_is_done_at_once() -> None:
    await Tasks().close()
