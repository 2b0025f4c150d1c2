"""Announcements of a city and planned stops of the platform, as their staff keep them; and what a shop is shown."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Connection

from gateway.api.announcements import (
    AnnouncementList,
    AnnouncementView,
    announcement_fields,
)
from gateway.api.city.fields import Day, Line, ReasonGiven, Text
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import Uuid, View
from gateway.api.member_notices import Moment
from gateway.cities.announcements import PlanStop, PublishAnnouncement
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.model import JST
from gateway.platform.invisible_chars import LINES
from gateway.platform.roles import PLATFORM, Action
from gateway.platform.typed_text import nfc
from gateway.points import announcements as records
from gateway.points.announcements import Announcement, AnnouncementState, Audience, Wording

api = Api()
STAFF: Final = AuthLevel.STAFF
TextToRead = Annotated[
    str, StringConstraints(min_length=1, max_length=2_000, pattern=LINES), AfterValidator(nfc)
]


class AnnouncementPath(Strict):
    announcement_id: Uuid


class WordingTyped(Strict):
    """Where an English or plain text (やさしい日本語) is empty, its readers get the Japanese."""

    title_ja: Words
    title_en: Line = ""
    title_easy: Line = ""
    text_ja: TextToRead
    text_en: Text = ""
    text_easy: Text = ""

    @property
    def title(self) -> Wording:
        return Wording(ja=self.title_ja, en=self.title_en, easy=self.title_easy)

    @property
    def text(self) -> Wording:
        return Wording(ja=self.text_ja, en=self.text_en, easy=self.text_easy)


class AnnouncementWanted(WordingTyped):
    """`announcement_id` is made by the caller and stored first. It is shown on both days and between, Japan's time."""

    announcement_id: Uuid
    audience: Literal["members", "shops", "all"]
    starts_on: Day
    ends_on: Day


class StopWanted(WordingTyped):
    """`urgent` is to be said where it begins in less than 30 days."""

    announcement_id: Uuid
    stops_from: Moment
    stops_until: Moment
    urgent: bool = False


class CityAnnouncementView(AnnouncementView):
    """As staff see it. `stops_from` is set for a planned stop alone."""

    audience: Audience
    state: AnnouncementState
    stops_from: datetime | None
    published_by: str
    published_at: datetime

    @classmethod
    def of_staff(cls, announcement: Announcement, at: datetime) -> CityAnnouncementView:
        return cls(
            **announcement_fields(announcement),
            audience=announcement.audience,
            state=announcement.state(at),
            stops_from=announcement.stops_from,
            published_by=announcement.published_by,
            published_at=announcement.published_at,
        )


class CityAnnouncements(View):
    """The one that ends last comes first; at most 200."""

    announcements: list[CityAnnouncementView]


@api.get(
    "/v1/city/announcements",
    tag="announcements",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CityAnnouncements},
)
async def list_city_announcements(call: StaffRequest) -> TypedResponse:
    """What the city has announced: upcoming, shown, ended and withdrawn."""
    return await _listed(call, call.staff.municipality)


@api.post(
    "/v1/city/announcements",
    tag="announcements",
    caller=STAFF,
    action=Action.ANNOUNCE,
    body=AnnouncementWanted,
    returns={201: CityAnnouncementView, 202: ProposalView},
    refuses=("bad-announcement", "id-reused", *PROPOSING),
)
async def publish_announcement(call: StaffRequest[AnnouncementWanted]) -> TypedResponse:
    """Propose an announcement (202), or publish it (201) where the city's table asks for nobody else."""
    body = call.body
    command = PublishAnnouncement(
        announcement_id=body.announcement_id,
        audience=Audience(body.audience),
        shown_from=datetime.combine(body.starts_on, time(), JST),
        shown_until=datetime.combine(body.ends_on + timedelta(days=1), time(), JST),
        title=body.title,
        text=body.text,
    )
    published = await call.services.city.announcements.publish(call.staff, command)
    if isinstance(published, Proposal):
        return TypedResponse(202, ProposalView.of(published))
    return TypedResponse(201, CityAnnouncementView.of_staff(published, call.services.clock()))


@api.post(
    "/v1/city/announcements/{announcement_id}/withdrawal",
    tag="announcements",
    caller=STAFF,
    action=Action.ANNOUNCE,
    path=AnnouncementPath,
    body=ReasonGiven,
    returns={200: CityAnnouncementView},
    refuses=("unknown-announcement", "reason-missing"),
)
async def withdraw_announcement(call: StaffRequest[ReasonGiven, None, AnnouncementPath]) -> TypedResponse:
    """Show it no more, at once."""
    return await _withdrawn(call)


@api.get(
    "/v1/shop/announcements",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    returns={200: AnnouncementList},
)
async def list_shop_announcements(call: StaffRequest) -> TypedResponse:
    """What the city announces to its shops now, newest first."""
    code, now = call.staff.municipality, call.services.clock()

    def job(conn: Connection) -> list[Announcement]:
        return records.list_for_shops(conn, code, now)

    found = await call.services.store.read(job)
    return TypedResponse(200, AnnouncementList(announcements=[AnnouncementView.of(each) for each in found]))


@api.get(
    "/v1/platform/planned-stops",
    tag="platform",
    caller=STAFF,
    action=Action.PLAN_STOPS,
    returns={200: CityAnnouncements},
)
async def list_platform_stops(call: StaffRequest) -> TypedResponse:
    """Planned stops of the gateway: upcoming, announced, over and withdrawn."""
    return await _listed(call, PLATFORM)


@api.post(
    "/v1/platform/planned-stops",
    tag="platform",
    caller=STAFF,
    action=Action.PLAN_STOPS,
    body=StopWanted,
    returns={202: ProposalView},
    refuses=("bad-announcement", "stop-too-soon", "id-reused", *PROPOSING),
)
async def plan_stop(call: StaffRequest[StopWanted]) -> TypedResponse:
    """Propose a planned stop, which all pages announce from 30 days before it until its end."""
    body = call.body
    command = PlanStop(
        announcement_id=body.announcement_id,
        stops_from=body.stops_from,
        stops_until=body.stops_until,
        title=body.title,
        text=body.text,
        urgent=body.urgent,
    )
    proposal = await call.services.city.announcements.plan_stop(call.staff, command)
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/planned-stops/{announcement_id}/withdrawal",
    tag="platform",
    caller=STAFF,
    action=Action.PLAN_STOPS,
    path=AnnouncementPath,
    body=ReasonGiven,
    returns={200: CityAnnouncementView},
    refuses=("unknown-announcement", "reason-missing"),
)
async def withdraw_stop(call: StaffRequest[ReasonGiven, None, AnnouncementPath]) -> TypedResponse:
    """Announce it no more, at once: it does not take place."""
    return await _withdrawn(call)


async def _listed(call: StaffRequest, municipality: str) -> TypedResponse:
    now = call.services.clock()
    found = await call.services.city.announcements.listed(municipality)
    return TypedResponse(
        200,
        CityAnnouncements(announcements=[CityAnnouncementView.of_staff(each, now) for each in found]),
    )


async def _withdrawn(call: StaffRequest[ReasonGiven, None, AnnouncementPath]) -> TypedResponse:
    announcement = await call.services.city.announcements.withdraw(
        call.staff, call.path.announcement_id, call.body.reason
    )
    return TypedResponse(200, CityAnnouncementView.of_staff(announcement, call.services.clock()))
