"""One source is one bucket, however it or a proxy spells its address."""

from __future__ import annotations

import pytest

from httpkit.client_address import bucket_of


@pytest.mark.parametrize(
    ("spellings", "bucket"),
    [
        (("192.0.2.7", "192.0.2.7:5001", " 192.0.2.7 ", '"192.0.2.7:80"', "::ffff:192.0.2.7"), "192.0.2.7"),
        (
            ("2001:db8::1", "[2001:db8::1]:443", "[2001:db8::1]", "2001:0DB8:0:0::ffff", "2001:db8::9%eth0"),
            "2001:db8::/64",
        ),
        (("2001:db8:0:1::1", "[2001:db8:0:1:ffff::]:1"), "2001:db8:0:1::/64"),
        (("unknown", "unknown"), "unknown"),
    ],
)
def test_every_spelling_is_the_same_bucket(spellings: tuple[str, ...], bucket: str) -> None:
    assert {bucket_of(spelling) for spelling in spellings} == {bucket}


def test_what_is_no_address_is_kept_short() -> None:
    assert len(bucket_of("x" * 10_000)) == 64
