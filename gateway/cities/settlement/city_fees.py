"""Loads a city's fees: its bands, the account that it pays from, and the accounts of its shops as the caller read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.cities.settlement.transfer_fees import NO_FEES, FeeTable, ReturnFee
from gateway.cities.shops.bank_accounts import BankAccount, decrypt_account, decrypt_payer
from gateway.errors import ProblemError
from gateway.platform.encryption import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopAccounts(Mapping[str, BankAccount]):
    """The accounts of a city's shops by shop id. Each is decrypted when it is looked up: a cycle pays few of them."""

    vault: Vault
    municipality: str
    encrypted: Mapping[str, bytes]

    def __getitem__(self, shop_id: str) -> BankAccount:
        return decrypt_account(self.vault, self.municipality, shop_id, self.encrypted[shop_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self.encrypted)

    def __len__(self) -> int:
        return len(self.encrypted)


def load_fees(
    vault: Vault,
    conn: Connection,
    code: str,
    settings: SettlementSettings,
    accounts: Mapping[str, bytes],
    returns: Mapping[str, Sequence[ReturnFee]],
) -> FeeTable:
    """`accounts` are those of the city's shops, encrypted, as `account_changes.list_current` gives them.

    `returns` are the open fees for what came back, as `payout_rows.list_open_return_fees` gives them.

    Raises ProblemError `payer-missing` (409) where there are bands and no account that is paid from.
    """
    if not settings.fee_bands:
        return replace(NO_FEES, returns=returns)
    return FeeTable(
        bands=settings.fee_bands,
        bearer=settings.fee_bearer,
        payer=decrypt_payer(vault, code, encrypted_payer(conn, code)).account,
        accounts=ShopAccounts(vault=vault, municipality=code, encrypted=accounts),
        returns=returns,
    )


def encrypted_payer(conn: Connection, code: str) -> bytes:
    """The account that a city pays from, sealed. Raises ProblemError `payer-missing` (409)."""
    banks = tables.city_banks
    sealed = conn.execute(
        select(banks.c.payer_sealed).where(banks.c.municipality == code)
    ).scalar_one_or_none()
    if sealed is None:
        raise ProblemError("payer-missing", "An administrator registers the city's own account first.")
    return bytes(sealed)
