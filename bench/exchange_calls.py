"""What a call to the partner costs by itself: the real plugin behind its guard, asked again and again, nothing else.

    python -m bench.exchange_calls --settings gateway.toml --calls 1000

Prints the CPU seconds of one call. By it the gateway's main thread is split into requests in and calls out.
"""

import argparse
import asyncio
import time
from pathlib import Path

import structlog

from gateway.model import LinkedAccount, Secret
from gateway.partners import registry
from gateway.platform.logs import configure
from gateway.settings import Settings
from httpkit.clock import system_clock

AT_ONCE = 16


async def measure(settings: Settings, calls: int) -> float:
    loaded = await registry.load(settings, clock=system_clock, log=structlog.get_logger())
    partner = loaded.partners["saison"]
    account = LinkedAccount(service_id="svc-0", shown_as="見本 様", token=Secret("svc-0"))
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await partner.balances(account)

    try:
        for _ in range(AT_ONCE):
            await partner.balances(account)
        before = time.process_time()
        await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
        return (time.process_time() - before) / calls
    finally:
        await loaded.aclose()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=1_000)
    namespace = parser.parse_args()
    settings = Settings.load(namespace.settings)
    with namespace.settings.with_name("calls.log").open("w") as log:
        configure(settings.log.level, settings.log.format, log)
        print(asyncio.run(measure(settings, namespace.calls)))


if __name__ == "__main__":
    main()
