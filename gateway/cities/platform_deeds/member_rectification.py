"""Putting right what is wrongly kept of a member (訂正): name, language, MyKey ID, mail address.

Points, payments and logs are not rewritten; a balance is corrected by a city. The log says from what to what, a name cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.platform_deeds.member_holdings import require
from gateway.cities.proposals.propose import Facts, Ground
from gateway.cities.support.masks import masked
from gateway.errors import ProblemError
from gateway.members import mail_addresses, member_events, member_rows, mykey_ids
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.members.members import check_language, checked_name
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class RectifyMember:
    """The command that waits for a second person. None and False leave it as it is.

    `forgets_mail`: the address is not the member's; another one is confirmed by who reads it, and so set by the member alone.
    """

    member_id: str
    display_name: str | None
    language: str | None
    mykey_id: str | None
    forgets_mail: bool


def require_change(
    conn: Connection,
    mykey_id: str,
    *,
    display_name: str | None,
    language: str | None,
    new_mykey_id: str | None,
    forgets_mail: bool,
) -> RectifyMember:
    """The command for an active member.

    Raises ProblemError: `unknown-member` (404), `member-merged`, `member-revoked`, `mykey-id-taken`, `nothing-to-rectify` (409),
    `bad-display-name`, `bad-language`, `mykey-id-unfit` (422).
    """
    member = member_rows.find_ever(conn, mykey_id)
    if member is None:
        raise member_rows.unknown_member()
    _require_active(conn, member)
    if language is not None:
        check_language(language)
    command = RectifyMember(
        member_id=member.member_id,
        display_name=None if display_name is None else checked_name(display_name),
        language=language,
        mykey_id=None if new_mykey_id is None else mykey_ids.read_choice(new_mykey_id),
        forgets_mail=forgets_mail,
    )
    if not _changes(conn, member, command):
        raise ProblemError(
            "nothing-to-rectify", "Nothing of it differs from what is kept; say what is wrong."
        )
    _require_free(conn, member, command)
    return command


def rectify_ground(_: CityContext, conn: Connection, __: str, command: RectifyMember) -> Ground:
    """What was kept when it was proposed, held until the transaction ends."""
    member = require(conn, command.member_id, lock=True)
    return {
        "mykey_id": member.mykey_id,
        "state": member.state.value,
        "display_name": member.display_name,
        "language": member.language,
        "mail": mail_addresses.mail_id_of(conn, member.member_id),
    }


def rectify_facts(conn: Connection, command: RectifyMember) -> Facts:
    """From what to what, as it has to be compared with paper; it goes when the member's record is erased."""
    member = require(conn, command.member_id)
    facts: dict[str, str | int] = {"mykey_id": member.mykey_id}
    for name, (before, after) in _changes(conn, member, command).items():
        facts |= {f"{name}_before": before, f"{name}_after": after}
    return facts


def rectify_member(conn: Connection, who: StaffActor, command: RectifyMember, why: str, at: datetime) -> None:
    """Carry it out. Raises ProblemError as `require_change`."""
    member = require(conn, command.member_id, lock=True)
    _require_active(conn, member)
    _require_free(conn, member, command)
    changes = _changes(conn, member, command)
    facts: dict[str, str | int] = {}
    for name, both in changes.items():
        before, after = map(masked, both) if name == "name" else both
        facts |= {f"{name}_before": before, f"{name}_after": after}
    if "name" in changes:
        member_rows.write(conn, member.member_id, display_name=command.display_name)
    if "language" in changes:
        member_rows.write(conn, member.member_id, language=command.language)
    if "mykey" in changes:
        mykey_ids.retire(conn, member.member_id, member.mykey_id, at)
        member_rows.write(conn, member.member_id, mykey_id=command.mykey_id)
    if "mail" in changes:
        mail_addresses.forget(conn, member.member_id)
    member_events.record(conn, member.member_id, MemberEventKind.RECTIFIED, at)
    write_audit(conn, who, at, AuditAction.MEMBER_RECTIFIED, command.member_id, why, facts)


def _changes(conn: Connection, member: Member, command: RectifyMember) -> dict[str, tuple[str, str]]:
    """What differs: what is kept, and what will be."""
    wanted = {
        "name": (member.display_name, command.display_name),
        "language": (member.language, command.language),
        "mykey": (member.mykey_id, command.mykey_id),
    }
    changes = {
        name: (before, after)
        for name, (before, after) in wanted.items()
        if after is not None and after != before
    }
    if command.forgets_mail and mail_addresses.mail_id_of(conn, member.member_id) is not None:
        changes["mail"] = ("set", "none")
    return changes


def _require_active(conn: Connection, member: Member) -> None:
    if not member.active:
        successor = member_rows.find_successor(conn, member)
        if successor.member_id != member.member_id:
            raise member_rows.merged(member, successor)
        raise ProblemError(
            "member-revoked", "This MyKey ID was revoked; give the one that the person uses now."
        )


def _require_free(conn: Connection, member: Member, command: RectifyMember) -> None:
    wanted = command.mykey_id
    if wanted is not None and wanted != member.mykey_id and not mykey_ids.is_available(conn, wanted):
        raise ProblemError("mykey-id-taken", "This MyKey ID is taken; choose another or have one generated.")
