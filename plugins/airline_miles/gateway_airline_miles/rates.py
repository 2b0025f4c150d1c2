"""What miles bring. No airline has published these numbers for this gateway: all of them are samples."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway import DestinationKind, Label, Rate, RateTable, WalletId

MILES: Final = WalletId("miles")
MILES_PER_UNIT: Final = 100

RATES: Final = RateTable(
    rates=(
        Rate(
            wallet=MILES,
            destinations=frozenset({DestinationKind.RESERVE, DestinationKind.MUNICIPALITY}),
            cost_per_unit=MILES_PER_UNIT,
            points_per_unit=100,
            source="見本の値 / a sample value; no airline has published it",
            sample=True,
        ),
    ),
    notes=(
        Label(
            "クーポンは1回で全額を交換します。残高は残りません。",
            "A coupon is exchanged whole, in one go; nothing stays on it.",
        ),
    ),
    good_for=timedelta(hours=1),  # it changes only with this program
)
