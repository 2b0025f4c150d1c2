"""What never reaches a log: by name, by type, by value."""

from __future__ import annotations

import pytest

from gateway import Secret
from gateway.platform.redact import is_secret_key, scrubbed, without


@pytest.mark.parametrize(
    "key",
    [
        "pin",
        "PIN",
        "card_pin",
        "password",
        "passwordHash",
        "token",
        "link_tokens",
        "client_secret",
        "code",
        "coupon_code",
        "Authorization",
        "Set-Cookie",
        "X-Api-Key",
        "apiKey",
        "api_key",
        "service_id",
        "signing-key",
    ],
)
def test_a_telling_name_is_a_secret(key):
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key", ["spinner", "opinion", "status_code", "municipality_code", "encoded", "key", "exchange_id", "hook"]
)
def test_a_name_that_only_looks_alike_is_not(key):
    assert not is_secret_key(key)


def test_plain_data_is_scrubbed_at_every_depth_and_the_original_is_left_alone():
    values = {
        "a": [{"password": "sesame", "b": 1}],
        "c": (Secret("sesame"), b"sesame"),
        "d": {"key is sesame"},
        "e": None,
    }
    cleaned = scrubbed(values, ("sesame", ""))
    assert cleaned == {
        "a": [{"password": "***", "b": 1}],
        "c": ["***", "<6 bytes>"],
        "d": ["key is ***"],
        "e": None,
    }
    assert values["a"][0]["password"] == "sesame"  # type: ignore[index]


def test_data_that_contains_itself_ends():
    loop: list = []
    loop.append(loop)
    assert "***" in repr(scrubbed(loop))


def test_known_secrets_are_stars_inside_a_text():
    assert without("a sesame b sesame", ("sesame",)) == "a *** b ***"
