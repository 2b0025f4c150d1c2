"""A key is taken once, whichever database says so."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from gateway.model import JST
from gateway.platform.sql import insert_all_new, insert_new
from gateway.platform.tables import exchange_owners, seen_nonces


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest):
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = sa.create_engine(url)
    for table in (exchange_owners, seen_nonces):
        table.drop(made, checkfirst=True)
        table.create(made)
    yield made
    made.dispose()


def test_the_first_takes_the_key_and_the_second_is_told_so(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        assert insert_new(conn, exchange_owners, exchange_id="x", book_id="member:1")
        assert not insert_new(conn, exchange_owners, exchange_id="x", book_id="member:2")
        assert conn.execute(sa.select(exchange_owners.c.book_id)).scalars().all() == ["member:1"]


def test_a_key_of_two_columns_is_compared_whole(engine: sa.Engine) -> None:
    now = datetime(2018, 7, 31, tzinfo=JST)
    with engine.begin() as conn:
        taken = [
            insert_new(conn, seen_nonces, key_id=key_id, nonce=nonce, forget_at=now)
            for key_id, nonce in (("a", "1"), ("a", "2"), ("b", "1"), ("a", "1"))
        ]
    assert taken == [True, True, True, False]


def test_of_many_rows_those_with_a_new_key_are_inserted_and_told(engine: sa.Engine) -> None:
    now = datetime(2018, 7, 31, tzinfo=JST)
    rows = [{"key_id": "k", "nonce": nonce, "forget_at": now} for nonce in ("1", "2", "2", "3")]
    with engine.begin() as conn:
        assert insert_new(conn, seen_nonces, **rows[0])
        assert insert_all_new(conn, seen_nonces, rows) == {("k", "2"), ("k", "3")}
        assert insert_all_new(conn, seen_nonces, rows) == set()
