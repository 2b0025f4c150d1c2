"""Clerks examine shops that applied on the web, decide on them, and set the terms that applicants accept."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, StringConstraints

from gateway.api.city.fields import Line, Login, Reason, ShopId, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.shop_applications import ApplicationView, ShopTermsView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.shops.application_duplicates import Duplicate
from gateway.cities.shops.application_rows import OPEN, ApplicationState
from gateway.cities.shops.applications import ExaminedApplication
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.invisible_chars import LINES
from gateway.platform.roles import Action
from gateway.platform.typed_text import nfc
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF

TermsText = Annotated[str, StringConstraints(max_length=20_000, pattern=LINES), AfterValidator(nfc)]
ApplicationNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]


class ApplicationPath(Strict):
    number: ApplicationNumber


class ApplicationsQuery(Strict):
    """`open`: submitted or sent back. `after` is a page's `next_after`."""

    state: Literal["open", "submitted", "sent_back", "withdrawn", "refused", "accepted"] = "open"
    after: ApplicationNumber | None = None


class ExaminedQuery(Strict):
    """Without `duplicates` it is not looked for what says the same: for a page that does not show it."""

    duplicates: bool = True


class ApplicationDecision(Strict):
    """The applicant reads `reason`. `seen` is the `version` of what was examined."""

    reason: Reason
    seen: Version | None = None


class AcceptanceWanted(Strict):
    """`shop_id` becomes part of account names and never changes; `login` is the shop's first log-in."""

    shop_id: ShopId
    login: Login
    reason: Line = ""
    seen: Version | None = None


class TermsWanted(Strict):
    """An empty text ends applications on the web. `seen` is the `version` that the form was drawn from."""

    text: TermsText
    reason: Reason
    seen: Version | None = None


class DuplicateView(View):
    """`key` is a shop's id or an application's number; `same` has `name`, `phone`, `account`."""

    kind: str
    key: str
    name: str
    same: list[str]

    @classmethod
    def of(cls, duplicate: Duplicate) -> DuplicateView:
        return cls(kind=duplicate.kind, key=duplicate.key, name=duplicate.name, same=list(duplicate.same))


class ExaminedApplicationView(View):
    """`terms` is the text that the applicant has accepted; `duplicates` is null where it was not asked for."""

    application: ApplicationView
    terms: ShopTermsView
    duplicates: list[DuplicateView] | None

    @classmethod
    def of(cls, examined: ExaminedApplication, services: Services) -> ExaminedApplicationView:
        return cls(
            application=ApplicationView.of(examined.application, services),
            terms=ShopTermsView.of(examined.terms),
            duplicates=None
            if examined.duplicates is None
            else [DuplicateView.of(each) for each in examined.duplicates],
        )


class ApplicationList(View):
    applications: list[ApplicationView]
    next_after: str | None


@api.get(
    "/v1/city/shop-applications",
    tag="shop-applications",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    query=ApplicationsQuery,
    returns={200: ApplicationList},
)
async def list_shop_applications(call: StaffRequest[None, ApplicationsQuery]) -> TypedResponse:
    """Applications in order of number, 100 a page; those that wait for somebody unless another state is named."""
    query = call.query
    states = OPEN if query.state == "open" else (ApplicationState(query.state),)
    page = await call.services.city.shop_applications.listed(
        call.staff.municipality, states, after=query.after
    )
    return TypedResponse(
        200,
        ApplicationList(
            applications=[ApplicationView.of(each, call.services) for each in page.applications],
            next_after=page.next_after,
        ),
    )


@api.get(
    "/v1/city/shop-applications/{number}",
    tag="shop-applications",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=ApplicationPath,
    query=ExaminedQuery,
    returns={200: ExaminedApplicationView},
    refuses=("unknown-application",),
)
async def get_shop_application(call: StaffRequest[None, ExaminedQuery, ApplicationPath]) -> TypedResponse:
    """One application with the terms that were accepted, and which shops and applications say the same."""
    examined = await call.services.city.shop_applications.get(
        call.staff.municipality, call.path.number, duplicates=call.query.duplicates
    )
    return TypedResponse(200, ExaminedApplicationView.of(examined, call.services))


@api.post(
    "/v1/city/shop-applications/{number}/return",
    tag="shop-applications",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ApplicationPath,
    body=ApplicationDecision,
    returns={200: ApplicationView},
    refuses=("unknown-application", "application-state", "changed-meanwhile", "reason-missing"),
)
async def send_back_shop_application(
    call: StaffRequest[ApplicationDecision, None, ApplicationPath],
) -> TypedResponse:
    """Let the applicant mend it (差戻し)."""
    applications, body = call.services.city.shop_applications, call.body
    changed = await applications.send_back(call.staff, call.path.number, body.reason, body.seen)
    return TypedResponse(200, ApplicationView.of(changed, call.services))


@api.post(
    "/v1/city/shop-applications/{number}/refusal",
    tag="shop-applications",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ApplicationPath,
    body=ApplicationDecision,
    returns={200: ApplicationView},
    refuses=("unknown-application", "application-state", "changed-meanwhile", "reason-missing"),
)
async def refuse_shop_application(
    call: StaffRequest[ApplicationDecision, None, ApplicationPath],
) -> TypedResponse:
    """Refuse it (却下)."""
    applications, body = call.services.city.shop_applications, call.body
    changed = await applications.refuse(call.staff, call.path.number, body.reason, body.seen)
    return TypedResponse(200, ApplicationView.of(changed, call.services))


@api.post(
    "/v1/city/shop-applications/{number}/acceptance",
    tag="shop-applications",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ApplicationPath,
    body=AcceptanceWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-application", "application-state", "changed-meanwhile", "bad-shop", "shop-exists", "login-unfit",
        "login-taken", *PROPOSING,
    ),
)  # fmt: skip
async def accept_shop_application(
    call: StaffRequest[AcceptanceWanted, None, ApplicationPath],
) -> TypedResponse:
    """Propose that the shop takes the city's points; whoever decides it is shown its first password, once."""
    body = call.body
    proposal = await call.services.city.shop_applications.propose_acceptance(
        call.staff,
        call.path.number,
        shop_id=body.shop_id,
        login=body.login,
        reason=body.reason,
        seen=body.seen,
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.get(
    "/v1/city/shop-terms",
    tag="shop-applications",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    returns={200: ShopTermsView},
)
async def get_shop_terms(call: StaffRequest) -> TypedResponse:
    """The city's terms for shops as they are now."""
    terms = await call.services.city.shop_applications.newest_terms(call.staff.municipality)
    return TypedResponse(200, ShopTermsView.of(terms))


@api.put(
    "/v1/city/shop-terms",
    tag="shop-applications",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    body=TermsWanted,
    returns={200: ShopTermsView},
    refuses=("bad-shop-terms", "nothing-changed", "changed-meanwhile", "reason-missing"),
)
async def set_shop_terms(call: StaffRequest[TermsWanted]) -> TypedResponse:
    """Add a version of the terms; who has applied before keeps the version that was accepted."""
    body = call.body
    terms = await call.services.city.shop_applications.set_terms(
        call.staff, body.text, body.reason, body.seen
    )
    return TypedResponse(200, ShopTermsView.of(terms))
