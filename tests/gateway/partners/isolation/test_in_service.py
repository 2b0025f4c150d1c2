"""`point-gateway serve` and `point-gateway plugins` as they are typed: where a plugin runs when nothing, or something, is said."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from tests.gateway.partners.isolation.conftest import NEIGHBOUR

IS_DUMPABLE = """
        import ctypes, pathlib
        pathlib.Path(setup.settings.text("file")).write_text(str(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)))
"""


@pytest.fixture
def folder(tmp_path):
    """`acorn` about which nothing is said, and `oak`, trusted, which writes down whether its process can be dumped."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "acorn.py").write_text(NEIGHBOUR, "utf-8")
    inside = NEIGHBOUR.replace('id="acorn"', 'id="oak"').replace(
        "self.setup = setup\n", f"self.setup = setup{IS_DUMPABLE}"
    )
    assert IS_DUMPABLE in inside
    (tmp_path / "plugins" / "oak.py").write_text(inside, "utf-8")
    (tmp_path / "key").write_text("k" * 48, "utf-8")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "gateway.toml").write_text(
        '[server]\nport = 0\n[plugins]\ndir = "plugins"\n'
        '[security]\nsealing = { file = "key" }\nlookup = { file = "key" }\naccount_key = { file = "key" }\n'
        f'[partners.acorn]\n[partners.oak]\ntrusted = true\nfile = "{tmp_path / "dumpable"}"\n',
        "utf-8",
    )
    return tmp_path


async def printed_until(folder, last: str, *words: str) -> str:
    """What the command prints until a line has this in it; then it is asked to end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *words, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [""]
    try:
        async with asyncio.timeout(60):
            while last not in lines[-1]:
                lines.append((await process.stdout.readline()).decode())
                assert lines[-1], lines
    finally:
        process.terminate()
        await process.communicate()
    return "".join(lines)


class TestWhereAPluginRuns:
    async def test_serve_seals_what_nothing_is_said_about_and_hides_its_own_memory(self, folder):
        printed = await printed_until(folder, "serves at", "serve")
        runs = {
            line["plugin"]: line["runs"]
            for line in (json.loads(it) for it in printed.splitlines() if it.startswith("{"))
            if line["event"] == "plugin_loaded"
        }
        assert "sealed (" in runs["acorn"]
        assert runs["oak"] == "in the gateway's process, trusted"
        assert (folder / "dumpable").read_text("ascii") == "0"

    def test_plugins_says_the_same(self, folder):
        ran = subprocess.run(
            [sys.executable, "-m", "gateway", "plugins", "--json"],
            cwd=folder, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        runs = {it["plugin"]: it["runs"] for it in json.loads(ran.stdout)["loaded"]}
        assert "sealed (" in runs["acorn"]
        assert runs["oak"] == "in the gateway's process, trusted"
