"""What the city tells members of their data (個人情報の取扱い) over HTTP: read by its staff, changed by two of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.api.city.fields import Reason, Text, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.member_data.privacy_texts import CityPrivacyText, PrivacyText
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class CityPrivacyTextView(View):
    """Plain text, a blank line between paragraphs; empty for what the city has not written, `changed_at` null for none at all."""

    ja: str
    en: str
    easy: str
    changed_at: datetime | None
    version: str

    @classmethod
    def of(cls, found: CityPrivacyText) -> CityPrivacyTextView:
        text = found.text
        return cls(
            ja=text.ja if text else "",
            en=text.en if text else "",
            easy=text.easy if text else "",
            changed_at=found.changed_at,
            version=found.version,
        )


class PrivacyTextWanted(Strict):
    """All three texts as they shall be; `ja` is shown where another is empty. `seen` is the version that they were drawn from."""

    ja: Text
    en: Text = ""
    easy: Text = ""
    reason: Reason
    seen: Version | None = None


@api.get(
    "/v1/city/privacy-text",
    tag="staff",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CityPrivacyTextView},
)
async def get_privacy_text(call: StaffRequest) -> TypedResponse:
    """What the city tells members of their data."""
    found = await call.services.city.privacy_texts.find(call.staff.municipality)
    return TypedResponse(200, CityPrivacyTextView.of(found))


@api.put(
    "/v1/city/privacy-text",
    tag="staff",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    body=PrivacyTextWanted,
    returns={202: ProposalView},
    refuses=("bad-privacy-text", "nothing-changed", "changed-meanwhile", "reason-missing", *PROPOSING),
)
async def change_privacy_text(call: StaffRequest[PrivacyTextWanted]) -> TypedResponse:
    """Propose another text (202): members read it after another person's yes."""
    body = call.body
    text = PrivacyText(ja=body.ja, en=body.en, easy=body.easy)
    proposal = await call.services.city.privacy_texts.propose_text(call.staff, text, body.reason, body.seen)
    return TypedResponse(202, ProposalView.of(proposal))
