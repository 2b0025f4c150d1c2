"""Partner companies (協力会社), and the links between their accounts and a member."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from core_ledger import chart
from gateway.api.fields import LabelView, PartnerPath, View
from gateway.api.member_request import MemberRequest
from gateway.errors import ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.link_rows import Link
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.routing import Api, TypedResponse
from gateway.model import PartnerProfile
from gateway.partners import availability
from gateway.partners.availability import PartnerAvailability

api = Api()


class WalletView(View):
    id: str
    name: LabelView


class MaintenanceView(View):
    """When the partner cannot be used (メンテナンス), half-open."""

    starts_at: datetime
    ends_at: datetime
    reason: str


class PartnerView(View):
    partner_id: str
    name: LabelView
    kind: str
    link: str
    points_name: LabelView
    wallets: list[WalletView]
    arrives_within_s: int
    terms: LabelView
    notes: list[LabelView]
    linked: bool
    open: bool = True
    """False while the partner is paused or in maintenance: nothing new can be begun."""
    closed_until: datetime | None = None
    maintenance: list[MaintenanceView] = Field(default=[])

    @classmethod
    def of(
        cls, profile: PartnerProfile, *, linked: bool, standing: PartnerAvailability | None = None
    ) -> PartnerView:
        windows = () if standing is None else (standing.window, *standing.upcoming)
        return cls(
            partner_id=profile.id,
            name=LabelView.of(profile.name),
            kind=profile.kind,
            link=profile.link,
            points_name=LabelView.of(profile.points_name),
            wallets=[WalletView(id=w.id, name=LabelView.of(w.name)) for w in profile.wallets],
            arrives_within_s=int(profile.arrives_within.total_seconds()),
            terms=LabelView.of(profile.terms),
            notes=[LabelView.of(note) for note in profile.notes],
            linked=linked,
            open=standing is None or standing.open,
            closed_until=standing.window.ends_at if standing is not None and standing.window else None,
            maintenance=[
                MaintenanceView(starts_at=window.starts_at, ends_at=window.ends_at, reason=window.reason)
                for window in windows
                if window is not None
            ],
        )


class Partners(View):
    partners: list[PartnerView]


class LinkView(View):
    """How the partner knows the member; `shown_as` is for the member to recognise."""

    partner_id: str
    service_id: str
    shown_as: str
    linked_at: datetime

    @classmethod
    def of(cls, link: Link) -> LinkView:
        return cls(
            partner_id=link.partner_id,
            service_id=link.service_id,
            shown_as=link.shown_as,
            linked_at=link.linked_at,
        )


class Links(View):
    links: list[LinkView]


@api.get(
    "/v1/partners", tag="partners", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: Partners}
)
async def list_partners(call: MemberRequest) -> TypedResponse:
    """The partner companies (地域経済応援ポイント協力会社一覧), and which of them the member has linked."""
    book = chart.member_book(call.member.member_id)
    now = call.services.clock()
    links, standings = await call.services.store.read(
        lambda conn: (link_rows.list_by_member(conn, book), availability.standings(conn, now))
    )
    linked = {link.partner_id for link in links}
    return TypedResponse(
        200,
        Partners(
            partners=[
                PartnerView.of(
                    partner.profile, linked=partner.id in linked, standing=standings.get(partner.id)
                )
                for partner in call.services.context.partners.values()
            ]
        ),
    )


@api.get("/v1/links", tag="partners", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: Links})
async def list_links(call: MemberRequest) -> TypedResponse:
    """The member's linked partner accounts (移行用のサービスID)."""
    book = chart.member_book(call.member.member_id)
    links = await call.services.store.read(lambda conn: link_rows.list_by_member(conn, book))
    return TypedResponse(200, Links(links=[LinkView.of(link) for link in links]))


@api.delete(
    "/v1/links/{partner_id}",
    tag="partners",
    caller=AuthLevel.MEMBER,
    path=PartnerPath,
    returns={204: None},
    refuses=("link-missing",),
)
async def unlink(call: MemberRequest[None, None, PartnerPath]) -> TypedResponse:
    """Unlink a partner account. What was exchanged stays."""
    book = chart.member_book(call.member.member_id)
    if not await call.services.store.run(lambda conn: link_rows.remove(conn, book, call.path.partner_id)):
        raise ProblemError("link-missing", "this partner is not linked; there is nothing to unlink")
    return TypedResponse(204)
