"""The published description against the running gateway: all checks, all phases, on real processes."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from gateway.demo.story import TARO, SignedIn, Teller, exchange_at, link_at, sign_in_as, start_at

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "12")


@pytest.mark.xdist_group("town")
@pytest.mark.timeout(900)
async def test_whatever_the_description_promises_is_kept_and_whatever_it_forbids_is_refused(
    town, tmp_path
) -> None:
    tell = Teller(Console(quiet=True))
    async with town.portal() as portal:
        member = await sign_in_as(town, portal, TARO)
        linked = await _link_once(member, tell)
        settled = await exchange_at(member, await start_at(member), {"kind": "reserve"}, 2)
        fresh = await start_at(member)
    exchanges = [linked["exchange_id"], settled["exchange_id"], fresh["exchange_id"]]
    run = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{town.gateway_url}/openapi.json",
        "--checks=all",
        "--phases=examples,coverage,fuzzing,stateful",
        "--mode=all",
        f"--max-examples={EXAMPLES}",
        "--seed=1",
        "--continue-on-failure",
        "--request-timeout=20",
        "--no-color",
        # The session is this test's own: ending it would leave nothing to test. Other tests end sessions.
        "--exclude-operation-id=sign_out",
        "--exclude-operation-id=end_session",
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
            "SCHEMATHESIS_HOOKS": "whole_api_hooks",
            "SIGN_KEY_ID": town.portal_key_id,
            "SIGN_KEY_FILE": str(town.portal_key_file),
            "SIGN_SESSION": member.token,
            "TOWN_CLOCK": str(town.folder / "clock"),
            "TOWN_EXCHANGES": ",".join(exchanges),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await run.communicate()
    assert run.returncode == 0, printed.decode()


async def _link_once(member: SignedIn, tell: Teller):
    """Taro's account may be linked already by another story."""
    links = (await member.get("/v1/links"))["links"]
    return await start_at(member) if links else await link_at(member, TARO, tell)
