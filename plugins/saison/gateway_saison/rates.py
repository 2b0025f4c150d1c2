"""What one unit (口) costs and brings, and which wallet is drawn on first.

Facts come from 笠間市's guide on turning card points into 笠間応援ポイント (2018). What the guide leaves open
is marked `sample` or said in a note, never passed off as fact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway import JST, Campaign, DestinationKind, Label, Rate, RateTable, WalletId

EIKYU: Final = WalletId("eikyu")
WALLET: Final = WalletId("wallet")
COST_PER_UNIT: Final = {EIKYU: 100, WALLET: 450}

_GUIDE = "笠間市「クレジット会社等ポイントを『笠間応援ポイント』に交換手順について」(2018)"
_BOTH = frozenset({DestinationKind.RESERVE, DestinationKind.MUNICIPALITY})
_DIRECT = frozenset({DestinationKind.MUNICIPALITY})

RATE_UP_2018: Final = Campaign(
    id="rate-up-2018",
    name=Label("レートアップキャンペーン（2018年7月31日まで）", "Rate-up campaign (until 31 July 2018)"),
    # Who pays the extra 100 points is not published; they are booked on an account of their own until it is.
    funder="saison-campaign",
    extra_points_per_unit=100,
)

RATES: Final = RateTable(
    rates=(
        Rate(
            wallet=WALLET,
            destinations=_BOTH,
            cost_per_unit=450,
            points_per_unit=450,
            source=f"{_GUIDE}: 450ウォレットが優先して交換される（受け取るポイント数の明記はない）",
            sample=True,
        ),
        Rate(
            wallet=EIKYU,
            destinations=_BOTH,
            cost_per_unit=100,
            points_per_unit=450,
            source=f"{_GUIDE}: 1口（100ポイント）を450ポイントへ交換",
            sample=False,
        ),
        Rate(
            wallet=EIKYU,
            destinations=_DIRECT,
            cost_per_unit=100,
            points_per_unit=550,
            source=f"{_GUIDE}: 1口（100ポイント）を550ポイントへ交換、2018年07月31日まで",
            sample=False,
            # The guide names the last day, inclusive. It does not name the first, so none is invented here.
            ends_at=datetime(2018, 8, 1, tzinfo=JST),
            campaign=RATE_UP_2018,
        ),
    ),
    # Not published: what a wallet unit brings, whether the wallet comes first for later units too, the
    # campaign's first day and who pays for it. The rates say `sample` where that is so.
    notes=(
        Label(
            "永久不滅ウォレットを450以上お持ちの場合は、ウォレット450を永久不滅ポイントより先に交換します。",
            "If you hold 450 or more in your Eikyufumetsu wallet, 450 of it are exchanged before Eikyufumetsu points.",
        ),
    ),
    good_for=timedelta(hours=1),  # it changes only with this program
)

WALLETS_FIRST: Final = (WALLET, EIKYU)
