"""Lock-out: five misses close the door for a quarter of an hour, each further one for twice as long, up to a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool

from gateway.errors import ProblemError
from gateway.members import lockout
from gateway.platform import tables

NOW = datetime(2018, 7, 1, 9, 0, tzinfo=UTC)
MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def miss(conn: sa.Connection, times: int, at: datetime = NOW, key: str = "key") -> None:
    for _ in range(times):
        lockout.count_attempt(conn, key, at)


def locked_until(conn: sa.Connection, at: datetime = NOW, key: str = "key") -> datetime:
    with pytest.raises(ProblemError) as refused:
        lockout.count_attempt(conn, key, at)
    assert refused.value.type == "sign-in-locked"
    until = datetime.fromisoformat(str(refused.value.facts["again_at"]))
    assert refused.value.facts["retry_after_s"] == -((at - until) // timedelta(seconds=1))
    return until


@pytest.mark.parametrize(
    ("misses", "minutes"),
    [(5, 15), (6, 30), (7, 60), (8, 120), (9, 240), (10, 480), (11, 960), (12, 1440), (99, 1440)],
)
def test_locks_double_up_to_a_day(misses: int, minutes: int) -> None:
    assert lockout.lock_after(misses) == minutes * MINUTE


@given(st.integers(0, 4))
def test_fewer_than_five_misses_lock_nothing(misses: int) -> None:
    assert lockout.lock_after(misses) is None


def test_five_attempts_are_let_through_and_the_sixth_waits_a_quarter_of_an_hour(conn: sa.Connection) -> None:
    miss(conn, 5)
    assert locked_until(conn) == NOW + 15 * MINUTE
    assert locked_until(conn, NOW + 15 * MINUTE - TICK) == NOW + 15 * MINUTE
    miss(conn, 1, NOW + 15 * MINUTE)


def test_attempts_while_locked_do_not_lengthen_the_lock(conn: sa.Connection) -> None:
    miss(conn, 5)
    for seconds in range(100):
        assert locked_until(conn, NOW + timedelta(seconds=seconds)) == NOW + 15 * MINUTE


def test_a_miss_after_a_lock_locks_twice_as_long(conn: sa.Connection) -> None:
    miss(conn, 5)
    after = NOW + 15 * MINUTE
    miss(conn, 1, after)
    assert locked_until(conn, after) == after + 30 * MINUTE


def test_a_right_password_wipes_the_slate(conn: sa.Connection) -> None:
    miss(conn, 4)
    lockout.reset(conn, "key")
    miss(conn, 5)
    assert locked_until(conn) == NOW + 15 * MINUTE


def test_an_attempt_never_looked_at_is_taken_back_with_its_lock(conn: sa.Connection) -> None:
    miss(conn, 5)
    lockout.uncount(conn, "key")
    miss(conn, 1)
    assert locked_until(conn) == NOW + 15 * MINUTE
    lockout.uncount(conn, "nobody")


def test_one_id_locked_leaves_the_others_open(conn: sa.Connection) -> None:
    miss(conn, 5)
    miss(conn, 4, key="other")
    assert locked_until(conn)


def test_misses_a_day_old_no_longer_count(conn: sa.Connection) -> None:
    miss(conn, 4)
    miss(conn, 4, NOW + timedelta(days=1))
    miss(conn, 1, NOW + timedelta(days=1))
    assert locked_until(conn, NOW + timedelta(days=1)) == NOW + timedelta(days=1) + 15 * MINUTE


def test_misses_within_a_day_of_each_other_go_on_counting(conn: sa.Connection) -> None:
    for day in range(4):
        miss(conn, 1, NOW + day * timedelta(hours=23))
    miss(conn, 1, NOW + timedelta(hours=92))
    assert locked_until(conn, NOW + timedelta(hours=92))


def test_the_sweep_forgets_what_no_longer_counts(conn: sa.Connection) -> None:
    miss(conn, 1, key="old")
    miss(conn, 5, key="locked")
    assert lockout.prune(conn, NOW + timedelta(days=1) - TICK) == 0
    assert lockout.prune(conn, NOW + timedelta(days=1)) == 1
    assert lockout.prune(conn, NOW + timedelta(days=1) + 15 * MINUTE) == 1
