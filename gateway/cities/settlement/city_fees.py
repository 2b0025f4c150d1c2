"""Loads a city's fees: its bands, the account that it pays from, and the accounts of its shops as they stand now."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.cities.settlement.transfer_fees import NO_FEES, FeeTable
from gateway.cities.shops import account_changes
from gateway.cities.shops.bank_accounts import decrypt_account, decrypt_payer
from gateway.errors import ProblemError
from gateway.platform.encryption import Vault


def load_fees(vault: Vault, conn: Connection, code: str, settings: SettlementSettings) -> FeeTable:
    """Raises ProblemError `payer-missing` (409) where there are bands and no account that is paid from."""
    if not settings.fee_bands:
        return NO_FEES
    return FeeTable(
        bands=settings.fee_bands,
        bearer=settings.fee_bearer,
        payer=decrypt_payer(vault, code, encrypted_payer(conn, code)).account,
        accounts={
            shop_id: decrypt_account(vault, code, shop_id, sealed)
            for shop_id, sealed in account_changes.list_current(conn, code).items()
        },
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
