"""A city's own point services: add, close, reopen."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.api.city.fields import ReasonGiven, ServicePath
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PointServiceId, View
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action
from gateway.points.directory import PointService

api = Api()
STAFF: Final = AuthLevel.STAFF

UNKNOWN: Final = ("unknown-municipality", "unknown-point-service")


class PointServiceWanted(Strict):
    point_service: PointServiceId
    name: Words


class CityPointService(View):
    """A point service as its city's staff see it; `closed_at` is set from the moment it takes no more points."""

    point_service: str
    name: str
    open_for_direct_exchange: bool
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, service: PointService) -> CityPointService:
        return cls(**{name: getattr(service, name) for name in cls.model_fields})


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
    point_service = await call.services.city.services.add(call.staff, call.body.point_service, call.body.name)
    return TypedResponse(201, CityPointService.of(point_service))


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
