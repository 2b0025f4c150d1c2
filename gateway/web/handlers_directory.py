"""Where points can go: prefectures, municipalities, point services and support events."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway import directory
from gateway.directory import PointService
from gateway.errors import Refused
from gateway.municipalities import municipalities, prefecture, prefectures
from gateway.services import Services
from gateway.web import asked
from gateway.web import views_directory as views
from gateway.web.callers import Caller
from gateway.web.routing import Api, Call, Reply

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
    path=asked.PrefecturePath,
    returns={200: views.Municipalities},
    refuses=("unknown-prefecture",),
)
async def list_municipalities(call: Call[None, Services, None, asked.PrefecturePath]) -> Reply:
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
    query=asked.PointServicesQuery,
    returns={200: views.PointServices},
    refuses=("unknown-prefecture", "unknown-municipality"),
)
async def list_point_services(call: Call[None, Services, asked.PointServicesQuery]) -> Reply:
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


@api.get("/v1/events", tag="directory", caller=Caller.CLIENT, returns={200: views.Events})
async def list_events(call: Call[None, Services]) -> Reply:
    """Support events (特定支援イベント) that take points now; the one that ends first comes first."""
    now = call.services.clock()
    found = await call.services.store.read(lambda conn: directory.events_in_force(conn, now))
    return Reply(
        200,
        views.Events(
            events=[
                views.EventView(
                    event_id=one.event_id,
                    name=one.name,
                    purpose=one.purpose,
                    municipality=one.municipality,
                    goal_points=one.goal_points,
                    starts_at=one.starts_at,
                    ends_at=one.ends_at,
                )
                for one in found
            ]
        ),
    )
