"""The lines of a checked list page by page, those with a fault first, and each once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol, TypeVar


class _Line(Protocol):
    @property
    def line(self) -> int: ...


LineT = TypeVar("LineT", bound=_Line)


async def faults_first(
    read: Callable[[bool, int], Awaitable[list[LineT]]],
) -> AsyncGenerator[list[LineT], None]:
    """`read(faults_only, after)` gives a page of lines by their numbers, none where there are no more.

    A line that gets its fault while the others are sent is among them, with its fault: none is left out, none comes twice.
    """
    sent = array("Q")
    for faults_only in (True, False):
        after = 0
        while page := await read(faults_only, after):
            after = page[-1].line
            if faults_only:
                sent.extend(line.line for line in page)
                yield page
            else:
                yield [line for line in page if not _has(sent, line.line)]


def _has(numbers: array[int], number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number
