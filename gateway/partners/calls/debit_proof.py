"""Compares a partner's yes with the order: another amount or account makes it the debit of another order.

Every `Debited` that the gateway believes passes here, whichever hook it came from. What the profile's `proves` does
not promise is compared where the plugin gives it all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from gateway.model import (
    Debited,
    DebitLine,
    DebitOrder,
    IdReused,
    PartnerProfile,
    WalletId,
    amounts_by_wallet,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDebit:
    """What a yes must show. `service_id` is None for a coupon, and where it was not recorded."""

    amounts: Mapping[WalletId, int]
    service_id: str | None = None

    @classmethod
    def of_order(cls, order: DebitOrder) -> ExpectedDebit:
        return cls(
            amounts=order.amounts, service_id=order.account.service_id if order.account is not None else None
        )


def compared(answer: _T, expected: ExpectedDebit, profile: PartnerProfile) -> _T | IdReused:
    """`answer`, or `IdReused` with what was shown where a yes is about another debit."""
    if not isinstance(answer, Debited):
        return answer
    if same_amounts(answer.lines, expected.amounts) and same_account(
        answer.service_id, expected.service_id, ignore_case=profile.ids_ignore_case
    ):
        return answer
    return IdReused(
        exchange_id=answer.exchange_id,
        reference=answer.reference,
        lines=answer.lines,
        service_id=answer.service_id,
    )


def same_amounts(lines: tuple[DebitLine, ...] | None, amounts: Mapping[WalletId, int]) -> bool:
    """True also where the partner does not tell."""
    return lines is None or amounts_by_wallet(lines) == dict(amounts)


def account_key(service_id: str, profile: PartnerProfile) -> str:
    """The one spelling under which an account of the partner is kept and looked up, so that it has one owner."""
    return service_id.casefold() if profile.ids_ignore_case else service_id


def same_account(theirs: str | None, ours: str | None, *, ignore_case: bool) -> bool:
    """True also where one side does not tell."""
    if theirs is None or ours is None:
        return True
    return theirs.casefold() == ours.casefold() if ignore_case else theirs == ours
