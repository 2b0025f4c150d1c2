"""What the API takes: a model for each body, query and path. Every string has a pattern, every number bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway.exchanges import pricing
from gateway.http.inputs import Id, Strict
from gateway.model import Destination

Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
"""A UUID in lower case, made by the caller and stored before it is sent."""

PartnerId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MunicipalityCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
PrefectureCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{6})$")]
PointServiceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
EventId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
CouponCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,64}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,1000}$")]
OpaqueCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,128}$")]
Points = Annotated[int, Field(ge=1, le=1_000_000_000)]


def _units(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if (fault := pricing.units_fault(value)) is not None:
        raise PydanticCustomError("units_not_allowed", "{en}", {"en": fault.en, "ja": fault.ja})
    return int(value)


Units = Annotated[
    int,
    Field(ge=1, le=pricing.MAX_UNITS),
    BeforeValidator(_units),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": pricing.MAX_UNITS},
                {"type": "string", "pattern": "^[1-9][0-9]{0,3}$"},
            ],
            "description": "口数: a whole number, or the half-width digits that a person typed; 1 to 9,999",
        }
    ),
]


class ExchangePath(Strict):
    exchange_id: Uuid


class PartnerPath(Strict):
    partner_id: PartnerId


class PrefecturePath(Strict):
    prefecture: PrefectureCode


class PointServicePath(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class EventPath(Strict):
    event_id: EventId


class ExchangeStart(Strict):
    exchange_id: Uuid
    partner_id: PartnerId
    coupon_code: CouponCode | None = None
    return_url: Url | None = None
    language: Literal["ja", "en"] = "ja"


class ReturnCode(Strict):
    return_code: OpaqueCode


class ToReserve(Strict):
    kind: Literal["reserve"]


class ToMunicipality(Strict):
    kind: Literal["municipality"]
    municipality: MunicipalityCode
    point_service: PointServiceId


class QuoteWanted(Strict):
    destination: Annotated[ToReserve | ToMunicipality, Field(discriminator="kind")]
    units: Units | None = None


class OfferQuery(Strict):
    destination: Literal["reserve", "municipality"]
    municipality: MunicipalityCode | None = None
    point_service: PointServiceId | None = None


class QuoteConfirmed(Strict):
    quote_id: OpaqueCode


class AllocationWanted(Strict):
    allocation_id: Uuid
    points: Points
    municipality: MunicipalityCode
    point_service: PointServiceId


class ContributionWanted(Strict):
    contribution_id: Uuid
    points: Points
    event_id: EventId


class EventsQuery(Strict):
    period: Literal["coming", "open", "ended"] = "open"


class PageQuery(Strict):
    before: Annotated[int, Field(ge=1, le=10**15)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ExchangesQuery(Strict):
    before: Uuid | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class PointServicesQuery(Strict):
    prefecture: PrefectureCode | None = None
    municipality: MunicipalityCode | None = None
    direct: bool | None = None


MykeyIdTyped = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1F\x7F]+$")]
"""A MyKey ID as a person typed it: spaces, lower case and full-width letters are read kindly."""

PasswordTyped = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1F\x7F]+$")
]


class SignIn(Strict):
    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]
    shared_terminal: bool = False


class DefaultMunicipality(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class LanguageChosen(Strict):
    language: Literal["ja", "en", "ja-easy"]


class PasswordChange(Strict):
    current: Annotated[PasswordTyped, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]


class MykeyIdWanted(Strict):
    mykey_id: MykeyIdTyped


class MykeyIdChange(Strict):
    mykey_id: MykeyIdTyped
    password: Annotated[PasswordTyped, Field(repr=False)]


class Revocation(Strict):
    password: Annotated[PasswordTyped, Field(repr=False)]


class SessionPath(Strict):
    session_id: Id


def destination_of(wanted: ToReserve | ToMunicipality) -> Destination:
    if isinstance(wanted, ToReserve):
        return Destination.reserve()
    return Destination.to_municipality(wanted.municipality, wanted.point_service)
