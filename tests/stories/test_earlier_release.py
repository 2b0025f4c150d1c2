"""The last release's database, with exchanges in every state under way, is upgraded, and all of them are settled.

The release before is the real one: its tree of the repository's history, its schema, its code in a process of its own that
is killed in the middle of a debit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from gateway_saison.sandbox import SandboxOptions, make_server

import migrations
from core_ledger import standing_holds
from gateway.configured import upgrade_database
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import BEFORE_SENDING, ENDED, HELD, State
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.sandbox import Fault, FaultKind, SandboxServer
from tests.faults.house import KEY, Both, FileCalendar, House, Person, open_gateway

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("earlier_release.py")
RELEASE = "0.1.0"
NEWEST_STEP = "0011_ordered_account"
FAULTS = {
    "late": [Fault(operation="capture", kind=FaultKind.LATE)],
    "broken": [
        Fault(operation="capture", kind=FaultKind.RESET, done=True),
        Fault(operation="capture", kind=FaultKind.RESET),
        Fault(operation="capture", kind=FaultKind.LATE),
        Fault(operation="cancel", kind=FaultKind.RESET, done=True),
    ],
    "silent": [Fault(operation="capture", kind=FaultKind.NO_ANSWER, done=True)],
}
POINTS = {
    "settled": 900, "debited": 900, "not debited": 0, "in progress": 900, "sending": 900, "given back": 450,
    "needs_a_person": 900, "awaiting_return": 900, "ready": 900, "quoted": 900,
}  # fmt: skip
"""Two units are 900 points; nobody loses any of them by the upgrade, or gets any twice."""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the last commit of that release."""
    if not (ROOT / ".git").exists():
        pytest.skip("no history of the repository here")
    changed = (
        git("log", "--format=%H", f'-S__version__ = "{RELEASE}"', "--", "gateway/__init__.py")
        .split()[0]
        .decode()
    )
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(fileobj=BytesIO(git("archive", f"{changed}^"))) as tree:
        tree.extractall(folder, filter="data")
    return folder


@dataclass
class Earlier:
    """That release, run in its own tree."""

    tree: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": f"{self.tree}:{self.tree / 'plugins' / 'saison'}",
            "COVERAGE_PROCESS_START": "",
        }

    def make_database(self) -> None:
        program = (
            "import sys, gateway, migrations; migrations.upgrade(sys.argv[1]); print(gateway.__version__)"
        )
        printed = subprocess.run(
            [sys.executable, "-c", program, self.url], cwd=self.tree, env=self.environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert printed.stdout.strip() == RELEASE

    @asynccontextmanager
    async def running(self, site: SandboxServer, clock: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), self.url, site.url, str(clock),
            cwd=self.tree, env=self.environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.nightly),
        pytest.param("postgresql", marks=pytest.mark.postgres),
    ]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gateway.db'}"
        return
    address: str = request.getfixturevalue("postgres")
    make_empty(address)
    yield address
    make_empty(address)


def make_empty(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def settings_of(folder: Path, url: str, site: SandboxServer) -> Settings:
    """Those that the earlier release was run with."""
    (folder / "gateway.toml").write_text(
        f"""
[clock]
file = "clock"
[database]
url = {{ env = "DATABASE" }}
[security]
sealing = {{ env = "SEALING" }}
lookup = {{ env = "LOOKUP" }}
account_key = {{ env = "LOOKUP" }}
[partners.saison]
base_url = "{site.url}"
merchant_id = "point-gateway"
api_key = {{ env = "API_KEY" }}
trusted = true
""",
        "utf-8",
    )
    secrets = {"SEALING": "s" * 32, "LOOKUP": "l" * 32, "API_KEY": KEY.reveal(), "DATABASE": url}
    return Settings.load(folder / "gateway.toml", env=secrets)


async def begin(earlier: Earlier, site: SandboxServer, calendar: FileCalendar) -> dict[str, dict[str, str]]:
    """What the earlier release had under way when it was killed, by name."""
    begun: dict[str, dict[str, str]] = {}
    async with earlier.running(site, calendar.path) as process, asyncio.timeout(120):
        assert process.stdout is not None
        assert process.stdin is not None
        while "sending" not in begun:
            line = await process.stdout.readline()
            assert line, "the earlier release ended by itself"
            told = json.loads(line)
            if "member" in told:
                begun[told["name"]] = told
                continue
            for fault in FAULTS.get(told["name"], []):
                site.order(fault)
            if told["name"] == "a week later":
                calendar.forward(dt.timedelta(days=8))
            process.stdin.write(b"\n")
            await process.stdin.drain()
        while len(await site.entries()) < 6:  # noqa: ASYNC110  the debit is carried out; its answer never comes
            await asyncio.sleep(0.02)
    return begun


ONLY_ADDS = """
\"\"\"The next release: a column, a table, an index.\"\"\"
import sqlalchemy as sa
from alembic import op
from migrations import concurrent_index
revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
def upgrade() -> None:
    {work}
"""
ADDITIONS = {
    "9998_adds": "op.add_column('exchanges', sa.Column('note', sa.Text(), nullable=False, server_default=''));"
    " op.create_table('notes', sa.Column('id', sa.Text(), primary_key=True))",
    "9999_index": "concurrent_index.create_index('moves_by_kind', 'moves', ['kind'])",
}


class NextRelease:
    """This tree with two steps more, as the release after it will have."""

    def __init__(self, folder: Path, url: str, *, oldest: str = "0.2.0") -> None:
        self.folder, self.url = folder, url
        shutil.copytree(
            ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__")
        )
        before = migrations.known_revisions()[-1]
        for revision, work in ADDITIONS.items():
            text = ONLY_ADDS.format(revision=revision, before=before, work=work)
            (folder / "migrations" / "versions" / f"r{revision}.py").write_text(text.lstrip(), "utf-8")
            before = revision
        marker = folder / "migrations" / "marker.py"
        marker.write_text(
            marker.read_text("utf-8").replace(
                'OLDEST_RELEASE: Final = "0.2.0"', f'OLDEST_RELEASE: Final = "{oldest}"'
            ),
            "utf-8",
        )

    async def run(self, *arguments: str) -> asyncio.subprocess.Process:
        path = f"{self.folder}:{ROOT}:{ROOT / 'plugins' / 'saison'}"
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": path},
            stdout=asyncio.subprocess.PIPE,
        )

    async def upgrade(self) -> None:
        program = "import sys, migrations; migrations.upgrade(sys.argv[1]); print(migrations.status(sys.argv[1]).state)"
        process = await self.run("-c", program, self.url)
        printed, _ = await process.communicate()
        assert (process.returncode, printed.strip()) == (0, b"current")


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_this_release_serves_while_the_next_one_upgrades_and_both_serve_then(
    postgres: str, tmp_path: Path
) -> None:
    make_empty(postgres)
    migrations.upgrade(postgres)
    clocks = Both(FileCalendar(tmp_path / "clock"))
    options = SandboxOptions(
        book=tmp_path / "saison.db",
        key=KEY,
        clock=clocks.calendar,
        merchant_id="point-gateway",
        control=True,
        crowd=50,
    )
    following = NextRelease(tmp_path / "next", postgres)
    async with make_server(options) as site, open_gateway(postgres, site.url, clocks, site) as house:
        persons = [await house.person() for _ in range(4)]
        for person in persons:
            await person.linked()
        acknowledged, ending = list[str](), asyncio.Event()

        async def exchange_on(person: Person) -> None:
            while not ending.is_set():
                exchange = await person.begin(str(uuid.uuid4()))
                done = await person.confirmed(await person.quoted(exchange))
                acknowledged.append(done.exchange_id)

        load = asyncio.gather(*map(exchange_on, persons[:2]))
        await following.upgrade()
        upgraded_after = len(acknowledged)
        assert upgraded_after > 0
        site.order(Fault(operation="capture", kind=FaultKind.RESET, done=True, times=3))
        members = [person.member for person in persons[2:]]
        worker = await following.run(
            "-m", "tests.faults.worker", postgres, site.url, str(tmp_path / "clock"), *members
        )
        others = 0
        assert worker.stdout is not None
        while others < 5 or len(acknowledged) < upgraded_after + 5:
            line = (await worker.stdout.readline()).decode().split()
            assert line, "the next release ended by itself"
            if line[0] != "-":
                acknowledged.append(line[0])
                others += 1
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        ending.set()
        await load
        await house.heal()
        assert await house.until_all_have_ended() == []
        settled = await house.store.read(
            lambda conn: records.list_by(conn, states=[State.SETTLED], limit=100_000)
        )
        assert set(acknowledged) <= {exchange.exchange_id for exchange in settled}
        assert await house.books_agree()
    # This release may be started again; of one that has taken something away it says why not.
    assert migrations.status(postgres).state is migrations.SchemaState.NEWER_BUT_USABLE
    make_empty(postgres)
    await NextRelease(tmp_path / "later", postgres, oldest="0.3.0").upgrade()
    refused = migrations.status(postgres)
    assert refused.state is migrations.SchemaState.NEWER
    assert "0.3.0 is the oldest release that works with it" in refused.sentence
    make_empty(postgres)


@pytest.mark.xdist_group("postgres")
async def test_every_exchange_of_before_ends_and_both_books_agree(
    release: Path, url: str, tmp_path: Path
) -> None:
    earlier, clocks = Earlier(release, url), Both(FileCalendar(tmp_path / "clock"))
    await asyncio.to_thread(earlier.make_database)
    assert migrations.status(url).revision == NEWEST_STEP
    options = SandboxOptions(
        book=tmp_path / "saison.db",
        key=KEY,
        clock=clocks.calendar,
        merchant_id="point-gateway",
        control=True,
        crowd=50,
    )
    async with make_server(options) as site:
        begun = await begin(earlier, site, clocks.calendar)  # type: ignore[arg-type]
        await site.clear()
        settings = settings_of(tmp_path, url, site)
        with pytest.raises(migrations.SchemaRefused, match="older than this release's"):
            async with open_services(settings):
                pass
        await asyncio.to_thread(upgrade_database, settings)
        async with open_services(settings) as services:
            house = House(
                context=services.context, site=site, clocks=clocks, openings=services.openings, made=[],
                exchanges=services.exchanges, settler=OutcomePoller(services.exchanges, seconds=clocks.seconds), reversals=services.reversals,
            )  # fmt: skip
            await settle(services, house, begun)


async def settle(services: Services, house: House, begun: dict[str, dict[str, str]]) -> None:
    persons = {
        name: Person(house=house, member=told["member"], number=told["number"])
        for name, told in begun.items()
    }

    async def exchange(name: str) -> records.Exchange:
        book = f"member:{begun[name]['member']}"
        return await services.store.read(lambda conn: records.get(conn, book, begun[name]["exchange_id"]))

    states = {name: (await exchange(name)).state for name in begun}
    assert set(states.values()) >= (HELD | BEFORE_SENDING | {State.SETTLED})
    # What waits for the member goes on where it was: the way back from the partner, the choice, the numbers shown.
    code = await persons["awaiting_return"].visit(await exchange("awaiting_return"))
    returned = await services.openings.complete(
        persons["awaiting_return"].member, begun["awaiting_return"]["exchange_id"], code
    )
    await persons["awaiting_return"].confirmed(await persons["awaiting_return"].quoted(returned))
    await persons["ready"].confirmed(await persons["ready"].quoted(await exchange("ready")))
    await persons["quoted"].confirmed(await exchange("quoted"))
    # What waits for the partner is asked about; what waits for a person, when a person looks.
    left = await house.until_all_have_ended()
    (waiting,) = left
    assert waiting.exchange_id == begun["needs_a_person"]["exchange_id"]
    assert (await house.settler.check(waiting.book_id, waiting.exchange_id)).state is State.SETTLED
    assert await house.until_all_have_ended() == []
    assert {name: await person.points() for name, person in persons.items()} == POINTS
    for name in begun:
        ended, book = await exchange(name), f"member:{begun[name]['member']}"
        assert ended.state in ENDED
        assert (
            await services.store.read(
                lambda conn, ended=ended, book=book: standing_holds(conn, book, ended.exchange_id)
            )
            == []
        )
    assert await house.books_agree()
