"""Shops by list (加盟店の名簿): export in the columns that are imported, check of a city's list, and its new shops by two persons.

A list is not stored: whoever has checked it sends it again to propose it, with the version of what the check has found. The
new shops are the proposal's command, sealed as every command is, and come on the register in the transaction of the decision.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.proposals import proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Facts, Ground, open_command, propose, read_command
from gateway.cities.shops import account_notices, shop_list, shop_list_check, shop_list_report, shop_rows
from gateway.cities.shops.application_duplicates import Duplicate
from gateway.cities.shops.bank_accounts import encrypt_account
from gateway.cities.shops.shop_list_check import CheckedLine, ListedShop, read_register
from gateway.cities.shops.shop_list_report import ExportedShop
from gateway.cities.shops.shops import new_shop
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditEntry
from gateway.platform.roles import Role

MAX_NAMES_SHOWN: Final = 40
"""Of the new shops, in the proposal; its list has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportShops:
    """The command that waits for a second person: all that the new shops will be."""

    content: str
    shops: tuple[ListedShop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopListCheck:
    """What a check has found. `seen` is its version: of the list, and of the register beside it."""

    lines: tuple[CheckedLine, ...]
    dropped: tuple[str, ...]
    seen: str

    @property
    def new_shops(self) -> tuple[ListedShop, ...]:
        return tuple(each.shop for each in self.lines if each.shop is not None)

    @property
    def faulty(self) -> int:
        return sum(1 for each in self.lines if each.faults)

    @property
    def known(self) -> int:
        return sum(1 for each in self.lines if each.known_as and not each.faults)

    @property
    def alike(self) -> int:
        """New shops that have a name, a telephone or an account of another."""
        return sum(1 for each in self.lines if each.shop is not None and each.duplicates)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedShop:
    """A shop that waits to be imported, and whom it is like now."""

    shop: ListedShop
    duplicates: tuple[Duplicate, ...]


@dataclass(frozen=True, slots=True)
class ShopImports:
    """The use cases."""

    context: CityContext

    async def export(self, who: StaffSession, *, with_accounts: bool) -> bytes:
        """The whole register, closed shops too, as CSV; without `with_accounts` the ends of accounts alone."""
        code, vault = who.municipality, self.context.vault

        def job(conn: Connection) -> list[ExportedShop]:
            register = read_register(conn, vault, code)
            owners: dict[str, list[staff_rows.Staff]] = {}
            for person in staff_rows.list_by_city(conn, code):
                if person.role is Role.SHOP and person.active and person.shop_id:
                    owners.setdefault(person.shop_id, []).append(person)
            return [
                ExportedShop(
                    shop=shop,
                    account=next(iter(register.accounts[shop_id]), None),
                    owners=tuple(owners.get(shop_id, ())),
                )
                for shop_id, shop in register.shops.items()
            ]

        exported = await self.context.store.read(job)
        return await asyncio.to_thread(shop_list_report.export_csv, exported, with_accounts=with_accounts)

    async def check(self, who: StaffSession, raw: bytes) -> ShopListCheck:
        """Check a list whole; nothing is stored. Raises ProblemError (422): `csv-unreadable`, `csv-columns`."""
        listed = await asyncio.to_thread(shop_list.read, raw)
        return await self.context.store.read(lambda conn: self._checked(conn, who.municipality, listed))

    async def propose(
        self, who: StaffSession, name: str, raw: bytes, seen: str, reason: str = ""
    ) -> Proposal:
        """Propose a list's new shops, as the check with the version `seen` has found them.

        Raises ProblemError: as `check`, `shop-list-faulty`, `changed-meanwhile` (409), and as `propose`.
        """
        listed = await asyncio.to_thread(shop_list.read, raw)
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> Proposal:
            found = self._checked(conn, code, listed)
            require_seen(seen, found.seen)
            if found.faulty or not found.new_shops:
                raise ProblemError(
                    "shop-list-faulty",
                    f"The list has {found.faulty} lines with a fault and {len(found.new_shops)} new shops; nothing was proposed.",
                    faults=found.faulty,
                    shops=len(found.new_shops),
                )
            command = ImportShops(content=_content(code, found.new_shops), shops=found.new_shops)
            return propose(
                self.context, conn, who, Deed.SHOP_LIST, command.content, command,
                ground=import_ground(self.context, conn, code, command), facts=_shown(name, found, command),
                reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def list_proposed(self, who: StaffSession, proposal_id: str) -> list[ProposedShop]:
        """The shops of a proposal, and whom each is like now. Raises ProblemError `unknown-proposal` (404)."""
        code = who.municipality

        def job(conn: Connection) -> list[ProposedShop]:
            proposal = proposal_rows.get(conn, code, proposal_id)
            if proposal.deed is not Deed.SHOP_LIST:
                raise ProblemError("unknown-proposal", "This proposal imports no shops.")
            command = read_command(ImportShops, open_command(self.context, conn, proposal))
            own = {shop.shop_id for shop in command.shops}
            alike = shop_list_check.likenesses_of(
                command.shops, read_register(conn, self.context.vault, code)
            )
            return [
                ProposedShop(
                    shop=shop,
                    duplicates=tuple(
                        each for each in duplicates if each.kind != "shop" or each.key not in own
                    ),
                )
                for shop, duplicates in zip(command.shops, alike, strict=True)
            ]

        return await self.context.store.read(job)

    def _checked(self, conn: Connection, code: str, listed: shop_list.ShopList) -> ShopListCheck:
        checked = shop_list_check.check(listed.lines, read_register(conn, self.context.vault, code), code)
        return ShopListCheck(
            lines=tuple(checked), dropped=listed.dropped, seen=shop_list_check.findings_of(checked)
        )


def import_ground(context: CityContext, conn: Connection, code: str, command: ImportShops) -> Ground:
    """What the author saw: that these ids are free, and whom of the register the shops are like."""
    register = read_register(conn, context.vault, code)
    alike = shop_list_check.likenesses_of(command.shops, register)
    return {
        "taken": sum(1 for shop in command.shops if shop.shop_id in register.shops),
        "alike": version_of(*([(each.kind, each.key, each.same) for each in found] for found in alike)),
    }


def import_shops(
    context: CityContext, conn: Connection, who: StaffActor, command: ImportShops, reason: str, at: datetime
) -> None:
    """Carry it out: each shop with its number, its line in the log, and its account. Raises ProblemError `shop-exists` (409)."""
    _register(context, conn, who, command.shops, at)
    facts: dict[str, str | int] = {"shops": len(command.shops)}
    write_audit(conn, who, at, AuditAction.SHOPS_IMPORTED, command.content, reason, facts)


def _register(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    shops: Sequence[ListedShop],
    at: datetime,
) -> None:
    """Put shops on the register, each with its account, in some statements for all of them: payments wait for it."""
    code = who.municipality
    accounts = {shop.shop_id: shop.account for shop in shops if shop.account is not None}
    sealed = {
        shop_id: encrypt_account(context.vault, code, shop_id, account)
        for shop_id, account in accounts.items()
    }
    shop_rows.add_many(
        conn,
        code,
        [(new_shop(code, shop.shop_id, shop.entry, at), sealed.get(shop.shop_id)) for shop in shops],
    )
    masked = {shop_id: account.masked for shop_id, account in accounts.items()}
    account_notices.add_first(conn, code, masked, at)
    entries = []
    for shop in shops:
        shop_id = shop.shop_id
        entries.append(
            AuditEntry(action=AuditAction.SHOP_REGISTERED, subject=shop_id, facts={"name": shop.entry.name})
        )
        if shop_id in masked:
            facts = {"account": masked[shop_id]}
            entries.append(AuditEntry(action=AuditAction.SHOP_ACCOUNT_CHANGED, subject=shop_id, facts=facts))
    audit_log.write_many(conn, code, entries, at=at, actor=who.staff_id, actor_name=who.display_name)


def _content(code: str, new_shops: tuple[ListedShop, ...]) -> str:
    """What makes two lists the same: the shops that they import, in whatever order and form."""
    parts = sorted(version_of(shop.shop_id, shop.entry, shop.account) for shop in new_shops)
    return hashlib.sha256("\x1f".join([code, *parts]).encode()).hexdigest()[:32]


def _shown(name: str, found: ShopListCheck, command: ImportShops) -> Facts:
    names = [shop.entry.name for shop in command.shops]
    more = " …" if len(names) > MAX_NAMES_SHOWN else ""
    return {
        "file": name, "new_shops": len(names), "with_account": sum(1 for shop in command.shops if shop.account),
        "known_shops": found.known, "alike_shops": found.alike, "content_hash": command.content[:16],
        "shop_names": "、".join(names[:MAX_NAMES_SHOWN]) + more,
    }  # fmt: skip
