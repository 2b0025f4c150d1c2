"""Runs a plugin's code so that whatever it does ends here: as a value or as a fault, never as a stop of ours.

A plugin may raise SystemExit, swallow cancellation, or hold up the event loop; the gateway goes on. The steps
of an async hook are timed one by one, because a step that takes long is a step in which nobody else ran.
"""

from __future__ import annotations

import sysconfig
import types
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import gateway

BLOCKED_AFTER_S: Final = 0.05
_LIBRARIES: Final = frozenset(Path(path) for path in sysconfig.get_paths().values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """How a call ended: with `value`, or with `fault`. `longest_step_s`: how long the loop stood still at most."""

    value: object = None
    fault: BaseException | None = None
    longest_step_s: float = 0.0


async def run_isolated(
    call: Callable[[], Awaitable[object]], seconds: Callable[[], float] = perf_counter
) -> CallResult:
    """Run an async hook to its end. Returns for every exception, cancellation included."""
    longest = [0.0]
    try:
        value = await _stepwise(call, longest, seconds)
    except GeneratorExit:
        raise  # the event loop is closing and throws away what still runs: it must be let go
    except BaseException as fault:  # noqa: BLE001  a plugin's SystemExit is the plugin's, not ours
        return CallResult(fault=fault, longest_step_s=longest[0])
    return CallResult(value=value, longest_step_s=longest[0])


def run_isolated_sync(call: Callable[[], object], seconds: Callable[[], float] = perf_counter) -> CallResult:
    """Run a sync hook to its end, in the same way."""
    began = seconds()
    try:
        value = call()
    except BaseException as fault:  # noqa: BLE001  as above
        return CallResult(fault=fault, longest_step_s=seconds() - began)
    return CallResult(value=value, longest_step_s=seconds() - began)


@types.coroutine
def _stepwise(
    call: Callable[[], Awaitable[object]], longest: list[float], seconds: Callable[[], float]
) -> Generator[Any, Any, object]:
    """`await call()`, driven by hand: between two yields nothing but the plugin's own code runs."""
    began = seconds()
    try:
        answer: object = call()
        if not isinstance(answer, Awaitable):
            return answer
        steps = answer.__await__()
        value: Any = None
        thrown: BaseException | None = None
        while True:
            try:
                waits_for = steps.send(value) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                return end.value
            except GeneratorExit:
                raise RuntimeError("raised GeneratorExit") from None
            longest[0] = max(longest[0], seconds() - began)
            value = thrown = None
            try:
                value = yield waits_for
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as fault:  # noqa: BLE001  handed to the plugin's coroutine, as `await` would
                thrown = fault
            began = seconds()
    finally:
        longest[0] = max(longest[0], seconds() - began)


def place_of(fault: BaseException, ours: Path = Path(gateway.__file__).parent) -> str:
    """`package/file.py:57`, the deepest line outside the gateway and installed libraries that led to `fault`."""
    frames = []
    trace = fault.__traceback__
    while trace is not None:
        frames.append((Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno))
        trace = trace.tb_next
    strangers = [place for place in frames if ours not in place[0].parents]
    own = [place for place in strangers if not _LIBRARIES.intersection(place[0].parents)]
    # A plugin is installed beside the libraries, so there the distribution's name has to tell.
    named = [place for place in strangers if place[0].parent.name.startswith("gateway_")]
    candidates = named or own or strangers or frames
    if not candidates:
        return "no place known"
    file, line = candidates[-1]
    return f"{file.parent.name}/{file.name}:{line}"
