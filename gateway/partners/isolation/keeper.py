"""Keeps one plugin's process alive: starts it anew after it has ended, and holds it to what it was.

A new process is started after 0, 1, 2, 4 … 60 seconds, and at once again after ten quiet minutes. Nothing of a call is
repeated in it. A plugin that says another profile than before takes no call until an operator has loaded it anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.errors import NotSent
from gateway.partners.file_pieces import FileReader
from gateway.partners.http_client import GuardedHttp
from gateway.partners.isolation.hook_values import ROWS
from gateway.partners.isolation.launch import Launch
from gateway.partners.isolation.messages import Ready
from gateway.partners.isolation.metrics import PLUGIN_CPU, PLUGIN_MEMORY, PLUGIN_RESTARTS, PLUGIN_UP
from gateway.partners.isolation.process import NotSealed, PluginProcess, ProcessEnd
from gateway.partners.loading.candidates import Refusal
from gateway.partners.loading.checks import Fault
from gateway.plugin_interfaces import Clock, Log

MAX_PAUSE_S: Final = 60.0
QUIET_S: Final = 600.0
SAMPLE_INTERVAL_S: Final = 10.0
MAX_IDLE_CPU_S: Final = 30.0
IDLE_WINDOW_S: Final = 60.0
MAX_DRAIN_S: Final = 300.0
DRAIN_INTERVAL_S: Final = 0.05
PAGE_ROWS: Final = 500
"""Rows are checked so many at a time: the checks of a whole day would hold the loop for half a second."""


class PluginKeeper:
    """The living process of one plugin. `start` first; `aclose` last."""

    def __init__(
        self,
        launch: Launch,
        *,
        http: GuardedHttp,
        sftp: FileReader | None = None,
        clock: Clock,
        log: Log,
        own_log: Log,
        must_be_sealed: bool,
    ) -> None:
        self.launch = launch
        self.restarts = 0
        self.changed = False
        self._parts = {
            "http": http,
            "sftp": sftp,
            "clock": clock,
            "log": log,
            "own_log": own_log,
            "must_be_sealed": must_be_sealed,
        }
        self._log = log
        self._process: PluginProcess | None = None
        self._pause_s = 0.0
        self._started_at = 0.0
        self._work: set[asyncio.Task[None]] = set()
        self._replacing = asyncio.Lock()
        self._generation = 0
        self._draining: set[PluginProcess] = set()
        self._closing = False
        self._up = PLUGIN_UP.labels(launch.partner)

    @property
    def process(self) -> PluginProcess | None:
        """None while there is none that takes calls."""
        process = self._process
        return process if process is not None and process.end is None else None

    async def start(self) -> PluginProcess:
        """The first process. Raises Refusal, NotSealed or OSError."""
        process = await PluginProcess.start(self.launch, on_end=self._ended, **self._parts)
        self.ready = process.ready
        self.launch.settings.read_by_plugin(process.ready.settings_read)
        self._use(process)
        self._spawn(self._sample())
        return process

    async def replace(
        self, launch: Launch, accept: Callable[[Ready], None], renew: Callable[[], None]
    ) -> PluginProcess:
        """A second process, from `launch`, takes all new calls; the first has until its calls have ended.

        `accept` raises where the second must not be taken, and is asked before it is; `renew` is called in the same turn of the
        loop in which it is. Raises what `accept` raises, Refusal, NotSealed or OSError; then all stays as it was.
        """
        async with self._replacing:
            process = await PluginProcess.start(launch, on_end=self._ended, **self._parts)
            try:
                accept(process.ready)
                if self._closing or process.end is not None:
                    text = process.end.text if process.end is not None else "the gateway is stopping"
                    raise Refusal(Fault(check="start", text=f"its process was not taken: {text}"))
            except BaseException:
                await process.stop()
                raise
            before, self._process = self.process, None
            self._generation += 1  # whoever tries to start the one before again, gives up
            self.launch, self.ready, self.changed, self._pause_s = launch, process.ready, False, 0.0
            launch.settings.read_by_plugin(process.ready.settings_read)
            self._use(process)
            renew()
            if before is not None:
                self._draining.add(before)
                self._spawn(self._drain(before))
            return process

    async def _drain(self, process: PluginProcess) -> None:
        """Calls end by their own deadlines; pages of a day may take many calls."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + MAX_DRAIN_S
        try:
            while process.end is None and process.is_busy and loop.time() < ends_at:  # noqa: ASYNC110  seldom
                await asyncio.sleep(DRAIN_INTERVAL_S)
        finally:
            await process.stop()
            self._draining.discard(process)
        self._log.info("plugin_drained", partner=self.launch.partner, pid=process.pid)

    async def call(self, hook: str, **arguments: object) -> object:
        """Call the hook in the process that is there now. Raises NotSent where there is none."""
        process = self._now(hook)
        answer = await process.call(hook, arguments)
        if hook == ROWS:
            assert isinstance(answer, tuple)
            pages, n, rows = answer
            if pages:
                process.open_pages.add(n)
            return self._pages(process, n) if pages else _pieces(rows)
        return answer

    async def _pages(self, process: PluginProcess, of: int) -> AsyncGenerator[object]:
        try:
            while (rows := await process.next_page(of)) is not None:
                async for piece in _pieces(rows):
                    yield piece
        finally:
            process.close_pages(of)

    async def aclose(self) -> None:
        """No process is left afterwards."""
        self._closing = True
        for task in tuple(self._work):
            task.cancel()
        if self._work:
            await asyncio.wait(tuple(self._work))
        for process in (self._process, *self._draining):
            if process is not None:
                await process.stop()
        self._up.set(0)

    def _now(self, hook: str) -> PluginProcess:
        if self.changed:
            raise NotSent(
                f"{hook}() was not called: the plugin has another profile than at its start; look at it and take it"
                f" by `point-gateway plugins reload {self.launch.partner}`"
            )
        if (process := self.process) is None:
            raise NotSent(
                f"{hook}() was not called: the plugin's process has ended and is being started anew"
            )
        return process

    def _use(self, process: PluginProcess) -> None:
        self._process = process
        self._started_at = asyncio.get_running_loop().time()
        self._up.set(1)
        self._log.info(
            "plugin_started",
            partner=self.launch.partner,
            pid=process.pid,
            sealed=process.is_sealed,
            applied=list(process.sealed.applied),
            missing=dict(process.sealed.missing),
        )

    def _ended(self, process: PluginProcess, end: ProcessEnd) -> None:
        if process is not self._process:
            return  # one that never was ready
        self._up.set(0)
        if self._closing:
            return
        PLUGIN_RESTARTS.labels(self.launch.partner, end.why).inc()
        self._spawn(self._again(process, end))

    async def _again(self, process: PluginProcess, end: ProcessEnd) -> None:
        loop, generation = asyncio.get_running_loop(), self._generation
        if loop.time() - self._started_at > QUIET_S:
            self._pause_s = 0.0
        unreported: PluginProcess | None = process
        while True:
            wait_s = self._pause_s
            self._pause_s = min(MAX_PAUSE_S, wait_s * 2 or 1.0)
            if unreported is not None:
                exit_code = await unreported.reaped()
                unreported = None
                self._log.error(
                    "plugin_ended",
                    partner=self.launch.partner,
                    why=end.why,
                    text=end.text,
                    exit_code=exit_code,
                    calls_unknown=end.calls_unknown,
                    calls_not_sent=end.calls_not_sent,
                    restart_in_s=wait_s,
                )
            await asyncio.sleep(wait_s)
            if generation != self._generation:
                return  # a reload has brought another
            self.restarts += 1
            try:
                process = await PluginProcess.start(self.launch, on_end=self._ended, **self._parts)
            except (Refusal, NotSealed, OSError) as fault:
                self._log.error("plugin_not_started", partner=self.launch.partner, text=str(fault))
                continue
            if generation != self._generation:
                await process.stop()
                return
            if _promises(process.ready) != _promises(self.ready):
                self.changed = True
                self._log.error(
                    "plugin_changed",
                    partner=self.launch.partner,
                    text="the plugin has another profile or other hooks than before; take them by `point-gateway plugins reload`",
                )
                await process.stop()
                return
            self._use(process)
            if process.end is not None:  # it ended before we could take it
                self._ended(process, process.end)
            return

    async def _sample(self) -> None:
        """Memory and CPU, now and then; a plugin that works for itself for a minute is ended."""
        loop = asyncio.get_running_loop()
        last: tuple[int, float] | None = None
        last_calls = 0
        idle_since, idle_cpu = loop.time(), 0.0
        while True:
            await asyncio.sleep(SAMPLE_INTERVAL_S)
            if (process := self.process) is None or (now := _usage(process.pid)) is None:
                continue
            memory, cpu_s = now
            PLUGIN_MEMORY.labels(self.launch.partner).set(memory)
            used = max(0.0, cpu_s - last[1]) if last is not None and last[0] == process.pid else cpu_s
            last = (process.pid, cpu_s)
            PLUGIN_CPU.labels(self.launch.partner).inc(used)
            if process.calls_running or process.calls_begun != last_calls:
                last_calls = process.calls_begun
                idle_since, idle_cpu = loop.time(), 0.0
                continue
            idle_cpu += used
            if loop.time() - idle_since >= IDLE_WINDOW_S:
                if idle_cpu > MAX_IDLE_CPU_S:
                    self._log.warning("plugin_burns_cpu", partner=self.launch.partner, cpu_s=round(idle_cpu))
                    process.kill("burns_cpu", "it worked for a minute without a call")
                idle_since, idle_cpu = loop.time(), 0.0

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _promises(ready: Ready) -> object:
    return ready.profile, ready.hooks.keys()


async def _pieces(rows: list[object]) -> AsyncGenerator[object]:
    for start in range(0, len(rows), PAGE_ROWS):
        yield rows[start : start + PAGE_ROWS]
        await asyncio.sleep(0)


def _usage(pid: int) -> tuple[int, float] | None:
    """Resident bytes and seconds of CPU."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
        cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), cpu_s
    return None
