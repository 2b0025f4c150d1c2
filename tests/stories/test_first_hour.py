"""A partner's first hour, from the built wheel in an empty folder: written, installed, green at 梅, broken and mended.

The environment is fresh and the gateway in it comes from the wheel alone; nothing of this checkout is on its
path. The libraries that the wheel needs are lent to it from the environment that runs this test, so that the
story tells about the plugin's author and not about the speed of a download.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
CPU_SECONDS = 60
SETTINGS = """
[security]
sealing = { env = "SEALING" }
lookup = { env = "LOOKUP" }
account_key = { env = "ACCOUNT_KEY" }

[partners.acme]
base_url = "http://127.0.0.1:9"
api_key = { env = "ACME_API_KEY" }
"""
SECRETS = {"ACME_API_KEY": "a key", **dict.fromkeys(("SEALING", "LOOKUP", "ACCOUNT_KEY"), "k" * 48)}

pytestmark = [pytest.mark.xdist_group("first-hour"), pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Hour:
    """An empty folder and an environment in which only the wheel is installed."""

    folder: Path
    python: Path

    @property
    def plugin(self) -> Path:
        return self.folder / "gateway-acme" / "gateway_acme" / "plugin.py"

    @property
    def metadata(self) -> Path:
        return next(
            self.python.parents[1].glob("lib/python*/site-packages/gateway_acme-*.dist-info/METADATA")
        )

    def run(self, *command: str, where: str = ".", code: int = 0) -> str:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        ran = subprocess.run(
            command,
            cwd=self.folder / where,
            env={**kept, "PATH": f"{self.python.parent}:/usr/bin:/bin", **SECRETS},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == code, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    def refusal(self) -> dict[str, Any]:
        """What the gateway says of the only plugin that its settings name."""
        listed = self.run("point-gateway", "plugins", "--json", "--config", "gateway.toml")
        told, _ = json.JSONDecoder().raw_decode(listed)
        assert told["loaded"] == []
        refused: dict[str, Any] = told["refused"][0]
        return refused


def by_day(cases: Iterable[tuple[str, Any]], *names: str) -> list[Any]:
    """These cases in the gate and the others by night: each is a process, and what they say has tests without one."""
    return [
        pytest.param(case, id=name, marks=() if name in names else pytest.mark.nightly)
        for name, case in cases
    ]


def pip(python: Path, *arguments: str) -> None:
    """Installs without the network: what is needed is lent, see above."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
    ]
    ran = subprocess.run(
        [*command, "--no-index", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hour]:
    home = tmp_path_factory.mktemp("first-hour")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    python = home / "venv" / "bin" / "python"
    # Lent libraries. A .pth file of the lender is not read in its turn, so an editable checkout stays out.
    own = next((home / "venv").glob("lib/python*/site-packages"))
    (own / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    pip(python, str(next((home / "dist").glob("*.whl"))))
    (home / "work").mkdir()
    (home / "work" / "gateway.toml").write_text(SETTINGS)
    yield Hour(home / "work", python)
    shutil.rmtree(home)


@pytest.fixture
def acme(hour: Hour) -> Iterator[Hour]:
    """The scaffold, installed; whatever a test breaks is whole again afterwards."""
    if not hour.plugin.exists():
        hour.run("point-gateway", "new-partner", "acme", "--link", "account")
        pip(hour.python, "-e", str(hour.folder / "gateway-acme"))
    files = [*hour.plugin.parent.glob("*.py"), hour.folder / "gateway.toml", hour.metadata]
    before = {path: path.read_bytes() for path in files}
    yield hour
    for path, content in before.items():
        path.write_bytes(content)


def test_the_gateway_comes_from_the_wheel(hour: Hour) -> None:
    place = hour.run(str(hour.python), "-c", "import gateway; print(gateway.__file__)").strip()
    assert Path(place).is_relative_to(hour.python.parents[1])


def test_written_installed_and_green_at_ume_within_the_hour(hour: Hour) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = hour.run("point-gateway", "new-partner", "acme", "--link", "account")
    assert "point-gateway contract acme" in told
    written = {str(path.relative_to(hour.folder)) for path in hour.folder.rglob("*") if path.is_file()}
    assert all(path == "gateway.toml" or path.startswith("gateway-acme/") for path in written)
    pip(hour.python, "-e", str(hour.folder / "gateway-acme"))

    proven = hour.run("point-gateway", "contract", "acme", where="gateway-acme")

    assert "acme reaches 梅 (ume)" in proven
    assert "failed" not in proven
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor seconds instead of a stopwatch: they are the same when the machine is busy with something else.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS


def test_its_own_tests_pass_with_the_sandbox_over_real_http(acme: Hour) -> None:
    assert " passed" in acme.run(
        "python", "-m", "pytest", "-q", "tests/test_sandbox.py", where="gateway-acme"
    )


def test_a_coupon_partner_is_green_too(hour: Hour) -> None:
    hour.run("point-gateway", "new-partner", "sky_miles", "--link", "coupon")
    pip(hour.python, "-e", str(hour.folder / "gateway-sky-miles"))
    proven = hour.run("point-gateway", "contract", "sky_miles", where="gateway-sky-miles")
    assert "sky_miles reaches 梅 (ume)" in proven


DEBIT = """        answer = await self._client.send(
            "POST",
            "/v1/debits",
"""
FIND = """        answer = await self._client.send(
            "GET", f"/v1/debits"""
TRY_FIRST = """        try:
            token = order.account.token.reveal()
            asked = {"exchange_id": order.exchange_id, "token": token, "points": order.amounts[POINTS]}
            return _read_debit(order.exchange_id, await self._client.send("POST", "/v1/debits", asked))
        except OutcomeUnknown:
            pass
"""
MISTAKES = {
    "a second try": (DEBIT, TRY_FIRST + DEBIT, "send it once"),
    "whatever is no yes is a no": (
        'raise OutcomeUnknown("acme says neither yes nor no")',
        "return Declined(exchange_id=exchange_id, reason=DeclineReason.REFUSED)",
        "only the partner's documented words",
    ),
    "floats": (
        "order.amounts[POINTS],",
        "order.amounts[POINTS] / 1,",
        "points are whole numbers, so send an int",
    ),
    "the browser is believed": (
        'if returned.query.get("visit") != returned.exchange_id:',
        'if True:\n            return LinkedAccount(service_id="m", shown_as="m")\n        if False:',
        "ask the partner who came back",
    ),
    "NoRecord for want of an answer": (
        FIND,
        "        return NoRecord(exchange_id=exchange_id)\n" + FIND,
        "return Debited with the partner's reference",
    ),
}


@pytest.mark.parametrize("mistake", by_day(MISTAKES.items(), "a second try", "floats"))
def test_a_mistake_about_points_is_named_with_file_and_remedy(
    acme: Hour, mistake: tuple[str, str, str]
) -> None:
    old, new, remedy = mistake
    text = acme.plugin.read_text("utf-8")
    assert text.count(old) == 1
    acme.plugin.write_text(text.replace(old, new), "utf-8")
    told = acme.run("point-gateway", "contract", "acme", "--inside-only", where="gateway-acme", code=1)
    assert any(remedy in line and "gateway_acme/plugin.py:" in line for line in told.splitlines()), told


# Check, file, what stood there, what stands there now, and words of the remedy. In the order of the checks.
REFUSALS = [
    ("found", "toml", "[partners.acme]", "[partners.acmee]", "did you mean [partners.acme]?"),
    ("version", "METADATA", "point-gateway<1,>=0.2", "point-gateway>=9", "install a release of gateway-acme made for it"),
    ("import", "plugin.py", "from gateway import (", "import no_such_thing\nfrom gateway import (", "install what it needs"),
    ("proof", "toml", "[partners.acme]", f'[partners.acme]\nrequire = {{ level = "ume", contract_proof = "none.json", signed_by = ["{"A" * 43}="] }}', "run `point-gateway contract acme"),
    ("instance", "plugin.py", "def __init__(self, setup: PartnerSetup)", "def __init__(self)", "write def __init__(self, setup)"),
    ("hooks", "plugin.py", "async def find_debit(", "async def find_debits(", "did you mean `find_debit`?"),
    ("colour", "plugin.py", "async def rate_table(", "def rate_table(", 'add "async"'),
    ("keyword-only", "plugin.py", "balances(self, account", "balances(self, *, account", "remove the *"),
    ("parameters", "plugin.py", "debit(self, order:", "debit(self, ordr:", "did you mean `order`?"),
    ("required", "plugin.py", "    @hookimpl\n    async def find_debit(", "    async def find_debit(", "write @hookimpl above it"),
    ("id", "plugin.py", 'id="acme"', 'id="acne"', "give both one name"),
    ("coherent", "plugin.py", "hosts=(self._client.host,)", "hosts=()", "correct partner_profile()"),
]  # fmt: skip


@pytest.mark.parametrize(
    "refusal", by_day(((refusal[0], refusal) for refusal in REFUSALS), "found", "import", "proof")
)
def test_a_plugin_that_cannot_be_taken_is_refused_with_one_sentence(
    acme: Hour, refusal: tuple[str, str, str, str, str]
) -> None:
    check, file, old, new, remedy = refusal
    places = {"toml": acme.folder / "gateway.toml", "METADATA": acme.metadata}
    place = places.get(file, acme.plugin.parent / file)
    text = place.read_text("utf-8")
    assert old in text
    place.write_text(text.replace(old, new, 1), "utf-8")

    refused = acme.refusal()

    assert refused["check"] == check
    assert remedy in refused["sentence"]
    assert "\n" not in refused["sentence"]
    assert refused["file"]


def test_every_check_of_the_registry_is_broken_here() -> None:
    from gateway.partners import registry

    assert registry.__doc__ is not None
    named = registry.__doc__.partition("Checks, in this order:")[2].partition(". A plugin")[0]
    assert [word.strip().strip("`") for word in named.replace("\n", " ").split(",")] == [
        it[0] for it in REFUSALS
    ]


def test_every_command_of_the_guide_does_what_the_page_says(hour: Hour) -> None:
    """The console blocks of the first-hour page, in their order, in a folder of their own."""
    page = (ROOT / "docs" / "first-hour.md").read_text("utf-8")
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(commands) == 7
    where = hour.folder / "guided"
    where.mkdir()
    try:
        _follow(hour, commands, where)
    finally:
        if hour.plugin.exists():  # the plugin of the other tests is the installed one again
            pip(hour.python, "-e", str(hour.folder / "gateway-acme"))


def _follow(hour: Hour, commands: list[str], where: Path) -> None:
    for command in commands:
        place, words = str(where.relative_to(hour.folder)), shlex.split(command)
        match words:
            case ["cd", folder]:
                where /= folder
            case ["pip", "install", "-e", ".[test]"]:
                pip(hour.python, "-e", str(where))
            case ["pip", "install", "point-gateway[testkit]"]:
                hour.run("point-gateway", "--help")  # installed from the wheel, see above
            case ["point-gateway", "workbench", *_]:
                assert "Workbench" in opened_page(hour, words, where)
            case _:
                hour.run(*words, where=place)


def opened_page(hour: Hour, words: list[str], where: Path) -> str:
    """What a browser is shown at the address that the workbench prints."""
    path = f"{hour.python.parent}:/usr/bin:/bin"
    with subprocess.Popen(
        [*words, "--port", "0"], cwd=where, env={"PATH": path}, stdout=subprocess.PIPE, text=True
    ) as bench:
        try:
            assert bench.stdout is not None
            address = bench.stdout.readline().strip()
            with urlopen(address, timeout=10) as page:
                return str(page.read().decode())
        finally:
            bench.send_signal(signal.SIGINT)
            assert bench.wait(20) == 0


def test_a_strict_gateway_does_not_start_with_a_refused_plugin(acme: Hour) -> None:
    acme.plugin.write_text("raise RuntimeError\n", "utf-8")
    told = acme.run("point-gateway", "serve", "--strict", "--config", "gateway.toml", code=1)
    assert "gateway_acme/plugin.py" in told
