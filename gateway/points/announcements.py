"""Announcements (お知らせ) of a city to its members and shops, and planned stops of the platform to everybody.

Sync functions of a Connection. An announcement is shown from one moment until just before another, and ends by itself; it is never
changed, only withdrawn. One that names when something stops is a planned stop of the whole gateway.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from core_ledger import chart
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.roles import PLATFORM
from gateway.platform.sql import insert_new
from gateway.points import account_positions

_announcements = tables.announcements
_members = tables.members
MAX_LISTED: Final = 200
MAX_SHOWN: Final = 20
"""So many of a city are shown to one reader at a time, the newest."""


class Audience(StrEnum):
    MEMBERS = "members"
    SHOPS = "shops"
    ALL = "all"


class AnnouncementState(StrEnum):
    """Follows from the clock and from whether it was withdrawn."""

    UPCOMING = "upcoming"
    SHOWN = "shown"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One text in three languages. Where `en` or `easy` is empty, its readers get the Japanese."""

    ja: str
    en: str = ""
    easy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """`municipality` is "platform" for a planned stop, which has `stops_from` and lasts until `shown_until`."""

    municipality: str
    announcement_id: str
    audience: Audience
    shown_from: datetime
    shown_until: datetime
    title: Wording
    text: Wording
    published_by: str
    published_at: datetime
    stops_from: datetime | None = None
    withdrawn_at: datetime | None = None

    def state(self, at: datetime) -> AnnouncementState:
        if self.withdrawn_at is not None:
            return AnnouncementState.WITHDRAWN
        if at >= self.shown_until:
            return AnnouncementState.ENDED
        return AnnouncementState.UPCOMING if at < self.shown_from else AnnouncementState.SHOWN


def add(conn: Connection, announcement: Announcement) -> bool:
    """Publish it. False where its id is taken."""
    return insert_new(
        conn,
        _announcements,
        municipality=announcement.municipality,
        announcement_id=announcement.announcement_id,
        audience=announcement.audience.value,
        shown_from=announcement.shown_from,
        shown_until=announcement.shown_until,
        stops_from=announcement.stops_from,
        **{f"title_{tongue}": getattr(announcement.title, tongue) for tongue in ("ja", "en", "easy")},
        **{f"text_{tongue}": getattr(announcement.text, tongue) for tongue in ("ja", "en", "easy")},
        published_by=announcement.published_by,
        published_at=announcement.published_at,
    )


def find(conn: Connection, municipality: str, announcement_id: str) -> Announcement | None:
    row = conn.execute(
        select(_announcements).where(
            _announcements.c.municipality == municipality,
            _announcements.c.announcement_id == announcement_id,
        )
    ).one_or_none()
    return None if row is None else _announcement(row)


def get(conn: Connection, municipality: str, announcement_id: str) -> Announcement:
    """Raises ProblemError `unknown-announcement` (404)."""
    announcement = find(conn, municipality, announcement_id)
    if announcement is None:
        raise ProblemError("unknown-announcement", "There is no such announcement; look at the list again.")
    return announcement


def withdraw(conn: Connection, municipality: str, announcement_id: str, at: datetime) -> bool:
    """Show it no more. False where it was withdrawn already, or has ended."""
    return bool(
        conn.execute(
            update(_announcements)
            .where(
                _announcements.c.municipality == municipality,
                _announcements.c.announcement_id == announcement_id,
                _announcements.c.withdrawn_at.is_(None),
                _announcements.c.shown_until > at,
            )
            .values(withdrawn_at=at)
        ).rowcount
    )


def list_by_municipality(conn: Connection, municipality: str) -> list[Announcement]:
    """All of one city, or the platform's planned stops; the one that ends last comes first, at most 200."""
    rows = conn.execute(
        select(_announcements)
        .where(_announcements.c.municipality == municipality)
        .order_by(_announcements.c.shown_until.desc(), _announcements.c.announcement_id)
        .limit(MAX_LISTED)
    )
    return [_announcement(row) for row in rows]


def list_planned_stops(conn: Connection, at: datetime) -> list[Announcement]:
    """What is shown to everybody at this moment, the next stop first."""
    stops = _shown(conn, [PLATFORM], tuple(Audience), at)
    return sorted(stops, key=lambda stop: (stop.stops_from or stop.shown_from, stop.announcement_id))


def list_for_shops(conn: Connection, municipality: str, at: datetime) -> list[Announcement]:
    """What the shops of a city are shown at this moment, the newest first."""
    return _shown(conn, [municipality], (Audience.SHOPS, Audience.ALL), at)


def list_for_member(conn: Connection, member_id: str, at: datetime) -> list[Announcement]:
    """What a member is shown at this moment, the newest first: of the 基本自治体, and of every city whose points the member has had."""
    default = conn.scalar(select(_members.c.default_municipality).where(_members.c.member_id == member_id))
    codes = {default} if default else set()
    for account in account_positions.of_book(conn, chart.member_book(member_id)):
        match account.split(":"):
            case ["member", _, "municipality", code, _]:
                codes.add(code)
            case _:
                pass
    return _shown(conn, codes, (Audience.MEMBERS, Audience.ALL), at) if codes else []


def _shown(
    conn: Connection, municipalities: Collection[str], audiences: Sequence[Audience], at: datetime
) -> list[Announcement]:
    rows = conn.execute(
        select(_announcements)
        .where(
            _announcements.c.municipality.in_(sorted(municipalities)),
            _announcements.c.shown_until > at,
            _announcements.c.shown_from <= at,
            _announcements.c.withdrawn_at.is_(None),
            _announcements.c.audience.in_([audience.value for audience in audiences]),
        )
        .order_by(_announcements.c.shown_from.desc(), _announcements.c.announcement_id)
        .limit(MAX_SHOWN)
    )
    return [_announcement(row) for row in rows]


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(
        municipality=row.municipality,
        announcement_id=row.announcement_id,
        audience=Audience(row.audience),
        shown_from=row.shown_from,
        shown_until=row.shown_until,
        stops_from=row.stops_from,
        title=Wording(ja=row.title_ja, en=row.title_en, easy=row.title_easy),
        text=Wording(ja=row.text_ja, en=row.text_en, easy=row.text_easy),
        published_by=row.published_by,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
    )
