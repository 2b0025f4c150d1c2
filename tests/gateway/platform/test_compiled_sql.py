"""A compiled statement says and gives the same as the library's own way, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.model import JST
from gateway.platform.compiled_sql import CompiledInStatement, CompiledStatement
from gateway.platform.tables import linked_accounts, seen_nonces

NOW = datetime(2018, 7, 31, 12, 0, 0, 1, tzinfo=JST)
ROW = {
    "book_id": "member:1",
    "partner_id": "saison",
    "service_id": "サービス",
    "shown_as": "見本 様",
    "token": b"\x00\xff",
    "linked_at": NOW,
}
_l = linked_accounts
ADD = CompiledStatement(sa.insert(_l).returning(*_l.c))
FIND = CompiledStatement(sa.select(_l).where(_l.c.book_id == sa.bindparam("book")))
RENAME = CompiledStatement(
    sa.update(_l)
    .where(_l.c.book_id == sa.bindparam("book"))
    .values(service_id=_l.c.service_id + "!")
    .returning(_l.c.service_id)
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest):
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = sa.create_engine(url)
    for table in (linked_accounts, seen_nonces):
        table.drop(made, checkfirst=True)
        table.create(made)
    yield made
    made.dispose()


def test_a_row_comes_back_as_the_library_would_give_it(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        assert ADD.all(conn, ROW) == [ROW]
        assert FIND.first(conn, {"book": "member:1"}) == ROW
        assert [row._asdict() for row in conn.execute(sa.select(_l))] == [ROW]


def test_nothing_found_is_none(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        assert FIND.first(conn, {"book": "member:1"}) is None
        assert FIND.all(conn, {"book": "member:1"}) == []


def test_none_stays_none(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        assert ADD.all(conn, ROW | {"token": None})[0]["token"] is None


def test_columns_that_are_left_out_have_their_default(engine: sa.Engine) -> None:
    values = {name: value for name, value in ROW.items() if name != "token"}
    with engine.begin() as conn:
        assert ADD.all(conn, values) == [ROW | {"token": None}]
        assert ADD.all(conn, ROW | {"book_id": "member:2"})[0]["token"] == ROW["token"]


def test_what_the_statement_itself_says_and_what_is_given_go_together(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        ADD.all(conn, ROW)
        values = RENAME.all(conn, {"book": "member:1", "shown_as": "別名", "linked_at": NOW + timedelta(1)})
        assert values == [{"service_id": "サービス!"}]
        row = FIND.first(conn, {"book": "member:1"})
        assert row is not None
        assert (row["shown_as"], row["linked_at"]) == ("別名", NOW + timedelta(1))


def test_a_refusal_of_the_database_is_the_librarys_own_and_quotes_no_value(engine: sa.Engine) -> None:
    with pytest.raises(IntegrityError) as caught, engine.begin() as conn:
        ADD.all(conn, ROW)
        ADD.all(conn, ROW)
    assert "見本" not in str(caught.value).partition("[SQL")[2]
    with engine.begin() as conn:
        assert FIND.all(conn, {"book": "member:1"}) == []


def test_outside_a_transaction_it_begins_one(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        ADD.all(conn, ROW)
        assert conn.in_transaction()
    with engine.connect() as conn:
        assert FIND.all(conn, {"book": "member:1"}) == []


THESE = CompiledInStatement(lambda books: sa.select(_l.c.book_id).where(_l.c.book_id.in_(books)))
THOSE = CompiledInStatement(
    lambda pairs: sa.select(_l.c.book_id).where(
        _l.c.shown_as == sa.bindparam("shown"),
        sa.or_(*(sa.and_(_l.c.book_id == book, _l.c.partner_id == partner) for book, partner in pairs)),
    ),
    width=2,
)


@pytest.mark.parametrize("asked", [0, 1, 2, 3, 7, 40])
def test_a_list_of_any_length_is_asked_about_at_once(engine: sa.Engine, asked: int) -> None:
    with engine.begin() as conn:
        conn.execute(
            sa.insert(_l), [ROW | {"book_id": f"member:{n}", "service_id": f"s-{n}"} for n in range(20)]
        )
        books = [f"member:{n}" for n in range(asked)]
        there = {f"member:{n}" for n in range(min(asked, 20))}
        assert {row["book_id"] for row in THESE.all(conn, books)} == there
        pairs = [(book, "saison" if n % 2 else "airline") for n, book in enumerate(books)]
        values = THOSE.all(conn, pairs, {"shown": "見本 様"})
        assert {row["book_id"] for row in values} == {
            book for book, partner in pairs if partner == "saison"
        } & there
        assert THOSE.all(conn, pairs, {"shown": "別人"}) == []
