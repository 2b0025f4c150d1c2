"""Applications of shops as rows: sync functions of a Connection. What a shop says of itself is sealed, so a list opens each.

submitted ──► sent back      with a reason that the applicant reads; mended, it is submitted again
          ├─► refused        with a reason, by a clerk
          ├─► withdrawn      by the applicant
          └─► accepted       by two persons, and the shop is on the register
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from gateway.cities import tables
from gateway.cities.drawn_from import version_of
from gateway.cities.shops.application_entry import ApplicationEntry, read_entry
from gateway.cities.shops.bank_accounts import BankAccount, account_text, read_account
from gateway.errors import ProblemError
from gateway.platform.check_digit import with_check_digit
from gateway.platform.encryption import Vault
from gateway.platform.sql import insert_new
from gateway.platform.transitions import LegalMoves, require_legal

_applications: Final = tables.shop_applications
PAGE_SIZE: Final = 100
FIRST, COUNT = 1_000_000, 9_000_000
"""With its check digit a number has eight digits, none in the order in which applications came."""
MAX_NUMBERS_TRIED: Final = 20


class ApplicationState(StrEnum):
    SUBMITTED = "submitted"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    ACCEPTED = "accepted"


_S = ApplicationState
LEGAL: Final[LegalMoves[ApplicationState]] = {
    _S.SUBMITTED: frozenset({_S.SUBMITTED, _S.SENT_BACK, _S.WITHDRAWN, _S.REFUSED, _S.ACCEPTED}),
    _S.SENT_BACK: frozenset({_S.SUBMITTED, _S.WITHDRAWN, _S.REFUSED}),
    _S.WITHDRAWN: frozenset(),
    _S.REFUSED: frozenset(),
    _S.ACCEPTED: frozenset(),
}
"""Mended before anybody has looked, it is submitted anew; only what lies with the city is accepted."""
OPEN: Final = (_S.SUBMITTED, _S.SENT_BACK)
DECIDED: Final = (_S.SENT_BACK, _S.REFUSED, _S.ACCEPTED)
ENDED_WITHOUT_A_SHOP: Final = (_S.WITHDRAWN, _S.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application. `reason` is that of the last move; `shop_id` is set by the acceptance, which takes the account along."""

    number: str
    municipality: str
    state: ApplicationState
    terms_version: int
    entry: ApplicationEntry
    account: BankAccount | None
    reason: str
    shop_id: str | None
    applied_at: datetime
    changed_at: datetime
    state_at: datetime

    @property
    def version(self) -> str:
        return version_of(self.state, self.changed_at.isoformat(), self.state_at.isoformat())


def add(
    conn: Connection,
    vault: Vault,
    code: str,
    *,
    request_hash: str,
    entry: ApplicationEntry,
    account: BankAccount | None,
    terms_version: int,
    secret_hash: str,
    source_hash: str,
    at: datetime,
) -> Application | None:
    """Add a submitted application under a new number; None where another transaction has just added one of this request.

    Raises ProblemError `busy` (503) where so few numbers are left that none was found.
    """
    for _ in range(MAX_NUMBERS_TRIED):
        number = with_check_digit(str(FIRST + secrets.randbelow(COUNT)))
        if insert_new(
            conn, _applications,
            number=number, request_hash=request_hash, municipality=code, state=_S.SUBMITTED.value,
            terms_version=terms_version, **_sealed(vault, number, entry, account), secret_hash=secret_hash,
            source_hash=source_hash, reason="", shop_id=None, applied_at=at, changed_at=at, state_at=at,
        ):  # fmt: skip
            return get(conn, vault, code, number)
        requests = select(_applications.c.number).where(_applications.c.request_hash == request_hash)
        if conn.execute(requests).first() is not None:
            return None
    raise ProblemError("busy", "No number for an application was found; nothing was sent. Try again.")


def get(conn: Connection, vault: Vault, code: str, number: str, *, lock: bool = False) -> Application:
    """Raises ProblemError `unknown-application` (404)."""
    query = select(_applications).where(
        _applications.c.municipality == code, _applications.c.number == number
    )
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown_application()
    return _application(vault, row)


def find_by_request(conn: Connection, vault: Vault, request_hashes: Collection[str]) -> Application | None:
    """The application of a caller's id, by its hash under each look-up key."""
    query = select(_applications).where(_applications.c.request_hash.in_(request_hashes))
    row = conn.execute(query).one_or_none()
    return None if row is None else _application(vault, row)


def find_secret_hash(conn: Connection, number: str) -> tuple[str, str] | None:
    """(municipality, hash of the secret) of a number."""
    query = select(_applications.c.municipality, _applications.c.secret_hash)
    row = conn.execute(query.where(_applications.c.number == number)).one_or_none()
    return None if row is None else (row.municipality, row.secret_hash)


def list_by_state(
    conn: Connection,
    vault: Vault,
    code: str,
    states: Collection[ApplicationState],
    *,
    after: str | None = None,
    limit: int | None = PAGE_SIZE,
) -> list[Application]:
    """A page of a city's applications, in order of number; all of them without a `limit`."""
    query = select(_applications).where(
        _applications.c.municipality == code, _applications.c.state.in_([state.value for state in states])
    )
    if after is not None:
        query = query.where(_applications.c.number > after)
    rows = conn.execute(query.order_by(_applications.c.number).limit(limit))
    return [_application(vault, row) for row in rows]


def count_open(conn: Connection, code: str, source_hashes: Collection[str] | None = None) -> int:
    """How many applications of a city wait for somebody; of one source where it is named."""
    query = select(func.count()).where(
        _applications.c.municipality == code, _applications.c.state.in_([state.value for state in OPEN])
    )
    if source_hashes is not None:
        query = query.where(_applications.c.source_hash.in_(source_hashes))
    return int(conn.execute(query).scalar_one())


def transition(
    conn: Connection,
    application: Application,
    state: ApplicationState,
    *,
    at: datetime,
    reason: str = "",
    **values: Any,
) -> None:
    """Write a state, and what changes with it. What a clerk has decided is mailed, what an applicant does is not."""
    require_legal(LEGAL, application.state, state)
    mail = {"mail_due_at": at if state in DECIDED else None, "mail_attempts": 0}
    conn.execute(
        update(_applications)
        .where(_applications.c.number == application.number)
        .values(state=state.value, state_at=at, reason=reason, **mail, **values)
    )


def withdraw_again(conn: Connection, code: str, number: str, at: datetime) -> int:
    """A restore has forgotten that the applicant withdrew it, to whom nothing is mailed then; how many were open."""
    result = conn.execute(
        update(_applications)
        .where(_applications.c.municipality == code, _applications.c.number == number)
        .where(_applications.c.state.in_([state.value for state in OPEN]))
        .values(state=_S.WITHDRAWN.value, state_at=at, reason="", mail_due_at=None, mail_attempts=0)
    )
    return int(result.rowcount)


def resubmit(
    conn: Connection,
    vault: Vault,
    application: Application,
    entry: ApplicationEntry,
    account: BankAccount | None,
    terms_version: int,
    at: datetime,
) -> None:
    """Submit it again as it is now."""
    sealed = _sealed(vault, application.number, entry, account)
    transition(conn, application, _S.SUBMITTED, at=at, changed_at=at, terms_version=terms_version, **sealed)


def erase_ended(conn: Connection, before: datetime, limit: int) -> list[tuple[str, str]]:
    """Erase what ended without a shop, or was sent back and not mended, before a moment; (municipality, number) of each."""
    old = and_(
        _applications.c.state_at < before,
        or_(
            _applications.c.state.in_([state.value for state in ENDED_WITHOUT_A_SHOP]),
            _applications.c.state == _S.SENT_BACK.value,
        ),
    )
    query = select(_applications.c.number).where(old).order_by(_applications.c.number).limit(limit)
    numbers = list(conn.execute(query.with_for_update()).scalars())
    rows = conn.execute(
        delete(_applications)
        .where(_applications.c.number.in_(numbers), old)
        .returning(_applications.c.municipality, _applications.c.number)
    )
    return [(row.municipality, row.number) for row in rows]


def unknown_application() -> ProblemError:
    return ProblemError("unknown-application", "No application has this number with this secret.")


def _sealed(
    vault: Vault, number: str, entry: ApplicationEntry, account: BankAccount | None
) -> dict[str, Any]:
    return {
        "entry_sealed": vault.encrypt(entry.text, purpose="shop-application", bound_to=number),
        "account_sealed": None
        if account is None
        else vault.encrypt(account_text(account), purpose="application-account", bound_to=number),
    }


def _application(vault: Vault, row: Row[Any]) -> Application:
    account = None
    if row.account_sealed is not None:
        account = read_account(
            vault.decrypt(row.account_sealed, purpose="application-account", bound_to=row.number)
        )
    return Application(
        number=row.number,
        municipality=row.municipality,
        state=ApplicationState(row.state),
        terms_version=row.terms_version,
        entry=read_entry(vault.decrypt(row.entry_sealed, purpose="shop-application", bound_to=row.number)),
        account=account,
        reason=row.reason,
        shop_id=row.shop_id,
        applied_at=row.applied_at,
        changed_at=row.changed_at,
        state_at=row.state_at,
    )
