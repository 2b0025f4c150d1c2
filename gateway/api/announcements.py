"""What members are shown of their cities' announcements, and what everybody is shown of planned stops."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import PLATFORM
from gateway.points import announcements as records
from gateway.points import directory
from gateway.points.announcements import Announcement, Wording
from gateway.services import Services

api = Api()


class WordingView(View):
    """A text in three languages; `en` and `easy` (やさしい日本語) are the Japanese where nobody has written them."""

    ja: str
    en: str
    easy: str

    @classmethod
    def of(cls, wording: Wording) -> WordingView:
        return cls(ja=wording.ja, en=wording.en or wording.ja, easy=wording.easy or wording.ja)


class AnnouncementView(View):
    """What is shown until just before `shown_until`. The texts are plain: their line breaks are all that they have."""

    announcement_id: str
    municipality: str
    municipality_name: str
    title: WordingView
    text: WordingView
    shown_from: datetime
    shown_until: datetime

    @classmethod
    def of(cls, announcement: Announcement) -> AnnouncementView:
        return cls(**announcement_fields(announcement))


class AnnouncementList(View):
    announcements: list[AnnouncementView]


class PlannedStopView(View):
    """The gateway does not serve from `stops_from` until just before `stops_until`."""

    announcement_id: str
    title: WordingView
    text: WordingView
    stops_from: datetime
    stops_until: datetime

    @classmethod
    def of(cls, stop: Announcement) -> PlannedStopView:
        return cls(
            announcement_id=stop.announcement_id,
            title=WordingView.of(stop.title),
            text=WordingView.of(stop.text),
            stops_from=stop.stops_from or stop.shown_from,
            stops_until=stop.shown_until,
        )


class PlannedStops(View):
    """Those that are announced now, the next first."""

    stops: list[PlannedStopView]


def announcement_fields(announcement: Announcement) -> dict[str, Any]:
    """What every view of an announcement says."""
    code: Final = announcement.municipality
    return {
        "announcement_id": announcement.announcement_id,
        "municipality": code,
        "municipality_name": "" if code == PLATFORM else directory.require_municipality(code).name,
        "title": WordingView.of(announcement.title),
        "text": WordingView.of(announcement.text),
        "shown_from": announcement.shown_from,
        "shown_until": announcement.shown_until,
    }


@api.get("/v1/announcements", tag="members", caller=AuthLevel.MEMBER, returns={200: AnnouncementList})
async def list_announcements(call: MemberRequest) -> TypedResponse:
    """What the member's cities announce now, newest first: the 基本自治体 and every city whose points the member has had."""
    member_id, now = call.member.member_id, call.services.clock()

    def job(conn: Connection) -> list[Announcement]:
        return records.list_for_member(conn, member_id, now)

    found = await call.services.store.read(job)
    return TypedResponse(200, AnnouncementList(announcements=[AnnouncementView.of(each) for each in found]))


@api.get("/v1/planned-stops", tag="directory", caller=AuthLevel.CLIENT, returns={200: PlannedStops})
async def list_planned_stops(call: TypedRequest[None, Services]) -> TypedResponse:
    """Planned stops of the gateway, for every page of a portal: from 30 days before each until its end."""
    now = call.services.clock()
    stops = await call.services.store.read(lambda conn: records.list_planned_stops(conn, now))
    return TypedResponse(200, PlannedStops(stops=[PlannedStopView.of(stop) for stop in stops]))
