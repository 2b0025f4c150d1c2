"""The page about PostgreSQL, typed on real servers: an archive and the way back, a standby and a primary that is killed.

Between its commands a gateway serves, with the partner's site over HTTP and the journal on another disk. At the end each
member has their points, and both books agree.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from gateway_saison.sandbox import SandboxOptions, make_server
from typer.testing import CliRunner

import migrations
from core_ledger import StoreError
from gateway import cli
from gateway.errors import GatewayError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import State
from gateway.platform.journal import begin_journal
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox import SandboxServer
from tests.clusters import Server, servers
from tests.faults.house import KEY, Both, FileCalendar, House, Person

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres-server")]
GUIDE = Path(__file__).parents[2] / "docs" / "postgresql.md"
SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECRETS = {"KEY": "k" * 48, "API_KEY": KEY.reveal()}


def blocks_of(section: str) -> list[list[str]]:
    """The commands below a heading, block by block."""
    text = dict(SECTION.findall(GUIDE.read_text("utf-8")))[section]
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in BLOCK.findall(text)]


@dataclass
class Machines:
    """One operator's machines: database servers, another disk, and what the gateway is told."""

    folder: Path
    db_1: Server
    db_2: Server
    clocks: Both
    places: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Both servers: the gateway goes to the one that takes writes."""
        ports = f"{self.db_1.port},{self.db_2.port}"
        return f"postgresql+psycopg://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def write_settings(self, site: SandboxServer) -> Settings:
        file = self.folder / "gateway.toml"
        file.write_text(
            f"""
[clock]
file = "clock"
[database]
url = "{self.url}"
[journal]
path = "{self.journal}"
[security]
sealing = {{ env = "KEY" }}
lookup = {{ env = "KEY" }}
account_key = {{ env = "KEY" }}
[partners.saison]
base_url = "{site.url}"
merchant_id = "point-gateway"
api_key = {{ env = "API_KEY" }}
trusted = true
""",
            "utf-8",
        )
        return Settings.load(file, env=SECRETS)

    def type(self, server: Server, commands: list[str]) -> str:
        """Type commands of the guide on a database's machine; what the last one printed."""
        printed = ""
        places = self.places | {
            "/var/lib/postgresql": str(server.folder),
            "/mnt/other-disk": str(self.db_1.folder / "other-disk"),
            "host=db-1": f"host=127.0.0.1 port={self.db_1.port}",
            "standby db-2 ": "standby 127.0.0.1/32 ",
        }
        for line in commands:
            command = line
            for place, here in places.items():
                command = command.replace(place, here)
            printed = server.run(command)
        return printed

    def type_here(self, commands: list[str]) -> dict[str, str]:
        """Type the gateway's own commands; what each printed."""
        printed = {}
        environment = SECRETS | {"POINT_GATEWAY_CONFIG": str(self.folder / "gateway.toml")}
        for command in commands:
            words = shlex.split(command.removeprefix("point-gateway "))
            result = CliRunner().invoke(cli.app, words, env=environment)
            structlog.reset_defaults()
            name = " ".join(words[:2])
            assert result.exit_code == (2 if name == "restore check" else 0), (
                name,
                result.output,
                result.exception,
            )
            printed[name] = result.output
        return printed

    @asynccontextmanager
    async def gateway(self, site: SandboxServer) -> AsyncIterator[House]:
        async with open_services(self.write_settings(site)) as services:
            yield house_of(services, site, self.clocks)


def house_of(services: Services, site: SandboxServer, clocks: Both) -> House:
    return House(
        context=services.context, site=site, clocks=clocks, openings=services.openings, exchanges=services.exchanges,
        settler=OutcomePoller(services.exchanges, seconds=clocks.seconds), reversals=services.reversals, made=[],
    )  # fmt: skip


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with servers(2) as (db_1, db_2):
        db_1.make()
        db_1.run("mkdir other-disk")
        begin_journal(tmp_path / "journal")
        migrations.upgrade(db_1.url)
        yield Machines(tmp_path, db_1, db_2, Both(FileCalendar(tmp_path / "clock")))


@pytest.fixture
async def site(machines: Machines) -> AsyncIterator[SandboxServer]:
    options = SandboxOptions(
        book=machines.folder / "saison.db", key=KEY, clock=machines.clocks.calendar, merchant_id="point-gateway",
        control=True, crowd=500,
    )  # fmt: skip
    async with make_server(options) as server:
        yield server


async def linked(house: House, count: int) -> list[Person]:
    persons = []
    for _ in range(count):
        persons.append(await house.person())
        await persons[-1].linked()
    return persons


async def exchange_each(house: House, persons: list[Person]) -> None:
    for person in persons:
        exchange = await person.begin(str(uuid.uuid4()))
        assert (await person.confirmed(await person.quoted(exchange))).state is State.SETTLED


async def everybody_has(house: House, persons: list[Person], points: int) -> None:
    assert await house.until_all_have_ended() == []
    here = [Person(house=house, member=person.member, number=person.number) for person in persons]
    assert [await person.points() for person in here] == [points] * len(persons)
    assert await house.books_agree()


@pytest.mark.parametrize("members", [6, pytest.param(100, marks=pytest.mark.nightly)])
async def test_a_dead_disk_is_brought_back_to_a_moment_and_everybody_has_their_points(
    machines: Machines, site: SandboxServer, members: int
) -> None:
    db_1, (archive, backup) = machines.db_1, blocks_of("An archive")
    await asyncio.to_thread(machines.type, db_1, archive)
    async with machines.gateway(site) as house:
        persons = await linked(house, members)
        assert "successfully verified" in await asyncio.to_thread(machines.type, db_1, backup[:2])
        await exchange_each(house, persons)
        moment = (await asyncio.to_thread(db_1.run, 'psql -Atc "SELECT clock_timestamp()"')).strip()
        await exchange_each(house, persons)
        await asyncio.to_thread(db_1.run, 'psql -c "SELECT pg_switch_wal()"')
        await until_archived(machines)
    db_1.kill()
    (db_1.data / "global").rename(db_1.data / "global.gone")
    machines.places["2026-11-29 14:59:00+09"] = moment
    back, after = blocks_of("Back to a moment")
    await asyncio.to_thread(machines.type, db_1, [line for line in back if "pg_ctl stop" not in line])
    printed = await asyncio.to_thread(machines.type_here, after)
    assert printed["restore check"].count('"exchange_id"') == members
    async with machines.gateway(site) as house:
        await everybody_has(house, persons, 1_800)


async def until_archived(machines: Machines) -> None:
    """Until the archive has the segment that was just ended."""
    query = 'psql -Atc "SELECT last_archived_wal, failed_count FROM pg_stat_archiver"'
    wanted = machines.db_1.run('psql -Atc "SELECT pg_walfile_name(pg_current_wal_lsn() - 1)"').strip()
    deadline = time.monotonic() + 60
    while (newest := machines.db_1.run(query).strip().split("|"))[0] < wanted:
        assert time.monotonic() < deadline, (newest, wanted)
        await asyncio.sleep(0.05)
    assert newest[1] == "0"


async def with_standby(machines: Machines, *, synchronous: bool) -> None:
    prepare, copy, settle = blocks_of("A standby")
    await asyncio.to_thread(machines.type, machines.db_1, prepare)
    # Both servers are on one machine here, so the copy needs a port of its own.
    await asyncio.to_thread(machines.type, machines.db_2, copy[:1])
    machines.db_2.run(f'echo "{machines.db_2.addresses}" >> {machines.db_2.data}/postgresql.conf')
    await asyncio.to_thread(machines.type, machines.db_2, copy[1:])
    if synchronous:
        await asyncio.to_thread(machines.type, machines.db_1, settle)
        query = 'psql -Atc "SELECT sync_state FROM pg_stat_replication"'
        while machines.db_1.run(query).strip() != "sync":  # noqa: ASYNC110  another program
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("members", "exchanges"),
    [(4, 12), pytest.param(16, 400, marks=pytest.mark.nightly)],
    ids=["short", "long"],
)
async def test_a_primary_is_killed_under_load_and_nothing_acknowledged_is_lost(
    machines: Machines, site: SandboxServer, members: int, exchanges: int
) -> None:
    await with_standby(machines, synchronous=True)
    promote = blocks_of("A failover")[0]
    async with machines.gateway(site) as house:
        persons, acknowledged = await linked(house, members), list[str]()

        async def exchange_on(person: Person) -> None:
            while len(acknowledged) < exchanges * 2:
                try:
                    exchange = await person.begin(str(uuid.uuid4()))
                    done = await person.confirmed(await person.quoted(exchange))
                except (GatewayError, StoreError, sa.exc.DBAPIError):
                    await asyncio.sleep(0.05)  # nothing was acknowledged
                else:
                    acknowledged.extend([done.exchange_id] if done.state is State.SETTLED else [])

        load = asyncio.gather(*map(exchange_on, persons))
        while len(acknowledged) < exchanges:  # noqa: ASYNC110  what is done beside
            await asyncio.sleep(0.01)
        await asyncio.to_thread(machines.db_1.kill)
        assert (await asyncio.to_thread(machines.type, machines.db_2, promote)).split()[2] == "f"
        async with asyncio.timeout(120):
            await load
        assert await house.until_all_have_ended() == []
        settled = await house.store.read(
            lambda conn: records.list_by(conn, states=[State.SETTLED], limit=100_000)
        )
        assert set(acknowledged) <= {exchange.exchange_id for exchange in settled}
        assert await house.books_agree()
    async with open_services(machines.write_settings(site)) as services:
        assert not services.restored.is_on


@pytest.mark.nightly
async def test_what_an_asynchronous_standby_has_not_got_is_found_and_brought_back(
    machines: Machines, site: SandboxServer
) -> None:
    await with_standby(machines, synchronous=False)
    promote, after = blocks_of("A failover")
    async with open_services(machines.write_settings(site)) as services:
        house = house_of(services, site, machines.clocks)
        persons = await linked(house, 4)
        await exchange_each(house, persons)
        await asyncio.to_thread(until_there, machines)
        machines.db_2.run("psql -c \"ALTER SYSTEM SET primary_conninfo = ''\" -c 'SELECT pg_reload_conf()'")
        machines.db_2.run(
            "until test $(psql -Atc 'SELECT count(*) FROM pg_stat_wal_receiver') = 0; do sleep 0.02; done"
        )
        await exchange_each(house, persons)
        await services.restored.check()
        assert not services.restored.is_on
        await asyncio.to_thread(machines.db_1.kill)
        await asyncio.to_thread(machines.type, machines.db_2, promote)
        # The gateway that has served all the time finds it by itself.
        async with asyncio.timeout(60):
            while not services.restored.is_on:
                try:
                    await services.restored.check()
                except Exception:  # noqa: BLE001  the connections to the primary that is gone
                    await asyncio.sleep(0.05)
        assert services.restored.forgotten == len(persons)
        printed = await asyncio.to_thread(machines.type_here, after)
        assert printed["restore check"].count('"exchange_id"') == len(persons)
        await services.restored.check()
        assert not services.restored.is_on
        await everybody_has(house, persons, 1_800)


def until_there(machines: Machines) -> None:
    """Until the standby has all that the primary has."""
    newest = machines.db_1.run("psql -Atc 'SELECT pg_current_wal_lsn()'").strip()
    query = f"SELECT pg_last_wal_replay_lsn() >= '{newest}'"
    machines.db_2.run(f'until test "$(psql -Atc "{query}")" = t; do sleep 0.02; done')
