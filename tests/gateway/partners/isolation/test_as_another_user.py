"""The same attacks where the gateway is not root, and where namespaces are forbidden, as in most containers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.partners.registry import where_it_runs
from tests.gateway.partners.isolation.conftest import WITHOUT_NAMESPACES

HERE = Path(__file__).parent
ROOT = HERE.parents[3]


WHAT_DIFFERS = "TheKernel or IsNotSent or sixteen or before_a_request or after_a_request"
"""What another user or a missing namespace could change: what the kernel refuses, what has left, and how a killed process is seen."""


def closed_folder(path: Path) -> str:
    """The outermost folder on the way to it that others may not enter."""
    ways = [*reversed(path.resolve().parents), path.resolve()]
    return next((str(folder) for folder in ways if not folder.stat().st_mode & 0o001), "")


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="as an ordinary user all tests are this one"
)
@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, WHAT_DIFFERS),
        ({WITHOUT_NAMESPACES: "1"}, WHAT_DIFFERS),
        pytest.param({}, "", marks=pytest.mark.nightly),
        pytest.param({WITHOUT_NAMESPACES: "1"}, "", marks=pytest.mark.nightly),
    ],
    ids=["with namespaces", "without namespaces", "every attack, with them", "every attack, without them"],
)
def test_as_an_ordinary_user_the_ends_are_the_same(environment, chosen):
    for program in ("unshare", "setpriv", "mount"):
        assert shutil.which(program), f"{program} is missing; install util-linux"
    folder = Path("/tmp") / f"point-gateway-nobody-{os.getpid()}"  # pytest's own are closed to others
    folder.mkdir()
    folder.chmod(0o755)
    shutil.chown(folder, 65534)
    prefix = Path(sys.base_prefix)
    try:
        ran = subprocess.run(
            [
                *("unshare", "--mount", "--propagation", "private", HERE / "as_another_user.sh"),
                *(prefix, closed_folder(prefix), folder, sys.executable, HERE / "test_attacks.py"),
                *("-k", chosen),
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert ran.returncode == 0, ran.stdout[-6000:]
    assert "skipped" not in ran.stdout


async def test_without_namespaces_it_is_sealed_all_the_same(house, without_namespaces):
    built = await house()
    assert "net" not in where_it_runs(built.evil)
    assert built.evil.keeper.process.is_sealed
    for name in ("sockets", "read_settings", "processes", "signals", "rare_calls"):
        result = await built.attack(name)
        assert "refused" in result, (name, result)
        assert "done" not in result, (name, result)
