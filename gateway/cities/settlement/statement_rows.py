"""A shop's statement as its papers write it, in CSV and in PDF: a row a payment or refund, corrections marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gateway.cities.settlement.settlement import ShopStatement
from gateway.model import JST
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A payment or refund as a statement writes it; `corrects` is the day of the payment that it corrects."""

    kind: str
    at: datetime
    spend_id: str
    points: int
    yen: int
    corrects: date | None


def statement_rows(statement: ShopStatement) -> list[StatementRow]:
    """A shop's payments and refunds in the order of their times; a refund's numbers are below zero."""
    corrected = {
        (correction.spend_id, correction.refund_id): day_of(correction.paid_at)
        for correction in statement.corrections
    }
    rows = [
        _statement_row(
            "利用", spend.at, spend.spend_id, spend.points, spend.yen, corrected.get((spend.spend_id, None))
        )
        for spend in statement.spends
    ]
    rows += [
        _statement_row(
            "取消",
            refund.at,
            refund.spend_id,
            -refund.points,
            -refund.yen,
            corrected.get((refund.spend_id, refund.refund_id)),
        )
        for refund in statement.refunds
    ]
    return sorted(rows, key=lambda row: (row.at, row.spend_id))


def _statement_row(
    kind: str, at: datetime, spend_id: str, points: int, yen: int, corrects: date | None
) -> StatementRow:
    return StatementRow(
        kind if corrects is None else f"訂正・{kind}", at.astimezone(JST), spend_id, points, yen, corrects
    )
