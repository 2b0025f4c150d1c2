"""Shops that apply on the web (加盟店の申請): what applicants send without an account, and what clerks examine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.api.city.bank_accounts import BankAccountTyped, BankView
from gateway.api.city.fields import Line, Login, Reason, ShopId, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MunicipalityCode, Source, Uuid, View
from gateway.cities.shops.application_duplicates import Duplicate
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.application_rows import OPEN, Application, ApplicationState
from gateway.cities.shops.applications import ExaminedApplication
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_terms import ShopTerms
from gateway.http.authentication import AuthLevel
from gateway.http.client_scopes import Scope
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.invisible_chars import LINES
from gateway.platform.roles import Action
from gateway.platform.typed_text import nfc
from gateway.points.directory import require_municipality
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF
APPLICANTS_SITE: Final = frozenset({Scope.MUNICIPAL})
"""Keys that may send what an applicant types: those of the site that has the pages."""

TermsText = Annotated[str, StringConstraints(max_length=20_000, pattern=LINES), AfterValidator(nfc)]
TermsVersion = Annotated[int, Field(ge=1, le=1_000_000)]
NumberTyped = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1F\x7F]+$")]
ApplicationNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]


class MunicipalityPath(Strict):
    municipality: MunicipalityCode


class ApplicationPath(Strict):
    number: ApplicationNumber


class ApplicationsQuery(Strict):
    """`open`: submitted or sent back. `after` is a page's `next_after`."""

    state: Literal["open", "submitted", "sent_back", "withdrawn", "refused", "accepted"] = "open"
    after: ApplicationNumber | None = None


class ApplicationEntryFields(Strict):
    """The shop as the register will have it, and whom the city asks back. `name_kana` has no kanji."""

    name: Words
    name_kana: Words
    category: Words
    address: Words
    phone: Words
    contact: Words
    mail: Annotated[Words, Field(repr=False)]

    @property
    def entry(self) -> ApplicationEntry:
        return ApplicationEntry(**{name: getattr(self, name) for name in ApplicationEntryFields.model_fields})


class ApplicationWanted(ApplicationEntryFields):
    """`request_id` is made by the caller and stored first; it makes the secret, so nobody else may guess it.

    `terms_version` is the version that the applicant has read and accepts. `source` names the browser's network.
    """

    request_id: Uuid
    terms_version: TermsVersion
    account: BankAccountTyped | None = None
    source: Source = ""


class ApplicantSecret(Strict):
    """What the applicant was given, as it is typed: in any width and case, with hyphens or without."""

    number: NumberTyped
    secret: Annotated[NumberTyped, Field(repr=False)]


class ApplicationMended(ApplicationEntryFields, ApplicantSecret):
    """`keeps_account` leaves the account that was sent before; else it is `account`, or none.

    `seen` is the `version` that the form was drawn from.
    """

    terms_version: TermsVersion
    account: BankAccountTyped | None = None
    keeps_account: bool = False
    seen: Version | None = None


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


class ShopTermsView(View):
    """Plain text, a blank line between paragraphs. `terms_version` is 0 as long as the city has written none."""

    municipality: str
    municipality_name: str
    terms_version: int
    text: str
    set_at: datetime | None
    version: str

    @classmethod
    def of(cls, terms: ShopTerms) -> ShopTermsView:
        return cls(
            municipality=terms.municipality,
            municipality_name=require_municipality(terms.municipality).name,
            terms_version=terms.number,
            text=terms.text,
            set_at=terms.set_at,
            version=terms.version,
        )


class ApplicationView(View):
    """An application. `account` is null where none was sent, and once the shop has it.

    `reason` is that of the last decision; `erased_after` is when it goes unless something is done, null while it stays.
    """

    number: str
    municipality: str
    municipality_name: str
    state: ApplicationState
    reason: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    contact: str
    mail: str
    account: BankView | None
    terms_version: int
    shop_id: str | None
    applied_at: datetime
    changed_at: datetime
    state_at: datetime
    erased_after: datetime | None
    version: str

    @classmethod
    def of(cls, application: Application, services: Services) -> ApplicationView:
        stays = application.state in (ApplicationState.SUBMITTED, ApplicationState.ACCEPTED)
        return cls(
            **{name: getattr(application.entry, name) for name in ApplicationEntryFields.model_fields},
            number=application.number,
            municipality=application.municipality,
            municipality_name=require_municipality(application.municipality).name,
            state=application.state,
            reason=application.reason,
            account=BankView.of(application.account) if application.account else None,
            terms_version=application.terms_version,
            shop_id=application.shop_id,
            applied_at=application.applied_at,
            changed_at=application.changed_at,
            state_at=application.state_at,
            erased_after=None
            if stays
            else application.state_at + services.settings.retention.shop_applications,
            version=application.version,
        )


class ApplicationAdded(View):
    """`secret` is shown this once; the same request again gives the same one."""

    application: ApplicationView
    secret: str


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
    """`terms` is the text that the applicant has accepted."""

    application: ApplicationView
    terms: ShopTermsView
    duplicates: list[DuplicateView]

    @classmethod
    def of(cls, examined: ExaminedApplication, services: Services) -> ExaminedApplicationView:
        return cls(
            application=ApplicationView.of(examined.application, services),
            terms=ShopTermsView.of(examined.terms),
            duplicates=[DuplicateView.of(each) for each in examined.duplicates],
        )


class ApplicationList(View):
    applications: list[ApplicationView]
    next_after: str | None


# --- the applicant


@api.get(
    "/v1/municipalities/{municipality}/shop-terms",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    path=MunicipalityPath,
    returns={200: ShopTermsView},
    refuses=("unknown-municipality", "no-applications"),
)
async def municipality_shop_terms(
    call: TypedRequest[None, Services, None, MunicipalityPath],
) -> TypedResponse:
    """What a shop accepts that applies in this city; 404 where it takes no applications on the web."""
    terms = await call.services.city.shop_applications.terms(call.path.municipality)
    return TypedResponse(200, ShopTermsView.of(terms))


@api.post(
    "/v1/municipalities/{municipality}/shop-applications",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    scopes=APPLICANTS_SITE,
    path=MunicipalityPath,
    body=ApplicationWanted,
    returns={201: ApplicationAdded},
    refuses=(
        "unknown-municipality", "no-applications", "bad-application", "bad-bank-account", "bank-not-listed",
        "terms-changed", "id-reused", "too-many-applications",
    ),
)  # fmt: skip
async def apply_as_shop(
    call: TypedRequest[ApplicationWanted, Services, None, MunicipalityPath],
) -> TypedResponse:
    """Apply to take this city's points. The number and the secret open the application, and are all that does."""
    body = call.body
    applied = await call.services.city.shop_applications.apply(
        call.path.municipality,
        body.request_id,
        body.entry,
        _account(body.account),
        terms_version=body.terms_version,
        source=body.source,
    )
    view = ApplicationView.of(applied.application, call.services)
    return TypedResponse(201, ApplicationAdded(application=view, secret=applied.secret.reveal()))


@api.post(
    "/v1/shop-applications/view",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    scopes=APPLICANTS_SITE,
    body=ApplicantSecret,
    returns={200: ApplicationView},
    refuses=("unknown-application",),
)
async def view_own_application(call: TypedRequest[ApplicantSecret, Services]) -> TypedResponse:
    """The applicant's own application; a secret stands in no address, so this is no GET."""
    found = await call.services.city.shop_applications.look(call.body.number, call.body.secret)
    return TypedResponse(200, ApplicationView.of(found, call.services))


@api.post(
    "/v1/shop-applications/mending",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    scopes=APPLICANTS_SITE,
    body=ApplicationMended,
    returns={200: ApplicationView},
    refuses=(
        "unknown-application", "application-state", "bad-application", "bad-bank-account", "bank-not-listed",
        "terms-changed", "changed-meanwhile",
    ),
)  # fmt: skip
async def mend_own_application(call: TypedRequest[ApplicationMended, Services]) -> TypedResponse:
    """Submit an open application again as it is now."""
    body = call.body
    mended = await call.services.city.shop_applications.mend(
        body.number,
        body.secret,
        body.entry,
        _account(body.account),
        terms_version=body.terms_version,
        seen=body.seen,
        keeps_account=body.keeps_account,
    )
    return TypedResponse(200, ApplicationView.of(mended, call.services))


@api.post(
    "/v1/shop-applications/withdrawal",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    scopes=APPLICANTS_SITE,
    body=ApplicantSecret,
    returns={200: ApplicationView},
    refuses=("unknown-application", "application-state"),
)
async def withdraw_own_application(call: TypedRequest[ApplicantSecret, Services]) -> TypedResponse:
    """Take an open application back."""
    withdrawn = await call.services.city.shop_applications.withdraw(call.body.number, call.body.secret)
    return TypedResponse(200, ApplicationView.of(withdrawn, call.services))


# --- the city


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
    returns={200: ExaminedApplicationView},
    refuses=("unknown-application",),
)
async def get_shop_application(call: StaffRequest[None, None, ApplicationPath]) -> TypedResponse:
    """One application with the terms that were accepted, and which shops and applications say the same."""
    examined = await call.services.city.shop_applications.get(call.staff.municipality, call.path.number)
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


def _account(wanted: BankAccountTyped | None) -> BankAccount | None:
    return None if wanted is None else wanted.account()
