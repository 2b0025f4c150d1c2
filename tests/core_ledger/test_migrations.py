"""The steps in migrations/ and the tables in code are the same schema, on both databases."""

import alembic.command
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

import migrations
from core_ledger import create_schema, metadata


def schema(conn: Connection) -> set[tuple[object, ...]]:
    """Describe everything that the database keeps about the ledger's tables, in its own words."""
    names = tuple(metadata.tables)
    if conn.dialect.name == "sqlite":
        cursor_result = conn.execute(sa.text("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        return {
            (row[0], row[1], " ".join((row[3] or "").split())) for row in cursor_result if row[2] in names
        }
    asked = {
        "column": "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default,"
        " ordinal_position FROM information_schema.columns WHERE table_schema = 'public'",
        "constraint": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "index": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "comment": "SELECT objoid::regclass::text, objsubid, description FROM pg_description"
        " WHERE classoid = 'pg_class'::regclass AND objoid::regclass::text IN ('books', 'accounts', 'moves')",
    }
    rows = {
        (what, *row) for what, sql in asked.items() for row in conn.execute(sa.text(sql)) if row[0] in names
    }
    functions = conn.execute(
        sa.text(
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'ledger%'"
        )
    )
    return rows | {("function", row[0]) for row in functions}


@pytest.fixture
def engine(url: str):
    made = sa.create_engine(url, poolclass=sa.NullPool)
    make_empty(made)
    yield made
    make_empty(made)
    made.dispose()


def make_empty(engine: sa.Engine) -> None:
    """Other tests use the server's database too, and whatever they need they make."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")


def test_migrations_and_tables_make_the_same_schema(engine: sa.Engine, url: str) -> None:
    create_schema(engine)
    with engine.begin() as conn:
        from_code = schema(conn)
        metadata.drop_all(conn)
        if conn.dialect.name == "postgresql":
            for name in ("open", "save", "open_book", "save_book", "lock_books"):
                conn.execute(sa.text(f"DROP FUNCTION ledger_{name}"))
    migrations.upgrade(url)
    with engine.connect() as conn:
        assert schema(conn) == from_code
    assert len(from_code) > len(metadata.tables)


def test_a_migration_can_be_run_twice_and_undone(engine: sa.Engine, url: str) -> None:
    migrations.upgrade(url)
    migrations.upgrade(url)
    alembic.command.downgrade(migrations.config(url), "base")
    with engine.connect() as conn:
        assert schema(conn) == set()
