"""How the address of whoever calls stands in a log: whole, cut to its network, as a keyed hash, or not at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from httpkit.client_address import plain_address

IPV4_PREFIX: Final = 24
IPV6_PREFIX: Final = 48
HASH_LENGTH: Final = 16


class SourceAddress(StrEnum):
    """What `source_address` of the settings may say."""

    NONE = "none"
    FULL = "full"
    TRUNCATED = "truncated"
    KEYED_HASH = "keyed-hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNames:
    """Names addresses as the operator has decided. `keyed_hash` is a hash that nobody makes without a key."""

    how: SourceAddress
    keyed_hash: Callable[[str], str]

    def name(self, address: str) -> str:
        """The name of an address or network; empty where none is kept, `unknown` for what is no address.

        A proxy may hand on anything as an address: what is none is a stranger's text and stands in no line.
        """
        if self.how is SourceAddress.NONE:
            return ""
        network = _network_of(address)
        if network is None:
            return "unknown"
        text = str(network.network_address) if network.num_addresses == 1 else str(network)
        if self.how is SourceAddress.FULL:
            return text
        if self.how is SourceAddress.KEYED_HASH:
            return self.keyed_hash(text)[:HASH_LENGTH]
        prefix = IPV4_PREFIX if network.version == 4 else IPV6_PREFIX
        return str(network if network.prefixlen <= prefix else network.supernet(new_prefix=prefix))


def _network_of(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        network = ipaddress.ip_network(plain_address(address), strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network(mapped) if mapped is not None else network
