"""Who of a list was granted before in its project, or waits in another list: what an approver sees beside the file."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from gateway.api.city.exports import log_look
from gateway.api.city.grant_files import FilePath
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.grants.grant_files import FileOverlap
from gateway.cities.grants.project_members import GrantedBefore
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()


class GrantedBeforeQuery(Strict):
    limit: Annotated[int, Field(ge=1, le=1_000)] = 200


class GrantedBeforeView(View):
    """A line whose member was granted in the project before: how often, how much, from when to when."""

    line: int
    mykey_id: str
    points: int
    grants_before: int
    points_before: int
    first_on: date
    last_on: date

    @classmethod
    def of(cls, before: GrantedBefore) -> GrantedBeforeView:
        return cls(**{name: getattr(before, name) for name in cls.model_fields})


class WaitingFileView(View):
    """Another file of the project that is not applied yet, with `points` for `members` of this one."""

    file_id: str
    name: str
    members: int
    points: int


class FileOverlapView(View):
    """How many members of the file were granted in its project before, and how much; `lines` names the first.

    `waiting` are other files of the project that wait for an approval or are being applied, with members of this one.
    """

    members: int
    points: int
    lines: list[GrantedBeforeView]
    waiting: list[WaitingFileView]

    @classmethod
    def of(cls, overlap: FileOverlap) -> FileOverlapView:
        lines = [GrantedBeforeView.of(each) for each in overlap.lines]
        waiting = [
            WaitingFileView(file_id=each.file_id, name=each.name, members=each.members, points=each.points)
            for each in overlap.waiting
        ]
        return cls(members=overlap.members, points=overlap.points, lines=lines, waiting=waiting)


@api.get(
    "/v1/city/files/{file_id}/granted-before",
    tag="grants",
    caller=AuthLevel.STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    query=GrantedBeforeQuery,
    returns={200: FileOverlapView},
    refuses=("unknown-file",),
)
async def file_granted_before(
    call: StaffRequest[None, GrantedBeforeQuery, FilePath],
) -> TypedResponse:
    """Who of a file was granted in its project before, with sums and dates: what an approver looks at first."""
    await log_look(call, call.path.file_id)
    overlap = await call.services.city.files.granted_before(
        call.staff.municipality, call.path.file_id, call.query.limit
    )
    return TypedResponse(200, FileOverlapView.of(overlap))
