"""Exchanges of before keep their kind: a coupon's stays a coupon's, whatever state it is in."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import migrations
from tests.databases import upgraded_database

STORED = "INSERT INTO exchanges (book_id, exchange_id, partner_id, state, request_hash, coupon_hash, started_at) VALUES "


@pytest.mark.xdist_group("postgres")
def test_the_step_reads_it_out_of_what_is_there_and_back(url: str) -> None:
    upgraded_database(url, "0014_four_eyes")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql(
            STORED + "('member:1', 'linked', 'saison', 'open', 'x', NULL, 1),"
            "('member:1', 'coupon', 'miles', 'open', 'y', 'hash', 2), ('member:2', 'ended', 'miles', 'settled', 'z', 'h2', 3)"
        )
    migrations.upgrade(url)
    with engine.connect() as conn:
        kinds = conn.exec_driver_sql("SELECT exchange_id, kind FROM exchanges ORDER BY exchange_id").all()
    assert kinds == [("coupon", "coupon"), ("ended", "coupon"), ("linked", "account")]
    migrations.downgrade(url, "0014_four_eyes")
    with engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT * FROM exchanges").all()
    assert len(rows) == 3
