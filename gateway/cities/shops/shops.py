"""The register of shops (加盟店登録名簿) as use cases: register, change, close, and the account they are paid to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities import tables
from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.shops import shop_rows as records
from gateway.cities.shops.bank_accounts import (
    BankAccount,
    Payer,
    decrypt_account,
    decrypt_payer,
    encrypt_account,
    encrypt_payer,
)
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending import pay_codes
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEntry:
    """What the register says of a shop; `name_kana` is its reading, by which people find it."""

    name: str
    name_kana: str = ""
    category: str = ""
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Shops:
    desk: CityContext

    async def listed(
        self,
        code: str,
        *,
        closed: bool = False,
        named: str = "",
        after: str | None = None,
        limit: int = 200,
    ) -> list[Shop]:
        return await self.desk.store.read(
            lambda conn: records.list_shops(conn, code, closed=closed, named=named, after=after, limit=limit)
        )

    async def get(self, code: str, shop_id: str) -> Shop:
        return await self.desk.store.read(lambda conn: records.require(conn, code, shop_id))

    async def register(self, who: StaffSession, shop_id: str, entry: ShopEntry) -> Shop:
        """Put a shop on the register. Raises ProblemError: `bad-shop` (422), `shop-exists` (409)."""
        if not _ID.fullmatch(shop_id) or not entry.name.strip():
            raise ProblemError(
                "bad-shop", "A shop has a name, and an id of 1 to 40 lower-case letters, digits and hyphens.",
            )  # fmt: skip
        now, code = self.desk.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            shop = records.add(conn, _shop(code, shop_id, entry, now))
            write_audit(conn, who, now, "shop registered", shop_id, facts={"name": entry.name})
            return shop

        return await self.desk.store.run(job)

    async def change(self, who: StaffSession, shop_id: str, entry: ShopEntry) -> Shop:
        """Change what the register says. Raises ProblemError: `unknown-shop` (404), `bad-shop` (422)."""
        if not entry.name.strip():
            raise ProblemError("bad-shop", "A shop has a name.")
        now, code = self.desk.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            records.require(conn, code, shop_id)
            write_audit(conn, who, now, "shop changed", shop_id, facts={"name": entry.name})
            return records.write(
                conn,
                code,
                shop_id,
                name=entry.name,
                name_kana=entry.name_kana,
                category=entry.category,
                address=entry.address,
                phone=entry.phone,
            )

        return await self.desk.store.run(job)

    async def close(self, who: StaffSession, shop_id: str, reason: str) -> Shop:
        """Let a shop take no more points; what it is owed is still paid. The second time is the same answer."""
        return await self._set_closed(who, shop_id, reason, closed=True)

    async def reopen(self, who: StaffSession, shop_id: str, reason: str) -> Shop:
        return await self._set_closed(who, shop_id, reason, closed=False)

    async def set_bank(self, who: StaffSession, shop_id: str, account: BankAccount) -> Shop:
        """Say where a shop is paid; kept sealed. Raises ProblemError: `unknown-shop` (404)."""
        now, code = self.desk.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            records.require(conn, code, shop_id)
            write_audit(conn, who, now, "shop account changed", shop_id, facts={"account": account.masked})
            sealed = encrypt_account(self.desk.vault, code, shop_id, account)
            return records.write(conn, code, shop_id, bank_sealed=sealed)

        return await self.desk.store.run(job)

    async def bank(self, code: str, shop_id: str) -> BankAccount | None:
        """Where a shop is paid; None as long as nobody has said it."""

        def job(conn: Connection) -> bytes | None:
            records.require(conn, code, shop_id)
            return records.bank_sealed(conn, code, shop_id)

        sealed = await self.desk.store.read(job)
        return None if sealed is None else decrypt_account(self.desk.vault, code, shop_id, sealed)

    async def set_payer(self, who: StaffSession, payer: Payer) -> None:
        """Say from which account the city pays; kept sealed."""
        now, code = self.desk.clock(), who.municipality
        banks = tables.city_banks

        def job(conn: Connection) -> None:
            sealed = encrypt_payer(self.desk.vault, code, payer)
            conn.execute(
                insert_into(conn, banks)
                .values(municipality=code, payer_sealed=sealed, changed_at=now)
                .on_conflict_do_update(
                    index_elements=[banks.c.municipality], set_={"payer_sealed": sealed, "changed_at": now}
                )
            )
            write_audit(
                conn, who, now, "payer account changed", code, facts={"account": payer.account.masked}
            )

        await self.desk.store.run(job)

    async def payer(self, code: str) -> Payer | None:
        banks = tables.city_banks
        sealed = await self.desk.store.read(
            lambda conn: conn.execute(
                banks.select().with_only_columns(banks.c.payer_sealed).where(banks.c.municipality == code)
            ).scalar_one_or_none()
        )
        return None if sealed is None else decrypt_payer(self.desk.vault, code, sealed)

    def code_of(self, shop: Shop) -> str:
        """The text of the QR that stands at the shop's counter."""
        return pay_codes.make_shop_code(self.desk, shop.municipality, shop.shop_id)

    async def by_code(self, text: str) -> Shop:
        """The shop whose code a member has scanned, before paying. Raises ProblemError: `shop-code-wrong` (404), `shop-closed`."""
        code, shop_id = pay_codes.read_shop_code(self.desk, text)
        return await self.desk.store.read(lambda conn: records.require_open(conn, code, shop_id))

    async def _set_closed(self, who: StaffSession, shop_id: str, reason: str, *, closed: bool) -> Shop:
        why, now, code = require_reason(reason), self.desk.clock(), who.municipality

        def job(conn: Connection) -> Shop:
            shop = records.require(conn, code, shop_id)
            if (shop.closed_at is not None) == closed:
                return shop
            write_audit(conn, who, now, "shop closed" if closed else "shop reopened", shop_id, why)
            return records.write(conn, code, shop_id, closed_at=now if closed else None)

        return await self.desk.store.run(job)


def _shop(code: str, shop_id: str, entry: ShopEntry, now: datetime) -> Shop:
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
