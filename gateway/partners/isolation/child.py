"""The plugin's process: closes its doors, makes the plugin, calls its hooks, and asks the gateway for every request.

Started as `python -I -S -B -c '…' <boot as JSON>`, with one descriptor: the line. Our own code runs first and seals
the process; only then are the settings read from the line and the plugin imported.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import importlib.util
import json
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, NoReturn

import pluggy

from gateway.hookspecs import PROJECT, PartnerHooks
from gateway.partners.calls.isolate import BLOCKED_AFTER_S, CallResult, run_isolated
from gateway.partners.isolation.command import LINE
from gateway.partners.isolation.faults import described, wrong
from gateway.partners.isolation.frames import MAX_JSON_BYTES_TO_PLUGIN, FrameBuffer, Malformed
from gateway.partners.isolation.hook_values import ROW, ROWS, hooks
from gateway.partners.isolation.messages import (
    PROTOCOL,
    ROWS_PER_FRAME,
    Call,
    Cancel,
    ClosePages,
    Code,
    End,
    FromPlugin,
    Hello,
    HttpAnswered,
    HttpFailed,
    HttpPiece,
    LogLine,
    NextPage,
    Ping,
    PlaceInCode,
    Pong,
    Ready,
    Refused,
    Rows,
    Sealed,
    SftpListed,
    SftpPiece,
    Stop,
    ToPlugin,
    read_to_plugin,
    write_from_plugin,
)
from gateway.partners.isolation.sealing import SealOrder, die_with, seal
from gateway.partners.isolation.setup import BrokeredHttp, BrokeredLog, BrokeredSftp, LineClock, SentSettings
from gateway.partners.loading.candidates import Candidate, Refusal, class_in, imported
from gateway.partners.loading.checks import Fault as PluginFault
from gateway.partners.loading.checks import place_of_code
from gateway.partners.loading.instances import made_plugin
from gateway.plugin_interfaces import PartnerSetup

_READ_BYTES: Final = 2**18
_MAX_BOOT_BYTES: Final = 2**17
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
"""All that the process finds in its environment."""
_OF_A_COMMAND: Final = {"OPENSSL_CONF": "/dev/null"}
"""The system's own file cannot be read, which ends programs that link OpenSSL, such as node."""


current_call: ContextVar[int | None] = ContextVar("gateway_plugin_call", default=None)


def main(boot: Mapping[str, Any]) -> NoReturn:
    """Serve the line until it ends. `boot`: descriptor, what may be read, limits, the gateway's process, a command."""
    line = socket.socket(fileno=boot["line"])
    command = boot.get("command")
    executable = command["executable"] if command else ()
    if command:
        os.chdir(command["folder"])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    done = seal(
        SealOrder(
            readable=boot["readable"],
            memory_mb=boot["memory_mb"],
            parent=boot["parent"],
            executable=executable,
        )
    )
    sys.path_importer_cache.clear()  # folders that were looked into before the seal cannot be read any more
    sealed = Sealed(applied=tuple(done.applied), missing=done.missing)
    if command:
        _become(command, line, sealed)
    loop.run_until_complete(PluginSide(line).serve(sealed))
    # Not by a plugin's handlers at exit, and not waiting for its threads.
    os._exit(0)


def serve_forks(boot: Mapping[str, Any]) -> NoReturn:
    """Fork a plugin's process for each order that comes, until the gateway ends. `boot`: descriptor, the gateway's process.

    Nothing of a plugin is in this process: what it forks is what a process from nothing is after its imports.
    """
    orders = socket.socket(fileno=boot["orders"])
    with suppress(OSError, ValueError):
        die_with(boot["parent"])
    hooks()
    gc.freeze()  # a collection would write into every page, and so copy it for each fork
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, _MAX_BOOT_BYTES, 3)
        if not order:
            os._exit(0)  # the gateway has ended, in whatever way
        middle = os.fork()
        if middle == 0:
            try:
                orders.close()
                _fork_and_leave(order, *descriptors)
            finally:
                os._exit(1)
        for descriptor in descriptors:
            os.close(descriptor)
        os.waitpid(middle, 0)


def _fork_and_leave(order: bytes, line: int, output: int, answer: int) -> NoReturn:
    """End, so that the process forked here becomes the gateway's; it says its number when it has."""
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    while os.getppid() == middle:
        time.sleep(0.0005)
    os.write(answer, str(os.getpid()).encode())
    os.close(answer)
    boot = json.loads(order)
    sys.path[:] = boot["path"]
    main({**boot, "line": line})


def _become(command: Mapping[str, Any], line: socket.socket, sealed: Sealed) -> NoReturn:
    """Another program in this process's place. It reads the hello, which waits for it on the line."""
    line.sendall(write_from_plugin(sealed))
    try:
        os.dup2(line.fileno(), LINE, inheritable=True)
        if line.fileno() != LINE:
            os.set_inheritable(line.fileno(), False)
        arguments = [command["program"], *command["arguments"]]
        os.execve(command["program"], arguments, ENVIRONMENT | _OF_A_COMMAND)  # noqa: S606  the operator's own command
    except OSError as fault:
        text = f"its program {command['program']} cannot be started ({fault.strerror})"
        line.sendall(write_from_plugin(Refused(check="start", text=text)))
    os._exit(1)


class PluginSide:
    """The plugin's end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._pages: dict[int, AsyncIterator[object]] = {}
        self._frames = FrameBuffer(MAX_JSON_BYTES_TO_PLUGIN)
        self._outgoing: list[bytes] = []
        self._plugins = pluggy.PluginManager(PROJECT)

    async def serve(self, sealed: Sealed) -> None:
        """Until the gateway says `Stop` or its end of the line is closed."""
        self._reader, self._writer = await asyncio.open_unix_connection(sock=self._line)
        self._loop = asyncio.get_running_loop()
        self.say(sealed)
        message = await self._next()
        if message is None or not isinstance(hello := message[0], Hello):
            return
        self._clock = LineClock(hello.now)
        self._http = BrokeredHttp(self.say, current_call)
        try:
            ready = self._made(hello)
        except Refusal as refusal:
            fault = refusal.fault
            self.say(Refused(check=fault.check, text=fault.text, file=fault.file, line=fault.line))
            self._flush()
            await self._writer.drain()
            return
        self.say(ready)
        while (message := await self._next()) is not None and not isinstance(message[0], Stop):
            self._handle(*message)

    def say(self, message: FromPlugin, body: bytes = b"") -> None:
        """Write a message, from any thread. Raises Malformed where it does not fit into a frame.

        What is said in one turn of the loop goes in one piece: each write wakes the gateway. A line of the log goes at once:
        it may be the last.
        """
        data = write_from_plugin(message, body)
        try:
            inside = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            inside = False
        if not inside:
            self._loop.call_soon_threadsafe(self._write, data)
            return
        self._write(data)
        if isinstance(message, LogLine):
            self._flush()

    def _write(self, data: bytes) -> None:
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(data)

    def _flush(self) -> None:
        self._writer.write(b"".join(self._outgoing))
        self._outgoing.clear()

    async def _next(self) -> tuple[ToPlugin, bytes] | None:
        while (frame := self._frames.next_frame()) is None:
            if not (data := await self._reader.read(_READ_BYTES)):
                return None
            self._frames.feed(data)
        return read_to_plugin(frame[0]), frame[0].body

    # --- the plugin -----------------------------------------------------------------------------------------

    def _made(self, hello: Hello) -> Ready:
        settings = SentSettings(hello)
        setup = PartnerSetup(
            settings=settings,
            http=self._http,
            clock=self._clock,
            log=BrokeredLog(self.say, current_call),
            sftp=BrokeredSftp(self._http, hello.partner),
        )
        plugin, profile = made_plugin(imported(_candidate(hello.partner, hello.code)), setup)
        self._plugins.add_hookspecs(PartnerHooks)
        self._plugins.register(plugin)
        places = {
            name: _place(hook.function)
            for name in ("partner_profile", *hooks())
            for hook in self._hook(name).get_hookimpls()
        }
        try:
            ready = Ready(protocol=PROTOCOL, profile=profile, hooks=places, settings_read=settings.read())
            write_from_plugin(ready)
        except Malformed as fault:
            place = places["partner_profile"]
            text = f"partner_profile() cannot be written for the gateway ({fault}); keep to its types"
            raise Refusal(
                PluginFault(check="coherent", text=text, file=place.file, line=place.line)
            ) from None
        return ready

    def _hook(self, name: str) -> pluggy.HookCaller:
        caller: pluggy.HookCaller = getattr(self._plugins.hook, name)
        return caller

    # --- messages -------------------------------------------------------------------------------------------

    def _handle(self, message: ToPlugin, body: bytes) -> None:
        match message:
            case Call(n=n):
                self._start(n, self._call(message))
            case NextPage(n=n):
                self._start(n, self._page(message))
            case ClosePages(of=of):
                if isinstance(pages := self._pages.pop(of, None), AsyncGenerator):
                    self._start(-of, self._close(pages))
            case Cancel(n=n):
                if (task := self._calls.get(n)) is not None:
                    task.cancel()
            case HttpAnswered() | HttpPiece() | SftpListed() | SftpPiece():
                self._http.answered(message, body)
            case HttpFailed():
                self._http.failed(message)
            case Ping():
                self.say(Pong())
            case _:
                raise Malformed("a message out of its turn")

    def _start(self, n: int, call: Any) -> None:
        token = current_call.set(n)
        task = asyncio.create_task(call)
        current_call.reset(token)
        self._calls[n] = task
        task.add_done_callback(lambda _: self._calls.pop(n, None))

    async def _call(self, call: Call) -> None:
        self._clock.set(call.now)
        values = hooks()[call.hook]
        arguments = values.decode_arguments(call.arguments)
        ended = await run_isolated(functools.partial(self._hook(call.hook), **arguments))
        if ended.fault is not None:
            self._end(call.n, ended, fault=described(ended.fault))
        elif call.hook == ROWS:
            await self._rows(call.n, ended)
        else:
            try:
                self._end(call.n, ended, value=values.answer.encode(ended.value))
            except Exception as fault:  # noqa: BLE001  a plugin's object can raise at any touch
                self._end(call.n, ended, fault=wrong(ended.value, values, fault))

    async def _rows(self, n: int, ended: CallResult) -> None:
        if isinstance(ended.value, AsyncIterator):
            self._pages[n] = ended.value
            self._end(n, ended, pages=True)
            return
        await self._all_rows(n, ended)

    async def _page(self, page: NextPage) -> None:
        self._clock.set(page.now)
        pages = self._pages.get(page.of)
        if pages is None:
            self._end(page.n, CallResult(), last=True)
            return
        ended = await run_isolated(functools.partial(anext, pages))
        if isinstance(ended.fault, StopAsyncIteration):
            self._pages.pop(page.of, None)
            self._end(page.n, ended, last=True)
        elif ended.fault is not None:
            self._end(page.n, ended, fault=described(ended.fault))
        else:
            await self._all_rows(page.n, ended)

    async def _all_rows(self, n: int, ended: CallResult) -> None:
        rows: Any = ended.value
        try:
            if not isinstance(rows, Sequence) or isinstance(rows, str):
                raise Malformed("no sequence of rows")
            for start in range(0, len(rows), ROWS_PER_FRAME):
                self._say_rows(n, tuple(ROW.encode(row) for row in rows[start : start + ROWS_PER_FRAME]))
                self._flush()
                await self._writer.drain()
        except Exception as fault:  # noqa: BLE001  as above
            self._end(n, ended, fault=wrong(rows, hooks()[ROWS], fault))
            return
        self._end(n, ended)

    def _say_rows(self, n: int, rows: tuple[Any, ...]) -> None:
        try:
            self.say(Rows(n=n, rows=rows))
        except Malformed:
            if len(rows) == 1:
                raise
            middle = len(rows) // 2
            self._say_rows(n, rows[:middle])
            self._say_rows(n, rows[middle:])

    async def _close(self, pages: AsyncGenerator[object]) -> None:
        await run_isolated(pages.aclose)

    def _end(self, n: int, ended: CallResult, **how: Any) -> None:
        step_s = ended.longest_step_s
        self.say(End(n=n, step_ms=round(step_s * 1000) if step_s > BLOCKED_AFTER_S else 0, **how))


def _place(function: object) -> PlaceInCode:
    file, line = place_of_code(function)
    return PlaceInCode(file=file, line=line)


# --- the plugin's code ------------------------------------------------------------------------------------------


def _candidate(partner: str, code: Code) -> Candidate:
    if code.file:
        file = Path(code.file)
        return Candidate(id=partner, origin=code.file, load=lambda: class_in(file))
    if code.package:
        sys.meta_path.append(_OnePackage(code.package, Path(code.folder)))
    return Candidate(id=partner, origin=code.value, load=functools.partial(_loaded, code.value))


def _loaded(value: str) -> object:
    """What an entry point names, `module:Class`; the library that reads entry points takes long to import."""
    module, _, attributes = value.partition(":")
    entry: object = importlib.import_module(module.strip())
    for name in filter(None, attributes.partition("[")[0].strip().split(".")):
        entry = getattr(entry, name)
    return entry


class _OnePackage:
    """Finds one package outside the installed ones; the folder that it lies in cannot be read."""

    def __init__(self, package: str, place: Path) -> None:
        self._package = package
        self._place = place

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """The package itself; what is in it is found in its own folder."""
        del path, target
        if fullname != self._package:
            return None
        if self._place.suffix == ".py":
            return importlib.util.spec_from_file_location(fullname, self._place)
        return importlib.util.spec_from_file_location(
            fullname, self._place / "__init__.py", submodule_search_locations=[str(self._place)]
        )
