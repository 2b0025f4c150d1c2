"""What `deploy/` ships names metrics that exist, and the alert rules fire for what they are for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
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


def test_each_alert_fires_for_what_it_is_for_and_is_quiet_when_all_is_well() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not here; tools/system-packages installs it (Debian: prometheus)")
        pytest.skip("no promtool here (Debian: prometheus)")
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        ran = subprocess.run(
            [promtool, *arguments], check=False, cwd=RULES.parent, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
