"""`secrets rotate lookup`: a new key is known before it is used, and the file is never without the old one."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from gateway import cli
from gateway.configured import chain_keys_of, lookup_keys_of, vault_of
from gateway.settings import Settings
from tests.databases import upgraded_database

OLD = "l" * 48


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = "".join(f'{name} = {{ file = "{name}" }}\n' for name in ("sealing", "lookup"))
    (tmp_path / "gateway.toml").write_text(f"[server]\nport = 0\n[security]\n{names}", "utf-8")
    (tmp_path / "sealing").write_text("s" * 48, "utf-8")
    (tmp_path / "lookup").write_text(OLD + "\n", "utf-8")
    (tmp_path / "lookup").chmod(0o640)
    upgraded_database(f"sqlite:///{tmp_path / 'gateway.db'}")
    return tmp_path


def settings(folder: Path) -> Settings:
    return Settings.load(folder / "gateway.toml", env={})


def run(folder: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["secrets", *words, "--config", str(folder / "gateway.toml")])
    structlog.reset_defaults()
    assert OLD not in result.output
    return result.exit_code, result.output + str(result.exception or "")


def test_in_two_steps_the_new_key_is_the_first(folder: Path) -> None:
    before, signer = (
        vault_of(settings(folder)).keyed_hash("x", purpose="p"),
        chain_keys_of(settings(folder)).keys[0],
    )
    assert run(folder, "rotate", "lookup")[0] == 0
    assert (folder / "lookup").stat().st_mode & 0o777 == 0o640
    coming = vault_of(settings(folder))
    assert coming.keyed_hash("x", purpose="p") == before
    code, said = run(folder, "rotate", "lookup")
    assert (code, "run this with --finish" in said) == (1, True)
    assert run(folder, "rotate", "lookup", "--finish")[0] == 0
    turned = vault_of(settings(folder))
    keys, waiting = lookup_keys_of(settings(folder))
    assert (len(keys), keys[1], waiting) == (2, OLD.encode(), None)
    assert turned.keyed_hash("x", purpose="p") != before
    # What one process makes after it, one that has not read it yet finds; and the signatures stay the same.
    assert turned.keyed_hash("x", purpose="p") in coming.keyed_hashes("x", purpose="p")
    assert before in turned.keyed_hashes("x", purpose="p")
    assert turned.stable_hash("x", purpose="p") == before
    assert chain_keys_of(settings(folder)).keys[0] == signer
    code, said = run(folder, "status")
    first, second = turned.lookup_key_names
    assert (code, f"look-up key {first} makes hashes; {second} find" in said) == (0, True)
    code, said = run(folder, "rotate", "lookup", "--finish")
    assert (code, "has no key that waits" in said) == (1, True)
    assert [path.name for path in folder.glob(".*")] == []


def test_a_key_that_is_in_no_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        (folder / "gateway.toml")
        .read_text("utf-8")
        .replace('lookup = { file = "lookup" }', 'lookup = { env = "LOOKUP" }')
    )
    (folder / "gateway.toml").write_text(text, "utf-8")
    monkeypatch.setenv("LOOKUP", OLD)
    code, said = run(folder, "rotate", "lookup")
    assert (code, "is in no file, so nothing was changed" in said) == (1, True)


async def test_a_gateway_that_serves_takes_it_by_a_hang_up(folder: Path) -> None:
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", "--config", "gateway.toml", cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert serving.stdout is not None

    async def until(words: str) -> str:
        while words not in (line := (await serving.stdout.readline()).decode()):  # type: ignore[union-attr]
            assert line, "the gateway has ended"
        return line

    try:
        async with asyncio.timeout(60):
            await until("serves at")
            for step in ((), ("--finish",)):
                assert (await asyncio.to_thread(run, folder, "rotate", "lookup", *step))[0] == 0
                serving.send_signal(signal.SIGHUP)
                line = await until("settings read again")
                assert all(name in line for name in vault_of(settings(folder)).lookup_key_names)
    finally:
        serving.terminate()
        await serving.communicate()
