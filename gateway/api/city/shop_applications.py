"""Shops that apply on the web (加盟店の申請): what applicants send, who have no account but a number and a secret."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gateway.api.city.bank_accounts import BankAccountTyped, BankView
from gateway.api.city.fields import Version
from gateway.api.fields import MunicipalityCode, Source, Uuid, View
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.application_rows import Application, ApplicationState
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_terms import ShopTerms
from gateway.http.authentication import AuthLevel
from gateway.http.client_scopes import Scope
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.invisible_chars import ONE_LINE
from gateway.points.directory import require_municipality
from gateway.services import Services

api = Api()
APPLICANTS_SITE: Final = frozenset({Scope.MUNICIPAL})
"""Keys that may send what an applicant types: those of the site that has the pages."""

TermsVersion = Annotated[int, Field(ge=1, le=1_000_000)]
NumberTyped = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ONE_LINE)]


class MunicipalityPath(Strict):
    municipality: MunicipalityCode


class ApplicationEntryFields(Strict):
    """The shop as the register will have it, and whom the city asks back. `name_kana` is in kana."""

    name: Words
    name_kana: Words
    category: Words
    address: Words
    phone: Words
    contact: Words
    mail: Annotated[Words, Field(repr=False)]

    @property
    def entry(self) -> ApplicationEntry:
        typed = {name: getattr(self, name) for name in ApplicationEntryFields.model_fields}
        return ApplicationEntry(**typed).with_reading


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


class ApplicationResubmitted(ApplicationEntryFields, ApplicantSecret):
    """`keeps_account` leaves the account that was sent before; else it is `account`, or none.

    `seen` is the `version` that the form was drawn from.
    """

    terms_version: TermsVersion
    account: BankAccountTyped | None = None
    keeps_account: bool = False
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
        "terms-changed", "id-reused", "too-many-applications", "busy",
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
    found = await call.services.city.shop_applications.get_own(call.body.number, call.body.secret)
    return TypedResponse(200, ApplicationView.of(found, call.services))


@api.post(
    "/v1/shop-applications/resubmission",
    tag="shop-applications",
    caller=AuthLevel.CLIENT,
    scopes=APPLICANTS_SITE,
    body=ApplicationResubmitted,
    returns={200: ApplicationView},
    refuses=(
        "unknown-application", "application-state", "bad-application", "bad-bank-account", "bank-not-listed",
        "terms-changed", "changed-meanwhile",
    ),
)  # fmt: skip
async def resubmit_own_application(call: TypedRequest[ApplicationResubmitted, Services]) -> TypedResponse:
    """Submit an open application again as it is now."""
    body = call.body
    resubmitted = await call.services.city.shop_applications.resubmit(
        body.number,
        body.secret,
        body.entry,
        _account(body.account),
        terms_version=body.terms_version,
        seen=body.seen,
        keeps_account=body.keeps_account,
    )
    return TypedResponse(200, ApplicationView.of(resubmitted, call.services))


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


def _account(wanted: BankAccountTyped | None) -> BankAccount | None:
    return None if wanted is None else wanted.account()
