"""The request of a route that needs a city's staff, a shop or the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from typing_extensions import TypeVar

from gateway.cities.staff.staff_rows import StaffSession
from gateway.http.routing import TypedRequest
from gateway.services import Services

BodyT_co = TypeVar("BodyT_co", covariant=True, default=None)
QueryT_co = TypeVar("QueryT_co", covariant=True, default=None)
PathT_co = TypeVar("PathT_co", covariant=True, default=Any)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRequest(
    TypedRequest[BodyT_co, Services, QueryT_co, PathT_co], Generic[BodyT_co, QueryT_co, PathT_co]
):
    """`staff` is the session of the person who is signed in, with role and municipality."""

    staff: StaffSession
