"""What was granted in a project: the list, for Excel too; taking a grant back, and correcting a member's balance."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Annotated, Final

from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from core_ledger import Store
from gateway.api.city.csv_stream import csv_stream
from gateway.api.city.exports import log_export, log_look
from gateway.api.city.fields import Day, Reason, attachment
from gateway.api.city.grants import MemberPath, ProjectPath
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, PointServiceId, Uuid, View
from gateway.cities.grants import granted
from gateway.cities.grants.granted import PAGE_SIZE, Granted, GrantedPage
from gateway.cities.staff import staff_rows
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.model import JST
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
MAX_CORRECTION: Final = 10_000_000
_CSV_MEMBERS: Final = 500
WAYS: Final = {"one": "窓口", "file": "ファイル", "venue": "会場"}


class GrantListQuery(Strict):
    """The grants to one member, or of the days from `since` to `until`. `after` is a page's `next_after`."""

    mykey_id: MykeyIdTyped | None = None
    since: Day | None = None
    until: Day | None = None
    after: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{8}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = PAGE_SIZE


class GrantDaysQuery(Strict):
    since: Day | None = None
    until: Day | None = None


class CancellationWanted(Strict):
    """`grant` is the grant's own id, as the list has it; `points` of it come back, or are owed where they were used."""

    cancellation_id: Uuid
    grant: Annotated[str, StringConstraints(pattern=r"^grant:[0-9]{6}:[a-z0-9:-]{1,140}$")]
    mykey_id: MykeyIdTyped
    points: Annotated[int, Field(ge=1, le=MAX_CORRECTION)]
    reason: Reason


class CorrectionWanted(Strict):
    """`points` are added to the balance, or taken where they are below zero. The member reads the reason."""

    correction_id: Uuid
    point_service: PointServiceId
    points: Annotated[int, Field(ge=-MAX_CORRECTION, le=MAX_CORRECTION)]
    reason: Reason


class GrantView(View):
    """`way`: one, file or venue. `taken_back` came back of it; `owed` had been used before."""

    grant: str
    mykey_id: str
    points: int
    at: datetime
    way: str
    granted_by: str
    note: str
    taken_back: int
    owed: int

    @classmethod
    def of(cls, grant: Granted) -> GrantView:
        return cls(**{name: getattr(grant, name) for name in cls.model_fields})


class GrantList(View):
    grants: list[GrantView]
    next_after: str | None


@api.get(
    "/v1/city/projects/{project_id}/grants",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=ProjectPath,
    query=GrantListQuery,
    returns={200: GrantList},
    refuses=("unknown-project", "unknown-member"),
)
async def list_grants(call: StaffRequest[None, GrantListQuery, ProjectPath]) -> TypedResponse:
    """Who was granted what in a project, when, by whom, and what was taken back; who was granted last comes first."""
    code, project_id, query = call.staff.municipality, call.path.project_id, call.query
    await log_look(call, project_id, query.mykey_id or "")

    def job(conn: Connection) -> GrantedPage:
        return granted.list_by_project(
            conn, code, project_id, mykey_id=query.mykey_id, since=query.since, until=query.until,
            after=query.after, limit=query.limit,
        )  # fmt: skip

    page = await call.services.store.read(job)
    return TypedResponse(
        200, GrantList(grants=[GrantView.of(grant) for grant in page.grants], next_after=page.next_after)
    )


@api.get(
    "/v1/city/projects/{project_id}/grants/csv",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=ProjectPath,
    query=GrantDaysQuery,
    returns={200: "text/csv"},
    refuses=("unknown-project",),
)
async def grants_csv(call: StaffRequest[None, GrantDaysQuery, ProjectPath]) -> TypedResponse:
    """The same for Excel, with the names of who granted."""
    code, project_id, query = call.staff.municipality, call.path.project_id, call.query
    await log_export(call, ExportedList.GRANTS, project_id)

    header = [
        "日時", "マイキーID", "ポイント", "方法", "担当", "摘要", "取消済み(ポイント)", "未返還(ポイント)", "番号",
    ]  # fmt: skip
    content = await csv_stream(header, _pages(call.services.store, code, project_id, query))
    return TypedResponse(200, content, attachment(f"grants-{project_id}.csv"))


async def _pages(
    store: Store, code: str, project_id: str, query: GrantDaysQuery
) -> AsyncGenerator[list[tuple[str | int, ...]], None]:
    """The grants of a number of members at a time, to all who were granted when it began."""
    since, until = query.since, query.until

    def begin(conn: Connection) -> tuple[dict[str, str], BytesIO]:
        names = {each.staff_id: each.display_name for each in staff_rows.list_by_city(conn, code)}
        return names, granted.read_books(conn, code, project_id, since=since, until=until)

    names, rest = await store.read(begin)
    while books := [line[:-1].decode() for line in islice(rest, _CSV_MEMBERS)]:
        read = partial(
            granted.list_by_books, code=code, project_id=project_id, books=books, since=since, until=until
        )
        yield [_row(grant, names) for grant in await store.read(read)]


@api.post(
    "/v1/city/projects/{project_id}/grant-cancellations",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=ProjectPath,
    body=CancellationWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-project", "unknown-member", "unknown-grant", "cancel-too-much", "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def cancel_grant(call: StaffRequest[CancellationWanted, None, ProjectPath]) -> TypedResponse:
    """Propose to take a grant back (給付の取消): what is unspent comes back, the rest is shown as owed."""
    body = call.body
    proposal = await call.services.city.corrections.cancel_grant(
        call.staff,
        call.path.project_id,
        body.cancellation_id,
        body.mykey_id,
        body.grant,
        body.points,
        body.reason,
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/city/members/{mykey_id}/corrections",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=MemberPath,
    body=CorrectionWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-member", "unknown-municipality", "unknown-point-service", "not-enough-points", "bad-correction",
        "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def correct_balance(call: StaffRequest[CorrectionWanted, None, MemberPath]) -> TypedResponse:
    """Propose to correct a member's balance. It takes a second person, whatever the table says."""
    body = call.body
    proposal = await call.services.city.corrections.correct_balance(
        call.staff, body.correction_id, call.path.mykey_id, body.point_service, body.points, body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


def _row(grant: Granted, names: dict[str, str]) -> tuple[str | int, ...]:
    by = "利用者" if grant.granted_by == "member" else names.get(grant.granted_by, grant.granted_by)
    return (
        f"{grant.at.astimezone(JST):%Y-%m-%d %H:%M:%S}", grant.mykey_id, grant.points, WAYS[grant.way], by, grant.note,
        grant.taken_back, grant.owed, grant.grant,
    )  # fmt: skip
