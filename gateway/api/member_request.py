"""The request of a route that needs a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from typing_extensions import TypeVar

from gateway.http.routing import TypedRequest
from gateway.members.sessions import Session
from gateway.services import Services

BodyT_co = TypeVar("BodyT_co", covariant=True, default=None)
QueryT_co = TypeVar("QueryT_co", covariant=True, default=None)
PathT_co = TypeVar("PathT_co", covariant=True, default=Any)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRequest(
    TypedRequest[BodyT_co, Services, QueryT_co, PathT_co], Generic[BodyT_co, QueryT_co, PathT_co]
):
    """`member` is the session of the member who is signed in."""

    member: Session
