"""What a shop's statement needs to mark its corrections (訂正), for the city's page of it and for the shop's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from point_gateway_client import models


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrections of earlier cycles as the API tells them: those that are refunds by their ids, late payments by theirs."""

    refunds: Mapping[str, models.CorrectionView]
    spends: Mapping[str, models.CorrectionView]


def corrected(statement: models.StatementView) -> Corrected:
    """Which of a statement's lines correct an earlier cycle."""
    corrections = statement.corrections
    return Corrected(
        refunds={line.refund_id: line for line in corrections if line.refund_id is not None},
        spends={line.spend_id: line for line in corrections if line.refund_id is None},
    )
