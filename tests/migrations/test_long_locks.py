"""No step from now on keeps the writers of a table waiting that grows with members, exchanges or payments.

Steps are taken on a real PostgreSQL and judged by what they say to it, however they are written.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

import migrations
from migrations import concurrent_index

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
BEFORE_THE_RULE = "0032_ways_in"
STAY_SMALL = frozenset(
    {
        "alembic_version", "anchors", "audit_heads", "audit_seals", "chain_seals", "city_banks", "client_keys", "compared_days",
        "daily_digests", "daily_figures", "day_totals", "deed_rules", "figure_cursors", "first_passwords", "grant_files",
        "grant_cancellations", "grant_projects", "issue_figures", "journal_ends", "maintenance_windows", "month_figures", "partner_controls",
        "payouts", "point_rules", "point_service_issuers", "point_services", "project_limits", "proposal_decisions",
        "proposals", "schema_marker", "settlement_accounts", "settlements", "shop_account_changes", "shop_debts", "shops",
        "staff", "staff_challenges", "staff_changes", "staff_grant_days", "staff_passkeys", "staff_sessions",
        "support_events", "transfer_file_contents", "transfer_files", "venue_limits", "webhook_keys",
    }
)  # fmt: skip
"""Their rows are counted by cities, shops, staff or days, or by what staff undoes one by one."""

_TABLE = r'(?:IF EXISTS )?(?:ONLY )?(?:public\.)?"?(\w+)"?'
_CREATED = re.compile(rf"^\s*CREATE TABLE (?:IF NOT EXISTS )?{_TABLE}", re.IGNORECASE)
_BLOCKING = (
    (re.compile(rf"^\s*CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {_TABLE}", re.IGNORECASE | re.DOTALL),
     "build it by migrations.concurrent_index, in a step of its own"),
    (re.compile(rf"^\s*ALTER TABLE {_TABLE}(?!.*(?:NOT VALID|USING INDEX)).*\bADD (?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN)",
                re.IGNORECASE | re.DOTALL),
     "add it NOT VALID and validate it in the next step, or USING INDEX of one built concurrently"),
    (re.compile(rf"^\s*ALTER TABLE {_TABLE}.*\b(?:TYPE|SET DATA TYPE|SET NOT NULL)\b", re.IGNORECASE | re.DOTALL),
     "add a new column, fill it by portions, and read it from the next release on"),
    (re.compile(rf"^\s*(?:CLUSTER|VACUUM FULL|REINDEX TABLE(?! CONCURRENTLY)|LOCK TABLE) {_TABLE}", re.IGNORECASE),
     "nobody can write meanwhile"),
)  # fmt: skip


def long_locks(statements: list[str]) -> list[str]:
    """What of these would keep writers of a big table waiting, each with what to do in its place."""
    new = {match.group(1) for text in statements if (match := _CREATED.match(text))}
    return [
        f"{' '.join(text.split())[:120]}: {remedy}"
        for text in statements
        for pattern, remedy in _BLOCKING
        if (match := pattern.match(text)) and match.group(1) not in new | STAY_SMALL
    ]


@contextmanager
def recorded() -> Iterator[list[str]]:
    said: list[str] = []

    def before(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        yield said
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", before)


def test_no_step_from_now_on_takes_a_long_lock(empty_postgres: str) -> None:
    migrations.upgrade(empty_postgres, BEFORE_THE_RULE)
    for step in migrations.list_steps(BEFORE_THE_RULE):
        with recorded() as said:
            migrations.upgrade(empty_postgres, step.revision)
        assert long_locks(said) == [], step.revision
    assert migrations.status(empty_postgres).state is migrations.SchemaState.CURRENT


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("CREATE INDEX moves_by_kind ON moves (kind)", True),
        ('CREATE UNIQUE INDEX x\n ON public."exchanges" (a)', True),
        ("CREATE INDEX CONCURRENTLY moves_by_kind ON moves (kind)", False),
        ("CREATE INDEX staff_by_role ON staff (role)", False),
        ("ALTER TABLE moves ADD CONSTRAINT c CHECK (points > 0)", True),
        ("ALTER TABLE moves ADD CONSTRAINT c CHECK (points > 0) NOT VALID", False),
        ("ALTER TABLE spends ADD CONSTRAINT k UNIQUE USING INDEX i", False),
        ("ALTER TABLE moves ALTER COLUMN kind SET NOT NULL", True),
        ("ALTER TABLE moves ALTER COLUMN kind TYPE varchar", True),
        ("ALTER TABLE moves ADD COLUMN note text NOT NULL DEFAULT ''", False),
        ("LOCK TABLE moves", True),
    ],
)
def test_the_rule_tells_them_apart(statement: str, is_refused: bool) -> None:
    assert bool(long_locks([statement])) is is_refused
    assert long_locks(["CREATE TABLE moves (id int)", "CREATE INDEX i ON moves (id)"]) == []


def test_the_tables_that_stay_small_are_there(empty_postgres: str) -> None:
    migrations.upgrade(empty_postgres)
    engine = sa.create_engine(empty_postgres, poolclass=sa.NullPool)
    assert sorted(STAY_SMALL - set(sa.inspect(engine).get_table_names())) == []


ADD_BOOK = "INSERT INTO books (book_id, seq, head) VALUES ('member:{}', 0, '\\x00')"


class TestConcurrently:
    @pytest.fixture
    def engine(self, empty_postgres: str) -> Iterator[sa.Engine]:
        migrations.upgrade(empty_postgres)
        engine = sa.create_engine(empty_postgres, poolclass=sa.NullPool)
        yield engine
        engine.dispose()

    def build(self, engine: sa.Engine, *, plainly: bool = False) -> None:
        """As a step of an upgrade does, with its short patience for locks."""
        with engine.connect() as conn:
            conn.exec_driver_sql("SET lock_timeout = '5s'")
            conn.commit()
            context = MigrationContext.configure(conn)
            with Operations.context(context), context.begin_transaction(_per_migration=True):
                if plainly:
                    conn.exec_driver_sql("CREATE INDEX books_by_seq ON books (seq)")
                    conn.commit()
                else:
                    concurrent_index.create_index("books_by_seq", "books", ["seq"])
                    assert conn.exec_driver_sql("SHOW lock_timeout").scalar() == "5s"

    @pytest.mark.parametrize("plainly", [False, True], ids=["concurrently", "plainly"])
    def test_whoever_writes_does_not_wait_for_it(self, engine: sa.Engine, plainly: bool) -> None:
        """The build waits for a transaction that is open; a plain one has everybody wait behind it."""
        with engine.connect() as opened:
            opened.exec_driver_sql(ADD_BOOK.format(1))
            building = threading.Thread(target=self.build, args=(engine,), kwargs={"plainly": plainly})
            building.start()
            until_it_waits(engine)
            with engine.connect() as writer:
                writer.exec_driver_sql("SET lock_timeout = '300ms'")
                if plainly:
                    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                        writer.exec_driver_sql(ADD_BOOK.format(2))
                else:
                    writer.exec_driver_sql(ADD_BOOK.format(2))
                    writer.commit()
            opened.commit()
            building.join(60)
        with engine.connect() as conn:
            assert is_valid(conn) is True

    def test_what_a_cut_off_build_has_left_is_built_again(self, engine: sa.Engine) -> None:
        with engine.connect() as opened:
            opened.exec_driver_sql(ADD_BOOK.format(1))
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("SET lock_timeout = '100ms'")
                with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                    conn.exec_driver_sql("CREATE INDEX CONCURRENTLY books_by_seq ON books (seq)")
            with engine.connect() as conn:
                assert is_valid(conn) is False
            opened.rollback()
        for _ in range(2):  # the second finds it, and lets it be
            self.build(engine)
            with engine.connect() as conn:
                assert is_valid(conn) is True

    @pytest.mark.nightly
    @pytest.mark.timeout(1_800)
    def test_on_a_million_moves_nobody_waits(self, engine: sa.Engine, record_property: Any) -> None:
        """A writer that waits longer than a gateway's own patience fails here; how long it waited is recorded."""
        with engine.begin() as conn:
            conn.exec_driver_sql(
                "INSERT INTO moves (book_id, seq, id, action, source, target, points, at, kind, reference, details, lots,"
                " source_balance, target_balance, source_prev, target_prev, asked, hash)"
                " SELECT 'member:' || n / 10, n, 'm-' || n, 'transfer', 'a', 'b', 1, n, 'grant', '', '', '', 0, 0, 0, 0, '\\x00',"
                " '\\x00' FROM generate_series(1, 1000000) n"
            )
        waits: list[float] = []
        ended = threading.Event()

        def write() -> None:
            with engine.connect() as conn:
                conn.exec_driver_sql("SET lock_timeout = '5s'")
                number = 1_000_001
                while not ended.is_set():
                    began = time.perf_counter()
                    conn.exec_driver_sql(
                        "INSERT INTO moves (book_id, seq, id, action, source, target, points, at, kind, reference, details,"
                        " lots, source_balance, target_balance, source_prev, target_prev, asked, hash) VALUES ('member:x',"
                        f" {number}, 'm-{number}', 'transfer', 'a', 'b', 1, 1, 'grant', '', '', '', 0, 0, 0, 0, '\\x00', '\\x00')"
                    )
                    conn.commit()
                    waits.append(time.perf_counter() - began)
                    number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with engine.connect() as conn:
                context = MigrationContext.configure(conn)
                began = time.perf_counter()
                with Operations.context(context), context.begin_transaction(_per_migration=True):
                    concurrent_index.create_index("moves_by_kind", "moves", ["kind", "at"])
                record_property("build_s", time.perf_counter() - began)
        finally:
            ended.set()
            writer.join(60)
        record_property("writes", len(waits))
        record_property("longest_wait_s", max(waits))
        assert len(waits) > 10


def is_valid(conn: Connection) -> bool | None:
    query = "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = 'books_by_seq'"
    return conn.exec_driver_sql(query).scalar()


def until_it_waits(engine: sa.Engine) -> None:
    """Until a session waits for a lock of another one."""
    deadline = time.monotonic() + 30
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).scalar():
            assert time.monotonic() < deadline
            time.sleep(0.01)
