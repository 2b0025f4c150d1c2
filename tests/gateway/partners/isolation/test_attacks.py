"""Each attack is made by a real plugin in a real process, beside a neighbour that loses no call.

Attacks that leave their process as it was share one; so do those after which the next process is the same as a first.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os

import pytest

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.model import ExchangeId, NoRecord
from gateway.partners.isolation import process
from gateway.partners.isolation.messages import HttpRequest, LogLine, write_from_plugin
from tests.gateway.partners.isolation.conftest import until

REFUSED = [
    "read_settings",
    "read_the_system",
    "list_folders",
    "read_the_gateways_process",
    "write",
    "sockets",
    "send_from_a_stream_pair",
    "processes",
    "signals",
    "signals_by_a_descriptor",
    "rare_calls",
    "more_memory_or_descriptors",
    "other_plugins",
]
ENDS_THE_PROCESS = [
    "segfault",
    "leave",
    "close_the_line",
    "rubbish",
    "huge_length",
    "huge_frame",
    "no_object",
    "unknown_message",
    "sealed_again",
    "ready_again",
    "end_of_a_strange_call",
    "both_value_and_fault",
    "rows_nobody_wants",
]
"""At once."""
HANGS = [
    "loop_forever",
    "hopeless_pattern",
    "stop_the_loop",
    "cancel_everything",
    "swallow_cancellation",
    "read_nothing",
    "half_a_frame",
]
"""Ended by the gateway when it has said nothing for a while, or goes on after its call."""


ENDS_A_DEBIT = ["segfault", "leave", "rubbish", "close_the_line", "hold_the_loop"]


class TestTheKernelRefuses:
    async def test_attacks_on_files_network_and_processes_are_refused(self, house):
        built = await house()
        for name in REFUSED:
            result = await built.attack(name)
            assert "refused" in result, (name, result)
            assert "done" not in result, (name, result)

    async def test_the_process_has_no_environment_and_no_secret_but_its_own(self, house, monkeypatch):
        monkeypatch.setenv("ACORN_KEY", "sesame-acorn")
        built = await house()
        assert "sesame" not in await built.attack("environment")
        memory = await built.attack("memory")
        assert "sesame-evil" in memory
        assert "sesame-acorn" not in memory
        assert "sesame-sealing" not in memory

    async def test_what_it_patches_is_its_own_copy_of_the_gateway(self, house, log):
        built = await house()
        assert (await built.attack("patch_the_gateway")).endswith("found []")
        await built.evil.check_connection()
        line = log.named("partner_call")[-1]
        assert (line["partner"], line["hook"], line["outcome"]) == ("evil", "check_connection", "ok")
        assert isinstance(await built.acorn.find_debit(ExchangeId("e")), NoRecord)

    async def test_the_database_is_as_it_was(self, house):
        built = await house()
        before = (built.folder / "gateway.db").read_bytes()
        await built.attack("write")
        assert (built.folder / "gateway.db").read_bytes() == before
        assert not (built.folder / "new").exists()


class TestIsNotSent:
    async def test_a_host_that_the_profile_has_not(self, house):
        built = await house()
        for name in ("another_host", "own_hosts"):
            result = await built.attack(name)
            assert "refused" in result, (name, result)
            assert built.seen == [], name

    async def test_a_request_after_the_end_of_its_call(self, house, log):
        built = await house()
        await built.attack("request_after_the_end")
        await until(lambda: log.named("late"))
        assert [line["result"] for line in log.named("late")] == ["NotSent"]
        assert built.seen == []

    async def test_a_request_for_a_call_that_is_not_its_own(self, house):
        built = await house()
        await built.attack("request_for_another_call")
        assert built.seen == []


class TestEndsTheProcess:
    async def test_the_call_ends_and_the_next_one_is_answered_by_a_new_process(self, house):
        built = await house()
        for name in ENDS_THE_PROCESS:
            await self.ends_and_comes_back(built, name, {"exited", "line_closed", "malformed"})

    async def test_so_it_does_where_the_process_hangs(self, house, log, tmp_path):
        """All at once, each in a house of its own: each takes seconds, in which nothing happens."""
        folders = [tmp_path / name for name in HANGS]
        for folder in folders:
            folder.mkdir()
        houses = [await house(folder=folder, own_log=type(log)()) for folder in folders]
        reasons = {"hangs", "ignores_cancellation", "line_closed", "exited"}
        await asyncio.gather(
            *(
                self.ends_and_comes_back(built, folder.name, reasons)
                for built, folder in zip(houses, folders, strict=True)
            )
        )

    async def ends_and_comes_back(self, built, name, reasons):
        first = built.evil.keeper.process.pid
        ended_before = len(built.log.named("plugin_ended"))
        with pytest.raises(PartnerUnavailable):
            await built.attack(name)
        await until(lambda: len(built.log.named("plugin_ended")) > ended_before)
        await built.comes_back()
        assert built.evil.keeper.process.pid != first, name
        await built.evil.check_connection()
        (ended,) = built.log.named("plugin_ended")[ended_before:]
        assert ended["why"] in reasons, (name, ended)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        built.restarts_at_once()

    async def test_an_end_is_told_by_the_kernel_also_where_the_line_ends_first(self, house, log, monkeypatch):
        monkeypatch.setattr(process, "EXIT_AFTER_LINE_S", 10.0)
        built = await house()
        with pytest.raises(PartnerUnavailable, match="it ended with code 0"):
            await built.attack("close_the_line")
        await built.has_ended()
        (ended,) = log.named("plugin_ended")
        assert ended["why"] == "exited"
        await built.comes_back()

    async def test_a_frame_that_never_becomes_whole_ends_by_the_deadline(self, house):
        built = await house()
        with pytest.raises(PartnerUnavailable):
            await built.attack("a_frame_drop_by_drop")
        await built.has_ended()
        await built.comes_back()

    async def test_a_new_process_is_started_at_once_and_the_next_after_a_pause(self, house, log):
        built = await house()
        for count in (1, 2):
            with pytest.raises(PartnerUnavailable):
                await built.attack("leave")
            await until(lambda count=count: len(log.named("plugin_ended")) == count)
            await built.comes_back()
        assert [line["restart_in_s"] for line in log.named("plugin_ended")] == [0.0, 1.0]


class TestHurtsThatCallAlone:
    async def test_memory_has_an_end(self, house):
        built = await house()
        assert await built.attack("fill_memory") == "refused: MemoryError"
        await built.evil.check_connection()

    @pytest.mark.parametrize(("name", "fault"), [("threads", "RuntimeError"), ("descriptors", "OSError")])
    async def test_threads_and_descriptors_have_an_end(self, house, name, fault):
        built = await house()
        assert await built.attack(name) == f"refused: {fault}"
        await built.evil.check_connection()

    async def test_system_exit_is_a_crash_with_its_place(self, house):
        built = await house()
        pid = built.evil.keeper.process.pid
        with pytest.raises(
            PartnerUnavailable, match=r"begin_handoff\(\) crashed with SystemExit \(\S+evil.py:\d+\)"
        ):
            await built.attack("system_exit")
        assert built.evil.keeper.process.pid == pid

    async def test_an_answer_for_another_exchange_is_unknown(self, house):
        built = await house()
        with pytest.raises(OutcomeUnknown, match="another exchange_id"):
            await built.debit("other-nothing")

    async def test_a_long_answer_is_an_answer(self, house):
        assert len(await (await house()).attack("long_answer")) == 19_999


class TestFloods:
    async def test_lines_are_dropped_and_counted(self, house, log):
        built = await house()
        calls_before = built.neighbour_calls
        await built.attack("many_lines")
        assert len(log.named("flood")) <= 300
        assert built.neighbour_calls > calls_before

    @pytest.mark.parametrize("name", ["many_raw_lines", "many_pongs"])
    async def test_frames_that_answer_nothing_are_read_slowly(self, house, log, name):
        built = await house()
        calls_before = built.neighbour_calls
        with contextlib.suppress(PartnerUnavailable):  # the rest of the flood takes longer than the deadline
            await built.attack(name)
        assert len(log.named("flood")) <= 2_000
        assert built.neighbour_calls > calls_before

    async def test_requests_of_a_call_have_an_end(self, house):
        built = await house()
        result = await built.attack("many_requests")
        assert result in (
            "{'answered': 200, 'OutcomeUnknown': 2800}",
            "{'OutcomeUnknown': 2800, 'answered': 200}",
        )
        assert len(built.seen) == 200

    async def test_what_is_printed_comes_into_the_log_in_part_and_without_secrets(self, house, log):
        built = await house()
        await built.attack("print_much")
        await until(lambda: log.named("plugin_printed"))
        await asyncio.sleep(0.3)  # more of it, if there were
        printed = [line["text"] for line in log.named("plugin_printed")]
        assert printed[0] == "*** spills"
        assert len(printed) <= 40
        assert all(len(text) <= 500 for text in printed)

    async def test_a_secret_in_a_line_is_stars_and_that_of_a_fault_is_not_told(self, house, log):
        built = await house()
        with pytest.raises(PartnerUnavailable) as told:
            await built.attack("secret_in_a_line")
        (line,) = log.named("told")
        assert line["text"] == "the key is ***"
        assert line["token"] == "***"
        assert line["partner"] == "evil"
        assert "sesame" not in f"{told.value} {log.lines}"


class TestTheNeighbourIsNext:
    """However much one process says or asks, little of it is done in a turn of the loop; then it is others' turn."""

    async def per_turn(self, process, monkeypatch, method, work, enough):
        """How often `method` was called in each turn of the loop, until that was `enough` times."""
        counts = [0]
        inner = getattr(process, method)

        def counting(*arguments):
            counts[-1] += 1
            return inner(*arguments)

        monkeypatch.setattr(process, method, counting)
        work()
        async with asyncio.timeout(20):
            while sum(counts) < enough:
                counts.append(0)
                await asyncio.sleep(0)
        return max(counts)

    @pytest.mark.parametrize(("size", "most"), [(10, 32), (20_000, 4)])
    async def test_frames_are_read_a_few_in_a_turn(self, house, monkeypatch, size, most):
        process = (await house()).evil.keeper.process
        frame = write_from_plugin(LogLine(level="info", event="x" * size, values={}))
        count = min(1_000, 2_000_000 // len(frame))  # within a second's share
        flood = functools.partial(process.data_received, frame * count)
        assert await self.per_turn(process, monkeypatch, "_handle", flood, count) == most

    async def test_requests_are_begun_a_few_in_a_turn(self, house, monkeypatch):
        built = await house()
        process = built.evil.keeper.process
        call = asyncio.create_task(built.debit("before-swallow_cancellation"))
        await until(lambda: process.calls_running)
        frames = b"".join(
            write_from_plugin(HttpRequest(request=number, n=process.calls_begun, url=f"http://x/{number}"))
            for number in range(1, 31)
        )
        flood = functools.partial(process.data_received, frames)
        assert await self.per_turn(process, monkeypatch, "_send", flood, 30) == 4
        call.cancel()


class TestTheLawsOfADebit:
    async def test_before_a_request_has_left_it_is_certainly_not_sent(self, house):
        built = await house()
        for name in ENDS_A_DEBIT:
            with pytest.raises(NotSent):
                await built.debit(f"before-{name}")
            assert built.seen == [], name
            await built.comes_back()
            built.restarts_at_once()

    async def test_after_a_request_has_left_it_is_unknown(self, house):
        built = await house()
        for count, name in enumerate(ENDS_A_DEBIT, 1):
            with pytest.raises(OutcomeUnknown):
                await built.debit(f"after-{name}")
            assert len(built.seen) == count, name
            await built.comes_back()
            built.restarts_at_once()

    async def test_while_a_request_is_under_way_it_is_unknown(self, house):
        built = await house()
        with pytest.raises(OutcomeUnknown):
            await built.debit("during-leave")
        assert len(built.seen) == 1

    async def test_a_process_that_is_not_sealed_may_have_sent_it_by_itself(self, house):
        from gateway.partners.loading.partner_settings import Isolation

        built = await house(isolation=Isolation.PROCESS_UNSEALED)
        built.evil.keeper.process.is_sealed = False
        with pytest.raises(OutcomeUnknown):
            await built.debit("before-leave")

    async def test_without_a_process_nothing_is_sent(self, house):
        built = await house()
        with pytest.raises(OutcomeUnknown):
            await built.debit("after-leave")
        with pytest.raises(NotSent, match="being started anew"):
            await built.debit("nothing-at-all")

    async def test_sixteen_at_once_end_each_by_its_own(self, house):
        built = await house()
        debits = [built.debit(f"after-swallow_cancellation:{number}") for number in range(8)]
        debits += [built.debit(f"before-swallow_cancellation:{number}") for number in range(8)]
        ends = asyncio.gather(*debits, return_exceptions=True)
        async with asyncio.timeout(30):
            while len(built.seen) < 8:  # noqa: ASYNC110 - seen at the partner's
                await asyncio.sleep(0.01)
        os.kill(built.evil.keeper.process.pid, 9)
        kinds = [type(end) for end in await ends]
        assert kinds == [OutcomeUnknown] * 8 + [NotSent] * 8
        assert len(built.seen) == 8

    async def test_a_request_that_lies_in_the_buffer_when_the_process_ends_is_not_sent(self, house):
        """The call is called not sent: then nothing of it may leave, whatever has been written to the line."""
        built = await house()
        process = built.evil.keeper.process
        before = process.data_received
        held: list[bytes] = []
        process._transport.set_protocol(_Holding(process, held))
        debit = asyncio.create_task(built.debit("during-nothing"))
        await until(lambda: b"HttpRequest" in b"".join(held))
        before(b"".join(held))  # read and queued, not begun
        process.kill("exited", "for the test")
        with pytest.raises(NotSent):
            await debit
        await asyncio.sleep(0.2)
        assert built.seen == []


class _Holding(asyncio.Protocol):
    def __init__(self, process, held):
        self._process, self._held = process, held

    def data_received(self, data):
        self._held.append(data)

    def connection_lost(self, exc):
        self._process.connection_lost(exc)
