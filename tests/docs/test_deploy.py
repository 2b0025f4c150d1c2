"""What `deploy/` ships names metrics that exist, and the alert rules fire for what they are for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import gateway
from gateway.settings import Settings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
MAX_EXPOSURE = 2.5
"""Of 10, as `systemd-analyze security` reckons; what is left is that a server speaks IP, and namespaces for plugins."""
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "point-gateway.json"
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def listed() -> set[str]:
    return set(re.findall(r"`(point_gateway_\w+)`", (ROOT / "docs" / "metrics.md").read_text("utf-8")))


def unknown_in(expressions: list[str]) -> set[str]:
    named = {name for expression in expressions for name in re.findall(r"point_gateway_\w+", expression)}
    assert named
    for suffix in SUFFIXES:
        named = {name.removesuffix(suffix) for name in named}
    return named - listed()


def test_alert_rules_name_metrics_that_are_told_and_say_what_to_do() -> None:
    (group,) = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    assert unknown_in([rule["expr"] for rule in group["rules"] if "point_gateway" in rule["expr"]]) == set()
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in group["rules"])


def test_the_dashboard_names_metrics_that_are_told() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert unknown_in([target["expr"] for panel in panels for target in panel["targets"]]) == set()


def test_each_panel_says_what_it_shows_and_covers_no_other() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    places = [
        (x, y)
        for panel in panels
        for grid in [panel["gridPos"]]
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(places) == len(set(places))
    assert all(0 <= x < 24 for x, _ in places)
    for panel in panels:
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in {"none", "short", "s", "h", "reqps", "ops", "bytes"}, panel["title"]
        steps = defaults["thresholds"]["steps"]
        assert [step["value"] for step in steps[:1]] == [None], panel["title"]
        if panel["type"] == "stat":
            assert panel["description"], panel["title"]
            assert len(steps) > 1, panel["title"]
        else:
            assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_each_alert_fires_for_what_it_is_for_and_is_quiet_when_all_is_well() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not here; tools/system-packages installs it (Debian: prometheus)")
        pytest.skip("no promtool here (Debian: prometheus)")
    alerts = {rule["alert"] for rule in yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]}
    quiet, firing = yaml.safe_load(RULES.with_name("alerts_test.yml").read_text("utf-8"))["tests"]
    assert {case["alertname"] for case in quiet["alert_rule_test"] if "exp_alerts" not in case} == alerts
    assert {case["alertname"] for case in firing["alert_rule_test"] if case["exp_alerts"]} == alerts
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        ran = subprocess.run(
            [promtool, *arguments], check=False, cwd=RULES.parent, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_units_are_hardened(unit: Path) -> None:
    settings = unit.read_text("utf-8").splitlines()
    for needed in (
        "Type=notify", "User=point-gateway", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict",
        "ProtectHome=yes", "PrivateTmp=yes", "UMask=0077", "SystemCallArchitectures=native",
    ):  # fmt: skip
        assert needed in settings, needed
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here (Debian: systemd)")
    ran = subprocess.run(
        [analyze, "security", "--offline=true", str(unit)], check=False, capture_output=True, text=True
    )
    score = re.search(r"exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert score is not None, ran.stdout + ran.stderr
    sys.stdout.write(f"{unit.stem}: {score[1]}\n")
    assert float(score[1]) <= MAX_EXPOSURE
    ran = subprocess.run([analyze, "verify", str(unit)], check=False, capture_output=True, text=True)
    said = [line for line in ran.stderr.splitlines() if line.startswith(unit.name) or str(unit) in line]
    assert [line for line in said if "is not executable" not in line] == []  # the program is the package's


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_units_start_nothing_that_a_minimal_debian_lacks(unit: Path) -> None:
    settings = unit.read_text("utf-8").splitlines()
    programs = {line.partition("=")[2].split()[0] for line in settings if line.startswith("Exec")}
    assert programs <= {f"/usr/bin/{unit.stem}", "/bin/sh"}


def pins(name: str) -> set[str]:
    """What a lock file names: distribution, version, and where it counts."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if "==" in line and not line.startswith(" ")}


def test_what_is_packaged_is_what_the_tests_ran_with() -> None:
    runtime, tested = pins("runtime.txt"), pins("dev.txt")
    assert len(runtime) > 50
    assert {pin.partition("==")[0].partition("[")[0]: pin for pin in runtime - tested} == {}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    needed = {
        re.split(r"[\[<>=]", line)[0].lower()
        for extra in ("server", "postgres", "sftp", "backup", "sites")
        for line in extras[extra]
    }
    locked = {pin.partition("==")[0].partition("[")[0] for pin in runtime}
    assert needed - locked - {"point-gateway-client"} == set()
    assert not {"pytest", "hypothesis", "playwright"} & {pin.partition("==")[0] for pin in runtime}


def test_the_packages_settings_are_settings() -> None:
    example = ROOT / "deploy" / "debian" / "gateway.toml"
    settings = Settings.load(example, env={})
    assert settings.database_file == Path("/var/lib/point-gateway/gateway.db")
    assert set(settings.security.places) == {"sealing", "lookup", "account_key", "chain"}
    for site in ("portal", "municipal"):
        values = tomllib.loads((ROOT / "deploy" / "debian" / f"{site}.toml").read_text("utf-8"))
        assert values["gateway_url"] == settings.server.public_url
        assert values["trusted_proxies"] == settings.server.trusted_proxies
        assert (ROOT / "deploy" / "debian" / "postinst").read_text("utf-8").count(f"{site}_seal") == 1


def test_an_image_and_its_companions_run_without_rights_on_a_read_only_root() -> None:
    folder = ROOT / "deploy" / "oci"
    steps = [
        line.split()[0]
        for line in (folder / "Containerfile").read_text("utf-8").splitlines()
        if line[:1].isupper()
    ]
    assert steps.index("USER") > max(place for place, step in enumerate(steps) if step == "RUN")
    assert "HEALTHCHECK" in steps
    assert "ADD" not in steps
    services = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"]
    ours = {name: service for name, service in services.items() if "point-gateway" in service["image"]}
    assert set(ours) == {"gateway", "portal", "municipal"}
    for name, service in ours.items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert name == "gateway" or service["healthcheck"]["test"][0] == "CMD"
        assert service["image"].endswith(":" + gateway.__version__)
