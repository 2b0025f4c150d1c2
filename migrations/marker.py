"""The schema's marker: which release brought the schema where it is, and the oldest that may still work with it.

A step that takes something away, or gives a column another meaning, raises OLDEST_RELEASE to the release that it
comes with. A step that only adds leaves it: the release before then works on beside the new one.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from migrations.schema_status import MARKER_TABLE

OLDEST_RELEASE: Final = "0.2.0"


def write_marker(conn: Connection) -> None:
    """Write the marker where its table is there; before the step that makes it there is none."""
    from gateway import __version__

    if not sa.inspect(conn).has_table(MARKER_TABLE):
        return
    conn.execute(sa.text("DELETE FROM schema_marker"))
    conn.execute(
        sa.text(
            "INSERT INTO schema_marker (written_by, oldest_release) VALUES (:written_by, :oldest_release)"
        ),
        {"written_by": __version__, "oldest_release": OLDEST_RELEASE},
    )
