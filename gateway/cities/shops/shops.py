"""The register of shops (加盟店登録名簿) as use cases: register, change, close, and the account they are paid to."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.shops import account_changes, account_notices, bank_register, shop_codes, till_rows
from gateway.cities.shops import shop_rows as records
from gateway.cities.shops.account_notices import AccountNotice, NoticeState
from gateway.cities.shops.bank_accounts import (
    BankAccount,
    Payer,
    decrypt_account,
    decrypt_payer,
    encrypt_account,
    encrypt_payer,
)
from gateway.cities.shops.bank_register import Listing
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd
from gateway.platform.kana_reading import kana_reading
from gateway.platform.sql import insert_into

SHOP_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEntry:
    """What the register says of a shop; `name_kana` is its reading, by which people find it."""

    name: str
    name_kana: str = ""
    category: str = ""
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShopAccount:
    """The command that waits for a second person: where a shop is paid."""

    shop_id: str
    account: BankAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayer:
    """The same for the account that the city pays from."""

    payer: Payer


@dataclass(frozen=True, slots=True)
class Shops:
    context: CityContext

    async def listed(
        self,
        code: str,
        *,
        closed: bool = False,
        named: str = "",
        after: str | None = None,
        limit: int = 200,
    ) -> list[Shop]:
        return await self.context.store.read(
            lambda conn: records.list_shops(conn, code, closed=closed, named=named, after=after, limit=limit)
        )

    async def get(self, code: str, shop_id: str) -> Shop:
        return await self.context.store.read(lambda conn: records.require(conn, code, shop_id))

    async def register(self, who: StaffSession, shop_id: str, entry: ShopEntry) -> Shop:
        """Put a shop on the register. Raises ProblemError: `bad-shop` (422), `shop-exists` (409)."""
        now, entry = self.context.clock(), _with_reading(entry)
        return await self.context.store.run(lambda conn: register_shop(conn, who, shop_id, entry, now))

    async def change(
        self, who: StaffSession, shop_id: str, entry: ShopEntry, seen: str | None = None
    ) -> Shop:
        """Change what the register says; `seen` is the version that the change was drawn from.

        Raises ProblemError: `unknown-shop` (404), `bad-shop` (422), `changed-meanwhile` (409).
        """
        if not entry.name.strip():
            raise _bad("name", "A shop has a name.")
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            before = records.require(conn, code, shop_id, lock=True)
            require_seen(seen, before.version)
            after = entry if entry.name_kana == before.name_kana else _with_reading(entry)
            write_audit(conn, who, now, AuditAction.SHOP_CHANGED, shop_id, facts=_changes(before, after))
            return records.write(conn, code, shop_id, **asdict(after))

        return await self.context.store.run(job)

    async def close(self, who: StaffSession, shop_id: str, reason: str) -> Shop:
        """Let a shop take no more points; what it is owed is still paid. The second time is the same answer."""
        return await self._set_closed(who, shop_id, reason, closed=True)

    async def reopen(self, who: StaffSession, shop_id: str, reason: str) -> Shop:
        return await self._set_closed(who, shop_id, reason, closed=False)

    async def set_bank(
        self, who: StaffSession, shop_id: str, account: BankAccount, reason: str = ""
    ) -> Shop | Proposal:
        """Propose where a shop is paid. Raises ProblemError: `unknown-shop` (404), and as `propose`."""
        now, code = self.context.clock(), who.municipality
        command = ChangeShopAccount(shop_id=shop_id, account=account)

        def job(conn: Connection) -> Shop | Proposal:
            shop = records.require(conn, code, shop_id)
            if not deeds.rule_of(conn, code, Deed.SHOP_ACCOUNT).persons:
                return change_shop_account(self.context, conn, who, command, now)
            facts = {
                "shop_id": shop_id,
                "name": shop.name,
                "from": self._masked(conn, code, shop_id),
            } | account_facts(account)
            return propose(
                self.context, conn, who, Deed.SHOP_ACCOUNT, shop_id, command,
                ground=shop_account_ground(self.context, conn, code, command), facts=facts, reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    def _masked(self, conn: Connection, code: str, shop_id: str) -> str:
        sealed = records.encrypted_bank(conn, code, shop_id)
        return "" if sealed is None else decrypt_account(self.context.vault, code, shop_id, sealed).masked

    async def bank(self, code: str, shop_id: str) -> BankAccount | None:
        """Where a shop is paid; None as long as nobody has said it."""

        def job(conn: Connection) -> bytes | None:
            records.require(conn, code, shop_id)
            return records.encrypted_bank(conn, code, shop_id)

        sealed = await self.context.store.read(job)
        return None if sealed is None else decrypt_account(self.context.vault, code, shop_id, sealed)

    async def set_payer(self, who: StaffSession, payer: Payer, reason: str = "") -> Proposal | None:
        """Propose from which account the city pays; None where it took effect at once. Raises ProblemError as `propose`."""
        now, code = self.context.clock(), who.municipality
        command = ChangePayer(payer=payer)

        def job(conn: Connection) -> Proposal | None:
            if not deeds.rule_of(conn, code, Deed.PAYER_ACCOUNT).persons:
                change_payer(self.context, conn, who, command, now)
                return None
            facts = account_facts(payer.account) | {"client_code": payer.client_code}
            return propose(
                self.context, conn, who, Deed.PAYER_ACCOUNT, code, command,
                ground=payer_ground(self.context, conn, code, command), facts=facts, reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def answer_notice(self, who: StaffSession, notice_id: str, state: NoticeState) -> AccountNotice:
        """What a shop says to a change of its account. Raises ProblemError as `account_notices.answer`."""
        now, shop_id = self.context.clock(), who.own_shop
        return await self.context.store.run(
            lambda conn: account_notices.answer(conn, who, shop_id, notice_id, state, now)
        )

    async def payer(self, code: str) -> Payer | None:
        banks = tables.city_banks
        sealed = await self.context.store.read(
            lambda conn: conn.execute(
                banks.select().with_only_columns(banks.c.payer_sealed).where(banks.c.municipality == code)
            ).scalar_one_or_none()
        )
        return None if sealed is None else decrypt_payer(self.context.vault, code, sealed)

    def code_of(self, shop: Shop) -> str:
        """The text of the QR that stands at the shop's counter."""
        return shop_codes.make(self.context, shop.municipality, shop.shop_id)

    async def by_code(self, text: str) -> Shop:
        """The shop whose code a member has scanned or typed, before paying. Raises ProblemError: `shop-code-wrong` (404), `shop-closed`."""
        code, shop_id = await shop_codes.read(self.context, text)
        return await self.context.store.read(lambda conn: records.require_open(conn, code, shop_id))

    async def _set_closed(self, who: StaffSession, shop_id: str, reason: str, *, closed: bool) -> Shop:
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            shop = records.require(conn, code, shop_id)
            if (shop.closed_at is not None) == closed:
                return shop
            write_audit(
                conn, who, now, AuditAction.SHOP_CLOSED if closed else AuditAction.SHOP_REOPENED, shop_id, why
            )
            if closed:
                till_rows.end_all(conn, who, till_rows.of_shop(shop_id), TillEnd.SHOP_CLOSED, now)
            return records.write(conn, code, shop_id, closed_at=now if closed else None)

        return await self.context.store.run(job)


def register_shop(conn: Connection, who: StaffActor, shop_id: str, entry: ShopEntry, at: datetime) -> Shop:
    """Put a shop on the register as a part of the caller's transaction. Raises ProblemError as `Shops.register`."""
    if not SHOP_ID.fullmatch(shop_id):
        raise _bad("shop_id", "A shop has an id of 1 to 40 lower-case letters, digits and hyphens.")
    if not entry.name.strip():
        raise _bad("name", "A shop has a name.")
    shop = records.add(conn, new_shop(who.municipality, shop_id, entry, at))
    write_audit(conn, who, at, AuditAction.SHOP_REGISTERED, shop_id, facts={"name": entry.name})
    return shop


def change_shop_account(
    context: CityContext, conn: Connection, who: StaffActor, command: ChangeShopAccount, at: datetime
) -> Shop:
    """Carry it out: the first account at once, also for closed cycles; a change from the next closing on."""
    code, shop_id = who.municipality, command.shop_id
    records.require(conn, code, shop_id)
    sealed = encrypt_account(context.vault, code, shop_id, command.account)
    write_audit(
        conn, who, at, AuditAction.SHOP_ACCOUNT_CHANGED, shop_id, facts={"account": command.account.masked}
    )
    current = records.encrypted_bank(conn, code, shop_id)
    before = "" if current is None else decrypt_account(context.vault, code, shop_id, current).masked
    account_notices.add(conn, code, shop_id, before=before, account=command.account.masked, at=at)
    if current is None:
        account_changes.fix_closed(conn, code, shop_id, sealed)
        return records.write(conn, code, shop_id, bank_sealed=sealed)
    account_changes.save(conn, code, shop_id, sealed, at)
    return records.require(conn, code, shop_id)


def shop_account_ground(
    context: CityContext, conn: Connection, code: str, command: ChangeShopAccount
) -> Ground:
    """What the author saw: the shop's name and its accounts, today's and one that takes effect later."""
    sealed = (
        records.encrypted_bank(conn, code, command.shop_id),
        account_changes.find_encrypted(conn, code, command.shop_id),
    )
    today, later = (
        ""
        if each is None
        else _fingerprint(context, decrypt_account(context.vault, code, command.shop_id, each))
        for each in sealed
    )
    return {"name": records.require(conn, code, command.shop_id).name, "account": today, "later": later}


def change_payer(
    context: CityContext, conn: Connection, who: StaffActor, command: ChangePayer, at: datetime
) -> None:
    """Carry it out, at once."""
    code, banks = who.municipality, tables.city_banks
    sealed = encrypt_payer(context.vault, code, command.payer)
    conn.execute(
        insert_into(conn, banks)
        .values(municipality=code, payer_sealed=sealed, changed_at=at)
        .on_conflict_do_update(
            index_elements=[banks.c.municipality], set_={"payer_sealed": sealed, "changed_at": at}
        )
    )
    account = command.payer.account.masked
    write_audit(conn, who, at, AuditAction.PAYER_ACCOUNT_CHANGED, code, facts={"account": account})


def payer_ground(context: CityContext, conn: Connection, code: str, _: ChangePayer) -> Ground:
    """The account that the author saw."""
    banks = tables.city_banks
    sealed = conn.execute(
        banks.select().with_only_columns(banks.c.payer_sealed).where(banks.c.municipality == code)
    ).scalar_one_or_none()
    if sealed is None:
        return {"account": ""}
    payer = decrypt_payer(context.vault, code, sealed)
    return {"account": _fingerprint(context, payer.account), "client_code": payer.client_code}


def _fingerprint(context: CityContext, account: BankAccount) -> str:
    """Says whether two accounts are the same, and nothing else about them."""
    return context.vault.stable_hash(json.dumps(asdict(account)), purpose="account-ground")


def account_facts(account: BankAccount) -> dict[str, str | int]:
    """What people read of an account, and where the list of banks says something else."""
    facts: dict[str, str | int] = {
        "account": account.masked, "bank_name": account.bank_name, "branch_name": account.branch_name,
        "holder": account.holder,
    }  # fmt: skip
    listing = bank_register.listing_of(
        account.bank_code, account.bank_name, account.branch_code, account.branch_name
    )
    if listing is not Listing.LISTED:
        facts["unlisted"] = listing.value
    return facts


def _changes(before: Shop, entry: ShopEntry) -> dict[str, str | int]:
    """What of an entry is another now, from and to."""
    facts: dict[str, str | int] = {
        "name_before": before.name, "name": entry.name,
        "name_kana_before": before.name_kana, "name_kana": entry.name_kana,
        "category_before": before.category, "category": entry.category,
        "address_before": before.address, "address": entry.address,
        "phone_before": before.phone, "phone": entry.phone,
    }  # fmt: skip
    same = {name for name, value in asdict(entry).items() if value == getattr(before, name)} - {"name"}
    if before.name == entry.name:
        facts.pop("name_before")
    return {name: value for name, value in facts.items() if name.removesuffix("_before") not in same}


def new_shop(code: str, shop_id: str, entry: ShopEntry, now: datetime) -> Shop:
    """A shop that is not on the register yet."""
    return Shop(
        municipality=code,
        shop_id=shop_id,
        name=entry.name.strip(),
        name_kana=entry.name_kana,
        category=entry.category,
        address=entry.address,
        phone=entry.phone,
        has_bank=False,
        registered_at=now,
        closed_at=None,
    )


def _with_reading(entry: ShopEntry) -> ShopEntry:
    """`entry` with its reading in one width. Raises ProblemError `bad-shop` (422)."""
    reading = kana_reading(entry.name_kana)
    if reading is None:
        raise _bad("name_kana", "Write how the name is read in hiragana or katakana.")
    return replace(entry, name_kana=reading)


def _bad(field: str, text: str) -> ProblemError:
    return ProblemError("bad-shop", f"{field}: {text}", field=field)
