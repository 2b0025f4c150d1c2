"""What is erased of a member, and what stays under a name that says nothing: sync functions of a Connection.

Gone: name, settings, MyKey ID, ways in, sessions, links, mail address, notices, PIN of point cards, what cities' lists say. Moves,
payments and the logs stay, under the member's random number; a MyKey ID stays given up, and leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, update

from core_ledger import chart
from gateway.cities import tables as city
from gateway.cities.carry_in import carry_in_rows, lost_codes
from gateway.cities.city_context import write_audit
from gateway.cities.grants.grant_file_rows import FileState
from gateway.cities.proposals import proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import SystemActor, proposal_facts
from gateway.exchanges import link_rows
from gateway.members import mail_addresses, member_rows, mykey_ids, proofs, representations, sessions
from gateway.members.member_rows import Member
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.states import MEMBER_MOVES, MemberState
from gateway.platform.transitions import require_legal

NO_NAME: Final = "－"
"""Stands for the name of whoever was erased."""
NOBODY: Final = "erased"
"""Whom a MyKey ID leads to that was erased: no member has this id."""

_FORGOTTEN: Final = (
    tables.member_events, tables.member_notice_marks, tables.mykey_id_choices, tables.member_restorations,
)  # fmt: skip
EMPTY_GRANT_LINE: Final[Mapping[str, Any]] = MappingProxyType(
    {"mykey_id": "", "note": "", "typed": None, "kept": None}
)
"""What is left of a line of a list of grants that says no more who it was; its points and its fault stay."""
_WAITING: Final = (FileState.CHECKED.value, FileState.APPROVED.value)


def erase(conn: Connection, member: Member, at: datetime) -> None:
    """Erase what is kept of one member; the second time changes nothing. The caller holds the member's row."""
    member_id, book = member.member_id, chart.member_book(member.member_id)
    ids = _mykey_ids(conn, member)
    _empty_lists(conn, [member_id], ids)
    _end_proposals(conn, member, ids, at)
    mykey_ids.retire(conn, member_id, member.mykey_id, at)
    retired = tables.retired_mykey_ids
    conn.execute(update(retired).where(retired.c.member_id == member_id).values(member_id=NOBODY))
    require_legal(MEMBER_MOVES, member.state, MemberState.REVOKED)
    member_rows.write(
        conn, member_id,
        mykey_id=f"{NOBODY}-{member_id}", display_name=NO_NAME, language="ja", password_hash=None,
        default_municipality=None, default_point_service=None, state=MemberState.REVOKED, step_up_above=None, erased_at=at,
    )  # fmt: skip
    representations.end_all_of(conn, member_id, at)
    proofs.remove_all(conn, member_id)
    sessions.end_all(conn, member_id)
    mail_addresses.forget(conn, member_id)
    link_rows.remove_all(conn, book)
    for table in _FORGOTTEN:
        conn.execute(delete(table).where(table.c.member_id == member_id))
    for by_book in (city.member_days, city.pay_codes):
        conn.execute(delete(by_book).where(by_book.c.book_id == book))


def _mykey_ids(conn: Connection, member: Member) -> list[str]:
    retired = tables.retired_mykey_ids
    before = conn.execute(select(retired.c.mykey_id).where(retired.c.member_id == member.member_id))
    return sorted({member.mykey_id, *before.scalars()})


def _empty_lists(conn: Connection, member_ids: Sequence[str], ids: Sequence[str]) -> None:
    """Lines of cities' lists say no more who it was. A list that waits is emptied when it ends, by `is_of_erased`."""
    lines, files = city.grant_lines, city.grant_files
    ended = select(files.c.file_id).where(files.c.state.not_in(_WAITING))
    these = or_(lines.c.member_id.in_(member_ids), lines.c.mykey_id.in_(ids))
    conn.execute(update(lines).where(these, lines.c.file_id.in_(ended)).values(EMPTY_GRANT_LINE))
    carried, balances = city.carry_in_lines, city.carry_ins
    over = select(balances.c.file_id).where(balances.c.state.not_in(_WAITING))
    theirs = or_(carried.c.member_id.in_(member_ids), carried.c.mykey_id.in_(ids))
    conn.execute(
        update(carried)
        .where(theirs, carried.c.file_id.in_(over), carried.c.typed.is_not(None))
        .values(typed=carry_in_rows.NOTHING_TYPED)
    )
    conn.execute(update(carried).where(theirs, carried.c.file_id.in_(over)).values(mykey_id=""))


def is_of_erased(lines: Table) -> ColumnElement[bool]:
    """Whether a line of a list is about somebody who was erased: by the member, or by a MyKey ID that was theirs."""
    members, retired = tables.members, tables.retired_mykey_ids
    erased = select(members.c.member_id).where(
        members.c.member_id == lines.c.member_id, members.c.erased_at.is_not(None)
    )
    given_up = select(retired.c.mykey_id).where(
        retired.c.mykey_id == lines.c.mykey_id, retired.c.member_id == NOBODY
    )
    return or_(erased.exists(), given_up.exists())


def lock_proposals(conn: Connection, member: Member) -> list[Proposal]:
    """Proposals that name the member, held until the transaction ends: whoever decides one has done so, or does nothing more."""
    ids = _mykey_ids(conn, member)
    proposals = city.proposals
    named = (proposals.c.subject.contains(text, autoescape=True) for text in (member.member_id, *ids))
    read_of = (proposals.c.facts.contains(f'"{text}"', autoescape=True) for text in ids)
    key = (proposals.c.municipality, proposals.c.proposal_id)
    rows = conn.execute(select(*key).where(or_(*named, *read_of)).order_by(*key).with_for_update()).all()
    return [proposal_rows.get(conn, code, proposal_id) for code, proposal_id in rows]


def _end_proposals(conn: Connection, member: Member, ids: Sequence[str], at: datetime) -> None:
    """Proposals about the person are read by nobody any more, and those that wait are withdrawn: nobody is left to do it to.

    Who proposed and decided what when stays, and so does the digest. The erasure itself, which is carried out now, is ended
    by whoever carries it out.
    """
    nobody = f"{NOBODY}-{member.member_id}"
    for proposal in lock_proposals(conn, member):
        subject = nobody if any(text in proposal.subject for text in ids) else proposal.subject
        if proposal.state is ProposalState.WAITING and proposal.deed is not Deed.MEMBER_ERASE:
            proposal_rows.transition(conn, proposal, ProposalState.WITHDRAWN, by=None, at=at, reason="")
            if proposal.deed is Deed.CARRY_IN_JOIN:
                lost_codes.end_proposal(conn, proposal, ProposalState.WITHDRAWN, at)
            system, facts = SystemActor(municipality=proposal.municipality), proposal_facts(proposal)
            write_audit(conn, system, at, AuditAction.PROPOSAL_WITHDRAWN, subject, "", facts)
        proposal_rows.forget_named(conn, proposal, subject)
