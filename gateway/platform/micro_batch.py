"""Wishes that come one by one and are fulfilled a set at a time: all that come while one set is written are the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from gateway.errors import ProblemError

W = TypeVar("W")
R = TypeVar("R")
MAX_WAITING: Final = 10_000


class MicroBatcher(Generic[W, R]):
    """The sets of one kind, on the event loop that uses them."""

    def __init__(self, name: str, write: Callable[[Sequence[W]], Awaitable[Sequence[R]]]) -> None:
        """`write` fulfils a set and gives an answer for each. What it raises, all of the set hear.

        Where the answers are not one for each, nobody knows whose is whose: all hear a ValueError.
        """
        self._name = name
        self._write = write
        self._waiting: list[tuple[W, asyncio.Future[R]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, wish: W) -> R:
        """The answer, when the set of which the wish is a part is written. Raises ProblemError `busy` where too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            raise ProblemError("busy", "")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, future))
        if self._writing is None or self._writing.done():
            # A task of its own: the request that began a set may be cancelled, the others' answers must come.
            self._writing = asyncio.create_task(self._write_all(), name=self._name)
            self._writing.add_done_callback(self._given_up)
        return await future

    async def _write_all(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            await self._write_set(taken)

    async def _write_set(self, taken: Sequence[tuple[W, asyncio.Future[R]]]) -> None:
        try:
            answered = list(zip(taken, await self._write([wish for wish, _ in taken]), strict=True))
        except BaseException as fault:
            # Nobody goes on as if what may not have been written were written.
            for _, future in taken:
                if not future.done():
                    future.set_exception(fault) if isinstance(fault, Exception) else future.cancel()
            if not isinstance(fault, Exception):
                raise
            return
        for (_, future), answer in answered:
            if not future.done():
                future.set_result(answer)

    def _given_up(self, writing: asyncio.Task[None]) -> None:
        """A task that was cancelled, be it before its first step, leaves nobody waiting for ever."""
        if not writing.cancelled() or self._writing is not writing:
            return
        left, self._waiting = self._waiting, []
        for _, future in left:
            future.cancel()
