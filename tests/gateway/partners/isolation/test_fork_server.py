"""Plugins' processes are forked from one that has made their imports, and are the gateway's own children all the same."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections import Counter
from pathlib import Path

import pytest

from gateway.errors import PartnerUnavailable
from gateway.partners import registry
from gateway.partners.isolation import fork_server
from gateway.partners.isolation.fork_server import ForkServer
from gateway.partners.registry import where_it_runs
from tests.gateway.partners.isolation.conftest import has_ended, until
from tests.gateway.partners.isolation.test_life import evil_with


def fork_server_of(built) -> int:
    return built.loaded.fork_server._process.pid


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


def descriptors(pid: int) -> list[str]:
    return [str(it.readlink()) for it in Path(f"/proc/{pid}/fd").iterdir()]


def environment_of(pid: int) -> set[bytes]:
    values = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return {it.partition(b"=")[0] for it in values if it}


def children() -> set[int]:
    """Those of this process that have not ended."""
    numbers = [int(it.name) for it in Path("/proc").iterdir() if it.name.isdecimal()]
    return {pid for pid in numbers if not has_ended(pid) and parent_of(pid) == os.getpid()}


class TestAFork:
    async def test_is_the_gateways_own_child_in_a_session_of_its_own(self, house):
        built = await house(source=evil_with(""))
        for partner in (built.evil, built.acorn):
            pid = partner.keeper.process.pid
            assert parent_of(pid) == os.getpid()
            assert os.getsid(pid) == pid != os.getsid(0)

    async def test_tells_the_gateway_its_exit_code(self, house, log):
        built = await house()
        with pytest.raises(PartnerUnavailable):
            await built.attack("leave")
        await built.has_ended()
        await built.comes_back()
        os.kill(built.evil.keeper.process.pid, signal.SIGTERM)
        await until(lambda: len(log.named("plugin_ended")) == 2)
        assert [line["exit_code"] for line in log.named("plugin_ended")] == [7, -signal.SIGTERM]

    async def test_holds_no_descriptor_but_its_line_and_what_it_prints_to(self, house):
        built = await house(source=evil_with(""))
        for pid in (built.evil.keeper.process.pid, built.acorn.keeper.process.pid):
            held = Counter(it.partition(":")[0] for it in descriptors(pid))
            assert held.keys() == {"socket", "pipe", "/dev/null", "anon_inode"}
            assert held["socket"] == 3  # the line, and the two ends by which the loop wakes itself


class TestTheForkServer:
    async def test_has_no_environment_and_no_secret(self, house, monkeypatch):
        monkeypatch.setenv("ACORN_KEY", "sesame-acorn")
        built = await house(source=evil_with(""))
        assert environment_of(fork_server_of(built)) == {b"LANG", b"MALLOC_ARENA_MAX"}
        written_down = memory_of(fork_server_of(built))
        assert b"gateway.partners.isolation" in written_down
        assert b"sesame-" not in written_down

    async def test_leaves_the_plugins_alone_when_it_ends_and_another_takes_its_place(self, house, log):
        built = await house(source=evil_with(""))
        first, pids = fork_server_of(built), [it.keeper.process.pid for it in (built.evil, built.acorn)]
        os.kill(first, signal.SIGKILL)
        await until(lambda: has_ended(first))
        await asyncio.gather(built.evil.check_connection(), built.acorn.check_connection())
        assert [it.keeper.process.pid for it in (built.evil, built.acorn)] == pids
        os.kill(pids[0], signal.SIGKILL)
        await until(lambda: len(log.named("plugin_started")) == 3)
        assert not log.named("plugin_not_started")
        assert fork_server_of(built) != first

    async def test_another_takes_its_place_when_it_hangs(self, house, monkeypatch):
        monkeypatch.setattr(fork_server, "FORK_S", 2.0)
        built = await house(source=evil_with(""))
        first = fork_server_of(built)
        os.kill(first, signal.SIGSTOP)
        await built.loaded.reload("evil")
        await built.evil.check_connection()
        assert fork_server_of(built) != first
        assert has_ended(first)

    async def test_is_gone_with_all_that_it_has_forked_when_the_gateway_closes(self, house):
        before = children()
        built = await house(source=evil_with(""))
        assert len(children() - before) == 3
        built.watch.cancel()
        await built.loaded.aclose()
        assert children() - before == set()

    @pytest.mark.parametrize("closed_first", [False, True])
    async def test_a_start_that_is_cancelled_leaves_no_process(self, closed_first):
        before = children()
        forks = ForkServer()
        ours, theirs = socket.socketpair()
        boot = {"path": [], "readable": [], "memory_mb": 64, "parent": os.getpid(), "command": None}
        start = asyncio.create_task(forks.start(boot, theirs))
        await until(lambda: children() - before)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        if closed_first:
            forks.close()
        await until(lambda: not {it for it in asyncio.all_tasks() if it is not asyncio.current_task()})
        if not closed_first:
            forks.close()
        assert forks._process is None
        await until(lambda: children() - before == set())
        ours.close()
        theirs.close()


async def test_where_there_is_no_fork_server_a_process_starts_from_nothing(house, monkeypatch):
    monkeypatch.setattr(registry, "HAS_FORK_SERVER", False)
    built = await house()
    assert built.loaded.fork_server._process is None
    assert "sealed (" in where_it_runs(built.evil)
    assert parent_of(built.evil.keeper.process.pid) == os.getpid()
    with pytest.raises(PartnerUnavailable):
        await built.attack("leave")
    await built.has_ended()
    await built.comes_back()


def memory_of(pid: int) -> bytes:
    """All that it has written into its memory."""
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("ascii").splitlines():
            where, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(it, 16) for it in where.split("-"))
                memory.seek(start)
                parts.append(memory.read(end - start))
    return b"".join(parts)
