"""Shops apply on the web to take a city's points (加盟店の申請): applicants without an account, clerks who examine.

An applicant has a number and a secret. The secret is made of the id under which the caller sent the application, so that a form
sent twice is one application and shows the same secret. Who has both sees the state, mends what was sent back, or withdraws.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities import tables
from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.proposals import proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import SystemActor, propose
from gateway.cities.shops import application_rows, shop_rows, shop_terms
from gateway.cities.shops.application_acceptance import (
    AcceptApplication,
    acceptance_facts,
    acceptance_ground,
    require_state,
)
from gateway.cities.shops.application_duplicates import Duplicate, list_duplicates
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.application_rows import OPEN, Application, ApplicationState
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_terms import ShopTerms
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.short_reference import ALPHABET, LOOK_ALIKES
from gateway.platform.typed_text import without_separators
from gateway.points.directory import require_municipality

MAX_OPEN_OF_A_SOURCE: Final = 10
MAX_OPEN_OF_A_CITY: Final = 2_000
ERASE_BATCH_SIZE: Final = 500
SECRET_LENGTH: Final = 16
"""Letters of 5 bits each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A new application; the secret is shown this once."""

    application: Application
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedApplication:
    """What a clerk examines. `terms` is the version that the applicant has accepted; `duplicates` None where nobody asked."""

    application: Application
    terms: ShopTerms
    duplicates: tuple[Duplicate, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage:
    """`next_after` is where the next page begins; None for the last one."""

    applications: tuple[Application, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ShopApplications:
    """The use cases. All raise `ProblemError` for what is not carried out."""

    context: CityContext

    # --- the applicant

    async def terms(self, code: str) -> ShopTerms:
        """What applicants accept. Raises ProblemError: `unknown-municipality`, `no-applications` (404)."""
        municipality = require_municipality(code).code
        return await self.context.store.read(lambda conn: shop_terms.require_current(conn, municipality))

    async def apply(
        self,
        code: str,
        request_id: str,
        entry: ApplicationEntry,
        account: BankAccount | None,
        *,
        terms_version: int,
        source: str = "",
    ) -> Applied:
        """Submit an application. The same `request_id` with the same content again is the same application.

        `source` names the network that it came from: one has at most 10 open applications in a city.
        Raises ProblemError: `unknown-municipality`, `no-applications` (404), `terms-changed`, `id-reused` (409),
        `too-many-applications` (429), `busy` (503).
        """
        municipality, now, vault = require_municipality(code).code, self.context.clock(), self.context.vault
        secret = self._secret_of(request_id)
        request_hashes = vault.keyed_hashes(request_id, purpose="application-request")
        source_hashes = vault.keyed_hashes(source, purpose="application-source")

        def require_same(known: Application) -> Application:
            if (known.municipality, known.entry, known.account) != (municipality, entry, account):
                raise ProblemError("id-reused", "This id stands for another application.")
            return known

        def job(conn: Connection) -> Application:
            terms = shop_terms.require_current(conn, municipality, lock=True)
            known = application_rows.find_by_request(conn, vault, request_hashes)
            if known is not None:
                return require_same(known)
            if terms_version != terms.number:
                raise _terms_changed(terms)
            if (
                application_rows.count_open(conn, municipality, source_hashes) >= MAX_OPEN_OF_A_SOURCE
                or application_rows.count_open(conn, municipality) >= MAX_OPEN_OF_A_CITY
            ):
                raise ProblemError(
                    "too-many-applications",
                    "Too many applications from here wait to be examined; ask the city.",
                )
            application = application_rows.add(
                conn, vault, municipality, request_hash=request_hashes[0], entry=entry, account=account,
                terms_version=terms_version, secret_hash=vault.keyed_hash(secret, purpose="application-secret"),
                source_hash=source_hashes[0], at=now,
            )  # fmt: skip
            if application is None:  # sent at the same moment, to another city: its terms are another lock
                known = application_rows.find_by_request(conn, vault, request_hashes)
                assert known is not None
                return require_same(known)
            facts: dict[str, str | int] = {"terms_version": terms_version}
            write_audit(
                conn, Applicant(municipality), now, AuditAction.SHOP_APPLIED, application.number, facts=facts
            )
            return application

        application = await self.context.store.run(job)
        return Applied(application=application, secret=Secret(_in_groups(secret)))

    async def get_own(self, number: str, secret: str) -> Application:
        """The applicant's own application. Raises ProblemError `unknown-application` (404), whichever half was wrong."""
        return await self.context.store.read(lambda conn: self._own(conn, number, secret))

    async def resubmit(
        self,
        number: str,
        secret: str,
        entry: ApplicationEntry,
        account: BankAccount | None,
        *,
        terms_version: int,
        seen: str | None = None,
        keeps_account: bool = False,
    ) -> Application:
        """Submit an open application again as it is now; with `keeps_account` paid to the account that it has.

        Raises ProblemError: as `get_own`, `application-state`, `terms-changed`, `changed-meanwhile` (409).
        """
        now, vault = self.context.clock(), self.context.vault

        def job(conn: Connection) -> Application:
            before = self._own(conn, number, secret, lock=True)
            require_state(before, *OPEN)
            require_seen(seen, before.version)
            terms = shop_terms.newest(conn, before.municipality)
            # A city that takes no new ones still lets those mend it that have applied.
            wanted = terms.number if terms.takes_applications else before.terms_version
            if terms_version != wanted:
                raise _terms_changed(terms)
            application_rows.resubmit(
                conn, vault, before, entry, before.account if keeps_account else account, terms_version, now
            )
            actor = Applicant(before.municipality)
            write_audit(conn, actor, now, AuditAction.SHOP_APPLICATION_RESUBMITTED, before.number)
            return self._own(conn, number, secret)

        return await self.context.store.run(job)

    async def withdraw(self, number: str, secret: str) -> Application:
        """Take an open application back; the second time is the same answer. Raises ProblemError as `resubmit`."""
        now = self.context.clock()

        def job(conn: Connection) -> Application:
            application = self._own(conn, number, secret, lock=True)
            if application.state is ApplicationState.WITHDRAWN:
                return application
            require_state(application, *OPEN)
            application_rows.transition(conn, application, ApplicationState.WITHDRAWN, at=now)
            actor = Applicant(application.municipality)
            write_audit(conn, actor, now, AuditAction.SHOP_APPLICATION_WITHDRAWN, application.number)
            return self._own(conn, number, secret)

        return await self.context.store.run(job)

    # --- the city

    async def listed(
        self, code: str, states: Collection[ApplicationState] = OPEN, after: str | None = None
    ) -> ApplicationPage:
        """A page of the city's applications, in order of number."""
        rows = await self.context.store.read(
            lambda conn: application_rows.list_by_state(conn, self.context.vault, code, states, after=after)
        )
        more = rows[-1].number if len(rows) == application_rows.PAGE_SIZE else None
        return ApplicationPage(applications=tuple(rows), next_after=more)

    async def get(self, code: str, number: str, *, duplicates: bool = True) -> ExaminedApplication:
        """Without `duplicates` nobody else's application is opened. Raises ProblemError `unknown-application` (404)."""
        vault = self.context.vault

        def job(conn: Connection) -> ExaminedApplication:
            application = application_rows.get(conn, vault, code, number)
            return ExaminedApplication(
                application=application,
                terms=shop_terms.get(conn, code, application.terms_version),
                duplicates=tuple(list_duplicates(conn, vault, application)) if duplicates else None,
            )

        return await self.context.store.read(job)

    async def send_back(
        self, who: StaffSession, number: str, reason: str, seen: str | None = None
    ) -> Application:
        """Let the applicant mend it, for a reason that the applicant reads (差戻し).

        Raises ProblemError: `unknown-application` (404), `application-state`, `changed-meanwhile` (409), `reason-missing` (422).
        """
        action = AuditAction.SHOP_APPLICATION_SENT_BACK
        return await self._decide(who, number, ApplicationState.SENT_BACK, action, reason, seen)

    async def refuse(
        self, who: StaffSession, number: str, reason: str, seen: str | None = None
    ) -> Application:
        """Refuse it for a reason that the applicant reads. Raises ProblemError as `send_back`."""
        action = AuditAction.SHOP_APPLICATION_REFUSED
        return await self._decide(who, number, ApplicationState.REFUSED, action, reason, seen)

    async def propose_acceptance(
        self,
        who: StaffSession,
        number: str,
        *,
        shop_id: str,
        login: str,
        reason: str = "",
        seen: str | None = None,
    ) -> Proposal:
        """Propose that the shop takes the city's points under this id, with this first log-in.

        Raises ProblemError: `unknown-application` (404), `application-state`, `changed-meanwhile`, `shop-exists`,
        `login-taken` (409), `bad-shop`, `login-unfit` (422), and as `propose`.
        """
        now, code, vault = self.context.clock(), who.municipality, self.context.vault

        def job(conn: Connection) -> Proposal:
            application = application_rows.get(conn, vault, code, number)
            require_state(application, ApplicationState.SUBMITTED)
            require_seen(seen, application.version)
            shop_rows.require_free(conn, code, shop_id)
            command = AcceptApplication(
                number=number, shop_id=shop_id, login=staff_rows.require_free_login(conn, login),
                entry=application.entry, account=application.account,
            )  # fmt: skip
            return propose(
                self.context, conn, who, Deed.SHOP_APPLICATION, number, command,
                ground=acceptance_ground(self.context, conn, code, command),
                facts=acceptance_facts(command, application.terms_version), reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def newest_terms(self, code: str) -> ShopTerms:
        return await self.context.store.read(lambda conn: shop_terms.newest(conn, code))

    async def set_terms(
        self, who: StaffSession, text: str, reason: str, seen: str | None = None
    ) -> ShopTerms:
        """Add a version of the terms; an empty one ends applications on the web. Raises ProblemError as `shop_terms.set_terms`."""
        why, now = require_reason(reason), self.context.clock()
        return await self.context.store.run(
            lambda conn: shop_terms.set_terms(conn, who, text, why, seen, now)
        )

    async def erase_ended(self, retention: timedelta) -> int:
        """Erase what ended without a shop, or was not mended, so long ago, for the night's work. Returns how many.

        What proposals to accept them had copied goes with them.
        """
        now, count = self.context.clock(), 0
        while True:
            erased = await self.context.store.run(lambda conn: _erase(conn, now, retention))
            count += erased
            if erased < ERASE_BATCH_SIZE:
                break
        while await self.context.store.run(self._empty_proposals) == ERASE_BATCH_SIZE:
            pass
        return count

    def _empty_proposals(self, conn: Connection) -> int:
        number = tables.shop_applications.c.number
        return proposal_rows.empty_ended(
            conn, self.context.vault, Deed.SHOP_APPLICATION, number, ERASE_BATCH_SIZE
        )

    async def _decide(
        self,
        who: StaffSession,
        number: str,
        state: ApplicationState,
        action: AuditAction,
        reason: str,
        seen: str | None,
    ) -> Application:
        why, now, code, vault = (
            require_reason(reason),
            self.context.clock(),
            who.municipality,
            self.context.vault,
        )

        def job(conn: Connection) -> Application:
            application = application_rows.get(conn, vault, code, number, lock=True)
            if (application.state, application.reason) == (state, why):
                return application  # the same again
            allowed = OPEN if state is ApplicationState.REFUSED else (ApplicationState.SUBMITTED,)
            require_state(application, *allowed)
            require_seen(seen, application.version)
            application_rows.transition(conn, application, state, at=now, reason=why)
            write_audit(conn, who, now, action, number, why)
            return application_rows.get(conn, vault, code, number)

        return await self.context.store.run(job)

    def _own(self, conn: Connection, number: str, secret: str, *, lock: bool = False) -> Application:
        """Raises ProblemError `unknown-application` (404)."""
        digits = without_separators(number)
        typed = without_separators(secret).upper().translate(LOOK_ALIKES)
        known = application_rows.find_secret_hash(conn, digits)
        if known is None or not self.context.vault.is_keyed_hash(
            known[1], typed, purpose="application-secret"
        ):
            raise application_rows.unknown_application()
        return application_rows.get(conn, self.context.vault, known[0], digits, lock=lock)

    def _secret_of(self, request_id: str) -> str:
        number = int(self.context.vault.stable_hash(request_id, purpose="application-secret-of"), 16)
        return "".join(ALPHABET[number >> 5 * place & 31] for place in range(SECRET_LENGTH))


class Applicant(SystemActor):
    """Stands in the audit log for whoever applies."""

    staff_id = "applicant"
    display_name = "申請者"


def _erase(conn: Connection, now: datetime, retention: timedelta) -> int:
    erased = application_rows.erase_ended(conn, now - retention, ERASE_BATCH_SIZE)
    for code, number in erased:
        write_audit(conn, SystemActor(code), now, AuditAction.SHOP_APPLICATION_ERASED, number)
    return len(erased)


def _in_groups(secret: str) -> str:
    """`7K3M-Q9TX-…`, as people read it out."""
    return "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _terms_changed(terms: ShopTerms) -> ProblemError:
    return ProblemError(
        "terms-changed",
        "The terms have changed since the page was drawn; read them and send it again.",
        terms_version=terms.number,
    )
