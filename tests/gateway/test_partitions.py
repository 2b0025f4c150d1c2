"""The whole schema can be spread by book: each member's statements ask the part where that member's rows lie."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Table, UniqueConstraint

import gateway
from core_ledger import create_schema
from core_ledger import metadata as ledger_metadata
from gateway.cities import tables as city_tables
from gateway.exchanges import exchange_rows
from gateway.exchanges.states import State
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledInStatement, CompiledStatement
from gateway.points import account_positions, directory
from tests.gateway.exchanges.conftest import KASAMA, NOON, world_on
from tests.partitions import Statements, in_eight_parts, parts_asked

DESCRIBED = (ledger_metadata, tables.metadata, city_tables.metadata)
TABLES = [table for metadata in DESCRIBED for table in metadata.tables.values()]
BOOK = "member:m1"
ADDS = re.compile(r"(WITH changed AS\s*\()?INSERT")
"""A statement that only adds rows, each where its book lies."""

BY_A_PAYMENTS_OWN_ID = {
    "gateway.cities.spending.spend_rows._FIND",
    "gateway.cities.spending.spend_rows._SAME_REFERENCE",
}
"""A shop names a payment and no member: it asks every part, until payments have a look-up as exchanges have."""


def shard_key(table: Table) -> str | None:
    key: str | None = "book_id" if table.metadata is ledger_metadata else table.info["shard_key"]
    return key


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
class TestEveryTable:
    def test_says_by_which_column_it_is_spread_where_it_has_a_book(self, table: Table) -> None:
        assert ("book_id" in table.c) == (shard_key(table) is not None)

    def test_has_its_shard_key_in_every_unique_key(self, table: Table) -> None:
        key = shard_key(table)
        if key is None:
            return
        unique: list[Any] = [index for index in table.indexes if index.unique]
        unique += [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        assert [each.name for each in (table.primary_key, *unique) if key not in each.columns] == []
        assert not table.foreign_keys

    def test_has_one_collation_for_books(self, table: Table) -> None:
        if "book_id" in table.c:
            book_id = table.c.book_id.type.dialect_impl(sa.create_engine("postgresql+psycopg://").dialect)
            assert getattr(book_id, "collation", None) == "C"


@dataclass(frozen=True)
class Named:
    name: str
    statement: CompiledStatement


def compiled_statements() -> Iterator[Named]:
    """Every statement of the gateway that is compiled once, by the name it has; of those about a list, two sizes."""
    for module_info in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module_info.name.endswith("__main__") or module_info.name.startswith("gateway.testkit"):
            continue
        module = importlib.import_module(module_info.name)
        for name, value in vars(module).items():
            if isinstance(value, CompiledStatement):
                yield Named(f"{module_info.name}.{name}", value)
            elif isinstance(value, CompiledInStatement):
                yield from (Named(f"{module_info.name}.{name}", value._of_size(size)) for size in (1, 2))


def tables_of(statement: Any) -> set[str]:
    return {element.name for element in sa.sql.visitors.iterate(statement) if isinstance(element, Table)}


@pytest.fixture(scope="module")
def in_parts(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    """A database in eight parts by book, nothing in it."""
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    by_own_key = {table.name for table in TABLES if shard_key(table) != "book_id"}
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    with in_eight_parts(*DESCRIBED, but_not=by_own_key):
        create_schema(engine)
        for metadata in DESCRIBED[1:]:
            metadata.create_all(engine)
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as conn:
        yield conn
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_every_compiled_statement_about_a_book_asks_one_part(in_parts: psycopg.Connection[Any]) -> None:
    of_books = {table.name for table in TABLES if shard_key(table) == "book_id"}
    asked = {
        named.name: parts_asked(in_parts, *with_values(named.statement))
        for named in compiled_statements()
        if tables_of(named.statement._statement) & of_books
    }
    assert len(asked) >= 20
    assert {name for name, parts in asked.items() if len(parts) > 1} == BY_A_PAYMENTS_OWN_ID
    assert {name.rpartition(".")[2] for name, parts in asked.items() if not parts} == {
        "_ADD",
        "_ADD_STEP",
        "_ADD_DEBIT",
    }


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_a_whole_exchange_asks_the_part_of_its_member(
    in_parts: psycopg.Connection[Any], postgres: str
) -> None:
    statements = Statements()
    async with world_on(postgres) as world:
        await world.store.run(
            lambda conn: directory.register_service(
                conn, "082163", "kasama-ouen", name="笠間応援ポイント", open_for_direct_exchange=True, at=NOON
            )
        )
        member = await world.member()
        with statements.of(world.store.engine, world.store._reading):
            exchange = await world.settled(member, KASAMA)
            assert exchange.state is State.SETTLED
            book = exchange.book_id
            await world.store.read(lambda conn: exchange_rows.list_steps(conn, book, exchange.exchange_id))
            await world.store.read(
                lambda conn: exchange_rows.list_by_member(conn, book, before=None, limit=5)
            )
            await world.store.read(lambda conn: account_positions.of_book(conn, book))
    of_books = {table.name for table in TABLES if shard_key(table) == "book_id"}
    asked = {text: parts_asked(in_parts, text, values) for text, values in statements.about(of_books)}
    assert len(asked) >= 20
    reads = {text: parts for text, parts in asked.items() if not ADDS.match(text)}
    assert {text: parts for text, parts in reads.items() if len(parts) != 1} == {}
    assert len(set.union(*reads.values())) == 1


def with_values(statement: CompiledStatement) -> tuple[str, dict[str, Any]]:
    """A statement as it is sent, about one member's book whatever it asks for."""
    made = statement._statement.compile(
        dialect=sa.create_engine("postgresql+psycopg://").dialect, column_keys=keys(statement)
    )
    kinds = {sa.BigInteger: 1, sa.Integer: 1, sa.LargeBinary: b"", tables.Flag: True, tables.Instant: 1}
    values = {
        name: next((value for kind, value in kinds.items() if isinstance(bind.type, kind)), BOOK)
        for name, bind in made.binds.items()
    }
    return str(made), values


def keys(statement: CompiledStatement) -> list[str] | None:
    """The columns of an UPDATE that says none itself."""
    updates = statement._statement
    return ["leased_until"] if isinstance(updates, sa.Update) and not updates._values else None
