"""`point-gateway ledger …`: read the ledger again from its first move."""

from __future__ import annotations

import typer

from core_ledger import audit
from gateway.commands.shared import Config, read_store_of, settings_of

ledger = typer.Typer(no_args_is_help=True, help="The ledger.")


@ledger.callback()
def options() -> None:
    """What stands before every command."""


@ledger.command()
def verify(config: Config = None) -> None:
    """Read the whole ledger again: sums, balances, holds, chains, digests. Exit code 1 when something is broken."""
    report = read_store_of(settings_of(config), audit.verify)
    for fault in report.faults:
        typer.echo(fault)
    broken = f"{len(report.faults)} faults" if report.faults else "nothing is broken"
    typer.echo(f"{report.books:,} books, {report.moves:,} moves, {report.days:,} daily digests: {broken}")
    raise typer.Exit(0 if report.ok else 1)
