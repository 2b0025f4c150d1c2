"""Work in several parts of which none keeps the others from being done: what failed is told, and can be tried alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

import structlog

from gateway.platform.metrics import PART_FAILURES, PART_LAST_SUCCESS

T = TypeVar("T")
Step = Callable[[], Awaitable[Any]]
LOOK_INTERVAL_S: Final = 60.0
"""Between two looks whether a day has begun, and two tries of a part that failed."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StepResults:
    """What each part gave, by name; and the faults of those that failed."""

    given: Mapping[str, Any]
    faults: Mapping[str, Exception]

    def as_dict(self) -> dict[str, int | str]:
        """For the log: the count that a part gave, or that it is done."""
        return {name: value if isinstance(value, int) else "done" for name, value in self.given.items()}


async def run_steps(parts: Mapping[str, Step], what: str, *, is_counted: bool = False) -> StepResults:
    """Do the parts in their order. A fault is logged as `<what> failed`, and the next part is done.

    `is_counted`: the names are few and always the same, and Prometheus is told of each.
    """
    values: dict[str, Any] = {}
    faults: dict[str, Exception] = {}
    for name, part in parts.items():
        try:
            values[name] = await part()
            if is_counted:
                PART_LAST_SUCCESS.labels(what, name).set_to_current_time()
        except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), it is tried again
            _log.error(f"{what} failed", part=name, error=type(fault).__name__, text=str(fault))
            if is_counted:
                PART_FAILURES.labels(what, name).inc()
            faults[name] = fault
    return StepResults(values, faults)


async def run_by_day(
    today: Callable[[], date],
    parts: Callable[[date], Mapping[str, Step]],
    what: str,
    *,
    is_paused: Callable[[], bool],
    tell: Callable[[date, StepResults], None],
) -> None:
    """Wait for each new day and do its parts, for ever; a part that failed is tried again, without the others.

    While `is_paused` a day's work waits. `tell` is called after each try.
    """
    day: date | None = None
    left: Mapping[str, Step] = {}
    while True:
        if day != today():
            day = today()
            left = parts(day)
        if left and not is_paused():
            worked = await run_steps(left, what, is_counted=True)
            left = {name: part for name, part in left.items() if name in worked.faults}
            tell(day, worked)
        await asyncio.sleep(LOOK_INTERVAL_S)


async def run_each(items: Iterable[T], do: Callable[[T], Awaitable[object]], what: str) -> None:
    """Do the same for each item; what one of them raises is raised when all others are done."""

    def part(item: T) -> Step:
        return lambda: do(item)

    worked = await run_steps({str(item): part(item) for item in items}, what)
    for fault in worked.faults.values():
        raise fault
