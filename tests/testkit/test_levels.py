"""Levels are counted from tests that passed: never declared, and never lower than the lowest promise."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from gateway.testkit.contract import AccountContract, CouponContract, Level
from gateway.testkit.contract.levels import ContractTest, Ended, is_the_kits_own, level_of, promises
from gateway.testkit.contract.provenance import Provenance

ROOT = Path(__file__).parents[2]


def ended(*ends: tuple[Level, Ended]) -> list[ContractTest]:
    return [
        ContractTest(name=f"test_{number}", level=level, ended=end)
        for number, (level, end) in enumerate(ends)
    ]


def test_a_level_needs_every_promise_of_it_and_of_those_below() -> None:
    passed, failed = Ended.PASSED, Ended.FAILED
    every = [(Level.LEVEL_1, passed), (Level.LEVEL_2, passed), (Level.LEVEL_3, passed)]
    assert level_of(ended(*every)) is Level.LEVEL_3
    assert level_of(ended(*every, (Level.LEVEL_1, failed))) is Level.NONE
    assert level_of(ended(*every, (Level.LEVEL_2, failed))) is Level.LEVEL_1
    assert level_of(ended(*every, (Level.LEVEL_3, failed))) is Level.LEVEL_2


@pytest.mark.parametrize("end", [Ended.SKIPPED, Ended.FAILED, Ended.MISSING])
def test_what_did_not_pass_does_not_count(end: Ended) -> None:
    assert level_of(ended((Level.LEVEL_1, end))) is Level.NONE


def test_an_exempted_promise_counts_above_ume_only() -> None:
    passed = (Level.LEVEL_1, Ended.PASSED)
    assert level_of(ended(passed, (Level.LEVEL_2, Ended.EXEMPT))) is Level.LEVEL_2
    assert level_of(ended((Level.LEVEL_1, Ended.EXEMPT), (Level.LEVEL_2, Ended.PASSED))) is Level.NONE


def test_nothing_proven_is_no_level() -> None:
    assert level_of([]) is Level.NONE


@pytest.mark.parametrize("contract", [AccountContract, CouponContract])
def test_every_test_of_the_kit_belongs_to_a_level(contract: type) -> None:
    tests = {name for name in dir(contract) if name.startswith("test_")}
    assert tests == set(promises(contract))
    assert set(promises(contract).values()) == {Level.LEVEL_1, Level.LEVEL_2, Level.LEVEL_3}


def test_a_test_that_an_author_replaces_or_removes_is_still_asked_for() -> None:
    class Clever(AccountContract):
        test_a_yes_is_debited = None  # type: ignore[assignment]

        async def test_a_debit_is_found(self) -> None:  # type: ignore[override]
            """Passes always."""

    assert promises(Clever) == promises(AccountContract)
    assert not is_the_kits_own(Clever, "test_a_yes_is_debited")
    assert not is_the_kits_own(Clever, "test_a_debit_is_found")
    assert is_the_kits_own(Clever, "test_an_explicit_no_is_declined")


def command(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    dropped = ("PYTEST_", "COV_")
    env = {name: it for name, it in os.environ.items() if not name.startswith(dropped)}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        cwd=cwd,
        env=env | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def test_saison_reaches_matsu_and_the_report_says_what_was_tested(tmp_path: Path) -> None:
    badge, page = tmp_path / "badge.svg", tmp_path / "report.html"
    ran = command("contract", "saison", "--level", "matsu", "--badge", str(badge), "--report", str(page))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "saison reaches 松 (matsu), 2 exempt" in ran.stdout
    assert "松 matsu, 2 exempt" in badge.read_text("utf-8")
    text = page.read_text("utf-8")
    assert "a yes is debited" in text
    assert f"gateway-saison {version('gateway-saison')}" in text
    assert f"point-gateway {version('point-gateway')}" in text
    assert "not installed from a wheel" in text
    assert re.search("<dt>files<dd>sha256:[0-9a-f]{64}<dt>", text)
    assert re.search(r"<dt>tested on<dd>20[0-9]{2}-[0-9]{2}-[0-9]{2}", text)


def test_the_report_names_the_wheel_that_the_plugin_was_installed_from(tmp_path: Path) -> None:
    folder = tmp_path / "gateway_wheeled-1.2.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: gateway-wheeled\nVersion: 1.2\n")
    noted = {"url": "file:///w.whl", "archive_info": {"hashes": {"sha256": "ab" * 32}}}
    (folder / "direct_url.json").write_text(json.dumps(noted))
    (folder / "top_level.txt").write_text("gateway_wheeled\n")
    package = tmp_path / "gateway_wheeled"
    package.mkdir()
    (package / "__init__.py").write_text("")
    at = datetime(2026, 11, 29, 16, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        provenance = Provenance.of("gateway_wheeled", package, at)
    assert (provenance.distribution, provenance.version) == ("gateway-wheeled", "1.2")
    assert provenance.wheel == f"sha256:{'ab' * 32}"
    assert provenance.tested_on == "2026-11-30"  # in Japan
    (package / "__init__.py").write_text("changed = True")
    assert Provenance.of("gateway_wheeled", package, at).files != provenance.files


def test_the_airline_reaches_matsu_and_its_exemptions_are_printed_with_their_reason() -> None:
    ran = command("contract", "airline_miles", "--level", "matsu")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "airline_miles reaches 松 (matsu), 9 exempt" in ran.stdout
    assert "exempt: test_points_are_given_back_once: a redeemed coupon is given back by hand" in ran.stdout


def exempting(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """The contract of a copy of Saison, with a line more in `exempt`."""
    copied = folder / "saison"
    shutil.copytree(ROOT / "plugins" / "saison", copied, ignore=shutil.ignore_patterns("__pycache__"))
    contract = copied / "tests" / "test_contract.py"
    text = contract.read_text("utf-8")
    assert text.count("    exempt = {\n") == 1
    contract.write_text(text.replace("    exempt = {\n", f"    exempt = {{\n        {line}\n"), "utf-8")
    return command("contract", "saison", "--level", "ume", cwd=copied)


def test_nothing_of_ume_can_be_exempted(tmp_path: Path) -> None:
    ran = exempting(tmp_path, '"test_a_yes_is_debited": "our company does it otherwise",')
    assert ran.returncode == 1
    assert "test_a_yes_is_debited belongs to 梅" in ran.stdout
    assert "saison reaches なし (none)" in ran.stdout


def test_a_hook_that_the_plugin_has_cannot_be_exempted_as_a_whole(tmp_path: Path) -> None:
    ran = exempting(tmp_path, '"reverse_debit": "not now",')
    assert "the plugin has reverse_debit(); exempt the tests that do not fit by their names" in ran.stdout
    assert "saison reaches なし (none)" in ran.stdout


def test_a_level_that_is_not_reached_fails_the_run(tmp_path: Path) -> None:
    assert command("new-partner", "acme", "--link", "account", cwd=tmp_path).returncode == 0
    folder = tmp_path / "gateway-acme"
    (folder / "conftest.py").write_text(f"import sys; sys.path.insert(0, {str(folder)!r})\n")
    ran = command("contract", "acme", "--level", "take", cwd=folder)
    assert "acme reaches 梅 (ume)" in ran.stdout
    assert ran.returncode == 1, ran.stdout


def test_a_plugin_that_is_not_here_is_told_where_it_was_looked_for(tmp_path: Path) -> None:
    ran = command("contract", "nobody", cwd=tmp_path)
    assert ran.returncode == 1
    assert "gateway-nobody/tests/test_contract.py" in ran.stderr


@pytest.mark.parametrize("name", ["Acme", "9lives", "a-b", "class", "", "a__b", "x" * 31])
def test_a_name_that_is_no_id_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    ran = command("new-partner", "--link", "account", "--", name, cwd=tmp_path)
    assert ran.returncode == 1
    assert "use small letters, digits and _" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gateway-acme").mkdir()
    ran = command("new-partner", "acme", "--link", "coupon", cwd=tmp_path)
    assert ran.returncode == 1
    assert "is there already" in ran.stderr
    assert not list((tmp_path / "gateway-acme").iterdir())
