"""The rule that lets the ledger be spread over machines: every hot statement and every unique key has book_id."""

import re

import pytest
import sqlalchemy as sa

from core_ledger import Store, balance, balances, entries, ledger, lots, metadata
from core_ledger.postgres_functions import OPEN_FUNCTION
from tests.core_ledger.samples import BOOK, RESERVE, allocate, earn, hold_in, hold_out, posted, voided

BOUNDARIES = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


def parts(statement: str) -> list[str]:
    """Look into the function on PostgreSQL: its statements are what a shard would see."""
    if "ledger_open(" not in statement:
        return [statement]
    body = OPEN_FUNCTION.split("BEGIN", 1)[1]
    return [part for part in body.split(";") if "FROM" in part]


async def test_every_statement_of_the_hot_paths_names_book_id(store: Store) -> None:
    seen: list[str] = []

    def record(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.extend(parts(statement))

    engines = [store.engine, store._reading]
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", record)
    if store.engine.dialect.name == "sqlite":
        # The hot path speaks to this driver without SQLAlchemy between.
        store.run_now(lambda conn: conn.connection.dbapi_connection.set_trace_callback(seen.append))
    hold, dropped = hold_in(), hold_out(1)
    await store.apply(earn(900), allocate(1), hold, dropped)
    await store.apply(posted(hold), voided(dropped))
    await store.run(lambda conn: ledger.transfer(conn, earn(1)))
    for read in (
        lambda conn: balance(conn, BOOK, RESERVE),
        lambda conn: balances(conn, BOOK),
        lambda conn: lots(conn, BOOK, RESERVE),
        lambda conn: entries(conn, BOOK, RESERVE),
        lambda conn: entries(conn, BOOK, RESERVE, before=3),
    ):
        await store.read(read)
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", record)
    hot = [statement for statement in seen if not BOUNDARIES.match(statement)]
    assert len(hot) >= 8
    assert [statement for statement in hot if "book_id" not in statement] == []
    writes = [statement for statement in hot if re.match(r"INSERT|UPDATE|DELETE|WITH new_books", statement)]
    assert (
        len({name for statement in writes for name in re.findall(r"(?:books|accounts|moves)", statement)[:1]})
        >= 1
    )
    assert "moves" in " ".join(writes)
    assert [statement for statement in writes if "REFERENCES" in statement] == []


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_every_unique_key_contains_book_id_and_nothing_refers_across(table: sa.Table) -> None:
    uniques = [index for index in table.indexes if index.unique]
    uniques += [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    assert "book_id" in table.primary_key.columns
    assert [unique.name for unique in uniques if "book_id" not in unique.columns] == []
    assert not table.foreign_keys
