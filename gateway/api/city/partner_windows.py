"""Maintenance windows and paces of partners for the platform's staff: closing by one at once, opening proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Reason
from gateway.api.city.platform_partners import PartnerPath, WindowView
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.model import JST
from gateway.partners.availability import Window
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
MinuteInJapan = Annotated[
    str, StringConstraints(pattern=r"^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")
]


class WindowWanted(Strict):
    """Minutes in Japan, such as 2026-12-31T02:00; `ends_at` is not included."""

    starts_at: MinuteInJapan
    ends_at: MinuteInJapan
    reason: Reason


class WindowNamed(Strict):
    """The window that begins at this minute in Japan."""

    starts_at: MinuteInJapan
    reason: Reason


class PaceWanted(Strict):
    """`calls_per_minute` from each gateway; null: as many as there are."""

    calls_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None
    reason: Reason


class PaceView(View):
    """The pace in force; null: as many calls as there are."""

    calls_per_minute: int | None


@api.post(
    "/v1/platform/partners/{partner_id}/maintenance",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_PARTNERS,
    path=PartnerPath,
    body=WindowWanted,
    returns={200: WindowView, 202: ProposalView},
    refuses=("unknown-partner", "bad-window", "reason-missing", *PROPOSING),
)
async def announce_maintenance(call: StaffRequest[WindowWanted, None, PartnerPath]) -> TypedResponse:
    """Announce a maintenance window: at once, or as a proposal (202) where it would end an announced one earlier."""
    window = Window(
        partner_id=call.path.partner_id, starts_at=_moment(call.body.starts_at),
        ends_at=_moment(call.body.ends_at), reason=call.body.reason,
    )  # fmt: skip
    proposal = await call.services.city.platform.announce_maintenance(call.staff, window)
    if proposal is not None:
        return TypedResponse(202, ProposalView.of(proposal))
    view = WindowView(starts_at=window.starts_at, ends_at=window.ends_at, reason=window.reason)
    return TypedResponse(200, view)


@api.post(
    "/v1/platform/partners/{partner_id}/maintenance/withdrawal",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_PARTNERS,
    path=PartnerPath,
    body=WindowNamed,
    returns={202: ProposalView},
    refuses=("unknown-window", "bad-window", "reason-missing", *PROPOSING),
)
async def propose_maintenance_withdrawal(
    call: StaffRequest[WindowNamed, None, PartnerPath],
) -> TypedResponse:
    """Propose to take a maintenance window back; it takes a second person, for it lets exchanges begin."""
    proposal = await call.services.city.platform.withdraw_maintenance(
        call.staff, call.path.partner_id, _moment(call.body.starts_at), call.body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.put(
    "/v1/platform/partners/{partner_id}/pace",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_PARTNERS,
    path=PartnerPath,
    body=PaceWanted,
    returns={200: PaceView, 202: ProposalView},
    refuses=("unknown-partner", "bad-pace", "reason-missing", *PROPOSING),
)
async def change_pace(call: StaffRequest[PaceWanted, None, PartnerPath]) -> TypedResponse:
    """Keep a lower pace towards a partner: at once. A higher one, or none, is proposed (202)."""
    proposal = await call.services.city.platform.change_pace(
        call.staff, call.path.partner_id, call.body.calls_per_minute, call.body.reason
    )
    if proposal is not None:
        return TypedResponse(202, ProposalView.of(proposal))
    return TypedResponse(200, PaceView(calls_per_minute=call.body.calls_per_minute))


def _moment(minute: str) -> datetime:
    """A minute in Japan. Raises ProblemError `bad-window` (422) for one that no calendar has."""
    try:
        return datetime.fromisoformat(minute).replace(tzinfo=JST)
    except ValueError:
        raise ProblemError("bad-window", f"no calendar has {minute}") from None
