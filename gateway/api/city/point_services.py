"""The city's point services: which there are, and an administrator's deeds with them."""

from __future__ import annotations

from typing import Final

from gateway.api import directory_responses as views
from gateway.api.city import requests as asked
from gateway.api.city.staff_requests import ReasonGiven
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF
UNKNOWN: Final = ("unknown-municipality", "unknown-point-service")


@api.get(
    "/v1/city/point-services",
    tag="rules",
    caller=STAFF,
    action=Action.SEE,
    returns={200: views.CityPointServices},
)
async def list_city_point_services(call: TypedRequest[None, Services]) -> TypedResponse:
    """The city's own point services, those that take no more points too."""
    found = await call.services.city.services.listed(call.staff.municipality)
    return TypedResponse(
        200, views.CityPointServices(point_services=[views.CityPointService.of(one) for one in found])
    )


@api.post(
    "/v1/city/point-services",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    body=asked.PointServiceWanted,
    returns={201: views.CityPointService},
    refuses=("bad-point-service", "point-service-exists", "unknown-municipality"),
)
async def add_city_point_service(call: TypedRequest[asked.PointServiceWanted, Services]) -> TypedResponse:
    """Add a point service; its id becomes part of account names and never changes. Announce its rules next."""
    made = await call.services.city.services.add(call.staff, call.body.point_service, call.body.name)
    return TypedResponse(201, views.CityPointService.of(made))


@api.post(
    "/v1/city/point-services/{point_service}/closure",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=asked.ServicePath,
    body=ReasonGiven,
    returns={200: views.CityPointService},
    refuses=(*UNKNOWN, "reason-missing"),
)
async def close_city_point_service(
    call: TypedRequest[ReasonGiven, Services, None, asked.ServicePath],
) -> TypedResponse:
    """Let a point service take no more points; what members hold can still be used."""
    done = await call.services.city.services.close(call.staff, call.path.point_service, call.body.reason)
    return TypedResponse(200, views.CityPointService.of(done))


@api.post(
    "/v1/city/point-services/{point_service}/reopening",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=asked.ServicePath,
    body=ReasonGiven,
    returns={200: views.CityPointService},
    refuses=(*UNKNOWN, "reason-missing"),
)
async def reopen_city_point_service(
    call: TypedRequest[ReasonGiven, Services, None, asked.ServicePath],
) -> TypedResponse:
    """Let a closed point service take points again."""
    done = await call.services.city.services.reopen(call.staff, call.path.point_service, call.body.reason)
    return TypedResponse(200, views.CityPointService.of(done))
