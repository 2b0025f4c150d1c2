"""Work that goes on when the request that began it is gone: a dropped browser cancels no debit.

asyncio.TaskGroup would end all siblings when one fails; here each piece of work stands alone, its failure is
logged, and closing waits for what is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

_log = structlog.get_logger()


class Tasks:
    """The app's own task group."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start `work`; it runs to its end whoever stops waiting for it."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task failed", task=task.get_name(), exc_info=error)

    async def close(self, patience_s: float = 30.0) -> None:
        """Wait for what is under way; what is still running then is cancelled (and found by the outcome poller)."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=patience_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
