"""All that handlers and commands work with, made once from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core_ledger import Store
from gateway.allocation import Allocations
from gateway.exchange import Exchanges
from gateway.members import Members
from gateway.opening import Openings
from gateway.partner import Partner
from gateway.setup import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each. `return_urls` are the addresses to which a browser may be sent back."""

    store: Store
    clock: Clock
    partners: Mapping[str, Partner]
    members: Members
    openings: Openings
    exchanges: Exchanges
    allocations: Allocations
    return_urls: tuple[str, ...]
