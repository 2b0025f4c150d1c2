"""What a plugin's own process costs: the same plugin inside and in a process, in turns, in one run.

    python -m bench.isolation [--calls 2000] [--turns 5] [--json]

Each turn measures both, so that a busy machine slows both: a hook without a request (p50 and p99 of one call in flight, calls
a second and CPU of gateway and child with 16), a hook with one request to a partner on this machine, and a hook without a
request beside a neighbour that asks and logs as fast as it can. Of a process: the first start (with that of the process which
it is forked from), the start of one more, and its memory. Numbers are the medians of the turns. The partner has a process of its
own, so that the gateway's CPU is the gateway's alone.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from gateway.model import Coupon, ExchangeId, Secret
from gateway.partners import registry
from gateway.partners.loading.partner_settings import Isolation
from gateway.partners.partner import Partner
from gateway.settings import Settings
from httpkit.clock import system_clock

PLUGIN = """
import asyncio
from datetime import timedelta
from gateway import *
from gateway import hookimpl
from gateway.errors import GatewayError

TEXT = Label("計", "bench")

class Plugin:
    def __init__(self, setup):
        self.http, self.log, self.base = setup.http, setup.log, setup.settings.text("base_url")
        self.id = setup.settings.text("id")

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id=self.id, name=TEXT, kind=PartnerKind.OTHER, link=LinkKind.COUPON, points_name=TEXT,
            wallets=(Wallet(id=WalletId("points"), name=TEXT),), hosts=(self.base.removeprefix("http://"),),
            arrives_within=timedelta(days=1), debits_may_hide_for=timedelta(0), terms=TEXT, proves={"amount"},
        )

    @hookimpl
    async def check_connection(self):
        await self.http.get(f"{self.base}/ping")

    @hookimpl
    async def rate_table(self, at):
        return RateTable(rates=())

    @hookimpl
    async def coupon_value(self, coupon):
        # A flood: of lines, and of requests of which the gateway sends the first 200.
        async def ask():
            try:
                self.log.info("flood", text="x" * 500)
                await self.http.get(f"{self.base}/ping")
            except GatewayError:
                pass

        await asyncio.gather(*(ask() for _ in range(1000)))
        return CouponValue(wallet=WalletId("points"), amount=1)

    @hookimpl
    async def debit(self, order):
        return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)

    @hookimpl
    async def find_debit(self, exchange_id):
        return NoRecord(exchange_id=exchange_id)
"""
AT_ONCE = 16


async def a_partner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve_partner(says: Connection) -> None:
    server = await asyncio.start_server(a_partner, "127.0.0.1", 0)
    says.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def run_partner(says: Connection) -> None:
    asyncio.run(serve_partner(says))


@contextmanager
def partner_process() -> Iterator[int]:
    """The port of a partner in a process of its own, which ends with the block."""
    context = multiprocessing.get_context("spawn")
    hears, says = context.Pipe(duplex=False)
    process = context.Process(target=run_partner, args=(says,), daemon=True)
    process.start()
    try:
        yield hears.recv()
    finally:
        process.terminate()
        process.join()


def child_cpu_s(partner: Partner) -> float:
    if partner.keeper is None or (process := partner.keeper.process) is None:
        return 0.0
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


async def measured(partner: Partner, call: Any, calls: int) -> dict[str, float]:
    for _ in range(50):
        await call(partner)
    times = []
    for _ in range(calls // 4):
        began = time.perf_counter()
        await call(partner)
        times.append((time.perf_counter() - began) * 1000)
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await call(partner)

    cpu_s, child_s, began = time.process_time(), child_cpu_s(partner), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    took_s = time.perf_counter() - began
    times.sort()
    return {
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
        "calls_a_second": calls / took_s,
        "gateway_cpu_us": (time.process_time() - cpu_s) / calls * 1e6,
        "child_cpu_us": (child_cpu_s(partner) - child_s) / calls * 1e6,
    }


CALLS = {
    "without a request": lambda partner: partner.find_debit(ExchangeId("e")),
    "with one request": lambda partner: partner.check_connection(),
}


async def beside_a_flood(partner: Partner, neighbour: Partner, calls: int) -> dict[str, float]:
    """How long a call takes while the neighbour floods its line, and how long at most."""

    async def flood() -> None:
        while True:
            await neighbour.coupon_value(Coupon(code=Secret("c")))

    flooding = asyncio.create_task(flood())
    times = []
    for _ in range(calls // 4):
        began = time.perf_counter()
        await partner.find_debit(ExchangeId("e"))
        times.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.001)
    flooding.cancel()
    await asyncio.wait({flooding})
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100], "most_ms": times[-1]}


async def measure_process(loaded: registry.Registry) -> dict[str, float]:
    began = time.perf_counter()
    reloaded = await loaded.reload("bench")
    return {"one_more_s": time.perf_counter() - began, "memory_mb": memory_mb(reloaded.pid)}


async def measure(port: int, calls: int, turns: int) -> dict[str, dict[str, float]]:
    results: dict[str, dict[str, list[float]]] = {}

    def add(what: str, values: dict[str, float]) -> None:
        for key, value in values.items():
            results.setdefault(what, {}).setdefault(key, []).append(value)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plugins").mkdir()
        tables = '[plugins]\ndir = "plugins"\n'
        for id_ in ("bench", "flood"):
            (folder / "plugins" / f"{id_}.py").write_text(PLUGIN, "utf-8")
            tables += f'[partners.{id_}]\nid = "{id_}"\nbase_url = "http://127.0.0.1:{port}"\n'
        (folder / "gateway.toml").write_text(tables, "utf-8")
        settings = Settings.load(folder / "gateway.toml", {})
        for _ in range(turns):
            for mode in (Isolation.INSIDE, Isolation.PROCESS):
                began = time.perf_counter()
                loaded = await registry.load(
                    settings, clock=system_clock, log=structlog.get_logger(), entry_points=(), isolation=mode
                )
                start_s = time.perf_counter() - began
                partner, neighbour = loaded.partners["bench"], loaded.partners["flood"]
                for what, call in CALLS.items():
                    add(f"{what}, {mode}", await measured(partner, call, calls))
                if mode is Isolation.PROCESS:
                    add("beside a flood", await beside_a_flood(partner, neighbour, calls))
                    add("a process", {"first_two_s": start_s} | await measure_process(loaded))
                await loaded.aclose()
    return {
        what: {key: round(statistics.median(values), 3) for key, values in kinds.items()}
        for what, kinds in results.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with partner_process() as port:
        results = asyncio.run(measure(port, options.calls, options.turns))
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for what, values in results.items():
        print(f"{what:40}", "  ".join(f"{key} {value:,.2f}" for key, value in values.items()))


if __name__ == "__main__":
    main()
