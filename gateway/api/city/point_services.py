"""A city's own point services: add, close, reopen."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.api.city.fields import Line, ReasonGiven, ServicePath, Version
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PointServiceId, View
from gateway.cities.point_services import service_version
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action
from gateway.points.directory import PointService

api = Api()
STAFF: Final = AuthLevel.STAFF

UNKNOWN: Final = ("unknown-municipality", "unknown-point-service")


class PointServiceWanted(Strict):
    """`name_kana` is how the name is read, with a space between words; empty where it reads itself."""

    point_service: PointServiceId
    name: Words
    name_kana: Line = ""


class ReadingWanted(Strict):
    """`seen` is the `version` of the point service that the change was drawn from; null changes whatever is there."""

    name_kana: Line
    seen: Version | None = None


class CityPointService(View):
    """A point service as its city's staff see it; `closed_at` is set from the moment it takes no more points."""

    point_service: str
    name: str
    name_kana: str
    open_for_direct_exchange: bool
    created_at: datetime
    closed_at: datetime | None
    version: str

    @classmethod
    def of(cls, service: PointService) -> CityPointService:
        return cls(
            point_service=service.point_service,
            name=service.name,
            name_kana=service.name_kana,
            open_for_direct_exchange=service.open_for_direct_exchange,
            created_at=service.created_at,
            closed_at=service.closed_at,
            version=service_version(service),
        )


class CityPointServices(View):
    point_services: list[CityPointService]


@api.get(
    "/v1/city/point-services",
    tag="rules",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CityPointServices},
)
async def list_city_point_services(call: StaffRequest) -> TypedResponse:
    """The city's own point services, those that take no more points too."""
    point_services = await call.services.city.services.listed(call.staff.municipality)
    return TypedResponse(
        200,
        CityPointServices(
            point_services=[CityPointService.of(point_service) for point_service in point_services]
        ),
    )


@api.post(
    "/v1/city/point-services",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    body=PointServiceWanted,
    returns={201: CityPointService},
    refuses=("bad-point-service", "point-service-exists", "unknown-municipality"),
)
async def add_city_point_service(call: StaffRequest[PointServiceWanted]) -> TypedResponse:
    """Add a point service; its id becomes part of account names and never changes. Announce its rules next."""
    body = call.body
    point_service = await call.services.city.services.add(
        call.staff, body.point_service, body.name, body.name_kana
    )
    return TypedResponse(201, CityPointService.of(point_service))


@api.put(
    "/v1/city/point-services/{point_service}/reading",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=ServicePath,
    body=ReadingWanted,
    returns={200: CityPointService},
    refuses=(*UNKNOWN, "bad-point-service", "changed-meanwhile"),
)
async def put_city_point_service_reading(
    call: StaffRequest[ReadingWanted, None, ServicePath],
) -> TypedResponse:
    """Say how a point service's name is read: shown over it in やさしい日本語, in Latin letters in English, and searched."""
    changed = await call.services.city.services.set_reading(
        call.staff, call.path.point_service, call.body.name_kana, call.body.seen
    )
    return TypedResponse(200, CityPointService.of(changed))


@api.post(
    "/v1/city/point-services/{point_service}/closure",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=ServicePath,
    body=ReasonGiven,
    returns={200: CityPointService},
    refuses=(*UNKNOWN, "reason-missing"),
)
async def close_city_point_service(
    call: StaffRequest[ReasonGiven, None, ServicePath],
) -> TypedResponse:
    """Let a point service take no more points; what members hold can still be used."""
    done = await call.services.city.services.close(call.staff, call.path.point_service, call.body.reason)
    return TypedResponse(200, CityPointService.of(done))


@api.post(
    "/v1/city/point-services/{point_service}/reopening",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=ServicePath,
    body=ReasonGiven,
    returns={200: CityPointService},
    refuses=(*UNKNOWN, "reason-missing"),
)
async def reopen_city_point_service(
    call: StaffRequest[ReasonGiven, None, ServicePath],
) -> TypedResponse:
    """Let a closed point service take points again."""
    done = await call.services.city.services.reopen(call.staff, call.path.point_service, call.body.reason)
    return TypedResponse(200, CityPointService.of(done))
