"""Forks plugins' processes from one that has made their imports, so that a process is there in hundredths of a second.

A Python process that starts from nothing spends some 0.3 s of CPU on imports. The fork server starts from nothing once: it holds
no plugin, no secret, no thread and no environment, and ends with the gateway. What it forks is orphaned at once and so
becomes the gateway's own child: it outlives the fork server, its exit code is told to the gateway, and it dies with the
gateway. Each fork seals itself before it reads its settings, as a process from nothing does.

    fork_server = ForkServer()
    launch = replace(launch, starter=fork_server.start)
    fork_server.close()
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, Final

from gateway.partners.isolation.child import ENVIRONMENT
from gateway.partners.isolation.launch import import_path
from gateway.partners.isolation.sealing import adopt_orphans

PROGRAM: Final = (
    "import sys, json; boot = json.loads(sys.argv[1]); sys.path[:] = boot['path'];"
    " from gateway.partners.isolation.child import serve_forks; serve_forks(boot)"
)
HAS_FORK_SERVER: Final = sys.platform == "linux"
"""Elsewhere an orphan does not come back to us; processes start from nothing there."""

FORK_S: Final = 8.0
"""Its own imports on a busy machine, and the fork."""

_MAX_PID_BYTES: Final = 32
_KILLED: Final = -signal.SIGKILL


class ForkedProcess:
    """A process that became our child; as much of `subprocess.Popen` as a plugin's process needs."""

    def __init__(self, pid: int, stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdout: IO[bytes] | None = stdout
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, that of its signal as a negative number; None while it runs."""
        if self._exit_code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has asked the kernel for it
                self._exit_code = _KILLED
            else:
                self._exit_code = os.waitstatus_to_exitcode(status) if pid else None
        return self._exit_code

    def end(self) -> None:
        """Kill it and wait for its end, which needs no more than the kernel."""
        os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        assert self.stdout is not None
        self.stdout.close()


class ForkServer:
    """Starts the process that forks when it is first needed. To be used from the main thread: it ends with its thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None
        self._closed = False

    async def start(self, boot: Mapping[str, Any], line: socket.socket) -> ForkedProcess:
        """A fork with this end of the line. Raises OSError where there is none."""
        forking = asyncio.ensure_future(self._forked_by_one_that_runs(boot, line.dup()))
        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(_end_unwanted)
            raise

    async def _forked_by_one_that_runs(self, boot: Mapping[str, Any], line: socket.socket) -> ForkedProcess:
        with line:
            orders = self._running()
            try:
                return await _forked(orders, boot, line)
            except OSError:  # it has ended, or hangs; another takes its place
                if self._orders is orders:
                    self.stop()
            return await _forked(self._running(), boot, line)

    def _running(self) -> socket.socket:
        if self._closed:  # a start that was cancelled goes on until it has ended
            raise ConnectionAbortedError("no process is forked any more")
        if self._orders is not None:
            return self._orders
        adopt_orphans()
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders.setblocking(False)
        boot = {"orders": theirs.fileno(), "path": import_path(), "parent": os.getpid()}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own program and arguments
                [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, json.dumps(boot)],
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        return self._orders

    def close(self) -> None:
        """What it has forked goes on; it forks no more."""
        self._closed = True
        self.stop()

    def stop(self) -> None:
        """Until the next start."""
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


async def _forked(orders: socket.socket, boot: Mapping[str, Any], line: socket.socket) -> ForkedProcess:
    answers, answer = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    reader, writer = os.pipe()
    try:
        with answers:
            answers.setblocking(False)
            with answer:
                descriptors = [line.fileno(), writer, answer.fileno()]
                socket.send_fds(orders, [json.dumps(boot).encode()], descriptors)
            async with asyncio.timeout(FORK_S):
                pid = await asyncio.get_running_loop().sock_recv(answers, _MAX_PID_BYTES)
        if not pid:
            raise ConnectionResetError("the process that forks has ended")
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return ForkedProcess(int(pid), os.fdopen(reader, "rb", buffering=0))


def _end_unwanted(forking: asyncio.Future[ForkedProcess]) -> None:
    """The start was cancelled while it went on."""
    if not forking.cancelled() and forking.exception() is None:
        forking.result().end()
