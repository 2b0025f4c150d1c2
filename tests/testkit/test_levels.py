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
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import LinkKind, scaffold
from gateway.testkit.contract import AccountContract, CouponContract, Level
from gateway.testkit.contract.levels import (
    ContractResult,
    ContractTest,
    is_the_kits_own,
    level_of,
    promises,
    unproven,
)
from gateway.testkit.contract.provenance import Provenance
from gateway.testkit.contract.report import Outcome, summary_lines, write_badge, write_report, write_result
from tests.testkit.contract_runs import Run

ROOT = Path(__file__).parents[2]


def ended(*ends: tuple[Level, ContractResult]) -> list[ContractTest]:
    return [
        ContractTest(name=f"test_{number}", level=level, ended=end)
        for number, (level, end) in enumerate(ends)
    ]


def test_a_level_needs_every_promise_of_it_and_of_those_below() -> None:
    passed, failed = ContractResult.PASSED, ContractResult.FAILED
    every = [(Level.LEVEL_1, passed), (Level.LEVEL_2, passed), (Level.LEVEL_3, passed)]
    assert level_of(ended(*every)) is Level.LEVEL_3
    assert level_of(ended(*every, (Level.LEVEL_1, failed))) is Level.NONE
    assert level_of(ended(*every, (Level.LEVEL_2, failed))) is Level.LEVEL_1
    assert level_of(ended(*every, (Level.LEVEL_3, failed))) is Level.LEVEL_2


@pytest.mark.parametrize("end", [ContractResult.SKIPPED, ContractResult.FAILED, ContractResult.MISSING])
def test_what_did_not_pass_does_not_count(end: ContractResult) -> None:
    assert level_of(ended((Level.LEVEL_1, end))) is Level.NONE


def test_an_exempted_promise_counts_above_ume_only() -> None:
    passed = (Level.LEVEL_1, ContractResult.PASSED)
    assert level_of(ended(passed, (Level.LEVEL_2, ContractResult.EXEMPT))) is Level.LEVEL_2
    assert (
        level_of(ended((Level.LEVEL_1, ContractResult.EXEMPT), (Level.LEVEL_2, ContractResult.PASSED)))
        is Level.NONE
    )


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
        timeout=580,
    )


@pytest.mark.timeout(600)
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


@pytest.mark.timeout(600)
def test_the_airline_reaches_matsu_and_its_exemptions_are_printed_with_their_reason() -> None:
    ran = command("contract", "airline_miles", "--level", "matsu")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "airline_miles reaches 松 (matsu), 10 exempt" in ran.stdout
    assert "exempt: test_points_are_given_back_once: a redeemed coupon is given back by hand" in ran.stdout


def exempting(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """The contract of a copy of Saison, with a line more in `exempt`."""
    copied = folder / "saison"
    shutil.copytree(ROOT / "plugins" / "saison", copied, ignore=shutil.ignore_patterns("__pycache__"))
    contract = copied / "tests" / "test_contract.py"
    text = contract.read_text("utf-8")
    assert text.count("    exempt = {\n") == 1
    contract.write_text(text.replace("    exempt = {\n", f"    exempt = {{\n        {line}\n"), "utf-8")
    return command("contract", "saison", "--inside-only", "--level", "ume", cwd=copied)


def test_nothing_of_ume_can_be_exempted(tmp_path: Path) -> None:
    ran = exempting(tmp_path, '"test_a_yes_is_debited": "our company does it otherwise",')
    assert ran.returncode == 1
    assert "test_a_yes_is_debited belongs to 梅" in ran.stdout
    assert "saison reaches なし (none)" in ran.stdout


def test_a_hook_that_the_plugin_has_cannot_be_exempted_as_a_whole(tmp_path: Path) -> None:
    ran = exempting(tmp_path, '"reverse_debit": "not now",')
    assert "the plugin has reverse_debit(); exempt the tests that do not fit by their names" in ran.stdout
    assert "saison reaches なし (none)" in ran.stdout


@pytest.mark.timeout(600)
def test_a_level_that_is_not_reached_fails_the_run(tmp_path: Path) -> None:
    assert command("new-partner", "acme", "--link", "account", cwd=tmp_path).returncode == 0
    folder = tmp_path / "gateway-acme"
    (folder / "conftest.py").write_text(f"import sys; sys.path.insert(0, {str(folder)!r})\n")
    ran = command("contract", "acme", "--level", "take", cwd=folder)
    assert "acme reaches 梅 (ume)" in ran.stdout
    assert ran.returncode == 1, ran.stdout


def in_both_places(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_contract.py", "-p", "no:cacheprovider", "-p", "gateway_testkit",
         *options],
        cwd=folder, env=os.environ | {"PYTEST_ADDOPTS": ""}, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip


class TestInAProcessOfItsOwn:
    """Each test runs with the plugin inside, and once more as in service."""

    def made(self, tmp_path: Path) -> Path:
        assert command("new-partner", "acme", "--link", "account", cwd=tmp_path).returncode == 0
        folder = tmp_path / "gateway-acme"
        (folder / "conftest.py").write_text(f"import sys; sys.path.insert(0, {str(folder)!r})\n")
        return folder

    def test_a_plugin_that_reads_a_file_passes_inside_alone_and_does_not_reach_ume(
        self, tmp_path: Path
    ) -> None:
        folder = self.made(tmp_path)
        package = folder / "gateway_acme" / "__init__.py"
        package.write_text(package.read_text("utf-8") + '\nopen("/etc/hostname").close()\n', "utf-8")
        ran = in_both_places(folder, "-k", "test_a_yes_is_debited")
        assert ran.returncode == 1
        assert "1 passed" in ran.stdout
        assert "ERROR tests/test_contract.py::TestAcme::test_a_yes_is_debited[isolated]" in ran.stdout
        assert "cannot be imported (PermissionError" in ran.stdout
        assert "failed: test_a_yes_is_debited" in ran.stdout

    def test_a_call_that_ends_otherwise_there_fails_though_either_end_is_right(self, tmp_path: Path) -> None:
        folder = self.made(tmp_path)
        plugin = folder / "gateway_acme" / "plugin.py"
        text = plugin.read_text("utf-8")
        plugin.write_text(
            text.replace(
                '        if answer.text("result") != "ok":',
                '        import os\n        if "PATH" not in os.environ:\n            raise OutcomeUnknown("elsewhere")\n'
                '        if answer.text("result") != "ok":',
            ),
            "utf-8",
        )
        ran = in_both_places(folder, "-k", "test_an_unclear_answer_is_unknown_and_was_sent_once")
        assert ran.returncode == 1
        assert "ended with PartnerUnavailable, and with NoneType in the gateway's own process" in ran.stdout

    def test_what_ran_in_one_place_alone_proves_no_level(self, tmp_path: Path) -> None:
        ran = in_both_places(self.made(tmp_path), "--contract-only", "inside")
        assert ran.returncode == 0, ran.stdout
        assert "acme reaches なし (none)" in ran.stdout
        assert "it did not run isolated" in ran.stdout


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


@pytest.mark.parametrize(
    ("link", "proves", "missing"),
    [
        (LinkKind.ACCOUNT, {"amount", "account"}, []),
        (LinkKind.ACCOUNT, {"amount"}, ["account"]),
        (LinkKind.ACCOUNT, set(), ["amount", "account"]),
        (LinkKind.ACCOUNT, None, ["amount", "account"]),
        (LinkKind.COUPON, {"amount"}, []),
        (LinkKind.COUPON, set(), ["amount"]),
    ],
)
def test_what_a_yes_does_not_show_is_read_from_the_profile(
    link: LinkKind, proves: set[str] | None, missing: list[str]
) -> None:
    profile: Any = SimpleNamespace(link=link, proves=proves)
    assert unproven(profile) == missing


def test_what_is_not_proven_stands_on_the_badge_and_in_the_result(tmp_path: Path) -> None:
    tests = {name: level.value for name, level in promises(AccountContract).items()}
    ends = {("acme", name): ("passed", "") for name in tests}
    outcome = Outcome.of("acme", tests, ends, unproven=["amount", "account"])
    assert summary_lines(outcome)[0] == "acme reaches 松 (matsu), amount and account not proven"
    for write, words in (
        (write_badge, "松 matsu, amount and account not proven"),
        (write_report, outcome.level_in_words),
    ):
        write(tmp_path / "file", outcome)
        assert words in (tmp_path / "file").read_text("utf-8")
    write_result(tmp_path / "file", outcome)
    assert json.loads((tmp_path / "file").read_text("utf-8"))["unproven"] == ["amount", "account"]


def test_a_run_tells_what_its_plugin_does_not_prove(tmp_path: Path, contract_of: Run) -> None:
    folder = scaffold.write("acme", LinkKind.ACCOUNT, tmp_path)
    plugin = folder / "gateway_acme" / "plugin.py"
    text = plugin.read_text("utf-8")
    assert 'proves={"amount", "account"}' in text
    one = ("-k", "test_a_yes_is_debited")
    assert "not proven" not in contract_of(folder, *one).stdout
    plugin.write_text(text.replace('proves={"amount", "account"}', 'proves={"amount"}'), "utf-8")
    assert "acme reaches なし (none), account not proven" in contract_of(folder, *one).stdout
