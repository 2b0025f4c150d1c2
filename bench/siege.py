"""Whether strangers can keep people out: 300 uploads that nobody signed, a thousand slow connections, and what else comes.

    python bench/siege.py [--seconds 15] [--connections 1000] [--uploads 300] [--only portal] [--kind slow_head] [--again] [--json]

Gateway, portal and municipal site run as in service, on the gateway's embedded database. While one of them is attacked, a
member exchanges points, and the health of all three is asked on connections of their own. Told of each
attack: the slowest exchange, the slowest health, and how much memory the attacked program grew by, at most and once the
attack was over. It fails where one of the first two took a second or more, or the growth is above `MAY_GROW_MB`. Attackers
and attacked share this machine: on a busy one the seconds are those of the machine, which `nobody` shows. Needs Linux.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import serialization

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange import portal_of
from bench.exchange_load import Portal, exchange
from bench.exchange_town import KEY_ID, Town, _end, _free_port, gateway, make_town, program
from bench.siege_attacks import KINDS
from bench.soak import family, resident_mb

WITHIN_S = 1.0
MAY_GROW_MB = 64.0
ROOT = Path(__file__).parents[1]
PATIENCE_S = 60.0
FEWER = {"unsigned_upload", "form_upload", "pipelined", "endless_chunks", "endless_head"}
"""Kinds that send as fast as they can: so many connections as there are uploads."""
FORM_PATHS = {
    "gateway": "/v1/city/projects/00000000-0000-4000-8000-000000000000/files",
    "portal": "/login",
    "municipal": "/projects/00000000000040008000000000000000/file",
}
Result = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str
    port: int
    pid: int
    health: str

    @property
    def memory_mb(self) -> float:
        return resident_mb(family(self.pid))


@asynccontextmanager
async def site(name: str, town: Town, folder: Path) -> AsyncIterator[Program]:
    """The portal or the municipal site before that gateway."""
    port = _free_port()
    pem = town.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for file, content in (("site.pem", pem), (f"{name}.seal", secrets.token_urlsafe(48).encode())):
        (folder / file).touch(mode=0o600)
        (folder / file).write_bytes(content)
    settings = folder / f"{name}.toml"
    settings.write_text(
        f'gateway_url = "{town.url}"\nkey_id = "{KEY_ID}"\nkey_file = "site.pem"\nseal_file = "{name}.seal"\n'
        f'public_url = "http://localhost:{port}"\nportal_url = "http://localhost:1"\nport = {port}\n',
        "utf-8",
    )
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", name, "--config", str(settings)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        if not await asyncio.wait_for(process.stdout.readline(), PATIENCE_S):
            raise RuntimeError(f"{name} did not start: {(folder / f'{name}.log').read_text('utf-8')}")
        yield Program(name=name, port=port, pid=process.pid, health="/health")
    finally:
        await _end(process)


async def health_seconds(program: Program) -> float:
    """How many seconds the program's health took, on a connection of its own; `PATIENCE_S` where it was not well."""
    began = time.monotonic()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        http.get(f"http://127.0.0.1:{program.port}{program.health}") as answer,
    ):
        return time.monotonic() - began if answer.status == 200 else PATIENCE_S


async def attacked(
    target: Program, kind: str, given: argparse.Namespace, programs: list[Program], portal: Portal, token: str
) -> Result:
    """One attack, and what others saw of it."""
    health: dict[str, float] = {each.name: 0.0 for each in programs}
    exchanges: list[float] = []
    before = most = target.memory_mb
    connections = given.uploads if kind in FEWER else given.connections
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.siege_attacks", kind, str(target.port), FORM_PATHS[target.name]),
        *(str(connections), str(given.seconds), "again" if given.again else "once"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    is_over = asyncio.Event()

    async def member() -> None:
        while not is_over.is_set():
            began = time.monotonic()
            try:
                await exchange(portal, token)
            except (RuntimeError, aiohttp.ClientError):  # refused: nobody was served
                exchanges.append(PATIENCE_S)
            else:
                exchanges.append(time.monotonic() - began)
            await asyncio.sleep(0.1)

    async def watch(each: Program) -> None:
        nonlocal most
        while not is_over.is_set():
            health[each.name] = max(health[each.name], await health_seconds(each))
            most = max(most, target.memory_mb)
            await asyncio.sleep(0.1)

    async def wait() -> bytes:
        try:
            told, _ = await process.communicate()
        finally:
            is_over.set()
        return told

    watching = asyncio.gather(member(), *map(watch, programs))
    told = await wait()
    await watching
    return {
        "attacked": target.name,
        "by": kind,
        "connections": connections,
        "outcomes": json.loads(told),
        "exchanges": len(exchanges),
        "slowest_exchange_s": max(exchanges),
        "slowest_health_s": health,
        "grown_mb": most - before,
        "left_mb": target.memory_mb - before,
    }


def fault_of(found: Result) -> str | None:
    """What to say of an attack that others felt; None where they did not."""
    slowest = max(found["slowest_exchange_s"], *found["slowest_health_s"].values())
    name = f"{found['attacked']}, {found['by']}"
    if slowest >= WITHIN_S:
        return f"{name}: somebody waited for {slowest:.2f} s"
    if found["grown_mb"] > MAY_GROW_MB:
        return f"{name}: {found['grown_mb']:.0f} MB more, and {MAY_GROW_MB:.0f} are allowed"
    return None


def show(found: Result) -> None:
    outcomes = ", ".join(f"{count:,} {what}" for what, count in sorted(found["outcomes"].items()))
    health = ", ".join(f"{name} {seconds:.2f}" for name, seconds in found["slowest_health_s"].items())
    print(
        f"{found['attacked']:9} {found['by']:15} {found['connections']:5} at once: exchange {found['slowest_exchange_s']:.2f} s"
        f" of {found['exchanges']}, health {health} s, memory {found['grown_mb']:+.0f} MB, {found['left_mb']:+.0f} left"
        f" ({outcomes})",
        flush=True,
    )


async def measure(folder: Path, given: argparse.Namespace) -> list[Result]:
    async with AsyncExitStack() as stack:
        partner, _ = await stack.enter_async_context(program("exchange_partner"))
        town = await make_town(folder / "town", partner, 1, None, journal=True)
        (pid,) = await stack.enter_async_context(gateway(town))
        own = Program(name="gateway", port=int(town.url.rpartition(":")[2]), pid=pid, health="/health/ready")
        sites = [
            await stack.enter_async_context(site(name, town, folder)) for name in ("portal", "municipal")
        ]
        programs = [own, *sites]
        portal = await stack.enter_async_context(portal_of(town.url, town))
        for _ in range(20):
            await exchange(portal, town.tokens[0])
        found = []
        for target in programs:
            if given.only in (None, target.name):
                for kind in [given.kind] if given.kind else KINDS:
                    found.append(await attacked(target, kind, given, programs, portal, town.tokens[0]))
                    if not given.json:
                        show(found[-1])
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one list instead of sentences")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each attack lasts")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--uploads", type=int, default=300)
    parser.add_argument(
        "--again",
        action="store_true",
        help="who is hung up on comes again at once: a flood, for the eye alone",
    )
    parser.add_argument("--only", choices=sorted(FORM_PATHS), default=None, help="attack this program alone")
    parser.add_argument("--kind", choices=sorted(KINDS), default=None, help="attack in this way alone")
    namespace = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ["PYTHONPATH"] = str(ROOT)
    folder = Path(tempfile.mkdtemp(prefix="siege"))
    try:
        found = asyncio.run(measure(folder, namespace))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(found))
    sys.exit("\n".join(filter(None, map(fault_of, found))) or None)


if __name__ == "__main__":
    main()
