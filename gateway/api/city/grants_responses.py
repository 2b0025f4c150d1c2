"""What the API gives around members of a city and grants: projects, files and their lines."""

from __future__ import annotations

from datetime import date, datetime

from gateway.api.city.rules_responses import ServiceBalanceView
from gateway.api.responses import View
from gateway.cities.grants.grant_csv import FAULTS
from gateway.cities.grants.grant_files import FileLine, GrantFile
from gateway.cities.grants.grant_projects import GrantProject
from gateway.cities.grants.grants import GrantResult


class CityMemberView(View):
    """A member as the city's staff may see one who has its points, or has chosen it as 基本自治体."""

    mykey_id: str
    display_name: str
    balances: list[ServiceBalanceView]


class ProjectView(View):
    project_id: str
    point_service: str
    name: str
    place: str
    content: str
    starts_on: date
    ends_on: date
    points_each: int
    budget: int
    granted: int
    left: int
    venue: bool
    open: bool
    created_at: datetime

    @classmethod
    def of(cls, project: GrantProject) -> ProjectView:
        plan = project.plan
        return cls(
            project_id=plan.project_id,
            point_service=plan.point_service,
            name=plan.name,
            place=plan.place,
            content=plan.content,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            points_each=plan.points_each,
            budget=plan.budget,
            granted=project.granted,
            left=project.left,
            venue=plan.venue,
            open=project.is_open,
            created_at=project.created_at,
        )


class Projects(View):
    projects: list[ProjectView]


class VenueCode(View):
    """The text of the QR that the venue shows; it serves on this day only."""

    venue_code: str
    day: date


class GrantedView(View):
    project_id: str
    project_name: str
    municipality: str
    point_service: str
    points: int
    issued_on: date
    replayed: bool

    @classmethod
    def of(cls, granted: GrantResult) -> GrantedView:
        project = granted.project
        return cls(
            project_id=project.plan.project_id,
            project_name=project.plan.name,
            municipality=project.municipality,
            point_service=project.plan.point_service,
            points=granted.receipt.points,
            issued_on=granted.receipt.lot_movements[0].issued_on,
            replayed=granted.replayed,
        )


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
