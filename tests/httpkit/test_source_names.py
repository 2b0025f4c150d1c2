"""How an address stands in a log, by the operator's choice."""

from __future__ import annotations

import pytest

from httpkit.source_names import SourceAddress, SourceNames


def name(how: str, address: str) -> str:
    return SourceNames(how=SourceAddress(how), keyed_hash=lambda text: f"hash of {text:60}").name(address)


@pytest.mark.parametrize(
    ("how", "address", "written"),
    [
        ("full", "192.0.2.77:5000", "192.0.2.77"),
        ("full", "[2001:db8:1:2::3]:443", "2001:db8:1:2::3"),
        ("truncated", "192.0.2.77", "192.0.2.0/24"),
        ("truncated", "2001:db8:1:2::3", "2001:db8:1::/48"),
        ("truncated", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("truncated", "::ffff:192.0.2.77", "192.0.2.0/24"),
        ("keyed-hash", "192.0.2.77", "hash of 192.0.2."),
        ("none", "192.0.2.77", ""),
    ],
)
def test_an_address_is_named_as_was_chosen(how: str, address: str, written: str) -> None:
    assert name(how, address) == written


@pytest.mark.parametrize("how", ["full", "truncated", "keyed-hash"])
@pytest.mark.parametrize("text", ["", "pgs_token-of-a-member", "192.0.2.1, evil\nline", "unix:"])
def test_what_is_no_address_is_in_no_line(how: str, text: str) -> None:
    assert name(how, text) == "unknown"
