"""Which shops and which other applications of a city say the same as an application: a name, a telephone, an account.

Compared as people type them: width, kana, dashes and forms of a kanji do not tell names apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.cities.shops import account_changes, application_rows, shop_rows
from gateway.cities.shops.application_rows import Application, ApplicationState
from gateway.cities.shops.bank_accounts import BankAccount, decrypt_account
from gateway.platform.encryption import Vault
from gateway.platform.typed_text import search_key, without_separators

ALL_SHOPS: Final = 1_000_000
Sameness = Literal["name", "phone", "account"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A shop by its id, an application or a line of a list by its number, and in what it is the same."""

    kind: Literal["shop", "application", "line"]
    key: str
    name: str
    same: tuple[Sameness, ...]


def list_duplicates(conn: Connection, vault: Vault, application: Application) -> list[Duplicate]:
    """Shops, closed ones too, and applications that are not withdrawn; not itself, nor the shop that came of it."""
    return [each for each in _all(conn, vault, application) if each.same]


def _all(conn: Connection, vault: Vault, application: Application) -> Iterator[Duplicate]:
    code = application.municipality
    paid_to = account_changes.list_current(conn, code), account_changes.list_waiting(conn, code)
    for shop in shop_rows.list_shops(conn, code, closed=True, limit=ALL_SHOPS):
        if shop.shop_id == application.shop_id:
            continue
        theirs = [
            decrypt_account(vault, code, shop.shop_id, accounts[shop.shop_id])
            for accounts in paid_to
            if shop.shop_id in accounts
        ]
        same = _same(application, shop.name, shop.phone, theirs)
        yield Duplicate(kind="shop", key=shop.shop_id, name=shop.name, same=same)
    states = set(ApplicationState) - {ApplicationState.WITHDRAWN, ApplicationState.ACCEPTED}
    for other in application_rows.list_by_state(conn, vault, code, states, limit=None):
        if other.number == application.number:
            continue
        theirs = [] if other.account is None else [other.account]
        same = _same(application, other.entry.name, other.entry.phone, theirs)
        yield Duplicate(kind="application", key=other.number, name=other.entry.name, same=same)


def _same(
    application: Application, name: str, phone: str, accounts: list[BankAccount]
) -> tuple[Sameness, ...]:
    entry, own = application.entry, application.account
    parts: list[Sameness] = []
    if name_key(name) == name_key(entry.name):
        parts.append("name")
    if phone_key(phone) and phone_key(phone) == phone_key(entry.phone):
        parts.append("phone")
    if own is not None and any(account_key(own) == account_key(each) for each in accounts):
        parts.append("account")
    return tuple(parts)


def name_key(text: str) -> str:
    return search_key(text).replace(" ", "")


def phone_key(text: str) -> str:
    """A telephone number's digits; +81 is the 0 that one dials in Japan."""
    plain = without_separators(text).replace("(", "").replace(")", "")
    return f"0{plain.removeprefix('+81')}" if plain.startswith("+81") else plain


def account_key(account: BankAccount) -> tuple[str, str, int, str]:
    return account.bank_code, account.branch_code, account.kind, account.number
