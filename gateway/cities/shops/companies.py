"""Companies with several shops (会社): set by two persons of the city, read by the log-ins that the city names.

Whoever reads a company reads the days, statements and accounts' ends of each of its shops. Whoever works at its shops chooses one
of them, and has a session of that shop alone until another one is chosen: with the log-in's own right, and under its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Facts, Ground, propose
from gateway.cities.settlement import settlement_lines
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.settlement import ShopStatement, statements_of
from gateway.cities.settlement.settlement_lines import ShopLine
from gateway.cities.shops import company_rows, shop_rows
from gateway.cities.shops.company_rows import Company
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff import StaffSignedIn
from gateway.cities.staff.staff_rows import StaffSession
from gateway.cities.statistics.shop_report import ShopReport, shop_report
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import ALLOWED, Action

MAX_SHOPS: Final = 100
MAX_CYCLES: Final = 24
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCompany:
    """The command that waits for a second person: the company as it shall be; without shops it ends."""

    company: Company


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyShop:
    shop_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPerson:
    """A log-in that reads the company's books, or works at its shops; `shop_id` is its own."""

    staff_id: str
    login: str
    display_name: str
    shop_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCompany:
    company: Company
    shops: tuple[CompanyShop, ...]
    readers: tuple[CompanyPerson, ...]
    workers: tuple[CompanyPerson, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyCycle:
    """A closed cycle: what each shop was paid, and all of them together."""

    cycle: SettlementCycle
    lines: tuple[ShopLine, ...]

    @property
    def paid_yen(self) -> int:
        return sum(line.paid_yen for line in self.lines)

    @property
    def transfer_yen(self) -> int:
        return sum(line.transfer_yen for line in self.lines)


@dataclass(frozen=True, slots=True)
class Companies:
    """The use cases."""

    context: CityContext

    async def list_by_city(self, code: str) -> list[NamedCompany]:
        return await self.context.store.read(
            lambda conn: [_named(conn, code, company) for company in company_rows.list_by_city(conn, code)]
        )

    async def propose(
        self,
        who: StaffSession,
        company_id: str,
        name: str,
        shop_ids: Sequence[str],
        logins: Sequence[str],
        reason: str = "",
        seen: str | None = None,
        workers: Sequence[str] | None = None,
    ) -> Proposal:
        """Propose which shops are one company's, whose log-ins read it, and whose work at all of them; `seen` is the version
        that it was drawn from. `workers` None keeps those of shops that stay.

        Raises ProblemError: `bad-company` (422), `unknown-shop`, `unknown-staff` (404), `changed-meanwhile` (409), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> Proposal:
            before = company_rows.find(conn, code, company_id)
            company = Company(
                company_id=company_id, name=name.strip(), shop_ids=tuple(sorted(shop_ids)),
                readers=_staff_ids(conn, code, logins),
                workers=_remaining_workers(conn, code, before, shop_ids) if workers is None else _staff_ids(conn, code, workers, "workers"),
            )  # fmt: skip
            command = ChangeCompany(company=company)
            require_seen(seen, _version(before))
            _require_fit(conn, code, company)
            return propose(
                self.context, conn, who, Deed.COMPANY, company.company_id, command,
                ground=company_ground(self.context, conn, code, command),
                facts=_shown(conn, code, before, company), reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def get_own(self, who: StaffSession) -> NamedCompany:
        """The company that this log-in reads. Raises ProblemError `no-company` (404)."""
        return await self.context.store.read(
            lambda conn: _named(conn, who.municipality, require_own(conn, who))
        )

    async def shops_worked_at(self, who: StaffSession) -> NamedCompany:
        """The company at whose shops this log-in works. Raises ProblemError `no-company` (404)."""
        return await self.context.store.read(
            lambda conn: _named(conn, who.municipality, _require_worked_at(conn, who, who.own_shop))
        )

    async def choose_shop(self, who: StaffSession, shop_id: str, token: str) -> StaffSignedIn:
        """Go to another of the company's shops: the session ends, and one of that shop begins, which ends when the first would.

        Raises ProblemError: `no-company`, `unknown-shop` (404), `session-ended` (401).
        """
        now = self.context.clock()

        def job(conn: Connection) -> StaffSignedIn:
            person = staff_rows.require(conn, who.staff_id, who.municipality, lock=True)
            session = staff_rows.find_session(conn, token, client_id=who.client_id, now=now)
            company = _require_worked_at(conn, session, person.shop_id or "")
            if shop_id not in company.shop_ids:
                raise ProblemError("unknown-shop", "This is no shop of your company.")
            staff_rows.end_session(conn, token, client_id=who.client_id)
            new_token = staff_rows.start_session(
                conn, who.staff_id, client_id=who.client_id, strong=session.strong, at=now,
                shop_id=shop_id if shop_id != person.shop_id else None, ends_at=session.ends_at,
            )  # fmt: skip
            write_audit(conn, who, now, AuditAction.SHOP_CHOSEN, who.login, facts={"shop": shop_id})
            new = staff_rows.find_session(conn, new_token.reveal(), client_id=who.client_id, now=now)
            return StaffSignedIn(token=new_token, session=new)

        return await self.context.store.run(job)

    async def report(
        self, who: StaffSession, since: date, until: date
    ) -> tuple[NamedCompany, list[ShopReport]]:
        """A report of the whole period for each shop. Raises ProblemError: `no-company` (404), `bad-period` (422)."""
        code = who.municipality

        def job(conn: Connection) -> tuple[NamedCompany, list[ShopReport]]:
            named = _named(conn, code, require_own(conn, who))
            return named, [
                shop_report(conn, code, shop.shop_id, shop.name, since, until, "month")
                for shop in named.shops
            ]

        return await self.context.store.read(job)

    async def cycles(self, who: StaffSession) -> list[CompanyCycle]:
        """The company's last two dozen closed cycles, newest first. Raises ProblemError `no-company` (404)."""
        code = who.municipality

        def job(conn: Connection) -> list[CompanyCycle]:
            cycles: dict[date, SettlementCycle] = {}
            lines: dict[date, list[ShopLine]] = {}
            for shop_id in require_own(conn, who).shop_ids:
                shop = shop_rows.require(conn, code, shop_id)
                for cycle, line in settlement_lines.closed_of_shop(conn, code, shop, MAX_CYCLES):
                    cycles[cycle.starts_on] = cycle
                    lines.setdefault(cycle.starts_on, []).append(line)
            newest = sorted(cycles, reverse=True)[:MAX_CYCLES]
            return [CompanyCycle(cycle=cycles[day], lines=tuple(lines[day])) for day in newest]

        return await self.context.store.read(job)

    async def statement(self, who: StaffSession, starts_on: date) -> tuple[str, list[ShopStatement]]:
        """The company's name and the statements of its shops of one cycle, in order of shop.

        Shops are those that are the company's now. Raises ProblemError: `no-company`, `unknown-cycle` (404).
        """

        def job(conn: Connection) -> tuple[str, list[ShopStatement]]:
            company = require_own(conn, who)
            return company.name, statements_of(
                self.context, conn, who.municipality, starts_on, company.shop_ids
            )

        return await self.context.store.read(job)

    async def books_shop(self, who: StaffSession, shop_id: str | None) -> str:
        """The shop whose books are asked for: the own one, or another of the company's. Raises ProblemError `unknown-shop` (404)."""
        if shop_id is None or shop_id == who.own_shop:
            return who.own_shop

        def job(conn: Connection) -> str:
            company = company_rows.find_read_by(conn, who.municipality, who.staff_id, who.own_shop)
            if company is None or shop_id not in company.shop_ids:
                raise ProblemError("unknown-shop", "This is no shop whose books you read.")
            return shop_id

        return await self.context.store.read(job)


def require_own(conn: Connection, who: StaffSession) -> Company:
    """The company that a log-in reads. Raises ProblemError `no-company` (404)."""
    company = company_rows.find_read_by(conn, who.municipality, who.staff_id, who.own_shop)
    if company is None:
        raise ProblemError("no-company", "This log-in reads the books of its own shop alone.")
    return company


def _require_worked_at(conn: Connection, who: StaffSession, own_shop: str) -> Company:
    company = company_rows.find_worked_at(conn, who.municipality, who.staff_id, {own_shop, who.own_shop})
    if company is None:
        raise ProblemError("no-company", "This log-in works at its own shop alone.")
    return company


def company_ground(_: CityContext, conn: Connection, code: str, command: ChangeCompany) -> Ground:
    """The company as the author saw it."""
    return {"company": _version(company_rows.find(conn, code, command.company.company_id))}


def change_company(
    conn: Connection, who: StaffActor, command: ChangeCompany, reason: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError: `bad-company` (422), `unknown-shop`, `unknown-staff` (404)."""
    company = command.company
    _require_fit(conn, who.municipality, company)
    company_rows.write(conn, who.municipality, company, at)
    facts: dict[str, str | int] = {"name": company.name, "shops": len(company.shop_ids)}
    write_audit(conn, who, at, AuditAction.COMPANY_CHANGED, company.company_id, reason, facts)


def _require_fit(conn: Connection, code: str, company: Company) -> None:
    if not _ID.fullmatch(company.company_id):
        raise _bad("company_id", "1 to 40 lower-case letters, digits and hyphens")
    if not company.name.strip():
        raise _bad("name", "a company has a name")
    if len(company.shop_ids) == 1:
        raise _bad("shops", "a company has two shops at least, or none where it ends")
    if len(set(company.shop_ids)) != len(company.shop_ids) or len(company.shop_ids) > MAX_SHOPS:
        raise _bad("shops", f"each shop once, at most {MAX_SHOPS}")
    for shop_id in company.shop_ids:
        shop_rows.require(conn, code, shop_id)
    for other in company_rows.list_by_city(conn, code):
        if other.company_id != company.company_id and set(other.shop_ids) & set(company.shop_ids):
            raise _bad("shops", f"one of them is a shop of {other.name}")
    people = {person.staff_id: person for person in staff_rows.list_by_city(conn, code)}
    for field, staff_ids in (("readers", company.readers), ("workers", company.workers)):
        for staff_id in staff_ids:
            person = people.get(staff_id)
            if person is None or not person.active:
                raise ProblemError(
                    "unknown-staff", "One of the log-ins is not there, or was stopped.", field=field
                )
            if person.shop_id not in company.shop_ids:
                raise _bad(field, f"{person.login} is of none of the company's shops")
            if field == "readers" and Action.SEE_SHOP_BOOKS not in ALLOWED[person.role]:
                raise _bad(field, f"{person.login} is neither owner nor book-keeper")


def _staff_ids(conn: Connection, code: str, logins: Sequence[str], field: str = "readers") -> tuple[str, ...]:
    people = {person.login: person.staff_id for person in staff_rows.list_by_city(conn, code)}
    wanted = {staff_rows.read_login(login) or "" for login in logins}
    if unknown := sorted(wanted - set(people)):
        raise ProblemError(
            "unknown-staff", f"There is no log-in {unknown[0]} of a shop of this city.", field=field
        )
    return tuple(sorted(people[login] for login in wanted))


def _remaining_workers(
    conn: Connection, code: str, before: Company | None, shop_ids: Sequence[str]
) -> tuple[str, ...]:
    """Who works at the company's shops already, and is of one that stays."""
    if before is None:
        return ()
    people = {person.staff_id: person for person in staff_rows.list_by_city(conn, code)}
    return tuple(
        staff_id
        for staff_id in before.workers
        if staff_id in people and people[staff_id].active and people[staff_id].shop_id in shop_ids
    )


def _shown(conn: Connection, code: str, before: Company | None, company: Company) -> Facts:
    """What people read: the shops and log-ins, as they are and as they will be."""
    shown: dict[str, str | int] = {"company": company.company_id, "name": company.name}
    if before is not None:
        shown["name_before"] = before.name
    for field in ("company_shops", "company_readers", "company_workers"):
        own, was = _names(conn, code, field, company), _names(conn, code, field, before)
        shown |= {f"{field}_before": was or "―", field: own or "―"}
    return shown


def _names(conn: Connection, code: str, field: str, company: Company | None) -> str:
    if company is None:
        return ""
    named = _named(conn, code, company)
    if field == "company_shops":
        return "、".join(f"{shop.name} ({shop.shop_id})" for shop in named.shops)
    people = named.readers if field == "company_readers" else named.workers
    return "、".join(f"{person.display_name} ({person.login})" for person in people)


def _named(conn: Connection, code: str, company: Company) -> NamedCompany:
    people = {person.staff_id: person for person in staff_rows.list_by_city(conn, code)}

    def named(staff_ids: Sequence[str]) -> tuple[CompanyPerson, ...]:
        return tuple(
            CompanyPerson(
                staff_id=person.staff_id, login=person.login, display_name=person.display_name,
                shop_id=person.shop_id or "",
            )
            for person in (people[staff_id] for staff_id in staff_ids if staff_id in people)
        )  # fmt: skip

    return NamedCompany(
        company=company,
        shops=tuple(
            CompanyShop(shop_id=shop_id, name=shop_rows.require(conn, code, shop_id).name)
            for shop_id in company.shop_ids
        ),
        readers=named(company.readers),
        workers=named(company.workers),
    )


def _version(company: Company | None) -> str:
    return "0" * 16 if company is None else company.version


def _bad(field: str, text: str) -> ProblemError:
    return ProblemError("bad-company", f"{field}: {text}", field=field)
