"""Balances from a predecessor's system (引継ぎ): upload and check, compare sums, propose, follow, reconcile."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from gateway.api.city.csv_stream import CSV_PAGE, csv_stream
from gateway.api.city.exports import log_export, log_look
from gateway.api.city.fields import CSV, Day, Line, ReasonGiven, attachment
from gateway.api.city.grant_files import FILE_LIMIT, FileLinesQuery, FilePath
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import PointServiceId, View
from gateway.cities.carry_in.carry_in_list import COLUMNS, FAULTS
from gateway.cities.carry_in.carry_in_report import REPORT_HEADER, reconciliation_csv, report_rows
from gateway.cities.carry_in.carry_in_rows import MAX_SUMS, CarryIn, FileTotals, LotTotal
from gateway.cities.carry_in.carry_ins import FileLine
from gateway.cities.carry_in.reconciliation import Reconciliation
from gateway.cities.grants.list_file import XLSX
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse, Upload
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
MAX_SUM: Final = 10**12


class CarryInQuery(Strict):
    """`name` is the file's, for people."""

    name: Words


class TotalWanted(Strict):
    """What the predecessor's system reports; `last_day` is null for points that never expire.

    Any day of the month or year where the file's `totals_by` says `month` or `year`.
    """

    point_service: PointServiceId
    last_day: Day | None = None
    points: Annotated[int, Field(ge=0, le=MAX_SUM)]


class CarryInProposal(Strict):
    """The predecessor's sums, by point service and what the file's `totals_by` says."""

    totals: Annotated[list[TotalWanted], Field(max_length=MAX_SUMS)]
    reason: Line = ""


class LotTotalView(View):
    point_service: str
    last_day: date | None
    points: int


class CarryInView(View):
    """`state`: checking, faulty, checked, approved (being carried in), applied, sent_back or cancelled.

    `proposal_id` is the proposal in which a checked file waits; `totals` are its sums by point service and last day. With
    more than 500 last days they are by month, then by year: `totals_by`, and `last_day` is the last day of it. All three
    where one file is asked for.
    """

    file_id: str
    name: str
    state: str
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    proposal_id: str | None = None
    totals_by: Literal["day", "month", "year"] = "day"
    totals: list[LotTotalView] = Field(default_factory=list)

    @classmethod
    def of(
        cls, file: CarryIn, proposal_id: str | None = None, totals: FileTotals | None = None
    ) -> CarryInView:
        names = set(cls.model_fields) - {"proposal_id", "totals_by", "totals"}
        return cls(
            proposal_id=proposal_id,
            totals_by=totals.by.value if totals else "day",
            totals=[
                LotTotalView(point_service=each.point_service, last_day=each.last_day, points=each.points)
                for each in (totals.sums if totals else ())
            ],
            **{name: getattr(file, name) for name in names},
        )


class CarryInList(View):
    files: list[CarryInView]


class CarryInLineView(View):
    """`fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` is by the columns' names.

    `last_day` is the one of the point service's rules; null where points never expire. Codes are never in it.
    """

    line: int
    number: str
    mykey_id: str
    point_service: str
    points: int
    issued_on: date | None
    last_day: date | None
    origin: str
    fault: str | None
    fault_ja: str | None
    remedy_ja: str | None
    column: str | None
    typed: dict[str, str]

    @classmethod
    def of(cls, line: FileLine) -> CarryInLineView:
        fault = FAULTS.get(line.fault) if line.fault else None
        return cls(
            line=line.line, number=line.number, mykey_id=line.mykey_id, point_service=line.point_service,
            points=line.points, issued_on=line.issued_on, last_day=line.last_day, origin=line.origin, fault=line.fault,
            fault_ja=fault.text if fault else None, remedy_ja=fault.remedy if fault else None,
            column=fault.column if fault else None,
            typed={COLUMNS[field][0]: text for field, text in line.typed.items()},
        )  # fmt: skip


class CarryInLines(View):
    lines: list[CarryInLineView]
    next_after: int | None


class ReconciledLotsView(View):
    """`file` = `ledger` + `waiting` (nobody has taken them over yet) + `refused` + `difference`."""

    point_service: str
    last_day: date | None
    origin: str
    file: int
    ledger: int
    waiting: int
    refused: int
    difference: int


class ReconciliationView(View):
    """`agrees`: no difference in `lots`, no `unexpected` points in the ledger, and the city's sums are equal.

    `city_ledger` is what has come from the city's source accounts over all its files, `city_moves` the same move by move.
    """

    agrees: bool
    lots: list[ReconciledLotsView]
    unexpected: int
    city_ledger: int
    city_moves: int

    @classmethod
    def of(cls, report: Reconciliation) -> ReconciliationView:
        return cls(
            agrees=report.agrees,
            lots=[
                ReconciledLotsView(**{name: getattr(lot, name) for name in ReconciledLotsView.model_fields})
                for lot in report.lots
            ],
            unexpected=report.unexpected,
            city_ledger=report.city_ledger,
            city_moves=report.city_moves,
        )


@api.post(
    "/v1/city/carry-ins",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    query=CarryInQuery,
    upload=Upload(("text/csv", XLSX), FILE_LIMIT),
    returns={201: CarryInView, 200: CarryInView},
    refuses=("csv-unreadable", "csv-columns", "csv-too-long", "file-state", "nobody-to-decide"),
)
async def upload_carry_in(call: StaffRequest[bytes, CarryInQuery]) -> TypedResponse:
    """Check a predecessor's balances whole, up to 100,000 lines, CSV or Excel (.xlsx). Nothing is carried in yet.

    The columns are 利用者番号, マイキーID, 引継ぎコード, ポイント制度, ポイント, 発行日, 最終日 and 有償・無償; others are dropped.

    The same content again is the same file (200). A line that cannot be carried in makes the file `faulty`.
    """
    carry_ins, code = call.services.city.carry_ins, call.staff.municipality
    file, is_new = await carry_ins.upload(call.staff, call.query.name, call.body)
    view = await _view(call, code, file.file_id)
    return TypedResponse(201 if is_new else 200, view)


@api.get("/v1/city/carry-ins", tag="grants", caller=STAFF, action=Action.SEE, returns={200: CarryInList})
async def list_carry_ins(call: StaffRequest[None]) -> TypedResponse:
    """The city's newest 200 files of balances."""
    files = await call.services.city.carry_ins.list_by_city(call.staff.municipality)
    return TypedResponse(200, CarryInList(files=[CarryInView.of(file) for file in files]))


@api.get(
    "/v1/city/carry-ins/{file_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=FilePath,
    returns={200: CarryInView},
    refuses=("unknown-file",),
)
async def get_carry_in(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """A file with its sums by point service and last day, month or year."""
    return TypedResponse(200, await _view(call, call.staff.municipality, call.path.file_id))


@api.get(
    "/v1/city/carry-ins/{file_id}/lines",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=FilePath,
    query=FileLinesQuery,
    returns={200: CarryInLines},
    refuses=("unknown-file",),
)
async def carry_in_lines(call: StaffRequest[None, FileLinesQuery, FilePath]) -> TypedResponse:
    """The lines of a file with what is wrong with each, by their numbers in the file."""
    query = call.query
    await log_look(call, call.path.file_id)
    lines = await call.services.city.carry_ins.report(
        call.staff.municipality,
        call.path.file_id,
        faults_only=query.faults_only,
        after=query.after,
        limit=query.limit,
    )
    more = lines[-1].line if len(lines) == query.limit else None
    return TypedResponse(
        200, CarryInLines(lines=[CarryInLineView.of(line) for line in lines], next_after=more)
    )


@api.get(
    "/v1/city/carry-ins/{file_id}/report",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=FilePath,
    returns={200: "text/csv"},
    refuses=("unknown-file",),
)
async def carry_in_report(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """Every line as it was typed, those with a fault first, with what to do; to be mended and sent again.

    Until the file is approved, sent back or cancelled the codes are in it, for some weeks: it is for who may send the file.
    """
    await log_export(call, ExportedList.CARRY_IN_REPORT, call.path.file_id)
    pages = call.services.city.carry_ins.report_pages(call.staff.municipality, call.path.file_id, CSV_PAGE)
    content = await csv_stream(REPORT_HEADER, (report_rows(lines) async for lines in pages))
    return TypedResponse(200, content, attachment(f"carry-in-{call.path.file_id[:8]}.csv"))


@api.post(
    "/v1/city/carry-ins/{file_id}/proposal",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=FilePath,
    body=CarryInProposal,
    returns={202: ProposalView},
    refuses=("unknown-file", "file-state", "totals-differ", *PROPOSING),
)
async def propose_carry_in(call: StaffRequest[CarryInProposal, None, FilePath]) -> TypedResponse:
    """Propose a checked file, with the sums that the predecessor's system reports: they must be the file's."""
    totals = [
        LotTotal(point_service=each.point_service, last_day=each.last_day, points=each.points)
        for each in call.body.totals
    ]
    proposal = await call.services.city.carry_ins.propose(
        call.staff, call.path.file_id, totals, call.body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/city/carry-ins/{file_id}/cancellation",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=FilePath,
    body=ReasonGiven,
    returns={200: CarryInView},
    refuses=("unknown-file", "file-state", "proposal-of-another"),
)
async def cancel_carry_in(call: StaffRequest[ReasonGiven, None, FilePath]) -> TypedResponse:
    """Take back a file that nobody has approved."""
    file = await call.services.city.carry_ins.cancel(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(200, CarryInView.of(file))


@api.get(
    "/v1/city/carry-ins/{file_id}/reconciliation",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=FilePath,
    returns={200: ReconciliationView},
    refuses=("unknown-file",),
)
async def reconcile_carry_in(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """The file held against the ledger, move by move: by point service, last day and origin."""
    report = await call.services.city.carry_ins.reconcile(call.staff.municipality, call.path.file_id)
    return TypedResponse(200, ReconciliationView.of(report))


@api.get(
    "/v1/city/carry-ins/{file_id}/reconciliation/csv",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=FilePath,
    returns={200: "text/csv"},
    refuses=("unknown-file",),
)
async def reconciliation_of_carry_in(call: StaffRequest[None, None, FilePath]) -> TypedResponse:
    """The same for Excel."""
    report = await call.services.city.carry_ins.reconcile(call.staff.municipality, call.path.file_id)
    await log_export(call, ExportedList.RECONCILIATION, call.path.file_id)
    data = reconciliation_csv(report)
    return TypedResponse(200, Content(data, CSV), attachment(f"reconciliation-{call.path.file_id[:8]}.csv"))


async def _view(call: StaffRequest[Any, Any, Any], code: str, file_id: str) -> CarryInView:
    carry_ins = call.services.city.carry_ins
    file, totals = await carry_ins.get(code, file_id), await carry_ins.totals(code, file_id)
    return CarryInView.of(file, await carry_ins.proposal_of(code, file_id), totals)
