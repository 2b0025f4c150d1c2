"""A member's mail address: optional, confirmed by who reads it, encrypted at rest, and stopped by one click.

It brings a sentence when there is something to read in お知らせ, and nothing else: nobody signs in by it, and nothing is reset by
it. Whether an address is anybody's is told to nobody: every answer is the same, and what is sent to one address in a day
is limited whoever asks for it.

    unconfirmed ──► confirmed ──► stopped     by the reader, or because the address takes no mail
         └──────────────┴───────────┴──► another address, or none
"""

from __future__ import annotations

import hmac
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core_ledger import Store
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows
from gateway.members.member_events import MemberEventKind
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.plugin_interfaces import Clock

MAX_ADDRESS: Final = 254
CONFIRMATION_TTL: Final = timedelta(days=1)
CHANGES_A_DAY: Final = 3
CONFIRMATIONS_A_DAY: Final = 3
"""To one address, whoever asks for it: nobody is flooded through us."""

_m, _n = tables.member_mail, tables.mail_notices
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_TOKEN: Final = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")
CONFIRMATION: Final = "confirmation"
"""The kind of the one mail that goes to an address which is not confirmed."""


class MailState(StrEnum):
    NONE = "none"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """What the member sees of it: masked, so that who looks over a shoulder learns no address."""

    state: MailState
    masked: str = ""
    stopped_because: str = ""


class MailLink(StrEnum):
    """What a link in a mail does. The value keeps the link of one from doing the other."""

    CONFIRM = "mail-confirm"
    STOP = "mail-stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddresses:
    """The use cases. All raise `ProblemError` for what is not carried out."""

    store: Store
    vault: Vault
    clock: Clock
    is_offered: bool

    async def get(self, member_id: str) -> MailAddress:
        return await self.store.read(lambda conn: self._shown(conn, member_id))

    async def set_address(self, member_id: str, typed: str) -> MailAddress:
        """Keep an address and send its reader a link. The old one gets nothing from now on.

        Raises ProblemError: `mail-not-offered` (404), `bad-mail-address` (422), `mail-changed-enough` (409).
        """
        if not self.is_offered:
            raise ProblemError("mail-not-offered", "This gateway sends no mail.")
        address, now = checked_address(typed), self.clock()

        def job(conn: Connection) -> MailAddress:
            member_rows.require_member(conn, member_id, lock=True)
            before = conn.execute(select(_m).where(_m.c.member_id == member_id)).one_or_none()
            changes, since = _allowance(before, now)
            sealed = self.vault.encrypt(address, purpose="mail", bound_to=member_id)
            address_hash = self._hash(address)
            values: dict[str, Any] = {
                "mail_id": uuid.uuid4().hex, "address_sealed": sealed, "address_hash": address_hash,
                "set_at": now, "confirmed_at": None, "stopped_at": None, "stopped_because": None,
                "changes": changes + 1, "changes_since": since,
                "looked_at": None, "looked_seq": None, "looked_on": None,
            }  # fmt: skip
            _forget_waiting(conn, member_id)
            if before is None:
                conn.execute(insert(_m).values(member_id=member_id, **values))
            else:
                conn.execute(update(_m).where(_m.c.member_id == member_id).values(values))
            if self._may_send_confirmation(conn, address_hash, now):
                key = f"{CONFIRMATION}:{values['mail_id']}"
                conn.execute(
                    insert(_n).values(
                        member_id=member_id, notice_key=key, kind=CONFIRMATION, at=now, created_at=now, next_at=now
                    )
                )  # fmt: skip
            member_events.record(conn, member_id, MemberEventKind.MAIL_CHANGED, now)
            return self._shown(conn, member_id)

        return await self.store.run(job)

    async def confirm(self, token: str) -> None:
        """Whoever reads the address has opened the link. Raises ProblemError `mail-link-over` (404) for any that is none."""
        now = self.clock()

        def job(conn: Connection) -> None:
            row = self._of_link(conn, token, MailLink.CONFIRM)
            if row is None or row.stopped_at is not None or now >= row.set_at + CONFIRMATION_TTL:
                raise _over()
            if row.confirmed_at is None:
                conn.execute(update(_m).where(_m.c.member_id == row.member_id).values(confirmed_at=now))

        await self.store.run(job)

    async def stop(self, token: str) -> None:
        """One click ends it, also the second time (RFC 8058). Raises ProblemError `mail-link-over` (404)."""
        now = self.clock()

        def job(conn: Connection) -> None:
            row = self._of_link(conn, token, MailLink.STOP)
            if row is None:
                raise _over()
            stop(conn, row.member_id, row.mail_id, "by its reader", now)

        await self.store.run(job)

    async def remove(self, member_id: str) -> None:
        """Forget the address. How often it was changed today stays until tomorrow, so that it is no way around the limit."""

        def job(conn: Connection) -> None:
            member_rows.require_member(conn, member_id, lock=True)
            _forget_waiting(conn, member_id)
            emptied = {"address_sealed": None, "address_hash": "", "confirmed_at": None, "stopped_at": None}
            removed = conn.execute(update(_m).where(_m.c.member_id == member_id).values(emptied))
            if removed.rowcount:
                member_events.record(conn, member_id, MemberEventKind.MAIL_CHANGED, self.clock())

        await self.store.run(job)

    def _shown(self, conn: Connection, member_id: str) -> MailAddress:
        row = conn.execute(select(_m).where(_m.c.member_id == member_id)).one_or_none()
        if row is None or row.address_sealed is None:
            return MailAddress(state=MailState.NONE)
        state = MailState.CONFIRMED if row.confirmed_at is not None else MailState.UNCONFIRMED
        return MailAddress(
            state=MailState.STOPPED if row.stopped_at is not None else state,
            masked=masked(address_of(self.vault, row)),
            stopped_because=row.stopped_because or "",
        )

    def _of_link(self, conn: Connection, token: str, link: MailLink) -> Row[Any] | None:
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        row = conn.execute(select(_m).where(_m.c.mail_id == match[1]).with_for_update()).one_or_none()
        if row is None or row.address_sealed is None:
            return None
        return row if hmac.compare_digest(token, token_of(self.vault, row.mail_id, link)) else None

    def _hash(self, address: str) -> str:
        return self.vault.stable_hash(address.casefold(), purpose="mail")

    def _may_send_confirmation(self, conn: Connection, address_hash: str, now: datetime) -> bool:
        """Counted over all members who gave this address, this one included."""
        given = select(func.count()).where(
            _m.c.address_hash == address_hash, _m.c.set_at > now - timedelta(days=1)
        )
        return int(conn.scalar(given) or 0) <= CONFIRMATIONS_A_DAY


def checked_address(typed: str) -> str:
    """The address without its margins. Raises ProblemError `bad-mail-address` (422)."""
    address = typed.strip()
    local = address.rpartition("@")[0]
    if len(address) > MAX_ADDRESS or not _ADDRESS.fullmatch(address) or ".." in local or local[:1] == ".":
        raise ProblemError("bad-mail-address", "A mail address looks like name@example.jp.")
    return address


def address_of(vault: Vault, row: Row[Any]) -> str:
    """The address in a row of `member_mail`. Raises Unreadable where no key opens it."""
    return vault.decrypt(row.address_sealed, purpose="mail", bound_to=row.member_id)


def masked(address: str) -> str:
    """`ha***@example.jp` for `hanako@example.jp`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:2] if len(local) > 2 else local[:1]}***@{domain}"


def token_of(vault: Vault, mail_id: str, link: MailLink) -> str:
    """What stands in a link: the row that it is about, and our hash of that, for this purpose alone."""
    return f"{mail_id}.{vault.stable_hash(mail_id, purpose=link.value)}"


def stop(conn: Connection, member_id: str, mail_id: str, because: str, at: datetime) -> None:
    """Send nothing more to this address, as a part of the caller's transaction."""
    this = (_m.c.member_id == member_id, _m.c.mail_id == mail_id, _m.c.stopped_at.is_(None))
    conn.execute(update(_m).where(*this).values(stopped_at=at, stopped_because=because))
    _forget_waiting(conn, member_id)


def _forget_waiting(conn: Connection, member_id: str) -> None:
    """What was still to be sent is not: it would go to another address, or to nobody."""
    waiting = (_n.c.member_id == member_id, _n.c.next_at.is_not(None))
    conn.execute(
        update(_n).where(*waiting).values(next_at=None, leased_until=None, last_error="address changed")
    )


def _allowance(before: Row[Any] | None, now: datetime) -> tuple[int, datetime]:
    if before is None or now >= before.changes_since + timedelta(days=1):
        return 0, now
    if before.changes >= CHANGES_A_DAY:
        again_at = before.changes_since + timedelta(days=1)
        raise ProblemError(
            "mail-changed-enough",
            "The address was changed often enough today.",
            again_at=again_at.isoformat(),
        )
    return before.changes, before.changes_since


def forget(conn: Connection, member_id: str) -> int:
    """Delete address and mails of a member who is erased, or joined to another."""
    deleted = conn.execute(delete(_m).where(_m.c.member_id == member_id)).rowcount
    return deleted + conn.execute(delete(_n).where(_n.c.member_id == member_id)).rowcount


def hand_over(conn: Connection, vault: Vault, from_member: str, to_member: str) -> bool:
    """Send notices to the same person's address under the other member, who has none; whether there was one to be used.

    An address that the other member has stays, and this one is deleted.
    """
    rows = {
        row.member_id: row
        for row in conn.execute(
            select(_m).where(_m.c.member_id.in_([from_member, to_member])).with_for_update()
        )
    }
    row, other = rows.get(from_member), rows.get(to_member)
    is_used = row is not None and row.confirmed_at is not None and row.stopped_at is None
    is_free = other is None or other.address_sealed is None
    conn.execute(delete(_n).where(_n.c.member_id == from_member))
    if row is None or row.address_sealed is None or not is_used or not is_free:
        conn.execute(delete(_m).where(_m.c.member_id == from_member))
        return False
    sealed = vault.encrypt(address_of(vault, row), purpose="mail", bound_to=to_member)
    conn.execute(delete(_m).where(_m.c.member_id == to_member))
    conn.execute(
        update(_m)
        .where(_m.c.member_id == from_member)
        .values(member_id=to_member, address_sealed=sealed, looked_at=None, looked_seq=None, looked_on=None)
    )
    return True


def mail_id_of(conn: Connection, member_id: str) -> str | None:
    """What stands for the address that a member has set, confirmed or not; another address is another one."""
    query = select(_m.c.mail_id).where(_m.c.member_id == member_id, _m.c.address_sealed.is_not(None))
    return conn.execute(query).scalar_one_or_none()


def _over() -> ProblemError:
    return ProblemError("mail-link-over", "This link is not in use any more; set the address again.")
