"""A plugin that takes long to begin is named while it is waited for, and one whose import never ends is given up.

An import runs on no event loop and cannot be interrupted: it has a thread, which nobody waits for in the end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from gateway.partners.loading.candidates import Refusal
from gateway.partners.loading.checks import Fault
from gateway.plugin_interfaces import Log

T = TypeVar("T")

SLOW_AFTER_S: Final = 5.0
SAID_AGAIN_S: Final = 30.0
IMPORT_TIMEOUT_S: Final = 20.0


@contextmanager
def named_while_waited_for(log: Log, plugin: str) -> Iterator[None]:
    """Write `plugin_waited_for` from a thread of its own, so that it comes although the event loop is held up."""
    is_over = threading.Event()

    def watch() -> None:
        waited_s, pause_s = 0.0, SLOW_AFTER_S
        while not is_over.wait(pause_s):
            waited_s, pause_s = waited_s + pause_s, SAID_AGAIN_S
            log.warning("plugin_waited_for", plugin=plugin, waited_s=round(waited_s))

    threading.Thread(target=watch, name=f"waiting for {plugin}", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


async def in_a_thread(import_: Callable[[], T]) -> T:
    """What an import gives. Raises what it raises, and Refusal when it has not ended in time."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def end(give: Callable[[], None]) -> None:
        if not outcome.done():
            give()

    def run() -> None:
        try:
            give = partial(outcome.set_result, import_())
        except BaseException as fault:  # noqa: BLE001  a module may raise SystemExit, and a lost thread tells nobody
            give = partial(outcome.set_exception, fault)
        with suppress(RuntimeError):  # the loop is closed: it was given up long ago
            loop.call_soon_threadsafe(end, give)

    threading.Thread(target=run, name="plugin import", daemon=True).start()
    try:
        return await asyncio.wait_for(outcome, IMPORT_TIMEOUT_S)
    except TimeoutError:
        text = f"was not imported within {IMPORT_TIMEOUT_S:g} s; let its import do less"
        raise Refusal(Fault(check="start", text=text)) from None
