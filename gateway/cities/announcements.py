"""What a city announces to its members and shops, and when the platform stops for its own work.

A city's table of deeds says whether a second person decides an announcement; a planned stop always has two. Either is withdrawn by
one person at once, since that takes away a mistake and shows nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Facts, Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import PLATFORM
from gateway.points import announcements as records
from gateway.points.announcements import Announcement, Audience, Wording

STOP_LEAD: Final = timedelta(days=30)
"""A planned stop is announced so long before it begins."""
MAX_SHOWN_PERIOD: Final = timedelta(days=366)
MAX_STOP: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAnnouncement:
    """The command that may wait for a second person. Shown from `shown_from` until just before `shown_until`."""

    announcement_id: str
    audience: Audience
    shown_from: datetime
    shown_until: datetime
    title: Wording
    text: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStop:
    """The command that waits for a second person: the gateway stops from `stops_from` until just before `stops_until`.

    `urgent`: it begins in less than 30 days, and its author knows.
    """

    announcement_id: str
    stops_from: datetime
    stops_until: datetime
    title: Wording
    text: Wording
    urgent: bool


@dataclass(frozen=True, slots=True)
class Announcements:
    """The use cases of a city's and of the platform's staff."""

    context: CityContext

    async def publish(self, who: StaffSession, command: PublishAnnouncement) -> Announcement | Proposal:
        """Propose it, or publish it where the city's table asks for nobody else. The same id and content again is the same.

        Raises ProblemError: `bad-announcement` (422), `id-reused` (409), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality
        _check(command.title, command.text)
        if not command.shown_from < command.shown_until:
            raise _bad("ends_on", "It ends on or after the day on which it begins.")
        if command.shown_until - command.shown_from > MAX_SHOWN_PERIOD:
            raise _bad("ends_on", "It is shown for a year at most.")

        def job(conn: Connection) -> Announcement | Proposal:
            known = records.find(conn, code, command.announcement_id)
            if known is not None:
                return _same(known, _as_published(who, command, now))
            if command.shown_until <= now:
                raise _bad("ends_on", "It would have ended already.")
            if not deeds.rule_of(conn, code, Deed.ANNOUNCEMENT).persons:
                return publish(conn, who, command, now)
            return propose(
                self.context, conn, who, Deed.ANNOUNCEMENT, command.announcement_id, command,
                ground=announcement_ground(self.context, conn, code, command), facts=_facts(command), reason="", at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def plan_stop(self, who: StaffSession, command: PlanStop) -> Proposal:
        """Propose a planned stop of the whole gateway.

        Raises ProblemError: `bad-announcement` (422), `stop-too-soon` (409, unless it is `urgent`), `id-reused`, and as `propose`.
        """
        now = self.context.clock()
        _check(command.title, command.text)
        if not command.stops_from < command.stops_until <= command.stops_from + MAX_STOP:
            raise _bad("stops_until", "A stop ends after it begins, within a week.")

        def job(conn: Connection) -> Proposal:
            if records.find(conn, PLATFORM, command.announcement_id) is not None:
                raise _reused()
            if command.stops_from <= now:
                raise _bad("stops_from", "It begins later than now.")
            if command.stops_from < now + STOP_LEAD and not command.urgent:
                raise ProblemError(
                    "stop-too-soon",
                    f"A stop is announced {STOP_LEAD.days} days ahead; choose a later one, or send it as urgent.",
                    days=STOP_LEAD.days,
                )
            return propose(
                self.context, conn, who, Deed.PLANNED_STOP, command.announcement_id, command,
                ground=announcement_ground(self.context, conn, PLATFORM, command), facts=_stop_facts(command),
                reason="", at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def listed(self, municipality: str) -> list[Announcement]:
        return await self.context.store.read(lambda conn: records.list_by_municipality(conn, municipality))

    async def withdraw(self, who: StaffSession, announcement_id: str, reason: str) -> Announcement:
        """Show it no more. The second time, and after its end, it is the same answer.

        Raises ProblemError: `unknown-announcement` (404), `reason-missing` (422).
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Announcement:
            announcement = records.get(conn, code, announcement_id)
            if records.withdraw(conn, code, announcement_id, now):
                action = (
                    AuditAction.PLANNED_STOP_WITHDRAWN
                    if code == PLATFORM
                    else AuditAction.ANNOUNCEMENT_WITHDRAWN
                )
                write_audit(conn, who, now, action, announcement_id, why, {"title": announcement.title.ja})
            return records.get(conn, code, announcement_id)

        return await self.context.store.run(job)


def publish(conn: Connection, who: StaffActor, command: PublishAnnouncement, at: datetime) -> Announcement:
    """Carry it out. Raises ProblemError: `id-reused` (409), `bad-announcement` (422) where it would have ended already."""
    if command.shown_until <= at:
        raise _bad("ends_on", "It would have ended already.")
    announcement = _as_published(who, command, at)
    if not records.add(conn, announcement):
        raise _reused()
    write_audit(
        conn, who, at, AuditAction.ANNOUNCEMENT_PUBLISHED, command.announcement_id, facts=_facts(command)
    )
    return announcement


def publish_stop(conn: Connection, who: StaffActor, command: PlanStop, at: datetime) -> Announcement:
    """Carry it out: it is shown from 30 days before it begins. Raises ProblemError as `publish`."""
    if command.stops_until <= at:
        raise _bad("stops_until", "It would have ended already.")
    announcement = Announcement(
        municipality=who.municipality,
        announcement_id=command.announcement_id,
        audience=Audience.ALL,
        shown_from=max(at, command.stops_from - STOP_LEAD),
        shown_until=command.stops_until,
        stops_from=command.stops_from,
        title=command.title,
        text=command.text,
        published_by=who.staff_id,
        published_at=at,
    )
    if not records.add(conn, announcement):
        raise _reused()
    write_audit(
        conn, who, at, AuditAction.PLANNED_STOP_ANNOUNCED, command.announcement_id, facts=_stop_facts(command)
    )
    return announcement


def announcement_ground(
    _: CityContext, conn: Connection, code: str, command: PublishAnnouncement | PlanStop
) -> Ground:
    """That nobody has used the id."""
    return {"known": "no" if records.find(conn, code, command.announcement_id) is None else "yes"}


def _as_published(who: StaffActor, command: PublishAnnouncement, at: datetime) -> Announcement:
    return Announcement(
        municipality=who.municipality,
        announcement_id=command.announcement_id,
        audience=command.audience,
        shown_from=command.shown_from,
        shown_until=command.shown_until,
        title=command.title,
        text=command.text,
        published_by=who.staff_id,
        published_at=at,
    )


def _same(known: Announcement, again: Announcement) -> Announcement:
    """The one that is there, where the same is sent again."""
    content = ("audience", "shown_from", "shown_until", "title", "text")
    if any(getattr(known, name) != getattr(again, name) for name in content):
        raise _reused()
    return known


def _facts(command: PublishAnnouncement) -> Facts:
    return {
        "title": command.title.ja, "text": command.text.ja, "title_en": command.title.en, "text_en": command.text.en,
        "title_easy": command.title.easy, "text_easy": command.text.easy, "audience": command.audience.value,
        "shown_from": command.shown_from.isoformat(), "shown_until": command.shown_until.isoformat(),
    }  # fmt: skip


def _stop_facts(command: PlanStop) -> Facts:
    return {
        "title": command.title.ja, "text": command.text.ja, "title_en": command.title.en, "text_en": command.text.en,
        "title_easy": command.title.easy, "text_easy": command.text.easy,
        "stops_from": command.stops_from.isoformat(), "stops_until": command.stops_until.isoformat(),
    }  # fmt: skip


def _check(title: Wording, text: Wording) -> None:
    if not title.ja.strip():
        raise _bad("title_ja", "It has a title in Japanese.")
    if not text.ja.strip():
        raise _bad("text_ja", "It has a text in Japanese.")


def _bad(field: str, text: str) -> ProblemError:
    return ProblemError("bad-announcement", f"{field}: {text}", field=field)


def _reused() -> ProblemError:
    return ProblemError("id-reused", "This id stands for another announcement; use a new one.")
