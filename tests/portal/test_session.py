"""What the browser carries for us: unreadable, unchangeable, and worthless when idle."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from httpkit.clock import JST
from pagekit.session_cookie import SessionCipher
from pagekit.throttle import LoginThrottle
from portal.session import Session, mask_id, mask_name, members_seal, new_session

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
SECRET = b"a long enough secret of the operator's"
SEAL = members_seal(SECRET)


@pytest.fixture
def session() -> Session:
    return new_session("pgs_" + "x" * 43, "見本太郎", "ABCD2345", shared_terminal=False, now=NOON)


def test_a_sealed_session_opens_as_it_was(session: Session) -> None:
    assert SEAL.open(SEAL.seal(session)) == session


def test_nothing_of_a_session_can_be_read_in_the_cookie(session: Session) -> None:
    raw = base64.urlsafe_b64decode(SEAL.seal(session))
    assert b"pgs_" not in raw
    assert "郎".encode() not in raw


def test_a_cookie_changed_in_any_byte_is_no_session(session: Session) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SEAL.seal(session)))
    for place in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert SEAL.open(base64.urlsafe_b64encode(bytes(changed)).decode()) is None


@pytest.mark.parametrize(
    "cookie", ["", "x", "=", "é", "A" * 5_000, "AAAA", base64.urlsafe_b64encode(b"{}" * 30).decode()]
)
def test_what_is_not_ours_is_no_session(cookie: str) -> None:
    assert SEAL.open(cookie) is None


def test_another_secret_opens_nothing(session: Session) -> None:
    assert members_seal(b"the secret of somebody else altogether").open(SEAL.seal(session)) is None


def test_another_sites_seal_opens_nothing_though_it_has_the_same_secret(session: Session) -> None:
    assert SessionCipher(SECRET, "another site's session", Session).open(SEAL.seal(session)) is None


def test_a_session_ends_after_ten_idle_minutes_and_after_two_at_a_shared_terminal(session: Session) -> None:
    assert session.alive(NOON + timedelta(minutes=9, seconds=59))
    assert not session.alive(NOON + timedelta(minutes=10))
    shared = replace(session, shared_terminal=True)
    assert shared.alive(NOON + timedelta(minutes=1, seconds=59))
    assert not shared.alive(NOON + timedelta(minutes=2))


def test_a_session_does_not_tell_its_token_or_its_form_secret(session: Session) -> None:
    assert session.token not in repr(session)
    assert session.form_secret not in repr(session)


@pytest.mark.parametrize(
    ("name", "shown"), [("見本太郎", "見＊＊郎"), ("林", "林＊"), ("林一", "林＊"), ("A B", "A＊B")]
)
def test_a_name_is_masked_in_the_middle(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_a_mykey_id_shows_its_ends() -> None:
    assert mask_id("ABCD2345") == "AB＊＊＊＊45"


def test_an_address_that_tries_too_often_has_to_wait_and_another_has_not() -> None:
    patience = LoginThrottle(burst=3, per_second=0.5)
    assert [patience.allows("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert patience.allows("b", 0.0)
    assert not patience.allows("a", 1.9)
    assert patience.allows("a", 2.0)
