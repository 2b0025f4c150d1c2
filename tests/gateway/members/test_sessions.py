"""Sessions: end when idle, when their day is over, when told to; serve one client program; keep no token."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from gateway.errors import ProblemError
from gateway.members import sessions
from gateway.members.sessions import Session
from gateway.platform import tables

NOW = datetime(2018, 7, 1, 9, 0, tzinfo=UTC)
MINUTE, SECOND, TICK = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def begin(
    conn: sa.Connection, member_id: str = "me", at: datetime = NOW, **more: object
) -> tuple[str, Session]:
    token = sessions.new_token()
    options = {"client_id": "portal", **more}
    return token.reveal(), sessions.start(conn, token, member_id=member_id, at=at, **options)  # type: ignore[arg-type]


def find(conn: sa.Connection, token: str, now: datetime = NOW, client_id: str = "portal") -> Session:
    return sessions.find(conn, token, client_id=client_id, now=now)


def assert_ended(conn: sa.Connection, token: str, now: datetime = NOW, client_id: str = "portal") -> None:
    with pytest.raises(ProblemError) as refused:
        find(conn, token, now, client_id)
    assert refused.value.type == "session-ended"
    assert str(refused.value) == "This session has ended; sign in again."


def test_a_token_has_256_random_bits_and_a_prefix_and_does_not_print() -> None:
    token = sessions.new_token()
    assert token.reveal().startswith("pgs_")
    assert len(token.reveal()) == 4 + 43
    assert token != sessions.new_token()
    assert token.reveal() not in f"{token} {token!r}"


def test_a_session_is_found_by_its_token_and_the_token_is_nowhere_in_the_database(
    conn: sa.Connection,
) -> None:
    token, session = begin(conn)
    assert find(conn, token) == session
    row = conn.execute(sa.select(tables.sessions)).one()
    assert token not in str(row)
    assert token[4:] not in str(row)
    assert session.session_id not in token


@pytest.mark.parametrize(
    "token", ["", "pgs_", "x" * 47, "pgs_" + "A" * 43, "pgs_" + "あ" * 43, "\ud800", "pgs_" + "A" * 99_999]
)
def test_a_token_that_we_never_made_is_ended(conn: sa.Connection, token: str) -> None:
    begin(conn)
    assert_ended(conn, token)


def test_a_session_serves_the_client_program_that_made_it_and_no_other(conn: sa.Connection) -> None:
    token, _ = begin(conn, client_id="portal")
    assert_ended(conn, token, client_id="other")
    assert not sessions.end(conn, token, client_id="other")
    assert find(conn, token).client_id == "portal"


def test_a_session_ends_ten_minutes_after_its_last_use(conn: sa.Connection) -> None:
    token, _ = begin(conn)
    assert find(conn, token, NOW + 10 * MINUTE - TICK)
    assert_ended(conn, token, NOW + 10 * MINUTE)


def test_a_session_at_a_shared_terminal_ends_after_two(conn: sa.Connection) -> None:
    token, _ = begin(conn, idle_limit=sessions.SHARED_TERMINAL_IDLE_LIMIT)
    assert find(conn, token, NOW + 2 * MINUTE - TICK)
    assert_ended(conn, token, NOW + 2 * MINUTE)


def test_a_session_in_use_ends_after_eight_hours_all_the_same(conn: sa.Connection) -> None:
    token, session = begin(conn)
    now = NOW
    while now < NOW + timedelta(hours=8) - 5 * MINUTE:
        now += 5 * MINUTE
        session = sessions.mark_seen(conn, token, find(conn, token, now), now)
    assert session.idle_ends_at == session.ends_at == NOW + timedelta(hours=8)
    assert find(conn, token, NOW + timedelta(hours=8) - TICK)
    assert_ended(conn, token, NOW + timedelta(hours=8))


@pytest.mark.parametrize(
    ("idle_limit", "step"),
    [
        (sessions.IDLE_LIMIT, MINUTE),
        (sessions.SHARED_TERMINAL_IDLE_LIMIT, 15 * SECOND),
        (timedelta(hours=1), MINUTE),
    ],
)
def test_a_use_is_written_at_most_once_a_step(
    conn: sa.Connection, idle_limit: timedelta, step: timedelta
) -> None:
    _, session = begin(conn, idle_limit=idle_limit)
    assert not session.to_be_marked(NOW)
    assert not session.to_be_marked(NOW + step - TICK)
    assert session.to_be_marked(NOW + step)


def test_a_session_never_outlives_its_idle_limit_and_ends_at_most_a_step_early(conn: sa.Connection) -> None:
    token, session = begin(conn)
    last_use = NOW
    for seconds in (20, 59, 61, 119, 122, 181):
        last_use = NOW + seconds * SECOND
        session = find(conn, token, last_use)
        if session.to_be_marked(last_use):
            session = sessions.mark_seen(conn, token, session, last_use)
    assert last_use + sessions.IDLE_LIMIT - MINUTE < session.idle_ends_at <= last_use + sessions.IDLE_LIMIT
    assert find(conn, token, session.idle_ends_at - TICK)
    assert_ended(conn, token, session.idle_ends_at)


def test_a_session_ended_meanwhile_is_not_brought_back_by_its_last_use(conn: sa.Connection) -> None:
    token, session = begin(conn)
    assert sessions.end(conn, token, client_id="portal")
    with pytest.raises(ProblemError) as refused:
        sessions.mark_seen(conn, token, session, NOW + 2 * MINUTE)
    assert refused.value.type == "session-ended"
    assert_ended(conn, token)


def test_signing_out_twice_is_one_ending(conn: sa.Connection) -> None:
    token, _ = begin(conn)
    assert sessions.end(conn, token, client_id="portal")
    assert not sessions.end(conn, token, client_id="portal")


def test_a_members_sessions_are_listed_without_the_dead_and_the_last_used_first(conn: sa.Connection) -> None:
    begin(conn, at=NOW - timedelta(hours=9))
    _, early = begin(conn, at=NOW - 5 * MINUTE)
    _, late = begin(conn, at=NOW - MINUTE)
    begin(conn, "other")
    assert sessions.list_by_member(conn, "me", NOW) == (late, early)


def test_a_member_ends_one_of_their_own_sessions_by_name(conn: sa.Connection) -> None:
    mine, session = begin(conn)
    second, _ = begin(conn)
    theirs, their_session = begin(conn, "other")

    for session_id in (their_session.session_id, "", "%", session.session_id[:-1], "_" * 20, "%" * 20):
        with pytest.raises(ProblemError) as refused:
            sessions.end_one(conn, "me", session_id)
        assert refused.value.type == "unknown-session"
    sessions.end_one(conn, "me", session.session_id)

    assert_ended(conn, mine)
    assert find(conn, second)
    assert find(conn, theirs)


def test_all_sessions_end_but_the_one_that_is_kept(conn: sa.Connection) -> None:
    kept, session = begin(conn)
    others = [begin(conn)[0] for _ in range(3)]
    theirs, _ = begin(conn, "other")

    assert sessions.end_all(conn, "me", except_id=session.session_id) == 3
    for token in others:
        assert_ended(conn, token)
    assert find(conn, kept)
    assert sessions.end_all(conn, "me") == 1
    assert_ended(conn, kept)
    assert find(conn, theirs)


def test_the_sweep_deletes_what_has_ended_and_nothing_else(conn: sa.Connection) -> None:
    for minutes in (1, 3, 9):
        begin(conn, at=NOW - minutes * MINUTE)
    begin(conn, at=NOW - 3 * MINUTE, idle_limit=sessions.SHARED_TERMINAL_IDLE_LIMIT)
    for _ in range(1_001):
        begin(conn, at=NOW - 10 * MINUTE)
    assert sessions.forget_ended(conn, NOW) == 1_002
    assert len(sessions.list_by_member(conn, "me", NOW)) == 3
    assert sessions.forget_ended(conn, NOW) == 0


def test_a_session_prints_nothing_that_opens_it(conn: sa.Connection) -> None:
    token, session = begin(conn)
    assert token not in repr(session)
