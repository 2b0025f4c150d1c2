"""Places where points can go, as the API gives them."""

from __future__ import annotations

from datetime import datetime

from gateway.web.views import View


class PrefectureView(View):
    code: str
    name: str
    kana: str
    municipalities: int


class Prefectures(View):
    prefectures: list[PrefectureView]


class MunicipalityView(View):
    code: str
    name: str
    kana: str


class Municipalities(View):
    municipalities: list[MunicipalityView]


class PointServiceView(View):
    municipality: str
    municipality_name: str
    point_service: str
    name: str
    open_for_direct_exchange: bool


class PointServices(View):
    """対象：N件. Those that are not open for direct exchange are reached by way of the reserve."""

    count: int
    point_services: list[PointServiceView]


class EventView(View):
    event_id: str
    name: str
    purpose: str
    municipality: str | None
    goal_points: int | None
    starts_at: datetime
    ends_at: datetime


class Events(View):
    events: list[EventView]
