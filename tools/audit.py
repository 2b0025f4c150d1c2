"""`make audit`: what is known of weaknesses in the libraries that are packaged, and in npm's that the tests and a client use.

    AUDIT_OSV=https://osv.example.jp/v1/query AUDIT_NPM=https://npm.example.jp/ make audit

AUDIT_OSV is a service that answers OSV's query; without it PyPI is asked. AUDIT_NPM is a registry that answers `npm audit`;
without it npm's own setting counts. Both may be mirrors on a machine without the Internet.

A service without a database of known faults answers like one that knows of none, so each is first asked for a release whose
faults are published. Exit code: 0 nothing is known, 1 something is known and named, 2 something could not be looked up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "runtime.txt"
NPM_FOLDERS = (
    ROOT / "clients" / "typescript",
    ROOT / "examples" / "ferry_partner",
    ROOT / "tests" / "browser",
)
FAULTY_ON_PYPI = ("jinja2", "2.10")
"""CVE-2019-10906, published in 2019: a service that does not know it knows nothing."""
FAULTY_ON_NPM = ("minimist", "0.0.8")
"""CVE-2020-7598, published in 2020."""

REMEDY = (
    "Name a service that has one: AUDIT_OSV=… (the address of OSV's query, or of a mirror of it) for Python's, "
    "AUDIT_NPM=… (a registry that answers `npm audit`) for npm's."
)


class NotLookedUpError(Exception):
    """Why nothing could be looked up, as the end of a sentence."""


@dataclass
class Answer:
    """What one service says of one list: faults as lines, and packages that it does not know."""

    faults: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def ask_pypi(requirements: Path, *, hashed: bool = True) -> Answer:
    """What is known of the pinned releases of a file.

    Raises:
        NotLookedUpError: the service cannot be reached or does not answer as one.

    """
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    command += ["--require-hashes" if hashed else "--no-deps", "--requirement", str(requirements)]
    if address := os.environ.get("AUDIT_OSV"):
        command += ["--vulnerability-service", "osv", "--osv-url", address]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    try:
        dependencies = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise NotLookedUpError(f"pip-audit has no answer: {last_line(ran.stderr)}") from None
    answer = Answer()
    for dependency in dependencies:
        if "skip_reason" in dependency:
            answer.unknown.append(dependency["name"])
        for fault in dependency.get("vulns", ()):
            mended = ", ".join(fault["fix_versions"]) or "nothing yet"
            names = ", ".join([fault["id"], *fault["aliases"]])
            answer.faults.append(f"{dependency['name']} {dependency['version']}: {names}; mended in {mended}")
    return answer


def ask_npm(folder: Path) -> Answer:
    """What is known of the releases that a folder's package-lock.json pins.

    Raises:
        NotLookedUpError: npm is not here, or the registry does not answer an audit.

    """
    command = ["npm", "audit", "--package-lock-only", "--json"]
    if address := os.environ.get("AUDIT_NPM"):
        command += ["--registry", address]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    except FileNotFoundError:
        raise NotLookedUpError("npm is not here") from None
    try:
        told = json.loads(ran.stdout)
        known: dict[str, Any] = told["vulnerabilities"]
    except KeyError:
        raise NotLookedUpError(f"npm has no answer: {told.get('message') or last_line(ran.stderr)}") from None
    except (ValueError, TypeError):
        raise NotLookedUpError(f"npm has no answer: {last_line(ran.stderr)}") from None
    faults = [
        f"{via['name']} {via['range']}: {via['title']} ({via['severity']}), {via['url']}"
        for fault in known.values()
        for via in fault["via"]
        if isinstance(via, dict)  # a string names the package through which it comes
    ]
    return Answer(sorted(set(faults)))


def last_line(printed: str) -> str:
    """What a program said last, which is where Python and npm put the cause."""
    lines = [line for line in printed.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1].strip() if lines else "it printed nothing"


def probe_pypi(folder: Path) -> Answer:
    name, version = FAULTY_ON_PYPI
    (folder / "requirements.txt").write_text(f"{name}=={version}\n", "utf-8")
    return ask_pypi(folder / "requirements.txt", hashed=False)


def probe_npm(folder: Path) -> Answer:
    name, version = FAULTY_ON_NPM
    package = {"name": "probe", "version": "1.0.0", "dependencies": {name: version}}
    lock = {
        "lockfileVersion": 3, "requires": True, "packages": {"": package, f"node_modules/{name}": {"version": version}},
    }  # fmt: skip
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    (folder / "package-lock.json").write_text(json.dumps(package | lock), "utf-8")
    return ask_npm(folder)


def look_up(requirements: Path, npm_folders: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Lines of what is known, and sentences of what could not be looked up."""
    faults: list[str] = []
    missed: list[str] = []
    lists = (
        ("PyPI", FAULTY_ON_PYPI, probe_pypi, ask_pypi, (requirements,)),
        ("npm", FAULTY_ON_NPM, probe_npm, ask_npm, npm_folders),
    )
    for registry, (name, version), probe, ask, places in lists:
        try:
            with tempfile.TemporaryDirectory() as folder:
                if not probe(Path(folder)).faults:
                    raise NotLookedUpError(
                        f"the service has no fault of {name} {version}, whose faults are published, so it has no database of them"
                    )
            for place in places:
                answer = ask(place)
                where = place.relative_to(ROOT) if place.is_relative_to(ROOT) else place
                faults += [f"{where}: {fault}" for fault in answer.faults]
                if answer.unknown:
                    missed.append(f"{where}: the service does not know {', '.join(answer.unknown)}.")
        except NotLookedUpError as reason:
            missed.append(f"Nothing could be looked up for {registry}'s packages: {reason}.")
    return faults, missed


def main(requirements: Path = REQUIREMENTS, npm_folders: Sequence[Path] = NPM_FOLDERS) -> int:
    faults, missed = look_up(requirements, npm_folders)
    for line in faults:
        sys.stdout.write(f"{line}\n")
    for sentence in missed:
        sys.stderr.write(f"{sentence}\n")
    if missed:
        sys.stderr.write(f"{REMEDY}\n")
    if not faults and not missed:
        sys.stdout.write("No weakness is known of any library that is pinned.\n")
    return 1 if faults else 2 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
