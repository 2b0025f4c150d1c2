"""How much machine a town needs: from measured costs, by arithmetic that fits on a page.

    python -m bench.capacity          the table of docs/scaling.md

The costs stand in bench/capacity.json, each with the words of the page that it was measured on. What the arithmetic assumes
stands here: which part of a day's work falls into its busiest minute, and how busy a core may be then.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COSTS: Final[dict[str, float]] = {
    name: cost["value"]
    for name, cost in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")).items()
}
BUSIEST_HOUR: Final = 0.15
"""The part of a day that falls into its busiest hour."""
BUSIEST_MINUTE: Final = 3.0
"""How much busier the busiest minute of that hour is than the hour."""
BUSY: Final = 0.5
"""How much of a core may be used in that minute. Above it waiting grows faster than work."""
REQUESTS_OF_A_PAYMENT: Final = 2
"""The member's code, and the shop that reads it."""
MAX_SERVER_CORES: Final = 16
"""Of one PostgreSQL server. A larger one is no harder to run; this is where a second is cheaper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Who lives there and what they do: exchanges of a day, payments at shops in the busiest minute."""

    members: int
    exchanges_a_day: int
    payments_a_minute: int

    @property
    def exchanges_a_second(self) -> float:
        """In the busiest minute."""
        return self.exchanges_a_day * BUSIEST_HOUR * BUSIEST_MINUTE / 3600

    @property
    def payments_a_second(self) -> float:
        return self.payments_a_minute / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What carries a town: `servers` is 0 for an embedded database, and then there is one process."""

    gateways: int
    servers: int
    server_cores: int
    load: float
    """Of the one process or of all gateways' cores together, in the busiest minute."""

    @property
    def in_words(self) -> str:
        if not self.servers:
            return f"one file, one process ({self.load:.0%} of a core)"
        gateways = f"{self.gateways} gateway processes" if self.gateways > 1 else "1 gateway process"
        cores = f"{self.server_cores} core{'s' if self.server_cores > 1 else ''}"
        if self.servers == 1:
            return f"{gateways}, one PostgreSQL with {cores}"
        return f"{gateways}, {self.servers} servers with {cores} each"


TOWNS: Final = (
    Town(members=10_000, exchanges_a_day=500, payments_a_minute=20),
    Town(members=100_000, exchanges_a_day=5_000, payments_a_minute=200),
    Town(members=300_000, exchanges_a_day=50_000, payments_a_minute=1_000),
    Town(members=1_000_000, exchanges_a_day=500_000, payments_a_minute=5_000),
    Town(members=3_000_000, exchanges_a_day=2_000_000, payments_a_minute=20_000),
    Town(members=10_000_000, exchanges_a_day=10_000_000, payments_a_minute=100_000),
    Town(members=100_000_000, exchanges_a_day=50_000_000, payments_a_minute=500_000),
)


def carried_by(town: Town) -> Machine:
    """The smallest of the three that is no busier than `BUSY` in the busiest minute."""
    intake_s = REQUESTS_OF_A_PAYMENT * COSTS["signed_request_ms"] / 1000
    decided_s = COSTS["payment_decided_ms"] / 1000
    on_a_file = town.exchanges_a_second * COSTS["exchange_on_sqlite_ms"] / 1000 + town.payments_a_second * (
        intake_s + decided_s
    )
    if on_a_file <= BUSY:
        return Machine(gateways=1, servers=0, server_cores=0, load=on_a_file)
    at_gateways = (
        town.exchanges_a_second * COSTS["exchange_on_postgresql_ms"] / 1000
        + town.payments_a_second * intake_s
    )
    at_server = (
        town.exchanges_a_second * COSTS["exchange_at_the_server_ms"] / 1000
        + town.payments_a_second * decided_s
    )
    gateways = math.ceil(at_gateways / BUSY)
    cores = math.ceil(at_server / BUSY)
    servers = 1
    if cores > MAX_SERVER_CORES:
        cores = math.ceil(at_server * COSTS["sharded_server_factor"] / BUSY)
        servers = math.ceil(cores / MAX_SERVER_CORES)
        cores = math.ceil(cores / servers)
    return Machine(gateways=gateways, servers=servers, server_cores=cores, load=at_gateways)


def table() -> str:
    """In Markdown, a line for each town."""
    head = (
        "| members | exchanges a day | in the busiest second | payments in the busiest minute | carried by |\n"
        "|---:|---:|---:|---:|---|\n"
    )
    return head + "".join(
        f"| {town.members:,} | {town.exchanges_a_day:,} | {town.exchanges_a_second:,.1f} | {town.payments_a_minute:,} |"
        f" {carried_by(town).in_words} |\n"
        for town in TOWNS
    )


if __name__ == "__main__":
    print(table(), end="")
