"""The published description against the running server: whatever it promises is kept, whatever it forbids refused.

The gate plays each operation alone: examples, coverage, fuzzing; the operations are dealt out in shards, so that the
workers share them. `make nightly` plays them in sequences (the stateful phase) and with more examples.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from rich.console import Console

from gateway.app import whole_api
from gateway.demo.environment import open_town
from gateway.demo.scenario import TARO, Narrator, exchange_at, link_at, sign_in_as, start_at
from gateway.http.openapi import openapi_document

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "2")

ENDING = ("sign_out", "end_session", "end_other_sessions", "revoke_mykey_id")
"""What ends the session that the run itself goes by; these have stories of their own."""

SHARDS = 2
ALONE = "examples,coverage,fuzzing"
IN_SEQUENCE = "stateful"


def operations() -> list[str]:
    """The ids of all operations that the description has, but for those that would end the run's own session."""
    paths = openapi_document(whole_api())["paths"]
    ids = {operation["operationId"] for methods in paths.values() for operation in methods.values()}
    return sorted(ids - set(ENDING))


async def schemathesis(
    url: str, folder: Path, *options: str, phases: str = f"{ALONE},{IN_SEQUENCE}", **signing: str
) -> tuple[int, str]:
    """All checks in these phases against the description at `url`; exit code and what was printed."""
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run", f"{url}/openapi.json",
        "--checks=all", f"--phases={phases}", "--mode=all",
        "--seed=1", "--continue-on-failure", "--request-timeout=20", "--no-color",
        "--suppress-health-check=filter_too_much",  # of values from other answers few fit a strict pattern
        *options,
        cwd=folder,
        env={
            # It is no part of ours whose lines are counted.
            **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")},
            **signing,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2])]),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await run.communicate()
    return run.returncode or 0, printed.decode()


async def test_schemathesis_finds_nothing_in_an_api_that_uses_every_feature(
    building, store, clock, key, free_port, tmp_path
):
    (tmp_path / "key.pem").write_bytes(key.private_pem)
    site = building(store, clock, key, free_port, faults=False)
    async with TestServer(site.app, port=free_port):
        code, printed = await schemathesis(
            site.url,
            tmp_path,
            "--max-examples=15",
            SIGN_KEY_ID=key.key_id,
            SIGN_KEY_FILE=str(tmp_path / "key.pem"),
            SIGN_SESSION="pgs_hanako",
            SIGN_CREATED=clock().isoformat(),
        )
    assert code == 0, printed


async def in_the_whole_gateway(folder: Path, phases: str, chosen: list[str], examples: str) -> None:
    """Real processes and a member with exchanges in several states, so that what lies behind an id is reached."""
    tell = Narrator(Console(quiet=True))
    async with open_town(folder) as town:
        async with town.portal() as portal:
            member = await sign_in_as(town, portal, TARO)
            linked = await link_at(member, TARO, tell)
            settled = await exchange_at(member, await start_at(member), {"kind": "reserve"}, 2)
            fresh = await start_at(member)
        exchanges = [started["exchange_id"] for started in (linked, settled, fresh)]
        code, printed = await schemathesis(
            town.gateway_url,
            folder,
            f"--max-examples={examples}",
            *(f"--include-operation-id={operation}" for operation in chosen),
            phases=phases,
            SIGN_KEY_ID=town.portal_key_id,
            SIGN_KEY_FILE=str(town.portal_key_file),
            SIGN_SESSION=member.token,
            SIGN_CLOCK_FILE=str(folder / "clock"),
            SIGN_EXCHANGES=",".join(exchanges),
        )
    assert code == 0, printed


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "shard",
    [
        pytest.param(number, marks=pytest.mark.xdist_group(f"schemathesis-{number}"))
        for number in range(SHARDS)
    ],
)
async def test_schemathesis_finds_nothing_in_the_whole_gateway(tmp_path, shard):
    await in_the_whole_gateway(tmp_path, ALONE, operations()[shard::SHARDS], EXAMPLES)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
async def test_schemathesis_finds_nothing_in_sequences_of_calls(tmp_path):
    await in_the_whole_gateway(tmp_path, f"{ALONE},{IN_SEQUENCE}", operations(), "30")
