"""Files of grants: upload, check, report. A checked file is approved as a proposal."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gateway.api.city.csv_stream import CSV_PAGE, csv_stream
from gateway.api.city.exports import log_export, log_look
from gateway.api.city.fields import Line, ProjectId, ReasonGiven, attachment
from gateway.api.city.grants import ProjectPath
from gateway.api.city.proposal_fields import PROPOSING
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.grants.grant_file_rows import GrantFile
from gateway.cities.grants.grant_files import FileLine
from gateway.cities.grants.grant_list import FAULTS, MAX_LINES, ListColumns
from gateway.cities.grants.list_file import XLSX
from gateway.cities.grants.list_report import report_header, report_rows, report_workbook
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse, Upload
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF

FILE_LIMIT: Final = 16 * 1024 * 1024
"""100,000 lines with long notes; what is larger is refused before it is received."""

FileId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class FileUploadQuery(Strict):
    """How a list's columns are to be read; without any, by their usual names.

    `mykey_id_column`, `points_column` and `note_column` name a column by its header. `keep` are further columns that are
    kept, with commas between; in those of `once` each value may stand once. `points_for_all` is for a list without points.
    """

    name: Words
    mykey_id_column: Words | None = None
    points_column: Words | None = None
    note_column: Words | None = None
    keep: Line = ""
    once: Line = ""
    points_for_all: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @property
    def columns(self) -> ListColumns:
        return ListColumns(
            mykey_id=self.mykey_id_column or "",
            points=self.points_column or "",
            note=self.note_column or "",
            keep=_names(self.keep),
            once=_names(self.once),
            points_for_all=self.points_for_all,
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.replace("、", ",").split(",") if (name := part.strip()))


class FilesQuery(Strict):
    project_id: ProjectId | None = None


class FilePath(Strict):
    file_id: FileId


class FileLinesQuery(Strict):
    faults_only: bool = False
    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000)] = 200


class FileView(View):
    """`state`: checking, faulty, checked, approved (being applied), applied, sent_back or cancelled.

    `proposal_id` is the proposal in which a checked file waits, where one file is asked for.
    """

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
    kept_columns: list[str]
    dropped_columns: list[str]
    proposal_id: str | None = None

    @classmethod
    def of(cls, file: GrantFile, proposal_id: str | None = None) -> FileView:
        names = set(cls.model_fields) - {"proposal_id", "kept_columns", "dropped_columns"}
        return cls(
            proposal_id=proposal_id,
            kept_columns=list(file.kept_columns),
            dropped_columns=list(file.dropped_columns),
            **{name: getattr(file, name) for name in names},
        )


class Files(View):
    files: list[FileView]


class TypedCellsView(View):
    """What stood in a line that is wrong."""

    mykey_id: str
    points: str
    note: str


class FileLineView(View):
    """`fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` stands beside a fault.

    `kept` are the other columns of the line that the upload keeps.
    """

    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None
    fault_ja: str | None
    remedy_ja: str | None
    column: str | None
    typed: TypedCellsView | None
    kept: dict[str, str]

    @classmethod
    def of(cls, line: FileLine) -> FileLineView:
        fault = FAULTS.get(line.fault) if line.fault else None
        return cls(
            line=line.line,
            mykey_id=line.mykey_id,
            points=line.points,
            note=line.note,
            fault=line.fault,
            fault_ja=fault.text if fault else None,
            remedy_ja=fault.remedy if fault else None,
            column=fault.column if fault else None,
            typed=TypedCellsView(**asdict(line.typed)) if line.typed else None,
            kept=dict(line.kept),
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
    upload=Upload(("text/csv", XLSX), FILE_LIMIT),
    returns={201: FileView, 200: FileView},
    refuses=(
        "unknown-project",
        "csv-unreadable",
        "csv-columns",
        "csv-too-long",
        "file-state",
        "budget-exceeded",
        *PROPOSING,
    ),
)
async def upload_grants(
    call: StaffRequest[bytes, FileUploadQuery, ProjectPath],
) -> TypedResponse:
    """Check a list whole, up to 100,000 lines, CSV or Excel (.xlsx); then it waits as a proposal.

    CSV is UTF-8, UTF-16 or Shift_JIS. A header names the columns マイキーID, ポイント and 摘要; other columns are dropped, or kept as the query says.

    The same content again is the same file (200). Lines that cannot be granted make the file `faulty`.
    """
    files = call.services.city.files
    file, new = await files.upload(
        call.staff, call.path.project_id, call.query.name, call.body, columns=call.query.columns
    )
    proposal_id = await files.proposal_of(call.staff.municipality, file.file_id)
    return TypedResponse(201 if new else 200, FileView.of(file, proposal_id))


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
    code, file_id = call.staff.municipality, call.path.file_id
    file = await call.services.city.files.get(code, file_id)
    return TypedResponse(200, FileView.of(file, await call.services.city.files.proposal_of(code, file_id)))


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
    await log_look(call, call.path.file_id)
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
    "/v1/city/files/{file_id}/report",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    returns={200: "text/csv"},
    refuses=("unknown-file",),
)
async def file_report(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """Every line as it was typed, those with a fault first, with what to do; to be mended and sent again."""
    await log_export(call, ExportedList.GRANT_FILE_REPORT, call.path.file_id)
    code, files = call.staff.municipality, call.services.city.files
    file = await files.get(code, call.path.file_id)
    pages = files.report_pages(code, file.file_id, CSV_PAGE)
    kept = file.kept_columns
    content = await csv_stream(report_header(kept), (report_rows(lines, kept) async for lines in pages))
    return TypedResponse(200, content, attachment(f"report-{file.file_id[:8]}.csv"))


@api.get(
    "/v1/city/files/{file_id}/report/xlsx",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    returns={200: XLSX},
    refuses=("unknown-file",),
)
async def file_report_workbook(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """The same as an Excel workbook, in which every cell is text: no program makes a number of an ID."""
    await log_export(call, ExportedList.GRANT_FILE_REPORT, call.path.file_id)
    file, lines = await _reported(call)
    book = await asyncio.to_thread(report_workbook, lines, file.kept_columns)
    return TypedResponse(200, Content(book, XLSX), attachment(f"report-{file.file_id[:8]}.xlsx"))


async def _reported(call: StaffRequest[None, None, FilePath]) -> tuple[GrantFile, list[FileLine]]:
    code, file_id, files = call.staff.municipality, call.path.file_id, call.services.city.files
    lines = await files.report(code, file_id, faults_only=False, limit=MAX_LINES)
    return await files.get(code, file_id), sorted(lines, key=lambda line: line.fault is None)


@api.post(
    "/v1/city/files/{file_id}/cancellation",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=FilePath,
    body=ReasonGiven,
    returns={200: FileView},
    refuses=("unknown-file", "file-state", "proposal-of-another"),
)
async def cancel_file(call: StaffRequest[ReasonGiven, None, FilePath]) -> TypedResponse:
    """Take back a file that nobody has approved."""
    file = await call.services.city.files.cancel(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(200, FileView.of(file))
