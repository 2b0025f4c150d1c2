"""The published description against the running server: whatever it promises is kept, whatever it forbids refused."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from aiohttp.test_utils import TestServer

HERE = Path(__file__).parent


async def test_schemathesis_finds_nothing_with_all_checks_in_all_phases(
    building, store, clock, key, free_port, tmp_path
):
    (tmp_path / "key.pem").write_bytes(key.private_pem)
    site = building(store, clock, key, free_port, faults=False)
    async with TestServer(site.app, port=free_port):
        run = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"{site.url}/openapi.json",
            "--checks=all",
            "--phases=examples,coverage,fuzzing,stateful",
            "--mode=all",
            "--max-examples=15",
            "--seed=1",
            "--continue-on-failure",
            "--request-timeout=5",
            "--no-color",
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2])]),
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "SIGN_KEY_ID": key.key_id,
                "SIGN_KEY_FILE": str(tmp_path / "key.pem"),
                "SIGN_SESSION": "pgs_hanako",
                "SIGN_CREATED": clock().isoformat(),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await run.communicate()
    assert run.returncode == 0, printed.decode()
