"""Errors of a driver that was called without SQLAlchemy between, in SQLAlchemy's words: whoever tries again after a
deadlock need not know the difference.
"""

from typing import Any, cast

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError


def as_dbapi_error(conn: Connection, statement: str, fault: Exception) -> Exception:
    """Give the library's error for the driver's `fault`. The connection is given up where the fault says that it is lost."""
    driver = conn.connection.driver_connection
    lost = conn.dialect.is_disconnect(cast("Any", fault), cast("Any", driver), None)
    if lost:
        conn.invalidate(fault)
    return DBAPIError.instance(
        statement,
        None,  # values may be members' own, and errors are logged
        fault,
        cast("Any", conn.dialect.loaded_dbapi).Error,
        connection_invalidated=lost,
        dialect=conn.dialect,
    )
