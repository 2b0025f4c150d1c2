"""What Alembic runs for each command: connect, then take the steps in one transaction.

The URL comes from `config.attributes["url"]`; a caller that has a connection already puts it into
`config.attributes["connection"]`.
"""

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection

from migrations.targets import METADATAS

config = context.config


def run(connection: Connection) -> None:
    """Take the steps on an open connection."""
    context.configure(connection=connection, target_metadata=METADATAS, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()


def connect_and_run() -> None:
    """Open a connection of our own when the caller brought none."""
    given = config.attributes.get("connection")
    if given is not None:
        run(given)
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
