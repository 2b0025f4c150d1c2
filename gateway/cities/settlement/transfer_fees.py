"""What a transfer to a shop costs (振込手数料): the paying bank's table, who bears it, and the tax that is in it. Pure.

Banks ask by the sum that is transferred, and by where it goes: to the branch of the paying account, to another branch of its
bank, or to another bank. A band reaches up to the next one of its side, so that a table has neither gap nor overlap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.cities.shops.bank_accounts import BankAccount

MAX_FEE_YEN: Final = 99_999
MAX_BANDS: Final = 30
MAX_TAX_PERCENT: Final = 99
_INVOICE_NUMBER: Final = re.compile(r"T[0-9]{13}")


class BankSide(StrEnum):
    """Where a transfer goes, seen from the account that pays: 同一店, 同行, 他行."""

    SAME_BRANCH = "same_branch"
    SAME_BANK = "same_bank"
    OTHER_BANK = "other_bank"


class FeeBearer(StrEnum):
    CITY = "city"
    SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeBand:
    """`fee_yen`, tax included, for transfers of `from_yen` and more, up to the next band of the same side."""

    side: BankSide
    from_yen: int
    fee_yen: int

    def __str__(self) -> str:
        return f"{self.side.value}/{self.from_yen}={self.fee_yen}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTerms:
    """What a statement says besides its sums, fixed at the closing: the tax in the fee, who issues it, a note on tax.

    `invoice_number` is the issuer's registration number (登録番号), "" where it has none.
    """

    fee_tax_percent: int
    invoice_number: str
    tax_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What one transfer costs: what the shop bears, which is deducted, and what the city bears. Yen, tax included."""

    shop_yen: int
    city_yen: int


NO_FEE: Final = Fee(shop_yen=0, city_yen=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFee:
    """What the bank asked for a shop's transfer of the cycle `starts_on` that came back (組戻手数料). Yen, tax included."""

    starts_on: str
    shop_id: str
    yen: int
    bearer: FeeBearer


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTable:
    """A city's fees, the account that it pays from, and the accounts of its shops, which are looked up by need.

    `returns` are the fees for what came back that no closing has taken yet, by shop, the oldest cycle first.
    """

    bands: tuple[FeeBand, ...]
    bearer: FeeBearer
    payer: BankAccount | None
    accounts: Mapping[str, BankAccount]
    returns: Mapping[str, Sequence[ReturnFee]] = field(default_factory=dict)

    def fee_of(self, shop_id: str, due: int, bearer: FeeBearer | None = None) -> Fee:
        """What paying `due` yen to a shop costs; nothing where the city has no bands, or the shop no account.

        `bearer` of None is who bears fees in this city.
        """
        if self.payer is None:
            return NO_FEE
        account = self.accounts.get(shop_id)
        if account is None:
            return NO_FEE
        side = _side(self.payer, account)
        if (bearer or self.bearer) is FeeBearer.SHOP:
            return Fee(shop_yen=deducted(self.bands, side, due), city_yen=0)
        return Fee(shop_yen=0, city_yen=bank_fee(self.bands, side, due))


NO_FEES: Final = FeeTable(bands=(), bearer=FeeBearer.CITY, payer=None, accounts={})


def bank_fee(bands: Sequence[FeeBand], side: BankSide, yen: int) -> int:
    """What the bank asks for a transfer of `yen`."""
    of_side = bands_of(bands, side)
    return next((band.fee_yen for band in reversed(of_side) if band.from_yen <= yen), of_side[0].fee_yen)


def deducted(bands: Sequence[FeeBand], side: BankSide, due: int) -> int:
    """What is deducted from `due`: the least fee that covers what the bank asks for the sum that is then left.

    A deduction can take the sum into a lower band; then the lower fee is enough.
    """
    fees = sorted({band.fee_yen for band in bands_of(bands, side)})
    return next(fee for fee in fees if bank_fee(bands, side, due - fee) <= fee)


def bands_of(bands: Sequence[FeeBand], side: BankSide) -> list[FeeBand]:
    """The bands of a side, in their order; a branch without bands of its own has those of its bank."""
    of_side = [band for band in bands if band.side is side]
    if not of_side and side is BankSide.SAME_BRANCH:
        return bands_of(bands, BankSide.SAME_BANK)
    return of_side


def tax_in(fee_yen: int, percent: int) -> int:
    """The consumption tax that is in a fee, once for a statement; less than a yen is dropped."""
    return fee_yen * percent // (100 + percent)


def is_invoice_number(text: str) -> bool:
    """Whether it is T and 13 digits, of which the first checks the others (法人番号の検査用数字)."""
    if not _INVOICE_NUMBER.fullmatch(text):
        return False
    weighted = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text[2:])))
    return int(text[1]) == 9 - weighted % 9


def _side(payer: BankAccount, account: BankAccount) -> BankSide:
    if payer.bank_code != account.bank_code:
        return BankSide.OTHER_BANK
    return BankSide.SAME_BRANCH if payer.branch_code == account.branch_code else BankSide.SAME_BANK
