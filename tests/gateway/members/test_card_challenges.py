"""Challenges in the database: one taker each, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from card.challenges import LIFETIME, Challenge
from card.client_data import Purpose
from gateway.members.card_challenges import consume, forget_expired, issue
from gateway.platform.tables import card_challenges

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    if request.param == "sqlite":
        made = sa.create_engine(f"sqlite:///{tmp_path / 'challenges.db'}")
        card_challenges.create(made)
        yield made
        made.dispose()
        return
    # A schema of our own: the database is shared with other tests.
    options = {"options": "-csearch_path=card_challenges_test"}
    made = sa.create_engine(request.getfixturevalue("postgres"), connect_args=options)
    with made.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA IF EXISTS card_challenges_test CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA card_challenges_test")
    card_challenges.create(made)
    yield made
    with made.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA card_challenges_test CASCADE")
    made.dispose()


def a_challenge(value="a" * 43, **changes):
    values: dict[str, Any] = {"purpose": Purpose.LOGIN, "session": "s", "expires_at": NOW + LIFETIME}
    return Challenge(value, **(values | changes))


def test_a_challenge_comes_back_as_it_was_and_only_once(engine):
    with engine.begin() as conn:
        issue(conn, a_challenge(purpose=Purpose.RELINK))
    with engine.begin() as conn:
        assert consume(conn, "a" * 43) == a_challenge(purpose=Purpose.RELINK)
        assert consume(conn, "a" * 43) is None
    with engine.begin() as conn:
        assert consume(conn, "b" * 43) is None


def test_of_many_takers_at_once_one_gets_it(engine):
    with engine.begin() as conn:
        issue(conn, a_challenge())
    start, got = threading.Barrier(6), []

    def take():
        start.wait()
        with engine.begin() as conn:
            got.append(consume(conn, "a" * 43))

    takers = [threading.Thread(target=take) for _ in range(6)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert sorted(one is not None for one in got) == [False] * 5 + [True]


def test_what_expired_is_kept_for_one_more_lifetime_and_then_forgotten(engine):
    with engine.begin() as conn:
        issue(conn, a_challenge())
        issue(conn, a_challenge("c" * 43, expires_at=NOW + 3 * LIFETIME))
    with engine.begin() as conn:
        assert forget_expired(conn, NOW + 2 * LIFETIME - timedelta(microseconds=1)) == 0
        assert forget_expired(conn, NOW + 2 * LIFETIME) == 1
        assert consume(conn, "a" * 43) is None
        assert consume(conn, "c" * 43) is not None
