"""`point-gateway db …`: where the schema stands, and up or down by steps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

import migrations
from gateway.commands.shared import Config, Operator, Reason, settings_of
from gateway.configured import chain_keys_of, sign_chains, upgrade_database
from gateway.database_copy import CopiedTable, copy_database
from gateway.database_distribution import DEFAULT_SHARDS, MAX_SHARDS, Kind, look
from gateway.database_distribution import distribute as lay_out
from gateway.database_roles import DEFAULT_PREFIX, ROLES, statements
from gateway.database_roles import apply as apply_roles
from gateway.errors import GatewayError
from gateway.settings import Settings
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
    settings = settings_of(config)
    if plan:
        schema_status = migrations.status(settings.database_url)
        typer.echo(schema_status.sentence)
        for step in _steps_ahead(schema_status):
            typer.echo(f"  {step}")
        return
    copied = upgrade_database(settings, copy=not no_copy)
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


@db.command()
def copy(
    to: Annotated[
        Path, typer.Option("--to", help="Settings whose [database] url names an empty PostgreSQL database.")
    ],
    config: Config = None,
) -> None:
    """Copy an embedded database to PostgreSQL, whole and compared. Stop every gateway first.

    Killed at any moment, it can be run again. No gateway serves from the target before everything is there.
    """
    target, settings = Settings.load(to), settings_of(config)

    def report(table: CopiedTable) -> None:
        typer.echo(f"  {table.name}: {table.rows:,} rows{'' if table.fresh else ', there already'}")

    copied = copy_database(settings.database_url, target.database_url, chain_keys_of(settings), report)
    typer.echo(
        f"everything is there: {copied.books:,} books, {copied.moves:,} moves, read again without a fault."
        f" Start the gateways with {to}, and move the old file away"
    )


@db.command()
def roles(
    config: Config = None,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Carry it out, as the user of [database] url, who owns the tables."),
    ] = False,
    prefix: Annotated[str, typer.Option(help="What the roles' names begin with.")] = DEFAULT_PREFIX,
) -> None:
    """Print the SQL of four roles on PostgreSQL: migrate, serve, read, verify. With --apply it is carried out.

    A gateway whose user is a member of `serve` adds moves and audit lines and can change none. Run it again after each upgrade.
    """
    if not apply:
        for statement in statements(prefix):
            typer.echo(f"{statement};")
        return
    engine = sa.create_engine(settings_of(config).database_url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.begin() as conn:
            apply_roles(conn, prefix)
    finally:
        engine.dispose()
    names = ", ".join(f"{prefix}_{role}" for role in ROLES)
    typer.echo(f"the roles are {names}; make each user a member of one: GRANT {prefix}_serve TO gateway")


@db.command()
def distribute(
    config: Config = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it. Stop every gateway and make a backup first.")
    ] = False,
    shards: Annotated[
        int,
        typer.Option(
            min=1, max=MAX_SHARDS, help="How many shards members' books are spread over; chosen once."
        ),
    ] = DEFAULT_SHARDS,
) -> None:
    """Print where each table lies when Citus spreads the database over several machines, and why. With --yes lay it there.

    Cut off at any moment, it can be run again. Run it again after each upgrade: new tables lie on the coordinator until then.
    """
    url = settings_of(config).database_url
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as conn:
            placed = look(conn)
            for each in placed:
                place = each.placement
                done = ", so already" if each.done and place.kind is not Kind.COORDINATOR else ""
                typer.echo(f"  {place.table}: {place.words} ({place.why}){done}")
        count = sum(not each.done for each in placed)
        if not count:
            typer.echo("every table lies where it belongs")
            return
        if not yes:
            typer.echo(
                f"nothing was changed: {count} tables are to be moved; stop every gateway, make a backup and repeat the"
                " command with --yes"
            )
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            moved = lay_out(conn, shards, lambda each: typer.echo(f"{each.table} lies {each.words}"))
    finally:
        engine.dispose()
    typer.echo(f"{moved} tables were moved; every table lies where it belongs")


@db.command()
def sign(operator: Operator, reason: Reason, config: Config = None) -> None:
    """Sign the chains as they are, where an upgrade was cut off before it did. Refused where anything is signed.

    What somebody has forged before is signed as well: first compare by `ledger verify --against`.
    """
    if not reason.strip():
        raise GatewayError("what is signed by hand has a reason; give --reason")
    settings = settings_of(config)
    count = sign_chains(settings, chain_keys_of(settings), operator=operator, reason=reason)
    typer.echo(f"{count:,} chains are signed" if count else "nothing was changed: they were signed already")


def _steps_ahead(found: SchemaStatus) -> list[str]:
    if found.state not in (SchemaState.EMPTY, SchemaState.OLDER):
        return []
    return [f"{step.revision}  {step.summary}" for step in migrations.list_steps(found.revision)]
