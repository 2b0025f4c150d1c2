"""What a plugin's process prints: a few lines a second into the log, without its secrets; the rest is counted."""

from __future__ import annotations

import asyncio
import os
from typing import IO, Final

from gateway.partners.isolation.limits import PerSecond
from gateway.partners.isolation.metrics import PLUGIN_LOG_DROPPED
from gateway.plugin_interfaces import Log

READ_BYTES: Final = 64 * 2**10
READ_INTERVAL_S: Final = 0.05
LINES_PER_SECOND: Final = 20
MAX_LINE: Final = 500


class PrintedLines:
    """Reads the pipe of stdout and stderr until `close`, at most a megabyte or so a second."""

    def __init__(self, pipe: IO[bytes] | None, log: Log, partner: str) -> None:
        assert pipe is not None
        self._pipe = pipe
        self._log = log
        self._partner = partner
        self._loop = asyncio.get_running_loop()
        self._share = PerSecond(LINES_PER_SECOND, self._loop.time)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        os.set_blocking(pipe.fileno(), False)
        self._listen()

    def _listen(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._pipe.fileno(), self._read)

    def _read(self) -> None:
        self._loop.remove_reader(self._pipe.fileno())
        try:
            data = os.read(self._pipe.fileno(), READ_BYTES)
        except OSError:
            data = b""
        for line in data.decode("utf-8", "replace").splitlines():
            if not line.strip():
                continue
            if self._share.use():
                PLUGIN_LOG_DROPPED.labels(self._partner).inc()
            else:
                self._log.warning("plugin_printed", text=line[:MAX_LINE])
        if data:
            self._timer = self._loop.call_later(READ_INTERVAL_S, self._listen)

    def close(self) -> None:
        """Read what is left, and no more."""
        if self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._read()
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
