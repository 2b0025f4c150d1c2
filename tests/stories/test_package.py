"""The Debian package in a clean Debian 12 that its own systemd runs: built twice, installed, checked, started, a first exchange,
killed, hung, upgraded, removed.

By night only: it builds, fetches a Debian, and takes minutes. Needs root, debootstrap, systemd-nspawn (systemd-container), the
package index and `requirements/package.txt` in the environment that POINT_GATEWAY_TEST_PACKAGE_PYTHON names.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gateway.client import SignedClient
from gateway.demo.environment import STARTS_AT, SampleMember
from gateway.demo.scenario import TO_KASAMA, Narrator, exchange_at, link_at, sign_in_as
from httpkit.clock import FileClock, set_file_clock

ROOT = Path(__file__).parents[2]
JIRO = SampleMember(name="見本次郎", password="sample-1003-1003")

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("package"), pytest.mark.timeout(1_800)]


def run(*command: str, cwd: Path = ROOT, **options: Any) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)
    assert ran.returncode == 0, f"{command}\n{ran.stdout[-3_000:]}\n{ran.stderr[-3_000:]}"
    return ran.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this commit, built twice: one and the same."""
    python = os.environ.get(
        "POINT_GATEWAY_TEST_PACKAGE_PYTHON", str(ROOT / ".venv-package" / "bin" / "python")
    )
    lacking = [
        name for name in ("dpkg-deb", "debootstrap", "systemd-nspawn", python) if shutil.which(name) is None
    ]
    if lacking or os.getuid() != 0:
        pytest.skip(f"needs root and {', '.join(lacking)}")
    commit, built = run("git", "rev-parse", "HEAD").strip(), []
    for number in ("first", "second"):
        folder = tmp_path_factory.mktemp(number)
        run(
            str(ROOT / "deploy" / "debian" / "build-deb"),
            commit,
            str(folder),
            env=os.environ | {"PYTHON": python},
        )
        built.append(next(folder.glob("*.deb")))
    assert built[0].read_bytes() == built[1].read_bytes()
    return built[0]


@dataclass
class Debian:
    """A clean Debian in a folder, run by its own systemd in namespaces; `init` is that process. It shares our network."""

    folder: Path
    port: int
    init: int
    mykey_ids: dict[str, str] = field(default_factory=dict)

    def inside(self, *command: str) -> list[str]:
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return [
            "nsenter", f"--target={self.init}", "--mount", "--pid", "--root", "--wd=/",
            "/usr/bin/env", "-i", path, "LANG=C.UTF-8", *command,
        ]  # fmt: skip

    def run(self, *command: str, typed: str = "") -> str:
        return run(*self.inside(*command), input=typed)

    def run_as_gateway(self, *command: str, typed: str = "", folder: str = "/etc/point-gateway") -> str:
        return self.run(
            "setpriv", "--reuid=point-gateway", "--regid=point-gateway", "--clear-groups",
            "/usr/bin/env", "-C", folder, *command, typed=typed,
        )  # fmt: skip

    def path(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")

    def start(self, unit: str) -> None:
        """As an operator does. It returns when the unit has said that it is ready."""
        started = subprocess.run(self.inside("systemctl", "start", unit), capture_output=True, check=False)
        assert started.returncode == 0, self.run("journalctl", "--no-pager", "-n", "60", "-u", unit)

    def shown(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def await_another_start(self, unit: str, before: str, patience_s: float) -> None:
        """Until systemd has started it again: another process than `before`, and ready."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            if (
                self.shown(unit, "MainPID") not in ("0", before)
                and self.shown(unit, "ActiveState") == "active"
            ):
                return
            time.sleep(0.2)
        pytest.fail(self.run("journalctl", "--no-pager", "-n", "60", "-u", unit))


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    folder = tmp_path_factory.mktemp("debian") / "root"
    packages = "python3,python3.11,adduser,libseccomp2,tzdata,systemd,systemd-sysv,dbus"
    run("debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(folder))
    with booted(folder) as debian:
        yield debian


@contextmanager
def booted(folder: Path) -> Iterator[Debian]:
    # The folders above are for this user alone, and the gateway's own user has to come in.
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder.parent / "console.log").open("wb") as console:
        nspawn = subprocess.Popen(
            [
                "systemd-nspawn", f"--directory={folder}", "--register=no", "--keep-unit", "--console=pipe",
                # What systemd-nspawn 252 leaves out; Debian on a machine of its own has it.
                "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
                "--boot",
            ],
            stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield Debian(folder, port, _init_of(nspawn.pid))
        finally:
            nspawn.terminate()
            try:
                nspawn.wait(60)
            except subprocess.TimeoutExpired:
                nspawn.kill()
                nspawn.wait()


def _init_of(nspawn: int) -> int:
    """The first process of the machine, once it takes orders."""
    for _ in range(600):
        children = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text("utf-8").split()
        if children:
            probe = Debian(Path("/"), 0, int(children[0]))
            asked = subprocess.run(
                probe.inside("systemctl", "is-system-running"), capture_output=True, text=True, check=False
            )
            if asked.stdout.strip() in ("running", "degraded"):
                return probe.init
        time.sleep(0.2)
    pytest.fail("the machine does not start; see console.log")


@contextmanager
def sandbox(folder: Path, clock: Path) -> Iterator[tuple[str, str]]:
    """セゾン's sandbox, outside: its address and the key that it takes."""
    arguments = [
        sys.executable, "-m", "gateway_saison.sandbox", "--book", str(folder / "book.db"),
        "--api-key-file", str(folder / "key"), "--clock-file", str(clock), "--print-url",
    ]  # fmt: skip
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), (folder / "key").read_text("utf-8").strip()
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def test_it_is_installed_checked_started_exchanges_is_upgraded_and_removed(
    package: Path, debian: Debian, tmp_path: Path
) -> None:
    shutil.copy(package, debian.path("/root/first.deb"))
    said = debian.run("dpkg", "-i", "/root/first.deb")
    assert "point-gateway check" in said
    for name in ("sealing", "portal_seal"):
        status = debian.path(f"/etc/point-gateway/secrets/{name}").stat()
        assert (oct(status.st_mode & 0o777), status.st_uid) == ("0o640", 0)
    assert debian.run("point-gateway", "--version").startswith("point-gateway 0.")

    clock_file = debian.path("/var/lib/point-gateway/clock")
    set_file_clock(clock_file, STARTS_AT)
    clock_file.chmod(0o644)
    with sandbox(tmp_path, clock_file) as (url, key):
        furnish(debian, url, key)
        debian.run_as_gateway("point-gateway", "db", "upgrade")
        checked = debian.run_as_gateway("point-gateway", "check")
        assert "refused" not in checked, checked
        assert "saison" in checked
        debian.run_as_gateway(
            "point-gateway", "places", "add-service", "082163", "kasama-ouen", "笠間応援ポイント", "--direct"
        )
        added = debian.run_as_gateway(
            "point-gateway", "members", "add", JIRO.name, typed=f"{JIRO.password}\n"
        )
        debian.mykey_ids[JIRO.name] = json.loads(added)["mykey_id"]
        key_id, private = new_key(debian)
        debian.start("point-gateway")
        exchange = await first_exchange(debian, key_id, private, clock_file)
        assert (exchange["state"], exchange["points"]) == ("settled", 1_100)
        assert debian.shown("point-gateway", "User") == "point-gateway"
        start_the_portal(debian, key_id, private)

        for signal_, patience_s in (
            ("KILL", 60),
            ("STOP", 180),
        ):  # a crash, and a process that hangs: WatchdogSec
            before = debian.shown("point-gateway", "MainPID")
            debian.run("systemctl", "kill", f"--signal={signal_}", "--kill-whom=main", "point-gateway")
            debian.await_another_start("point-gateway", before, patience_s)
            assert await points_of_jiro(debian, key_id, private, clock_file) == 1_100
        debian.run("systemctl", "reload", "point-gateway")
        until_logged(debian, "settings read again")

        shutil.copy(next_release(package, tmp_path), debian.path("/root/second.deb"))
        before = debian.path("/etc/point-gateway/secrets/sealing").read_text("utf-8")
        debian.run("dpkg", "-i", "/root/second.deb")
        assert debian.path("/etc/point-gateway/secrets/sealing").read_text("utf-8") == before
        assert f"port = {debian.port}" in debian.path("/etc/point-gateway/gateway.toml").read_text("utf-8")
        # What ran was stopped for the new files and started again by the package itself.
        for unit in ("point-gateway", "point-gateway-portal"):
            assert debian.shown(unit, "ActiveState") == "active", unit
        assert await points_of_jiro(debian, key_id, private, clock_file) == 1_100
        assert "nothing is broken" in debian.run_as_gateway("point-gateway", "ledger", "verify")

    assert exposure(debian, "point-gateway") <= 2.3
    assert exposure(debian, "point-gateway-portal") <= 1.4
    assert exposure(debian, "point-gateway-municipal") <= 1.4
    debian.run("dpkg", "-r", "point-gateway")
    assert debian.shown("point-gateway", "ActiveState") == "inactive"
    assert not debian.path("/usr/bin/point-gateway").exists()
    assert not debian.path("/opt/point-gateway/lib").exists()
    debian.run("dpkg", "-P", "point-gateway")
    assert debian.path("/var/lib/point-gateway/gateway.db").exists()
    assert debian.path("/etc/point-gateway/secrets/sealing").exists()


def test_the_package_has_what_runs_and_no_more(package: Path, tmp_path: Path) -> None:
    run("dpkg-deb", "-x", str(package), str(tmp_path / "files"))
    site = tmp_path / "files" / "opt" / "point-gateway" / "lib" / "python3.11" / "site-packages"
    for needed in (
        "gateway/serve.py",
        "migrations/versions",
        "portal/app.py",
        "municipal/app.py",
        "psycopg_binary",
    ):
        assert (site / needed).exists(), needed
    for left_out in (
        "gateway/demo",
        "gateway/testkit",
        "gateway/workbench",
        "card/fake.py",
        "pytest",
        "pip",
        "bin",
    ):
        assert not (site / left_out).exists(), left_out
    names = {path.name for path in (tmp_path / "files").rglob("*")}
    assert not {".git", ".github", "__pycache__", "direct_url.json"} & names


def test_the_list_of_components_names_what_is_inside(package: Path, tmp_path: Path) -> None:
    run("dpkg-deb", "-x", str(package), str(tmp_path / "files"))
    files = tmp_path / "files"
    listed = json.loads((files / "usr/share/doc/point-gateway/sbom.cdx.json").read_text("utf-8"))
    assert listed["bomFormat"] == "CycloneDX"
    named = {(part["name"].lower().replace("_", "-"), part["version"]) for part in listed["components"]}
    folders = (files / "opt/point-gateway/lib/python3.11/site-packages").glob("*.dist-info")
    inside = {
        tuple(path.name.removesuffix(".dist-info").lower().replace("_", "-").rsplit("-", 1))
        for path in folders
    }
    ours = {name for name in inside if str(name[0]).startswith("point-gateway")}
    assert len(ours) == 2
    assert inside - ours - {(name.replace(".", "-"), version) for name, version in named} == set()


# --- parts ---------------------------------------------------------------------------------------------------------------


def furnish(debian: Debian, url: str, key: str) -> None:
    """What an operator writes: addresses, a partner with its plugin and its secret."""
    file = debian.path("/etc/point-gateway/gateway.toml")
    text = file.read_text("utf-8")
    for old, new in (
        ("port = 8080", f"port = {debian.port}"),
        ('"https://points.example.jp"', f'"http://127.0.0.1:{debian.port}"'),
        ('"https://portal.example.jp/exchanges/back"', '"http://127.0.0.1/portal/back"'),
        ("trusted_proxies = 1", "trusted_proxies = 0"),
        ('admin = "127.0.0.1:9101"', ""),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    text += (
        '\n[clock]\nfile = "/var/lib/point-gateway/clock"\n'
        f'[partners.saison]\nbase_url = "{url}"\nmerchant_id = "point-gateway"\n'
        'api_key = { file = "secrets/saison" }\n'
    )
    file.write_text(text, "utf-8")
    secret = debian.path("/etc/point-gateway/secrets/saison")
    secret.write_text(key, "utf-8")
    secret.chmod(0o640)
    debian.run("chgrp", "point-gateway", "/etc/point-gateway/secrets/saison")
    # As an operator does: pip install --target /opt/point-gateway/plugins --no-deps gateway-saison
    target = debian.path("/opt/point-gateway/plugins")
    run(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        str(debian.path("/root")),
        cwd=ROOT / "plugins/saison",
    )
    wheel = next(debian.path("/root").glob("gateway_saison-*.whl"))
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--target",
        str(target),
        str(wheel),
    )
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


def new_key(debian: Debian) -> tuple[str, bytes]:
    debian.run("install", "-d", "-o", "point-gateway", "/var/tmp/keys")
    said = debian.run_as_gateway(
        "point-gateway", "keys", "new", "portal", "--scope", "portal", folder="/var/tmp/keys"
    )
    file = next(debian.path("/var/tmp/keys").glob("*.pem"))
    key_id = next(word for word in said.replace('"', " ").split() if word.startswith("pgk_"))
    return key_id.strip(".,:"), file.read_bytes()


def start_the_portal(debian: Debian, key_id: str, private: bytes) -> None:
    """Its settings, its unit, its first page."""
    secret = debian.path("/etc/point-gateway/secrets/portal.pem")
    secret.write_bytes(private)
    secret.chmod(0o640)
    debian.run("chgrp", "point-gateway", "/etc/point-gateway/secrets/portal.pem")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = debian.path("/etc/point-gateway/portal.toml")
    text = file.read_text("utf-8")
    for old, new in (
        ('"https://points.example.jp"', f'"http://127.0.0.1:{debian.port}"'),
        ('key_id = ""', f'key_id = "{key_id}"\nclock_file = "/var/lib/point-gateway/clock"'),
        ('"https://portal.example.jp"', f'"http://127.0.0.1:{port}"'),
        ("port = 8081", f"port = {port}"),
        ("trusted_proxies = 1", "trusted_proxies = 0"),
        ('phone = ""', 'phone = "000-000-0000"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    debian.start("point-gateway-portal")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert "マイキーID" in page.read().decode()


def until_logged(debian: Debian, words: str) -> None:
    for _ in range(150):
        if words in debian.run("journalctl", "--no-pager", "-u", "point-gateway"):
            return
        time.sleep(0.2)
    pytest.fail(f"the journal has no {words!r}")


def exposure(debian: Debian, unit: str) -> float:
    """What `systemd-analyze security` says of it, of 10; less is better."""
    said = debian.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
    return float(said.rsplit(f"{unit}.service:", 1)[1].split()[0])


@dataclass
class Town:
    """What the scenario's steps ask of a town."""

    mykey_ids: dict[str, str]


async def first_exchange(debian: Debian, key_id: str, private: bytes, clock: Path) -> Any:
    town: Any = Town(debian.mykey_ids)
    async with SignedClient(
        f"http://127.0.0.1:{debian.port}", key_id, private, clock=FileClock(clock)
    ) as portal:
        member = await sign_in_as(town, portal, JIRO)
        linked = await link_at(member, JIRO, Narrator(Console(quiet=True)))
        return await exchange_at(member, linked, TO_KASAMA, 2)


async def points_of_jiro(debian: Debian, key_id: str, private: bytes, clock: Path) -> int:
    town: Any = Town(debian.mykey_ids)
    async with SignedClient(
        f"http://127.0.0.1:{debian.port}", key_id, private, clock=FileClock(clock)
    ) as portal:
        member = await sign_in_as(town, portal, JIRO)
        return await member.points(municipality="082163", point_service="kasama-ouen")


def next_release(package: Path, folder: Path) -> Path:
    """The same package under a later version: what an upgrade does, without another commit."""
    run("dpkg-deb", "-R", str(package), str(folder / "next"))
    control = folder / "next" / "DEBIAN" / "control"
    text = control.read_text("utf-8")
    assert "\nVersion: " in text
    control.write_text(text.replace("\nVersion: ", "\nVersion: 1:", 1), "utf-8")
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(folder / "next"), str(folder / "next.deb"))
    return folder / "next.deb"
