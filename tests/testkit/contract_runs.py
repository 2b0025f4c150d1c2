"""Runs the contract kit for one plugin folder after another, each run a fork of one process.

A plugin under test must not stay in the process that tested it: its modules, patches and logs would reach the next.
A process of its own costs more than half a second of imports. So one process imports the kit, holds no plugin and no
thread, and every run is a fork of it that ends with the run.

    runs = ContractRuns()
    ran = runs.run(folder, "-k", "test_a_yes_is_debited")
    ran.returncode, ran.stdout
    runs.close()
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

OPTIONS = ("-q", "-p", "gateway_testkit")
ALONE = ("PYTEST_", "COV_", "COVERAGE_")
"""Variables of the run around this one, which the runs must not see."""


Run = Callable[..., subprocess.CompletedProcess[str]]


class ContractRuns:
    """The process that is forked, seen from a test."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ALONE)}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment
            | {
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # only what the extra `testkit` brings
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """The plugin author's own command, `pytest tests/test_contract.py`, in the plugin's folder."""
        # Chosen tests are run for what they say, whole contracts for the level, which both places decide.
        only = ("--contract-only", "inside") if "-k" in options else ()
        arguments = [
            *OPTIONS, *only, "--rootdir", str(folder), "-c", str(folder / "pyproject.toml"),
            "tests/test_contract.py", *options,
        ]  # fmt: skip
        output = folder.parent / f"{folder.name}.output"
        request = {"folder": str(folder), "arguments": arguments, "output": str(output)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that runs the contract kit has ended"
        return subprocess.CompletedProcess(arguments, int(answer), output.read_text("utf-8"), "")

    def close(self) -> None:
        self._process.communicate(timeout=30)


def serve() -> None:
    """Fork once for each line of the standard input; answer with the exit code of the run."""
    import gateway.testkit.contract
    import gateway.testkit.contract.full
    import gateway.testkit.pytest_plugin  # noqa: F401  imported for the forks

    del sys.path[0]  # the folder of this file
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(request["folder"], request["arguments"], request["output"])
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(folder: str, arguments: list[str], output: str) -> None:
    """Run pytest in this fork, its output in a file, and end the fork."""
    import pytest
    import pytest_asyncio.plugin  # by hand: the kit has imported it, and pytest does not rewrite it again

    code = 70  # of a fork that ends before pytest does
    try:
        target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.chdir(folder)
        sys.path.insert(0, folder)
        code = int(pytest.main(arguments, plugins=[pytest_asyncio.plugin]))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  whatever ends the fork is printed
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
