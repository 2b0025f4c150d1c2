"""What the API takes around rules, grants, shops, spending and settlement."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from gateway.api.city.staff_requests import Login, Reason, ShopId
from gateway.api.requests import MunicipalityCode, MykeyIdTyped, Points, PointServiceId, Uuid
from gateway.http.inputs import Strict, Words
from gateway.platform.invisible_chars import LINES, ONE_LINE, ONE_LINE_OR_NONE
from gateway.platform.typed_text import nfc

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
Day = Annotated[
    date,
    Field(ge=FIRST_DAY, le=LAST_DAY),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}$"}),
]
"""A day that calendars and banks can reckon with: days are added to it, so the ends of the calendar are no days."""
ProjectId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
FileId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=LINES), AfterValidator(nfc)]
Line = Annotated[str, StringConstraints(max_length=200, pattern=ONE_LINE_OR_NONE), AfterValidator(nfc)]
Budget = Annotated[int, Field(ge=1, le=10**12)]
CodeText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1F\x7F]+$")]
BankName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=ONE_LINE)]


# --- rules ---


class ServicePath(Strict):
    point_service: PointServiceId


class PointServiceWanted(Strict):
    point_service: PointServiceId
    name: Words


class RuleVersionPath(Strict):
    point_service: PointServiceId
    version: Annotated[int, Field(ge=1, le=100_000)]


class RuleWanted(Strict):
    """A new version of a point service's rules. Limits are points by member and day; null is none."""

    takes_effect_on: Day
    expiry: Literal["none", "months", "fiscal_year", "fixed_day"]
    expiry_count: Annotated[int, Field(ge=0, le=120)] = 0
    expiry_day: Day | None = None
    unit_value_yen: Annotated[int, Field(ge=1, le=10_000)] = 1
    open_for_direct_exchange: bool
    most_spent_a_day: Points | None = None
    most_granted_a_day: Points | None = None
    worse_accepted: bool = False
    reason: Reason


# --- grants ---


class MemberPath(Strict):
    mykey_id: MykeyIdTyped


class ProjectPath(Strict):
    project_id: ProjectId


class ProjectWanted(Strict):
    """A grant project (給付事業); the period includes both days."""

    project_id: ProjectId
    point_service: PointServiceId
    name: Words
    place: Line = ""
    content: Text = ""
    starts_on: Day
    ends_on: Day
    points_each: Annotated[int, Field(ge=1, le=10_000_000)]
    budget: Budget
    venue: bool = False


class BudgetWanted(Strict):
    budget: Budget
    reason: Reason


class OpenWanted(Strict):
    open: bool
    reason: Reason


class GrantWanted(Strict):
    grant_id: Uuid
    mykey_id: MykeyIdTyped
    points: Annotated[int, Field(ge=1, le=10_000_000)]
    note: Line = ""


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


# --- events ---


class EventChanged(Strict):
    """A support event (特定支援イベント); the period includes both days. `on_failure` needs a goal to give back."""

    name: Words
    purpose: Text = ""
    goal_points: Budget | None = None
    starts_on: Day
    ends_on: Day
    givers: Literal["everybody", "city"] = "everybody"
    on_failure: Literal["keep", "give_back"] = "keep"


class EventWanted(EventChanged):
    """`own_id` is the city's own; the event's id is the city's code, a hyphen and this."""

    own_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]


# --- shops ---


class ShopPath(Strict):
    shop_id: ShopId


class ShopsQuery(Strict):
    closed: bool = False
    after: ShopId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class CityShopsQuery(Strict):
    """`name` finds shops by a part of their name or reading, in any width and either kana."""

    municipality: MunicipalityCode
    name: Words | None = None
    after: ShopId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class ShopChanged(Strict):
    name: Words
    name_kana: Line = ""
    category: Line = ""
    address: Line = ""
    phone: Line = ""


class ShopWanted(ShopChanged):
    shop_id: ShopId


class BankAccountWanted(Strict):
    """Names in kana, letters and digits; they are kept as transfer files write them. kind: 1 普通, 2 当座, 4 貯蓄."""

    bank_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    bank_name: BankName
    branch_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
    branch_name: BankName
    kind: Literal[1, 2, 4]
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$"), Field(repr=False)]
    holder: BankName


class PayerWanted(BankAccountWanted):
    client_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]


class ShopStaffPath(Strict):
    shop_id: ShopId


class ShopPersonWanted(Strict):
    login: Login
    display_name: Words


# --- spending ---


class PayCodeWanted(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class PayCodePath(Strict):
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class SpendTaken(Strict):
    """`spend_id` is made by the shop's page and kept; sending the same again is the same payment."""

    spend_id: Uuid
    code: Annotated[CodeText, Field(repr=False)]
    points: Points


class ShopCodeScanned(Strict):
    shop_code: CodeText


class SpendWanted(Strict):
    spend_id: Uuid
    shop_code: CodeText
    point_service: PointServiceId
    points: Points


class VenueScanned(Strict):
    venue_code: CodeText


class SpendPath(Strict):
    spend_id: Uuid


class RefundWanted(Strict):
    refund_id: Uuid
    points: Points
    reason: Reason


class ShopDayQuery(Strict):
    day: Day | None = None


# --- settlement and figures ---


class CyclePath(Strict):
    starts_on: Day


class CycleShopPath(Strict):
    starts_on: Day
    shop_id: ShopId


class FiguresQuery(Strict):
    since: Day
    until: Day
    point_service: PointServiceId | None = None


class DayQuery(Strict):
    day: Day


class MonthQuery(Strict):
    year: Annotated[int, Field(ge=2000, le=2999)]
    month: Annotated[int, Field(ge=1, le=12)]
