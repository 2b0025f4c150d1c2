"""The TypeScript client is current, and its own tests and its README pass beside a gateway that really runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("clients")

ROOT = Path(__file__).parents[2] / "clients" / "typescript"
BLOCKS = re.findall(r"```js\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def packages():
    """The packages of package-lock.json, which `make setup-node` installs."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "openapi-fetch").is_dir():
        assert os.environ.get("CI") != "true", "run `make setup-node`: node.js and its packages are missing"
        pytest.skip("node.js or its packages are missing: `make setup-node` installs them")


def run(*command: str, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@pytest.fixture(scope="module")
def built(running):
    run("node", "node_modules/typescript/bin/tsc", "--project", ".", environment=running.environment())


def test_its_generated_modules_are_made_from_the_stored_document(running):
    run("node", "generate.mjs", "--check", environment=running.environment())


@pytest.mark.usefixtures("built")
def test_its_own_tests_pass(running):
    printed = run("node", "--test", "dist/test/client.test.js", environment=running.environment())
    passed = re.search(r"^# pass (\d+)$", printed, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= 15, printed
    assert "# fail 0" in printed


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, r"\[ 'saison', 'airline_miles' \]\nnow send the browser to http://127"),
        (1, "401 The signing key is not known here Use a key"),
    ],
)
def test_the_code_of_its_readme_runs_as_it_stands(running, number, expected):
    printed = run("node", "--input-type=module", "--eval", BLOCKS[number], environment=running.environment())
    assert re.match(expected, printed), printed


def test_every_block_is_run_above_and_the_first_takes_ten_lines():
    assert len(BLOCKS) == 2
    lines = [line for line in BLOCKS[0].splitlines() if line and not line.startswith("import ")]
    assert len(lines) <= 11


def test_its_lock_file_names_no_address_of_a_registry():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")
