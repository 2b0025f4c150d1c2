"""`point-gateway ledger …`: the whole ledger read again, and the daily digests that stand for it outside."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core_ledger import audit
from gateway.cities.spending.payments_check import payment_faults
from gateway.commands.shared import Config, read_store_of, settings_of, with_services
from gateway.configured import chain_keys_of
from gateway.errors import GatewayError
from gateway.model import JST
from gateway.platform import daily_digest
from gateway.platform.daily_digest import DigestFault
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.services import Services

ledger = typer.Typer(no_args_is_help=True, help="The ledger.")

Against = Annotated[
    Path | None,
    typer.Option("--against", help="A file of daily digests that was kept outside the database."),
]


@ledger.command()
def verify(
    config: Config = None,
    against: Against = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="A ledger without any move is what you expect.")
    ] = False,
) -> None:
    """Read the whole ledger again: sums, balances, holds, chains, signatures, digests; and the payments that shops are
    paid by beside it.

    Also: is it the ledger that the daily digests were made of, those of `--against`, or else of [digests] file? Exit code 1
    when something is broken.
    """
    settings = settings_of(config)
    report = read_store_of(settings, audit.verify)
    faults = [str(fault) for fault in report.faults] + read_store_of(settings, payment_faults)
    faults += [str(fault) for fault in compare_with(settings, against) if fault.chain == "ledger"]
    if not report.moves and not empty:
        faults.append("the ledger has no move at all; if that is what you expect, say --empty")
    for fault in faults:
        typer.echo(fault)
    broken = f"{len(faults)} faults" if faults else "nothing is broken"
    newest = (
        f", the newest of {report.newest_at.astimezone(JST):%Y-%m-%d %H:%M:%S}" if report.newest_at else ""
    )
    typer.echo(
        f"{report.books:,} books, {report.moves:,} moves{newest}, {report.days:,} daily digests: {broken}"
    )
    raise typer.Exit(1 if faults else 0)


@ledger.command()
def digest(config: Config = None) -> None:
    """Make yesterday's digest now, if the night has not, publish it as the settings say, and print it."""

    async def work(services: Services) -> str:
        yesterday = services.clock().astimezone(JST).date() - timedelta(days=1)
        return await services.nightly.publish_digest(yesterday)

    typer.echo(with_services(config, work))


def compare_with(settings: Settings, against: Path | None) -> list[DigestFault]:
    """Where the database is not the one that the digests in `against` were made of; None: those that the night writes."""
    if against is None:
        against = settings.digest_file
        if against is None or not against.exists():
            return []
    try:
        lines = daily_digest.written_lines(against.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise GatewayError(
            f"{against}: cannot be read ({type(fault).__name__}); name a file of daily digests"
        ) from None
    keys = chain_keys_of(settings)
    return read_store_of(settings, lambda conn: daily_digest.compare(conn, keys, lines))
