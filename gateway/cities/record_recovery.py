"""Records of the journal's second stream come back: payments, refunds, grants and allocations with their rows.

Each in one transaction, as a new record with its old id, so that running it twice or being killed in between gives nothing
twice. Where anything speaks against it, nothing is written and a person calls. What only takes rights away (a revoked key,
a stopped person, a closed shop, a revoked MyKey ID, a member's replaced password) is done again by itself, before the gateway serves; what gives any is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select, update

from core_ledger import LedgerError, NotEnoughPoints, Receipt, Transfer, chart, ledger
from core_ledger.read_model import lock_books, moment, read_lots
from gateway.cities import daily_limits, rights_recovery, tables
from gateway.cities.carry_in import carry_in_rows
from gateway.cities.grants import grant_projects, project_members
from gateway.cities.member_data import erasure
from gateway.cities.merge_moves import MERGE
from gateway.cities.platform_deeds import member_merge
from gateway.cities.spending import spend_rows
from gateway.cities.spending.spend_rows import PaymentRequest, Refund
from gateway.errors import GatewayError, ProblemError
from gateway.exchanges import link_rows
from gateway.http.client_keys import revoke_key
from gateway.members import (
    member_events,
    member_rows,
    mykey_ids,
    proofs,
    representations,
    restorations,
    sessions,
)
from gateway.members.member_events import MemberEventKind
from gateway.members.proofs import ProofKind
from gateway.platform import audit_log
from gateway.platform import tables as platform_tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.forgotten_records import Line, list_forgotten_records
from gateway.platform.record_stream import DEED, MEMBER_ERASED, MEMBER_REVOKED, MOVE, PROOF_ENDED
from gateway.platform.roles import PLATFORM
from gateway.platform.sql import insert_new
from gateway.platform.states import MemberState
from gateway.points import rules, support_events
from gateway.webhooks import keys as webhook_keys
from httpkit.clock import day_of

BACK: Final = "back"
HERE: Final = "here already"
DONE_AGAIN: Final = "revoked here too"


class RecordObstacle(StrEnum):
    """Why a record does not come back by a machine: somebody calls."""

    MEMBER_UNKNOWN = "the member is not in this database"
    SHOP_UNKNOWN = "the shop is not in this database"
    PAYMENT_UNKNOWN = "its payment is not here"
    PROJECT_UNKNOWN = "its project is not in this database: add it again, then run this again"
    ID_USED = "its id stands for something else here"
    TOO_LITTLE = "the member has not the points here: bring back first what gave them, then run this again"
    TOO_MUCH = "more than was paid would go back"
    BY_HAND = "somebody has to do it again; see who and why"
    NOT_AGAIN = "its grants come back by themselves: look at them before anything of it is uploaded again"


_NOT_AGAIN: Final = frozenset({AuditAction.GRANT_FILE_APPROVED, AuditAction.CARRY_IN_APPROVED})


class RecordLeft(GatewayError):
    """A record does not come back by a machine; the text says why."""


def group_records(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that come back together or not at all: the moves of one refund, one for each day of issue, and of one merge.

    So do the closings and reopenings of one person, shop, project or service: the last of them says how it stands. What one
    member signs in by no more is one group, as somebody calls the member once.
    """
    groups: dict[tuple[str, ...], list[Line]] = {}
    for number, line in enumerate(lines):
        key: tuple[str, ...] = ("", str(number))
        if line["kind"] == MOVE and line["move"] == "refund":
            key = (line["book"], _refund_id(line))
        elif line["kind"] == MOVE and line["move"] == MERGE:
            key = (MERGE, line["id"].split(":")[1])
        elif line["kind"] == DEED and (closing := rights_recovery.opened_or_closed(line)) is not None:
            key = closing
        elif line["kind"] == PROOF_ENDED:
            key = (PROOF_ENDED, line["member"])
        groups.setdefault(key, []).append(line)
    return list(groups.values())


def recover_records(
    conn: Connection, group: Sequence[Line], *, operator: str, reason: str, at: datetime
) -> str:
    """Bring one group of `group_records` back, in the caller's transaction: BACK, HERE or DONE_AGAIN.

    Raises RecordLeft, saying why it is left for a person; then nothing of it may be committed.
    """
    lines = list_forgotten_records(conn, group)
    if not lines:
        return HERE
    line = lines[0]
    if line["kind"] != MOVE:
        line = lines[-1]
        if is_taken_away(line):
            close_gaps(conn, lines, at)
            return DONE_AGAIN
        raise RecordLeft(RecordObstacle.NOT_AGAIN if line["action"] in _NOT_AGAIN else RecordObstacle.BY_HAND)
    try:
        _recover_moves(conn, lines)
    except NotEnoughPoints:
        raise RecordLeft(RecordObstacle.TOO_LITTLE) from None
    except LedgerError as refused:
        raise RecordLeft(f"{RecordObstacle.ID_USED} ({refused})") from None
    audit_log.write(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=AuditAction.RECORD_RECOVERED, subject=line["id"],
        reason=reason, facts={"move": line["move"], "points": sum(each["points"] for each in lines)},
    )  # fmt: skip
    return BACK


def is_taken_away(line: Line) -> bool:
    """Whether a record takes rights away from somebody, and so is done again by itself."""
    if line["kind"] != DEED:
        return line["kind"] in (MEMBER_REVOKED, MEMBER_ERASED, PROOF_ENDED)
    return rights_recovery.takes_away(line) or line["action"] in (
        AuditAction.CLIENT_KEY_REVOKED,
        AuditAction.PUSH_SECRET_REVOKED,
        AuditAction.WEBHOOK_REVOKED,
        AuditAction.REPRESENTATIVE_ENDED,
    )


def close_gaps(conn: Connection, lines: Sequence[Line], at: datetime) -> int:
    """Revoke and stop again what a forgotten record has revoked or stopped; how many rights that took away."""
    newest: dict[tuple[str, ...], Line] = {}
    count = 0
    for line in lines:
        if line["kind"] == MEMBER_REVOKED:
            count += _revoke_member(conn, line["member"], line.get("into", ""), at)
        elif line["kind"] == MEMBER_ERASED:
            count += _erase_member(conn, line["member"], at)
        elif line["kind"] == PROOF_ENDED:
            count += _end_proof(conn, line, at)
        elif (closing := rights_recovery.opened_or_closed(line)) is not None:
            newest[closing] = line
        elif line["action"] == AuditAction.CLIENT_KEY_REVOKED:
            count += revoke_key(conn, str(line["facts"]["key_id"]), at)
        elif line["action"] in (AuditAction.PUSH_SECRET_REVOKED, AuditAction.WEBHOOK_REVOKED):
            count += webhook_keys.revoke(conn, str(line["facts"]["key_id"]), at)
        elif line["action"] == AuditAction.REPRESENTATIVE_ENDED:
            count += _end_representation(conn, str(line["facts"]["representation"]), at)
        else:
            count += rights_recovery.take_away_again(conn, line, at)
    return count + sum(rights_recovery.take_away_again(conn, line, at) for line in newest.values())


def _end_representation(conn: Connection, representation_id: str, at: datetime) -> bool:
    try:
        representation = representations.get(conn, representation_id, lock=True)
    except ProblemError:
        return False  # its appointment is forgotten as well
    return representations.end(conn, representation, "recovery", at)


def _revoke_member(conn: Connection, member_id: str, into: str, at: datetime) -> bool:
    member = member_rows.find_member(conn, member_id, lock=True)
    if member is None:
        return False
    successor = member_rows.find_member(conn, into) if into else None
    if successor is not None and member.merged_into is None:
        lock_books(conn, sorted(chart.member_book(each) for each in (member_id, into)))
        member_merge.end_old(conn, member, successor, at)
    elif member.state is MemberState.REVOKED:
        return False
    mykey_ids.retire(conn, member_id, member.mykey_id, at)
    member_rows.write(conn, member_id, state=MemberState.REVOKED, password_hash=None)
    proofs.remove_all(conn, member_id)
    sessions.end_all(conn, member_id)
    link_rows.remove_all(conn, chart.member_book(member_id))
    return True


def _erase_member(conn: Connection, member_id: str, at: datetime) -> bool:
    member = member_rows.find_member(conn, member_id, lock=True)
    if member is None or member.is_erased:
        return False
    erasure.erase(conn, member, at)
    return True


def _end_proof(conn: Connection, line: Line, at: datetime) -> bool:
    """A lost card, or the password from before, opens nothing again, nor does what it has opened.

    The desk's code is taken too: it may be the one by which the new password was set. The record says whom to call.
    """
    # A merge may have brought the proof to this member after the backup.
    member_id = proofs.find_member_of(conn, line["proof"]) or line["member"]
    member = member_rows.find_member(conn, member_id, lock=True)
    if member is None or not proofs.end_again(conn, member_id, ProofKind(line["way"]), line["proof"]):
        return False
    restorations.forget(conn, member_id)
    sessions.end_all(conn, member_id)
    member_events.record(conn, member_id, MemberEventKind.PROOF_REMOVED, at)
    audit_log.write(
        conn, PLATFORM, at=at, actor="recovery", actor_name="recovery", action=AuditAction.RECORD_RECOVERED,
        subject=member_id, reason=f"{PROOF_ENDED}: {line['way']}",
    )  # fmt: skip
    return True


def _recover_moves(conn: Connection, lines: Sequence[Line]) -> None:
    line = lines[0]
    books = sorted({each["book"] for each in lines})
    members = platform_tables.members.c
    known = select(members.member_id).where(
        members.member_id.in_([book.removeprefix("member:") for book in books])
    )
    if len(conn.execute(known).all()) < len(books):
        raise RecordLeft(RecordObstacle.MEMBER_UNKNOWN)
    lock_books(conn, books)
    match line["move"]:
        case _ if line["move"] == MERGE:
            for each in lines:
                _transfer(conn, each)
                _count_passed_gift(conn, each)
        case "spend":
            _spend(conn, line)
        case "refund":
            _refund(conn, lines)
        case "grant":
            _grant(conn, line)
        case "carry_in":
            _carry_in(conn, line)
        case "contribute":
            _transfer(conn, line)
            event_id = line["target"].rpartition(":")[2]
            support_events.count_gift(conn, line["book"], event_id, line["points"])
        case _:
            _transfer(conn, line)


def _count_passed_gift(conn: Connection, line: Line) -> None:
    for account, points in ((line["source"], -line["points"]), (line["target"], line["points"])):
        event_id = account.removeprefix(f"{line['book']}:event:")
        if event_id != account:
            support_events.count_gift(conn, line["book"], event_id, points)


def _transfer(conn: Connection, line: Line) -> Receipt:
    """The move as it was. Points that come from outside have their first day; within the book the oldest go first."""
    days = [date.fromisoformat(day) for day, _ in read_lots(line["lots"])]
    own = chart.owned(line["book"], line["source"])
    in_lot = own and line["move"] in ("auto_allocate", MERGE)
    receipt = ledger.transfer(
        conn,
        Transfer(
            id=line["id"],
            book=line["book"],
            source=line["source"],
            target=line["target"],
            points=line["points"],
            at=moment(line["moved_at_us"]),
            kind=line["move"],
            issued_on=None if own else days[0],
            issued_from=days[0] if in_lot else None,
            issued_until=days[0] if in_lot else None,
            reference=line["reference"],
            details=_details(line),
        ),
    )
    if receipt.replayed:
        raise RecordLeft(RecordObstacle.ID_USED)
    return receipt


def _spend(conn: Connection, line: Line) -> None:
    details, at, spend_id = _details(line), moment(line["moved_at_us"]), line["reference"]
    spend_rows.lock_id(conn, spend_id)
    if spend_rows.is_known(conn, spend_id):
        raise RecordLeft(RecordObstacle.ID_USED)
    _, city, shop_id = line["target"].split(":")
    shops = tables.shops.c
    if conn.scalar(select(shops.shop_id).where(shops.municipality == city, shops.shop_id == shop_id)) is None:
        raise RecordLeft(RecordObstacle.SHOP_UNKNOWN)
    member_id, service = line["book"].removeprefix("member:"), line["source"].rpartition(":")[2]
    payment = PaymentRequest(
        municipality=city, shop_id=shop_id, spend_id=spend_id, points=line["points"], at=at,
        way=details["way"], taken_by=details["taken_by"], member_id=member_id,
    ).of(member_id, service)  # fmt: skip
    receipt, today = _transfer(conn, line), day_of(at)
    rule = rules.in_force(rules.versions(conn, city, service), today)
    if rule.most_spent_a_day is not None:
        daily_limits.count_many(conn, city, service, today, "spent", {line["book"]: line["points"]})
    spend_rows.add_spend(conn, payment.result(receipt.lot_movements, rule.unit_value_yen))


def _refund(conn: Connection, lines: Sequence[Line]) -> None:
    line, points = lines[0], sum(line["points"] for line in lines)
    paid = spend_rows.find_spend(conn, line["book"], line["reference"])
    if paid is None:
        raise RecordLeft(RecordObstacle.PAYMENT_UNKNOWN)
    if spend_rows.find_refund(conn, line["book"], _refund_id(line)) is not None:
        raise RecordLeft(RecordObstacle.ID_USED)
    if points > paid.refundable:
        raise RecordLeft(RecordObstacle.TOO_MUCH)
    for each in lines:
        _transfer(conn, each)
    spends = tables.spends
    conn.execute(
        update(spends)
        .where(spends.c.book_id == paid.book_id, spends.c.spend_id == paid.spend_id)
        .values(refunded_points=paid.refunded_points + points)
    )
    details = _details(line)
    spend_rows.add_refund(
        conn,
        Refund(
            book_id=paid.book_id,
            refund_id=_refund_id(line),
            spend_id=paid.spend_id,
            municipality=paid.municipality,
            shop_id=paid.shop_id,
            points=points,
            yen=points * (paid.yen // paid.points),
            reason=details["reason"],
            made_by=details["made_by"],
            at=moment(line["moved_at_us"]),
        ),
    )


def _grant(conn: Connection, line: Line) -> None:
    _, code, project_id, key = line["id"].split(":", 3)
    project = grant_projects.find(conn, code, project_id)
    if project is None:
        raise RecordLeft(RecordObstacle.PROJECT_UNKNOWN)
    grant_id = key.removeprefix("one:")
    if grant_id != key:
        ids = tables.grant_ids
        if not insert_new(
            conn, ids, municipality=code, grant_id=grant_id, project_id=project_id, book_id=line["book"]
        ):
            owner = select(ids.c.book_id).where(ids.c.municipality == code, ids.c.grant_id == grant_id)
            if conn.scalar(owner) != line["book"]:
                raise RecordLeft(RecordObstacle.ID_USED)
    _transfer(conn, line)
    day = day_of(moment(line["moved_at_us"]))
    project_members.count_many(conn, code, project_id, day, {line["book"]: line["points"]})
    grant_projects.take_from_budget(conn, code, project_id, line["points"])
    daily_limits.count_many(
        conn, code, project.plan.point_service, day, "granted", {line["book"]: line["points"]}
    )


def _carry_in(conn: Connection, line: Line) -> None:
    """The lot, and its number: taken for good, so that no file carries it in again."""
    _transfer(conn, line)
    details, code = _details(line), line["id"].split(":")[1]
    member_id, at = line["book"].removeprefix("member:"), moment(line["moved_at_us"])
    if not carry_in_rows.add_number(conn, code, details["number"], details["file"], member_id, at):
        raise RecordLeft(RecordObstacle.ID_USED)


def _refund_id(line: Line) -> str:
    return str(line["id"]).removeprefix("refund:").rpartition(":")[0]


def _details(line: Mapping[str, Any]) -> dict[str, str]:
    details: dict[str, str] = json.loads(line["details"]) if line["details"] else {}
    return details
