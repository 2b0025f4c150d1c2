"""Does this release fit the database's schema? Read-only; `upgrading` is what changes it.

A newer release leaves a marker in the database: which release is the oldest that may still work with it. So two
releases can run side by side while the steps between them only add, and an older one refuses where they do not.
"""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from packaging.version import InvalidVersion, Version
from sqlalchemy.engine import Connection

from migrations.steps import known_revisions

MARKER_TABLE = "schema_marker"


class SchemaRefused(Exception):
    """Code and schema do not fit, or an upgrade cannot be done now; the sentence says what to do."""


class SchemaState(StrEnum):
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER_BUT_USABLE = "newer_but_usable"
    NEWER = "newer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStatus:
    """Where a database's schema stands. `written_by` and `oldest_release` come from the marker."""

    state: SchemaState
    revision: str | None
    newest: str
    release: str
    written_by: str = ""
    oldest_release: str = ""

    @property
    def usable(self) -> bool:
        """Whether this release may work with the database."""
        return self.state in (SchemaState.CURRENT, SchemaState.NEWER_BUT_USABLE)

    @property
    def sentence(self) -> str:
        """What it means and what to do, in one sentence."""
        match self.state:
            case SchemaState.CURRENT:
                return f"the schema is {self.revision}, the newest that point-gateway {self.release} knows"
            case SchemaState.NEWER_BUT_USABLE:
                return (
                    f"the schema is {self.revision}, brought there by point-gateway {self.written_by};"
                    f" this is {self.release}, which may still work with it"
                )
            case SchemaState.EMPTY:
                return (
                    "the database is empty: it has no table at all; see that [database] url names the right one, "
                    "then run `point-gateway db upgrade`, or put a backup back"
                )
            case SchemaState.OLDER:
                return (
                    f"the schema is {self.revision}, older than this release's {self.newest};"
                    " make a backup, then run `point-gateway db upgrade`"
                )
            case SchemaState.NEWER:
                return (
                    f"the schema is {self.revision}, which point-gateway {self.release} does not know: "
                    f"{self._who_wrote_it()}; start that release, or go back with its `point-gateway db downgrade`"
                )
            case _:
                return (
                    "the database has tables but not this gateway's schema; see that [database] url names the "
                    "right one; if an upgrade by a release before 0.2 was cut off, run `point-gateway db upgrade`"
                )

    def _who_wrote_it(self) -> str:
        if not self.written_by:
            return "a newer release brought it there"
        return (
            f"point-gateway {self.written_by} brought it there, and {self.oldest_release} is the oldest release "
            "that works with it"
        )


def status(url: str) -> SchemaStatus:
    """Read where the schema of the database at `url` stands."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as conn:
            return read_status(conn)
    finally:
        engine.dispose()


def require_usable(conn: Connection) -> SchemaStatus:
    """Raise SchemaRefused, saying what to do, unless this release may work with the schema."""
    schema_status = read_status(conn)
    if not schema_status.usable:
        raise SchemaRefused(schema_status.sentence)
    return schema_status


def read_status(conn: Connection) -> SchemaStatus:
    """Read where the schema stands, on a connection of the caller's."""
    from gateway import __version__

    known = known_revisions()
    inspector = sa.inspect(conn)
    tables = set(inspector.get_table_names())

    def result(
        state: SchemaState, revision: str | None = None, marker: tuple[str, str] = ("", "")
    ) -> SchemaStatus:
        return SchemaStatus(
            state=state,
            revision=revision,
            newest=known[-1],
            release=__version__,
            written_by=marker[0],
            oldest_release=marker[1],
        )

    revisions = _revisions(conn) if "alembic_version" in tables else []
    if not revisions:
        # A lone version table is what `downgrade base` leaves, and what a cut-off first upgrade may leave.
        return result(SchemaState.UNKNOWN if tables - {"alembic_version"} else SchemaState.EMPTY)
    if len(revisions) > 1:
        return result(SchemaState.UNKNOWN, ", ".join(revisions))
    revision = revisions[0]
    if revision in known:
        return result(SchemaState.CURRENT if revision == known[-1] else SchemaState.OLDER, revision)
    marker = _marker(conn) if MARKER_TABLE in tables else ("", "")
    usable = _is_release(marker[1]) and Version(__version__) >= Version(marker[1])
    return result(SchemaState.NEWER_BUT_USABLE if usable else SchemaState.NEWER, revision, marker)


def _revisions(conn: Connection) -> list[str]:
    return sorted(conn.scalars(sa.text("SELECT version_num FROM alembic_version")))


def _marker(conn: Connection) -> tuple[str, str]:
    row = conn.execute(sa.text("SELECT written_by, oldest_release FROM schema_marker")).first()
    return ("", "") if row is None else (row[0], row[1])


def _is_release(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
