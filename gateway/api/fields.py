"""Fields, paths and small models that several resources share.

Points are whole numbers, moments are RFC 3339 with an offset, texts come in both languages.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway.exchanges import pricing
from gateway.http.inputs import Strict
from gateway.model import Label

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

MykeyIdTyped = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1F\x7F]+$")]
"""A MyKey ID as a person typed it: spaces, lower case and full-width letters are read kindly."""

PasswordTyped = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1F\x7F]+$")
]


Source = Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x21-\x7E]*$")]
"""A name for the network that a browser came from, such as its address or /64; wrong passwords are counted by it."""

DeviceToken = Annotated[str, StringConstraints(pattern=r"^pgd_[0-9a-f]{8}_[0-9a-f]{16}_[0-9a-f]{64}$")]
Devices = Annotated[list[DeviceToken], Field(default_factory=list, max_length=4)]


class PartnerPath(Strict):
    partner_id: PartnerId


class PointServicePath(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class EventPath(Strict):
    event_id: EventId


class PageQuery(Strict):
    before: Annotated[int, Field(ge=1, le=10**15)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelView(View):
    ja: str
    en: str

    @classmethod
    def of(cls, label: Label) -> LabelView:
        return cls(ja=label.ja, en=label.en)
