"""Signals to a gateway in service: SIGHUP reads its keys again and ends nothing; SIGTERM ends it in order."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from gateway.platform.encryption import Unreadable, Vault

SETTINGS = """
[server]
port = 0
[security]
sealing = { file = "sealing" }
lookup = { file = "lookup" }
account_key = { file = "lookup" }
"""


async def line_with(stream: asyncio.StreamReader, *words: str) -> str:
    while True:
        line = (await asyncio.wait_for(stream.readline(), 60)).decode()
        assert line, "the gateway has ended"
        if all(word in line for word in words):
            return line


async def test_a_hang_up_reads_the_keys_again_and_a_mistake_in_them_changes_nothing(tmp_path: Path) -> None:
    write = {name: tmp_path.joinpath(name).write_text for name in ("gateway.toml", "sealing", "lookup")}
    write["gateway.toml"](SETTINGS, "utf-8")
    write["sealing"]("s" * 48, "utf-8")
    write["lookup"]("l" * 48, "utf-8")
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert serving.stdout is not None
    try:
        await line_with(serving.stdout, "serves at")
        write["sealing"]("n" * 48 + "\n" + "s" * 48, "utf-8")
        serving.send_signal(signal.SIGHUP)
        await line_with(serving.stdout, "settings read again", "sealing")
        for name, content in (("sealing", "short"), ("gateway.toml", "no toml"), ("gateway.toml", SETTINGS)):
            write[name](content, "utf-8")
            serving.send_signal(signal.SIGHUP)
            await line_with(serving.stdout, "settings not read again")
        serving.send_signal(signal.SIGTERM)
        await line_with(serving.stdout, "stopping")
    finally:
        if serving.returncode is None:
            serving.terminate()
        await serving.communicate()
    assert serving.returncode == 0


async def test_each_process_tells_its_own_numbers_on_a_port_of_its_own(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = SETTINGS.replace("port = 0", f'port = 0\nadmin = "127.0.0.1:{port}"')
    for name, content in (("gateway.toml", text), ("sealing", "s" * 48), ("lookup", "l" * 48)):
        (tmp_path / name).write_text(content, "utf-8")
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert serving.stdout is not None
    try:
        line = await line_with(serving.stdout, "serves at")
        public = line.split()[-1]
        async with aiohttp.ClientSession() as http:
            for path, status in (("/health/ready", 200), ("/health/partners", 200), ("/metrics", 200)):
                async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                    assert answer.status == status
                    numbers = await answer.text()
            async with http.get(f"{public}/metrics") as answer:
                assert answer.status == 404
    finally:
        if serving.returncode is None:
            serving.terminate()
        await serving.communicate()
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    listed = set(re.findall(r"`(point_gateway_\w+)`", page))
    told = {
        name.removesuffix("_total").removesuffix("_info")
        for name in re.findall(r"^# TYPE (point_gateway_\w+) ", numbers, re.MULTILINE)
        if not name.endswith("_created")
    }
    assert told - listed == set(), "not in docs/metrics.md"
    assert listed - told == set(), "in docs/metrics.md, and nobody tells it"


def test_keys_that_are_taken_anew_open_what_they_sealed_and_nothing_else() -> None:
    vault = Vault([b"s" * 32], b"l" * 32)
    before = vault.encrypt("token", purpose="link", bound_to="row")
    vault.use_sealing_keys([b"n" * 32, b"s" * 32])
    after = vault.encrypt("token", purpose="link", bound_to="row")
    assert vault.decrypt(before, purpose="link", bound_to="row") == "token"
    with pytest.raises(ValueError, match="32 random bytes"):
        vault.use_sealing_keys([b"short"])
    vault.use_sealing_keys([b"n" * 32])
    assert vault.decrypt(after, purpose="link", bound_to="row") == "token"
    with pytest.raises(Unreadable):
        vault.decrypt(before, purpose="link", bound_to="row")
