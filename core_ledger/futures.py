"""Handing outcomes from threads to the event loops that wait for them, with as few wake-ups as possible."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence

from core_ledger.batch import Outcome


def answer(outcomes: Sequence[Outcome]) -> None:
    """Hand every caller its outcome: one wake-up per event loop, whatever the number of callers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.work.loop is None:
            settle(outcome)
        else:
            by_loop.setdefault(outcome.work.loop, []).append(outcome)
    for loop, own in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, own)
        except RuntimeError:
            # The loop is closed: nobody is left to hear the answer; the ids tell when asked again.
            continue


def _settle_all(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        settle(outcome)


class Futures:
    """Outcomes that come one by one: a loop that is busy finds several of them at its one wake-up."""

    def __init__(self) -> None:
        """Begin with no loop known."""
        self._of: dict[asyncio.AbstractEventLoop, _Pile] = {}
        self._new = threading.Lock()

    def give(self, outcome: Outcome) -> None:
        """Answer one caller, from any thread."""
        loop = outcome.work.loop
        if loop is None:
            settle(outcome)
            return
        pile = self._of.get(loop) or self._pile_of(loop)
        pile.outcomes.append(outcome)
        # Looked at after the outcome is on the pile: whoever finds the loop called knows that it will be seen.
        if not pile.called:
            pile.called = True
            try:
                loop.call_soon_threadsafe(pile.empty)
            except RuntimeError:
                pile.outcomes.clear()  # the loop is closed, nobody is left to hear it

    def _pile_of(self, loop: asyncio.AbstractEventLoop) -> "_Pile":
        with self._new:
            known = {other: pile for other, pile in self._of.items() if not other.is_closed()}
            pile = known.setdefault(loop, _Pile())
            self._of = known
            return pile


class _Pile:
    """The outcomes that one loop has not been told."""

    __slots__ = ("called", "outcomes")

    def __init__(self) -> None:
        self.outcomes: deque[Outcome] = deque()
        self.called = False

    def empty(self) -> None:
        self.called = False
        while self.outcomes:
            settle(self.outcomes.popleft())


def settle(outcome: Outcome) -> None:
    """Put an outcome into the future that waits for it."""
    future = outcome.work.future
    if future.cancelled():
        return
    if isinstance(outcome.error, StopIteration):
        # A future cannot carry it, and the callers after this one must still be answered.
        future.set_exception(RuntimeError("the job raised StopIteration; nothing of it was written"))
    elif outcome.error is not None:
        future.set_exception(outcome.error)
    else:
        future.set_result(outcome.result)
