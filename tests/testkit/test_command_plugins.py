"""A plugin in another language: the example in TypeScript keeps the contract, as a sealed process of node."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.errors import GatewayError, PartnerUnavailable
from gateway.model import Coupon, Secret
from gateway.partners import registry
from gateway.partners.registry import where_it_runs
from gateway.settings import Settings
from gateway.testkit.contract import CommandPlugin, CouponContract
from gateway.testkit.contract.levels import Level, promises
from gateway.testkit.stubs import ListLog
from httpkit.clock import system_clock
from tests.testkit.in_process import Fixtures, complaint, loaded

FERRY = Path(__file__).parents[2] / "examples" / "ferry_partner"
ASKED = [name for name, level in promises(CouponContract).items() if level in (Level.LEVEL_1, Level.LEVEL_2)]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, compiled."""
    compiler = FERRY / "node_modules" / "typescript" / "bin" / "tsc"
    if shutil.which("node") is None or not compiler.is_file():
        assert os.environ.get("CI") != "true", (
            "run `make setup-node`: node.js or the example's packages are missing"
        )
        pytest.skip("node.js or the example's packages are missing: `make setup-node` installs them")
    folder = tmp_path_factory.mktemp("ferry")
    folder.chmod(0o755)
    ran = subprocess.run(
        ["node", compiler, "--project", FERRY, "--outDir", folder / "dist"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    shutil.copy(FERRY / "package.json", folder)
    return folder


@pytest.fixture
def fixtures(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Fixtures:
    return Fixtures(capsys, caplog)


@pytest.mark.parametrize("test", ASKED)
async def test_the_example_reaches_take(built: Path, test: str, tmp_path: Path, fixtures: Fixtures) -> None:
    server = loaded((FERRY / "tests" / "ferry_server.py").read_text("utf-8"), tmp_path, "ferry_server")
    plugin = CommandPlugin("ferry", ("node", "dist/main.js"), built)
    contract = type("TestFerry", (CouponContract,), {"plugin": plugin, "server": server.FerryServer})
    assert await complaint(contract, test, fixtures) == ""


def settings_with(folder: Path, lines: str) -> Settings:
    toml = folder / "gateway.toml"
    toml.write_text(
        f'[partners.ferry]\nbase_url = "https://f.example"\napi_key = {{ env = "KEY" }}\n{lines}', "utf-8"
    )
    return Settings.load(toml, {"KEY": "a-key-of-the-ferry"})


PROGRAM = """
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { createSocket } from "node:dgram";
import { spawnSync } from "node:child_process";
import { HookFault, serve } from "./dist/line.js";
import { makePlugin } from "./dist/plugin.js";

const attempts = {
  settings: () => readFileSync(SETTINGS),
  passwd: () => readFileSync("/etc/passwd"),
  environ: () => readFileSync(`/proc/${process.ppid}/environ`),
  folder: () => readdirSync("/home"),
  program: () => { const ran = spawnSync("/bin/true"); if (ran.error) throw ran.error; },
  signal: () => process.kill(process.ppid, 0),
};
const waits = {
  tcp: () => new Promise((done, failed) => connect(80, "127.0.0.1").on("connect", done).on("error", failed)),
  udp: () => new Promise((done, failed) =>
    createSocket("udp4").on("error", failed).send("x", 53, "127.0.0.1", (fault) => fault ? failed(fault) : done())),
};

serve((settings) => {
  const plugin = makePlugin(settings);
  plugin.hooks.coupon_value = async (call, { coupon }) => {
    const name = coupon.code;
    if (name === "environment") return told(Object.keys(process.env).sort().join());
    if (name === "memory") { const kept = []; for (;;) kept.push(Buffer.alloc(16 * 2 ** 20, 1)); }
    let end = "done";
    try { await (attempts[name] ?? waits[name])(); } catch (fault) { end = `refused ${fault.code ?? fault.name}`; }
    return told(end);
  };
  const told = (text) => { throw new HookFault("PartnerUnavailable", `result=${text}`); };
  return plugin;
});
"""


class TestASealedProgram:
    @pytest.fixture
    async def ferry(self, built: Path, tmp_path: Path):
        code = tmp_path / "code"
        shutil.copytree(built, code)
        (code / "main.mjs").write_text(
            PROGRAM.replace("SETTINGS", repr(str(tmp_path / "gateway.toml"))), "utf-8"
        )
        settings = settings_with(tmp_path, 'command = ["node", "main.mjs"]\ncommand_folder = "code"\n')
        found = await registry.load(settings, clock=system_clock, log=ListLog(), entry_points=())
        assert not found.refused, found.refused
        yield found.partners["ferry"]
        await found.aclose()

    async def attack(self, ferry, name: str) -> str:
        with pytest.raises(PartnerUnavailable) as ended:
            await ferry.coupon_value(Coupon(code=Secret(name)))
        return str(ended.value).partition("result=")[2]

    @pytest.mark.parametrize(
        "name", ["settings", "passwd", "environ", "folder", "program", "signal", "tcp", "udp"]
    )
    async def test_what_the_kernel_refuses_a_python_plugin_it_refuses_this_one(self, ferry, name) -> None:
        assert "sealed (" in where_it_runs(ferry)
        assert (await self.attack(ferry, name)).startswith("refused E")

    async def test_it_has_no_environment(self, ferry) -> None:
        assert await self.attack(ferry, "environment") == "LANG,MALLOC_ARENA_MAX,OPENSSL_CONF"

    async def test_its_memory_has_an_end(self, ferry) -> None:
        assert await self.attack(ferry, "memory") == ""
        async with asyncio.timeout(15):
            while ferry.keeper.process is None:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)
        assert await self.attack(ferry, "environment") == "LANG,MALLOC_ARENA_MAX,OPENSSL_CONF"


WRONG = {
    "a word": (
        'command = "node main.js"\ncommand_folder = "code"',
        "is no list of a program and its arguments",
    ),
    "nothing": ('command = []\ncommand_folder = "code"', "is no list of a program and its arguments"),
    "no folder": ('command = ["node", "main.js"]', "has a command and no command_folder"),
    "folder alone": ('command_folder = "code"', "is no list of a program and its arguments"),
    "the settings' own folder": ('command = ["node"]\ncommand_folder = "."', "holds gateway.toml"),
    "a folder above": ('command = ["node"]\ncommand_folder = "/"', "holds gateway.toml"),
    "trusted": (
        'command = ["node"]\ncommand_folder = "code"\ntrusted = true',
        "another program always has a process",
    ),
}
NOT_STARTED = {
    "no program": ('["no-such-program-here"]', "there is no program no-such-program-here"),
    "no whole path": ('["bin/node"]', "is no absolute path"),
    "a script": ('["SCRIPT"]', "write its interpreter"),
    "an empty file": ('["EMPTY"]', "write its interpreter"),
}


class TestSentences:
    @pytest.mark.parametrize("name", WRONG)
    def test_a_setting_that_cannot_be_followed_is_told_with_its_line(self, tmp_path: Path, name: str) -> None:
        lines, sentence = WRONG[name]
        with pytest.raises(GatewayError, match=r"gateway.toml:\d") as told:
            settings_with(tmp_path, lines)
        assert sentence in str(told.value)

    @pytest.mark.parametrize("name", NOT_STARTED)
    async def test_a_program_that_cannot_be_started_refuses_the_plugin(
        self, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "code").mkdir()
        (tmp_path / "script").write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / "empty").touch()
        command, sentence = NOT_STARTED[name]
        command = command.replace("SCRIPT", str(tmp_path / "script")).replace(
            "EMPTY", str(tmp_path / "empty")
        )
        settings = settings_with(tmp_path, f'command = {command}\ncommand_folder = "code"')
        found = await registry.load(settings, clock=system_clock, log=ListLog(), entry_points=())
        (refused,) = found.refused
        assert sentence in refused.sentence
        assert "gateway.toml:4" in refused.sentence

    async def test_a_program_that_is_no_plugin_is_told_at_its_end(self, tmp_path: Path) -> None:
        (tmp_path / "code").mkdir()
        settings = settings_with(tmp_path, 'command = ["/bin/true"]\ncommand_folder = "code"')
        found = await registry.load(settings, clock=system_clock, log=ListLog(), entry_points=())
        (refused,) = found.refused
        assert "its process ended at its start" in refused.sentence
