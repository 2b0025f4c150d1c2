"""A cluster manager: Patroni with etcd moves the primary over on order, and when it is killed, and nothing acknowledged is lost.

Needs both programs: `pip install 'patroni[psycopg3]'` into an environment of its own, whose `bin` POINT_GATEWAY_TEST_PATRONI
names where it is not on PATH, and Debian's `etcd-server`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from gateway_saison.sandbox import SandboxOptions, make_server

import migrations
from core_ledger import StoreError
from gateway.errors import GatewayError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.states import State
from gateway.platform.journal import begin_journal
from gateway.services import open_services
from tests.clusters import Server, free_ports, servers
from tests.faults.house import KEY, Both, FileCalendar, Person
from tests.stories.test_postgresql_guide import Machines, house_of, linked

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.postgres,
    pytest.mark.xdist_group("postgres-server"),
    pytest.mark.timeout(600),
]

CONFIG = """
scope: points
name: {name}
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
etcd3: {{hosts: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    synchronous_mode: true
    postgresql: {{use_pg_rewind: true, use_slots: true}}
  initdb: [{{encoding: UTF8}}, {{locale: C}}, data-checksums]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {data}
  bin_dir: {programs}
  pgpass: {folder}/pgpass
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  authentication: {{superuser: {{username: postgres}}, replication: {{username: standby}}, rewind: {{username: postgres}}}}
  parameters: {{unix_socket_directories: "{folder}"}}
"""


@dataclass
class Cluster:
    """etcd and a Patroni on each of two machines, which are folders here."""

    nodes: list[Server]
    etcd: Server
    patroni: str
    api_ports: dict[int, int] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        peer, *apis = free_ports(1 + len(self.nodes))
        self._run(
            self.etcd, shutil.which("etcd") or "etcd", "--data-dir", str(self.etcd.folder / "etcd"),
            "--listen-client-urls", f"http://127.0.0.1:{self.etcd.port}",
            "--advertise-client-urls", f"http://127.0.0.1:{self.etcd.port}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"default=http://127.0.0.1:{peer}",
        )  # fmt: skip
        for number, node in enumerate(self.nodes, 1):
            self.api_ports[node.port] = apis[number - 1]
            text = CONFIG.format(
                name=f"db_{number}", api=self.api_ports[node.port], etcd=self.etcd.port, port=node.port, data=node.data,
                programs=node.programs, folder=node.folder,
            )  # fmt: skip
            node.run(f"cat > {node.folder}/patroni.yml <<'END'\n{text}\nEND")
            self._run(node, self.patroni, f"{node.folder}/patroni.yml")
            if number == 1:
                self.until(lambda: self.role_of(self.nodes[0]) == "primary")
        self.until(self.standby_is_synchronous)

    def _run(self, node: Server, *arguments: str) -> None:
        with (node.folder / "manager.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    arguments, env=node.environment, cwd=node.folder, stdout=log, stderr=log, **node.owner
                )
            )

    def member(self, node: Server) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.api_ports[node.port]}/patroni", timeout=3
            ) as answer:
                told: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as fault:
            body = getattr(fault, "fp", None)
            return json.load(body) if body is not None else {}
        return told

    def role_of(self, node: Server) -> str:
        told = self.member(node)
        role = {"master": "primary"}.get(
            told.get("role", ""), told.get("role", "")
        )  # so named before Patroni 4
        return str(role) if told.get("state") == "running" else ""

    @property
    def primary(self) -> Server:
        return next(node for node in self.nodes if self.role_of(node) == "primary")

    def standby_is_synchronous(self) -> bool:
        return any(
            each.get("sync_state") == "sync"
            for node in self.nodes
            for each in self.member(node).get("replication", [])
        )

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, self.last_words()
            time.sleep(0.2)

    def last_words(self) -> str:
        logs = [node.folder / "manager.log" for node in (self.etcd, *self.nodes)]
        return "\n".join(
            line for log in logs if log.exists() for line in log.read_text("utf-8").splitlines()[-12:]
        )

    def kill(self, node: Server) -> None:
        """The machine loses its power: the manager first, or it would start the server again."""
        manager = self.running[1 + self.nodes.index(node)]
        manager.send_signal(signal.SIGKILL)
        manager.wait()
        node.kill()

    def switch_over(self) -> None:
        ctl = Path(self.patroni).with_name("patronictl")
        self.nodes[0].run(f"{ctl} -c {self.nodes[0].folder}/patroni.yml switchover points --force")

    def stop(self) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
                process.wait(60)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = os.environ.get("POINT_GATEWAY_TEST_PATRONI")
    patroni = shutil.which("patroni", path=folder)
    if patroni is None or shutil.which("etcd") is None:
        pytest.skip("needs patroni and etcd")
    with servers(3) as (first, second, etcd):
        own = Cluster([first, second], etcd, patroni)
        try:
            own.start()
            yield own
        finally:
            own.stop()


@pytest.mark.parametrize("how", ["switch-over", "killed"])
async def test_nothing_acknowledged_is_lost(cluster: Cluster, tmp_path: Path, how: str) -> None:
    begin_journal(tmp_path / "journal")
    db_1, db_2 = cluster.nodes
    machines = Machines(tmp_path, db_1, db_2, Both(FileCalendar(tmp_path / "clock")))
    migrations.upgrade(machines.url)
    options = SandboxOptions(
        book=tmp_path / "saison.db", key=KEY, clock=machines.clocks.calendar, merchant_id="point-gateway", control=True,
        crowd=100,
    )  # fmt: skip
    async with make_server(options) as site:
        async with open_services(machines.write_settings(site)) as services:
            house = house_of(services, site, machines.clocks)
            persons, acknowledged, ending = await linked(house, 8), list[str](), asyncio.Event()

            async def exchange_on(person: Person) -> None:
                while not ending.is_set():
                    try:
                        exchange = await person.begin(str(uuid.uuid4()))
                        done = await person.confirmed(await person.quoted(exchange))
                    except (GatewayError, StoreError, sa.exc.DBAPIError):
                        await asyncio.sleep(0.1)  # nothing was acknowledged
                    else:
                        acknowledged.extend([done.exchange_id] if done.state is State.SETTLED else [])

            load = asyncio.gather(*map(exchange_on, persons))
            await asyncio.sleep(3)
            before = cluster.primary
            if how == "killed":
                await asyncio.to_thread(cluster.kill, before)
            else:
                await asyncio.to_thread(cluster.switch_over)
            other = next(node for node in cluster.nodes if node is not before)
            await asyncio.to_thread(cluster.until, lambda: cluster.role_of(other) == "primary")
            count = len(acknowledged)
            async with asyncio.timeout(60):
                while len(acknowledged) < count + 20:  # noqa: ASYNC110  what is done beside
                    await asyncio.sleep(0.1)
            ending.set()
            await load
            assert await house.until_all_have_ended() == []
            settled = await house.store.read(
                lambda conn: records.list_by(conn, states=[State.SETTLED], limit=1_000_000)
            )
            assert set(acknowledged) <= {exchange.exchange_id for exchange in settled}
            assert await house.books_agree()
        async with open_services(machines.write_settings(site)) as services:
            assert not services.restored.is_on
