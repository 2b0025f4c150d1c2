"""Work that outlives the request that began it."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from gateway import tasks as tasks_module
from gateway.tasks import Tasks


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
    monkeypatch.setattr(tasks_module, "_log", structlog.get_logger())  # not one bound by an earlier test
    tasks = Tasks()

    async def fail() -> None:
        raise RuntimeError("broken")

    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    with structlog.testing.capture_logs() as lines:
        failed, good = tasks.spawn(fail(), "fails"), tasks.spawn(work(), "works")
        assert await good == 7
        with pytest.raises(RuntimeError):
            await failed
        await tasks.close()
    assert [line["task"] for line in lines if line["event"] == "task failed"] == ["fails"]


async def test_closing_waits_only_so_long_and_then_cancels() -> None:
    tasks = Tasks()
    endless = tasks.spawn(asyncio.Event().wait(), "endless")
    await tasks.close(patience_s=0.01)
    assert endless.cancelled()


async def test_closing_with_nothing_under_way_is_done_at_once() -> None:
    await Tasks().close()
