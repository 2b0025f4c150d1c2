"""What the wheel brings along: alone next to nothing, with `testkit` what a plugin's author works with.

The environments are fresh and pip fills them from the package index, at the versions that these tests run with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BARE = {"pluggy", "point-gateway"}
TESTKIT = BARE | {
    "aiohappyeyeballs", "aiohttp", "aiosignal", "attrs", "frozenlist", "multidict", "propcache", "yarl",  # aiohttp
    "cffi", "cryptography", "pycparser",
    "anyio", "certifi", "h11", "httpcore", "httpx", "httpx-aiohttp", "idna", "respx",
    "jinja2", "markupsafe",
    "iniconfig", "packaging", "pytest", "pytest-asyncio",
    "annotated-types", "pydantic", "pydantic-core", "typing-inspection",
    "sqlalchemy",
    "annotated-doc", "markdown-it-py", "mdurl", "pygments", "rich", "shellingham", "typer",
    "prometheus-client", "structlog", "typing-extensions", "uuid-utils",
}  # fmt: skip

pytestmark = [pytest.mark.xdist_group("wheel"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The versions of everything that is installed here, as constraints for pip."""
    file = tmp_path_factory.mktemp("versions") / "constraints.txt"
    names = {distribution.metadata["Name"]: distribution.version for distribution in distributions()}
    file.write_text(
        "".join(f"{name}=={version}\n" for name, version in names.items() if name != "point-gateway")
    )
    return file


class Environment:
    """A virtual environment with the wheel and what pip brought for it, and nothing else."""

    def __init__(self, folder: Path, wheel: Path, versions: Path, extra: str) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        ran = self._pip(
            "install", "-q", "--no-compile", "--only-binary=:all:", "-c", str(versions), f"{wheel}{extra}"
        )
        if "No matching distribution found" in ran.stderr and os.environ.get("CI") != "true":
            pytest.skip("no package index can be reached from here")
        assert ran.returncode == 0, ran.stderr

    def _pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        python = self.folder / "venv" / "bin" / "python"
        command = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "--disable-pip-version-check",
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def distributions(self) -> set[str]:
        lines = self._pip("list", "--format=freeze").stdout.splitlines()
        return {line.partition("==")[0].lower().replace("_", "-") for line in lines}

    def run(self, command: str, *arguments: str, where: str = ".") -> subprocess.CompletedProcess[str]:
        outside = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        return subprocess.run(
            [str(self.folder / "venv" / "bin" / command), *arguments],
            cwd=self.folder / where, env=outside | {"PATH": f"{self.folder}/venv/bin:/usr/bin:/bin"},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path, versions: Path) -> Environment:
    return Environment(tmp_path_factory.mktemp("bare"), wheel, versions, "")


@pytest.fixture(scope="module")
def testkit(tmp_path_factory: pytest.TempPathFactory, wheel: Path, versions: Path) -> Environment:
    return Environment(tmp_path_factory.mktemp("testkit"), wheel, versions, "[testkit]")


class TestTheWheelAlone:
    def test_it_brings_pluggy_and_nothing_else(self, bare: Environment) -> None:
        assert bare.distributions() == BARE

    def test_a_plugin_is_imported_with_it(self, bare: Environment) -> None:
        """Every public name, and a plugin that really exists."""
        plugin = ROOT / "plugins" / "saison"
        code = (
            f"import sys; sys.path.insert(0, {str(plugin)!r}); import gateway, gateway_saison;"
            " print([getattr(gateway, name) for name in gateway.__all__] != [], gateway_saison.Saison.__name__)"
        )
        ran = bare.run("python", "-c", code)
        assert (ran.returncode, ran.stdout) == (0, "True Saison\n"), ran.stderr

    @pytest.mark.parametrize(
        ("command", "extras"),
        [
            ("serve", "server"),
            ("demo", "server,sites,testkit"),
            ("contract", "testkit"),
            ("ledger", "server"),
        ],
    )
    def test_a_command_says_which_extra_it_needs(self, bare: Environment, command: str, extras: str) -> None:
        ran = bare.run("point-gateway", command)
        assert ran.returncode == 1
        assert f"install point-gateway[{extras}]" in ran.stderr
        assert "Traceback" not in ran.stderr

    def test_without_a_command_it_lists_what_each_needs(self, bare: Environment) -> None:
        ran = bare.run("point-gateway")
        assert ran.returncode == 1
        assert "serve        point-gateway[server]" in ran.stderr

    def test_it_knows_its_version(self, bare: Environment) -> None:
        ran = bare.run("point-gateway", "--version")
        assert (ran.returncode, ran.stdout[:14]) == (0, "point-gateway ")

    @pytest.mark.parametrize(
        ("command", "extra"),
        [("-m portal", "sites"), ("-m municipal", "sites"), ("-m card.agent.start", "reader")],
    )
    def test_sites_and_card_agent_say_what_they_need(
        self, bare: Environment, command: str, extra: str
    ) -> None:
        ran = bare.run("python", *command.split())
        assert ran.returncode == 1
        assert f"install point-gateway[{extra}]" in ran.stderr


class TestTheTestkit:
    def test_it_brings_the_authors_tools_and_nothing_else(self, testkit: Environment) -> None:
        assert testkit.distributions() == TESTKIT

    def test_a_plugin_is_written_and_keeps_the_contract(self, testkit: Environment) -> None:
        written = testkit.run("point-gateway", "new-partner", "acme", "--link", "account")
        assert written.returncode == 0, written.stderr
        ran = testkit.run("point-gateway", "contract", "acme")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "acme reaches 梅 (ume)" in ran.stdout

    def test_the_workbench_and_the_sandbox_can_be_loaded(self, testkit: Environment) -> None:
        ran = testkit.run("python", "-c", "import gateway.workbench.run, gateway.testkit.sandbox.cli")
        assert ran.returncode == 0, ran.stderr

    def test_the_gateway_itself_needs_the_server_extra(self, testkit: Environment) -> None:
        ran = testkit.run("point-gateway", "serve")
        assert ran.returncode == 1
        assert "install point-gateway[server]" in ran.stderr
        assert "Traceback" not in ran.stderr
