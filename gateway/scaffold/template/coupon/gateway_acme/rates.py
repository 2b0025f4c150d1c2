"""What Acme's points bring, and the wallets that they are in."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway import DestinationKind, Label, Rate, RateTable, WalletId

POINTS: Final = WalletId("points")

RATES: Final = RateTable(
    rates=(
        # TODO: the rates of your contract, with their dates. [point-gateway guide hooks/rate_table]
        Rate(
            wallet=POINTS,
            destinations=frozenset({DestinationKind.RESERVE, DestinationKind.MUNICIPALITY}),
            cost_per_unit=100,
            points_per_unit=100,
            source="見本の値 / a sample value",
            sample=True,
        ),
    ),
    notes=(Label("見本の交換レートです。", "These rates are samples."),),
    good_for=timedelta(hours=1),  # it changes only with this program
)
