"""Rules of the city's point services, and grants: projects, one member, files, venues.

No address names a municipality: a staff session sees and changes its own city's rows and no other's.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from gateway.api.city import grants_responses, rules_responses
from gateway.api.city import requests as asked
from gateway.api.city.staff_requests import ReasonGiven
from gateway.api.requests import PointServicePath
from gateway.cities.grants import grantees
from gateway.cities.grants.grant_csv import FAULTS, MAX_LINES
from gateway.cities.grants.grant_files import GrantFile
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse, Upload
from gateway.platform.roles import Action
from gateway.platform.safe_csv import excel_csv
from gateway.points import directory
from gateway.points.rules import Expiry, PointRule, RuleVersion
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF
FILE_LIMIT: Final = 16 * 1024 * 1024
"""100,000 lines with long notes; what is larger is refused before it is received."""

CSV: Final = "text/csv; charset=utf-8"
PDF: Final = "application/pdf"


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


# --- rules ---------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/point-services/{municipality}/{point_service}/rules",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=PointServicePath,
    returns={200: rules_responses.Rules},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def point_service_rules(call: TypedRequest[None, Services, None, PointServicePath]) -> TypedResponse:
    """The rules of a point service: what is in force, what is coming, and what members lose by it."""
    return TypedResponse(200, await _rules(call.services, call.path.municipality, call.path.point_service))


@api.get(
    "/v1/city/point-services/{point_service}/rules",
    tag="rules",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ServicePath,
    returns={200: rules_responses.Rules},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_rules(call: TypedRequest[None, Services, None, asked.ServicePath]) -> TypedResponse:
    """All versions of the rules of one of the city's point services."""
    return TypedResponse(200, await _rules(call.services, call.staff.municipality, call.path.point_service))


@api.post(
    "/v1/city/point-services/{point_service}/rules",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=asked.ServicePath,
    body=asked.RuleWanted,
    returns={201: rules_responses.Rules},
    refuses=(
        "bad-rule", "rule-in-effect", "worse-not-accepted", "unknown-municipality", "unknown-point-service",
    ),
)  # fmt: skip
async def announce_rule(
    call: TypedRequest[asked.RuleWanted, Services, None, asked.ServicePath],
) -> TypedResponse:
    """Announce a new version. A change for the worse is refused once, naming what members lose."""
    body = call.body
    rule = PointRule(
        expiry=Expiry(body.expiry),
        expiry_count=body.expiry_count,
        expiry_day=body.expiry_day,
        unit_value_yen=body.unit_value_yen,
        open_for_direct_exchange=body.open_for_direct_exchange,
        most_spent_a_day=body.most_spent_a_day,
        most_granted_a_day=body.most_granted_a_day,
    )
    service = call.path.point_service
    await call.services.city.rules.announce(
        call.staff,
        service,
        rule,
        body.takes_effect_on,
        worse_accepted=body.worse_accepted,
        reason=body.reason,
    )
    return TypedResponse(201, await _rules(call.services, call.staff.municipality, service))


@api.post(
    "/v1/city/point-services/{point_service}/rules/{version}/withdrawal",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=asked.RuleVersionPath,
    body=ReasonGiven,
    returns={204: None},
    refuses=("unknown-rule", "rule-in-effect"),
)
async def withdraw_rule(
    call: TypedRequest[ReasonGiven, Services, None, asked.RuleVersionPath],
) -> TypedResponse:
    """Take back a version that has not taken effect."""
    await call.services.city.rules.withdraw(
        call.staff, call.path.point_service, call.path.version, call.body.reason
    )
    return TypedResponse(204)


# --- one member ------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/members/{mykey_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=asked.MemberPath,
    returns={200: grants_responses.CityMemberView},
    refuses=("unknown-member",),
)
async def city_member(call: TypedRequest[None, Services, None, asked.MemberPath]) -> TypedResponse:
    """A member who has the city's points or has chosen it; anybody else does not exist here."""
    code, mykey_id = call.staff.municipality, call.path.mykey_id
    found = await call.services.store.read(lambda conn: grantees.find(conn, code, mykey_id))
    return TypedResponse(
        200,
        grants_responses.CityMemberView(
            mykey_id=found.mykey_id,
            display_name=found.display_name,
            balances=[
                rules_responses.ServiceBalanceView(point_service=service, points=points)
                for service, points in sorted(found.balances.items())
            ],
        ),
    )


# --- projects --------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/projects",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    returns={200: grants_responses.Projects},
)
async def list_projects(call: TypedRequest[None, Services]) -> TypedResponse:
    """The city's grant projects (給付事業), the one that starts last first."""
    found = await call.services.city.projects.listed(call.staff.municipality)
    return TypedResponse(
        200, grants_responses.Projects(projects=[grants_responses.ProjectView.of(one) for one in found])
    )


@api.post(
    "/v1/city/projects",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    body=asked.ProjectWanted,
    returns={201: grants_responses.ProjectView},
    refuses=("bad-project", "project-exists", "unknown-municipality", "unknown-point-service"),
)
async def add_project(call: TypedRequest[asked.ProjectWanted, Services]) -> TypedResponse:
    """Add a grant project with its period and budget."""
    project = await call.services.city.projects.add(call.staff, ProjectPlan(**call.body.model_dump()))
    return TypedResponse(201, grants_responses.ProjectView.of(project))


@api.get(
    "/v1/city/projects/{project_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ProjectPath,
    returns={200: grants_responses.ProjectView},
    refuses=("unknown-project",),
)
async def get_project(call: TypedRequest[None, Services, None, asked.ProjectPath]) -> TypedResponse:
    """One grant project with what is left of its budget."""
    project = await call.services.city.projects.get(call.staff.municipality, call.path.project_id)
    return TypedResponse(200, grants_responses.ProjectView.of(project))


@api.put(
    "/v1/city/projects/{project_id}/budget",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    path=asked.ProjectPath,
    body=asked.BudgetWanted,
    returns={200: grants_responses.ProjectView},
    refuses=("unknown-project", "budget-exceeded"),
)
async def change_project_budget(
    call: TypedRequest[asked.BudgetWanted, Services, None, asked.ProjectPath],
) -> TypedResponse:
    """Raise or lower a budget, never below what is granted or set aside."""
    project = await call.services.city.projects.change_budget(
        call.staff, call.path.project_id, call.body.budget, call.body.reason
    )
    return TypedResponse(200, grants_responses.ProjectView.of(project))


@api.put(
    "/v1/city/projects/{project_id}/open",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    path=asked.ProjectPath,
    body=asked.OpenWanted,
    returns={200: grants_responses.ProjectView},
    refuses=("unknown-project",),
)
async def set_project_open(
    call: TypedRequest[asked.OpenWanted, Services, None, asked.ProjectPath],
) -> TypedResponse:
    """Let a project grant nothing more, or again."""
    project = await call.services.city.projects.set_open(
        call.staff, call.path.project_id, is_open=call.body.open, reason=call.body.reason
    )
    return TypedResponse(200, grants_responses.ProjectView.of(project))


@api.get(
    "/v1/city/projects/{project_id}/venue-code",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=asked.ProjectPath,
    returns={200: grants_responses.VenueCode},
    refuses=("unknown-project", "project-not-open"),
)
async def project_venue_code(call: TypedRequest[None, Services, None, asked.ProjectPath]) -> TypedResponse:
    """Today's code of the project's venue, to be shown as a QR."""
    desk = call.services.city.desk
    code = await call.services.city.projects.venue_code(call.staff, call.path.project_id)
    return TypedResponse(200, grants_responses.VenueCode(venue_code=code, day=desk.today))


@api.post(
    "/v1/city/projects/{project_id}/grants",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=asked.ProjectPath,
    body=asked.GrantWanted,
    returns={201: grants_responses.GrantedView, 200: grants_responses.GrantedView},
    refuses=(
        "unknown-project", "unknown-member", "project-not-open", "budget-exceeded", "limit-of-the-day", "id-reused",
    ),
)  # fmt: skip
async def grant_to_one(
    call: TypedRequest[asked.GrantWanted, Services, None, asked.ProjectPath],
) -> TypedResponse:
    """Grant to one member by MyKey ID, under an id that you made; the same again is the same grant (200)."""
    body = call.body
    granted = await call.services.city.grants.to_one(
        call.staff, call.path.project_id, body.grant_id, body.mykey_id, body.points, body.note
    )
    return TypedResponse(200 if granted.replayed else 201, grants_responses.GrantedView.of(granted))


@api.post(
    "/v1/venue-grants",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=asked.VenueScanned,
    returns={201: grants_responses.GrantedView},
    refuses=(
        "venue-code-wrong", "unknown-project", "project-not-open", "granted-already", "budget-exceeded",
        "limit-of-the-day",
    ),
)  # fmt: skip
async def grant_at_venue(call: TypedRequest[asked.VenueScanned, Services]) -> TypedResponse:
    """The member has scanned a venue's code: granted once in each project."""
    granted = await call.services.city.grants.at_venue(call.member.member_id, call.body.venue_code)
    return TypedResponse(201, grants_responses.GrantedView.of(granted))


# --- files -------------------------------------------------------------------------------------------------------------


@api.post(
    "/v1/city/projects/{project_id}/files",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=asked.ProjectPath,
    query=asked.FileUploadQuery,
    upload=Upload(("text/csv",), FILE_LIMIT),
    returns={201: grants_responses.FileView, 200: grants_responses.FileView},
    refuses=("unknown-project", "csv-unreadable", "csv-columns", "csv-too-long", "file-state"),
)
async def upload_grants(
    call: TypedRequest[bytes, Services, asked.FileUploadQuery, asked.ProjectPath],
) -> TypedResponse:
    """Check a CSV whole, up to 100,000 lines: マイキーID,ポイント,摘要 in UTF-8 or Shift_JIS. Nothing is granted yet.

    The same content again is the same file (200). Lines that cannot be granted make the file `faulty`.
    """
    file, new = await call.services.city.files.upload(
        call.staff, call.path.project_id, call.query.name, call.body
    )
    return TypedResponse(201 if new else 200, grants_responses.FileView.of(file))


@api.get(
    "/v1/city/files",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    query=asked.FilesQuery,
    returns={200: grants_responses.Files},
)
async def list_files(call: TypedRequest[None, Services, asked.FilesQuery]) -> TypedResponse:
    """The city's newest 200 grant files."""
    found = await call.services.city.files.listed(call.staff.municipality, call.query.project_id)
    return TypedResponse(
        200, grants_responses.Files(files=[grants_responses.FileView.of(one) for one in found])
    )


@api.get(
    "/v1/city/files/{file_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=asked.FilePath,
    returns={200: grants_responses.FileView},
    refuses=("unknown-file",),
)
async def get_file(call: TypedRequest[None, Services, None, asked.FilePath]) -> TypedResponse:
    """How far a file is: `granted_lines` of `lines` while it is being applied."""
    return TypedResponse(200, grants_responses.FileView.of(await _file(call)))


@api.get(
    "/v1/city/files/{file_id}/lines",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=asked.FilePath,
    query=asked.FileLinesQuery,
    returns={200: grants_responses.FileLines},
    refuses=("unknown-file",),
)
async def file_lines(
    call: TypedRequest[None, Services, asked.FileLinesQuery, asked.FilePath],
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
        grants_responses.FileLines(
            lines=[grants_responses.FileLineView.of(one) for one in found], next_after=more
        ),
    )


@api.get(
    "/v1/city/files/{file_id}/report",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=asked.FilePath,
    returns={200: "text/csv"},
    refuses=("unknown-file",),
)
async def file_report(call: TypedRequest[None, Services, None, asked.FilePath]) -> TypedResponse:
    """The lines with a fault as CSV for Excel."""
    found = await call.services.city.files.report(
        call.staff.municipality, call.path.file_id, faults_only=True, limit=MAX_LINES
    )
    rows = [(one.line, one.mykey_id, one.points, one.note, FAULTS.get(one.fault or "", "")) for one in found]
    data = excel_csv(["行", "マイキーID", "ポイント", "摘要", "内容"], rows)
    return TypedResponse(200, Content(data, CSV), attachment(f"report-{call.path.file_id[:8]}.csv"))


@api.post(
    "/v1/city/files/{file_id}/approval",
    tag="grants",
    caller=STAFF,
    action=Action.APPROVE_GRANTS,
    path=asked.FilePath,
    body=ReasonGiven,
    returns={202: grants_responses.FileView},
    refuses=(
        "unknown-file", "file-state", "second-person-missing", "project-not-open", "budget-exceeded", "unknown-project",
    ),
)  # fmt: skip
async def approve_file(call: TypedRequest[ReasonGiven, Services, None, asked.FilePath]) -> TypedResponse:
    """Say yes to a file that somebody else has uploaded: its points are set aside and granted from now on."""
    file = await call.services.city.files.approve(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(202, grants_responses.FileView.of(file))


@api.post(
    "/v1/city/files/{file_id}/cancellation",
    tag="grants",
    caller=STAFF,
    action=Action.UPLOAD_GRANTS,
    path=asked.FilePath,
    body=ReasonGiven,
    returns={200: grants_responses.FileView},
    refuses=("unknown-file", "file-state"),
)
async def cancel_file(call: TypedRequest[ReasonGiven, Services, None, asked.FilePath]) -> TypedResponse:
    """Take back a file that nobody has approved."""
    file = await call.services.city.files.cancel(call.staff, call.path.file_id, call.body.reason)
    return TypedResponse(200, grants_responses.FileView.of(file))


async def _file(call: TypedRequest[None, Services, None, asked.FilePath]) -> GrantFile:
    return await call.services.city.files.get(call.staff.municipality, call.path.file_id)


async def _rules(services: Services, code: str, service: str) -> rules_responses.Rules:
    def job(conn: Connection) -> str:
        return directory.require_known_service(conn, code, service).name

    name = await services.store.read(job)
    found: list[RuleVersion] = await services.city.rules.versions(code, service)
    return rules_responses.Rules.of(code, service, name, found, services.city.desk.today)
