"""Representatives (代理): who acts for a member, what they may do, and what they have done.

Two persons at a city's desk appoint one (`gateway.cities.support.representatives`); the member, the desk or the representative
ends it, alone and at once. Whoever acts is signed in as themselves first: a session that acts takes the place of their own. It
ends with the representation, in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from gateway.errors import ProblemError
from gateway.http.authentication import ActingRight
from gateway.members import member_events, member_rows, sessions
from gateway.members.member_events import MemberEventKind
from gateway.members.sessions import Acting, Session
from gateway.model import JST, Secret
from gateway.platform import audit_log, tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new
from httpkit.clock import day_of

MAX_PERIOD: Final = timedelta(days=3 * 366)
MAX_LISTED: Final = 100
_r, _acts = tables.representations, tables.representative_acts


class RepresentationKind(StrEnum):
    GUARDIAN = "guardian"
    FAMILY = "family"
    CARE = "care"


class ActKind(StrEnum):
    EXCHANGE = "exchange"
    ALLOCATION = "allocation"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """`actor_id` acts for `member_id` from `starts_on` to `ends_on`, both included, unless it was ended before.

    `pay_points_a_day` is what may be paid in a day at shops of `municipality`; 0: nothing. `ended_by` is `member`, `actor` or an
    id of staff.
    """

    representation_id: str
    municipality: str
    member_id: str
    actor_id: str
    kind: RepresentationKind
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    reason: str
    appointed_at: datetime
    ended_at: datetime | None
    ended_by: str | None

    @property
    def rights(self) -> frozenset[ActingRight]:
        rights = {ActingRight.SEE}
        if self.may_exchange:
            rights.add(ActingRight.EXCHANGE)
        if self.pay_points_a_day:
            rights.add(ActingRight.PAY)
        return frozenset(rights)

    def in_force(self, at: datetime) -> bool:
        return self.ended_at is None and self.starts_on <= day_of(at) <= self.ends_on

    def over(self, at: datetime) -> bool:
        return self.ended_at is not None or day_of(at) > self.ends_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was done for a member. `subject` is the id of the exchange, allocation or payment; `points` 0 where not known then."""

    kind: ActKind
    subject: str
    points: int
    at: datetime


def add(conn: Connection, representation: Representation) -> None:
    """Keep it. The member reads of it in お知らせ."""
    conn.execute(
        insert(_r).values(
            representation_id=representation.representation_id,
            municipality=representation.municipality,
            member_id=representation.member_id,
            actor_id=representation.actor_id,
            kind=representation.kind.value,
            may_exchange=representation.may_exchange,
            pay_points_a_day=representation.pay_points_a_day,
            starts_on=representation.starts_on.isoformat(),
            ends_on=representation.ends_on.isoformat(),
            reason=representation.reason,
            appointed_at=representation.appointed_at,
        )
    )
    member_events.record(
        conn, representation.member_id, MemberEventKind.REPRESENTATIVE_APPOINTED, representation.appointed_at
    )


def get(conn: Connection, representation_id: str, *, lock: bool = False) -> Representation:
    """Raises ProblemError `unknown-representation` (404)."""
    query = select(_r).where(_r.c.representation_id == representation_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown()
    return _representation(row)


def list_of_member(conn: Connection, member_id: str) -> list[Representation]:
    """Who acts for this member, or has; the newest first."""
    return _list(conn, _r.c.member_id == member_id)


def list_of_actor(conn: Connection, actor_id: str) -> list[Representation]:
    """For whom this member acts, or has; the newest first."""
    return _list(conn, _r.c.actor_id == actor_id)


def find_standing(conn: Connection, member_id: str, actor_id: str, at: datetime) -> Representation | None:
    """The representation of these two that is not over."""
    both = and_(_r.c.member_id == member_id, _r.c.actor_id == actor_id)
    return next((each for each in _list(conn, both) if not each.over(at)), None)


def end(conn: Connection, representation: Representation, by: str, at: datetime) -> bool:
    """End it and every session by it. False where it was ended before."""
    hit = conn.execute(
        update(_r)
        .where(_r.c.representation_id == representation.representation_id, _r.c.ended_at.is_(None))
        .values(ended_at=at, ended_by=by)
    )
    sessions.end_acting(conn, representation.representation_id)
    if hit.rowcount == 0:
        return False
    member_events.record(conn, representation.member_id, MemberEventKind.REPRESENTATIVE_ENDED, at)
    return True


def end_by_member(conn: Connection, representation: Representation, by: str, at: datetime) -> None:
    """The member or the representative ends it: a line of the city's log. Raises ProblemError `representation-over` (409)."""
    if not end(conn, representation, by, at):
        raise over()
    ender = member_rows.find_member(
        conn, representation.member_id if by == "member" else representation.actor_id
    )
    member = member_rows.find_member(conn, representation.member_id)
    audit_log.write(
        conn, representation.municipality, at=at, actor=by, actor_name=ender.display_name if ender else "",
        action=AuditAction.REPRESENTATIVE_ENDED, subject=member.mykey_id if member else "",
        facts={"representation": representation.representation_id, "by": by},
    )  # fmt: skip


def end_all_of(conn: Connection, member_id: str, at: datetime) -> None:
    """A MyKey ID is revoked: nobody acts for this member, or in the member's name for others, any more."""
    whose = or_(_r.c.member_id == member_id, _r.c.actor_id == member_id)
    while in_force := _list(conn, and_(whose, _r.c.ended_at.is_(None))):
        for representation in in_force:
            by = "member" if representation.member_id == member_id else "actor"
            end_by_member(conn, representation, by, at)


def begin_acting(
    conn: Connection, own: Session, own_token: str, representation_id: str, now: datetime
) -> tuple[Secret, Session]:
    """Put a session that acts in the place of the representative's own.

    Raises ProblemError: `unknown-representation` (404) also for another's, `representation-over` (409),
    `not-for-a-representative` (403) from a session that acts already.
    """
    if own.acting is not None:
        raise ProblemError("not-for-a-representative")
    representation = get(conn, representation_id, lock=True)
    if representation.actor_id != own.member_id:
        raise unknown()
    if not representation.in_force(now):
        raise over()
    member_rows.require_member(conn, representation.member_id)
    token = sessions.new_acting_token()
    last_moment = datetime.combine(representation.ends_on + timedelta(days=1), time(), JST)
    session = sessions.start(
        conn,
        token,
        member_id=representation.member_id,
        client_id=own.client_id,
        at=now,
        idle_limit=own.idle_limit,
        absolute_limit=min(own.ends_at, last_moment) - now,
        proved_by=own.proved_by,
        acting=Acting(
            representation_id=representation_id, actor_id=own.member_id, rights=representation.rights
        ),
    )
    sessions.end(conn, own_token, client_id=own.client_id)
    return token, session


def record_act(
    conn: Connection, acting: Acting, kind: ActKind, subject: str, now: datetime, *, points: int = 0
) -> bool:
    """Write down that this is done for the member: an act, a line of the city's audit log, a notice. False: it was before.

    Part of the deed's own transaction, or of one before it. A payment counts to the day's sum.
    Raises ProblemError: `representation-over`, `representative-limit`, and `id-reused` (409) for a payment under an id of
    something else that was done.
    """
    representation = get(conn, acting.representation_id, lock=True)
    if not representation.in_force(now):
        raise over()
    if kind is ActKind.PAYMENT:
        _require_within(conn, representation, points, now)
    if not insert_new(
        conn, _acts, representation_id=representation.representation_id, subject=subject, kind=kind.value,
        points=points, at=now,
    ) and _was_recorded(conn, representation, kind, subject, points, now):  # fmt: skip
        return False
    actor = member_rows.find_member(conn, representation.actor_id)
    member = member_rows.find_member(conn, representation.member_id)
    if actor is None or member is None:
        raise unknown()
    audit_log.write(
        conn, representation.municipality, at=now, actor=f"representative:{representation.representation_id}",
        actor_name=actor.display_name, action=AuditAction.REPRESENTATIVE_ACTED, subject=member.mykey_id,
        facts={"act": kind.value, "id": subject, "points": points},
    )  # fmt: skip
    member_events.record(conn, representation.member_id, MemberEventKind.REPRESENTATIVE_ACTED, now)
    return True


def acts_of(conn: Connection, representation_id: str) -> list[Act]:
    """What was done by it, the newest first, at most MAX_LISTED."""
    query = (
        select(_acts)
        .where(_acts.c.representation_id == representation_id)
        .order_by(_acts.c.at.desc(), _acts.c.subject)
        .limit(MAX_LISTED)
    )
    return [
        Act(kind=ActKind(row.kind), subject=row.subject, points=row.points, at=row.at)
        for row in conn.execute(query)
    ]


def actors_of(conn: Connection, member_id: str, subjects: Sequence[str]) -> dict[str, str]:
    """By which of these ids somebody acted for the member, and that person's name."""
    query = (
        select(_acts.c.subject, _r.c.actor_id)
        .join(_r, _r.c.representation_id == _acts.c.representation_id)
        .where(_r.c.member_id == member_id, _acts.c.subject.in_(list(subjects)))
    )
    names: dict[str, str] = {}
    for row in conn.execute(query):
        actor = member_rows.find_member(conn, row.actor_id)
        names[row.subject] = actor.display_name if actor is not None else ""
    return names


def new_id() -> str:
    return uuid.uuid4().hex


def over() -> ProblemError:
    return ProblemError("representation-over", "It has ended, or has not begun; nothing was done.")


def unknown() -> ProblemError:
    return ProblemError("unknown-representation", "There is no such representation of yours.")


def _require_within(conn: Connection, representation: Representation, points: int, now: datetime) -> None:
    midnight = datetime.combine(day_of(now), time(), JST)
    paid = conn.execute(
        select(func.coalesce(func.sum(_acts.c.points), 0)).where(
            _acts.c.representation_id == representation.representation_id,
            _acts.c.kind == ActKind.PAYMENT.value,
            _acts.c.at >= midnight,
        )
    ).scalar_one()
    left = max(0, representation.pay_points_a_day - int(paid))
    if points > left:
        raise ProblemError(
            "representative-limit",
            f"A representative may pay {left:,} more points today. Nothing was taken.",
            limit=representation.pay_points_a_day,
            left=left,
        )


def _was_recorded(
    conn: Connection, representation: Representation, kind: ActKind, subject: str, points: int, now: datetime
) -> bool:
    """Whether the act that has this id is this very one. Another sum is kept in its place, and told again.

    Raises ProblemError `id-reused` (409) for a payment: the row of another act would hide it from the day's sum.
    """
    if kind is ActKind.PAYMENT:
        raise ProblemError("id-reused", "This id was used for something else; make a new id (a UUID).")
    this = (_acts.c.representation_id == representation.representation_id, _acts.c.subject == subject)
    known = conn.execute(select(_acts.c.kind, _acts.c.points).where(*this)).one()
    if (known.kind, known.points) == (kind.value, points):
        return True
    if known.kind == kind.value:  # it was tried with another sum before, and may have been refused
        conn.execute(update(_acts).where(*this).values(points=points, at=now))
    return False


def _list(conn: Connection, which: Any) -> list[Representation]:
    query = (
        select(_r).where(which).order_by(_r.c.appointed_at.desc(), _r.c.representation_id).limit(MAX_LISTED)
    )
    return [_representation(row) for row in conn.execute(query)]


def _representation(row: Row[Any]) -> Representation:
    return Representation(
        representation_id=row.representation_id,
        municipality=row.municipality,
        member_id=row.member_id,
        actor_id=row.actor_id,
        kind=RepresentationKind(row.kind),
        may_exchange=row.may_exchange,
        pay_points_a_day=row.pay_points_a_day,
        starts_on=date.fromisoformat(row.starts_on),
        ends_on=date.fromisoformat(row.ends_on),
        reason=row.reason,
        appointed_at=row.appointed_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
