"""What stands around every call of an async hook: turn, deadline, breaker, check, log line, metric, record.

It decides that a call ended without an answer and why; what that means for points is the caller's `meaning`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from gateway.errors import GatewayError, NotSent, OutcomeUnknown, PartnerRefused, PartnerUnavailable
from gateway.model import (
    Debited,
    Declined,
    IdReused,
    InProgress,
    LinkedAccount,
    NoRecord,
    NotProcessed,
    Reversed,
)
from gateway.partners.calls.breaker import Breaker, BreakerState
from gateway.partners.calls.call_log import CallRecord, CallScope, RequestRecord, call_scope, record
from gateway.partners.calls.isolate import BLOCKED_AFTER_S, CallResult, place_of, run_isolated
from gateway.partners.calls.metrics import (
    PARTNER_BREAKER_OPEN,
    PARTNER_CALL_SECONDS,
    PARTNER_CALLS,
    PARTNER_CALLS_IN_FLIGHT,
)
from gateway.partners.calls.result_checks import WrongAnswer
from gateway.partners.calls.throttle import Throttle
from gateway.partners.isolation.faults import PluginCrash
from gateway.platform import traces
from gateway.plugin_interfaces import Log

MAX_IN_FLIGHT: Final = 16
MAX_WAITING: Final = 256
MAX_PUSHES_IN_FLIGHT: Final = 4
"""Read at one time: they come from strangers, and others of the same partner wait for a place."""
_GRACE_S: Final = 0.05  # for a cancelled hook to put down what it holds, and to tell how its requests ended
_TEXT_LENGTH: Final = 300

_T = TypeVar("_T")

# Finding a metric by its labels costs more than counting on it.
_calls = lru_cache(maxsize=1024)(PARTNER_CALLS.labels)
_seconds = lru_cache(maxsize=1024)(PARTNER_CALL_SECONDS.labels)
_in_flight = lru_cache(maxsize=1024)(PARTNER_CALLS_IN_FLIGHT.labels)
_breaker_open = lru_cache(maxsize=1024)(PARTNER_BREAKER_OPEN.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """A call without an answer: `text` for people, `fault` what the plugin raised, if it did.

    `held`: the plugin was not called at all. `may_have_left`: a request may have left this machine.
    `broke_contract`: the hook answered, but with something that the contract does not know.
    """

    text: str
    fault: BaseException | None = None
    held: bool = False
    may_have_left: bool = False
    broke_contract: bool = False


class CallGuard:
    """Guards the calls of one partner; one for all its hooks, since they share places and breaker."""

    def __init__(
        self,
        partner: str,
        deadline_s: float,
        log: Log,
        *,
        seconds: Callable[[], float],
        known_secrets: Callable[[], tuple[str, ...]],
        asks: bool = True,
        in_own_process: bool = False,
    ) -> None:
        """`in_own_process`: the plugin's code runs in a process that is ended where it ignores a cancellation.

        `asks`: the calls ask the partner. Those that only read what somebody sent say nothing of the partner: they
        count for no breaker and no pace, and have few places of their own.
        """
        self._asks = asks
        self._in_own_process = in_own_process
        self._max_in_flight = MAX_IN_FLIGHT if asks else MAX_PUSHES_IN_FLIGHT
        self.breaker: Final = Breaker(seconds)
        self.pace: Final = Throttle(seconds)
        self._partner = partner
        self._deadline_s = deadline_s
        self._log = log
        self._seconds = seconds
        self._known_secrets = known_secrets
        self._turns = asyncio.Semaphore(self._max_in_flight)
        self._waiting = 0
        self._running: set[asyncio.Task[CallResult]] = set()
        self._ending: set[asyncio.Task[CallResult]] = set()

    def use_deadline(self, deadline_s: float) -> None:
        """For calls that begin from now on."""
        self._deadline_s = deadline_s

    async def call(
        self,
        name: str,
        hook: Callable[[], Awaitable[object]] | None,
        check: Callable[[object], _T],
        meaning: Callable[[CallFailure], GatewayError],
        *,
        secrets: tuple[str, ...] = (),
        members: tuple[str, ...] = (),
        may_probe: bool,
    ) -> _T:
        """Call `hook` (None: the plugin has none) and give its checked answer, or raise what `meaning` says.

        `secrets` are kept out of every text, and so are the partner's names for `members`. `may_probe`: may this call be the one that tries a partner again?
        """
        secrets = tuple(secret for secret in (*secrets, *self._known_secrets()) if secret)
        scope = CallScope(partner=self._partner, hook=name, secrets=secrets, members=set(members))
        began_s = self._seconds()
        outcome, text = "cancelled", ""
        try:
            end = await self._attempt(scope, hook, check, may_probe=may_probe)
            if not isinstance(end, CallFailure):
                outcome = _OUTCOMES.get(type(end), "ok")
                if isinstance(end, LinkedAccount | Debited | IdReused) and end.service_id is not None:
                    scope.members.add(end.service_id)
                return end
            raised = meaning(end)
            outcome, text = _outcome(raised), end.text
            raise raised
        finally:
            self._record_metrics(scope, outcome, text, self._seconds() - began_s)

    async def run_down(self, end: Callable[[], Awaitable[object]]) -> None:
        """Let a plugin end something of its own. It has one deadline, and neither its faults nor its time are ours."""
        task = asyncio.create_task(run_isolated(end), name=f"{self._partner} ends")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        try:
            await asyncio.wait({task}, timeout=self._deadline_s)
        finally:
            task.cancel()

    async def aclose(self) -> None:
        """Cancel what still runs and wait a second for it."""
        tasks = self._running | self._ending
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    def warn_when_blocked(self, hook: str, ended: CallResult) -> None:
        if ended.longest_step_s > BLOCKED_AFTER_S:
            blocked_ms = round(ended.longest_step_s * 1000)
            self._log.warning(
                "plugin_blocks_the_loop", partner=self._partner, hook=hook, blocked_ms=blocked_ms
            )

    async def _attempt(
        self,
        scope: CallScope,
        hook: Callable[[], Awaitable[object]] | None,
        check: Callable[[object], _T],
        *,
        may_probe: bool,
    ) -> _T | CallFailure:
        if hook is None:
            return self._failure(scope, f"the plugin has no {scope.hook}()", held=True)
        if (held_because := await self._turn(may_probe=may_probe)) is not None:
            return self._failure(scope, held_because, held=True)
        try:
            run = self._run_elsewhere if self._in_own_process else self._run
            ended = await run(scope, hook)
        except asyncio.CancelledError:
            self.breaker.record_neutral()
            raise
        if ended is None:
            if self._asks:
                self.breaker.record_failure()
            return self._failure(scope, f"{scope.hook}() did not end within {self._deadline_s:g} s")
        self.warn_when_blocked(scope.hook, ended)
        if ended.fault is None:
            try:
                answer = check(ended.value)
            except Exception as fault:  # noqa: BLE001  a plugin's object can raise at any touch
                self._judge(scope, answered=False)
                return self._failure(scope, f"{scope.hook}() {wrong_text(fault)}", fault, broke_contract=True)
            if isinstance(answer, NotProcessed) and scope.is_a_request_unclear:
                # It speaks of the last request; the partner may have carried out the one before.
                self.breaker.record_failure()
                return self._failure(
                    scope,
                    f"{scope.hook}() said NotProcessed, and another request of it ended without an answer",
                )
            # A partner that looks at nothing now is left alone as one that does not answer.
            self._judge(scope, answered=not isinstance(answer, NotProcessed))
            return answer
        if isinstance(ended.fault, WrongAnswer):  # a process of the plugin's own found it out
            self._judge(scope, answered=False)
            return self._failure(scope, f"{scope.hook}() {ended.fault}", broke_contract=True)
        self._judge(scope, answered=isinstance(ended.fault, PartnerRefused), fault=ended.fault)
        told = (
            str(ended.fault)
            if isinstance(ended.fault, GatewayError)
            else f"{scope.hook}() {crash_text(ended.fault)}"
        )
        return self._failure(scope, told, ended.fault)

    async def _turn(self, *, may_probe: bool) -> str | None:
        """Wait for one of the places in flight; None when it is taken and the breaker agrees, else why not."""
        resting = "is left alone for a moment after several failures in a row"
        if self.breaker.state is BreakerState.OPEN:
            return resting
        wait_s = self.pace.wait_s(self._deadline_s) if self._asks else 0.0
        if wait_s is None:
            return f"the pace kept towards this partner leaves no place within {self._deadline_s:g} s"
        if wait_s:
            await asyncio.sleep(wait_s)
        if self._turns.locked():
            if self._waiting >= MAX_WAITING:
                return f"{self._max_in_flight} calls are in flight and {MAX_WAITING} wait already"
            self._waiting += 1
            try:
                async with asyncio.timeout(self._deadline_s):
                    await self._turns.acquire()
            except TimeoutError:
                return (
                    f"{self._max_in_flight} calls are in flight and none ended within {self._deadline_s:g} s"
                )
            finally:
                self._waiting -= 1
        else:
            await self._turns.acquire()
        admitted = self.breaker.admits() if may_probe else self.breaker.state is BreakerState.CLOSED
        if admitted:
            return None
        self._turns.release()
        return resting

    async def _run(self, scope: CallScope, hook: Callable[[], Awaitable[object]]) -> CallResult | None:
        """Run the hook in a task of its own, so that even one that ignores cancellation can be left behind.

        None: it did not end within the deadline. Its place in flight is free only when it really ends.
        """
        with call_scope(scope):
            task = asyncio.create_task(run_isolated(hook), name=f"{self._partner}.{scope.hook}")
        self._running.add(task)
        _in_flight(self._partner).inc()
        task.add_done_callback(self._ran)
        late = False
        try:
            await asyncio.wait({task}, timeout=self._deadline_s)
            if late := not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_GRACE_S)
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            scope.closed = True
        if not task.done():
            self._log.warning("plugin_ignores_cancellation", partner=self._partner, hook=scope.hook)
            return None
        ended = task.result()
        return None if late and ended.fault is not None else ended

    async def _run_elsewhere(
        self, scope: CallScope, hook: Callable[[], Awaitable[object]]
    ) -> CallResult | None:
        """The same for a plugin in a process of its own: what is awaited here is our code and needs no task around it."""
        _in_flight(self._partner).inc()
        deadline = asyncio.timeout(self._deadline_s)
        try:
            with call_scope(scope):
                async with deadline:
                    return CallResult(value=await hook())
        except Exception as fault:  # noqa: BLE001  what the plugin raised, as its process told it
            return None if deadline.expired() else CallResult(fault=fault)
        finally:
            scope.closed = True
            self._turns.release()
            _in_flight(self._partner).dec()

    def _ran(self, task: asyncio.Task[CallResult]) -> None:
        self._running.discard(task)
        self._turns.release()
        _in_flight(self._partner).dec()

    def _judge(self, scope: CallScope, *, answered: bool, fault: BaseException | None = None) -> None:
        """Tell the breaker whether the partner is there.

        A plugin that merely stumbles (over what a stranger put into a return address, for one) says nothing
        about its partner, so a crash counts only when a request of the call went wrong.
        """
        if not self._asks:
            self.breaker.record_neutral()
            return
        gone = (PartnerUnavailable, OutcomeUnknown, NotSent, TimeoutError)
        if answered:
            self.breaker.record_success()
        elif isinstance(fault, gone) or any(_went_wrong(request) for request in scope.requests):
            self.breaker.record_failure()
        else:
            self.breaker.record_neutral()

    def _failure(
        self,
        scope: CallScope,
        text: str,
        fault: BaseException | None = None,
        *,
        held: bool = False,
        broke_contract: bool = False,
    ) -> CallFailure:
        # A plugin may quote its partner's JSON, in which half a character is allowed; the story keeps whole ones only.
        text = scope.without_members(scope.scrubbed(text))[:_TEXT_LENGTH].encode(errors="replace").decode()
        if not text.startswith(f"{self._partner}: "):
            text = f"{self._partner}: {text}"
        left = scope.may_have_left
        return CallFailure(
            text=text, fault=fault, held=held, may_have_left=left, broke_contract=broke_contract
        )

    def _record_metrics(self, scope: CallScope, outcome: str, text: str, took_s: float) -> None:
        ms = round(took_s * 1000)
        _calls(self._partner, scope.hook, outcome).inc()
        _seconds(self._partner, scope.hook).observe(took_s)
        if self._asks:
            _breaker_open(self._partner).set(self.breaker.state is BreakerState.OPEN)
        facts = {"point_gateway.partner": self._partner, "point_gateway.hook": scope.hook}
        traces.add_span("partner call", took_s, **facts, **{"point_gateway.outcome": outcome})
        requests = scope.request_records()
        record(
            CallRecord(
                partner=self._partner, hook=scope.hook, outcome=outcome, ms=ms, text=text, requests=requests
            )
        )
        say = self._log.warning if text else self._log.info
        why = {"text": text} if text else {}
        say(
            "partner_call",
            partner=self._partner,
            hook=scope.hook,
            outcome=outcome,
            ms=ms,
            requests=[request.in_words() for request in requests],
            **why,
        )


_OUTCOMES: Final[Mapping[type, str]] = {
    Debited: "debited",
    Declined: "declined",
    IdReused: "id_reused",
    InProgress: "in_progress",
    NoRecord: "no_record",
    NotProcessed: "not_processed",
    Reversed: "reversed",
}


def _outcome(raised: GatewayError) -> str:
    match raised:
        case NotSent():
            return "not_sent"
        case OutcomeUnknown():
            return "unknown"
        case PartnerRefused():
            return "refused"
    return "unavailable"


def crash_text(fault: BaseException) -> str:
    """Type and place; not the text, which may quote what must not be read."""
    if isinstance(fault, PluginCrash):
        return f"crashed with {fault.type_name} ({fault.place})"
    return f"crashed with {type(fault).__name__} ({place_of(fault)})"


def ended_text(fault: BaseException) -> str:
    """The same, where the fault may be the gateway's own word about the plugin's process."""
    return f"ended: {fault}" if isinstance(fault, GatewayError | WrongAnswer) else crash_text(fault)


def wrong_text(fault: Exception) -> str:
    """Why an answer is not taken."""
    return (
        str(fault)
        if isinstance(fault, WrongAnswer)
        else f"gave an answer that breaks when read ({type(fault).__name__})"
    )


def _went_wrong(request: RequestRecord) -> bool:
    return request.status is None or request.status >= 500 or request.status == 429
