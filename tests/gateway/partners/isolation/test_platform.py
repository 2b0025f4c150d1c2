"""What this machine's kernel can do for the seal. In CI nothing of it may be missing: it is told by name and fails."""

from __future__ import annotations

import os
import sys

import pytest

from gateway.partners.isolation import sealing
from gateway.partners.loading.partner_settings import Isolation
from gateway.partners.registry import where_it_runs

IN_CI = os.environ.get("CI") == "true"


def test_in_ci_every_test_of_the_seal_can_run():
    missing = []
    try:
        if sealing.landlock_version() < 1:
            missing.append("Landlock")
    except OSError as fault:
        missing.append(f"Landlock ({fault.strerror}; Linux 5.13 or newer)")
    try:
        sealing._libseccomp()
    except ValueError as fault:
        missing.append(str(fault))
    if os.geteuid() != 0:
        missing.append("root, for the attacks as root beside those as an ordinary user")
    if not hasattr(os, "pidfd_open"):
        missing.append("a descriptor for a process (Linux 5.3)")
    if missing and not IN_CI:
        pytest.skip(f"this machine lacks {', '.join(missing)}")
    assert not missing


async def test_what_this_kernel_applied_is_printed_and_is_all_of_it(house, log, capsys):
    """As root here; `test_as_another_user` has it as an ordinary user and without namespaces."""
    built = await house()
    (line,) = [line for line in log.named("plugin_started") if line["partner"] == "evil"]
    with capsys.disabled():
        sys.stdout.write(f"\n{os.uname().sysname} {os.uname().release}: {where_it_runs(built.evil)}\n")
    steps = {step.partition(" ")[0] for step in line["applied"]}
    assert steps >= {"landlock", "seccomp", "no_new_privs", "limits", "not", "dies", "capabilities"}
    if os.geteuid() == 0:
        assert "net" in steps


class TestNumbersOfAProcess:
    """All that an operator is told of a process is measured by the gateway."""

    async def test_memory_and_cpu_are_those_of_the_process(self, house, monkeypatch):
        from gateway.partners.isolation import keeper
        from gateway.partners.isolation.metrics import PLUGIN_CPU, PLUGIN_MEMORY
        from tests.gateway.partners.isolation.conftest import until

        monkeypatch.setattr(keeper, "SAMPLE_INTERVAL_S", 0.1)
        cpu = PLUGIN_CPU.labels("evil")
        before = cpu._value.get()
        await house()
        await until(lambda: cpu._value.get() > before)
        assert 5 * 2**20 < PLUGIN_MEMORY.labels("evil")._value.get() < 60 * 2**20

    async def test_what_is_refused_dropped_and_paused_is_counted(self, house):
        from gateway.partners.isolation import metrics
        from tests.gateway.partners.isolation.conftest import until

        counters = [
            metrics.PLUGIN_LOG_DROPPED.labels("evil"),
            metrics.PLUGIN_REQUESTS_REFUSED.labels("evil"),
        ]
        before = [it._value.get() for it in counters]
        built = await house()
        await built.attack("many_lines")
        await until(lambda: counters[0]._value.get() > before[0])  # when the flood has ended, in silence
        await built.attack("many_requests")
        dropped, refused = (it._value.get() - then for it, then in zip(counters, before, strict=True))
        assert dropped > 1_000
        assert refused == 2_800

    @pytest.mark.parametrize("mode", [Isolation.INSIDE, Isolation.PROCESS])
    async def test_a_call_has_its_line_and_its_number_wherever_the_plugin_runs(self, house, log, mode):
        from prometheus_client import REGISTRY

        from gateway.model import ExchangeId
        from tests.gateway.partners.isolation.conftest import edition

        labels = {"partner": "evil", "hook": "find_debit", "outcome": "debited"}

        def calls() -> float:
            return REGISTRY.get_sample_value("point_gateway_partner_calls_total", labels) or 0.0

        built = await house(isolation=mode, source=edition(1))
        before = calls()
        await built.evil.find_debit(ExchangeId("e"))
        assert calls() == before + 1
        line = log.named("partner_call")[-1]
        assert (line["partner"], line["hook"], line["outcome"]) == ("evil", "find_debit", "debited")
        (request,) = line["requests"]
        assert request.startswith("GET http://127.0.0.1:")
        assert "/some 200" in request
