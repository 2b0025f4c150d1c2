"""`point-gateway db …`: where the schema stands, and up or down by steps."""

from __future__ import annotations

from typing import Annotated

import typer

import migrations
from gateway.commands.shared import Config, settings_of
from gateway.errors import GatewayError
from migrations import SchemaState, SchemaStatus

db = typer.Typer(no_args_is_help=True, help="The database's schema.")

NoCopy = Annotated[
    bool, typer.Option("--no-copy", help="Do not copy an SQLite file first: you have a backup elsewhere.")
]


@db.command()
def status(config: Config = None) -> None:
    """Say where the schema stands and what to do. Exit code 1 when this release cannot work with it."""
    schema_status = migrations.status(settings_of(config).database_url)
    typer.echo(schema_status.sentence)
    for step in _steps_ahead(schema_status):
        typer.echo(f"  to come: {step}")
    raise typer.Exit(0 if schema_status.usable else 1)


@db.command()
def upgrade(
    config: Config = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show the steps and change nothing.")] = False,
    no_copy: NoCopy = False,
) -> None:
    """Bring the database's schema to the newest step. Killed at any moment, it can be run again.

    An SQLite file is copied beside itself first. On PostgreSQL make a backup first.
    """
    url = settings_of(config).database_url
    if plan:
        schema_status = migrations.status(url)
        typer.echo(schema_status.sentence)
        for step in _steps_ahead(schema_status):
            typer.echo(f"  {step}")
        return
    copied = migrations.upgrade(url, copy=not no_copy)
    if copied is not None:
        typer.echo(f"the database as it was: {copied}")
    typer.echo("the schema is up to date")


@db.command()
def downgrade(
    revision: Annotated[
        str, typer.Argument(help="The step to go back to, as `db status` of the older release says.")
    ],
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: what only newer steps hold is lost.")] = False,
    no_copy: NoCopy = False,
) -> None:
    """Take newer steps back, so that an older release can start. Stop every gateway first."""
    if not yes:
        raise GatewayError(
            f"nothing was changed: what only the steps after {revision} hold would be lost;"
            " make a backup and repeat the command with --yes"
        )
    copied = migrations.downgrade(settings_of(config).database_url, revision, copy=not no_copy)
    if copied is not None:
        typer.echo(f"the database as it was: {copied}")
    typer.echo(f"the schema is {revision}")


def _steps_ahead(found: SchemaStatus) -> list[str]:
    if found.state not in (SchemaState.EMPTY, SchemaState.OLDER):
        return []
    return [f"{step.revision}  {step.summary}" for step in migrations.list_steps(found.revision)]
