"""`point-gateway backup …`: make a backup while gateways serve, try it, put it back."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated

import typer

import migrations
from core_ledger import Store
from gateway import backups
from gateway.commands.shared import Config, Operator, in_store_of, settings_of
from gateway.configured import chain_keys_of, clock_of, upgrade_database
from gateway.errors import GatewayError
from gateway.exchanges.restored_mode import write_restore
from gateway.platform.age_files import read_recipients
from gateway.platform.audit_actions import AuditAction

backup = typer.Typer(no_args_is_help=True, help="Backups of the database: make, verify, put back.")

Place = Annotated[Path, typer.Argument(help="The backup's own folder.")]
Identity = Annotated[
    Path | None,
    typer.Option(help="The file with the private key of an encrypted backup (AGE-SECRET-KEY-1…)."),
]


@backup.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept, best on another disk.")],
    config: Config = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but the newest so many.")] = None,
    recipients: Annotated[
        Path | None, typer.Option(help="A file of public keys (age1…), one a line: only they can read it.")
    ] = None,
) -> None:
    """Make a backup of one moment, beside running gateways; prints its folder. Keep the secrets apart from it.

    With `--recipients` it is encrypted in the age format, and this machine cannot read it.
    """
    settings = settings_of(config)
    path = backups.make_backup(
        settings.database_url,
        chain_keys_of(settings),
        folder,
        at=clock_of(settings)(),
        journal=settings.journal_folder,
        recipients=read_recipients(recipients) if recipients is not None else (),
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
    identity: Identity = None,
) -> None:
    """Put a backup into a scratch database and read all of it again. Exit code 1 when something is broken."""
    settings = settings_of(config)
    keys = chain_keys_of(settings)
    manifest = backups.read_manifest(place, keys)
    with tempfile.TemporaryDirectory() as folder:
        if ".sqlite" in manifest["file"]:
            url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        elif scratch is None:
            raise GatewayError(
                "give --scratch, the URL of an empty PostgreSQL database, to try the backup in"
            )
        else:
            url = scratch
        backups.put_back(place, keys, url, identity)
        # One from before an upgrade is read as this release reads it: after the same upgrade.
        upgrade_database(dataclasses.replace(settings, database_url=url), copy=False)
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
def restore(
    place: Place,
    operator: Operator,
    config: Config = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")] = "backup put back",
    identity: Identity = None,
) -> None:
    """Put a backup into the configured database, which must be empty or absent. Then see `point-gateway restore`.

    It is in restored mode from then on: what came after the backup is missing, with a journal or without.
    """
    settings = settings_of(config)
    manifest = backups.put_back(place, chain_keys_of(settings), settings.database_url, identity)
    typer.echo(f"the database is that of {manifest['made_at']}")
    if not migrations.status(settings.database_url).usable:
        typer.echo("now run `point-gateway db upgrade` and `restore begin --reason …`, then `restore check`")
        return
    at = clock_of(settings)()
    in_store_of(
        settings,
        lambda conn: write_restore(
            conn, AuditAction.DATABASE_RESTORED, operator=operator, reason=reason, at=at
        ),
    )
    typer.echo("it confirms nothing yet: now run `point-gateway restore check`, then `restore recover`")
