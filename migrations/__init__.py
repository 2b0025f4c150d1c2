"""The database's schema, step by step, for SQLite and PostgreSQL alike.

`upgrade(url)` brings a database to the newest step; running it again changes nothing. The steps are in
`versions/`, each one frozen: a schema changes by a new step, never by editing an old one.
"""

from pathlib import Path

import alembic.command
from alembic.config import Config


def config(url: str) -> Config:
    """Make the settings that Alembic's own commands take, for the database at `url`."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = url
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`, making what is missing."""
    alembic.command.upgrade(config(url), revision)
