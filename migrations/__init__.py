"""The database's schema, step by step, for SQLite and PostgreSQL alike.

`upgrade(url)` brings a database to the newest step; running it again changes nothing. The steps are in
`versions/`, each one frozen: a schema changes by a new step, never by editing an old one.

An upgrade that is cut off can be run again: on SQLite all steps are one transaction, on PostgreSQL each step
is one. Two upgrades at the same time wait for each other. `schema_status` says whether code and schema fit.
"""

from pathlib import Path

from migrations.schema_status import (
    SchemaRefused,
    SchemaState,
    SchemaStatus,
    read_status,
    require_usable,
    status,
)
from migrations.steps import Step, config, known_revisions, list_steps

__all__ = [
    "SchemaRefused",
    "SchemaState",
    "SchemaStatus",
    "Step",
    "config",
    "downgrade",
    "known_revisions",
    "list_steps",
    "read_status",
    "require_usable",
    "status",
    "upgrade",
]


def upgrade(url: str, revision: str = "head", *, copy: bool = True) -> Path | None:
    """Bring the database at `url` to `revision`, making what is missing.

    Before an SQLite file that has rows is changed, it is copied beside itself; the copy's path is returned.
    Raises SchemaRefused, saying what to do; then nothing was changed.
    """
    from migrations.upgrading import run_upgrade

    return run_upgrade(url, revision, copy=copy)


def downgrade(url: str, revision: str, *, copy: bool = True) -> Path | None:
    """Take the steps after `revision` back; what only they hold is lost. Otherwise as `upgrade`."""
    from migrations.upgrading import run_downgrade

    return run_downgrade(url, revision, copy=copy)
