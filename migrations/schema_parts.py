"""Is everything of this release's schema there? A version alone does not say so: a restore by hand that was cut off has it too.

What is looked for is what the code describes: tables, columns, keys and indexes, by name. A unique index that is missing
lets one id stand for two payments, and nothing else would say so.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from migrations.targets import METADATAS

_SQLITE_COLUMNS = (
    "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
)
_SQLITE_INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index'"
_POSTGRES_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
_POSTGRES_INDEXES = """
SELECT CASE WHEN i.indisprimary THEN 'primary key of ' || t.relname ELSE c.relname END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE c.relnamespace = current_schema()::regnamespace AND i.indisvalid
"""


def missing_parts(conn: Connection) -> list[str]:
    """What this release describes and the database does not have: "table spends", "column exchanges.retry_at"."""
    is_postgres = conn.dialect.name == "postgresql"
    columns: dict[str, set[str]] = {}
    for table, column in conn.execute(sa.text(_POSTGRES_COLUMNS if is_postgres else _SQLITE_COLUMNS)):
        columns.setdefault(table, set()).add(column)
    indexes = set(conn.scalars(sa.text(_POSTGRES_INDEXES if is_postgres else _SQLITE_INDEXES)))
    missing: list[str] = []
    for described in (table for metadata in METADATAS for table in metadata.sorted_tables):
        name = described.name
        if name not in columns:
            missing.append(f"table {name}")
            continue
        missing += [
            f"column {name}.{each.name}" for each in described.columns if each.name not in columns[name]
        ]
        missing += [f"index {index.name}" for index in described.indexes if index.name not in indexes]
        # SQLite has a table's key in the table's own sentence: it cannot be gone.
        if is_postgres and described.primary_key.columns and f"primary key of {name}" not in indexes:
            missing.append(f"primary key of {name}")
    return missing
