"""The machine's own clock jumps by a day while debits are open: libfaketime under a real gateway process.

The calendar jumps and the clock that only goes forward does not, as when somebody sets a machine's date. Whoever
keeps the right time then refuses what this machine signs, and has what it signs refused: so the partner's site is
played twice, with the right time and with a date that jumped too. Portals are of both kinds as well.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from gateway_saison.sandbox import SandboxOptions, make_server
from rich.console import Console

from core_ledger import Store, audit, chart, ledger
from gateway.client import SignedClient, new_key_pair
from gateway.configured import vault_of
from gateway.demo.environment import DemoEnvironment
from gateway.demo.scenario import (
    HANAKO,
    RETURN_URL,
    TARO,
    TO_RESERVE,
    Narrator,
    SignedIn,
    link_at,
    sign_in_as,
)
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.states import HELD
from gateway.http.client_keys import register_key
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import Secret
from gateway.settings import Settings
from gateway.testkit.sandbox import Fault, FaultKind, SandboxServer
from httpkit.clock import system_clock
from tests.databases import upgraded_database

LIBRARY = next(
    (
        str(path)
        for place in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
        if (path := Path(place) / "faketime" / "libfaketimeMT.so.1").exists()
    ),
    "",
)
KEY = Secret("a key that both sides know")
POINTS = 900

pytestmark = pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed (Debian: faketime)")


@dataclass(slots=True)
class PartnersClock:
    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self.offset


@dataclass(slots=True)
class Machine:
    """The gateway's machine: its process and the file that its calendar hangs on."""

    town: DemoEnvironment
    site: SandboxServer
    offset_file: Path
    theirs: PartnersClock
    offset: timedelta = timedelta(0)

    def clock(self) -> datetime:
        return system_clock() + self.offset

    def jump(self, to: timedelta) -> None:
        """From now on the machine's date is off by this much."""
        self.offset = to
        draft = self.offset_file.with_suffix(".new")
        draft.write_text(f"{to.total_seconds():+.0f}\n", "utf-8")
        draft.replace(self.offset_file)

    def portal(self, *, elsewhere: bool = False) -> SignedClient:
        key = self.town.portal_key_file.read_bytes()
        clock = system_clock if elsewhere else self.clock
        return SignedClient(self.town.gateway_url, self.town.portal_key_id, key, clock=clock)


@asynccontextmanager
async def open_machine(folder: Path) -> AsyncIterator[Machine]:
    theirs = PartnersClock()
    options = SandboxOptions(
        book=folder / "saison.db", key=KEY, clock=theirs, merchant_id="point-gateway", control=True
    )
    async with make_server(options) as site:
        offset_file = folder / "offset"
        town = await _furnish(folder, site.url)
        machine = Machine(town, site, offset_file, theirs)
        machine.jump(timedelta(0))
        faked = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(offset_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with (folder / "gateway.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "serve", "--strict", "--config", str(town.settings_file)),
                env=os.environ | faked,
                stdout=log,
                stderr=log,
            )
        try:
            await _until_ready(f"{town.gateway_url}/health/ready", process)
            yield machine
        finally:
            await site.clear()
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    pytest.fail("the gateway ended by itself")


async def _furnish(folder: Path, site_url: str) -> DemoEnvironment:
    """Settings without a clock of their own, the tables, a portal's key, two members."""
    for name in ("sealing", "lookup", "account_key"):
        (folder / f"{name}.secret").write_text(f"{name} of a test, long enough to be one\n", "utf-8")
    (folder / "saison.key").write_text(KEY.reveal(), "utf-8")
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    (folder / "gateway.toml").write_text(
        f"""[server]
port = {port}
public_url = "http://127.0.0.1:{port}"
portal_return_urls = ["{RETURN_URL}"]

[security]
sealing = {{ file = "sealing.secret" }}
lookup = {{ file = "lookup.secret" }}
account_key = {{ file = "account_key.secret" }}

[partners.saison]
base_url = "{site_url}"
merchant_id = "point-gateway"
api_key = {{ file = "saison.key" }}
""",
        "utf-8",
    )
    settings = Settings.load(folder / "gateway.toml", env={})
    upgraded_database(settings.database_url)
    store, hasher, pair = Store.open(settings.database_url), PasswordHasher(), new_key_pair()
    now = system_clock()
    try:
        await store.run(lambda conn: register_key(conn, "portal", pair.key_id, pair.public_raw, now))
        members = Members(store, hasher, system_clock, vault=vault_of(settings))
        ids = {
            who.name: (await members.create(display_name=who.name, password=who.password)).mykey_id
            for who in (TARO, HANAKO)
        }
    finally:
        hasher.close()
        await store.close()
    (folder / "portal.pem").write_bytes(pair.private_pem)
    return DemoEnvironment(
        folder=folder,
        gateway_url=f"http://127.0.0.1:{port}",
        saison_url=site_url,
        airline_url="",
        portal_url="",
        municipal_url="",
        clock=system_clock,  # type: ignore[arg-type]
        portal_key_id=pair.key_id,
        portal_key_file=folder / "portal.pem",
        mykey_ids=ids,
    )


async def quoted(member: SignedIn, who: Any) -> tuple[str, dict[str, str]]:
    """An exchange that waits for its confirm: its path, and the confirm's body."""
    exchange = await link_at(member, who, Narrator(Console(file=StringIO())))
    path = f"/v1/exchanges/{exchange['exchange_id']}"
    told = await member.post(f"{path}/quote", {"destination": TO_RESERVE, "units": 2})
    return path, {"quote_id": told["quote"]["quote_id"]}


async def until_settled(member: SignedIn, path: str) -> None:
    """Look, as a page that polls does. It never says that an exchange came to nothing."""
    async with asyncio.timeout(100):
        while (state := (await member.get(path))["state"]) != "settled":
            assert state in HELD
            await asyncio.sleep(0.2)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("partner_too", [False, True], ids=["the partner's is right", "the partner's too"])
@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)], ids=["a day ahead", "a day back"])
async def test_a_machine_whose_date_jumps_while_debits_are_open_loses_nothing(
    tmp_path, jump, partner_too
) -> None:
    async with open_machine(tmp_path) as machine, machine.portal() as portal:
        taro, hanako = [await sign_in_as(machine.town, portal, who) for who in (TARO, HANAKO)]
        # Taro's debit is taken and the answer lost; Hanako's is still on its way when the date jumps.
        lost, lost_confirm = await quoted(taro, TARO)
        machine.site.order(Fault(operation="capture", kind=FaultKind.RESET, done=True))
        machine.site.order(Fault(operation="find", kind=FaultKind.SERVER_ERROR))
        assert (await taro.post(f"{lost}/confirm", lost_confirm))["state"] == "open"
        late, late_confirm = await quoted(hanako, HANAKO)
        machine.site.order(Fault(operation="capture", kind=FaultKind.SLOW, seconds=3_600))
        confirming = asyncio.ensure_future(hanako.post(f"{late}/confirm", late_confirm))
        await _until_it_waits_at_the_partner(machine)

        machine.jump(jump)
        machine.theirs.offset = jump if partner_too else timedelta(0)
        async with machine.portal(elsewhere=True) as elsewhere:
            assert await _seen(elsewhere, taro, lost) == (401, "signature-stale")
        taro = await back(machine, portal, taro, TARO, lost)
        hanako = await back(machine, portal, hanako, HANAKO, late)
        # The partner has no record of Hanako's yet. By the calendar, a day ahead, that could be believed.
        assert (await hanako.get(late))["state"] in HELD
        assert await hanako.points() == 0
        if partner_too:
            await _what_is_on_its_way_arrives(machine)
            await until_settled(taro, lost)
            await until_settled(hanako, late)
        else:
            assert (await taro.get(lost))["state"] == "open"
            assert await taro.points() == 0

        machine.jump(timedelta(0))
        machine.theirs.offset = timedelta(0)
        await machine.site.clear()
        taro = await back(machine, portal, taro, TARO, lost)
        hanako = await back(machine, portal, hanako, HANAKO, late)
        for member, path in ((taro, lost), (hanako, late)):
            await until_settled(member, path)
            assert await member.points() == POINTS
        await asyncio.gather(confirming, return_exceptions=True)
        taken = [(entry.state, dict(entry.lines)) for entry in await machine.site.entries()]
        assert taken == [("done", {"eikyu": 200}), ("done", {"eikyu": 100, "wallet": 450})]
    await _books_agree(machine)


async def _until_it_waits_at_the_partner(machine: Machine) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{machine.site.control_url}/faults") as answer:
                if all(fault["operation"] != "capture" for fault in (await answer.json())["faults"]):
                    return
            await asyncio.sleep(0.02)


async def _what_is_on_its_way_arrives(machine: Machine) -> None:
    """It was signed before the jump, and the partner takes it by the time of then."""
    jumped, machine.theirs.offset = machine.theirs.offset, timedelta(0)
    await machine.site.clear()
    async with asyncio.timeout(60):
        while len(await machine.site.entries()) < 2:  # noqa: ASYNC110  a book of another process tells no event
            await asyncio.sleep(0.02)
    machine.theirs.offset = jumped


async def _seen(portal: SignedClient, member: SignedIn, path: str) -> tuple[int, str]:
    """Status, and the state or the kind of problem."""
    async with await portal.request("GET", path, session_token=member.token) as answer:
        told = await answer.json()
        return answer.status, told.get("state") or str(told["type"]).rpartition("/")[2]


async def back(machine: Machine, portal: SignedClient, member: SignedIn, who: Any, path: str) -> SignedIn:
    """The session lives on, or says that it has ended; then the member signs in anew, and nothing else is lost."""
    status, kind = await _seen(portal, member, path)
    if status == 200:
        return member
    assert (status, kind) == (401, "session-ended")
    return await sign_in_as(machine.town, portal, who)


async def _books_agree(machine: Machine) -> None:
    store = Store.open(Settings.load(machine.town.settings_file, env={}).database_url)
    try:
        report = await store.read(audit.verify)
        ours = await store.read(lambda conn: ledger.total(conn, chart.partner_due("saison")))
        held = await store.read(lambda conn: records.list_by(conn, states=list(HELD)))
    finally:
        await store.close()
    assert (report.ok, ours, held) == (True, -2 * POINTS, [])
