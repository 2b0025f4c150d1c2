"""Where points can go: prefectures, municipalities, point services and support events."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.api import directory_responses as views
from gateway.api import requests
from gateway.cities.events import EventProgress, seen
from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.points import directory, support_events
from gateway.points.directory import PointService
from gateway.points.municipalities import municipalities, prefecture, prefectures
from gateway.services import Services

api = Api()


@api.get("/v1/prefectures", tag="directory", caller=AuthLevel.CLIENT, returns={200: views.Prefectures})
async def list_prefectures(_call: TypedRequest[None, Services]) -> TypedResponse:
    """All 47 prefectures (都道府県) with their readings."""
    return TypedResponse(
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
    caller=AuthLevel.CLIENT,
    path=requests.PrefecturePath,
    returns={200: views.Municipalities},
    refuses=("unknown-prefecture",),
)
async def list_municipalities(
    call: TypedRequest[None, Services, None, requests.PrefecturePath],
) -> TypedResponse:
    """The municipalities of a prefecture with their six-digit codes (JIS X 0402 and a check digit)."""
    if prefecture(call.path.prefecture) is None:
        raise ProblemError("unknown-prefecture", "use a code from GET /v1/prefectures")
    return TypedResponse(
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
    caller=AuthLevel.CLIENT,
    query=requests.PointServicesQuery,
    returns={200: views.PointServices},
    refuses=("unknown-prefecture", "unknown-municipality"),
)
async def list_point_services(
    call: TypedRequest[None, Services, requests.PointServicesQuery],
) -> TypedResponse:
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
    return TypedResponse(
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
    caller=AuthLevel.CLIENT,
    query=requests.EventsQuery,
    returns={200: views.Events},
)
async def list_events(call: TypedRequest[None, Services, requests.EventsQuery]) -> TypedResponse:
    """Support events (特定支援イベント) with their progress; without `period` those that take points now.

    Of the open ones the one that ends first comes first; of ended ones the newest 200.
    """
    now, period = call.services.clock(), call.query.period

    def job(conn: Connection) -> list[EventProgress]:
        return seen(conn, support_events.shown(conn, now, period))

    found = await call.services.store.read(job)
    return TypedResponse(200, views.Events(events=[views.EventView.of(one, now) for one in found]))


@api.get(
    "/v1/events/{event_id}",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=requests.EventPath,
    returns={200: views.EventView},
    refuses=("unknown-event",),
)
async def get_event(call: TypedRequest[None, Services, None, requests.EventPath]) -> TypedResponse:
    """One support event with its progress, also after its end, when `outcome` says what became of the points."""
    now, event_id = call.services.clock(), call.path.event_id

    def job(conn: Connection) -> EventProgress:
        return seen(conn, [support_events.require_shown(conn, event_id)])[0]

    return TypedResponse(200, views.EventView.of(await call.services.store.read(job), now))
