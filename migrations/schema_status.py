"""Does this release fit the database's schema? Read-only; `upgrading` is what changes it.

A newer release leaves a marker in the database: which release is the oldest that may still work with it. So two
releases can run side by side while the steps between them only add, and an older one refuses where they do not.
"""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from packaging.version import InvalidVersion, Version
from sqlalchemy.engine import Connection

from core_ledger import make_private
from migrations.schema_parts import missing_parts
from migrations.steps import known_revisions

MARKER_TABLE = "schema_marker"
MAX_NAMED = 5
"""So many missing parts are named in a sentence."""


class SchemaRefused(Exception):
    """Code and schema do not fit, or an upgrade cannot be done now; the sentence says what to do."""


class SchemaState(StrEnum):
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER_BUT_USABLE = "newer_but_usable"
    NEWER = "newer"
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStatus:
    """Where a database's schema stands. `written_by` and `oldest_release` come from the marker; `missing` are parts."""

    state: SchemaState
    revision: str | None
    newest: str
    release: str
    written_by: str = ""
    oldest_release: str = ""
    missing: tuple[str, ...] = ()

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
            case SchemaState.INCOMPLETE:
                named = ", ".join(self.missing[:MAX_NAMED])
                more = f" and {len(self.missing) - MAX_NAMED} more" if len(self.missing) > MAX_NAMED else ""
                return (
                    f"the schema says that it is {self.revision} and lacks {named}{more}: a restore was cut off, or somebody"
                    " took them away; put a backup back (`point-gateway backup restore`) into an empty database"
                )
            case _:
                return (
                    "the database has tables but not this gateway's schema; see that [database] url names the "
                    "right one; where the first upgrade by a release before 0.2 was cut off, there is nothing in it: move it"
                    " away and run `point-gateway db upgrade`"
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
    make_private(sa.make_url(url))
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    try:
        with engine.connect() as conn:
            return read_status(conn)
    finally:
        engine.dispose()


def require_usable(conn: Connection, *, with_parts: bool = True) -> SchemaStatus:
    """Raise SchemaRefused, saying what to do, unless this release may work with the schema; arguments as `read_status`."""
    schema_status = read_status(conn, with_parts=with_parts)
    if not schema_status.usable:
        raise SchemaRefused(schema_status.sentence)
    return schema_status


def read_status(conn: Connection, *, with_parts: bool = True) -> SchemaStatus:
    """Read where the schema stands, on a connection of the caller's.

    Without `with_parts` its version is believed and not looked behind, which takes a few milliseconds less.
    """
    from gateway import __version__

    known = known_revisions()
    inspector = sa.inspect(conn)
    tables = set(inspector.get_table_names())

    def result(
        state: SchemaState, revision: str | None = None, marker: tuple[str, str] = ("", "")
    ) -> SchemaStatus:
        usable = state in (SchemaState.CURRENT, SchemaState.NEWER_BUT_USABLE)
        missing = tuple(missing_parts(conn)) if usable and with_parts else ()
        return SchemaStatus(
            state=SchemaState.INCOMPLETE if missing else state,
            missing=missing,
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
