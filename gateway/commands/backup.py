"""`point-gateway backup …`: make a backup while gateways serve, try it, put it back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from core_ledger import Store
from gateway import backups
from gateway.commands.shared import Config, settings_of
from gateway.configured import chain_keys_of, clock_of
from gateway.errors import GatewayError

backup = typer.Typer(no_args_is_help=True, help="Backups of the database: make, verify, put back.")

Place = Annotated[Path, typer.Argument(help="The backup's own folder.")]


@backup.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept, best on another disk.")],
    config: Config = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but the newest so many.")] = None,
) -> None:
    """Make a backup of one moment, beside running gateways; prints its folder. Keep the secrets apart from it."""
    settings = settings_of(config)
    path = backups.make_backup(
        settings.database_url,
        chain_keys_of(settings),
        folder,
        at=clock_of(settings)(),
        journal=settings.journal_folder,
    )
    typer.echo(path)
    if keep is not None:
        for old in backups.prune_backups(folder, keep):
            typer.echo(f"removed {old}", err=True)


@backup.command()
def verify(
    place: Place,
    config: Config = None,
    scratch: Annotated[
        str | None, typer.Option(help="PostgreSQL: the URL of an empty database to try it in.")
    ] = None,
) -> None:
    """Put a backup into a scratch database and read all of it again. Exit code 1 when something is broken."""
    settings = settings_of(config)
    keys = chain_keys_of(settings)
    manifest = backups.read_manifest(place, keys)
    with tempfile.TemporaryDirectory() as folder:
        if manifest["file"].endswith(".sqlite"):
            url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        elif scratch is None:
            raise GatewayError(
                "give --scratch, the URL of an empty PostgreSQL database, to try the backup in"
            )
        else:
            url = scratch
        backups.put_back(place, keys, url)
        store = Store.open(url, chain_keys=keys, prepared=settings.database_prepared)
        try:
            faults = store.read_now(lambda conn: backups.check_database(conn, manifest))
        finally:
            store.close_now()
    for fault in faults:
        typer.echo(fault)
    broken = f"{len(faults)} faults" if faults else "nothing is broken"
    typer.echo(f"{manifest['made_at']}, schema {manifest['schema']}, {manifest['moves']:,} moves: {broken}")
    raise typer.Exit(1 if faults else 0)


@backup.command()
def restore(place: Place, config: Config = None) -> None:
    """Put a backup into the configured database, which must be empty or absent. Then see `point-gateway restore`."""
    settings = settings_of(config)
    manifest = backups.put_back(place, chain_keys_of(settings), settings.database_url)
    typer.echo(
        f"the database is that of {manifest['made_at']}; now run `point-gateway db status` and `point-gateway restore check`"
    )
