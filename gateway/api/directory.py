"""Where points can go: prefectures, municipalities, point services and support events."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.api import directory_responses as views
from gateway.api import requests
from gateway.cities.events import EventSeen, seen
from gateway.errors import Refused
from gateway.http.authentication import Caller
from gateway.http.routing import Api, Call, Reply
from gateway.points import directory, support_events
from gateway.points.directory import PointService
from gateway.points.municipalities import municipalities, prefecture, prefectures
from gateway.services import Services

api = Api()


@api.get("/v1/prefectures", tag="directory", caller=Caller.CLIENT, returns={200: views.Prefectures})
async def list_prefectures(_call: Call[None, Services]) -> Reply:
    """All 47 prefectures (都道府県) with their readings."""
    return Reply(
        200,
        views.Prefectures(
            prefectures=[
                views.PrefectureView(
                    code=one.code, name=one.name, kana=one.kana, municipalities=len(municipalities(one.code))
                )
                for one in prefectures()
            ]
        ),
    )


@api.get(
    "/v1/prefectures/{prefecture}/municipalities",
    tag="directory",
    caller=Caller.CLIENT,
    path=requests.PrefecturePath,
    returns={200: views.Municipalities},
    refuses=("unknown-prefecture",),
)
async def list_municipalities(call: Call[None, Services, None, requests.PrefecturePath]) -> Reply:
    """The municipalities of a prefecture with their six-digit codes (JIS X 0402 and a check digit)."""
    if prefecture(call.path.prefecture) is None:
        raise Refused("unknown-prefecture", "use a code from GET /v1/prefectures", status=404)
    return Reply(
        200,
        views.Municipalities(
            municipalities=[
                views.MunicipalityView(code=one.code, name=one.name, kana=one.kana)
                for one in municipalities(call.path.prefecture)
            ]
        ),
    )


@api.get(
    "/v1/point-services",
    tag="directory",
    caller=Caller.CLIENT,
    query=requests.PointServicesQuery,
    returns={200: views.PointServices},
    refuses=("unknown-prefecture", "unknown-municipality"),
)
async def list_point_services(call: Call[None, Services, requests.PointServicesQuery]) -> Reply:
    """Point services (自治体ポイント), of a prefecture or a municipality; `direct` asks for those open to partners.

    The ones that are not open are reached by way of the reserve and an allocation.
    """
    query = call.query

    def job(conn: Connection) -> tuple[PointService, ...]:
        return directory.list_services(
            conn,
            municipality_code=query.municipality,
            prefecture_code=query.prefecture,
            open_for_direct_exchange=query.direct,
        )

    found = await call.services.store.read(job)
    return Reply(
        200,
        views.PointServices(
            count=len(found),
            point_services=[
                views.PointServiceView(
                    municipality=one.municipality,
                    municipality_name=directory.require_municipality(one.municipality).name,
                    point_service=one.point_service,
                    name=one.name,
                    open_for_direct_exchange=one.open_for_direct_exchange,
                )
                for one in found
            ],
        ),
    )


@api.get(
    "/v1/events",
    tag="directory",
    caller=Caller.CLIENT,
    query=requests.EventsQuery,
    returns={200: views.Events},
)
async def list_events(call: Call[None, Services, requests.EventsQuery]) -> Reply:
    """Support events (特定支援イベント) with their progress; without `period` those that take points now.

    Of the open ones the one that ends first comes first; of ended ones the newest 200.
    """
    now, period = call.services.clock(), call.query.period

    def job(conn: Connection) -> list[EventSeen]:
        return seen(conn, support_events.shown(conn, now, period))

    found = await call.services.store.read(job)
    return Reply(200, views.Events(events=[views.EventView.of(one, now) for one in found]))


@api.get(
    "/v1/events/{event_id}",
    tag="directory",
    caller=Caller.CLIENT,
    path=requests.EventPath,
    returns={200: views.EventView},
    refuses=("unknown-event",),
)
async def get_event(call: Call[None, Services, None, requests.EventPath]) -> Reply:
    """One support event with its progress, also after its end, when `outcome` says what became of the points."""
    now, event_id = call.services.clock(), call.path.event_id

    def job(conn: Connection) -> EventSeen:
        return seen(conn, [support_events.require_shown(conn, event_id)])[0]

    return Reply(200, views.EventView.of(await call.services.store.read(job), now))
