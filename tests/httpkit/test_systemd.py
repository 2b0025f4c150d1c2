"""What systemd is told: that a process serves, that its loop lives, that it is ending."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from httpkit.systemd import notify, supervised

SETTINGS = """
[server]
port = 0
[security]
sealing = { file = "key" }
lookup = { file = "key" }
account_key = { file = "key" }
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket on which systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4_096).decode().splitlines()


class TestASupervisedProcess:
    async def test_says_that_it_serves_lives_and_ends(
        self, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        async with supervised("serves at http://x"):
            assert heard(manager) == ["READY=1", "STATUS=serves at http://x"]
            for _ in range(3):
                assert await asyncio.to_thread(heard, manager) == ["WATCHDOG=1"]
        assert heard(manager)[-2] == "STOPPING=1"

    async def test_feeds_no_watchdog_of_another_process(
        self, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "3000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
        async with supervised("serves"):
            await asyncio.sleep(0.01)
        assert [heard(manager)[0], heard(manager)[0]] == ["READY=1", "STOPPING=1"]

    @pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/notify", "@nobody-listens-here"])
    def test_that_has_no_manager_goes_on(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")


async def test_a_gateway_counts_as_started_once_it_takes_requests(
    manager: socket.socket, tmp_path: Path
) -> None:
    (tmp_path / "gateway.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "key").write_text("k" * 48, "utf-8")
    environment = os.environ | {"NOTIFY_SOCKET": manager.getsockname()}
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        ready = await asyncio.to_thread(heard, manager)
        assert ready[0] == "READY=1"
        port = int(ready[1].rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), 10).close()
        serving.send_signal(signal.SIGTERM)
        assert (await asyncio.to_thread(heard, manager))[0] == "STOPPING=1"
    finally:
        if serving.returncode is None:
            serving.terminate()
        await serving.communicate()
