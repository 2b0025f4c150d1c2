"""What a shop's statement needs to mark its corrections (訂正), for the city's page of it and for the shop's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrections of earlier cycles as the API tells them: those that are refunds by their ids, late payments by theirs."""

    refunds: Mapping[str, Mapping[str, Any]]
    spends: Mapping[str, Mapping[str, Any]]


def corrected(statement: Mapping[str, Any]) -> Corrected:
    """Which of a statement's lines correct an earlier cycle."""
    told = statement["corrections"]
    return Corrected(
        refunds={one["refund_id"]: one for one in told if one["refund_id"] is not None},
        spends={one["spend_id"]: one for one in told if one["refund_id"] is None},
    )
