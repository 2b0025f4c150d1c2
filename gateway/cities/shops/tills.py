"""Bound tills: a shop's phone or tablet that stays signed in, and opens the till and nothing else.

Bound from a session of the shop's person who types the password again. Once a day the device shows its secret, is given the
next, and gets a session that takes payments and sees today's list. It ends when the shop or the city says so, with a new
password, with its person, with the shop, after disuse, and when a secret comes that was good before: then there is a copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.proposals.propose import SystemActor
from gateway.cities.shops import shop_rows, till_pins, till_rows
from gateway.cities.shops.till_pins import PinState
from gateway.cities.shops.till_rows import Till
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff import StaffService
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd
from gateway.platform.roles import ALLOWED, Action
from gateway.platform.security_log import SecurityEvent, log_security


@dataclass(frozen=True, slots=True, kw_only=True)
class TillOpened:
    """A session of the till, and the secret that the device shows next; each is given this once."""

    till: Till
    session: StaffSession
    session_token: Secret
    till_token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Tills:
    """The use cases. All raise `ProblemError` for what is not carried out; `unused_ttl` is how long one may lie unused."""

    context: CityContext
    staff: StaffService
    unused_ttl: timedelta

    async def bind(self, who: StaffSession, password: str, name: str) -> tuple[Till, Secret]:
        """Bind the device at which this person sits; gives its first secret.

        Raises ProblemError: `current-password-wrong` (403), `tills-too-many`, `shop-closed`, `till-own-shop` (409),
        `sign-in-locked` (429), `busy` (503).
        """
        now, shop_id = self.context.clock(), who.own_shop
        if who.is_elsewhere:
            # It would act with a log-in of another shop, and end as soon as a release that knows one shop a log-in sees it.
            raise ProblemError("till-own-shop", "A device is bound with a log-in of its own shop.")

        def work(conn: Connection, person: Staff) -> tuple[Till, Secret]:
            code = who.municipality
            shop_rows.require_open(conn, code, shop_id)
            bound = till_rows.list_by_shop(conn, code, shop_id, used_after=now - self.unused_ttl)
            if len(bound) >= till_rows.MAX_OF_A_SHOP:
                raise ProblemError("tills-too-many", "End a till that is not used any more first.")
            till, token = till_rows.add(
                conn, municipality=code, shop_id=shop_id, staff_id=person.staff_id, name=name, at=now
            )
            facts: dict[str, str | int] = {"till": till.till_id, "name": name}
            write_audit(conn, who, now, AuditAction.TILL_BOUND, shop_id, facts=facts)
            return till, token

        return await self.staff.with_password(who, password, work)

    async def open(self, token: str, *, client_id: str) -> TillOpened:
        """A device shows its secret and gets a session of the till. Raises ProblemError `till-ended` (401) for any other."""
        now = self.context.clock()

        def job(conn: Connection) -> TillOpened | Till | None:
            till = till_rows.lock_by_token(conn, token)
            if till is None or till.ended_at is not None or now >= till.used_at + self.unused_ttl:
                return None
            system = SystemActor(municipality=till.municipality)
            following = till_rows.show(conn, till, token, now)
            if following is None:
                till_rows.end(conn, system, till, TillEnd.COPIED, now)
                return till
            person = staff_rows.find(conn, till.staff_id)
            if person is None or not _takes_points(person, till):
                till_rows.end(conn, system, till, TillEnd.LOGIN_ENDED, now)
                return None
            session_token = staff_rows.start_session(
                conn, person.staff_id, client_id=client_id, strong=False, at=now, till_id=till.till_id
            )
            session = staff_rows.find_session(conn, session_token.reveal(), client_id=client_id, now=now)
            return TillOpened(till=till, session=session, session_token=session_token, till_token=following)

        opened = await self.context.store.run(job)
        if isinstance(opened, TillOpened):
            log_security(SecurityEvent.SIGNED_IN, who="staff", by="till", staff=opened.till.staff_id)
            return opened
        if opened is not None:
            log_security(SecurityEvent.TILL_COPIED, staff=opened.staff_id, till=opened.till_id)
        raise ProblemError("till-ended", "This device is not a till any more; sign in and bind it again.")

    async def listed(self, code: str, shop_id: str) -> tuple[list[Till], PinState]:
        """A shop's bound tills, the newest first, and how its PIN for refunds stands. Raises ProblemError `unknown-shop`."""
        since = self.context.clock() - self.unused_ttl

        def job(conn: Connection) -> tuple[list[Till], PinState]:
            shop_rows.require(conn, code, shop_id)
            tills = till_rows.list_by_shop(conn, code, shop_id, used_after=since)
            return tills, till_pins.state_of(conn, code, shop_id)

        return await self.context.store.read(job)

    async def end(self, who: StaffSession, till_id: str) -> None:
        """The shop ends one of its own; one that has ended stays so. Raises ProblemError `unknown-till` (404)."""
        await self._end(who, who.own_shop, till_id, TillEnd.SHOP, "")

    async def end_by_city(self, who: StaffSession, shop_id: str, till_id: str, reason: str) -> None:
        """The city's staff end one. Raises ProblemError: `unknown-till` (404), `reason-missing` (422)."""
        await self._end(who, shop_id, till_id, TillEnd.CITY, require_reason(reason))

    async def _end(self, who: StaffSession, shop_id: str, till_id: str, by: TillEnd, reason: str) -> None:
        now = self.context.clock()

        def job(conn: Connection) -> None:
            till = till_rows.require(conn, who.municipality, shop_id, till_id, lock=True)
            till_rows.end(conn, who, till, by, now, reason)

        await self.context.store.run(job)

    async def set_pin(self, who: StaffSession, password: str, pin: str) -> None:
        """Set the PIN that bound tills ask for before they give points back; what was missed before counts no more.

        Raises ProblemError: `till-pin-unfit` (422), and as `bind`.
        """
        till_pins.check_new(pin)
        code, shop_id, now = who.municipality, who.own_shop, self.context.clock()
        hashed = await till_pins.hashed(self.context, code, shop_id, pin)

        def work(conn: Connection, _: Staff) -> None:
            till_pins.save(conn, code, shop_id, hashed, now)
            write_audit(conn, who, now, AuditAction.TILL_PIN_SET, shop_id)

        await self.staff.with_password(who, password, work)

    async def remove_pin(self, who: StaffSession) -> None:
        """From now on no bound till gives points back. Without a PIN nothing is done."""
        code, shop_id, now = who.municipality, who.own_shop, self.context.clock()

        def job(conn: Connection) -> None:
            if till_pins.remove(conn, code, shop_id):
                write_audit(conn, who, now, AuditAction.TILL_PIN_REMOVED, shop_id)

        await self.context.store.run(job)


def _takes_points(person: Staff, till: Till) -> bool:
    """Whether the person whose log-in it is may still do at this shop what the till does."""
    is_there = (person.municipality, person.shop_id) == (till.municipality, till.shop_id)
    return (
        is_there
        and person.active
        and not person.password_is_first
        and Action.TAKE_POINTS in ALLOWED[person.role]
    )
