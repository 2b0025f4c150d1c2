"""pytest tells what the contract kit's tests prove: the level of each plugin, what is missing, what is exempted.

Loaded by its entry point wherever the extra `testkit` is installed; it does nothing in a run without contract
tests. What a test was travels with its report, so that runs on several processes are counted too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

_PROPERTY: Final = "point_gateway_contract"
_UNPROVEN: Final = "point_gateway_unproven"  # as `levels.UNPROVEN`, which is imported only where it is needed
_RESULTS: Final = pytest.StashKey["Results"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("point-gateway", "the contract of point-gateway")
    group.addoption("--contract-badge", metavar="SVG", help="write the reached level as a badge")
    group.addoption("--contract-report", metavar="HTML", help="write what was proven as a page")
    group.addoption("--contract-result", metavar="JSON", help="write what was proven for a signed proof")
    group.addoption(
        "--contract-only",
        choices=("inside", "isolated"),
        help="run each test once, with the plugin in this process or in one of its own; proves no level",
    )
    group.addoption(
        "--contract-level", choices=("ume", "take", "matsu"), help="fail when a lower level is reached"
    )


def pytest_configure(config: pytest.Config) -> None:
    results = Results()
    config.stash[_RESULTS] = results
    config.pluginmanager.register(results, "gateway_testkit_results")


def pytest_runtest_setup(item: pytest.Item) -> None:
    contract: Any = getattr(item, "cls", None)
    kit = sys.modules.get("gateway.testkit.contract.debits")
    if kit is None or contract is None or not issubclass(contract, kit.Contract):
        return
    from gateway.partners.proof import plugin_files
    from gateway.testkit.contract.levels import is_the_kits_own, promises

    name = getattr(item, "originalname", item.name)
    plugin: Any = contract.plugin
    if isinstance(plugin, kit.CommandPlugin):
        plugin_id, provenance = plugin.id, _provenance(plugin.id, plugin.folder)
    else:
        package = plugin.__module__.partition(".")[0]
        plugin_id, provenance = package.removeprefix("gateway_"), _provenance(package, plugin_files(plugin))
    callspec = getattr(item, "callspec", None)
    about: dict[str, Any] = {
        "plugin": plugin_id,
        "link": str(contract.link),
        "test": name if is_the_kits_own(contract, name) else "",
        "place": callspec.params.get("env", "") if callspec is not None else "",
        "places": list(kit.places_of(contract)),
        "promises": {test: level.value for test, level in promises(contract).items()},
        "provenance": provenance,
    }
    item.user_properties.append((_PROPERTY, about))


class Results:
    """What the contract tests of this run came to."""

    def __init__(self) -> None:
        self._promises: dict[str, dict[str, str]] = {}
        self._provenances: dict[str, dict[str, str]] = {}
        self._unproven: dict[str, list[str]] = {}
        self._ends: dict[tuple[str, str], tuple[str, str]] = {}
        self._places: dict[tuple[str, str], set[str]] = {}
        self._all_places: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        about = next((value for name, value in report.user_properties if name == _PROPERTY), None)
        if not isinstance(about, dict):
            return
        self._promises.setdefault(about["plugin"], about["promises"])
        self._provenances.setdefault(about["plugin"], about["provenance"])
        for name, value in report.user_properties:
            if name == _UNPROVEN and isinstance(value, list):
                self._unproven[about["plugin"]] = value
        end, text = _end(report)
        if end is None or not about["test"]:
            return
        key = (about["plugin"], about["test"])
        before = self._ends.get(key, ("passed", ""))
        worst = max(
            before, (end, text), key=lambda it: ("passed", "exempt", "not done", "failed").index(it[0])
        )
        self._ends[key] = worst
        self._all_places[about["plugin"]] = set(about["places"])
        self._places.setdefault(key, set()).add(about["place"])

    def _outcome(
        self,
        plugin: str,
        tests: Mapping[str, str],
        provenance: Any = None,
        unproven: Sequence[str] = (),
    ) -> Any:
        """A test that passed in one place alone has not passed."""
        from gateway.testkit.contract.report import Outcome

        ends = dict(self._ends)
        for (name, test), (end, _) in self._ends.items():
            missing = self._all_places.get(name, set()) - self._places.get((name, test), set())
            if end == "passed" and missing:
                ends[name, test] = ("not done", f"it did not run {' and '.join(sorted(missing))}")
        return Outcome.of(plugin, tests, ends, provenance, unproven)

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """The level of each plugin, and what the next one asks for."""
        from gateway.testkit.contract.provenance import Provenance
        from gateway.testkit.contract.report import (
            summary_lines,
            write_badge,
            write_report,
            write_result,
        )

        outcomes = [
            self._outcome(
                plugin,
                tests,
                Provenance.from_plain(self._provenances[plugin]),
                self._unproven.get(plugin, ()),
            )
            for plugin, tests in self._promises.items()
        ]
        for outcome in outcomes:
            terminalreporter.section(f"contract: {outcome.plugin}", sep="-")
            for line in summary_lines(outcome):
                terminalreporter.write_line(line)
        if outcomes:
            if badge := config.getoption("--contract-badge"):
                write_badge(Path(badge), outcomes[0])
            if page := config.getoption("--contract-report"):
                write_report(Path(page), outcomes[0])
            if result := config.getoption("--contract-result"):
                write_result(Path(result), outcomes[0])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A level that was asked for and not reached fails the run."""
        required = session.config.getoption("--contract-level")
        if not required or hasattr(session.config, "workerinput"):
            return
        from gateway.testkit.contract.levels import IN_ORDER, ROMAN, Level

        order = [Level.NONE, *IN_ORDER]
        least = next(level for level in IN_ORDER if ROMAN[level] == required)
        reached = [self._outcome(plugin, it).level for plugin, it in self._promises.items()]
        if not reached or any(order.index(level) < order.index(least) for level in reached):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@cache
def _provenance(package: str, folder: Path) -> dict[str, str]:
    from gateway.testkit.contract.provenance import Provenance
    from httpkit.clock import system_clock

    return Provenance.of(package, folder, system_clock()).plain()


def _end(report: pytest.TestReport) -> tuple[str | None, str]:
    """How a test ended, told by one of the reports of its setup, call and teardown."""
    if report.failed:
        return "failed", str(report.longrepr).strip().splitlines()[-1] if report.longrepr else ""
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if reason.startswith("exempt: "):
            return "exempt", reason.removeprefix("exempt: ")
        return "not done", reason
    return ("passed", "") if report.when == "call" else (None, "")
