"""`point-gateway ledger …`: the whole ledger read again, and the daily digests that stand for it outside."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core_ledger import audit
from gateway.cities.spending.payments_check import payment_faults
from gateway.commands.shared import Config, read_store_of, settings_of, with_services
from gateway.configured import chain_keys_of, stamp_authority_of
from gateway.errors import GatewayError
from gateway.model import JST
from gateway.platform import daily_digest
from gateway.platform.daily_digest import DigestFault
from gateway.platform.time_stamps import StampReport, check_stamps, has_stamps
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
    stamps = _stamps(settings, against)
    faults += [str(fault) for fault in stamps.faults]
    if not report.moves and not empty:
        faults.append("the ledger has no move at all; if that is what you expect, say --empty")
    for fault in faults:
        typer.echo(fault)
    if stamps.sentence:
        typer.echo(stamps.sentence)
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
        today = services.clock().astimezone(JST).date()
        document = await services.nightly.publish_digest(today - timedelta(days=1))
        await services.nightly.stamp_digests(today)
        return document

    typer.echo(with_services(config, work))


def compare_with(settings: Settings, against: Path | None) -> list[DigestFault]:
    """Where the database is not the one that the digests in `against` were made of; None: those that the night writes."""
    lines = _written(settings, against)
    if lines is None:
        return []
    keys = chain_keys_of(settings)
    return read_store_of(settings, lambda conn: daily_digest.compare(conn, keys, lines))


def _stamps(settings: Settings, against: Path | None) -> StampReport:
    """What the time stamps of these digests say, by the authority's certificates that the settings name."""
    lines, authority = _written(settings, against) or [], stamp_authority_of(settings)
    if authority is not None:
        return check_stamps(lines, authority.check)
    if has_stamps(lines):
        typer.echo("the time stamps were not looked at: name [digests] time_stamp_roots", err=True)
    return StampReport({}, [], [])


def _written(settings: Settings, against: Path | None) -> list[str] | None:
    """The lines of a file of digests; None where none is named and the night has written none."""
    if against is None:
        against = settings.digest_file
        if against is None or not against.exists():
            return None
    try:
        return daily_digest.written_lines(against.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise GatewayError(
            f"{against}: cannot be read ({type(fault).__name__}); name a file of daily digests"
        ) from None
