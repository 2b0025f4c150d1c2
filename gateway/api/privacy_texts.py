"""What cities tell members of their data (個人情報の取扱い): to the member who asks, and of one city for a portal."""

from __future__ import annotations

from datetime import datetime

from gateway.api.fields import MunicipalityCode, View
from gateway.api.member_request import MemberRequest
from gateway.cities.member_data.privacy_texts import CityPrivacyText
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.points.directory import require_municipality
from gateway.services import Services

api = Api()


class PrivacyTextPath(Strict):
    municipality: MunicipalityCode


class PrivacyTextView(View):
    """Plain text, a blank line between paragraphs; show it as text, never as markup. `easy` is やさしい日本語.

    null is what the city has not written: show `ja` in its place and say so. Where `ja` is null too the city has no text.
    """

    municipality: str
    municipality_name: str
    municipality_kana: str
    municipality_romaji: str
    ja: str | None
    en: str | None
    easy: str | None
    changed_at: datetime | None

    @classmethod
    def of(cls, found: CityPrivacyText) -> PrivacyTextView:
        place, text = require_municipality(found.municipality), found.text
        return cls(
            municipality=place.code,
            municipality_name=place.name,
            municipality_kana=place.kana,
            municipality_romaji=place.romaji,
            ja=text.ja if text else None,
            en=(text.en or None) if text else None,
            easy=(text.easy or None) if text else None,
            changed_at=found.changed_at,
        )


class PrivacyTextList(View):
    privacy_texts: list[PrivacyTextView]


@api.get("/v1/me/privacy-texts", tag="member", caller=AuthLevel.MEMBER, returns={200: PrivacyTextList})
async def own_privacy_texts(call: MemberRequest) -> TypedResponse:
    """What the member's default city, and each city whose points the member has, say of members' data."""
    found = await call.services.city.privacy_texts.list_for_member(call.member.member_id)
    return TypedResponse(200, PrivacyTextList(privacy_texts=[PrivacyTextView.of(each) for each in found]))


@api.get(
    "/v1/municipalities/{municipality}/privacy-text",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=PrivacyTextPath,
    returns={200: PrivacyTextView},
    refuses=("unknown-municipality",),
)
async def municipality_privacy_text(
    call: TypedRequest[None, Services, None, PrivacyTextPath],
) -> TypedResponse:
    """What one city says of members' data, for a page before somebody registers."""
    found = await call.services.city.privacy_texts.find(call.path.municipality)
    return TypedResponse(200, PrivacyTextView.of(found))
