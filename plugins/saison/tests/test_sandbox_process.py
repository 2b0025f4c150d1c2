"""The sandbox as a program of its own: started, killed without warning, started again on the same book."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway import Debited, Declined, ExchangeId, Secret
from gateway.testkit.sandbox.browser import Browser
from httpkit.clock import FileClock, set_file_clock


@asynccontextmanager
async def a_process(folder, *more):
    """The addresses that a sandbox process prints, and the process, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway_saison.sandbox", "--print-url", "--control"),
        *("--book", str(folder / "book.sqlite"), "--api-key-file", str(folder / "saison.key")),
        *("--clock-file", str(folder / "clock"), *more),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            site, control = [(await process.stdout.readline()).decode().strip() for _ in range(2)]
        yield site, control, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def folder(tmp_path, clock):
    set_file_clock(tmp_path / "clock", clock())
    return tmp_path


async def test_a_killed_sandbox_still_knows_what_it_answered(folder, make_saison, an_order, clock, member_at):
    async with a_process(folder) as (url, control, process):
        key = Secret((folder / "saison.key").read_text().strip())
        saison = make_saison(url, key=key, clock=FileClock(folder / "clock"))
        taro = await member_at(saison).links("1001-0001", "sample-taro")
        debit = await saison.debit(an_order(taro, "x-1", eikyu=60))
        assert isinstance(debit, Debited)
        assert isinstance(await saison.debit(an_order(taro, "x-2", eikyu=60)), Declined)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with a_process(folder) as (url, control, process):
        saison = make_saison(url, key=key, clock=FileClock(folder / "clock"))
        assert await saison.find_debit(ExchangeId("x-1")) == debit
        assert isinstance(await saison.find_debit(ExchangeId("x-2")), Declined)
        assert (await saison.balances(taro)).available["eikyu"] == 4_000
        async with aiohttp.ClientSession() as session, session.get(f"{control}/book") as answer:
            assert [it["order_id"] for it in (await answer.json())["debits"]] == ["x-1", "x-2"]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_crowd_can_sign_in(folder):
    async with a_process(folder, "--crowd", "3") as (url, _control, _process), Browser() as browser:
        page = await browser.get(url + "/")
        page = await browser.submit(page, "/login", number="2000-0003", password="sample-crowd")
        assert "1,000,000,000" in (await browser.follow(page)).text


async def test_without_a_key_file_nothing_is_started(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway_saison.sandbox",
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1"},
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"--api-key-file" in said
