"""What Alembic runs for each command, on the connection that the caller brought.

SQLite: the caller's one transaction holds all steps. PostgreSQL: each step is a transaction of its own, so that a
step may build an index concurrently. The schema's marker is written in the transaction of the step.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection

from migrations.marker import write_marker
from migrations.targets import METADATAS

config = context.config


def run(connection: Connection) -> None:
    """Take the steps on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=METADATAS,
        transaction_per_migration=connection.dialect.name == "postgresql",
        on_version_apply=_write_marker,
    )
    with context.begin_transaction():
        context.run_migrations()


def _write_marker(ctx: Any, **_details: object) -> None:
    write_marker(ctx.connection)


def connect_and_run() -> None:
    """Open a connection of our own when the caller brought none, as Alembic's own commands do."""
    brought = config.attributes.get("connection")
    if brought is not None:
        run(brought)
        return
    engine = sa.create_engine(config.attributes["url"], poolclass=sa.NullPool)
    with engine.connect() as connection:
        run(connection)
        connection.commit()


if context.is_offline_mode():
    context.configure(
        url=config.attributes["url"],
        target_metadata=METADATAS,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    connect_and_run()
