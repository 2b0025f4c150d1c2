"""Whose requests are counted together: one IPv4 address, or one IPv6 network of 64 bits, however it is spelled."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

_WITH_PORT: Final = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+")


@lru_cache(maxsize=4096)
def bucket_of(address: str) -> str:
    """The name of the bucket: proxies write `192.0.2.1:5000` and `[2001:db8::1]:5000` as well.

    A customer of an IPv6 provider has a /64 at least, so single addresses of it count as one.
    """
    text = plain_address(address)
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def plain_address(address: str) -> str:
    """The address without quotes, port and zone; what is no address stays as it is."""
    text = address.strip().strip('"')
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2]
    return text.partition("%")[0]
