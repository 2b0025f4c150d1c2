"""What `check` says of the keys of client programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.client import new_key_pair
from gateway.http.client_keys import register_key, revoke_key
from gateway.http.client_scopes import Scope
from gateway.preflight import State
from gateway.preflight.client_keys import check_client_keys
from tests.databases import upgraded_database

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)


@pytest.fixture
def conn(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    upgraded_database(url)
    engine = sa.create_engine(url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def add(conn: sa.Connection, scope: Scope | None, ends_at: datetime | None = None) -> str:
    pair = new_key_pair()
    register_key(conn, "portal", pair.key_id, pair.public_raw, NOW, scope=scope, ends_at=ends_at)
    return pair.key_id


@pytest.mark.parametrize(
    ("scope", "ends_in", "words"),
    [
        (None, None, "has no scope"),
        (Scope.PORTAL, timedelta(days=29), "ends on 2026-12-29"),
        (None, timedelta(0), "has ended"),
    ],
)
def test_a_key_that_is_to_be_made_anew_is_named(conn, scope, ends_in, words) -> None:
    key_id = add(conn, scope, None if ends_in is None else NOW + ends_in)
    (finding,) = check_client_keys(conn, NOW)
    assert finding.state is State.WARNING
    assert key_id in finding.sentence
    assert words in finding.sentence


def test_sound_and_revoked_keys_are_no_matter(conn) -> None:
    add(conn, Scope.PORTAL, NOW + timedelta(days=365))
    revoke_key(conn, add(conn, None), NOW)
    (finding,) = check_client_keys(conn, NOW)
    assert finding.state is State.OK
