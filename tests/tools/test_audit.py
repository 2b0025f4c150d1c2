"""`make audit` against a small service over real HTTP: what is known is named, and what was not looked up is never called clean."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-package" / "bin" / "python"
RUN = "import sys, pathlib; sys.path.append('.'); from tools.audit import main; sys.exit(main(pathlib.Path(sys.argv[1]), [pathlib.Path(sys.argv[2])]))"
PROBES = {("jinja2", "2.10"): "PYSEC-2019-217", ("minimist", "0.0.8"): "GHSA-vh95-rmgr-6w4m"}

pytestmark = pytest.mark.xdist_group("audit")


@dataclass
class Service:
    """Answers OSV's query and npm's audit from one table; `known` names a fault by package and version."""

    known: dict[tuple[str, str], str] = field(default_factory=lambda: dict(PROBES))
    silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def osv(self, query: dict[str, Any]) -> dict[str, Any]:
        package, version = query["package"], query["version"]
        self.asked.append((package["name"], version))
        fault = self.known.get((package["name"], version))
        if fault is None:
            return {}
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}]
        return {
            "vulns": [
                {"id": fault, "summary": "it breaks", "affected": [{"package": package, "ranges": ranges}]}
            ]
        }

    def npm(self, asked: dict[str, list[str]]) -> dict[str, Any]:
        pairs = [(name, version) for name, versions in asked.items() for version in versions]
        self.asked += pairs
        return {
            name: [
                {
                    "id": 1, "url": f"https://faults.example.jp/{self.known[name, version]}", "title": "it breaks",
                    "severity": "high", "vulnerable_versions": f"<={version}",
                }
            ]
            for name, version in pairs
            if (name, version) in self.known
        }  # fmt: skip


@pytest.fixture
def service() -> Iterator[Service]:
    faults = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(
                gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            )
            if faults.silent:
                self.send_error(405)
                return
            answer = faults.osv(asked) if self.path == "/v1/query" else faults.npm(asked)
            payload = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, its parent names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    faults.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield faults
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pinned(tmp_path: Path) -> tuple[Path, Path]:
    """A project of one library of each registry."""
    requirements = tmp_path / "runtime.txt"
    requirements.write_text(f"quay==1.4 \\\n    --hash=sha256:{'0' * 64}\n", "utf-8")
    folder = tmp_path / "site"
    folder.mkdir()
    package = {"name": "site", "version": "1.0.0", "dependencies": {"pier": "2.0.0"}}
    lock = {"lockfileVersion": 3, "packages": {"": package, "node_modules/pier": {"version": "2.0.0"}}}
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    (folder / "package-lock.json").write_text(json.dumps(package | lock), "utf-8")
    return requirements, folder


def audit(pinned: tuple[Path, Path], address: str, **variables: str) -> subprocess.CompletedProcess[str]:
    for needed, remedy in ((str(PYTHON), "make .venv-package/.ready"), ("npm", "tools/system-packages")):
        if shutil.which(needed) is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{needed} is not here: {remedy}")
            pytest.skip(f"{needed} is not here: {remedy}")
    environment = os.environ | {
        "AUDIT_OSV": f"{address}/v1/query", "AUDIT_NPM": f"{address}/", "npm_config_fetch_retries": "0",
        "npm_config_cache": str(pinned[1] / "cache"), "no_proxy": "127.0.0.1",
    } | variables  # fmt: skip
    return subprocess.run(
        [str(PYTHON), "-c", RUN, *map(str, pinned)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


class TestAnAudit:
    def test_names_what_is_known_of_both_registries(
        self, service: Service, pinned: tuple[Path, Path]
    ) -> None:
        service.known |= {("quay", "1.4"): "PYSEC-2026-1", ("pier", "2.0.0"): "GHSA-0000-0000-0001"}
        ran = audit(pinned, service.address)
        assert ran.returncode == 1, ran.stderr
        python, npm = ran.stdout.splitlines()
        assert python == f"{pinned[0]}: quay 1.4: PYSEC-2026-1; mended in 9.9"
        assert npm.startswith(f"{pinned[1]}: pier <=2.0.0: it breaks (high), ")
        assert npm.endswith("GHSA-0000-0000-0001")
        assert ran.stderr == ""

    @pytest.mark.parametrize("faulty", [("quay", "1.4"), ("pier", "2.0.0")])
    def test_fails_for_one_fault_of_either(
        self, service: Service, pinned: tuple[Path, Path], faulty: tuple[str, str]
    ) -> None:
        service.known[faulty] = "GHSA-0000-0000-0002"
        ran = audit(pinned, service.address)
        assert (ran.returncode, ran.stderr) == (1, "")
        assert [faulty[0] in line for line in ran.stdout.splitlines()] == [True]

    def test_is_clean_where_the_service_knows_faults_and_none_of_ours(
        self, service: Service, pinned: tuple[Path, Path]
    ) -> None:
        ran = audit(pinned, service.address)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout == "No weakness is known of any library that is pinned.\n"
        assert {("quay", "1.4"), ("pier", "2.0.0")} <= set(service.asked)


class TestNothingIsCalledClean:
    def missed(self, ran: subprocess.CompletedProcess[str]) -> list[str]:
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert ran.stdout == ""
        *sentences, remedy = ran.stderr.splitlines()
        assert remedy.startswith("Name a service that has one: AUDIT_OSV=")
        return sentences

    def test_where_nobody_answers(self, pinned: tuple[Path, Path]) -> None:
        with socket.socket() as closed:  # bound and not listening: refused
            closed.bind(("127.0.0.1", 0))
            sentences = self.missed(audit(pinned, f"http://127.0.0.1:{closed.getsockname()[1]}"))
        python, npm = sentences
        assert python.startswith("Nothing could be looked up for PyPI's packages: pip-audit has no answer: ")
        assert npm.startswith("Nothing could be looked up for npm's packages: npm has no answer: ")

    def test_where_the_service_refuses(self, service: Service, pinned: tuple[Path, Path]) -> None:
        service.silent = True
        python, npm = self.missed(audit(pinned, service.address))
        assert python.startswith("Nothing could be looked up for PyPI's packages: pip-audit has no answer: ")
        assert "405" in npm

    def test_where_the_service_knows_no_fault_at_all(
        self, service: Service, pinned: tuple[Path, Path]
    ) -> None:
        service.known.clear()
        assert self.missed(audit(pinned, service.address)) == [
            f"Nothing could be looked up for {registry}'s packages: the service has no fault of {release}, whose faults are "
            "published, so it has no database of them."
            for registry, release in (("PyPI", "jinja2 2.10"), ("npm", "minimist 0.0.8"))
        ]

    def test_where_a_release_cannot_be_asked_for(self, service: Service, pinned: tuple[Path, Path]) -> None:
        pinned[0].write_text("quay>=1.4\n", "utf-8")
        (sentence,) = self.missed(audit(pinned, service.address))
        assert sentence.startswith(
            "Nothing could be looked up for PyPI's packages: pip-audit has no answer: "
        )

    def test_where_one_package_is_not_known_to_pypi(
        self, service: Service, pinned: tuple[Path, Path], tmp_path: Path
    ) -> None:
        """PyPI's own address cannot be set, so what pip-audit prints of its 404 stands in for it here."""
        skipped = {
            "name": "quay",
            "skip_reason": "Dependency not found on PyPI and could not be audited: quay (1.4)",
        }
        (tmp_path / "pip_audit.py").write_text(
            "import json, pathlib, sys\n"
            "probe = 'jinja2' in pathlib.Path(sys.argv[-1 - 4 * ('osv' in sys.argv)]).read_text()\n"
            "known = {'name': 'jinja2', 'version': '2.10', 'vulns': [{'id': 'X-1', 'fix_versions': [], 'aliases': []}]}\n"
            f"print(json.dumps({{'dependencies': [known if probe else {skipped}], 'fixes': []}}))\n",
            "utf-8",
        )
        ran = audit(pinned, service.address, PYTHONPATH=str(tmp_path), PYTHONSAFEPATH="1")
        assert self.missed(ran) == [f"{pinned[0]}: the service does not know quay."]
