"""The rule that lets the ledger be spread over machines: every hot statement and every unique key has book_id."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import Store, balance, balances, create_schema, entries, ledger, lots, metadata
from tests.core_ledger.samples import BOOK, RESERVE, allocate, earn, hold_in, hold_out, posted, voided

BOUNDARIES = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


async def test_every_statement_of_the_hot_paths_names_book_id(tmp_path: Path) -> None:
    """On SQLite, where no plan shows it; `test_partitions` asks PostgreSQL's plans."""
    seen: list[str] = []

    def record(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    async with Store.open(f"sqlite:///{tmp_path / 'ledger.db'}") as store:
        create_schema(store.engine)
        sa.event.listen(store._reading, "before_cursor_execute", record)
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
    hot = [statement for statement in seen if not BOUNDARIES.match(statement)]
    assert len(hot) >= 8
    assert [statement for statement in hot if "book_id" not in statement] == []
    writes = " ".join(statement for statement in hot if re.match(r"INSERT|UPDATE|DELETE", statement))
    assert all(name in writes for name in ("books", "accounts", "moves"))
    assert "REFERENCES" not in writes


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_every_unique_key_contains_book_id_and_nothing_refers_across(table: sa.Table) -> None:
    uniques = [index for index in table.indexes if index.unique]
    uniques += [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    assert "book_id" in table.primary_key.columns
    assert [unique.name for unique in uniques if "book_id" not in unique.columns] == []
    assert not table.foreign_keys
