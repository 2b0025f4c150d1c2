"""One process of a plugin, seen from the gateway: its line, its calls, its requests, and its end.

Never waits for the process and never blocks on it. What it says is read a little at a time; what it asks of its partner
is sent by the gateway's own client, in the scope of the call that it is for. When it ends, in whatever way:

    1  it is dead: nothing more of the line is read
    2  the scopes of its calls are closed and their requests cancelled, so that nothing leaves any more
    3  only then each call ends: NotSent where nothing of it was handed to the network and the process is sealed, else
       OutcomeUnknown
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import signal
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from gateway.errors import GatewayError, NotSent, OutcomeUnknown
from gateway.partners.calls.call_log import CallScope, current_scope
from gateway.partners.calls.isolate import BLOCKED_AFTER_S
from gateway.partners.calls.result_checks import WrongAnswer
from gateway.partners.file_pieces import FileReader
from gateway.partners.http_client import GuardedHttp, HttpDownload
from gateway.partners.isolation import limits
from gateway.partners.isolation.faults import raised
from gateway.partners.isolation.frames import FrameBuffer, Malformed
from gateway.partners.isolation.hook_values import ROW, ROWS, hooks
from gateway.partners.isolation.launch import Launch, StartedProcess
from gateway.partners.isolation.limits import PerSecond
from gateway.partners.isolation.messages import (
    PROTOCOL,
    Call,
    Cancel,
    ClosePages,
    End,
    FromPlugin,
    HttpAnswered,
    HttpCancel,
    HttpClose,
    HttpFailed,
    HttpMore,
    HttpPiece,
    HttpRequest,
    LogLine,
    NextPage,
    Ping,
    Pong,
    Ready,
    Refused,
    Rows,
    Sealed,
    SftpList,
    SftpListed,
    SftpPiece,
    SftpRead,
    Stop,
    ToPlugin,
    read_from_plugin,
    write_to_plugin,
)
from gateway.partners.isolation.metrics import PLUGIN_LINE_PAUSED, PLUGIN_LOG_DROPPED, PLUGIN_REQUESTS_REFUSED
from gateway.partners.isolation.printed import PrintedLines
from gateway.partners.isolation.sealing import SEALED
from gateway.partners.loading.candidates import Refusal
from gateway.partners.loading.checks import Fault
from gateway.plugin_interfaces import Clock, Log, NoSftp

START_S: Final = 20.0
PING_INTERVAL_S: Final = 1.0
MAX_UNANSWERED_PINGS: Final = 3
CANCEL_S: Final = 1.0
STOP_S: Final = 1.0
REAP_S: Final = 5.0
EXIT_INTERVAL_S: Final = 0.05
EXIT_AFTER_LINE_S: Final = 0.25
MAX_TIMEOUT_S: Final = 240.0
_Request = HttpRequest | HttpMore | SftpList | SftpRead
"""What a plugin asks for, in a call, and is answered."""
_LOG_KEYS_TAKEN: Final = frozenset({"event", "self", "exc_info", "stack_info", "partner"})


class NotSealed(Exception):
    """The process could not give up what it has to; `missing` says why."""

    def __init__(self, missing: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{step}: {why}" for step, why in missing.items()))
        self.missing = missing


@dataclass(slots=True)
class _Call:
    """A call that the process has been given. `over`: the gateway waits for it no more."""

    n: int
    hook: str
    ended: asyncio.Future[End]
    scope: CallScope | None
    context: contextvars.Context
    rows: list[object] = field(default_factory=list)
    requests: int = 0
    running: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    over: bool = False

    def close(self) -> None:
        """Nothing leaves for it any more."""
        self.over = True
        if self.scope is not None:
            self.scope.closed = True
        for task in self.running.values():
            task.cancel()


@dataclass(slots=True)
class ProcessEnd:
    """Why a process ended, and what became of its calls."""

    why: str
    text: str = ""
    calls_not_sent: int = 0
    calls_unknown: int = 0


class PluginProcess(asyncio.Protocol):
    """Made by `start`. `ready` is what the plugin said of itself, `sealed` what its process has given up."""

    ready: Ready
    sealed: Sealed
    is_sealed: bool = False
    """Whether what it has given up suffices for a call to be certainly not sent."""

    _process: StartedProcess
    _printed: PrintedLines
    _transport: asyncio.Transport | None = None
    _pidfd: int | None = None

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
        on_end: Callable[[PluginProcess, ProcessEnd], None],
    ) -> None:
        """`own_log` is the plugin's, free of its secrets; `log` is ours."""
        self._launch = launch
        self._http = http
        self._sftp = sftp
        self._streams: dict[int, HttpDownload] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._log = log
        self._own_log = own_log
        self._must_be_sealed = must_be_sealed
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[Ready] = self._loop.create_future()
        self._reaped: asyncio.Future[int | None] = self._loop.create_future()
        self._said: str = "nothing"
        self._buffer = FrameBuffer()
        self._outgoing: list[bytes] = []
        self._calls: dict[int, _Call] = {}
        self._last_n = 0
        self._waiting: deque[tuple[_Call, _Request, bytes]] = deque()
        self._waiting_bytes = 0
        self._requests_running = 0
        self._starts_scheduled = False
        self._json_share = PerSecond(limits.JSON_BYTES_PER_SECOND, self._loop.time)
        self._other_share = PerSecond(limits.OTHER_FRAMES_PER_SECOND, self._loop.time)
        self._log_share = PerSecond(limits.LOG_LINES_PER_SECOND, self._loop.time)
        self._pumping = False
        self._paused_until = 0.0
        self._unanswered = 0
        self._tick: asyncio.TimerHandle | None = None
        self.end: ProcessEnd | None = None
        self.stopping = False
        self.open_pages: set[int] = set()

    @classmethod
    async def start(cls, launch: Launch, **parts: Any) -> PluginProcess:
        """A process whose plugin is made. Raises Refusal, NotSealed or OSError; then no process is left."""
        self = cls(launch, **parts)
        self._process, line = await launch.start()  # which has times of its own
        self._watch_exit()
        self._printed = PrintedLines(self._process.stdout, self._own_log, launch.partner)
        try:
            async with asyncio.timeout(START_S):
                await self._connect(line)
                ready = await self._started
        except BaseException as fault:
            self._started.cancel()
            self.kill("start", "it could not be started")
            await self.reaped()
            if isinstance(fault, TimeoutError):
                text = f"its process was not ready within {START_S:g} s; let its import and __init__ do less"
                raise Refusal(Fault(check="start", text=text)) from None
            raise
        self.ready = ready
        self._schedule_tick()
        return self

    async def _connect(self, line: socket.socket) -> None:
        await self._loop.create_unix_connection(lambda: self, sock=line)

    def _watch_exit(self) -> None:
        """Where the kernel has no descriptor for a process (macOS), it is looked at now and then."""
        if hasattr(os, "pidfd_open"):
            self._pidfd = os.pidfd_open(self._process.pid)
            self._loop.add_reader(self._pidfd, self._exited)
        else:
            self._exited()

    @property
    def pid(self) -> int:
        return self._process.pid

    # --- calls ----------------------------------------------------------------------------------------------

    async def call(self, hook: str, arguments: Mapping[str, object]) -> object:
        """Call a hook in the process; its decoded answer, or what it raised. NotSent where it was not given the call."""
        try:
            plain = hooks()[hook].encode_arguments(arguments)
        except Malformed as fault:
            raise NotSent(f"{hook}() was not called: its arguments cannot be written ({fault})") from None
        call = self._new_call(hook)
        end = await self._ended(call, Call(n=call.n, hook=hook, now=self._clock(), arguments=plain))
        if hook == ROWS:
            return (end.pages, call.n, call.rows)
        try:
            return hooks()[hook].answer.decode(end.value)
        except Malformed as fault:
            raise _unreadable(fault) from None

    async def next_page(self, of: int) -> list[object] | None:
        """The next page of a day's rows; None after the last."""
        call = self._new_call(ROWS)
        end = await self._ended(call, NextPage(n=call.n, of=of, now=self._clock()))
        return None if end.last else call.rows

    def close_pages(self, of: int) -> None:
        self.open_pages.discard(of)
        if self.end is None:
            self._say(ClosePages(of=of))

    @property
    def is_busy(self) -> bool:
        """Whether something that it was given has not come to its end."""
        return bool(self._calls or self.open_pages)

    @property
    def calls_running(self) -> int:
        return len(self._calls)

    @property
    def calls_begun(self) -> int:
        """All that it was given since its start."""
        return self._last_n

    def _new_call(self, hook: str) -> _Call:
        if self.end is not None or self.stopping:
            raise NotSent(f"{hook}() was not called: the plugin's process has ended")
        assert self._transport is not None
        if self._transport.get_write_buffer_size() > limits.MAX_UNREAD_BYTES:
            raise NotSent(f"{hook}() was not called: the plugin's process does not read")
        self._last_n += 1
        future: asyncio.Future[End] = self._loop.create_future()
        return _Call(self._last_n, hook, future, current_scope(), contextvars.copy_context())

    async def _ended(self, call: _Call, message: ToPlugin) -> End:
        try:
            data = write_to_plugin(message)
        except Malformed as fault:
            raise NotSent(
                f"{call.hook}() was not called: its arguments cannot be written ({fault})"
            ) from None
        self._calls[call.n] = call
        self._write(data)
        try:
            end = await call.ended
        except asyncio.CancelledError:
            self._cancel(call)
            raise
        if end.step_ms > BLOCKED_AFTER_S * 1000:
            self._log.warning(
                "plugin_blocks_itself",
                partner=self._launch.partner,
                hook=call.hook,
                blocked_ms=min(end.step_ms, 3_600_000),
            )
        if end.fault is not None:
            raise raised(end.fault)
        return end

    def _cancel(self, call: _Call) -> None:
        """Nobody waits for it any more. It has a moment to end; otherwise the process does."""
        call.close()
        if self.end is None and call.n in self._calls:
            self._say(Cancel(n=call.n))
            self._loop.call_later(CANCEL_S, self._require_ended, call)

    def _require_ended(self, call: _Call) -> None:
        if self.end is None and call.n in self._calls:
            self.kill("ignores_cancellation", f"{call.hook}() went on after it was cancelled")

    # --- the line -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Mostly its end, whose reason the kernel tells a moment later; one that is asked to end has `stop`'s time for it."""
        del exc
        if not self.stopping:
            self._loop.call_later(EXIT_AFTER_LINE_S, self.kill, "line_closed", "it closed its line")

    def data_received(self, data: bytes) -> None:
        if self.end is not None:
            return
        self._buffer.feed(data)
        if not self._pumping:
            self._pump()

    def _pump(self) -> None:
        """Read what has come, a little in each turn of the loop."""
        self._pumping = False
        frames = json_bytes = 0
        wait_s = 0.0
        while self.end is None and not wait_s:
            if (
                frames >= limits.FRAMES_PER_TURN
                or json_bytes >= limits.JSON_BYTES_PER_TURN
                or self._too_many_wait()
            ):
                break
            try:
                item = self._buffer.next_frame()
                if item is None:
                    self._resume()
                    if self._waiting and not self._starts_scheduled:
                        self._start_waiting()
                    return
                frame, size = item
                message = read_from_plugin(frame)
                frames, json_bytes = frames + 1, json_bytes + size
                wait_s = self._json_share.use(size)
                if not isinstance(message, (End, Rows)):
                    wait_s = max(wait_s, self._other_share.use())
                self._unanswered = 0
                self._handle(message, frame.body)
            except Malformed as fault:
                self.kill("malformed", f"it broke the protocol: {fault}")
        if self.end is not None:
            return
        self._schedule_starts()
        self._pumping = True
        if self._transport is not None:
            self._transport.pause_reading()
        if wait_s:
            PLUGIN_LINE_PAUSED.labels(self._launch.partner).inc(wait_s)
            self._paused_until = self._loop.time() + wait_s
            self._loop.call_later(wait_s, self._pump)
        elif not self._too_many_wait():
            self._loop.call_soon(self._pump)
        # Otherwise the end of a request goes on reading.

    def _resume(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _say(self, message: ToPlugin) -> None:
        self._write(write_to_plugin(message))

    def _write(self, data: bytes) -> None:
        """What is said in one turn of the loop goes in one piece: each write wakes the process."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(data)

    def _flush(self) -> None:
        if self._transport is not None and self.end is None:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _handle(self, message: FromPlugin, body: bytes) -> None:
        if self._said != "ready" and not isinstance(message, (Sealed, Ready, Refused, LogLine)):
            raise Malformed("a message before Ready")
        match message:
            case End():
                self._take_end(message)
            case Rows():
                self._take_rows(message)
            case HttpRequest() | HttpMore() | SftpList() | SftpRead():
                self._take_request(message, body)
            case Sealed() | Ready() | Refused():
                self._take_start(message)
            case HttpClose(of=of):
                self._close_stream(of)
            case HttpCancel():
                self._take_cancel(message)
            case LogLine():
                self._write_line(message)
            case Pong():
                pass

    def _take_start(self, message: Sealed | Ready | Refused) -> None:
        match self._said, message:
            case "nothing", Sealed():
                self.sealed, self._said = message, "sealed"
                lacking = SEALED - {step.partition(" ")[0] for step in message.applied}
                self.is_sealed = not lacking and _kernel_says_sealed(self.pid)
                if self._must_be_sealed and not self.is_sealed:
                    missing = {step: message.missing.get(step, "was not applied") for step in sorted(lacking)}
                    self._fail_start(NotSealed(missing or {"seccomp": "the kernel does not say so"}))
                    return
                self._say(self._launch.hello(self._clock()))
            case "sealed", Ready(protocol=protocol):
                if protocol != PROTOCOL:
                    raise Malformed("a protocol that the gateway does not speak")
                self._said = "ready"
                if not self._started.done():
                    self._started.set_result(message)
            case "sealed", Refused(check=check, text=text, file=file, line=line):
                self._fail_start(Refusal(Fault(check=check[:40], text=text[:2_000], file=file, line=line)))
            case _:
                raise Malformed("a message out of its turn")

    def _fail_start(self, fault: Exception) -> None:
        if not self._started.done():
            self._started.set_exception(fault)

    # --- what a call says -----------------------------------------------------------------------------------

    def _known(self, n: int) -> _Call:
        if (call := self._calls.get(n)) is None:
            raise Malformed("a message about a call that is not there")
        return call

    def _take_end(self, end: End) -> None:
        call = self._known(end.n)
        if end.value is not None and end.fault is not None:
            raise Malformed("an end with a value and a fault")
        del self._calls[end.n]
        # What it asked for and has not begun is not begun any more; what is under way comes to its own end.
        call.over = True
        if not call.ended.done():
            call.ended.set_result(end)

    def _take_rows(self, message: Rows) -> None:
        call = self._known(message.n)
        if call.hook != ROWS or len(call.rows) + len(message.rows) > limits.MAX_ROWS_PER_CALL:
            raise Malformed("rows that nobody asked for")
        if call.over:
            return
        try:
            call.rows += [ROW.decode(row) for row in message.rows]
        except Malformed as fault:
            call.over = True
            if not call.ended.done():
                call.ended.set_exception(_unreadable(fault))

    def _write_line(self, message: LogLine) -> None:
        dropped = min(max(message.dropped, 0), 10**9)
        if self._log_share.use():
            dropped += 1
        else:
            values = {key: it for key, it in message.values.items() if key not in _LOG_KEYS_TAKEN}
            call = self._calls.get(message.n) if message.n is not None else None
            context = call.context if call is not None else contextvars.Context()
            context.run(getattr(self._own_log, message.level), message.event[:2_000], **values)
        if dropped:
            PLUGIN_LOG_DROPPED.labels(self._launch.partner).inc(dropped)

    # --- requests -------------------------------------------------------------------------------------------

    def _take_request(self, message: _Request, body: bytes) -> None:
        call = self._calls.get(message.n)
        if call is None or call.over:
            self._refuse(None, message, "a request outside a call is not sent")
            return
        if not isinstance(message, (HttpMore, SftpRead)):
            call.requests += 1
        if call.requests > limits.MAX_REQUESTS_PER_CALL:
            text = f"a call may send {limits.MAX_REQUESTS_PER_CALL} requests"
            self._refuse(call, message, text)
            return
        if message.request in call.running:
            raise Malformed("a request's number that is taken")
        self._waiting.append((call, message, body))
        self._waiting_bytes += len(body)

    def _too_many_wait(self) -> bool:
        return (
            len(self._waiting) >= limits.MAX_REQUESTS_WAITING
            or self._waiting_bytes > limits.MAX_BODY_BYTES_WAITING
        )

    def _schedule_starts(self) -> None:
        if not self._starts_scheduled and self._waiting:
            self._starts_scheduled = True
            self._loop.call_soon(self._start_requests)

    def _start_requests(self) -> None:
        self._starts_scheduled = False
        self._start_waiting()
        if self._pumping and self._loop.time() >= self._paused_until and not self._too_many_wait():
            self._pumping = False
            self._pump()

    def _start_waiting(self) -> None:
        """Start a few of the requests that wait, the others in the loop's next turns."""
        started = 0
        while (
            self._waiting
            and self.end is None
            and started < limits.REQUESTS_STARTED_PER_TURN
            and self._requests_running < limits.MAX_REQUESTS_AT_ONCE
        ):
            call, message, body = self._waiting.popleft()
            self._waiting_bytes -= len(body)
            if call.over:
                self._refuse(None, message, "its call has ended; it is not sent")
                continue
            started += 1
            self._requests_running += 1
            task = self._loop.create_task(self._send(message, body), context=call.context)
            call.running[message.request] = task
            task.add_done_callback(functools.partial(self._sent, call, message.request))
        if self._requests_running < limits.MAX_REQUESTS_AT_ONCE:
            self._schedule_starts()

    def _sent(self, call: _Call, number: int, _task: asyncio.Task[None]) -> None:
        self._requests_running -= 1
        call.running.pop(number, None)
        self._schedule_starts()

    async def _send(self, message: _Request, body: bytes) -> None:
        try:
            data = await self._answered(message, body)
        except NotSent as fault:
            data = _failure(message.request, "not_sent", str(fault))
        except OutcomeUnknown as fault:
            data = _failure(message.request, "unknown", str(fault))
        except Exception as fault:  # noqa: BLE001  whatever a stranger's request does to our client
            self._log.error("plugin_request_broke", partner=self._launch.partner, error=type(fault).__name__)
            data = _failure(message.request, "unknown", f"the request broke ({type(fault).__name__})")
        self._write(data)

    async def _answered(self, message: _Request, body: bytes) -> bytes:
        number = message.request
        match message:
            case HttpRequest(stream=True, unfit=""):
                return await self._stream(message)
            case HttpRequest():
                answer = await self._ask(message, body)
                head = HttpAnswered(request=number, status=answer.status, headers=dict(answer.headers))
                return write_to_plugin(head, answer.body)
            case HttpMore(of=of):
                if (stream := self._streams.get(of)) is None:
                    raise OutcomeUnknown(
                        f"{self._launch.partner}: this answer is closed; it may have had more"
                    )
                piece = await stream.next_piece()
                return write_to_plugin(HttpPiece(request=number, last=piece is None), piece or b"")
            case SftpList(folder=folder):
                listed = SftpListed(request=number, files=await self._files.list(folder))
                return write_to_plugin(listed)
            case SftpRead(path=path, offset=offset):
                if offset < 0:
                    raise NotSent(f"{self._launch.partner}: an offset is 0 or more")
                read = await self._files.read(path, offset)
                part = SftpPiece(request=number, size=read.size, modified_at=read.modified_at)
                return write_to_plugin(part, read.body)

    @property
    def _files(self) -> FileReader:
        if self._sftp is None:
            raise NoSftp(self._launch.partner).missing()
        return self._sftp

    async def _stream(self, message: HttpRequest) -> bytes:
        """Open an answer whose body is asked for later, also by later calls; it ends with the process at the latest."""
        if len(self._streams) >= limits.MAX_STREAMS:
            raise NotSent(f"{self._launch.partner}: {limits.MAX_STREAMS} answers are open; close one of them")
        number, timeout_s = message.request, message.timeout_s
        stream = await self._http.open_stream(
            message.url,
            headers=message.headers,
            params=cast("Mapping[str, str] | None", _scalars(message.params)),
            timeout_s=None if timeout_s is None else min(max(timeout_s, 0.001), MAX_TIMEOUT_S),
        )
        if self.end is not None:
            await stream.aclose()
            raise OutcomeUnknown(f"{self._launch.partner}: the process has ended")
        self._streams[number] = stream
        head = HttpAnswered(request=number, status=stream.status, headers=dict(stream.headers))
        return write_to_plugin(head)

    def _close_stream(self, of: int) -> None:
        if (stream := self._streams.pop(of, None)) is not None:
            task = self._loop.create_task(stream.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _ask(self, message: HttpRequest, body: bytes) -> Any:
        if message.unfit:
            await self._http.refuse(f"the request cannot be put together ({message.unfit[:200]})")
        headers: dict[str, str] | None = dict(message.headers) if message.headers is not None else None
        if message.body == "json" and "content-type" not in {name.lower() for name in headers or ()}:
            headers = {"content-type": "application/json", **(headers or {})}
        timeout_s = message.timeout_s
        return await self._http.request(
            message.method,
            message.url,
            headers=headers,
            params=cast("Mapping[str, str] | None", _scalars(message.params)),
            form=cast("Mapping[str, str] | None", _scalars(message.form)),
            content=body if message.body != "none" else None,
            timeout_s=None if timeout_s is None else min(max(timeout_s, 0.001), MAX_TIMEOUT_S),
            form_charset=message.form_charset,
        )

    def _refuse(self, call: _Call | None, message: _Request, text: str) -> None:
        PLUGIN_REQUESTS_REFUSED.labels(self._launch.partner).inc()
        left = call is not None and call.scope is not None and call.scope.may_have_left
        text = f"{self._launch.partner}: {text}"
        self._write(_failure(message.request, "unknown" if left else "not_sent", text))

    def _take_cancel(self, message: HttpCancel) -> None:
        for call in self._calls.values():
            if (task := call.running.get(message.request)) is not None:
                task.cancel()
        for item in [it for it in self._waiting if it[1].request == message.request]:
            self._waiting.remove(item)
            self._waiting_bytes -= len(item[2])

    # --- health ---------------------------------------------------------------------------------------------

    def _schedule_tick(self) -> None:
        self._tick = self._loop.call_later(PING_INTERVAL_S, self._ping)

    def _ping(self) -> None:
        """Each second while calls run. A gateway that stood still itself has sent no pings meanwhile."""
        if self.end is not None:
            return
        self._schedule_tick()
        if not self._calls:
            self._unanswered = 0
        elif self._pumping:
            pass  # it has said more than we have read
        elif self._unanswered >= MAX_UNANSWERED_PINGS:
            self.kill("hangs", f"it said nothing for {MAX_UNANSWERED_PINGS} s")
        else:
            self._unanswered += 1
            self._say(Ping())

    # --- the end --------------------------------------------------------------------------------------------

    def kill(self, why: str, text: str) -> None:
        """End the process now. Its calls end too, each by what has left for it; safe to repeat."""
        if self.end is not None:
            return
        self.end = end = ProcessEnd(why, text)
        with suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._tick is not None:
            self._tick.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._buffer.clear()
        for number in tuple(self._streams):
            self._close_stream(number)
        self._waiting.clear()
        self._waiting_bytes = 0
        calls, self._calls = tuple(self._calls.values()), {}
        for call in calls:
            call.close()
        for call in calls:
            if not call.ended.done():
                call.ended.set_exception(self._how_it_ended(call, end))
        if not self._started.done():
            self._fail_start(Refusal(Fault(check="start", text=f"its process ended at its start: {text}")))
        self._loop.call_later(REAP_S, self._give_up_reaping)
        self._on_end(self, end)

    def _how_it_ended(self, call: _Call, end: ProcessEnd) -> GatewayError:
        may_have_left = call.scope is None or call.scope.may_have_left
        fault = fault_of_ended_call(call.hook, end.text, sealed=self.is_sealed, may_have_left=may_have_left)
        if isinstance(fault, NotSent):
            end.calls_not_sent += 1
        else:
            end.calls_unknown += 1
        return fault

    def _exited(self) -> None:
        """The kernel says that the process is gone."""
        code = self._process.poll()
        if code is None:
            if self._pidfd is None:
                self._loop.call_later(EXIT_INTERVAL_S, self._exited)
            return
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
        self._printed.close()
        how = f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"
        self.kill("exited", how)
        if not self._reaped.done():
            self._reaped.set_result(code)

    def _give_up_reaping(self) -> None:
        if not self._reaped.done():
            self._log.error("plugin_not_reaped", partner=self._launch.partner, pid=self._process.pid)
            self._reaped.set_result(None)

    async def reaped(self) -> int | None:
        """Wait, a few seconds at most, until the kernel has let go of it; its exit code."""
        return await asyncio.shield(self._reaped)

    async def stop(self) -> None:
        """Ask it to end, and end it a second later."""
        self.stopping = True
        if self.end is None:
            self._say(Stop())
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self.reaped()
            self.kill("stopped", "it was stopped")
        await self.reaped()


def fault_of_ended_call(hook: str, text: str, *, sealed: bool, may_have_left: bool) -> GatewayError:
    """What a call ends with that ended with its process; decided when nothing of it can leave any more."""
    text = f"{hook}() ended with the plugin's process ({text})"
    if sealed and not may_have_left:
        return NotSent(f"{text}; nothing had left this machine")
    return OutcomeUnknown(text)


def _unreadable(fault: Malformed) -> WrongAnswer:
    return WrongAnswer(f"gave an answer that is none of the contract's: {fault}")


def _failure(request: int, kind: Any, text: str) -> bytes:
    whole = text[:2_000].encode(errors="replace").decode()
    return write_to_plugin(HttpFailed(request=request, kind=kind, text=whole))


def _scalars(values: Mapping[str, object] | None) -> dict[str, object] | None:
    """Raises TypeError for a value that no query and no form has."""
    if values is None:
        return None
    if not all(isinstance(it, str | int | float | type(None)) for it in values.values()):
        raise NotSent("the request cannot be put together (TypeError)")
    return dict(values)


def _kernel_says_sealed(pid: int) -> bool:
    """What a process says of itself is believed where the kernel says it too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace")
    except OSError:
        return False
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return lines.get("Seccomp") == "2" and lines.get("NoNewPrivs") == "1"
