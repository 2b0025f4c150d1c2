"""Starts a town: settings, secrets, a database, two sandboxes, the gateway, the portal and the municipal cloud's pages.

Each is its own process.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console

import migrations
from core_ledger import Store
from gateway.client import KeyPair, SignedClient, new_key_pair
from gateway.configured import open_store, vault_of
from gateway.demo.card import card_settings, furnish_card
from gateway.demo.city import fill_town
from gateway.demo.phone import furnish_phone, phone_settings, redirect_uri
from gateway.demo.shops import open_shops
from gateway.http.client_keys import register_key
from gateway.http.client_scopes import Scope
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.points import directory, support_events
from gateway.points.support_events import SupportEvent
from gateway.settings import Settings
from httpkit.clock import FileClock, set_file_clock

STARTS_AT: Final = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
RETURN_URL: Final = "http://127.0.0.1/portal/back"
PATIENCE_S: Final = 60.0
_WHERE_PLUGINS_RUN: Final = "" if sys.platform == "linux" else "trusted = true\n"
"""Only Linux seals a process; the sandboxes' plugins are our own, so elsewhere they run inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMember:
    """Made up; the name is what the story calls the member by."""

    name: str
    password: str


MEMBERS: Final = tuple(
    SampleMember(name=name, password=f"sample-{number}-{number}")
    for number, name in enumerate(("見本太郎", "見本花子", "見本次郎"), 1001)
)

PHONE_PERSONS: Final = (*(member.name for member in MEMBERS), "見本四郎")
"""Who may be chosen at the provider of phones; the last one has no MyKey ID yet."""


@dataclass(slots=True, kw_only=True)
class DemoEnvironment:
    folder: Path
    gateway_url: str
    saison_url: str
    airline_url: str
    portal_url: str
    municipal_url: str
    """With `localhost` as its host: browsers make no passkeys for an address of numbers."""
    clock: FileClock
    portal_key_id: str
    portal_key_file: Path
    mykey_ids: dict[str, str] = field(default_factory=dict)
    saison_control_url: str = ""
    """Where failures of セゾン's sandbox are ordered: POST /faults, DELETE /faults, POST /finish."""

    @property
    def settings_file(self) -> Path:
        return self.folder / "gateway.toml"

    def set_clock(self, now: datetime) -> None:
        """Move every process of the town to this moment."""
        set_file_clock(self.folder / "clock", now)

    def portal(self) -> SignedClient:
        """The portal, as far as the gateway can tell."""
        return self._client_with(self.portal_key_file)

    def municipal_cloud(self) -> SignedClient:
        """The site of staff and shops, as far as the gateway can tell."""
        return self._client_with(self.folder / "municipal.pem")

    def _client_with(self, key_file: Path) -> SignedClient:
        key_id = key_file.with_suffix(".id").read_text("utf-8")
        return SignedClient(self.gateway_url, key_id, key_file.read_bytes(), clock=self.clock)

    async def run(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """`point-gateway …` as an operator would run it, typing `typed`; exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *_gateway(self.settings_file, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        printed, _ = await process.communicate(typed.encode())
        return process.returncode or 0, printed.decode()

    def last_words(self) -> str:
        """The end of each log, for when something broke."""
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text("utf-8").splitlines()[-15:])
            for path in sorted(self.folder.glob("*.log"))
        )


@asynccontextmanager
async def open_town(
    folder: Path,
    *,
    port: int = 0,
    public_url: str = "",
    portal_port: int = 0,
    municipal_port: int = 0,
    card_agent_url: str = "http://127.0.0.1:37650",
    fill: Console | None = None,
    portal_host: str = "127.0.0.1",
    more_settings: Callable[[str], str] = lambda _portal_url: "",
    phone: bool = False,
) -> AsyncIterator[DemoEnvironment]:
    """Start everything in `folder` and end it again. What is in the folder from an earlier run is kept.

    `public_url` is the address of a proxy that passes on to `port`; without one everybody calls the gateway itself.
    `card_agent_url` is where the program at a member's desk listens; the town does not start it.
    `fill` gives the city three months of life first, with a progress bar there. `portal_host` is how browsers
    call this machine: passkeys want a name. `more_settings` are further tables of
    `gateway.toml`, written when the portal's address is known. With `phone` members may come by a provider of
    phones, which is a process of its own.
    """
    _lay_out(folder)
    processes: list[asyncio.subprocess.Process] = []
    try:
        saison, saison_url, saison_control_url = await _sandbox(folder, "saison")
        processes.append(saison)
        airline, airline_url, _ = await _sandbox(folder, "airline_miles")
        processes.append(airline)
        port, portal_port = port or _free_port(), portal_port or _free_port()
        municipal_port = municipal_port or _free_port()
        portal_url = f"http://{portal_host}:{portal_port}"
        municipal_url = f"http://localhost:{municipal_port}"
        gateway_url = f"http://127.0.0.1:{port}"
        public_url, proxies = public_url or gateway_url, 1 if public_url else 0
        _write_settings(folder, port, public_url, proxies, saison_url, airline_url, portal_url, municipal_url)
        with (folder / "gateway.toml").open("a", encoding="utf-8") as settings:
            settings.write(more_settings(portal_url))
            if phone:
                provider_port = furnish_phone(folder, _free_port())
                settings.write(phone_settings(portal_url, provider_port))
                processes.append(await _phone_provider(folder, portal_url, provider_port))
        town = await _settle(folder, public_url, saison_url, airline_url, portal_url, municipal_url)
        town.saison_control_url = saison_control_url
        if fill is not None:
            await fill_town(town.settings_file, town.clock, fill)
        processes.append(await _start(folder, "gateway", _gateway(town.settings_file, "serve", "--strict")))
        await _until_ready(town, f"{gateway_url}/health/ready", processes[-1])
        _write_portal_settings(town, portal_port, card_agent_url)
        _write_municipal_settings(town, municipal_port)
        for site, url in (("portal", portal_url), ("municipal", municipal_url)):
            arguments = [sys.executable, "-m", site, "--config", str(folder / f"{site}.toml")]
            processes.append(await _start(folder, site, arguments))
            await _until_ready(town, f"{url}/health", processes[-1])
        yield town
    finally:
        for process in reversed(processes):
            await _end(process)


def _lay_out(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "clock").exists():
        set_file_clock(folder / "clock", STARTS_AT)
    furnish_card(folder, STARTS_AT)


async def _sandbox(folder: Path, partner: str) -> tuple[asyncio.subprocess.Process, str, str]:
    arguments = [
        sys.executable, "-m", f"gateway_{partner}.sandbox",
        "--book", str(folder / f"{partner}.db"),
        "--api-key-file", str(folder / f"{partner}.key"),
        "--clock-file", str(folder / "clock"),
        "--control",
        "--print-url",
    ]  # fmt: skip
    process = await _start(folder, partner, arguments, read=True)
    assert process.stdout is not None
    lines = [await asyncio.wait_for(process.stdout.readline(), PATIENCE_S) for _ in ("site", "control")]
    if not all(lines):
        raise RuntimeError(f"the sandbox of {partner} did not start; see {folder / partner}.log")
    site, control = (line.decode().strip() for line in lines)
    return process, site, control


async def _phone_provider(folder: Path, portal_url: str, port: int) -> asyncio.subprocess.Process:
    arguments = [
        sys.executable, "-m", "gateway.demo.phone_provider", str(folder),
        "--port", str(port),
        "--redirect-uri", redirect_uri(portal_url),
        *(f"--person={person}" for person in PHONE_PERSONS),
    ]  # fmt: skip
    return await _start(folder, "phone-provider", arguments)


def _write_settings(
    folder: Path,
    port: int,
    public_url: str,
    proxies: int,
    saison_url: str,
    airline_url: str,
    portal_url: str,
    municipal_url: str,
) -> None:
    for name in ("sealing", "lookup", "account_key", "portal_seal", "municipal_seal"):
        path = folder / f"{name}.secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48) + "\n", "utf-8")
    (folder / "gateway.toml").write_text(
        f"""# A demonstration: everything in this folder may be deleted.
[server]
port = {port}
public_url = "{public_url}"
trusted_proxies = {proxies}
portal_return_urls = ["{RETURN_URL}", "{portal_url}/exchanges/back"]

[municipal]
public_url = "{municipal_url}"

[clock]
file = "clock"

[security]
sealing = {{ file = "sealing.secret" }}
lookup = {{ file = "lookup.secret" }}
account_key = {{ file = "account_key.secret" }}

[partners.saison]
base_url = "{saison_url}"
merchant_id = "point-gateway"
api_key = {{ file = "saison.key" }}
{_WHERE_PLUGINS_RUN}
[partners.airline_miles]
base_url = "{airline_url}"
merchant_id = "point-gateway"
api_key = {{ file = "airline_miles.key" }}
{_WHERE_PLUGINS_RUN}
{card_settings(portal_url)}""",
        "utf-8",
    )


def _write_portal_settings(town: DemoEnvironment, port: int, card_agent_url: str) -> None:
    (town.folder / "portal.toml").write_text(
        f"""gateway_url = "{town.gateway_url}"
key_id = "{town.portal_key_id}"
key_file = "{town.portal_key_file.name}"
seal_file = "portal_seal.secret"
public_url = "{town.portal_url}"
port = {port}
clock_file = "clock"
card_agent_url = "{card_agent_url}"
tries_at_once = 1000

[office]
name = "見本市 ポイント窓口"
name_en = "Point service office (sample)"
phone = "000-000-0000"
hours = "平日 8:30〜17:15"
hours_en = "weekdays 8:30–17:15"
""",
        "utf-8",
    )


def _write_municipal_settings(town: DemoEnvironment, port: int) -> None:
    (town.folder / "municipal.toml").write_text(
        f"""gateway_url = "{town.gateway_url}"
key_id = "{(town.folder / "municipal.id").read_text("utf-8")}"
key_file = "municipal.pem"
seal_file = "municipal_seal.secret"
public_url = "{town.municipal_url}"
portal_url = "{town.portal_url}"
port = {port}
clock_file = "clock"
tries_at_once = 1000
""",
        "utf-8",
    )


async def _settle(
    folder: Path, gateway_url: str, saison_url: str, airline_url: str, portal_url: str, municipal_url: str
) -> DemoEnvironment:
    """The schema, the sites' keys, point services, an event and the members; once per folder."""
    settings = Settings.load(folder / "gateway.toml", env={})
    migrations.upgrade(settings.database_url)
    clock, key_file = FileClock(folder / "clock"), folder / "portal.pem"
    id_file = folder / "members.txt"
    store = await open_store(settings)
    hasher = PasswordHasher()
    try:
        if not key_file.exists():
            await _furnish(store, clock(), key_file)
            members = Members(store, hasher, clock, vault=vault_of(settings))
            lines = []
            for sample in MEMBERS:
                member = await members.create(display_name=sample.name, password=sample.password)
                lines.append(f"{sample.name} {member.mykey_id}")
            id_file.write_text("\n".join(lines), "utf-8")
    finally:
        hasher.close()
        await store.close()
    known = dict(line.rsplit(" ", 1) for line in id_file.read_text("utf-8").splitlines())
    return DemoEnvironment(
        folder=folder,
        gateway_url=gateway_url,
        saison_url=saison_url,
        airline_url=airline_url,
        portal_url=portal_url,
        municipal_url=municipal_url,
        clock=clock,
        portal_key_id=key_file.with_suffix(".id").read_text("utf-8"),
        portal_key_file=key_file,
        mykey_ids=known,
    )


async def _furnish(store: Store, now: datetime, key_file: Path) -> None:
    municipal_key_file = key_file.with_name("municipal.pem")
    for scope, file in ((Scope.PORTAL, key_file), (Scope.MUNICIPAL, municipal_key_file)):
        pair = new_key_pair()
        register_pair = partial(
            register_key,
            client_id=scope.value,
            key_id=pair.key_id,
            public_raw=pair.public_raw,
            now=now,
            scope=scope,
        )
        await store.run(register_pair)
        _keep_key(file, pair)
    for code, service, name, kana, direct in (
        ("082163", "kasama-ouen", "笠間応援ポイント", "かさま おうえん ポイント", True),
        ("082015", "mito-ouen", "水戸応援ポイント", "みと おうえん ポイント", False),
    ):
        register = partial(
            directory.register_service,
            code=code,
            service=service,
            name=name,
            open_for_direct_exchange=direct,
            at=now,
            name_kana=kana,
        )
        await store.run(register)
    event = SupportEvent(
        event_id="himatsuri-2018",
        name="笠間の陶炎祭を支える会",
        purpose="見本のイベントです",
        municipality="082163",
        goal_points=100_000,
        on_failure="give_back",
        starts_at=now,
        ends_at=now + timedelta(days=60),
    )
    await store.run(lambda conn: support_events.register(conn, event))
    await store.run(lambda conn: open_shops(conn, now))


def _keep_key(key_file: Path, pair: KeyPair) -> None:
    key_file.touch(mode=0o600)
    key_file.write_bytes(pair.private_pem)
    key_file.with_suffix(".id").write_text(pair.key_id, "utf-8")


def _gateway(settings_file: Path, command: str, *more: str) -> list[str]:
    words = command.split()
    return [sys.executable, "-m", "gateway", *words, *more, "--config", str(settings_file)]


async def _start(
    folder: Path, name: str, arguments: Sequence[str], *, read: bool = False
) -> asyncio.subprocess.Process:
    with (folder / f"{name}.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *arguments, stdout=asyncio.subprocess.PIPE if read else log, stderr=log
        )


async def _until_ready(town: DemoEnvironment, url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"{url} did not start:\n{town.last_words()}")
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    """A port below those that systems give to outgoing connections, which could take it before it is listened on."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port between 20,000 and 32,000 is free on this machine")
