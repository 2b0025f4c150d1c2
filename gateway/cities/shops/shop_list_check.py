"""A city's list of shops held against the register: which lines are new shops, which are known, and whom each is like.

A line of a shop that is on the register is passed over where it says the same, and a fault where it does not: a list is as old
as its file, and would put back what was changed since. Only new shops are imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.cities.drawn_from import version_of
from gateway.cities.shops import account_changes, application_rows, shop_rows
from gateway.cities.shops.application_duplicates import (
    ALL_SHOPS,
    Duplicate,
    Sameness,
    account_key,
    name_key,
    phone_key,
)
from gateway.cities.shops.application_rows import ApplicationState
from gateway.cities.shops.bank_accounts import BankAccount, decrypt_account
from gateway.cities.shops.shop_list import ENTRY, CellFault, ListLine, faults_of_an_id, folded_reading
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.shops.shops import ShopEntry
from gateway.platform.encryption import Vault
from gateway.platform.typed_text import search_key

MAX_DUPLICATES: Final = 5
"""Of a line: who has one name and one telephone with a whole chain is shown enough of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedShop:
    """A new shop as the list has it."""

    shop_id: str
    entry: ShopEntry
    account: BankAccount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """A line with its faults, and whom it is like. `shop` is the new one; None for a known shop and for a fault."""

    line: ListLine
    faults: tuple[CellFault, ...]
    known_as: str
    shop: ListedShop | None
    duplicates: tuple[Duplicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What two shops are compared by."""

    kind: Literal["shop", "application", "line"]
    key: str
    name: str
    address: str
    phone: str
    accounts: tuple[BankAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A city's shops, closed ones too, and applications that are not decided."""

    shops: Mapping[str, Shop]
    by_number: Mapping[str, Shop]
    accounts: Mapping[str, tuple[BankAccount, ...]]
    others: tuple[Likeness, ...]


def read_register(conn: Connection, vault: Vault, code: str) -> Register:
    """The register as a list is compared with it."""
    shops = shop_rows.list_shops(conn, code, closed=True, limit=ALL_SHOPS)
    paid_to = account_changes.list_current(conn, code), account_changes.list_waiting(conn, code)
    accounts = {
        shop.shop_id: tuple(
            decrypt_account(vault, code, shop.shop_id, sealed[shop.shop_id])
            for sealed in paid_to
            if shop.shop_id in sealed
        )
        for shop in shops
    }
    likenesses = [
        Likeness(
            kind="shop", key=shop.shop_id, name=shop.name, address=shop.address, phone=shop.phone,
            accounts=accounts[shop.shop_id],
        )
        for shop in shops
    ]  # fmt: skip
    states = set(ApplicationState) - {ApplicationState.WITHDRAWN, ApplicationState.ACCEPTED}
    for each in application_rows.list_by_state(conn, vault, code, states, limit=None):
        own = () if each.account is None else (each.account,)
        likenesses.append(
            Likeness(
                kind="application", key=each.number, name=each.entry.name, address=each.entry.address,
                phone=each.entry.phone, accounts=own,
            )
        )  # fmt: skip
    return Register(
        shops={shop.shop_id: shop for shop in shops},
        by_number={shop.number: shop for shop in shops if shop.number},
        accounts=accounts,
        others=tuple(likenesses),
    )


def check(lines: tuple[ListLine, ...], register: Register, code: str) -> list[CheckedLine]:
    """Each line against the register and the lines before it."""
    checked: list[CheckedLine] = []
    before = _Index(register.others)
    taken: set[str] = set()
    for line in lines:
        shop, faults = _meant(line, register)
        if shop is not None:
            faults = faults or _differences(line, shop, register.accounts[shop.shop_id])
            checked.append(
                CheckedLine(line=line, faults=faults, known_as=shop.shop_id, shop=None, duplicates=())
            )
            continue
        new = ListedShop(
            shop_id=line.shop_id or id_of(code, line.entry), entry=line.entry, account=line.account
        )
        likeness = Likeness(
            kind="line", key=str(line.line), name=new.entry.name, address=new.entry.address, phone=new.entry.phone,
            accounts=(new.account,) if new.account is not None and not line.is_masked else (),
        )  # fmt: skip
        duplicates = before.duplicates_of(likeness)
        if not faults and line.account is not None and line.is_masked:
            faults = (CellFault("account", "account-masked"),)
        if not faults and (same := before.same_shop(likeness)) is not None:
            faults = (CellFault("name", "duplicate-line" if same.kind == "line" else "registered"),)
        if not faults and new.shop_id in register.shops:
            faults = (CellFault("name", "registered"),)
        if not faults and new.shop_id in taken:
            faults = (CellFault("shop_id" if line.shop_id else "name", "duplicate-line"),)
        before.add(likeness)
        taken.add(new.shop_id)
        checked.append(
            CheckedLine(
                line=line, faults=faults, known_as="", shop=None if faults else new, duplicates=duplicates
            )
        )
    return checked


def id_of(code: str, entry: ShopEntry) -> str:
    """The id of a new shop that brings none: the same line is the same shop, in whichever file it comes."""
    same = json.dumps([code, name_key(entry.name), search_key(entry.address)], ensure_ascii=False)
    return f"s{int.from_bytes(hashlib.sha256(same.encode()).digest()[:8]) % 10**10:010d}"


def findings_of(checked: list[CheckedLine]) -> str:
    """The version of all that a check has found: of the list, and of the register beside it."""
    return version_of(
        *(
            (
                each.line.line, each.known_as, [(fault.field, fault.word) for fault in each.faults],
                None if each.shop is None else asdict(each.shop),
                [(other.kind, other.key, other.name, other.same) for other in each.duplicates],
            )
            for each in checked
        )
    )  # fmt: skip


def likenesses_of(shops: tuple[ListedShop, ...], register: Register) -> list[tuple[Duplicate, ...]]:
    """Whom shops that wait to be imported are like now, on the register alone."""
    index = _Index(register.others)
    return [
        index.duplicates_of(
            Likeness(
                kind="line", key="", name=shop.entry.name, address=shop.entry.address, phone=shop.entry.phone,
                accounts=() if shop.account is None else (shop.account,),
            )
        )
        for shop in shops
    ]  # fmt: skip


def _meant(line: ListLine, register: Register) -> tuple[Shop | None, tuple[CellFault, ...]]:
    """The shop of the register that a line names; or what is wrong with the line of a new one."""
    by_number = register.by_number.get(line.number) if line.number else None
    by_id = register.shops.get(line.shop_id) if line.shop_id else None
    if line.number and by_number is None:
        return by_id, (CellFault("number", "number-unknown"),)
    if by_number is not None and line.shop_id and by_id is not by_number:
        return by_number, (CellFault("shop_id", "two-shops"),)
    shop = by_number or by_id
    if shop is None and line.shop_id:
        return None, faults_of_an_id(line)
    return shop, line.faults


def _differences(line: ListLine, shop: Shop, accounts: tuple[BankAccount, ...]) -> tuple[CellFault, ...]:
    faults = [
        CellFault(field, "changed")
        for field in ENTRY
        if field in line.typed and getattr(line.entry, field) != _registered(shop, field)
    ]
    if line.account is not None and not any(_is_account(line, each) for each in accounts):
        faults.append(CellFault("account", "account-changed"))
    return tuple(faults)


def _registered(shop: Shop, field: str) -> str:
    text: str = getattr(shop, field).strip()
    return folded_reading(text) if field == "name_kana" else text


def _is_account(line: ListLine, account: BankAccount) -> bool:
    own = line.account
    assert own is not None
    if line.is_masked:
        own = replace(own, number=account.number[:4] + own.number[-3:])
    return own == account


class _Index:
    """Whom a shop is like, found by its keys: a register of thousands is not read for each line."""

    def __init__(self, others: tuple[Likeness, ...]) -> None:
        self._names: dict[str, list[Likeness]] = {}
        self._phones: dict[str, list[Likeness]] = {}
        self._accounts: dict[tuple[str, str, int, str], list[Likeness]] = {}
        for each in others:
            self.add(each)

    def add(self, each: Likeness) -> None:
        self._names.setdefault(name_key(each.name), []).append(each)
        if phone := phone_key(each.phone):
            self._phones.setdefault(phone, []).append(each)
        for account in each.accounts:
            self._accounts.setdefault(account_key(account), []).append(each)

    def same_shop(self, one: Likeness) -> Likeness | None:
        """A shop of the register, or a line, with this name at this address."""
        address = search_key(one.address)
        named = self._names.get(name_key(one.name), ())
        return next(
            (it for it in named if it.kind != "application" and search_key(it.address) == address), None
        )

    def duplicates_of(self, one: Likeness) -> tuple[Duplicate, ...]:
        same: dict[tuple[str, str], tuple[Likeness, list[Sameness]]] = {}
        for part, other in self._matches(one):
            parts = same.setdefault((other.kind, other.key), (other, []))[1]
            if part not in parts:
                parts.append(part)
        return tuple(
            Duplicate(kind=other.kind, key=other.key, name=other.name, same=tuple(parts))
            for other, parts in list(same.values())[:MAX_DUPLICATES]
        )

    def _matches(self, one: Likeness) -> Iterator[tuple[Sameness, Likeness]]:
        yield from (("name", other) for other in self._names.get(name_key(one.name), ()))
        if phone := phone_key(one.phone):
            yield from (("phone", other) for other in self._phones.get(phone, ()))
        for account in one.accounts:
            yield from (("account", other) for other in self._accounts.get(account_key(account), ()))
