"""The measurements run and say what they promise; how fast it was is nobody's business here."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(script, *arguments):
    command = [sys.executable, f"bench/{script}.py", "--json", "--runs", "1", "--no-postgres", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the CPU's split is read from /proc")
def test_the_exchange_is_measured_beside_its_floor(tmp_path):
    found = run("exchange", "--count", "4", "--members", "2", "--folder", str(tmp_path))
    assert found["members"] == 2
    assert set(found["ratios"]) == {
        "exchange_vs_floor",
        "exchange_vs_floor_50_ms",
        "exchange_vs_floor_cpu",
    }
    for name in ("at_once", "after_50_ms"):
        row = found[name]
        assert 0 < row["per_s"] < row["floor"]["per_s"] * 100
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["memory_mb"] > 0
    assert found["after_50_ms"]["p50_ms"] > 3 * 50
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_is_measured_beside_its_floor(tmp_path):
    found = run("ledger", "--count", "128", "--folder", str(tmp_path))
    assert {"sqlite_vs_floor", "sqlite_vs_naive"} <= set(found["ratios"])
    assert all(value > 0 for value in found["ratios"].values())


def test_the_municipal_cloud_is_measured_beside_the_ledger_and_bare_commits(tmp_path):
    sizes = ("--lines", "200", "--payments", "64", "--entries", "40000")
    found = run("municipal", *sizes, "--folder", str(tmp_path))
    assert set(found["ratios"]) == {
        "grant_vs_bulk", "grant_check_s_for_100000", "grant_memory_vs_a_tenth", "counter_p99_in_commits",
        "grant_vs_bulk_cpu", "grant_check_cpu_s_for_100000", "slowest_dashboard_cpu_in_300_ms",
        "counter_p99_vs_commit_p99", "counter_paced_p99_in_commits", "counter_paced_p99_in_100_ms", "counter_payments_in_a_commits_time",
        "slowest_dashboard_in_300_ms", "counter_p99_vs_floor_p99", "counter_floor_p99_in_commits",
        "slow_counter_p99_in_commits", "slow_counter_burst_p99_in_commits", "slow_counter_paced_p99_in_commits", "slow_counter_floor_p99_in_commits",
    }  # fmt: skip
    assert all(value > 0 for value in found["ratios"].values())
    assert found["grants"]["lines"] == 200
    assert found["dashboards"]["entries"] == 40_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the child's CPU is read from /proc")
def test_a_plugins_own_process_is_measured_beside_the_same_plugin_inside():
    command = [sys.executable, "-m", "bench.isolation", "--json", "--calls", "40", "--turns", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert set(found) == {
        "without a request, inside",
        "with one request, inside",
        "without a request, process",
        "with one request, process",
        "beside a flood",
        "a process",
    }
    assert found["with one request, process"]["child_cpu_us"] >= 0
    assert found["a process"]["memory_mb"] > 1


def test_the_bare_my_page_is_drawn_from_todays_template():
    command = [sys.executable, "bench/portal.py", "--bare"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as bare:
        try:
            port = int(bare.stdout.readline())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/mypage", timeout=30) as answer:
                assert "利用者マイページ" in answer.read().decode().replace("<wbr>", "")
        finally:
            bare.terminate()


def test_the_support_desk_is_measured_on_a_full_database(tmp_path):
    found = run("support", "--entries", "12000", "--folder", str(tmp_path))
    assert found["entries"] >= 11_000
    assert {"timeline", "payment by its reference", "exchange by its reference"} <= set(found["questions"])
    assert all(0 < each["p50_ms"] <= each["most_ms"] for each in found["questions"].values())
    assert found["ratios"]["slowest_support_question_in_300_ms"] > 0
    assert list(tmp_path.iterdir()) == []
