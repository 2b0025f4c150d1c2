"""A browser that has signed in before is known by a token that says so and opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.members.known_devices import DEVICE_TTL, new_device, origin_of
from gateway.platform.encryption import Vault

NOW = datetime(2018, 7, 1, 9, 0, tzinfo=UTC)
VAULT = Vault([b"s" * 48], b"l" * 48)


def is_known(token: str, login: str = "KAXAMA99", at: datetime = NOW, kind: str = "member") -> bool:
    return bool(origin_of(VAULT, login, "192.0.2.1", [token], at, kind=kind).device)


def test_it_is_known_for_its_login_for_half_a_year() -> None:
    token = new_device(VAULT, "KAXAMA99", NOW, kind="member").reveal()
    assert is_known(token)
    assert is_known(token, at=NOW + DEVICE_TTL - timedelta(seconds=1))
    assert not is_known(token, at=NOW + DEVICE_TTL)


def test_for_another_login_kind_key_or_time_it_is_nothing() -> None:
    token = new_device(VAULT, "KAXAMA99", NOW, kind="member").reveal()
    assert not is_known(token, login="KAXAMA98")
    assert not is_known(token, kind="staff")
    assert not is_known(token, at=NOW - timedelta(minutes=2))
    other = Vault([b"s" * 48], b"x" * 48)
    assert not origin_of(other, "KAXAMA99", "", [token], NOW, kind="member").device


@pytest.mark.parametrize("place", range(4, 94, 7))
def test_a_token_that_was_changed_anywhere_is_nothing(place: int) -> None:
    token = new_device(VAULT, "KAXAMA99", NOW, kind="member").reveal()
    changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
    assert not is_known(changed)


def test_neither_token_nor_address_is_kept_as_it_is() -> None:
    token = new_device(VAULT, "KAXAMA99", NOW, kind="member")
    origin = origin_of(VAULT, "KAXAMA99", "192.0.2.1", [token.reveal()], NOW, kind="member")
    assert origin.device not in token.reveal()
    assert "192" not in origin.source
    assert token.reveal() not in repr(token)
    assert origin_of(VAULT, "KAXAMA99", "192.0.2.2", [], NOW, kind="member").source != origin.source
