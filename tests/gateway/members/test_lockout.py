"""Lock-out: five misses close the door for a quarter of an hour, each further one for twice as long, up to a day."""

import contextlib
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


HOME, AWAY = lockout.Origin(source="home"), lockout.Origin(source="away")
KNOWN = lockout.Origin(source="away", device="laptop")


class TestALockIsNoWeapon:
    """It closes for where the misses came from; who is known elsewhere passes."""

    def is_locked(self, conn: sa.Connection, origin: lockout.Origin, at: datetime = NOW) -> bool:
        before = conn.execute(sa.select(tables.sign_in_misses)).all()
        try:
            lockout.count_attempt(conn, "key", at, origin)
        except ProblemError:
            return True
        lockout.uncount(conn, "key", origin)
        assert len(before) <= len(conn.execute(sa.select(tables.sign_in_misses)).all())
        return False

    def missed(self, conn: sa.Connection, times: int, origin: lockout.Origin, at: datetime = NOW) -> None:
        for _ in range(times):
            lockout.count_attempt(conn, "key", at, origin)

    def test_a_strangers_misses_lock_the_stranger_and_not_the_owner(self, conn: sa.Connection) -> None:
        self.missed(conn, 5, AWAY)
        assert self.is_locked(conn, AWAY)
        assert not self.is_locked(conn, HOME)

    def test_an_owner_at_home_gives_the_stranger_no_new_guesses(self, conn: sa.Connection) -> None:
        self.missed(conn, 5, AWAY)
        self.missed(conn, 1, HOME)
        lockout.reset(conn, "key", HOME)
        assert self.is_locked(conn, AWAY)

    def test_one_source_alone_never_closes_the_login_to_others(self, conn: sa.Connection) -> None:
        at = NOW
        for _ in range(100):
            self.missed(conn, 1, AWAY, at)
            at += timedelta(hours=25)
        for _ in range(500):
            with contextlib.suppress(ProblemError):
                lockout.count_attempt(conn, "key", at, AWAY)
        assert not self.is_locked(conn, HOME, at)

    def test_misses_from_everywhere_close_it_to_unknown_devices_for_a_quarter_of_an_hour(
        self, conn: sa.Connection
    ) -> None:
        for network in range(50):
            self.missed(conn, 1, lockout.Origin(source=f"net{network}"))
        assert self.is_locked(conn, HOME)
        assert not self.is_locked(conn, KNOWN)
        late = NOW + 15 * MINUTE
        self.missed(conn, 1, lockout.Origin(source="one more"), late)
        assert self.is_locked(conn, HOME, late)
        assert not self.is_locked(conn, HOME, late + 15 * MINUTE)  # it does not double

    def test_a_known_device_has_five_misses_of_its_own(self, conn: sa.Connection) -> None:
        self.missed(conn, 5, KNOWN)
        assert self.is_locked(conn, KNOWN)
        assert not self.is_locked(conn, AWAY)

    def test_the_owner_hears_how_often_others_have_missed(self, conn: sa.Connection) -> None:
        self.missed(conn, 3, AWAY)
        self.missed(conn, 2, HOME)  # a slip of the owner's and the right password
        assert lockout.reset(conn, "key", HOME) == 3
        self.missed(conn, 1, HOME)
        assert lockout.reset(conn, "key", HOME) == 0

    def test_a_reset_lifts_every_lock_of_the_login_and_of_no_other(self, conn: sa.Connection) -> None:
        for origin in (AWAY, HOME, KNOWN):
            self.missed(conn, 5, origin)
        miss(conn, 5, key="key2")
        lockout.reset_everywhere(conn, "key")
        assert not any(self.is_locked(conn, origin) for origin in (AWAY, HOME, KNOWN))
        assert locked_until(conn, key="key2")
