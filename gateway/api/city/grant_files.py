"""Files of grants: upload, check, approval by a second person, report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gateway.api.city.fields import CSV, ProjectId, ReasonGiven, attachment
from gateway.api.city.grants import ProjectPath
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.grants.grant_csv import FAULTS, MAX_LINES
from gateway.cities.grants.grant_files import FileLine, FileOverlap, GrantFile
from gateway.cities.grants.project_members import GrantedBefore
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse, Upload
from gateway.platform.roles import Action
from gateway.platform.safe_csv import excel_csv

api = Api()
STAFF: Final = AuthLevel.STAFF

FILE_LIMIT: Final = 16 * 1024 * 1024
"""100,000 lines with long notes; what is larger is refused before it is received."""

FileId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class FileUploadQuery(Strict):
    name: Words


class FilesQuery(Strict):
    project_id: ProjectId | None = None


class FilePath(Strict):
    file_id: FileId


class FileLinesQuery(Strict):
    faults_only: bool = False
    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000)] = 200


class GrantedBeforeQuery(Strict):
    limit: Annotated[int, Field(ge=1, le=1_000)] = 200


class FileView(View):
    """`state`: checking, faulty, checked, approved (being applied), applied or cancelled."""

    file_id: str
    project_id: str
    name: str
    state: str
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    granted_lines: int
    granted_points: int
    ended_at: datetime | None

    @classmethod
    def of(cls, file: GrantFile) -> FileView:
        names = set(cls.model_fields)
        return cls(**{name: getattr(file, name) for name in names})


class Files(View):
    files: list[FileView]


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


class FileOverlapView(View):
    """How many members of the file were granted in its project before, and how much; `lines` names the first."""

    members: int
    points: int
    lines: list[GrantedBeforeView]

    @classmethod
    def of(cls, overlap: FileOverlap) -> FileOverlapView:
        lines = [GrantedBeforeView.of(each) for each in overlap.lines]
        return cls(members=overlap.members, points=overlap.points, lines=lines)


class FileLineView(View):
    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None
    fault_ja: str | None

    @classmethod
    def of(cls, line: FileLine) -> FileLineView:
        return cls(
            line=line.line,
            mykey_id=line.mykey_id,
            points=line.points,
            note=line.note,
            fault=line.fault,
            fault_ja=FAULTS.get(line.fault) if line.fault else None,
        )


class FileLines(View):
    lines: list[FileLineView]
    next_after: int | None


@api.post(
    "/v1/city/projects/{project_id}/files",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=ProjectPath,
    query=FileUploadQuery,
    upload=Upload(("text/csv",), FILE_LIMIT),
    returns={201: FileView, 200: FileView},
    refuses=("unknown-project", "csv-unreadable", "csv-columns", "csv-too-long", "file-state"),
)
async def upload_grants(
    call: StaffRequest[bytes, FileUploadQuery, ProjectPath],
) -> TypedResponse:
    """Check a CSV whole, up to 100,000 lines: マイキーID,ポイント,摘要 in UTF-8 or Shift_JIS. Nothing is granted yet.

    The same content again is the same file (200). Lines that cannot be granted make the file `faulty`.
    """
    file, new = await call.services.city.files.upload(
        call.staff, call.path.project_id, call.query.name, call.body
    )
    return TypedResponse(201 if new else 200, FileView.of(file))


@api.get(
    "/v1/city/files",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    query=FilesQuery,
    returns={200: Files},
)
async def list_files(call: StaffRequest[None, FilesQuery]) -> TypedResponse:
    """The city's newest 200 grant files."""
    grant_files = await call.services.city.files.listed(call.staff.municipality, call.query.project_id)
    return TypedResponse(200, Files(files=[FileView.of(grant_file) for grant_file in grant_files]))


@api.get(
    "/v1/city/files/{file_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=FilePath,
    returns={200: FileView},
    refuses=("unknown-file",),
)
async def get_file(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """How far a file is: `granted_lines` of `lines` while it is being applied."""
    return TypedResponse(200, FileView.of(await _file(call)))


@api.get(
    "/v1/city/files/{file_id}/lines",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    query=FileLinesQuery,
    returns={200: FileLines},
    refuses=("unknown-file",),
)
async def file_lines(
    call: StaffRequest[None, FileLinesQuery, FilePath],
) -> TypedResponse:
    """The lines of a file with what is wrong with each, by their numbers in the file."""
    query = call.query
    found = await call.services.city.files.report(
        call.staff.municipality,
        call.path.file_id,
        faults_only=query.faults_only,
        after=query.after,
        limit=query.limit,
    )
    more = found[-1].line if len(found) == query.limit else None
    return TypedResponse(
        200,
        FileLines(lines=[FileLineView.of(file_line) for file_line in found], next_after=more),
    )


@api.get(
    "/v1/city/files/{file_id}/granted-before",
    tag="grants",
    caller=STAFF,
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
    overlap = await call.services.city.files.granted_before(
        call.staff.municipality, call.path.file_id, call.query.limit
    )
    return TypedResponse(200, FileOverlapView.of(overlap))


@api.get(
    "/v1/city/files/{file_id}/report",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    returns={200: "text/csv"},
    refuses=("unknown-file",),
)
async def file_report(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """The lines with a fault as CSV for Excel."""
    found = await call.services.city.files.report(
        call.staff.municipality, call.path.file_id, faults_only=True, limit=MAX_LINES
    )
    rows = [
        (
            file_line.line,
            file_line.mykey_id,
            file_line.points,
            file_line.note,
            FAULTS.get(file_line.fault or "", ""),
        )
        for file_line in found
    ]
    data = excel_csv(["行", "マイキーID", "ポイント", "摘要", "内容"], rows)
    return TypedResponse(200, Content(data, CSV), attachment(f"report-{call.path.file_id[:8]}.csv"))


@api.post(
    "/v1/city/files/{file_id}/approval",
    tag="grants",
    caller=STAFF,
    action=Action.APPROVE_GRANTS,
    path=FilePath,
    body=ReasonGiven,
    returns={202: FileView},
    refuses=(
        "unknown-file", "file-state", "second-person-missing", "project-not-open", "budget-exceeded", "unknown-project",
    ),
)  # fmt: skip
async def approve_file(call: StaffRequest[ReasonGiven, None, FilePath]) -> TypedResponse:
    """Say yes to a file that somebody else has uploaded: its points are set aside and granted from now on."""
    file = await call.services.city.files.approve(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(202, FileView.of(file))


@api.post(
    "/v1/city/files/{file_id}/cancellation",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=FilePath,
    body=ReasonGiven,
    returns={200: FileView},
    refuses=("unknown-file", "file-state"),
)
async def cancel_file(call: StaffRequest[ReasonGiven, None, FilePath]) -> TypedResponse:
    """Take back a file that nobody has approved."""
    file = await call.services.city.files.cancel(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(200, FileView.of(file))


async def _file(call: StaffRequest[None, None, FilePath]) -> GrantFile:
    return await call.services.city.files.get(call.staff.municipality, call.path.file_id)
