"""What the bank asked for transfers that came back (組戻手数料): who bears how much of it in a closing. Pure.

A fee is taken whole, by one closing. The city's part is taken by the next one. A shop's part is deducted by the next one that
really pays the shop, where the sum that is left exceeds its own transfer fee; what does not fit stays open and is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cities.settlement.transfer_fees import Fee, FeeBearer, FeeTable, ReturnFee


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFeeShares:
    """Of one shop in one closing: what it bears, what the city bears, what stays open; and the fee of the transfer that is left."""

    by_shop: tuple[ReturnFee, ...]
    by_city: tuple[ReturnFee, ...]
    still_open: tuple[ReturnFee, ...]
    transfer_fee: Fee


def share_return_fees(
    fees: FeeTable, shop_id: str, due: int, transfer_fee: Fee, *, pays: bool, is_open: bool
) -> ReturnFeeShares:
    """Share a shop's open fees for returns. `pays`: the closing pays `due` yen, of which the transfer costs `transfer_fee`.

    A closed shop adds nothing any more: what its last payment cannot bear is the city's, as it is with the transfer fee.
    """
    left = due
    by_shop, by_city, still_open = [], [], []
    for each in fees.returns.get(shop_id, ()):
        if each.bearer is FeeBearer.CITY:
            by_city.append(each)
        elif pays and _can_bear(fees, shop_id, left - each.yen):
            by_shop.append(each)
            left -= each.yen
        elif not is_open and (pays or due <= 0):
            by_city.append(each)
        else:
            still_open.append(each)
    return ReturnFeeShares(
        by_shop=tuple(by_shop),
        by_city=tuple(by_city),
        still_open=tuple(still_open),
        # The bank asks by the sum that it transfers.
        transfer_fee=fees.fee_of(shop_id, left) if by_shop else transfer_fee,
    )


def sum_yen(fees: tuple[ReturnFee, ...]) -> int:
    return sum(each.yen for each in fees)


def _can_bear(fees: FeeTable, shop_id: str, left: int) -> bool:
    """Whether a transfer is left of it: more than nothing, and more than it costs."""
    return left > 0 and fees.fee_of(shop_id, left).shop_yen < left
