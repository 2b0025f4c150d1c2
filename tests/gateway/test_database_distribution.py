"""The plan by which Citus spreads the schema: every table has one place, and Citus can hold what the schema asks of it.

What the plan does on Citus itself is tried in `tests/citus`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Table, UniqueConstraint

from gateway import database_distribution as distribution
from gateway.database_distribution import Kind, Placement, may_refer, placement_of, plan
from gateway.errors import GatewayError
from tests.databases import empty_database

TABLES = distribution.tables()
BY_NAME = {table.name: table for table in TABLES}


def placement(table: str) -> Placement:
    return placement_of(BY_NAME[table])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
class TestEveryTable:
    def test_has_one_place_and_a_reason(self, table: Table) -> None:
        assert placement_of(table).why

    def test_has_the_column_that_it_lies_by_in_every_unique_key(self, table: Table) -> None:
        column = placement_of(table).column
        if column is None:
            return
        unique: list[Any] = [table.primary_key, *(index for index in table.indexes if index.unique)]
        unique += [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        assert [each.name for each in unique if column not in each.columns] == []

    def test_refers_only_to_where_citus_can_follow(self, table: Table) -> None:
        for key in table.foreign_key_constraints:
            columns, targets = [c.name for c in key.columns], [e.column.name for e in key.elements]
            assert may_refer(placement_of(table), placement_of(key.referred_table), columns, targets)


class TestThePlan:
    def test_names_no_table_that_is_not_there(self) -> None:
        lists = (*distribution.ON_EVERY_NODE.values(), *distribution.ON_THE_COORDINATOR.values())
        named = Counter(name for names in lists for name in names)
        assert {name for name, count in named.items() if count > 1 or name not in BY_NAME} == set()

    def test_lays_books_first_and_what_stays_last(self) -> None:
        placements = plan()
        assert placements[0].table == "books"
        kinds = [list(Kind).index(each.kind) for each in placements]
        assert kinds == sorted(kinds)
        assert {each.table for each in placements} == BY_NAME.keys()

    def test_names_a_table_that_nobody_has_placed(self) -> None:
        table = sa.Table("novelties", sa.MetaData(), info={"shard_key": None})
        with pytest.raises(LookupError, match="novelties is placed 0 times"):
            placement_of(table)

    def test_names_a_table_that_was_placed_twice(self) -> None:
        table = sa.Table("members", sa.MetaData(), info={"shard_key": "member_id"})
        with pytest.raises(LookupError, match="members is placed 2 times"):
            placement_of(table)


class TestAForeignKey:
    def test_leads_from_book_to_book_by_the_book(self) -> None:
        exchanges, steps = placement("exchanges"), placement("exchange_steps")
        both = ["book_id", "exchange_id"]
        assert may_refer(steps, exchanges, both, both)
        assert not may_refer(steps, exchanges, ["exchange_id"], ["exchange_id"])

    def test_leads_to_what_is_on_every_node(self) -> None:
        key = ["municipality", "shop_id"]
        assert may_refer(placement("spends"), placement("shops"), key, key)

    def test_stays_on_the_coordinator(self) -> None:
        assert may_refer(placement("sessions"), placement("members"), ["member_id"], ["member_id"])
        assert not may_refer(placement("exchanges"), placement("members"), ["book_id"], ["member_id"])
        assert not may_refer(placement("members"), placement("exchanges"), ["member_id"], ["book_id"])


def test_an_embedded_database_is_not_spread(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as conn, pytest.raises(GatewayError, match="db copy"):
        distribution.look(conn)
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestOnPlainPostgres:
    @pytest.fixture
    def conn(self, postgres: str) -> Iterator[sa.Connection]:
        empty_database(postgres)
        engine = sa.create_engine(postgres, poolclass=sa.NullPool)
        with engine.connect() as conn:
            yield conn
            conn.rollback()
        engine.dispose()

    def test_is_refused_where_there_is_no_citus(self, conn: sa.Connection) -> None:
        with pytest.raises(GatewayError, match="this PostgreSQL has no Citus"):
            distribution.look(conn)

    def test_names_a_unique_index_that_could_not_be_held(self, conn: sa.Connection) -> None:
        by_name = {each.table: each for each in plan()}
        distribution.require_unique_keys(conn, by_name)
        conn.exec_driver_sql("CREATE UNIQUE INDEX one_reference ON exchanges (partner_id, reference)")
        with pytest.raises(GatewayError, match=r"exchanges is to lie by book_id, .* one_reference"):
            distribution.require_unique_keys(conn, by_name)

    def test_names_a_foreign_key_that_could_not_be_held(self, conn: sa.Connection) -> None:
        by_name = {each.table: each for each in plan()}
        distribution.require_foreign_keys(conn, by_name)
        conn.exec_driver_sql(
            "ALTER TABLE exchange_owners ADD CONSTRAINT its_book FOREIGN KEY (book_id) REFERENCES books"
        )
        with pytest.raises(GatewayError, match="its_book of exchange_owners refers to books"):
            distribution.require_foreign_keys(conn, by_name)
